package scrub

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"voxmesh/mesh"
	"voxmesh/mesh/privacy"
	"voxmesh/tui/cell"
	"voxmesh/tui/keys"
	"voxmesh/tui/layout"
	"voxmesh/tui/pane"
	"voxmesh/tui/row"
	"voxmesh/tui/theme"
)

// ten is the moment of the drawings.
var ten = time.Date(2026, 3, 14, 10, 12, 26, 0, time.UTC)

// drawn makes a rig at the moment of the drawings, with ops in some columns of a screen and many in others.
func drawn(t *testing.T, w, h int, some, many []int) *rig {
	l := &tape{times: []int64{ten.Add(-50 * time.Hour).UnixMicro()}}
	_, n := room(w, 5)
	win := live(ten.UnixMicro(), hour, n, 0)
	for _, x := range some {
		l.add(time.UnixMicro(win.last(x - 7)))
	}
	for _, x := range many {
		for i := range 9 {
			l.add(time.UnixMicro(win.last(x-7) - int64(i)))
		}
	}
	s := &pane.Session{Theme: theme.New(true, false), Now: func() time.Time { return ten }, Colour: true}
	s.World.State = l.state(len(l.times))
	r := &rig{t: t, s: s, log: l, b: New(t.Context(), s, l), w: w, h: h}
	r.now(tea.WindowSizeMsg{Width: w, Height: h})
	return r
}

// now gives the bar a message and carries out at once what comes of it; waiting takes no time.
func (r *rig) now(msg tea.Msg) {
	if _, ok := msg.(Shown); ok {
		r.show()
		return
	}
	act, cmd := r.b.Update(msg)
	if act != nil {
		r.acts = append(r.acts, act)
	}
	r.finish(cmd)
}

func (r *rig) finish(cmd tea.Cmd) {
	if cmd == nil {
		return
	}
	switch m := cmd().(type) {
	case nil:
	case tea.BatchMsg:
		for _, c := range m {
			r.finish(c)
		}
	default:
		r.now(m)
	}
}

func (r *rig) seek(at time.Time) {
	_, cmd := r.b.SeekTo(at)
	r.finish(cmd)
}

// The rows of the drawings, sign by sign.
func TestDrawings(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, tc := range []struct {
			w, h       int
			some, many []int
			past       string
			want       []string
		}{
			{80, 24, []int{10, 17, 31, 38, 40, 59}, []int{24, 52}, "", []string{
				" 09:12 ━━━┷━━━━━━┷━━━━━━┻━━━━━━┷━━━━━━┷━┷━━━━━━━━━━━┻━━━━━━┷━━━━━━● 10:12  1 h",
			}},
			{80, 24, []int{10, 17, 31, 38, 40, 59}, []int{24, 52}, "09:41:07", []string{
				" 09:12 ━━━┷━━━━━━┷━━━━━━┻━━━━━━┷━━━●──┴─┴───────────┸──────┴─────── 10:12  1 h",
			}},
			{80, 32, []int{10, 17, 31, 38, 40, 59}, []int{24, 52}, "", []string{
				" 09:12 ━━━┷━━━━━━┷━━━━━━┻━━━━━━┷━━━━━━┷━┷━━━━━━━━━━━┻━━━━━━┷━━━━━━● 10:12  1 h",
				"       ╵09:12         ╵09:27         ╵09:42         ╵09:57 now",
			}},
			{120, 40, []int{12, 24, 47, 58, 62, 93}, []int{35, 81}, "", []string{
				" 09:12 ━━━━━┷━━━━━━━━━━━┷━━━━━━━━━━┻━━━━━━━━━━━┷━━━━━━━━━━┷━━━┷━━━━━━━━━━━━━━━━━━┻━━━━━━━━━━━┷━━━━━━━━━━● 10:12  1 h",
				"       ╵09:12                  ╵09:27                   ╵09:42                  ╵09:57           now",
			}},
			{200, 60, []int{40, 120}, []int{80}, "10:00:00", []string{
				" 09:12 " + strings.Repeat("━", 33) + "┷" + strings.Repeat("━", 39) + "┻" + strings.Repeat("━", 39) + "┷" +
					strings.Repeat("━", 27) + "●" + strings.Repeat("─", 36) + " 10:12  1 h",
				"       ╵09:12" + strings.Repeat(" ", 38) + "╵09:27" + strings.Repeat(" ", 39) + "╵09:42" + strings.Repeat(" ", 38) + "╵09:57",
			}},
		} {
			r := drawn(t, tc.w, tc.h, tc.some, tc.many)
			if tc.past != "" {
				at, _ := time.Parse("15:04:05", tc.past)
				r.seek(on(ten, at))
			}
			got := r.rows()[1:]
			for i, want := range tc.want {
				if got[i] != want {
					t.Errorf("%d×%d row %d\n%s\n%s", tc.w, tc.h, i, got[i], want)
				}
			}
		}
	})
}

