package drawer

import (
	"context"
	"errors"
	"strings"
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

func clock(hms string) time.Time {
	t, err := time.Parse("15:04:05", hms)
	if err != nil {
		panic(err)
	}
	return time.Date(2026, 3, 14, t.Hour(), t.Minute(), t.Second(), 0, time.UTC)
}

const trace = "4bf92f3577b34da6a3ce929d0e0e4736"

// sample is a log that a test writes.
type sample struct {
	st  *mesh.State
	seq uint64
}

func newSample() *sample {
	s := &sample{st: mesh.Projection{}.New()}
	then := now.Add(-20 * time.Hour)
	s.add(then, mesh.KindHostStarted, mesh.Encode(&mesh.HostStarted{Mesh: "aurelia", PeerID: "00112233445566aa", Operator: "mira", Cores: 6}))
	for _, id := range []string{"alice-gpu", "bob-cpu", "lex-2"} {
		slots := []mesh.Slot{{Kind: "cpu", Max: 2, Weight: 50}}
		s.add(then, mesh.KindNodeAdmitted, mesh.Encode(&mesh.NodeAdmitted{Node: id, Key: "U" + id, Label: id, Class: privacy.PairedPeersOnly, Slots: slots}))
		s.add(then, mesh.KindNodeDescribed, mesh.Encode(&mesh.NodeDescribed{Node: id, Slots: slots}))
		s.add(then, mesh.KindNodeStatus, mesh.Encode(&mesh.NodeStatusChanged{Node: id, Status: mesh.Online}))
	}
	return s
}

func (s *sample) add(at time.Time, kind string, body []byte) *sample {
	s.seq++
	s.st = mesh.Projection{}.Apply(mesh.Projection{}.Clone(s.st), oplog.Op{Seq: s.seq, At: at.UnixMicro(), Kind: kind, Actor: "host", Trace: trace, Body: body})
	return s
}

func (s *sample) submit(at, job, run, title string, class privacy.Class) *sample {
	return s.add(clock(at), mesh.KindJobSubmitted, mesh.Encode(&mesh.JobSubmitted{
		Job: job, Run: run, Kind: "cpu", Runner: "wasm", Class: class, Priority: 5, Title: title, Submitter: "mira",
		Module: strings.Repeat("ab", 32), Args: []string{"-x", "secret"},
	}))
}

func (s *sample) lease(at, job, node string, n uint32) *sample {
	return s.add(clock(at), mesh.KindJobLeased, mesh.Encode(&mesh.JobLeased{Job: job, Node: node, Attempt: n}))
}

func (s *sample) start(at, job string, n uint32) *sample {
	return s.add(clock(at), mesh.KindJobStarted, mesh.Encode(&mesh.JobStarted{Job: job, Attempt: n}))
}

func (s *sample) lost(at, job string, n uint32) *sample {
	return s.add(clock(at), mesh.KindJobRequeued, mesh.Encode(&mesh.JobRequeued{Job: job, Attempt: n, Cause: mesh.CauseLost, Reason: "no beat"}))
}

func (s *sample) finish(at, job string, n uint32, st mesh.JobState, why string) *sample {
	code := ""
	if st == mesh.Failed {
		code = "vox/run/exit-code"
	}
	return s.add(clock(at), mesh.KindJobFinished, mesh.Encode(&mesh.JobFinished{
		Job: job, Attempt: n, Status: st, Error: why, Code: code, CostMicros: 40_000, Tokens: 1200, DurationMS: 1000, Output: strings.Repeat("cd", 32), OutputSize: 99,
	}))
}

// nightly is the run of the drawing: a job that is done, one that was lost and done elsewhere, one that goes on.
func nightly() *sample {
	const run = "r-19c4"
	s := newSample()
	s.submit("10:06:10", "j-0001", run, "nightly-render", privacy.PairedPeersOnly).lease("10:06:10", "j-0001", "alice-gpu", 1).start("10:06:11", "j-0001", 1)
	s.finish("10:06:14", "j-0001", 1, mesh.Succeeded, "")
	s.submit("10:06:14", "j-0002", run, "render", privacy.PairedPeersOnly).lease("10:06:14", "j-0002", "bob-cpu", 1).start("10:06:16", "j-0002", 1).lost("10:06:36", "j-0002", 1)
	s.lease("10:10:02", "j-0002", "lex-2", 2).start("10:10:04", "j-0002", 2).finish("10:11:50", "j-0002", 2, mesh.Succeeded, "")
	s.submit("10:11:44", "j-0003", run, "caption", privacy.PairedPeersOnly).lease("10:11:44", "j-0003", "alice-gpu", 1).start("10:11:48", "j-0003", 1)
	return s
}

// books is a host that a test plays.
type books struct {
	run   mesh.RunView
	jobs  map[string]*mesh.Job
	out   mesh.Output
	acts  map[string][]mesh.AuditEntry
	err   error
	asked []string
}

func (b *books) Run(id string) (mesh.RunView, error) {
	b.asked = append(b.asked, "run "+id)
	if b.err == nil && b.run.RunID != id {
		return mesh.RunView{}, fault.New("vox/run/unknown", "there is no run %s", id).WithHint("voxmesh runs lists them")
	}
	return b.run, b.err
}

func (b *books) Job(id string) (*mesh.Job, error) {
	b.asked = append(b.asked, "job "+id)
	if j, ok := b.jobs[id]; ok {
		return j, nil
	}
	return nil, fault.New("vox/job/unknown", "there is no job %s", id)
}

func (b *books) Tail(_ context.Context, job string, most int) (mesh.Output, error) {
	b.asked = append(b.asked, "tail "+job)
	return b.out, b.err
}

func (b *books) ActsOn(target string, _ int) ([]mesh.AuditEntry, error) {
	b.asked = append(b.asked, "acts "+target)
	return b.acts[target], b.err
}

func (b *books) count(what string) int {
	n := 0
	for _, s := range b.asked {
		if strings.HasPrefix(s, what) {
			n++
		}
	}
	return n
}

func killed(op uint64, id, target, at string) mesh.AuditEntry {
	return mesh.AuditEntry{Op: op, Entry: audit.Entry{
		AuditID: id, Action: "kill", Target: target, Actor: "ssh:mira", Reason: "runaway", PrivacyClass: "paired-peers-only", TsMicros: clock(at).UnixMicro(), Seq: op,
	}}
}

var errDisk = errors.New("the disk is gone")

// screen is a drawer that a test plays. Commands are carried out at once unless hold is set.
type screen struct {
	t    *testing.T
	s    *pane.Session
	l    *Layer
	b    *cell.Buffer
	f    layout.Frame
	rec  *books
	now  time.Time
	acts []pane.Action
	cmds []tea.Cmd
	hold bool
}

func open1(t *testing.T, st *mesh.State, ref pane.Ref, w, h int) *screen {
	return openWith(t, st, ref, w, h, &books{}, nil)
}

func openWith(t *testing.T, st *mesh.State, ref pane.Ref, w, h int, rec *books, set func(*pane.Session)) *screen {
	t.Helper()
	x := &screen{t: t, rec: rec, now: now}
	x.s = &pane.Session{Theme: theme.New(true, false), Now: func() time.Time { return x.now }, World: pane.World{State: st}}
	if set != nil {
		set(x.s)
	}
	x.b, x.f = cell.New(w, h), layout.Screen(w, h, layout.Parts{Scrubber: true})
	l, cmd := New(context.Background(), x.s, rec, ref)
	x.l = l
	t.Cleanup(l.Closed)
	x.carry(cmd)
	return x
}

func (x *screen) carry(cmd tea.Cmd) {
	if cmd == nil {
		return
	}
	if x.hold {
		x.cmds = append(x.cmds, cmd)
		return
	}
	switch m := cmd().(type) {
	case nil:
	case tea.BatchMsg:
		for _, c := range m {
			x.carry(c)
		}
	default:
		x.send(m)
	}
}

func (x *screen) send(msgs ...tea.Msg) *screen {
	for _, m := range msgs {
		act, cmd := x.l.Update(m)
		if act != nil {
			x.acts = append(x.acts, act)
		}
		x.carry(cmd)
	}
	return x
}

func (x *screen) do(ids ...keys.ID) *screen {
	for _, id := range ids {
		x.send(pane.Do{ID: id})
	}
	return x
}

func (x *screen) last() pane.Action {
	if len(x.acts) == 0 {
		return nil
	}
	return x.acts[len(x.acts)-1]
}

func (x *screen) rows() []string {
	x.t.Helper()
	x.b.Clear()
	x.l.Draw(x.b, x.f)
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

func run(id string) pane.Ref { return pane.Ref{Kind: pane.Run, ID: id} }
