package explain

import (
	"fmt"
	"strings"
	"time"

	"voxmesh/hopper"
	"voxmesh/mesh"
	"voxmesh/mesh/clean"
	"voxmesh/tui/format"
	"voxmesh/tui/pane"
	"voxmesh/tui/verb"
)

// item says why an item of the hopper stands where it stands, and waits; of a batch, how each of its items does.
func (a *answer) item(on pane.Ref) bool {
	all := verb.Items(a.s, on)
	if len(all) == 0 {
		return false
	}
	if all[0].ID != on.ID {
		a.batch(on.ID, all)
		return true
	}
	it := all[0]
	a.command = "voxmesh hopper show " + verb.Quote(it.ID)
	waits := a.s.World.State.Waiting(a.s.World.Tel, a.now)
	a.stands(it, waits)
	a.rank(it)
	a.wanted(it)
	a.decided(it)
	if j := a.next(it); j != nil {
		if e, ok := a.s.World.State.Explain(a.s.World.Tel, a.now, j.Job); ok {
			a.nodes(j, e)
			a.refusals(j)
		}
	}
	return true
}

// next is the job of an item that waits, or else the last that a node has.
func (a *answer) next(it *hopper.Item) *mesh.Job {
	var out *mesh.Job
	for _, j := range verb.Jobs(a.s, pane.Ref{Kind: pane.Item, ID: it.ID}) {
		switch {
		case j.State == mesh.Queued:
			return j
		case j.State.Held():
			out = j
		}
	}
	return out
}

// stands is the answer in a sentence.
func (a *answer) stands(it *hopper.Item, waits *mesh.Waiting) {
	node := clean.Line(it.Node).String()
	switch it.State {
	case hopper.Assigned:
		a.say(fmt.Sprintf("It was given to %s at %s and has not started yet.", node, a.clock(it.Since)), plain)
	case hopper.Started:
		a.say(fmt.Sprintf("It runs on %s since %s, for %s.", node, a.clock(it.Since), a.ago(it.Since)), good)
		if it.Yield {
			a.say("It was asked to make room: it goes on until other work wants its slot.", warn)
		}
	case hopper.Closed:
		text, st := fmt.Sprintf("It is over since %s: %s", a.clock(it.Since), it.Outcome), good
		if it.Outcome != hopper.Done {
			st = bad
		}
		if it.Why != "" {
			text += ", " + strings.TrimSuffix(clean.Line(it.Why).String(), ".")
		}
		a.say(text+".", st)
	default:
		word := waits.For(it)
		if word == "" {
			a.say("It is about to start.", good)
		} else {
			a.say("It waits: "+sentence(word, clean.Line(waits.Reason(it)).String())+".", warn)
		}
		a.fact("waits", "since "+a.clock(it.At)+", for "+a.ago(it.At), second)
	}
	a.fact("run", it.Run, second)
}

// rank says why it stands at its place, and how long others can go before it.
func (a *answer) rank(it *hopper.Item) {
	by := map[hopper.Source]string{
		hopper.Developer: "by a person; only a DeveloperOverride changes it", hopper.Orchestrator: "by the classifier",
		hopper.LearningPolicy: "learned from what people set for the same words",
	}[it.Source]
	a.fact("priority", it.Value.String()+", "+by, second)
	if it.State == hopper.Closed {
		return
	}
	board := a.s.World.State.Hopper()
	if place := board.Place(it.ID); place > 0 {
		n, _, _ := board.Counts()
		text := fmt.Sprintf("%d of %d. Each step of priority is worth %s of waiting: what comes in %s later, or more, starts after it",
			place, n, format.Long(hopper.AgeStep), format.Long(hopper.Bound(it.Value)))
		a.fact("place", text+".", second)
	}
	if it.Batch != "" {
		a.fact("batch", fmt.Sprintf("%s, of %s, which start as one", it.Batch, format.Many(len(board.Batch(it.Batch)), "item")), second)
	}
}

// wanted is what it asks for.
func (a *answer) wanted(it *hopper.Item) {
	out := []string{"any kind"}
	if it.Kind != "" {
		out[0] = "kind " + it.Kind
	}
	if len(it.Models) > 0 {
		out = append(out, "model "+strings.Join(it.Models, ", "))
	}
	if len(it.Nodes) > 0 {
		out = append(out, "preferably "+strings.Join(it.Nodes, ", "))
	}
	text := clean.Line(strings.Join(out, "; ")).String()
	if it.Classified != 0 {
		text += fmt.Sprintf("; classified %s with confidence %d.%02d", it.Classified, it.Confidence/100, it.Confidence%100)
	}
	a.fact("wants", text, second)
}

// decided lists what people decided about it.
func (a *answer) decided(it *hopper.Item) {
	if len(it.Overrides) == 0 {
		return
	}
	a.heading("What people decided")
	for _, o := range it.Overrides {
		text := o.From.String() + " → " + o.To.String()
		if o.Place > 0 {
			text = fmt.Sprintf("place %d, %s", o.Place, text)
		}
		_, who, named := strings.Cut(o.Actor, ":")
		if !named {
			who = o.Actor
		}
		a.fact(a.clock(o.At), fmt.Sprintf("%s by %s, %s: %s", text, clean.Line(who), o.AuditID, clean.Line(o.Reason)), second)
	}
}

// batch says how the items of one stand.
func (a *answer) batch(id string, all []*hopper.Item) {
	a.command = "voxmesh hopper inbox"
	open := 0
	for _, it := range all {
		if it.State != hopper.Closed {
			open++
		}
	}
	a.say(fmt.Sprintf("A batch of %s, %d not over: they start as one as far as there is room, and K cancels them as one.", format.Many(len(all), "item"), open), plain)
	a.heading("Items")
	waits := a.s.World.State.Waiting(a.s.World.Tel, a.now)
	for _, it := range all {
		sign, word, why := later, it.State.String(), ""
		switch {
		case it.State == hopper.Closed:
			word, why = it.Outcome.String(), "since "+a.clock(it.Since)
			if sign = no; it.Outcome == hopper.Done {
				sign = yes
			}
		case it.State > hopper.Triaged:
			why = clean.Line(it.Node).String() + ", for " + format.Clock(a.now.Sub(time.UnixMicro(it.Since)))
		default:
			if why = clean.Line(waits.Reason(it)).String(); why == "" {
				why = "about to start"
			}
		}
		a.add(verdict{it.Class, sign, it.ID, word, why, a.s.Faint()})
	}
}
