package hopper

import "github.com/tidwall/btree"

// Board is the hopper: every item that is open, and those that closed lately. It is a value of the mesh's state: Copy
// costs nothing, and what a copy holds is never changed. Its methods that change it are the only way in which an item
// moves; each is total, and does nothing where the item's state does not allow it, so that a replay of any log agrees.
type Board struct {
	items  btree.Map[string, *Item]
	inbox  btree.Map[string, string] // order key → id: Inbox and Triaged, next first
	active btree.Map[string, string] // Assigned and Started, newest first
	closed btree.Map[string, string] // newest last
}

// Copy shares its pages with b until one side changes.
func (b *Board) Copy() Board {
	return Board{items: *b.items.Copy(), inbox: *b.inbox.Copy(), active: *b.active.Copy(), closed: *b.closed.Copy()}
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
func (b *Board) Inbox(limit int) []*Item { return nil }

// Assigned gives what nodes have, newest first.
func (b *Board) Assigned(limit int) []*Item { return nil }

// History gives what is closed, newest first.
func (b *Board) History(limit int) []*Item { return nil }

// Place is an item's place in the inbox, from 1; 0: it is not there.
func (b *Board) Place(id string) int { return 0 }

// Put stores an item as it is: for reading a memo.
func (b *Board) Put(it Item) {}

// Admit takes a new item in, as Inbox, or as Triaged where it has a Run. Rank, Order and trail are set by the caller's
// item: see Due.
func (b *Board) Admit(it Item) {}

// Triage makes an item of the inbox a run.
func (b *Board) Triage(id, run string, at int64) {}

// Assign: a node was given the first work of it.
func (b *Board) Assign(id, node string, at int64) {}

// Start: work of it runs on node.
func (b *Board) Start(id, node string, at int64) {}

// Return: its work came back to the queue.
func (b *Board) Return(id, why string, at int64) {}

// Close ends it.
func (b *Board) Close(id string, o Outcome, why, actor, auditID string, at int64) {}

// Override carries out what a person decided: to is the new rank, order its new place (0: Due decides).
func (b *Board) Override(id string, o Override, order int64) {}

// AskToYield marks a started item.
func (b *Board) AskToYield(id string, at int64) {}

// Group makes a batch of items: they go, in the order given, to the place of the last of them.
func (b *Board) Group(batch string, ids []string, actor, auditID string, at int64) {}

// Note adds a line to an item's trail.
func (b *Board) Note(id string, s Step) {}

// Evict forgets what closed at or before limit, unix microseconds.
func (b *Board) Evict(limit int64) {}
