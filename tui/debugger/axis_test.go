package debugger

import (
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// gapsOf gives the long gaps between changes, as a tree finds them.
func gapsOf(changes []int64) []gap {
	var out []gap
	for i := 1; i < len(changes); i++ {
		if changes[i]-changes[i-1] > gapLeast {
			out = append(out, gap{changes[i-1], changes[i]})
		}
	}
	return out
}

// anyAxis draws changes, a window on them that begins and ends anywhere, and the axis of that.
func anyAxis(t *rapid.T) (changes []int64, a axis) {
	steps := rapid.SliceOfN(rapid.OneOf(rapid.Int64Range(0, second), rapid.Int64Range(0, 90*second), rapid.Int64Range(0, 4000*second)), 1, 40).Draw(t, "steps")
	at := int64(1_700_000_000) * second
	changes = []int64{at}
	for _, s := range steps {
		at += s
		changes = append(changes, at)
	}
	to, open := at, int64(0)
	if rapid.Bool().Draw(t, "goes on") {
		to, open = at+rapid.Int64Range(0, 4000*second).Draw(t, "since"), at
	}
	f := full{changes[0], to}
	win := window{}
	for range rapid.IntRange(0, 12).Draw(t, "zoom") {
		win.zoom(f, true, rapid.Int64Range(f.from, max(f.to, f.from+1)).Draw(t, "round"))
	}
	from, end := win.see(f)
	return changes, newAxis(gapsOf(changes), open, from, end, rapid.IntRange(1, 240).Draw(t, "w"))
}

// The parts of an axis are all its columns and all its time, in order; where it is wide enough, each has its room.
func TestAxisIsWhole(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		_, a := anyAxis(t)
		x, at, folds := 0, a.from, 0
		for _, p := range a.parts {
			if p.x != x || p.from != at || p.to <= p.from || p.n < 1 {
				t.Fatalf("part %+v does not begin at column %d", p, x)
			}
			if p.fold {
				folds++
				if p.n != foldWidth || p.to-p.from < foldUnit {
					t.Fatalf("a fold of %d columns is %d long", p.n, p.to-p.from)
				}
			}
			x, at = x+p.n, p.to
		}
		if x != a.w || at != a.to {
			t.Fatalf("it ends at column %d of %d", x, a.w)
		}
		if folds*foldWidth*2 > a.w || len(a.parts) == folds {
			t.Fatalf("%d folds take %d columns", folds, a.w)
		}
	})
}

// A later moment is never left of an earlier one, and the moment of a column lies in it.
func TestAxisRises(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		_, a := anyAxis(t)
		one := rapid.Int64Range(a.from-second, a.to+second)
		moments := []int64{one.Draw(t, "one"), one.Draw(t, "two")}
		slices.Sort(moments)
		x, y := a.column(moments[0]), a.column(moments[1])
		if x > y || x < 0 || y >= a.w {
			t.Fatalf("%d is in column %d, %d in %d of %d", moments[0], x, moments[1], y, a.w)
		}
		k := rapid.IntRange(0, a.w-1).Draw(t, "column")
		if got := a.column(a.time(k)); got != k && a.to-a.from > 1000*int64(a.w) {
			t.Fatalf("the middle of column %d is in %d", k, got)
		}
	})
}

// No change lies in a fold; and every fold is a stretch without one that is long enough to be folded.
func TestFoldsHideNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		changes, a := anyAxis(t)
		for _, p := range a.parts {
			for _, c := range changes {
				if p.fold && c >= p.from && c < p.to {
					t.Fatalf("the change at %d is in the fold %+v", c, p)
				}
			}
		}
		for _, c := range changes {
			if c >= a.from && c <= a.to {
				if x := a.column(c); a.parts[slices.IndexFunc(a.parts, func(p part) bool { return x < p.x+p.n })].fold {
					t.Fatalf("the change at %d is in the folded column %d", c, x)
				}
			}
		}
	})
}

// What should be folded is, where there is room.
func TestFoldsAreMade(t *testing.T) {
	const at = int64(1_000_000) * second
	for _, tc := range []struct {
		name    string
		changes []int64 // seconds
		open    bool
		to      int64
		folds   [][2]int64
	}{
		{"a long gap", []int64{0, 26, 232, 376}, false, 376, [][2]int64{{30, 230}, {240, 370}}},
		{"one of 20 s", []int64{0, 20, 30}, false, 30, nil},
		{"a tenth of the window", []int64{0, 39, 78, 117, 156, 195, 234, 273, 312, 351, 390}, false, 390, nil},
		{"nothing else", []int64{0, 300}, false, 300, [][2]int64{{10, 290}}},
		{"since the last change", []int64{0, 5}, true, 605, [][2]int64{{10, 590}}},
		{"a short while since", []int64{0, 5}, true, 24, nil},
	} {
		var changes []int64
		for _, c := range tc.changes {
			changes = append(changes, at+c*second)
		}
		open := int64(0)
		if tc.open {
			open = changes[len(changes)-1]
		}
		a := newAxis(gapsOf(changes), open, changes[0], at+tc.to*second, 69)
		var got [][2]int64
		for _, p := range a.parts {
			if p.fold {
				got = append(got, [2]int64{(p.from - at) / second, (p.to - at) / second})
			}
		}
		if !slices.Equal(got, tc.folds) {
			t.Errorf("%s: folded are %v, want %v", tc.name, got, tc.folds)
		}
	}
}

