package canvas

import (
	"slices"

	"voxmesh/tui/keys"
)

// direction is the way that an arrow goes, in cells.
func direction(key keys.ID) (dx, dy int, ok bool) {
	switch key {
	case keys.Left:
		return -1, 0, true
	case keys.Right:
		return 1, 0, true
	case keys.Up:
		return 0, -1, true
	case keys.Down:
		return 0, 1, true
	}
	return 0, 0, false
}

// Move puts the cursor on the next node or cluster in the direction of an arrow, and gives what it is on: the nearest
// within 45° of that direction, else the nearest on that side. Where there is none it stays. Without a cursor it goes to
// what stands in the middle.
func (v *View) Move(key keys.ID) Target {
	dx, dy, ok := direction(key)
	v.prepare()
	if !ok || len(v.arr.items) == 0 || v.pic == nil {
		return v.cursor
	}
	to := v.nearest(v.w/2, v.h/2)
	if i := v.cursorItem(); i >= 0 {
		v.prepareMoves()
		to = v.moves.next[i][way(dx, dy)]
	}
	if to >= 0 {
		v.cursor, v.follow, v.dressed = v.targetOf(to), true, false
	}
	return v.cursor
}

// Next gives the node after the selected one that the filter matches, or, where there is no filter, that wants
// attention; empty if there is none.
func (v *View) Next() string {
	n := min(len(v.points), len(v.scene.Nodes))
	from := int32(-1)
	if i := v.cursorItem(); i >= 0 {
		from = v.arr.items[i].node
	}
	if i, ok := v.index[v.told]; ok && v.cursor.Cluster == nil {
		from = i
	}
	for k := 1; k <= n; k++ {
		i := (int(from) + k) % n
		l := v.scene.Nodes[i]
		if v.scene.Filtered && !l.Dim || !v.scene.Filtered && l.Wants() {
			return v.pic.Graph.Nodes[i].ID
		}
	}
	return ""
}

// The directions, as they are counted in moves.
const (
	goLeft = iota
	goRight
	goUp
	goDown
	ways
)

func way(dx, dy int) int {
	switch {
	case dx < 0:
		return goLeft
	case dx > 0:
		return goRight
	case dy < 0:
		return goUp
	}
	return goDown
}

// moves is where each arrow leads from each item; -1: nowhere.
type moves struct {
	stale bool
	next  [][ways]int32
}

func (v *View) prepareMoves() {
	if !v.moves.stale && len(v.moves.next) == len(v.arr.items) {
		return
	}
	at := make([][2]int32, len(v.arr.items))
	for i := range v.arr.items {
		at[i] = [2]int32{v.arr.items[i].x, 2 * v.arr.items[i].y}
	}
	v.moves.next = arrows(at)
	mend(at, v.moves.next)
	v.moves.stale = false
}

// arrows finds for each place the nearest in each direction.
func arrows(at [][2]int32) [][ways]int32 {
	next := make([][ways]int32, len(at))
	for axis := range 2 {
		order := make([]int32, len(at))
		for i := range order {
			order[i] = int32(i)
		}
		slices.SortFunc(order, func(a, b int32) int {
			if d := at[a][axis] - at[b][axis]; d != 0 {
				return int(d)
			}
			return int(a - b)
		})
		for k, i := range order {
			next[i][2*axis] = seek(at, order, k, -1, axis)
			next[i][2*axis+1] = seek(at, order, k, 1, axis)
		}
	}
	return next
}

// seek walks away from the kth place along an axis, until what follows must be farther than what was found.
func seek(at [][2]int32, order []int32, k, step, axis int) int32 {
	from := at[order[k]]
	within, side := int32(-1), int32(-1) // within 45°; on that side
	var dWithin, dSide int64
	for k += step; k >= 0 && k < len(order); k += step {
		i := order[k]
		along, across := int64(at[i][axis]-from[axis])*int64(step), int64(at[i][1-axis]-from[1-axis])
		if within >= 0 && along*along > dWithin {
			break
		}
		if along == 0 {
			continue
		}
		d := along*along + across*across
		if max(across, -across) <= along {
			if within < 0 || d < dWithin || d == dWithin && i < within {
				within, dWithin = i, d
			}
		} else if side < 0 || d < dSide || d == dSide && i < side {
			side, dSide = i, d
		}
	}
	if within >= 0 {
		return within
	}
	return side
}
