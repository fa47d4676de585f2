package tui

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	tea "charm.land/bubbletea/v2"

	"voxmesh/mesh"
	"voxmesh/tui/keys"
)

// The whole console shows the instant: header, graph, table, inspector, status row, runs; and nothing of it changes while
// live work goes on underneath.
func TestThePastIsShownEverywhere(t *testing.T) { synctest.Test(t, testThePastIsShownEverywhere) }

func testThePastIsShownEverywhere(t *testing.T) {
	s := newScene(t, 80, 24).past("09:41:07")
	for _, want := range []string{"AS OF 09:41:07 (−31 m)", "gpu 0/2", "beat –", "rtt –", "queue 0", "$ voxmesh oplog at 09:41:07", " op 46 "} {
		if !strings.Contains(s.plain(), want) {
			t.Errorf("%q is not on the screen:\n%s", want, s.plain())
		}
	}
	before := s.plain()
	s.h.st = aurelia().run(now, "j-9999", "alice-gpu", "gpu").st
	s.send(worldOf(s.c))
	s.second()
	if s.plain() != before {
		t.Errorf("the past changed:\n%s", s.plain())
	}
	if s.press("2"); strings.Contains(s.plain(), "r-81f2") || !strings.Contains(s.plain(), "r-7001") {
		t.Errorf("Runs does not show the instant:\n%s", s.plain())
	}
	s.press("1", ".")
	if !strings.Contains(s.plain(), "● live") || !strings.Contains(s.plain(), "gpu 3/2") {
		t.Errorf("live is not the newest:\n%s", s.plain())
	}
}

// Nothing acts on the past, and each key says why, in the last row, the palette and the help.
func TestNothingActsOnThePast(t *testing.T) { synctest.Test(t, testNothingActsOnThePast) }

func testNothingActsOnThePast(t *testing.T) {
	s := newScene(t, 80, 24).past("09:41:07")
	const why = "you are looking at the past: press . for live"
	for _, k := range []string{"K", "P", "D", "R", "X", "C", "S", "A", "J", "U"} {
		if s.press(k); !strings.Contains(s.plain(), why) || s.c.layers.top() != nil {
			t.Errorf("%s:\n%s", k, s.plain())
		}
	}
	if s.press("3", "S"); !strings.Contains(s.plain(), "S send intent: "+why) {
		t.Errorf("the reason is cut:\n%s", s.plain())
	}
	s.press("1", ":").typed("kill alice").press("enter")
	if len(s.h.acts) != 0 || s.c.layers.top() == nil {
		t.Error("the palette acts on the past")
	}
	s.press("esc", "?", "/").typed("kill")
	if !strings.Contains(s.plain(), "you are looking at the") {
		t.Errorf("the help does not say why:\n%s", s.plain())
	}
}

// Those that did not exist are absent, and the others stand where they stand today.
func TestThePastKeepsPlaces(t *testing.T) { synctest.Test(t, testThePastKeepsPlaces) }

func testThePastKeepsPlaces(t *testing.T) {
	l := aurelia()
	l.node(at("10:12:24"), "zz-new", 2, []mesh.Slot{{Kind: "cpu", Max: 1}}, nil, "", 0)
	s := playLog(t, l, 120, 40)
	place := func(name string) string {
		for y, row := range strings.Split(s.plain(), "\n")[:24] {
			if i := strings.Index(row, name); i >= 0 && i < 90 {
				return name + " " + string(rune('0'+y/10)) + string(rune('0'+y%10))
			}
		}
		return ""
	}
	names := []string{"bob-cpu", "lex-2", "pub-3f9a", "atlas-nas"}
	var before []string
	for _, n := range names {
		before = append(before, place(n))
	}
	if place("zz-new") == "" {
		t.Fatal("the new one is not there now")
	}
	s.past("09:41:07")
	if place("zz-new") != "" {
		t.Errorf("it is there before it came:\n%s", s.plain())
	}
	for i, n := range names {
		if got := place(n); got != before[i] {
			t.Errorf("%s was at %q and is at %q", n, before[i], got)
		}
	}
}

