package hopperpane

import (
	"fmt"
	"strings"
	"time"

	"voxmesh/hopper"
	"voxmesh/mesh/privacy"
	"voxmesh/tui/cell"
	"voxmesh/tui/columns"
	"voxmesh/tui/format"
	"voxmesh/tui/layout"
	"voxmesh/tui/pane"
	"voxmesh/tui/row"
	"voxmesh/tui/theme"
)

// column is what a list of one row an item shows, and what it can be sorted by.
type column int

const (
	atPlace column = iota
	atItem
	atClass
	atPriority
	atBy
	atIntent
	atStand // what it waits for, which node has it, how it ended
	atAge
	numColumns
)

// head is a column as it is drawn. INTENT takes the rest of the width.
type head struct {
	width   int
	right   bool
	down    bool // the order that is looked for first
	compare func(a, b *hopper.Item) int
}

var heads = [numColumns]head{
	atPlace:    {3, true, false, nil},
	atItem:     {6, false, false, byText(func(it *hopper.Item) string { return it.ID })},
	atClass:    {row.BadgeWidth, false, true, byNumber(func(it *hopper.Item) privacy.Class { return it.Class.Effective() })},
	atPriority: {10, false, true, byNumber(func(it *hopper.Item) hopper.Priority { return it.Value })},
	atBy:       {3, false, true, byNumber(func(it *hopper.Item) hopper.Source { return it.Source })},
	atIntent:   {leastIntent, false, false, byText(func(it *hopper.Item) string { return it.Intent })},
	atStand:    {13, false, false, byText(func(it *hopper.Item) string { return it.Node + it.Outcome.String() })},
	atAge:      {5, true, false, byNumber(func(it *hopper.Item) int64 { return -it.Since })},
}

const (
	leastIntent  = 9
	mostIntent   = 72 // with more, the eye loses the row
	outcomeWidth = 11
	nodeWidth    = 16
	after        = 1 // a blank before the border
)

// name is the head of a column in a list.
func (c column) name(v view) string {
	switch c {
	case atPlace:
		return "#"
	case atItem:
		return "ITEM"
	case atClass:
		return "CLASS"
	case atPriority:
		return "PRIORITY"
	case atBy:
		return "BY"
	case atIntent:
		return "INTENT"
	case atStand:
		return [numViews]string{"WAITS FOR", "WHERE", "ENDED"}[v]
	}
	return [numViews]string{"AGE", "TIME", "AT"}[v]
}

// widths gives the columns of a list that fit into w, with how wide each is; those that have no room are left out, the
// last ones first. The place has room for all its digits.
func (p *Pane) widths(v view, w int) [numColumns]int {
	var out [numColumns]int
	for c := range numColumns {
		out[c] = heads[c].width
	}
	out[atItem] = p.idWidth()
	switch v {
	case inbox:
		out[atPlace] = max(out[atPlace], p.digits())
	case assigned:
		out[atPlace], out[atStand] = 0, nodeWidth
	case history:
		out[atPlace], out[atStand], out[atAge] = 0, outcomeWidth+1+row.BadgeWidth+4, 6
	}
	used := 1 + 1 + after // the cursor, and the blank before INTENT
	for c := range numColumns {
		switch c {
		case atIntent:
		case atPlace:
			used += out[c]
		default:
			used += out[c] + 1
		}
	}
	for _, c := range []column{atAge, atStand, atBy} {
		if w-used < leastIntent {
			used -= out[c] + 1
			out[c] = 0
		}
	}
	out[atIntent] = max(min(w-used, mostIntent), 0)
	return out
}

// drawTable draws a list with one row an item, the names of the others beside its own.
func (p *Pane) drawTable(b *cell.Buffer, r layout.Rect, v view) {
	border := pane.Frame(b, r, p.focus == table)
	x := p.views.Draw(b, r, p.names(), v, p.focus == table, border)
	if to := p.filter.Draw(b, r, x+1, r.Y); to > x+1 {
		x = to
	}
	p.drawFacts(b, r, x, v, border)
	in := r.Inner()
	ws := p.widths(v, in.W)
	hs := headsOf(v, ws)
	p.orders[v].Draw(b, in.X+1, in.Y, hs)
	body := layout.Rect{X: in.X, Y: in.Y + 1, W: in.W, H: max(in.H-1, 0)}
	l := &p.lists[v]
	from, to := l.Window(body.H)
	ids := l.IDs()
	switch {
	case !p.ready:
		if p.loading() {
			columns.Shape(b, in.X+1, body.Y, body.H, hs)
		}
	case len(ids) == 0:
		b.Put(body.X+2, body.Y+1, body.W-3, p.none(v), theme.In(theme.Second))
	}
	for i, id := range ids[from:to] {
		p.drawRow(b, layout.Rect{X: body.X, Y: body.Y + i, W: body.W, H: 1}, v, id, from+i, ws)
	}
	pane.Facts(b, r, r.Y+r.H-1, p.position(v, from, to), border)
}

// idWidth is how wide the longest id of an item is: the first 65,536 have four digits.
func (p *Pane) idWidth() int {
	w := heads[atItem].width
	if st := p.s.World.State; st != nil {
		for n := st.Admitted >> 16; n > 0; n >>= 4 {
			w++
		}
	}
	return w
}

