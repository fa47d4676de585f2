package drawer

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"voxmesh/mesh"
	"voxmesh/mesh/fault"
	"voxmesh/mesh/privacy"
	"voxmesh/tui/keys"
	"voxmesh/tui/pane"
)

// The picture of the drawer at 80 by 24, row for row.
func TestDrawing(t *testing.T) {
	rows := open1(t, nightly().st, run("r-19c4"), 80, 24).rows()
	want := []string{
		"",
		"╭[Events] Output  Attempts  Record ────────────── r-19c4 PAIRED  running 6:16 ─╮",
		"│ nightly-render                                      2 of 3 jobs done   $0.08 │",
		"│ vox://trace/4bf92f3577b34da6a3ce929d0e0e4736                                 │",
		"│  SPAN OR EVENT                CLASS  NODE         START     TIME  STATUS     │",
		"│▸ nightly-render               PAIRED –            10:06:10  6:16  running    │",
		"│  ├ wasm nightly-render  +4    PAIRED alice-gpu    10:06:10  0:04  succeeded  │",
		"│  ├ wasm render                PAIRED lex-2        10:06:14  5:36  succeeded  │",
		"│  │ ├ attempt 1                PAIRED bob-cpu      10:06:14  0:22  failed     │",
		"│  │ │ ├ leased                 PAIRED bob-cpu      10:06:14                   │",
		"│  │ │ ├ started                PAIRED bob-cpu      10:06:16                   │",
		"│  │ │ └ worker lost, no beat   PAIRED bob-cpu      10:06:36                   │",
		"│  │ └ attempt 2  +3            PAIRED lex-2        10:10:02  1:48  succeeded  │",
		"│  └ wasm caption               PAIRED alice-gpu    10:11:44  0:42  running    │",
		"│    └ attempt 1                PAIRED alice-gpu    10:11:44  0:42  running    │",
		"│      ├ leased                 PAIRED alice-gpu    10:11:44                   │",
		"│      └ started                PAIRED alice-gpu    10:11:48                   │",
		"│                                                                              │",
		"│                                                                              │",
		"│ $ voxmesh runs r-19c4                                                        │",
		"╰──────────────────────────────────────────────────────────────────────────────╯",
	}
	for y, s := range want {
		if rows[y] != s {
			t.Errorf("row %d is\n%s, want\n%s", y, rows[y], s)
		}
	}
}

// Beside the pane it has 72 columns, and from 160 on the rest of the table's; alone it has all.
func TestSizes(t *testing.T) {
	x := open1(t, nightly().st, run("r-19c4"), 120, 40)
	for y, s := range x.rows()[1:30] {
		if !strings.HasPrefix(s, strings.Repeat(" ", 48)) {
			t.Fatalf("row %d covers the pane: %s", y, s)
		}
	}
	x.has("▸ nightly-render ", "succeeded │", "10:06:14  0:22  failed ").lacks("TRY")
	x.do(keys.Alone).has("TRY   COST ERROR", "no beat")
	open1(t, nightly().st, run("r-19c4"), 60, 16).has("SPAN OR EVENT      CLASS  NODE          TIME  STATUS ", "│  ├ wasm render      PAIRED lex-2         5:36  succeeded").lacks("START")
	x.do(keys.Back)
	if x.l.whole || x.last() != nil {
		t.Error("esc ends alone first")
	}
	open1(t, nightly().st, run("r-19c4"), 200, 60).has("TRY   COST ERROR", "failed      1        no beat", "$0.04")
	open1(t, nightly().st, run("r-19c4"), 60, 16).has("[Events]", "r-19c4 PAIRED", "STATUS")
}

func (x *screen) on() string { return x.l.lines[x.l.tree.At()].name }

