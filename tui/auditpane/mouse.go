package auditpane

import (
	tea "charm.land/bubbletea/v2"

	"voxmesh/tui/pane"
)

// click focuses and selects; a double one opens.
func (p *Pane) click(c pane.Click) (pane.Action, tea.Cmd) {
	if p.empty() {
		if button, ok := p.choice.Clicked(c.X, c.Y); ok && !c.Right {
			return p.press(button), nil
		}
		return nil, nil
	}
	switch {
	case p.at.Detail.Has(c.X, c.Y):
		p.focus = detail
	case p.at.List.Has(c.X, c.Y):
		p.focus = table
		if !p.list.Click(c.Y - p.at.List.Y - 2) {
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
