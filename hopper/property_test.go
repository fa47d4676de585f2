package hopper

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// check fails where the indexes of a board disagree with its items.
func check(t *rapid.T, b *Board) {
	inbox, assigned, history := b.Counts()
	seen := map[string]bool{}
	for _, list := range [][]*Item{b.Inbox(0), b.Assigned(0), b.History(0)} {
		for _, it := range list {
			if seen[it.ID] {
				t.Fatalf("%s is twice in the indexes", it.ID)
			}
			seen[it.ID] = true
			if stored, ok := b.Item(it.ID); !ok || stored != it {
				t.Fatalf("%s of an index is not the stored one", it.ID)
			}
		}
	}
	if len(seen) != inbox+assigned+history || len(seen) != len(b.Items()) {
		t.Fatalf("%d are listed, %d+%d+%d counted, %d stored", len(seen), inbox, assigned, history, len(b.Items()))
	}
	for i, it := range b.Inbox(0) {
		if it.State > Triaged || b.Place(it.ID) != i+1 {
			t.Fatalf("%s, the %d. of the inbox, is %s and at place %d", it.ID, i+1, it.State, b.Place(it.ID))
		}
	}
	for _, it := range b.Assigned(0) {
		if it.State != Assigned && it.State != Started || b.Place(it.ID) != 0 {
			t.Fatalf("%s is %s, at place %d", it.ID, it.State, b.Place(it.ID))
		}
	}
	for _, it := range b.History(0) {
		if it.State != Closed || it.Yield {
			t.Fatalf("the history holds %+v", it)
		}
	}
	if !slices.IsSortedFunc(b.Assigned(0), newestFirst) || !slices.IsSortedFunc(b.History(0), newestFirst) {
		t.Fatal("the newest is not the first")
	}
}

func newestFirst(a, b *Item) int { return int(b.Since - a.Since) }

// play does n random things to a board, possible ones or not, and calls after with each.
func play(t *rapid.T, b *Board, n int, after func(what string)) {
	anyID := rapid.SampledFrom([]string{"h-1", "h-2", "h-3", "h-4", "h-5", "h-6", "h-7", "h-8", "h-9", "h-10", "h-11", "h-12", "", "\x00"})
	text := rapid.SampledFrom([]string{"", "r-1", "bob", "fix the build", "caption photos", "b-1", "b-2"})
	now := int64(0)
	for i := range n {
		id, word := anyID.Draw(t, "id"), text.Draw(t, "word")
		p := Priority(rapid.IntRange(0, 12).Draw(t, "priority"))
		now += rapid.Int64Range(0, 40*minute).Draw(t, "wait") * rapid.Int64Range(0, 1).Draw(t, "waits")
		what := rapid.SampledFrom([]string{"admit", "admit", "admit", "triage", "assign", "start", "return", "close", "override", "move", "group", "yield", "note", "evict", "put"}).Draw(t, "what")
		switch what {
		case "admit":
			b.Admit(Item{
				ID: id, Intent: word, Run: word, At: now, Seq: uint64(i + 1), Confidence: i,
				Rank: Rank{p, Source(rapid.IntRange(0, 4).Draw(t, "source"))},
			})
		case "triage":
			b.Triage(id, word, now)
		case "assign":
			b.Assign(id, word, now)
		case "start":
			b.Start(id, word, now)
		case "return":
			b.Return(id, word, now)
		case "close":
			b.Close(id, Outcome(rapid.IntRange(0, 4).Draw(t, "outcome")), word, "mira", "", now)
		case "override":
			b.Override(id, Override{At: now, To: p, Actor: "mira", Reason: word}, 0)
		case "move":
			m, _ := b.MoveTo(id, rapid.IntRange(-1, 14).Draw(t, "place"))
			b.Override(id, Override{At: now, To: m.Clamp(p), Place: m.Place, Actor: "mira"}, m.Order)
		case "group":
			b.Group(word, rapid.SliceOfN(anyID, 0, 6).Draw(t, "ids"), "mira", "", now)
		case "yield":
			b.AskToYield(id, now)
		case "note":
			b.Note(id, Step{At: now, Name: word})
		case "evict":
			b.Evict(now - 60*minute)
		case "put":
			if it, ok := b.Item(id); ok {
				b.Put(*it)
			}
		}
		after(fmt.Sprintf("%s %s %q %d", what, id, word, p))
	}
}