// While time goes by and nothing changes, what is right of the last fold keeps its columns.
func TestTheRightEndHoldsStill(t *testing.T) {
	const at = int64(1_000_000) * second
	changes := []int64{at, at + 8*second}
	x := -1
	for s := int64(600); s < 660; s++ {
		a := newAxis(gapsOf(changes), changes[1], at, at+s*second, 69)
		last := a.parts[len(a.parts)-1]
		if last.fold || x >= 0 && last.x != x {
			t.Fatalf("after %d s the last part is %+v, and began at %d", s, last, x)
		}
		x = last.x
	}
}

// A bar is as long as its time, begins and ends where that does, and is to be seen wherever that is in the window.
func TestBars(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		changes, a := anyAxis(t)
		i := rapid.IntRange(0, len(changes)-1).Draw(t, "from")
		k := rapid.IntRange(i, len(changes)-1).Draw(t, "to")
		s := shape{from: changes[i], to: changes[k], end: rapid.SampledFrom([]mark{done, failed, killed}).Draw(t, "end")}
		if rapid.Bool().Draw(t, "leased") {
			s.leased = changes[rapid.IntRange(i, k).Draw(t, "lease")]
			if rapid.Bool().Draw(t, "ran") {
				s.ran = changes[rapid.IntRange(i, k).Draw(t, "run")]
				s.ran = max(s.ran, s.leased)
			}
		}
		out := make([]mark, a.w)
		for j := range out {
			out[j] = goesOn // as another lane left it
		}
		s.draw(&a, out)
		seen := false
		for x, m := range out {
			p := a.parts[slices.IndexFunc(a.parts, func(p part) bool { return x < p.x+p.n })]
			inside := a.has(s.from, s.to) && x >= a.column(s.from) && x <= a.column(s.to)
			if m != blank && m != breaks {
				seen = true
				if !inside {
					t.Fatalf("a sign stands in column %d, outside of %d to %d", x, a.column(s.from), a.column(s.to))
				}
			}
			if inside && m == blank && s.to > s.from && x < a.column(s.to) {
				t.Fatalf("column %d is blank", x)
			}
			if (m == breaks) != (p.fold && (x == p.x || x == p.x+p.n-1)) {
				t.Fatalf("column %d has %d", x, m)
			}
			if m == runs && p.fold || m == through && !p.fold {
				t.Fatalf("in column %d is %d", x, m)
			}
		}
		if a.has(s.from, s.to) != seen {
			t.Fatalf("in the window: %v, to be seen: %v\n%+v\n%+v", a.has(s.from, s.to), seen, s, a)
		}
		if s.to >= a.from && s.to <= a.to && out[a.column(s.to)] != s.end {
			t.Fatalf("its end is not to be seen")
		}
	})
}

// A window stays within the run, whatever is asked for.
func TestWindow(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f := full{1000 * second, 1000*second + rapid.Int64Range(0, 1<<45).Draw(t, "long")}
		w := window{}
		for range rapid.IntRange(0, 40).Draw(t, "steps") {
			at := rapid.Int64Range(f.from-second, f.to+second).Draw(t, "at")
			switch rapid.IntRange(0, 4).Draw(t, "what") {
			case 0, 1:
				from, to := w.see(f)
				w.zoom(f, rapid.Bool().Draw(t, "in"), at)
				a, b := w.see(f)
				if at >= from && at <= to && (at < a || at > b) {
					t.Fatalf("%d was in the window and is not now", at)
				}
			case 2:
				w.pan(f, at)
			case 3:
				w.by(f, rapid.Float64Range(-2, 2).Draw(t, "by"))
			case 4:
				w.reveal(f, shape{from: max(at, f.from), to: max(at, f.from)}, f.to)
				if a, b := w.see(f); at >= f.from && at <= f.to && (at < a || at > b) {
					t.Fatalf("%d is not in the window %d to %d", at, a, b)
				}
			}
			if a, b := w.see(f); a < f.from || b > f.to || b-a < min(sizeLeast, f.to-f.from) {
				t.Fatalf("the window %d to %d is not in %d to %d", a, b, f.from, f.to)
			}
		}
	})
}
