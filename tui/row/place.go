package row

import (
	"github.com/charmbracelet/x/ansi"

	"voxmesh/mesh/privacy"
	"voxmesh/tui/cell"
	"voxmesh/tui/format"
	"voxmesh/tui/theme"
)

// first is the column at which a row's text begins: the cursor and a blank stand before it.
const first = 2

// Place draws the row of a model's place, of a node with its models, or of a model on its node: the cursor, then the name
// from column indent on so that the class always stands in the same columns, and the other fields. id.Width is that of a
// name which is not set in: one that is has as much less as it is set in.
func Place(b *cell.Buffer, x, y, w int, class privacy.Class, indent int, id Field, rest []Field, l Look) {
	id.Width -= indent
	if l.Selected {
		b.Put(x, y, 1, "▸", theme.In(theme.Text).With(theme.Bold))
		id.Style = id.Style.With(theme.Bold)
	}
	at := x + first + indent
	b.Put(at, y, id.Width, id.Text, id.Style)
	at = Badge(b, at+id.Width+1, y, class)
	fields(b, at, y, x+w, rest)
	finish(b, x, y, w, l)
}

// Entry draws the row of an entry of the audit log: cursor, what stands before the target, the target with its class, and
// the other fields.
func Entry(b *cell.Buffer, x, y, w int, class privacy.Class, before []Field, target Field, rest []Field, l Look) {
	if l.Selected {
		b.Put(x, y, 1, "▸", theme.In(theme.Text).With(theme.Bold))
		target.Style = target.Style.With(theme.Bold)
	}
	at := fields(b, x+first, y, x+w, before) + target.Gap
	b.Put(at, y, target.Width, format.Middle(target.Text, target.Width), target.Style)
	at = Badge(b, at+target.Width+1, y, class)
	fields(b, at, y, x+w, rest)
	finish(b, x, y, w, l)
}

// Inline writes an id with its class into a sentence, from column x on and at most w columns, and gives the column after
// them. Where they do not fit it writes nothing and gives x.
func Inline(b *cell.Buffer, x, y, w int, class privacy.Class, id string, st theme.Style) int {
	word := class.Badge()
	if ansi.StringWidth(id)+1+ansi.StringWidth(word) > w {
		return x
	}
	x = b.Put(x, y, w, id, st) + 1
	Badge(b, x, y, class)
	return x + ansi.StringWidth(word)
}
