// Package modelspane is the Models pane: which model lives where, and whether a job could run it there.
//
// By model there is a row for each model, with the nodes that have it under it; by node the other way round. A branch
// closes to one row that says what it hides; those in which something cannot run are open at first. Each place is judged
// by the host's own rules, for a job that anyone might send: a text or embedding job of paired peers. What the host does
// not know it does not guess: a node says itself whether a model fits the memory that it has free, and that a model would
// fit where it is absent is said only of nodes on which one at least as large does. So there are no columns for what a
// model needs and a node has free. What a node said long ago carries its age.
//
// The list is made of the state as a pure function of what is asked, at most once a second; where there are many models
// and nodes that is done in a command, and an answer to an older question is dropped. The pane changes nothing but the
// selection and asks the host for nothing.
package modelspane

import (
	"context"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"voxmesh/tui/cell"
	"voxmesh/tui/keys"
	"voxmesh/tui/layout"
	"voxmesh/tui/list"
	"voxmesh/tui/pane"
	"voxmesh/tui/verb"
)

// view is what the rows are gathered by.
type view int

const (
	byModel view = iota
	byNode
	numViews
)

var viewNames = [numViews]string{"By model", "By node"}

// named is a filter with a name.
type named int

const (
	every named = iota
	couldRun
	loaded
	absent
	numNamed
)

var namedNames = [numNamed]string{"all", "could run", "loaded", "fits, absent"}

// has reports whether a place is one of those that a named filter keeps.
func (k named) has(sp *spot) bool {
	switch k {
	case couldRun:
		return sp.has && sp.could
	case loaded:
		return sp.has && sp.loaded
	case absent:
		return !sp.has
	}
	return sp.has
}

type region int

const (
	table region = iota
	detail
)

// Pane is the Models pane of one session. Make one with New.
type Pane struct {
	s   *pane.Session
	ctx context.Context

	view   view
	kept   named
	sortBy column
	down   bool
	filter list.Filter
	list   list.List
	open   map[string]bool // branches, as they were first seen or were turned since
	focus  region
	alone  bool
	button int // of the empty pane

	shown answer    // what the list was made of
	ready bool      // it was made once
	asked uint64    // the generation of the question on its way; 0: none
	again bool      // the world changed while it was
	made  time.Time // when the last question was asked
	want  string    // a model to select when the list has it

	columns []place // where the heads were drawn,
	tabs    []place // the views,
	signs   []place // and the signs of closed branches
	rects   rects
}

// New makes the pane. What it computes in commands ends with ctx.
func New(ctx context.Context, s *pane.Session) *Pane {
	p := &Pane{s: s, ctx: ctx, open: map[string]bool{}}
	p.list.Keep(true)
	if st := s.World.State; st != nil && places(st) <= fewPlaces {
		p.adopt(ask(p.query(), s.Time()))
	}
	return p
}

// Update takes a message.
func (p *Pane) Update(msg tea.Msg) (pane.Action, tea.Cmd) {
	switch msg := msg.(type) {
	case pane.Changed:
		return nil, p.refresh(false)
	case pane.Second:
		return nil, p.refresh(true)
	case answered:
		return nil, p.answer(msg)
	case pane.Reveal:
		return nil, p.reveal(msg.Ref)
	case pane.Narrow:
		p.filter.Set(msg.Filter)
		p.focus, p.kept = table, every
		return nil, p.update(true)
	case pane.Do:
		return p.do(msg)
	case tea.KeyPressMsg:
		if p.filter.Typing() && p.filter.Type(msg) {
			return nil, p.update(true)
		}
	case tea.PasteMsg:
		if p.filter.Typing() && p.filter.Paste(msg.Content) {
			return nil, p.update(true)
		}
	case pane.Click:
		return p.click(msg)
	case pane.Wheel:
		if p.rects.list.Has(msg.X, msg.Y) {
			p.list.Wheel(msg.Down)
		}
	}
	return nil, nil
}

