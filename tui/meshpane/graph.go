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
	if !p.touched && len(p.entries) > beginWithList && f.Width < layout.Wide && f.Height < layout.Tall {
		p.view, p.focus = layout.List, layout.List
	}
}

// scene is how the machines of the picture look now.
func (p *Pane) scene() canvas.Scene {
	pic, st := p.graph.view.Picture(), p.s.World.State
	s := canvas.Scene{Selected: p.s.Node, Filtered: p.filter.Text() != "", Faint: p.s.Faint()}
	s.Nodes, s.Edges = p.graph.nodes[:0], p.graph.edges[:0]
	if pic == nil {
		return s
	}
	busy := map[string]int{}
	for _, j := range st.Held() {
		busy[j.Node]++
	}
	for _, g := range pic.Graph.Nodes {
		s.Nodes = append(s.Nodes, p.look(g.ID, busy[g.ID]))
	}
	for _, e := range pic.Graph.Edges {
		id := pic.Graph.Nodes[e.B].ID
		s.Edges = append(s.Edges, p.edge(id, busy[id]))
	}
	p.graph.nodes, p.graph.edges = s.Nodes, s.Edges
	return s
}

func (p *Pane) look(id string, busy int) canvas.Node {
	n, ok := p.s.World.State.Node(id)
	if !ok {
		return canvas.Node{}
	}
	_, pinned := p.graph.pins[id]
	share, capped := format.Share(p.s.World.Spend.Node(id).Micros, n.Cap)
	return canvas.Node{
		Class: n.Class, Host: n.Host, Status: n.Status, Mode: n.Mode, Pinned: pinned, Working: busy > 0, Busy: busy,
		Failing: n.Locked != "", Full: capped && share >= nearCap, Dim: !p.matches(entry{node: n}),
	}
}

func (p *Pane) edge(id string, busy int) canvas.Edge {
	n, ok := p.s.World.State.Node(id)
	if !ok {
		return canvas.Edge{}
	}
	e := canvas.Edge{Status: n.Status, Working: busy > 0}
	if id == p.s.Node {
		e.RTT = "rtt " + format.Dash
		if b, ok := p.beat(entry{node: n}); ok && n.Status != mesh.Offline && b.RTT > 0 {
			e.RTT = format.RTT(b.RTT)
		}
	}
	return e
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
	t.asked = graph.Graph{} // another picture, though the graph is the same
	return tea.Batch(t.save(), t.follow(ctx, s))
}

func (t *topology) unpin(id string) tea.Cmd {
	delete(t.pins, id)
	t.dirty = true
	return t.save()
}
