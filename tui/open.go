package tui

import (
	"time"

	tea "charm.land/bubbletea/v2"

	"voxmesh/tui/act"
	"voxmesh/tui/addnode"
	"voxmesh/tui/auditpane"
	"voxmesh/tui/confirm"
	"voxmesh/tui/debugger"
	"voxmesh/tui/drawer"
	"voxmesh/tui/explain"
	"voxmesh/tui/help"
	"voxmesh/tui/hopperpane"
	"voxmesh/tui/joinmesh"

	"voxmesh/tui/capbox"
	"voxmesh/tui/keys"
	"voxmesh/tui/palette"
	"voxmesh/tui/pane"
	"voxmesh/tui/send"
	"voxmesh/tui/verb"
)

// open lays a layer over the pane because a key asked for it.
func (c *console) open(l pane.Layer, cmd tea.Cmd) tea.Cmd {
	c.layers.push(l, time.Time{})
	return cmd
}

// looking reports whether a layer only shows something, so that the way through time stays open over it.
func looking(l pane.Layer) bool {
	switch l.(type) {
	case *drawer.Layer, *debugger.Layer, *explain.Layer, *help.Layer, *auditpane.Layer:
		return true
	}
	return false
}

func (c *console) palette(on pane.Ref) tea.Cmd {
	if _, is := c.layers.top().(*palette.Layer); is {
		return nil
	}
	var bs []keys.Binding
	for _, l := range [][]keys.Binding{c.focused().Keys(), c.everywhere()} {
		bs = append(bs, l...)
	}
	return c.open(palette.New(c.ctx, c.s, bs, &c.recent, on, c.o.Actions))
}

// openDrawer shows a run; where the drawer is open already it turns to that.
func (c *console) openDrawer(r pane.Ref) tea.Cmd {
	c.layers.removeIf(func(l pane.Layer) bool { _, is := l.(*drawer.Layer); return is })
	return c.open(drawer.New(c.ctx, c.s, c.o.Source, r))
}

func (c *console) explain(on pane.Ref) tea.Cmd {
	l := explain.New(c.s, on)
	return c.open(l, nil)
}

func (c *console) confirm(a pane.Act) tea.Cmd {
	return c.open(confirm.New(c.ctx, c.s, c.o.Actions, a.Verb, a.On, a.Text), nil)
}

// unsealed does at once what can be done again.
func (c *console) unsealed(a pane.Act) tea.Cmd {
	return act.Unsealed(c.ctx, c.s, c.o.Actions, a.Verb, a.On)
}

func (c *console) addNode() tea.Cmd {
	l, cmd := addnode.New(c.ctx, c.s, c.o.Actions)
	return c.open(l, cmd)
}

func (c *console) join() tea.Cmd {
	return c.open(joinmesh.New(c.ctx, c.s, c.o.Joiner), nil)
}

func (c *console) send(on pane.Ref, text string) tea.Cmd {
	return c.open(send.New(c.ctx, c.s, c.o.Actions, c.o.Files, on, text), nil)
}

func (c *console) cap(on pane.Ref) tea.Cmd {
	return c.open(capbox.New(c.ctx, c.s, c.o.Actions, on), nil)
}

func (c *console) batch(ids string) tea.Cmd {
	return c.open(hopperpane.NewBatch(c.ctx, c.s, c.o.Actions, ids), nil)
}

func (c *console) refuseUndo() string { return c.undo.Refuse(c.s) }

// did takes what was done: it is said, and what can be taken back is remembered.
func (c *console) did(d act.Did) {
	c.undo.Keep(c.s, d)
	if d.Notice != "" {
		c.notice = say(d.Notice, c.s.Now())
	}
}

// demo shows a mesh at work in this terminal, or says which command does.
func (c *console) demo() tea.Cmd {
	const command = "voxmesh demo"
	if c.o.Demo == nil {
		c.notice = say(command+" shows one, on the machine itself; copied", c.s.Now())
		return tea.SetClipboard(command)
	}
	return c.o.Demo()
}

// allowed reports whether an act can begin, and says why not.
func (c *console) allowed(a pane.Act) bool {
	why := verb.Refuse(c.s, a.Verb, a.On)
	if why == "" {
		return true
	}
	c.notice = say(keys.Get(a.Verb).Show()+" "+verb.Name(c.s, a.Verb, a.On)+": "+why, c.s.Now())
	return false
}

// openRun shows a run as it is asked for: of a workflow the timeline, of a job the drawer, unless the other is meant.
func (c *console) openRun(r pane.Ref, as pane.Shape) tea.Cmd {
	if as == pane.AsTimeline || as == pane.AsFits && c.isWorkflow(r) {
		return c.openTimeline(r)
	}
	return c.openDrawer(r)
}

func (c *console) isWorkflow(r pane.Ref) bool {
	id := verb.Target(r)
	if r.Kind == pane.Job {
		if j, ok := c.s.World.State.Job(r.ID); ok {
			id = j.Run
		}
	}
	run, ok := c.s.World.State.Run(id)
	return ok && run.Flow != nil
}
