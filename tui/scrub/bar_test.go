package scrub

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	tea "charm.land/bubbletea/v2"

	"voxmesh/mesh"
	"voxmesh/tui/keys"
	"voxmesh/tui/pane"
)

// A live bar that nothing happens to is the same frame and asks for nothing; ops and columns that go by make it read,
// once a second at most.
func TestLiveIsQuiet(t *testing.T) {
	play(t, func(t *testing.T, r *rig) {
		reads := r.log.reads
		first := r.rows()[1]
		for range 59 {
			r.pass(time.Second)
			r.send(pane.Changed{})
			r.send(pane.Second{})
			r.settle()
		}
		if r.log.reads != reads || r.rows()[1] != first {
			t.Errorf("%d reads without a reason\n%s\n%s", r.log.reads-reads, first, r.rows()[1])
		}
		r.pass(time.Second) // a column of a minute went by
		r.send(pane.Second{})
		r.settle()
		if r.log.reads != reads+1 || r.rows()[1] == first {
			t.Errorf("%d reads as a column went by\n%s", r.log.reads-reads, r.rows()[1])
		}
		for range 10 {
			r.log.add(time.Now())
			r.s.World.State = r.log.state(len(r.log.times))
			r.send(pane.Changed{})
			r.settle()
		}
		r.pass(time.Second)
		r.send(pane.Second{})
		r.settle()
		if r.log.reads != reads+2 {
			t.Errorf("%d reads for ten ops in a second", r.log.reads-reads-1)
		}
	})
}

// A window in the past holds still while the knob is in it, and moves to it when it leaves.
func TestWindowFollows(t *testing.T) {
	play(t, func(t *testing.T, r *rig) {
		r.b.axis.began = time.Now().Add(-300 * time.Hour)
		for range 59 {
			r.press(keys.Left)
		}
		held := r.b.win
		if c := held.column(r.b.knob.UnixMicro()); c != 0 {
			t.Fatalf("after 59 columns the knob is in column %d", c)
		}
		r.press(keys.Left)
		if c := r.b.win.column(r.b.knob.UnixMicro()); c != 30 || r.b.win.open {
			t.Errorf("the knob is in column %d of %+v", c, r.b.win)
		}
		at := r.b.knob
		for i := range whole - hour {
			r.press(keys.ZoomOut)
			if c := r.b.win.column(at.UnixMicro()); !r.b.knob.Equal(at) || c < 29 {
				t.Errorf("%d: the knob moved to column %d", i, c)
			}
		}
		for range whole {
			r.press(keys.ZoomIn)
		}
		if c := r.b.win.column(at.UnixMicro()); c < 0 || c >= r.b.win.n {
			t.Errorf("the knob is out of sight: %d", c)
		}
		if _, cmd := r.b.SeekTo(time.Now().Add(-1000 * time.Hour)); true {
			r.run(cmd)
		}
		r.settle()
		if !r.b.knob.Equal(r.b.axis.began) {
			t.Errorf("before the log begins: %v", r.b.knob)
		}
	})
}

// The mouse: a click goes to the last moment of its column, a drag through all that it passes, and the host is asked once.
func TestMouse(t *testing.T) {
	play(t, func(t *testing.T, r *rig) {
		r.rows()
		r.send(pane.Click{X: 7 + 20, Y: 1})
		if at := r.b.knob.UnixMicro(); at != r.b.win.last(20) {
			t.Errorf("a click leads to %v", r.b.knob)
		}
		r.pass(time.Second)
		r.log.asks = nil
		for x := 27; x <= 60; x++ {
			r.send(pane.Drag{FromX: 27, FromY: 1, X: x, Y: 5})
			r.pass(16 * time.Millisecond)
			if c := r.b.win.column(r.b.knob.UnixMicro()); c != x-7 {
				t.Fatalf("dragged to column %d, the knob is in %d", x-7, c)
			}
		}
		r.send(pane.Drag{FromX: 27, FromY: 1, X: 60, Y: 5, Done: true})
		r.pass(time.Second)
		if len(r.log.asks) != 1 || r.b.At().UnixMicro() != r.b.win.last(53) {
			t.Errorf("%d asks, at %v", len(r.log.asks), r.b.At())
		}
		r.send(pane.Drag{FromX: 27, FromY: 1, X: -9, Y: 1})
		if c := r.b.win.column(r.b.knob.UnixMicro()); c != 0 && !r.b.knob.Equal(r.b.axis.began) {
			t.Errorf("dragged out at the left, it is in column %d", c)
		}
		at := r.b.knob
		r.send(pane.Drag{FromX: 27, FromY: 9, X: 40, Y: 1}) // began elsewhere
		r.send(pane.Click{X: 3, Y: 1})
		r.send(pane.Click{X: 40, Y: 1, Right: true})
		if !r.b.knob.Equal(at) {
			t.Error("what is no drag of the bar moved it")
		}
		r.send(pane.Drag{FromX: 27, FromY: 1, X: 200, Y: 1})
		r.settle()
		r.shows("live")
	})
}

