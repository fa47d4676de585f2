package changes

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/charmbracelet/x/ansi"

	"voxmesh/mesh/clean"
)

const byteOrderMark = "\ufeff"

func hasMark(b []byte) bool { return strings.HasPrefix(string(b[:min(len(b), 3)]), byteOrderMark) }

// tab is how many columns apart the stops of tabs are.
const tab = 4

// hidden stands for a character that is not seen or must not reach a terminal.
const hidden = '\uFFFD'

// end is how a line ends.
func end(line string) string {
	rest, _ := strings.CutSuffix(line, "\n")
	rest, _ = strings.CutSuffix(rest, "\r")
	return line[len(rest):]
}

// show gives a line as it may stand on a terminal, with every character of it that says something to be seen, and where
// ranges of its bytes are in that.
func show(line string, marks [][2]int) (string, [][2]int) {
	if printable(line) {
		return line, marks
	}
	var out strings.Builder
	out.Grow(len(line))
	at := places{marks: marks}
	column, before := 0, ' '
	for i := 0; i < len(line); {
		at.note(i, out.Len())
		if line[i] == '\t' {
			n := tab - column%tab
			out.WriteString("    "[:n])
			column, before = column+n, ' '
			i++
			continue
		}
		if alone(line[i:]) {
			out.WriteByte(line[i])
			column, before = column+1, rune(line[i])
			i++
			continue
		}
		cluster, w := first(line[i:])
		if w <= 0 { // a mark with nothing to stand on, or nothing to see at all
			before = hidden
			for j, r := range cluster {
				column++
				at.note(i+j, out.Len())
				if s := sign(r, ' '); s == r || s == drop {
					out.WriteRune(hidden)
				} else {
					out.WriteRune(s)
				}
			}
			i += len(cluster)
			continue
		}
		column += w
		for len(cluster) > 0 {
			at.note(i, out.Len())
			r, n := utf8.DecodeRuneInString(cluster)
			if s := sign(r, before); s != drop {
				out.WriteRune(s)
				before = s
			}
			i, cluster = i+n, cluster[n:]
		}
	}
	at.note(len(line), out.Len())
	return out.String(), at.shown
}

// printable is what most lines are.
func printable(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' {
			return false
		}
	}
	return true
}

// first gives the first character of a text, with all that joins it, and its width. Where the text is no UTF-8 that is
// one byte without a width: what counts clusters counts what stands behind it among it.
func first(s string) (string, int) {
	cluster, w := ansi.FirstGraphemeCluster(s, ansi.GraphemeWidth)
	for i := 0; i < len(cluster); {
		r, n := utf8.DecodeRuneInString(cluster[i:])
		if r == utf8.RuneError && n == 1 || r == '\t' {
			if i == 0 {
				return s[:1], 0
			}
			return s[:i], w
		}
		i += n
	}
	return cluster, w
}

// alone reports whether a text begins with a printable character of ASCII that nothing joins.
func alone(s string) bool {
	return s[0] >= ' ' && s[0] <= '~' && (len(s) == 1 || s[1] < utf8.RuneSelf)
}

const drop = rune(-1)

// sign gives what stands for a rune after another one: mostly itself.
func sign(r, before rune) rune {
	switch {
	case r < ' ':
		return '\u2400' + r // the picture of the control character
	case r == 0x7f:
		return '\u2421'
	case joins(r) && unicode.Is(unicode.So, before) || joins(r) && unicode.Is(unicode.Sk, before):
		return drop // how an emoji is to look
	case r != ' ' && unicode.IsSpace(r), unicode.Is(unicode.Zs, r) && r != ' ':
		return '\u2423' // a blank that is none
	case !unicode.IsPrint(r), !clean.Safe(r), nothing(r):
		return hidden
	}
	return r
}

// joins reports whether r says how the sign before it looks, or joins it to the next one.
func joins(r rune) bool { return r == 0x200d || r >= 0xfe00 && r <= 0xfe0f }

// nothing reports whether r is a letter that shows nothing: fillers of Hangul, and the joiner of graphemes.
func nothing(r rune) bool {
	return r == 0x34f || r == 0x115f || r == 0x1160 || r == 0x17b4 || r == 0x17b5 || r == 0x3164 || r == 0xffa0
}

// places follows ranges of a line to where they are in what is shown of it.
type places struct {
	marks, shown [][2]int
	inside       bool
}

// note says that byte i of the line is byte o of what is shown. It is called with both rising.
func (p *places) note(i, o int) {
	for {
		n := len(p.shown)
		switch {
		case p.inside && i >= p.marks[n-1][1]:
			p.shown[n-1][1] = o
			p.inside = false
		case !p.inside && n < len(p.marks) && i >= p.marks[n][0]:
			p.shown = append(p.shown, [2]int{o, o})
			p.inside = true
		default:
			return
		}
	}
}
