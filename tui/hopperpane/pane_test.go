package hopperpane

import (
	"fmt"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	"voxmesh/hopper"
	"voxmesh/mesh"
	"voxmesh/tui/keys"
	"voxmesh/tui/pane"
)

func TestColumnsAndSelection(t *testing.T) {
	x := play(t, busy(), 120, 40).do(keys.Down, keys.Down).on("h-7bf4")
	x.do(keys.Right).on("h-7bff").has(" Inbox 7 ", "[Assigned 4]", "│▸ h-7bff").lacks("▸ 3 h-7bf4")
	x.do(keys.Right, keys.Right).on("h-7c02").has("[History 4]")
	x.do(keys.Left, keys.Left, keys.Left).on("h-7bf4").has("▸ 3 h-7bf4")
	x.do(keys.View, keys.View, keys.View).on("h-7bf4")
	x.do(keys.Copy).did(pane.Clip{Text: "h-7bf4", Said: "copied h-7bf4"})
	if x.p.Selected() != ref("h-7bf4") {
		t.Errorf("selected is %v", x.p.Selected())
	}
}

// The cursor stays with its item while others come and go; where it goes, the one in its place is selected.
func TestTheCursorFollowsItsRow(t *testing.T) {
	s := busy()
	x := play(t, s, 80, 24).do(keys.Down).on("h-7c20")
	s = s.later().put(item("h-9999", "first of all", paired, hopper.Urgent, hopper.Developer, time.Minute, -5))
	x.world(s).on("h-7c20").has("▸  3 h-7c20", "  1 h-9999")
	x.do(keys.Home).on("h-9999")
	s = s.later().put(item("h-9998", "before that", paired, hopper.Urgent, hopper.Developer, time.Minute, -6))
	x.world(s).on("h-9999").has("▸  2 h-9999") // the first of the inbox is no newest one
	s = s.later().change("h-9999", func(it *hopper.Item) { it.State, it.Node = hopper.Assigned, "bob-cpu" })
	x.world(s).on("h-7c1e").has("Assigned 5")
}

// The newest of what nodes have, and of what is over, is followed.
func TestTheNewestIsFollowed(t *testing.T) {
	s := busy()
	x := play(t, s, 80, 24).do(keys.Right, keys.Right).on("h-7c02")
	s = s.later().put(over("h-8001", "another", paired, hopper.Done, "10:12", time.Second))
	x.world(s).on("h-8001").do(keys.Down, keys.Down)
	at := x.s.Item
	s = s.later().put(over("h-8002", "yet another", paired, hopper.Done, "10:12", time.Second))
	x.world(s).on(at).has("1 new")
	x.do(keys.Home, keys.Open).did(pane.Visit{Ref: pane.Ref{Kind: pane.Run, ID: "r-8002"}})
	s = s.later().put(over("h-8003", "while it is open", paired, hopper.Done, "10:12", time.Second))
	x.world(s).on("h-8002")
}

func TestFilter(t *testing.T) {
	x := play(t, busy(), 80, 24).do(keys.Filter)
	if !x.p.Typing() {
		t.Fatal("the filter is not typed")
	}
	x.typed("priority:background").has("2 of 7", "h-7ba0", "  6 h-7ba0").lacks("h-7c20")
	x.do(keys.Open).has("2 of 7 /priority:background").on("h-7ba0")
	x.do(keys.Move).did(pane.Notice{Text: "the filter hides the places between; esc clears it"})
	x.do(keys.Back).has("next first", "h-7c20")
	for text, want := range map[string]string{
		"by:dev": "h-7c1e", "class:public": "h-7be9", "class:?": "h-7b77", "status:no\\ gpu": "", "gpu free": "h-7c1e", "age:>40m": "h-7b77", "flaky": "h-7c1e",
	} {
		x.do(keys.Filter).send(tea.PasteMsg{Content: text})
		if want == "" {
			x.has("Nothing matches /" + text)
		} else {
			x.has("1 of 7", want)
		}
		x.do(keys.Back)
	}
	x.send(pane.Narrow{Filter: "render"}).has("1 of 7 /render").do(keys.Right, keys.Right).has("1 of 4 /render", "h-7be8").lacks("h-7c02")
}

