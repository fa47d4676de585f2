package mesh

import (
	"slices"
	"strings"
	"testing"
	"time"

	"voxmesh/hopper"
	"voxmesh/mesh/fabric"
	"voxmesh/mesh/workflow"
)

// hanging starts a run whose second activity never ends, with what comes after it, and gives its jobs by label.
func hanging(t testing.TB, h *Host) (Ticket, map[string]*Job) {
	t.Helper()
	tk := runFlow(t, h, flowSource(
		step("first", `args: ["x"]`),
		step("long", `args: ["hang", "${first.output}"]`),
		step("after", `needs: ["long"], args: ["y"]`),
		step("mend", `when: [{ of: long, is: failed }], args: ["z"]`),
	))
	until(t, h, "the long one runs", func(s *State) bool {
		j := flowJobs(s, tk.RunID)["long"]
		return j != nil && j.State == Running
	})
	return tk, flowJobs(h.Snapshot(), tk.RunID)
}

// flowJobs gives the latest job of each instance by its label.
func flowJobs(s *State, run string) map[string]*Job {
	out := map[string]*Job{}
	if r, ok := s.Run(run); ok {
		for _, j := range s.jobsOf(r) {
			out[j.label()] = j
		}
	}
	return out
}

func TestKillOfWorkflows(t *testing.T) {
	h, _ := openHost(t)
	crew(t, h, echo(), "bob")
	killed := func(target func(Ticket, map[string]*Job) string, ops string, end JobState) *Run {
		t.Helper()
		tk, jobs := hanging(t, h)
		before := h.Head().Seq
		a := carryOut(t, h, Action{Name: ActKill, Target: target(tk, jobs)})
		r := flowEnd(t, h, tk.RunID)
		if got := names(opsSince(t, h, before)); !strings.HasPrefix(got, ops) {
			t.Errorf("%s", got)
		}
		it, _ := h.Snapshot().Hopper().Item(tk.ItemID)
		if r.Flow.Status != end || it.State != hopper.Closed || it.Outcome != end.outcome() || a.Affected != 1 {
			t.Errorf("%+v, item %s %s, %+v", r.Flow, it.State, it.Outcome, a)
		}
		mustSound(t, h.Snapshot())
		return r
	}
	all := "job_finished workflow_finished audit_entry"
	killed(func(tk Ticket, _ map[string]*Job) string { return tk.RunID }, all, Killed)
	killed(func(tk Ticket, _ map[string]*Job) string { return tk.ItemID }, all, Killed)
	r := killed(func(_ Ticket, jobs map[string]*Job) string { return jobs["long"].Job }, "job_finished audit_entry activity_skipped job_submitted", Succeeded)
	if got := said(h.Snapshot(), r); got != "after:skipped(long was killed) first:succeeded long:killed mend:succeeded" {
		t.Errorf("%s", got) // a condition took care of it
	}
	_, err := h.Act(within(t), confirm(t, ActKill, r.ID), Action{Name: ActKill, Target: r.ID})
	wantCode(t, err, "vox/act/nothing-to-do")
	verified(t, h, h.Snapshot().Acts)
}

