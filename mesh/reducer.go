package mesh

import (
	"voxmesh/mesh/privacy"
	"voxmesh/oplog"
)

// happeningsKept is how many lines of a node's recent history are in State.
const happeningsKept = 8

// apply folds one op into s, which it changes. It is pure: it depends on nothing but s and op, so that a replay from
// any memo gives the same state. A body that does not decode is skipped, as an op of an unknown kind is: the log was
// verified, so such an op was written by a later version.
func apply(s *State, op oplog.Op) {
	s.Seq, s.At = op.Seq, op.At
	if f := reducers[op.Kind]; f != nil {
		f(s, op)
	}
	s.evict()
}

var reducers = map[string]func(*State, oplog.Op){
	KindHostStarted:   on(applyHostStarted),
	KindInviteMinted:  on(applyInviteMinted),
	KindInviteRevoked: on(applyInviteRevoked),
	KindNodeAdmitted:  on(applyNodeAdmitted),
	KindNodeDescribed: on(applyNodeDescribed),
	KindNodeStatus:    on(applyNodeStatus),
	KindNodeMode:      on(applyNodeMode),
	KindNodeLocked:    on(applyNodeLocked),
	KindNodeGone:      on(applyNodeGone),
	KindJobSubmitted:  on(applyJobSubmitted),
	KindJobLeased:     on(applyJobLeased),
	KindJobStarted:    on(applyJobStarted),
	KindJobRequeued:   on(applyJobRequeued),
	KindJobFinished:   on(applyJobFinished),
	KindCapSet:        on(applyCapSet),
	KindAccessAdded:   on(applyAccessAdded),
	KindAccessRemoved: on(applyAccessRemoved),
	KindAuditEntry:    on(applyAudit),

	KindItemAdmitted:   on(applyItemAdmitted),
	KindItemTriaged:    on(applyItemTriaged),
	KindItemOverridden: on(applyItemOverridden),
	KindItemsBatched:   on(applyItemsBatched),
	KindItemClosed:     on(applyItemClosed),
	KindItemSuggested:  on(applyItemSuggested),

	KindWorkflowStarted:  on(applyWorkflowStarted),
	KindActivityExpanded: on(applyActivityExpanded),
	KindActivitySkipped:  on(applyActivitySkipped),
	KindActivityReused:   on(applyActivityReused),
	KindWorkflowFinished: on(applyWorkflowFinished),
}

// on decodes the body for a reducer of one kind.
func on[T any, P interface {
	*T
	record
}](f func(*State, oplog.Op, *T),
) func(*State, oplog.Op) {
	return func(s *State, op oplog.Op) {
		var r T
		if unmarshal(op.Body, P(&r)) == nil {
			f(s, op, &r)
		}
	}
}

// editNode changes a node: a copy, unless no other state knows it, so that older snapshots keep theirs.
func (s *State) editNode(id string, f func(*Node)) {
	n, ok := s.nodes.Get(id)
	if !ok {
		return
	}
	if n.own == s.own && s.own != 0 {
		f(n)
		return
	}
	c := *n
	c.own = s.own
	f(&c)
	s.nodes.Set(id, &c)
}

// note adds a line to the node's recent history, where that lies if it is the node's alone.
func (n *Node) note(at int64, name, job string) {
	if n.own != 0 && n.ownLast == n.own {
		if len(n.Last) >= happeningsKept {
			copy(n.Last, n.Last[len(n.Last)-happeningsKept+1:])
			n.Last = n.Last[:happeningsKept-1]
		}
		n.Last = append(n.Last, Happening{at, name, job})
		return
	}
	n.ownLast = n.own
	from := 0
	if len(n.Last) >= happeningsKept {
		from = len(n.Last) - happeningsKept + 1
	}
	n.Last = append(append(make([]Happening, 0, happeningsKept), n.Last[from:]...), Happening{at, name, job})
}

func applyHostStarted(s *State, op oplog.Op, r *HostStarted) {
	if r.Mesh == "" {
		return
	}
	s.Mesh, s.PeerID, s.Operator = r.Mesh, r.PeerID, r.Operator
	if _, ok := s.nodes.Get(r.Mesh); !ok {
		s.nodes.Set(r.Mesh, &Node{ID: r.Mesh, Host: true, JoinedAt: op.At, Class: privacy.LocalOnly})
	}
	s.editNode(r.Mesh, func(n *Node) {
		n.Status, n.StatusAt, n.Version, n.Described = Online, op.At, r.Version, true
		n.Slots = []Slot{{Kind: "cpu", Max: max(r.Cores, 1), Weight: 0}}
	})
}

func applyInviteMinted(s *State, op oplog.Op, r *InviteMinted) {
	s.setInvite(&Invite{
		PeerID: r.PeerID, Hash: r.SecretHash, Slots: r.Slots, Label: r.Label, MintedAt: op.At, ExpiresAt: r.ExpiresAt,
	})
}

