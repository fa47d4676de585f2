package canvas

import (
	"voxmesh/tui/graph"
)

// margin is how near the cursor comes to the edge of the canvas before the canvas moves.
const margin = 3

// targetOf gives what item i is.
func (v *View) targetOf(i int32) Target {
	if i < 0 || int(i) >= len(v.arr.items) {
		return Target{}
	}
	it := &v.arr.items[i]
	if it.cluster != nil {
		return Target{Cluster: it.cluster}
	}
	return Target{ID: v.pic.Graph.Nodes[it.node].ID}
}

// cursorItem is the item under the cursor, -1 if there is none.
func (v *View) cursorItem() int32 { return v.itemOf(v.cursor) }

func (v *View) itemOf(t Target) int32 {
	if t.Cluster != nil {
		for i := range v.arr.items {
			if v.arr.items[i].cluster == t.Cluster {
				return int32(i)
			}
		}
		return -1
	}
	n, ok := v.index[t.ID]
	if !ok || int(n) >= len(v.arr.of) {
		return -1
	}
	return v.arr.of[n]
}

// settleCursor puts a cursor whose cluster is gone on what its first node is in now.
func (v *View) settleCursor() {
	if v.cursor.Cluster == nil || v.cursorItem() >= 0 {
		return
	}
	t := Target{}
	for _, n := range v.cursor.Cluster.Nodes {
		if n >= 0 && n < len(v.arr.of) && v.arr.of[n] >= 0 {
			t = v.targetOf(v.arr.of[n])
			break
		}
	}
	v.cursor = t
}

// reveal moves the canvas so that the cursor is three cells from its edge, but not beyond what there is to see.
func (v *View) reveal() {
	i := v.cursorItem()
	if i < 0 {
		return
	}
	it, l, a := &v.arr.items[i], v.top(), &v.arr
	v.show(l, int(it.x), int(it.y), a.x0, a.y0, a.x1, a.y1)
}

func (v *View) show(l *level, x, y, x0, y0, x1, y1 int) {
	near := func(off *int, at, size, lo, hi int) {
		m := min(margin, (size-1)/2)
		to := max(min(*off, at-m), at+m+1-size)
		to = max(min(to, hi-size), lo)
		to = max(min(to, at), at+1-size)
		if to != *off {
			*off = to
			v.dressed = false
		}
	}
	near(&l.x, x, v.w, x0, x1)
	near(&l.y, y, v.h, y0, y1)
}

// keepIn keeps some of what there is to see on the canvas, wherever it is moved.
func (v *View) keepIn(l *level) {
	const some = 6
	a := &v.arr
	l.x = max(min(l.x, a.x1-min(some, v.w)), a.x0-v.w+min(some, v.w))
	l.y = max(min(l.y, a.y1-min(some, v.h)), a.y0-v.h+min(some, v.h))
	v.dressed = false
}

// Hit gives what has a cell of the canvas, counted from its top left: by its ring, its name or the cell of its cursor.
func (v *View) Hit(x, y int) Target {
	v.prepare()
	return v.targetOf(v.owner(x, y) - 1)
}

// At gives the cell in the middle of a node's ring, and whether that is on the canvas. A node in a cluster is where the
// cluster is.
func (v *View) At(id string) (x, y int, ok bool) {
	v.prepare()
	i := v.itemOf(Target{ID: id})
	if i < 0 {
		return 0, 0, false
	}
	x, y = v.spot(i)
	return x, y, x >= 0 && y >= 0 && x < v.w && y < v.h
}

// Place gives the place of the plane under a cell of the canvas.
func (v *View) Place(x, y int) graph.Point {
	v.prepare()
	l := v.top()
	return l.frame.place(x+l.x, y+l.y, zooms[l.zoom])
}

// Pan moves the canvas by cells: what stands in its middle then was dx, dy from there.
func (v *View) Pan(dx, dy int) {
	v.prepare()
	l := v.top()
	l.x, l.y = l.x+dx, l.y+dy
	v.keepIn(l)
}

