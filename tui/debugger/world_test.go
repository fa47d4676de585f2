package debugger

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"voxmesh/mesh"
	"voxmesh/mesh/privacy"
	"voxmesh/oplog"
	"voxmesh/tui/keys"
	"voxmesh/tui/pane"
	"voxmesh/tui/theme"
)

// tape is a log that a test writes.
type tape struct {
	st  *mesh.State
	seq uint64
}

func newTape() *tape {
	s := &tape{st: mesh.Projection{}.New()}
	s.add("09:00:00", mesh.KindHostStarted, mesh.Encode(&mesh.HostStarted{Mesh: "aurelia", PeerID: "00112233445566aa", Operator: "mira", Cores: 6}))
	for _, id := range []string{"alice-gpu", "bob-cpu"} {
		s.add("09:00:00", mesh.KindNodeAdmitted, mesh.Encode(&mesh.NodeAdmitted{Node: id, Key: "U" + id, Label: id, Class: privacy.PairedPeersOnly}))
		s.add("09:00:00", mesh.KindNodeStatus, mesh.Encode(&mesh.NodeStatusChanged{Node: id, Status: mesh.Online}))
	}
	return s
}

func (s *tape) add(at, kind string, body []byte) *tape {
	s.seq++
	op := oplog.Op{Seq: s.seq, At: micros(at), Kind: kind, Actor: "host", Trace: trace, Body: body}
	s.st = mesh.Projection{}.Apply(mesh.Projection{}.Clone(s.st), op)
	return s
}

func (s *tape) submit(at, job string) *tape {
	return s.add(at, mesh.KindJobSubmitted, mesh.Encode(&mesh.JobSubmitted{
		Job: job, Run: runID, Kind: "cpu", Runner: "wasm", Class: privacy.PairedPeersOnly, Priority: 5, Title: "render", Submitter: "mira",
	}))
}

func (s *tape) start(leased, started, job, node string, n uint32) *tape {
	s.add(leased, mesh.KindJobLeased, mesh.Encode(&mesh.JobLeased{Job: job, Node: node, Attempt: n}))
	return s.add(started, mesh.KindJobStarted, mesh.Encode(&mesh.JobStarted{Job: job, Attempt: n}))
}

func (s *tape) lost(at, job string, n uint32) *tape {
	return s.add(at, mesh.KindJobRequeued, mesh.Encode(&mesh.JobRequeued{Job: job, Attempt: n, Cause: mesh.CauseLost, Reason: "no beat"}))
}

func (s *tape) done(at, job string, n uint32) *tape {
	return s.add(at, mesh.KindJobFinished, mesh.Encode(&mesh.JobFinished{Job: job, Attempt: n, Status: mesh.Succeeded, CostMicros: 40_000}))
}

func openState(t *testing.T, st *mesh.State, w, h int) *screen {
	t.Helper()
	rec := &books{run: mesh.RunView{RunID: runID}, outs: map[string]mesh.Output{"j-1": {Data: []byte("hello\n"), Attempt: 1}}}
	return openWith(t, w, h, rec, func(x *screen) { x.s.World.State = st })
}

// A run of one job is a timeline too, open to its phases, and it grows with the clock.
func TestOneJob(t *testing.T) {
	s := newTape().submit("10:12:00", "j-1").start("10:12:04", "10:12:06", "j-1", "bob-cpu", 1)
	x := openState(t, s.st, 120, 40)
	x.has("[Run r-19c4 PAIRED  render]", "running 0:26", "wasm render", "    attempt 1        PAIRED bob-cpu     0:22", "      lease", "      run").lacks(" done")
	x.down(1).has("hello", "wasm render PAIRED  bob-cpu")
	asked := x.rec.count("tail")
	x.now = x.now.Add(2 * time.Second)
	x.send(pane.Second{}).has("running 0:28", "PAIRED bob-cpu     0:24")
	if x.rec.count("tail") != asked+1 {
		t.Error("while it runs its output is read once a second")
	}
	s.done("10:12:28", "j-1", 1)
	x.s.World.State = s.st
	x.now = x.now.Add(5 * time.Second)
	x.send(pane.Changed{}).has("succeeded 0:28", "✓ │").lacks("…─", "… │\n│    wasm")
	if got := x.do(keys.Replay).last(); got != (pane.Act{Verb: keys.Replay, On: pane.Ref{Kind: pane.Job, ID: "j-1"}}) {
		t.Errorf("R is %v", got)
	}
}

func TestWaitsInTheQueue(t *testing.T) {
	x := openState(t, newTape().submit("10:12:00", "j-1").st, 120, 40).down(1)
	x.has("wasm render", "· next to start", "it has not begun").lacks("█ │")
}

