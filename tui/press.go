package tui

import (
	"slices"
	"time"

	tea "charm.land/bubbletea/v2"

	"voxmesh/tui/help"
	"voxmesh/tui/keys"
	"voxmesh/tui/pane"
)

// everywhere are the keys that work in every pane, but for those of which the focused region makes something of its own.
func (c *console) everywhere() []keys.Binding {
	own := c.focused().Keys()
	return slices.DeleteFunc(c.outside(), func(b keys.Binding) bool {
		return slices.ContainsFunc(own, func(o keys.Binding) bool { return o.ID == b.ID })
	})
}

// outside are the keys that the root carries out; over a layer only those that do not lead away from it.
func (c *console) outside() []keys.Binding {
	bs := keys.Pick(keys.Palette, keys.Help, keys.Leave)
	if l := c.layers.top(); l != nil {
		if looking(l) {
			bs = append(bs, c.bar.TimeKeys()...)
		}
		return bs
	}
	for _, t := range c.tabs {
		bs = append(bs, keys.Get(t.key))
	}
	bs = append(bs, keys.Get(keys.Add).When(c.s.Refuse), keys.Get(keys.Join).When(c.s.Refuse), keys.Get(keys.Send).When(c.s.Refuse),
		keys.Get(keys.Undo).When(c.refuseUndo), keys.Get(keys.Next).As("", "next region"), keys.Get(keys.Previous).As("", "previous region"))
	if c.o.Retry != nil && !c.present.Lost.IsZero() {
		bs = append(bs, keys.Get(keys.Retry).As("reconnect", "reconnect now"))
	}
	return append(bs, c.bar.TimeKeys()...)
}

// onAxis gives the scrubber the focus, or takes it.
func (c *console) onAxis(on bool) {
	c.onBar = on && !c.frame.Scrubber.Empty()
	c.bar.Focus(c.onBar)
}

func (c *console) key(k tea.KeyPressMsg) tea.Cmd {
	if c.layers.deaf(c.s.Now()) {
		return nil
	}
	c.notice = notice{}
	if c.typing() && k.Text != "" {
		return c.give(c.focused(), k)
	}
	for _, bs := range [][]keys.Binding{c.focused().Keys(), c.everywhere()} {
		if b, ok := keys.Find(bs, k); ok {
			return c.perform(b, k)
		}
	}
	if c.typing() {
		return c.give(c.focused(), k)
	}
	return nil
}

// press does what a key would do here.
func (c *console) press(id keys.ID) tea.Cmd {
	for _, bs := range [][]keys.Binding{c.focused().Keys(), c.everywhere()} {
		for _, b := range bs {
			if b.ID == id {
				return c.perform(b, tea.KeyPressMsg{})
			}
		}
	}
	return nil
}

// perform carries out a binding; k is the key, or none where a word was clicked.
func (c *console) perform(b keys.Binding, k tea.KeyPressMsg) tea.Cmd {
	if why := b.Reason(); why != "" {
		what := b.Short
		if what == "" {
			what = b.Long()
		}
		c.notice = say(b.Show()+" "+what+": "+why, c.s.Now())
		return nil
	}
	if owns(c.focused(), b.ID) {
		return c.give(c.focused(), pane.Do{ID: b.ID, Key: k})
	}
	return c.global(b.ID, k)
}

// owns reports whether a binding is one of the focused region.
func owns(p pane.Pane, id keys.ID) bool {
	for _, b := range p.Keys() {
		if b.ID == id {
			return true
		}
	}
	return false
}

// global carries out what works everywhere.
func (c *console) global(id keys.ID, k tea.KeyPressMsg) tea.Cmd {
	for i, t := range c.tabs {
		if t.key == id {
			return c.turn(i)
		}
	}
	switch id {
	case keys.Leave:
		return c.leave()
	case keys.Help:
		c.help()
	case keys.Palette:
		return c.palette(pane.Ref{})
	case keys.Add, keys.Join, keys.Send:
		return c.begin(pane.Act{Verb: id})
	case keys.Undo:
		return c.undo.Do(c.ctx, c.s, c.o.Actions)
	case keys.Retry:
		c.o.Retry()
	case keys.Next, keys.Previous:
		c.onAxis(!c.onBar)
	default:
		return c.give(c.bar, pane.Do{ID: id, Key: k})
	}
	return nil
}

func (c *console) help() {
	if l := c.layers.top(); l != nil {
		if _, open := l.(*help.Layer); open {
			c.layers.remove(l)
			return
		}
	}
	c.layers.push(help.New(c.tabs[c.active].name, c.focused().Keys(), c.everywhere()), time.Time{})
}
