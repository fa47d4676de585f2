package runspane

import (
	tea "charm.land/bubbletea/v2"

	"voxmesh/tui/pane"
)

// click focuses and selects; a double one opens. The heads sort, the views turn.
func (p *Pane) click(c pane.Click) (pane.Action, tea.Cmd) {
	p.hold(false)
	if p.empty() {
		if button, ok := p.choice.Clicked(c.X, c.Y); ok && !c.Right {
			return p.press(button), nil
		}
		return nil, nil
	}
	if p.at.Detail.Has(c.X, c.Y) {
		p.focus = detail
		if c.Double {
			return p.open(), nil
		}
		return nil, nil
	}
	if !p.at.List.Has(c.X, c.Y) {
		return nil, nil
	}
	p.focus = table
	if v, ok := p.views.At(c.X, c.Y); ok {
		return nil, p.turn(v)
	}
	if by, ok := p.order.At(c.X, c.Y); ok {
		return nil, p.sort(by)
	}
	if !p.list.Click(c.Y - p.at.List.Y - 2) {
		return nil, nil
	}
	p.choseRow()
	if c.Double && !c.Right {
		return p.open(), nil
	}
	return nil, nil
}
