package mesh

import (
	"encoding/json"
	"reflect"
	"testing"
	"time"

	"voxmesh/mesh/fabric"
	"voxmesh/mesh/privacy"
)

// flowRun is a run of three jobs: one ended well at its second attempt, one runs, one waits.
func flowRun() *tape {
	tp := newTape().start("ann", "bob")
	at := func(sec int64) { tp.at = noon + sec*second }
	sub := func(id, model string) {
		tp.op(KindJobSubmitted, &JobSubmitted{
			Job: id, Run: "r-1", Kind: "cpu", Runner: "text", Model: model, Class: privacy.PairedPeersOnly, Title: "the nightly " + id,
		})
	}
	sub("j-1", "llama")
	sub("j-2", "")
	sub("j-3", "qwen")
	at(1)
	tp.lease("j-1", "ann", 1)
	at(3)
	tp.op(KindJobStarted, &JobStarted{Job: "j-1", Attempt: 1})
	at(10)
	tp.op(KindJobRequeued, &JobRequeued{Job: "j-1", Attempt: 1, Cause: CauseLost, Reason: "no beat for 30 s"})
	at(12)
	tp.run("j-1", "bob", 2)
	at(20)
	tp.op(KindJobFinished, &JobFinished{Job: "j-1", Attempt: 2, Status: Failed, Error: "out of paper", Tokens: 7, CostMicros: 250_000, DurationMS: 8000})
	at(21)
	tp.run("j-2", "ann", 1)
	at(30)
	return tp
}

func TestARunInALineAndAsATree(t *testing.T) {
	tp := flowRun()
	want := RunRow{
		RunID: "r-1", TraceID: "0123456789abcdef0123456789abcdef", Title: "the nightly j-1", PrivacyClass: privacy.PairedPeersOnly,
		Status: "running", NodeID: "ann", Start: noon, DurationMS: 30_000, CostUSD: 0.25, Model: "qwen", Tokens: 7,
		Attempts: 2, Jobs: 3, Done: 1,
	}
	rows := tp.s.RunRows(tp.at)
	if len(rows) != 1 || rows[0] != want {
		t.Errorf("\n got %+v\nwant %+v", rows, want)
	}
	v, ok := tp.s.RunView("r-1", tp.at)
	if !ok || !sameRun(v, want) {
		t.Errorf("%+v", v)
	}
	job := v.Root.Children[0]
	if len(job.Children) != 2 || job.Children[0].Events == nil || len(v.Root.Children) != 3 {
		t.Fatalf("%+v", job)
	}
	for i, want := range [][]SpanEvent{
		{{noon + second, "leased", "ann", ""}, {noon + 3*second, "started", "ann", ""}, {noon + 10*second, "worker lost", "ann", "no beat for 30 s"}},
		{{noon + 12*second, "leased", "bob", ""}, {noon + 12*second, "started", "bob", ""}, {noon + 20*second, "failed", "bob", "out of paper"}},
	} {
		if got := job.Children[i].Events; !reflect.DeepEqual(got, want) {
			t.Errorf("attempt %d: %+v, want %+v", i+1, got, want)
		}
	}
	if waiting := v.Root.Children[2]; len(waiting.Children) != 0 || waiting.Events != nil {
		t.Errorf("a job that waits had no attempt: %+v", waiting)
	}
	if _, ok := tp.s.RunView("r-2", tp.at); ok {
		t.Error("a run out of nothing")
	}
}

func TestTheWorstJobSpeaksForTheRun(t *testing.T) {
	tp := flowRun()
	tp.at += second
	end := func(id string, attempt uint32, st JobState, why string) {
		tp.op(KindJobFinished, &JobFinished{Job: id, Attempt: attempt, Status: st, Error: why})
	}
	end("j-2", 1, Succeeded, "")
	end("j-3", 0, Killed, "enough")
	tp.at += 5 * second
	r := tp.s.RunRows(tp.at)[0]
	if r.Status != "failed" || r.Error != "out of paper" || r.Done != 3 || r.EndedAt != noon+31*second || r.DurationMS != 31_000 {
		t.Errorf("%+v", r)
	}
}