func TestFold(t *testing.T) {
	x := open1(t, nightly().st, run("r-19c4"), 80, 24).do(keys.Down, keys.Right)
	x.has("│ └ attempt 1  +3").lacks("render  +4")
	x.do(keys.Right)
	if x.on() != "attempt 1" {
		t.Errorf("→ on an open branch goes into it, not to %s", x.on())
	}
	x.do(keys.Left, keys.Left).has("wasm nightly-render  +4")
	x.do(keys.Left)
	if x.on() != "nightly-render" {
		t.Errorf("← on a closed branch goes to what it is in, not to %s", x.on())
	}
	x.do(keys.Left).has("nightly-render  +18").lacks("wasm")
	x.send(pane.Changed{}).lacks("wasm") // it stays closed
	x.view()
	x.send(pane.Click{X: x.l.signs[0].X, Y: x.l.signs[0].Y}).has("wasm render", "attempt 2  +3")
}

func TestNextAndSeek(t *testing.T) {
	x := open1(t, nightly().st, run("r-19c4"), 80, 24).do(keys.Seek)
	if x.on() != "attempt 1" || x.l.lines[x.l.tree.At()].node != "bob-cpu" {
		t.Errorf("the next problem is %s", x.on())
	}
	x.do(keys.Open)
	if got, ok := x.last().(pane.Seek); !ok || !got.At.Equal(clock("10:06:14")) {
		t.Errorf("enter gives %v", x.last())
	}
	x.do(keys.Down, keys.Down, keys.Down, keys.Open)
	if got, ok := x.last().(pane.Seek); !ok || !got.At.Equal(clock("10:06:36")) {
		t.Errorf("enter on an event gives %v", x.last())
	}
	l := nightly()
	l.add(now, mesh.KindNodeStatus, mesh.Encode(&mesh.NodeStatusChanged{Node: "alice-gpu", Status: mesh.Degraded}))
	x = open1(t, l.st, run("r-19c4"), 80, 24).do(keys.Seek, keys.Seek)
	if n := x.l.lines[x.l.tree.At()]; n.node != "alice-gpu" || n.try != 1 {
		t.Errorf("an attempt on a node that is not heard is late; it is on %s of %s", n.name, n.node)
	}
}

func TestCopyAndVerbs(t *testing.T) {
	x := open1(t, nightly().st, run("r-19c4"), 80, 24).do(keys.Copy)
	if got := x.last().(pane.Clip).Text; got != "vox://trace/"+trace {
		t.Errorf("the run's link is %s", got)
	}
	if got := x.do(keys.Kill).last(); got != (pane.Act{Verb: keys.Kill, On: run("r-19c4")}) {
		t.Errorf("K on the run is %v", got)
	}
	x.do(keys.Down, keys.Copy)
	if got := x.last().(pane.Clip).Text; got != "vox://trace/"+trace+"/"+mesh.SpanID("r-19c4", "j-0001") {
		t.Errorf("a span's link is %s", got)
	}
	job := pane.Ref{Kind: pane.Job, ID: "j-0001"}
	for _, id := range []keys.ID{keys.Kill, keys.Replay, keys.Explain} {
		if got := x.do(id).last(); got != (pane.Act{Verb: id, On: job}) {
			t.Errorf("%s is %v", id, got)
		}
	}
	if x.s.Job != "j-0001" || x.s.Run != "r-19c4" {
		t.Errorf("selected are %s, %s", x.s.Run, x.s.Job)
	}
	for _, b := range x.l.Keys() {
		if b.ID == keys.Kill && b.Reason() != "j-0001 has ended already: succeeded" {
			t.Errorf("K: %q", b.Reason())
		}
	}
	if got := x.do(keys.Back).last(); got != (pane.Close{}) {
		t.Errorf("esc gives %v", got)
	}
}

func TestOpensAtJobAndSpan(t *testing.T) {
	x := open1(t, nightly().st, pane.Ref{Kind: pane.Job, ID: "j-0001"}, 80, 24).has("r-19c4 PAIRED", "▸ ├ wasm nightly-render")
	id := mesh.AttemptSpanID("r-19c4", "j-0001", 1)
	x.send(pane.Reveal{Ref: pane.Ref{Kind: pane.Span, ID: "r-19c4/" + id}}).has("▸ │ └ attempt 1")
	if x.l.lines[x.l.tree.At()].span != id {
		t.Errorf("it is on %s", x.on())
	}
	x.send(pane.Reveal{Ref: pane.Ref{Kind: pane.Node, ID: "bob-cpu"}}).has("r-19c4 PAIRED")
}

