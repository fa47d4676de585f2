package hopper

import (
	"fmt"
	"math"
	"slices"
)

// Move is where an item goes that a person puts at a place of the inbox.
type Move struct {
	Place     int      // from 1: the nearest to the one asked for that has room
	Order     int64    // see Item.Key, as Tie and Nth
	Tie       uint64   // 0: the item's own Seq
	Nth       uint32   //
	Low, High Priority // of the new neighbours
}

// Clamp is the priority that an item of priority p has after the move: at least the lower, at most the higher of its new
// neighbours'. In front of all it only rises, behind all it only falls.
func (m Move) Clamp(p Priority) Priority { return min(max(p.in(), m.Low), m.High) }

// MoveTo says where an open item goes when it is to stand at a place of the inbox, from 1; a place past the end is the
// end. It changes nothing: Override does, with this Order and Place. Items of a batch that stand together are not torn
// apart: a place between them is the nearest beside them. It is false for an unknown or closed item, and where no number
// is free anywhere.
func (b *Board) MoveTo(id string, place int) (Move, bool) {
	it, ok := b.items.Get(id)
	if !ok || it.State == Closed {
		return Move{}, false
	}
	others, own := b.inbox.Len(), b.inbox.Len()
	if it.waits() {
		own = b.rank(indexKey(it))
		others--
	}
	at := func(i int) *Item {
		if i < 0 || i >= others {
			return nil
		}
		if i >= own {
			i++
		}
		_, id, _ := b.inbox.GetAt(i)
		o, _ := b.items.Get(id)
		return o
	}
	want := min(max(place-1, 0), others)
	for d := 0; d <= others; d++ {
		for _, gap := range [...]int{want - d, want + d} {
			if gap < 0 || gap > others {
				continue
			}
			if m, ok := gapMove(at(gap-1), at(gap), it); ok {
				m.Place = gap + 1
				return m, true
			}
		}
	}
	return Move{}, false
}

// gapMove is the way between two neighbours of the inbox, of which either may be missing.
func gapMove(before, after, it *Item) (Move, bool) {
	m := Move{Low: Background, High: Urgent}
	switch {
	case before == nil && after == nil:
		m.Order = it.Order
		return m, true
	case before == nil:
		m.Low, m.Order = after.Value.in(), after.Order-moveStep
		return m, m.Order < after.Order
	case after == nil:
		m.High, m.Order = before.Value.in(), before.Order+moveStep
		return m, m.Order > before.Order
	}
	m.Low, m.High = min(before.Value.in(), after.Value.in()), max(before.Value.in(), after.Value.in())
	together := before.Order == after.Order && before.tie() == after.tie()
	if together && before.Batch != "" && before.Batch == after.Batch {
		return m, false
	}
	var ok bool
	if m.Order, ok = Between(before.Order, after.Order); ok {
		return m, true
	}
	next := uint32(math.MaxUint32)
	if together {
		next = after.Nth
	}
	m.Order, m.Tie, m.Nth = before.Order, before.tie(), before.Nth+(max(next, before.Nth)-before.Nth)/2
	return m, m.Nth > before.Nth && m.Tie != 0
}

// Override carries out what a person decided about an open item: its priority is o.To (0: as it was) and a developer's
// from now on. With o.Place it goes where MoveTo says for that place, or to order, where that says another; without, to
// order, or, where order is 0, where Due puts it. What an item of the inbox does at once, one that a node has does when it
// comes back. An item that was asked to make room is not asked any more. A closed one stays as it is.
func (b *Board) Override(id string, o Override, order int64) {
	b.edit(id, func(it *Item) bool {
		if it.State == Closed {
			return false
		}
		o.From = it.Value
		if o.To == 0 {
			o.To = it.Value
		}
		o.To, o.Place = o.To.in(), max(o.Place, 0)
		var m Move
		moved := false
		if o.Place > 0 {
			m, moved = b.MoveTo(id, o.Place)
		}
		it.Rank = Rank{o.To, Developer}
		switch {
		case moved && (order == 0 || order == m.Order):
			it.Order, it.Tie, it.Nth = m.Order, m.Tie, m.Nth
		case order != 0:
			it.Order, it.Tie, it.Nth = order, 0, 0
		default:
			it.Order, it.Tie, it.Nth = Due(it.Rank, it.At), 0, 0
		}
		it.Yield = false
		it.Overrides = keep(it.Overrides, o)
		it.note(o.step())
		if o.Place == 0 {
			b.learn(it.Intent, o.To, o.At)
		}
		return true
	})
}

// step is an override as a line of the trail.
func (o Override) step() Step {
	s := Step{At: o.At, Name: "reprioritized", Actor: o.Actor, AuditID: o.AuditID}
	change := o.From.String() + " → " + o.To.String()
	switch {
	case o.Place == 0:
		s.Detail = change
	case o.From == o.To:
		s.Name, s.Detail = "moved", fmt.Sprintf("to place %d", o.Place)
	default:
		s.Name, s.Detail = "moved", fmt.Sprintf("to place %d, %s", o.Place, change)
	}
	if o.Reason != "" {
		s.Detail += ": " + o.Reason
	}
	return s
}

// Group makes a batch of items of the inbox: they stand together, in the order given, at the place of the last of them,
// so that nobody else is overtaken, and keep their ranks. Ids that are unknown, twice there, out of the inbox or in a
// batch already are left out; see CanGroup. Nothing can come between them afterwards, since no other item has their Tie;
// one that is overridden alone leaves the place and stays in the batch.
func (b *Board) Group(batch string, ids []string, actor, auditID string, at int64) {
	var members []*Item
	seen := make(map[string]bool, len(ids))
	for _, id := range ids {
		if it, ok := b.items.Get(id); ok && it.waits() && it.Batch == "" && !seen[id] {
			members = append(members, it)
		}
		seen[id] = true
	}
	if batch == "" || len(members) == 0 || len(b.Batch(batch)) > 0 {
		return
	}
	last := *slices.MaxFunc(members, byKey)
	step := (b.nextNth(&last) - last.Nth) / uint32(min(len(members)+1, math.MaxUint32))
	place := b.rank(indexKey(&last)) + 2 - len(members)
	for i, m := range members {
		it := *m
		it.Batch, it.Order, it.Tie, it.Nth = batch, last.Order, last.tie(), last.Nth+uint32(i+1)*step
		it.note(Step{
			At: at, Name: "batched", Actor: actor, AuditID: auditID,
			Detail: fmt.Sprintf("%s, %d of %d, place %d", batch, i+1, len(members), place+i),
		})
		b.set(&it)
	}
}

// nextNth is the smallest Nth after an item's that another at the same Order and Tie has.
func (b *Board) nextNth(it *Item) uint32 {
	_, id, ok := b.inbox.GetAt(b.rank(indexKey(it)) + 1)
	if n, _ := b.items.Get(id); ok && n.Order == it.Order && n.tie() == it.tie() {
		return n.Nth
	}
	return math.MaxUint32
}
