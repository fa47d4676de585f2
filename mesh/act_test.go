package mesh

import (
	"bytes"
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"voxmesh/audit"
	"voxmesh/mesh/fabric"
	"voxmesh/mesh/fault"
	"voxmesh/oplog"
)

const ada = "cli:ada"

func confirm(t testing.TB, action, target string) *audit.Grant {
	t.Helper()
	g, err := audit.Confirm(ada, action, target, target, "because "+action)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

func carryOut(t testing.TB, h *Host, a Action) ActResult {
	t.Helper()
	r, err := h.Act(within(t), confirm(t, a.Name, a.Target), a)
	if err != nil {
		t.Fatalf("%s %s: %v", a.Name, a.Target, err)
	}
	if r.AuditID == "" || r.Signature == "" || r.Action != a.Name || r.Target != a.Target {
		t.Errorf("%+v", r)
	}
	return r
}

// opsSince gives what was appended after seq.
func opsSince(t testing.TB, h *Host, seq uint64) []oplog.Op {
	t.Helper()
	ops, err := h.Ops(seq, 1000)
	if err != nil {
		t.Fatal(err)
	}
	return ops
}

func names(ops []oplog.Op) string {
	var out []string
	for _, op := range ops {
		out = append(out, op.Kind)
	}
	return strings.Join(out, " ")
}

// verified looks that the audit log is whole, with n entries, and that anyone can verify its export.
func verified(t testing.TB, h *Host, n uint64) {
	t.Helper()
	rep, err := h.VerifyAudit(within(t))
	if err != nil || !rep.OK() || rep.Entries != n || rep.TreeSize != n {
		t.Fatalf("%d entries expected: %+v, %v", n, rep, err)
	}
	var export bytes.Buffer
	if err := h.ExportAudit(&export); err != nil {
		t.Fatal(err)
	}
	pub, err := audit.ParsePublicKey(h.key.Public().String())
	if err != nil {
		t.Fatal(err)
	}
	rep, err = audit.VerifyExport(bytes.NewReader(export.Bytes()), pub)
	if err != nil || !rep.OK() || rep.Verified != n {
		t.Fatalf("%+v, %v", rep, err)
	}
	if n == 0 {
		return
	}
	forged := bytes.Replace(export.Bytes(), []byte(ada), []byte("cli:eve"), 1) // it did not do that
	if rep, err := audit.VerifyExport(bytes.NewReader(forged), pub); err == nil && rep.OK() {
		t.Error("a forged export verifies")
	}
}

func TestNoActWithoutItsGrant(t *testing.T) {
	h, _ := openHost(t)
	bob := local(t, h, "bob")
	bob.report()
	local(t, h, "eve").report()
	tk := submitWasm(t, h, func(r *JobRequest) { r.On = "bob" })
	recv(t, bob.assigns)
	bob.report(fabric.Held{Job: tk.JobID, Attempt: 1, Phase: fabric.PhaseAccepted})
	verified(t, h, 1) // the submission's
	before := h.Head()
	pause := Action{Name: ActPause, Target: "bob"}
	spent := confirm(t, ActPause, "eve")
	if err := spent.Spend(ada, ActPause, "eve"); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name, code string
		g          *audit.Grant
		a          Action
	}{
		{"none", "vox/confirm/required", nil, pause},
		{"an empty one", "vox/confirm/required", &audit.Grant{}, pause},
		{"a spent one", "vox/confirm/required", spent, Action{Name: ActPause, Target: "eve"}},
		{"for another target", "vox/audit/grant-invalid", confirm(t, ActPause, "eve"), pause},
		{"for another act", "vox/audit/grant-invalid", confirm(t, ActKill, "bob"), pause},
		{"for a node that is not here", "vox/node/unknown", confirm(t, ActPause, "zoe"), Action{Name: ActPause, Target: "zoe"}},
		{"for a job that is not here", "vox/job/unknown", confirm(t, ActKill, "j-ffff"), Action{Name: ActKill, Target: "j-ffff"}},
		{"for a run that is not here", "vox/run/unknown", confirm(t, ActReplay, "r-ffff"), Action{Name: ActReplay, Target: "r-ffff"}},
		{"for no act", "vox/act/impossible", confirm(t, "explode", "bob"), Action{Name: "explode", Target: "bob"}},
		{"to expel the host", "vox/act/impossible", confirm(t, ActRevoke, "home"), Action{Name: ActRevoke, Target: "home"}},
		{"to kill nothing", "vox/act/nothing-to-do", confirm(t, ActKill, "eve"), Action{Name: ActKill, Target: "eve"}},
		{"to replay nothing", "vox/act/nothing-to-do", confirm(t, ActReplay, "eve"), Action{Name: ActReplay, Target: "eve"}},
		{"to replay where nobody is", "vox/node/unknown", confirm(t, ActReplay, tk.JobID), Action{Name: ActReplay, Target: tk.JobID, On: "zoe"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			valid := tt.g.Valid()
			r, err := h.Act(within(t), tt.g, tt.a)
			wantCode(t, err, tt.code)
			if r != (ActResult{}) || h.Head() != before || h.Snapshot().Acts != 1 {
				t.Errorf("%+v; the log is at %d, was at %d", r, h.Head().Seq, before.Seq)
			}
			if tt.g.Valid() != valid {
				t.Error("a refusal spent the grant")
			}
		})
	}
	if _, err := h.Resume(within(t), ada, "bob", ""); !fault.Is(err, "vox/act/nothing-to-do") || h.Head() != before {
		t.Errorf("resume: %v", err)
	}
}

