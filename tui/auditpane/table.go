package auditpane

import (
	"fmt"
	"strings"
	"time"

	"github.com/charmbracelet/x/ansi"

	"voxmesh/mesh/clean"
	"voxmesh/tui/cell"
	"voxmesh/tui/format"
	"voxmesh/tui/layout"
	"voxmesh/tui/list"
	"voxmesh/tui/pane"
	"voxmesh/tui/row"
	"voxmesh/tui/theme"
)

// column is what the table shows.
type column int

const (
	atTime column = iota
	atAction
	atTarget
	atClass
	atActor
	atReason
	atSig
	atEntry
	atSeq
	atKey
	numColumns
)

// head is a column as it is drawn. REASON takes the rest of the width.
type head struct {
	name  string
	width int
	right bool
	text  func(*Pane, *entry) (string, theme.Style)
}

var heads = [numColumns]head{
	atTime: {"TIME", 8, false, func(p *Pane, e *entry) (string, theme.Style) {
		return acted(e.raw.TsMicros, p.s.Time()), theme.In(theme.Second)
	}},
	atAction: {"ACTION", 8, false, func(_ *Pane, e *entry) (string, theme.Style) { return e.action, theme.Style{} }},
	atTarget: {"TARGET", 12, false, nil},
	atClass:  {"CLASS", row.BadgeWidth, false, nil},
	atActor: {"ACTOR", 10, false, func(p *Pane, e *entry) (string, theme.Style) {
		return format.Middle(p.who(e.actor), 10), theme.In(theme.Second)
	}},
	atReason: {"REASON", 0, false, func(_ *Pane, e *entry) (string, theme.Style) { return e.reason, theme.Style{} }},
	atSig:    {"SIG", 3, false, func(_ *Pane, e *entry) (string, theme.Style) { return e.mark.sign() }},
	atEntry: {"ENTRY", 7, false, func(_ *Pane, e *entry) (string, theme.Style) {
		return format.Middle(e.id, 7), theme.In(theme.Second)
	}},
	atSeq: {"SEQ", 9, true, func(_ *Pane, e *entry) (string, theme.Style) {
		return grouped(e.raw.Op), theme.In(theme.Second)
	}},
	atKey: {"KEY", 9, false, func(_ *Pane, e *entry) (string, theme.Style) {
		return format.Middle(clean.Line(e.raw.KeyID).String(), 9), theme.In(theme.Second)
	}},
}

const (
	before      = 2   // the cursor and a blank
	after       = 1   // a blank before the border
	leastReason = 6   // columns: with less it is left out
	wideReason  = 30  // for which ENTRY, SEQ and KEY give way
	mostReason  = 100 // with more, the eye loses the row
)

// sign is what stands in SIG.
func (m mark) sign() (string, theme.Style) {
	switch m {
	case signed:
		return "✓", theme.In(theme.OK)
	case broken:
		return "✗", theme.In(theme.Failed).With(theme.Bold)
	}
	return format.Dash, theme.In(theme.Third)
}

// fit gives the columns that fit into w, and how wide REASON is. KEY, SEQ and ENTRY go first, then REASON, which the
// detail has in full: whether an entry is as it was signed is shown at any width.
func fit(w int) (cols []column, reason int) {
	used := before + after - 1
	for c := range atEntry {
		if c != atReason {
			used += heads[c].width + 1
		}
	}
	n := atEntry
	for c := atEntry; c < numColumns && used+1+wideReason+1+heads[c].width <= w; c++ {
		used += heads[c].width + 1
		n = c + 1
	}
	if reason = min(w-used-1, mostReason); reason < leastReason {
		reason = 0
	}
	for c := range n {
		if c != atReason || reason > 0 {
			cols = append(cols, c)
		}
	}
	return cols, reason
}

func width(c column, reason int) int {
	if c == atReason {
		return reason
	}
	return heads[c].width
}

// acted is when an act was recorded in 8 columns: the time of day, of what is older than a day the date.
func acted(micros int64, now time.Time) string {
	t := time.UnixMicro(micros).In(now.Location())
	switch {
	case now.Sub(t) < 24*time.Hour:
		return t.Format("15:04:05")
	case t.Year() == now.Year():
		return t.Format("2 Jan")
	}
	return t.Format("Jan 2006")
}

// who is an actor as people know them: the owner of a key by name.
func (p *Pane) who(actor string) string {
	fingerprint, ok := strings.CutPrefix(actor, "ssh:")
	if !ok || p.s.World.State == nil {
		return actor
	}
	if a, ok := p.s.World.State.AccessBy(fingerprint); ok && a.Name != "" {
		return "ssh:" + clean.Line(a.Name).String()
	}
	return actor
}

func fieldsOf(e *entry, now time.Time) list.Fields {
	status := map[mark]string{signed: "signed", broken: "not as signed", notYet: "not yet", unknown: "not yet"}[e.mark]
	return list.Fields{
		Text: strings.Join([]string{e.id, e.action, e.target, e.actor, e.reason, e.raw.KeyID, e.why}, "\n"), Node: e.target,
		Status: status, Class: e.class.Badge(), Age: now.Sub(time.UnixMicro(e.raw.TsMicros)),
	}
}

