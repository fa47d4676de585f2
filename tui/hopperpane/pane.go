// Package hopperpane is the Hopper pane: what waits, what nodes have and what is over, side by side or as views, over the
// details of the selected item; and the box in which marked items become a batch.
//
// It reads the session's world and changes nothing but the selection: reordering, priorities and batches are actions for
// the root, which opens what asks for the capability. The lists are ids in an order, made of the state as a pure function
// of what is asked, at most once a second where there are many, and then in a command; rows are drawn of the world that
// is shown, and what an item waits for is asked for the rows in sight alone, so that ten thousand items make no key wait.
// The inbox has one order, in which work starts, and no other: an item that is lifted is shown where it would be dropped,
// and what it would mean is asked once, when it is.
//
// A failed item makes the pane want no attention: its run already does, in Runs.
package hopperpane

import (
	"context"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"voxmesh/hopper"
	"voxmesh/mesh"
	"voxmesh/tui/cell"
	"voxmesh/tui/columns"
	"voxmesh/tui/empty"
	"voxmesh/tui/keys"
	"voxmesh/tui/layout"
	"voxmesh/tui/list"
	"voxmesh/tui/pane"
)

// Records gives what a state no longer holds: items that closed long ago, and long trails. A *mesh.Host has it. It may
// read the disk, and is asked in commands only.
type Records interface {
	Item(id string) (mesh.ItemView, error)
}

// view is one of the three lists.
type view int

const (
	inbox view = iota
	assigned
	history
	numViews
)

type region int

const (
	table region = iota
	detail
)

// Pane is the Hopper pane of one session. Make one with New.
type Pane struct {
	s    *pane.Session
	ctx  context.Context
	host Records

	view   view
	lists  [numViews]list.List
	orders [numViews]columns.Order[column]
	filter list.Filter
	marks  map[string]bool // items of the inbox
	carry  *carry          // the item that is lifted; nil: none is
	wanted string          // an item that is to be selected when it comes
	held   bool            // cursors stay with their items, although those are the newest
	focus  region
	alone  bool
	choice empty.Choice // of the empty pane
	trail  trail

	shown    answer // what the lists are
	ready    bool   // they were made once
	question pane.Question[answer]
	asked    time.Time // when there were none yet
	made     time.Time // when they were last asked for

	views columns.Views[view]
	at    layout.Hopper
}

// New makes the pane. What it computes and reads in commands ends with ctx. host may be nil: then nothing is known but
// what the state holds.
func New(ctx context.Context, s *pane.Session, host Records) *Pane {
	p := &Pane{s: s, ctx: ctx, host: host, filter: newFilter(), marks: map[string]bool{}, asked: s.Now()}
	p.orders = [numViews]columns.Order[column]{inbox: {By: -1}, assigned: {By: atAge}, history: {By: atAge}}
	if st := s.World.State; st != nil && few(st) {
		p.adopt(ask(p.query(), s.Time()), true)
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
	case pane.Answered[answer]:
		return nil, p.answered(msg)
	case read:
		return p.took(msg), nil
	case pane.Reveal:
		return nil, p.reveal(msg.Ref)
	case pane.Narrow:
		return nil, p.narrow(msg.Filter)
	case pane.Do:
		p.wanted = ""
		return p.do(msg)
	case tea.KeyPressMsg:
		if p.filter.Typing() && p.filter.Type(msg) {
			return nil, p.rearrange()
		}
	case tea.PasteMsg:
		if p.filter.Typing() && p.filter.Paste(msg.Content) {
			return nil, p.rearrange()
		}
	case pane.Click:
		return p.click(msg)
	case pane.Drag:
		return p.drag(msg), nil
	case pane.Wheel:
		p.wheel(msg)
	}
	return nil, nil
}