func TestAttempts(t *testing.T) {
	x := open1(t, nightly().st, run("r-19c4"), 80, 24).do(keys.View, keys.View)
	x.has("│  j-0002  PAIRED   1 bob-cpu      10:06:14 10:06:16 10:06:36 worker lost      │",
		"│  j-0003  PAIRED   1 alice-gpu    10:11:44 10:11:48 –        running          │")
	x.do(keys.Seek).has("▸ j-0002  PAIRED   1", "attempt 1, worker lost: no beat")
	l := newSample().submit("10:12:20", "j-1", "r-1", "waits", privacy.PublicMesh)
	open1(t, l.st, run("r-1"), 80, 24).do(keys.View, keys.View).has("No attempt yet")
}

func TestRecordAndActs(t *testing.T) {
	l := nightly().finish("10:12:00", "j-0003", 1, mesh.Failed, "exit code 3")
	rec := &books{acts: map[string][]mesh.AuditEntry{
		"r-19c4":  {killed(41, "a-0191", "r-19c4", "10:12:02")},
		"bob-cpu": {killed(40, "a-0190", "bob-cpu", "10:11:59"), killed(2, "a-0001", "bob-cpu", "09:00:00")},
	}}
	x := openWith(t, l.st, run("r-19c4"), 120, 60, rec, nil)
	x.has("└ kill by mira", "├ kill by mira")
	x.do(keys.Previous).has(
		"trace       "+trace, "class       paired-peers-only", "sent by     mira", "arguments   2", "10:06:10.000 UTC",
		`10:12:02 kill r-19c4 PAIRED by mira a-0191 "runaway"`, "10:11:59 kill bob-cpu PAIRED by mira a-0190").
		lacks("a-0001", "secret")
	x.do(keys.End).has("code        vox/run/exit-code", "error       exit code 3", "hint        the program ended itself so")
	for i, f := range x.l.fields {
		if f.act != nil && f.op == 41 {
			x.l.record.Select(x.l.fields[i].id)
		}
	}
	if got := x.do(keys.Open).last(); got != (pane.Seek{Seq: 41}) {
		t.Errorf("enter on an act gives %v", got)
	}
	if got := x.do(keys.Copy).last().(pane.Clip).Text; got != "a-0191" {
		t.Errorf("y on an act copies %q", got)
	}
	asked := rec.count("acts")
	x.send(pane.Changed{}, pane.Second{})
	if rec.count("acts") != asked {
		t.Error("the acts are read again though there are none more")
	}
	st := mesh.Projection{}.Clone(l.st)
	st.Acts++
	x.s.World.State = st
	if x.send(pane.Changed{}); rec.count("acts") == asked {
		t.Error("a new act is not read")
	}
}

func TestActsFail(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rec := &books{err: errDisk}
		x := openWith(t, nightly().st, run("r-19c4"), 80, 24, rec, nil).has("acts could not be read", "wasm render")
		asked := rec.count("acts")
		if x.send(pane.Second{}); rec.count("acts") != asked {
			t.Error("it is read again and again")
		}
		rec.err = nil
		x.do(keys.Retry).lacks("could not")
	})
}

func hostile(t *testing.T, x *screen) {
	t.Helper()
	x.view()
	for y := range x.b.H {
		for c := range x.b.W {
			if s := x.b.At(c, y).S; strings.ContainsAny(s, "\x1b\x07\n\r\u202e\u009b") {
				t.Fatalf("%q at %d,%d", s, c, y)
			}
		}
	}
}

