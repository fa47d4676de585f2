package mesh

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"testing"

	"voxmesh/mesh/fabric"
	"voxmesh/mesh/workflow"
)

// compiled reads and fixes the one workflow of a source; modules are the hashes of its modules by path.
func compiled(t testing.TB, src string, modules map[string]string) *workflow.Definition {
	t.Helper()
	f := workflow.Parse("test.vox", []byte(src))
	if f.Errors() {
		t.Fatalf("%+v", f.Problems)
	}
	w, ok := f.Workflow("")
	if !ok {
		t.Fatal("no workflow")
	}
	d, err := workflow.Compile(w, modules)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// toolModule stores the module that all activities of these tests name: a puppet looks at the arguments alone.
func toolModule(t testing.TB, h *Host) map[string]string {
	t.Helper()
	hash, _, err := h.PutBlob(bytes.NewReader([]byte("\x00asm")), MaxBlob)
	if err != nil {
		t.Fatal(err)
	}
	return map[string]string{"tool.wasm": hash}
}

// step writes an activity of the module that all share.
func step(name, rest string) string {
	return fmt.Sprintf("{ name: %q, runner: wasm, module: \"tool.wasm\", %s },\n", name, rest)
}

func flowSource(steps ...string) string {
	return "workflow test {\n activities: [\n" + strings.Join(steps, "") + " ]\n}\n"
}

func runFlow(t testing.TB, h *Host, src string) Ticket {
	t.Helper()
	tk, err := h.RunWorkflow(within(t), ada, FlowRequest{Definition: compiled(t, src, toolModule(t, h))})
	if err != nil {
		t.Fatal(err)
	}
	return tk
}

// runFunc is what a worker of a crew does with a job: its verdict, or nil: it goes on until it is cancelled.
type runFunc func(a fabric.Assign) *fabric.Result

// echo puts out its arguments, each on a line. "fail" fails, "hang" never ends, "fail-once" fails on its first try.
func echo() runFunc {
	var mu sync.Mutex
	seen := map[string]bool{}
	return func(a fabric.Assign) *fabric.Result {
		mu.Lock()
		defer mu.Unlock()
		key := strings.Join(a.Args, " ")
		first := !seen[key]
		seen[key] = true
		switch {
		case len(a.Args) > 0 && a.Args[0] == "hang":
			return nil
		case len(a.Args) > 0 && (a.Args[0] == "fail" || a.Args[0] == "fail-once" && first):
			return &fabric.Result{Status: "failed", ExitCode: 3, Code: "vox/run/exit", Error: "exit code 3", Output: []byte("so far")}
		}
		return &fabric.Result{Status: "succeeded", Output: []byte(strings.Join(a.Args, "\n") + "\n"), DurationMS: 1}
	}
}

// worker is a machine that outlives hosts: it keeps what it holds, runs each attempt that it is given once, and says it to
// whichever host is there.
type worker struct {
	node string
	run  runFunc

	mu   sync.Mutex
	held map[string]fabric.Held
	ran  map[string]int // by run and label, how often an attempt of it began
	rep  fabric.Report
}

func newWorker(node string, run runFunc) *worker {
	w := &worker{node: node, run: run, held: map[string]fabric.Held{}, ran: map[string]int{}}
	w.rep = fabric.Report{V: 1, Instance: "0000aaaa0000aaaa", Describe: fabric.Describe{
		Slots: []fabric.Slot{{Kind: "cpu", Max: 4, Weight: 50}}, Version: "test", Policy: "p1",
	}}
	return w
}

// serve works for a host until ctx ends. It never fails a test: a host that closes under it is what some are about.
func (w *worker) serve(ctx context.Context, h *Host) {
	link, err := h.Bus().Local(w.node)
	if err != nil {
		return
	}
	defer link.Close()
	wake := make(chan struct{}, 1)
	poke := func() {
		select {
		case wake <- struct{}{}:
		default:
		}
	}
	_ = link.Handle(fabric.KindAssign, func(m fabric.Msg) {
		var a fabric.Assign
		if json.Unmarshal(m.Data, &a) == nil {
			w.take(a)
			poke()
		}
	})
	_ = link.Handle(fabric.KindOrders, func(m fabric.Msg) {
		var o fabric.Orders
		if json.Unmarshal(m.Data, &o) == nil {
			w.obey(o)
			poke()
		}
	})
	for poke(); ; {
		select {
		case <-wake:
		case <-ctx.Done():
			return
		}
		for again := true; again && ctx.Err() == nil; {
			b := w.report()
			answer, err := link.Request(ctx, fabric.KindReport, nil, b)
			var o fabric.Orders
			if err != nil || json.Unmarshal(answer, &o) != nil {
				break
			}
			again = w.obey(o)
		}
	}
}

func (w *worker) take(a fabric.Assign) {
	w.mu.Lock()
	defer w.mu.Unlock()
	key := streamKey(a.Job, a.Attempt)
	if _, ok := w.held[key]; ok || w.ran[key] > 0 {
		return
	}
	w.ran[key]++
	held := fabric.Held{Job: a.Job, Attempt: a.Attempt, Phase: fabric.PhaseRunning}
	if res := w.run(a); res != nil {
		held = done(a.Job, a.Attempt, *res)
	}
	w.held[key] = held
}

func (w *worker) obey(o fabric.Orders) (moved bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, refs := range [][]fabric.JobRef{o.Settled, o.Cancel} {
		for _, ref := range refs {
			if _, ok := w.held[streamKey(ref.Job, ref.Attempt)]; ok {
				delete(w.held, streamKey(ref.Job, ref.Attempt))
				moved = true
			}
		}
	}
	return moved
}

func (w *worker) report() []byte {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.rep.N++
	w.rep.Held = nil
	for _, held := range w.held {
		w.rep.Held = append(w.rep.Held, held)
	}
	b, _ := json.Marshal(w.rep)
	return b
}

// admitted joins a node without a worker yet.
func admitted(t testing.TB, h *Host, label string) string {
	t.Helper()
	_, tok := mint(t, h, InviteRequest{Label: label})
	_, key := newKey(t)
	node, err := admitter{h}.Join(within(t), fabric.JoinRequest{Token: tok, Key: key, Source: "127.0.0.1", Hello: hello("")})
	if err != nil {
		t.Fatal(err)
	}
	return node
}

// crew joins workers that work until the test ends, the host's own machine among them.
func crew(t testing.TB, h *Host, run runFunc, labels ...string) []*worker {
	t.Helper()
	all := []*worker{newWorker("home", run)}
	for _, l := range labels {
		all = append(all, newWorker(admitted(t, h, l), run))
	}
	t.Cleanup(atWork(h, all))
	return all
}

// atWork lets workers serve a host until stop is called.
func atWork(h *Host, all []*worker) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	for _, w := range all {
		wg.Go(func() { w.serve(ctx, h) })
	}
	return func() { cancel(); wg.Wait() }
}

// flowEnd waits for the end of a workflow run.
func flowEnd(t testing.TB, h *Host, id string) *Run {
	t.Helper()
	var r *Run
	until(t, h, "the run "+id+" ends", func(s *State) bool {
		r, _ = s.Run(id)
		return r != nil && r.Flow.Ended != 0
	})
	return r
}

// said is what each instance of a run came to: "split:succeeded render[1]#2:failed", in the order of their jobs.
func said(s *State, r *Run) string {
	var out []string
	for _, st := range r.Flow.Steps {
		switch {
		case st.Skipped != "":
			out = append(out, fmt.Sprintf("%s:skipped(%s)", st.Activity, st.Skipped))
		case st.Reused != "":
			out = append(out, workflow.Label(st.Activity, int(st.Index), st.Fanned)+":reused")
		}
	}
	for _, j := range s.jobsOf(r) {
		text := j.label()
		if j.Try > 1 {
			text += fmt.Sprintf("#%d", j.Try)
		}
		out = append(out, text+":"+j.State.String())
	}
	return strings.Join(out, " ")
}
