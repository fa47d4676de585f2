package sim

import (
	"fmt"

	"voxmesh/hopper"
	"voxmesh/mesh"
	"voxmesh/mesh/privacy"
)

// The nodes, and what people do with them.

// newcomer gives the id of a node that there never was.
func (s *sim) newcomer() string {
	places := []string{"attic", "cellar", "desk", "lab", "studio", "kitchen", "shed", "office"}
	i := s.made
	s.made++
	return fmt.Sprintf("%s-%s-%d", places[i%8], []string{"gpu", "cpu", "mini"}[i%3], i)
}

// started is a host that starts.
func (s *sim) started() {
	s.say(mesh.KindHostStarted, "host", "", mesh.Encode(&mesh.HostStarted{
		Mesh: "home", PeerID: "5f0e1d2c3b4a5968", Operator: "ada", Instance: s.hex(8), Version: "1.6.0", Cores: 8,
	}))
}

// join is a node that is admitted, says what it has, and is online.
func (s *sim) join(id, invite string) {
	if invite == "" {
		invite = s.hex(8)
	}
	i := s.made
	s.say(mesh.KindNodeAdmitted, "node:"+id, "", mesh.Encode(&mesh.NodeAdmitted{
		Node: id, Key: s.key(), Invite: invite, Label: id, Hostname: id + ".local", Class: privacy.PairedPeersOnly,
		Slots: []mesh.Slot{{Kind: "gpu", Max: 1, Weight: 50}}, Addr: fmt.Sprintf("10.%d.%d.%d", i>>16&255, i>>8&255, s.rng.IntN(256)),
	}))
	s.describe(id)
	s.say(mesh.KindNodeStatus, "host", "", mesh.Encode(&mesh.NodeStatusChanged{Node: id, Status: mesh.Online}))
}

func (s *sim) describe(id string) {
	rec := &mesh.NodeDescribed{
		Node: id, Slots: []mesh.Slot{{Kind: "cpu", Max: uint32(1 + s.rng.IntN(8)), Weight: 50}, {Kind: "gpu", Max: 1, Weight: 80}},
		MaxJobSecs: 3600, Version: "1.6.0", Policy: s.hex(8),
	}
	for range s.rng.IntN(3) {
		rec.Models = append(rec.Models, s.models[s.rng.IntN(len(s.models))])
	}
	s.say(mesh.KindNodeDescribed, "node:"+id, "", mesh.Encode(rec))
}

// flap is a node that is not heard for a while.
func (s *sim) flap() {
	id := s.nodes[s.pick()]
	for _, status := range []mesh.Status{mesh.Degraded, mesh.Offline, mesh.Online} {
		if status != mesh.Offline || s.chance(2) {
			s.say(mesh.KindNodeStatus, "host", "", mesh.Encode(&mesh.NodeStatusChanged{Node: id, Status: status}))
		}
	}
}

// act is what a person does beside submitting work: most of the time he pauses a node, or takes it back.
func (s *sim) act() {
	id := s.nodes[s.pick()]
	switch p := s.rng.IntN(300); {
	case p < 60 && len(s.open) > 0:
		s.override(s.open[s.rng.IntN(len(s.open))])
	case p < 75:
		s.batch()
	case p < 95:
		limit := int64(1 + s.rng.IntN(50_000_000))
		s.say(mesh.KindCapSet, "cli:ada", "", mesh.Encode(&mesh.CapSet{Node: id, CapMicros: &limit}))
	case p < 115:
		s.invited()
	case p < 130:
		s.access()
	case p < 132:
		s.started()
	case p < 138:
		s.replace(id)
	default:
		mode, action := mesh.Paused, "pause"
		if s.chance(2) {
			mode, action = mesh.Active, "resume"
		}
		audit := s.audit(action, id)
		s.say(mesh.KindNodeMode, "cli:ada", "", mesh.Encode(&mesh.NodeModeChanged{Node: id, Mode: mode, AuditID: audit}))
	}
}

// invited is an invite that is made, or taken back.
func (s *sim) invited() {
	if s.invite != "" && s.chance(3) {
		s.say(mesh.KindInviteRevoked, "cli:ada", "", mesh.Encode(&mesh.InviteRevoked{PeerID: s.invite}))
		s.invite = ""
		return
	}
	s.invite = s.hex(8)
	s.say(mesh.KindInviteMinted, "cli:ada", "", mesh.Encode(&mesh.InviteMinted{
		PeerID: s.invite, SecretHash: s.random(32), Slots: 3, Label: "a friend", ExpiresAt: s.now.UnixMicro() + 48*3600*1_000_000,
	}))
}

