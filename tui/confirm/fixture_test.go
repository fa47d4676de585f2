package confirm

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"voxmesh/audit"
	"voxmesh/hopper"
	"voxmesh/mesh"
	"voxmesh/mesh/privacy"
	"voxmesh/oplog"
	"voxmesh/tui/act"
	"voxmesh/tui/cell"
	"voxmesh/tui/keys"
	"voxmesh/tui/layout"
	"voxmesh/tui/pane"
	"voxmesh/tui/theme"
)

// now is the moment of the drawings.
var now = time.Date(2026, 3, 14, 10, 12, 26, 0, time.UTC)

// world is a mesh that a test makes of ops.
type world struct {
	st  *mesh.State
	seq uint64
}

func newWorld() *world {
	w := &world{st: mesh.Projection{}.New()}
	return w.add(now, mesh.KindHostStarted, mesh.Encode(&mesh.HostStarted{Mesh: "aurelia", Operator: "mira", Cores: 6}))
}

func (w *world) add(t time.Time, kind string, body []byte) *world {
	w.seq++
	w.st = mesh.Projection{}.Apply(w.st, oplog.Op{Seq: w.seq, At: t.UnixMicro(), Kind: kind, Actor: "host", Body: body})
	return w
}

func (w *world) node(id string) *world {
	w.add(now, mesh.KindNodeAdmitted, mesh.Encode(&mesh.NodeAdmitted{Node: id, Key: "U" + id, Label: "label-" + id, Class: privacy.PairedPeersOnly}))
	return w.add(now, mesh.KindNodeStatus, mesh.Encode(&mesh.NodeStatusChanged{Node: id, Status: mesh.Online}))
}

func (w *world) job(id, node string, ago time.Duration, on string) *world {
	w.add(now.Add(-ago), mesh.KindJobSubmitted, mesh.Encode(&mesh.JobSubmitted{
		Job: id, Run: "r" + id[1:], Kind: "gpu", Runner: "wasm", Class: privacy.PairedPeersOnly, Title: "a title that somebody wrote", On: on,
	}))
	if node != "" {
		w.add(now.Add(-ago), mesh.KindJobLeased, mesh.Encode(&mesh.JobLeased{Job: id, Node: node, Attempt: 1}))
		w.add(now.Add(-ago), mesh.KindJobStarted, mesh.Encode(&mesh.JobStarted{Job: id, Attempt: 1}))
	}
	return w
}

func (w *world) ended(id string) *world {
	return w.add(now, mesh.KindJobFinished, mesh.Encode(&mesh.JobFinished{Job: id, Attempt: 1, Status: mesh.Succeeded, DurationMS: 20_000}))
}

func (w *world) gone(id string) *world {
	return w.add(now, mesh.KindNodeGone, mesh.Encode(&mesh.NodeGone{Node: id, Why: "revoked"}))
}

// aurelia is the mesh of the drawings.
func aurelia() *world {
	w := newWorld().node("alice-gpu").node("bob-cpu").node("lex-2")
	return w.job("j-81f2", "alice-gpu", 42*time.Second, "").job("j-81f7", "alice-gpu", 3*time.Second, "")
}

// host notes what it is asked to do.
type host struct {
	acts   []mesh.Action
	grants []*audit.Grant
	ranks  []ranking
	err    error
}

func (h *host) Act(_ context.Context, g *audit.Grant, a mesh.Action) (mesh.ActResult, error) {
	h.acts, h.grants = append(h.acts, a), append(h.grants, g)
	if h.err != nil {
		return mesh.ActResult{}, h.err
	}
	if err := g.Spend("ssh:mira", a.Name, a.Target); err != nil {
		return mesh.ActResult{}, err
	}
	return mesh.ActResult{Action: a.Name, Target: a.Target, AuditID: "a-0193", Affected: 2, RunID: "r-19d0"}, nil
}

// ranking is a change that the host was asked for.
type ranking struct {
	item     string
	priority hopper.Priority
	place    int
	reason   string
}

func (h *host) Reprioritize(_ context.Context, g *audit.DeveloperOverride, item string, p hopper.Priority, place int) (mesh.ItemView, error) {
	h.ranks = append(h.ranks, ranking{item, p, place, g.Reason()})
	if h.err != nil {
		return mesh.ItemView{}, h.err
	}
	if err := g.Grant().Spend("ssh:mira", mesh.ActReprioritize, item); err != nil {
		return mesh.ItemView{}, err
	}
	return mesh.ItemView{ItemID: item, Priority: p.String(), Place: 1, AuditID: "a-0194"}, nil
}

