package mesh

import (
	"strings"
	"testing"

	"voxmesh/mesh/workflow"
)

// A plan was made while a node had a model, and that node is gone when it is to be recorded: the run must be looked at
// again when a model comes back, though nothing of the run itself changes then.
func TestAModelThatGoesAndComesBackFindsTheRunAgain(t *testing.T) {
	h, _ := openHost(t)
	tk := runFlow(t, h, "workflow ask { activities: [{ name: \"q\", runner: text, prompt: \"why\" }] }")
	s := h.Snapshot()
	with, err := Projection{}.Decode(Projection{}.Encode(s))
	if err != nil {
		t.Fatal(err)
	}
	with.nodes.Set("ann", &Node{ID: "ann", Status: Online, Models: []Model{{Name: "tiny:1b", Fits: true}}})
	r, _ := with.Run(tk.RunID)
	mark, _ := s.flows.Get(tk.RunID)
	e := &flowEngine{h: h, seen: map[string]flowSeen{}}
	p, err := h.planFlow(with, r)
	if err != nil || len(p.start) != 1 || p.waits {
		t.Fatalf("%+v, %v", p, err)
	}
	if e.carryOut(tk.RunID, mark, p) || len(h.Snapshot().Jobs()) != 0 {
		t.Fatal("a job was started for a model that is not there")
	}
	if !e.idle(h.Snapshot(), tk.RunID, mark) {
		t.Error("it is planned again and again while there is no model")
	}
	if e.idle(with, tk.RunID, mark) {
		t.Error("the model is back, and the run is left alone")
	}
}

// What cannot run is said although more waits for a model than is started at once.
func TestWhatWaitsForAModelHidesNoFailure(t *testing.T) {
	h, _ := openHost(t)
	crew(t, h, echo(), "bob")
	many := strings.Repeat("\"x\", ", maxFlowStarts+1)
	tk := runFlow(t, h, flowSource(
		step("split", `args: ["one"]`),
		"{ name: \"ask\", runner: text, prompt: \"${item}\", each: ["+many+"] },\n",
		step("bad", `args: ["${split.parts[5]}"]`),
		step("mend", `when: [{ of: bad, is: failed }], args: ["x"]`),
	))
	until(t, h, "mend is done", func(s *State) bool {
		r, _ := s.Run(tk.RunID)
		return strings.Contains(said(s, r), "mend:succeeded")
	})
	s := h.Snapshot()
	if r, _ := s.Run(tk.RunID); !strings.Contains(said(s, r), "bad:skipped(cannot run: ") {
		t.Error(said(s, r))
	}
	carryOut(t, h, Action{Name: ActKill, Target: tk.RunID})
}

// Arguments stand in the log and in memory, so what a run may have of them is bounded, whatever its outputs are.
func TestArgumentsOfARunAreBounded(t *testing.T) {
	h := idleHost(t, newDial().now)
	s, r := &State{}, &Run{ID: "r-1", Flow: &Flow{}}
	large := []string{strings.Repeat("x", maxArgBytes)}
	start := workflow.Start{Activity: "a", Try: 1, Inputs: workflow.Inputs{Args: large}}
	d := compiled(t, flowSource(step("a", `args: ["x"]`)), toolModule(t, h))
	for n := range maxFlowArgs / maxArgBytes {
		j := &Job{JobSubmitted: JobSubmitted{Job: shortID("j-", uint64(n)), Args: large}}
		s.jobs.Set(j.Job, j)
		r.Jobs = append(r.Jobs, j.Job)
	}
	for name, tc := range map[string]struct {
		jobs []string
		ends bool
	}{"as much as may be": {r.Jobs[1:], false}, "one more": {r.Jobs, true}} {
		p, run := &flowPlan{run: r.ID}, *r
		run.Jobs = tc.jobs
		if err := h.record(s, &run, d, p, &workflow.Decision{Start: []workflow.Start{start}}); err != nil {
			t.Fatal(err)
		}
		if ended := p.finish != nil; ended != tc.ends || ended && (p.finish.Status != Failed || len(p.start) != 0) {
			t.Errorf("%s: %+v", name, p.finish)
		}
	}
}