// Drawing in the past, a click on the bar and on its marks, and the way back by every door.
func TestGoingThroughTime(t *testing.T) { synctest.Test(t, testGoingThroughTime) }

func testGoingThroughTime(t *testing.T) {
	s := newScene(t, 80, 24)
	if s.press("["); !strings.Contains(s.plain(), "AS OF 10:12:25") {
		t.Errorf("[ is a second back:\n%s", s.plain())
	}
	if s.press("{"); !strings.Contains(s.plain(), "job_") {
		t.Errorf("{ is the event before:\n%s", s.plain())
	}
	s.press(".")
	y := s.c.frame.Scrubber.Y
	s.send(tea.MouseClickMsg{X: 30, Y: y, Button: tea.MouseLeft})
	if !strings.Contains(s.plain(), "AS OF 09:3") {
		t.Errorf("a click on the bar:\n%s", s.plain())
	}
	s.send(tea.MouseMotionMsg{X: 40, Y: y, Button: tea.MouseLeft}, tea.MouseReleaseMsg{X: 40, Y: y, Button: tea.MouseLeft})
	if !strings.Contains(s.plain(), "AS OF 09:4") {
		t.Errorf("a drag along the bar:\n%s", s.plain())
	}
	if s.press("esc"); !strings.Contains(s.plain(), "AS OF") {
		t.Error("esc never leads to live")
	}
	for range 3 {
		s.press("tab")
	}
	if s.c.focused() != s.c.bar && !s.c.onBar {
		s.press("tab")
	}
	if !s.c.onBar {
		t.Fatal("the scrubber is the last region of tab")
	}
	if s.press("end"); !strings.Contains(s.plain(), "● live") {
		t.Errorf("the end of the bar is live:\n%s", s.plain())
	}
	if s.press("tab"); s.c.onBar {
		t.Error("tab leaves the bar again")
	}
}

// A log that can't answer leaves the picture as it is and says so.
func TestTimeThatCannotBeRead(t *testing.T) { synctest.Test(t, testTimeThatCannotBeRead) }

func testTimeThatCannotBeRead(t *testing.T) {
	s := play(t, aurelia().st, 80, 24).press("[")
	if p := s.plain(); !strings.Contains(p, "this test has no log") || !strings.Contains(p, "alice-gpu") {
		t.Errorf("the failed read is not said:\n%s", p)
	}
	if !strings.Contains(s.plain(), "retry") || s.press(".").c.s.World.Past != (time.Time{}) {
		t.Error("there is no way on")
	}
}

// The time keys come first on the last row in the past.
func TestTimeKeysFirst(t *testing.T) { synctest.Test(t, testTimeKeysFirst) }

func testTimeKeysFirst(t *testing.T) {
	s := newScene(t, 80, 24).past("09:41:07")
	rows := strings.Split(s.plain(), "\n")
	if !strings.HasPrefix(rows[23], " [ ] 1 s  { } event  t time  x play  . live") {
		t.Errorf("the last row is %q", rows[23])
	}
	if b := keys.Get(keys.Live); b.Acts {
		t.Error("going back to live is no act")
	}
}

// With the scrubber in the focus, whose keys these are, no key stands on the last row twice.
func TestTimeKeysOnce(t *testing.T) {
	s := newScene(t, 200, 60).past("09:41:07")
	for range 4 {
		if s.press("tab"); s.c.onBar {
			break
		}
	}
	row := strings.Split(s.plain(), "\n")[59]
	for _, want := range []string{"[ ] 1 s", "t time", "closer"} {
		if strings.Count(row, want) != 1 {
			t.Errorf("the last row has %q %d times: %q", want, strings.Count(row, want), row)
		}
	}
	if strings.Contains(row, "  [ 1 s") || strings.Contains(row, "  { event") {
		t.Errorf("the last row names a key twice: %q", row)
	}
}
