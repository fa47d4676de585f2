package mesh

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"voxmesh/hopper"
	"voxmesh/mesh/fabric"
	"voxmesh/mesh/workflow"
)

func TestAWorkflowRuns(t *testing.T) {
	for _, tc := range []struct {
		name, src, want string
		status          JobState
		why             string
	}{
		{"in order, with outputs handed on", flowSource(
			step("split", `args: ["a", "b"]`),
			step("join", `args: ["${split.parts[1]}", "${split.output}"]`),
		), "split:succeeded join:succeeded", Succeeded, ""},
		{"a fan-out", flowSource(
			step("split", `args: ["a", "b", "c"]`),
			step("render", `each: "${split.parts}", args: ["${item}", "${index}"]`),
			step("merge", `args: ["${render.output}"]`),
		), "split:succeeded render[0]:succeeded render[1]:succeeded render[2]:succeeded merge:succeeded", Succeeded, ""},
		{"an empty fan-out", flowSource(
			step("split", ``),
			step("render", `each: "${split.parts}", args: ["${item}"]`),
			step("merge", `needs: ["render"], args: ["x"]`),
		), "split:succeeded merge:succeeded", Succeeded, ""},
		{"a second try", flowSource(
			step("flaky", `args: ["fail-once"], retry: 2`),
			step("after", `needs: ["flaky"], args: ["x"]`),
		), "flaky:failed flaky#2:succeeded after:succeeded", Succeeded, ""},
		{"a failure", flowSource(
			step("bad", `args: ["fail"], retry: 1`),
			step("after", `needs: ["bad"], args: ["x"]`),
			step("beside", `args: ["y"]`),
		), "after:skipped(bad failed) bad:failed beside:succeeded bad#2:failed", Failed, "bad failed at try 2"},
		{"a failure that is taken care of", flowSource(
			step("bad", `args: ["fail"]`),
			step("mend", `when: [{ of: bad, is: failed }], args: ["x"]`),
			step("never", `when: [{ of: bad, is: succeeded }], args: ["x"]`),
		), "never:skipped(bad failed) bad:failed mend:succeeded", Succeeded, ""},
		{"what was said decides", flowSource(
			step("ask", `args: ["yes"]`),
			step("on", `when: [{ of: ask, says: "yes" }], args: ["x"]`),
			step("off", `when: [{ of: ask, says: "no" }], args: ["x"]`),
		), "", Succeeded, ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			h, _ := openHost(t)
			crew(t, h, echo(), "bob", "eve")
			tk := runFlow(t, h, tc.src)
			r := flowEnd(t, h, tk.RunID)
			s := h.Snapshot()
			if got := said(s, r); tc.want != "" && !sameWords(got, tc.want) {
				t.Errorf("%s\nwant %s", got, tc.want)
			}
			if r.Flow.Status != tc.status || r.Flow.Error != tc.why {
				t.Errorf("%s: %q", r.Flow.Status, r.Flow.Error)
			}
			it, ok := s.Hopper().Item(tk.ItemID)
			if !ok || it.State != hopper.Closed || it.Outcome != tc.status.outcome() {
				t.Errorf("item %+v", it)
			}
			for _, j := range s.jobsOf(r) {
				if j.Item != tk.ItemID || j.Trace != tk.TraceID || len(j.Key) != 64 || j.Submitter != "ada" || j.Title != j.label() {
					t.Errorf("%+v", j.JobSubmitted)
				}
			}
			v, err := h.Run(tk.RunID)
			if err != nil || v.Status != tc.status.String() || v.Error != tc.why || v.EndedAt != r.Flow.Ended || v.Title != "test" {
				t.Errorf("%+v, %v", v, err)
			}
			mustSound(t, s)
			verified(t, h, s.Acts)
		})
	}
}

// sameWords compares what happened where order may differ between workers.
func sameWords(a, b string) bool {
	x, y := map[string]int{}, map[string]int{}
	for _, w := range strings.Fields(a) {
		x[w]++
	}
	for _, w := range strings.Fields(b) {
		y[w]++
	}
	return fmt.Sprint(x) == fmt.Sprint(y)
}

