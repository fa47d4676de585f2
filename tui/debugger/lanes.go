package debugger

import (
	"slices"
	"strings"
	"time"

	"github.com/charmbracelet/x/ansi"

	"voxmesh/mesh"
	"voxmesh/tui/cell"
	"voxmesh/tui/format"
	"voxmesh/tui/layout"
	"voxmesh/tui/pane"
	"voxmesh/tui/row"
	"voxmesh/tui/theme"
)

// columns are where things stand in a lane.
type columns struct {
	name, node int // widths; no node: there is none, and no time
	axis, w    int // where the axis begins, and its width
}

const (
	leadWidth  = 2 // cursor, mark
	timeWidth  = 5
	wideInner  = layout.Wide - 2
	wideNames  = 20
	names      = 24
	namesLeast = 18
)

func columnsOf(in layout.Rect) columns {
	c := columns{name: names}
	switch {
	case in.W >= layout.Widest-2:
		c.name, c.node = 32, 14
	case in.W >= wideInner:
		c.name, c.node = wideNames, 10
	case in.W < 78:
		c.name = namesLeast
	}
	c.axis = leadWidth + c.name + 1 + row.BadgeWidth + 2
	if c.node > 0 {
		c.axis += 1 + c.node + 1 + timeWidth
	}
	c.w = max(in.W-1-c.axis, 1)
	return c
}

func (l *Layer) drawRows(b *cell.Buffer, r layout.Rect, border theme.Style) {
	in := r.Inner()
	c := columnsOf(in)
	a := l.ruled(c.w)
	l.drawRuler(b, in, c, a)
	body := layout.Rect{X: in.X, Y: in.Y + 1, W: in.W, H: in.H - 2}
	from, to := l.list.Window(body.H)
	l.body, l.from = body, from
	if len(l.marks) != c.w {
		l.marks = make([]mark, c.w)
	}
	for i := from; i < to && i < len(l.shown); i++ {
		l.drawLane(b, body, body.Y+i-from, i, c, a)
	}
	l.drawLegend(b, in, in.Y+in.H-1)
	pane.Facts(b, r, r.Y+r.H-1, l.list.Position(), border)
}

// drawRuler writes the heads of the columns and the times of the axis.
func (l *Layer) drawRuler(b *cell.Buffer, in layout.Rect, c columns, a *axis) {
	st := theme.In(theme.Third)
	x, y := in.X+leadWidth, in.Y
	b.Put(x, y, c.name, "SPAN", st)
	x += c.name + 1
	b.Put(x, y, row.BadgeWidth, "CLASS", st)
	x += row.BadgeWidth + 1
	if c.node > 0 {
		b.Put(x, y, c.node, "NODE", st)
		x += c.node + 1
		b.Right(x, x+timeWidth, y, "TIME", st)
	}
	x = in.X + c.axis
	b.Put(x+c.w-1, y, 1, "╷", st)
	zone, form := l.s.Time().Location(), tickForm(a)
	for _, t := range a.ticks(len(form) + 2) {
		b.Put(x+t.x, y, c.w-t.x, "╵"+time.UnixMicro(t.at).In(zone).Format(form), st)
	}
	for _, p := range a.parts {
		if p.fold {
			b.Fill(x+p.x, y, p.n, 1, " ", st)
			b.Put(x+p.x, y, 1, "╱", st)
			b.Put(x+p.x+1, y, p.n-2, row.Lasted(time.Duration(p.to-p.from)*time.Microsecond, p.n-2), theme.In(theme.Second))
			b.Put(x+p.x+p.n-1, y, 1, "╱", st)
		}
	}
}

// tickForm is how the times of an axis are written: with the day where it is long, with the parts of a second where it
// is short.
func tickForm(a *axis) string {
	switch d := time.Duration(a.to-a.from) * time.Microsecond; {
	case d > 48*time.Hour:
		return "2 Jan 15:04"
	case d < 5*time.Second:
		return "04:05.000"
	}
	return "15:04:05"
}

// drawLane draws one span.
func (l *Layer) drawLane(b *cell.Buffer, body layout.Rect, y, at int, c columns, a *axis) {
	i := l.shown[at]
	s := &l.tree.spans[i]
	selected := at == l.list.At()
	look := row.Look{Selected: selected, Focused: l.focus == lanes || l.focus == ruler}
	br := row.Branch{
		Guide: strings.Repeat("  ", min(s.depth, 8)), Name: safe(s.v.SpanName), Hidden: l.tree.hidden(i, l.folds),
	}
	var fields []row.Field
	if c.node > 0 {
		fields = l.laneFields(s, c)
	}
	bar := l.barOf(i, a)
	bar.X, bar.Marked = body.X+c.axis, l.isMarked(s.v.SpanID)
	x, end := row.Lane(b, body.X, y, body.W, s.v.PrivacyClass, br, c.name, fields, bar, look)
	if end > x {
		l.signs.Add(x, end, y, at)
	}
}

