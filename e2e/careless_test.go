package e2e

// things are the types whose rows show a class, with a field that is text.
var things = []struct{ of, text string }{
	{"*mesh.Node", "ID"},
	{"mesh.NodeView", "ID"},
	{"*mesh.Job", "Title"},
	{"mesh.JobView", "JobID"},
	{"*mesh.Run", "Title"},
	{"mesh.RunView", "RunID"},
	{"mesh.SpanView", "SpanName"},
	{"mesh.ModelView", "Model"},
	{"*mesh.Invite", "Label"},
	{"mesh.InviteView", "PeerID"},
	{"mesh.AuditEntry", "AuditID"},
	{"mesh.Verdict", "NodeID"},
	{"mesh.NodeBudget", "NodeID"},
	{"entry", "node.ID"},
}

// careless is what someone might write in the Mesh pane, in the Runs pane, in the drawer and so on. A line that ends in bad is
// a mistake, any other is none.
var careless = map[string]string{"meshpane": carelessMesh, "runspane": carelessRuns, "drawer": carelessDrawer, "palette": carelessPalette, "explain": carelessAnswer, "canvas": carelessCanvas}

const carelessMesh = `package meshpane

import (
	"voxmesh/mesh"
	"voxmesh/mesh/privacy"
	"voxmesh/tui/cell"
	"voxmesh/tui/format"
	"voxmesh/tui/layout"
	"voxmesh/tui/pane"
	"voxmesh/tui/row"
	"voxmesh/tui/theme"
)

func (p *Pane) carelessLoop(b *cell.Buffer) {
	for i, n := range p.s.World.State.Nodes() {
		b.Put(0, i, 9, n.ID, theme.Style{}) // bad
	}
}

func (p *Pane) carelessHelp(b *cell.Buffer) {
	for i, n := range p.s.World.State.Nodes() {
		p.carelessOne(b, i, n) // bad
	}
}

func (p *Pane) carelessOne(b *cell.Buffer, y int, n *mesh.Node) {
	b.Right(0, 40, y, "node "+format.Middle(n.ID, 9), theme.Style{})
}

func (p *Pane) carelessFunc(b *cell.Buffer) {
	put := func(y int, e entry) { b.Put(0, y, 9, e.node.ID, theme.Style{}) }
	for i, id := range p.nodes.IDs() {
		put(i, p.entries.find(id)) // bad
	}
}

func (p *Pane) carelessID(b *cell.Buffer) {
	for i, id := range []string{"a", "b"} {
		if n, ok := p.s.World.State.Node(id); ok {
			b.Put(0, i, 9, n.ID, theme.Style{}) // bad
		}
	}
}

func (p *Pane) carelessLines(b *cell.Buffer, in layout.Rect) {
	var lines []line
	for _, j := range p.s.World.State.Held() {
		lines = append(lines, second(j.Job, j.Title)) // bad
	}
	p.drawLines(b, in, lines, false, theme.Style{})
}

func (p *Pane) carelessClass(b *cell.Buffer) {
	for i, n := range p.s.World.State.Nodes() {
		row.Node(b, 0, i, 80, privacy.PublicMesh, row.Glyph{}, row.Field{Text: n.ID}, nil, row.Look{}) // bad
	}
}

func (p *Pane) carelessFact(b *cell.Buffer, r layout.Rect) {
	for _, j := range p.s.World.State.Held() {
		pane.Facts(b, r, 0, j.Title, theme.Style{}) // bad
	}
}

func (p *Pane) careful(b *cell.Buffer) {
	for i, j := range p.s.World.State.Held() {
		row.Job(b, 0, i, 80, j.Class, j.Job, []row.Field{{Text: j.Title}}, format.Money(j.Cost), row.Look{})
	}
	b.Put(0, 0, 9, p.selected().node.ID, theme.Style{})
}
`

