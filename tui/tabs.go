package tui

import (
	"voxmesh/tui/keys"
	"voxmesh/tui/meshpane"

	"voxmesh/tui/pane"
	"voxmesh/tui/runspane"
)

// tab is one of the six panes.
type tab struct {
	name string
	key  keys.ID
	pane pane.Pane
}

func (c *console) makeTabs() []tab {
	return []tab{
		{"Mesh", keys.Pane1, meshpane.New(c.ctx, c.s, c.o.Source)},
		{"Runs", keys.Pane2, runspane.New(c.ctx, c.s)},
		{"Hopper", keys.Pane3, soon{c.s, "Hopper", "Not in this version yet. Jobs that wait are listed by", "voxmesh jobs"}},
		{"Models", keys.Pane4, soon{c.s, "Models", "Not in this version yet. Which model lives where is listed by", "voxmesh models"}},
		{"Policy", keys.Pane5, soon{c.s, "Policy", "Not in this version yet. What this machine gives is shown by", "voxmesh policy show"}},
		{"Audit", keys.Pane6, soon{c.s, "Audit", "Not in this version yet. The signed entries are listed by", "voxmesh audit"}},
	}
}