func TestActsAndTheirEntries(t *testing.T) {
	h, d := openHost(t)
	bob, eve := local(t, h, "bob"), local(t, h, "eve")
	bob.report()
	eve.report()
	events := h.Subscribe(within(t), SubscribeOptions{Topics: []string{TopicAudit}})
	committed := func(r ActResult) {
		t.Helper()
		e := recv(t, events)
		data := e.Data.(map[string]any)
		for data["action"] == ActSubmit && r.Action != ActSubmit { // of what was submitted in between
			e = recv(t, events)
			data = e.Data.(map[string]any)
		}
		if e.Event != "MeshActionCommitted" || data["signed_audit_id"] != r.AuditID || data["action"] != r.Action || data["node_id"] != r.Target || data["actor"] != ada {
			t.Errorf("%+v", e)
		}
		entry, err := h.AuditEntry(r.AuditID)
		if err != nil || entry.Signature != r.Signature || entry.Target != r.Target || entry.Seq != e.Seq || entry.TsMicros != e.TsMicros {
			t.Errorf("%+v, %v", entry.Entry, err)
		}
	}
	on := func(r *JobRequest) { r.On = "bob" }
	mode := func() Mode { n, _ := h.Snapshot().Node("bob"); return n.Mode }

	before := h.Head().Seq
	g := confirm(t, ActPause, "bob")
	r, err := h.Act(within(t), g, Action{Name: ActPause, Target: "bob"})
	if err != nil || mode() != Paused || g.Valid() {
		t.Fatalf("%v, %s", err, mode())
	}
	if got := names(opsSince(t, h, before)); got != "node_mode audit_entry" {
		t.Errorf("pause: %s", got)
	}
	committed(r)
	if _, err := h.Act(within(t), confirm(t, ActPause, "bob"), Action{Name: ActPause, Target: "bob"}); !fault.Is(err, "vox/act/nothing-to-do") {
		t.Errorf("paused twice: %v", err)
	}

	before = h.Head().Seq
	r, err = h.Resume(within(t), ada, "bob", "enough \x1b[31m"+strings.Repeat("x", 1000))
	if err != nil || mode() != Active || r.Signature == "" {
		t.Fatalf("resume: %+v, %v", r, err)
	}
	if got := names(opsSince(t, h, before)); got != "node_mode audit_entry" {
		t.Errorf("resume: %s", got)
	}
	committed(r)
	verified(t, h, 2)

	// Kill one job; what it put out so far is kept.
	tk := submitWasm(t, h, on)
	recv(t, bob.assigns)
	bob.report(fabric.Held{Job: tk.JobID, Attempt: 1, Phase: fabric.PhaseRunning})
	bob.out(h, tk.JobID, 1, 0, "so far")
	d.turn(-time.Minute) // a clock that steps back makes no negative bill
	before = h.Head().Seq
	r = carryOut(t, h, Action{Name: ActKill, Target: tk.JobID})
	committed(r)
	if got := names(opsSince(t, h, before)); got != "job_finished audit_entry" || r.Affected != 1 {
		t.Errorf("kill: %s, %+v", got, r)
	}
	j := jobOf(t, h, tk.JobID)
	out, err := h.blobs.ReadAll(j.Output, 100)
	if j.State != Killed || string(out) != "so far" || j.DurationMS < 0 || j.Cost < 1 || !strings.Contains(j.Error, r.AuditID) {
		t.Errorf("%s, %q, %v, %d ms, %s", j.State, out, err, j.DurationMS, j.Error)
	}
	d.turn(time.Minute)
	if o := bob.report(fabric.Held{Job: tk.JobID, Attempt: 1, Phase: fabric.PhaseRunning}); len(o.Cancel) != 1 || o.Cancel[0].Why != "killed" {
		t.Errorf("%+v", o)
	}
	bob.report(done(tk.JobID, 1, fabric.Result{Status: "succeeded"}))
	if j := jobOf(t, h, tk.JobID); j.State != Killed {
		t.Errorf("a result after the kill: %s", j.State)
	}
	if _, err := h.Act(within(t), confirm(t, ActKill, tk.JobID), Action{Name: ActKill, Target: tk.JobID}); !fault.Is(err, "vox/act/nothing-to-do") {
		t.Errorf("killed twice: %v", err)
	}
	waiting := submitWasm(t, h, func(r *JobRequest) { r.Kind = "gpu" })
	committed(carryOut(t, h, Action{Name: ActKill, Target: waiting.RunID}))
	if j := jobOf(t, h, waiting.JobID); j.State != Killed || j.Cost != 0 {
		t.Errorf("a job that waited: %s, %d", j.State, j.Cost)
	}

	// Replay a job elsewhere.
	r = carryOut(t, h, Action{Name: ActReplay, Target: tk.JobID, On: "eve"})
	committed(r)
	again := recv(t, eve.assigns)
	if again.Job != r.JobID || again.Module != jobOf(t, h, tk.JobID).Module || jobOf(t, h, r.JobID).ReplayOf != tk.JobID || r.JobID == tk.JobID {
		t.Errorf("%+v, %+v", again, r)
	}
	eve.report(done(again.Job, 1, fabric.Result{Status: "succeeded"}))

	// Drain; at its deadline the rest goes to others, by the act's name.
	tk = submitWasm(t, h, on)
	recv(t, bob.assigns)
	bob.report(fabric.Held{Job: tk.JobID, Attempt: 1, Phase: fabric.PhaseRunning})
	r = carryOut(t, h, Action{Name: ActDrain, Target: "bob", Deadline: time.Second})
	committed(r)
	if mode() != Draining || r.Affected != 1 {
		t.Errorf("%s, %+v", mode(), r)
	}
	d.turn(time.Second)
	before = h.Head().Seq
	h.tick()
	until(t, h, "bob is drained", func(s *State) bool { n, _ := s.Node("bob"); return n.Mode == Drained })
	for _, op := range opsSince(t, h, before) {
		var q JobRequeued
		if op.Kind == KindJobRequeued && (unmarshal(op.Body, &q) != nil || q.AuditID != r.AuditID) {
			t.Errorf("%+v", q)
		}
	}

	// Expel; what it held waits again, its key is worth nothing, its id stays taken.
	n, _ := h.Snapshot().Node("bob")
	committed(carryOut(t, h, Action{Name: ActRevoke, Target: "bob"}))
	if _, ok := h.Snapshot().Node("bob"); ok || h.Bus().Connected("bob") {
		t.Error("bob is still here")
	}
	if _, err := (admitter{h}).Login(within(t), n.Key, ""); !fault.Is(err, "vox/fabric/revoked") {
		t.Errorf("login: %v", err)
	}
	_, tok := mint(t, h, InviteRequest{Label: "bob"})
	if _, err := (admitter{h}).Join(within(t), fabric.JoinRequest{Token: tok, Key: n.Key}); !fault.Is(err, "vox/fabric/revoked") {
		t.Errorf("join with the key: %v", err)
	}
	_, key := newKey(t)
	if id, err := (admitter{h}).Join(within(t), fabric.JoinRequest{Token: tok, Key: key}); err != nil || id == "bob" {
		t.Errorf("%q, %v: ids are never reused", id, err)
	}
	if _, err := h.Act(within(t), confirm(t, ActReplay, tk.JobID), Action{Name: ActReplay, Target: tk.JobID}); !fault.Is(err, "vox/node/unknown") {
		t.Errorf("replay on a machine that is gone: %v", err)
	}
	verified(t, h, h.Snapshot().Acts)
	mustSound(t, h.Snapshot())
	entries, err := h.AuditEntries(2)
	if err != nil || len(entries) != 2 || entries[0].Action != ActRevoke {
		t.Errorf("%+v, %v", entries, err)
	}
	_, err = h.AuditEntry("a-9999")
	wantCode(t, err, "vox/audit/unknown")
}