func TestReplayOfWorkflows(t *testing.T) {
	h, _ := openHost(t)
	crew(t, h, echo(), "bob", "eve")
	src := flowSource(
		step("split", `args: ["a", "b", "c"]`),
		step("render", `each: "${split.parts}", args: ["${item}"]`),
		step("merge", `args: ["${render.output}"]`),
		step("beside", `args: ["fail"]`),
		step("report", `needs: ["merge"], args: ["${merge.output}", "${beside.output}"], when: [{ of: beside, is: ended }]`),
	)
	tk := runFlow(t, h, src)
	old := flowEnd(t, h, tk.RunID)
	if old.Flow.Status != Failed {
		t.Fatalf("%+v", old.Flow)
	}
	jobs := flowJobs(h.Snapshot(), tk.RunID)
	replay := func(a Action, want string) *Run {
		t.Helper()
		a.Name = ActReplay
		before := h.Snapshot()
		res := carryOut(t, h, a)
		r := flowEnd(t, h, res.RunID)
		s := h.Snapshot()
		if got := said(s, r); !sameWords(got, want) {
			t.Errorf("%+v: %s\nwant %s", a, got, want)
		}
		if r.ID == tk.RunID || r.Flow.ReplayOf != tk.RunID || r.Flow.Definition != old.Flow.Definition || r.Trace == old.Trace || r.Item == old.Item {
			t.Errorf("%+v", r)
		}
		if s.Acts != before.Acts+1 {
			t.Errorf("%d entries more", s.Acts-before.Acts)
		}
		e, err := h.AuditEntry(res.AuditID)
		if err != nil || e.Detail["replay_of"] != tk.RunID || e.Detail["run"] != r.ID {
			t.Errorf("%+v, %v", e.Entry, err)
		}
		if it, ok := s.Hopper().Item(res.ItemID); !ok || it.Run != r.ID || it.State != hopper.Closed {
			t.Errorf("%+v", it)
		}
		mustSound(t, s)
		return r
	}
	everything := "split:succeeded render[0]:succeeded render[1]:succeeded render[2]:succeeded merge:succeeded beside:failed report:succeeded"
	replay(Action{Target: tk.RunID}, everything)
	replay(Action{Target: tk.ItemID}, everything)
	replay(Action{Target: tk.RunID, From: "render[1]"},
		"split:reused render[0]:reused render[2]:reused render[1]:succeeded merge:succeeded beside:failed report:succeeded")
	replay(Action{Target: jobs["render[1]"].Job},
		"split:reused render[0]:reused render[2]:reused render[1]:succeeded merge:succeeded beside:failed report:succeeded")
	replay(Action{Target: tk.RunID, From: "merge"},
		"split:reused render[0]:reused render[1]:reused render[2]:reused merge:succeeded beside:failed report:succeeded")
	replay(Action{Target: tk.RunID, From: "beside"},
		"split:reused render[0]:reused render[1]:reused render[2]:reused merge:reused beside:failed report:succeeded")
	on := replay(Action{Target: tk.RunID, From: "split", On: "eve"},
		"split:succeeded render[0]:succeeded render[1]:succeeded render[2]:succeeded merge:succeeded beside:failed report:succeeded")
	for label, j := range flowJobs(h.Snapshot(), on.ID) {
		if j.Node != "eve" {
			t.Errorf("%s ran on %s", label, j.Node)
		}
	}
	reused := replay(Action{Target: tk.RunID, From: "report"},
		"split:reused render[0]:reused render[1]:reused render[2]:reused merge:reused beside:reused report:succeeded")
	if got, want := flowJobs(h.Snapshot(), reused.ID)["report"], jobs["report"]; got.Output != want.Output || got.Key != want.Key {
		t.Errorf("the same inputs give %s and %s", got.Output, want.Output)
	}

	single := submitWasm(t, h, nil)
	for _, tc := range []struct{ target, from, on, code string }{
		{tk.RunID, "nothing", "", "vox/workflow/unknown-activity"},
		{tk.RunID, "render[3]", "", "vox/workflow/unknown-activity"},
		{tk.RunID, "render[1", "", "vox/workflow/unknown-activity"},
		{tk.RunID, "render[-1]", "", "vox/workflow/unknown-activity"},
		{tk.RunID, "split[0]", "", "vox/workflow/unknown-activity"},
		{single.RunID, "render", "", "vox/workflow/unknown-activity"},
		{"r-none", "render", "", "vox/run/unknown"},
		{"h-none", "render", "", "vox/hopper/unknown"},
		{"zoe", "render", "", "vox/node/unknown"},
		{tk.RunID, "render", "zoe", "vox/node/unknown"},
	} {
		_, err := h.Act(within(t), confirm(t, ActReplay, tc.target), Action{Name: ActReplay, Target: tc.target, From: tc.from, On: tc.on})
		wantCode(t, err, tc.code)
	}
}

func TestReplayWhereAnUpstreamResultIsMissing(t *testing.T) {
	h, _ := openHost(t)
	crew(t, h, echo(), "bob")
	try := func(tk Ticket, from string) error {
		_, err := h.Act(within(t), confirm(t, ActReplay, tk.RunID), Action{Name: ActReplay, Target: tk.RunID, From: from})
		return err
	}
	tk := runFlow(t, h, flowSource(step("bad", `args: ["fail"]`), step("next", `args: ["${bad.output}"]`)))
	flowEnd(t, h, tk.RunID)
	wantCode(t, try(tk, "next"), "vox/workflow/not-reusable")
	long, _ := hanging(t, h)
	wantCode(t, try(long, "after"), "vox/workflow/not-reusable")
	carryOut(t, h, Action{Name: ActKill, Target: long.RunID})
}

// What a replay takes over is there a day after the earlier run ended, and both ages are counted from the ends.
func TestTheJobsOfAWorkflowStayUntilADayAfterItsEnd(t *testing.T) {
	tp := newTape().start("bob")
	tp.op(KindWorkflowStarted, &WorkflowStarted{Run: "r-1", Name: "w", Definition: "d", Activities: 2})
	job := func(id, activity string) {
		tp.op(KindJobSubmitted, &JobSubmitted{Job: id, Run: "r-1", Kind: "cpu", Activity: activity, Try: 1})
		tp.run(id, "bob", 1)
		tp.op(KindJobFinished, &JobFinished{Job: id, Attempt: 1, Status: Failed, CostMicros: 5, Tokens: 7})
	}
	job("j-1", "a")
	for range 3 {
		tp.at += 12 * hour
		tp.op("of_tomorrow", &NodeGone{})
		mustSound(t, tp.s)
	}
	if _, ok := tp.s.Job("j-1"); !ok || tp.s.Spent != 0 || tp.s.ErrorCount != 0 || tp.s.Window(tp.now()).Mesh != (Spend{}) {
		t.Errorf("job there: %v, spent %d", ok, tp.s.Spent)
	}
	job("j-2", "b")
	tp.op(KindWorkflowFinished, &WorkflowFinished{Run: "r-1", Status: Failed})
	back, err := Projection{}.Decode(Projection{}.Encode(tp.s))
	if err != nil || string(Projection{}.Encode(back)) != string(Projection{}.Encode(tp.s)) || back.Spent != 5 {
		t.Fatalf("%v, %d", err, back.Spent)
	}
	mustSound(t, back)
	tp.at += day - 1
	tp.op("of_tomorrow", &NodeGone{})
	if r, ok := tp.s.Run("r-1"); !ok || len(r.Jobs) != 2 || tp.s.Spent != 5 {
		t.Errorf("gone a microsecond early: %v", r)
	}
	tp.at++
	tp.op("of_tomorrow", &NodeGone{})
	mustSound(t, tp.s)
	if _, ok := tp.s.Run("r-1"); ok || len(tp.s.Jobs()) != 0 || tp.s.Spent != 0 {
		t.Errorf("still there: %v, %d jobs, spent %d", ok, len(tp.s.Jobs()), tp.s.Spent)
	}
}

