package hopper

import (
	"encoding/binary"
	"slices"

	"github.com/tidwall/btree"
)

// Board is the hopper: every item that is open, and those that closed lately, with what people taught it (Lessons). It is
// a value of the mesh's state: Copy costs nothing, and what a copy holds is never changed. Its methods that change it are
// the only way in which an item moves; each is total, and does nothing where the item's state does not allow it, so that
// a replay of any log agrees. The zero value is an empty board.
type Board struct {
	items   btree.Map[string, *Item]
	inbox   btree.Map[string, string] // Key and id → id: Inbox and Triaged, next first
	active  btree.Map[string, string] // since and id → id: Assigned and Started, newest last
	closed  btree.Map[string, string] // since and id → id, newest last
	batches btree.Map[string, string] // batch, 0, id → id
	lessons btree.Map[string, Lesson] // words → lesson
	taught  btree.Map[uint64, string] // Lesson.N → words, oldest first
}

// Copy shares its pages with b until one side changes.
func (b *Board) Copy() Board {
	return Board{
		items: *b.items.Copy(), inbox: *b.inbox.Copy(), active: *b.active.Copy(), closed: *b.closed.Copy(),
		batches: *b.batches.Copy(), lessons: *b.lessons.Copy(), taught: *b.taught.Copy(),
	}
}

// Item gives an item by id.
func (b *Board) Item(id string) (*Item, bool) { return b.items.Get(id) }

// Items gives all in the order of ids.
func (b *Board) Items() []*Item { return b.items.Values() }

// Counts gives how many are in the inbox (Inbox, Triaged), assigned (Assigned, Started) and in the history.
func (b *Board) Counts() (inbox, assigned, history int) {
	return b.inbox.Len(), b.active.Len(), b.closed.Len()
}

// Inbox gives what waits, next first; limit 0 is all.
func (b *Board) Inbox(limit int) []*Item { return b.InboxFrom(1, limit) }

// InboxFrom gives what waits from a place on, next first: a window of a long list costs what it shows.
func (b *Board) InboxFrom(place, limit int) []*Item {
	place = max(place, 1)
	key, _, ok := b.inbox.GetAt(place - 1)
	if !ok {
		return nil
	}
	return b.collect(&b.inbox, b.inbox.Len()-place+1, limit, func(add func(_, id string) bool) { b.inbox.Ascend(key, add) })
}

// Assigned gives what nodes have, newest first; limit 0 is all.
func (b *Board) Assigned(limit int) []*Item { return b.newest(&b.active, 0, limit) }

// AssignedFrom is Assigned without the first skip.
func (b *Board) AssignedFrom(skip, limit int) []*Item { return b.newest(&b.active, skip, limit) }

// History gives what is closed, newest first; limit 0 is all.
func (b *Board) History(limit int) []*Item { return b.newest(&b.closed, 0, limit) }

// HistoryFrom is History without the first skip.
func (b *Board) HistoryFrom(skip, limit int) []*Item { return b.newest(&b.closed, skip, limit) }

func (b *Board) newest(m *btree.Map[string, string], skip, limit int) []*Item {
	skip = max(skip, 0)
	key, _, ok := m.GetAt(m.Len() - 1 - skip)
	if !ok {
		return nil
	}
	return b.collect(m, m.Len()-skip, limit, func(add func(_, id string) bool) { m.Descend(key, add) })
}

// collect gives the items of at most limit of the left ids that walk brings; limit 0 is all.
func (b *Board) collect(m *btree.Map[string, string], left, limit int, walk func(add func(_, id string) bool)) []*Item {
	if limit <= 0 || limit > left {
		limit = left
	}
	out := make([]*Item, 0, limit)
	walk(func(_, id string) bool {
		if it, ok := b.items.Get(id); ok {
			out = append(out, it)
		}
		return len(out) < limit
	})
	return out
}

// Place is an item's place in the inbox, from 1; 0: it is not there. It costs the square of the logarithm of the length:
// for the places of a whole inbox walk it, or ask Places.
func (b *Board) Place(id string) int {
	it, ok := b.items.Get(id)
	if !ok || !it.waits() {
		return 0
	}
	return b.rank(indexKey(it)) + 1
}

// Places gives the places of all that wait, from 1, in one walk.
func (b *Board) Places() map[string]int {
	out := make(map[string]int, b.inbox.Len())
	b.inbox.Scan(func(_, id string) bool {
		out[id] = len(out) + 1
		return true
	})
	return out
}

