package row

import (
	"github.com/charmbracelet/x/ansi"

	"voxmesh/mesh/privacy"
	"voxmesh/tui/cell"
	"voxmesh/tui/format"
	"voxmesh/tui/theme"
)

// Head writes what a region shows into its top border, w columns at most, and gives the column after it: what kind of
// thing it is, its name, the class right of that, and what is to be said after. In brackets it has the focus.
func Head(b *cell.Buffer, x, y, w int, class privacy.Class, kind, name, after string, focused bool, border theme.Style) int {
	left, right := " ", " "
	if focused {
		left, right, border = "[", "]", theme.In(theme.Text).With(theme.Bold)
	}
	if kind != "" {
		kind += " "
	}
	word := class.Badge()
	room := w - ansi.StringWidth(word) - 3
	if ansi.StringWidth(kind)+8 > room {
		kind = ""
	}
	end := x + w
	x = b.Put(x, y, 1, left, border)
	x = b.Put(x, y, room, kind, border)
	room -= ansi.StringWidth(kind)
	x = b.Put(x, y, room, format.Middle(name, max(room, 0)), border.With(theme.Bold))
	x = b.Put(x, y, 1, " ", border)
	Badge(b, x, y, class)
	x += ansi.StringWidth(word)
	if room = end - x - 3; after != "" && room >= 4 {
		x = b.Put(x, y, 2, "  ", border)
		x = b.Put(x, y, room, format.End(after, room), border)
	}
	return b.Put(x, y, 1, right, border)
}

// Against writes the ids of two things that are compared, each in a column of its own with its class right of it.
func Against(b *cell.Buffer, y int, columns [2]int, w int, names [2]string, classes [2]privacy.Class, st theme.Style) {
	for i, x := range columns {
		room := max(w-BadgeWidth-1, 0)
		x = b.Put(x, y, room, format.Middle(names[i], room), st.With(theme.Bold))
		Badge(b, x+1, y, classes[i])
	}
}
