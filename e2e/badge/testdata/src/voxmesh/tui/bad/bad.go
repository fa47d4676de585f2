package bad

import (
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"

	"voxmesh/hopper"
	"voxmesh/mesh"
	"voxmesh/mesh/privacy"
	"voxmesh/tui/cell"
	"voxmesh/tui/labels"
	"voxmesh/tui/row"
)

var ink cell.Style

type entry struct {
	node *mesh.Node
	mark bool
}

type line struct {
	left, right string
	draw        func(b *cell.Buffer, y int)
}

type pane struct {
	st      *mesh.State
	entries map[string]entry
	order   []string
	lines   []line
	paint   func(b *cell.Buffer, e entry)
}

// In the loop itself.

func loop(b *cell.Buffer, st *mesh.State) {
	for i, n := range st.Nodes() {
		b.Put(0, i, 10, n.ID, ink) // want `text of mesh.Node, one of many, reaches Buffer.Put at bad.go:\d+ without its class: draw it with a function of tui/row`
		row.Badge(b, 12, i, n.Class)
	}
}

func counted(b *cell.Buffer, st *mesh.State) {
	ns := st.Nodes()
	for i := 0; i < len(ns); i++ {
		b.Right(0, 20, i, "node "+strings.ToUpper(ns[i].ID), ink) // want `reaches Buffer.Right`
	}
}

func numbers(b *cell.Buffer, st *mesh.State) {
	for i, n := range st.Nodes() {
		b.Put(0, i, 10, fmt.Sprintf("%d", n.Cap), ink) // want `text of mesh.Node`
	}
}

func beside(b *cell.Buffer, st *mesh.State) {
	for i, j := range st.Jobs() {
		row.Job(b, 0, i, 40, j.Class, j.Job, nil)
		b.Put(40, i, 10, j.Title, ink) // want `text of mesh.Job`
	}
}

func spans(b *cell.Buffer, y int, s mesh.SpanView) {
	for _, c := range s.Children {
		b.Put(0, y, 10, c.SpanName, ink) // want `text of mesh.SpanView`
		spans(b, y+1, c)
	}
}

func items(b *cell.Buffer, is []hopper.Item) {
	for i, it := range is {
		b.Put(0, i, 10, it.ID(), ink) // want `text of hopper.Item`
	}
}

func invites(b *cell.Buffer, st *mesh.State) {
	for i, v := range st.Invites() {
		b.Put(0, i, 10, v.Label, ink) // want `text of mesh.Invite`
	}
}

func audit(b *cell.Buffer, st *mesh.State) {
	for i, e := range st.Entries() {
		b.Put(0, i, 10, e.AuditID, ink) // want `text of mesh.AuditEntry`
	}
}

func wrapped(b *cell.Buffer, es []entry) {
	for i, e := range es {
		b.Put(0, i, 10, e.node.ID, ink) // want `text of mesh.Node`
	}
}

func unnamed(b *cell.Buffer, es []struct{ n *mesh.Node }) {
	for i := range es {
		b.Put(0, i, 10, es[i].n.ID, ink) // want `text of mesh.Node`
	}
}

func again(b *cell.Buffer, st *mesh.State) {
	ns, i := st.Nodes(), 0
next:
	if i < len(ns) {
		b.Put(0, i, 10, ns[i].ID, ink) // want `text of mesh.Node`
		i++
		goto next
	}
}

// In a function that the loop calls.

func helped(b *cell.Buffer, st *mesh.State) {
	for i, n := range st.Nodes() {
		one(b, i, n) // want `reaches Buffer.Put at bad.go:\d+`
	}
}

func one(b *cell.Buffer, y int, n *mesh.Node) { two(b, y, n.ID) }

func two(b *cell.Buffer, y int, s string) { b.Put(0, y, 10, s, ink) }

func title(n *mesh.Node) string { return "node " + n.ID }

func named(b *cell.Buffer, st *mesh.State) {
	for i, n := range st.Nodes() {
		b.Put(0, i, 10, title(n), ink) // want `text of mesh.Node`
	}
}

func (p *pane) drawEntry(b *cell.Buffer, e entry) { b.Put(0, 0, 10, e.node.ID, ink) }

func (p *pane) method(b *cell.Buffer) {
	draw := p.drawEntry
	for _, e := range p.entries {
		draw(b, e) // want `text of bad.entry`
	}
}

