// Package meshpane has the function that is allowed.
package meshpane

import (
	"voxmesh/mesh"
	"voxmesh/tui/cell"
)

type Pane struct{ st *mesh.State }

type line struct{ left, right string }

func (p *Pane) lastLines(n *mesh.Node) []line {
	var out []line
	for _, h := range n.Last {
		l := line{left: h.Name}
		if j, ok := p.st.Node(h.Job); ok {
			l.right = j.ID
		}
		out = append(out, l)
	}
	return out
}

func (p *Pane) otherLines(n *mesh.Node) []line {
	var out []line
	for _, h := range n.Last {
		if j, ok := p.st.Node(h.Job); ok {
			out = append(out, line{left: j.ID}) // want `reaches Buffer.Put at meshpane.go:\d+ without its class`
		}
	}
	return out
}

func (p *Pane) draw(b *cell.Buffer, n *mesh.Node) {
	for i, l := range append(p.lastLines(n), p.otherLines(n)...) {
		b.Put(0, i, 10, l.left, cell.Style{})
		b.Right(0, 10, i, l.right, cell.Style{})
	}
}
