// Package row draws the rows for a node and for a job: the only way in which the console draws one.
//
// The privacy class is an argument that can't be left out, and it stands right of the id that it speaks of, in six
// columns. A class that is not known is a loud question mark in reverse video, because it is treated as public.
package row

import (
	"github.com/charmbracelet/x/ansi"

	"voxmesh/mesh/privacy"
	"voxmesh/tui/cell"
	"voxmesh/tui/format"
	"voxmesh/tui/theme"
)

// BadgeWidth is how many columns a class takes.
const BadgeWidth = 6

// Field is one cell of a row. Right sets it to the right; Gap is the blanks before it.
type Field struct {
	Text  string
	Width int
	Gap   int
	Right bool
	Style theme.Style
}

// Look is how a row stands in its list.
type Look struct {
	Selected bool // has the cursor
	Focused  bool // and its region the focus
	Faint    bool // the world that it shows is not live
}

// Glyph is the sign before a node's name.
type Glyph struct {
	Sign  string
	Style theme.Style
}

// Badge draws a class in six columns and gives the column after them.
func Badge(b *cell.Buffer, x, y int, class privacy.Class) int {
	st := theme.In(theme.Second)
	switch class {
	case privacy.LocalOnly, privacy.PairedPeersOnly:
	case privacy.PublicMesh:
		st = theme.In(theme.Waiting)
	default:
		st = theme.In(theme.Text).With(theme.Reverse | theme.Bold)
	}
	b.Put(x, y, BadgeWidth, class.Badge(), st)
	return x + BadgeWidth
}

// Node draws a node's row from column x on, w columns wide: cursor, sign, name, class, and the other fields.
func Node(b *cell.Buffer, x, y, w int, class privacy.Class, g Glyph, id Field, rest []Field, l Look) {
	at := x
	if l.Selected {
		b.Put(at, y, 1, "▸", theme.In(theme.Text).With(theme.Bold))
	}
	b.Put(at+1, y, 1, g.Sign, g.Style)
	at += 3
	if l.Selected {
		id.Style = id.Style.With(theme.Bold)
	}
	b.Put(at, y, id.Width, format.Middle(id.Text, id.Width), id.Style)
	at = Badge(b, at+id.Width+1, y, class)
	fields(b, at, y, x+w, rest)
	finish(b, x, y, w, l)
}

// Job draws a job's row: cursor, id, class, kind and other fields, the last of them set to the right end.
func Job(b *cell.Buffer, x, y, w int, class privacy.Class, id string, rest []Field, right string, l Look) {
	if l.Selected && l.Focused {
		b.Put(x, y, 1, "▸", theme.In(theme.Text).With(theme.Bold))
	}
	idw := min(max(ansi.StringWidth(id), 6), 10)
	b.Put(x+1, y, idw, format.Middle(id, idw), theme.Style{})
	at := Badge(b, x+1+idw+2, y, class)
	from := fields(b, at, y, x+w, rest)
	b.Right(from, x+w, y, right, theme.In(theme.Second))
	finish(b, x, y, w, l)
}

// Title writes an id and its class into a border, with a blank on both sides, and gives the column after it.
func Title(b *cell.Buffer, x, y, w int, class privacy.Class, id string, st theme.Style) int {
	word := class.Badge()
	room := max(w-ansi.StringWidth(word)-3, 0)
	x = b.Put(x, y, 1, " ", st)
	x = b.Put(x, y, room, format.Middle(id, room), st.With(theme.Bold))
	x = b.Put(x, y, 1, " ", st)
	Badge(b, x, y, class)
	x += ansi.StringWidth(word)
	return b.Put(x, y, 1, " ", st)
}

func fields(b *cell.Buffer, at, y, end int, rest []Field) int {
	for _, f := range rest {
		at += f.Gap
		w := min(f.Width, end-at)
		if w <= 0 {
			return at
		}
		if f.Right {
			b.Right(at, at+w, y, f.Text, f.Style)
		} else {
			b.Put(at, y, w, format.End(f.Text, w), f.Style)
		}
		at += f.Width
	}
	return at
}

func finish(b *cell.Buffer, x, y, w int, l Look) {
	switch {
	case l.Faint:
		b.Restyle(x, y, w, 1, func(s theme.Style) theme.Style { return s.With(theme.Faint) })
	case l.Selected && l.Focused:
		b.Restyle(x, y, w, 1, func(s theme.Style) theme.Style { return s.With(theme.Raised) })
	}
}
