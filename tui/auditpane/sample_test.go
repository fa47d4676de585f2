package auditpane

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"voxmesh/audit"
	"voxmesh/mesh"
	"voxmesh/mesh/fault"
	"voxmesh/mesh/privacy"
	"voxmesh/oplog"
	"voxmesh/tui/cell"
	"voxmesh/tui/keys"
	"voxmesh/tui/layout"
	"voxmesh/tui/pane"
	"voxmesh/tui/theme"
)

var now = time.Date(2026, 3, 14, 10, 12, 26, 0, time.UTC)

// sample is a log with audit entries that a test writes, and the records of it. It is read from commands.
type sample struct {
	key *audit.Key
	st  *mesh.State
	seq uint64

	mu      sync.Mutex
	entries []mesh.AuditEntry // oldest first
	pages   int               // that were read
	checks  int
	fail    error
	noKey   bool
}

func newSample(t testing.TB) *sample {
	t.Helper()
	key, err := audit.GenerateKey(bytes.NewReader(bytes.Repeat([]byte{7}, 32)))
	if err != nil {
		t.Fatal(err)
	}
	s := &sample{key: key, st: mesh.Projection{}.New()}
	s.op(-20*time.Hour, mesh.KindHostStarted, mesh.Encode(&mesh.HostStarted{Mesh: "aurelia", PeerID: "00112233445566aa", Operator: "mira", Cores: 6}))
	return s
}

// op appends an op that happened before now.
func (s *sample) op(ago time.Duration, kind string, body []byte) *sample {
	s.seq++
	s.st = mesh.Projection{}.Apply(s.st, oplog.Op{Seq: s.seq, At: now.Add(ago).UnixMicro(), Kind: kind, Actor: "host", Body: body})
	return s
}

// other appends an op that is no act.
func (s *sample) other(ago time.Duration) *sample {
	return s.op(ago, mesh.KindNodeStatus, mesh.Encode(&mesh.NodeStatusChanged{Node: "bob-cpu", Status: mesh.Online}))
}

func (s *sample) act(ago time.Duration, action, target string, class privacy.Class, reason string) *sample {
	return s.entry(audit.Entry{
		Action: action, Target: target, Actor: "cli:mira", Reason: reason, PrivacyClass: class.String(), TsMicros: now.Add(ago).UnixMicro(),
	}, class)
}

func (s *sample) entry(e audit.Entry, class privacy.Class) *sample {
	s.mu.Lock()
	defer s.mu.Unlock()
	e.AuditID = audit.ID(uint64(len(s.entries) + 1))
	e.Seq, e.PrevHead = s.seq+1, strings.Repeat("ab", 32)
	stored, signed, err := audit.Sign(s.key, e)
	if err != nil {
		panic(err)
	}
	s.entries = append(s.entries, mesh.AuditEntry{Entry: signed, Stored: stored, Op: e.Seq})
	rec := &mesh.AuditRecorded{AuditID: e.AuditID, Action: e.Action, Target: e.Target, Class: class, Stored: stored}
	return s.op(time.UnixMicro(e.TsMicros).Sub(now), mesh.KindAuditEntry, mesh.Encode(rec))
}

// forge changes an entry behind the key's back.
func (s *sample) forge(id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := range s.entries {
		if e := &s.entries[i]; e.AuditID == id {
			e.Stored = bytes.Replace(e.Stored, []byte(`"actor":"cli:mira"`), []byte(`"actor":"cli:mara"`), 1)
			e.Entry, _ = audit.ParseStored(e.Stored)
		}
	}
}

func (s *sample) AuditPage(before uint64, limit int) ([]mesh.AuditEntry, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.pages++
	var out []mesh.AuditEntry
	for _, e := range slices.Backward(s.entries) {
		if len(out) == limit {
			break
		}
		if before == 0 || e.Op < before {
			out = append(out, e)
		}
	}
	return out, s.fail
}

func (s *sample) AuditEntry(id string) (mesh.AuditEntry, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, e := range s.entries {
		if e.AuditID == id {
			return e, nil
		}
	}
	return mesh.AuditEntry{}, fault.New("vox/audit/unknown", "there is no audit entry %s", id)
}

func (s *sample) VerifyEntry(e mesh.AuditEntry) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.checks++
	if s.noKey {
		return fault.New("vox/audit/no-key", "this data folder has no audit key yet")
	}
	signed, err := audit.VerifyStored(e.Stored, s.key.Public())
	if err == nil && !reflect.DeepEqual(signed, e.Entry) {
		err = fault.New("vox/audit/bad-signature", "%s is not what was signed", e.AuditID)
	}
	return err
}

func (s *sample) AuditPublicKey() (audit.PublicKey, error) { return s.key.Public(), s.fail }

func (s *sample) ExportAudit(w io.Writer) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	head, err := audit.SignHead(s.key, "voxmesh/aurelia", s.st.Audit)
	if err != nil {
		return err
	}
	return audit.WriteExport(w, func(yield func([]byte, error) bool) {
		for _, e := range s.entries {
			if !yield(e.Stored, nil) {
				return
			}
		}
	}, head, s.key.Public())
}

