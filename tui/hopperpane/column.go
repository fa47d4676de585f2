package hopperpane

import (
	"strings"

	"voxmesh/tui/cell"
	"voxmesh/tui/format"
	"voxmesh/tui/layout"
	"voxmesh/tui/pane"
	"voxmesh/tui/row"
	"voxmesh/tui/theme"
)

// drawColumn draws a list as one of three side by side, with two rows an item.
func (p *Pane) drawColumn(b *cell.Buffer, r layout.Rect, v view) {
	focused := p.view == v && p.focus == table
	border := pane.Frame(b, r, focused)
	x := pane.Heading(b, r, p.names()[v], focused, border)
	if p.view == v {
		if to := p.filter.Draw(b, r, x+1, r.Y); to > x+1 {
			x = to
		}
	}
	p.drawFacts(b, r, x, v, border)
	in := r.Inner()
	l := &p.lists[v]
	from, to := l.Window(in.H / row.ItemLines)
	ids := l.IDs()
	switch {
	case !p.ready:
		p.drawShape(b, in)
	case len(ids) == 0:
		b.Put(in.X+2, in.Y+1, in.W-3, p.none(v), theme.In(theme.Second))
	}
	for i, id := range ids[from:to] {
		p.drawItem(b, layout.Rect{X: in.X, Y: in.Y + i*row.ItemLines, W: in.W, H: row.ItemLines}, v, id, from+i)
	}
	pane.Facts(b, r, r.Y+r.H-1, p.position(v, from, to), border)
}

// drawShape draws rows of the right shape, faint, while the lists are made.
func (p *Pane) drawShape(b *cell.Buffer, in layout.Rect) {
	if !p.loading() {
		return
	}
	st := theme.In(theme.Third).With(theme.Faint)
	for y := 0; y+1 < in.H; y += row.ItemLines {
		b.Put(in.X+2, in.Y+y, in.W-3, strings.Repeat("─", 14+y*3%9), st)
		b.Put(in.X+4, in.Y+y+1, in.W-5, strings.Repeat("─", 10+y*5%13), st)
	}
}

// drawGone stands in the row of an item that the world no longer has: nor has it the class under which to name it.
func drawGone(b *cell.Buffer, r layout.Rect) {
	b.Put(r.X+2, r.Y, r.W-2, format.Dash, theme.In(theme.Third).With(theme.Faint))
}

// drawItem draws an item in two rows.
func (p *Pane) drawItem(b *cell.Buffer, r layout.Rect, v view, id string, at int) {
	it := p.item(id)
	if it == nil {
		drawGone(b, r)
		return
	}
	width := 0
	if v == inbox {
		width = max(p.digits(), 2)
	}
	now := p.s.Time()
	text, ink, age := p.stand(it, v, now, r.W)
	rest := []row.Field{
		{Text: it.Value.String(), Width: heads[atPriority].width, Gap: 1, Style: priorityInk(it.Value)},
		{Text: it.Source.Short(), Width: heads[atBy].width, Gap: 1, Style: byInk(it.Source)},
	}
	right := row.Field{Text: age, Right: true, Style: theme.In(theme.Second)}
	if viewOf(it) == history {
		text, ink = outcome(it)
		rest = []row.Field{{Text: text, Width: outcomeWidth, Gap: 1, Style: ink}}
		right = row.Field{Text: age, Width: 6, Style: theme.In(theme.Second)}
		text, ink = lasted(p.s.World.State, it), theme.In(theme.Second)
	}
	row.Items(b, r.X, r.Y, r.W, it.Class, p.stands(v, it, at, width), row.Field{Text: it.ID, Width: p.idWidth()}, rest,
		right, row.Field{Text: intent(it)}, row.Field{Text: text, Style: ink}, p.look(v, it))
}
