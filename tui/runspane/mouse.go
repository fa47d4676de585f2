package runspane

import (
	tea "charm.land/bubbletea/v2"

	"voxmesh/tui/pane"
)

// click focuses and selects; a double one opens. The heads sort, the views turn.
func (p *Pane) click(c pane.Click) (pane.Action, tea.Cmd) {
	p.hold(false)
	what, tab := at(p.tabs, c.X, c.Y)
	if p.empty() {
		if tab && !c.Right {
			return p.press(what), nil
		}
		return nil, nil
	}
	if p.rects.detail.Has(c.X, c.Y) {
		p.focus = detail
		if c.Double {
			return p.open(), nil
		}
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
	if c.Double && !c.Right {
		return p.open(), nil
	}
	return nil, nil
}
