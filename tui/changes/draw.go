package changes

import (
	"strconv"

	"voxmesh/tui/cell"
	"voxmesh/tui/layout"
	"voxmesh/tui/theme"
)

// Before is how many columns stand before the text of a row: number and sign, with blanks round them.
const Before = 7

// numberWidth has room for as many lines as anyone writes; of larger numbers the end is shown.
const numberWidth = 4

// Width is how wide the text of rows may be that are drawn into r, with a blank at their right.
func Width(r layout.Rect) int { return max(r.W-Before-1, leastWidth) }

// Look is how rows are drawn.
type Look struct {
	Faint     bool // what is shown is not the present
	SignFirst bool // the sign before the number, where few rows stand alone
}

// Draw draws rows from index from on into r, which is the inside of a box.
func Draw(b *cell.Buffer, r layout.Rect, rows []Row, from int, l Look) {
	for y := 0; y < r.H && from+y < len(rows); y++ {
		if from+y >= 0 {
			drawRow(b, r.X, r.Y+y, r.W, rows[from+y], l)
		}
	}
}

func drawRow(b *cell.Buffer, x, y, w int, row Row, l Look) {
	ink := func(i theme.Ink) theme.Style {
		st := theme.In(i)
		if l.Faint {
			st = st.With(theme.Faint)
		}
		return st
	}
	end := x + w
	put := func(at, room int, s string, st theme.Style) { b.Put(at, y, min(room, end-at), s, st) }
	word := "↳"
	if !row.More {
		word = ending(strconv.Itoa(row.Number))
	}
	number, sign := x, x+numberWidth+1
	if l.SignFirst {
		number, sign = x+1, x+1
		if cell.Width(word) > 2 { // so that a blank is between them where there is room
			number++
		}
	}
	put(number+numberWidth-cell.Width(word), numberWidth, word, ink(theme.Third))
	text := ink(theme.Text)
	switch row.Sign {
	case '-':
		put(sign, 1, "-", ink(theme.Failed))
	case '+':
		put(sign, 1, "+", ink(theme.OK))
	default:
		text = ink(theme.Second)
	}
	put(x+Before, w, row.Text, text)
	for _, m := range row.Marks {
		from, to := x+Before+m[0], min(x+Before+m[1], end)
		b.Restyle(from, y, to-from, 1, func(st theme.Style) theme.Style { return st.With(theme.Underline) })
	}
}

// ending is a number in the room for one.
func ending(s string) string {
	if len(s) <= numberWidth {
		return s
	}
	return "…" + s[len(s)-numberWidth+1:]
}