// The row of the op, as drawn.
func TestMomentRow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := drawn(t, 80, 24, nil, nil)
		r.seek(on(ten, time.Date(0, 1, 1, 9, 41, 7, 0, time.UTC)))
		at := on(ten, time.Date(0, 1, 1, 9, 41, 7, 0, time.UTC)).UnixMicro()
		r.b.shown.instant.Seq, r.b.shown.instant.At, r.b.shown.moment.Seq = 48213, at, 48213
		want := " op 48,213  09:41:07  job_leased  j-80cb PAIRED → bob-cpu          2 of 9 in 1 s"
		if got := r.rows()[0]; got != want {
			t.Errorf("%s\n%s", got, want)
		}
		if s, _ := r.b.State(); s != "AS OF 09:41:07 (−31 m)" {
			t.Errorf("the header says %q", s)
		}
		r.b.shown.instant.Seq = 0
		if got := r.rows()[0]; got != "  before the log begins" {
			t.Errorf("%q", got)
		}
	})
}

// What an op is about: an id only with its class, names without one as plain words, and nothing twice.
func TestDescribe(t *testing.T) {
	for _, tc := range []struct {
		m    mesh.Moment
		want string
	}{
		{mesh.Moment{Event: "node_status", Node: "bob-cpu", Class: privacy.PairedPeersOnly, HasClass: true, Status: "degraded", Of: 1, Nth: 1},
			"node_status  bob-cpu PAIRED  degraded"},
		{mesh.Moment{Event: "host_started", Node: "aurelia", Status: "started", Detail: "1.2"}, "host_started  aurelia  1.2"},
		{mesh.Moment{Event: "job_finished", Job: "j-1", Node: "n", Class: privacy.LocalOnly, HasClass: true, Status: "failed", Detail: "attempt 2: no heartbeat"},
			"job_finished  j-1 LOCAL → n  failed  attempt 2: no heartbeat"},
		{mesh.Moment{Event: "job_requeued", Job: "j-2", Status: "queued"}, "job_requeued  j-2 ?"},
		{mesh.Moment{Event: "audit_entry", Run: "r-1", Class: privacy.PublicMesh, HasClass: true, Status: "kill", Detail: "r-1", AuditID: "a-0192", Nth: 3, Of: 1200},
			"audit_entry  r-1 PUBLIC  kill  a-0192" + strings.Repeat(" ", 24) + "3 of 1,200 in 1 s"},
		{mesh.Moment{Event: "cap_set", Status: "$4.00", Detail: "the mesh", Nth: 9, Of: 2}, "cap_set  $4.00  the mesh"},
	} {
		var op row.Op
		describe(&op, tc.m)
		buf := cell.New(80, 1)
		row.Moment(buf, 0, 0, 80, tc.m.Class, op, row.Look{})
		if got := strings.TrimSpace(ansi.Strip(buf.Render(theme.New(true, false)))); got != tc.want {
			t.Errorf("%q\n%q", got, tc.want)
		}
	}
}

// The header's words fit 22 columns, and say the date of another day.
func TestState(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, tc := range []struct {
			ago  time.Duration
			want string
		}{
			{5 * time.Second, "AS OF 10:12:21 (−5 s)"},
			{31 * time.Minute, "AS OF 09:41:26 (−31 m)"},
			{10 * time.Hour, "AS OF 00:12:26 (−10 h)"},
			{11 * time.Hour, "AS OF 13 Mar 23:12:26"},
			{360 * 24 * time.Hour, "AS OF 2025-03-19 10:12"},
		} {
			r := drawn(t, 80, 24, nil, nil)
			r.b.axis.began = time.Time{}
			r.seek(ten.Add(-tc.ago))
			s, st := r.b.State()
			if s != tc.want || ansi.StringWidth(s) > 22 || st != theme.In(theme.Waiting) {
				t.Errorf("%v ago: %q %v, want %q", tc.ago, s, st, tc.want)
			}
			r.s.Colour = false
			if _, st := r.b.State(); st.Attr&theme.Reverse == 0 {
				t.Error("without colour it is not reversed")
			}
			r.s.Colour = true
			r.b.speed = 60
			if s, _ := r.b.State(); ansi.StringWidth(s) > 22 || !strings.HasPrefix(s, "▶ 60× ") {
				t.Errorf("playing: %q", s)
			}
		}
		r := drawn(t, 80, 24, nil, nil)
		if s, _ := r.b.State(); s != "" {
			t.Errorf("live: %q", s)
		}
	})
}

