package debugger

import (
	tea "charm.land/bubbletea/v2"

	"voxmesh/tui/keys"
	"voxmesh/tui/pane"
)

// click picks the lane under the mouse, opens a closed branch by its sign, and gives the focus to a region. A double one
// is enter.
func (l *Layer) click(c pane.Click) (pane.Action, tea.Cmd) {
	if l.cmp != nil {
		return nil, nil
	}
	if v, ok := l.views.At(c.X, c.Y); ok {
		l.focus = region(v)
		l.under = l.focus
		return nil, l.tail(false)
	}
	for r := range l.rects {
		if l.rects[r].Has(c.X, c.Y) {
			l.focus = region(r)
			if l.focus == about || l.focus == output {
				l.under = l.focus
			}
		}
	}
	if l.overRuler(c.X, c.Y) {
		l.focus = ruler
		return nil, nil
	}
	if !l.body.Has(c.X, c.Y) || !l.list.Click(c.Y-l.body.Y) {
		return nil, nil
	}
	cmd := l.chose()
	if _, ok := l.signs.At(c.X, c.Y); ok && !c.Right {
		return nil, tea.Batch(cmd, l.unfold())
	}
	if c.Double && !c.Right {
		return l.open(), cmd
	}
	return nil, cmd
}

// overRuler reports whether the mouse is on the times of the axis.
func (l *Layer) overRuler(x, y int) bool {
	return !l.body.Empty() && y == l.body.Y-1 && x >= l.body.X+columnsOf(l.body).axis
}

// drag moves the window with the mouse, from where the button went down on the axis.
func (l *Layer) drag(d pane.Drag) {
	if l.cmp != nil || l.tree == nil || l.body.Empty() {
		return
	}
	c := columnsOf(l.body)
	onAxis := d.FromX >= l.body.X+c.axis && d.FromY >= l.body.Y-1 && d.FromY < l.body.Y+l.body.H
	if !onAxis {
		return
	}
	f := l.full()
	if !l.grip.held {
		l.grip.held = true
		l.grip.from, l.grip.to = l.win.see(f)
	}
	size := l.grip.to - l.grip.from
	l.win.pan(f, l.grip.from+int64(float64(d.FromX-d.X)/float64(c.w)*float64(size)))
	if d.Done {
		l.grip.held = false
	}
}

// wheel scrolls what is under it and moves no cursor; over the times of the axis it moves the window.
func (l *Layer) wheel(w pane.Wheel) {
	if l.cmp != nil {
		l.cmp.rows.move(wheelKey(w.Down))
		return
	}
	switch {
	case l.overRuler(w.X, w.Y):
		share := -1.0 / panShare
		if w.Down {
			share = -share
		}
		l.win.by(l.full(), share)
	case l.rects[lanes].Has(w.X, w.Y):
		l.list.Wheel(w.Down)
	case l.rects[about].Has(w.X, w.Y):
		for range 3 {
			l.facts.move(wheelKey(w.Down))
		}
	case l.rects[output].Has(w.X, w.Y):
		l.out.view.Wheel(w.Down)
	}
}

// grip is the window as it was when a drag began.
type grip struct {
	held     bool
	from, to int64
}

func wheelKey(down bool) keys.ID {
	if down {
		return keys.Down
	}
	return keys.Up
}