func TestRevokeRequeuesAndForgets(t *testing.T) {
	h, _ := openHost(t)
	bob, eve := local(t, h, "bob"), local(t, h, "eve")
	eve.rep.Describe.Slots[0].Weight = 1
	eve.report()
	bob.report()
	a := submitWasm(t, h, nil)
	recv(t, bob.assigns)
	b := submitWasm(t, h, nil)
	recv(t, bob.assigns)
	bob.report(fabric.Held{Job: a.JobID, Attempt: 1, Phase: fabric.PhaseRunning}, fabric.Held{Job: b.JobID, Attempt: 1, Phase: fabric.PhaseAccepted})
	before := h.Head().Seq
	if r := carryOut(t, h, Action{Name: ActRevoke, Target: "bob"}); r.Affected != 2 {
		t.Errorf("%+v", r)
	}
	if got := names(opsSince(t, h, before)[:4]); got != "job_requeued job_requeued node_gone audit_entry" {
		t.Errorf("%s", got)
	}
	for range 2 {
		if got := recv(t, eve.assigns); got.Attempt != 2 {
			t.Errorf("%+v", got)
		}
	}
	if j := jobOf(t, h, a.JobID); j.Losses != 0 {
		t.Errorf("an expulsion counts as %d losses", j.Losses)
	}
	if _, ok := h.Telemetry().Node("bob"); ok {
		t.Error("his heartbeat is remembered")
	}
	if g, ok := h.Snapshot().Gone("bob"); !ok || g.Why != "revoked" {
		t.Errorf("%+v", g)
	}
}

