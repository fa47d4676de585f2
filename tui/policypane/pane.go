package policypane

import (
	"bytes"
	"context"
	"sync/atomic"
	"time"

	tea "charm.land/bubbletea/v2"

	"voxmesh/policy"
	"voxmesh/tui/cell"
	"voxmesh/tui/empty"
	"voxmesh/tui/keys"
	"voxmesh/tui/layout"
	"voxmesh/tui/list"
	"voxmesh/tui/pane"
)

type region int

const (
	form   region = iota
	beside        // the file, or where it stands under the form the details
)

// Pane is the Policy pane of one session. Make one with New.
type Pane struct {
	s    *pane.Session
	book Book // nil: it is somewhere else
	ctx  context.Context
	tick func(time.Duration, func(time.Time) tea.Msg) tea.Cmd

	entries []entry
	policy  string                        // the one of several that is shown; empty: the one that counts
	looks   map[*policy.File]*policy.File // files as they look to it
	names   []string

	doc   Doc
	base  *policy.File // as it was read; nil: not yet
	disk  *reading     // as somebody else left it, while there are edits
	known policy.Known
	stamp string

	steps   []step
	dropped []step // that Z put back
	draft   *step  // what is being typed or carried, as it would be
	open    *opened
	carried *carry
	saved   bool   // a save can be undone
	subject string // of the last write, for the commit
	booked  string // the command for the commit, where the book knew one when it was staged
	after   string // the command that is suggested now

	rows     []formRow
	problems []problem
	list     list.List
	col      int // the cell of the row
	issues   list.List

	reading uint64 // generations of what is on its way; 0: nothing
	writing uint64
	staging uint64
	looking atomic.Bool // whether the file is another one
	asked   []string    // kinds of slots that a mesh asks for, until the file was read
	late    bool
	failed  error
	says    string
	clash   bool // the next that is read is what an own write clashed with

	view    view
	focus   region
	alone   bool
	choice  empty.Choice
	file    sheet
	at      rects
	frame   layout.Frame  // it was drawn into last
	lost    []string      // edits that could not be made again on another's file
	places  layout.Places // of the cells that were drawn
	options layout.Places // of the picker
	tabs    layout.Places // of the views
}

// New makes the pane. What it asks of the book in commands ends with ctx. Without a book it says where the form is.
func New(ctx context.Context, s *pane.Session, book Book) *Pane {
	return &Pane{s: s, book: book, ctx: ctx, tick: tea.Tick, entries: entries()}
}

// Init begins to read: that the policy is broken is to be known before anyone looks.
func (p *Pane) Init() tea.Cmd { return p.read() }

// Update takes a message.
func (p *Pane) Update(msg tea.Msg) (pane.Action, tea.Cmd) {
	act, cmd := p.take(msg)
	if act == nil && p.says != "" {
		act = pane.Notice{Text: p.says}
	}
	p.says = ""
	return act, cmd
}

func (p *Pane) take(msg tea.Msg) (pane.Action, tea.Cmd) {
	switch msg := msg.(type) {
	case pane.Second:
		return nil, p.look()
	case stamped:
		return nil, p.stamped(msg)
	case pane.Asked:
		p.asked, p.reading = msg.Kinds, 0 // what is on its way may be from before
		return nil, p.read()
	case reading:
		return p.took(msg)
	case late:
		p.late = p.late || msg.generation == p.reading
	case written:
		return p.wrote(msg)
	case staged:
		return p.staged(msg), nil
	case pane.Do:
		return p.do(msg)
	case tea.KeyPressMsg:
		if p.open != nil {
			p.typed(msg.Text)
		}
	case tea.PasteMsg:
		if p.open != nil {
			p.typed(msg.Content)
		}
	case pane.Click:
		return p.click(msg)
	case pane.Drag:
		p.drag(msg)
	case pane.Wheel:
		p.wheel(msg)
	}
	return nil, nil
}