func (p *Pane) do(msg pane.Do) (pane.Action, tea.Cmd) {
	p.hold(false)
	switch {
	case p.filter.Typing():
		return nil, p.typed(msg)
	case p.empty():
		return p.choose(msg.ID), nil
	case p.carry != nil:
		return p.carrying(msg.ID), nil
	}
	switch msg.ID {
	case keys.Open:
		return p.open()
	case keys.Priority, keys.Kill, keys.Replay, keys.Explain:
		return pane.Act{Verb: msg.ID, On: p.Selected()}, nil
	case keys.Send:
		return pane.Act{Verb: keys.Send}, nil
	case keys.Batch:
		return p.batch(), nil
	case keys.Move:
		p.lift()
	case keys.Mark:
		p.mark()
	case keys.Copy:
		return p.copy(), nil
	case keys.Left, keys.Right:
		p.turn(p.beside(msg.ID == keys.Right))
	case keys.View:
		p.turn((p.view + 1) % numViews)
	case keys.Sort:
		return nil, p.sort(p.orders[p.view].Next(atAge))
	case keys.Order:
		p.orders[p.view].Down = !p.orders[p.view].Down
		return nil, p.rearrange()
	case keys.Filter:
		p.focus = table
		p.filter.Open()
	case keys.Seek:
		return p.next(), nil
	case keys.Next, keys.Previous:
		p.focus = table + detail - p.focus
	case keys.Alone:
		p.alone = !p.alone
	case keys.Retry:
		return nil, p.load()
	case keys.Back:
		return nil, p.back()
	default:
		p.move(msg.ID)
	}
	return nil, nil
}

// typed takes a key while the filter is typed. The rows can be walked through meanwhile.
func (p *Pane) typed(msg pane.Do) tea.Cmd {
	if msg.ID == keys.Up || msg.ID == keys.Down {
		p.lists[p.view].Move(msg.ID)
		p.choseRow()
		return nil
	}
	if p.filter.Do(msg.ID, msg.Key) {
		return p.rearrange()
	}
	return nil
}

// move goes through the rows, or through the trail where that has the focus.
func (p *Pane) move(id keys.ID) {
	if p.focus == detail {
		p.trail.move(id)
		return
	}
	if p.lists[p.view].Move(id) {
		p.choseRow()
	}
}

// beside is the list right of the one that has the focus, or left of it; the ends are ends.
func (p *Pane) beside(right bool) view {
	if right {
		return min(p.view+1, numViews-1)
	}
	return max(p.view-1, 0)
}

// turn gives a list the focus, with the item that is selected where it has that.
func (p *Pane) turn(v view) {
	if v == p.view {
		return
	}
	p.view, p.focus = v, table
	p.choseRow()
}

// open shows the trail of what waits, over the whole pane; of what nodes have or had, its run.
func (p *Pane) open() (pane.Action, tea.Cmd) {
	it := p.item(p.Selected().ID)
	switch {
	case it == nil:
		return nil, nil
	case p.focus == table && it.State > hopper.Triaged && it.Run != "":
		p.hold(true)
		return pane.Visit{Ref: pane.Ref{Kind: pane.Run, ID: it.Run}}, nil
	}
	p.alone = p.focus == table || !p.alone
	p.focus = detail
	return nil, p.load()
}

// hold keeps the cursors on their items where newer ones come: while one is open it is not followed.
func (p *Pane) hold(held bool) {
	p.held = held
	for v := range numViews {
		p.lists[v].Keep(held || !p.newest(v))
	}
}

// Selected is the item under the cursor.
func (p *Pane) Selected() pane.Ref {
	if p.carry != nil {
		return pane.Ref{Kind: pane.Item, ID: p.carry.id}
	}
	if p.trail.gone {
		return pane.Ref{Kind: pane.Item, ID: p.trail.id}
	}
	if id := p.lists[p.view].Selected(); id != "" {
		return pane.Ref{Kind: pane.Item, ID: id}
	}
	return pane.Ref{}
}

