package hopperpane

import (
	"slices"
	"testing"
	"time"

	"voxmesh/hopper"
	"voxmesh/tui/keys"
	"voxmesh/tui/pane"
)

func TestMove(t *testing.T) {
	x := play(t, busy(), 120, 40).do(keys.Down, keys.Down, keys.Move).has("↕ 3 h-7bf4", "place 3 of 7")
	x.do(keys.Up).has("↕ 2 h-7bf4", "  3 h-7c20", "place 3 → 2 of 7").do(keys.Home).has("↕ 1 h-7bf4", "place 3 → 1 of 7").on("h-7bf4")
	x.do(keys.Open).did(pane.Act{Verb: keys.Move, On: ref("h-7bf4"), Text: "1"}).has("▸ 3 h-7bf4", "next first").lacks("↕")
	x.do(keys.Move, keys.End, keys.Back).has("▸ 3 h-7bf4").on("h-7bf4")
	x.do(keys.Move, keys.Open).did(pane.Notice{Text: "h-7bf4 stays at place 3"})
	x.do(keys.Right, keys.Move).did(pane.Notice{Text: "h-7bff runs: it has no place in the inbox"})
	play(t, newSample().put(item("h-1", "x", paired, 5, 2, time.Minute, 1)), 80, 24).do(keys.Move).did(pane.Notice{Text: "there is no other place"})
}

// While an item is lifted nothing else is bound, and the world goes on: where the item is given out it is lifted no more.
func TestTheWorldMovesUnderALiftedItem(t *testing.T) {
	s := busy()
	x := play(t, s, 80, 24).do(keys.Down, keys.Move, keys.Down, keys.Down).has("place 2 → 4 of 7")
	for _, b := range x.p.Keys() {
		if b.Acts {
			t.Errorf("%s acts while an item is lifted", b.ID)
		}
	}
	s = s.later().put(item("h-9999", "first of all", paired, hopper.Urgent, hopper.Developer, time.Minute, -5))
	x.world(s).has("place 3 → 4 of 8", "↕  4 h-7c20").on("h-7c20")
	s = s.later().change("h-7c20", func(it *hopper.Item) { it.State, it.Node = hopper.Assigned, "bob-cpu" })
	x.world(s).has("next first").lacks("↕")
	if x.p.carry != nil {
		t.Error("it is still lifted")
	}
	if got := x.p.lists[inbox].IDs(); !slices.Equal(got, x.p.shown.ids[inbox]) {
		t.Errorf("the list is %v", got)
	}
}

func TestDrag(t *testing.T) {
	for _, size := range []struct{ w, h, lines, first int }{{120, 40, 2, 2}, {80, 24, 1, 3}} {
		x := play(t, busy(), size.w, size.h)
		x.view()
		row := func(i int) int { return size.first + i*size.lines }
		x.send(pane.Click{X: 10, Y: row(4)}).on("h-7bd2")
		x.send(pane.Drag{FromX: 10, FromY: row(4), X: 10, Y: row(1)}).has("h-7bd2", "place 5 → 2 of 7", "↕")
		x.send(pane.Drag{FromX: 10, FromY: row(4), X: 10, Y: row(2)}).has("place 5 → 3 of 7")
		x.send(pane.Drag{FromX: 10, FromY: row(4), X: 10, Y: 0}).has("place 5 → 2 of 7") // over the border: a row on
		x.send(pane.Drag{FromX: 10, FromY: row(4), X: 10, Y: row(0), Done: true}).did(pane.Act{Verb: keys.Move, On: ref("h-7bd2"), Text: "1"}).lacks("↕")
		// Not what is elsewhere, and not from a list without places.
		n := len(x.acts)
		x.send(pane.Drag{FromX: 10, FromY: row(6), X: 10, Y: row(1)}, pane.Drag{FromX: 10, FromY: 0, X: 10, Y: row(1)}, pane.Drag{FromX: 10, FromY: row(4), X: 1, Y: 1, Done: true})
		if x.p.carry != nil || len(x.acts) != n {
			t.Errorf("it is carried: %+v, %v", x.p.carry, x.acts[n:])
		}
	}
}

func TestMarksAndBatch(t *testing.T) {
	s := busy()
	x := play(t, s, 120, 40).do(keys.Batch).did(pane.Notice{Text: "space marks the items that are to start as one, two or more"})
	x.do(keys.Down, keys.Mark, keys.Down, keys.Mark).on("h-7bd2").has("2•h-7c20", "4•h-7be9", "2 marked")
	x.do(keys.Home, keys.Mark).has("3 marked").do(keys.Up, keys.Mark).has("2 marked").do(keys.Home, keys.Mark)
	x.do(keys.Batch).did(pane.Act{Verb: keys.Batch, On: ref("h-7c1e"), Text: "h-7c1e h-7c20 h-7be9"})
	x.do(keys.Filter).typed("flaky").do(keys.Open, keys.Batch).did(pane.Act{Verb: keys.Batch, On: ref("h-7c1e"), Text: "h-7c1e h-7c20 h-7be9"})
	s = s.later().change("h-7c20", func(it *hopper.Item) { it.State = hopper.Assigned })
	x.world(s)
	if got := x.p.marked(); !slices.Equal(got, []string{"h-7c1e", "h-7be9"}) {
		t.Errorf("marked are %v", got)
	}
	x.do(keys.Back).do(keys.Back).do(keys.Batch).did(pane.Notice{Text: "space marks the items that are to start as one, two or more"})
	s = s.later().change("h-7be9", func(it *hopper.Item) { it.Batch = "b-1" })
	x.do(keys.Home, keys.Mark).send(pane.Reveal{Ref: ref("h-7be9")}).do(keys.Mark).has("2 marked")
	x.world(s).has("1 marked").send(pane.Reveal{Ref: ref("h-7be9")}).do(keys.Mark).did(pane.Notice{Text: "h-7be9 is in the batch b-1"})
	x.do(keys.Right, keys.Mark).did(pane.Notice{Text: "a batch is made of what waits in the inbox"})
}