// aurelia is a mesh in which something was done.
func aurelia(t testing.TB) *sample {
	s := newSample(t).other(-19 * time.Hour)
	s.act(-26*time.Hour, "resume", "atlas-nas", privacy.PairedPeersOnly, "")
	s.act(-3*time.Hour, "drain", "pub-3f9a", privacy.PublicMesh, "the owner wants it back tonight")
	s.act(-2*time.Hour, "revoke", "a-very-long-name-3f9a", privacy.Unknown, "nobody knows whose it is, and it did not answer when it was asked three times in a row on two days")
	s.act(-time.Hour, "kill", "j-80c4", privacy.LocalOnly, "wrong input").other(-50 * time.Minute)
	s.entry(audit.Entry{
		Action: "reprioritize", Target: "h-7c1e", Actor: "ssh:SHA256:" + strings.Repeat("x", 43), Reason: "blocks the release",
		PrivacyClass: privacy.PairedPeersOnly.String(), TsMicros: now.Add(-24 * time.Second).UnixMicro(),
		Detail: map[string]string{"new_priority": "urgent", "original_priority": "normal"},
	}, privacy.PairedPeersOnly)
	s.op(-20*time.Second, mesh.KindAccessAdded, mesh.Encode(&mesh.AccessAdded{Fingerprint: "SHA256:" + strings.Repeat("x", 43), Key: "ssh-ed25519 AAAA", Name: "mira", Role: "operator"}))
	return s.act(-12*time.Second, "pause", "lex-2", privacy.PairedPeersOnly, "fans are loud")
}

// long is a log with n entries.
func long(t testing.TB, n int) *sample {
	s := newSample(t)
	for i := range n {
		s.act(time.Duration(i-n)*time.Minute, "kill", fmt.Sprintf("j-%04d", i), privacy.PairedPeersOnly, fmt.Sprintf("reason %d", i))
		s.other(time.Duration(i-n) * time.Minute)
	}
	return s
}

// screen is a pane that a test plays.
type screen struct {
	t    *testing.T
	rec  *sample
	s    *pane.Session
	p    *Pane
	b    *cell.Buffer
	f    layout.Frame
	now  time.Time
	acts []pane.Action
	cmds []tea.Cmd // those that wait where hold is set
	hold bool
	stop context.CancelFunc
	late tea.Msg
}

func play(t *testing.T, rec *sample, w, h int) *screen {
	t.Helper()
	x := begin(t, rec, w, h)
	x.run(x.p.Init())
	x.view()
	return x.send(pane.Second{})
}

// begin is play before anything was read.
func begin(t *testing.T, rec *sample, w, h int) *screen {
	t.Helper()
	x := &screen{t: t, rec: rec, now: now}
	x.s = &pane.Session{Theme: theme.New(true, false), Now: func() time.Time { return x.now }, World: pane.World{State: rec.st}}
	ctx, stop := context.WithCancel(context.Background())
	t.Cleanup(stop)
	x.stop = stop
	x.p = New(ctx, x.s, rec)
	x.p.tick = func(_ time.Duration, f func(time.Time) tea.Msg) tea.Cmd { // a test says itself when something takes long
		x.late = f(now)
		return nil
	}
	return x.size(w, h)
}

func (x *screen) size(w, h int) *screen {
	x.b, x.f = cell.New(w, h), layout.Screen(w, h, layout.Parts{Scrubber: true})
	return x
}

func (x *screen) send(msgs ...tea.Msg) *screen {
	for _, m := range msgs {
		act, cmd := x.p.Update(m)
		if act != nil {
			x.acts = append(x.acts, act)
		}
		x.run(cmd)
	}
	return x
}

// run carries a command out, and what it leads to.
func (x *screen) run(cmd tea.Cmd) {
	switch {
	case cmd == nil:
		return
	case x.hold:
		x.cmds = append(x.cmds, cmd)
		return
	}
	switch m := cmd().(type) {
	case nil:
	case tea.BatchMsg:
		for _, c := range m {
			x.run(c)
		}
	default:
		x.send(m)
	}
}

func (x *screen) do(ids ...keys.ID) *screen {
	for _, id := range ids {
		x.send(pane.Do{ID: id})
	}
	return x
}

func (x *screen) typed(s string) *screen {
	for _, r := range s {
		x.send(tea.KeyPressMsg{Code: r, Text: string(r)})
	}
	return x
}

// world shows the newest state.
func (x *screen) world() *screen {
	x.s.World = pane.World{State: x.rec.st}
	return x.send(pane.Changed{})
}

// back shows the state after an op.
func (x *screen) back(seq uint64) *screen {
	x.t.Helper()
	st := mesh.Projection{}.New()
	acts := uint64(0)
	for _, e := range x.rec.entries {
		if e.Op <= seq {
			acts++
		}
	}
	st.Seq, st.Acts = seq, acts
	x.s.World = pane.World{State: st, Past: now.Add(-30 * time.Minute)}
	return x.send(pane.Changed{})
}

func (x *screen) rows() []string {
	x.t.Helper()
	x.b.Clear()
	x.p.Draw(x.b, x.f)
	return x.drawn()
}

func (x *screen) drawn() []string {
	rows := strings.Split(ansi.Strip(x.b.Render(x.s.Theme)), "\n")
	for i, r := range rows {
		if ansi.StringWidth(r) != x.b.W {
			x.t.Fatalf("row %d has %d columns", i, ansi.StringWidth(r))
		}
		rows[i] = strings.TrimRight(r, " ")
	}
	return rows
}

func (x *screen) view() string { return strings.Join(x.rows(), "\n") }

func (x *screen) has(want ...string) *screen {
	x.t.Helper()
	v := x.view()
	for _, s := range want {
		if !strings.Contains(v, s) {
			x.t.Errorf("it does not say %q:\n%s", s, v)
		}
	}
	return x
}

func (x *screen) lacks(words ...string) *screen {
	x.t.Helper()
	v := x.view()
	for _, s := range words {
		if strings.Contains(v, s) {
			x.t.Errorf("it says %q:\n%s", s, v)
		}
	}
	return x
}

func (x *screen) last() pane.Action {
	if len(x.acts) == 0 {
		return nil
	}
	return x.acts[len(x.acts)-1]
}

var errDisk = errors.New("the disk is gone\x1b[2J")
