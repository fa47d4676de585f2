package hopper

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
)

// put moves an item as the host does: it asks where to, and carries that out.
func put(b *Board, id string, place int) Move {
	m, ok := b.MoveTo(id, place)
	if it, known := b.Item(id); ok && known {
		b.Override(id, Override{At: 7, To: m.Clamp(it.Value), Place: m.Place, Actor: "mira", Reason: "blocks the release"}, m.Order)
	}
	return m
}

func TestAMoveTakesThePlaceAndThePriorityOfItsNeighbours(t *testing.T) {
	for _, c := range []struct {
		id    string
		place int
		want  string
	}{
		{"h-4", 1, "h-4 urgent, h-1 urgent, h-2 normal, h-3 normal"},
		{"h-4", 2, "h-1 urgent, h-4 normal, h-2 normal, h-3 normal"},
		{"h-4", 3, "h-1 urgent, h-2 normal, h-4 normal, h-3 normal"},
		{"h-4", 99, "h-1 urgent, h-2 normal, h-3 normal, h-4 background"},
		{"h-1", 2, "h-2 normal, h-1 normal, h-3 normal, h-4 background"},
		{"h-1", 4, "h-2 normal, h-3 normal, h-4 background, h-1 background"},
		{"h-2", -5, "h-2 urgent, h-1 urgent, h-3 normal, h-4 background"},
	} {
		var b Board
		for n, p := range []Priority{Urgent, Normal, Normal, Background} {
			admit(&b, n+1, p)
		}
		m := put(&b, c.id, c.place)
		var got []string
		for _, it := range b.Inbox(0) {
			got = append(got, it.ID+" "+it.Value.String())
		}
		if s := strings.Join(got, ", "); s != c.want {
			t.Errorf("%s to place %d: %s; want %s", c.id, c.place, s, c.want)
		}
		if it, _ := b.Item(c.id); b.Place(c.id) != m.Place || it.Source != Developer || it.Overrides[0].Place != m.Place {
			t.Errorf("%s to place %d: it is at %d, MoveTo said %d, its override is %+v", c.id, c.place, b.Place(c.id), m.Place, it.Overrides)
		}
	}
	if _, ok := new(Board).MoveTo("h-1", 1); ok {
		t.Error("an unknown item can be moved")
	}
}

// Submitted in the same microsecond: no number is free between them, and still each place can be had, again and again.
func TestMovesAmongEquals(t *testing.T) {
	var b Board
	const n = 12
	for i := 1; i <= n; i++ {
		admit(&b, i, Normal, func(it *Item) { it.At = 1000 })
	}
	r := rand.New(rand.NewPCG(1, 2))
	for range 200 {
		id, place := fmt.Sprintf("h-%d", 1+r.IntN(n)), 1+r.IntN(n)
		want := strings.Fields(strings.ReplaceAll(" "+ids(b.Inbox(0))+" ", " "+id+" ", " "))
		if m := put(&b, id, place); m.Place != place || b.Place(id) != place {
			t.Fatalf("%s was to go to %d, was told %d and is at %d", id, place, m.Place, b.Place(id))
		}
		if got := strings.Fields(strings.ReplaceAll(" "+ids(b.Inbox(0))+" ", " "+id+" ", " ")); strings.Join(got, " ") != strings.Join(want, " ") {
			t.Fatalf("the others went from %v to %v", want, got)
		}
	}
}

// At the ends of the numbers there is no room; nothing is lost by it.
func TestTheEndsOfTime(t *testing.T) {
	var b Board
	b.Put(Item{ID: "h-1", State: Inbox, Order: math.MinInt64, Rank: Rank{Normal, Orchestrator}})
	b.Put(Item{ID: "h-2", State: Inbox, Order: math.MinInt64, Rank: Rank{Normal, Orchestrator}, At: 5})
	b.Put(Item{ID: "h-3", State: Inbox, Order: math.MaxInt64, Rank: Rank{Normal, Orchestrator}})
	for place := range 5 {
		for _, id := range []string{"h-1", "h-2", "h-3"} {
			c := b.Copy()
			if m := put(&c, id, place); m.Place != 0 && c.Place(id) != m.Place {
				t.Errorf("%s to %d: at %d, and MoveTo said %d", id, place, c.Place(id), m.Place)
			}
		}
	}
	b.Close("h-3", Done, "", "", "", 1)
	if m := put(&b, "h-2", 1); m.Place != 2 || b.Place("h-2") != 2 {
		t.Errorf("before the first instant there is no place, and MoveTo says %+v", m)
	}
}

