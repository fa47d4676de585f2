package row

import (
	"github.com/charmbracelet/x/ansi"

	"voxmesh/mesh/privacy"
	"voxmesh/tui/cell"
	"voxmesh/tui/format"
	"voxmesh/tui/theme"
)

// Offer is what the palette offers in one row: What can be done, or which thing there is to go to; a Title in words of
// others, if it has one; what matters of it now; and the key that does the same.
type Offer struct {
	What  string
	Title string
	Note  string
	Key   string
	Thing bool // it is about a thing of the mesh, and so has a class
	Off   bool // it can't be done now, and Note says why
}

// How wide the first column is: of this many columns in the least row, and half of what a wider one has more.
const (
	offerWidth = 27
	offerRow   = 74
	keyRoom    = 9 // of the longest key
)

// Choice draws the row of an offer, w columns from column x on: cursor, what, the class of the thing that it is about,
// note, key. Where it is about none the class has no meaning, and its columns stay empty.
func Choice(b *cell.Buffer, x, y, w int, class privacy.Class, o Offer, l Look) {
	at := what(b, x, y, w, o, l)
	if o.Thing {
		Badge(b, at, y, class)
	}
	note(b, at, x, y, w, o, l)
}

// what draws the first column and gives the one in which the class stands.
func what(b *cell.Buffer, x, y, w int, o Offer, l Look) int {
	if l.Selected {
		b.Put(x, y, 1, "▸", theme.In(theme.Text).With(theme.Bold))
	}
	room := max(min(offerWidth+(w-offerRow)/2, w-BadgeWidth-4), 0)
	st, second := theme.In(theme.Text), theme.In(theme.Second)
	switch {
	case o.Off:
		st, second = theme.In(theme.Third).With(theme.Faint), theme.In(theme.Third).With(theme.Faint)
	case l.Selected:
		st = st.With(theme.Bold)
	}
	at := b.Put(x+2, y, room, format.Middle(o.What, room), st)
	if left := x + 2 + room - at - 2; o.Title != "" && left > 2 {
		b.Put(at+2, y, left, format.End(o.Title, left), second)
	}
	return x + 2 + room + 1
}

// note draws what stands right of the class.
func note(b *cell.Buffer, at, x, y, w int, o Offer, l Look) {
	st := theme.In(theme.Second)
	if o.Off {
		st = theme.In(theme.Third).With(theme.Faint)
	}
	end := x + w - 1
	if o.Key != "" {
		end = b.Right(max(at+BadgeWidth+2, end-keyRoom), end, y, o.Key, st) - 1
	}
	at += BadgeWidth + 2
	if room := end - at; room > 0 && ansi.StringWidth(o.Note) > 0 {
		b.Put(at, y, room, format.End(o.Note, room), st)
	}
	finish(b, x, y, w, l)
}