// The past shows the run as it was then; what was picked comes back with the present.
func TestPast(t *testing.T) {
	s := newTape().submit("10:00:00", "j-1").start("10:00:00", "10:00:02", "j-1", "bob-cpu", 1)
	then := s.st
	s.lost("10:00:30", "j-1", 1).start("10:01:00", "10:01:02", "j-1", "alice-gpu", 2)
	x := openState(t, s.st, 120, 40).do(keys.End)
	x.has("attempt 2", "attempt 1        PAIRED bob-cpu     0:30")
	if x.on() != "wasm render attempt 2" {
		t.Fatalf("it is on %s", x.on())
	}
	x.s.World.State, x.s.World.Past = then, clock("10:00:10")
	x.send(pane.Changed{}).has("running 0:10", "attempt 1        PAIRED bob-cpu     0:10", "not kept by the moment").lacks("attempt 2", "alice-gpu")
	x.s.World.State, x.s.World.Past = s.st, time.Time{}
	if x.send(pane.Changed{}); x.on() != "wasm render attempt 2" {
		t.Errorf("back in the present it is on %s", x.on())
	}
	x.s.World.State, x.s.World.Past = newTape().st, clock("09:30:00")
	x.rec.run = mesh.RunView{RunID: runID, Start: micros("10:00:00")}
	x.send(pane.Changed{}).has("r-19c4 had not begun at 09:30:00; . goes to live")
}

func TestLostHost(t *testing.T) {
	s := newTape().submit("10:12:00", "j-1").start("10:12:04", "10:12:06", "j-1", "bob-cpu", 1)
	x := openState(t, s.st, 120, 40)
	x.s.World.Lost = x.now
	asked := len(x.rec.asked)
	x.down(3).send(pane.Changed{}, pane.Second{}).has("wasm render")
	if len(x.rec.asked) != asked {
		t.Errorf("a lost host is asked %v", x.rec.asked[asked:])
	}
	if st := x.b.At(10, 3).Style; st.Attr&theme.Faint == 0 {
		t.Error("it is not faint")
	}
	for _, b := range x.l.Keys() {
		if b.ID == keys.Kill && !strings.Contains(b.Reason(), "host is lost") {
			t.Errorf("K: %q", b.Reason())
		}
	}
}

// A node that is not heard makes what runs there late.
func TestLate(t *testing.T) {
	s := newTape().submit("10:12:00", "j-1").start("10:12:04", "10:12:06", "j-1", "bob-cpu", 1)
	if x := openState(t, s.st, 120, 40).do(keys.Seek); x.last() != (pane.Notice{Text: "nothing failed, is late or waits here"}) {
		t.Errorf("n gives %v", x.last())
	}
	s.add("10:12:20", mesh.KindNodeStatus, mesh.Encode(&mesh.NodeStatusChanged{Node: "bob-cpu", Status: mesh.Degraded}))
	if x := openState(t, s.st, 120, 40).do(keys.Seek); x.on() != "wasm render attempt 1" {
		t.Errorf("n goes to %s", x.on())
	}
}

func TestErrorsAndRetry(t *testing.T) {
	rec := sample()
	rec.err = errors.New("the disk is gone")
	x := openWith(t, 80, 24, rec, nil).has("r-19c4 could not be read: the disk is gone", "r retry")
	rec.err = nil
	x.do(keys.Retry).has("[Workflow r-19c4")
	rec.err = errors.New("the blob is gone")
	x.down(1).do(keys.Next, keys.Next).has("the output could not be read: the blob is gone", "r retry")
	rec.err = nil
	x.do(keys.Retry).has("frame 212")
	rec = &books{run: mesh.RunView{RunID: "r-0000"}}
	rec.run.RunID = "r-none"
	x = openWith(t, 80, 24, rec, func(x *screen) { rec.err = nil })
	x.send(pane.Reveal{Ref: pane.Ref{Kind: pane.Run, ID: "r-other"}}).has("there is no run r-other", "voxmesh runs lists them")
}

// While a read takes long its place has rows of the right shape; an answer to an older question is dropped.
func TestSlowAndStale(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		x := openWith(t, 80, 24, sample(), func(x *screen) { x.hold = true })
		x.lacks("────────────────── ")
		x.send(late{x.l.loaded.asked}).has("────────────────── ")
		old := fetched{generation: x.l.loaded.asked, run: runID, tree: newTree(nightly(), nil)}
		x.send(pane.Reveal{Ref: pane.Ref{Kind: pane.Run, ID: "r-2"}})
		if x.send(old); x.l.tree != nil {
			t.Error("an answer to the older question is shown")
		}
		x.l.Closed()
		synctest.Wait()
	})
}

