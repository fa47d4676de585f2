package mesh

import (
	"testing"
	"time"

	"voxmesh/mesh/privacy"
	"voxmesh/oplog"
)

// oldFlow writes a workflow run of n jobs that ended more than a day ago, and gives its item.
func oldFlow(t testing.TB, h *Host, d *dial, n int) string {
	t.Helper()
	var item, run string
	err := h.commit(within(t), func(next *State) ([]oplog.Draft, error) {
		item, run = shortID("h-", next.Admitted), next.nextRun()
		names := []string{itemIndex(item), runIndex(run)}
		out := []oplog.Draft{
			draft(KindItemAdmitted, ada, "", &ItemAdmitted{Item: item, Run: run, Intent: "workflow x", Class: privacy.LocalOnly}, names[0]),
			draft(KindWorkflowStarted, ada, newTrace(), &WorkflowStarted{Run: run, Item: item, Name: "x", Definition: "d", Activities: 1}, names...),
		}
		for i := range n {
			job := shortID("j-", next.Submitted+uint64(i))
			rec := &JobSubmitted{Job: job, Run: run, Item: item, Kind: "cpu", Runner: "wasm", Activity: "a", Index: uint32(i), Fanned: true, Try: 1, On: "nobody"}
			out = append(out,
				draft(KindJobSubmitted, "host", "", rec, submitIndex(rec, "")...),
				draft(KindJobFinished, "host", "", &JobFinished{Job: job, Status: Succeeded}, jobIndex(job)))
		}
		return append(out, draft(KindWorkflowFinished, "host", "", &WorkflowFinished{Run: run, Item: item, Status: Succeeded}, names...)), nil
	})
	if err != nil {
		t.Fatal(err)
	}
	d.turn(25 * time.Hour)
	if err := h.SetCap(within(t), ada, MeshTarget, nil); err != nil { // any op: time is what evicts
		t.Fatal(err)
	}
	if _, there := h.Snapshot().hopper.Item(item); there {
		t.Fatal("the item is not old")
	}
	return item
}

// Of an old item what it came to is shown, as it was before it was forgotten.
func TestAnOldItemOfManyJobs(t *testing.T) {
	h, d := openHost(t)
	v, err := h.Item(oldFlow(t, h, d, 300))
	if err != nil || v.Outcome != "done" || v.State != "closed" || v.Place != 0 || len(v.Trail) != 3 || v.TraceID == "" {
		t.Errorf("%+v, %v", v, err)
	}
	if _, err := h.Item("h-0000"); err == nil {
		t.Error("an item that never was is there")
	}
}
