package cell

import (
	"unicode/utf8"

	"voxmesh/mesh/clean"
	"voxmesh/tui/theme"
)

// code is a cell: a glyph in its lower half, the style above it. The zero value is a plain blank.
type code uint64

// glyph is what stands in a cell: a rune, or a word of the buffer's, or one of those below, which are no text.
type glyph uint32

const (
	blank glyph = 0
	half  glyph = 1       // the second column of what is wide
	word  glyph = 1 << 24 // the first of the words: clusters of more than one rune
)

const (
	inkAt  = 32
	attrAt = 40
)

func inked(st theme.Style) code { return code(st.Ink)<<inkAt | code(st.Attr)<<attrAt }

func (c code) glyph() glyph { return glyph(c & (1<<inkAt - 1)) }

func (c code) style() theme.Style {
	return theme.Style{Ink: theme.Ink(c >> inkAt), Attr: theme.Attr(c >> attrAt)}
}

func (c code) with(g glyph) code { return c&^(1<<inkAt-1) | code(g) }

// same reports whether two rows of one length are the same.
func same(a, b []code) bool {
	b = b[:len(a)]
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}

// plain gives the first glyph of a text and its length, where that is a rune of one column that may stand on a terminal
// and that what follows does not join; else 0. It is how nearly all of a screen is written.
func plain(s string) (glyph, int) {
	c := s[0]
	switch {
	case c < utf8.RuneSelf:
		if len(s) > 1 && s[1] >= utf8.RuneSelf && !begins(s[1:]) {
			return 0, 0
		}
		switch {
		case c == ' ':
			return blank, 1
		case c > ' ' && c < 0x7f:
			return glyph(c), 1
		}
		return 0, 0
	case !begins(s):
		return 0, 0
	}
	r, n := utf8.DecodeRuneInString(s)
	if len(s) > n && s[n] >= utf8.RuneSelf && !begins(s[n:]) {
		return 0, 0
	}
	return glyph(r), n
}

// begins reports whether a text begins with a rune beyond ASCII that is single: known to be one column wide, safe, and a
// cluster of its own whatever stands before it. These are accented letters, and the signs with which the console draws.
func begins(s string) bool {
	r, n := utf8.DecodeRuneInString(s)
	return n > 1 && single(r)
}

func single(r rune) bool {
	switch {
	case r >= 0x2500 && r <= 0x25fc, r >= 0x2800 && r <= 0x28ff: // boxes, blocks, shapes; braille
		return true
	case r >= 0xc0 && r <= 0x24f: // letters
		return true
	case r >= 0x2013 && r <= 0x2027, r >= 0x2190 && r <= 0x2193: // dashes, quotes, an ellipsis; arrows
		return true
	}
	return false
}

// words are the clusters of more than one rune that a buffer has, each once.
type words struct {
	all []string
	at  map[string]glyph
}

// A buffer keeps as many words as one of a few thousand cells may show, and gives up those that are gone when it is
// cleared; a text made to fill it ends in U+FFFD.
const (
	wordsKept = 1 << 10
	wordsMost = 1 << 16
)

func (w *words) many() bool { return len(w.all) > wordsKept }

// glyph gives the glyph of a cleaned cluster.
func (w *words) glyph(s string) glyph {
	r, n := utf8.DecodeRuneInString(s)
	switch {
	case n == 0 || r == ' ' && n == len(s):
		return blank
	case n == len(s) && clean.Safe(r):
		return glyph(r)
	case n == len(s):
		return utf8.RuneError
	}
	if g, ok := w.at[s]; ok {
		return g
	}
	if len(w.all) >= wordsMost {
		return utf8.RuneError
	}
	if w.at == nil {
		w.at = map[string]glyph{}
	}
	g := word + glyph(len(w.all))
	w.all = append(w.all, s)
	w.at[s] = g
	return g
}

// text is what a glyph is, empty for the second column of what is wide.
func (w *words) text(g glyph) string {
	switch {
	case g == blank:
		return " "
	case g == half:
		return ""
	case g >= word:
		return w.all[g-word]
	}
	return string(rune(g))
}

// render writes a row.
func (w *words) render(out []byte, row []code, t *theme.Theme) []byte {
	last := code(0)
	for _, c := range row {
		if st := c &^ (1<<inkAt - 1); st != last {
			out = append(out, t.SGR(c.style())...)
			last = st
		}
		switch g := c.glyph(); {
		case g == blank:
			out = append(out, ' ')
		case g < utf8.RuneSelf && g != half:
			out = append(out, byte(g))
		case t.ASCII:
			out = w.ascii(out, g, t)
		case g < word && g != half:
			out = utf8.AppendRune(out, rune(g))
		default:
			out = append(out, w.text(g)...)
		}
	}
	if last != 0 {
		out = append(out, "\x1b[m"...)
	}
	return out
}

// ascii writes a glyph on a terminal without Unicode: the second column of what is wide, which is one question mark
// there, is another.
func (w *words) ascii(out []byte, g glyph, t *theme.Theme) []byte {
	if g == half {
		return append(out, '?')
	}
	r, _ := utf8.DecodeRuneInString(w.text(g))
	return utf8.AppendRune(out, t.Glyph(r))
}