// access is an SSH key that may enter, or not any more.
func (s *sim) access() {
	if len(s.entries) > 8 {
		s.say(mesh.KindAccessRemoved, "cli:ada", "", mesh.Encode(&mesh.AccessRemoved{Fingerprint: s.entries[0]}))
		s.entries = s.entries[1:]
		return
	}
	fp := "SHA256:" + s.b64(32)[:43]
	s.entries = append(s.entries, fp)
	s.say(mesh.KindAccessAdded, "cli:ada", "", mesh.Encode(&mesh.AccessAdded{
		Fingerprint: fp, Key: "ssh-ed25519 " + s.b64(51), Name: "phone", Role: "viewer",
	}))
}

// replace locks a node, takes out the one that was locked before, and has a new one join in its place with an invite. A
// node that has work in hand stays.
func (s *sim) replace(id string) {
	if s.locked == "" {
		s.locked = id
		s.say(mesh.KindNodeLocked, "host", "", mesh.Encode(&mesh.NodeLocked{Node: id, Reason: "two machines speak with one key"}))
		return
	}
	old := s.locked
	if s.busy[old] > 0 {
		s.flap()
		return
	}
	s.locked = ""
	audit := s.audit("revoke", old)
	s.say(mesh.KindNodeGone, "cli:ada", "", mesh.Encode(&mesh.NodeGone{Node: old, Why: "revoked", AuditID: audit}))
	for i, n := range s.nodes {
		if n == old {
			s.nodes[i] = s.newcomer()
			s.join(s.nodes[i], s.invite)
			s.invite = ""
		}
	}
}

// audit is a signed entry; it gives its id.
func (s *sim) audit(action, target string) string {
	class := privacy.PairedPeersOnly
	id := fmt.Sprintf("a-%06x", s.number.act*0x9E3779B1&0xffffff)
	s.number.act++
	stored := fmt.Sprintf(`{"action":%q,"actor":"cli:ada","audit_id":%q,"domain":"voxmesh audit entry v1","key_id":%q,"prev_head":%q,"privacy_class":%q,"reason":"","seq":%d,"signature":%q,"target":%q,"ts_micros":%d,"v":1}`,
		action, id, "8f21c7aa", s.b64(32), class.String(), s.number.act, s.b64(64), target, s.now.UnixMicro())
	head := fmt.Sprintf("voxmesh/home\n%d\n%s\n\n— voxmesh/home %s\n", s.number.act, s.b64(32), s.b64(68))
	s.say(mesh.KindAuditEntry, "cli:ada", "", mesh.Encode(&mesh.AuditRecorded{
		AuditID: id, Action: action, Target: target, Class: class, Stored: []byte(stored), Head: []byte(head),
	}), mesh.IndexAudit, "audit:"+id, "audit:"+target)
	return id
}

// override is a person who gives work another priority.
func (s *sim) override(st *story) {
	to := []hopper.Priority{hopper.Urgent, hopper.Background, hopper.Normal}[s.rng.IntN(3)]
	audit := s.audit("reprioritize", st.item)
	s.say(mesh.KindItemOverridden, "cli:ada", st.trace, mesh.Encode(&mesh.ItemOverridden{
		Item: st.item, From: uint8(hopper.Normal), To: uint8(to), Reason: "the meeting was moved", AuditID: audit,
	}), "item:"+st.item)
}

// batch makes one of two items that wait.
func (s *sim) batch() {
	var two []string
	for _, st := range s.open {
		if st.at == inbox && !st.batched && len(two) < 2 {
			two = append(two, st.item)
			st.batched = true
		}
	}
	if len(two) == 0 {
		s.flap()
		return
	}
	id := name("b-", &s.number.batch)
	index := []string{"item:" + id}
	for _, item := range two {
		index = append(index, "item:"+item)
	}
	audit := s.audit("batch", id)
	s.say(mesh.KindItemsBatched, "cli:ada", "", mesh.Encode(&mesh.ItemsBatched{Batch: id, Items: two, AuditID: audit}), index...)
}
