package scrub

import (
	"errors"
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
		if got := r.rows()[0]; got != " before the log begins" {
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
		{
			mesh.Moment{Event: "node_status", Node: "bob-cpu", Class: privacy.PairedPeersOnly, HasClass: true, Status: "degraded", Of: 1, Nth: 1},
			"node_status  bob-cpu PAIRED  degraded",
		},
		{mesh.Moment{Event: "host_started", Node: "aurelia", Status: "started", Detail: "1.2"}, "host_started  aurelia  1.2"},
		{
			mesh.Moment{Event: "job_finished", Job: "j-1", Node: "n", Class: privacy.LocalOnly, HasClass: true, Status: "failed", Detail: "attempt 2: no heartbeat"},
			"job_finished  j-1 LOCAL → n  failed  attempt 2: no heartbeat",
		},
		{mesh.Moment{Event: "job_requeued", Job: "j-2", Status: "queued"}, "job_requeued  j-2 ?"},
		{
			mesh.Moment{Event: "audit_entry", Run: "r-1", Class: privacy.PublicMesh, HasClass: true, Status: "kill", Detail: "r-1", AuditID: "a-0192", Nth: 3, Of: 1200},
			"audit_entry  r-1 PUBLIC  kill  a-0192" + strings.Repeat(" ", 25) + "3 of 1,200 in 1 s",
		},
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
