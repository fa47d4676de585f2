package mesh

import (
	"testing"

	"pgregory.net/rapid"

	"voxmesh/hopper"
	"voxmesh/mesh/fabric"
	"voxmesh/mesh/privacy"
	"voxmesh/oplog"
)

// Whatever happens in whatever order: no item is lost, each of its steps is an op with its event, the queue is in the
// order of the inbox, and a memo with its tail gives what the whole log gives.
func TestRandomWays(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		m := newMill(t, "bob", "eve")
		memo, after := []byte(nil), 0
		var ids []string
		pick := func() string { return draw(rt, "item", append([]string{"h-ffff"}, ids...)...) }
		for range rapid.IntRange(1, 40).Draw(rt, "n") {
			from := len(m.ops)
			states := map[string]hopper.State{}
			for _, it := range m.s.hopper.Items() {
				states[it.ID] = it.State
			}
			switch draw(rt, "what", "job", "job", "intent", "give", "give", "start", "done", "lost", "override", "place", "kill", "batch", "model", "triage", "later") {
			case "job":
				ids = append(ids, m.job(draw(rt, "kind", "cpu", "cpu", "gpu"), draw(rt, "said", hopper.Priority(0), 1, 5, 9)))
			case "intent":
				ids = append(ids, m.intent(draw(rt, "text", "write a poem", "fix the outage at once", "tidy up some time"), 0))
			case "give":
				m.commit(m.h.place(m.s))
			case "start", "done", "lost":
				held := m.s.Held()
				if len(held) == 0 {
					continue
				}
				j := draw(rt, "held", held...)
				n, _ := m.s.Node(j.Node)
				switch draw(rt, "how", "running", "done", "refused", "lost") {
				case "running":
					m.commit(m.h.heldOp(newSteps(m.s), n, fabric.Held{Job: j.Job, Attempt: j.Attempt, Phase: fabric.PhaseRunning}, m.now()))
				case "done":
					m.commit(m.h.heldOp(newSteps(m.s), n, fabric.Held{Job: j.Job, Attempt: j.Attempt, Phase: fabric.PhaseDone, Result: &fabric.Result{
						Status: draw(rt, "status", "succeeded", "failed", "timed_out", "killed"),
					}}, m.now()))
				case "refused":
					m.commit(m.h.heldOp(newSteps(m.s), n, fabric.Held{Job: j.Job, Attempt: j.Attempt, Phase: fabric.PhaseRefused, Reason: "no"}, m.now()))
				default:
					m.commit([]oplog.Draft{m.h.lost(newSteps(m.s), j, "gone")})
				}
			case "override":
				_, _ = m.override(pick(), draw(rt, "to", hopper.Priority(1), 5, 9), 0)
			case "place":
				_, _ = m.override(pick(), draw(rt, "to", hopper.Priority(0), 5), rapid.IntRange(1, 9).Draw(rt, "place"))
			case "kill":
				_, _ = m.kill(draw(rt, "target", pick(), "b-19c4"))
			case "batch":
				list := []string{pick(), pick(), pick()}
				if m.s.hopper.CanGroup(list) == nil {
					m.commit([]oplog.Draft{draft(KindItemsBatched, ada, "", &ItemsBatched{Batch: shortID("b-", m.s.Batches), Items: list})})
				}
			case "model":
				m.commit([]oplog.Draft{draft(KindNodeDescribed, "host", "", &NodeDescribed{
					Node: "eve", Slots: []Slot{{"cpu", 2, 50}, {"text", 1, 50}}, Models: []Model{{Name: "m", Fits: true}},
				})})
			case "triage":
				m.commit(m.s.triageOps())
			case "later":
				m.at += draw(rt, "by", second, hour, 3*hour)
			}
			if err := m.soundItems(); err != nil {
				rt.Fatal(err)
			}
			if memo == nil && rapid.IntRange(0, 5).Draw(rt, "memo") == 0 {
				memo, after = Projection{}.Encode(m.s), len(m.ops)
			}
			told := map[string]bool{}
			for _, op := range m.ops[from:] {
				for _, e := range EventsOf(op) {
					if data, ok := e.Data.(map[string]any); ok && e.Topic == TopicHopper && data["state"] != nil {
						told[data["item_id"].(string)+" "+data["state"].(string)] = true
					}
				}
			}
			for _, it := range m.s.hopper.Items() {
				if it.State != states[it.ID] && !told[it.ID+" "+it.State.String()] {
					rt.Fatalf("%s became %s, and no event says so: %v", it.ID, it.State, told)
				}
			}
		}
		for _, id := range ids {
			if m.item(id) == nil {
				rt.Fatalf("%s is lost", id)
			}
		}
		want := Projection{}.Encode(m.s)
		if got := m.replayed(&State{}, m.ops); !same(got, want) {
			rt.Fatal("the log gives another state")
		}
		if memo != nil {
			s, err := Projection{}.Decode(memo)
			if err != nil {
				rt.Fatal(err)
			}
			if got := m.replayed(s, m.ops[after:]); !same(got, want) {
				rt.Fatal("a memo and its tail give another state than the whole")
			}
		}
	})
}

