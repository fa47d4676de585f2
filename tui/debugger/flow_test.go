package debugger

import (
	"errors"
	"testing"
	"time"

	"voxmesh/mesh"
	"voxmesh/mesh/privacy"
	"voxmesh/mesh/workflow"
	"voxmesh/tui/keys"
	"voxmesh/tui/pane"
)

// defining is a host that knows what its workflows are.
type defining struct {
	*books
	def *workflow.Definition
	err error
}

func (d *defining) Definition(run string) (*workflow.Definition, error) {
	d.asked = append(d.asked, "definition "+run)
	return d.def, d.err
}

func (s *tape) try(at, job, activity string, index, try uint32, fanned bool) *tape {
	return s.add(at, mesh.KindJobSubmitted, mesh.Encode(&mesh.JobSubmitted{
		Job: job, Run: runID, Kind: "cpu", Runner: "wasm", Class: privacy.PairedPeersOnly, Submitter: "mira",
		Activity: activity, Index: index, Try: try, Fanned: fanned, Refs: []string{"split.parts[0]"},
	}))
}

func (s *tape) fail(at, job string, n uint32) *tape {
	return s.add(at, mesh.KindJobFinished, mesh.Encode(&mesh.JobFinished{Job: job, Attempt: n, Status: mesh.Failed, Error: "exit code 3", Code: "vox/run/exit-code", ExitCode: 3}))
}

// flow is a workflow of four activities: split is done, render has three elements (one failed and runs again, one is
// taken over from an earlier run, one waits), lint was skipped, join waits.
func flow() (*tape, *workflow.Definition) {
	s := newTape()
	s.add("10:10:00", mesh.KindWorkflowStarted, mesh.Encode(&mesh.WorkflowStarted{
		Run: runID, Name: "nightly", Definition: "0123", Class: privacy.PairedPeersOnly, Submitter: "mira", Activities: 4,
	}))
	s.try("10:10:00", "j-1", "split", 0, 1, false).start("10:10:00", "10:10:01", "j-1", "bob-cpu", 1).done("10:10:09", "j-1", 1)
	s.add("10:10:10", mesh.KindActivitySkipped, mesh.Encode(&mesh.ActivitySkipped{Run: runID, Activity: "lint", Why: "split succeeded"}))
	s.add("10:10:10", mesh.KindActivityExpanded, mesh.Encode(&mesh.ActivityExpanded{Run: runID, Activity: "render", Items: "45", Count: 3}))
	s.add("10:10:10", mesh.KindActivityReused, mesh.Encode(&mesh.ActivityReused{
		Run: runID, Activity: "render", Index: 1, Fanned: true, Job: "j-old", Node: "alice-gpu", Class: privacy.PairedPeersOnly,
	}))
	s.try("10:10:11", "j-2", "render", 0, 1, true).start("10:10:12", "10:10:13", "j-2", "bob-cpu", 1).fail("10:10:31", "j-2", 1)
	s.try("10:10:31", "j-3", "render", 0, 2, true).start("10:10:32", "10:10:33", "j-3", "alice-gpu", 1)
	return s, &workflow.Definition{Workflow: workflow.Workflow{Name: "nightly", Activities: []workflow.Activity{
		{Name: "split"},
		{Name: "render", EachOf: "${split.parts}", Needs: []string{"split"}},
		{Name: "lint"},
		{Name: "join", Needs: []string{"render"}, Class: privacy.LocalOnly},
	}}}
}

func openFlow(t *testing.T, rec *defining, st *mesh.State) *screen {
	t.Helper()
	return openWith(t, 120, 40, rec.books, func(x *screen) { x.s.World.State, x.host = st, rec })
}

func TestWorkflow(t *testing.T) {
	s, d := flow()
	rec := &defining{books: &books{run: mesh.RunView{RunID: runID}}, def: d}
	x := openFlow(t, rec, s.st)
	x.has(
		"[Workflow r-19c4 PAIRED  nightly]", "split              PAIRED bob-cpu     0:09  ", "render[0]          PAIRED alice-gpu   2:15  ",
		"attempt 1        PAIRED bob-cpu     0:19  ", "attempt 2        PAIRED alice-gpu   1:54  ", "render[1]          PAIRED alice-gpu      –  ", "· reused",
		"render[2]          PAIRED –              –", "lint               PAIRED –              –", "· skipped: split succeeded",
		"join               LOCAL  –              –", "· waits for render[0]",
	)
	if n := rec.count("definition"); n != 1 {
		t.Errorf("the definition is read %d times", n)
	}
	x.do(keys.Seek)
	if x.on() != "render[0] attempt 1" {
		t.Errorf("the first problem is %s", x.on())
	}
	if got := x.do(keys.Replay).last(); got != (pane.Act{Verb: keys.Replay, On: pane.Ref{Kind: pane.Run, ID: runID}, Text: "render[0]"}) {
		t.Errorf("R is %v", got)
	}
	x.has("ended      failed, exit code 3", "exit 3", "vox/run/exit-code")
	x.do(keys.Mark).down(1).do(keys.Compare).has("render[0] attempt 1 PAIRED", "exit       3", "code       vox/run/exit-code")
	x.do(keys.Back)

	// As it was: what had not begun then waits, what it is defined to do.
	past := newTape()
	past.add("10:10:00", mesh.KindWorkflowStarted, mesh.Encode(&mesh.WorkflowStarted{
		Run: runID, Name: "nightly", Definition: "0123", Class: privacy.PairedPeersOnly, Submitter: "mira", Activities: 4,
	}))
	past.try("10:10:00", "j-1", "split", 0, 1, false).start("10:10:00", "10:10:01", "j-1", "bob-cpu", 1)
	x.s.World.State, x.s.World.Past = past.st, clock("10:10:05")
	x.send(pane.Changed{}).has("running 0:05", "split              PAIRED bob-cpu     0:05", "· waits for split", "join ").lacks("render[0]", "skipped")
}

// Where the definition cannot be read, what is recorded is shown all the same.
func TestWorkflowWithoutItsDefinition(t *testing.T) {
	s, _ := flow()
	rec := &defining{books: &books{run: mesh.RunView{RunID: runID}}, err: errors.New("the blob is gone")}
	x := openFlow(t, rec, s.st).has("render[2]", "· waits", "lint").lacks("join")
	x.now = x.now.Add(time.Second)
	if x.send(pane.Changed{}, pane.Second{}); rec.count("definition") != 1 {
		t.Error("it is asked for again and again")
	}
}
