// Package cell is a screen of cells on which the console is drawn.
//
// A Buffer has a fixed size. What is written outside of it, or wider than it may be, is cut, so that no row of a frame
// is ever longer than the terminal is wide and no frame has more rows, whatever a pane does. Text is written by
// grapheme cluster; a wide one that would be cut in two becomes a blank. Nothing that could drive the terminal gets
// in: text is cleaned again here, though it was cleaned when it entered the process. Rendering writes each change of
// style once, with the escape sequences that the theme has ready, and only the rows that differ from the last time:
// the others, and a screen that does not differ at all, are the strings that they were.
//
// A cell is one number in memory, so that a screen is cleared, compared and copied as fast as the machine can.
package cell

import (
	"strings"
	"unicode/utf8"

	"github.com/charmbracelet/x/ansi"

	"voxmesh/mesh/clean"
	"voxmesh/tui/theme"
)

// Cell is one column of one row. S is empty in the second column of a wide character.
type Cell struct {
	S     string
	Style theme.Style
}

// Buffer is a screen, or a part of one. Make one with New.
type Buffer struct {
	W, H  int
	cells []code
	words words
	wide  bool // something wide was written since it was clear

	// As it was rendered last.
	theme  *theme.Theme
	was    []code
	rows   []string
	screen string
	line   []byte // room to render a row in
}

// New makes a screen of blanks. A negative size counts as none.
func New(w, h int) *Buffer {
	w, h = max(w, 0), max(h, 0)
	return &Buffer{W: w, H: h, cells: make([]code, w*h)}
}

// Clear makes every cell a plain blank.
func (b *Buffer) Clear() {
	clear(b.cells)
	b.wide = false
	if b.words.many() { // what is on the screen now names none of them, and what was is rendered anew
		b.words, b.rows = words{}, nil
	}
}

// At gives the cell at column x of row y, or a blank outside.
func (b *Buffer) At(x, y int) Cell {
	if x < 0 || y < 0 || x >= b.W || y >= b.H {
		return Cell{S: " "}
	}
	c := b.cells[y*b.W+x]
	return Cell{b.words.text(c.glyph()), c.style()}
}

// Put writes text from column x of row y on, at most width columns, and gives the column after it.
func (b *Buffer) Put(x, y, width int, s string, st theme.Style) int {
	end := min(x+width, b.W)
	if y < 0 || y >= b.H || s == "" {
		return x
	}
	ink := inked(st)
	for len(s) > 0 && x < end {
		r, n := plain(s)
		if n == 0 {
			return b.putClusters(x, y, end, clean.Line(s).String(), st)
		}
		b.set(x, y, ink|code(r), 1)
		x++
		s = s[n:]
	}
	return x
}

// putClusters writes cleaned text by grapheme clusters.
func (b *Buffer) putClusters(x, y, end int, s string, st theme.Style) int {
	ink := inked(st)
	for len(s) > 0 && x < end {
		cluster, w := ansi.FirstGraphemeCluster(s, ansi.GraphemeWidth)
		s = s[len(cluster):]
		if w <= 0 {
			continue
		}
		if joins(cluster) {
			cluster, w = "\ufffd", 1
		}
		g := b.words.glyph(cluster)
		if x+w > end {
			g, w = blank, 1
		}
		b.set(x, y, ink|code(g), w)
		x += w
	}
	return x
}

// joins reports whether a cluster would grow together with what stands in the cell before it, as marks do that take
// room of their own: the row would be narrower than its cells.
func joins(cluster string) bool {
	c, _ := ansi.FirstGraphemeCluster(" "+cluster, ansi.GraphemeWidth)
	return len(c) > 1
}

// Right writes text so that it ends before column end, cut at its left limit from, and gives the column it begins at.
func (b *Buffer) Right(from, end, y int, s string, st theme.Style) int {
	x := max(end-Width(s), from)
	b.Put(x, y, end-x, s, st)
	return x
}

// Width is how many columns a text takes.
func Width(s string) int {
	w := 0
	for rest := s; len(rest) > 0; w++ {
		_, n := plain(rest)
		if n == 0 {
			return ansi.StringWidth(s)
		}
		rest = rest[n:]
	}
	return w
}

// set writes a cell, and where it is wide the one after it. What it leaves half of a wide character becomes a blank.
func (b *Buffer) set(x, y int, c code, w int) {
	if x < 0 {
		return
	}
	i := y*b.W + x
	if !b.wide && w == 1 {
		b.cells[i] = c
		return
	}
	if b.cells[i].glyph() == half && x > 0 {
		b.cells[i-1] = b.cells[i-1].with(blank)
	}
	b.cells[i] = c
	if w == 2 {
		b.wide = true
		b.cells[i+1] = c.with(half)
	}
	if x+w < b.W && b.cells[i+w].glyph() == half {
		b.cells[i+w] = b.cells[i+w].with(blank)
	}
}