// Nothing that a job, a worker or a person wrote drives the terminal or moves a column.
func TestHostile(t *testing.T) {
	const bad = "\x1b]52;c;AAAA\x07\x1b[2J\u009b31m\u202eevil\r\n界界界界界界界界界界界界界界"
	l := newSample()
	l.submit("10:00:00", "j-6666", "r-6666", bad, privacy.PairedPeersOnly).lease("10:00:01", "j-6666", "bob-cpu", 1)
	l.finish("10:00:02", "j-6666", 1, mesh.Failed, strings.Repeat(bad, 50))
	act := killed(9, "a-1"+bad, bad, "10:00:01")
	act.Reason, act.Actor = bad, bad
	rec := &books{out: mesh.Output{Data: []byte(strings.Repeat(bad+"\t\t", 30)), Done: true}, acts: map[string][]mesh.AuditEntry{"r-6666": {act}}}
	for _, size := range [][2]int{{60, 16}, {80, 24}, {120, 40}, {200, 60}} {
		synctest.Test(t, func(t *testing.T) {
			x := openWith(t, l.st, run("r-6666"), size[0], size[1], rec, nil)
			for range numViews {
				hostile(t, x)
				x.do(keys.End)
				hostile(t, x)
				x.do(keys.View)
			}
		})
	}
}

// A run that ended more than a day ago comes from the log, in a command.
func TestOldRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		st := nightly().finish("10:12:00", "j-0003", 1, mesh.Succeeded, "").st
		v, _ := st.RunView("r-19c4", now.UnixMicro())
		jobs := map[string]*mesh.Job{}
		for _, id := range v.Jobs {
			jobs[id], _ = st.Job(id)
		}
		rec := &books{run: v, jobs: jobs}
		empty := newSample().st
		x := openWith(t, empty, run("r-19c4"), 80, 24, rec, nil).has("wasm render", "succeeded")
		x.do(keys.Previous).has("3 of 3 jobs done", "j-0001  PAIRED  succeeded")
		x.send(pane.Changed{}, pane.Second{})
		if n := rec.count("run"); n != 1 {
			t.Errorf("it was read %d times", n)
		}
		// A job that only the log knows leads to its run.
		openWith(t, empty, pane.Ref{Kind: pane.Job, ID: "j-0002"}, 80, 24, rec, nil).has("r-19c4 PAIRED", "▸ ├ wasm render")
		// Before it began it is not there.
		x.s.World.Past = clock("10:06:00")
		x.send(pane.Changed{}).has("r-19c4 had not begun at 10:06:00").lacks("wasm render")
		x.s.World.Past = time.Time{}
		x.send(pane.Changed{}).has("j-0001  PAIRED  succeeded")
	})
}

func TestUnknownRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rec := &books{}
		x := openWith(t, newSample().st, run("r-0000"), 80, 24, rec, nil)
		x.has("r-0000 could not be read: there is no run r-0000", "voxmesh runs lists them", "r retry")
		if x.send(pane.Second{}); rec.count("run") != 1 {
			t.Error("it is read again by itself")
		}
		rec.run, _ = nightly().st.RunView("r-19c4", now.UnixMicro())
		rec.run.RunID = "r-0000"
		x.do(keys.Retry).has("wasm render").lacks("could not")
	})
}

// While it is read there is nothing, after 100 ms the shape of rows; what comes for an older question is dropped.
func TestLoading(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		x := open1(t, newSample().st, run("r-19c4"), 80, 24)
		gen := x.s.Generation()
		x.l.loaded = loaded{asked: gen}
		x.lacks("─── ").send(late{gen - 1}).lacks("could not")
		x.send(late{gen}).has("│  ──────")
		x.send(fetched{generation: gen - 1, err: fault.New("vox/run/unknown", "no")}).lacks("could not")
	})
}

// A run that leaves the state while it is open stays as it was, read from the log.
func TestVanish(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		st := nightly().finish("10:12:00", "j-0003", 1, mesh.Succeeded, "").st
		rec := &books{}
		rec.run, _ = st.RunView("r-19c4", now.UnixMicro())
		x := openWith(t, st, run("r-19c4"), 80, 24, rec, nil).do(keys.Down, keys.Down)
		x.s.World.State = newSample().st
		x.send(pane.Changed{}).has("▸ ├ wasm render")
	})
}

