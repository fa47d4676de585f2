package mesh

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"voxmesh/audit"
	"voxmesh/hopper"
	"voxmesh/mesh/fabric"
	"voxmesh/mesh/privacy"
)

func override(t testing.TB, item string) *audit.DeveloperOverride {
	t.Helper()
	g, err := audit.ConfirmOverride(ada, item, item, "because it matters")
	if err != nil {
		t.Fatal(err)
	}
	return g
}

func itemOf(t testing.TB, h *Host, id string) ItemView {
	t.Helper()
	v, err := h.Item(id)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestNoPriorityWithoutTheCapability(t *testing.T) {
	h, _ := openHost(t)
	a, b := intend(t, h, Intent{Text: "first"}), intend(t, h, Intent{Text: "second"})
	spent := override(t, a.ItemID)
	if err := spent.Spend(ada, a.ItemID); err != nil {
		t.Fatal(err)
	}
	before, head := (Projection{}).Encode(h.Snapshot()), h.Head()
	for name, g := range map[string]*audit.DeveloperOverride{
		"none": nil, "an empty one": {}, "a spent one": spent, "for another item": override(t, b.ItemID),
	} {
		v, err := h.Reprioritize(within(t), g, a.ItemID, hopper.Urgent, 0)
		wantCode(t, err, "vox/hopper/capability-required")
		if v.ItemID != "" || h.Head() != head || !same((Projection{}).Encode(h.Snapshot()), before) {
			t.Errorf("%s: something changed", name)
		}
	}
	// What is not possible does not spend it.
	g := override(t, a.ItemID)
	for code, do := range map[string]func() error{
		"vox/act/impossible": func() error { _, err := h.Reprioritize(within(t), g, a.ItemID, 0, 0); return err },
		"vox/act/nothing-to-do": func() error {
			_, err := h.Reprioritize(within(t), g, a.ItemID, 0, 1)
			return err
		},
	} {
		wantCode(t, do(), code)
	}
	unknown := override(t, "h-ffff")
	_, err := h.Reprioritize(within(t), unknown, "h-ffff", hopper.Urgent, 0)
	wantCode(t, err, "vox/hopper/unknown")
	if !g.Grant().Valid() || !unknown.Grant().Valid() || h.Head() != head {
		t.Error("a refusal spent the grant")
	}

	seq := h.Head().Seq
	v, err := h.Reprioritize(within(t), g, a.ItemID, hopper.Urgent, 0)
	if err != nil || g.Grant().Valid() {
		t.Fatal(err)
	}
	if got := names(opsSince(t, h, seq)); got != "item_overridden audit_entry" {
		t.Errorf("%s", got)
	}
	e, err := h.AuditEntry(v.AuditID)
	want := map[string]string{
		"item_id": a.ItemID, "original_priority": "normal", "original_source": "orchestrator", "developer_priority": "urgent",
		"capability": "DeveloperOverride", "state": "inbox",
	}
	if err != nil || e.Action != ActReprioritize || e.Target != a.ItemID || e.Reason != "because it matters" || e.Actor != ada || e.Signature != v.Signature || fmt.Sprint(e.Detail) != fmt.Sprint(want) {
		t.Errorf("%+v, %v", e.Entry, err)
	}
	if v.Priority != "urgent" || v.PrioritySource != "developer" || len(v.Overrides) != 1 {
		t.Fatalf("%+v", v)
	}
	if o := v.Overrides[0]; o.OriginalPriority != "normal" || o.Priority != "urgent" || o.Actor != ada || o.Reason != e.Reason || o.AuditID != v.AuditID || o.Capability != "DeveloperOverride" {
		t.Errorf("%+v", o)
	}
	if v, err = h.Reprioritize(within(t), override(t, b.ItemID), b.ItemID, 0, 1); err != nil || v.Place != 1 || v.Priority != "urgent" || v.Overrides[0].Place != 1 {
		t.Errorf("%+v, %v", v, err)
	}
	if acts, err := h.ActsOn(a.ItemID, 10); err != nil || idsOf(acts) != "a-0003 reprioritize, a-0001 submit" {
		t.Errorf("%s, %v", idsOf(acts), err)
	}
	verified(t, h, 4)
}

// A host that is killed finds each item where it was.
func TestItemsSurviveTheirHost(t *testing.T) {
	dir, d := t.TempDir(), newDial()
	h := openAt(t, dir, d)
	bob := local(t, h, "bob")
	bob.report()
	inbox := intend(t, h, Intent{Text: "wait for a model"}).ItemID
	triaged := submitWasm(t, h, func(r *JobRequest) { r.Kind = "gpu" }).ItemID
	assigned := submitWasm(t, h, nil).ItemID
	until(t, h, "a lease", func(s *State) bool { return len(s.Held()) == 1 })
	// A second one that runs, is asked to yield, and one that is over.
	for range 2 {
		submitWasm(t, h, nil)
	}
	until(t, h, "three leases", func(s *State) bool { return len(s.Held()) == 3 })
	started, closed := "", ""
	for _, j := range h.Snapshot().Held() {
		switch {
		case j.Item == assigned:
		case started == "":
			started = j.Item
			bob.report(fabric.Held{Job: j.Job, Attempt: 1, Phase: fabric.PhaseRunning})
		default:
			closed = j.Item
			carryOut(t, h, Action{Name: ActKill, Target: j.Item})
		}
	}
	if _, err := h.Reprioritize(within(t), override(t, started), started, hopper.Background, 0); err != nil {
		t.Fatal(err)
	}
	batch, err := h.Batch(within(t), ada, []string{triaged, inbox})
	if err != nil || batch.BatchID == "" || len(batch.Items) != 2 || batch.Signature == "" {
		t.Fatalf("%+v, %v", batch, err)
	}
	before := (Projection{}).Encode(h.Snapshot())
	was := map[string]ItemView{}
	for _, id := range []string{inbox, triaged, assigned, started, closed} {
		was[id] = itemOf(t, h, id)
	}
	closeHost(t, h)
	h = openAt(t, dir, d)
	for id, want := range map[string]string{inbox: "inbox", triaged: "triaged", assigned: "assigned", started: "started", closed: "closed"} {
		v := itemOf(t, h, id)
		if v.State != want || fmt.Sprint(v.Trail) != fmt.Sprint(was[id].Trail) || v.Batch != was[id].Batch || v.Place != was[id].Place {
			t.Errorf("%s is\n%+v, was\n%+v", id, v, was[id])
		}
	}
	i, err := h.AtSeq(h.Head().Seq - 1) // before this start
	if err != nil || !same((Projection{}).Encode(i.State), before) {
		t.Errorf("the log gives another state: %v", err)
	}
	if it, _ := h.Snapshot().Hopper().Item(started); !it.Yield {
		t.Error("it is not asked any more")
	}
	r := carryOut(t, h, Action{Name: ActKill, Target: batch.BatchID})
	if r.Affected != 2 || itemOf(t, h, inbox).Outcome != "cancelled" || itemOf(t, h, triaged).Outcome != "cancelled" {
		t.Errorf("%+v", r)
	}
	if acts, err := h.ActsOn(inbox, 10); err != nil || !strings.HasPrefix(idsOf(acts), r.AuditID+" kill, "+batch.AuditID+" batch, ") {
		t.Errorf("%s, %v", idsOf(acts), err)
	}
	mustSound(t, h.Snapshot())
	verified(t, h, h.Snapshot().Acts)
}

func TestBatchesAreChecked(t *testing.T) {
	h, _ := openHost(t)
	a, b := intend(t, h, Intent{Text: "a"}).ItemID, intend(t, h, Intent{Text: "b"}).ItemID
	over := intend(t, h, Intent{Text: "c"}).ItemID
	carryOut(t, h, Action{Name: ActKill, Target: over})
	before := h.Head()
	many := make([]string, maxBatch+1)
	for name, tt := range map[string]struct {
		code  string
		items []string
	}{
		"one": {"vox/hopper/batch", []string{a}}, "none": {"vox/hopper/batch", nil}, "twice": {"vox/hopper/batch", []string{a, b, a}},
		"unknown": {"vox/hopper/unknown", []string{a, "h-ffff"}}, "closed": {"vox/hopper/closed", []string{a, over}}, "too many": {"vox/hopper/batch", many},
	} {
		if _, err := h.Batch(within(t), ada, tt.items); err == nil || h.Head() != before {
			t.Errorf("%s: %v", name, err)
		} else {
			wantCode(t, err, tt.code)
		}
	}
	if _, err := h.Batch(within(t), ada, []string{a, b}); err != nil {
		t.Fatal(err)
	}
	_, err := h.Batch(within(t), ada, []string{b, a})
	wantCode(t, err, "vox/hopper/batch")
}

func TestEventsOfTheHopper(t *testing.T) {
	h, _ := openHost(t)
	bob := local(t, h, "bob")
	bob.report()
	ctx, cancel := context.WithCancel(within(t))
	defer cancel()
	events := h.Subscribe(ctx, SubscribeOptions{Topics: []string{TopicHopper}})
	tk := submitWasm(t, h, nil)
	want := func(list ...string) {
		t.Helper()
		for _, name := range list {
			e := recv(t, events)
			data, _ := e.Data.(map[string]any)
			if e.Event != name || e.Seq == 0 || e.Topic != TopicHopper || data["item_id"] != tk.ItemID {
				t.Fatalf("%+v, want %s", e, name)
			}
			if _, err := json.Marshal(e); err != nil {
				t.Error(err)
			}
		}
	}
	want("HopperItemAdmitted", "HopperItemTriaged", "HopperItemAssigned")
	if _, err := h.Reprioritize(within(t), override(t, tk.ItemID), tk.ItemID, hopper.Urgent, 0); err != nil {
		t.Fatal(err)
	}
	want("HopperItemOverridden", "TaskReprioritized", "HopperItemReturned", "HopperItemAssigned")
	bob.report(fabric.Held{Job: tk.JobID, Attempt: 2, Phase: fabric.PhaseRunning})
	bob.report(done(tk.JobID, 2, fabric.Result{Status: "failed", Error: "no"}))
	want("HopperItemStarted", "HopperItemClosed")
	for _, op := range opsSince(t, h, 0) {
		if op.Kind == KindJobFinished {
			if es := EventsOf(op); len(es) != 2 || es[0].Event != "vox.workflow.activity" || es[1].Data.(map[string]any)["outcome"] != "failed" {
				t.Errorf("%+v", es)
			}
		}
	}
}

// The list of a long inbox looks at each kind of work once.
func TestALongInbox(t *testing.T) {
	m := newMill(t, "bob")
	longInbox(m, 2000)
	w := m.s.Waiting(nil, m.now())
	items := m.s.Hopper().Inbox(0)
	words := map[string]int{}
	for i, it := range items {
		word := w.For(it)
		words[strings.Fields(word + " -")[0]]++
		if j := m.s.waitingJob(it); j != nil && i%97 == 0 && word != m.s.WaitsFor(nil, m.now(), j) {
			t.Errorf("%s: %q, its job alone %q", it.ID, word, m.s.WaitsFor(nil, m.now(), j))
		}
		if (word == "") != (w.Reason(it) == "") {
			t.Errorf("%s: %q, %q", it.ID, word, w.Reason(it))
		}
	}
	if words["needs"] != 500 || words["no"] < 500 || words["behind"] < 900 {
		t.Errorf("%v", words)
	}
	views := m.s.ItemViews(items, nil, m.now())
	for i, v := range views {
		if v.Place != i+1 {
			t.Fatalf("%s is at place %d, listed as %d", v.ItemID, v.Place, i+1)
		}
	}
}

// longInbox submits work of four kinds: what a slot of bob's is wanted for, what none is given for, and intents.
func longInbox(m *mill, n int) {
	for i := range n {
		switch i % 4 {
		case 0:
			m.intent("write a poem", 0)
		case 1:
			m.job("gpu", 0)
		case 2:
			m.job("cpu", hopper.Urgent)
		default:
			m.job("cpu", 0)
		}
	}
	m.commit(m.h.place(m.s))
}

func BenchmarkLongInbox(b *testing.B) {
	m := newMill(b, "bob")
	longInbox(m, 10_000)
	items := m.s.Hopper().Inbox(0)
	b.Run("For", func(b *testing.B) {
		for b.Loop() {
			w := m.s.Waiting(nil, m.now())
			for _, it := range items {
				w.For(it)
			}
		}
	})
	b.Run("Views", func(b *testing.B) {
		for b.Loop() {
			m.s.ItemViews(items, nil, m.now())
		}
	})
	b.Run("Window", func(b *testing.B) {
		for b.Loop() {
			m.s.ItemViews(m.s.Hopper().InboxFrom(5000, 40), nil, m.now())
		}
	})
	b.Run("place", func(b *testing.B) {
		for b.Loop() {
			m.h.place(m.s)
		}
	})
}

// itemKinds are the moments of the hopper's ops.
func itemKinds() []entry {
	of := func(status, detail, act string) Moment {
		return Moment{Item: "h-1", Run: "r-7", Status: status, Detail: detail, AuditID: act, Class: privacy.LocalOnly, HasClass: true}
	}
	return []entry{
		{draft(KindItemAdmitted, "host", "", &ItemAdmitted{Item: "h-1", Intent: "write", Class: privacy.LocalOnly, Priority: 5, AuditID: "a-5"}), Moment{
			Item: "h-1", Status: "inbox", Detail: "write", AuditID: "a-5", Class: privacy.LocalOnly, HasClass: true,
		}},
		{draft(KindItemTriaged, "host", "", &ItemTriaged{Item: "h-1", Run: "r-7"}), of("triaged", "", "")},
		{draft(KindItemOverridden, "host", "", &ItemOverridden{Item: "h-1", From: 5, To: 9, Place: 1, Reason: "why", AuditID: "a-6"}), of("moved", "to place 1, normal → urgent: why", "a-6")},
		{draft(KindItemSuggested, "host", "", &ItemSuggested{Item: "h-1", Priority: 1, Model: "m"}), of("suggested", "m: background", "")},
		{draft(KindItemsBatched, "host", "", &ItemsBatched{Batch: "b-1", Items: []string{"h-1"}, AuditID: "a-7"}), Moment{Status: "batched", Detail: "b-1: 1 items", AuditID: "a-7"}},
		{draft(KindItemClosed, "host", "", &ItemClosed{Item: "h-1", Outcome: uint8(hopper.Cancelled), Why: "enough", AuditID: "a-8"}), of("cancelled", "enough", "a-8")},
		{draft(KindAuditEntry, "host", "", &AuditRecorded{AuditID: "a-8", Action: "kill", Target: "h-1", Class: privacy.LocalOnly}), of("kill", "h-1", "a-8")},
		{draft(KindAuditEntry, "host", "", &AuditRecorded{AuditID: "a-9", Action: "kill", Target: "b-1", Class: privacy.LocalOnly}), Moment{Status: "kill", Detail: "b-1", AuditID: "a-9", Class: privacy.LocalOnly, HasClass: true}},
	}
}
