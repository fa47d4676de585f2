// Package runspane is the Runs pane: what ran, runs and waits, newest first, over the details of the selected run.
//
// It reads the session's world and changes nothing but the selection. The list is made of the state as a pure function
// of what is asked, at most once a second; where the state holds many runs that is done in a command, and an answer to an
// older question is dropped, so that neither ten thousand runs nor a filter over them make a key wait. The cursor stands
// on an id: it stays with its run through sorting and arrivals, and on the newest row it follows. A run that failed and
// that nobody saw here makes the pane want attention.
//
// Like that of the nodes the table is not that of Bubbles: a row can be drawn through package row alone, which does not
// let the class be left out.
package runspane

import (
	"context"
	"time"

	tea "charm.land/bubbletea/v2"

	"voxmesh/mesh"
	"voxmesh/tui/cell"
	"voxmesh/tui/columns"
	"voxmesh/tui/empty"
	"voxmesh/tui/keys"
	"voxmesh/tui/layout"
	"voxmesh/tui/list"
	"voxmesh/tui/pane"
	"voxmesh/tui/verb"
)

// view is which of the runs are shown.
type view int

const (
	all view = iota
	running
	failed
	numViews
)

var viewNames = []string{"All", "Running", "Failed"}

type region int

const (
	table region = iota
	detail
)

// Pane is the Runs pane of one session. Make one with New.
type Pane struct {
	s   *pane.Session
	ctx context.Context

	view   view
	order  columns.Order[column]
	filter list.Filter
	list   list.List
	wanted string // a run that is to be selected when it comes
	held   bool   // the cursor stays with its run, although that is the newest: it was opened
	focus  region
	alone  bool
	choice empty.Choice // of the empty pane

	shown    answer                // what the list was made of
	ready    bool                  // it was made once
	question pane.Question[answer] // of the list
	made     time.Time             // when the list was last asked for
	seen     map[string]bool
	unseen   bool
	views    columns.Views[view]
	at       layout.ListDetail
}

// New makes the pane. What it computes in commands ends with ctx.
func New(ctx context.Context, s *pane.Session) *Pane {
	p := &Pane{s: s, ctx: ctx, order: columns.Order[column]{By: byStart, Down: true}, seen: map[string]bool{}}
	if st := s.World.State; st != nil && len(st.Runs()) <= fewRuns {
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
		return nil, p.answer(msg)
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
	case pane.Wheel:
		if p.at.List.Has(msg.X, msg.Y) {
			p.list.Wheel(msg.Down)
		}
	}
	return nil, nil
}

func (p *Pane) do(msg pane.Do) (pane.Action, tea.Cmd) {
	p.hold(false)
	if p.filter.Typing() {
		return nil, p.typed(msg)
	}
	if p.empty() {
		return p.choose(msg.ID), nil
	}
	switch msg.ID {
	case keys.Open:
		return p.open(), nil
	case keys.Kill, keys.Replay, keys.Explain:
		return pane.Act{Verb: msg.ID, On: p.Selected()}, nil
	case keys.Send:
		return pane.Act{Verb: keys.Send}, nil
	case keys.Copy:
		return p.copy(), nil
	case keys.View:
		return nil, p.turn((p.view + 1) % numViews)
	case keys.Sort:
		return nil, p.sort(p.order.Next(byStart))
	case keys.Order:
		p.order.Down = !p.order.Down
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
		return p.rearrange()
	}
	return nil
}

func (p *Pane) open() pane.Action {
	ref := p.Selected()
	if ref.ID == "" {
		return nil
	}
	p.hold(true)
	return pane.Visit{Ref: ref}
}

// hold keeps the cursor on its run where newer ones come: while one is open it is not followed.
func (p *Pane) hold(held bool) {
	p.held = held
	p.list.Keep(held)
}

// Selected is the run under the cursor.
func (p *Pane) Selected() pane.Ref {
	if id := p.list.Selected(); id != "" {
		return pane.Ref{Kind: pane.Run, ID: id}
	}
	return pane.Ref{}
}

