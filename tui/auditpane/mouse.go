package auditpane

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

// click focuses and selects; a double one opens.
func (p *Pane) click(c pane.Click) (pane.Action, tea.Cmd) {
	if p.empty() {
		if what, ok := at(p.tabs, c.X, c.Y); ok && !c.Right {
			return p.press(what), nil
		}
		return nil, nil
	}
	switch {
	case p.rects.detail.Has(c.X, c.Y):
		p.focus = detail
	case p.rects.list.Has(c.X, c.Y):
		p.focus = table
		if !p.list.Click(c.Y - p.rects.list.Y - 2) {
			return nil, nil
		}
		p.choseRow()
	default:
		return nil, nil
	}
	if c.Double && !c.Right {
		return p.open(), nil
	}
	return nil, nil
}
