package canvas

import (
	"cmp"
	"slices"
)

const (
	aside   = 48      // how far, in columns, an item is moved from a cell that another has
	forName = 7       // and how far so that its name has room
	most    = 1 << 20 // cells of a world in which names are given room beforehand; in a larger one they find it
)

// kept is how far from their own cells nodes stood in the picture before, so that they stay where they are when
// something comes or goes.
type kept struct {
	w, h, zoom int
	moved      map[string][2]int32
}

// keep notes where nodes stand, before another picture comes.
func (v *View) keep() {
	v.kept = kept{}
	l := v.top()
	if v.pic == nil || !v.arranged || v.arr.clusters > 0 || l.of != nil {
		return
	}
	v.kept = kept{v.w, v.h, l.zoom, make(map[string][2]int32)}
	for i := range v.arr.items {
		it := &v.arr.items[i]
		x, y := l.frame.cell(it.at, zooms[l.zoom])
		v.kept.moved[v.pic.Graph.Nodes[it.node].ID] = [2]int32{it.x - int32(x), it.y - int32(y)}
	}
}

// remember gives the items of a level what was kept of them.
func (v *View) remember(l *level) {
	k := &v.kept
	if k.w != v.w || k.h != v.h || k.zoom != l.zoom || l.of != nil || v.arr.clusters > 0 {
		return
	}
	for i := range v.arr.items {
		it := &v.arr.items[i]
		if d, ok := k.moved[v.pic.Graph.Nodes[it.node].ID]; ok {
			it.dx, it.dy = d[0], d[1]
			it.rank = max(it.rank, wasThere)
		}
	}
}

// place gives every item a cell of its own, with room round it for its ring and its cursor: its cell by the frame, or
// if that is taken the nearest that is free. Who is pinned comes first, then who was there before, then the others; and
// of those before any that is moved aside who has a cell alone.
func (a *arrangement) place(f frame, w, h int, zoom float64) {
	a.x0, a.y0, a.x1, a.y1 = f.world(w, h, zoom)
	if a.taken == nil {
		a.taken = make(map[[2]int32]int32)
		a.spiral = spiral(aside)
	}
	clear(a.taken)
	a.later = a.later[:0]
	a.inTurn(func(i int, it *item) {
		a.own(it, f, zoom)
		if a.free(it.x, it.y) {
			a.take(it)
		} else {
			a.later = append(a.later, int32(i))
		}
	})
	for _, i := range a.later {
		a.settle(&a.items[i])
		a.take(&a.items[i])
	}
}

// inTurn calls f with all items, by rank.
func (a *arrangement) inTurn(f func(int, *item)) {
	for _, r := range [...]rank{pinned, wasThere, isNew} {
		for i := range a.items {
			if a.items[i].rank == r {
				f(i, &a.items[i])
			}
		}
	}
}

// own gives an item its cell by the frame, and by where it stood.
func (a *arrangement) own(it *item, f frame, zoom float64) {
	x, y := f.cell(it.at, zoom)
	if it.rank == wasThere {
		x, y = x+int(it.dx), y+int(it.dy)
	}
	if a.clusters > 0 { // who stands alone may be far from the middle of any cluster
		x = max(min(x, a.x1-1-ringReach), a.x0+cursorCell)
		y = max(min(y, a.y1-1), a.y0)
	}
	it.x, it.y = int32(x), int32(y)
	a.x0, a.x1 = min(a.x0, x-cursorCell), max(a.x1, x+ringReach+1)
	a.y0, a.y1 = min(a.y0, y), max(a.y1, y+1)
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

func (a *arrangement) take(it *item) { a.taken[[2]int32{it.x >> 2, it.y}] = it.x }

// within reports whether a ring at a cell is inside of the world.
func (a *arrangement) within(x, y int32) bool {
	return int(x) >= a.x0+cursorCell && int(x)+ringReach < a.x1 && int(y) >= a.y0 && int(y) < a.y1
}

// settle moves an item to the nearest free cell; where all are taken, to rows under the last.
func (a *arrangement) settle(it *item) {
	for _, d := range a.spiral {
		if x, y := it.x+d[0], it.y+d[1]; a.within(x, y) && a.free(x, y) {
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

// spread gives names room: an item whose name has none at either side is moved a little, where that helps.
func (v *View) spread() {
	a := &v.arr
	w, h := a.x1-a.x0, a.y1-a.y0
	if w <= 0 || h <= 0 || w*h > most {
		return
	}
	a.ground = again(a.ground, w*h)
	for i := range a.items {
		a.stand(&a.items[i], true)
	}
	a.inTurn(func(_ int, it *item) {
		n := v.naming(it).width
		if it.cluster != nil {
			n += 1 + marksRoom
		}
		if !a.write(it, n) && it.rank != pinned {
			a.roomier(it, n)
		}
	})
}

// roomier moves an item to the nearest cell beside which a name of n columns has room, if there is one.
func (a *arrangement) roomier(it *item, n int) {
	x, y := it.x, it.y
	a.stand(it, false)
	for _, d := range a.spiral {
		if d[0]*d[0]+4*d[1]*d[1] > forName*forName {
			break
		}
		it.x, it.y = x+d[0], y+d[1]
		if !a.within(it.x, it.y) || !a.clear(it.x-cursorCell, it.y, cursorCell+ringReach+1) {
			continue
		}
		a.stand(it, true)
		if a.write(it, n) {
			return
		}
		a.stand(it, false)
	}
	it.x, it.y = x, y
	a.stand(it, true)
}

// stand notes that the ring of an item is in its cells, or is not.
func (a *arrangement) stand(it *item, there bool) {
	a.mark(it.x-cursorCell, it.y, cursorCell+ringReach+1, there)
}

func (a *arrangement) mark(x, y int32, w int, to bool) {
	row := (int(y) - a.y0) * (a.x1 - a.x0)
	for c := max(int(x)-a.x0, 0); c < min(int(x)+w, a.x1)-a.x0; c++ {
		a.ground[row+c] = to
	}
}

// clear reports whether w cells of a row are inside of the world and nobody's.
func (a *arrangement) clear(x, y int32, w int) bool {
	from := int(x) - a.x0
	if from < 0 || int(x)+w > a.x1 || int(y) < a.y0 || int(y) >= a.y1 {
		return false
	}
	row := (int(y) - a.y0) * (a.x1 - a.x0)
	return !slices.Contains(a.ground[row+from:row+from+w], true)
}

// write keeps room for a name of n columns right or left of a ring, and reports whether there was some.
func (a *arrangement) write(it *item, n int) bool {
	if x := it.x + ringReach + 1; a.clear(x, it.y, n+1) {
		it.left = false
		a.mark(x, it.y, n+1, true)
		return true
	}
	x := it.x - labelAt - int32(n)
	if !a.clear(x, it.y, n+1) || int(x) > a.x0 && !a.clear(x-1, it.y, 1) {
		return false
	}
	it.left = true
	a.mark(x, it.y, n+1, true)
	return true
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