func (p *Pane) copy() pane.Action {
	r, ok := p.shown.runs[p.list.Selected()]
	if !ok || r.TraceID == "" {
		return nil
	}
	link := "vox://trace/" + r.TraceID
	return pane.Clip{Text: link, Said: "copied " + link}
}

// next goes to the next run that failed.
func (p *Pane) next() pane.Action {
	if !p.list.Step(func(id string) bool { r := p.shown.runs[id]; return r.failed() }) {
		return pane.Notice{Text: "nothing failed here"}
	}
	p.choseRow()
	return nil
}

// back is one step back: out of the detail, the end of alone, the end of the filter.
func (p *Pane) back() tea.Cmd {
	switch {
	case p.alone:
		p.alone = false
	case p.focus == detail:
		p.focus = table
	case p.filter.Clear():
		return p.rearrange()
	}
	return nil
}

func (p *Pane) turn(v view) tea.Cmd {
	p.view = v
	return p.rearrange()
}

func (p *Pane) sort(c column) tea.Cmd {
	p.order.Choose(c, heads[c].down)
	return p.rearrange()
}

func (p *Pane) narrow(filter string) tea.Cmd {
	p.filter.Set(filter)
	p.view, p.focus = all, table
	return p.rearrange()
}

// reveal selects a run and brings it into sight, whatever the list was narrowed to.
func (p *Pane) reveal(r pane.Ref) tea.Cmd {
	if r.Kind != pane.Run {
		return nil
	}
	p.s.Run, p.wanted = r.ID, ""
	if p.list.Select(r.ID) {
		return nil
	}
	p.wanted = r.ID // it may be so new that no world has it yet
	p.filter.Clear()
	p.view = all
	return p.rearrange()
}

// Typing reports whether letters are text now.
func (p *Pane) Typing() bool { return p.filter.Typing() }

// Attention reports whether a run failed that nobody saw here.
func (p *Pane) Attention() bool { return p.unseen }

// Keys gives the bindings of the focused region.
func (p *Pane) Keys() []keys.Binding {
	if p.filter.Typing() {
		return append(p.filter.Keys(), keys.Pick(keys.Up, keys.Down)...)
	}
	if p.empty() {
		return p.emptyKeys()
	}
	off := func(id keys.ID) func() string {
		return func() string { return verb.Refuse(p.s, id, p.Selected()) }
	}
	bs := []keys.Binding{
		keys.Get(keys.Open).As("open", "open the run: its events, output, attempts, record"),
		keys.Get(keys.View).As("view", "all, those that run, those that failed"),
		keys.Get(keys.Filter),
		keys.Get(keys.Seek).As("failed", "next run that failed"),
		keys.Get(keys.Kill).When(off(keys.Kill)),
		keys.Get(keys.Replay).When(off(keys.Replay)),
		keys.Get(keys.Explain).As("explain", "explain: why it waits, where it ran, why it failed"),
		keys.Get(keys.Send).As("send", "send a prompt").When(p.s.Refuse),
		keys.Get(keys.Copy).As("copy", "copy its link, vox://trace/…"),
		keys.Get(keys.Sort), keys.Get(keys.Order).As("", "turn the order"),
		keys.Get(keys.Alone).As("", "this region alone, and back"),
		keys.Get(keys.Next).As("", "the other region"), keys.Get(keys.Previous).As("", "the other region"),
		keys.Get(keys.Back).As("", "end alone, clear the filter"),
	}
	return append(bs, list.Movement()...)
}

// Draw draws the pane into the frame.
func (p *Pane) Draw(b *cell.Buffer, f layout.Frame) {
	if p.empty() {
		p.at = layout.ListDetail{}
		p.drawEmpty(b, f.Pane)
		return
	}
	p.at = layout.ListPane(f, p.focus == detail, p.alone)
	if !p.at.List.Empty() {
		p.drawTable(b, p.at.List)
	}
	if !p.at.Detail.Empty() {
		p.drawDetail(b, p.at.Detail)
	}
}

// Concern is another number when runs failed, or left the window: nothing else wants attention here.
func (p *Pane) Concern(st *mesh.State) int64 { return st.ErrorCount }