func (l *Layer) laneFields(s *span, c columns) []row.Field {
	second := theme.In(theme.Second)
	node := format.Middle(safe(s.v.NodeID), c.node)
	if node == "" && s.kind != mesh.SpanRun {
		node = format.Dash
	}
	took := format.Dash
	if begun(s) {
		took = row.Lasted(l.took(s), timeWidth)
	}
	return []row.Field{
		{Text: node, Width: c.node, Gap: 1, Style: second},
		{Text: took, Width: timeWidth, Gap: 1, Right: true},
	}
}

// begun reports whether a span is more than something that waits, or that an earlier run's result stands for.
func begun(s *span) bool {
	return s.status != mesh.ActivityReusedFrom && s.shape.end != blank && (s.shape.leased > 0 || s.shape.to > 0)
}

func (l *Layer) isMarked(id string) bool { return slices.Contains(l.marked, id) }

// shape is that of a span as it is now: what goes on ends now, and of a branch whose attempts are to be seen the bar is
// whole.
func (l *Layer) shape(i int) shape {
	s := &l.tree.spans[i]
	out := s.shape
	if s.kind == mesh.SpanActivity && s.end > i+1 && l.tree.open(i, l.folds) && out.leased > 0 {
		out.ran = out.leased
	}
	if out.to == 0 {
		out.to = max(l.now, out.from)
	}
	if !begun(s) {
		out.end = blank
	}
	return out
}

// barOf lays out the bar of a span, and where it has none the words in its place.
func (l *Layer) barOf(i int, a *axis) row.Bar {
	s := &l.tree.spans[i]
	sh := l.shape(i)
	if !begun(s) {
		sh.from = 0 // words stand in its place
	}
	sh.draw(a, l.marks)
	ink := inks(s.status)
	l.parts = l.parts[:0]
	for k := 0; k < len(l.marks); {
		n := k + 1
		for n < len(l.marks) && l.marks[n] == l.marks[k] {
			n++
		}
		if m := l.marks[k]; m != blank {
			sign, st := signs[m], ink
			if m < runs || m == through || m == breaks || m == line {
				st = theme.In(theme.Third)
			}
			l.parts = append(l.parts, row.Stretch{At: k, N: n - k, Sign: sign, Style: st})
		}
		k = n
	}
	bar := row.Bar{Parts: l.parts}
	if !begun(s) {
		bar.At, bar.Says = waitsOf(s, a)
	}
	return bar
}

// signs are how the marks look.
var signs = [...]string{
	waits: "·", leased: "░", runs: "█", through: "▒", line: "─", breaks: "╱", goesOn: "…", done: "✓", failed: "✗", killed: "■",
}

func inks(status string) theme.Style {
	switch {
	case status == mesh.Killed.String():
		return theme.In(theme.Second)
	case trouble(status):
		return theme.In(theme.Failed)
	case status == mesh.Succeeded.String():
		return theme.In(theme.OK)
	}
	return theme.In(theme.Text)
}

// waitsOf says what a span that did not begin waits for, or why it will not begin: in the middle of the last stretch
// that is not folded, or at the right end: from which column on.
func waitsOf(s *span, a *axis) (int, row.Field) {
	text, ink := "· "+words(s.status), theme.Second
	if open(s.status) {
		ink = theme.Waiting
		switch {
		case s.v.Waits != "":
			text = "· waits for " + safe(s.v.Waits)
			if s.status == mesh.Queued.String() {
				text = "· waits: " + safe(s.v.Waits) // as "no cpu free"
			}
		case s.status == mesh.Queued.String():
			text = "· next to start"
		default:
			text = "· waits"
		}
	} else if s.v.Waits != "" {
		text += ": " + safe(s.v.Waits)
	}
	p := a.parts[len(a.parts)-1]
	w := ansi.StringWidth(text)
	if w <= p.n {
		return p.x + (p.n-w)/2, row.Field{Text: text, Width: w, Style: theme.In(ink)}
	}
	at := max(a.w-w, 0)
	return at, row.Field{Text: text, Width: a.w - at, Style: theme.In(ink)}
}