func TestSort(t *testing.T) {
	x := play(t, busy(), 80, 24).do(keys.Sort).did(pane.Notice{Text: "the inbox has one order: what starts next is first"})
	x.do(keys.Right)
	x.view()
	if x.send(pane.Click{X: 19, Y: 2}).has("PRIORITY▾", "by priority"); x.p.lists[assigned].IDs()[0] != "h-7c0a" {
		t.Errorf("by priority it is %v", x.p.lists[assigned].IDs())
	}
	if x.do(keys.Order).has("PRIORITY▴"); x.p.lists[assigned].IDs()[3] != "h-7c0a" {
		t.Errorf("turned it is %v", x.p.lists[assigned].IDs())
	}
	x.do(keys.Sort).has("BY▾").do(keys.Sort).has("INTENT▴").do(keys.Sort, keys.Sort).has("TIME▴", "newest").do(keys.Order).has("oldest")
}

func TestVerbs(t *testing.T) {
	x := play(t, busy(), 120, 40)
	for _, id := range []keys.ID{keys.Priority, keys.Kill, keys.Explain} {
		x.do(id).did(pane.Act{Verb: id, On: ref("h-7c1e")})
	}
	x.do(keys.Send).did(pane.Act{Verb: keys.Send})
	x.do(keys.Replay).did(pane.Notice{Text: "h-7c1e is not over yet"})
	x.do(keys.Seek).on("h-7bfa").has("[History 4]")
	x.do(keys.Priority).did(pane.Notice{Text: "h-7bfa is over already: failed"})
	x.do(keys.Kill).did(pane.Notice{Text: "h-7bfa is over already: failed"})
	x.do(keys.Move).did(pane.Notice{Text: "h-7bfa is over already: failed"})
	x.do(keys.Replay).did(pane.Notice{Text: "r-7bfa is not here"})
	play(t, newSample().put(item("h-1", "x", paired, 5, 2, time.Minute, 1)), 80, 24).do(keys.Seek).did(pane.Notice{Text: "nothing failed here"})
}

// What may not be done keeps its place and says why: for a viewer, of the past, and without a host.
func TestWhoMayOnlyLook(t *testing.T) {
	for says, so := range map[string]func(*pane.Session){
		"you are here to view only":                     func(s *pane.Session) { s.Viewer = true },
		"you are looking at the past: press . for live": func(s *pane.Session) { s.World.Past = now },
		"the host is lost; r tries again":               func(s *pane.Session) { s.World.Lost = now },
	} {
		x := play(t, busy(), 120, 40)
		so(x.s)
		x.send(pane.Changed{})
		for _, id := range []keys.ID{keys.Priority, keys.Move, keys.Mark, keys.Batch, keys.Kill, keys.Send} {
			x.do(id).did(pane.Notice{Text: says})
		}
		x.do(keys.Down).on("h-7c20").do(keys.Explain).did(pane.Act{Verb: keys.Explain, On: ref("h-7c20")})
		if x.send(pane.Drag{FromX: 10, FromY: 4, X: 10, Y: 8}); x.p.carry != nil {
			t.Errorf("%s: it is carried", says)
		}
	}
}

// In the past the state of that instant is shown, and ages are counted from it.
func TestPast(t *testing.T) {
	s := newSample().put(item("h-1111", "early", paired, hopper.Normal, hopper.Orchestrator, 10*time.Minute, 1))
	then := s.later()
	s = s.put(over("h-2222", "late", paired, hopper.Done, "10:12", time.Second))
	x := play(t, s, 80, 24).has("History 1", "10 m")
	x.s.World = pane.World{State: then.st, Past: now.Add(-8 * time.Minute)}
	x.send(pane.Changed{}).has("History 0", "2:00", "waits 2:00")
	x.s.World = pane.World{State: newSample().st, Past: now.Add(-time.Hour)}
	x.send(pane.Changed{}).has("Nothing was asked for by 09:12:26, or within the day before.").lacks("Send an intent")
}

func TestLostIsFaint(t *testing.T) {
	x := play(t, busy(), 120, 40)
	x.s.World.Lost = now
	if x.has("h-7c1e"); x.b.At(10, 2).Style.Attr&2 == 0 {
		t.Error("the rows are not faint")
	}
}

