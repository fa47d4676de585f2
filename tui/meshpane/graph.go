package meshpane

import (
	"context"

	tea "charm.land/bubbletea/v2"

	"voxmesh/mesh"
	"voxmesh/tui/canvas"
	"voxmesh/tui/cell"
	"voxmesh/tui/format"
	"voxmesh/tui/graph"
	"voxmesh/tui/keys"
	"voxmesh/tui/layout"
	"voxmesh/tui/pane"
)

// beginWithList is from how many machines on the pane first opens on Nodes where there is room for one of the two: no
// more than these have a ring each.
const beginWithList = 44

// beginView chooses, once, what a narrow console begins with.
func (p *Pane) beginView(f layout.Frame) {
	if p.begun || f.Width == 0 {
		return
	}
	p.begun = true
	if !p.touched && len(p.entries.rows) > beginWithList && f.Width < layout.Wide && f.Height < layout.Tall {
		p.view, p.focus = layout.List, layout.List
	}
}

// seen is of what the last scene was made.
type seen struct {
	state    *mesh.State
	spend    mesh.Spend // of the mesh: where it is the same, so is every machine's, of one state
	pic      *graph.Picture
	pinned   int
	filtered bool
}

// scene is how the machines of the picture look now. It is made anew only where something of it may have changed.
func (p *Pane) scene() canvas.Scene {
	pic, st := p.graph.view.Picture(), p.s.World.State
	s := canvas.Scene{Selected: p.s.Node, Filtered: p.filter.Text() != "", Faint: p.s.Faint()}
	if pic == nil {
		return s
	}
	from := seen{st, p.s.World.Spend.Mesh, pic, p.graph.pinned, s.Filtered}
	if from != p.graph.seen || s.Filtered { // what a filter leaves may be a matter of time
		p.graph.seen = from
		p.look(pic, st)
	}
	s.Nodes, s.Edges = p.graph.nodes, p.graph.edges
	rtt := p.roundTrip()
	for i := range s.Edges {
		s.Edges[i].RTT = ""
		if pic.Graph.Nodes[pic.Graph.Edges[i].B].ID == s.Selected {
			s.Edges[i].RTT = rtt
		}
	}
	return s
}

// look makes the looks of the picture's machines and edges, but for round trips.
func (p *Pane) look(pic *graph.Picture, st *mesh.State) {
	busy := heldBy(st)
	nodes, edges := p.graph.nodes[:0], p.graph.edges[:0]
	all, at := st.Nodes(), 0 // both are in the order of ids, so that they are walked through together
	for _, g := range pic.Graph.Nodes {
		for at < len(all) && all[at].ID < g.ID {
			at++
		}
		if at == len(all) || all[at].ID != g.ID {
			nodes = append(nodes, canvas.Node{})
			continue
		}
		n := all[at]
		_, pinned := p.graph.pins[g.ID]
		share, capped := format.Share(p.s.World.Spend.Node(g.ID).Micros, n.Cap)
		nodes = append(nodes, canvas.Node{
			Class: n.Class, Host: n.Host, Status: n.Status, Mode: n.Mode, Pinned: pinned, Working: busy[g.ID] > 0, Busy: busy[g.ID],
			Failing: n.Locked != "", Full: capped && share >= nearCap, Dim: !p.matches(entry{node: n}),
		})
	}
	for _, e := range pic.Graph.Edges {
		n := nodes[e.B]
		edges = append(edges, canvas.Edge{Status: n.Status, Working: n.Working})
	}
	p.graph.nodes, p.graph.edges = nodes, edges
}

// roundTrip is that of the selected machine, as it is written; empty where none is selected.
func (p *Pane) roundTrip() string {
	n := p.selected().node
	if n == nil {
		return ""
	}
	if b, ok := p.beat(entry{node: n}); ok && n.Status != mesh.Offline && b.RTT > 0 {
		return format.RTT(b.RTT)
	}
	return "rtt " + format.Dash
}

func (p *Pane) drawGraph(b *cell.Buffer, r layout.Rect, both bool) {
	border := pane.Frame(b, r, p.focus == layout.Graph)
	x := p.drawNames(b, r, layout.Graph, both, border)
	x = p.filter.Draw(b, r, x, r.Y)
	v, in := &p.graph.view, r.Inner()
	p.graph.at = layout.Rect{X: in.X, Y: in.Y, W: in.W, H: max(in.H-1, 0)}
	v.Draw(b, p.graph.at, p.scene())
	if in.H > 0 {
		v.Legend(b, in.X, in.Y+in.H-1, in.W)
	}
	facts := v.Facts()
	if text := p.filter.Text(); text != "" {
		facts = format.End("/"+text, 16) + "  " + facts
	}
	if x < r.X+r.W-4-len(facts) {
		pane.Facts(b, r, r.Y, facts, border)
	}
	if rings := v.Rings(); rings != "" {
		b.Put(r.X+2, r.Y+r.H-1, r.W-4, " "+rings+" ", border)
	}
}

