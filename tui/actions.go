package tui

import (
	"time"

	tea "charm.land/bubbletea/v2"

	"voxmesh/tui/keys"
	"voxmesh/tui/pane"
	"voxmesh/tui/verb"
)

// carry does what a pane or layer asks for.
func (c *console) carry(from pane.Pane, act pane.Action) tea.Cmd {
	switch act := act.(type) {
	case pane.Notice:
		c.notice = say(act.Text, c.s.Now())
	case pane.Push:
		c.layers.push(act.Layer, time.Time{})
	case pane.Close:
		c.layers.remove(from)
	case pane.Quit:
		return c.quit()
	case pane.Press:
		return c.press(act.ID)
	case pane.Clip:
		c.notice = say(act.Said, c.s.Now())
		return tea.SetClipboard(act.Text)
	case pane.Visit:
		return c.visit(act.Ref, act.As)
	case pane.Act:
		return c.begin(act)
	case pane.Seek:
		return c.seek(act)
	case pane.GoLive:
		return c.bar.Live()
	case pane.Turn:
		return c.global(act.Pane, tea.KeyPressMsg{})
	case pane.Tell:
		for i := range c.tabs {
			if t := &c.tabs[i]; t.key == act.Pane {
				return tea.Batch(c.freshen(t), c.give(t.pane, act.Msg))
			}
		}
	case pane.Pass:
		c.onAxis(true)
	case pane.Demo:
		return c.demo()
	case pane.Several:
		var cmds []tea.Cmd
		for _, a := range act {
			cmds = append(cmds, c.carry(from, a))
		}
		return tea.Batch(cmds...)
	}
	c.dirty = everything
	return nil
}

// seek takes the console to an op, or to a moment.
func (c *console) seek(to pane.Seek) tea.Cmd {
	if to.Seq > 0 {
		return c.bar.SeekOp(to.Seq)
	}
	said, cmd := c.bar.SeekTo(to.At)
	return tea.Batch(cmd, c.carry(c.bar, said))
}

// home is the pane in which a kind of thing is shown.
var home = map[pane.Kind]keys.ID{
	pane.Node: keys.Pane1, pane.Invite: keys.Pane1, pane.Item: keys.Pane3, pane.Model: keys.Pane4, pane.Entry: keys.Pane6,
}

// visit goes to where a thing is shown: to its pane, or to the drawer or the timeline that lie over any.
func (c *console) visit(r pane.Ref, as pane.Shape) tea.Cmd {
	c.dirty = everything
	c.recent.Visited(c.s, r)
	switch r.Kind {
	case pane.Job, pane.Run, pane.Span:
		return c.openRun(r, as)
	}
	id, ok := home[r.Kind]
	if !ok {
		return nil
	}
	c.layers.removeIf(looking)
	for i, t := range c.tabs {
		if t.key == id {
			return tea.Batch(c.turn(i), c.give(t.pane, pane.Reveal{Ref: r}))
		}
	}
	return nil
}

// begin begins an act: the confirmation where it is sealed, its box where it asks for something, else at once.
func (c *console) begin(a pane.Act) tea.Cmd {
	c.dirty = everything
	if a.Verb == keys.Explain {
		return c.explain(a.On)
	}
	if !c.allowed(a) {
		return nil
	}
	c.recent.Visited(c.s, a.On)
	switch a.Verb {
	case keys.Add:
		return c.addNode()
	case keys.Join:
		return c.join()
	case keys.Send:
		return c.send(a.On, a.Text)
	case keys.Cap:
		return c.cap(a.On)
	case keys.Batch:
		return c.batch(a.Text)
	}
	if verb.Sealed(c.s, a.Verb, a.On) {
		return c.confirm(a)
	}
	return c.unsealed(a)
}
