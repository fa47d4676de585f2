package debugger

import (
	"strings"
	"testing"

	"voxmesh/mesh"
	"voxmesh/mesh/privacy"
	"voxmesh/tui/keys"
	"voxmesh/tui/pane"
)

// down is so often down.
func (x *screen) down(n int) *screen {
	for range n {
		x.do(keys.Down)
	}
	return x
}

func (x *screen) same(want []string) {
	x.t.Helper()
	rows := x.rows()
	for y, s := range want {
		if rows[y] != s {
			x.t.Errorf("row %d is\n%s, want\n%s", y, rows[y], s)
		}
	}
}

// The picture of the timeline at 120 by 40, row for row. The blank lanes are left out of it.
func TestDrawing(t *testing.T) {
	x := open1(t, 120, 40).down(6)
	want := []string{
		"",
		"╭[Workflow r-19c4 PAIRED  nightly-render]─────────────────────────────────── running 6:16  3 of 6 done  span 17 of 33 ─╮",
		"│  SPAN                 CLASS  NODE        TIME  ╵10:06:10   ╵10:06:25    ╱3:20 ╱╵10:10:00         ╵10:11:13         ╷ │",
		"│  nightly-render       PAIRED             6:16  ─────────────────────────╱─────╱────────────────────────────────────… │",
		"│    split              PAIRED aurelia     0:04  ███✓                     ╱     ╱                                      │",
		"│    render[0]          PAIRED alice-gpu   3:52     ██████████████████████╱▒▒▒▒▒╱█✓                                    │",
		"│      attempt 1        PAIRED alice-gpu   3:52     ░░████████████████████╱▒▒▒▒▒╱█✓                                    │",
		"│    render[1]          PAIRED bob-cpu     5:36     ██████████████████████╱▒▒▒▒▒╱███████████████████████████✓          │",
		"│      attempt 1        PAIRED bob-cpu     0:22     ░░████████████████✗   ╱     ╱                                      │",
		"│▸     attempt 2        PAIRED lex-2       1:48                           ╱     ╱░██████████████████████████✓          │",
		"│    render[2]          PAIRED alice-gpu   0:42                           ╱     ╱                          ██████████… │",
		"│      attempt 1        PAIRED alice-gpu   0:42                           ╱     ╱                          ░█████████… │",
		"│    caption            PAIRED bob-cpu     0:34                           ╱     ╱                            ░███████… │",
		"│    publish            PAIRED –              –                           ╱     ╱        · waits for render[2]         │",
	}
	for range 8 {
		want = append(want, "│"+strings.Repeat(" ", 118)+"│")
	}
	want = append(
		want,
		"│ ░ lease and dispatch   █ running   ▒ folded   ✓ ✗ ■ end   … running   bob-cpu clock +1.2 s, corrected                │",
		"╰──────────────────────────────────────────────────────────────────────────────────────────────────────────────────────╯",
		"╭ render[1] attempt 2 PAIRED  lex-2 ──────────────── succeeded 1:48 ─╮╭ Output ─────────────────────── 203–212 of 212 ─╮",
		"│ 10:10:02.114 → 10:11:50.306   lease 0:04   cost $0.03              ││ frame 203  0.58 s                              │",
		"│ why        attempt 1 on bob-cpu: worker lost, no beat for 30 s     ││ frame 204  0.59 s                              │",
		"│ input      frames  81–160            ref split.parts[1]            ││ frame 205  0.60 s                              │",
		"│ output     sha256 9f2c…41aa          14 MB                         ││ frame 206  0.61 s                              │",
		"│ span       3749253e201f85fb          parent 2e1dc0a215e5c766       ││ frame 207  0.62 s                              │",
		"│ trace      4bf92f3577b34da6a3ce929d0e0e4736                        ││ frame 208  0.63 s                              │",
		"│                                                                    ││ frame 209  0.64 s                              │",
		"│ space marks a second attempt, c compares the two                   ││ frame 210  0.55 s                              │",
		"│                                                                    ││ frame 211  0.56 s                              │",
		"│ $ voxmesh runs r-19c4                                              ││ frame 212  0.57 s                              │",
		"╰────────────────────────────────────────────────────────────────────╯╰────────────────────────────────────────────────╯",
	)
	x.same(want)
}