const carelessRuns = `package runspane

import (
	"voxmesh/tui/cell"
	"voxmesh/tui/format"
	"voxmesh/tui/row"
	"voxmesh/tui/theme"
)

func (p *Pane) carelessRows(b *cell.Buffer) {
	from, to := p.list.Window(10)
	for i, id := range p.list.IDs()[from:to] {
		r := p.shown.runs[id]
		b.Put(0, i, 9, r.RunID, theme.Style{}) // bad
	}
}

func (p *Pane) carelessHead(b *cell.Buffer, cols []column) {
	for y, id := range p.list.IDs() {
		p.carelessRow(b, y, p.shown.runs[id], cols) // bad
	}
}

func (p *Pane) carelessRow(b *cell.Buffer, y int, r *run, cols []column) {
	x := 0
	for _, c := range cols {
		if h := heads[c]; h.text != nil {
			text, st := h.text(p, r, h.width)
			x = b.Put(x, y, h.width, format.End(text, h.width), st)
		}
	}
}

func (p *Pane) carelessAt(b *cell.Buffer) {
	for y := range p.shown.ids {
		p.carelessNth(b, y) // bad
	}
}

func (p *Pane) carelessNth(b *cell.Buffer, n int) {
	b.Put(0, n, 9, p.shown.runs[p.shown.ids[n]].Title, theme.Style{})
}

func (p *Pane) careful(b *cell.Buffer, cols []column) {
	for y, id := range p.list.IDs() {
		r := p.shown.runs[id]
		row.Run(b, 0, y, 80, r.PrivacyClass, row.Field{Text: r.RunID}, nil, row.Look{})
		p.drawRun(b, 0, y, 80, r, cols, 14, row.Look{Selected: id == p.list.Selected()})
	}
	p.carelessRow(b, 0, p.shown.runs[p.list.Selected()], cols)
}
`

const carelessDrawer = `package drawer

import (
	"strings"

	"voxmesh/mesh"
	"voxmesh/tui/cell"
	"voxmesh/tui/row"
	"voxmesh/tui/theme"
)

func (l *Layer) carelessTree(b *cell.Buffer, s mesh.SpanView, y int) {
	for _, c := range s.Children {
		y++
		b.Put(0, y, 9, "├ "+safe(c.SpanName), theme.Style{}) // bad
		l.carelessTree(b, c, y)
	}
}

func (l *Layer) carelessLines(b *cell.Buffer) {
	for i := range l.lines {
		n := &l.lines[i]
		b.Put(0, i, 9, n.guide+n.name, theme.Style{}) // bad
	}
}

func (l *Layer) carelessActs(b *cell.Buffer) {
	var who []string
	for _, e := range l.shownActs() {
		who = append(who, actor(e.Actor)) // bad
	}
	b.Put(0, 0, 80, strings.Join(who, ", "), theme.Style{})
}

func (l *Layer) careful(b *cell.Buffer) {
	for i, t := range l.tries {
		row.Run(b, 0, i, 80, t.class, row.Field{Text: t.job}, []row.Field{{Text: t.node}}, row.Look{})
	}
	b.Put(0, 9, 80, l.loaded.view.Title, theme.Style{})
}
`

const carelessPalette = `package palette

import (
	"voxmesh/tui/cell"
	"voxmesh/tui/row"
	"voxmesh/tui/theme"
)

func (l *Layer) carelessRows(b *cell.Buffer) {
	for i, n := range l.s.World.State.Nodes() {
		b.Put(0, i, 9, n.Label, theme.Style{}) // bad
	}
}

func (l *Layer) careful(b *cell.Buffer) {
	for i, n := range l.s.World.State.Nodes() {
		row.Choice(b, 0, i, 80, n.Class, row.Offer{What: n.ID, Thing: true}, row.Look{})
	}
}
`

const carelessCanvas = `package canvas

import (
	"voxmesh/tui/cell"
	"voxmesh/tui/theme"
)

func (v *View) carelessNames(b *cell.Buffer) {
	for i := range v.arr.items {
		b.Put(0, i, 9, v.naming(&v.arr.items[i]).text, theme.Style{}) // bad
		b.Put(0, i, 9, v.pic.Graph.Nodes[i].ID, theme.Style{}) // bad
		v.carelessName(b, i) // bad
	}
}

func (v *View) carelessName(b *cell.Buffer, i int) {
	b.Put(0, i, 9, v.pic.Graph.Nodes[v.arr.items[i].node].ID, theme.Style{})
}
`

const carelessAnswer = `package explain

import "voxmesh/mesh"

func (a *answer) carelessNodes(e mesh.Explanation) {
	for _, v := range e.Nodes {
		a.say(v.NodeID+": "+v.Reason, plain) // bad
	}
}

func (a *answer) careful(e mesh.Explanation) {
	for _, v := range e.Nodes {
		a.verdict(v, false)
	}
}
`
