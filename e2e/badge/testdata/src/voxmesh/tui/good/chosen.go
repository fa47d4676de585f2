package good

import (
	"voxmesh/mesh"
	"voxmesh/tui/cell"
	"voxmesh/tui/row"
)

// By a number or an id: in its row, or alone.

func (p *pane) nth(b *cell.Buffer, y int) {
	n := p.st.Nodes()[y]
	row.Node(b, 0, y, 80, n.Class, row.Field{Text: n.ID}, nil)
}

func (p *pane) all(b *cell.Buffer) {
	for y := range 10 {
		p.nth(b, y)
	}
}

func (p *pane) label(b *cell.Buffer, y int, id string) {
	e := p.entries[id]
	b.Put(0, y, 10, e.node.ID, ink)
}

func (p *pane) labels(b *cell.Buffer) {
	for y := range 10 {
		p.label(b, y, p.chosen)
	}
	p.label(b, 10, p.order[0])
}

type spot struct{ n int }

func (p *pane) where(s *spot) string { return p.st.Nodes()[s.n].ID }

func (p *pane) spot(b *cell.Buffer, all []spot) {
	chosen := &all[0]
	for i := range all {
		if all[i].n == p.at {
			chosen = &all[i]
		}
	}
	for i := range all {
		b.Put(i, 0, 1, p.where(chosen), ink)
	}
}

// A sign that is made of the class alone.

func signs(b *cell.Buffer, ns []*mesh.Node) {
	for i, n := range ns {
		b.Put(0, i, 1, n.Class.Badge(), ink)
	}
}
