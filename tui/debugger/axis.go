package debugger

import (
	"math"
	"sort"
	"time"
)

// Times are unix microseconds.
const (
	second = int64(time.Second / time.Microsecond)

	gapLeast  = 20 * second // what is shorter is never folded
	gapShare  = 10          // nor what is less than this part of the window
	foldUnit  = 10 * second // a fold begins and ends at a whole one
	foldWidth = 7           // two breaks, and room for how long it is
	partLeast = 2           // columns of what is not folded
)

// gap is a stretch in which nothing changes: from one change to the next.
type gap struct{ from, to int64 }

// part is a stretch of the axis: columns x up to x+n show the times from up to to. In a folded one nothing changes.
type part struct {
	x, n     int
	from, to int64
	fold     bool
}

// axis maps the times of a window to columns. Make one with newAxis. It promises that a later time never lies left of an
// earlier one, that every column belongs to one part, and that no change lies in a fold.
type axis struct {
	from, to int64
	w        int
	parts    []part
}

// newAxis lays the window [from, to] out in w columns, w > 0. gaps are in order of time; open is the last change of a run
// that goes on, from which on nothing changed yet, else 0.
func newAxis(gaps []gap, open, from, to int64, w int) axis {
	to = max(to, from+1)
	a := axis{from: from, to: to, w: w}
	folds := foldsIn(gaps, open, from, to)
	for {
		if a.lay(folds, open); len(folds) == 0 || a.fits(folds) {
			return a
		}
		folds = withoutShortest(folds)
	}
}

// foldsIn gives the stretches that are folded, by time.
func foldsIn(gaps []gap, open, from, to int64) []gap {
	least := max(gapLeast, (to-from)/gapShare)
	var out []gap
	add := func(g gap, last bool) {
		a, b := max(g.from, from), min(g.to, to)
		if b-a <= least {
			return
		}
		if g.from >= from {
			a = (g.from/foldUnit + 1) * foldUnit
		}
		switch {
		case last: // what is shown after it keeps its width while time goes by
			b = (b/foldUnit - 1) * foldUnit
		case g.to < to:
			b = g.to / foldUnit * foldUnit
		case g.to == to: // the change at the edge has a column of its own
			b = (g.to - 1) / foldUnit * foldUnit
		}
		if b-a >= foldUnit && (a > from || b < to) {
			out = append(out, gap{a, b})
		}
	}
	for i := sort.Search(len(gaps), func(i int) bool { return gaps[i].to > from }); i < len(gaps) && gaps[i].from < to; i++ {
		add(gaps[i], false)
	}
	if open > 0 && open < to {
		add(gap{open, to}, true)
	}
	return out
}

func withoutShortest(folds []gap) []gap {
	k := 0
	for i, g := range folds {
		if g.to-g.from < folds[k].to-folds[k].from {
			k = i
		}
	}
	return append(folds[:k:k], folds[k+1:]...)
}

// lay makes the parts: the folds, and what is between them. A stretch gets columns by the logarithm of its length, so
// that a busy second beside a long hour can still be read.
func (a *axis) lay(folds []gap, open int64) {
	a.parts = a.parts[:0]
	at := a.from
	for _, g := range folds {
		if g.from > at {
			a.parts = append(a.parts, part{from: at, to: g.from})
		}
		a.parts = append(a.parts, part{from: g.from, to: g.to, fold: true, n: foldWidth})
		at = g.to
	}
	if at < a.to || len(a.parts) == 0 {
		a.parts = append(a.parts, part{from: at, to: a.to})
	}
	room, sum := a.w-len(folds)*foldWidth, 0.0
	weight := func(p part) float64 {
		d := p.to - p.from
		if open > 0 && p.to == a.to && len(folds) > 0 && p.from == folds[len(folds)-1].to && p.from > open {
			d = 2 * foldUnit // its length changes by the second, its width does not
		}
		return math.Log1p(float64(d) / float64(second))
	}
	for _, p := range a.parts {
		if !p.fold {
			sum += weight(p)
		}
	}
	x, seen, given := 0, 0.0, 0
	for i := range a.parts {
		p := &a.parts[i]
		if !p.fold {
			seen += weight(*p)
			p.n = int(float64(room)*seen/max(sum, 1e-9)+0.5) - given
			given += p.n
		}
		p.x = x
		x += p.n
	}
	a.widen(room)
}

// widen gives every part that is not folded its least columns, taken from the widest.
func (a *axis) widen(room int) {
	for {
		least, most := -1, -1
		for i, p := range a.parts {
			if p.fold {
				continue
			}
			if least < 0 || p.n < a.parts[least].n {
				least = i
			}
			if most < 0 || p.n > a.parts[most].n {
				most = i
			}
		}
		if least < 0 || a.parts[least].n >= partLeast || a.parts[most].n <= partLeast {
			break
		}
		a.parts[least].n++
		a.parts[most].n--
	}
	x := 0
	for i := range a.parts {
		a.parts[i].x = x
		x += a.parts[i].n
	}
}

// fits reports whether the folds take no more than half of the axis, and every other part has its columns.
func (a *axis) fits(folds []gap) bool {
	for _, p := range a.parts {
		if p.n < partLeast {
			return false
		}
	}
	return len(folds)*foldWidth*2 <= a.w
}

// find gives the part that a time lies in; what lies outside of the window lies in the first or the last.
func (a *axis) find(t int64) *part {
	i := sort.Search(len(a.parts), func(i int) bool { return a.parts[i].to > t })
	return &a.parts[min(i, len(a.parts)-1)]
}

// column gives the column of a time, of one outside of the window the nearest.
func (a *axis) column(t int64) int {
	t = max(min(t, a.to), a.from)
	p := a.find(t)
	at := int(float64(t-p.from) / float64(p.to-p.from) * float64(p.n))
	return p.x + max(min(at, p.n-1), 0)
}

// time gives the time in the middle of a column.
func (a *axis) time(x int) int64 {
	x = max(min(x, a.w-1), 0)
	i := sort.Search(len(a.parts), func(i int) bool { return a.parts[i].x+a.parts[i].n > x })
	p := a.parts[min(i, len(a.parts)-1)]
	return p.from + int64((float64(x-p.x)+0.5)/float64(p.n)*float64(p.to-p.from))
}

// has reports whether something that lasted from one time to another is in the window.
func (a *axis) has(from, to int64) bool { return to >= a.from && from <= a.to }

// tick is a time that is written over the axis.
type tick struct {
	x  int
	at int64
}

// ticks gives the times to write where each takes so many columns: each part is halved as long as they fit.
func (a *axis) ticks(label int) []tick {
	var out []tick
	for _, p := range a.parts {
		if p.fold || p.n < label {
			continue
		}
		k := 1
		for p.n/(k*2) > label {
			k *= 2
		}
		for i := range k {
			out = append(out, tick{p.x + i*p.n/k, p.from + int64(float64(i)*float64(p.to-p.from)/float64(k))})
		}
	}
	return out
}
