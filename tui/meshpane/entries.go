package meshpane

import (
	"slices"
	"strings"

	"voxmesh/mesh"
	"voxmesh/tui/pane"
)

// entry is what a row shows: a node, or an invite that waits for one.
type entry struct {
	node   *mesh.Node
	invite *mesh.Invite
}

// id is by which it is selected.
func (e entry) id() string {
	switch {
	case e.node != nil:
		return e.node.ID
	case e.invite != nil:
		return pane.InvitePrefix + e.invite.PeerID
	}
	return ""
}

// is reports whether it is selected by an id.
func (e entry) is(id string) bool {
	if e.node != nil {
		return e.node.ID == id
	}
	peer, ok := strings.CutPrefix(id, pane.InvitePrefix)
	return ok && e.invite != nil && e.invite.PeerID == peer
}

// same reports whether two are of one machine or one invite.
func (e entry) same(o entry) bool {
	switch {
	case e.node != nil && o.node != nil:
		return e.node == o.node || e.node.ID == o.node.ID
	case e.invite != nil && o.invite != nil:
		return e.invite.PeerID == o.invite.PeerID
	}
	return false
}

// entries are what there is to show: machines in the order of ids, then invites. They are taken from a state only where
// it is another one.
type entries struct {
	rows  []entry
	nodes int     // how many of them are machines
	spare []entry // the rows before, to be used again
	of    *mesh.State
	from  int64 // for which moments they hold
	until int64 // when the first of the invites ends; 0: never
}

// gather takes the entries from a state, and reports whether one came or went.
func (e *entries) gather(st *mesh.State, now int64) bool {
	if st == e.of && now >= e.from && (e.until == 0 || now < e.until) {
		return false
	}
	e.of, e.from, e.until = st, now, 0
	e.rows, e.spare = e.spare[:0], e.rows
	for _, n := range st.Nodes() {
		e.rows = append(e.rows, entry{node: n})
	}
	e.nodes = len(e.rows)
	for _, i := range st.Invites() {
		if !i.Open(now) {
			continue
		}
		e.rows = append(e.rows, entry{invite: i})
		if e.until == 0 || i.ExpiresAt < e.until {
			e.until = i.ExpiresAt
		}
	}
	return !slices.EqualFunc(e.rows, e.spare, entry.same)
}

// find gives the entry of an id, an empty one where there is none.
func (e *entries) find(id string) entry {
	nodes := e.rows[:e.nodes]
	if i, ok := slices.BinarySearchFunc(nodes, id, func(e entry, id string) int { return strings.Compare(e.node.ID, id) }); ok {
		return nodes[i]
	}
	for _, i := range e.rows[e.nodes:] {
		if i.is(id) {
			return i
		}
	}
	return entry{}
}

func (e *entries) has(id string) bool { return e.find(id) != entry{} }
