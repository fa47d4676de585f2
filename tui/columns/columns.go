// Package columns draws what stands round the rows of a list: the heads of its columns, the views in its border, and the
// faint shape of rows that are not there yet.
//
// It keeps by which column the list is sorted and where heads and views were drawn, so that a click finds them. The rows
// themselves are package row's. Columns and views are numbers of the pane's own, of a type of its own.
package columns

import (
	"voxmesh/tui/cell"
	"voxmesh/tui/layout"
	"voxmesh/tui/theme"
)

// Head is the head of a column: Gap columns stand before it.
type Head[C ~int] struct {
	Column C
	Name   string
	Width  int
	Gap    int
	Right  bool
}

// Order is by which column a list is sorted, and which way.
type Order[C ~int] struct {
	By   C
	Down bool

	heads layout.Places
}

// Choose sorts by a column, down says which way at first; where the list is sorted by it the way turns.
func (o *Order[C]) Choose(by C, down bool) {
	if by == o.By {
		o.Down = !o.Down
		return
	}
	o.By, o.Down = by, down
}

// Next is the column after that by which the list is sorted, of those that were drawn; first where that is none of them.
func (o *Order[C]) Next(first C) C {
	for i, h := range o.heads {
		if h.What == int(o.By) {
			return C(o.heads[(i+1)%len(o.heads)].What)
		}
	}
	return first
}

// At gives the column on whose head a click is.
func (o *Order[C]) At(x, y int) (C, bool) {
	c, ok := o.heads.At(x, y)
	return C(c), ok
}

// Forget makes the heads that were drawn unclickable: they stand over no list.
func (o *Order[C]) Forget() { o.heads.Forget() }

// Draw draws the heads in row y from column x on. The one by which the list is sorted has a sign that tells the way.
func (o *Order[C]) Draw(b *cell.Buffer, x, y int, heads []Head[C]) {
	o.heads.Forget()
	for _, h := range heads {
		name, st := h.Name, theme.In(theme.Third)
		if h.Column == o.By {
			name, st = name+o.sign(), theme.In(theme.Second)
		}
		from := x
		x += h.Gap
		if h.Right {
			b.Right(from, x+h.Width, y, name, st)
		} else {
			b.Put(x, y, h.Width+1, name, st)
		}
		x += h.Width
		o.heads.Add(from, x, y, int(h.Column))
	}
}

func (o *Order[C]) sign() string {
	if o.Down {
		return "▾"
	}
	return "▴"
}

// Shape draws n rows of the shape that rows under the heads have, faint, from row y and column x on.
func Shape[C ~int](b *cell.Buffer, x, y, n int, heads []Head[C]) {
	st := theme.In(theme.Third).With(theme.Faint)
	for i := range n {
		at := x
		for _, h := range heads {
			at += h.Gap
			b.Fill(at, y+i, max(h.Width-(i*7+int(h.Column)*3)%(h.Width/2+1), 1), 1, "─", st)
			at += h.Width
		}
	}
}

// Views are the views of a list, by their names in its top border.
type Views[V ~int] struct{ places layout.Places }

// Draw writes the names into the top border of r and gives the column after them: the view that is shown bright, and in
// brackets where the list has the focus.
func (v *Views[V]) Draw(b *cell.Buffer, r layout.Rect, names []string, shown V, focused bool, border theme.Style) int {
	v.places.Forget()
	x := r.X + 1
	for i, name := range names {
		text, st := " "+name+" ", border
		if i == int(shown) {
			st = theme.In(theme.Text).With(theme.Bold)
			if focused {
				text = "[" + name + "]"
			}
		}
		to := b.Put(x, r.Y, r.X+r.W-1-x, text, st)
		v.places.Add(x, to, r.Y, i)
		x = to
	}
	return x
}

// At gives the view on whose name a click is.
func (v *Views[V]) At(x, y int) (V, bool) {
	i, ok := v.places.At(x, y)
	return V(i), ok
}
