package confirm

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/charmbracelet/x/ansi"
	"pgregory.net/rapid"

	"voxmesh/hopper"
	"voxmesh/mesh"
	"voxmesh/mesh/fault"
	"voxmesh/mesh/privacy"
	"voxmesh/tui/keys"
	"voxmesh/tui/pane"
)

func item(id string) pane.Ref { return pane.Ref{Kind: pane.Item, ID: id} }

// put adds an item to the hopper as it is.
func (w *world) put(id string, p hopper.Priority, by hopper.Source, st hopper.State, ago time.Duration) *world {
	at := now.Add(-ago).UnixMicro()
	r := hopper.Rank{Value: p, Source: by}
	it := hopper.Item{
		ID: id, Intent: "words that somebody wrote", Class: privacy.PairedPeersOnly, Rank: r, At: at, Since: at, Seq: uint64(len(w.st.Hopper().Items()) + 1),
		Order: hopper.Due(r, at), State: st,
	}
	if st > hopper.Triaged {
		it.Node = "alice-gpu"
	}
	if st == hopper.Closed {
		it.Outcome = hopper.Done
	}
	w.st = mesh.Projection{}.Clone(w.st)
	w.st.Hopper().Put(it)
	return w
}

// titled wants a title of the box.
func (p *play) titled(want string) *play {
	p.t.Helper()
	if got := strings.Join(p.screen(80, 24), "\n"); !strings.Contains(got, "["+want+"]") {
		p.t.Errorf("its title is not %q:\n%s", want, got)
	}
	return p
}

// queue is a hopper with three items that wait.
func queue() *world {
	w := aurelia()
	for i, id := range []string{"h-7001", "h-7002", "h-7003"} {
		w.put(id, hopper.Normal, hopper.Orchestrator, hopper.Triaged, time.Duration(10-i)*time.Minute)
	}
	return w
}

var priorityDrawing = []string{
	"╭[Priority: h-7003]───────────────────────────────────── PAIRED ─╮",
	"│ This mints a DeveloperOverride and is recorded in the audit    │",
	"│ log. It is queued anew: it goes to place 1 of 3.               │",
	"│ normal by orc, place 3 → urgent by dev, place 1 of 3           │",
	"│                                                                │",
	"│ Priority: ↑ ↓, or a number from 1 to 9                         │",
	"│   [urgent]  normal   background                                │",
	"│ Type  h-7003  to confirm                                       │",
	"│    h-7003                                                      │",
	"│ Reason, kept in the signed entry                               │",
	"│  ▸ blocks the release▏                                         │",
	"│                                                                │",
	"│ Both are right: enter acts.                                    │",
	"│                                                                │",
	"│ $ voxmesh hopper reprioritize h-7003 urgent --confirm h-7003 \\ │",
	"│     --reason 'blocks the release'                              │",
	"╰────────────────────────────────────────────────────────────────╯",
}

func TestPriority(t *testing.T) {
	p := begin(t, queue(), keys.Priority, item("h-7003")).wantSays(" urgent  [normal]  background")
	p.typed("x").press(keys.Clear).wantSays("normal by orc, place 3 → normal by dev, place 1 of 3")
	p.press(keys.Up, keys.Up).press(keys.Open).typed("h-7003").press(keys.Open).typed("blocks the release")
	got := p.screen(80, 24)
	for i, want := range priorityDrawing {
		if strings.TrimSpace(got[2+i]) != want {
			t.Errorf("row %d is\n%s, want\n%s", 2+i, strings.TrimSpace(got[2+i]), want)
		}
	}
	p.press(keys.Open)
	if len(p.h.ranks) != 1 || p.h.ranks[0] != (ranking{"h-7003", hopper.Urgent, 0, "blocks the release"}) {
		t.Fatalf("asked was %+v", p.h.ranks)
	}
	if !p.closed || p.notice != "h-7003 is urgent now, place 1   a-0194" {
		t.Errorf("closed %v, %q", p.closed, p.notice)
	}
	p.wantActs(0)
}

// Whoever types the id at once types it where it belongs, and chooses nothing by its digits.
func TestTheIDIsTypedAtOnce(t *testing.T) {
	p := begin(t, queue(), keys.Priority, item("h-7003")).press(keys.Up, keys.Up)
	p.typed("h-7003").press(keys.Open).typed("blocks the release").press(keys.Open)
	if len(p.h.ranks) != 1 || p.h.ranks[0] != (ranking{"h-7003", hopper.Urgent, 0, "blocks the release"}) {
		t.Fatalf("asked was %+v", p.h.ranks)
	}
}

