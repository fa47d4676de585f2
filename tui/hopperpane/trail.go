package hopperpane

import (
	tea "charm.land/bubbletea/v2"

	"voxmesh/hopper"
	"voxmesh/mesh"
	"voxmesh/tui/keys"
	"voxmesh/tui/pane"
)

// trail is where the trail in the details stands, and what was read of it that the state does not hold.
type trail struct {
	id   string // the item that was read, or is; empty: none
	from uint64 // the generation of the read on its way; 0: none is
	item *hopper.Item
	err  error
	gone bool // it is in no list any more, and shown alone

	up   int // lines between the last one in sight and the last; 0: the newest is in sight
	rows int
	all  int
}

// read is an item as the log has it.
type read struct {
	generation uint64
	view       mesh.ItemView
	err        error
}

// load reads the trail of the selected item where the state does not hold all of it.
func (p *Pane) load() tea.Cmd {
	id := p.Selected().ID
	if it := p.item(id); id == "" || it != nil && len(it.Trail) < hopper.TrailKept {
		return nil
	}
	return p.readItem(id)
}

// readItem reads an item from the log.
func (p *Pane) readItem(id string) tea.Cmd {
	if p.host == nil || !p.s.Live() {
		return nil
	}
	t := &p.trail
	if t.id != id {
		*t = trail{id: id}
	}
	t.err, t.from = nil, p.s.Generation()
	gen, host, ctx := t.from, p.host, p.ctx
	return func() tea.Msg {
		if ctx.Err() != nil {
			return nil
		}
		v, err := host.Item(id)
		return read{gen, v, err}
	}
}

// took takes what was read. An item that was looked for and closed too long ago for any list is shown alone.
func (p *Pane) took(m read) pane.Action {
	t := &p.trail
	if m.generation != t.from {
		return nil
	}
	t.from, t.err = 0, m.err
	looked := p.wanted != "" && p.wanted == t.id && p.item(t.id) == nil
	if m.err != nil {
		if looked {
			p.wanted = ""
			return pane.Notice{Text: t.id + ": " + m.err.Error()}
		}
		return nil
	}
	it := itemOf(m.view)
	t.item = &it
	if looked && it.State == hopper.Closed {
		p.wanted, t.gone = "", true
	}
	return nil
}

// itemOf is an item as it was read, for the same drawing as one of the state.
func itemOf(v mesh.ItemView) hopper.Item {
	it := hopper.Item{
		ID: v.ItemID, Intent: v.Intent, Session: v.Session, Actor: v.Actor, Run: v.RunID, Node: v.NodeID, Class: v.PrivacyClass,
		Affinity:   hopper.Affinity{Kind: v.ClassifiedAffinity.Kind, Models: v.ClassifiedAffinity.Models, Nodes: v.ClassifiedAffinity.Nodes},
		Confidence: int(v.Confidence*100 + 0.5), At: v.SubmittedAt, Since: v.Since, Why: v.Why, Batch: v.Batch, State: hopper.Inbox,
	}
	it.Value = hopper.Priority(v.PriorityValue)
	for s := hopper.LearningPolicy; s <= hopper.Developer; s++ {
		if s.String() == v.PrioritySource {
			it.Source = s
		}
	}
	for s := hopper.Inbox; s <= hopper.Closed; s++ {
		if s.String() == v.State {
			it.State = s
		}
	}
	for o := hopper.Done; o <= hopper.Cancelled; o++ {
		if o.String() == v.Outcome {
			it.Outcome = o
		}
	}
	for _, o := range v.Overrides {
		from, _ := hopper.ParsePriority(o.OriginalPriority)
		to, _ := hopper.ParsePriority(o.Priority)
		it.Overrides = append(it.Overrides, hopper.Override{
			At: o.At, From: from, To: to, Place: o.Place, Actor: o.Actor, Reason: o.Reason, AuditID: o.AuditID,
		})
	}
	for _, s := range v.Trail {
		it.Trail = append(it.Trail, hopper.Step{At: s.At, Name: s.Step, Actor: s.Actor, Detail: s.Detail, AuditID: s.AuditID})
	}
	return it
}

// whole is an item with the longest trail that is known of it: the one that was read, where that is as new.
func (p *Pane) whole(id string) *hopper.Item {
	it, read := p.item(id), p.trail.item
	if read == nil || read.ID != id || it != nil && (it.State != read.State || len(read.Trail) < len(it.Trail)) {
		return it
	}
	if it == nil {
		return read
	}
	last := it.Trail[len(it.Trail)-1]
	if len(it.Trail) < hopper.TrailKept || read.Trail[len(read.Trail)-1].At < last.At {
		return it
	}
	merged := *it
	merged.Trail, merged.Overrides = read.Trail, read.Overrides
	return &merged
}

// move scrolls the trail.
func (t *trail) move(id keys.ID) {
	switch id {
	case keys.Up:
		t.scroll(1)
	case keys.Down:
		t.scroll(-1)
	case keys.PageUp:
		t.scroll(t.rows)
	case keys.PageDown:
		t.scroll(-t.rows)
	case keys.HalfUp:
		t.scroll((t.rows + 1) / 2)
	case keys.HalfDown:
		t.scroll(-(t.rows + 1) / 2)
	case keys.Home:
		t.scroll(t.all)
	case keys.End:
		t.up = 0
	}
}

// wheelRows is how far a notch of the wheel scrolls.
const wheelRows = 3

func (t *trail) wheel(down bool) {
	if down {
		t.scroll(-wheelRows)
	} else {
		t.scroll(wheelRows)
	}
}

func (t *trail) scroll(by int) { t.up = max(min(t.up+by, t.all-t.rows), 0) }

// window says how many lines there is room for, of how many, and gives those to show.
func (t *trail) window(rows, all int) (from, to int) {
	t.rows, t.all = max(rows, 0), all
	t.scroll(0)
	to = all - t.up
	return max(to-t.rows, 0), to
}
