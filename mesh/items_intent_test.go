package mesh

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

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
	if v.State != "inbox" || v.WaitsFor != "needs model" || v.Why == "" || !slices.Equal(v.ClassifiedAffinity.Nodes, []string{"bob"}) || v.RunID != "" || v.Place != 1 || v.Signature == "" || v.AuditID == "" {
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
		if got := names(opsSince(t, h, seq)); got != "job_started job_finished item_suggested" {
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
