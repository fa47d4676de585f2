package hopperpane

import (
	tea "charm.land/bubbletea/v2"

	"voxmesh/tui/layout"
	"voxmesh/tui/pane"
	"voxmesh/tui/row"
)

// click focuses and selects; a double one opens. The heads sort, the views turn.
func (p *Pane) click(c pane.Click) (pane.Action, tea.Cmd) {
	p.hold(false)
	if p.carry != nil {
		p.putBack()
	}
	if p.empty() {
		if button, ok := p.choice.Clicked(c.X, c.Y); ok && !c.Right {
			return p.press(button), nil
		}
		return nil, nil
	}
	if p.at.Detail.Has(c.X, c.Y) {
		p.focus = detail
		if c.Double && !c.Right {
			return p.open()
		}
		return nil, nil
	}
	v, ok := p.under(c.X, c.Y)
	if !ok {
		return nil, nil
	}
	p.turn(v)
	p.focus = table
	if w, ok := p.views.At(c.X, c.Y); ok {
		p.turn(w)
		return nil, nil
	}
	if by, ok := p.orders[v].At(c.X, c.Y); ok && !p.at.Wide {
		return nil, p.sort(by)
	}
	if !p.lists[v].Click(p.rowAt(v, c.Y)) {
		return nil, nil
	}
	p.choseRow()
	if c.Double && !c.Right {
		return p.open()
	}
	return nil, nil
}

// under is the list that a place of the screen is in.
func (p *Pane) under(x, y int) (view, bool) {
	for v := range numViews {
		if p.at.Columns[v].Has(x, y) {
			return v, true
		}
	}
	return 0, false
}

// body is where the rows of a list are, and how many lines each has.
func (p *Pane) body(v view) (layout.Rect, int) {
	in := p.at.Columns[v].Inner()
	if p.at.Wide {
		return in, row.ItemLines
	}
	return layout.Rect{X: in.X, Y: in.Y + 1, W: in.W, H: max(in.H-1, 0)}, 1
}

// rowAt is which of the rows that are shown is at line y, below zero where none is.
func (p *Pane) rowAt(v view, y int) int {
	body, lines := p.body(v)
	if y < body.Y || y >= body.Y+body.H {
		return -1
	}
	return (y - body.Y) / lines
}

func (p *Pane) wheel(w pane.Wheel) {
	if p.at.Detail.Has(w.X, w.Y) {
		p.trail.wheel(w.Down)
		return
	}
	if v, ok := p.under(w.X, w.Y); ok {
		p.lists[v].Wheel(w.Down)
	}
}

// drag carries a row of the inbox with the mouse, as m does; over the border it goes on by a row.
func (p *Pane) drag(d pane.Drag) pane.Action {
	if p.carry == nil {
		if v, ok := p.under(d.FromX, d.FromY); d.Done || !ok || v != inbox || p.rowAt(v, d.FromY) < 0 || p.empty() {
			return nil
		}
		l := &p.lists[inbox]
		if from, to := l.Window(p.rows()); from+p.rowAt(inbox, d.FromY) >= to || l.At() != from+p.rowAt(inbox, d.FromY) {
			return nil // the list moved under the mouse: what is lifted must be what was pressed on
		}
		if why := p.offMove(); why != "" {
			return pane.Notice{Text: "m move: " + why}
		}
		p.lift()
	}
	body, _ := p.body(inbox)
	from, to := p.lists[inbox].Window(p.rows())
	switch at := p.rowAt(inbox, d.Y); {
	case d.Y < body.Y:
		p.carryTo(p.carry.to - 1)
	case at < 0 || from+at >= to:
		p.carryTo(min(p.carry.to+1, to+1))
	default:
		p.carryTo(from + at + 1)
	}
	if d.Done && p.carry != nil {
		return p.drop()
	}
	return nil
}

// rows is how many items of the inbox are in sight.
func (p *Pane) rows() int {
	body, lines := p.body(inbox)
	return body.H / lines
}
