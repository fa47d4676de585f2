package capbox

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

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

var now = time.Date(2026, 3, 14, 10, 12, 26, 0, time.UTC)

// play is a box that a test talks to, as the root would.
type play struct {
	t      testing.TB
	s      *pane.Session
	l      *Layer
	st     *mesh.State
	seq    uint64
	sets   []string
	err    error
	closed bool
	notice string
	copied string
	did    []act.Did
}

func (p *play) add(kind string, body []byte) {
	p.seq++
	p.st = mesh.Projection{}.Apply(p.st, oplog.Op{Seq: p.seq, At: now.UnixMicro(), Kind: kind, Actor: "host", Body: body})
	p.s.World = pane.World{State: p.st, Spend: p.st.Window(now)}
}

// begin opens the box in a mesh of alice, with a cap of $3.00 and $1.50 spent, and bob, without a cap.
func begin(t testing.TB, on pane.Ref) *play {
	t.Helper()
	p := &play{t: t, st: mesh.Projection{}.New()}
	p.s = &pane.Session{Actor: "ssh:mira", Now: func() time.Time { return now }, Theme: theme.New(true, false)}
	p.add(mesh.KindHostStarted, mesh.Encode(&mesh.HostStarted{Mesh: "aurelia", Operator: "mira", Cores: 6}))
	three := int64(3_000_000)
	for _, id := range []string{"alice", "bob"} {
		p.add(mesh.KindNodeAdmitted, mesh.Encode(&mesh.NodeAdmitted{Node: id, Key: "U" + id, Class: privacy.PairedPeersOnly}))
	}
	p.add(mesh.KindCapSet, mesh.Encode(&mesh.CapSet{Node: "alice", CapMicros: &three}))
	p.add(mesh.KindJobSubmitted, mesh.Encode(&mesh.JobSubmitted{Job: "j-1", Run: "r-1", Kind: "cpu", Runner: "wasm", Class: privacy.PairedPeersOnly}))
	p.add(mesh.KindJobLeased, mesh.Encode(&mesh.JobLeased{Job: "j-1", Node: "alice", Attempt: 1}))
	p.add(mesh.KindJobFinished, mesh.Encode(&mesh.JobFinished{Job: "j-1", Attempt: 1, Status: mesh.Succeeded, CostMicros: 1_500_000}))
	p.l = New(context.Background(), p.s, p, on)
	t.Cleanup(p.l.Closed)
	return p
}

func (p *play) SetCap(_ context.Context, actor, target string, limit *int64) error {
	p.sets = append(p.sets, fmt.Sprintf("%s %s %s", actor, target, write(limit)))
	return p.err
}