func TestEmpty(t *testing.T) {
	x := play(t, newSample(), 80, 24).has("Nothing was asked for yet.", "[Send an intent]", "See a demo", "[Inbox 0]", "# ITEM")
	x.do(keys.Open).did(pane.Act{Verb: keys.Send}).do(keys.Right, keys.Open).did(pane.Demo{})
	x.do(keys.Left).send(pane.Click{X: 20, Y: 12})
	x.s.Viewer = true
	x.do(keys.Open).did(pane.Notice{Text: "you are here to view only"}).do(keys.Send).did(pane.Notice{Text: "you are here to view only"})
	play(t, newSample(), 60, 16).has("Nothing was asked for yet.")
	play(t, newSample(), 200, 60).has("finds a node for it.")
	// An empty list among others says so.
	play(t, newSample().put(over("h-1", "x", paired, hopper.Done, "10:12", 0)), 120, 40).has("Nothing waits.", "No node has work of it.", "No item is selected.")
}

func TestReveal(t *testing.T) {
	x := play(t, busy(), 80, 24).do(keys.Filter).typed("zzz").do(keys.Open)
	x.send(pane.Reveal{Ref: ref("h-7bfa")}).on("h-7bfa").has("[History 4]", "▸ h-7bfa")
	x.send(pane.Reveal{Ref: ref("h-7c1e")}).on("h-7c1e").has("[Inbox 7]")
	x.send(pane.Reveal{Ref: pane.Ref{Kind: pane.Node, ID: "bob"}}, pane.Reveal{}).on("h-7c1e")
}

// One so new that no world has it yet is selected when it comes, whatever was asked of the log meanwhile.
func TestRevealNew(t *testing.T) {
	s := busy()
	x := playWith(t, s, records{"h-new": {ItemID: "h-new", State: "inbox"}}, 80, 24)
	x.send(pane.Reveal{Ref: ref("h-new")}).has("[Inbox 7]")
	s = s.later().put(item("h-new", "brand new", paired, 5, 2, 0, 99))
	x.world(s).on("h-new").has("▸  8 h-new")
}

// One that closed too long ago is read, and shown alone until esc.
func TestRevealOld(t *testing.T) {
	old := mesh.ItemView{
		ItemID: "h-old", Intent: "long ago", State: "closed", Outcome: "failed", PriorityValue: 9, PrioritySource: "developer", PrivacyClass: paired,
		SubmittedAt: micros(90 * time.Hour), Since: micros(80 * time.Hour), Confidence: 0.5, RunID: "r-old", NodeID: "bob-cpu", Why: "out of disk",
		Trail:     []mesh.ItemStepView{{At: micros(90 * time.Hour), Step: "reprioritized", Actor: "ssh:mira", Detail: "normal → urgent: now", AuditID: "a-1"}},
		Overrides: []mesh.OverrideView{{OriginalPriority: "normal", Priority: "urgent", Reason: "now", AuditID: "a-1"}},
	}
	x := playWith(t, busy(), records{"h-old": old}, 120, 40)
	x.send(pane.Reveal{Ref: ref("h-old")}).has("h-old PAIRED", "failed at 11 Mar on bob-cpu: out of disk", `DeveloperOverride  a-1  "now"`, "$ voxmesh runs r-old").lacks("h-7c1e")
	if x.p.Selected() != ref("h-old") {
		t.Errorf("selected is %v", x.p.Selected())
	}
	x.do(keys.Back).has("h-7c1e", "[Inbox 7]")
	x.send(pane.Reveal{Ref: ref("h-none")}).did(pane.Notice{Text: "h-none: there is no item h-none in the hopper"}).has("h-7c1e")
}

func TestTrail(t *testing.T) {
	s := busy().change("h-7c1e", func(it *hopper.Item) {
		for i := range 25 {
			it.Trail = append(it.Trail, hopper.Step{At: it.At, Name: "suggested", Actor: "llama", Detail: fmt.Sprintf("word %d", i)})
		}
	})
	x := play(t, s, 120, 40).has("word 24", "word 18", "22–28 of 28").lacks("word 17")
	x.do(keys.Open).has("word 24", "word 0", "submitted").lacks("h-7c20") // over the whole pane
	x.do(keys.Back).has("h-7c20")
	x.do(keys.Next, keys.Up, keys.Up).has("word 22", "20–26 of 28").lacks("word 23").do(keys.Home).has("submitted", "1–7 of 28").on("h-7c1e")
	x.do(keys.End).has("word 24").send(pane.Wheel{X: 30, Y: 28}).has("19–25 of 28").do(keys.Previous, keys.Down).on("h-7c20").lacks("of 28")
}

