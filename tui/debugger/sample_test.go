package debugger

import (
	"context"
	"fmt"
	"reflect"
	"runtime"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"voxmesh/mesh"
	"voxmesh/mesh/fault"
	"voxmesh/mesh/privacy"
	"voxmesh/tui/cell"
	"voxmesh/tui/keys"
	"voxmesh/tui/layout"
	"voxmesh/tui/pane"
	"voxmesh/tui/theme"
)

const (
	trace = "4bf92f3577b34da6a3ce929d0e0e4736"
	runID = "r-19c4"
)

func clock(hms string) time.Time {
	t, err := time.Parse("15:04:05", hms)
	if err != nil {
		panic(err)
	}
	return time.Date(2026, 3, 14, t.Hour(), t.Minute(), t.Second(), t.Nanosecond(), time.UTC)
}

func micros(hms string) int64 {
	if hms == "" {
		return 0
	}
	return clock(hms).UnixMicro()
}

var now = clock("10:12:26")

// sp makes a span; an empty end goes on.
func sp(kind mesh.SpanKind, name, node, status, from, to string, kids ...mesh.SpanView) mesh.SpanView {
	v := mesh.SpanView{
		SpanKind: kind, SpanName: name, NodeID: node, Status: status, Start: micros(from), End: micros(to),
		PrivacyClass: privacy.PairedPeersOnly, Children: kids,
	}
	return v
}

// attempt makes an attempt with its lease, its dispatch and its run.
func attempt(n uint32, node, status, from, took, ran, to string) mesh.SpanView {
	a := sp(mesh.SpanAttempt, fmt.Sprintf("attempt %d", n), node, status, from, to)
	a.Attempt = n
	inner := status
	if ran != "" {
		inner = "succeeded"
	}
	a.Children = append(a.Children, sp(mesh.SpanLease, "lease", node, inner, from, took))
	if ran != "" {
		a.Children = append(a.Children, sp(mesh.SpanDispatch, "dispatch", node, inner, took, ran))
		a.Children = append(a.Children, sp(mesh.SpanPhase, "run", node, status, ran, to))
	}
	return a
}

// finish gives every span an id, its parent's, and the job and attempt of what it is in.
func finish(v *mesh.SpanView, path, parent, job string, try uint32) {
	v.SpanID, v.ParentID = mesh.SpanID(runID, path), parent
	if v.SpanKind == mesh.SpanActivity && len(v.Children) > 0 {
		job = "j-" + mesh.SpanID(path)[:4]
	}
	if v.SpanKind == mesh.SpanAttempt {
		try = v.Attempt
	}
	v.JobID, v.Attempt = job, try
	for i := range v.Children {
		finish(&v.Children[i], path+"/"+v.Children[i].SpanName, v.SpanID, job, try)
	}
}

// nightly is the run of the drawing.
func nightly() mesh.RunView {
	lost := attempt(1, "bob-cpu", "worker lost", "10:06:14", "10:06:15", "10:06:16", "10:06:36")
	lost.Error = "no beat for 30 s"
	second := attempt(2, "lex-2", "succeeded", "10:10:02.114", "10:10:04.114", "10:10:06.114", "10:11:50.306")
	run := &second.Children[2]
	run.Children = []mesh.SpanView{ // what the worker says of itself
		sp(mesh.SpanPhase, "fetch", "lex-2", "succeeded", "10:10:06.114", "10:10:40"),
		sp(mesh.SpanPhase, "compile", "lex-2", "succeeded", "10:10:40", "10:11:15"),
	}
	publish := sp(mesh.SpanActivity, "publish", "", mesh.ActivityWaiting, "", "")
	publish.Waits = "render[2]"
	v := mesh.RunView{
		RunID: runID, TraceID: trace, Title: "nightly-render", Workflow: "nightly-render", PrivacyClass: privacy.PairedPeersOnly,
		Status: "running", Start: micros("10:06:10"), Done: 3, Activities: 6,
		Skews: []mesh.ClockSkew{{NodeID: "bob-cpu", Micros: 1_200_000}, {NodeID: "lex-2", Micros: -3000}},
		Root: sp(
			mesh.SpanRun, "nightly-render", "", "running", "10:06:10", "",
			sp(mesh.SpanActivity, "split", "aurelia", "succeeded", "10:06:10", "10:06:14",
				attempt(1, "aurelia", "succeeded", "10:06:10", "10:06:10", "10:06:11", "10:06:14")),
			sp(mesh.SpanActivity, "render[0]", "alice-gpu", "succeeded", "10:06:14", "10:10:06",
				attempt(1, "alice-gpu", "succeeded", "10:06:14", "10:06:15", "10:06:16", "10:10:06")),
			sp(mesh.SpanActivity, "render[1]", "bob-cpu", "succeeded", "10:06:14", "10:11:50.306", lost, second),
			sp(mesh.SpanActivity, "render[2]", "alice-gpu", "running", "10:11:44", "",
				attempt(1, "alice-gpu", "running", "10:11:44", "10:11:45", "10:11:48", "")),
			sp(mesh.SpanActivity, "caption", "bob-cpu", "running", "10:11:52", "",
				attempt(1, "bob-cpu", "running", "10:11:52", "10:11:53", "10:11:56", "")),
			publish,
		),
	}
	finish(&v.Root, "", "", "", 0)
	return v
}