func TestDrawingSmall(t *testing.T) {
	open1(t, 80, 24).down(6).same([]string{
		"",
		"╭[Workflow r-19c4 PAIRED  nightly…]─ running 6:16  3 of 6 done  span 17 of 33 ─╮",
		"│  SPAN                     CLASS   ╵10:06:10     ╱3:20 ╱╵10:10:00           ╷ │",
		"│  nightly-render           PAIRED  ──────────────╱─────╱────────────────────… │",
		"│    split                  PAIRED  █✓            ╱     ╱                      │",
		"│    render[0]              PAIRED   █████████████╱▒▒▒▒▒╱✓                     │",
		"│      attempt 1            PAIRED   ░████████████╱▒▒▒▒▒╱✓                     │",
		"│    render[1]              PAIRED   █████████████╱▒▒▒▒▒╱███████████████✓      │",
		"│      attempt 1            PAIRED   ░██████████✗ ╱     ╱                      │",
		"│▸     attempt 2            PAIRED                ╱     ╱███████████████✓      │",
		"│    render[2]              PAIRED                ╱     ╱              ██████… │",
		"│      attempt 1            PAIRED                ╱     ╱              ░█████… │",
		"│    caption                PAIRED                ╱     ╱                ████… │",
		"│ ░ lease and dispatch   █ running   bob-cpu clock +1.2 s, corrected           │",
		"╰───────────────────────────────────────────────────────────────── 1–10 of 11 ─╯",
		"╭ Span  Output  render[1] attempt 2 PAIRED  lex-2 ──────────── succeeded 1:48 ─╮",
		"│ 10:10:02.114 → 10:11:50.306   lease 0:04   cost $0.03                        │",
		"│ why        attempt 1 on bob-cpu: worker lost, no beat for 30 s               │",
		"│ input      frames  81–160            ref split.parts[1]                      │",
		"│ $ voxmesh runs r-19c4                                                        │",
		"╰─────────────────────────────────────────────────────────────────── 1–3 of 6 ─╯",
	})
}

func TestSizes(t *testing.T) {
	x := open1(t, 200, 60).down(6)
	x.has("│▸     attempt 2                    PAIRED lex-2           1:48 ", "╵10:10:36", "frame 212  0.57 s")
	x.size(60, 16).has("▸     attempt 2      PAIRED", "[Workflow r-19c4 PAIRED", "running 6:16").lacks("Output", "trace ")
	x.do(keys.Next).has("[Span]", "why        attempt 1 on bob-cpu", "trace      4bf9").lacks("Workflow")
	x.do(keys.Next).has("[Output]", "frame 212").lacks("trace ")
	x.size(80, 24).has("[Output]", "frame 212", "▸     attempt 2", "209–212 of 212")
	x.do(keys.Previous).has("[Span]", "$ voxmesh runs r-19c4")
	x.size(120, 40).has("[render[1] attempt 2 PAIRED  lex-2]", " Output ", "▸     attempt 2")
	x.do(keys.Alone).lacks("Workflow", "frame 212").has("[Span]", "trace ")
	x.do(keys.Back).has("Workflow")
	if x.last() != nil {
		t.Error("esc ends alone first")
	}
	x.do(keys.Previous)
	for _, size := range [][2]int{{61, 17}, {79, 23}, {80, 24}, {111, 31}, {112, 32}, {159, 40}, {160, 50}, {300, 100}} {
		x.size(size[0], size[1]).has("▸     attempt 2")
	}
	x.size(20, 5).view() // nothing fits, nothing breaks
}