// A trail that the state cut is read whole when it is opened; where that fails it says so, and can be tried again.
func TestALongTrailIsRead(t *testing.T) {
	cut := func(it *hopper.Item) {
		for len(it.Trail) < hopper.TrailKept {
			it.Trail = append(it.Trail, hopper.Step{At: it.At, Name: "returned", Detail: "kept"})
		}
	}
	r := records{}
	x := playWith(t, busy().change("h-7c1e", cut), r, 120, 40).do(keys.Open).has("not all of it: there is no item h-7c1e", "r retry", "kept")
	it, _ := x.s.World.State.Hopper().Item("h-7c1e")
	v := mesh.ItemView{ItemID: "h-7c1e", State: it.State.String()}
	for i := range 60 {
		v.Trail = append(v.Trail, mesh.ItemStepView{At: it.At, Step: "returned", Detail: fmt.Sprintf("read %d", i)})
	}
	r["h-7c1e"] = v
	x.do(keys.Retry).has("read 59", "of 60").lacks("kept", "not all")
	x.do(keys.Back, keys.Open).do(keys.Home).has("read 0 ")
}

// Ten thousand items are listed in a command, at most once a second; an old answer is dropped, and the keys go on.
func TestTenThousand(t *testing.T) {
	s := crowd(10_000)
	x := play(t, s, 80, 24)
	x.hold = true
	x.has("╭[Inbox]").lacks("h-0000", "──── ")
	x.now = now.Add(200 * time.Millisecond)
	x.has("─── ──")
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
	x.send(x.cmds[1](), old)
	if x.p.ready {
		t.Error("an old answer was taken")
	}
	x.send(x.cmds[len(x.cmds)-1]()).has("of 10000 ", "work number 99")
	x.do(keys.Back).send(x.cmds[len(x.cmds)-1]()).has("[Inbox 10000]")
	x.do(keys.End).on("h-270f").has("▸10000 h-270f", "9990–10000 of 10000")
	n := len(x.cmds)
	x.now = now.Add(5 * time.Second)
	x.send(pane.Changed{}, pane.Second{})
	if len(x.cmds) != n {
		t.Error("lists that would come out as they are were made again")
	}
	s = s.later().change("h-270f", func(it *hopper.Item) { it.State, it.Node = hopper.Assigned, "bob-cpu" })
	x.world(s).send(pane.Changed{})
	if len(x.cmds) != n+1 {
		t.Errorf("%d commands for one change", len(x.cmds)-n)
	}
	x.has("leased, wait") // the row is of the world that is shown, until the list is
	x.send(x.cmds[n]()).has("[Inbox 9999]", "Assigned 1").on("h-270e")
}

func TestClicks(t *testing.T) {
	x := play(t, busy(), 120, 40)
	x.view()
	x.send(pane.Click{X: 10, Y: 7}).on("h-7bf4").send(pane.Click{X: 50, Y: 5}).on("h-7c0a").has("[Assigned 4]")
	x.send(pane.Click{X: 50, Y: 5, Double: true}).did(pane.Visit{Ref: pane.Ref{Kind: pane.Run, ID: "r-7c0a"}})
	x.send(pane.Click{X: 10, Y: 2}, pane.Click{X: 10, Y: 2, Double: true}).on("h-7c1e").lacks("h-7c20")
	x.do(keys.Back).send(pane.Click{X: 50, Y: 30}).has("[h-7c1e PAIRED]")
	x = play(t, busy(), 80, 24)
	x.view()
	x.send(pane.Click{X: 12, Y: 1}).has("[Assigned 4]").send(pane.Click{X: 2, Y: 40}, pane.Click{X: 200, Y: 1})
	x.send(pane.Click{X: 5, Y: 4, Right: true}).on("h-7c0a")
	if strings.Contains(x.view(), "[Inbox") {
		t.Error("a click beside everything turned the view")
	}
}

// The last row of a viewer lacks what the role may not do: carrying and marking end in acts.
func TestViewersRow(t *testing.T) {
	x := play(t, busy(), 80, 24)
	short := func(id keys.ID) string {
		for _, b := range x.p.Keys() {
			if b.ID == id {
				return b.Short
			}
		}
		return ""
	}
	if short(keys.Move) == "" || short(keys.Mark) == "" {
		t.Error("who may act lacks m or space")
	}
	x.s.Viewer = true
	if short(keys.Move) != "" || short(keys.Mark) != "" || short(keys.Open) == "" {
		t.Error("a viewer is offered m or space")
	}
}
