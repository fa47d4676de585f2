package scrub

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

// Every column holds its last moment and its first, the borders are exact, the present is in the last column of a live
// window, and no window holds a column that is yet to come.
func TestWindows(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		now := rapid.Int64Range(1e15, 2e15).Draw(t, "now")
		began := rapid.Int64Range(4e14, now).Draw(t, "began")
		size := rapid.IntRange(0, whole).Draw(t, "size")
		n := rapid.IntRange(1, 300).Draw(t, "n")
		w := live(now, size, n, began)
		if !w.open || w.column(now) != n-1 || w.n != n || w.end != now {
			t.Fatalf("live: %+v", w)
		}
		at := rapid.Int64Range(4e14, now).Draw(t, "at")
		c := rapid.IntRange(0, n-1).Draw(t, "c")
		p := around(now, size, n, began, at, c)
		if got := p.column(at); !p.open && got != c && p.first > 0 || p.open && got < c && at >= p.from() {
			t.Fatalf("around: column %d, want %d: %+v", got, c, p)
		}
		for _, w := range []window{w, p} {
			if w.last(n-1)-w.col >= now || w.col <= 0 || w.to()-w.from() != w.col*int64(n) {
				t.Fatalf("it holds what is yet to come: %+v", w)
			}
			if d := lengths()[size].d.Microseconds(); d > 0 && (w.to()-w.from() < d || w.to()-w.from() >= d+int64(n)) {
				t.Fatalf("it is %d long, not %d", w.to()-w.from(), d)
			}
			span := max(now-began, time.Minute.Microseconds())
			if size == whole && w.open && (w.from() > began+w.col || w.from() < now-span-span/8-w.col) {
				t.Fatalf("the whole log from %d is %+v", began, w)
			}
			for c := range n {
				first := (w.first + int64(c)) * w.col
				if w.column(w.last(c)) != c || w.column(first) != c || w.last(c)+1 != first+w.col {
					t.Fatalf("column %d of %+v", c, w)
				}
			}
			if w.column(w.from()-1) != -1 || w.column(w.to()) != n {
				t.Fatalf("the borders of %+v", w)
			}
		}
	})
}

// The window of the whole log grows with the log, but its grid does not change with every second.
func TestWholeLogHoldsStill(t *testing.T) {
	began, grids := int64(1.7e15), map[int64]bool{}
	for s := int64(0); s < 3600; s++ {
		grids[live(began+(86400+s)*1e6, whole, 60, began).col] = true
	}
	if len(grids) > 2 {
		t.Errorf("%d grids in an hour of a log of a day", len(grids))
	}
}
