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

// Against draws the row of one of two things that are compared, w columns wide: its name, the class right of that, and
// what is to be said of it alone.
func Against(b *cell.Buffer, x, y, w int, class privacy.Class, name, says string, l Look) {
	end := x + w
	room := max(w-BadgeWidth-1, 0)
	at := b.Put(x, y, room, format.Middle(name, room), theme.Style{}.With(theme.Bold))
	if end-at > BadgeWidth {
		at = Badge(b, at+1, y, class)
		b.Put(at+1, y, end-at-1, format.End(says, max(end-at-1, 0)), theme.In(theme.Second))
	}
	finish(b, x, y, w, l)
}

// Stretch is a part of the bar of a span: N columns from At on, all of one sign.
type Stretch struct {
	At, N int
	Sign  string
	Style theme.Style
}

// Bar is how a span lies in time. Its columns are counted from X, a column of the screen.
type Bar struct {
	X      int
	Parts  []Stretch
	At     int   // where Says begins
	Says   Field // of a span without a bar, why it has none
	Marked bool  // the span was picked out by hand
}

// Lane draws the row of a span on a time axis: what Span draws, and the bar. It gives what Span gives.
func Lane(b *cell.Buffer, x, y, w int, class privacy.Class, br Branch, width int, rest []Field, bar Bar, l Look) (from, to int) {
	for _, p := range bar.Parts {
		b.Fill(bar.X+p.At, y, p.N, 1, p.Sign, p.Style)
	}
	b.Put(bar.X+bar.At, y, bar.Says.Width, format.End(bar.Says.Text, bar.Says.Width), bar.Says.Style)
	if bar.Marked {
		b.Put(x+1, y, 1, "•", theme.In(theme.Text).With(theme.Bold))
	}
	return Span(b, x, y, w, class, br, width, rest, l)
}

// Tries draws what is said in one row of the attempts of something, under a name in lead columns: their class, and each
// in a few words. They have the class of what they are attempts of.
func Tries(b *cell.Buffer, x, y, w int, class privacy.Class, name string, lead int, says string) {
	end := x + w
	b.Put(x, y, min(lead, w), name, theme.In(theme.Third))
	if x+lead+BadgeWidth >= end {
		return
	}
	at := Badge(b, x+lead, y, class) + 1
	b.Put(at, y, end-at, format.End(says, max(end-at, 0)), theme.Style{})
}
