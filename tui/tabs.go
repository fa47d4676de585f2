package tui

import (
	"voxmesh/tui/auditpane"
	"voxmesh/tui/keys"
	"voxmesh/tui/meshpane"
	"voxmesh/tui/modelspane"

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
		{"Models", keys.Pane4, modelspane.New(c.ctx, c.s)},
		{"Policy", keys.Pane5, soon{c.s, "Policy", "Not in this version yet. What this machine gives is shown by", "voxmesh policy show"}},
		{"Audit", keys.Pane6, auditpane.New(c.ctx, c.s, c.o.Source)},
	}
}
