package hopperpane

import (
	"context"
	"errors"
	"fmt"
	"strings"

	tea "charm.land/bubbletea/v2"

	"voxmesh/mesh"
	"voxmesh/mesh/fault"
	"voxmesh/mesh/privacy"
	"voxmesh/tui/act"
	"voxmesh/tui/boxes"
	"voxmesh/tui/cell"
	"voxmesh/tui/format"
	"voxmesh/tui/keys"
	"voxmesh/tui/layout"
	"voxmesh/tui/list"
	"voxmesh/tui/pane"
	"voxmesh/tui/row"
	"voxmesh/tui/theme"
	"voxmesh/tui/verb"
)

// Batcher makes a batch. A *mesh.Host is one.
type Batcher interface {
	Batch(ctx context.Context, actor string, items []string) (mesh.Batched, error)
}

// Batch is the box that lists the items which are to start as one, and asks once. Which they are is fixed when it opens;
// what becomes of one of them meanwhile is said, and the batch is not made then. Nobody is overtaken by it, so it needs no
// capability. Make one with NewBatch.
type Batch struct {
	s    *pane.Session
	host Batcher
	ctx  context.Context
	stop context.CancelFunc

	ids   []string
	list  list.List
	going uint64 // the generation of the request on its way; 0: none is
	err   error
	rows  layout.Rect
}

// batched is how the request ended.
type batched struct {
	generation uint64
	made       mesh.Batched
	err        error
}

// NewBatch makes the box for the items that ids names, with blanks between, as pane.Act has them. The request ends with
// ctx, or when the box closes.
func NewBatch(ctx context.Context, s *pane.Session, host Batcher, ids string) *Batch {
	ctx, stop := context.WithCancel(ctx)
	l := &Batch{s: s, host: host, ctx: ctx, stop: stop, ids: strings.Fields(ids)}
	l.list.Keep(true)
	l.list.Set(l.ids)
	return l
}

// Typing is false: letters are keys.
func (l *Batch) Typing() bool { return false }

// Bare is false.
func (l *Batch) Bare() bool { return false }

// Closed ends a request that nobody waits for any more.
func (l *Batch) Closed() { l.stop() }

// Selected is the item under the cursor.
func (l *Batch) Selected() pane.Ref { return pane.Ref{Kind: pane.Item, ID: l.list.Selected()} }

// Update takes a message.
func (l *Batch) Update(msg tea.Msg) (pane.Action, tea.Cmd) {
	switch msg := msg.(type) {
	case batched:
		return l.ended(msg), nil
	case pane.Wheel:
		l.list.Wheel(msg.Down)
	case pane.Click:
		if l.rows.Has(msg.X, msg.Y) {
			l.list.Click(msg.Y - l.rows.Y)
		}
	case pane.Do:
		return l.do(msg.ID)
	}
	return nil, nil
}

func (l *Batch) do(id keys.ID) (pane.Action, tea.Cmd) {
	switch id {
	case keys.Back:
		if l.going == 0 {
			return pane.Close{}, nil
		}
	case keys.Open:
		if l.off() == "" {
			return nil, l.make()
		}
	case keys.CopyCommand:
		return pane.Clip{Text: l.command(), Said: "copied the command"}, nil
	default:
		l.list.Move(id)
	}
	return nil, nil
}

func (l *Batch) make() tea.Cmd {
	l.err, l.going = nil, l.s.Generation()
	gen, ctx, host, actor, ids := l.going, l.ctx, l.host, l.s.Actor, l.ids
	return func() tea.Msg {
		ctx, done := context.WithTimeout(ctx, act.Patience)
		defer done()
		made, err := host.Batch(ctx, actor, ids)
		return batched{gen, made, err}
	}
}

func (l *Batch) ended(m batched) pane.Action {
	if m.generation != l.going {
		return nil
	}
	l.going = 0
	if m.err != nil {
		l.err = m.err
		return nil
	}
	return pane.Several{pane.Close{}, pane.Notice{Text: fmt.Sprintf("batched %d items as %s   %s", len(l.ids), m.made.BatchID, m.made.AuditID)}}
}

// refuse says why these items can't be one batch now.
func (l *Batch) refuse() string {
	if why := l.s.Refuse(); why != "" {
		return why
	}
	if err := l.s.World.State.Hopper().CanGroup(l.ids); err != nil {
		return err.Error()
	}
	return ""
}

