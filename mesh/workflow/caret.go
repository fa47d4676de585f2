package workflow

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// excerptRunes is how much of a long line is shown on either side of the place.
const excerptRunes = 100

// excerpt cuts a long line around byte offset at. caret is how many runes of text stand before it.
func excerpt(line []byte, at int) (text string, caret int) {
	at = max(0, min(at, len(line)))
	before, after := line[:at], line[at:]
	left, right := 0, 0
	for ; left < len(before) && caret < excerptRunes; caret++ {
		_, n := utf8.DecodeLastRune(before[:len(before)-left])
		left += n
	}
	for n := 0; right < len(after) && n < excerptRunes; n++ {
		_, size := utf8.DecodeRune(after[right:])
		right += size
	}
	text = string(before[len(before)-left:]) + string(after[:right])
	if left < len(before) {
		text = "…" + text
		caret++
	}
	if right < len(after) {
		text += "…"
	}
	return text, caret
}

// under gives blanks as wide as the first n runes of a line are on a terminal.
func under(line string, n int) string {
	var b strings.Builder
	for _, r := range line {
		if n--; n < 0 {
			break
		}
		switch {
		case r == '\t':
			b.WriteByte('\t')
		case unicode.In(r, unicode.Mn, unicode.Me): // stands on the rune before it
		case unicode.Is(doubleWidth, r):
			b.WriteString("  ")
		default:
			b.WriteByte(' ')
		}
	}
	return b.String()
}

// doubleWidth are the runes to which terminals give two columns: East Asian Width W and F (UAX #11), by whole blocks.
var doubleWidth = &unicode.RangeTable{
	R16: []unicode.Range16{
		{Lo: 0x1100, Hi: 0x115f, Stride: 1},
		{Lo: 0x2e80, Hi: 0x303e, Stride: 1},
		{Lo: 0x3041, Hi: 0x4dbf, Stride: 1},
		{Lo: 0x4e00, Hi: 0xa4cf, Stride: 1},
		{Lo: 0xa960, Hi: 0xa97c, Stride: 1},
		{Lo: 0xac00, Hi: 0xd7a3, Stride: 1},
		{Lo: 0xf900, Hi: 0xfaff, Stride: 1},
		{Lo: 0xfe30, Hi: 0xfe6f, Stride: 1},
		{Lo: 0xff00, Hi: 0xff60, Stride: 1},
		{Lo: 0xffe0, Hi: 0xffe6, Stride: 1},
	},
	R32: []unicode.Range32{
		{Lo: 0x1f300, Hi: 0x1f64f, Stride: 1},
		{Lo: 0x1f680, Hi: 0x1f6ff, Stride: 1},
		{Lo: 0x1f900, Hi: 0x1faff, Stride: 1},
		{Lo: 0x20000, Hi: 0x3fffd, Stride: 1},
	},
}

// safeText replaces what a terminal would obey, or would hide, rune for rune. Tabs stay.
func safeText(s string) string {
	return strings.Map(func(r rune) rune {
		if r == '\t' || r != utf8.RuneError && unicode.IsPrint(r) {
			return r
		}
		return utf8.RuneError
	}, s)
}

// nearest gives the one of names that is most like s, or "" where none is: by few changes, or else by the same beginning.
func nearest(s string, names []string) string {
	if s == "" || len(s) > 2*maxName {
		return ""
	}
	s = strings.ToLower(s)
	best, least := "", min(2+len(s)/4, len(s))
	for _, n := range names {
		if d := len(n) - len(s); d >= least || -d >= least {
			continue
		}
		if d := changes(s, n); d < least {
			best, least = n, d
		}
	}
	const beginning = 4
	for _, n := range names {
		if best == "" && min(len(s), len(n)) >= beginning && s[:beginning] == n[:beginning] {
			best = n
		}
	}
	return best
}

// changes counts the insertions, deletions, replacements and swaps of neighbours that lead from a to b (optimal string
// alignment).
func changes(a, b string) int {
	rows := make([][]int, len(a)+1)
	for i := range rows {
		rows[i] = make([]int, len(b)+1)
		rows[i][0] = i
	}
	for j := range rows[0] {
		rows[0][j] = j
	}
	for i, x := range []byte(a) {
		for j, y := range []byte(b) {
			d := rows[i][j]
			if x != y {
				d++
			}
			d = min(d, rows[i][j+1]+1, rows[i+1][j]+1)
			if i > 0 && j > 0 && x == b[j-1] && a[i-1] == y {
				d = min(d, rows[i-1][j-1]+1)
			}
			rows[i+1][j+1] = d
		}
	}
	return rows[len(a)][len(b)]
}