func TestABoardHoldsTogether(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var b Board
		ranks := map[string]Rank{}
		before, shown := b.Copy(), ""
		play(t, &b, 60, func(what string) {
			check(t, &b)
			for _, it := range b.Items() {
				was, now := ranks[it.ID], it.Rank
				if was.Source == Developer && was != now && !strings.HasPrefix(what, "override") && !strings.HasPrefix(what, "move") &&
					!strings.HasPrefix(what, "admit") {
					t.Fatalf("%s changed the rank of %s from %v to %v", what, it.ID, was, now)
				}
				ranks[it.ID] = now
			}
			if drawn(&before) != shown {
				t.Fatalf("%s changed a copy", what)
			}
			before = b.Copy()
			shown = drawn(&before)
		})
		var c Board
		items := b.Items()
		for _, i := range rapid.Permutation(items).Draw(t, "order") {
			c.Put(*i)
		}
		for _, l := range b.Lessons() {
			c.PutLesson(l)
		}
		check(t, &c)
		if drawn(&b) != drawn(&c) || !reflect.DeepEqual(b.Items(), c.Items()) || !slices.Equal(b.Lessons(), c.Lessons()) {
			t.Fatalf("put anew, the board is\n%s\nand was\n%s", drawn(&c), drawn(&b))
		}
		for _, batch := range []string{"b-1", "b-2", "r-1"} {
			if ids(b.Batch(batch)) != ids(c.Batch(batch)) {
				t.Fatalf("put anew, the batch %s is %s and was %s", batch, ids(c.Batch(batch)), ids(b.Batch(batch)))
			}
		}
	})
}

// Nobody is overtaken by work that was submitted Bound later, but by what a person moved; who is in a batch stands at the
// place of another and may wait for what that one waits for.
func TestNobodyIsOvertakenPastTheBound(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var b Board
		byHand := func(it *Item) bool {
			return it.Batch != "" || slices.ContainsFunc(it.Overrides, func(o Override) bool { return o.Place > 0 })
		}
		play(t, &b, 60, func(what string) {
			inbox := b.Inbox(0)
			for i, second := range inbox {
				for _, first := range inbox[:i] {
					moved := slices.ContainsFunc(first.Overrides, func(o Override) bool { return o.Place > 0 })
					if byHand(second) || moved || first.At < second.At {
						continue
					}
					if late := first.At - second.At; late > 0 && late >= Bound(second.Value).Microseconds() {
						t.Fatalf("%s: %+v was overtaken by %+v", what, second, first)
					}
				}
			}
		})
	})
}

// Making a batch moves nobody but its members, and those only back.
func TestABatchOvertakesNobody(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var b Board
		play(t, &b, 40, func(string) {})
		before, places := b.Inbox(0), b.Places()
		var members []string
		for _, it := range before {
			if it.Batch == "" && rapid.Bool().Draw(t, "in") {
				members = append(members, it.ID)
			}
		}
		members = rapid.Permutation(members).Draw(t, "order")
		b.Group("b-new", members, "mira", "", 1)
		if got := ids(b.Batch("b-new")); got != strings.Join(members, " ") {
			t.Fatalf("the batch is %s, want %s", got, members)
		}
		var others, still []string
		last := 0
		for _, it := range before {
			if !slices.Contains(members, it.ID) {
				others = append(others, it.ID)
			} else {
				last = places[it.ID]
			}
		}
		for _, it := range b.Inbox(0) {
			if it.Batch != "b-new" {
				still = append(still, it.ID)
			}
		}
		if !slices.Equal(others, still) {
			t.Fatalf("the others stood as %v and stand as %v", others, still)
		}
		for i, id := range members {
			if want := last - len(members) + 1 + i; b.Place(id) != want {
				t.Fatalf("%s is at place %d, want %d", id, b.Place(id), want)
			}
		}
	})
}