func TestCapsAndAccess(t *testing.T) {
	h, _ := openHost(t)
	local(t, h, "bob")
	ctx := within(t)
	zero := int64(0)
	wantCode(t, h.SetCap(ctx, ada, "zoe", &zero), "vox/node/unknown")
	wantCode(t, h.SetCap(ctx, ada, "", &zero), "vox/node/unknown")
	for _, target := range []string{"bob", MeshTarget} {
		if err := h.SetCap(ctx, ada, target, &zero); err != nil {
			t.Error(err)
		}
	}
	b := h.Snapshot().Budget(h.Now())
	if b.Aggregate.CapUSD == nil || *b.Aggregate.CapUSD != 0 || b.PerNode[0].CapUSD == nil || *b.PerNode[0].CapUSD != 0 {
		t.Errorf("%+v", b)
	}
	if err := h.SetCap(ctx, ada, "bob", nil); err != nil {
		t.Error(err)
	}
	if b := h.Snapshot().Budget(h.Now()); b.PerNode[0].CapUSD != nil {
		t.Errorf("%+v", b)
	}
	wantCode(t, h.AccessAdd(ctx, ada, Access{Fingerprint: "SHA256:x", Role: "root"}), "vox/access/role")
	if err := h.AccessAdd(ctx, ada, Access{Fingerprint: "SHA256:x", Role: "viewer", Name: "\x1b[31mann"}); err != nil {
		t.Error(err)
	}
	if a, ok := h.Snapshot().AccessBy("SHA256:x"); !ok || a.Role != "viewer" || strings.ContainsRune(a.Name, 0x1b) {
		t.Errorf("%+v", a)
	}
	if err := h.AccessRemove(ctx, ada, "SHA256:x"); err != nil {
		t.Error(err)
	}
	wantCode(t, h.AccessRemove(ctx, ada, "SHA256:x"), "vox/access/unknown")
}