func (p *Pane) do(msg pane.Do) (pane.Action, tea.Cmd) {
	switch {
	case p.open != nil:
		return p.whileTyping(msg), nil
	case p.carried != nil:
		p.carrying(msg.ID)
		return nil, nil
	case p.bare():
		return p.choose(msg.ID)
	case msg.ID == keys.Copy:
		return pane.Clip{Text: p.command(), Said: "copied the command"}, nil
	}
	p.after = ""
	switch msg.ID {
	case keys.Write:
		return p.write()
	case keys.Undo:
		return p.undo()
	case keys.PutBack:
		p.putBack()
	case keys.Stage:
		return nil, p.stage()
	case keys.Retry:
		p.failed = nil
		return nil, p.read()
	case keys.View:
		p.turn((p.shownView() + 1) % len(p.views()))
	case keys.Seek:
		p.step()
	case keys.Explain:
		return p.explain(), nil
	case keys.Next, keys.Previous:
		p.focus = form + beside - p.focus
	case keys.Alone:
		p.alone = !p.alone
	case keys.Back:
		p.back()
	default:
		return p.doHere(msg.ID), nil
	}
	return nil, nil
}

// doHere is what a key does in the region with the focus.
func (p *Pane) doHere(id keys.ID) pane.Action {
	switch {
	case p.focus == beside && !p.at.beside.Empty(), p.view == file:
		p.file.move(id)
	case p.view == issues:
		if id == keys.Open {
			p.goTo()
		}
		p.issues.Move(id)
	default:
		p.inForm(id)
	}
	return nil
}

func (p *Pane) inForm(id keys.ID) {
	switch id {
	case keys.Open:
		p.enter()
	case keys.Mark:
		p.toggle()
	case keys.Move:
		p.lift()
	case keys.Remove:
		p.remove()
	case keys.Left, keys.Right:
		if r := p.row(); r != nil {
			by := 1
			if id == keys.Left {
				by = -1
			}
			p.col = max(min(min(p.col, len(r.cells)-1)+by, len(r.cells)-1), 0)
		}
	default:
		at := p.list.At()
		p.list.Move(id)
		way := 1
		if p.list.At() < at {
			way = -1
		}
		p.settle(way)
	}
	p.file.follow = true
}

// back is one step back: the end of alone, then to the form.
func (p *Pane) back() {
	switch {
	case p.alone:
		p.alone = false
	case p.focus != form:
		p.focus = form
	case p.view != fields:
		p.view = fields
	}
}

// Typing reports whether a field is open.
func (p *Pane) Typing() bool { return p.open != nil }

// Attention reports whether edits were not written, the file has errors, or it could not be read.
func (p *Pane) Attention() bool {
	return p.Unsaved() || p.failed != nil || p.base != nil && p.doc.Exists && p.base.Err() != nil
}

// refuse says why nothing can be changed here now.
func (p *Pane) refuse() string {
	switch {
	case p.writing != 0:
		return "it is being written"
	case p.base == nil:
		return "the file was not read yet"
	}
	return p.s.Refuse()
}

// bare reports whether there is nothing to show: no file or an empty one, or one that is not read.
func (p *Pane) bare() bool {
	return p.book == nil || p.base == nil || p.view == fields && len(bytes.TrimSpace(p.now().Source())) == 0
}

// Draw draws the pane into the frame.
func (p *Pane) Draw(b *cell.Buffer, f layout.Frame) {
	p.frame = f
	p.places.Forget()
	p.options.Forget()
	p.tabs.Forget()
	p.choice.Forget()
	if p.bare() {
		p.at = rects{}
		p.drawBare(b, f.Pane)
		return
	}
	p.arrange(f)
	p.drawMain(b)
	switch {
	case !p.at.beside.Empty():
		p.drawBeside(b, p.at.beside)
	case !p.at.under.Empty():
		p.drawUnder(b, p.at.under)
	}
	p.drawPicker(b)
}
