package palette

import (
	"context"
	"fmt"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"voxmesh/hopper"
	"voxmesh/mesh"
	"voxmesh/mesh/clean"
	"voxmesh/mesh/fault"
	carried "voxmesh/tui/act"
	"voxmesh/tui/format"
	"voxmesh/tui/keys"
	"voxmesh/tui/pane"
)

// What the palette offers of the hopper: an intent that is handed in from here, the items and batches that there are,
// and those whose priority is changed behind urgent: and defer:.

// Door takes an intent in. A *mesh.Host is one.
type Door interface {
	SubmitIntent(ctx context.Context, actor string, in mesh.Intent) (mesh.ItemView, error)
}

// handed is how handing an intent in ended.
type handed struct {
	generation uint64
	item       mesh.ItemView
	err        error
}

// flowText begins what package send is given for a workflow.
const flowText = "workflow "

// intent tells what was typed to be done that was typed from what else is sent.
func (e *entry) intent() bool {
	return e.does == act && e.verb == keys.Send && e.on.Kind == pane.None && e.with != ""
}

// preset reports whether what stands with an entry is ours, and was not typed.
func (e *entry) preset() bool { return e.verb == keys.Priority || e.with == flowText }

// submit hands the intent in. The palette stays until the host has it: an error must not lose what was typed.
func (l *Layer) submit(intent string) tea.Cmd {
	l.failed, l.handing = nil, l.s.Generation()
	gen, ctx, door, actor := l.handing, l.ctx, l.door, l.s.Actor
	return func() tea.Msg {
		ctx, done := context.WithTimeout(ctx, carried.Patience)
		defer done()
		v, err := door.SubmitIntent(ctx, actor, mesh.Intent{Text: intent})
		return handed{gen, v, err}
	}
}

func (l *Layer) handed(m handed) pane.Action {
	if m.generation != l.handing {
		return nil
	}
	l.handing = 0
	if m.err != nil {
		l.failed = m.err
		return nil
	}
	v := m.item
	text := fmt.Sprintf("submitted %s   %s %.2f", v.ItemID, v.ClassifiedPriority, v.Confidence)
	if v.Priority != v.ClassifiedPriority {
		text = fmt.Sprintf("submitted %s   %s, classified %s %.2f", v.ItemID, v.Priority, v.ClassifiedPriority, v.Confidence)
	}
	return pane.Several{
		pane.Close{},
		pane.Tell{Pane: keys.Pane3, Msg: pane.Reveal{Ref: pane.Ref{Kind: pane.Item, ID: v.ItemID}}},
		pane.Notice{Text: text + "   3 shows it"},
	}
}

// refusal is why the last intent was not taken, and what to do about it.
func (l *Layer) refusal() string {
	text := "Not submitted: " + clean.Line(l.failed.Error()).String() + "."
	if _, hint := fault.Of(l.failed); hint != "" {
		text += " " + clean.Line(hint).String()
	}
	return text
}

// openItem goes to an item of the hopper, or of a batch to its first.
func openItem(it *hopper.Item) entry {
	return titled(entry{on: pane.Ref{Kind: pane.Item, ID: it.ID}}, it.ID, it.Intent)
}

func openBatch(id string, n int) entry {
	return titled(entry{on: pane.Ref{Kind: pane.Item, ID: id}}, id, "batch of "+format.Many(n, "item"))
}

// sendFlow places a workflow on a node: which one its box asks.
func sendFlow(node string) entry {
	return titled(entry{does: act, verb: keys.Send, on: pane.Ref{Kind: pane.Node, ID: node}, with: flowText}, "send a workflow to "+node, "")
}

// ranking turns going to an item into changing its priority.
func ranking(e entry, m mode) (entry, bool) {
	if e.on.Kind != pane.Item {
		return entry{}, false
	}
	word, p := "urgent", hopper.Urgent
	if m == deferred {
		word, p = "defer", hopper.Background
	}
	return titled(entry{does: act, verb: keys.Priority, on: e.on, with: p.String()}, word+" "+e.on.ID, e.title()), true
}

// someClosed is how many of the items that are over can be gone to.
const someClosed = 500

// items puts the hopper's items: those that are open first, of which behind urgent: and defer: there is a choice.
func (b *builder) items(x *index) []*hopper.Item {
	board := b.st.Hopper()
	open := append(board.Inbox(0), board.Assigned(0)...)
	for _, it := range open {
		b.put(openItem(it), false)
	}
	x.open = len(b.entries)
	for _, it := range board.History(someClosed) {
		b.put(openItem(it), false)
	}
	seen := map[string]bool{}
	for _, it := range open {
		if it.Batch != "" && !seen[it.Batch] {
			seen[it.Batch] = true
			b.put(openBatch(it.Batch, len(board.Batch(it.Batch))), false)
			b.batches = append(b.batches, it.Batch)
		}
	}
	return open
}

// itemEntry gives the entry that goes to an item or a batch.
func itemEntry(st *mesh.State, id string) (entry, bool) {
	if it, ok := st.Hopper().Item(id); ok {
		return openItem(it), true
	}
	if n := len(st.Hopper().Batch(id)); n > 0 {
		return openBatch(id, n), true
	}
	return entry{}, false
}

// itemNote says how an item stands.
func (l *Layer) itemNote(id string) string {
	board := l.s.World.State.Hopper()
	it, ok := board.Item(id)
	if !ok {
		open := 0
		for _, it := range board.Batch(id) {
			if it.State != hopper.Closed {
				open++
			}
		}
		return fmt.Sprintf("%d not over", open)
	}
	switch it.State {
	case hopper.Assigned:
		return "assigned to " + it.Node
	case hopper.Started:
		return "runs on " + it.Node + " " + format.Clock(l.s.Time().Sub(time.UnixMicro(it.Since)))
	case hopper.Closed:
		return it.Outcome.String() + " " + l.clock(it.Since)
	}
	text := "inbox, place " + fmt.Sprint(board.Place(id))
	if waits := l.waitsFor(it); waits != "" {
		text = "inbox, waits: " + waits
	}
	return text
}

// waitsFor is what an item waits for. The answers of one world are kept, at most for a second of a mesh that has many.
func (l *Layer) waitsFor(it *hopper.Item) string {
	st, now := l.s.World.State, l.s.Now()
	if l.waits == nil || l.waitsOf != st && (many(st) <= small || now.Sub(l.waitsAt) >= time.Second) {
		l.waits, l.waitsOf, l.waitsAt = st.Waiting(l.s.World.Tel, l.s.Time()), st, now
	}
	return strings.TrimSpace(clean.Line(l.waits.For(it)).String())
}