func (p *play) run(a pane.Action, cmd tea.Cmd) {
	p.carry(a)
	if cmd == nil {
		return
	}
	switch m := cmd().(type) {
	case act.Did:
		p.did = append(p.did, m)
	default:
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

func (p *play) press(ids ...keys.ID) *play {
	for _, id := range ids {
		k := map[keys.ID]tea.KeyPressMsg{keys.Erase: {Code: tea.KeyBackspace}}[id]
		p.run(p.l.Update(pane.Do{ID: id, Key: k}))
	}
	return p
}

func (p *play) typed(s string) *play {
	for _, r := range s {
		p.run(p.l.Update(tea.KeyPressMsg{Code: r, Text: string(r)}))
	}
	return p
}

func (p *play) shown(w, h int) string {
	b := cell.New(w, h)
	p.l.Draw(b, layout.Screen(w, h, layout.Parts{Scrubber: true, Strip: true}))
	var out []string
	for _, r := range strings.Split(ansi.Strip(b.Render(p.s.Theme)), "\n") {
		if r = strings.TrimSpace(r); r != "" {
			out = append(out, r)
		}
	}
	return strings.Join(out, "\n")
}

func (p *play) wantSays(part string) *play {
	p.t.Helper()
	if got := p.shown(80, 24); !strings.Contains(got, part) {
		p.t.Errorf("it does not say %q:\n%s", part, got)
	}
	return p
}

var (
	alice = pane.Ref{Kind: pane.Node, ID: "alice"}
	bob   = pane.Ref{Kind: pane.Node, ID: "bob"}
	whole = pane.Ref{Kind: pane.Mesh}
)

const drawing = `╭[Cap: alice]─────────────────────────────────────────── PAIRED ─╮
│ Caps what work may cost in 24 hours: now $1.50 of $3.00 used.  │
│ At its cap it gets no new work; what runs goes on. U puts the  │
│ old cap back.                                                  │
│                                                                │
│ Now    ▓▓▓▓▓▓▓▓▓▓░░░░░░░░░░  50 %                $1.50 / $3.00 │
│ Then   ▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓░░░░░  75 %!               $1.50 / $2.00 │
│                                                                │
│ Dollars in 24 hours, or none                                   │
│  ▸ 2▏                                                          │
│                                                                │
│ $0.50 are left then.                                           │
│                                                                │
│ $ voxmesh budget set alice --cap 2                             │
╰────────────────────────────────────────────────────────────────╯`

func TestDrawing(t *testing.T) {
	p := begin(t, alice).typed("2")
	for _, size := range [][2]int{{80, 24}, {120, 40}} {
		if got := p.shown(size[0], size[1]); got != drawing {
			t.Errorf("at %v it is\n%s", size, got)
		}
	}
	for w := 60; w < 100; w += 9 {
		for h := 16; h < 30; h++ {
			got := p.shown(w, h)
			for _, want := range []string{"▸ 2▏", "Now ", "Then ", "are left", "$ voxmesh", "╰"} {
				if !strings.Contains(got, want) {
					t.Fatalf("at %d×%d %q is missing:\n%s", w, h, want, got)
				}
			}
		}
	}
}

func TestSet(t *testing.T) {
	p := begin(t, alice).wantSays("▸ 3▏").wantSays("That is the cap now.").typed("5").wantSays("$3.50 are left then.").press(keys.Open)
	if !p.closed || p.notice != "cap of alice: $5.00   U puts $3.00 back" || fmt.Sprint(p.sets) != "[ssh:mira alice 5]" {
		t.Errorf("closed %v, %q, %q", p.closed, p.notice, p.sets)
	}
	if len(p.did) != 1 || p.did[0].Back.Says() != "cap of alice: $3.00" || *p.did[0].Back.New != 5_000_000 {
		t.Errorf("%+v", p.did)
	}
}

func TestNoneAndMesh(t *testing.T) {
	p := begin(t, alice).typed("none").wantSays("Nothing limits").press(keys.Open)
	if p.notice != "cap of alice: none   U puts $3.00 back" {
		t.Errorf("%q", p.notice)
	}
	p = begin(t, whole).wantSays("[Cap: the mesh]").wantSays("▸ none▏").wantSays("$1.50 / no cap").typed("1").
		wantSays("over that already").wantSays("$ voxmesh budget set mesh --cap 1").press(keys.Open)
	if p.notice != "cap of the mesh: $1.00   U takes it off again" || fmt.Sprint(p.sets) != "[ssh:mira mesh 1]" {
		t.Errorf("%q, %q", p.notice, p.sets)
	}
	p = begin(t, whole)
	two := int64(2_000_000)
	p.add(mesh.KindCapSet, mesh.Encode(&mesh.CapSet{Node: "bob", CapMicros: &two}))
	p.wantSays("$1.50 / $5.00") // the sum of its nodes
}

func TestSteps(t *testing.T) {
	p := begin(t, alice).press(keys.Up, keys.Up).wantSays("▸ 5▏").press(keys.Down, keys.Down, keys.Down, keys.Down, keys.Down, keys.Down).
		wantSays("▸ 0▏").wantSays("no paid work at all")
	p.press(keys.Clear).typed("none").press(keys.Up).wantSays("▸ 2▏") // the first whole dollar over what was spent
	p.press(keys.Clear).typed("999999.5").press(keys.Up).wantSays("▸ 1000000▏")
}

func TestWhatIsNoSum(t *testing.T) {
	for _, text := range []string{"five", "-1", "1e30", "NaN", "$$3", "1000001"} {
		p := begin(t, alice).typed(text).wantSays("That is no sum").press(keys.Open)
		if p.closed || len(p.sets) > 0 {
			t.Errorf("%q is set: %q", text, p.sets)
		}
	}
	p := begin(t, alice).press(keys.Clear).wantSays("--cap USD").press(keys.Open)
	if p.closed || len(p.sets) > 0 {
		t.Error("nothing is set")
	}
	if p = begin(t, alice).typed("$3.00").press(keys.Open); !p.closed || len(p.sets) > 0 || p.notice != "the cap is $3.00 already" {
		t.Errorf("%q, %q", p.notice, p.sets)
	}
	// what stands there can be changed letter by letter
	begin(t, alice).press(keys.Erase).typed("7").wantSays("▸ 7▏")
}

func TestTwoEntersAndErrors(t *testing.T) {
	p := begin(t, alice).typed("5")
	_, cmd := p.l.Update(pane.Do{ID: keys.Open})
	if _, again := p.l.Update(pane.Do{ID: keys.Open}); again != nil || cmd == nil {
		t.Error("a second enter sets it again")
	}
	p.typed("5").press(keys.Back).wantSays("Setting it…")
	p.err = errors.New("the disk is full")
	p.run(nil, cmd)
	if p.closed || len(p.did) > 0 {
		t.Error("it closed on an error")
	}
	p.wantSays("Not set: the disk is full.").wantSays("▸ 5▏")
	p.err = nil
	if p.press(keys.Open); !p.closed || len(p.sets) != 2 {
		t.Errorf("%q", p.sets)
	}
}

func TestWhoMayNot(t *testing.T) {
	for says, so := range map[string]func(p *play){
		"you are here to view only":         func(p *play) { p.s.Viewer = true },
		"you are looking at the past":       func(p *play) { p.s.World.Past = now.Add(-time.Hour) },
		"the host is lost":                  func(p *play) { p.s.World.Lost = now },
		"Not now: bob is no longer in the ": func(p *play) { p.add(mesh.KindNodeGone, mesh.Encode(&mesh.NodeGone{Node: "bob", Why: "revoked"})) },
	} {
		p := begin(t, bob).typed("5")
		so(p)
		if p.wantSays(says).press(keys.Open); len(p.sets) > 0 || p.closed || p.l.Keys()[0].Reason() == "" {
			t.Errorf("%s: %q", says, p.sets)
		}
	}
}

func TestCopy(t *testing.T) {
	if p := begin(t, bob).typed("2.5").press(keys.CopyCommand); p.copied != "voxmesh budget set bob --cap 2.5" {
		t.Errorf("%q", p.copied)
	}
	if p := begin(t, bob).press(keys.Back); !p.closed {
		t.Error("esc does not close it")
	}
}
