package verb

import (
	"context"
	"strings"
	"testing"
	"time"

	"voxmesh/audit"
	"voxmesh/hopper"
	"voxmesh/mesh"
	"voxmesh/mesh/privacy"
	"voxmesh/tui/keys"
	"voxmesh/tui/pane"
)

// admit takes an item in, with a run of one job where a node or an end is wanted of it.
func (w *world) admit(id string, p hopper.Priority, class privacy.Class, steps ...string) *world {
	r := &mesh.ItemAdmitted{Item: "h-" + id, Intent: "secret title", Class: class, Priority: uint8(p), Source: uint8(hopper.Orchestrator)}
	if len(steps) == 0 {
		return w.add(mesh.KindItemAdmitted, mesh.Encode(r))
	}
	r.Run = "r-h" + id
	w.add(mesh.KindItemAdmitted, mesh.Encode(r))
	job, item := "j-h"+id, r.Item
	w.add(mesh.KindJobSubmitted, mesh.Encode(&mesh.JobSubmitted{
		Job: job, Run: r.Run, Kind: "gpu", Runner: "wasm", Class: class, Priority: r.Priority, Source: r.Source, Title: "secret title", Item: item,
	}))
	for _, s := range steps {
		switch s {
		case "given":
			w.add(mesh.KindJobLeased, mesh.Encode(&mesh.JobLeased{Job: job, Node: "busy", Attempt: 1, Item: item}))
		case "started":
			w.add(mesh.KindJobStarted, mesh.Encode(&mesh.JobStarted{Job: job, Attempt: 1, Item: item}))
		case "over":
			w.add(mesh.KindJobFinished, mesh.Encode(&mesh.JobFinished{Job: job, Attempt: 1, Status: mesh.Failed, Item: item}))
		}
	}
	return w
}

// full is a hopper with an item of every state.
func full() *world {
	w := every().admit("in", hopper.Normal, privacy.LocalOnly)
	w.admit("wait", hopper.Normal, privacy.PairedPeersOnly, "waits").admit("back", hopper.Background, privacy.PublicMesh, "waits")
	w.admit("given", hopper.Normal, privacy.PairedPeersOnly, "given").admit("runs", hopper.Normal, privacy.PairedPeersOnly, "given", "started")
	w.admit("over", hopper.Normal, privacy.PairedPeersOnly, "given", "started", "over").admit("off", hopper.Normal, privacy.PairedPeersOnly)
	w.add(mesh.KindItemClosed, mesh.Encode(&mesh.ItemClosed{Item: "h-off", Outcome: uint8(hopper.Cancelled)}))
	w.admit("one", hopper.Normal, privacy.LocalOnly).admit("two", hopper.Normal, privacy.PublicMesh, "waits")
	return w.add(mesh.KindItemsBatched, mesh.Encode(&mesh.ItemsBatched{Batch: "b-1", Items: []string{"h-one", "h-two"}}))
}

func TestItemRefusals(t *testing.T) {
	s := sessionOf(full().st)
	for _, tt := range []struct {
		id   keys.ID
		on   string
		want string
	}{
		{keys.Priority, "h-in", ""},
		{keys.Priority, "h-given", ""},
		{keys.Priority, "h-runs", ""},
		{keys.Priority, "h-over", "h-over is over already: failed"},
		{keys.Move, "h-wait", ""},
		{keys.Move, "h-given", ""},
		{keys.Move, "h-runs", "h-runs runs: it has no place in the inbox"},
		{keys.Move, "h-off", "h-off is over already: cancelled"},
		{keys.Kill, "h-in", ""},
		{keys.Kill, "h-runs", ""},
		{keys.Kill, "b-1", ""},
		{keys.Kill, "h-off", "h-off is over already: cancelled"},
		{keys.Kill, "b-9", "b-9 is not here"},
		{keys.Kill, "", "nothing is selected"},
		{keys.Replay, "h-over", ""},
		{keys.Replay, "h-runs", "h-runs is not over yet"},
		{keys.Replay, "h-off", "h-off never ran"},
		{keys.Batch, "h-in", ""},
		{keys.Batch, "h-one", "h-one is in the batch b-1"},
		{keys.Batch, "h-given", "h-given is assigned already"},
		{keys.Batch, "h-over", "h-over is over already: failed"},
	} {
		if got := Refuse(s, tt.id, on(pane.Item, tt.on)); got != tt.want {
			t.Errorf("%s %s: %q, want %q", tt.id, tt.on, got, tt.want)
		}
	}
	for _, look := range []func(){func() { s.Viewer = true }, func() { s.Viewer, s.World.Past = false, today }, func() { s.World.Past, s.World.Lost = time.Time{}, today }} {
		look()
		for _, id := range append(Of(pane.Item), keys.Move, keys.Batch) {
			if got := Refuse(s, id, on(pane.Item, "h-runs")); got != s.Refuse() || got == "" {
				t.Errorf("%s: %q, want %q", id, got, s.Refuse())
			}
		}
	}
	if c, ok := Class(s, on(pane.Item, "b-1")); !ok || c != privacy.PublicMesh {
		t.Errorf("the class of a batch is the widest, not %v", c)
	}
	if _, ok := Class(s, on(pane.Item, "h-none")); ok {
		t.Error("what is not there has a class")
	}
}