func TestEventsFromTheBeginningAndFromASeq(t *testing.T) {
	h, _ := openHost(t)
	for range 300 { // more than one reading of the log
		submitWasm(t, h, func(r *JobRequest) { r.Kind = "gpu" })
	}
	ctx, cancel := context.WithCancel(within(t))
	all := h.Subscribe(ctx, SubscribeOptions{Replay: true})
	since := h.Subscribe(ctx, SubscribeOptions{Since: 200, Topics: []string{TopicWorkflow}})
	last := h.Head().Seq
	if last < 600 {
		t.Fatalf("%d ops", last)
	}
	for seq := uint64(0); seq < last; { // an op may stand for several events, and none is left out
		e := recv(t, all)
		if e.Seq != seq && e.Seq != seq+1 {
			t.Fatalf("seq %d after %d", e.Seq, seq)
		}
		seq = e.Seq
	}
	for _, op := range opsSince(t, h, 200) {
		if EventOf(op).Topic != TopicWorkflow {
			continue
		}
		if e := recv(t, since); e.Seq != op.Seq {
			t.Fatalf("seq %d, want %d", e.Seq, op.Seq)
		}
	}
	cancel()
	for range all {
	}
	for range since {
	}
	if e := EventOf(oplog.Op{Seq: 7, Kind: "of_tomorrow", Body: []byte("?")}); e.Event != "of_tomorrow" || e.Data != nil {
		t.Errorf("%+v", e)
	}
	if e := EventOf(oplog.Op{Seq: 7, Kind: KindJobFinished, Body: []byte{0xff}}); e.Seq != 7 {
		t.Errorf("%+v", e)
	}
}

func TestWakeups(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWakeups()
		ctx, cancel := context.WithCancel(t.Context())
		a, b := w.watch(ctx), w.watch(t.Context())
		for range 5 {
			w.wake() // never blocks, though nobody listens
		}
		for _, ch := range []<-chan struct{}{a, b} {
			if _, ok := <-ch; !ok {
				t.Fatal("closed")
			}
			select {
			case <-ch:
				t.Error("one token stands for many")
			default:
			}
		}
		cancel()
		synctest.Wait()
		if _, ok := <-a; ok {
			t.Error("a's context ended")
		}
		w.wake()
		if _, ok := <-b; !ok {
			t.Error("b is closed")
		}
		w.close()
		w.close()
		w.wake()
		if _, ok := <-b; ok {
			t.Error("the host ended")
		}
		if _, ok := <-w.watch(t.Context()); ok {
			t.Error("a watch after the end")
		}
	})
}
