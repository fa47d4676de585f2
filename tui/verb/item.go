package verb

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"voxmesh/hopper"
	"voxmesh/mesh"
	"voxmesh/mesh/privacy"
	"voxmesh/tui/format"
	"voxmesh/tui/keys"
	"voxmesh/tui/pane"
)

// What is said of the hopper's items. A Ref of kind pane.Item names an item, or a batch: then it is about all of them.

// Items gives the items that a Ref names, in the order of the inbox or, of a batch, in its own.
func Items(s *pane.Session, on pane.Ref) []*hopper.Item {
	if on.Kind != pane.Item || s.World.State == nil {
		return nil
	}
	board := s.World.State.Hopper()
	if it, ok := board.Item(on.ID); ok {
		return []*hopper.Item{it}
	}
	return board.Batch(on.ID)
}

// itemOf gives one item; nil where there is none.
func itemOf(s *pane.Session, on pane.Ref) *hopper.Item {
	if all := Items(s, on); len(all) > 0 {
		return all[0]
	}
	return nil
}

// itemsClass is the class of an item; of a batch the widest.
func itemsClass(s *pane.Session, on pane.Ref) (c privacy.Class, ok bool) {
	for i, it := range Items(s, on) {
		if i == 0 || it.Class.Effective() > c.Effective() {
			c = it.Class
		}
		ok = true
	}
	return c, ok
}

// itemJobs gives the jobs of the runs of items.
func itemJobs(s *pane.Session, on pane.Ref) []*mesh.Job {
	var out []*mesh.Job
	for _, it := range Items(s, on) {
		if it.Run != "" {
			out = append(out, ofRun(s.World.State, it.Run)...)
		}
	}
	return out
}

func closed(it *hopper.Item) bool { return it.State == hopper.Closed }

// refuseItem says why an act can't be done on an item now.
func refuseItem(s *pane.Session, name string, on pane.Ref) string {
	all := Items(s, on)
	if len(all) == 0 {
		return nothing(s, on)
	}
	it := all[0]
	switch over := it.ID + " is over already: " + it.Outcome.String(); name {
	case mesh.ActKill:
		if !slices.ContainsFunc(all, func(it *hopper.Item) bool { return !closed(it) }) {
			return over
		}
	case mesh.ActReprioritize:
		if closed(it) {
			return over
		}
	case string(keys.Batch):
		switch {
		case closed(it):
			return over
		case it.State > hopper.Triaged:
			return it.ID + " is " + it.State.String() + " already"
		case it.Batch != "":
			return it.ID + " is in the batch " + it.Batch
		}
	case mesh.ActReplay:
		switch {
		case !closed(it):
			return it.ID + " is not over yet"
		case it.Run == "":
			return it.ID + " never ran"
		}
		return refuseReplay(s, pane.Ref{Kind: pane.Run, ID: it.Run})
	}
	return ""
}

// Ranked is how an item would stand after a change: its priority, and its place in the inbox, from 1; of one that a node
// has the place that it takes when it comes back.
type Ranked struct {
	Priority hopper.Priority
	Source   hopper.Source
	Place    int
	Of       int
}

// Now is how an item stands; of one that a node has the place is 0.
func Now(s *pane.Session, it *hopper.Item) Ranked {
	board := s.World.State.Hopper()
	n, _, _ := board.Counts()
	return Ranked{it.Value, it.Source, board.Place(it.ID), n}
}

// After is how it would stand with a priority, or at a place of the inbox: then p is 0, and the priority goes with the
// new neighbours. It is tried on a copy of the board.
func After(s *pane.Session, it *hopper.Item, p hopper.Priority, place int) Ranked {
	board := s.World.State.Hopper().Copy()
	if place > 0 && p == 0 {
		p = it.Value
		if m, ok := board.MoveTo(it.ID, place); ok {
			p = m.Clamp(p)
		}
	}
	board.Override(it.ID, hopper.Override{To: p, Place: place}, 0)
	board.Return(it.ID, "", 0)
	n, _, _ := board.Counts()
	return Ranked{p, hopper.Developer, board.Place(it.ID), n}
}

// sealsFirst is what every change of a priority begins with: which right is made for it.
const sealsFirst = "This mints a DeveloperOverride and is recorded in the audit log."

func itemEffect(s *pane.Session, name string, on pane.Ref, said Said) string {
	all := Items(s, on)
	if len(all) == 0 {
		return ""
	}
	switch name {
	case mesh.ActReplay:
		return replayEffect(s, itemJobs(s, on), on, said)
	case mesh.ActKill:
		return cancelEffect(all, itemJobs(s, on))
	case mesh.ActReprioritize:
		return sealsFirst + " " + rankEffect(s, all[0], said)
	case string(keys.Batch):
		return "They start as one as far as there is room, and are cancelled as one, at the place of the last of them: nobody is overtaken."
	}
	return ""
}

// rankEffect says what a change means at the state that the item is in.
func rankEffect(s *pane.Session, it *hopper.Item, said Said) string {
	p, _ := hopper.ParsePriority(said.Priority)
	if said.Priority == "" {
		p = 0
	}
	goes := "it goes to the place of its new priority"
	if p > 0 || said.Place > 0 {
		then := After(s, it, p, said.Place)
		goes = fmt.Sprintf("it goes to place %d of %d", then.Place, then.Of)
		p = then.Priority
	}
	switch it.State {
	case hopper.Assigned:
		return "It was given to " + it.Node + " and has not started: it is called back, and " + goes + "."
	case hopper.Started:
		switch {
		case p == 0:
			return "It runs on " + it.Node + ": raised it goes on; lowered it is asked to make room."
		case p < it.Value:
			return "It runs on " + it.Node + " and is asked to make room: as soon as other work wants its slot it comes back, and " + goes + "."
		}
		return "It runs on " + it.Node + " and goes on; the priority counts for what is left of it."
	case hopper.Closed:
		return "It is over: nothing changes any more."
	}
	return "It is queued anew: " + goes + "."
}

// cancelEffect is what a kill does to items: those that wait leave the inbox, and what runs of them ends.
func cancelEffect(items []*hopper.Item, jobs []*mesh.Job) string {
	open, held := 0, 0
	for _, it := range items {
		if !closed(it) {
			open++
		}
	}
	for _, j := range jobs {
		if j.State.Held() {
			held++
		}
	}
	what, they := "the item", "it"
	if len(items) > 1 {
		what, they = fmt.Sprintf("%s of the batch, as one", format.Many(open, "item")), "they"
	}
	text := "Cancels " + what + ": "
	switch {
	case held == 0 && they == "it":
		return text + "it leaves the inbox and is not started."
	case held == 0:
		return text + "they leave the inbox and are not started."
	}
	return text + format.Many(held, "running job") + " and " + its(held) + " processes stop now. Output so far is kept."
}

// itemCommand is the command for an act on an item.
func itemCommand(name string, on pane.Ref, said Said) Line {
	target := Quote(on.ID)
	switch name {
	case mesh.ActReprioritize:
		if said.Place > 0 {
			return Line{"voxmesh hopper reprioritize " + target, "--place " + strconv.Itoa(said.Place), "--confirm " + target, "--reason " + word(said.Reason, "TEXT")}
		}
		return Line{"voxmesh hopper reprioritize " + target + " " + word(said.Priority, "PRIORITY"), "--confirm " + target, "--reason " + word(said.Reason, "TEXT")}
	case string(keys.Batch):
		return Line{"voxmesh hopper batch " + strings.Join(said.Items, " ")}
	}
	return nil
}
