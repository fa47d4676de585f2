package debugger

import (
	"fmt"
	"strings"

	"github.com/charmbracelet/x/ansi"

	"voxmesh/mesh"
	"voxmesh/tui/cell"
	"voxmesh/tui/format"
	"voxmesh/tui/layout"
	"voxmesh/tui/pane"
	"voxmesh/tui/reading"
	"voxmesh/tui/row"
	"voxmesh/tui/theme"
)

// How high what stands under the lanes is, with its border.
const (
	underRows     = 6
	underRowsWide = 12
	tallRows      = 32
)

// place gives the regions their rectangles in the frame.
func (l *Layer) place(f layout.Frame) {
	l.frame = f
	clear(l.rects[:])
	r := f.Pane
	focus := l.focus
	if focus == ruler {
		focus = lanes
	}
	switch {
	case f.OneUp || l.alone:
		l.rects[focus] = r
		return
	case f.Width < layout.Wide:
		n := min(underRows, r.H/2)
		if r.H >= tallRows {
			n = underRowsWide
		}
		l.rects[lanes] = layout.Rect{X: r.X, Y: r.Y, W: r.W, H: r.H - n}
		l.rects[l.under] = layout.Rect{X: r.X, Y: r.Y + r.H - n, W: r.W, H: n}
		return
	}
	n := min(underRowsWide, r.H/2)
	w := r.W * 7 / 12
	l.rects[lanes] = layout.Rect{X: r.X, Y: r.Y, W: r.W, H: r.H - n}
	l.rects[about] = layout.Rect{X: r.X, Y: r.Y + r.H - n, W: w, H: n}
	l.rects[output] = layout.Rect{X: r.X + w, Y: r.Y + r.H - n, W: r.W - w, H: n}
}

// Draw draws the timeline over the pane.
func (l *Layer) Draw(b *cell.Buffer, f layout.Frame) {
	l.place(f)
	l.views.Forget()
	l.signs.Forget()
	l.body = layout.Rect{}
	b.Fill(f.Pane.X, f.Pane.Y, f.Pane.W, f.Pane.H, " ", theme.Style{})
	switch {
	case f.TooSmall:
	case l.cmp != nil:
		l.drawCompare(b, f.Pane)
	default:
		l.drawRegions(b)
	}
	if l.s.Faint() {
		in := f.Pane.Inner()
		b.Restyle(in.X, in.Y, in.W, in.H, func(s theme.Style) theme.Style { return s.With(theme.Faint) })
	}
}

func (l *Layer) drawRegions(b *cell.Buffer) {
	if r := l.rects[lanes]; !r.Empty() {
		l.drawLanes(b, r)
	}
	if r := l.rects[about]; !r.Empty() {
		border := pane.Frame(b, r, l.focus == about)
		l.drawAboutHead(b, r, border)
		l.drawAbout(b, r)
	}
	if r := l.rects[output]; !r.Empty() {
		border := pane.Frame(b, r, l.focus == output)
		if l.beside() {
			pane.Heading(b, r, "Output", l.focus == output, border)
		} else {
			l.drawViews(b, r, border)
		}
		l.drawOutput(b, r, border)
	}
}

// beside reports whether about and output stand side by side.
func (l *Layer) beside() bool { return !l.rects[about].Empty() && !l.rects[output].Empty() }

// drawViews writes the names of what can stand under the lanes; what is there is in brackets where it has the focus.
func (l *Layer) drawViews(b *cell.Buffer, r layout.Rect, border theme.Style) int {
	x := r.X + 1
	for _, v := range []region{about, output} {
		text, st := " "+[...]string{about: "Span", output: "Output"}[v]+" ", border
		if v == l.under {
			st = theme.In(theme.Text).With(theme.Bold)
		}
		if v == l.focus {
			text = "[" + strings.TrimSpace(text) + "]"
		}
		to := b.Put(x, r.Y, r.X+r.W-1-x, text, st)
		l.views.Add(x, to, r.Y, int(v))
		x = to
	}
	return x
}

// drawAboutHead writes the picked span, its class and its node, and how it ended.
func (l *Layer) drawAboutHead(b *cell.Buffer, r layout.Rect, border theme.Style) {
	x := r.X + 1
	focused := l.focus == about
	if !l.beside() {
		x, focused = l.drawViews(b, r, border), false
	}
	s := l.span()
	if s == nil {
		return
	}
	text, ink := row.Status(safe(s.status))
	if s.kind == mesh.SpanAttempt {
		text = words(s.v.Status)
	}
	if begun(s) {
		text += " " + row.Lasted(l.took(s), 8)
	}
	end := r.X + r.W - 2
	end = b.Right(min(x+12, end), end, r.Y, " "+text+" ", ink)
	row.Head(b, x, r.Y, end-x-1, s.v.PrivacyClass, "", l.title(l.picked()), safe(s.v.NodeID), focused, border)
}