// In does what + does: on a cluster it opens it, else it zooms in round the cursor, or the middle. It reports whether
// anything changed.
func (v *View) In() bool {
	if v.cursor.Cluster != nil {
		return v.Open()
	}
	x, y := v.anchor()
	return v.Zoom(1, x, y)
}

// Out does what - does: it zooms out, and from the whole of a cluster goes back to what it is in.
func (v *View) Out() bool {
	x, y := v.anchor()
	return v.Zoom(-1, x, y) || v.Back()
}

func (v *View) anchor() (x, y int) {
	v.prepare()
	if i := v.cursorItem(); i >= 0 {
		if x, y := v.spot(i); x >= 0 && y >= 0 && x < v.w && y < v.h {
			return x, y
		}
	}
	return v.w / 2, v.h / 2
}

// Zoom takes steps in or out; what is under the cell stays there.
func (v *View) Zoom(steps, x, y int) bool {
	v.prepare()
	l := v.top()
	to := max(min(l.zoom+steps, len(zooms)-1), 0)
	if to == l.zoom || !l.frame.set {
		return false
	}
	under, wasX, wasY := v.owner(x, y)-1, 0, 0
	on := v.targetOf(under)
	if !on.None() {
		wasX, wasY = v.spot(under)
	}
	by := zooms[to] / zooms[l.zoom]
	keep := func(off int, at int, mid float64) int {
		return round((float64(at+off)-mid)*by+mid) - at
	}
	l.x, l.y = keep(l.x, x, l.frame.midX), keep(l.y, y, l.frame.midY)
	if to == 0 {
		l.x, l.y = 0, 0
	}
	l.zoom = to
	v.arranged = false
	v.prepare()
	if i := v.itemOf(on); i >= 0 && to > 0 { // it may have given way to others before, or now
		nx, ny := v.spot(i)
		v.Pan(nx-wasX, ny-wasY)
	}
	return true
}

// Fit does what 0 does: all is shown, in its whole.
func (v *View) Fit() {
	if len(v.levels) > 1 {
		v.cursor = v.levels[1].from
	}
	v.levels = append(v.levels[:0], level{})
	v.follow, v.arranged = true, false
	v.prepare()
}

// resize keeps in the middle what is there, where the canvas was moved or zoomed.
func (v *View) resize(w, h int) {
	for i := range v.levels {
		l := &v.levels[i]
		if l.frame.set && (l.zoom != 0 || l.x != 0 || l.y != 0) {
			at := l.frame.place(l.x+v.w/2, l.y+v.h/2, zooms[l.zoom])
			l.hold = &at
		}
		l.frame = frame{}
	}
	v.w, v.h = w, h
	v.follow, v.arranged = true, false
}

// Open does what enter does on a cluster: it fills the canvas, and the cursor goes to what stands in its middle. It
// reports whether there was one under the cursor.
func (v *View) Open() bool {
	c := v.cursor.Cluster
	if c == nil || v.pic == nil {
		return false
	}
	v.levels = append(v.levels, level{of: c, from: v.cursor})
	v.cursor, v.arranged = Target{}, false
	v.prepare()
	v.cursor = v.targetOf(v.nearest(v.w/2, v.h/2))
	v.follow, v.dressed = true, false
	v.prepare()
	return true
}

// Back closes what was opened last, and reports whether anything was. The cursor stands on it then.
func (v *View) Back() bool {
	n := len(v.levels)
	if n < 2 {
		return false
	}
	v.cursor = v.levels[n-1].from
	v.levels = v.levels[:n-1]
	v.follow, v.arranged = true, false
	v.prepare()
	return true
}

// Opened reports how many clusters are open, one in the other.
func (v *View) Opened() int { return max(len(v.levels)-1, 0) }

// nearest is the item nearest to a cell of the canvas, -1 where there is none.
func (v *View) nearest(x, y int) int32 {
	best, far := int32(-1), 0
	for i := range v.arr.items {
		ix, iy := v.spot(int32(i))
		if d := (ix-x)*(ix-x) + 4*(iy-y)*(iy-y); best < 0 || d < far {
			best, far = int32(i), d
		}
	}
	return best
}
