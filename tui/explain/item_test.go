package explain

import (
	"strings"
	"testing"

	"voxmesh/hopper"
	"voxmesh/mesh"
	"voxmesh/mesh/privacy"
	"voxmesh/tui/keys"
	"voxmesh/tui/pane"
)

// put adds an item to the hopper as it is, of the run of a job that the mesh has.
func (w *world) put(id, run string, st hopper.State, f func(*hopper.Item)) *world {
	t := at("10:02:00").UnixMicro()
	r := hopper.Rank{Value: hopper.Normal, Source: hopper.Orchestrator}
	it := hopper.Item{
		ID: id, Intent: "a title", Class: privacy.PairedPeersOnly, Rank: r, At: t, Since: t, Order: hopper.Due(r, t), State: st, Run: run,
		Affinity: hopper.Affinity{Kind: "gpu", Nodes: []string{"alice-gpu"}}, Classified: hopper.Normal, Confidence: 86,
	}
	if f != nil {
		f(&it)
		it.Order = hopper.Due(it.Rank, t)
	}
	w.st = mesh.Projection{}.Clone(w.st)
	w.st.Hopper().Put(it)
	return w
}

func hopperWorld() *world {
	w := aurelia()
	w.add(at("10:02:00"), mesh.KindJobSubmitted, mesh.Encode(&mesh.JobSubmitted{
		Job: "j-9001", Run: "r-9001", Kind: "gpu", Runner: "wasm", Class: privacy.PairedPeersOnly, Priority: 9, Title: "a title", Item: "h-wait",
	}))
	w.put("h-wait", "r-9001", hopper.Triaged, func(it *hopper.Item) {
		it.Rank = hopper.Rank{Value: hopper.Urgent, Source: hopper.Developer}
		it.Overrides = []hopper.Override{{At: at("10:05:00").UnixMicro(), From: hopper.Normal, To: hopper.Urgent, Actor: "ssh:mira", Reason: "blocks \x1b[31m the release", AuditID: "a-0191"}}
	})
	w.put("h-run", "r-81f2", hopper.Started, func(it *hopper.Item) { it.Node, it.Yield = "alice-gpu", true })
	w.put("h-fail", "r-7004", hopper.Closed, func(it *hopper.Item) { it.Outcome, it.Why, it.Node = hopper.Failed, "exit status 1", "bob-cpu" })
	w.put("h-in", "", hopper.Inbox, nil).put("h-in2", "", hopper.Inbox, nil)
	w.st.Hopper().Group("b-1", []string{"h-in", "h-in2"}, "mira", "a-1", 1)
	return w
}

func TestItems(t *testing.T) {
	s := session(hopperWorld())
	for id, says := range map[string][]string{
		"h-wait": {
			"It waits: alice-gpu: no gpu free: 1 of 1 in use.", "since 10:02:00, for 10 min", "urgent, by a person; only a DeveloperOverride changes it",
			"1 of 3. Each step of priority is worth 15 min of waiting", "kind gpu; preferably alice-gpu; classified normal with confidence 0.86",
			"What people decided", "normal → urgent by mira, a-0191: blocks", "· alice-gpu PAIRED busy no gpu free: 1 of 1 in use", "✗ lex-2 PAIRED mode", "$ voxmesh hopper show h-wait",
		},
		"h-run":  {"It runs on alice-gpu since 10:02:00", "asked to make room: it goes on until other work wants its slot", "✓ alice-gpu PAIRED here", "R replay h-run is not over yet"},
		"h-fail": {"It is over since 10:02:00: failed, exit status 1.", "run r-7004", "! h-fail is over already: failed"},
		"h-in":   {"It is about to start.", "batch b-1, of 2 items, which start as one"},
		"b-1":    {"A batch of 2 items, 2 not over", "· h-in PAIRED inbox about to start"},
		"h-old":  {"h-old is not among those of the last day.", "$ voxmesh hopper show h-old"},
	} {
		got := said(s, New(s, ref(pane.Item, id)))
		for _, want := range says {
			if !strings.Contains(got, want) {
				t.Errorf("%s: %q is not in\n%s", id, want, got)
			}
		}
		if strings.Contains(got, "a title") || strings.Contains(got, "\x1b") {
			t.Errorf("%s shows what somebody wrote: %s", id, got)
		}
	}
	got := said(s, NewVerb(s, keys.Priority, ref(pane.Item, "h-fail")))
	if !strings.Contains(got, "! reprioritize can't be used now: h-fail is over already: failed.") {
		t.Error(got)
	}
	s.World.Past, s.World.Tel = now.Add(-1), nil
	if got := said(s, New(s, ref(pane.Item, "h-none"))); !strings.Contains(got, "h-none is not in the mesh as of 10:12") {
		t.Error(got)
	}
}
