package act

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	"voxmesh/mesh"
	"voxmesh/mesh/fault"
	"voxmesh/mesh/privacy"
	"voxmesh/oplog"
	"voxmesh/tui/keys"
	"voxmesh/tui/pane"
)

// mock is a mesh that a test plays: what it is told becomes so.
type mock struct {
	st   *mesh.State
	seq  uint64
	now  time.Time
	acts int
	asks []string
	err  error
}

func newMock() *mock {
	m := &mock{st: mesh.Projection{}.New(), now: time.Date(2026, 3, 14, 10, 12, 26, 0, time.UTC)}
	m.add(mesh.KindHostStarted, mesh.Encode(&mesh.HostStarted{Mesh: "aurelia", Operator: "mira", Cores: 6}))
	for _, id := range []string{"alice", "bob"} {
		m.add(mesh.KindNodeAdmitted, mesh.Encode(&mesh.NodeAdmitted{Node: id, Key: "U" + id, Class: privacy.PairedPeersOnly}))
	}
	return m
}

func (m *mock) add(kind string, body []byte) {
	m.seq++
	m.st = mesh.Projection{}.Apply(m.st, oplog.Op{Seq: m.seq, At: m.now.UnixMicro(), Kind: kind, Actor: "host", Body: body})
}

func (m *mock) mode(id string, mode mesh.Mode) string {
	m.acts++
	audit := fmt.Sprintf("a-%04d", m.acts)
	m.add(mesh.KindNodeMode, mesh.Encode(&mesh.NodeModeChanged{Node: id, Mode: mode, AuditID: audit}))
	return audit
}

func (m *mock) Resume(_ context.Context, actor, node, _ string) (mesh.ActResult, error) {
	m.asks = append(m.asks, actor+" resumes "+node)
	if m.err != nil {
		return mesh.ActResult{}, m.err
	}
	return mesh.ActResult{Action: mesh.ActResume, Target: node, AuditID: m.mode(node, mesh.Active)}, nil
}

func (m *mock) RevokeInvite(_ context.Context, actor, peer string) error {
	m.asks = append(m.asks, actor+" revokes "+peer)
	return m.err
}

func (m *mock) SetCap(_ context.Context, _, target string, limit *int64) error {
	m.asks = append(m.asks, "cap "+target+" "+capWord(limit))
	if m.err == nil {
		m.add(mesh.KindCapSet, mesh.Encode(&mesh.CapSet{Node: target, CapMicros: limit}))
	}
	return m.err
}

// look gives the session that a console has after the world came.
func (m *mock) look(s *pane.Session) *pane.Session {
	if s == nil {
		s = &pane.Session{Actor: "ssh:mira", Now: func() time.Time { return m.now }}
	}
	s.World = pane.World{State: m.st, Spend: m.st.Window(m.now)}
	return s
}

func did(t *testing.T, cmd tea.Cmd) Did {
	t.Helper()
	if cmd == nil {
		t.Fatal("nothing is done")
	}
	d, ok := cmd().(Did)
	if !ok {
		t.Fatalf("not a Did: %v", d)
	}
	return d
}

func nodeRef(id string) pane.Ref { return pane.Ref{Kind: pane.Node, ID: id} }

// pause is what the confirmation leaves behind.
func (m *mock) pause(s *pane.Session, u *Undo, id string) {
	res := mesh.ActResult{Action: mesh.ActPause, Target: id, AuditID: m.mode(id, mesh.Paused)}
	u.Keep(m.look(s), Did{Back: BackOf(keys.Pause, res, nodeRef(id))})
	m.now = m.now.Add(time.Minute)
}

