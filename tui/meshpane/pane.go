// Package meshpane is the Mesh pane: the machines of the mesh as a living graph and as a table, and the inspector of
// the selected one.
//
// It reads the session's world and changes nothing but the selection; acts it asks the root for. The cursor stands on
// an id, not on a row: it stays with its machine through sorting and arrivals, it is the same in graph, table and
// inspector, and where the machine goes the one in its place is selected. The table is ordered anew at most once a
// second, so that it can be read while it lives. The graph is placed in the background, only when a machine comes or
// goes, from the places that were there before, and is frozen then. Facts of other machines carry their age; what only
// telemetry knows is a dash where there is none.
//
// The table is not that of Bubbles: its rows are strings with one style each, and here every field has its own look and
// a row can be drawn through package row alone, which does not let the class be left out.
package meshpane

import (
	"context"
	"slices"
	"time"

	tea "charm.land/bubbletea/v2"

	"voxmesh/tui/cell"
	"voxmesh/tui/keys"
	"voxmesh/tui/layout"
	"voxmesh/tui/list"
	"voxmesh/tui/pane"
)

// Views keeps where machines stand on the canvas, between two runs of the host.
type Views interface {
	LoadView(name string) ([]byte, error)
	SaveView(name string, data []byte) error
}

// Pane is the Mesh pane of one session. Make one with New.
type Pane struct {
	s   *pane.Session
	ctx context.Context

	focus layout.Region
	view  layout.Region // at the left, where there is no room for graph and table together
	alone bool

	entries entries
	nodes   list.List
	filter  list.Filter
	sortBy  column
	down    bool
	sorted  time.Time
	touched bool // whoever is here did something: from then on the cursor is theirs

	begun bool // the view that a narrow console begins with is chosen

	graph topology
	hour  hour
	facts inspectorView
	strip strip
	frame layout.Frame
	empty emptyView
}

// New makes the pane. Requests end with ctx.
func New(ctx context.Context, s *pane.Session, views Views) *Pane {
	p := &Pane{s: s, ctx: ctx, strip: newStrip(), graph: newTopology(views)}
	p.nodes.Keep(true)
	p.refresh()
	return p
}

// Init reads where the machines stood when the mesh was last looked at.
func (p *Pane) Init() tea.Cmd { return p.graph.load(p.ctx) }

// Update takes a message.
func (p *Pane) Update(msg tea.Msg) (pane.Action, tea.Cmd) {
	switch msg := msg.(type) {
	case pane.Changed, pane.Second:
		p.refresh()
		return nil, tea.Batch(p.graph.follow(p.ctx, p.s), p.hour.follow(p.s))
	case summed:
		p.hour.take(msg)
	case placed, loaded, saved:
		return nil, p.graph.update(p.ctx, p.s, msg)
	case pane.Reveal:
		p.reveal(msg.Ref)
	case pane.Narrow:
		p.filter.Set(msg.Filter)
		p.sort(true)
	case pane.BySpend:
		p.sortBy, p.down = bySpend, true
		p.view, p.focus = layout.List, layout.List
		p.sort(true)
	case pane.Do:
		p.touch()
		return p.do(msg)
	case tea.KeyPressMsg:
		p.narrowed(p.filter.Type(msg))
	case tea.PasteMsg:
		p.narrowed(p.filter.Paste(msg.Content))
	case pane.Click:
		p.touch()
		return p.click(msg)
	case pane.Drag:
		p.touch()
		return nil, p.drag(msg)
	case pane.Wheel:
		p.wheel(msg)
	}
	return nil, nil
}

// touch makes the cursor theirs.
func (p *Pane) touch() { p.touched = p.touched || !p.bare() }

func (p *Pane) reveal(r pane.Ref) {
	p.touched = true
	p.refresh()
	p.focus = layout.Inspector
	if r.Kind == pane.Invite {
		r.ID, p.focus = pane.InvitePrefix+r.ID, layout.List
		p.view = layout.List
	}
	p.s.Node = r.ID
	p.keepSelection()
}

func (p *Pane) do(d pane.Do) (pane.Action, tea.Cmd) {
	switch {
	case p.bare():
		return p.doEmpty(d.ID)
	case p.filter.Typing():
		p.narrowed(p.filter.Do(d.ID, d.Key))
		return nil, nil
	}
	if acts(d.ID) {
		return pane.Act{Verb: d.ID, On: p.Selected()}, nil
	}
	switch d.ID {
	case keys.Next, keys.Previous:
		return p.turn(d.ID == keys.Previous), nil
	case keys.Back:
		p.back()
		return nil, nil
	case keys.Alone:
		p.alone = !p.alone
	case keys.Filter:
		if p.focus == layout.Inspector {
			p.focus = p.side()
		}
		p.filter.Open()
	case keys.View:
		p.turnView()
	case keys.Sort:
		p.sortBy = (p.sortBy + 1) % numColumns
		p.sort(true)
	case keys.Order:
		p.down = !p.down
		p.sort(true)
	case keys.Copy:
		return p.copy(), nil
	default:
		return p.within(d.ID)
	}
	return nil, nil
}

// within does what a key means in the region that has the focus.
func (p *Pane) within(id keys.ID) (pane.Action, tea.Cmd) {
	switch p.focus {
	case layout.Graph:
		return nil, p.doGraph(id)
	case layout.List:
		switch id {
		case keys.Open:
			p.focus = layout.Inspector
		case keys.Seek:
			p.nodes.Step(p.wants)
		default:
			p.nodes.Move(id)
		}
		p.s.Node = p.nodes.Selected()
	case layout.Inspector:
		if id == keys.Open {
			return p.openItem(), nil
		}
		p.facts.move(id)
	}
	return nil, nil
}