func TestPast(t *testing.T) {
	l := newSample().submit("10:06:10", "j-1", "r-1", "render", privacy.PairedPeersOnly)
	then := l.st
	l.lease("10:07:00", "j-1", "bob-cpu", 1).start("10:07:01", "j-1", 1)
	x := open1(t, l.st, run("r-1"), 80, 24).has("running 6:16", "started")
	x.s.World.State, x.s.World.Past = then, clock("10:06:40")
	x.send(pane.Changed{}).has("queued 0:30").lacks("started")
}

func TestLostIsFaint(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rec := &books{}
		x := openWith(t, nightly().st, run("r-19c4"), 80, 24, rec, nil)
		x.s.World.Lost = now
		asked := len(rec.asked)
		x.send(pane.Changed{}, pane.Second{}).do(keys.View).view()
		if st := x.b.At(4, 2).Style; st.Attr == 0 {
			t.Error("what a lost host said is not faint")
		}
		if len(rec.asked) != asked {
			t.Errorf("a lost host is asked %v", rec.asked[asked:])
		}
	})
}

// A run of very many jobs is folded in a command, and drawn all the same.
func TestManyJobs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newSample()
		for i := range 3000 {
			l.submit("10:00:00", fmt.Sprintf("j-%05x", i), "r-1", "part", privacy.PairedPeersOnly)
		}
		x := open1(t, l.st, run("r-1"), 80, 24).has("0 of 3000 jobs done", "1–14 of 3001")
		x.hold = true
		x.send(pane.Changed{}, pane.Changed{})
		if x.l.loaded.build != 0 {
			t.Error("it is folded more than once a second")
		}
		x.send(pane.Second{}, pane.Second{})
		if x.l.loaded.build == 0 {
			t.Error("it is not folded in a command")
		}
		x.hold = false
		x.do(keys.End).has("2988–3001 of 3001").do(keys.Previous).has("▸run")
	})
}

func TestMouse(t *testing.T) {
	x := open1(t, nightly().st, run("r-19c4"), 80, 24)
	x.view()
	x.send(pane.Click{X: 10, Y: 8})
	if x.on() != "attempt 1" || x.s.Job != "j-0002" {
		t.Errorf("a click selects %s of %s", x.on(), x.s.Job)
	}
	x.send(pane.Click{X: 10, Y: 8, Double: true})
	if _, ok := x.last().(pane.Seek); !ok {
		t.Errorf("a double click gives %v", x.last())
	}
	x.send(pane.Click{X: 30, Y: 1}).has("[Record]")
	x.send(pane.Wheel{X: 10, Y: 10, Down: true}).lacks("trace  ").has("jobs        3")
	if x.l.record.At() != 0 {
		t.Error("the wheel moves the cursor")
	}
}

// A host and a reader are what the drawer reads.
var (
	_ Records = (*mesh.Host)(nil)
	_ Records = (*mesh.Reader)(nil)
)

// An activity that waits for others did not begin: it has no start and no length, whatever instant is shown.
func TestWhatWaitsHasNoStart(t *testing.T) {
	v := mesh.RunView{RunID: "r-19c4", Root: mesh.SpanView{SpanID: "a", Children: []mesh.SpanView{
		{SpanID: "b", SpanName: "split", Status: mesh.Queued.String(), Start: clock("10:11:00").UnixMicro(), DurationMS: 86_000, Waits: "no cpu free"},
		{SpanID: "c", SpanName: "publish", Status: mesh.ActivityWaiting, Start: now.UnixMicro(), Waits: "split"},
	}}}
	lines := treeOf(&v, nil, nil, nil, nil)
	x := open1(t, nightly().st, run("r-19c4"), 120, 40)
	for i, want := range []string{"–|10:11:00|1:26|queued|waits: no cpu free", "–|–|–|waiting|waits for split"} {
		var got []string
		for _, f := range x.l.eventFields(&lines[i+1], true, false, false, 20) {
			got = append(got, strings.TrimSpace(f.Text))
		}
		if s := strings.Join(got, "|"); s != want {
			t.Errorf("it is drawn as %s, want %s", s, want)
		}
	}
}