func TestAWorkflowIsRefusedAtTheDoor(t *testing.T) {
	h, _ := openHost(t)
	mods := toolModule(t, h)
	ok := compiled(t, flowSource(step("a", `args: ["x"]`)), mods)
	gone := compiled(t, flowSource(step("a", `args: ["x"]`)), map[string]string{"tool.wasm": strings.Repeat("ab", 32)})
	there := compiled(t, flowSource(step("a", `on: "zoe"`)), mods)
	broken := &workflow.Definition{Workflow: workflow.Workflow{Name: "x", Activities: []workflow.Activity{{Name: "a", Runner: "nothing"}}}}
	before := h.Head()
	for _, tc := range []struct {
		code string
		req  FlowRequest
	}{
		{"vox/workflow/invalid", FlowRequest{}},
		{"vox/workflow/invalid", FlowRequest{Definition: &workflow.Definition{}}},
		{"vox/workflow/invalid", FlowRequest{Definition: broken}},
		{"vox/blob/missing", FlowRequest{Definition: gone}},
		{"vox/node/unknown", FlowRequest{Definition: ok, On: "zoe"}},
		{"vox/node/unknown", FlowRequest{Definition: there}},
	} {
		tk, err := h.RunWorkflow(within(t), ada, tc.req)
		wantCode(t, err, tc.code)
		if tk != (Ticket{}) || h.Head() != before {
			t.Errorf("%s: %+v", tc.code, tk)
		}
	}
}

func TestAWideFanOutKeepsItsRoom(t *testing.T) {
	h, _ := openHost(t)
	items := make([]string, 1000)
	for i := range items {
		items[i] = fmt.Sprintf("%q", fmt.Sprint("e", i))
	}
	most := 0
	tk := runFlow(t, h, flowSource(
		step("wide", `each: [`+strings.Join(items, ", ")+`], args: ["${item}"]`),
		step("all", `args: ["${wide[999].output}"]`),
	))
	until(t, h, "the room is used", func(s *State) bool { return s.QueueLen()+len(s.Held()) == maxFlowOpen })
	crew(t, h, echo(), "bob", "eve")
	until(t, h, "the run ends", func(s *State) bool {
		most = max(most, s.QueueLen()+len(s.Held()))
		return len(s.OpenFlows()) == 0
	})
	r := flowEnd(t, h, tk.RunID)
	if len(r.Jobs) != 1001 || r.Flow.Status != Succeeded || most > maxFlowOpen {
		t.Errorf("%d jobs, %s %s, at most %d at once", len(r.Jobs), r.Flow.Status, r.Flow.Error, most)
	}
	row := h.Snapshot().RunRows(h.now().UnixMicro())[0]
	if row.Jobs != 1001 || row.Done != 1001 || row.Workflow != "test" || row.ItemID != tk.ItemID {
		t.Errorf("%+v", row)
	}
	mustSound(t, h.Snapshot())
}

