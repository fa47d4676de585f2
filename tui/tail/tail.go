// Package tail shows the end of a job's output: its bytes as lines that are safe on a terminal, broken to the width that
// there is, and where they are scrolled to.
//
// Text is pure and does what takes time: call it where the bytes are read. A View holds the lines and the place in them;
// it follows the end while that is in sight, and holds still where someone scrolled away. What is no text is told apart.
package tail

import (
	"bytes"
	"strings"
	"unicode/utf8"

	"charm.land/bubbles/v2/viewport"
	"github.com/charmbracelet/x/ansi"

	"voxmesh/mesh/clean"
	"voxmesh/tui/format"
	"voxmesh/tui/keys"
)

// Most is how much of an output is held: its end.
const Most = 64 << 10

// wheelRows is how far a notch of the wheel scrolls.
const wheelRows = 3

// Text makes lines of the last bytes of an output, without tabs, or says that they are no text. cut tells that they begin
// in the middle: the first line is left out then. Of more than Most bytes it takes the last, and says how many it left.
func Text(data []byte, cut bool) (lines []string, left int, binary bool) {
	if left = max(len(data)-Most, 0); left > 0 {
		data, cut = data[left:], true
	}
	if isBinary(data) {
		return nil, left, true
	}
	if i := bytes.IndexByte(data, '\n'); cut && i >= 0 {
		data = data[i+1:]
	}
	text := strings.TrimSuffix(clean.Block(string(data)).String(), "\n")
	if text == "" {
		return nil, left, false
	}
	lines = strings.Split(text, "\n")
	for i, s := range lines {
		if strings.ContainsRune(s, '\t') {
			lines[i] = untab(s)
		}
	}
	return lines, left, false
}

// untab puts blanks in the place of tabs.
func untab(s string) string {
	const stop = 8
	var b strings.Builder
	at := 0
	for i, part := range strings.Split(s, "\t") {
		if i > 0 {
			n := stop - at%stop
			b.WriteString(strings.Repeat(" ", n))
			at += n
		}
		b.WriteString(part)
		at += ansi.StringWidth(part)
	}
	return b.String()
}

// isBinary reports whether bytes are no text: a NUL near the beginning, or much that is no UTF-8.
func isBinary(p []byte) bool {
	const look = 8 << 10
	p = p[:min(len(p), look)]
	if bytes.IndexByte(p, 0) >= 0 {
		return true
	}
	bad := 0
	for i := 0; i < len(p); {
		r, n := utf8.DecodeRune(p[i:])
		if r == utf8.RuneError && n == 1 && i > utf8.UTFMax && i < len(p)-utf8.UTFMax {
			bad++
		}
		i += n
	}
	return bad*10 > len(p)
}

// View is lines and where they are scrolled to. Bubbles' viewport keeps that; whoever has the view draws the rows. Make
// one with New.
type View struct {
	lines []string
	rows  []string // the same, broken to width
	width int
	port  viewport.Model
}

// New makes an empty view.
func New() View {
	v := viewport.New()
	v.KeyMap = viewport.KeyMap{
		Up: keys.Get(keys.Up).Binding, Down: keys.Get(keys.Down).Binding,
		PageUp: keys.Get(keys.PageUp).Binding, PageDown: keys.Get(keys.PageDown).Binding,
		HalfPageUp: keys.Get(keys.HalfUp).Binding, HalfPageDown: keys.Get(keys.HalfDown).Binding,
	}
	return View{port: v}
}

// Set gives the view other lines. They are not to be changed after.
func (v *View) Set(lines []string) { v.lines, v.width = lines, 0 }

// Clear takes them all away, so that the end is in sight.
func (v *View) Clear() {
	v.lines, v.rows, v.width = nil, nil, 0
	v.port.SetContentLines(nil)
}

// Len is how many lines there are.
func (v *View) Len() int { return len(v.lines) }

// Lines gives them. They are not to be changed.
func (v *View) Lines() []string { return v.lines }

// Move does what a key of movement does, and reports whether it is one.
func (v *View) Move(id keys.ID) bool {
	switch id {
	case keys.Home:
		v.port.GotoTop()
	case keys.End:
		v.port.GotoBottom()
	case keys.Up:
		v.port.ScrollUp(1)
	case keys.Down:
		v.port.ScrollDown(1)
	case keys.PageUp:
		v.port.PageUp()
	case keys.PageDown:
		v.port.PageDown()
	case keys.HalfUp:
		v.port.HalfPageUp()
	case keys.HalfDown:
		v.port.HalfPageDown()
	default:
		return false
	}
	return true
}

// Wheel scrolls.
func (v *View) Wheel(down bool) {
	if down {
		v.port.ScrollDown(wheelRows)
	} else {
		v.port.ScrollUp(wheelRows)
	}
}

// Fit breaks the lines to w columns and gives the rows that h rows show, the first of them and how many there are.
func (v *View) Fit(w, h int) (rows []string, top, all int) {
	following := v.port.AtBottom()
	v.port.SetWidth(w)
	v.port.SetHeight(max(h, 0))
	if w != v.width {
		v.width = w
		v.rows = v.rows[:0]
		for _, s := range v.lines {
			if len(s) <= w || ansi.StringWidth(s) <= w {
				v.rows = append(v.rows, s)
				continue
			}
			v.rows = append(v.rows, format.Chunk(s, w)...)
		}
		v.port.SetContentLines(make([]string, len(v.rows)))
	}
	if following {
		v.port.GotoBottom()
	}
	v.port.SetYOffset(v.port.YOffset())
	top = v.port.YOffset()
	return v.rows[top:min(top+max(h, 0), len(v.rows))], top, len(v.rows)
}