func (p *Pane) do(msg pane.Do) (pane.Action, tea.Cmd) {
	if p.filter.Typing() {
		return nil, p.typed(msg)
	}
	if p.empty() {
		return p.choose(msg.ID), nil
	}
	switch msg.ID {
	case keys.Open:
		return p.enter(), nil
	case keys.Send, keys.Explain:
		return pane.Act{Verb: msg.ID, On: p.model()}, nil
	case keys.Copy:
		return p.copy(), nil
	case keys.View:
		return nil, p.turn((p.view + 1) % numViews)
	case keys.Named:
		p.kept = (p.kept + 1) % numNamed
		return nil, p.update(true)
	case keys.Sort:
		return nil, p.sort(p.nextColumn())
	case keys.Order:
		p.down = !p.down
		return nil, p.update(true)
	case keys.Filter:
		p.focus = table
		p.filter.Open()
	case keys.Retry:
		return p.retry(), nil
	case keys.Left:
		p.fold(false)
	case keys.Right:
		p.fold(true)
	case keys.Next, keys.Previous:
		p.focus = table + detail - p.focus
	case keys.Alone:
		p.alone = !p.alone
	case keys.Back:
		return nil, p.back()
	default:
		p.list.Move(msg.ID)
		p.choseRow()
	}
	return nil, nil
}

// typed takes a key while the filter is typed. The rows can be walked through meanwhile.
func (p *Pane) typed(msg pane.Do) tea.Cmd {
	if msg.ID == keys.Up || msg.ID == keys.Down {
		p.list.Move(msg.ID)
		p.choseRow()
		return nil
	}
	if p.filter.Do(msg.ID, msg.Key) {
		return p.update(true)
	}
	return nil
}

// enter goes to the node of the row; where the row is a model's, it opens and closes the branch.
func (p *Pane) enter() pane.Action {
	id := p.list.Selected()
	if sp := p.shown.spots[id]; sp != nil {
		return pane.Visit{Ref: pane.Ref{Kind: pane.Node, ID: sp.node}}
	}
	if node, ok := strings.CutPrefix(id, nodeID("")); ok {
		return pane.Visit{Ref: pane.Ref{Kind: pane.Node, ID: node}}
	}
	p.flip(id)
	return nil
}

// Selected is the model under the cursor, or the node where the row is a node's.
func (p *Pane) Selected() pane.Ref {
	id := p.list.Selected()
	if node, ok := strings.CutPrefix(id, nodeID("")); ok {
		return pane.Ref{Kind: pane.Node, ID: node}
	}
	return p.model()
}

// model is the model of the row, or none.
func (p *Pane) model() pane.Ref {
	id := p.list.Selected()
	if sp := p.shown.spots[id]; sp != nil {
		return pane.Ref{Kind: pane.Model, ID: sp.model}
	}
	if name, ok := strings.CutPrefix(id, modelID("")); ok {
		return pane.Ref{Kind: pane.Model, ID: name}
	}
	return pane.Ref{}
}

func (p *Pane) copy() pane.Action {
	if id := p.Selected().ID; id != "" {
		return pane.Clip{Text: id, Said: "copied " + id}
	}
	return nil
}

// back is one step back: out of the detail, the end of alone, of the filter, of the named filter.
func (p *Pane) back() tea.Cmd {
	switch {
	case p.alone:
		p.alone = false
	case p.focus == detail:
		p.focus = table
	case p.filter.Clear():
		return p.update(true)
	case p.kept != every:
		p.kept = every
		return p.update(true)
	}
	return nil
}

// turn goes to another view. The cursor stays with its place; a row over places becomes that of the other kind.
func (p *Pane) turn(v view) tea.Cmd {
	p.view = v
	return p.update(true)
}