func (p *Pane) copy() pane.Action {
	ref := p.Selected()
	if ref.ID == "" {
		return nil
	}
	return pane.Clip{Text: ref.ID, Said: "copied " + ref.ID}
}

// next goes to the next item that failed.
func (p *Pane) next() pane.Action {
	if !p.lists[history].Step(func(id string) bool { it := p.item(id); return it != nil && it.Outcome == hopper.Failed }) {
		return pane.Notice{Text: "nothing failed here"}
	}
	p.view, p.focus = history, table
	p.choseRow()
	return nil
}

// back is one step back: the end of alone, out of the detail, the marks, the end of the filter.
func (p *Pane) back() tea.Cmd {
	switch {
	case p.trail.gone:
		p.trail, p.alone, p.focus = trail{}, false, table
	case p.alone:
		p.alone, p.focus = false, table
	case p.focus == detail:
		p.focus = table
	case len(p.marks) > 0:
		clear(p.marks)
	case p.filter.Clear():
		return p.rearrange()
	}
	return nil
}

func (p *Pane) sort(c column) tea.Cmd {
	if p.view == inbox || heads[c].compare == nil {
		return nil
	}
	p.orders[p.view].Choose(c, heads[c].down)
	return p.rearrange()
}

func (p *Pane) narrow(filter string) tea.Cmd {
	p.filter.Set(filter)
	p.focus = table
	return p.rearrange()
}

// reveal selects an item and brings it into sight, whatever the lists were narrowed to. Of one that is in none of them
// any more the trail is read.
func (p *Pane) reveal(r pane.Ref) tea.Cmd {
	if r.Kind != pane.Item || r.ID == "" {
		return nil
	}
	p.s.Item, p.wanted, p.carry, p.trail = r.ID, r.ID, nil, trail{}
	p.focus, p.alone = table, false
	if p.find(r.ID) {
		return nil
	}
	cmd := p.rearrange()
	if p.filter.Clear() {
		cmd = p.rearrange()
	}
	if p.wanted != "" && p.item(r.ID) == nil { // so old, or so new that no world has it yet
		cmd = tea.Batch(cmd, p.readItem(r.ID))
	}
	return cmd
}

// find selects an item in the list in which it stands.
func (p *Pane) find(id string) bool {
	it := p.item(id)
	if it == nil || !p.ready {
		return false
	}
	v := viewOf(it)
	if !p.lists[v].Select(id) {
		return false
	}
	if p.trail.id == id {
		p.trail = trail{}
	}
	p.view, p.wanted = v, ""
	p.choseRow()
	return true
}

// Typing reports whether letters are text now.
func (p *Pane) Typing() bool { return p.filter.Typing() }

// Draw draws the pane into the frame.
func (p *Pane) Draw(b *cell.Buffer, f layout.Frame) {
	p.views, p.at = columns.Views[view]{}, layout.Hopper{}
	if p.empty() {
		p.drawEmpty(b, f.Pane)
		return
	}
	p.at = layout.HopperPane(f, int(p.view), p.focus == detail || p.trail.gone, p.alone || p.trail.gone, p.digits())
	for v := range numViews {
		if r := p.at.Columns[v]; !r.Empty() && p.at.Wide {
			p.drawColumn(b, r, v)
		} else if !r.Empty() {
			p.drawTable(b, r, v)
		}
	}
	if !p.at.Detail.Empty() {
		p.drawDetail(b, p.at.Detail)
	}
}

// digits is how many the last place of the inbox has.
func (p *Pane) digits() int {
	n := 1
	for k := p.shown.known[inbox]; k > 9; k /= 10 {
		n++
	}
	return n
}

// names are the lists with how many items they have.
func (p *Pane) names() []string {
	out := make([]string, numViews)
	for v, name := range []string{"Inbox", "Assigned", "History"} {
		out[v] = name
		if p.ready {
			out[v] = strings.TrimSpace(name + " " + count(p.shown.known[v]))
		}
	}
	return out
}
