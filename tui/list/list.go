// Package list is where a list stands: its rows in order, the cursor, the window that is shown, and what narrows it.
//
// A List knows ids and numbers only; what a row looks like is not its business. The cursor stands on an id, not on a
// row: it stays with its thing through sorting and arrivals, and where the thing goes the one in its place is selected.
// Two rows stay in sight above and under the cursor. With the cursor on the newest row, the first, a list that grows
// there follows; elsewhere the rows under the eye hold still and Position says how many came. A Filter is the text that
// narrows a list, with its named parts, and the field in which it is typed.
package list

import (
	"fmt"
	"slices"

	"voxmesh/tui/format"
	"voxmesh/tui/keys"
)

// margin is how many rows stay in sight above and under the cursor.
const margin = 2

// wheelRows is how far a notch of the wheel scrolls.
const wheelRows = 3

// List is where a list stands. The zero value is an empty one.
type List struct {
	ids   []string
	at    int // of the cursor
	top   int // the first row that is shown
	rows  int // how many are shown
	fresh int // rows that came before the first since the cursor left it
	held  bool
}

// Set gives the list its rows, in order. The cursor stays with its row, or with the place where it was; the window
// moves with the cursor, so that what is looked at holds still.
func (l *List) Set(ids []string) {
	if slices.Equal(ids, l.ids) {
		return
	}
	was, first := l.Selected(), ""
	if len(l.ids) > 0 {
		first = l.ids[0]
	}
	off := l.at - l.top
	l.ids = slices.Clone(ids)
	if i := slices.Index(l.ids, was); i >= 0 {
		if l.at > 0 { // on the first row it is the newest that is wanted
			l.at = i
		} else if i > 0 && l.held {
			l.at = i
		} else {
			l.at = 0
		}
	}
	if l.at > 0 || l.held {
		l.fresh += max(slices.Index(l.ids, first), 0)
	}
	l.at = max(min(l.at, len(l.ids)-1), 0)
	l.top = l.at - off
	l.show()
}

// Keep sets whether the cursor stays with its row also when that is the first: in a list whose first row is not its
// newest.
func (l *List) Keep(keep bool) { l.held = keep }

// IDs gives the rows. They are not to be changed.
func (l *List) IDs() []string { return l.ids }

// Len is how many rows there are.
func (l *List) Len() int { return len(l.ids) }

// At is the cursor's place.
func (l *List) At() int { return l.at }

// Selected is the id under the cursor, empty where there is none.
func (l *List) Selected() string {
	if l.at < len(l.ids) {
		return l.ids[l.at]
	}
	return ""
}

// Select puts the cursor on an id, and reports whether it is there.
func (l *List) Select(id string) bool {
	i := slices.Index(l.ids, id)
	if i >= 0 {
		l.choose(i)
	}
	return i >= 0
}

// Move does what a key of movement does, and reports whether it is one.
func (l *List) Move(id keys.ID) bool {
	page := max(l.rows, 1)
	to := l.at
	switch id {
	case keys.Up:
		to--
	case keys.Down:
		to++
	case keys.PageUp:
		to -= page
	case keys.PageDown:
		to += page
	case keys.HalfUp:
		to -= (page + 1) / 2
	case keys.HalfDown:
		to += (page + 1) / 2
	case keys.Home:
		to = 0
	case keys.End:
		to = len(l.ids) - 1
	default:
		return false
	}
	l.choose(to)
	return true
}

// Movement is the keys that Move knows.
func Movement() []keys.Binding {
	return keys.Pick(keys.Up, keys.Down, keys.PageUp, keys.PageDown, keys.HalfUp, keys.HalfDown, keys.Home, keys.End)
}

// Step puts the cursor on the next row, round the end, for which want is true, and reports whether there is one.
func (l *List) Step(want func(id string) bool) bool {
	for k := 1; k <= len(l.ids); k++ {
		i := (l.at + k) % len(l.ids)
		if want(l.ids[i]) {
			l.choose(i)
			return true
		}
	}
	return false
}

func (l *List) choose(i int) {
	l.at = max(min(i, len(l.ids)-1), 0)
	if l.at == 0 {
		l.fresh = 0
	}
	l.show()
}

// show scrolls so that the cursor is in sight.
func (l *List) show() {
	if l.rows <= 0 {
		return
	}
	m := min(margin, (l.rows-1)/2)
	l.top = max(min(l.top, l.at-m), l.at+m-l.rows+1)
	l.clamp()
}

func (l *List) clamp() { l.top = max(min(l.top, len(l.ids)-l.rows), 0) }

// Window says how many rows there is room for, and gives those to show: ids[from:to]. A window of another height is
// scrolled to the cursor.
func (l *List) Window(rows int) (from, to int) {
	rows = max(rows, 0)
	if rows != l.rows {
		l.rows = rows
		l.show()
	}
	l.clamp()
	return l.top, min(l.top+rows, len(l.ids))
}

// Click puts the cursor on the row that is shown n rows under the first, and reports whether there is one.
func (l *List) Click(n int) bool {
	if n < 0 || n >= l.rows || l.top+n >= len(l.ids) {
		return false
	}
	l.choose(l.top + n)
	return true
}

// Wheel scrolls and moves no cursor.
func (l *List) Wheel(down bool) {
	if down {
		l.top += wheelRows
	} else {
		l.top -= wheelRows
	}
	l.clamp()
}

// Position says what a border has to say: "12 new", or "1–12 of 21" where not all fits, or nothing.
func (l *List) Position() string {
	switch {
	case l.fresh > 0:
		return fmt.Sprintf("%d new", l.fresh)
	case len(l.ids) > l.rows && l.rows > 0:
		return format.Position(l.top, min(l.top+l.rows, len(l.ids)), len(l.ids))
	}
	return ""
}
