package runspane

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	"voxmesh/mesh"
	"voxmesh/mesh/privacy"
	"voxmesh/tui/keys"
	"voxmesh/tui/pane"
)

func TestDrawing(t *testing.T) {
	rows := play(t, busy().st, 80, 24).rows()
	want := map[int]string{
		1:  "╭[All] Running  Failed ─────────────────────────────────────────────── 6 runs ─╮",
		2:  "│  RUN     CLASS  STATUS    WHAT           NODE         START▾     TIME   COST │",
		3:  "│▸ r-0f06  PAIRED queued    write a poem   no gpu free  10:11:56   0:30  $0.00 │",
		4:  "│  r-0e05  ?      queued    embed docs     –            10:11:26   1:00  $0.00 │",
		7:  "│  r-0b02  PAIRED failed    train a tiny … bob-cpu      08:12:26   0:22  $0.00 │",
		8:  "│  r-0a01  LOCAL  succeeded lint the poli… aurelia      05:12:26  1 h 5  $0.02 │",
		14: "╰──────────────────────────────────────────────────────────────────────────────╯",
		15: "╭ r-0f06 PAIRED ───────────────────────────────────────────────── queued 0:30 ─╮",
		17: "│ waits: no gpu free; alice-gpu: it gives no gpu slots                         │",
		18: "│ vox://trace/4bf92f3577b34da6a3ce929d00000018                                 │",
		19: "│ $ voxmesh runs r-0f06                                                        │",
		20: "╰──────────────────────────────────────────────────────────────────────────────╯",
	}
	for y, s := range want {
		if rows[y] != s {
			t.Errorf("row %d is\n%s, want\n%s", y, rows[y], s)
		}
	}
	play(t, busy().st, 120, 40).has("START▾     TIME   COST MODEL           TOKENS TRY TRACE ", "qwen2.5-coder…", "1.9 k   1 4bf92f35")
	play(t, busy().st, 200, 60).has("caption 40 photos")
	narrow := play(t, busy().st, 70, 20).has("START▾   │").lacks("TIME", "$ voxmesh")
	narrow.do(keys.Next).has("[r-0f06 PAIRED]", "$ voxmesh runs r-0f06").lacks("START")
}

func TestViewsAndNext(t *testing.T) {
	x := play(t, busy().st, 80, 24).do(keys.View)
	x.has(" All [Running] Failed ", "3 runs", "r-0d04").lacks("r-0b02")
	x.do(keys.View).has("[Failed]", "1 run ", "r-0b02", "exit code 3: out of disk").lacks("r-0d04")
	x.do(keys.View, keys.Home, keys.Seek)
	if x.s.Run != "r-0b02" {
		t.Errorf("the next that failed is r-0b02, not %s", x.s.Run)
	}
	play(t, newSample().submit(-time.Minute, "1", "x", privacy.PairedPeersOnly).st, 80, 24).do(keys.View, keys.View).has("Nothing failed")
}

func TestFilter(t *testing.T) {
	x := play(t, busy().st, 80, 24).do(keys.Filter)
	if !x.p.Typing() {
		t.Fatal("the filter is not typed")
	}
	x.typed("status:fail").has("1 of 6", "r-0b02").lacks("r-0d04 ")
	x.do(keys.Open).has("1 of 6 /status:fail")
	if x.p.Typing() || x.s.Run != "r-0b02" {
		t.Errorf("typing %v, on %s", x.p.Typing(), x.s.Run)
	}
	x.do(keys.Back).has("6 runs").lacks("new")
	x.do(keys.Filter).send(tea.PasteMsg{Content: "nope\x1b[2J"}).has("No run matches /nope")
	if act := x.do(keys.Back).last(); x.s.Run != "r-0b02" {
		t.Errorf("put back, it is on %s (%v)", x.s.Run, act)
	}
	x.send(pane.Narrow{Filter: "node:bob"}).has("2 of 6 /node:bob")
	x.send(pane.Reveal{Ref: pane.Ref{Kind: pane.Run, ID: "r-0a01"}}).has("6 runs", "▸ r-0a01")
}

func TestSort(t *testing.T) {
	x := play(t, busy().st, 80, 24)
	x.view()
	x.do(keys.Sort).has("TIME▾")
	if x.p.list.IDs()[0] != "r-0a01" {
		t.Errorf("the longest is first, not %v", x.p.list.IDs())
	}
	if x.s.Run != "r-0f06" {
		t.Errorf("the cursor went to %s", x.s.Run)
	}
	x.do(keys.Order).has("TIME▴")
	ids := slices.Clone(x.p.list.IDs())
	slices.Reverse(ids)
	if ids[0] != "r-0a01" {
		t.Errorf("turned it is %v", x.p.list.IDs())
	}
	x.send(pane.Click{X: 4, Y: 2}).has("RUN▴")
	if got := x.p.list.IDs(); !slices.IsSorted(got) {
		t.Errorf("by RUN it is %v", got)
	}
	x.do(keys.Order)
	x.view()
	for range 8 {
		x.do(keys.Sort)
	}
	x.has("RUN▴")
}