func (l *Batch) off() string {
	if l.going != 0 {
		return "it is on its way"
	}
	return l.refuse()
}

// class is the widest of the items': what the box is about.
func (l *Batch) class() privacy.Class {
	widest := privacy.Unknown
	for i, id := range l.ids {
		c, ok := verb.Class(l.s, pane.Ref{Kind: pane.Item, ID: id})
		if !ok {
			return privacy.Unknown
		}
		if i == 0 || c.Effective() > widest.Effective() {
			widest = c
		}
	}
	return widest
}

func (l *Batch) command() string {
	return verb.CommandFor(string(keys.Batch), pane.Ref{Kind: pane.Item}, verb.Said{Items: l.ids}).String()
}

// Keys gives the bindings.
func (l *Batch) Keys() []keys.Binding {
	return append([]keys.Binding{
		keys.Get(keys.Open).As("batch", "let them start as one").When(l.off),
		keys.Get(keys.Back).As("cancel", "close; nothing was done"),
		keys.Get(keys.CopyCommand),
	}, list.Movement()...)
}

const (
	batchWidth = 66
	batchItems = 8 // that are listed at once
)

// says is what a batch is, or why it can't be made.
func (l *Batch) says() (string, theme.Style) {
	wrong := theme.In(theme.Failed)
	switch why := l.refuse(); {
	case l.going != 0:
		return "Making it…", theme.In(theme.Waiting)
	case errors.Is(l.err, context.DeadlineExceeded):
		return "The host did not answer. Look into Audit whether it was done, before you try again.", wrong
	case l.err != nil:
		text := "Not done: " + l.err.Error() + "."
		if _, hint := fault.Of(l.err); hint != "" {
			text += " " + hint
		}
		return text, wrong
	case why != "":
		return "Not now: " + why + ".", wrong
	}
	return verb.EffectOf(l.s, string(keys.Batch), pane.Ref{Kind: pane.Item, ID: l.ids[0]}, verb.Said{}), theme.Style{}
}

// Draw draws the box over the pane.
func (l *Batch) Draw(b *cell.Buffer, f layout.Frame) {
	w := min(batchWidth, f.Width-4) - 4
	text, st := l.says()
	says := format.Wrap(text, w)
	command := format.Command("$ "+l.command(), w)
	if len(command) > 2 {
		command = append(command[:1], format.End(command[1], w-1)+"…")
	}
	rest := 2 + len(says) + 1 + 1 + len(command)
	over := f.Over(rest + min(len(l.ids), batchItems))
	n := max(min(len(l.ids), batchItems, over.H-rest), 1)
	r := layout.Box(f, over, batchWidth, rest+n)
	border := boxes.Draw(b, r, "Batch: "+format.Many(len(l.ids), "item"), l.class())
	in := r.BoxText()
	y := boxes.Paragraph(b, in, in.Y, says, st)
	l.rows = layout.Rect{X: in.X - 1, Y: y, W: in.W + 1, H: n}
	from, to := l.list.Window(n)
	for i, id := range l.ids[from:to] {
		l.drawItem(b, y+i, id)
	}
	if n < len(l.ids) {
		pane.Facts(b, r, r.Y+r.H-1, l.list.Position(), border)
	}
	boxes.Paragraph(b, in, y+n+1, command, theme.In(theme.Third))
}

// drawItem draws an item with its class and its place: no words of others.
func (l *Batch) drawItem(b *cell.Buffer, y int, id string) {
	class, _ := verb.Class(l.s, pane.Ref{Kind: pane.Item, ID: id})
	second := theme.In(theme.Second)
	rest := []row.Field{{Text: "is not here any more", Width: 30, Gap: 2, Style: theme.In(theme.Failed)}}
	if it, ok := l.s.World.State.Hopper().Item(id); ok {
		place := it.State.String()
		if n := l.s.World.State.Hopper().Place(id); n > 0 {
			place = "place " + count(n)
		}
		rest = []row.Field{
			{Text: it.Value.String() + " by " + it.Source.Short(), Width: 18, Gap: 2, Style: second},
			{Text: place, Width: 14, Gap: 2, Style: second},
		}
	}
	row.Job(b, l.rows.X, y, l.rows.W, class, id, rest, "", row.Look{Selected: id == l.list.Selected(), Focused: true, Faint: l.s.Faint()})
}