func TestFold(t *testing.T) {
	x := open1(t, 120, 40).down(1)
	if x.on() != "split" {
		t.Fatalf("it is on %s", x.on())
	}
	x.do(keys.Right).has("▸   split", "split              PAIRED aurelia     0:04  ███✓\u0020", "    attempt 1        PAIRED aurelia ")
	x.do(keys.Right, keys.Right, keys.Right).has("▸       lease          PAIRED aurelia")
	x.do(keys.Left)
	if x.on() != "split attempt 1" {
		t.Fatalf("← on a leaf goes to what it is in, not to %s", x.on())
	}
	x.do(keys.Left, keys.Left, keys.Left).has("▸   split  +4")
	x.send(pane.Changed{}, pane.Second{}).has("split  +4") // it stays closed
	x.view()
	x.send(pane.Click{X: x.l.signs[0].X, Y: x.l.signs[0].Y}).lacks("split  +4")
	x.do(keys.Home, keys.Left).has("nightly-render  +32").lacks("render[0]")
}

func TestNextAndSeek(t *testing.T) {
	x := open1(t, 120, 40)
	for _, want := range []string{"render[1] attempt 1", "publish", "render[1] attempt 1"} {
		if x.do(keys.Seek); x.on() != want {
			t.Errorf("the next problem is %s, want %s", x.on(), want)
		}
	}
	x.do(keys.Open)
	if got, ok := x.last().(pane.Seek); !ok || !got.At.Equal(clock("10:06:14")) {
		t.Errorf("enter gives %v", x.last())
	}
	x.do(keys.Seek, keys.Open)
	if got := x.last(); got != (pane.Notice{Text: "publish has not begun"}) {
		t.Errorf("enter on what waits gives %v", got)
	}
	x.do(keys.Home, keys.Left, keys.Seek) // all closed
	if x.on() != "render[1] attempt 1" {
		t.Errorf("a problem in a closed branch is found, not %s", x.on())
	}
}

func TestCopyVerbsAndView(t *testing.T) {
	x := open1(t, 120, 40).do(keys.Copy)
	if got := x.last().(pane.Clip).Text; got != "vox://trace/"+trace {
		t.Errorf("the run's link is %s", got)
	}
	if got := x.do(keys.Kill).last(); got != (pane.Act{Verb: keys.Kill, On: pane.Ref{Kind: pane.Run, ID: runID}}) {
		t.Errorf("K on the run is %v", got)
	}
	if got := x.do(keys.Replay).last(); got != (pane.Act{Verb: keys.Replay, On: pane.Ref{Kind: pane.Run, ID: runID}}) {
		t.Errorf("R on the run is %v", got)
	}
	x.down(6)
	s := x.l.span().v
	if got := x.do(keys.Copy).last().(pane.Clip).Text; got != "vox://trace/"+trace+"/"+s.SpanID {
		t.Errorf("a span's link is %s", got)
	}
	job := pane.Ref{Kind: pane.Job, ID: s.JobID}
	for _, id := range []keys.ID{keys.Kill, keys.Explain} {
		if got := x.do(id).last(); got != (pane.Act{Verb: id, On: job}) {
			t.Errorf("%s is %v", id, got)
		}
	}
	if got := x.do(keys.Replay).last(); got != (pane.Act{Verb: keys.Replay, On: pane.Ref{Kind: pane.Run, ID: runID}, Text: "render[1]"}) {
		t.Errorf("R on an attempt is %v", got)
	}
	if x.s.Job != s.JobID || x.s.Run != runID {
		t.Errorf("selected are %s, %s", x.s.Run, x.s.Job)
	}
	got, ok := x.do(keys.View).last().(pane.Several)
	if !ok || len(got) != 2 || got[0] != (pane.Close{}) || got[1] != (pane.Visit{Ref: pane.Ref{Kind: pane.Span, ID: runID + "/" + s.SpanID}, As: pane.AsTree}) {
		t.Errorf("v gives %v", x.last())
	}
	if got := x.do(keys.Back).last(); got != (pane.Close{}) {
		t.Errorf("esc gives %v", got)
	}
}

