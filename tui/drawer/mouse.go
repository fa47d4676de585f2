package drawer

import (
	tea "charm.land/bubbletea/v2"

	"voxmesh/tui/pane"
)

// click selects; on the sign of a closed branch it opens that, on a name in the border it turns to that view. A double
// one is enter.
func (l *Layer) click(c pane.Click) (pane.Action, tea.Cmd) {
	if v, ok := l.tabs.At(c.X, c.Y); ok {
		return nil, l.turn(view(v))
	}
	rows := l.rows()
	if rows == nil || !l.body.Has(c.X, c.Y) || !rows.Click(c.Y-l.body.Y) {
		return nil, nil
	}
	l.chose()
	if _, ok := l.signs.At(c.X, c.Y); ok && l.view == events && !c.Right {
		l.unfold()
		return nil, nil
	}
	if c.Double && !c.Right {
		return l.open(), nil
	}
	return nil, nil
}

// wheel scrolls what is under the mouse and moves no cursor.
func (l *Layer) wheel(w pane.Wheel) {
	if !l.rect.Has(w.X, w.Y) {
		return
	}
	if rows := l.rows(); rows != nil {
		rows.Wheel(w.Down)
		return
	}
	l.out.view.Wheel(w.Down)
}
