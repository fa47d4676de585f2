package mesh

import (
	"encoding/json"
	"strings"
	"testing"

	"voxmesh/mesh/privacy"
	"voxmesh/oplog"
)

// flowKinds are the moments of the ops of workflow runs.
func flowKinds() []entry {
	public := privacy.PublicMesh
	of := func(status, detail string) Moment {
		return Moment{Run: "r-f", Status: status, Detail: detail, Class: public, HasClass: true}
	}
	op := func(kind string, r record, m Moment) entry { return entry{draft(kind, "host", "", r), m} }
	started, reused, ended := of("started", "nightly: replay of r-1"), of("reused", "render[1]: the result of j-1"), of("killed", "killed by a-8")
	started.Item, started.AuditID, reused.Node, ended.AuditID = "h-f", "a-7", "bob", "a-8"
	return []entry{
		op(KindWorkflowStarted, &WorkflowStarted{Run: "r-f", Item: "h-f", Name: "nightly", Definition: "d", Class: public, ReplayOf: "r-1", AuditID: "a-7", Activities: 3}, started),
		op(KindActivityExpanded, &ActivityExpanded{Run: "r-f", Activity: "render", Items: "i", Count: 2}, of("expanded", "render: 2 elements")),
		op(KindActivityReused, &ActivityReused{Run: "r-f", Activity: "render", Index: 1, Fanned: true, Job: "j-1", Node: "bob", Class: public}, reused),
		op(KindActivitySkipped, &ActivitySkipped{Run: "r-f", Activity: "mend", Why: "render failed"}, of("skipped", "mend: render failed")),
		op(KindWorkflowFinished, &WorkflowFinished{Run: "r-f", Status: Killed, Error: "killed by a-8", AuditID: "a-8"}, ended),
	}
}

func TestTheEventsOfAWorkflow(t *testing.T) {
	var said []string
	for _, e := range flowKinds() {
		ev := EventOf(oplog.Op{Seq: 7, Kind: e.d.Kind, Body: e.d.Body, Trace: "t"})
		b, err := json.Marshal(ev.Data)
		if err != nil || ev.Topic != TopicWorkflow || ev.Seq != 7 || ev.TraceID != "t" {
			t.Errorf("%+v, %v", ev, err)
		}
		said = append(said, ev.Event+" "+string(b))
	}
	want := `vox.workflow.started {"activities":3,"from":"","item_id":"h-f","privacy_class":"public-mesh","replay_of":"r-1","run_id":"r-f","workflow":"nightly"}
vox.workflow.activity {"activity":"render","count":2,"run_id":"r-f","status":"expanded"}
vox.workflow.activity {"activity":"render[1]","job_id":"j-1","node_id":"bob","privacy_class":"public-mesh","run_id":"r-f","status":"reused"}
vox.workflow.activity {"activity":"mend","reason":"render failed","run_id":"r-f","status":"skipped"}
vox.workflow.finished {"error":"killed by a-8","run_id":"r-f","signed_audit_id":"a-8","status":"killed"}`
	if got := strings.Join(said, "\n"); got != want {
		t.Errorf("%s\nwant\n%s", got, want)
	}
	job := EventOf(oplog.Op{Kind: KindJobSubmitted, Body: marshal(&JobSubmitted{Job: "j-2", Run: "r-f", Activity: "render", Index: 1, Fanned: true, Try: 2})})
	if d := job.Data.(map[string]any); d["activity"] != "render[1]" || d["try"] != uint32(2) {
		t.Errorf("%+v", d)
	}
}