// play is a layer that a test talks to, as the root would.
type play struct {
	t      testing.TB
	s      *pane.Session
	h      *host
	l      *Layer
	w      *world
	closed bool
	notice string
	copied string
	did    []act.Did
}

func begin(t testing.TB, w *world, id keys.ID, on pane.Ref) *play {
	t.Helper()
	return beginWith(t, w, id, on, "")
}

func beginWith(t testing.TB, w *world, id keys.ID, on pane.Ref, with string) *play {
	t.Helper()
	p := &play{t: t, h: &host{}, w: w}
	p.s = &pane.Session{Actor: "ssh:mira", Operator: "mira", Now: func() time.Time { return now }, Theme: theme.New(true, false)}
	p.look()
	p.l = New(context.Background(), p.s, p.h, id, on, with)
	t.Cleanup(p.l.Closed)
	return p
}

func node(id string) pane.Ref { return pane.Ref{Kind: pane.Node, ID: id} }

// look brings the world as it is now.
func (p *play) look() *play {
	p.s.World = pane.World{State: p.w.st, Spend: p.w.st.Window(now)}
	if p.l != nil {
		p.run(p.l.Update(pane.Changed{}))
	}
	return p
}

func (p *play) run(a pane.Action, cmd tea.Cmd) {
	p.carry(a)
	if cmd != nil {
		p.message(cmd())
	}
}

func (p *play) message(m tea.Msg) {
	if d, ok := m.(act.Did); ok {
		p.did = append(p.did, d)
		return
	}
	if !p.closed {
		p.run(p.l.Update(m))
	}
}

func (p *play) carry(a pane.Action) {
	switch a := a.(type) {
	case pane.Several:
		for _, one := range a {
			p.carry(one)
		}
	case pane.Close:
		p.closed = true
	case pane.Notice:
		p.notice = a.Text
	case pane.Clip:
		p.copied = a.Text
	}
}

// pressed gives what a key begins, without carrying it out.
func (p *play) pressed(id keys.ID) (pane.Action, tea.Cmd) {
	for _, b := range p.l.Keys() {
		if b.ID == id {
			if why := b.Reason(); why != "" {
				p.notice = why
				return nil, nil
			}
			return p.l.Update(pane.Do{ID: id, Key: typedKeys[id]})
		}
	}
	p.t.Fatalf("%s is not bound", id)
	return nil, nil
}

var typedKeys = map[keys.ID]tea.KeyPressMsg{keys.Erase: {Code: tea.KeyBackspace}}

func (p *play) press(ids ...keys.ID) *play {
	for _, id := range ids {
		p.run(p.pressed(id))
	}
	return p
}

func (p *play) typed(s string) *play {
	for _, r := range s {
		p.run(p.l.Update(tea.KeyPressMsg{Code: r, Text: string(r)}))
	}
	return p
}

func (p *play) paste(s string) *play {
	p.run(p.l.Update(tea.PasteMsg{Content: s}))
	return p
}

// screen draws the layer alone.
func (p *play) screen(w, h int) []string {
	b := cell.New(w, h)
	p.l.Draw(b, layout.Screen(w, h, layout.Parts{Scrubber: true, Strip: true}))
	return strings.Split(ansi.Strip(b.Render(p.s.Theme)), "\n")
}

// shown is what the box says, row by row, without its border.
func (p *play) shown() string {
	var out []string
	for _, r := range p.screen(80, 24) {
		r = strings.TrimSpace(r)
		if strings.HasPrefix(r, "│") {
			out = append(out, strings.TrimRight(strings.Trim(r, "│"), " "))
		}
	}
	return strings.Join(out, "\n")
}

func (p *play) wantSays(part string) *play {
	p.t.Helper()
	if got := p.shown(); !strings.Contains(got, part) {
		p.t.Errorf("it does not say %q:\n%s", part, got)
	}
	return p
}

func (p *play) wantActs(n int) *play {
	p.t.Helper()
	if len(p.h.acts) != n {
		p.t.Fatalf("%d acts, want %d: %s", len(p.h.acts), n, fmt.Sprint(p.h.acts))
	}
	return p
}

func (w *world) mode(id string, m mesh.Mode) *world {
	return w.add(now, mesh.KindNodeMode, mesh.Encode(&mesh.NodeModeChanged{Node: id, Mode: m, AuditID: "a-0001"}))
}

func (w *world) status(id string, s mesh.Status) *world {
	return w.add(now, mesh.KindNodeStatus, mesh.Encode(&mesh.NodeStatusChanged{Node: id, Status: s}))
}