// No key stands for two things, in any region or in the comparison.
func TestKeysAreOne(t *testing.T) {
	x := open1(t, 120, 40).down(6)
	check := func(where string) {
		seen := map[string]keys.ID{}
		for _, b := range x.l.Keys() {
			for _, k := range b.Keys() {
				if was, twice := seen[k]; twice {
					t.Errorf("%s: %s is %s and %s", where, k, was, b.ID)
				}
				seen[k] = b.ID
			}
		}
	}
	for r := range numRegions {
		x.l.focus = r
		check([]string{"lanes", "span", "output", "axis"}[r])
	}
	x.l.focus = lanes
	x.do(keys.Mark, keys.Up, keys.Compare)
	check("compared")
}

func TestZoomAndPan(t *testing.T) {
	x := open1(t, 120, 40).down(8).do(keys.ZoomIn, keys.ZoomIn).has("  4× ─╮", "attempt 1        PAIRED alice-gpu   0:42")
	from, to := x.l.win.see(x.l.full())
	if d := (to - from) / second; d != 94 || micros("10:11:44") < from || micros("10:11:44") > to {
		t.Errorf("the window is %d s", d)
	}
	x.do(keys.Home, keys.Down) // split is not in it: the window follows the cursor
	if from, to = x.l.win.see(x.l.full()); micros("10:06:10") < from || micros("10:06:14") > to {
		t.Error("the picked span is not in the window")
	}
	x.do(keys.Previous).has("[4×]").do(keys.End, keys.Left)
	if _, to = x.l.win.see(x.l.full()); (x.l.full().to-to)/second != 11 {
		t.Errorf("← at the end moves the window by %d s", (x.l.full().to-to)/second)
	}
	x.do(keys.Fit).has("[1×]").lacks("4×")
	x.do(keys.Next, keys.ZoomIn, keys.ZoomOut).lacks("×")
	for range 40 {
		x.do(keys.ZoomIn)
	}
	x.has("╵06:10.00") // a label for parts of a second
}

func TestMouse(t *testing.T) {
	x := open1(t, 120, 40)
	x.view()
	x.send(pane.Click{X: 10, Y: 8})
	if x.on() != "render[1] attempt 1" {
		t.Errorf("a click picks %s", x.on())
	}
	x.send(pane.Click{X: 10, Y: 8, Double: true})
	if _, ok := x.last().(pane.Seek); !ok {
		t.Errorf("a double click gives %v", x.last())
	}
	x.send(pane.Click{X: 10, Y: 9}, pane.Click{X: 100, Y: 30}).has("[Output]", "203–212 of 212")
	x.send(pane.Wheel{X: 100, Y: 30}).has("200–209 of 212")
	x.send(pane.Click{X: 60, Y: 2}).has("[1×]").do(keys.ZoomIn, keys.Home)
	was, _ := x.l.win.see(x.l.full())
	x.view()
	x.send(pane.Drag{FromX: 90, FromY: 5, X: 80, Y: 5}, pane.Drag{FromX: 90, FromY: 5, X: 70, Y: 5, Done: true})
	if now, _ := x.l.win.see(x.l.full()); now-was < 50*second || now-was > 60*second {
		t.Errorf("a drag by 20 of 69 columns of 188 s moves by %d s", (now-was)/second)
	}
	x.view()
	x.send(pane.Wheel{X: 60, Y: 2})
	if now, _ := x.l.win.see(x.l.full()); now-was > 40*second {
		t.Error("the wheel over the times moves the window")
	}
}

