package drawer

import (
	"testing"

	"voxmesh/mesh"
	"voxmesh/mesh/privacy"
	"voxmesh/tui/keys"
	"voxmesh/tui/pane"
)

// R in the tree of a workflow is what it is on its timeline: the run again, from the activity on in which the cursor is.
func TestReplayOfAWorkflow(t *testing.T) {
	s := newSample()
	s.add(clock("10:10:00"), mesh.KindWorkflowStarted, mesh.Encode(&mesh.WorkflowStarted{
		Run: "r-19c4", Name: "nightly", Definition: "0123", Class: privacy.PairedPeersOnly, Submitter: "mira", Activities: 2,
	}))
	for _, name := range []string{"split", "render"} {
		s.add(clock("10:10:00"), mesh.KindJobSubmitted, mesh.Encode(&mesh.JobSubmitted{
			Job: "j-" + name, Run: "r-19c4", Kind: "cpu", Runner: "wasm", Class: privacy.PairedPeersOnly, Priority: 5, Title: name, Activity: name, Try: 1,
		}))
	}
	s.lease("10:10:01", "j-render", "bob-cpu", 1).start("10:10:01", "j-render", 1).finish("10:10:09", "j-render", 1, mesh.Failed, "exit code 3")
	x := open1(t, s.st, run("r-19c4"), 120, 40)
	for _, want := range []string{"", "split", "render", "render"} { // the run, two activities, an attempt of the second
		if got := x.do(keys.Replay).last(); got != (pane.Act{Verb: keys.Replay, On: run("r-19c4"), Text: want}) {
			t.Errorf("R is %v, want from %q", got, want)
		}
		x.do(keys.Down)
	}
	for x.l.view != attempts {
		x.do(keys.Next)
	}
	if got := x.do(keys.Replay).last(); got != (pane.Act{Verb: keys.Replay, On: run("r-19c4"), Text: "render"}) {
		t.Errorf("among the attempts R is %v", got)
	}
}