// A gap of a second between two items takes some fifty moves; then the nearest place that has room is taken, and said.
func TestAGapThatIsFull(t *testing.T) {
	var b Board
	admit(&b, 1, Normal)
	admit(&b, 2, Normal, func(it *Item) { it.At = minute + 1_000_000 })
	full := 0
	for n := 3; n < 100; n++ {
		admit(&b, n, Normal)
		id := fmt.Sprintf("h-%d", n)
		if m := put(&b, id, 2); b.Place(id) != m.Place {
			t.Fatalf("%s is at %d, and MoveTo said %d", id, b.Place(id), m.Place)
		} else if m.Place != 2 && full == 0 {
			full = n - 3
		}
	}
	if full < 45 || b.Place("h-1") >= b.Place("h-2") {
		t.Errorf("the gap was full after %d moves, and the first is at place %d", full, b.Place("h-1"))
	}
}

func TestAnOverrideInEachState(t *testing.T) {
	var b Board
	for n := 1; n <= 3; n++ {
		admit(&b, n, Normal, func(it *Item) { it.Run = "r-1" })
	}
	b.Override("h-3", Override{At: 5, To: Urgent, Actor: "mira", Reason: "blocks the release", AuditID: "a-9"}, 0)
	if got := ids(b.Inbox(0)); got != "h-3 h-1 h-2" {
		t.Errorf("an item of the inbox is queued anew: %s", got)
	}
	if got := trailOf(t, &b, "h-3"); !strings.HasSuffix(got, "5 reprioritized by mira normal → urgent: blocks the release a-9") {
		t.Errorf("the trail is\n%s", got)
	}
	put(&b, "h-3", 2)
	put(&b, "h-3", 3)
	put(&b, "h-2", 1)
	if got := trailOf(t, &b, "h-3"); !strings.HasSuffix(got, "7 moved by mira to place 2, urgent → normal: blocks the release\n7 moved by mira to place 3: blocks the release") {
		t.Errorf("the trail is\n%s", got)
	}
	b.Assign("h-1", "bob", 6)
	b.Override("h-1", Override{To: Background}, 0)
	if it, _ := b.Item("h-1"); it.State != Assigned || it.Value != Background {
		t.Errorf("an assigned item is %+v", it)
	}
	b.Return("h-1", "recalled", 7)
	if got := ids(b.Inbox(0)); got != "h-2 h-3 h-1" {
		t.Errorf("recalled, it stands by its new rank: %s", got)
	}
	b.Assign("h-2", "bob", 6)
	b.Start("h-2", "bob", 6)
	b.AskToYield("h-2", 7)
	b.Override("h-2", Override{To: Urgent}, 0)
	if it, _ := b.Item("h-2"); it.State != Started || it.Yield {
		t.Errorf("raised, it goes on: %+v", it)
	}
	m, ok := b.MoveTo("h-2", 2)
	b.Override("h-2", Override{Place: m.Place}, m.Order)
	b.Return("h-2", "its node went away", 8)
	if got := ids(b.Inbox(0)); !ok || got != "h-3 h-2 h-1" {
		t.Errorf("it comes back to where it was moved: %s", got)
	}
	b.Override("h-2", Override{To: Urgent}, 0)
	if got := ids(b.Inbox(0)); got != "h-2 h-3 h-1" {
		t.Errorf("without a place, its rank decides: %s", got)
	}
	b.Close("h-2", Cancelled, "no", "mira", "a-10", 9)
	if _, ok := b.MoveTo("h-2", 1); ok {
		t.Error("a closed item can be moved")
	}
}

