package hopper

import (
	"fmt"
	"strings"
	"testing"

	"voxmesh/mesh/privacy"
)

// drawn is a board as lines, for comparing.
func drawn(b *Board) string {
	var out []string
	for i, it := range b.Inbox(0) {
		out = append(out, fmt.Sprintf("%d %s %s by %s, %s", i+1, it.ID, it.Value, it.Source.Short(), it.State))
	}
	for _, it := range b.Assigned(0) {
		out = append(out, fmt.Sprintf("on %s %s %s", it.Node, it.ID, it.State))
	}
	for _, it := range b.History(0) {
		out = append(out, fmt.Sprintf("over %s %s", it.ID, it.Outcome))
	}
	return strings.Join(out, "\n")
}

func trailOf(t *testing.T, b *Board, id string) string {
	t.Helper()
	it, ok := b.Item(id)
	if !ok {
		t.Fatalf("no item %s", id)
	}
	var out []string
	for _, s := range it.Trail {
		out = append(out, strings.TrimSpace(fmt.Sprintf("%d %s by %s %s %s", s.At, s.Name, s.Actor, s.Detail, s.AuditID)))
	}
	return strings.Join(out, "\n")
}

func ids(items []*Item) string {
	var out []string
	for _, it := range items {
		out = append(out, it.ID)
	}
	return strings.Join(out, " ")
}

const minute = 60_000_000

// admit takes in an item h-N at a minute.
func admit(b *Board, n int, p Priority, change ...func(*Item)) {
	it := Item{
		ID: fmt.Sprintf("h-%d", n), Intent: fmt.Sprintf("work %d", n), Actor: "mira", Class: privacy.PairedPeersOnly,
		Rank: Rank{p, Orchestrator}, At: int64(n) * minute, Seq: uint64(n),
	}
	for _, f := range change {
		f(&it)
	}
	b.Admit(it)
}

func TestTheWayOfAnItem(t *testing.T) {
	var b Board
	admit(&b, 1, Normal)
	admit(&b, 2, Normal)
	admit(&b, 3, Urgent, func(it *Item) {
		it.Session, it.Classified, it.Confidence, it.AuditID = "editor", Normal, 86, "a-1"
		it.Source = Developer
	})
	want := "1 h-3 urgent by dev, inbox\n2 h-1 normal by orc, inbox\n3 h-2 normal by orc, inbox"
	if got := drawn(&b); got != want {
		t.Fatalf("the inbox is\n%s\nwant\n%s", got, want)
	}
	b.Triage("h-3", "r-9", 4)
	b.Assign("h-3", "alice-gpu", 5)
	b.Return("h-3", "bob asked", 6)
	b.Assign("h-3", "bob-cpu", 7)
	b.Start("h-3", "bob-cpu", 8)
	b.AskToYield("h-3", 9)
	b.Note("h-3", Step{At: 10, Name: "suggested", Actor: "llama", Detail: "background"})
	b.Close("h-3", Done, "", "bob-cpu", "", 11)
	want = `180000000 submitted by mira session editor, classified normal 0.86, set to urgent a-1
180000000 admitted by host inbox, place 1
4 triaged by host run r-9
5 assigned by host alice-gpu
6 returned by host bob asked
7 assigned by host bob-cpu
8 started by bob-cpu
9 asked to yield by host goes on until other work wants its slot
10 suggested by llama background
11 done by bob-cpu`
	if got := trailOf(t, &b, "h-3"); got != want {
		t.Errorf("the trail is\n%s\nwant\n%s", got, want)
	}
	it, _ := b.Item("h-3")
	if it.State != Closed || it.Outcome != Done || it.Yield || it.Node != "bob-cpu" || it.Run != "r-9" || it.Since != 11 {
		t.Errorf("it ended as %+v", it)
	}
	b.Evict(10)
	if _, ok := b.Item("h-3"); !ok {
		t.Error("evicted before its time")
	}
	b.Evict(11)
	if got, want := drawn(&b), "1 h-1 normal by orc, inbox\n2 h-2 normal by orc, inbox"; got != want {
		t.Errorf("after eviction:\n%s\nwant\n%s", got, want)
	}
}