func (p *pane) stored(b *cell.Buffer) {
	p.paint = p.drawEntry
	for _, e := range p.entries {
		p.paint(b, e) // want `text of bad.entry`
	}
}

type painter interface{ drawEntry(*cell.Buffer, entry) }

func through(b *cell.Buffer, p painter, es []entry) {
	for _, e := range es {
		p.drawEntry(b, e) // want `text of bad.entry`
	}
}

func outside(b *cell.Buffer, st *mesh.State) {
	for i, n := range st.Nodes() {
		labels.Node(b, 0, i, n) // want `reaches labels.Node`
	}
}

func bare(b *cell.Buffer, st *mesh.State) {
	for i, n := range st.Nodes() {
		row.Bare(b, 0, i, 10, n.ID) // want `reaches row.Bare`
	}
}

// Through a closure.

func closed(b *cell.Buffer, st *mesh.State) {
	put := func(y int, n *mesh.Node) { b.Put(0, y, 10, n.ID, ink) }
	for i, n := range st.Nodes() {
		put(i, n) // want `text of mesh.Node`
	}
}

func captured(b *cell.Buffer, st *mesh.State) {
	var later []func()
	for i, n := range st.Nodes() {
		later = append(later, func() {
			b.Put(0, i, 10, n.ID, ink) // want `text of mesh.Node`
		})
	}
	for _, f := range later {
		f()
	}
}

func drawers(st *mesh.State) []line {
	var out []line
	for _, j := range st.Jobs() {
		out = append(out, line{draw: func(b *cell.Buffer, y int) {
			b.Put(0, y, 10, j.Title, ink) // want `text of mesh.Job`
		}})
	}
	return out
}

func visited(b *cell.Buffer, st *mesh.State) {
	y := 0
	st.Visit(func(n *mesh.Node) bool {
		y = b.Put(0, y, 10, n.ID, ink) // want `text of mesh.Node`
		return true
	})
}

// Through an iterator.

func each(b *cell.Buffer, st *mesh.State) {
	y := 0
	for n := range st.Each() {
		b.Put(0, y, 10, n.ID, ink) // want `text of mesh.Node`
		y++
	}
}

func keyed(b *cell.Buffer, p *pane) {
	for id := range maps.Keys(p.entries) { // want `text of bad.entry`
		b.Put(0, 0, 10, id, ink)
	}
}

func pulled(b *cell.Buffer, st *mesh.State) {
	next, stop := iter.Pull(st.Each())
	defer stop()
	for {
		n, ok := next()
		if !ok {
			return
		}
		b.Put(0, 0, 10, n.ID, ink) // want `text of mesh.Node`
	}
}

func received(b *cell.Buffer, c chan *mesh.Node) {
	for n := range c {
		b.Put(0, 0, 10, n.ID, ink) // want `text of mesh.Node`
	}
}

// Over ids, with a look into a map.

func (p *pane) byID(b *cell.Buffer, ids []string) {
	for i, id := range ids {
		e := p.entries[id]
		b.Put(0, i, 10, e.node.ID, ink) // want `text of mesh.Node`
	}
}

func (p *pane) asked(b *cell.Buffer, ids []string) {
	for i, id := range ids {
		if n, ok := p.st.Node(id); ok {
			b.Put(0, i, 10, n.ID, ink) // want `text of mesh.Node`
		}
	}
}

func (p *pane) sort() {
	p.order = p.order[:0]
	for id := range p.entries {
		p.order = append(p.order, id) // want `text of bad.entry`
	}
}

func (p *pane) ordered(b *cell.Buffer) {
	for i := range min(10, len(p.order)) {
		b.Put(0, i, 10, p.order[i], ink)
	}
}

// Gathered, and drawn later.

func (p *pane) gather() {
	p.lines = nil
	for _, j := range p.st.Jobs() {
		l := line{left: "job"}
		l.right = j.Title
		p.lines = append(p.lines, l) // want `text of mesh.Job`
	}
}

func (p *pane) draw(b *cell.Buffer) {
	for i, l := range p.lines {
		drawLine(b, i, l)
	}
}

func drawLine(b *cell.Buffer, y int, l line) {
	b.Put(0, y, 10, l.left, ink)
	b.Put(10, y, 10, l.right, ink)
}

func texts(st *mesh.State) []string {
	ns := st.Nodes()
	out := make([]string, len(ns))
	for i, n := range ns {
		out[i] = labels.Pad(n.ID, 10) // want `text of mesh.Node`
	}
	return out
}

