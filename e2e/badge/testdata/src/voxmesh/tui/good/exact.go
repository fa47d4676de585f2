package good

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"voxmesh/mesh"
	"voxmesh/mesh/privacy"
	"voxmesh/tui/cell"
	"voxmesh/tui/graph"
	"voxmesh/tui/labels"
	"voxmesh/tui/row"
)

// A filter that is asked about each thing keeps nothing of it.

type filtered struct {
	entries map[string]entry
	filter  labels.Filter
	list    labels.List
}

func (p *filtered) sort() {
	var ids []string
	for id, e := range p.entries {
		if p.filter.Matches(e.node.ID) {
			ids = append(ids, id)
		}
	}
	p.list.Set(ids)
}

func (p *filtered) draw(b *cell.Buffer) {
	p.filter.Draw(b, 0, 0)
}

// What lies in one field of a struct is not in the others.

type ref struct{ id string }

type item struct {
	left string
	on   ref // what the cursor stands on
	draw func(b *cell.Buffer, y int)
}

func items2(st *mesh.State) []item {
	out := []item{{left: "jobs"}}
	for _, j := range st.Jobs() {
		out = append(out, item{on: ref{j.Job}, draw: func(b *cell.Buffer, y int) { row.Job(b, 0, y, 80, j.Class, j.Job, nil) }})
	}
	return out
}

func drawItems(b *cell.Buffer, st *mesh.State) (on []ref) {
	for y, it := range items2(st) {
		on = append(on, it.on)
		drawItem(b, y, it)
	}
	return on
}

func drawItem(b *cell.Buffer, y int, it item) {
	if it.draw != nil {
		it.draw(b, y)
		return
	}
	b.Put(0, y, 10, it.left, ink)
}

// What one type of block holds is not what another draws.

type block interface {
	draw(b *cell.Buffer, y int)
}

type paragraph struct{ text string }

func (p paragraph) draw(b *cell.Buffer, y int) { b.Put(0, y, 80, p.text, ink) }

type verdict struct {
	class privacy.Class
	id    string
}

func (v verdict) draw(b *cell.Buffer, y int) {
	row.Node(b, 0, y, 80, v.class, row.Field{Text: v.id}, nil)
}

type answer struct{ blocks []block }

func (a *answer) add(b block) { a.blocks = append(a.blocks, b) }

func (a *answer) of(st *mesh.State) {
	a.add(paragraph{"nodes"})
	for _, n := range st.Nodes() {
		a.add(verdict{n.Class, n.ID})
	}
}

func (a *answer) draw(b *cell.Buffer) {
	for y, bl := range a.blocks {
		if p, ok := bl.(paragraph); ok {
			b.Put(0, y, 80, p.text, ink)
			continue
		}
		bl.draw(b, y)
	}
}

// One of many that is chosen stands alone.

type form struct{ text labels.Text }

func (f *form) next(all []string) {
	i := slices.Index(all, f.text.Value())
	f.text.Set(all[(i+1)%len(all)])
}

func (f *form) choose(st *mesh.State) {
	var ids []string
	for _, n := range st.Nodes() {
		ids = append(ids, n.ID)
	}
	f.next(ids)
}

func (f *form) draw(b *cell.Buffer) { f.text.Draw(b, 0, 0) }

// Columns, widths and places are numbers of texts, and say nothing of a thing.

func numbers(b *cell.Buffer, st *mesh.State) {
	x := 0
	for i, n := range st.Nodes() {
		row.Node(b, 0, i, 80, n.Class, row.Field{Text: n.ID}, nil)
		x = b.Put(x, 9, 2, sign2(n), ink)
		b.Put(x, 10, 9, fmt.Sprint(utf8.RuneCountInString(n.ID), strings.Index(n.ID, "-"), x), ink)
	}
}

func sign2(n *mesh.Node) string {
	if n.Cap > 0 {
		return "● "
	}
	return "○ "
}

// A picture has things in it, and nothing besides. Who draws it has their names.

type topology struct {
	known map[string]graph.Point
	view  labels.View
}

func (t *topology) place(ctx context.Context, st *mesh.State) {
	var g graph.Graph
	for i, n := range st.Nodes() {
		g.Nodes = append(g.Nodes, graph.Node{ID: n.ID})
		g.Edges = append(g.Edges, graph.Edge{A: 0, B: i})
	}
	pic, err := graph.Place(ctx, g, t.known)
	if err != nil {
		return
	}
	for i, n := range pic.Graph.Nodes {
		t.known[n.ID] = pic.Points[i]
	}
	t.view.Set(pic)
}

func (t *topology) draw(b *cell.Buffer) { t.view.Draw(b, 0, 0) }