// The jobs of a log from before the hopper go their way as they did, and a person's hopper is empty.
func TestJobsOfAnOldLog(t *testing.T) {
	m := newMill(t, "bob")
	old := []byte(nil)
	for i := range 3 {
		id := "j-" + itoa(uint64(i))
		old = marshal(&JobSubmitted{Job: id, Run: "r-" + itoa(uint64(i)), Kind: "cpu", Runner: "wasm", Class: privacy.PairedPeersOnly, Priority: uint8(1 + 4*i)})
		m.commit([]oplog.Draft{{Kind: KindJobSubmitted, Actor: ada, Body: old}})
	}
	if got := m.s.Queue(1)[0].Job; got != "j-2" {
		t.Errorf("%s is first", got)
	}
	m.give()
	if n := len(m.s.HeldBy("bob")); n != 2 {
		t.Fatalf("%d are held", n)
	}
	j := m.s.HeldBy("bob")[0]
	bob, _ := m.s.Node("bob")
	m.commit(m.h.heldOps(m.s, bob, []fabric.Held{{Job: j.Job, Attempt: 1, Phase: fabric.PhaseRunning}}, m.now()))
	m.commit(m.h.heldOps(m.s, bob, []fabric.Held{{Job: j.Job, Attempt: 1, Phase: fabric.PhaseDone, Result: &fabric.Result{Status: "succeeded"}}}, m.now()))
	if _, err := m.kill("j-0"); err != nil {
		t.Fatal(err)
	}
	for _, op := range m.ops {
		if es := EventsOf(op); len(es) != 1 || es[0].Topic == TopicHopper {
			t.Errorf("%s gives %+v", op.Kind, es)
		}
	}
	w := &act{name: ActReplay, target: j.Job, actor: ada}
	if err := prepareReplay(m.s, w, Action{Name: ActReplay, Target: j.Job}); err != nil || kindsOf(w.ops) != "item_admitted job_submitted" {
		t.Errorf("%s, %v", kindsOf(w.ops), err)
	}
	mustSound(t, m.s)
	if in, as, hist := m.s.hopper.Counts(); in+as+hist != 0 {
		t.Errorf("%d %d %d", in, as, hist)
	}
	if e, ok := m.s.Explain(nil, m.now(), "j-0"); !ok || e.ItemID != "" {
		t.Errorf("%+v", e)
	}
}

// An activity of a workflow that is run again alone is work of its own.
func TestAnActivityAloneIsAnItemOfItsOwn(t *testing.T) {
	m := newMill(t, "bob")
	m.commit([]oplog.Draft{draft(KindJobSubmitted, "host", "", &JobSubmitted{
		Job: "j-0", Run: "r-0", Item: "h-0", Kind: "cpu", Runner: "wasm", Class: privacy.PairedPeersOnly, Priority: 5, Activity: "a",
		Index: 1, Fanned: true, Try: 2, Key: "k", Refs: []string{"b"}, Order: 7,
	})})
	w := &act{name: ActReplay, target: "j-0", actor: ada}
	if err := prepareReplay(m.s, w, Action{Name: ActReplay, Target: "j-0"}); err != nil {
		t.Fatal(err)
	}
	m.commit(append(w.ops, m.h.entry(m.s, w)))
	j, _ := m.s.Job(w.result.JobID)
	if j.ofFlow() || j.Activity != "" || j.Key != "" || j.Order != 0 || j.Item != w.result.ItemID || m.item(j.Item) == nil || j.ReplayOf != "j-0" {
		t.Errorf("%+v", j.JobSubmitted)
	}
	m.give()
	m.says(j.Item, fabric.PhaseDone, &fabric.Result{Status: "succeeded"})
	if it := m.item(j.Item); it.Outcome != hopper.Done {
		t.Errorf("%+v", it)
	}
	w = &act{name: ActReplay, target: j.Item, actor: ada} // by its item
	if err := prepareReplay(m.s, w, Action{Name: ActReplay, Target: j.Item}); err != nil || w.result.ItemID == j.Item {
		t.Errorf("%+v, %v", w.result, err)
	}
	poem := m.intent("write a poem", 0)
	w = &act{name: ActReplay, target: poem, actor: ada}
	wantCode(t, prepareReplay(m.s, w, Action{Name: ActReplay, Target: poem}), "vox/act/nothing-to-do")
}

// itemOps are the kinds of the hopper's ops.
var itemOps = []string{KindItemAdmitted, KindItemAdmitted, KindItemTriaged, KindItemOverridden, KindItemsBatched, KindItemClosed, KindItemSuggested}

// randomItemOp draws an op of the hopper that no host need have written.
func randomItemOp(t *rapid.T, kind, item string) record {
	run, small := draw(t, "itemRun", "", "r-1", "r-2"), uint8(rapid.IntRange(0, 255).Draw(t, "small"))
	switch kind {
	case KindItemAdmitted:
		return &ItemAdmitted{Item: item, Intent: draw(t, "intent", "write a poem", ""), Run: run, Priority: small, Source: small / 64, Confidence: small}
	case KindItemTriaged:
		return &ItemTriaged{Item: item, Run: run}
	case KindItemOverridden:
		return &ItemOverridden{
			Item: item, To: small, Place: uint32(small / 50), Order: draw(t, "order", 0, 1, noon, -1<<63, 1<<63-1), Yield: small%2 == 0,
		}
	case KindItemsBatched:
		return &ItemsBatched{Batch: draw(t, "batch", "", "b-1", "b-2"), Items: []string{item, "h-2", "h-9", item}}
	case KindItemClosed:
		return &ItemClosed{Item: item, Outcome: small}
	}
	return &ItemSuggested{Item: item, Priority: small, Model: "m"}
}