// sameRun says that a view carries what the row does.
func sameRun(v RunView, r RunRow) bool {
	return v.RunID == r.RunID && v.TraceID == r.TraceID && v.Title == r.Title && v.PrivacyClass == r.PrivacyClass &&
		v.Status == r.Status && v.NodeID == r.NodeID && v.Start == r.Start && v.EndedAt == r.EndedAt &&
		v.DurationMS == r.DurationMS && v.CostUSD == r.CostUSD && v.Model == r.Model && v.Tokens == r.Tokens &&
		v.Attempts == r.Attempts && len(v.Jobs) == r.Jobs && v.Done == r.Done && v.Error == r.Error &&
		v.Root.Status == r.Status && v.Root.DurationMS == r.DurationMS && len(v.Root.Children) == r.Jobs
}

func TestListsOfRunsAgree(t *testing.T) {
	tp := newTape().start("bob")
	for i := range 50 {
		tp.at += int64(i%3) * second
		tp.submit("j-" + itoa(uint64(i)))
		if i%2 == 0 {
			tp.run("j-"+itoa(uint64(i)), "bob", 1)
		}
	}
	rows, views := tp.s.RunRows(tp.at), tp.s.RunViews(tp.at)
	if len(rows) != 50 || len(views) != 50 {
		t.Fatalf("%d rows, %d views", len(rows), len(views))
	}
	for i, r := range rows {
		one, ok := tp.s.RunView(r.RunID, tp.at)
		if !sameRun(views[i], r) || !ok || !reflect.DeepEqual(one, views[i]) {
			t.Errorf("%d: %+v and %+v", i, r, views[i])
		}
		if i > 0 && (r.Start > rows[i-1].Start || r.Start == rows[i-1].Start && r.RunID >= rows[i-1].RunID) {
			t.Errorf("%s comes after %s", r.RunID, rows[i-1].RunID)
		}
	}
}

// The tree of the past is drawn from the state of then, the present by the host: it is one tree.
func TestTheHostShowsTheRunsOfItsState(t *testing.T) {
	h, d := openHost(t)
	bob := local(t, h, "bob")
	bob.report()
	tk := submitWasm(t, h, nil)
	until(t, h, "a lease", func(s *State) bool { return len(s.HeldBy("bob")) == 1 })
	before := h.Head().Seq
	bob.report(fabric.Held{Job: tk.JobID, Attempt: 1, Phase: fabric.PhaseRunning})
	d.turn(time.Second)
	one, err := h.Run(tk.RunID)
	if all := h.Runs(); err != nil || len(all) != 1 || !reflect.DeepEqual(all[0], one) || one.Status != "running" {
		t.Errorf("%+v, %v", one, err)
	}
	then, err := h.AtSeq(before)
	if err != nil {
		t.Fatal(err)
	}
	if v, ok := then.State.RunView(tk.RunID, then.At); !ok || v.Status != "leased" || v.NodeID != "bob" {
		t.Errorf("%+v", v)
	}
	b, err := json.Marshal(one)
	if err != nil {
		t.Fatal(err)
	}
	var keys map[string]any
	if err := json.Unmarshal(b, &keys); err != nil || keys["attempts"] != 1.0 || keys["node_id"] != "bob" {
		t.Errorf("%s, %v", b, err)
	}
	d.turn(2 * KeepEnded)
	carryOut(t, h, Action{Name: ActKill, Target: tk.JobID})
	d.turn(2 * KeepEnded)
	if err := h.SetCap(within(t), ada, "bob", nil); err != nil { // an op: now the run leaves the state
		t.Fatal(err)
	}
	if v, err := h.Run(tk.RunID); err != nil || v.Status != "killed" || len(h.Runs()) != 0 {
		t.Errorf("%+v, %v", v, err)
	}
}

func BenchmarkRunRows(b *testing.B) {
	tp := newTape().start("bob")
	for i := range 10_000 {
		tp.at += second / 10
		id := shortID("j-", uint64(i))
		tp.submit(id)
		tp.op(KindJobFinished, &JobFinished{Job: id, Status: Succeeded})
	}
	b.Run("rows of 10,000", func(b *testing.B) {
		for b.Loop() {
			if got := tp.s.RunRows(tp.at); len(got) != 10_000 {
				b.Fatal(len(got))
			}
		}
	})
	b.Run("views of 10,000", func(b *testing.B) {
		for b.Loop() {
			if got := tp.s.RunViews(tp.at); len(got) != 10_000 {
				b.Fatal(len(got))
			}
		}
	})
}