// Paste puts another screen onto this one, from column x of row y on, as far as it fits.
func (b *Buffer) Paste(x, y int, from *Buffer) {
	for r := max(-y, 0); r < min(from.H, b.H-y); r++ {
		for c := max(-x, 0); c < min(from.W, b.W-x); c++ {
			k, w := from.cells[r*from.W+c], from.wideAt(c, r)
			switch g := k.glyph(); {
			case g == half && x+c > 0: // it came with what is wide
				continue
			case g == half, x+c+w > b.W: // of which the rest is cut
				k, w = k.with(blank), 1
			case g >= word:
				k = k.with(b.words.glyph(from.words.text(g)))
			}
			b.set(x+c, y+r, k, w)
		}
	}
}

// wideAt is how many columns what stands in a cell takes.
func (b *Buffer) wideAt(x, y int) int {
	if x+1 < b.W && b.cells[y*b.W+x+1].glyph() == half {
		return 2
	}
	return 1
}

// Sign is a rune of one column in a style, as a cell holds it: made once, it is set in no time.
type Sign code

// SignOf makes a sign, and reports whether the text is one: a single plain rune.
func SignOf(s string, st theme.Style) (Sign, bool) {
	if s == "" {
		return 0, false
	}
	g, n := plain(s)
	return Sign(inked(st) | code(g)), n == len(s)
}

// SignOfRune makes a sign of a rune, and reports whether it is a plain one.
func SignOfRune(r rune, st theme.Style) (Sign, bool) {
	if r == ' ' {
		r = rune(blank)
	} else if r < ' ' || r == 0x7f || r >= utf8.RuneSelf && !single(r) {
		return 0, false
	}
	return Sign(inked(st) | code(r)), true
}

// With adds attributes to its style.
func (s Sign) With(a theme.Attr) Sign { return s | Sign(a)<<attrAt }

// Set writes a sign.
func (b *Buffer) Set(x, y int, s Sign) {
	if x >= 0 && y >= 0 && x < b.W && y < b.H {
		b.set(x, y, code(s), 1)
	}
}

// Fill makes a rectangle of one sign, one column wide.
func (b *Buffer) Fill(x, y, w, h int, s string, st theme.Style) {
	g, n := plain(s)
	if n == 0 || n != len(s) {
		g = b.words.glyph(clean.Line(s).String())
	}
	c := inked(st) | code(g)
	from, to := max(x, 0), min(x+w, b.W)
	for r := max(y, 0); r < min(y+h, b.H); r++ {
		if !b.wide && from < to {
			row := b.cells[r*b.W+from : r*b.W+to]
			for i := range row {
				row[i] = c
			}
			continue
		}
		for at := from; at < to; at++ {
			b.set(at, r, c, 1)
		}
	}
}

// Restyle changes the style of a rectangle and leaves its text.
func (b *Buffer) Restyle(x, y, w, h int, f func(theme.Style) theme.Style) {
	for r := max(y, 0); r < min(y+h, b.H); r++ {
		for at := max(x, 0); at < min(x+w, b.W); at++ {
			p := &b.cells[r*b.W+at]
			*p = inked(f(p.style())) | code(p.glyph())
		}
	}
}

// Box draws a rounded border round a rectangle.
func (b *Buffer) Box(x, y, w, h int, st theme.Style) {
	if w < 2 || h < 2 {
		return
	}
	b.Fill(x+1, y, w-2, 1, "─", st)
	b.Fill(x+1, y+h-1, w-2, 1, "─", st)
	b.Fill(x, y+1, 1, h-2, "│", st)
	b.Fill(x+w-1, y+1, 1, h-2, "│", st)
	b.Put(x, y, 1, "╭", st)
	b.Put(x+w-1, y, 1, "╮", st)
	b.Put(x, y+h-1, 1, "╰", st)
	b.Put(x+w-1, y+h-1, 1, "╯", st)
}

// Render gives the screen as a string of H rows with line feeds between them.
func (b *Buffer) Render(t *theme.Theme) string {
	fresh := b.theme != t || b.rows == nil
	if fresh {
		b.theme, b.was, b.rows = t, make([]code, len(b.cells)), make([]string, b.H)
	}
	changed := false
	for y := range b.H {
		now, was := b.cells[y*b.W:(y+1)*b.W], b.was[y*b.W:(y+1)*b.W]
		if fresh || !same(now, was) {
			copy(was, now)
			b.line = b.words.render(b.line[:0], now, t)
			b.rows[y] = string(b.line)
			changed = true
		}
	}
	if changed {
		b.screen = strings.Join(b.rows, "\n")
	}
	return b.screen
}
