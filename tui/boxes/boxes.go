// Package boxes draws what the boxes over a pane have in common: the border with a title and the class of what it names,
// the names of fields, and paragraphs; and it says which rows of a box stay where there is no room for all.
//
// Where a box stands is package layout's; what is in it, and what its keys do, is the layer's.
package boxes

import (
	"voxmesh/mesh/privacy"
	"voxmesh/tui/cell"
	"voxmesh/tui/layout"
	"voxmesh/tui/pane"
	"voxmesh/tui/row"
	"voxmesh/tui/theme"
)

// Indent is where the values of fields begin whose names stand before them.
const Indent = 12

// Draw draws an empty box, with the class of what its title names at the right, and gives the style of its border.
func Draw(b *cell.Buffer, r layout.Rect, title string, class privacy.Class) theme.Style {
	border := clear(b, r)
	from := row.Corner(b, r.X, r.Y, r.W, class, border)
	pane.Heading(b, layout.Rect{X: r.X, Y: r.Y, W: from - r.X}, title, true, border)
	return border
}

// Plain draws an empty box whose title names nothing that has a class.
func Plain(b *cell.Buffer, r layout.Rect, title string) theme.Style {
	border := clear(b, r)
	pane.Heading(b, r, title, true, border)
	return border
}

func clear(b *cell.Buffer, r layout.Rect) theme.Style {
	b.Fill(r.X, r.Y, r.W, r.H, " ", theme.Style{})
	return pane.Frame(b, r, true)
}

// Name writes the name of a field, with the cursor before its value where it has the focus.
func Name(b *cell.Buffer, x, y int, name string, focused bool) {
	st := theme.In(theme.Second)
	if focused {
		st = theme.In(theme.Text).With(theme.Bold)
		b.Put(x+Indent-2, y, 1, "▸", st)
	}
	b.Put(x, y, Indent-2, name, st)
}

// Paragraph writes rows from row y on, as many as the text of the box has room for, and gives the row after the blank
// that follows them. Where there are none it gives y.
func Paragraph(b *cell.Buffer, text layout.Rect, y int, rows []string, st theme.Style) int {
	for _, s := range rows {
		if y < text.Y+text.H {
			b.Put(text.X, y, text.W, s, st)
		}
		y++
	}
	if len(rows) > 0 {
		y++
	}
	return y
}

// Cut says of the rows of one part how many stay at least.
type Cut[P comparable] struct {
	part  P
	least int
}

// Keep is the cut that leaves some rows of a part.
func Keep[P comparable](part P, rows int) Cut[P] { return Cut[P]{part, rows} }

// Fit gives which rows stay where there is room for some: parts says of each which part of the box it is. The cuts are
// made in their order until the rest has room; what is cut goes from the end of its part, whole all at once, because half
// a command is none. The rows of scroll are those from top on, which is moved into what there is. seen is how many of
// them stay, of all.
func Fit[P comparable](parts []P, room int, cuts []Cut[P], whole, scroll P, top *int) (stay []int, seen, all int) {
	n := map[P]int{}
	for _, p := range parts {
		n[p]++
	}
	all = n[scroll]
	over := len(parts) - max(room, 0)
	for _, c := range cuts {
		k := max(min(over, n[c.part]-c.least), 0)
		if k > 0 && c.part == whole {
			k = n[whole]
		}
		n[c.part] -= k
		over -= k
	}
	seen = n[scroll]
	*top = max(min(*top, all-seen), 0)
	at := map[P]int{}
	for row, p := range parts {
		i := at[p]
		at[p]++
		if p == scroll {
			i -= *top
		}
		if i >= 0 && i < n[p] {
			stay = append(stay, row)
		}
	}
	return stay, seen, all
}
