package scrub

import (
	"slices"
	"testing"
	"time"

	"voxmesh/mesh"
	"voxmesh/tui/keys"
	"voxmesh/tui/pane"
)

// Many is far more than elsewhere, not much; an act stands over ops; before the log begins is what ended before it.
func TestSignsOfColumns(t *testing.T) {
	ticks := func(ns ...uint64) []mesh.Tick {
		out := make([]mesh.Tick, len(ns))
		for i := range out {
			out[i].N = ns[i]
		}
		return out
	}
	win := window{first: 100, col: 10, n: 4}
	for _, tc := range []struct {
		ticks []mesh.Tick
		began int64
		marks []int64
		want  []sign
	}{
		{ticks(0, 1, 2, 7), 0, nil, []sign{none, some, some, some}},
		{ticks(0, 1, 2, 8), 0, nil, []sign{none, some, some, many}},
		{ticks(1000, 1000, 1000, 1000), 0, nil, []sign{some, some, some, some}},
		{ticks(1000, 1000, 1000, 5000), 0, nil, []sign{some, some, some, many}},
		{ticks(0, 0, 0, 0), 1015, nil, []sign{unborn, none, none, none}},
		{ticks(0, 9, 0, 1), 1010, []int64{1019, 1020, 1040, 999}, []sign{unborn, act, act, some}},
		{nil, 0, nil, []sign{none, none, none, none}},
		{ticks(1<<63, 1<<63, 1<<63, 1<<63), 0, nil, []sign{some, some, some, some}},
	} {
		var marks []mesh.Mark
		for _, at := range tc.marks {
			marks = append(marks, mesh.Mark{At: at})
		}
		began := time.Time{}
		if tc.began > 0 {
			began = time.UnixMicro(tc.began)
		}
		if got := signs(win, tc.ticks, marks, began); !slices.Equal(got, tc.want) {
			t.Errorf("%v since %d is %v, want %v", tc.ticks, tc.began, got, tc.want)
		}
	}
}

// What was read anew is drawn, though nothing else changed.
func TestNewCountsAreDrawn(t *testing.T) {
	play(t, func(t *testing.T, r *rig) {
		before := r.rows()[1]
		for range 500 {
			r.log.add(time.Now().Add(-30 * time.Minute))
		}
		r.press(keys.Left) // not by itself: the past stands
		r.press(keys.Live)
		r.send(pane.Second{})
		r.settle()
		if r.rows()[1] == before {
			t.Error(before)
		}
	})
}

// An act that is yet to come in the knob's column is not the one at the knob.
func TestActAheadIsNotHere(t *testing.T) {
	play(t, func(t *testing.T, r *rig) {
		at := time.Now().Add(-10*time.Minute + 40*time.Second)
		r.log.act(at, "a-1")
		r.s.World.State = r.log.state(len(r.log.times))
		r.send(pane.Second{})
		r.settle()
		for _, tc := range []struct {
			at   time.Time
			here bool
		}{{at.Add(-10 * time.Second), false}, {at.Add(10 * time.Second), true}, {at.Add(time.Minute), false}} {
			_, cmd := r.b.SeekTo(tc.at)
			r.run(cmd)
			r.pass(time.Second)
			if _, ok := r.b.markHere(); ok != tc.here {
				t.Errorf("%v from the act: %v", tc.at.Sub(at), ok)
			}
		}
	})
}

// The last column is live only in a window that ended with the present.
func TestRightEnd(t *testing.T) {
	play(t, func(t *testing.T, r *rig) {
		r.b.axis.began = time.Now().Add(-300 * time.Hour)
		_, cmd := r.b.SeekTo(time.Now().Add(-200 * time.Hour))
		r.run(cmd)
		r.settle()
		r.rows()
		end := r.b.win.last(r.b.win.n - 1)
		r.send(pane.Click{X: 66, Y: 1})
		r.settle()
		if _, past := r.b.Past(); !past || r.b.knob.UnixMicro() != end {
			t.Errorf("it leads to %v", r.b.knob)
		}
		r.send(pane.Click{X: 70, Y: 1}) // beyond the bar
		r.settle()
		r.shows("live")
	})
}

// A key between the way back and the root's hearing of it does not take the old past for the present.
func TestBackAndForth(t *testing.T) {
	play(t, func(t *testing.T, r *rig) {
		r.run(r.b.SeekOp(100))
		r.pass(time.Second)
		was := r.b.At()
		r.send(pane.Do{ID: keys.Live})
		r.send(pane.Do{ID: keys.Earlier})
		if in, _ := r.b.Past(); in.Seq != 100 || !r.b.At().Equal(was) {
			t.Errorf("op %d at %v", in.Seq, r.b.At())
		}
		r.pass(time.Second)
		if in, _ := r.b.Past(); in.Seq != 300 {
			t.Errorf("op %d", in.Seq)
		}
	})
}