// Old runs are opened at a job or a span as well.
func TestOpensAtJobAndSpan(t *testing.T) {
	rec := sample()
	x := openWith(t, 120, 40, rec, nil)
	span := rec.run.Root.Children[0].Children[0].Children[2]
	x.send(pane.Reveal{Ref: pane.Ref{Kind: pane.Span, ID: runID + "/" + span.SpanID}})
	if x.on() != "split attempt 1 run" {
		t.Errorf("it is on %s", x.on())
	}
	job := rec.run.Root.Children[4].JobID
	x.send(pane.Reveal{Ref: pane.Ref{Kind: pane.Job, ID: job}}).has("▸   caption")
	x.send(pane.Reveal{Ref: pane.Ref{Kind: pane.Node, ID: "bob-cpu"}}).has("▸   caption")
}

func TestEmptyAndHostile(t *testing.T) {
	empty := mesh.RunView{RunID: runID, Title: "nothing", Status: "queued", Root: mesh.SpanView{SpanName: "nothing", Status: "queued"}}
	x := openWith(t, 80, 24, &books{run: empty}, nil).has("[Run r-19c4 ?  nothing]", "▸ nothing", "?")
	x.do(keys.Right, keys.Left, keys.Seek, keys.Open, keys.Mark, keys.Compare, keys.ZoomIn, keys.Copy, keys.End).view()
	evil := "\x1b]0;x\a\u202egpu\u200b\x00漢字漢字漢字漢字漢字漢字"
	v := nightly()
	v.Title, v.Status = evil, evil
	const far = 1 << 62
	var spoil func(s *mesh.SpanView, n int64)
	spoil = func(s *mesh.SpanView, n int64) {
		s.SpanName, s.NodeID, s.Error, s.Waits, s.SpanID = evil, evil, evil, evil, "same"
		s.Start, s.End, s.DurationMS = n*far, -n*far, n*far
		s.Attributes = map[string]string{evil: evil}
		if n%3 == 0 {
			s.Status, s.SpanKind = evil, mesh.SpanKind(evil)
		}
		for i := range s.Children {
			spoil(&s.Children[i], n+int64(i)-1)
		}
	}
	spoil(&v.Root, 1)
	v.Skews = []mesh.ClockSkew{{NodeID: evil, Micros: -far}, {NodeID: evil, Micros: far}}
	for _, size := range [][2]int{{60, 16}, {80, 24}, {120, 40}} {
		x := openWith(t, size[0], size[1], &books{run: v}, nil)
		for range 40 {
			x.do(keys.Down, keys.Right, keys.Mark)
			if text := x.view(); strings.ContainsAny(text, "\x1b\a\x00\u202e\u200b") {
				t.Fatal("it drives the terminal")
			}
		}
		x.do(keys.ZoomIn, keys.Seek, keys.Compare).view()
	}
}

// On a terminal without Unicode the same cells have other signs.
func TestASCII(t *testing.T) {
	x := open1(t, 120, 40).down(6)
	x.s.Theme = theme.New(true, true)
	rows := x.rows()
	for y, r := range rows {
		for _, c := range r {
			if c > '~' {
				t.Fatalf("row %d has %q", y, c)
			}
		}
	}
	for y, part := range map[int]string{4: "###y ", 8: "..################x ", 9: ".##########################y", 22: ". lease and dispatch   # running   : folded   y x k end   ~ running"} {
		if !strings.Contains(rows[y], part) {
			t.Errorf("row %d does not say %q: %s", y, part, rows[y])
		}
	}
}

// big is a run of n activities with two attempts each, every attempt with its phases.
func big(n int) mesh.RunView {
	v := mesh.RunView{
		RunID: runID, TraceID: trace, Title: "big", Workflow: "big", PrivacyClass: privacy.PairedPeersOnly, Status: "running",
		Start: micros("09:00:00"), Activities: n,
		Root: sp(mesh.SpanRun, "big", "", "running", "09:00:00", ""),
	}
	for i := range n {
		from := micros("09:00:00") + int64(i)*300_000
		a := mesh.SpanView{
			SpanKind: mesh.SpanActivity, SpanName: fmt.Sprintf("render[%d]", i), NodeID: "bob-cpu", Status: "succeeded", Start: from, End: from + 2*second,
			PrivacyClass: privacy.PairedPeersOnly, Attributes: map[string]string{},
		}
		for k := range int64(2) {
			at := from + k*second
			try := mesh.SpanView{
				SpanKind: mesh.SpanAttempt, SpanName: fmt.Sprintf("attempt %d", k+1), NodeID: "bob-cpu", Status: "succeeded",
				Start: at, End: at + second, PrivacyClass: privacy.PairedPeersOnly, Attempt: uint32(k + 1),
			}
			if k == 0 && i%100 == 7 {
				try.Status = "worker lost"
			}
			run := try
			run.SpanKind, run.SpanName, run.Start = mesh.SpanPhase, "run", at+second/4
			try.Children = []mesh.SpanView{run}
			a.Children = append(a.Children, try)
		}
		v.Root.Children = append(v.Root.Children, a)
	}
	finish(&v.Root, "", "", "", 0)
	return v
}