// On its newest row the list follows; off it, or with that run open, it holds still and counts.
func TestFollow(t *testing.T) {
	l := busy()
	x := play(t, l.st, 80, 24)
	x.view()
	x.world(l.submit(0, "1001", "another", privacy.PairedPeersOnly).st)
	if x.s.Run != "r-1001" {
		t.Errorf("it does not follow: %s", x.s.Run)
	}
	x.do(keys.Down, keys.Down)
	at := x.s.Run
	x.world(l.submit(0, "1002", "a", privacy.PairedPeersOnly).submit(0, "1003", "b", privacy.PairedPeersOnly).st).has("2 new")
	if x.s.Run != at {
		t.Errorf("the cursor went from %s to %s", at, x.s.Run)
	}
	x.do(keys.Home, keys.Open)
	if x.last() != (pane.Visit{Ref: pane.Ref{Kind: pane.Run, ID: "r-1003"}}) {
		t.Errorf("enter gives %v", x.last())
	}
	x.world(l.submit(0, "1004", "c", privacy.PairedPeersOnly).st)
	if x.s.Run != "r-1003" {
		t.Errorf("with a run open the cursor went to %s", x.s.Run)
	}
}

// A run that leaves the state goes; the one in its place is selected.
func TestVanish(t *testing.T) {
	l := busy()
	x := play(t, l.st, 80, 24).do(keys.End)
	if x.s.Run != "r-0a01" {
		t.Fatal(x.s.Run)
	}
	x.now = now.Add(22 * time.Hour)
	l.submit(22*time.Hour, "2001", "later", privacy.PairedPeersOnly) // evicts what ended a day before
	x.world(l.st).lacks("r-0a01")
	if x.s.Run != "r-0b02" {
		t.Errorf("in its place is %s", x.s.Run)
	}
}

func TestAttention(t *testing.T) {
	l := busy()
	x := play(t, l.st, 80, 24)
	if !x.p.Attention() {
		t.Error("a run failed")
	}
	x.view()
	if x.p.Attention() {
		t.Error("it was seen")
	}
	l.start(0, "0e05", "bob-cpu").finish(0, "0e05", mesh.Failed, "no", 0, 0)
	if x.world(l.st); !x.p.Attention() {
		t.Error("another one failed")
	}
	x.s.World.Past = now.Add(-time.Hour)
	x.send(pane.Changed{}).view()
	if !x.p.Attention() {
		t.Error("looking at the past saw it")
	}
}

func TestActs(t *testing.T) {
	x := play(t, busy().st, 80, 24).do(keys.Seek, keys.Copy)
	if c, ok := x.last().(pane.Clip); !ok || !strings.HasPrefix(c.Text, "vox://trace/4bf92f35") || len(c.Text) != len("vox://trace/")+32 {
		t.Errorf("copied %v", x.last())
	}
	on := pane.Ref{Kind: pane.Run, ID: "r-0b02"}
	for _, id := range []keys.ID{keys.Kill, keys.Replay, keys.Explain} {
		if x.do(id); x.last() != (pane.Act{Verb: id, On: on}) {
			t.Errorf("%s gives %v", id, x.last())
		}
	}
	reason := func(id keys.ID) string {
		for _, b := range x.p.Keys() {
			if b.ID == id {
				return b.Reason()
			}
		}
		t.Fatalf("%s is not bound", id)
		return ""
	}
	if got := reason(keys.Kill); got != "r-0b02 has ended already: failed" {
		t.Errorf("K: %q", got)
	}
	x.do(keys.Home)
	if reason(keys.Kill) != "" {
		t.Error("what waits can be killed")
	}
	x.s.World.Past = now
	if !strings.Contains(reason(keys.Replay), "press . for live") || reason(keys.Explain) != "" {
		t.Error("in the past nothing acts, and all can be explained")
	}
}

func TestMouse(t *testing.T) {
	x := play(t, busy().st, 80, 24)
	x.view()
	x.send(pane.Click{X: 10, Y: 6})
	if x.s.Run != "r-0c03" {
		t.Errorf("a click selects %s", x.s.Run)
	}
	x.send(pane.Click{X: 10, Y: 6, Double: true})
	if _, ok := x.last().(pane.Visit); !ok {
		t.Errorf("a double click gives %v", x.last())
	}
	x.send(pane.Click{X: 9, Y: 1}).has("[Running]")
	x.send(pane.Click{X: 10, Y: 17}).has("[r-0d04 PAIRED]")
}