func applyInviteRevoked(s *State, _ oplog.Op, r *InviteRevoked) {
	if i, ok := s.invites.Get(r.PeerID); ok {
		c := *i
		c.Revoked = true
		s.invites.Set(r.PeerID, &c)
	}
}

func applyNodeAdmitted(s *State, op oplog.Op, r *NodeAdmitted) {
	_, here := s.nodes.Get(r.Node)
	_, gone := s.gone.Get(r.Node)
	_, known := s.keys.Get(r.Key)
	if here || gone || known && r.Key != "" || r.Node == "" {
		return // ids and keys are never reused
	}
	n := &Node{
		ID: r.Node, Key: r.Key, Invite: r.Invite, Label: r.Label, Hostname: r.Hostname, Addr: r.Addr,
		Class: r.Class, Asked: r.Slots, JoinedAt: op.At, StatusAt: op.At, own: s.own,
	}
	n.note(op.At, "joined", "")
	s.nodes.Set(n.ID, n)
	if n.Key != "" {
		s.keys.Set(n.Key, n.ID)
	}
	if i, ok := s.invites.Get(r.Invite); ok {
		c := *i
		c.UsedBy, c.UsedKey, c.UsedAt = r.Node, r.Key, op.At
		s.invites.Set(r.Invite, &c)
	}
}

func applyNodeDescribed(s *State, op oplog.Op, r *NodeDescribed) {
	s.editNode(r.Node, func(n *Node) {
		n.Slots, n.Models, n.ModelsNote = r.Slots, r.Models, r.ModelsNote
		n.NSFW, n.OptIn, n.MinPriority, n.MaxJobSecs = r.NSFW, r.OptIn, r.MinPriority, r.MaxJobSecs
		n.Version, n.Policy = r.Version, r.Policy
		n.PolicyNote, n.Commands, n.Prices = r.PolicyNote, r.Commands, r.Prices
		before := n.Away
		n.Away, n.AwayRule = r.Away, r.AwayRule
		switch {
		case n.Host:
			n.Class = privacy.LocalOnly
		case r.OptIn:
			n.Class = privacy.PublicMesh
		default:
			n.Class = privacy.PairedPeersOnly
		}
		switch {
		case !n.Described || n.Host:
		case n.Away == before:
			n.note(op.At, "policy or models changed", "")
		case n.Away == "":
			n.note(op.At, "back", "")
		case n.awayRule() == RuleHours:
			n.note(op.At, "off hours", "")
		default:
			n.note(op.At, "owner busy", "")
		}
		n.Described = true
	})
}

func applyNodeStatus(s *State, op oplog.Op, r *NodeStatusChanged) {
	s.editNode(r.Node, func(n *Node) {
		n.Status, n.StatusAt = r.Status, op.At
		n.note(op.At, r.Status.String(), "")
	})
}

func applyNodeMode(s *State, op oplog.Op, r *NodeModeChanged) {
	s.editNode(r.Node, func(n *Node) {
		n.Mode, n.Deadline, n.ModeAct = r.Mode, r.Deadline, r.AuditID
		n.note(op.At, r.Mode.String(), "")
	})
}

func applyNodeLocked(s *State, op oplog.Op, r *NodeLocked) {
	s.editNode(r.Node, func(n *Node) {
		n.Locked = r.Reason
		n.note(op.At, "locked", "")
	})
}

func applyNodeGone(s *State, op oplog.Op, r *NodeGone) {
	n, ok := s.nodes.Get(r.Node)
	if !ok {
		return
	}
	s.gone.Set(n.ID, &Gone{ID: n.ID, Key: n.Key, Why: r.Why, At: op.At})
	s.nodes.Delete(n.ID)
}

func applyAccessAdded(s *State, op oplog.Op, r *AccessAdded) {
	s.access.Set(r.Fingerprint, &Access{
		Fingerprint: r.Fingerprint, Key: r.Key, Name: r.Name, Role: r.Role, AddedAt: op.At,
	})
}

func applyAccessRemoved(s *State, _ oplog.Op, r *AccessRemoved) { s.access.Delete(r.Fingerprint) }

func applyAudit(s *State, op oplog.Op, r *AuditRecorded) {
	s.Acts++
	s.Audit.Append(r.Stored)
	s.editNode(r.Target, func(n *Node) { n.note(op.At, r.Action, "") })
}

func applyCapSet(s *State, _ oplog.Op, r *CapSet) {
	if r.Node == MeshTarget {
		s.MeshCap = r.CapMicros
		return
	}
	s.editNode(r.Node, func(n *Node) { n.Cap = r.CapMicros })
}
