package canvas

import (
	"cmp"
	"slices"
)

// reach is how far, in columns, an item is moved aside for one that has its cell already.
const reach = 48

// place gives every item a cell of its own, with room round it for its ring and its cursor: its cell by the frame, or
// if that is taken the nearest that is free. Items that have their own cell come first, so a new one moves none of
// them.
func (a *arrangement) place(f frame, w, h int, zoom float64) {
	a.x0, a.y0, a.x1, a.y1 = f.world(w, h, zoom)
	if a.taken == nil {
		a.taken = make(map[[2]int32]int32)
		a.spiral = spiral(reach)
	}
	clear(a.taken)
	a.later = a.later[:0]
	for i := range a.items {
		it := &a.items[i]
		x, y := f.cell(it.at, zoom)
		if a.clusters > 0 { // whoever stands alone may be far from the middle of any cluster
			x = max(min(x, a.x1-1-ringReach), a.x0+cursorCell)
			y = max(min(y, a.y1-1), a.y0)
		}
		it.x, it.y = int32(x), int32(y)
		a.x0, a.x1 = min(a.x0, x-cursorCell), max(a.x1, x+ringReach+1)
		a.y0, a.y1 = min(a.y0, y), max(a.y1, y+1)
		if a.free(it.x, it.y) {
			a.hold(it, int32(i))
		} else {
			a.later = append(a.later, int32(i))
		}
	}
	for _, i := range a.later {
		a.aside(&a.items[i])
		a.hold(&a.items[i], i)
	}
}

// free reports whether a ring has room at a cell. Cells are looked up by stretches of a row in which there is room for
// one ring only.
func (a *arrangement) free(x, y int32) bool {
	for b := (x >> 2) - 1; b <= (x>>2)+1; b++ {
		if at, ok := a.taken[[2]int32{b, y}]; ok && max(at-x, x-at) < apart {
			return false
		}
	}
	return true
}

func (a *arrangement) hold(it *item, _ int32) { a.taken[[2]int32{it.x >> 2, it.y}] = it.x }

// aside moves an item to the nearest free cell; where all are taken, to rows under the last.
func (a *arrangement) aside(it *item) {
	for _, d := range a.spiral {
		x, y := it.x+d[0], it.y+d[1]
		if int(x) >= a.x0+cursorCell && int(x)+ringReach < a.x1 && int(y) >= a.y0 && int(y) < a.y1 && a.free(x, y) {
			it.x, it.y = x, y
			return
		}
	}
	from := int32(a.x0 + cursorCell)
	for y := int32(a.y0); ; y++ {
		for x := from; x == from || int(x)+ringReach < a.x1; x += apart {
			if a.free(x, y) {
				it.x, it.y = x, y
				a.y1 = max(a.y1, int(y)+1)
				return
			}
		}
	}
}

// spiral is the ways to the cells around, the near ones first; a row is as far as two columns.
func spiral(reach int32) [][2]int32 {
	var out [][2]int32
	far := func(d [2]int32) int32 { return d[0]*d[0] + 4*d[1]*d[1] }
	for y := -reach / 2; y <= reach/2; y++ {
		for x := -reach; x <= reach; x++ {
			if d := [2]int32{x, y}; far(d) > 0 && far(d) <= reach*reach {
				out = append(out, d)
			}
		}
	}
	slices.SortFunc(out, func(a, b [2]int32) int {
		return cmp.Or(cmp.Compare(far(a), far(b)), cmp.Compare(a[1], b[1]), cmp.Compare(a[0], b[0]))
	})
	return out
}