func TestImpossibleStepsDoNothing(t *testing.T) {
	steps := map[string]func(*Board){
		"triage":   func(b *Board) { b.Triage("h-1", "r-2", 9) },
		"assign":   func(b *Board) { b.Assign("h-1", "bob", 9) },
		"start":    func(b *Board) { b.Start("h-1", "bob", 9) },
		"return":   func(b *Board) { b.Return("h-1", "why", 9) },
		"close":    func(b *Board) { b.Close("h-1", Done, "", "mira", "", 9) },
		"override": func(b *Board) { b.Override("h-1", Override{To: Urgent}, 0) },
		"yield":    func(b *Board) { b.AskToYield("h-1", 9) },
		"group":    func(b *Board) { b.Group("b-1", []string{"h-1"}, "mira", "", 9) },
	}
	for _, c := range []struct {
		state State
		can   string
	}{
		{Inbox, "triage close override group"},
		{Triaged, "assign close override group"},
		{Assigned, "start return close override"},
		{Started, "return close override yield"},
		{Closed, ""},
	} {
		for name, step := range steps {
			var b Board
			b.Put(Item{ID: "h-1", State: c.state, Rank: Rank{Normal, Developer}, Run: "r-1"})
			before, _ := b.Item("h-1")
			step(&b)
			after, _ := b.Item("h-1")
			if did, can := before != after, strings.Contains(" "+c.can+" ", " "+name+" "); did != can {
				t.Errorf("%s of an item that is %s: did something: %v, want %v", name, c.state, did, can)
			}
		}
	}
	var b Board
	admit(&b, 1, Normal)
	admit(&b, 1, Urgent)
	b.Admit(Item{})
	b.Put(Item{})
	b.Close("h-1", 0, "", "", "", 1)
	b.Close("h-1", 9, "", "", "", 1)
	b.Triage("h-1", "", 1)
	b.Note("h-1", Step{})
	b.Note("h-2", Step{Name: "x"})
	b.Group("", []string{"h-1"}, "", "", 1)
	b.Group("b-1", []string{"h-7"}, "", "", 1)
	if got, want := drawn(&b), "1 h-1 normal by orc, inbox"; got != want {
		t.Errorf("the board is\n%s\nwant\n%s", got, want)
	}
}

func TestATrailKeepsItsBeginningAndItsEnd(t *testing.T) {
	var b Board
	admit(&b, 1, Normal)
	for i := range 100 {
		b.Note("h-1", Step{At: int64(i), Name: "suggested"})
		b.Override("h-1", Override{At: int64(i), To: Urgent}, 0)
	}
	it, _ := b.Item("h-1")
	if len(it.Trail) != TrailKept || len(it.Overrides) != TrailKept {
		t.Fatalf("%d steps and %d overrides are kept, want %d", len(it.Trail), len(it.Overrides), TrailKept)
	}
	if it.Trail[0].Name != "submitted" || it.Trail[TrailKept-1].At != 99 || it.Overrides[0].At != 0 || it.Overrides[TrailKept-1].At != 99 {
		t.Errorf("the ends of the trail are %+v and %+v", it.Trail[0], it.Trail[TrailKept-1])
	}
	if it.Trail[trailFirst-1].At != 2 || it.Trail[trailFirst].At != 88 {
		t.Errorf("the cut is between %+v and %+v", it.Trail[trailFirst-1], it.Trail[trailFirst])
	}
}

func TestWindowsOfLongLists(t *testing.T) {
	var b Board
	for n := 1; n <= 9; n++ {
		admit(&b, n, Normal, func(it *Item) { it.Run = "r-1" })
	}
	for n := 7; n <= 9; n++ {
		b.Assign(fmt.Sprintf("h-%d", n), "bob", int64(n))
	}
	for _, c := range []struct{ what, got, want string }{
		{"inbox", ids(b.Inbox(2)), "h-1 h-2"},
		{"from", ids(b.InboxFrom(3, 2)), "h-3 h-4"},
		{"rest", ids(b.InboxFrom(5, 0)), "h-5 h-6"},
		{"before the start", ids(b.InboxFrom(-4, 1)), "h-1"},
		{"past the end", ids(b.InboxFrom(7, 1)), ""},
		{"assigned", ids(b.Assigned(0)), "h-9 h-8 h-7"},
		{"assigned on", ids(b.AssignedFrom(1, 1)), "h-8"},
		{"skipped", ids(b.AssignedFrom(3, 1)), ""},
		{"history", ids(b.History(4)) + ids(b.HistoryFrom(1, 1)), ""},
	} {
		if c.got != c.want {
			t.Errorf("%s: %q, want %q", c.what, c.got, c.want)
		}
	}
	for id, place := range b.Places() {
		if got := b.Place(id); got != place {
			t.Errorf("Place(%s) = %d, and Places says %d", id, got, place)
		}
	}
	if b.Place("h-9") != 0 || b.Place("h-x") != 0 {
		t.Error("what does not wait has a place")
	}
}

func TestACopyIsNeverChanged(t *testing.T) {
	var b Board
	admit(&b, 1, Normal)
	admit(&b, 2, Normal)
	c := b.Copy()
	before, trail := drawn(&c), trailOf(t, &c, "h-1")
	b.Override("h-1", Override{To: Background, Actor: "mira"}, 0)
	b.Group("b-1", []string{"h-2", "h-1"}, "mira", "", 4)
	b.Close("h-2", Cancelled, "no", "mira", "", 5)
	if drawn(&c) != before || trailOf(t, &c, "h-1") != trail {
		t.Errorf("the copy became\n%s\n%s", drawn(&c), trailOf(t, &c, "h-1"))
	}
	if len(c.Lessons()) != 0 || len(b.Lessons()) != 1 {
		t.Errorf("lessons: %v and %v", c.Lessons(), b.Lessons())
	}
}
