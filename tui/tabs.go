package tui

import (
	tea "charm.land/bubbletea/v2"

	"voxmesh/mesh"
	"voxmesh/tui/auditpane"
	"voxmesh/tui/hopperpane"
	"voxmesh/tui/keys"
	"voxmesh/tui/meshpane"
	"voxmesh/tui/modelspane"
	"voxmesh/tui/pane"
	"voxmesh/tui/policypane"
	"voxmesh/tui/runspane"
)

// tab is one of the six panes. One that is hidden hears of the world when it is turned to: until then it is stale.
type tab struct {
	name  string
	key   keys.ID
	pane  pane.Pane
	stale bool
	heard int64 // the concern of which the pane knows, where it is concerned
}

// concerned is a pane that wants attention for few of all changes. Concern gives a number that is another one when there
// was such a change: only then the pane hears of the world while it is hidden.
type concerned interface {
	Concern(st *mesh.State) int64
}

func (c *console) makeTabs() []tab {
	return []tab{
		{name: "Mesh", key: keys.Pane1, pane: meshpane.New(c.ctx, c.s, c.o.Source)},
		{name: "Runs", key: keys.Pane2, pane: runspane.New(c.ctx, c.s)},
		{name: "Hopper", key: keys.Pane3, pane: hopperpane.New(c.ctx, c.s, c.o.Source)},
		{name: "Models", key: keys.Pane4, pane: modelspane.New(c.ctx, c.s)},
		{name: "Policy", key: keys.Pane5, pane: policypane.New(c.ctx, c.s, c.o.Policy)},
		{name: "Audit", key: keys.Pane6, pane: auditpane.New(c.ctx, c.s, c.o.Source)},
	}
}

// spread tells of another world, or of a second that went by: the scrubber, the layers, the pane that is shown, and of
// the others those that may want attention. A mesh changes often, and what nobody sees is not worth the work.
func (c *console) spread(why tea.Msg) tea.Cmd {
	cmds := c.toLayers(why)
	for i := range c.tabs {
		t := &c.tabs[i]
		t.stale = i != c.active
		if !t.stale || t.wants(c.s.World.State, why) {
			cmds = append(cmds, c.give(t.pane, why))
		}
	}
	return tea.Batch(cmds...)
}

// wants reports whether a hidden pane is to hear of a world. What it is told by a change it may put off, but not by a
// second.
func (t *tab) wants(st *mesh.State, why tea.Msg) bool {
	if _, is := t.pane.(pane.Attentive); !is {
		return false
	}
	p, is := t.pane.(concerned)
	if !is || st == nil {
		return true
	}
	n := p.Concern(st)
	if n == t.heard {
		return false
	}
	if _, is := why.(pane.Second); is {
		t.heard = n
	}
	return true
}

// freshen tells a pane that was hidden of the world as it is now, before it is shown or told something else.
func (c *console) freshen(t *tab) tea.Cmd {
	if !t.stale {
		return nil
	}
	t.stale = false
	return c.give(t.pane, pane.Changed{})
}

// turn shows a pane.
func (c *console) turn(i int) tea.Cmd {
	c.active = i
	c.onAxis(false)
	return c.freshen(&c.tabs[i])
}