func TestPriorityIsChosen(t *testing.T) {
	p := begin(t, queue(), keys.Priority, item("h-7003"))
	p.press(keys.Down).wantSays("[background]").press(keys.Down).wantSays("[background]").press(keys.Up, keys.Up, keys.Up).wantSays("[urgent]")
	p.typed("7").wantSays("[7]").press(keys.Down).wantSays("[normal]").typed("0").wantSays("[normal]").typed("9").wantSays("[urgent]")
	p.press(keys.Next).typed("7").wantSays("[urgent]").wantSays("Not the id")
	p = beginWith(t, queue(), keys.Priority, item("h-7003"), "background")
	if p.l.at() != theID {
		t.Error("what was chosen before is asked again")
	}
	p.wantSays("[background]").typed("h-7003").press(keys.Open).typed("later").press(keys.Open)
	if len(p.h.ranks) != 1 || p.h.ranks[0].priority != hopper.Background {
		t.Errorf("asked was %+v", p.h.ranks)
	}
	beginWith(t, queue(), keys.Priority, item("h-7003"), "nonsense").wantSays("[normal]")
}

// What a change means is said for the state that the item is in now, and changes with it.
func TestPriorityByState(t *testing.T) {
	for _, tc := range []struct {
		state hopper.State
		with  string
		says  string
	}{
		{hopper.Inbox, "urgent", "It is queued anew: it goes to place 1 of 4."},
		{hopper.Assigned, "urgent", "It was given to alice-gpu and has not started: it is called back, and it goes to place 1 of 4."},
		{hopper.Started, "urgent", "It runs on alice-gpu and goes on; the priority counts for what is left of it."},
		{hopper.Started, "background", "It runs on alice-gpu and is asked to make room: as soon as other work wants its slot it comes back, and it goes to place 4 of 4."},
		{hopper.Closed, "urgent", "Not now: h-9999 is over already: done."},
	} {
		w := queue().put("h-9999", hopper.Normal, hopper.Orchestrator, tc.state, time.Minute)
		p := beginWith(t, w, keys.Priority, item("h-9999"), tc.with)
		flat := strings.Join(strings.Fields(p.shown()), " ")
		if !strings.Contains(flat, tc.says) || tc.state != hopper.Closed && !strings.Contains(flat, "This mints a DeveloperOverride") {
			t.Errorf("%v, %s says\n%s", tc.state, tc.with, p.shown())
		}
	}
	p := beginWith(t, queue(), keys.Priority, item("h-7003"), "urgent").typed("h-7003").press(keys.Open).typed("why")
	p.w.put("h-7003", hopper.Normal, hopper.Orchestrator, hopper.Closed, time.Minute)
	p.look().wantSays("Not now: h-7003 is over already: done.").press(keys.Open)
	if len(p.h.ranks) > 0 {
		t.Error("it acts all the same")
	}
}

func TestPriorityThatChangesNothing(t *testing.T) {
	w := queue().put("h-9999", hopper.Urgent, hopper.Developer, hopper.Triaged, time.Minute)
	p := beginWith(t, w, keys.Priority, item("h-9999"), "urgent").typed("h-9999").press(keys.Open).typed("why").wantSays("It is urgent by dev already")
	p.press(keys.Open)
	if len(p.h.ranks) > 0 {
		t.Error("it is asked for what is")
	}
	// What the classifier said can be made a person's word.
	p = beginWith(t, queue(), keys.Priority, item("h-7003"), "normal").typed("h-7003").press(keys.Open).typed("keep it").press(keys.Open)
	if len(p.h.ranks) != 1 {
		t.Error("it can't be made a developer's")
	}
}

func TestMove(t *testing.T) {
	p := beginWith(t, queue(), keys.Move, item("h-7003"), "1").titled("Move: h-7003").wantSays("place 3 → normal by dev, place 1 of 3")
	p.wantSays("This mints a DeveloperOverride").typed("h-7003").press(keys.Open).typed("first").press(keys.CopyCommand)
	if want := "voxmesh hopper reprioritize h-7003 --place 1 --confirm h-7003 --reason first"; p.copied != want {
		t.Errorf("%s", p.copied)
	}
	p.press(keys.Open)
	if len(p.h.ranks) != 1 || p.h.ranks[0] != (ranking{"h-7003", 0, 1, "first"}) || p.notice != "moved h-7003, place 1   a-0194" {
		t.Errorf("%+v, %q", p.h.ranks, p.notice)
	}
	p = beginWith(t, queue(), keys.Move, item("h-7003"), "3").typed("h-7003").press(keys.Open).typed("why").wantSays("It is at place 3 already.").press(keys.Open)
	if len(p.h.ranks) > 0 {
		t.Errorf("asked was %+v", p.h.ranks)
	}
	p = beginWith(t, queue(), keys.Move, item("h-7003"), "2").typed("h-7003").press(keys.Open).typed("why")
	p.w.put("h-7003", hopper.Normal, hopper.Orchestrator, hopper.Started, time.Minute)
	p.look().wantSays("Not now: h-7003 runs: it has no place in the inbox.").press(keys.Open)
	if len(p.h.ranks) > 0 {
		t.Errorf("asked was %+v", p.h.ranks)
	}
}

