// Package cell is a screen of cells on which the console is drawn.
//
// A Buffer has a fixed size. What is written outside of it, or wider than it may be, is cut, so that no row of a frame
// is ever longer than the terminal is wide and no frame has more rows, whatever a pane does. Text is written by
// grapheme cluster; a wide one that would be cut in two becomes a blank. Nothing that could drive the terminal gets
// in: text is cleaned again here, though it was cleaned when it entered the process. Rendering writes each change of
// style once, with the escape sequences that the theme has ready, and only the rows that differ from the last time:
// the others, and a screen that does not differ at all, are the strings that they were.
package cell

import (
	"slices"
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
	cells []Cell

	// As it was rendered last.
	theme  *theme.Theme
	was    []Cell
	rows   []string
	screen string
}

// New makes a screen of blanks. A negative size counts as none.
func New(w, h int) *Buffer {
	w, h = max(w, 0), max(h, 0)
	b := &Buffer{W: w, H: h, cells: make([]Cell, w*h)}
	b.Clear()
	return b
}

// Clear makes every cell a plain blank.
func (b *Buffer) Clear() {
	for i := range b.cells {
		b.cells[i] = Cell{S: " "}
	}
}

// At gives the cell at column x of row y, or a blank outside.
func (b *Buffer) At(x, y int) Cell {
	if x < 0 || y < 0 || x >= b.W || y >= b.H {
		return Cell{S: " "}
	}
	return b.cells[y*b.W+x]
}

// Put writes text from column x of row y on, at most width columns, and gives the column after it.
func (b *Buffer) Put(x, y, width int, s string, st theme.Style) int {
	end := min(x+width, b.W)
	if y < 0 || y >= b.H || s == "" {
		return x
	}
	s = clean.Line(s).String()
	for len(s) > 0 && x < end {
		var cluster string
		w := 1
		if s[0] < utf8.RuneSelf && (len(s) == 1 || s[1] < utf8.RuneSelf) {
			cluster, s = s[:1], s[1:]
		} else {
			cluster, w = ansi.FirstGraphemeCluster(s, ansi.GraphemeWidth)
			s = s[len(cluster):]
		}
		switch {
		case w <= 0:
			continue
		case x+w > end:
			cluster, w = " ", 1
		}
		b.set(x, y, cluster, w, st)
		x += w
	}
	return x
}

// Right writes text so that it ends before column end, cut at its left limit from, and gives the column it begins at.
func (b *Buffer) Right(from, end, y int, s string, st theme.Style) int {
	x := max(end-ansi.StringWidth(s), from)
	b.Put(x, y, end-x, s, st)
	return x
}

func (b *Buffer) set(x, y int, s string, w int, st theme.Style) {
	if x < 0 {
		return
	}
	i := y*b.W + x
	if b.cells[i].S == "" && x > 0 { // the half of a wide character that is written over
		b.cells[i-1].S = " "
	}
	b.cells[i] = Cell{s, st}
	if w == 2 {
		b.cells[i+1] = Cell{"", st}
	}
	if x+w < b.W && b.cells[i+w].S == "" {
		b.cells[i+w].S = " "
	}
}

// Fill makes a rectangle of one sign, one column wide.
func (b *Buffer) Fill(x, y, w, h int, s string, st theme.Style) {
	for r := max(y, 0); r < min(y+h, b.H); r++ {
		for c := max(x, 0); c < min(x+w, b.W); c++ {
			b.set(c, r, s, 1, st)
		}
	}
}

// Restyle changes the style of a rectangle and leaves its text.
func (b *Buffer) Restyle(x, y, w, h int, f func(theme.Style) theme.Style) {
	for r := max(y, 0); r < min(y+h, b.H); r++ {
		for c := max(x, 0); c < min(x+w, b.W); c++ {
			p := &b.cells[r*b.W+c]
			p.Style = f(p.Style)
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
		b.theme, b.was, b.rows = t, make([]Cell, len(b.cells)), make([]string, b.H)
	}
	changed := false
	for y := range b.H {
		now, was := b.cells[y*b.W:(y+1)*b.W], b.was[y*b.W:(y+1)*b.W]
		if fresh || !slices.Equal(now, was) {
			copy(was, now)
			b.rows[y] = render(now, t)
			changed = true
		}
	}
	if changed || fresh {
		b.screen = strings.Join(b.rows, "\n")
	}
	return b.screen
}

func render(cells []Cell, t *theme.Theme) string {
	var out strings.Builder
	out.Grow(2 * len(cells))
	last := theme.Style{}
	for _, c := range cells {
		if c.Style != last {
			out.WriteString(t.SGR(c.Style))
			last = c.Style
		}
		write(&out, t, c.S)
	}
	if last != (theme.Style{}) {
		out.WriteString("\x1b[m")
	}
	return out.String()
}

func write(out *strings.Builder, t *theme.Theme, s string) {
	if !t.ASCII || len(s) == 1 {
		out.WriteString(s)
		return
	}
	if s == "" { // the second column of a wide character, which is one question mark now
		out.WriteByte('?')
		return
	}
	r, _ := utf8.DecodeRuneInString(s)
	out.WriteRune(t.Glyph(r))
}
