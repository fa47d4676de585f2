package modelspane

import (
	"time"

	tea "charm.land/bubbletea/v2"

	"voxmesh/mesh"
	"voxmesh/tui/pane"
)

// A mesh of fewPlaces, models times nodes, is judged at once; one of more in a command. Judging one takes about a
// microsecond.
const fewPlaces = 2000

// reorder is the least time between two looks at a world that changes all the time, so that rows can be read.
const reorder = time.Second

// places is how many judgements a list takes.
func places(st *mesh.State) int {
	models := map[string]bool{}
	nodes := st.Nodes()
	for _, n := range nodes {
		for _, m := range n.Models {
			models[m.Name] = true
		}
	}
	return len(models) * len(nodes)
}

// answered brings a list from a command.
type answered struct {
	generation uint64
	answer     answer
}

func (p *Pane) query() query {
	return query{p.s.World.State, p.s.World.Tel, p.s.World.Past, p.view, p.kept, p.sortBy, p.down, p.filter.Text()}
}

// refresh takes in the world: at once where it is another instant, else at most once a second.
func (p *Pane) refresh(second bool) tea.Cmd {
	moved := !p.s.World.Past.Equal(p.shown.query.past)
	if !second && !moved && p.ready && p.s.Now().Sub(p.made) < reorder {
		return nil
	}
	return p.update(false)
}

// update makes the list, in a command where there is much to judge. One question is on its way at a time: what changes
// meanwhile is asked after it, but what was wanted otherwise replaces it.
func (p *Pane) update(wanted bool) tea.Cmd {
	q, now := p.query(), p.s.Time()
	if q.state == nil {
		return nil
	}
	p.made = p.s.Now()
	if places(q.state) <= fewPlaces {
		p.asked = 0
		p.adopt(ask(q, now))
		return nil
	}
	if p.asked != 0 && !wanted {
		p.again = true
		return nil
	}
	p.again = false
	p.asked = p.s.Generation()
	gen, ctx := p.asked, p.ctx
	return func() tea.Msg {
		if ctx.Err() != nil {
			return nil
		}
		return answered{gen, ask(q, now)}
	}
}

func (p *Pane) answer(m answered) tea.Cmd {
	if m.generation != p.asked {
		return nil
	}
	p.asked = 0
	p.adopt(m.answer)
	if p.again {
		return p.update(false)
	}
	return nil
}

// adopt shows a list.
func (p *Pane) adopt(a answer) {
	p.ready, p.shown = true, a
	for _, g := range a.branches {
		if _, seen := p.open[g.id]; !seen {
			p.open[g.id] = a.headers[g.id].attend || a.query.view == byNode
		}
	}
	p.lay()
	if p.want != "" && p.list.Select(modelID(p.want)) || p.s.Model != "" && p.model().ID != p.s.Model && p.list.Select(modelID(p.s.Model)) {
		p.want = ""
	}
	p.choseRow()
}

// lay makes the rows of the branches that are there.
func (p *Pane) lay() {
	ids := make([]string, 0, len(p.shown.branches)+len(p.shown.spots))
	for _, g := range p.shown.branches {
		ids = append(ids, g.id)
		if !p.isOpen(g.id) {
			continue
		}
		for _, sp := range g.spots {
			ids = append(ids, spotID(sp.model, sp.node))
		}
	}
	p.list.Set(ids)
}

// narrowed reports whether some places are not shown: then all that are stand open.
func (p *Pane) narrowed() bool { return p.shown.query.kept != every || p.shown.query.filter != "" }

func (p *Pane) isOpen(id string) bool { return p.narrowed() || p.open[id] }

// over gives the row over a row, or the row itself where it is one.
func (p *Pane) over(id string) string {
	sp := p.shown.spots[id]
	switch {
	case sp == nil:
		return id
	case p.shown.query.view == byNode:
		return nodeID(sp.node)
	}
	return modelID(sp.model)
}

// fold opens or closes the branch of the row under the cursor. Closing it again goes to the row over it.
func (p *Pane) fold(open bool) {
	id := p.list.Selected()
	head := p.over(id)
	if p.narrowed() {
		p.list.Select(head)
		p.choseRow()
		return
	}
	p.open[head] = open
	if !open {
		p.list.Select(head)
	}
	p.lay()
	p.choseRow()
}

// flip opens a branch that is closed and closes one that is open.
func (p *Pane) flip(head string) {
	if p.list.Select(head) {
		p.fold(!p.isOpen(head))
	}
}

// choseRow makes the model under the cursor the selected one of the console.
func (p *Pane) choseRow() {
	if ref := p.model(); ref.ID != "" {
		p.s.Model = ref.ID
	}
}

// retry says what is asked again, and by whom: a machine asks its own model server by itself.
func (p *Pane) retry() pane.Action {
	return pane.Notice{Text: "each machine asks its own Ollama every 15 s; what it says is shown here at once"}
}
