package tui

import (
	"time"

	tea "charm.land/bubbletea/v2"

	"voxmesh/tui/keys"
	"voxmesh/tui/pane"
)

// word is a part of the first or the last row that does something when it is clicked.
type word struct {
	x, end, y int
	id        keys.ID
}

// doubleClick is the most between the two clicks of a double one.
const doubleClick = 400 * time.Millisecond

func (c *console) click(m tea.Mouse) tea.Cmd {
	if m.Button != tea.MouseLeft || c.layers.deaf(c.s.Now()) {
		return nil
	}
	c.notice = notice{}
	for _, w := range c.words {
		if m.Y == w.y && m.X >= w.x && m.X < w.end {
			return c.press(w.id)
		}
	}
	now := c.s.Now()
	k := pane.Click{X: m.X, Y: m.Y}
	k.Double = k == c.lastClick && now.Sub(c.clickedAt) < doubleClick
	c.lastClick, c.clickedAt = pane.Click{X: m.X, Y: m.Y}, now
	return c.give(c.focused(), k)
}

func (c *console) wheel(m tea.Mouse) tea.Cmd {
	if m.Button != tea.MouseWheelUp && m.Button != tea.MouseWheelDown {
		return nil
	}
	return c.give(c.focused(), pane.Wheel{X: m.X, Y: m.Y, Down: m.Button == tea.MouseWheelDown})
}
