package tui

import (
	"time"

	tea "charm.land/bubbletea/v2"

	"voxmesh/tui/keys"
	"voxmesh/tui/layout"
	"voxmesh/tui/pane"
)

// word is a part of the first or the last rows that does something when it is clicked.
type word struct {
	x, end, y int
	act       pane.Action
}

// pointer is what the mouse did last.
type pointer struct {
	last pane.Click
	at   time.Time
	down bool
	from pane.Click // where the button went down
	on   pane.Pane  // what it went down on: a drag belongs to it
}

// doubleClick is the most between the two clicks of a double one.
const doubleClick = 400 * time.Millisecond

func (c *console) click(m tea.Mouse) tea.Cmd {
	if m.Button != tea.MouseLeft && m.Button != tea.MouseRight || c.layers.deaf(c.s.Now()) {
		return nil
	}
	c.notice = notice{}
	left := m.Button == tea.MouseLeft
	for _, w := range c.words {
		if left && m.Y == w.y && m.X >= w.x && m.X < w.end {
			return c.carry(c.focused(), w.act)
		}
	}
	now := c.s.Now()
	k := pane.Click{X: m.X, Y: m.Y, Right: !left}
	again := k == c.pointer.last && now.Sub(c.pointer.at) < doubleClick
	on := c.under(m.X, m.Y)
	c.pointer = pointer{last: k, at: now, down: left, from: k, on: on}
	k.Double = again && left
	cmd := c.give(on, k)
	if s, ok := on.(pane.Subject); ok && !left && s.Selected().Kind != pane.None {
		return tea.Batch(cmd, c.palette(s.Selected()))
	}
	return cmd
}

// under is what takes the mouse at a place: a layer, the scrubber, or the pane, which it gives the focus.
func (c *console) under(x, y int) pane.Pane {
	bar := c.frame.Scrubber.Has(x, y) || c.frame.Moment.Has(x, y)
	l := c.layers.top()
	switch {
	case l != nil && !(bar && looking(l)):
		return l
	case bar:
		c.onAxis(l == nil)
		return c.bar
	}
	c.onAxis(false)
	return c.tabs[c.active].pane
}

// drag follows the mouse while its button is down.
func (c *console) drag(m tea.Mouse, done bool) tea.Cmd {
	p := &c.pointer
	if !p.down {
		return nil
	}
	p.down = !done
	moved := m.X != p.from.X || m.Y != p.from.Y
	if !moved && p.last == p.from && done {
		return nil
	}
	p.last = pane.Click{X: -1}
	return c.give(p.on, pane.Drag{FromX: p.from.X, FromY: p.from.Y, X: m.X, Y: m.Y, Done: done})
}

func (c *console) wheel(m tea.Mouse) tea.Cmd {
	if m.Button != tea.MouseWheelUp && m.Button != tea.MouseWheelDown {
		return nil
	}
	at := pane.Pane(c.tabs[c.active].pane)
	if l := c.layers.top(); l != nil {
		at = l
	} else if c.frame.Scrubber.Has(m.X, m.Y) {
		at = c.bar
	}
	return c.give(at, pane.Wheel{X: m.X, Y: m.Y, Down: m.Button == tea.MouseWheelDown})
}

// button makes a part of a row do what a key does.
func (c *console) button(x, end, y int, id keys.ID) { c.door(x, end, y, pane.Press{ID: id}) }

// door makes a part of a row lead somewhere.
func (c *console) door(x, end, y int, act pane.Action) {
	c.words = append(c.words, word{x, end, y, act})
}

// region is a part of the screen that can be out of date on its own.
type region uint8

const (
	header region = 1 << iota
	body          // the pane, with its strip
	axis          // the scrubber and the row over it
	status
	foot
	over // the layers

	everything = header | body | axis | status | foot | over
)

// touches tells which parts of the screen a message can change.
func touches(msg tea.Msg) region {
	switch msg.(type) {
	case tea.KeyReleaseMsg, tea.FocusMsg, tea.BlurMsg:
		return 0
	case tea.MouseMotionMsg:
		return body | axis | over
	case secondMsg: // ages and countdowns move; what the log says does not
		return header | body | axis | over | foot
	}
	return everything
}

// rects are the places of a region.
func (g region) rects(f layout.Frame) []layout.Rect {
	switch g {
	case header:
		return []layout.Rect{f.Header}
	case body:
		return []layout.Rect{f.Pane, f.Strip}
	case axis:
		return []layout.Rect{f.Moment, f.Scrubber}
	case status:
		return []layout.Rect{f.Status}
	case foot:
		return []layout.Rect{f.Keys}
	}
	return nil
}