// Before the log begins there are dots, acts have signs of their own, and the focus is a pair of brackets that moves
// nothing.
func TestSigns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := drawn(t, 80, 24, []int{20}, nil)
		r.log.times = r.log.times[1:]
		r.log.act(ten.Add(-10*time.Minute), "a-1")
		r.log.act(ten.Add(-5*time.Minute), "a-2")
		r.b.axis = axis{}
		r.now(tea.WindowSizeMsg{Width: 80})
		r.seek(ten.Add(-8 * time.Minute))
		want := " 09:12 ·············┷" + strings.Repeat("━", 35) + "╋━●──╂───── 10:12  1 h"
		if got := r.rows()[1]; got != want {
			t.Errorf("\n%s\n%s", got, want)
		}
		r.b.Focus(true)
		if got := r.rows()[1]; got != "["+want[1:]+"]" {
			t.Errorf("with the focus\n%s\n%s", got, want)
		}
	})
}

// Every length has its labels, and fits at every width, with the knob in it and the window's whole length written.
func TestLengths(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, w := range []int{60, 80, 112, 120, 200} {
			r := drawn(t, w, 40, nil, nil)
			r.b.Focus(true)
			for range whole {
				r.now(pane.Do{ID: keys.ZoomIn})
			}
			seen := ""
			for size := range lengths() {
				for _, past := range []bool{false, true} {
					if past {
						r.seek(ten.Add(-30 * time.Second))
					} else {
						r.finish(r.b.Live())
					}
					rows := r.rows()
					bar := rows[1]
					if ansi.StringWidth(bar) > w || strings.Count(bar, "●") != 1 || !strings.HasSuffix(bar, "  "+lengths()[size].name+"]") {
						t.Errorf("%d %s: %q", w, lengths()[size].name, bar)
					}
					if strings.Count(rows[2], "╵") < 2 {
						t.Errorf("%d %s: %q", w, lengths()[size].name, rows[2])
					}
					seen += bar + "\n"
				}
				r.now(pane.Do{ID: keys.ZoomOut})
			}
			for _, want := range []string{"[10:11:26 ", "[09:57 ", "[04:12 ", "[7 Mar ", "[12 Feb "} {
				if !strings.Contains(seen, want) {
					t.Errorf("%d: no window begins with %q", w, want)
				}
			}
		}
	})
}

// What can't be read is said on the bar, and what was read before stands under it.
func TestAxisFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := drawn(t, 80, 24, []int{10}, nil)
		r.log.behave(0, errors.New("gone"))
		r.now(pane.Do{ID: keys.ZoomOut})
		if !strings.Contains(r.rows()[1], "no answer from the log: r retry") {
			t.Errorf("%q", r.rows()[1])
		}
		r.log.behave(0, nil)
		if _, ok := keys.Find(r.b.TimeKeys(), tea.KeyPressMsg{Text: "r", Code: 'r'}); !ok {
			t.Error("r is not bound")
		}
		r.now(pane.Do{ID: keys.Retry})
		if strings.Contains(r.rows()[1], "no answer") {
			t.Errorf("%q", r.rows()[1])
		}
	})
}

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

// A cell that did not change is not made again: the second of two frames costs no allocation.
func TestDrawIsCheap(t *testing.T) {
	r := drawn(t, 200, 60, []int{40, 120}, []int{80})
	buf := cell.New(200, 60)
	f := layout.Screen(200, 60, layout.Parts{Scrubber: true})
	r.b.Draw(buf, f)
	if n := testing.AllocsPerRun(100, func() { r.b.Draw(buf, f) }); n > 0 {
		t.Errorf("%v allocations", n)
	}
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