func TestItemWords(t *testing.T) {
	s := sessionOf(full().st)
	for _, tt := range []struct {
		name, on string
		said     Said
		effect   string
		command  string
	}{
		{mesh.ActReprioritize, "h-wait", Said{Priority: "urgent", Reason: "it's due"}, "It is queued anew: it goes to place 1 of 5.", `voxmesh hopper reprioritize h-wait urgent --confirm h-wait --reason 'it'\''s due'`},
		{mesh.ActReprioritize, "h-wait", Said{}, "It is queued anew: it goes to the place of its new priority.", "voxmesh hopper reprioritize h-wait PRIORITY --confirm h-wait --reason TEXT"},
		{mesh.ActReprioritize, "h-back", Said{Place: 2}, "it goes to place 2 of 5.", "voxmesh hopper reprioritize h-back --place 2 --confirm h-back --reason TEXT"},
		{mesh.ActReprioritize, "h-given", Said{Priority: "background"}, "It was given to busy and has not started: it is called back, and it goes to place 5 of 6.", "voxmesh hopper"},
		{mesh.ActReprioritize, "h-runs", Said{Priority: "1"}, "is asked to make room", "voxmesh hopper"},
		{mesh.ActReprioritize, "h-runs", Said{}, "raised it goes on; lowered it is asked to make room.", "voxmesh hopper"},
		{mesh.ActKill, "h-in", Said{}, "Cancels the item: it leaves the inbox and is not started.", "voxmesh kill h-in --confirm h-in --reason TEXT"},
		{mesh.ActKill, "h-runs", Said{}, "Cancels the item: 1 running job and its processes stop now.", "voxmesh kill h-runs"},
		{mesh.ActKill, "b-1", Said{}, "Cancels 2 items of the batch, as one: they leave the inbox and are not started.", "voxmesh kill b-1"},
		{mesh.ActReplay, "h-over", Said{}, "Runs it again as a new run", "voxmesh replay h-over --confirm h-over --reason TEXT"},
		{string(keys.Batch), "h-in", Said{Items: []string{"h-in", "h-back"}}, "nobody is overtaken", "voxmesh hopper batch h-in h-back"},
	} {
		on := on(pane.Item, tt.on)
		effect, command := EffectOf(s, tt.name, on, tt.said), CommandFor(tt.name, on, tt.said).String()
		if !strings.Contains(effect, tt.effect) || !strings.HasPrefix(command, tt.command) {
			t.Errorf("%s %s:\n%s\n%s", tt.name, tt.on, effect, command)
		}
		if tt.name == mesh.ActReprioritize && !strings.HasPrefix(effect, "This mints a DeveloperOverride and is recorded in the audit log.") {
			t.Errorf("it does not begin with the capability: %s", effect)
		}
		if strings.Contains(effect+command, "secret") {
			t.Errorf("it repeats what somebody else wrote: %s", effect)
		}
	}
	if Sealed(s, keys.Batch, on(pane.Item, "h-in")) || !Sealed(s, keys.Move, on(pane.Item, "h-in")) || !Sealed(s, keys.Priority, on(pane.Item, "h-in")) || Sealed(s, keys.Move, on(pane.Node, "idle")) {
		t.Error("what needs the confirmation is wrong")
	}
}

// What is refused for an item the host refuses too, and where it takes a change the item stands where After said.
func TestItemsAgainstTheHost(t *testing.T) {
	h := hostOf(t, full())
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	ids := []string{"h-in", "h-wait", "h-back", "h-given", "h-runs", "h-over", "h-off", "h-one", "h-two", "h-none"}
	took, refused := 0, 0
	judge := func(what, why string, err error) bool {
		t.Helper()
		switch {
		case err == nil && why == "":
			took++
			return true
		case err != nil && why != "":
			refused++
		default:
			t.Errorf("%s: refused here with %q, by the host with %v", what, why, err)
		}
		return false
	}
	rank := func(id string, key keys.ID, p hopper.Priority, place int) {
		t.Helper()
		s := sessionOf(h.Snapshot())
		ref := on(pane.Item, id)
		why := Refuse(s, key, ref)
		var then Ranked
		it := itemOf(s, ref)
		if it != nil && why == "" {
			then = After(s, it, p, place)
			if now := Now(s, it); p == 0 && now.Place == then.Place && now.Priority == then.Priority {
				return // there is nothing to do: the layer says so itself
			}
		}
		g, err := audit.ConfirmOverride(s.Actor, id, id, "a test")
		if err != nil {
			t.Fatal(err)
		}
		v, err := h.Reprioritize(ctx, g, id, p, place)
		if !judge(id+" "+string(key), why, err) {
			return
		}
		if v.Priority != then.Priority.String() || v.PrioritySource != "developer" || v.Place > 0 && v.Place != then.Place {
			t.Errorf("%s is %s by %s at %d, and was said to become %+v", id, v.Priority, v.PrioritySource, v.Place, then)
		}
	}
	for _, id := range ids {
		rank(id, keys.Move, 0, 2)
		rank(id, keys.Move, 0, 99)
	}
	for _, p := range []hopper.Priority{7, hopper.Urgent, hopper.Background} {
		for _, id := range ids {
			rank(id, keys.Priority, p, 0)
		}
	}
	for _, name := range []string{mesh.ActReplay, mesh.ActKill} {
		for _, id := range append(ids, "b-1", "b-9") {
			s := sessionOf(h.Snapshot())
			if name == mesh.ActReplay && Refuse(s, keys.Replay, on(pane.Item, id)) != "" {
				continue // stricter: what runs could be replayed, and that is the run's to offer
			}
			why := RefuseAct(s, name, on(pane.Item, id))
			judge(name+" "+id, why, carryOut(ctx, h, s, name, on(pane.Item, id)))
		}
	}
	if took < 20 || refused < 8 {
		t.Errorf("%d taken, %d refused: the table tests nothing", took, refused)
	}
}
