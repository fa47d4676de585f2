package drawer

import (
	"fmt"
	"strings"
	"time"

	"github.com/charmbracelet/x/ansi"

	"voxmesh/tui/cell"
	"voxmesh/tui/format"
	"voxmesh/tui/layout"
	"voxmesh/tui/list"
	"voxmesh/tui/pane"
	"voxmesh/tui/reading"
	"voxmesh/tui/row"
	"voxmesh/tui/theme"
)

// headRows is the title and the link over each view.
const headRows = 2

func (l *Layer) draw(b *cell.Buffer, r layout.Rect) {
	b.Fill(r.X, r.Y, r.W, r.H, " ", theme.Style{})
	border := pane.Frame(b, r, true)
	x := l.drawViews(b, r, border)
	in := r.Inner()
	if in.H < headRows+3 || in.W < 20 {
		return
	}
	d := &l.loaded
	switch {
	case d.have:
		l.drawTitle(b, r, x, border)
		l.drawHead(b, in)
		body := layout.Rect{X: in.X, Y: in.Y + headRows, W: in.W, H: in.H - headRows - 1}
		l.drawView(b, r, body, border)
	case d.err != nil:
		reading.Failed(b, layout.Rect{X: in.X + 1, Y: in.Y + 1, W: in.W - 2, H: in.H - 2}, l.name()+" could not be read", d.err)
	case d.nothere != "":
		text := d.nothere + " at " + format.Time(l.s.Time().UnixMicro(), l.s.Time().Location()) + "; . goes to live"
		b.Put(in.X+1, in.Y+1, in.W-2, text, theme.In(theme.Second))
	case d.slow:
		reading.Shape(b, layout.Rect{X: in.X, Y: in.Y + headRows, W: in.W, H: in.H - headRows - 1})
	}
	b.Put(in.X+1, in.Y+in.H-1, in.W-2, l.command(), theme.In(theme.Third))
	if l.s.Faint() {
		b.Restyle(in.X, in.Y, in.W, in.H, func(s theme.Style) theme.Style { return s.With(theme.Faint) })
	}
}

func (l *Layer) drawView(b *cell.Buffer, r, body layout.Rect, border theme.Style) {
	switch l.view {
	case events:
		l.drawEvents(b, r, body, border)
	case output:
		l.drawOutput(b, r, body, border)
	case attempts:
		l.drawAttempts(b, r, body, border)
	case record:
		l.drawRecord(b, r, body, border)
	}
}

// name is the id that the drawer was asked for, as long as the run is not known.
func (l *Layer) name() string {
	if l.run != "" {
		return l.run
	}
	return l.want
}

// command is what shows the same on the command line.
func (l *Layer) command() string {
	if l.view == output {
		if job := l.outputJob(); job != "" {
			return "$ voxmesh logs " + job
		}
	}
	if l.run == "" {
		return "$ voxmesh jobs " + l.want
	}
	return "$ voxmesh runs " + l.run
}

func (l *Layer) drawViews(b *cell.Buffer, r layout.Rect, border theme.Style) int {
	x := r.X + 1
	for v, name := range viewNames {
		text, st := " "+name+" ", border
		if view(v) == l.view {
			text, st = "["+name+"]", theme.In(theme.Text).With(theme.Bold)
		}
		to := b.Put(x, r.Y, r.X+r.W-1-x, text, st)
		l.tabs.Add(x, to, r.Y, v)
		x = to
	}
	return x
}

// drawTitle writes the run, its class and its status at the right of the border; the status goes first where it is
// narrow.
func (l *Layer) drawTitle(b *cell.Buffer, r layout.Rect, from int, border theme.Style) {
	v := &l.loaded.view
	class := v.PrivacyClass.Badge()
	word, ink := row.Status(v.Status)
	fact := " " + word + " " + row.Lasted(ms(v.DurationMS), 8) + " "
	end, room := r.X+r.W-2, r.X+r.W-2-from
	need := ansi.StringWidth(l.run) + len(class) + 3
	if need+ansi.StringWidth(fact) <= room {
		end = b.Right(from, end, r.Y, fact, ink)
	}
	w := min(need, end-from)
	if w > len(class)+6 {
		row.Title(b, end-w, r.Y, w, v.PrivacyClass, l.run, border)
	}
}

func ms(n int64) time.Duration { return time.Duration(n) * time.Millisecond }

// drawHead writes what the run is, what it cost, and its link.
func (l *Layer) drawHead(b *cell.Buffer, in layout.Rect) {
	v := &l.loaded.view
	facts := []string{}
	switch n := len(v.Jobs); {
	case v.Workflow != "":
		facts = append(facts, fmt.Sprintf("workflow, %d of %d done", v.Done, v.Activities))
	case n > 1:
		facts = append(facts, fmt.Sprintf("%d of %d jobs done", v.Done, n))
	case n == 1:
		if j, ok := l.jobOf(v.Jobs[0]); ok {
			facts = append(facts, safe(j.Runner)+", "+safe(j.Kind))
		}
	}
	facts = append(facts, format.Money(micros(v.CostUSD)))
	x, w := in.X+1, in.W-2
	at := b.Right(x, x+w, in.Y, strings.Join(facts, "   "), theme.In(theme.Second))
	b.Put(x, in.Y, at-x-1, format.End(safe(v.Title), at-x-1), theme.Style{}.With(theme.Bold))
	b.Put(x, in.Y+1, w, l.link(), theme.In(theme.Second))
}

func (l *Layer) link() string { return "vox://trace/" + l.loaded.view.TraceID }

// window takes the place of a list's rows, and gives those to draw.
func (l *Layer) window(rows *list.List, body layout.Rect) (from, to int) {
	from, to = rows.Window(body.H)
	l.body, l.from = body, from
	return from, to
}

