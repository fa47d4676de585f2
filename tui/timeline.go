package tui

import (
	tea "charm.land/bubbletea/v2"

	"voxmesh/tui/debugger"
	"voxmesh/tui/drawer"
	"voxmesh/tui/pane"
)

// openTimeline shows a run as lanes on an axis of time, in the place of the drawer and of another timeline.
func (c *console) openTimeline(r pane.Ref) tea.Cmd {
	c.layers.removeIf(func(l pane.Layer) bool {
		switch l.(type) {
		case *drawer.Layer, *debugger.Layer:
			return true
		}
		return false
	})
	return c.open(debugger.New(c.ctx, c.s, c.o.Source, r))
}
