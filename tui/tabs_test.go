package tui

import (
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"voxmesh/mesh"
	"voxmesh/tui/cell"
	"voxmesh/tui/keys"
	"voxmesh/tui/layout"
	"voxmesh/tui/pane"
)

// listener is a pane that counts what it hears of the world.
type listener struct {
	changed, seconds int
	told             []tea.Msg
}

func (l *listener) Update(msg tea.Msg) (pane.Action, tea.Cmd) {
	switch msg.(type) {
	case pane.Changed:
		l.changed++
	case pane.Second:
		l.seconds++
	}
	l.told = append(l.told, msg)
	return nil, nil
}

func (*listener) Draw(*cell.Buffer, layout.Frame) {}
func (*listener) Keys() []keys.Binding            { return nil }
func (*listener) Typing() bool                    { return false }

// worried is one that may want attention, for errors alone.
type worried struct{ listener }

func (*worried) Attention() bool              { return false }
func (*worried) Concern(st *mesh.State) int64 { return st.ErrorCount }

// keen is one that may want attention for anything.
type keen struct{ listener }

func (*keen) Attention() bool { return false }

// A pane that is hidden hears of the world when it is turned to, once however much happened; one that may want attention
// hears of what it is concerned with.
func TestHiddenPanes(t *testing.T) {
	l := aurelia()
	s := play(t, l.st, 120, 40)
	plain, errs, all := &listener{}, &worried{}, &keen{}
	s.c.tabs[2].pane, s.c.tabs[3].pane, s.c.tabs[4].pane = plain, errs, all
	s.second() // what each knows of is what there is
	*plain, errs.listener, all.listener = listener{}, listener{}, listener{}
	for range 3 {
		s.h.setState(l.submit(now, "j-91"+string(rune('a'+len(l.ops)%26)), "gpu").st)
		s.send(worldOf(s.c))
		s.second()
	}
	if plain.changed+plain.seconds+errs.changed+errs.seconds != 0 || all.changed != 3 || all.seconds != 3 {
		t.Errorf("hidden they heard %+v, %+v, %+v", plain, errs, all)
	}
	l.run(now, "j-9200", "bob-cpu", "cpu").add(now, mesh.KindJobFinished, mesh.Encode(&mesh.JobFinished{
		Job: "j-9200", Attempt: 1, Status: mesh.Failed, Code: "vox/job/exit", DurationMS: 1,
	}))
	s.h.setState(l.st)
	s.send(worldOf(s.c))
	s.second()
	s.second()
	if errs.changed != 1 || errs.seconds != 1 {
		t.Errorf("of an error it heard %d changes and %d seconds", errs.changed, errs.seconds)
	}
	s.press("3")
	if plain.changed != 1 {
		t.Errorf("when it was turned to it heard of %d changes", plain.changed)
	}
	s.press("1", "3")
	if plain.changed != 1 {
		t.Error("it was told of what it knew")
	}
	s.send(worldOf(s.c))
	if plain.changed != 2 {
		t.Error("while it is shown it does not hear of a change")
	}
	*plain = listener{}
	s.press("1").send(worldOf(s.c))
	s.do(s.c.carry(nil, pane.Tell{Pane: keys.Pane3, Msg: pane.Narrow{Filter: "x"}}))
	if len(plain.told) != 2 || plain.told[0] != (pane.Changed{}) || plain.told[1] != (pane.Narrow{Filter: "x"}) {
		t.Errorf("told something else it heard %v", plain.told)
	}
}

// A run that fails while another pane is shown puts the dot on its tab, and what came meanwhile is listed when that is
// turned to.
func TestRunsWhileHidden(t *testing.T) {
	l := aurelia()
	s := play(t, l.st, 120, 40)
	if strings.Contains(row(s, 0), "Runs •") || strings.Contains(row(s, 0), "Runs•") {
		t.Fatal(row(s, 0))
	}
	l.run(now, "j-9200", "bob-cpu", "cpu").add(now, mesh.KindJobFinished, mesh.Encode(&mesh.JobFinished{
		Job: "j-9200", Attempt: 1, Status: mesh.Failed, Code: "vox/job/exit", DurationMS: 1,
	}))
	s.h.setState(l.st)
	s.send(worldOf(s.c))
	if !strings.Contains(row(s, 0), "Runs•") {
		t.Errorf("no dot: %q", row(s, 0))
	}
	l.submit(now, "j-9300", "gpu")
	s.h.setState(l.st)
	s.send(worldOf(s.c)).press("2")
	if !strings.Contains(s.view(), "r-9300") {
		t.Error("what came while it was hidden is not listed")
	}
}

func row(s *screen, y int) string {
	s.view()
	out := ""
	for x := range s.c.buf.W {
		out += s.c.buf.At(x, y).S
	}
	return out
}

// What was spent is added up anew for every state, and of one state again when some of it may have left the window.
func TestSpendIsAddedUp(t *testing.T) {
	l := newLog().start(now).node(now, "alice-gpu", 2, nil, nil, "", 0)
	l.spend(now, "j-1", "alice-gpu", 10, 0)
	var s spend
	at := func(d time.Duration) int64 { return s.window(l.st, now.Add(d)).Mesh.Micros }
	if at(time.Second) != 100_000 || at(23*time.Hour) != 100_000 {
		t.Error("a job of this day is not in it")
	}
	if last := mesh.KeepEnded + time.Second; at(last-time.Millisecond) != 100_000 || at(last+resting) != 0 {
		t.Error("it did not leave the window")
	}
	if at(time.Hour) != 100_000 {
		t.Error("a clock that was set back does not bring it back")
	}
	l.spend(now.Add(time.Hour), "j-2", "alice-gpu", 10, 0)
	if at(time.Hour) != 200_000 {
		t.Error("another state is not added up at once")
	}
}

// A console that is opened for a run has the pane of runs below it, and that run is selected there.
func TestOpenedForARun(t *testing.T) {
	st := workshop().st
	run := st.Runs()[len(st.Runs())/2].ID
	s := playAs(t, st, 120, 40, Options{Operator: "mira", Open: pane.Ref{Kind: pane.Run, ID: run}})
	s.do(s.c.arrive(s.c.o.Open))
	for s.c.layers.top() != nil {
		s.press("esc")
	}
	if got := ansi.Strip(s.view()); !strings.Contains(got, "[2 Runs]") || !strings.Contains(got, "▸ "+run) {
		t.Errorf("%s is not selected among the runs:\n%s", run, got)
	}
}
