package modelspane

import (
	tea "charm.land/bubbletea/v2"

	"voxmesh/tui/pane"
)

// place is something on the screen that can be clicked.
type place struct {
	x, end, y int
	what      int
}

func at(ps []place, x, y int) (int, bool) {
	for _, p := range ps {
		if y == p.y && x >= p.x && x < p.end {
			return p.what, true
		}
	}
	return 0, false
}

// click focuses and selects; a double one opens. The heads sort, the views turn, the sign of a closed branch opens it.
func (p *Pane) click(c pane.Click) (pane.Action, tea.Cmd) {
	what, tab := at(p.tabs, c.X, c.Y)
	if p.empty() {
		if tab && !c.Right {
			return p.press(what), nil
		}
		return nil, nil
	}
	if p.rects.detail.Has(c.X, c.Y) {
		p.focus = detail
		return nil, nil
	}
	if !p.rects.list.Has(c.X, c.Y) {
		return nil, nil
	}
	p.focus = table
	if tab {
		return nil, p.turn(view(what))
	}
	if by, ok := at(p.columns, c.X, c.Y); ok {
		return nil, p.sort(column(by))
	}
	if !p.list.Click(c.Y - p.rects.list.Y - 2) {
		return nil, nil
	}
	p.choseRow()
	if _, sign := at(p.signs, c.X, c.Y); sign {
		p.flip(p.list.Selected())
		return nil, nil
	}
	if c.Double && !c.Right {
		return p.enter(), nil
	}
	return nil, nil
}