func headsOf(v view, ws [numColumns]int) []columns.Head[column] {
	var out []columns.Head[column]
	for c := range numColumns {
		h := columns.Head[column]{Column: c, Name: c.name(v), Width: ws[c], Gap: 1, Right: heads[c].right}
		switch {
		case c == atPlace && ws[c] == 0:
			continue
		case c == atPlace:
			h.Gap = 0
		case ws[c] == 0:
			continue
		}
		out = append(out, h)
	}
	return out
}

// drawRow draws an item in one row. What left the list since it was made is drawn faint, as it is now.
func (p *Pane) drawRow(b *cell.Buffer, r layout.Rect, v view, id string, at int, ws [numColumns]int) {
	it := p.item(id)
	if it == nil {
		drawGone(b, r)
		return
	}
	now := p.s.Time()
	stand, ink, age := p.stand(it, v, now, ws[atStand])
	rest := []row.Field{{Text: it.Value.String(), Width: ws[atPriority], Gap: 1, Style: priorityInk(it.Value)}}
	if ws[atBy] > 0 {
		rest = append(rest, row.Field{Text: it.Source.Short(), Width: ws[atBy], Gap: 1, Style: byInk(it.Source)})
	}
	rest = append(rest, row.Field{Text: intent(it), Width: ws[atIntent], Gap: 1})
	if ws[atStand] > 0 {
		rest = append(rest, row.Field{Text: stand, Width: ws[atStand], Gap: 1, Style: ink})
	}
	if ws[atAge] > 0 {
		rest = append(rest, row.Field{Text: age, Width: ws[atAge], Gap: 1, Right: true, Style: theme.In(theme.Second)})
	}
	l, s := p.look(v, it), p.stands(v, it, at, ws[atPlace])
	row.Item(b, r.X, r.Y, r.W, it.Class, s, row.Field{Text: it.ID, Width: ws[atItem]}, rest, l)
}

// stand is what an item waits for, where it is or how it ended, and the age that goes with that.
func (p *Pane) stand(it *hopper.Item, v view, now time.Time, w int) (string, theme.Style, string) {
	switch viewOf(it) {
	case assigned:
		text, ink := where(it)
		return text, ink, aged(now.Sub(time.UnixMicro(it.Since)))
	case history:
		text, ink := outcome(it)
		text = fmt.Sprintf("%-*s %s", outcomeWidth, text, lasted(p.s.World.State, it))
		return text, ink, ended(it, now)
	}
	return format.End(p.waitsFor(it), w), theme.In(theme.Waiting), waited(it, now)
}

// look is how an item's row stands in its list.
func (p *Pane) look(v view, it *hopper.Item) row.Look {
	selected := v == p.view && it.ID == p.lists[v].Selected()
	return row.Look{Selected: selected, Focused: selected && p.focus == table, Faint: p.s.Faint() || viewOf(it) != v}
}

// stands is what stands before an item's id. at is its row, counted from 0.
func (p *Pane) stands(v view, it *hopper.Item, at, width int) row.Standing {
	s := row.Standing{Width: width, Marked: p.marks[it.ID], Lifted: p.carry != nil && p.carry.id == it.ID}
	if v == inbox {
		place := at + 1
		if at < len(p.shown.places) {
			place = p.shown.places[at]
		}
		s.Place = count(place)
	}
	return s
}

// drawFacts says at the right of the border in which order a list is, how many of it the filter lets through, or where
// the item is that is carried.
func (p *Pane) drawFacts(b *cell.Buffer, r layout.Rect, from int, v view, st theme.Style) {
	text := p.facts(v)
	if room := r.X + r.W - 2 - from - 2; room >= 6 && text != "" {
		pane.Facts(b, r, r.Y, format.End(text, room), st)
	}
}

func (p *Pane) facts(v view) string {
	switch f := p.shown.query.filter; {
	case !p.ready:
		return ""
	case p.carry != nil && v == inbox:
		return p.carry.says(p.shown.known[inbox])
	case len(p.marks) > 0 && v == inbox:
		return fmt.Sprintf("%d marked", len(p.marks))
	case f != "" && p.filter.Typing():
		return fmt.Sprintf("%d of %d", len(p.shown.ids[v]), p.shown.known[v])
	case f != "":
		return fmt.Sprintf("%d of %d /%s", len(p.shown.ids[v]), p.shown.known[v], f)
	case v == inbox:
		return "next first"
	case p.newest(v):
		return "newest"
	case p.orders[v].By == atAge:
		return "oldest"
	}
	return "by " + strings.ToLower(p.orders[v].By.name(v))
}

// position says where a list stands. What "came" can be said of a list alone whose first row is the newest.
func (p *Pane) position(v view, from, to int) string {
	n := p.lists[v].Len()
	switch {
	case p.newest(v):
		return p.lists[v].Position()
	case to-from < n:
		return format.Position(from, to, n)
	}
	return ""
}

// none says why a list has no row.
func (p *Pane) none(v view) string {
	if f := p.shown.query.filter; f != "" {
		return "Nothing matches /" + f
	}
	return [numViews]string{"Nothing waits.", "No node has work of it.", "Nothing ended in 24 hours."}[v]
}