// acts reports whether a key is one that the root carries out on what is selected.
func acts(id keys.ID) bool {
	switch id {
	case keys.Kill, keys.Pause, keys.Drain, keys.Replay, keys.Revoke, keys.Cap, keys.Send, keys.Explain, keys.Add:
		return true
	}
	return false
}

// turn takes the focus to the next region; behind the last the root takes it on.
func (p *Pane) turn(back bool) pane.Action {
	order := p.regions()
	i := slices.Index(order, p.focus)
	step := 1
	if back {
		step = len(order) - 1
	}
	leaves := !back && i == len(order)-1 || back && i <= 0
	p.focus = order[(max(i, 0)+step)%len(order)]
	if leaves {
		return pane.Pass{}
	}
	return nil
}

// regions are those that are on the screen, or can be turned to, in the order of tab.
func (p *Pane) regions() []layout.Region {
	if p.arranged().Both() || p.frame.OneUp || p.alone {
		return []layout.Region{layout.Graph, layout.List, layout.Inspector}
	}
	return []layout.Region{p.view, layout.Inspector}
}

func (p *Pane) arranged() layout.Mesh { return layout.MeshPane(p.frame, p.focus, p.view, p.alone) }

// side is the region at the left that was looked at last.
func (p *Pane) side() layout.Region { return p.view }

func (p *Pane) turnView() {
	p.view = layout.Graph + layout.List - p.view
	if p.focus != layout.Inspector || p.arranged().Both() {
		p.focus = p.view
	}
}

func (p *Pane) back() {
	switch {
	case p.focus == layout.Graph && p.graph.back():
	case p.focus == layout.Inspector && !p.alone:
		p.focus = p.side()
	case p.alone:
		p.alone = false
	case p.filter.Clear():
		p.sort(true)
	}
}

func (p *Pane) narrowed(changed bool) {
	if changed {
		p.sort(true)
	}
}

func (p *Pane) copy() pane.Action {
	ref := p.Selected()
	if ref.ID == "" {
		return nil
	}
	return pane.Clip{Text: ref.ID, Said: "copied " + ref.ID}
}

// Selected is what the verbs act on: the machine or invite under the cursor, and in the inspector its job.
func (p *Pane) Selected() pane.Ref {
	e := p.selected()
	switch {
	case e.invite != nil:
		return pane.Ref{Kind: pane.Invite, ID: e.invite.PeerID}
	case e.node == nil:
		return pane.Ref{}
	case p.focus == layout.Inspector:
		if it := p.facts.chosen().ref; it.Kind == pane.Job {
			return it
		}
	}
	return pane.Ref{Kind: pane.Node, ID: e.node.ID}
}

// openItem opens what the inspector's cursor is on; of something that happened, the mesh as it was then.
func (p *Pane) openItem() pane.Action {
	switch it := p.facts.chosen(); {
	case it.at != 0:
		return pane.Seek{At: time.UnixMicro(it.at)}
	case it.ref.Kind != pane.None:
		return pane.Visit{Ref: it.ref}
	}
	return nil
}

// wants reports whether something with a machine wants whoever is here; a filter says what is looked for instead.
func (p *Pane) wants(id string) bool {
	if p.filter.Text() != "" {
		return true // the list holds matches only
	}
	e := p.entries.find(id)
	return e.node != nil && attention(p, e.node)
}

// Typing reports whether letters are text now.
func (p *Pane) Typing() bool { return p.filter.Typing() }

// Draw draws the pane into the frame.
func (p *Pane) Draw(b *cell.Buffer, f layout.Frame) {
	p.frame = f
	if p.bare() {
		p.drawEmpty(b, f.Pane)
		return
	}
	p.beginView(f)
	m := p.arranged()
	if !m.Graph.Empty() {
		p.drawGraph(b, m.Graph, m.Both())
	}
	if !m.List.Empty() {
		p.drawTable(b, m.List, m.Both())
	}
	if !m.Inspector.Empty() {
		p.drawInspector(b, m.Inspector)
	}
	if !f.Strip.Empty() {
		p.strip.draw(b, f.Strip, p.s)
	}
}

// bare reports whether there is no machine but this one and none invited.
func (p *Pane) bare() bool {
	for _, e := range p.entries.rows {
		if e.invite != nil || !e.node.Host {
			return false
		}
	}
	return true
}

func (p *Pane) selected() entry { return p.entries.find(p.s.Node) }

// refresh takes in the world.
func (p *Pane) refresh() {
	st := p.s.World.State
	if st == nil {
		return
	}
	came := p.entries.gather(st, p.s.Time().UnixMicro())
	p.sort(came)
	p.keepSelection()
	p.beginWithWorker()
}

// beginWithWorker takes the cursor from this machine to the first other one, as long as nobody used it.
func (p *Pane) beginWithWorker() {
	if e := p.selected(); p.touched || e.node == nil || !e.node.Host {
		return
	}
	for _, id := range p.nodes.IDs() {
		if n := p.entries.find(id).node; n != nil && !n.Host {
			p.choose(id)
			return
		}
	}
}

// choose puts the cursor on a machine, wherever it is shown.
func (p *Pane) choose(id string) {
	if p.entries.has(id) {
		p.s.Node = id
		p.nodes.Select(id)
	}
}

// keepSelection finds the cursor's row, or the one in its place.
func (p *Pane) keepSelection() {
	if p.entries.has(p.s.Node) {
		p.nodes.Select(p.s.Node)
		return
	}
	if id := p.nodes.Selected(); id != "" {
		p.s.Node = id
	}
}