func (p *Pane) sort(c column) tea.Cmd {
	if c == p.sortBy {
		p.down = !p.down
	} else {
		p.sortBy, p.down = c, heads[c].down
	}
	return p.update(true)
}

// nextColumn is the one after that by which the list is sorted, of those that are shown.
func (p *Pane) nextColumn() column {
	for i, h := range p.columns {
		if h.what == int(p.sortBy) {
			return column(p.columns[(i+1)%len(p.columns)].what)
		}
	}
	return byName
}

// reveal selects a model and brings it into sight, whatever the list was narrowed to.
func (p *Pane) reveal(r pane.Ref) tea.Cmd {
	if r.Kind != pane.Model {
		return nil
	}
	p.s.Model, p.want, p.focus = r.ID, r.ID, table
	p.filter.Clear()
	p.view, p.kept = byModel, every
	return p.update(true)
}

// Typing reports whether letters are text now.
func (p *Pane) Typing() bool { return p.filter.Typing() }

// Keys gives the bindings of the focused region.
func (p *Pane) Keys() []keys.Binding {
	if p.filter.Typing() {
		return append(p.filter.Keys(), keys.Pick(keys.Up, keys.Down)...)
	}
	if p.empty() {
		return p.emptyKeys()
	}
	open := keys.Get(keys.Open).As("open", "open the node; open and close a model")
	next := namedNames[(p.kept+1)%numNamed]
	bs := []keys.Binding{
		open,
		keys.Get(keys.Send).As("send prompt", "send a prompt to the model").When(p.refuseSend),
		keys.Get(keys.Named).As(next, "those that could run, are loaded, would fit and are absent; all"),
		keys.Get(keys.View).As(strings.ToLower(viewNames[(p.view+1)%numViews]), "by model, by node"),
		keys.Get(keys.Sort), keys.Get(keys.Filter),
		keys.Get(keys.Explain).As("explain", "explain: why here and not there").When(p.refuseExplain),
		keys.Get(keys.Copy).As("copy", "copy its name"),
		keys.Get(keys.Order).As("", "turn the order"),
		keys.Get(keys.Left).As("", "close the branch"), keys.Get(keys.Right).As("", "open the branch"),
		keys.Get(keys.Alone).As("", "this region alone, and back"),
		keys.Get(keys.Next).As("", "the other region"), keys.Get(keys.Previous).As("", "the other region"),
		keys.Get(keys.Back).As("", "end alone, clear the filters"),
	}
	return append(bs, list.Movement()...)
}

func (p *Pane) refuseSend() string {
	ref := p.model()
	if why := verb.Refuse(p.s, keys.Send, ref); why != "" {
		return why
	}
	return p.refuseExplain()
}

func (p *Pane) refuseExplain() string {
	if p.model().ID == "" {
		return "no model is selected"
	}
	return ""
}

// Draw draws the pane into the frame.
func (p *Pane) Draw(b *cell.Buffer, f layout.Frame) {
	if p.empty() {
		p.rects = rects{}
		p.drawEmpty(b, f.Pane)
		return
	}
	p.rects = p.arrange(f)
	if !p.rects.list.Empty() {
		p.drawTable(b, p.rects.list)
	}
	if !p.rects.detail.Empty() {
		p.drawDetail(b, p.rects.detail)
	}
}

// rects is where the two regions stand; one that is not shown is empty.
type rects struct{ list, detail layout.Rect }

// detailRows is the height of the detail with its border.
const detailRows = 6

func (p *Pane) arrange(f layout.Frame) rects {
	r := f.Pane
	switch {
	case (f.OneUp || p.alone) && p.focus == detail:
		return rects{detail: r}
	case f.OneUp || p.alone:
		return rects{list: r}
	}
	h := r.H - detailRows
	return rects{
		list:   layout.Rect{X: r.X, Y: r.Y, W: r.W, H: h},
		detail: layout.Rect{X: r.X, Y: r.Y + h, W: r.W, H: detailRows},
	}
}
