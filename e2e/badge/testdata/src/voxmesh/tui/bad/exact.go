package bad

import (
	"fmt"
	"strings"

	"voxmesh/mesh"
	"voxmesh/mesh/privacy"
	"voxmesh/tui/cell"
	"voxmesh/tui/graph"
	"voxmesh/tui/labels"
	"voxmesh/tui/row"
)

// In a field of a struct, or in a field of that.

type ref struct{ id string }

type item struct {
	left string
	on   ref
}

func listItems(st *mesh.State) []item {
	var out []item
	for _, j := range st.Jobs() {
		out = append(out, item{left: "job", on: ref{j.Job}}) // want `text of mesh.Job, one of many, reaches Buffer.Put`
	}
	return out
}

func drawItems(b *cell.Buffer, st *mesh.State) {
	for y, it := range listItems(st) {
		drawItem(b, y, it)
	}
}

func drawItem(b *cell.Buffer, y int, it item) {
	b.Put(0, y, 10, it.left, ink)
	b.Put(10, y, 10, it.on.id, ink)
}

func captures(b *cell.Buffer, st *mesh.State) {
	for i, n := range st.Nodes() {
		var it item
		func() { it.left = n.ID }()
		b.Put(0, i, 10, it.left, ink) // want `text of mesh.Node`
	}
}

func copied(b *cell.Buffer, st *mesh.State) {
	for i, n := range st.Nodes() {
		it := item{left: n.ID}
		other := it
		drawItem(b, i, other) // want `text of mesh.Node`
	}
}

// In one of several types of an interface.

type block interface {
	draw(b *cell.Buffer, y int)
}

type paragraph struct{ text string }

func (p paragraph) draw(b *cell.Buffer, y int) { b.Put(0, y, 80, p.text, ink) }

type framed struct{ *paragraph }

type verdict struct {
	class privacy.Class
	id    string
}

func (v verdict) draw(b *cell.Buffer, y int) {
	row.Node(b, 0, y, 80, v.class, row.Field{Text: v.id}, nil)
}

type answer struct{ blocks []block }

func (a *answer) add(b block) { a.blocks = append(a.blocks, b) }

func (a *answer) say(text string) { a.add(paragraph{text}) }

func (a *answer) of(st *mesh.State) {
	for _, n := range st.Nodes() {
		a.add(verdict{n.Class, n.ID})
		a.say("node " + n.ID)                     // want `text of mesh.Node`
		a.add(framed{&paragraph{"also " + n.ID}}) // want `text of mesh.Node`
	}
}

func (a *answer) draw(b *cell.Buffer) {
	for y, bl := range a.blocks {
		bl.draw(b, y)
	}
}

func asserted(b *cell.Buffer, st *mesh.State) {
	for i, n := range st.Nodes() {
		var bl block = paragraph{n.ID}
		if p, ok := bl.(paragraph); ok {
			b.Put(0, i, 80, p.text, ink) // want `text of mesh.Node`
		}
	}
}

// All of many in one field.

type form struct{ text labels.Text }

func (f *form) all(ids []string) { f.text.Set(strings.Join(ids, ",")) }

func (f *form) fill(st *mesh.State) {
	var ids []string
	for _, n := range st.Nodes() {
		ids = append(ids, n.ID) // want `text of mesh.Node`
	}
	f.all(ids)
}

func (f *form) draw(b *cell.Buffer) { f.text.Draw(b, 0, 0) }

// A number of the thing itself.

func capacities(b *cell.Buffer, st *mesh.State) {
	for i, n := range st.Nodes() {
		b.Put(0, i, 10, fmt.Sprint(max(n.Cap, 10)), ink) // want `text of mesh.Node`
	}
}

// A node that is placed is one, too.

func names(b *cell.Buffer, pic *graph.Picture) {
	for i, n := range pic.Graph.Nodes {
		b.Put(0, i, 10, n.ID, ink) // want `text of graph.Node`
	}
}
