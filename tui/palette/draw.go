package palette

import (
	"fmt"
	"strings"
	"time"

	"github.com/charmbracelet/x/ansi"

	"voxmesh/tui/cell"
	"voxmesh/tui/format"
	"voxmesh/tui/layout"
	"voxmesh/tui/pane"
	"voxmesh/tui/row"
	"voxmesh/tui/theme"
)

// The size of the palette: always the same, so that nothing jumps.
const (
	narrow    = 76
	wide      = 90
	height    = 16
	about     = 3 // rows under the list
	aroundTop = 3 // rows over it: border, query, line
	around    = aroundTop + 1 + about + 1
)

// loadAfter is how long a request may take before its place is drawn.
const loadAfter = 100 * time.Millisecond

// place says where the palette lies.
func place(f layout.Frame) layout.Rect {
	w := narrow
	if f.Width >= wide+4 {
		w = wide
	}
	r := layout.Rect{W: min(w, f.Width-4), H: min(height, f.Layer.H)}
	r.X = (f.Width - r.W) / 2
	r.Y = f.Layer.Y + min(max((f.Layer.H-r.H)/4, 1), max(f.Layer.H-r.H, 0))
	return r
}

// Draw draws the palette over the pane.
func (l *Layer) Draw(b *cell.Buffer, f layout.Frame) {
	r := place(f)
	b.Fill(r.X, r.Y, r.W, r.H, " ", theme.Style{})
	border := pane.Frame(b, r, true)
	pane.Heading(b, r, "Command", true, border)
	pane.Facts(b, r, r.Y, l.counts(), border)
	b.Put(r.X+2, r.Y+1, 1, ">", theme.In(theme.Second).With(theme.Bold))
	l.in.Draw(b, r.X+4, r.Y+1, r.W-6, true)
	line(b, r, r.Y+2, border)
	rows := max(r.H-around, 1)
	line(b, r, r.Y+aroundTop+rows, border)
	l.frame = frame{rows: layout.Rect{X: r.X + 1, Y: r.Y + aroundTop, W: r.W - 2, H: rows}}
	l.drawRows(b, f)
	l.drawAbout(b, layout.Rect{X: r.X + 2, Y: r.Y + aroundTop + rows + 1, W: r.W - 4, H: about})
	l.drawPrefixes(b, r, border)
}

func line(b *cell.Buffer, r layout.Rect, y int, st theme.Style) {
	b.Put(r.X, y, 1, "├", st)
	b.Fill(r.X+1, y, r.W-2, 1, "─", st)
	b.Put(r.X+r.W-1, y, 1, "┤", st)
}

// counts says how many entries fit what is typed, of how many.
func (l *Layer) counts() string {
	if l.index == nil {
		return ""
	}
	n := len(l.index.entries)
	if l.total == n {
		return fmt.Sprint(n)
	}
	return fmt.Sprintf("%d of %d", l.total, n)
}

func (l *Layer) drawRows(b *cell.Buffer, f layout.Frame) {
	r := l.frame.rows
	from, to := l.list.Window(r.H)
	for i := from; i < to; i++ {
		e := l.rows[i]
		class, o := l.offer(e)
		row.Choice(b, r.X, r.Y+i-from, r.W, class, o, row.Look{Selected: i == l.list.At(), Focused: true})
	}
	if len(l.rows) > 0 {
		return
	}
	if l.waiting() {
		l.drawLoading(b, r)
		return
	}
	b.Put(r.X+2, r.Y, r.W-3, l.nothing(), theme.In(theme.Second))
}

// drawLoading draws rows of the right shape while the entries are made.
func (l *Layer) drawLoading(b *cell.Buffer, r layout.Rect) {
	if l.s.Now().Sub(l.asked) < loadAfter {
		return
	}
	for y := range r.H {
		b.Put(r.X+2, r.Y+y, r.W-4, strings.Repeat("·", 12+y*5%9), theme.In(theme.Third).With(theme.Faint))
	}
}

// nothing says why there is no row.
func (l *Layer) nothing() string {
	switch m, _, rest := query(l.in.Value()); {
	case m == submit:
		return "Type what you want done."
	case (m == urgent || m == deferred) && l.index != nil && l.index.open == l.index.runs:
		return "No item waits in the hopper."
	case m == file && rest == "":
		return "Type the file, then a part of the node's name."
	case m == nodes && rest == "":
		return "No node is here yet."
	case m == runs && rest == "":
		return "Nothing ran yet."
	}
	return "Nothing has these letters in this order."
}

// drawAbout draws what the row under the cursor does, and the command that does the same.
func (l *Layer) drawAbout(b *cell.Buffer, r layout.Rect) {
	e, ok := l.current()
	if !ok {
		return
	}
	var command []string
	if c := l.command(e); c != "" {
		command = format.Command("$ "+c, r.W)
		if len(command) > r.H-1 {
			command = command[:r.H-1]
			command[r.H-2] = format.End(strings.TrimSuffix(command[r.H-2], " \\")+" …", r.W)
		}
	}
	room := r.H - len(command)
	st, said := theme.In(theme.Text), l.about(e)
	switch why := l.why(e); {
	case l.handing != 0 && e.intent():
		st, said = theme.In(theme.Waiting), "Handing it in…"
	case l.failed != nil && e.intent():
		st, said = theme.In(theme.Failed), l.refusal()
	case why != "":
		st, said = theme.In(theme.Waiting), "Not now: "+why+"."
	}
	says := format.Wrap(said, r.W)
	if len(says) > room {
		says = says[:room]
		says[room-1] = format.End(says[room-1]+" …", r.W)
	}
	for i, s := range says {
		b.Put(r.X, r.Y+i, r.W, s, st)
	}
	for i, s := range command {
		b.Put(r.X, r.Y+room+i, r.W, s, theme.In(theme.Second))
	}
}

// drawPrefixes writes into the lower border what narrows, as much as fits; each word types itself when it is clicked.
func (l *Layer) drawPrefixes(b *cell.Buffer, r layout.Rect, border theme.Style) {
	now, _, _ := query(l.in.Value())
	x, y, end := r.X+2, r.Y+r.H-1, r.X+r.W-2
	for _, p := range prefixes {
		w := ansi.StringWidth(p.word)
		if w == 0 || x+w+2 > end {
			break
		}
		st := theme.In(theme.Second)
		if p.mode == now {
			st = theme.In(theme.Text).With(theme.Bold)
		}
		b.Put(x, y, w+2, " "+p.word+" ", st)
		l.frame.words = append(l.frame.words, word{layout.Rect{X: x + 1, Y: y, W: w, H: 1}, p.prefix})
		b.Put(x, y, 1, " ", border)
		x += w + 2
	}
}
