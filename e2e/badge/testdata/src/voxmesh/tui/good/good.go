package good

import (
	"fmt"
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
	node   *mesh.Node
	invite *mesh.Invite
}

func (e entry) name() (string, privacy.Class) {
	if e.invite != nil {
		return e.invite.Label, privacy.PairedPeersOnly
	}
	return e.node.ID, e.node.Class
}

type head struct {
	name string
	text func(*pane, entry) string
}

var heads = []head{{"STATE", stateText}, {"CAP", capText}}

func stateText(_ *pane, e entry) string { return e.node.Status.String() }
func capText(p *pane, e entry) string   { return fmt.Sprint(e.node.Cap, len(p.st.HeldBy(e.node.ID))) }

type line struct {
	left string
	draw func(b *cell.Buffer, y int)
}

type pane struct {
	st      *mesh.State
	entries map[string]entry
	order   []string
	chosen  string
	at      int
}

// Rows through tui/row.

func (p *pane) table(b *cell.Buffer) {
	for i, h := range heads {
		b.Put(10*i, 0, 10, h.name, ink)
	}
	for i := range min(10, len(p.order)) {
		id := p.order[i]
		e := p.entries[id]
		p.drawEntry(b, i, e)
		if id == p.chosen {
			b.Put(0, i, 1, "▸", ink)
		}
	}
}

func (p *pane) drawEntry(b *cell.Buffer, y int, e entry) {
	fields := make([]row.Field, 0, len(heads))
	for _, h := range heads {
		fields = append(fields, row.Field{Text: h.text(p, e), Width: 8})
	}
	id, class := e.name()
	row.Node(b, 0, y, 80, class, row.Field{Text: id}, fields)
}

func (p *pane) sort() {
	p.order = p.order[:0]
	for id := range p.entries {
		p.order = append(p.order, id)
	}
	slices.SortFunc(p.order, func(a, b string) int { return strings.Compare(p.entries[a].node.ID, p.entries[b].node.ID) })
	p.chosen = p.order[p.at]
}

func invites(b *cell.Buffer, st *mesh.State) { // an invite has no class of its own
	for i, v := range st.Invites() {
		row.Node(b, 0, i, 80, privacy.PairedPeersOnly, row.Field{Text: v.Label}, nil)
	}
}

func items(b *cell.Buffer, is []hopper.Item) {
	for i, it := range is {
		row.Job(b, 0, i, 80, it.Class(), it.ID(), nil)
	}
}

func jobLines(st *mesh.State) []line {
	out := []line{{left: fmt.Sprintf("Running %d", len(st.Jobs()))}}
	for _, j := range st.Jobs() {
		fields := []row.Field{{Text: j.Kind}}
		out = append(out, line{draw: func(b *cell.Buffer, y int) { row.Job(b, 0, y, 80, j.Class, j.Job, fields) }})
	}
	return out
}

func visited(b *cell.Buffer, st *mesh.State) {
	st.Visit(func(n *mesh.Node) bool {
		row.Node(b, 0, 0, 80, n.Class, row.Field{Text: n.ID}, nil)
		return true
	})
	for n := range st.Each() {
		row.Node(b, 0, 0, 80, n.Class, row.Field{Text: n.ID}, nil)
	}
}

// What is counted, and signs that are no text of thing.

func status(b *cell.Buffer, st *mesh.State) {
	online, cost := 0, int64(0)
	kinds := map[string]int{}
	for _, n := range st.Nodes() {
		if n.Status == 0 {
			online++
		}
	}
	for i, j := range st.Jobs() {
		cost += j.Cost
		kinds[j.Kind]++
		b.Put(i, 1, 1, sign(j), ink)
	}
	b.Put(0, 0, 20, fmt.Sprintf("%d online, %d", online, cost), ink)
	for kind, n := range kinds {
		b.Put(0, 2, 20, fmt.Sprintf("%s %d", kind, n), ink)
	}
}

func sign(j *mesh.Job) string {
	if j.Cost > 0 {
		return "●"
	}
	return "○"
}

// One thing: its title says the class.

func (p *pane) inspector(b *cell.Buffer) {
	e := p.entries[p.chosen]
	if e.node == nil {
		return
	}
	id, class := e.name()
	row.Badge(b, 20, 0, class)
	b.Put(0, 0, 20, id, ink)
	b.Put(0, 1, 20, "$ voxmesh nodes "+p.chosen, ink)
	for i, h := range heads {
		b.Put(0, 2+i, 20, h.text(p, p.selected()), ink)
	}
	for i, l := range factLines(e.node) {
		b.Put(0, 5+i, 20, l.left, ink)
	}
	labels.Node(b, 0, 9, e.node)
}

func (p *pane) selected() entry { return p.entries[p.chosen] }

func factLines(n *mesh.Node) []line {
	out := []line{{left: "status " + n.Status.String()}}
	for _, m := range n.Models {
		out = append(out, line{left: m.Name})
	}
	return out
}

func found(b *cell.Buffer, st *mesh.State, id string) {
	var chosen *mesh.Node
	name := ""
	for _, n := range st.Nodes() {
		if n.ID == id {
			chosen, name = n, n.ID
		}
	}
	if chosen != nil {
		b.Put(0, 0, 20, chosen.ID+name, ink)
	}
	for _, n := range st.Nodes() {
		if n.ID == id {
			b.Put(0, 0, 20, n.ID, ink)
			return
		}
	}
}

func first(b *cell.Buffer, st *mesh.State) {
	var ids []string
	for _, n := range st.Nodes() {
		ids = append(ids, n.ID)
	}
	b.Put(0, 0, 20, ids[0], ink)
}

type listed struct {
	entries map[string]entry
	list    labels.List
}

func (p *listed) set() {
	var ids []string
	for id := range p.entries {
		ids = append(ids, id)
	}
	p.list.Set(ids)
}

func (p *listed) draw(b *cell.Buffer) {
	for i, id := range p.list.IDs() {
		e := p.entries[id]
		row.Node(b, 0, i, 80, e.node.Class, row.Field{Text: id}, nil)
	}
	b.Put(0, 9, 20, "$ voxmesh nodes "+p.list.Selected(), ink)
}

func (p *listed) drawEach(b *cell.Buffer) {
	p.list.Each(b, func(y int, id string) {
		id, class := p.entries[id].name()
		row.Node(b, 0, y, 80, class, row.Field{Text: id}, nil)
	})
}

// Text of something else.

func words(b *cell.Buffer, ws []string) {
	for i, w := range ws {
		b.Put(0, i, 20, w, ink)
	}
	labels.Lines(b, ws)
}