func TestUndoTakesBackTheLatestFirst(t *testing.T) {
	m := newMock()
	s := m.look(nil)
	var u Undo
	if u.Says(s) != "" || u.Refuse(s) == "" || u.Do(t.Context(), s, m) != nil {
		t.Error("there is something to undo before anything was done")
	}
	m.pause(s, &u, "alice")
	three, five := int64(3_000_000), int64(5_000_000)
	m.add(mesh.KindCapSet, mesh.Encode(&mesh.CapSet{Node: "bob", CapMicros: &five}))
	u.Keep(m.look(s), Did{Back: &Back{Verb: keys.Cap, On: nodeRef("bob"), Old: &three, New: &five}})
	m.now = m.now.Add(time.Minute)
	for _, want := range []struct{ says, notice string }{
		{"undo: cap of bob: $3.00", "cap of bob: $3.00"},
		{"undo: resume alice", "resumed alice   a-0002"},
	} {
		if got := u.Says(s); got != want.says {
			t.Fatalf("it says %q, want %q", got, want.says)
		}
		cmd := u.Do(t.Context(), s, m)
		if u.Do(t.Context(), s, m) != nil {
			t.Fatal("a second U does the same once more")
		}
		d := did(t, cmd)
		if d.Err != nil || d.Notice != want.notice {
			t.Fatalf("%+v", d)
		}
		u.Keep(m.look(s), d)
	}
	if u.Says(s) != "" {
		t.Errorf("still %q", u.Says(s))
	}
}

// What somebody else did since is not taken back.
func TestUndoLeavesAloneWhatOthersDid(t *testing.T) {
	m := newMock()
	s := m.look(nil)
	var u Undo
	m.pause(s, &u, "alice")
	m.mode("alice", mesh.Active)
	m.mode("alice", mesh.Paused) // by somebody else
	five, six := int64(5_000_000), int64(6_000_000)
	u.Keep(s, Did{Back: &Back{Verb: keys.Cap, On: pane.Ref{Kind: pane.Mesh}, New: &five}})
	m.add(mesh.KindCapSet, mesh.Encode(&mesh.CapSet{Node: mesh.MeshTarget, CapMicros: &six}))
	m.now = m.now.Add(time.Minute)
	if got := u.Says(m.look(s)); got != "" {
		t.Errorf("it would %q", got)
	}
	m.add(mesh.KindCapSet, mesh.Encode(&mesh.CapSet{Node: mesh.MeshTarget, CapMicros: &five}))
	if got := u.Says(m.look(s)); got != "undo: cap of the mesh: none" {
		t.Errorf("it would %q", got)
	}
}

// The world that is drawn lags behind the answer to an act; U at once means that act, not the one before it.
func TestUndoAtOnceMeansTheLastAct(t *testing.T) {
	m := newMock()
	s := m.look(nil)
	var u Undo
	m.pause(s, &u, "alice")
	s = m.look(s)
	u.Keep(s, Did{Back: &Back{Verb: keys.Pause, On: nodeRef("bob"), AuditID: "a-0009"}}) // not in the world yet
	if got := u.Says(s); got != "undo: resume bob" {
		t.Errorf("it would %q", got)
	}
}

func TestUndoThatFails(t *testing.T) {
	m := newMock()
	s := m.look(nil)
	var u Undo
	m.pause(s, &u, "alice")
	m.err = errors.New("the disk is full")
	u.Keep(s, did(t, u.Do(t.Context(), m.look(s), m)))
	if u.Says(s) != "undo: resume alice" || u.Refuse(s) != "" {
		t.Error("what could not be taken back is forgotten")
	}
	m.err = fault.New("vox/act/nothing-to-do", "alice is active already")
	if d := did(t, u.Do(t.Context(), s, m)); d.Notice != "not resumed: alice is active already" {
		t.Errorf("%+v", d)
	} else {
		u.Keep(s, d)
	}
	if u.Says(s) != "" {
		t.Error("what has nothing to take back is remembered")
	}
	for range 3 * kept {
		m.pause(s, &u, "bob")
	}
	if len(u.backs) != kept {
		t.Errorf("%d acts are remembered", len(u.backs))
	}
	s.Viewer = true
	if u.Refuse(s) != s.Refuse() || u.Do(t.Context(), s, m) != nil {
		t.Error("a viewer undoes")
	}
}

