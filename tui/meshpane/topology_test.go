package meshpane

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"math"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"pgregory.net/rapid"

	"voxmesh/mesh"
	"voxmesh/mesh/privacy"
	"voxmesh/oplog"
	"voxmesh/tui/cell"
	"voxmesh/tui/graph"
	"voxmesh/tui/keys"
	"voxmesh/tui/layout"
	"voxmesh/tui/pane"
	"voxmesh/tui/theme"
)

var now = time.Date(2026, 3, 14, 10, 12, 26, 0, time.UTC)

// ops makes states.
type ops struct {
	st  *mesh.State
	seq uint64
}

func (o *ops) add(kind string, body []byte) {
	o.seq++
	o.st = mesh.Projection{}.Apply(mesh.Projection{}.Clone(o.st), oplog.Op{Seq: o.seq, At: now.UnixMicro(), Kind: kind, Actor: "host", Body: body})
}

func meshOf(ids ...string) *ops {
	o := &ops{st: mesh.Projection{}.New()}
	o.add(mesh.KindHostStarted, mesh.Encode(&mesh.HostStarted{Mesh: "aurelia", PeerID: "00112233445566aa", Operator: "mira"}))
	for _, id := range ids {
		o.join(id)
	}
	return o
}

func (o *ops) join(id string) {
	o.add(mesh.KindNodeAdmitted, mesh.Encode(&mesh.NodeAdmitted{Node: id, Key: "U" + id, Label: id, Class: privacy.PairedPeersOnly, Slots: []mesh.Slot{{Kind: "cpu", Max: 2}}}))
}

// shelf keeps views in memory.
type shelf struct {
	data  []byte
	saves int
	fail  error
}

func (s *shelf) LoadView(string) ([]byte, error) { return s.data, s.fail }
func (s *shelf) SaveView(_ string, b []byte) error {
	s.data, s.saves = b, s.saves+1
	return s.fail
}

// rig is a pane that a test plays: commands that answer at once are carried out.
type rig struct {
	p *Pane
	s *pane.Session
}

func newRig(t *testing.T, o *ops, v Views) *rig {
	s := &pane.Session{Theme: theme.New(true, false), Now: func() time.Time { return now }, World: world(o.st)}
	ctx, stop := context.WithCancel(context.Background())
	t.Cleanup(stop)
	r := &rig{New(ctx, s, v), s}
	r.do(r.p.Init())
	return r
}

func world(st *mesh.State) pane.World { return pane.World{State: st, Spend: st.Window(now)} }

func (r *rig) do(cmd tea.Cmd) {
	if cmd == nil {
		return
	}
	switch m := cmd().(type) {
	case nil:
	case tea.BatchMsg:
		for _, c := range m {
			r.do(c)
		}
	default:
		r.give(m)
	}
}

func (r *rig) give(m tea.Msg) {
	_, cmd := r.p.Update(m)
	r.do(cmd)
}

func (r *rig) shows(o *ops) {
	r.s.World = world(o.st)
	r.give(pane.Changed{})
}

// Budgets, statuses, modes, heartbeats, jobs and seconds move no machine, in whatever order they come.
func TestNothingButComingAndGoingMoves(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		o := meshOf("alice-gpu", "bob-cpu", "lex-2", "pub-3f9a", "atlas-nas")
		r := newRig(t, o, &shelf{})
		before := maps.Clone(r.p.graph.known)
		picture := r.p.graph.view.Picture()
		for i := range rapid.IntRange(1, 12).Draw(rt, "steps") {
			id := rapid.SampledFrom([]string{"alice-gpu", "bob-cpu", "lex-2"}).Draw(rt, "node")
			switch rapid.IntRange(0, 5).Draw(rt, "what") {
			case 0:
				limit := int64(rapid.IntRange(0, 9_000_000).Draw(rt, "cap"))
				o.add(mesh.KindCapSet, mesh.Encode(&mesh.CapSet{Node: id, CapMicros: &limit}))
			case 1:
				o.add(mesh.KindNodeStatus, mesh.Encode(&mesh.NodeStatusChanged{Node: id, Status: mesh.Status(rapid.IntRange(0, 2).Draw(rt, "status"))}))
			case 2:
				o.add(mesh.KindNodeMode, mesh.Encode(&mesh.NodeModeChanged{Node: id, Mode: mesh.Paused}))
			case 3:
				r.s.World.Tel = mesh.NewTelemetry(map[string]mesh.Beat{id: {At: now, RTT: time.Millisecond}}, []float64{1, 2})
			case 4:
				job := "j-" + string(rune('a'+i))
				o.add(mesh.KindJobSubmitted, mesh.Encode(&mesh.JobSubmitted{Job: job, Run: "r" + job[1:], Kind: "cpu", Runner: "wasm", Class: privacy.PairedPeersOnly, Priority: 5}))
				o.add(mesh.KindJobLeased, mesh.Encode(&mesh.JobLeased{Job: job, Node: id, Attempt: 1}))
			case 5:
				r.give(pane.Second{})
			}
			r.shows(o)
		}
		if !maps.Equal(before, r.p.graph.known) || r.p.graph.view.Picture() != picture {
			rt.Fatalf("machines moved: %v, %v", before, r.p.graph.known)
		}
	})
}

