package bad

import (
	"voxmesh/mesh"
	"voxmesh/mesh/privacy"
	"voxmesh/tui/cell"
	"voxmesh/tui/labels"
	"voxmesh/tui/row"
)

// By a number or an id, in a function that the loop calls.

func (p *pane) nth(b *cell.Buffer, y int) { b.Put(0, y, 10, p.st.Nodes()[y].ID, ink) }

func (p *pane) all(b *cell.Buffer) {
	for y := range 10 {
		p.nth(b, y) // want `text of mesh.Node, one of many, reaches Buffer.Put`
	}
}

func (p *pane) further(b *cell.Buffer, y int) { p.nth(b, y+1) }

func (p *pane) allFurther(b *cell.Buffer) {
	for y := range 10 {
		p.further(b, y) // want `text of mesh.Node`
	}
}

func (p *pane) label(id string) string {
	e := p.entries[id]
	return "node " + e.node.ID
}

func (p *pane) labels(b *cell.Buffer, ids []string) {
	for i, id := range ids {
		b.Put(0, i, 10, p.label(id), ink) // want `text of mesh.Node`
	}
}

func (p *pane) note(id string) {
	if n, ok := p.st.Node(id); ok {
		p.lines = append(p.lines, line{left: n.ID}) // want `text of mesh.Node`
	}
}

func (p *pane) notes(b *cell.Buffer, ids []string) {
	p.lines = nil
	for _, id := range ids {
		p.note(id)
	}
	for i, l := range p.lines {
		b.Put(0, i, 10, l.left, ink)
	}
}

func (p *pane) fixed(b *cell.Buffer, y int) {
	n := p.st.Nodes()[y]
	row.Node(b, 0, y, 80, privacy.LocalOnly, row.Field{Text: n.ID}, nil)
}

func (p *pane) allFixed(b *cell.Buffer) {
	for y := range 10 {
		p.fixed(b, y) // want `the row of each mesh.Node gets the same class, a constant`
	}
}

func (p *pane) other(b *cell.Buffer, y int) { labels.Node(b, 0, y, p.st.Nodes()[y]) }

func (p *pane) allOther(b *cell.Buffer) {
	for y := range 10 {
		p.other(b, y) // want `reaches labels.Node`
	}
}

type spot struct{ n int }

func (p *pane) at(s *spot) string { return p.st.Nodes()[s.n].ID }

func (p *pane) spots(b *cell.Buffer, all []spot) {
	for i := range all {
		b.Put(0, i, 10, p.at(&all[i]), ink) // want `text of mesh.Node`
	}
}

// Beside the class.

func signs(b *cell.Buffer, ns []*mesh.Node) {
	for i, n := range ns {
		b.Put(0, i, 1, n.Class.Badge()+n.ID, ink) // want `text of mesh.Node`
	}
}