func TestUnsealed(t *testing.T) {
	m := newMock()
	m.mode("bob", mesh.Drained)
	m.add(mesh.KindInviteMinted, mesh.Encode(&mesh.InviteMinted{PeerID: "9f8e", SecretHash: make([]byte, 32), ExpiresAt: m.now.Add(time.Minute).UnixMicro()}))
	s := m.look(nil)
	open := pane.Ref{Kind: pane.Invite, ID: "9f8e"}
	if d := did(t, Unsealed(t.Context(), s, m, keys.Pause, nodeRef("bob"))); d.Notice != "resumed bob   a-0002" || d.Back != nil {
		t.Errorf("%+v", d)
	}
	if d := did(t, Unsealed(t.Context(), s, m, keys.Revoke, open)); d.Notice != "revoked the invite" {
		t.Errorf("%+v", d)
	}
	m.err = errors.New("the disk is full")
	if d := did(t, Unsealed(t.Context(), s, m, keys.Revoke, open)); d.Notice != "not revoked: the disk is full" || d.Err == nil {
		t.Errorf("%+v", d)
	}
	if want := []string{"ssh:mira resumes bob", "ssh:mira revokes 9f8e", "ssh:mira revokes 9f8e"}; fmt.Sprint(m.asks) != fmt.Sprint(want) {
		t.Errorf("asked %q", m.asks)
	}
	for _, sealed := range []struct {
		id keys.ID
		on pane.Ref
	}{{keys.Pause, nodeRef("alice")}, {keys.Kill, nodeRef("alice")}, {keys.Revoke, nodeRef("alice")}, {keys.Cap, nodeRef("alice")}, {keys.Pause, nodeRef("eve")}} {
		if Unsealed(t.Context(), s, m, sealed.id, sealed.on) != nil {
			t.Errorf("%s of %v is done at once", sealed.id, sealed.on)
		}
	}
	s.Viewer = true
	if Unsealed(t.Context(), s, m, keys.Revoke, open) != nil {
		t.Error("a viewer revokes")
	}
}

func TestNotices(t *testing.T) {
	job, run := pane.Ref{Kind: pane.Job, ID: "j-1"}, pane.Ref{Kind: pane.Run, ID: "r-1"}
	five, three := int64(5_000_000), int64(3_000_000)
	for _, tt := range []struct{ got, want string }{
		{Notice(mesh.ActResult{Action: mesh.ActKill, Target: "alice", AuditID: "a-0193", Affected: 2}, nodeRef("alice")), "killed 2 jobs of alice   a-0193"},
		{Notice(mesh.ActResult{Action: mesh.ActKill, Target: "r-1", AuditID: "a-0193", Affected: 1}, run), "killed 1 job of r-1   a-0193"},
		{Notice(mesh.ActResult{Action: mesh.ActKill, Target: "j-1", AuditID: "a-0193", Affected: 1}, job), "killed j-1   a-0193"},
		{Notice(mesh.ActResult{Action: mesh.ActPause, Target: "lex-2", AuditID: "a-0192"}, nodeRef("lex-2")), "paused lex-2   a-0192   U resume"},
		{Notice(mesh.ActResult{Action: mesh.ActDrain, Target: "lex-2", AuditID: "a-0192"}, nodeRef("lex-2")), "draining lex-2   a-0192   U resume"},
		{Notice(mesh.ActResult{Action: mesh.ActReplay, Target: "j-1", AuditID: "a-0194", RunID: "r-2"}, job), "replayed j-1 as r-2   a-0194"},
		{Notice(mesh.ActResult{Action: mesh.ActRevoke, Target: "bob", AuditID: "a-0195"}, nodeRef("bob")), "revoked bob   a-0195"},
		{CapNotice(nodeRef("alice"), &five, &three), "cap of alice: $5.00   U puts $3.00 back"},
		{CapNotice(pane.Ref{Kind: pane.Mesh}, nil, &three), "cap of the mesh: none   U puts $3.00 back"},
		{CapNotice(nodeRef("alice"), &five, nil), "cap of alice: $5.00   U takes it off again"},
	} {
		if tt.got != tt.want {
			t.Errorf("%q, want %q", tt.got, tt.want)
		}
	}
}