func drawTexts(b *cell.Buffer, st *mesh.State) {
	for i, s := range texts(st) {
		b.Put(0, i, 10, s, ink)
	}
}

func handed(b *cell.Buffer, st *mesh.State) {
	var out []string
	for _, n := range st.Nodes() {
		out = append(out, n.ID) // want `reaches labels.Lines`
	}
	labels.Lines(b, out)
}

func filled(out []string, st *mesh.State) {
	for i, n := range st.Nodes() {
		out[i] = n.ID // want `text of mesh.Node`
	}
}

func drawFilled(b *cell.Buffer, st *mesh.State) {
	out := make([]string, 8)
	filled(out, st)
	for i, s := range out {
		b.Put(0, i, 10, s, ink)
	}
}

type builder struct{ rows []string }

func (t *builder) add(s string) { t.rows = append(t.rows, s) }

func (t *builder) draw(b *cell.Buffer) {
	for i, s := range t.rows {
		b.Put(0, i, 10, s, ink)
	}
}

func built(b *cell.Buffer, st *mesh.State) {
	var t builder
	for _, n := range st.Nodes() {
		t.add(n.ID) // want `text of mesh.Node`
	}
	t.draw(b)
}

func joined(b *cell.Buffer, st *mesh.State) {
	var names []string
	for _, n := range st.Nodes() {
		names = append(names, n.ID) // want `text of mesh.Node`
	}
	b.Put(0, 0, 80, strings.Join(names, ", "), ink)
}

func grown(b *cell.Buffer, st *mesh.State) {
	all := ""
	for _, n := range st.Nodes() {
		all += n.ID + " " // want `text of mesh.Node`
	}
	b.Put(0, 0, 80, all, ink)
}

func written(b *cell.Buffer, st *mesh.State) {
	var all strings.Builder
	for _, n := range st.Nodes() {
		fmt.Fprintf(&all, "%s ", n.ID) // want `text of mesh.Node`
	}
	b.Put(0, 0, 80, all.String(), ink)
}

func sorted(b *cell.Buffer, p *pane) {
	for i, id := range slices.Sorted(maps.Keys(p.entries)) { // want `text of bad.entry`
		b.Put(0, i, 10, id, ink)
	}
}

func noted(b *cell.Buffer, st *mesh.State) {
	seen := map[string]bool{}
	for _, n := range st.Nodes() {
		seen[n.ID] = true // want `text of mesh.Node`
	}
	for id := range seen {
		b.Put(0, 0, 10, id, ink)
	}
}

// Kept elsewhere in the console.

type listed struct {
	entries map[string]entry
	list    labels.List
}

func (p *listed) set() {
	var ids []string
	for id := range p.entries {
		ids = append(ids, id) // want `text of bad.entry`
	}
	p.list.Set(ids)
}

func (p *listed) draw(b *cell.Buffer) {
	for i, id := range p.list.IDs() {
		b.Put(0, i, 10, id, ink)
	}
}

func (p *listed) drawEach(b *cell.Buffer) {
	p.list.Each(b, func(y int, id string) {
		b.Put(0, y, 10, p.entries[id].node.ID, ink) // want `text of mesh.Node`
	})
}

// With a class that is not its own.

func constant(b *cell.Buffer, st *mesh.State) {
	for i, n := range st.Nodes() {
		row.Node(b, 0, i, 80, privacy.PublicMesh, row.Field{Text: n.ID}, nil) // want `the row of each mesh.Node gets the same class, a constant, from row.Node at bad.go:\d+: give the function of tui/row the privacy class of the thing itself`
	}
}

func constantHere(b *cell.Buffer, st *mesh.State) {
	for i, n := range st.Nodes() {
		constantThere(b, i, n) // want `gets the same class, a constant`
	}
}

func constantThere(b *cell.Buffer, y int, n *mesh.Node) {
	class := privacy.LocalOnly
	row.Node(b, 0, y, 80, class, row.Field{Text: n.ID}, nil)
}

func constantGiven(b *cell.Buffer, st *mesh.State) {
	for i, n := range st.Nodes() {
		classGiven(b, i, privacy.PairedPeersOnly, n.ID) // want `gets the same class, a constant`
	}
}

func classGiven(b *cell.Buffer, y int, class privacy.Class, id string) {
	row.Node(b, 0, y, 80, class, row.Field{Text: id}, nil)
}
