package canvas

import (
	"voxmesh/tui/graph"
	"voxmesh/tui/keys"
)

// held is a node that is being carried, by m or by the mouse; where is a cell of the frame.
type held struct {
	id      string
	x, y    int
	dropped bool // it waits where it was let go for a picture that has it there
}

// pull is what a drag of the mouse does: it carries a node, or it moves the canvas.
type pull struct {
	active bool
	node   bool
	x, y   int // of the mouse when it was last here
	moved  bool
}

// heldItem is the item that is carried or was dropped, -1: none.
func (v *View) heldItem() int32 {
	if v.held.id == "" {
		return -1
	}
	i := v.itemOf(Target{ID: v.held.id})
	if i >= 0 && v.arr.items[i].cluster != nil {
		return -1
	}
	return i
}

// Lift picks a node up, as m does, and reports whether it is on the canvas as a node.
func (v *View) Lift(id string) bool {
	v.prepare()
	i := v.itemOf(Target{ID: id})
	if i < 0 || v.arr.items[i].cluster != nil {
		return false
	}
	v.held = held{id: id, x: int(v.arr.items[i].x), y: int(v.arr.items[i].y)}
	v.dressed = false
	return true
}

// Lifted is the node that is being carried, empty where none is.
func (v *View) Lifted() string {
	if v.held.dropped {
		return ""
	}
	return v.held.id
}

// Carry moves the node that is carried by a cell.
func (v *View) Carry(key keys.ID) {
	dx, dy, ok := direction(key)
	if v.Lifted() == "" || !ok {
		return
	}
	v.carryTo(v.held.x+dx, v.held.y+dy)
}

func (v *View) carryTo(x, y int) {
	v.prepare()
	a, l := &v.arr, v.top()
	v.held.x = max(min(x, a.x1-1-ringReach), a.x0+cursorCell)
	v.held.y = max(min(y, a.y1-1), a.y0)
	v.show(l, v.held.x, v.held.y, a.x0, a.y0, a.x1, a.y1)
	v.dressed = false
}

// Drop lets go of the node that is carried and gives its place on the plane, which is to be pinned. The node stays
// there until the next picture; PutBack takes it back.
func (v *View) Drop() (id string, at graph.Point, ok bool) {
	if v.Lifted() == "" {
		return "", graph.Point{}, false
	}
	v.prepare()
	l := v.top()
	v.held.dropped = true
	return v.held.id, l.frame.place(v.held.x, v.held.y, zooms[l.zoom]), true
}

// PutBack puts a node that is carried, or was dropped, back where it was, and reports whether there is one.
func (v *View) PutBack() bool {
	if v.held.id == "" {
		return false
	}
	v.held, v.dressed = held{}, false
	return true
}

// Drag follows the mouse, whose left button went down at one cell of the canvas and which is at another now: a node goes
// with it, else the canvas does. Where a node was let go, its id and its place on the plane come back, and it is to be
// pinned there.
func (v *View) Drag(fromX, fromY, x, y int, done bool) (id string, at graph.Point, dropped bool) {
	p := &v.pull
	if !p.active {
		*p = pull{active: true, x: fromX, y: fromY}
		if t := v.Hit(fromX, fromY); t.ID != "" {
			p.node = v.Lift(t.ID)
		}
	}
	dx, dy := x-p.x, y-p.y
	p.x, p.y = x, y
	p.moved = p.moved || dx != 0 || dy != 0
	switch {
	case dx == 0 && dy == 0:
	case p.node:
		v.carryTo(v.held.x+dx, v.held.y+dy)
	default:
		v.Pan(-dx, -dy)
	}
	if !done {
		return "", graph.Point{}, false
	}
	was := *p
	*p = pull{}
	switch {
	case !was.node:
		return "", graph.Point{}, false
	case !was.moved: // it was a click
		v.PutBack()
		return "", graph.Point{}, false
	}
	return v.Drop()
}