// n and clicks go from act to act, enter shows the one at the knob, and the row above says so.
func TestActs(t *testing.T) {
	play(t, func(t *testing.T, r *rig) {
		for i, ago := range []int{50, 49, 8, 4} { // seconds after ops; the last two in one column
			r.log.act(time.Now().Add(-time.Duration(ago)*time.Minute-time.Second), fmt.Sprintf("a-%d", i+1))
		}
		for i := range r.log.marks { // what was added later moved the earlier ones
			r.log.marks[i].Seq = uint64(r.log.upTo(r.log.marks[i].At))
		}
		r.log.marks = append(r.log.marks, mesh.Mark{Seq: r.log.marks[3].Seq + 1, At: r.log.marks[3].At + 5e5, AuditID: "a-5", Action: "pause"})
		r.s.World.State = r.log.state(len(r.log.times))
		r.send(pane.Second{})
		r.settle()
		r.b.Focus(true)
		r.log.asks = nil
		for _, want := range []int{0, 1, 2, 3, 4, 0} { // round the end
			r.press(keys.Seek)
			if m, ok := r.b.markHere(); !ok || m.AuditID != r.log.marks[want].AuditID {
				t.Fatalf("at %q, want act %d", m.AuditID, want)
			}
		}
		r.press(keys.Seek)
		r.pass(200 * time.Millisecond)
		r.shows(number(r.log.marks[1].Seq))
		if len(r.log.asks) != 1 {
			t.Errorf("%d asks", len(r.log.asks))
		}
		if row := r.rows()[0]; !strings.HasSuffix(row, "enter shows kill a-2") {
			t.Errorf("the row says %q", row)
		}
		r.press(keys.Open)
		want := pane.Several{pane.Seek{Seq: r.log.marks[1].Seq}, pane.Visit{Ref: pane.Ref{Kind: pane.Entry, ID: "a-2"}}}
		if got := fmt.Sprint(r.acts[len(r.acts)-1]); got != fmt.Sprint(want) {
			t.Errorf("enter is %v, want %v", got, want)
		}
		r.rows()
		c := 7 + r.b.win.column(r.log.marks[3].At)
		for _, id := range []string{"a-4", "a-5", "a-4"} {
			r.send(pane.Click{X: c, Y: 1})
			if m, _ := r.b.markHere(); m.AuditID != id {
				t.Errorf("a click leads to %q, want %q", m.AuditID, id)
			}
		}
		r.send(pane.Click{X: c, Y: 1, Double: true})
		if got := fmt.Sprint(r.acts[len(r.acts)-1]); !strings.Contains(got, "a-4") {
			t.Errorf("a double click is %v", got)
		}
		r.press(keys.Left)
		if _, ok := r.b.markHere(); ok {
			t.Error("a column before it is still at the act")
		}
		r.press(keys.Open)
		if !r.b.Typing() {
			t.Error("enter opens no field where there is no act")
		}
	})
}

// The field takes a time, says what it means while it is typed, and what it takes where it can't be read.
func TestField(t *testing.T) {
	play(t, func(t *testing.T, r *rig) {
		r.press(keys.TypeTime)
		r.typed("11:30")
		if row := r.rows()[1]; !strings.HasPrefix(row, "[time 11:30▏") || !strings.Contains(row, "→ Sat 1 Jan 11:30:00") {
			t.Errorf("%q", row)
		}
		r.press(keys.Open)
		r.pass(time.Second)
		if s, _ := r.b.State(); r.b.Typing() || s != "AS OF 11:30:00 (−30 m)" {
			t.Errorf("it is at %q", s)
		}
		r.press(keys.TypeTime)
		r.send(tea.PasteMsg{Content: "-5m\n"})
		r.press(keys.Open)
		r.pass(time.Second)
		if s, _ := r.b.State(); s != "AS OF 11:25:00 (−35 m)" {
			t.Errorf("it is at %q", s)
		}
		r.press(keys.TypeTime)
		r.typed("x.]")
		r.press(keys.Open)
		if row := r.rows()[1]; !r.b.Typing() || !strings.Contains(row, "x.]▏") || !strings.Contains(row, takes) {
			t.Errorf("%q", row)
		}
		if r.b.At().Before(time.Now().Add(-36 * time.Minute)) {
			t.Error("letters are keys while typing")
		}
		r.press(keys.Back)
		if r.b.Typing() {
			t.Error("esc does not close the field")
		}
		r.press(keys.TypeTime)
		r.typed("23:00")
		r.press(keys.Open)
		r.pass(time.Second)
		if !r.b.At().Equal(r.b.axis.began) { // yesterday at 23:00 there was no log
			t.Errorf("it is at %v", r.b.At())
		}
		if n, ok := r.acts[len(r.acts)-1].(pane.Notice); !ok || n.Text != "the log begins 11:10:00" {
			t.Errorf("it says %v", r.acts)
		}
		r.press(keys.TypeTime)
		r.typed("now")
		r.press(keys.Open)
		r.settle()
		r.shows("live")
	})
}

// Nothing goes on after the console was left.
func TestEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		l := &tape{}
		l.add(time.Now().Add(-time.Hour))
		r := newRig(ctx, t, l, 80, 24)
		r.press(keys.Earlier)
		r.press(keys.Play)
		cancel()
		r.settle() // a goroutine that waits on would end the bubble with a panic
		if _, past := r.b.Past(); !past || len(l.asks) > 0 {
			t.Error("it asked after it was left")
		}
	})
}

// While the log counts slowly it is asked one thing at a time, and what is drawn in the end is the window that is there.
func TestAxisSlow(t *testing.T) {
	play(t, func(t *testing.T, r *rig) {
		reads := r.log.reads
		r.b.reading = true // an answer is out
		for range 5 {
			r.press(keys.ZoomOut)
			r.press(keys.ZoomIn)
		}
		r.press(keys.ZoomIn)
		if r.log.reads != reads {
			t.Errorf("%d reads at once", r.log.reads-reads)
		}
		r.send(axisMsg{gen: r.b.readGen - 1})
		r.send(axisMsg{gen: r.b.readGen, axis: axis{win: live(time.Now().UnixMicro(), hour, 60, 0)}})
		r.settle()
		if r.log.reads != reads+1 || r.b.axis.win.col != r.b.win.col || len(r.b.axis.signs) != r.b.win.n {
			t.Errorf("%d reads, of %+v", r.log.reads-reads, r.b.axis.win)
		}
	})
}