func TestABatchStandsTogether(t *testing.T) {
	var b Board
	for n := 1; n <= 6; n++ {
		admit(&b, n, Normal)
	}
	b.Group("b-1", []string{"h-4", "h-1", "h-9", "h-4", "h-2"}, "mira", "a-3", 9)
	if got := ids(b.Inbox(0)); got != "h-3 h-4 h-1 h-2 h-5 h-6" {
		t.Fatalf("the inbox is %s", got)
	}
	if got := trailOf(t, &b, "h-1"); !strings.HasSuffix(got, "9 batched by mira b-1, 2 of 3, place 3 a-3") {
		t.Errorf("the trail is\n%s", got)
	}
	// Nothing comes between: not what is due then, not what is moved there.
	admit(&b, 7, Normal, func(it *Item) { it.At = 4 * minute })
	put(&b, "h-6", 4)
	if got := ids(b.Inbox(0)); got != "h-3 h-4 h-1 h-2 h-6 h-7 h-5" {
		t.Errorf("the inbox is %s", got)
	}
	put(&b, "h-5", 3)
	if got := ids(b.Inbox(0)); got != "h-3 h-5 h-4 h-1 h-2 h-6 h-7" {
		t.Errorf("the inbox is %s", got)
	}
	b.Override("h-1", Override{To: Urgent}, 0)
	if got := ids(b.Inbox(0)); got != "h-1 h-3 h-5 h-4 h-2 h-6 h-7" {
		t.Errorf("one that is overridden alone leaves the place: %s", got)
	}
	put(&b, "h-1", 4)
	b.Close("h-2", Cancelled, "", "mira", "", 10)
	if got := ids(b.Batch("b-1")); !strings.Contains(got, "h-1") || len(b.Batch("b-1")) != 3 {
		t.Errorf("the batch is %s", got)
	}
	b.Group("b-2", []string{"h-1", "h-3", "h-7"}, "mira", "", 11)
	if got := ids(b.Batch("b-2")); got != "h-3 h-7" {
		t.Errorf("who is in a batch is not put into another: %s", got)
	}
	b.Group("b-2", []string{"h-5", "h-6"}, "mira", "", 11)
	if got := ids(b.Batch("b-2")); got != "h-3 h-7" || len(b.Batch("b")) != 0 || len(b.Batch("")) != 0 {
		t.Errorf("an id of a batch is used once: %s", got)
	}
}

// Batches of items that were moved to where no number is free.
func TestBatchesAmongEquals(t *testing.T) {
	var b Board
	for i := 1; i <= 8; i++ {
		admit(&b, i, Normal, func(it *Item) { it.At = 1000 })
	}
	put(&b, "h-8", 3)
	put(&b, "h-7", 3)
	if got := ids(b.Inbox(0)); got != "h-1 h-2 h-7 h-8 h-3 h-4 h-5 h-6" {
		t.Fatalf("the inbox is %s", got)
	}
	b.Group("b-1", []string{"h-7", "h-1"}, "mira", "", 2)
	if got := ids(b.Inbox(0)); got != "h-2 h-7 h-1 h-8 h-3 h-4 h-5 h-6" {
		t.Fatalf("the inbox is %s", got)
	}
	put(&b, "h-6", 3)
	if got := ids(b.Inbox(0)); got != "h-2 h-6 h-7 h-1 h-8 h-3 h-4 h-5" {
		t.Errorf("the inbox is %s", got)
	}
}

func TestCanGroup(t *testing.T) {
	var b Board
	for n := 1; n <= 5; n++ {
		admit(&b, n, Normal, func(it *Item) { it.Run = "r-1" })
	}
	b.Group("b-1", []string{"h-3"}, "mira", "", 1)
	b.Assign("h-4", "bob", 1)
	b.Close("h-5", Cancelled, "", "mira", "", 1)
	for _, c := range []struct{ ids, code string }{
		{"h-1 h-2", ""},
		{"h-2 h-1", ""},
		{"h-1 h-1", CodeBatch},
		{"h-1", CodeBatch},
		{"", CodeBatch},
		{"h-1 h-3", CodeBatch},
		{"h-1 h-4", CodeBatch},
		{"h-1 h-5", CodeClosed},
		{"h-1 h-9", CodeUnknown},
	} {
		code := ""
		if err := b.CanGroup(strings.Fields(c.ids)); err != nil {
			e := err.(*Error)
			if code = e.ErrorCode(); e.Error() == "" || e.ErrorHint() == "" {
				t.Errorf("%s: %+v says too little", c.ids, e)
			}
		}
		if code != c.code {
			t.Errorf("CanGroup(%s) is %q, want %q", c.ids, code, c.code)
		}
	}
}

// What a developer put somewhere with a capability does not go behind others without one.
func TestABatchMovesNothingThatADeveloperPut(t *testing.T) {
	var b Board
	for n := 1; n <= 4; n++ {
		admit(&b, n, Normal, func(it *Item) { it.Run = "r-1" })
	}
	b.Override("h-3", Override{At: 1, To: Urgent, Actor: "mira"}, 0) // it stands first now
	for _, c := range []struct{ ids, code string }{
		{"h-3 h-4", CodeCapabilityRequired},
		{"h-2 h-3 h-1 h-4", ""}, // nobody is between them
		{"h-1 h-3", ""},
		{"h-3 h-2", CodeCapabilityRequired},
		{"h-1 h-4", ""},
	} {
		code := ""
		if err := b.CanGroup(strings.Fields(c.ids)); err != nil {
			code = err.(*Error).Code
		}
		if code != c.code {
			t.Errorf("CanGroup(%s) is %q, want %q; the inbox is %s", c.ids, code, c.code, ids(b.Inbox(0)))
		}
	}
}
