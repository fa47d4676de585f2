package meshpane

import (
	"cmp"
	"slices"
	"time"

	tea "charm.land/bubbletea/v2"

	"voxmesh/tui/keys"
	"voxmesh/tui/layout"
	"voxmesh/tui/pane"
	"voxmesh/tui/row"
)

// reorderEvery is how often a living list may change its order: more often it can't be read.
const reorderEvery = time.Second

// sort brings the rows in order: now, or where the last time is long enough ago. Equal rows keep their places by id.
// Invites stand at the end.
func (p *Pane) sort(now bool) {
	t := p.s.Now()
	if !now && t.Sub(p.sorted) < reorderEvery {
		return
	}
	p.sorted = t
	p.order = p.order[:0]
	for id := range p.entries {
		p.order = append(p.order, id)
	}
	slices.SortFunc(p.order, func(a, b string) int {
		x, y := p.entries[a], p.entries[b]
		if (x.invite != nil) != (y.invite != nil) {
			if x.invite != nil {
				return 1
			}
			return -1
		}
		c := 0
		if x.node != nil {
			c = p.compare(x, y)
		}
		if p.down {
			c = -c
		}
		return cmp.Or(c, cmp.Compare(a, b))
	})
	p.keepSelection()
}

func (p *Pane) compare(x, y entry) int {
	w := p.s.World
	switch p.sortBy {
	case byClass:
		return cmp.Compare(x.node.Class.Effective(), y.node.Class.Effective())
	case byState:
		a, _ := state(x.node)
		b, _ := state(y.node)
		return cmp.Compare(a, b)
	case byJobs:
		return cmp.Compare(len(w.State.HeldBy(x.node.ID)), len(w.State.HeldBy(y.node.ID)))
	case bySpend:
		return cmp.Compare(w.Spend.Node(x.node.ID).Micros, w.Spend.Node(y.node.ID).Micros)
	case byRTT:
		a, _ := p.beat(x)
		b, _ := p.beat(y)
		return cmp.Compare(a.RTT, b.RTT)
	case byBeat:
		a, _ := p.beat(x)
		b, _ := p.beat(y)
		return b.At.Compare(a.At)
	}
	return cmp.Compare(x.node.ID, y.node.ID)
}

// scrollMargin is how many rows stay in sight above and under the cursor.
const scrollMargin = 2

func (p *Pane) move(id keys.ID) {
	if p.focus == inspector {
		p.facts.move(id)
		return
	}
	page := max(p.listRows(), 1)
	to := p.at
	switch id {
	case keys.Up:
		to--
	case keys.Down:
		to++
	case keys.PageUp:
		to -= page
	case keys.PageDown:
		to += page
	case keys.HalfUp:
		to -= (page + 1) / 2
	case keys.HalfDown:
		to += (page + 1) / 2
	case keys.Home:
		to = 0
	case keys.End:
		to = len(p.order) - 1
	default:
		return
	}
	p.choose(to)
}

func (p *Pane) choose(i int) {
	if len(p.order) == 0 {
		return
	}
	p.at = max(min(i, len(p.order)-1), 0)
	p.s.Node = p.order[p.at]
	p.follow()
}

// follow scrolls so that the cursor is in sight.
func (p *Pane) follow() {
	rows := p.listRows()
	if rows <= 0 {
		return
	}
	m := min(scrollMargin, (rows-1)/2)
	p.top = max(min(p.top, p.at-m), p.at+m-rows+1)
	p.top = max(min(p.top, len(p.order)-rows), 0)
}

func (p *Pane) listRows() int {
	return layout.MeshPane(p.frame, false, p.alone).List.H - 3
}

func (p *Pane) click(c pane.Click) (pane.Action, tea.Cmd) {
	if p.empty() {
		if p.emptyButton(c.X, c.Y) {
			return pane.Press{ID: keys.Add}, nil
		}
		return nil, nil
	}
	m := layout.MeshPane(p.frame, p.focus == inspector, p.alone)
	switch {
	case m.List.Has(c.X, c.Y):
		p.focus = list
		in := m.List.Inner()
		if c.Y == in.Y {
			p.clickHead(c.X-in.X, in.W)
			return nil, nil
		}
		i := p.top + c.Y - in.Y - 1
		if c.Y > in.Y && i < len(p.order) && in.Has(c.X, c.Y) {
			p.choose(i)
			if c.Double {
				p.focus = inspector
			}
		}
	case m.Inspector.Has(c.X, c.Y):
		p.focus = inspector
		p.facts.choose(c.Y - m.Inspector.Y - 1)
	}
	return nil, nil
}

// clickHead sorts by the column that was clicked; a second click turns the order.
func (p *Pane) clickHead(x, w int) {
	node, heads := arrange(w)
	by, at := numColumns, 3+node+1
	switch {
	case x < at:
		by = byNode
	case x < at+row.BadgeWidth:
		by = byClass
	}
	at += row.BadgeWidth
	for _, h := range heads {
		at += h.gap + h.width
		if by == numColumns && x < at {
			by = h.sort
			break
		}
	}
	switch by {
	case numColumns:
		return
	case p.sortBy:
		p.down = !p.down
	default:
		p.sortBy = by
	}
	p.sort(true)
}

func (p *Pane) wheel(w pane.Wheel) {
	m := layout.MeshPane(p.frame, p.focus == inspector, p.alone)
	d := -3
	if w.Down {
		d = 3
	}
	switch {
	case m.List.Has(w.X, w.Y):
		p.top = max(min(p.top+d, len(p.order)-p.listRows()), 0)
	case m.Inspector.Has(w.X, w.Y):
		p.facts.top = max(p.facts.top+d, 0)
	}
}