// rank is how many keys of the inbox are before key.
func (b *Board) rank(key string) int {
	low, high := 0, b.inbox.Len()
	for low < high {
		mid := int(uint(low+high) / 2)
		if k, _, _ := b.inbox.GetAt(mid); k < key {
			low = mid + 1
		} else {
			high = mid
		}
	}
	return low
}

// Batch gives the items of a batch, closed ones too, in the order in which they stand or stood.
func (b *Board) Batch(batch string) []*Item {
	if batch == "" {
		return nil
	}
	var out []*Item
	prefix := batch + "\x00"
	b.batches.Ascend(prefix, func(key, id string) bool {
		if len(key) < len(prefix) || key[:len(prefix)] != prefix {
			return false
		}
		if it, ok := b.items.Get(id); ok {
			out = append(out, it)
		}
		return true
	})
	slices.SortFunc(out, byKey)
	return out
}

// Put stores an item as it is, in the place of one with its id: for reading a memo. A state of a later version counts as
// the nearest there is.
func (b *Board) Put(it Item) {
	if it.ID == "" {
		return
	}
	it.State = min(max(it.State, Inbox), Closed)
	it.Models, it.Nodes = slices.Clone(it.Models), slices.Clone(it.Nodes)
	it.Overrides, it.Trail = slices.Clone(it.Overrides), slices.Clone(it.Trail)
	b.set(&it)
}

// Take stores an item as Put does, and takes it over: for reading a memo.
func (b *Board) Take(it *Item) {
	if it.ID == "" {
		return
	}
	it.State = min(max(it.State, Inbox), Closed)
	b.set(it)
}

// Evict forgets what closed at or before limit, unix microseconds.
func (b *Board) Evict(limit int64) {
	for {
		key, id, ok := b.closed.Min()
		if !ok || keyTime(key) > limit {
			return
		}
		it, ok := b.items.Get(id)
		if !ok {
			return
		}
		b.unindex(it)
		b.items.Delete(id)
	}
}

// edit changes a copy of an item, where change agrees, and keeps the indexes in step.
func (b *Board) edit(id string, change func(*Item) bool) {
	old, ok := b.items.Get(id)
	if !ok {
		return
	}
	it := *old
	if change(&it) {
		b.set(&it)
	}
}

func (b *Board) set(it *Item) {
	if old, ok := b.items.Get(it.ID); ok {
		b.unindex(old)
	}
	b.items.Set(it.ID, it)
	b.indexOf(it).Set(indexKey(it), it.ID)
	if it.Batch != "" {
		b.batches.Set(it.Batch+"\x00"+it.ID, it.ID)
	}
}

func (b *Board) unindex(it *Item) {
	b.indexOf(it).Delete(indexKey(it))
	if it.Batch != "" {
		b.batches.Delete(it.Batch + "\x00" + it.ID)
	}
}

func (b *Board) indexOf(it *Item) *btree.Map[string, string] {
	switch it.State {
	case Inbox, Triaged:
		return &b.inbox
	case Assigned, Started:
		return &b.active
	default:
		return &b.closed
	}
}

// indexKey is an item's key in the one index that its state puts it into.
func indexKey(it *Item) string {
	if it.waits() {
		return string(append(appendKey(make([]byte, 0, 20+len(it.ID)), it.Order, it.tie(), it.Nth), it.ID...))
	}
	return string(append(appendKey(make([]byte, 0, 20+len(it.ID)), it.Since, it.Seq, 0), it.ID...))
}

func (it *Item) waits() bool { return it.State <= Triaged }

// keyTime is the first number of a key.
func keyTime(key string) int64 {
	var n uint64
	for i := range 8 {
		n = n<<8 | uint64(key[i])
	}
	return int64(n ^ 1<<63)
}

// appendKey writes the numbers so that bytes sort as they do; the sign of the first is turned over for that.
func appendKey(b []byte, n int64, tie uint64, nth uint32) []byte {
	b = binary.BigEndian.AppendUint64(b, uint64(n)^1<<63)
	b = binary.BigEndian.AppendUint64(b, tie)
	return binary.BigEndian.AppendUint32(b, nth)
}

func byKey(a, b *Item) int {
	ka, kb := a.Key()+a.ID, b.Key()+b.ID
	switch {
	case ka < kb:
		return -1
	case ka > kb:
		return 1
	}
	return 0
}
