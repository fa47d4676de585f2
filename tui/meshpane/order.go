package meshpane

import (
	"cmp"
	"slices"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"voxmesh/mesh"
	"voxmesh/tui/format"
	"voxmesh/tui/layout"
	"voxmesh/tui/list"
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
	order := make([]entry, 0, len(p.entries.rows))
	for _, e := range p.entries.rows {
		if p.matches(e) {
			order = append(order, e)
		}
	}
	if p.sortBy != byNode || p.down { // by id they are in order already, invites last
		less := p.comparer()
		slices.SortStableFunc(order, func(a, b entry) int {
			switch {
			case a.node == nil || b.node == nil:
				return cmp.Compare(kind(a), kind(b))
			case p.down:
				return less(b, a)
			}
			return less(a, b)
		})
	}
	ids := make([]string, len(order))
	for i, e := range order {
		ids[i] = e.id()
	}
	p.nodes.Set(ids)
	p.keepSelection()
}

// kind puts machines before invites.
func kind(e entry) int {
	if e.invite != nil {
		return 1
	}
	return 0
}

// matches reports whether the filter leaves an entry.
func (p *Pane) matches(e entry) bool {
	if p.filter.Text() == "" {
		return true
	}
	id, class := entryName(e)
	word, _ := stateText(p, e, head{})
	f := list.Fields{Text: id, Node: id, Status: word, Class: class.Badge(), Age: -1}
	if e.node != nil {
		f.Text += " " + e.node.Label + " " + e.node.Addr + " " + format.Cap(e.node.Cap) + " " + strings.Join(p.slotUse(e.node), " ")
		f.Age = p.s.Time().Sub(time.UnixMicro(e.node.JoinedAt))
		for _, m := range e.node.Models {
			f.Model += m.Name + " "
		}
	}
	return p.filter.Matches(f)
}

// comparer compares two machines by the column that was chosen.
func (p *Pane) comparer() func(x, y entry) int {
	w := p.s.World
	switch p.sortBy {
	case byClass:
		return func(x, y entry) int { return cmp.Compare(x.node.Class.Effective(), y.node.Class.Effective()) }
	case byState:
		return func(x, y entry) int {
			a, _ := state(x.node)
			b, _ := state(y.node)
			return cmp.Compare(a, b)
		}
	case byJobs:
		busy := heldBy(w.State)
		return func(x, y entry) int { return cmp.Compare(busy[x.node.ID], busy[y.node.ID]) }
	case bySpend:
		return func(x, y entry) int {
			return cmp.Compare(w.Spend.Node(x.node.ID).Micros, w.Spend.Node(y.node.ID).Micros)
		}
	case byRTT:
		return func(x, y entry) int {
			a, _ := p.beat(x)
			b, _ := p.beat(y)
			return cmp.Compare(a.RTT, b.RTT)
		}
	case byBeat:
		return func(x, y entry) int {
			a, _ := p.beat(x)
			b, _ := p.beat(y)
			return b.At.Compare(a.At)
		}
	}
	return func(x, y entry) int { return cmp.Compare(x.node.ID, y.node.ID) }
}

// heldBy counts the jobs that machines hold.
func heldBy(st *mesh.State) map[string]int {
	busy := map[string]int{}
	for _, j := range st.Held() {
		busy[j.Node]++
	}
	return busy
}

// nearCap is the share of a cap in percent from which a machine wants whoever is here.
const nearCap = 90

// attention reports whether a machine wants whoever is here: it is not well, or its money is nearly spent.
func attention(p *Pane, n *mesh.Node) bool {
	share, ok := format.Share(p.s.World.Spend.Node(n.ID).Micros, n.Cap)
	return n.Status != mesh.Online || n.Locked != "" || ok && share >= nearCap
}

func (p *Pane) click(c pane.Click) (pane.Action, tea.Cmd) {
	if p.bare() {
		return p.clickEmpty(c)
	}
	m := p.arranged()
	switch {
	case m.Graph.Has(c.X, c.Y):
		if !m.Both() && c.Y == m.Graph.Y {
			p.clickViews(c.X - m.Graph.X)
			return nil, nil
		}
		p.focus, p.view = layout.Graph, layout.Graph
		return nil, p.clickGraph(c)
	case m.List.Has(c.X, c.Y):
		if !m.Both() && c.Y == m.List.Y {
			p.clickViews(c.X - m.List.X)
			return nil, nil
		}
		p.focus, p.view = layout.List, layout.List
		p.clickList(c, m.List.Inner())
	case m.Inspector.Has(c.X, c.Y):
		p.focus = layout.Inspector
		p.facts.choose(c.Y - m.Inspector.Y - 1)
		if c.Double {
			return p.openItem(), nil
		}
	}
	return nil, nil
}

// clickViews turns to the view whose name in the top border was clicked.
func (p *Pane) clickViews(x int) {
	want := layout.List
	if x <= len("[Graph]") {
		want = layout.Graph
	}
	if want != p.view {
		p.turnView()
	}
	p.focus = p.view
}

func (p *Pane) clickList(c pane.Click, in layout.Rect) {
	if c.Y == in.Y {
		p.clickHead(c.X-in.X, in.W)
		return
	}
	if in.Has(c.X, c.Y) && p.nodes.Click(c.Y-in.Y-1) {
		p.s.Node = p.nodes.Selected()
		if c.Double {
			p.focus = layout.Inspector
		}
	}
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
	m := p.arranged()
	switch {
	case m.Graph.Has(w.X, w.Y):
		p.graph.wheel(w)
	case m.List.Has(w.X, w.Y):
		p.nodes.Wheel(w.Down)
	case m.Inspector.Has(w.X, w.Y):
		p.facts.wheel(w.Down)
	}
}
