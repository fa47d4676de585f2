package hopper

import (
	"fmt"
	"slices"
	"strings"
)

// The way of an item: each step is one method, writes one line of the trail, and does nothing from a state that does not
// lead there.

// host is who makes the steps that no person and no node makes.
const host = "host"

// Admit takes a new item in, as Inbox, or as Triaged where it has a Run. The caller gives who and what it is, its Rank
// and what the classifier said; an Order of 0 is Due's. The steps "submitted" and "admitted" are written here. An id that
// the board has is not taken twice.
func (b *Board) Admit(it Item) {
	if _, ok := b.items.Get(it.ID); ok || it.ID == "" {
		return
	}
	it.Value, it.Source = it.Value.in(), min(max(it.Source, LearningPolicy), Developer)
	it.Classified, it.Confidence = min(it.Classified, Urgent), min(max(it.Confidence, 0), 100)
	it.Models, it.Nodes = slices.Clone(it.Models), slices.Clone(it.Nodes)
	it.State, it.Since, it.Node, it.Outcome, it.Why = Inbox, it.At, "", 0, ""
	it.Tie, it.Nth, it.Batch, it.Yield, it.Overrides, it.Trail = 0, 0, "", false, nil, nil
	if it.Order == 0 {
		it.Order = Due(it.Rank, it.At)
	}
	admitted := Step{At: it.At, Name: "admitted", Actor: host}
	if it.Run != "" {
		it.State, admitted.Detail = Triaged, "run "+it.Run
	} else {
		admitted.Detail = fmt.Sprintf("inbox, place %d", b.rank(indexKey(&it))+1)
	}
	it.Trail = []Step{{At: it.At, Name: "submitted", Actor: it.Actor, Detail: it.said(), AuditID: it.AuditID}, admitted}
	b.set(&it)
}

// said is the detail of the first step: where an item was said, and how it came to its rank.
func (it *Item) said() string {
	var parts []string
	if it.Session != "" {
		parts = append(parts, "session "+it.Session)
	}
	if it.Classified != 0 {
		parts = append(parts, fmt.Sprintf("classified %s %d.%02d", it.Classified, it.Confidence/100, it.Confidence%100))
	}
	switch it.Source {
	case Developer:
		parts = append(parts, "set to "+it.Value.String())
	case LearningPolicy:
		parts = append(parts, "learned "+it.Value.String())
	}
	return strings.Join(parts, ", ")
}

// Triage makes an item of the inbox a run.
func (b *Board) Triage(id, run string, at int64) {
	b.edit(id, func(it *Item) bool {
		if it.State != Inbox || run == "" {
			return false
		}
		it.Run = run
		it.step(Triaged, Step{At: at, Name: "triaged", Actor: host, Detail: "run " + run})
		return true
	})
}

// Assign: a node was given the first work of it.
func (b *Board) Assign(id, node string, at int64) {
	b.edit(id, func(it *Item) bool {
		if it.State != Triaged {
			return false
		}
		it.Node = node
		it.step(Assigned, Step{At: at, Name: "assigned", Actor: host, Detail: node})
		return true
	})
}

// Start: work of it runs on node.
func (b *Board) Start(id, node string, at int64) {
	b.edit(id, func(it *Item) bool {
		if it.State != Assigned {
			return false
		}
		it.Node = node
		it.step(Started, Step{At: at, Name: "started", Actor: node})
		return true
	})
}

// Return: its work came back to the queue, where it takes the place that its Key has kept.
func (b *Board) Return(id, why string, at int64) {
	b.edit(id, func(it *Item) bool {
		if it.State != Assigned && it.State != Started {
			return false
		}
		it.Yield = false
		it.step(Triaged, Step{At: at, Name: "returned", Actor: host, Detail: why})
		return true
	})
}

// Close ends it. A closed item stays as it is.
func (b *Board) Close(id string, o Outcome, why, actor, auditID string, at int64) {
	b.edit(id, func(it *Item) bool {
		if it.State == Closed || o < Done || o > Cancelled {
			return false
		}
		it.Outcome, it.Why, it.Yield = o, why, false
		it.step(Closed, Step{At: at, Name: o.String(), Actor: actor, Detail: why, AuditID: auditID})
		return true
	})
}

// AskToYield marks a started item, once.
func (b *Board) AskToYield(id string, at int64) {
	b.edit(id, func(it *Item) bool {
		if it.State != Started || it.Yield {
			return false
		}
		it.Yield = true
		it.note(Step{At: at, Name: "asked to yield", Actor: host, Detail: "goes on until other work wants its slot"})
		return true
	})
}

// Note adds a line to an item's trail, whatever its state.
func (b *Board) Note(id string, s Step) {
	b.edit(id, func(it *Item) bool {
		if s.Name == "" {
			return false
		}
		it.note(s)
		return true
	})
}

func (it *Item) step(to State, s Step) {
	it.State, it.Since = to, s.At
	it.note(s)
}

func (it *Item) note(s Step) { it.Trail = keep(it.Trail, s) }

// keep gives a fresh list with one more; a long one loses what follows its beginning.
func keep[T any](list []T, more T) []T {
	out := make([]T, 0, min(len(list)+1, TrailKept))
	if len(list) < TrailKept {
		return append(append(out, list...), more)
	}
	out = append(out, list[:trailFirst]...)
	out = append(out, list[len(list)-(TrailKept-trailFirst-1):]...)
	return append(out, more)
}
