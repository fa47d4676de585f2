package row

import (
	"github.com/charmbracelet/x/ansi"

	"voxmesh/mesh/privacy"
	"voxmesh/tui/cell"
	"voxmesh/tui/format"
	"voxmesh/tui/theme"
)

// Standing is what stands before the id of an item of the hopper: its place in the order, set to the right in Width
// columns, 0 where there is none; and whether it is marked, or lifted to be carried to another place.
type Standing struct {
	Place  string
	Width  int
	Marked bool
	Lifted bool
}

// Item draws the row of an item of the hopper, w columns wide: cursor, place, mark, id, class, and the other fields.
func Item(b *cell.Buffer, x, y, w int, class privacy.Class, s Standing, id Field, rest []Field, l Look) {
	item(b, x, y, w, class, s, id, rest, l)
	finish(b, x, y, w, l)
}

// ItemLines is how many rows Items draws.
const ItemLines = 2

// Items draws an item in two rows: the first as Item does, and right, set to its end but for a blank; under it what is
// wanted, in words of others and cut, and says, whole and set to the right.
func Items(b *cell.Buffer, x, y, w int, class privacy.Class, s Standing, id Field, rest []Field, right Field, wants, says Field, l Look) {
	from := item(b, x, y, w, class, s, id, rest, l)
	end := x + w - 1
	if right.Right {
		b.Right(from+1, end, y, right.Text, right.Style)
	} else {
		b.Put(max(end-right.Width, from+1), y, min(right.Width, end-from-1), right.Text, right.Style)
	}
	at := x + 2 + s.Width
	room := end - at - ansi.StringWidth(says.Text)
	b.Put(at, y+1, room, whole(wants.Text, room, says.Text != ""), wants.Style)
	b.Right(at, end, y+1, format.End(says.Text, end-at), says.Style)
	finish(b, x, y, w, l)
	finish(b, x, y+1, w, l)
}

// whole cuts a text to w columns so that what follows it stands apart: by a blank, or by the sign of the cut.
func whole(s string, w int, follows bool) string {
	if follows && ansi.StringWidth(s) == w {
		s += " "
	}
	return format.End(s, w)
}

func item(b *cell.Buffer, x, y, w int, class privacy.Class, s Standing, id Field, rest []Field, l Look) int {
	sign := theme.In(theme.Text).With(theme.Bold)
	switch {
	case s.Lifted:
		b.Put(x, y, 1, "↕", sign)
	case l.Selected:
		b.Put(x, y, 1, "▸", sign)
	}
	if l.Selected || s.Lifted {
		id.Style = id.Style.With(theme.Bold)
	}
	at := x + 1 + s.Width
	if s.Width > 0 {
		b.Right(x+1, at, y, s.Place, theme.In(theme.Second))
	}
	if s.Marked {
		b.Put(at, y, 1, "•", sign)
	}
	at++
	b.Put(at, y, id.Width, format.Middle(id.Text, id.Width), id.Style)
	at = Badge(b, at+id.Width+1, y, class)
	return fields(b, at, y, x+w, rest)
}