func TestAThousandLanes(t *testing.T) {
	x := openWith(t, 120, 40, &books{run: big(1000)}, nil)
	x.has("span 1 of 5001", "render[0]", "1–19 of 3001")
	x.do(keys.End).has("render[999]", "2983–3001 of 3001", "▸     attempt 2")
	x.size(80, 24).has("▸     attempt 2", "2992–3001 of 3001")
	x.do(keys.Home, keys.Seek)
	if x.on() != "render[7] attempt 1" {
		t.Errorf("the first problem is %s", x.on())
	}
	x.do(keys.Left, keys.Left).has("▸   render[7]  +4")
	x.send(pane.Wheel{X: 10, Y: 6, Down: true})
	if x.view(); x.on() != "render[7]" {
		t.Errorf("the wheel moves the cursor to %s", x.on())
	}
}

// A large run of the state is arranged in a command, once a second at most.
func TestLargeRunIsArrangedAside(t *testing.T) {
	s := newTape()
	for i := range manyJobs + 1 {
		s.submit("10:00:00", fmt.Sprintf("j-%d", i))
	}
	x := openWith(t, 80, 24, &books{run: mesh.RunView{RunID: runID}}, func(x *screen) { x.s.World.State, x.hold = s.st, true })
	if x.l.tree != nil || len(x.cmds) == 0 {
		t.Fatal("it is arranged at once")
	}
	m := x.cmds[0]()
	x.cmds = nil
	if x.send(m); x.l.tree == nil || len(x.l.tree.spans) != manyJobs+2 {
		t.Fatal("what was arranged is not shown")
	}
	s.submit("10:00:01", "j-x")
	x.s.World.State = s.st
	if x.send(pane.Changed{}); len(x.cmds) != 0 {
		t.Error("it is arranged again in the same second")
	}
	x.now = x.now.Add(time.Second)
	if x.send(pane.Second{}); len(x.cmds) == 0 {
		t.Error("it is not arranged again after a second")
	}
	stale := built{generation: x.l.loaded.build + 1, tree: newTree(nightly(), nil)}
	if x.send(stale); len(x.l.tree.spans) != manyJobs+2 {
		t.Error("an older answer is shown")
	}
}

func benchmarkDraw(b *testing.B, w, h int) {
	rec := &books{run: big(4000)} // 20,001 spans
	x := &screen{rec: rec, now: now}
	x.s = &pane.Session{Theme: theme.New(true, false), Now: func() time.Time { return x.now }, World: pane.World{State: mesh.Projection{}.New()}}
	x.size(w, h)
	l, _ := New(b.Context(), x.s, rec, pane.Ref{Kind: pane.Run, ID: runID})
	x.l = l
	l.Update(fetched{generation: l.loaded.asked, run: runID, tree: newTree(rec.run, nil)})
	l.Update(pane.Do{ID: keys.End})
	if n := len(l.tree.spans); n != 20_001 {
		b.Fatalf("there are %d spans", n)
	}
	b.ReportAllocs()
	for b.Loop() {
		x.b.Clear()
		l.Update(pane.Do{ID: keys.Up})
		l.Draw(x.b, x.f)
		x.b.Render(x.s.Theme)
	}
}

func BenchmarkDraw120x40(b *testing.B)  { benchmarkDraw(b, 120, 40) }
func BenchmarkDraw300x100(b *testing.B) { benchmarkDraw(b, 300, 100) }

// What a change of the run costs: the tree, and the lanes.
func BenchmarkArrange(b *testing.B) {
	v := big(4000)
	b.Run("tree", func(b *testing.B) {
		for b.Loop() {
			newTree(v, nil)
		}
	})
	l := &Layer{s: &pane.Session{World: pane.World{State: mesh.Projection{}.New()}}, folds: map[string]bool{}, tree: newTree(v, nil), out: newOut()}
	b.Run("lanes", func(b *testing.B) {
		for b.Loop() {
			l.arrange()
		}
	})
}

// What two attempts wrote is compared when it comes, and again at another width: 64 KB of each that differ in every line.
func BenchmarkCompare(b *testing.B) {
	var sides [2]side
	for k := range sides {
		for i := 0; len(sides[k].text) < 64<<10; i++ {
			sides[k].text = fmt.Appendf(sides[k].text, "frame %d of %d  0.%d s\n", i, k, i*(k+3)%97)
		}
	}
	for b.Loop() {
		diffOf(sides, 100)
	}
}