func TestAnErrorOfAPriorityStays(t *testing.T) {
	p := beginWith(t, queue(), keys.Priority, item("h-7003"), "urgent").typed("h-7003").press(keys.Open).typed("why")
	p.h.err = fault.New("vox/oplog/full", "the disk is full").WithHint("make room in the data folder")
	p.press(keys.Open).wantSays("Not done: the disk is full.").wantSays("make room in the data folder")
	p.h.err = nil
	p.press(keys.Open)
	if len(p.h.ranks) != 2 || !p.closed {
		t.Errorf("%d tries, closed %v", len(p.h.ranks), p.closed)
	}
	p = beginWith(t, queue(), keys.Priority, item("h-7003"), "urgent").typed("h-7003").press(keys.Open).typed("why")
	_, cmd := p.pressed(keys.Open)
	if _, again := p.l.Update(pane.Do{ID: keys.Open}); again != nil || p.press(keys.Back).closed {
		t.Error("a second enter acts as well, or esc closes")
	}
	m := cmd().(ranked)
	m.generation++
	if p.message(m); p.closed {
		t.Error("an answer to another request counts")
	}
}

// Whatever else than the id is typed, nothing is asked for.
func TestAnotherIDNeverReprioritizes(t *testing.T) {
	w := queue()
	rapid.Check(t, func(rt *rapid.T) {
		text := rapid.OneOf(rapid.String(), rapid.StringMatching(`h-?700[123]{0,2}`)).Draw(rt, "typed")
		p := beginWith(t, w, keys.Priority, item("h-7003"), "urgent").typed(text).press(keys.Open).typed("a good reason").press(keys.Open)
		if acted := len(p.h.ranks) == 1; acted != (text == "h-7003") {
			rt.Fatalf("%q: %+v", text, p.h.ranks)
		}
	})
}

// Of an item of a batch either it alone is cancelled, or all: which of them is chosen before the id is typed.
func TestCancel(t *testing.T) {
	w := queue()
	p := begin(t, w, keys.Kill, item("h-7001")).titled("Cancel: h-7001").wantSays("Cancels the item: it leaves the inbox")
	p.typed("h-7001").press(keys.Open).typed("no more").press(keys.Open).wantActs(1)
	if a := p.h.acts[0]; a != (mesh.Action{Name: "kill", Target: "h-7001"}) || p.notice != "cancelled h-7001   a-0193" {
		t.Errorf("%+v, %q", a, p.notice)
	}
	w.st = mesh.Projection{}.Clone(w.st)
	w.st.Hopper().Group("b-0001", []string{"h-7001", "h-7002"}, "mira", "a-1", now.UnixMicro())
	p = begin(t, w, keys.Kill, item("h-7001")).wantSays("[h-7001 alone]  the batch b-0001, 2 items").typed("h-7001").wantSays("The id is right")
	p.press(keys.Previous, keys.Down).titled("Cancel: batch b-0001").wantSays("[the batch b-0001, 2 items]").wantSays("Cancels 2 items of the batch, as one")
	p.press(keys.Open).wantSays("Waiting for the id.").typed("b-0001").press(keys.Open).typed("no more").press(keys.Open).wantActs(1)
	if a := p.h.acts[0]; a != (mesh.Action{Name: "kill", Target: "b-0001"}) {
		t.Errorf("%+v", a)
	}
	begin(t, w, keys.Kill, item("b-0001")).titled("Cancel: batch b-0001").wantSays("2 items of the batch")
}

func TestItemsHaveRoomAtEverySize(t *testing.T) {
	w := queue()
	w.st.Hopper().Group("b-0001", []string{"h-7001", "h-7002"}, "mira", "a-1", now.UnixMicro())
	for _, p := range []*play{
		begin(t, w, keys.Priority, item("h-7003")), beginWith(t, w, keys.Move, item("h-7003"), "1"), begin(t, w, keys.Kill, item("h-7001")),
	} {
		for wide := 60; wide <= 130; wide += 10 {
			for h := 16; h <= 45; h += 2 {
				all := strings.Join(p.screen(wide, h), "\n")
				for _, want := range []string{"Type  ", "Reason, kept", "Waiting for the id", "╰", "╭"} {
					if !strings.Contains(all, want) {
						t.Fatalf("%s at %d×%d lacks %q:\n%s", p.l.name, wide, h, want, all)
					}
				}
				if strings.Contains(all, "somebody wrote") {
					t.Fatalf("%s shows what somebody wrote:\n%s", p.l.name, all)
				}
				for y, r := range p.screen(wide, h) {
					if ansi.StringWidth(r) > wide {
						t.Fatalf("row %d of %d×%d has %d columns", y, wide, h, ansi.StringWidth(r))
					}
				}
			}
		}
	}
}

// Where the item goes away, or never was, the box says so and draws.
func TestItemGone(t *testing.T) {
	for _, id := range []keys.ID{keys.Priority, keys.Move, keys.Kill, keys.Replay} {
		p := beginWith(t, queue(), id, item("h-none"), "1").typed("h-none").press(keys.Open).typed("why").wantSays("Not now: h-none is not here.")
		p.press(keys.Open).wantActs(0)
		if len(p.h.ranks) > 0 {
			t.Error(fmt.Sprint(p.h.ranks))
		}
	}
}
