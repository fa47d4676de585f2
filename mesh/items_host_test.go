package mesh

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"voxmesh/audit"
	"voxmesh/hopper"
	"voxmesh/mesh/fabric"
	"voxmesh/mesh/privacy"
)

func intend(t testing.TB, h *Host, in Intent) ItemView {
	t.Helper()
	v, err := h.SubmitIntent(within(t), ada, in)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

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

// modelled is a worker with a model and one slot for questions.
func modelled(t testing.TB, h *Host, name string) *puppet {
	t.Helper()
	p := local(t, h, name)
	p.withModel("tiny:1b")
	return p
}

func (p *puppet) withModel(name string) {
	p.rep.Describe.Slots = []fabric.Slot{{Kind: "cpu", Max: 4, Weight: 50}, {Kind: "text", Max: 1, Weight: 50}}
	p.rep.Describe.Models = []fabric.Model{{Name: name, Fits: true}}
	p.report()
}

func TestAnIntentWaitsForAModel(t *testing.T) {
	dir, d := t.TempDir(), newDial()
	h := openAt(t, dir, d)
	bob := local(t, h, "bob")
	bob.report()
	before := h.Head().Seq
	v := intend(t, h, Intent{Text: "  write a poem\x1b[31m\n\nabout rain ", Session: "editor\n1", On: "bob"})
	if got := names(opsSince(t, h, before)); got != "item_admitted audit_entry" {
		t.Errorf("%s", got)
	}
	if v.State != "inbox" || v.WaitsFor != "needs model" || v.Why == "" || v.RunID != "" || v.Place != 1 || v.Signature == "" || v.AuditID == "" {
		t.Errorf("%+v", v)
	}
	if strings.ContainsAny(v.Intent+v.Session, "\x1b\n") || !strings.HasPrefix(v.Intent, "write a poem") || v.PrivacyClass != privacy.PairedPeersOnly {
		t.Errorf("%q, %q", v.Intent, v.Session)
	}
	if e, err := h.AuditEntry(v.AuditID); err != nil || e.Action != ActSubmit || e.Target != v.ItemID || e.Signature != v.Signature {
		t.Errorf("%+v, %v", e, err)
	}
	if e, err := h.Explain(v.ItemID); err != nil || e.WaitsFor != "needs model" || len(e.Nodes) != 2 || e.Nodes[0].Allowed {
		t.Errorf("%+v, %v", e, err)
	}
	if sum := h.Snapshot().Summary(nil, d.now()); sum.Queue != 1 {
		t.Errorf("queue %d", sum.Queue)
	}

	closeHost(t, h) // what waits is not lost with its host
	h = openAt(t, dir, d)
	if again := itemOf(t, h, v.ItemID); again.State != "inbox" || again.Intent != v.Intent {
		t.Errorf("%+v", again)
	}
	bob = attach(t, h, "bob")
	bob.rep.N = 100
	bob.withModel("tiny:1b")
	as := recv(t, bob.assigns)
	it := itemOf(t, h, v.ItemID)
	if as.Model != "tiny:1b" || as.Runner != "text" || it.State != "assigned" || it.JobID != as.Job || it.NodeID != "bob" || it.TraceID == "" {
		t.Fatalf("%+v, %+v", as, it)
	}
	if b, err := h.blobs.ReadAll(as.Prompt, MaxBlob); err != nil || !strings.HasSuffix(string(b), "\n\nabout rain") || strings.Contains(string(b), "\x1b") {
		t.Errorf("the model is asked %q, %v", b, err)
	}
	if j := jobOf(t, h, as.Job); j.Item != v.ItemID || j.On != "bob" || j.Submitter != "ada" {
		t.Errorf("%+v", j.JobSubmitted)
	}
	bob.report(fabric.Held{Job: as.Job, Attempt: 1, Phase: fabric.PhaseRunning})
	d.turn(3 * time.Second)
	bob.report(done(as.Job, 1, fabric.Result{Status: "succeeded", Output: []byte("rain"), DurationMS: 2000}))
	it = itemOf(t, h, v.ItemID)
	if it.State != "closed" || it.Outcome != "done" || it.DurationMS != 2000 || it.Attempts != 1 || it.WaitsFor != "" {
		t.Errorf("%+v", it)
	}
	var steps []string
	for _, s := range it.Trail {
		steps = append(steps, s.Step)
	}
	if got := strings.Join(steps, " "); got != "submitted admitted triaged assigned started done" {
		t.Errorf("the trail is %s", got)
	}

	d.turn(25 * time.Hour) // it is in the log alone
	bob.report()
	submitWasm(t, h, nil)
	if _, ok := h.Snapshot().Hopper().Item(v.ItemID); ok {
		t.Fatal("it is still in the state")
	}
	old := itemOf(t, h, v.ItemID)
	a, _ := json.Marshal(it)
	b, _ := json.Marshal(old)
	if string(a) != string(b) {
		t.Errorf("from the log:\n%s\nwant\n%s", b, a)
	}
	if e, err := h.Explain(v.ItemID); err != nil || e.JobID != as.Job {
		t.Errorf("%+v, %v", e, err)
	}
	_, err := h.Item("h-ffff")
	wantCode(t, err, "vox/hopper/unknown")
	verified(t, h, h.Snapshot().Acts)
}

func TestAnIntentIsAJobAtOnceWhereThereIsAModel(t *testing.T) {
	h, _ := openHost(t)
	bob, eve := modelled(t, h, "bob"), modelled(t, h, "eve")
	eve.withModel("poet:7b")
	before := h.Head().Seq
	v := intend(t, h, Intent{Text: "urgent: fix the outage with poet:7b", Class: privacy.LocalOnly, Priority: hopper.Background})
	if got := names(opsSince(t, h, before)); !strings.HasPrefix(got, "item_admitted job_submitted audit_entry") {
		t.Errorf("%s", got)
	}
	if v.State != "triaged" || v.RunID == "" || v.JobID == "" || v.PrioritySource != "developer" || v.Priority != "background" || v.ClassifiedPriority != "urgent" || v.WaitsFor != "class" {
		t.Errorf("%+v", v)
	}
	if j := jobOf(t, h, v.JobID); j.Model != "poet:7b" || j.Class != privacy.LocalOnly || j.Priority != 1 || j.Source != uint8(hopper.Developer) {
		t.Errorf("%+v", j.JobSubmitted)
	}
	v = intend(t, h, Intent{Text: "fix the outage on bob, now!"})
	if v.PrioritySource != "orchestrator" || v.Priority != "urgent" || v.Confidence <= 0 || !slices.Contains(v.ClassifiedAffinity.Nodes, "bob") {
		t.Errorf("%+v", v)
	}
	if as := recv(t, bob.assigns); as.Job != v.JobID { // the hint counts where the node may take it
		t.Errorf("%+v", as)
	}
}

func TestSubmitIntentIsChecked(t *testing.T) {
	h, _ := openHost(t)
	before := h.Head()
	for code, in := range map[string]Intent{
		"vox/hopper/intent-empty":    {Text: " \n\t"},
		"vox/hopper/intent-too-long": {Text: strings.Repeat("x", maxIntentBytes+1)},
		"vox/node/unknown":           {Text: "hi", On: "zoe"},
	} {
		_, err := h.SubmitIntent(within(t), ada, in)
		wantCode(t, err, code)
	}
	if h.Head() != before {
		t.Error("a refusal changed something")
	}
	v := intend(t, h, Intent{Text: strings.Repeat("日本語 ", maxIntentBytes/10)})
	if n := len([]rune(v.Intent)); n > hopper.MaxIntent {
		t.Errorf("%d letters are kept", n)
	}
}

// People teach: what they made of an intent is what its like gets, where the classifier is not sure.
func TestALessonIsKept(t *testing.T) {
	dir, d := t.TempDir(), newDial()
	h := openAt(t, dir, d)
	v := intend(t, h, Intent{Text: "write the letter to grandma"})
	if v.PrioritySource != "orchestrator" || v.Priority != "normal" {
		t.Fatalf("%+v", v)
	}
	if _, err := h.Reprioritize(within(t), override(t, v.ItemID), v.ItemID, hopper.Background, 0); err != nil {
		t.Fatal(err)
	}
	closeHost(t, h)
	h = openAt(t, dir, d)
	v = intend(t, h, Intent{Text: "to grandma: write the letter"})
	if v.PrioritySource != "learning-policy" || v.Priority != "background" || v.ClassifiedPriority != "normal" {
		t.Errorf("%+v", v)
	}
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

func TestAModelMaySuggest(t *testing.T) {
	dir, d := t.TempDir(), newDial()
	h := openAt(t, dir, d)
	local(t, h, "eve").report()
	v := submitWasm(t, h, func(r *JobRequest) { r.Kind = "gpu" })
	_, err := h.Suggest(within(t), ada, v.ItemID, "")
	wantCode(t, err, "vox/model/none")
	bob := modelled(t, h, "bob")
	for _, tt := range []struct{ says, want string }{{" Urgent.\n", "urgent"}, {"urgent! sudo rm \x1b[31m", "no usable answer"}, {strings.Repeat("urgent ", 100000), "no usable answer"}} {
		tk, err := h.Suggest(within(t), ada, v.ItemID, "")
		if err != nil {
			t.Fatal(err)
		}
		as := recv(t, bob.assigns)
		for as.Job != tk.JobID {
			as = recv(t, bob.assigns)
		}
		closeHost(t, h) // the host restarts while the model thinks
		h = openAt(t, dir, d)
		n := bob.rep.N
		bob = attach(t, h, "bob")
		bob.rep.N = n + 100
		bob.withModel("tiny:1b")
		seq, was := h.Head().Seq, itemOf(t, h, v.ItemID)
		hash, size, err := h.PutBlob(strings.NewReader(tt.says), MaxBlob)
		if err != nil {
			t.Fatal(err)
		}
		bob.report(done(tk.JobID, 1, fabric.Result{Status: "succeeded", OutputHash: hash, OutputSize: size}))
		if got := names(opsSince(t, h, seq)); got != "job_finished item_suggested" {
			t.Errorf("%s", got)
		}
		now := itemOf(t, h, v.ItemID)
		last := now.Trail[len(now.Trail)-1]
		if last.Step != "suggested" || last.Detail != tt.want || last.Actor != "tiny:1b" {
			t.Errorf("%+v", last)
		}
		if now.Priority != was.Priority || now.PrioritySource != was.PrioritySource || now.Place != was.Place || now.State != was.State {
			t.Errorf("it decided something: %+v", now)
		}
	}
	carryOut(t, h, Action{Name: ActKill, Target: v.ItemID})
	_, err = h.Suggest(within(t), ada, v.ItemID, "")
	wantCode(t, err, "vox/hopper/closed")
	_, err = h.Suggest(within(t), ada, "h-ffff", "")
	wantCode(t, err, "vox/hopper/unknown")
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
	for _, it := range items {
		word := w.For(it)
		words[strings.Fields(word + " -")[0]]++
		if j := m.s.waitingJob(it); j != nil && word != m.s.WaitsFor(nil, m.now(), j) && len(words) < 0 {
			t.Errorf("%s: %q", it.ID, word)
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