func (p *Pane) drawTable(b *cell.Buffer, r layout.Rect) {
	border := pane.Frame(b, r, p.focus == table)
	x := pane.Heading(b, r, "Audit", p.focus == table, border)
	if to := p.filter.Draw(b, r, x+1, r.Y); to > x+1 {
		x = to
	}
	p.drawFacts(b, r, x, border)
	in := r.Inner()
	cols, reason := fit(in.W)
	drawHead(b, in, cols, reason)
	body := layout.Rect{X: in.X, Y: in.Y + 1, W: in.W, H: max(in.H-1, 0)}
	p.height = body.H
	p.from, p.to = p.list.Window(body.H)
	ids := p.list.IDs()
	for i, id := range ids[p.from:p.to] {
		look := row.Look{Selected: id == p.list.Selected(), Focused: p.focus == table, Faint: p.s.Faint()}
		p.drawEntry(b, layout.Rect{X: body.X, Y: body.Y + i, W: body.W, H: 1}, p.shown[id], cols, reason, look)
	}
	if p.to-p.from < body.H {
		p.drawRest(b, layout.Rect{X: body.X, Y: body.Y + p.to - p.from, W: body.W, H: body.H - p.to + p.from}, cols, reason)
	}
	p.drawBottom(b, r, border)
}

// drawRest draws what stands where more rows would: why they are not there, or their shape while they are read.
func (p *Pane) drawRest(b *cell.Buffer, r layout.Rect, cols []column, reason int) {
	y := r.Y
	if p.list.Len() == 0 {
		y++
	}
	put := func(s string, st theme.Style) {
		if y < r.Y+r.H {
			b.Put(r.X+before, y, r.W-before, format.End(s, r.W-before), st)
		}
		y++
	}
	switch {
	case p.failed != nil:
		put("The log could not be read: "+clean.Line(p.failed.Error()).String(), theme.In(theme.Failed))
		put("r retry", theme.In(theme.Second))
	case p.asked != 0 && p.list.Len() == 0 && p.narrowed == "":
		if p.late {
			drawShape(b, r, cols, reason)
		}
	case p.list.Len() == 0 && p.narrowed != "" && p.asked == 0:
		put("No entry matches /"+p.narrowed, theme.In(theme.Second))
	}
}

func (p *Pane) drawFacts(b *cell.Buffer, r layout.Rect, from int, st theme.Style) {
	text := grouped(p.laid) + " entries"
	if p.laid == 1 {
		text = "1 entry"
	}
	if p.narrowed != "" {
		text = fmt.Sprintf("%s of %s", grouped(uint64(p.list.Len())), grouped(uint64(p.passed)))
		if uint64(p.passed) < p.laid {
			text += " read"
		}
		if !p.filter.Typing() {
			text += " /" + p.narrowed
		}
	}
	if room := r.X + r.W - 2 - from - 2; room >= 6 {
		pane.Facts(b, r, r.Y, format.End(text, room), st)
	}
}

// drawBottom says at the left what is known of the signatures, at the right where the list stands.
func (p *Pane) drawBottom(b *cell.Buffer, r layout.Rect, border theme.Style) {
	y := r.Y + r.H - 1
	position := p.position()
	pane.Facts(b, r, y, position, border)
	text, st := p.all.line(p.s.Now())
	if text == "" {
		text, st = "✓ as signed  ✗ not  – not checked yet", border
	}
	room := r.W - 6 - ansi.StringWidth(position)
	if position != "" {
		room -= 3
	}
	b.Put(r.X+2, y, r.W-4, " "+format.End(text, max(room, 0))+" ", st)
}

func (p *Pane) position() string {
	if s := p.list.Position(); strings.HasSuffix(s, " new") {
		return s
	}
	n := p.list.Len()
	if p.to-p.from >= n && (p.narrowed != "" || uint64(n) >= p.laid) {
		return ""
	}
	all := uint64(n)
	if p.narrowed == "" {
		all = max(all, p.laid)
	}
	return fmt.Sprintf("%s–%s of %s", grouped(uint64(p.from+1)), grouped(uint64(p.to)), grouped(all))
}

func drawHead(b *cell.Buffer, in layout.Rect, cols []column, reason int) {
	x := in.X + before
	for _, c := range cols {
		h, w := heads[c], width(c, reason)
		st := theme.In(theme.Third)
		name := h.name
		if c == atTime { // the list has one order, its own
			name, st = name+"▾", theme.In(theme.Second)
		}
		if h.right {
			b.Right(x, x+w, in.Y, name, st)
		} else {
			b.Put(x, in.Y, w, name, st)
		}
		x += w + 1
	}
}

func (p *Pane) drawEntry(b *cell.Buffer, at layout.Rect, e *entry, cols []column, reason int, l row.Look) {
	var left, right []row.Field
	for i, c := range cols {
		h := heads[c]
		if h.text == nil {
			continue
		}
		text, st := h.text(p, e)
		f := row.Field{Text: text, Width: width(c, reason), Gap: min(i, 1), Right: h.right, Style: st}
		if c < atTarget {
			left = append(left, f)
		} else {
			right = append(right, f)
		}
	}
	target := row.Field{Text: e.target, Width: heads[atTarget].width, Gap: 1}
	row.Entry(b, at.X, at.Y, at.W, e.class, left, target, right, l)
}

// drawShape draws rows of the right shape, faint.
func drawShape(b *cell.Buffer, r layout.Rect, cols []column, reason int) {
	st := theme.In(theme.Third).With(theme.Faint)
	for y := range r.H {
		x := r.X + before
		for _, c := range cols {
			w := width(c, reason)
			b.Fill(x, r.Y+y, max(w-(y*7+int(c)*3)%(w/2+1), 1), 1, "─", st)
			x += w + 1
		}
	}
}