func (l *Layer) drawLanes(b *cell.Buffer, r layout.Rect) {
	focused := l.focus == lanes || l.focus == ruler
	border := pane.Frame(b, r, focused)
	in := r.Inner()
	d := &l.loaded
	if in.H < 3 || in.W < 30 {
		return
	}
	if l.tree != nil {
		l.drawHead(b, r, border)
		l.drawRows(b, r, border)
		return
	}
	b.Put(r.X+1, r.Y, r.W-2, " "+l.name()+" ", border)
	switch {
	case d.err != nil:
		reading.Failed(b, layout.Rect{X: in.X + 1, Y: in.Y, W: in.W - 2, H: in.H}, l.name()+" could not be read", d.err)
	case d.nothere != "":
		text := d.nothere + " at " + format.Time(l.now, l.s.Time().Location()) + "; . goes to live"
		b.Put(in.X+1, in.Y+1, in.W-2, text, theme.In(theme.Second))
	case d.slow:
		reading.Shape(b, in)
	}
}

// name is the id that the timeline was asked for, as long as the run is not known.
func (l *Layer) name() string {
	if l.run != "" {
		return l.run
	}
	return safe(l.want)
}

// drawHead writes the run, its class and title, and at the right how far it is and where the cursor stands.
func (l *Layer) drawHead(b *cell.Buffer, r layout.Rect, border theme.Style) {
	v := &l.tree.view
	root := &l.tree.spans[0]
	word, ink := row.Status(safe(v.Status))
	status := word + " " + row.Lasted(l.took(root), 8)
	var facts []string
	n := len(v.Jobs)
	if v.Workflow != "" {
		n = v.Activities // a retry is a job more and no activity
	}
	if n > 1 {
		facts = append(facts, fmt.Sprintf("%d of %d done", v.Done, n))
	}
	if i := l.picked(); i >= 0 {
		facts = append(facts, fmt.Sprintf("span %d of %d", i+1, len(l.tree.spans)))
	}
	if n := l.win.times(l.full()); n > 1 || l.focus == ruler {
		zoom := fmt.Sprintf("%d×", n)
		if l.focus == ruler {
			zoom = "[" + zoom + "]"
		}
		facts = append(facts, zoom)
	}
	const head = 26 // what it is, its id and class
	room := r.W - 4 - head
	for len(facts) > 0 && ansi.StringWidth(status+"  "+strings.Join(facts, "  ")) > room {
		facts = facts[1:]
	}
	end := r.X + r.W - 2
	if text := strings.Join(facts, "  "); text != "" {
		end = b.Right(r.X+1, end, r.Y, "  "+text+" ", border)
	} else {
		end = b.Right(r.X+1, end, r.Y, " ", border)
	}
	end = b.Right(r.X+1, end, r.Y, " "+status, ink)
	kind, name := "Run", v.RunID
	if v.Workflow != "" {
		kind = "Workflow"
	}
	row.Head(b, r.X+1, r.Y, end-r.X-2, v.PrivacyClass, kind, name, safe(v.Title), l.focus == lanes, border)
}

// legend is what the signs mean, the first to go last.
var legend = []string{"░ lease and dispatch", "█ running", "▒ folded", "✓ ✗ ■ end", "… running"}

// drawLegend writes what the signs mean, and whose clock was corrected, which comes first where there is little room.
func (l *Layer) drawLegend(b *cell.Buffer, in layout.Rect, y int) {
	st := theme.In(theme.Third)
	x, end := in.X+1, in.X+in.W-1
	says := l.skews()
	room := end - x
	if says != "" {
		room -= ansi.StringWidth(says) + 3
	}
	for _, s := range legend {
		w := ansi.StringWidth(s)
		if room < w {
			break
		}
		b.Put(x, y, w, s, st)
		x += w + 3
		room -= w + 3
	}
	b.Put(x, y, end-x, format.End(says, end-x), theme.In(theme.Waiting))
}

// skewLeast is the least skew that is worth a word.
const skewLeast = 100_000

// skews says which node's clock was ahead the most, and how many others were.
func (l *Layer) skews() string {
	var most mesh.ClockSkew
	n := 0
	for _, s := range l.tree.view.Skews {
		if s.Micros > -skewLeast && s.Micros < skewLeast {
			continue
		}
		n++
		if max(s.Micros, -s.Micros) > max(most.Micros, -most.Micros) {
			most = s
		}
	}
	switch {
	case n == 0:
		return ""
	case n == 1:
		return safe(most.NodeID) + " clock " + skew(most.Micros) + ", corrected"
	}
	return fmt.Sprintf("%s clock %s, %d more, corrected", safe(most.NodeID), skew(most.Micros), n-1)
}