// Places and pins are those of the last time, also after a restart; a machine that comes is placed among them.
func TestPlacesSurviveARestart(t *testing.T) {
	v := &shelf{}
	o := meshOf("alice-gpu", "bob-cpu", "lex-2", "pub-3f9a")
	r := newRig(t, o, v)
	r.s.Node = "bob-cpu"
	r.do(r.p.graph.pinAt(r.p.ctx, r.s, "bob-cpu", graph.Point{X: 40, Y: -12}))
	before := maps.Clone(r.p.graph.known)
	if before["bob-cpu"] != (graph.Point{X: 40, Y: -12}) {
		t.Fatalf("pinned at %v", before["bob-cpu"])
	}
	r = newRig(t, o, v)
	if !maps.Equal(before, r.p.graph.known) || len(r.p.graph.pins) != 1 {
		t.Errorf("after a restart %v and pins %v, before %v", r.p.graph.known, r.p.graph.pins, before)
	}
	o.join("new-one")
	r.shows(o)
	moved := 0.0
	for id, p := range before {
		q := r.p.graph.known[id]
		moved = max(moved, math.Hypot(p.X-q.X, p.Y-q.Y))
	}
	if moved > 4 || r.p.graph.known["bob-cpu"] != before["bob-cpu"] {
		t.Errorf("an old machine moved by %.1f cells", moved)
	}
	if _, ok := r.p.graph.known["new-one"]; !ok {
		t.Error("the new one has no place")
	}
}

// A file that is no view of ours costs a picture of its own, and nothing else.
func TestHostileView(t *testing.T) {
	bad, _ := json.Marshal(map[string]any{"v": 1, "points": map[string]any{"alice-gpu": map[string]any{"X": 1e300, "Y": -1e300}}})
	for name, v := range map[string]*shelf{
		"garbage": {data: []byte("{{{\x00")}, "far": {data: bad}, "unreadable": {fail: errors.New("no disk")},
		"many": {data: []byte(`{"v":1,"points":{"` + strings.Repeat("x", 1<<16) + `":{"X":1,"Y":2}},"pins":["ghost"]}`)},
	} {
		r := newRig(t, meshOf("alice-gpu", "bob-cpu"), v)
		pic := r.p.graph.view.Picture()
		if pic == nil || len(pic.Points) != 3 {
			t.Fatalf("%s: no picture", name)
		}
		for _, p := range pic.Points {
			if math.IsNaN(p.X) || math.IsInf(p.X, 0) || math.IsNaN(p.Y) || math.IsInf(p.Y, 0) {
				t.Errorf("%s: %v", name, p)
			}
		}
	}
}

// An answer to a request that is not the last one is dropped.
func TestStalePicture(t *testing.T) {
	o := meshOf("alice-gpu")
	r := newRig(t, o, &shelf{})
	want := r.p.graph.view.Picture()
	r.give(placed{generation: 9999, picture: &graph.Picture{}})
	if r.p.graph.view.Picture() != want {
		t.Error("a stale picture is shown")
	}
}

// A node is picked up, carried and pinned with keys; esc puts it back.
func TestCarryANode(t *testing.T) {
	v := &shelf{}
	r := newRig(t, meshOf("alice-gpu", "bob-cpu"), v)
	r.s.Node = "bob-cpu"
	before := r.p.graph.known["bob-cpu"]
	draw(r)
	for _, id := range []keys.ID{keys.Move, keys.Right, keys.Right, keys.Back} {
		r.give(pane.Do{ID: id})
		draw(r)
	}
	if r.p.graph.known["bob-cpu"] != before || len(r.p.graph.pins) != 0 {
		t.Error("esc does not put it back")
	}
	for _, id := range []keys.ID{keys.Move, keys.Down, keys.Down, keys.Open} {
		r.give(pane.Do{ID: id})
		draw(r)
	}
	if _, pinned := r.p.graph.pins["bob-cpu"]; !pinned || r.p.graph.known["bob-cpu"] == before {
		t.Errorf("it is not pinned where it was dropped: %v, %v", r.p.graph.pins, r.p.graph.known["bob-cpu"])
	}
	r.give(pane.Do{ID: keys.Pin})
	if len(r.p.graph.pins) != 0 || !strings.Contains(string(v.data), `"points"`) || strings.Contains(string(v.data), `"pins"`) {
		t.Errorf("p lets it go again: %s", v.data)
	}
}

func draw(r *rig) {
	r.p.Draw(cell.New(80, 24), layout.Screen(80, 24, layout.Parts{Scrubber: true, Strip: true}))
}
