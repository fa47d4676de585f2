package joinmesh

import (
	"bytes"
	"context"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	"voxmesh/mesh"
	"voxmesh/mesh/invite"
	"voxmesh/mesh/privacy"
	"voxmesh/tui/cell"
	"voxmesh/tui/keys"
	"voxmesh/tui/layout"
	"voxmesh/tui/pane"
	"voxmesh/tui/theme"
)

var now = time.Date(2026, 3, 14, 10, 12, 26, 0, time.UTC)

// secret is an invite, with its token apart.
func secret(t *testing.T) (link, token string) {
	t.Helper()
	tok, err := invite.Mint(now, 10*time.Minute, invite.CPU, [invite.PinSize]byte{1, 2, 3}, bytes.NewReader(bytes.Repeat([]byte{0xa7}, 64)))
	if err != nil {
		t.Fatal(err)
	}
	u, err := invite.New("192.168.1.20", 7420, tok)
	if err != nil {
		t.Fatal(err)
	}
	_, token, _ = strings.Cut(u.String(), "?b=")
	return u.String(), token
}

// fake joins nothing and remembers what it was asked.
type fake struct {
	pre    Preview
	preErr error
	res    Joined
	resErr error
	asked  []string
}

func (f *fake) Preview(_ context.Context, link, label string) (Preview, error) {
	f.asked = append(f.asked, "look "+link+" "+label)
	return f.pre, f.preErr
}

func (f *fake) Join(_ context.Context, link, label string) (Joined, error) {
	f.asked = append(f.asked, "join "+link+" "+label)
	return f.res, f.resErr
}

const fresh = `// What this machine gives.
policy donations {
  slots: [
    { kind: cpu, max_concurrent: 1, weight: 100 },
  ]
  nsfw_allowed: false
  max_job_duration_secs: 3600
  public_mesh_opt_in: false
  min_priority: 0
}
`

func friendly() *fake {
	gives := Gives{Slots: []Slot{{"cpu", 1}}, Longest: time.Hour}
	return &fake{
		pre: Preview{
			Mesh: "aurelia", Inviter: "mira", Address: "192.168.1.20:7420", Fingerprint: "4c1e-9b02-77aa-51f0",
			Class: privacy.PairedPeersOnly, Slots: []string{"cpu"}, Expiry: now.Add(582 * time.Second),
			Gives: gives, Policy: Policy{Path: "/home/lex/.local/state/voxmesh/donations.vox", Created: true, Text: fresh},
		},
		res: Joined{
			Mesh: "aurelia", Node: "lex-2", Inviter: "mira", Gives: gives,
			Policy: Policy{Path: "/home/lex/.local/state/voxmesh/donations.vox", Created: true},
		},
	}
}

// play drives a layer as the root does.
type play struct {
	t     *testing.T
	l     *Layer
	s     *pane.Session
	clock time.Time
	acts  []pane.Action
	shown string // every frame that was ever drawn
	w, h  int
}

func start(t *testing.T, j Joiner) *play {
	p := &play{t: t, clock: now, w: 80, h: 24}
	p.s = &pane.Session{
		Theme: theme.New(true, false), Now: func() time.Time { return p.clock }, World: pane.World{State: &mesh.State{}},
	}
	p.l = New(t.Context(), p.s, j)
	p.draw()
	return p
}

// take hands the layer a message, and the answer of what it began.
func (p *play) take(msg tea.Msg) *play {
	if cmd := p.begin(msg); cmd != nil {
		p.take(cmd())
	}
	return p
}

// begin hands over a message and leaves what it began undone.
func (p *play) begin(msg tea.Msg) tea.Cmd {
	act, cmd := p.l.Update(msg)
	if act != nil {
		p.acts = append(p.acts, act)
	}
	p.draw()
	return cmd
}

// press does what the root does with a key: the reason of a binding that is off becomes a notice.
func (p *play) press(id keys.ID) *play { return p.take(p.do(id)) }

func (p *play) do(id keys.ID) tea.Msg {
	p.t.Helper()
	for _, b := range p.l.Keys() {
		if b.ID != id {
			continue
		}
		if why := b.Reason(); why != "" {
			p.acts = append(p.acts, pane.Notice{Text: why})
			return nil
		}
		return pane.Do{ID: id}
	}
	p.t.Fatalf("%s is not bound here", id)
	return nil
}

func (p *play) draw() string {
	b := cell.New(p.w, p.h)
	p.l.Draw(b, layout.Screen(p.w, p.h, layout.Parts{Scrubber: true, Strip: true}))
	rows := make([]string, p.h)
	for y := range p.h {
		for x := range p.w {
			rows[y] += b.At(x, y).S
		}
	}
	s := strings.Join(rows, "\n")
	p.shown += s
	return s
}

func (p *play) sees(want ...string) *play {
	p.t.Helper()
	got := p.draw()
	for _, s := range want {
		if !strings.Contains(got, s) {
			p.t.Fatalf("%q is not to be seen:\n%s", s, got)
		}
	}
	return p
}

func (p *play) misses(not ...string) *play {
	p.t.Helper()
	got := p.draw()
	for _, s := range not {
		if strings.Contains(got, s) {
			p.t.Fatalf("%q is to be seen:\n%s", s, got)
		}
	}
	return p
}

func (p *play) last() pane.Action {
	if len(p.acts) == 0 {
		return nil
	}
	return p.acts[len(p.acts)-1]
}

func (p *play) wiped() bool { return p.l.link.Value() == "" && p.l.where == "" }

// reads looks for texts from the first row to the last: where there is no room they are scrolled to.
func (p *play) reads(want ...string) *play {
	p.t.Helper()
	all := p.press(keys.Home).draw()
	for range 40 {
		all += p.press(keys.Down).draw()
	}
	p.press(keys.Home)
	for _, s := range want {
		if !strings.Contains(all, s) {
			p.t.Fatalf("%q is not to be read:\n%s", s, p.draw())
		}
	}
	return p
}