func TestEmpty(t *testing.T) {
	x := play(t, newSample().st, 80, 24).has("Nothing ran yet.", "[Send a prompt]", "See a demo", "no run yet")
	if x.do(keys.Open); x.last() != (pane.Act{Verb: keys.Send}) {
		t.Errorf("enter gives %v", x.last())
	}
	if _, ok := x.do(keys.Right, keys.Open).last().(pane.Demo); !ok {
		t.Errorf("the demo gives %v", x.last())
	}
	x.s.World.Past = now.Add(-time.Hour)
	x.send(pane.Changed{}).has("Nothing had run at 09:12:26").lacks("[Send")
	x.s.World.Past = time.Time{}
	x.world(busy().st).has("r-0d04").lacks("Nothing ran")
}

// What a job or a worker wrote never drives the terminal and never moves a column.
func TestHostile(t *testing.T) {
	l := busy()
	bad := "\x1b]52;c;AAAA\x07\x1b[2J\u202eevil\n界界界界界界界界界界界"
	l.submit(-time.Second, "6666", bad, privacy.PairedPeersOnly).start(-time.Second, "6666", "bob-cpu").
		finish(0, "6666", mesh.Failed, strings.Repeat(bad, 40), 99_000_000_000, 1<<60)
	for _, size := range [][2]int{{60, 16}, {80, 24}, {120, 40}, {200, 60}} {
		x := play(t, l.st, size[0], size[1])
		x.view()
		for y := range x.b.H {
			for c := range x.b.W {
				if s := x.b.At(c, y).S; strings.ContainsAny(s, "\x1b\x07\n\u202e") {
					t.Fatalf("%q at %d,%d", s, c, y)
				}
			}
		}
	}
}

func TestLostIsFaint(t *testing.T) {
	x := play(t, busy().st, 80, 24)
	x.s.World.Lost = now
	x.send(pane.Changed{}).has("r-0d04", "running")
	if st := x.b.At(12, 4).Style; st.Attr == 0 {
		t.Error("the rows of a lost host are not faint")
	}
}

func TestPast(t *testing.T) {
	l := newSample().submit(-6*time.Minute, "0d04", "render", privacy.PairedPeersOnly)
	then := mesh.Projection{}.Clone(l.st)
	x := play(t, l.start(-5*time.Minute, "0d04", "bob-cpu").st, 80, 24).has("running", "6:00")
	x.s.World.State, x.s.World.Past = then, now.Add(-5*time.Minute-30*time.Second)
	x.send(pane.Changed{}).has("queued", "0:30").lacks("running   ")
}

// Ten thousand runs are listed in a command; what was asked before the last question is dropped, and the keys go on.
func TestTenThousand(t *testing.T) {
	l := newSample()
	for i := range 10_000 {
		l.submit(-time.Minute, fmt.Sprintf("%05x", i), fmt.Sprintf("job %d", i), privacy.PairedPeersOnly)
	}
	x := play(t, l.st, 80, 24)
	x.hold = true
	x.has("──")
	x.lacks("r-0000")
	x.send(pane.Changed{})
	if len(x.cmds) != 1 {
		t.Fatalf("%d commands", len(x.cmds))
	}
	x.send(pane.Changed{}, pane.Second{})
	if len(x.cmds) != 1 {
		t.Error("a second question while the first is on its way")
	}
	old := x.cmds[0]()
	x.do(keys.Filter).typed("99")
	if len(x.cmds) != 3 {
		t.Fatalf("%d commands after two letters", len(x.cmds))
	}
	x.send(x.cmds[1](), old)
	if x.p.ready {
		t.Error("an old answer was taken")
	}
	x.send(x.cmds[2]()).has("of 10000", "job 9999")
	x.do(keys.Down)
	if x.s.Run != x.p.list.IDs()[1] {
		t.Error("the cursor does not move")
	}
	n := len(x.cmds)
	x.now = now.Add(5 * time.Second)
	x.do(keys.Open).send(pane.Changed{}, pane.Second{}).has("1:05")
	if len(x.cmds) != n {
		t.Error("a list that would come out as it is was made again")
	}
}

// A workflow of which no node has anything yet runs nowhere, and is not said to.
func TestAWorkflowNowhere(t *testing.T) {
	s := newSample().add(-time.Minute, mesh.KindWorkflowStarted, mesh.Encode(&mesh.WorkflowStarted{
		Run: "r-1", Name: "nightly", Definition: "0123", Class: privacy.PairedPeersOnly, Submitter: "mira", Activities: 2,
	}))
	play(t, s.st, 80, 24).has("│ goes on; sent at 10:11:26").lacks("runs on")
}