// doGraph does what a key means on the canvas.
func (p *Pane) doGraph(id keys.ID) tea.Cmd {
	v := &p.graph.view
	if v.Lifted() != "" {
		return p.carry(id)
	}
	switch id {
	case keys.Up, keys.Down, keys.Left, keys.Right:
		p.chooseTarget(v.Move(id))
	case keys.Open:
		if !v.Open() {
			p.focus = layout.Inspector
			return nil
		}
		p.chooseTarget(v.Cursor())
	case keys.Seek:
		if id := v.Next(); id != "" {
			p.choose(id)
		}
	case keys.Pin:
		return p.pin()
	case keys.Move:
		v.Lift(p.s.Node)
	case keys.ZoomIn:
		v.In()
	case keys.ZoomOut:
		v.Out()
	case keys.Fit:
		v.Fit()
	case keys.Home, keys.End, keys.PageUp, keys.PageDown, keys.HalfUp, keys.HalfDown:
		p.nodes.Move(id)
		p.s.Node = p.nodes.Selected()
	}
	return nil
}

// chooseTarget makes the node under the canvas's cursor the one that is selected.
func (p *Pane) chooseTarget(t canvas.Target) {
	if t.ID != "" {
		p.choose(t.ID)
	}
}

// carry moves a node that was picked up.
func (p *Pane) carry(id keys.ID) tea.Cmd {
	v := &p.graph.view
	switch id {
	case keys.Open, keys.Move, keys.Pin:
		node, at, _ := v.Drop()
		return p.graph.pinAt(p.ctx, p.s, node, at)
	}
	v.Carry(id)
	return nil
}

// pin holds the selected node where it is, or lets it go.
func (p *Pane) pin() tea.Cmd {
	t := &p.graph
	id := p.s.Node
	if _, pinned := t.pins[id]; pinned {
		return t.unpin(id)
	}
	if at, ok := t.known[id]; ok {
		return t.pinAt(p.ctx, p.s, id, at)
	}
	return nil
}

func (p *Pane) clickGraph(c pane.Click) tea.Cmd {
	at := p.graph.at
	if !at.Has(c.X, c.Y) {
		return nil
	}
	v := &p.graph.view
	t := v.Hit(c.X-at.X, c.Y-at.Y)
	p.chooseTarget(t)
	switch {
	case c.Double && t.ID != "":
		p.focus = layout.Inspector
	case t.Cluster != nil:
		v.Point(t)
		if c.Double {
			v.Open()
		}
	}
	return nil
}

// drag carries a node, or moves the canvas.
func (p *Pane) drag(d pane.Drag) tea.Cmd {
	at := p.graph.at
	if p.focus != layout.Graph || !at.Has(d.FromX, d.FromY) {
		return nil
	}
	id, to, dropped := p.graph.view.Drag(d.FromX-at.X, d.FromY-at.Y, d.X-at.X, d.Y-at.Y, d.Done)
	if !dropped {
		return nil
	}
	p.choose(id)
	return p.graph.pinAt(p.ctx, p.s, id, to)
}

// The wheel moves the canvas by so many rows.
const wheelRows = 2

func (t *topology) wheel(w pane.Wheel) {
	if w.Down {
		t.view.Pan(0, wheelRows)
	} else {
		t.view.Pan(0, -wheelRows)
	}
}

// title is what the border says of where the canvas is.
func (t *topology) title() string { return t.view.Title() }

// back takes one step back on the canvas, and reports whether there was one.
func (t *topology) back() bool { return t.view.PutBack() || t.view.Back() }

// pinAt puts a node somewhere and holds it there.
func (t *topology) pinAt(ctx context.Context, s *pane.Session, id string, at graph.Point) tea.Cmd {
	if id == "" {
		return nil
	}
	t.pins[id], t.known[id], t.dirty = at, at, true
	t.pinned++
	t.asked = graph.Graph{} // another picture, though the graph is the same
	return tea.Batch(t.save(), t.follow(ctx, s))
}

func (t *topology) unpin(id string) tea.Cmd {
	delete(t.pins, id)
	t.pinned++
	t.dirty = true
	return t.save()
}