// ---- events ----

// The columns of the tree beside its names, and those that come where there is room.
const (
	nameWidth   = 28
	leastName   = 18
	eventFields = 1 + row.BadgeWidth + 1 + 12 + 1 + 8 + 1 + 5 + 2 + 9
	startField  = 1 + 8
	tryField    = 1 + 3
	costField   = 1 + 6
	errorLeast  = 1 + 12
)

// eventColumns says how wide the names are in w columns, and which columns are added: TRY, COST, the error. Where names
// could not be told apart START goes: the record and the way there have it.
func eventColumns(w int) (name int, start, try, cost bool, err int) {
	room := w - 2 - eventFields - 1 // a blank before the border
	if start = room >= leastName; !start {
		room += startField
	}
	name = max(min(nameWidth, room), min(leastName, max(room, 8)))
	room -= name
	if try = room >= tryField; try {
		room -= tryField
	}
	if cost = try && room >= costField; cost {
		room -= costField
	}
	if room >= errorLeast {
		err = room - 1
		if err > 40 { // the tree can use it too
			name += err - 40
			err = 40
		}
	}
	return name, start, try, cost, err
}

func (l *Layer) drawEvents(b *cell.Buffer, r, body layout.Rect, border theme.Style) {
	name, start, try, cost, errw := eventColumns(body.W)
	l.drawEventHead(b, body, name, start, try, cost, errw)
	body.Y, body.H = body.Y+1, body.H-1
	from, to := l.window(&l.tree, body)
	for i := from; i < to && i < len(l.lines); i++ {
		n, y := &l.lines[i], body.Y+i-from
		look := row.Look{Selected: i == l.tree.At(), Focused: true}
		br := row.Branch{Guide: n.guide, Name: n.name, Hidden: n.hidden}
		if !n.spans {
			br.Style = theme.In(theme.Second)
		}
		x, end := row.Span(b, body.X, y, body.W, n.class, br, name, l.eventFields(n, start, try, cost, errw), look)
		if end > x {
			l.signs.Add(x, end, y, i)
		}
	}
	if l.acts.err != nil {
		pane.Facts(b, layout.Rect{X: r.X, W: r.W / 2}, r.Y+r.H-1, "acts could not be read", theme.In(theme.Failed))
	}
	pane.Facts(b, r, r.Y+r.H-1, l.tree.Position(), border)
}

func (l *Layer) drawEventHead(b *cell.Buffer, body layout.Rect, name int, start, try, cost bool, errw int) {
	st := theme.In(theme.Third)
	x := body.X + 2
	put := func(width, gap int, s string, right bool) {
		x += gap
		w := min(width, body.X+body.W-x)
		if right {
			b.Right(x, x+w, body.Y, s, st)
		} else {
			b.Put(x, body.Y, w, s, st)
		}
		x += width
	}
	put(name, 0, "SPAN OR EVENT", false)
	put(row.BadgeWidth, 1, "CLASS", false)
	put(12, 1, "NODE", false)
	if start {
		put(8, 1, "START", false)
	}
	put(5, 1, "TIME", true)
	put(9, 2, "STATUS", false)
	if try {
		put(3, 1, "TRY", true)
	}
	if cost {
		put(6, 1, "COST", true)
	}
	if errw > 0 {
		put(errw, 1, "ERROR", false)
	}
}

func (l *Layer) eventFields(n *line, start, try, cost bool, errw int) []row.Field {
	second := theme.In(theme.Second)
	node := format.Middle(safe(n.node), 12)
	if node == "" {
		node = format.Dash
	}
	began, took, word, ink := format.Dash, "", "", theme.Style{}
	if n.start > 0 {
		began = format.Time(n.start, l.s.Time().Location())
	}
	if n.spans {
		took = format.Dash
		if n.start > 0 {
			took = row.Lasted(n.took, 5)
		}
		word, ink = row.Status(n.status)
	}
	out := []row.Field{{Text: node, Width: 12, Gap: 1, Style: second}}
	if start {
		out = append(out, row.Field{Text: began, Width: 8, Gap: 1, Style: second})
	}
	out = append(
		out, row.Field{Text: took, Width: 5, Gap: 1, Right: true}, row.Field{Text: word, Width: 9, Gap: 2, Style: ink},
	)
	if try {
		text := ""
		if n.spans && n.try > 0 {
			text = fmt.Sprint(n.try)
		}
		out = append(out, row.Field{Text: text, Width: 3, Gap: 1, Right: true, Style: second})
	}
	if cost {
		text := ""
		if n.costly {
			text = format.Money(n.cost)
		}
		out = append(out, row.Field{Text: text, Width: 6, Gap: 1, Right: true, Style: second})
	}
	if errw > 0 {
		ink := theme.In(theme.Failed)
		if n.op > 0 {
			ink = second
		}
		out = append(out, row.Field{Text: n.err, Width: errw, Gap: 1, Style: ink})
	}
	return out
}

// copy copies the run's link, on a span with its id; in the record the value under the cursor.
func (l *Layer) copy() pane.Action {
	if !l.loaded.have {
		return nil
	}
	text := l.link()
	switch l.view {
	case events:
		if i := l.tree.At(); i < len(l.lines) && l.lines[i].parent != "" && l.lines[i].span != "" {
			text += "/" + l.lines[i].span
		}
	case record:
		if i := l.record.At(); i < len(l.fields) && l.fields[i].copy != "" {
			text = l.fields[i].copy
		}
	}
	return pane.Clip{Text: text, Said: "copied " + format.Middle(safe(text), 60)}
}