func TestWhatIsMissingEndsTheRunAndSaysSo(t *testing.T) {
	h, _ := openHost(t)
	mods := toolModule(t, h)
	huge := strings.Repeat("x", 3<<20)
	bob := local(t, h, "bob") // a puppet: it does what the test says
	bob.report()
	remove := func(hash string) {
		t.Helper()
		if err := os.Remove(filepath.Join(h.dir, "blobs", hash[:2], hash)); err != nil {
			t.Fatal(err)
		}
	}
	start := func(src string) (Ticket, fabric.Assign) {
		t.Helper()
		tk := runFlow(t, h, src)
		a := recv(t, bob.assigns)
		bob.report(fabric.Held{Job: a.Job, Attempt: a.Attempt, Phase: fabric.PhaseRunning})
		return tk, a
	}
	two := flowSource(step("first", `on: "bob", args: ["x"]`), step("second", `on: "bob", args: ["${first.output}"]`))
	ended := func(tk Ticket, why string) *Run {
		t.Helper()
		r := flowEnd(t, h, tk.RunID)
		if r.Flow.Status != Failed || !strings.Contains(r.Flow.Error, why) || len(r.Flow.Error) > maxErrorText {
			t.Errorf("%s: %q", r.Flow.Status, r.Flow.Error)
		}
		mustSound(t, h.Snapshot())
		return r
	}

	t.Run("an output that is too large", func(t *testing.T) {
		tk, a := start(two)
		hash, n, err := h.PutBlob(strings.NewReader(huge), MaxBlob)
		if err != nil {
			t.Fatal(err)
		}
		bob.report(done(a.Job, 1, fabric.Result{Status: "succeeded", OutputHash: hash, OutputSize: n}))
		ended(tk, "second cannot run: first.output has 3145728 bytes; here at most 65536 are taken")
	})
	t.Run("a large output is standard input all the same", func(t *testing.T) {
		tk, a := start(flowSource(step("first", `on: "bob", args: ["x"]`), step("second", `on: "bob", stdin: "${first.output}"`)))
		hash, n, err := h.PutBlob(strings.NewReader(huge), MaxBlob)
		if err != nil {
			t.Fatal(err)
		}
		bob.report(done(a.Job, 1, fabric.Result{Status: "succeeded", OutputHash: hash, OutputSize: n}))
		b := recv(t, bob.assigns)
		if b.Stdin != hash {
			t.Errorf("%s is handed on as %s", hash, b.Stdin)
		}
		bob.report(done(b.Job, 1, fabric.Result{Status: "succeeded"}))
		if r := flowEnd(t, h, tk.RunID); r.Flow.Status != Succeeded {
			t.Errorf("%s: %q", r.Flow.Status, r.Flow.Error)
		}
	})
	t.Run("an output that is gone", func(t *testing.T) {
		tk, a := start(flowSource(step("first", `on: "bob", args: ["x"]`), step("slow", `on: "bob", args: ["y"]`),
			step("last", `on: "bob", needs: ["slow"], args: ["${first.output}"]`)))
		b := recv(t, bob.assigns)
		if a.Args[0] == "y" {
			a, b = b, a
		}
		bob.report(done(a.Job, 1, fabric.Result{Status: "succeeded", Output: []byte("soon gone")}),
			fabric.Held{Job: b.Job, Attempt: 1, Phase: fabric.PhaseRunning})
		remove(jobOf(t, h, a.Job).Output)
		bob.report(done(b.Job, 1, fabric.Result{Status: "succeeded"}))
		ended(tk, "output of first: blob")
	})
	t.Run("a definition that is gone", func(t *testing.T) {
		tk, a := start(two)
		r, _ := h.Snapshot().Run(tk.RunID)
		remove(r.Flow.Definition)
		h.flows.mu.Lock()
		clear(h.flows.defs)
		h.flows.mu.Unlock()
		bob.report(done(a.Job, 1, fabric.Result{Status: "succeeded"}))
		ended(tk, "is not here")
	})
	t.Run("a node that left", func(t *testing.T) {
		eve := local(t, h, "eve")
		eve.report()
		tk, a := start(flowSource(step("first", `on: "bob", args: ["x"]`),
			step("second", `on: "eve", each: ["p", "q"], args: ["${first.output}", "${item}"]`)))
		carryOut(t, h, Action{Name: ActRevoke, Target: "eve"})
		bob.report(done(a.Job, 1, fabric.Result{Status: "succeeded", Output: []byte("x")}))
		r := ended(tk, `second cannot run: there is no node "eve"`)
		if got := said(h.Snapshot(), r); len(r.Jobs) != 1 {
			t.Error(got)
		}
	})
	t.Run("a module that is gone", func(t *testing.T) {
		tk, a := start(two)
		remove(mods["tool.wasm"])
		bob.report(done(a.Job, 1, fabric.Result{Status: "succeeded", Output: []byte("x")}))
		ended(tk, "second cannot run: its module is no longer stored here")
		toolModule(t, h)
	})
	t.Run("a model that none has is what the item waits for", func(t *testing.T) {
		tk := runFlow(t, h, "workflow ask { activities: [{ name: \"q\", runner: text, prompt: \"why\" }] }")
		s := h.Snapshot()
		it, _ := s.Hopper().Item(tk.ItemID)
		w := s.Waiting(nil, h.now())
		if w.For(it) != "needs model" || w.Reason(it) != "no online node has a model" {
			t.Errorf("%q, %q", w.For(it), w.Reason(it))
		}
		if v, err := h.Run(tk.RunID); err != nil || v.Status != "running" || v.Done != 0 {
			t.Errorf("%+v, %v", v, err)
		}
		carryOut(t, h, Action{Name: ActKill, Target: tk.ItemID})
	})
	t.Run("a model that none has waits", func(t *testing.T) {
		tk := runFlow(t, h, "workflow ask { activities: [\n{ name: \"q\", runner: text, prompt: \"why\" },\n"+step("beside", `on: "bob", args: ["x"]`)+"] }")
		a := recv(t, bob.assigns)
		bob.report(done(a.Job, 1, fabric.Result{Status: "succeeded"}))
		until(t, h, "beside is done", func(s *State) bool { j, ok := s.Job(a.Job); return ok && j.State.Ended() })
		before := h.Head()
		h.wakeups.wake()
		bob.report()
		if h.Head() != before {
			t.Error("what waits fills the log")
		}
		bob.rep.Describe.Models = []fabric.Model{{Name: "tiny:1b", Fits: true}}
		bob.rep.Describe.Slots = append(bob.rep.Describe.Slots, fabric.Slot{Kind: "text", Max: 1})
		h.push.forget("bob")
		bob.report()
		q := recv(t, bob.assigns)
		if q.Model != "tiny:1b" || q.Prompt == "" {
			t.Errorf("%+v", q)
		}
		bob.report(done(q.Job, 1, fabric.Result{Status: "succeeded"}))
		if r := flowEnd(t, h, tk.RunID); r.Flow.Status != Succeeded {
			t.Errorf("%+v", r.Flow)
		}
	})
}