func TestAnOldWorkflowIsReadFromTheLog(t *testing.T) {
	h, d := openHost(t)
	crew(t, h, echo(), "bob")
	tk := runFlow(t, h, flowSource(step("split", `args: ["a", "b"]`), step("render", `each: "${split.parts}", args: ["${item}"]`)))
	flowEnd(t, h, tk.RunID)
	now, err := h.Run(tk.RunID)
	if err != nil {
		t.Fatal(err)
	}
	d.turn(25 * time.Hour)
	submitWasm(t, h, nil)
	if _, ok := h.Snapshot().Run(tk.RunID); ok {
		t.Fatal("it is still in the state")
	}
	old, err := h.Run(tk.RunID)
	if err != nil || old.Status != "succeeded" || old.Done != now.Done || old.EndedAt != now.EndedAt || !slices.Equal(old.Jobs, now.Jobs) || old.Workflow != "test" || old.ItemID != tk.ItemID {
		t.Errorf("%+v, %v\n%+v", old, err, now)
	}
}

func TestBlobsOfWorkflowsAreLive(t *testing.T) {
	h, _ := openHost(t)
	crew(t, h, echo(), "bob")
	tk, _ := hanging(t, h)
	r, _ := h.Snapshot().Run(tk.RunID)
	live := map[string]bool{}
	h.flows.liveBlobs(h.Snapshot(), live)
	d, err := h.flows.definition(r.Flow.Definition)
	if err != nil || !live[r.Flow.Definition] || !live[d.Activities[2].Module] {
		t.Errorf("%v, %v", live, err)
	}
	carryOut(t, h, Action{Name: ActKill, Target: tk.RunID})
}

func TestThePreviewOfAWorkflow(t *testing.T) {
	h, _ := openHost(t)
	bob := local(t, h, "bob")
	price := int64(100_000)
	bob.rep.Describe.Prices = []fabric.Price{{Kind: "cpu", PerHour: &price}}
	bob.report()
	d := compiled(t, "workflow w { activities: [\n"+
		step("split", `args: ["a"], timeout_secs: 1800`)+
		step("render", `each: "${split.parts}", retry: 2, args: ["${item}"]`)+
		step("three", `each: ["a", "b", "c"], args: ["${item}"], privacy: local-only`)+
		"{ name: \"ask\", runner: text, model: \"big:70b\", prompt: \"${split.output}\" },\n] }", toolModule(t, h))
	before := h.Head()
	v, err := h.Snapshot().PreviewWorkflow(d, "", h.Telemetry(), h.now())
	if err != nil || len(v) != 4 || h.Head() != before {
		t.Fatalf("%+v, %v", v, err)
	}
	by := map[string]FlowStepView{}
	for _, a := range v {
		by[a.Activity] = a
	}
	if a := by["split"]; a.NodeID != "bob" || a.Stage != 1 || a.Count != 1 || a.CostUSD != 0.05 || !a.CostKnown || a.Why != "4 of 4 cpu free, weight 50" {
		t.Errorf("%+v", a)
	}
	if a := by["render"]; a.Stage != 2 || a.Count != 0 || a.Retry != 2 || a.CostUSD != 0.1 || !slices.Equal(a.Needs, []string{"split"}) {
		t.Errorf("%+v", a)
	}
	if a := by["three"]; a.NodeID != "home" || a.Count != 3 || a.CostUSD != 0 || !a.CostKnown {
		t.Errorf("%+v", a)
	}
	if a := by["ask"]; a.NodeID != "" || a.WaitsFor == "" || a.Why == "" || a.CostKnown || a.Stage != 2 {
		t.Errorf("%+v", a)
	}
	_, err = h.Snapshot().PreviewWorkflow(d, "zoe", nil, h.now())
	wantCode(t, err, "vox/node/unknown")
	if _, err := h.Snapshot().PreviewWorkflow(&workflow.Definition{}, "", nil, h.now()); err != nil {
		t.Error(err)
	}
}
