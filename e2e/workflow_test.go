package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

type spanData struct {
	Kind     string `json:"span_kind"`
	Name     string `json:"span_name"`
	Status   string
	NodeID   string `json:"node_id"`
	Children []spanData
}

type flowData struct {
	RunID      string `json:"run_id"`
	ItemID     string `json:"item_id"`
	TraceID    string `json:"trace_id"`
	Status     string
	Workflow   string
	Done       int
	Activities int
	Error      string
	Root       spanData
	Outputs    []struct {
		Activity string
		Status   string
		NodeID   string `json:"node_id"`
		Output   *string
	}
}

func (s spanData) walk(visit func(spanData)) {
	visit(s)
	for _, c := range s.Children {
		c.walk(visit)
	}
}

// file writes a file into a folder of the test.
func fileIn(t testing.TB, dir, name, text string) string {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// awaitFlow waits until a run of a workflow has ended, and gives it.
func (h *host) awaitFlow(run string) flowData {
	h.machine.t.Helper()
	var v flowData
	h.ok(&v, "runs", run)
	h.await("HopperItemClosed", map[string]any{"item_id": v.ItemID})
	v = flowData{}
	h.ok(&v, "runs", run)
	return v
}

const fanOut = `workflow fan {
  activities: [
    { name: split, runner: text, model: "tiny:latest", prompt: "list 9" },
    { name: render, runner: text, model: "tiny:latest", each: "${split.parts}", prompt: "render ${item}" },
    { name: join, runner: text, model: "tiny:latest", prompt: "join ${render.output}" },
  ]
}
`

// A fan-out over three workers, with the host killed twice in the middle: each question is asked exactly once, counted by
// who was asked.
func TestFanOutWithTheHostKilledTwice(t *testing.T) {
	t.Parallel()
	o := newOracle(t)
	o.hold("render ")
	m := newMachine(t, "aurelia")
	host := m.serve()
	for _, name := range []string{"alice", "bob", "carol"} {
		host.modelFriend(name, o)
	}
	flow := fileIn(t, t.TempDir(), "fan.vox", fanOut)
	var v flowData
	host.ok(&v, "workflow", "run", flow, "--detach")
	if v.RunID == "" || v.TraceID == "" || v.ItemID == "" {
		t.Fatalf("run gave %+v", v)
	}
	o.await(t, 1+3) // the list, and a part on each worker
	host.kill()
	o.release(1) // one ends while nobody is there to hear it
	host = m.serve()
	o.release(2)
	o.await(t, 3)
	host.kill()
	host = m.serve()
	o.hold("")
	o.release(9)
	done := host.awaitFlow(v.RunID)
	if done.Status != "succeeded" || done.Done != 11 || done.Activities != 11 {
		t.Errorf("in the end %s, %d of %d done: %s", done.Status, done.Done, done.Activities, done.Error)
	}
	want := []string{"list 9"}
	var outputs []string
	for i := range 9 {
		want = append(want, fmt.Sprintf("render part-%d", i))
		outputs = append(outputs, fmt.Sprintf("answer to render part-%d", i))
	}
	o.onceEach(t, append(want, "join "+strings.Join(outputs, "\n"))...)

	// Every job of it has one result, and the trace has all three machines.
	finished := map[string]int{}
	for _, d := range host.ops("job_finished") {
		finished[fmt.Sprint(d["job_id"])]++
	}
	for id, n := range finished {
		if n != 1 {
			t.Errorf("%s has %d results", id, n)
		}
	}
	nodes := map[string]bool{}
	done.Root.walk(func(s spanData) {
		if s.Kind == "attempt" {
			nodes[s.NodeID] = true
		}
	})
	if len(finished) != 11 || len(nodes) != 3 {
		t.Errorf("%d results by %v", len(finished), nodes)
	}
	if it := host.item(v.ItemID); it.State != "closed" || it.Outcome != "done" {
		t.Errorf("its item is %+v", it)
	}
	host.ok(nil, "oplog", "verify")
	host.ok(nil, "audit", "verify")
}

const twoPlaces = `workflow pair {
  activities: [
    { name: left, runner: wasm, module: "bin/hello.wasm", args: ["left"], on: alice },
    { name: right, runner: wasm, module: "bin/hello.wasm", args: ["${left.output}"], on: bob },
  ]
}
`

// pairFolder is a folder with a workflow and the module that it names.
func pairFolder(t *testing.T, name string) (dir, flow string) {
	t.Helper()
	dir = t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "bin"), 0o700); err != nil {
		t.Fatal(err)
	}
	wasm, err := os.ReadFile(wasmFile(t, "hello.wasm"))
	if err != nil {
		t.Fatal(err)
	}
	fileIn(t, dir, "bin/hello.wasm", string(wasm))
	return dir, fileIn(t, dir, name, twoPlaces)
}