func TestCompare(t *testing.T) {
	x := open1(t, 120, 40).down(5).do(keys.Compare)
	if x.last() != (pane.Notice{Text: "space marks an attempt; c compares two"}) {
		t.Errorf("c without a mark gives %v", x.last())
	}
	x.do(keys.Up).has("│ attempts   PAIRED bob-cpu worker lost 0:").do(keys.Down)
	x.do(keys.Mark).has("│▸•    attempt 1        PAIRED bob-cpu ").down(1).do(keys.Compare)
	x.has(
		"[Compare] r-19c4 PAIRED  nightly-render ", "render[1] attempt 1 PAIRED  ", "render[1] attempt 2 PAIRED  ",
		"node       bob-cpu  ", "status     worker lost  ", "why ended  no beat for 30 s", "  lease    0:01 ", "  run      0:20  ", "+1:24  ",
		"cost  ", "$0.03", "9f2c…41aa  14 MB", "render[1] attempt 1 PAIRED what attempt 1 wrote is not kept",
	)
	x.do(keys.Back).has("[Workflow").do(keys.Mark).has("•    attempt 1        PAIRED bob-cpu", "▸•    attempt 2")
	x.do(keys.Mark).has("▸     attempt 2")
}

// Two attempts whose outputs are both there are put side by side, line by line.
func TestCompareOutputs(t *testing.T) {
	rec := sample()
	zero, two := rec.run.Root.Children[1], rec.run.Root.Children[2]
	rec.outs[zero.JobID] = mesh.Output{Data: []byte("frame 1\nframe 2\nseed 7\nframe 3\n"), Attempt: 1, Done: true}
	rec.outs[two.JobID] = mesh.Output{Data: []byte("frame 1\nframe 2\nseed 9\nframe 3\n"), Attempt: 2, Done: true}
	x := openWith(t, 120, 40, rec, nil)
	x.view()
	x.down(3).do(keys.Mark).down(3).do(keys.Mark, keys.Compare)
	x.has("Output ─", "   1   frame 1", "   3 - seed 7", "   3 + seed 9", "   4   frame 3", "render[0] attempt 1 PAIRED")
	x.size(80, 24).view()
	x.send(pane.Second{})
	if x.l.cmp.width != 70 {
		t.Errorf("what differs is broken to %d columns", x.l.cmp.width)
	}
	x.do(keys.Seek).has("   3 - seed 7", "   3 + seed 9", "render[1] attempt 2 PAIRED")
	x.size(60, 16).has("[Compare]")
	x.do(keys.Copy)
	if got := x.last().(pane.Clip).Text; strings.Count(got, "vox://trace/") != 2 {
		t.Errorf("y copies %s", got)
	}
	if x.do(keys.Compare); x.l.cmp != nil || x.last() == (pane.Close{}) {
		t.Error("c goes back to the timeline")
	}
}

// Of a third mark the first goes; a mark on what is no attempt is on its last one; what is not there cannot be compared.
func TestMarks(t *testing.T) {
	x := open1(t, 120, 40).do(keys.Mark)
	if _, ok := x.last().(pane.Notice); !ok || len(x.l.marked) != 0 {
		t.Errorf("the run is marked: %v", x.last())
	}
	x.down(3).do(keys.Mark).down(1).do(keys.Mark).down(1).do(keys.Mark)
	if len(x.l.marked) != 2 || x.l.marked[0] == x.l.tree.key(x.l.tree.attempt(3)) {
		t.Errorf("marked are %v", x.l.marked)
	}
	x.l.marked = []string{"1", "2"}
	x.do(keys.Compare)
	if _, ok := x.last().(pane.Notice); !ok || x.l.cmp != nil || len(x.l.marked) != 0 {
		t.Error("what is not there is compared")
	}
}

// What a viewer may not see is not read.
func TestViewer(t *testing.T) {
	rec := sample()
	var local func(v *mesh.SpanView)
	local = func(v *mesh.SpanView) {
		v.PrivacyClass = privacy.LocalOnly
		for i := range v.Children {
			local(&v.Children[i])
		}
	}
	local(&rec.run.Root)
	x := openWith(t, 120, 40, rec, func(x *screen) { x.s.Viewer = true }).down(6)
	x.has("LOCAL stays on this machine", "2 arguments", "render[1] attempt 2 LOCAL").lacks("frames  81", "frame 212")
	x.do(keys.Up, keys.Mark).down(1).do(keys.Compare).has("LOCAL: its output is for the operator alone")
	if rec.count("tail") != 0 {
		t.Errorf("asked was %v", rec.asked)
	}
}