// books is a host that a test plays.
type books struct {
	run   mesh.RunView
	jobs  map[string]*mesh.Job
	outs  map[string]mesh.Output
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

func (b *books) Tail(_ context.Context, job string, _ int) (mesh.Output, error) {
	b.asked = append(b.asked, "tail "+job)
	return b.outs[job], b.err
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

func frames(from, to int) []byte {
	var b strings.Builder
	for i := from; i <= to; i++ {
		fmt.Fprintf(&b, "frame %d  0.%d s\n", i, 55+i%10)
	}
	return []byte(b.String())
}

// sample is a host that has the run of the drawing, with what its jobs were given.
func sample() *books {
	v := nightly()
	b := &books{run: v, jobs: map[string]*mesh.Job{}, outs: map[string]mesh.Output{}}
	for _, a := range v.Root.Children {
		if a.JobID == "" {
			continue
		}
		last := a.Children[len(a.Children)-1]
		j := &mesh.Job{
			JobSubmitted: mesh.JobSubmitted{Job: a.JobID, Run: runID, Class: a.PrivacyClass, Args: []string{"frames", "81–160"}, Refs: []string{"split.parts[1]"}},
			Attempt:      last.Attempt, State: mesh.Running, StartedAt: last.Start,
		}
		if last.End > 0 {
			j.State, j.EndedAt, j.Cost, j.Output, j.OutputSize = mesh.Succeeded, last.End, 30_000, "9f2c"+strings.Repeat("0", 56)+"41aa", 14_200_000
		}
		b.jobs[a.JobID] = j
		b.run.Jobs = append(b.run.Jobs, a.JobID)
		out := frames(1, 212)
		b.outs[a.JobID] = mesh.Output{Data: out, Total: int64(len(out)), Attempt: last.Attempt, Done: last.End > 0}
	}
	return b
}

// screen is a timeline that a test plays. Commands are carried out at once unless hold is set.
type screen struct {
	t    *testing.T
	s    *pane.Session
	l    *Layer
	b    *cell.Buffer
	f    layout.Frame
	rec  *books
	host Records // rec, unless a test has another one
	now  time.Time
	acts []pane.Action
	cmds []tea.Cmd
	hold bool
}

// open1 opens the run of the drawing.
func open1(t *testing.T, w, h int) *screen { return openWith(t, w, h, sample(), nil) }

func openWith(t *testing.T, w, h int, rec *books, set func(*screen)) *screen {
	t.Helper()
	x := &screen{t: t, rec: rec, host: rec, now: now}
	x.s = &pane.Session{
		Theme: theme.New(true, false), Now: func() time.Time { return x.now }, World: pane.World{State: mesh.Projection{}.New()},
	}
	if set != nil {
		set(x)
	}
	x.size(w, h)
	l, cmd := New(context.Background(), x.s, x.host, pane.Ref{Kind: pane.Run, ID: rec.run.RunID})
	x.l = l
	t.Cleanup(l.Closed)
	x.carry(cmd)
	return x
}

func (x *screen) size(w, h int) *screen {
	x.b, x.f = cell.New(w, h), layout.Screen(w, h, layout.Parts{Scrubber: true})
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
	if strings.Contains(runtime.FuncForPC(reflect.ValueOf(cmd).Pointer()).Name(), "Late.func") {
		return // nothing takes long here, and it would wait to see
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

// on is the name of the picked span, with what it is in.
func (x *screen) on() string {
	if x.l.picked() < 0 {
		return ""
	}
	return x.l.title(x.l.picked())
}