// One trace has the spans of two machines, told by each of itself; the command that follows a run tells of each activity.
func TestTraceOfTwoMachines(t *testing.T) {
	t.Parallel()
	host := newMachine(t, "aurelia").serve()
	host.friend("alice")
	host.friend("bob")
	_, flow := pairFolder(t, "pair.vox")
	a := host.raw("", "workflow", "run", flow) // from a folder that is not the workflow's
	if a.exit != 0 {
		t.Fatalf("exit %d\n%s%s", a.exit, a.out, a.err)
	}
	for _, want := range []string{"left  PAIRED  started on alice", "left  PAIRED  succeeded on alice", "right  PAIRED  started on bob", "right  PAIRED  succeeded on bob"} {
		if !strings.Contains(a.err, want) {
			t.Errorf("it never said %q:\n%s", want, a.err)
		}
	}
	if !strings.Contains(a.out, "2 of 2 done") || !strings.Contains(a.out, "right") {
		t.Errorf("at the end it says\n%s", a.out)
	}
	var rows []flowData
	host.ok(&rows, "runs")
	if len(rows) != 1 || rows[0].Workflow != "pair" || rows[0].Done != 2 || rows[0].Activities != 2 {
		t.Fatalf("runs gave %+v", rows)
	}
	var v flowData
	host.ok(&v, "runs", rows[0].RunID)
	phases, kinds := map[string][]string{}, map[string]bool{}
	v.Root.walk(func(s spanData) {
		kinds[s.Kind] = true
		if s.Kind == "phase" {
			phases[s.NodeID] = append(phases[s.NodeID], s.Name)
		}
	})
	for _, node := range []string{"alice", "bob"} {
		if !slices.Contains(phases[node], "fetch module") || !slices.Contains(phases[node], "execute") {
			t.Errorf("%s says of itself %v", node, phases[node])
		}
	}
	for _, k := range []string{"run", "activity", "attempt"} {
		if !kinds[k] {
			t.Errorf("the tree has no %s: %v", k, kinds)
		}
	}
	if text := host.raw("", "open", "vox://trace/"+v.TraceID).out; !strings.Contains(text, "left") || !strings.Contains(text, "right") || !strings.Contains(text, "PAIRED") {
		t.Errorf("open gave\n%s", text)
	}

	// From the second activity on: the first one's result is taken over.
	var act actData
	host.ok(&act, "replay", v.RunID, "--from", "right", "--confirm", v.RunID, "--reason", "once more")
	again := host.awaitFlow(act.RunID)
	if again.Status != "succeeded" || again.RunID == v.RunID {
		t.Errorf("replayed: %+v", again)
	}
	starts := 0
	for _, d := range host.ops("job_submitted") {
		if d["run_id"] == act.RunID {
			starts++
		}
	}
	if starts != 1 {
		t.Errorf("the replay from the second of two activities started %d", starts)
	}
	host.refused("vox/confirm/required", 3, "replay", v.RunID, "--from", "right")
}

// The whole answer of a run that is followed is data, and exits 0 only where all of it succeeded.
func TestWorkflowAnswers(t *testing.T) {
	t.Parallel()
	host := newMachine(t, "aurelia").serve()
	host.friend("alice")
	host.friend("bob")
	dir, flow := pairFolder(t, "pair.vox")
	var v flowData
	host.ok(&v, "workflow", "run", flow, "--session", "editor")
	if v.Status != "succeeded" || len(v.Outputs) != 1 || v.Outputs[0].Activity != "right" || v.Outputs[0].NodeID != "bob" || v.Outputs[0].Output == nil {
		t.Errorf("%+v", v)
	}
	fileIn(t, dir, "exit7.wasm", string(mustRead(t, wasmFile(t, "exit7.wasm"))))
	bad := fileIn(t, dir, "bad.vox", `workflow bad { activities: [ { name: ends, runner: wasm, module: "exit7.wasm" }, { name: never, runner: wasm, module: "exit7.wasm", needs: [ends] } ] }`)
	a := host.do("workflow", "run", bad)
	if a.exit != 1 || a.failed {
		t.Fatalf("a workflow that failed: exit %d, %s %s", a.exit, a.code, a.text)
	}
	var f flowData
	a.read(t, &f)
	if f.Status != "failed" || f.Error == "" {
		t.Errorf("%+v", f)
	}
}

func mustRead(t testing.TB, path string) []byte {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}
