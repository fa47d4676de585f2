package mesh

import (
	"voxmesh/hopper"
	"voxmesh/mesh/clean"
	"voxmesh/mesh/fault"
	"voxmesh/oplog"
)

// The acts of the front door. Their entries are signed like those of every act; only reprioritize needs a grant.
const (
	ActSubmit       = "submit"
	ActBatch        = "batch"
	ActReprioritize = "reprioritize"
)

// itemIndex names the ops that an item is made of: all that concern it, and those of its jobs that are steps of it.
func itemIndex(id string) string { return "item:" + id }

// stepIndex names an op of a job, and of the item that it is a step of.
func stepIndex(job, item string) []string {
	if item == "" {
		return []string{jobIndex(job)}
	}
	return []string{jobIndex(job), itemIndex(item)}
}

// admit gives the op that takes an item in and its signed entry, and fills in the item's id. The ops of its run, where it
// has one, stand between the two. One item a commit: both count on from next.
func (h *Host) admit(next *State, w *act, trace string, rec *ItemAdmitted) (first, last oplog.Draft) {
	rec.Item = shortID("h-", next.Admitted)
	w.name, w.target = ActSubmit, rec.Item
	w.begin(next, rec.Class)
	rec.AuditID = w.id
	w.detail = map[string]string{"priority": hopper.Priority(rec.Priority).String(), "priority_source": hopper.Source(rec.Source).String()}
	if rec.Run != "" {
		w.detail["run"] = rec.Run
	}
	return w.draft(KindItemAdmitted, trace, rec, itemIndex(rec.Item)), h.entry(next, w)
}

// admitJob is the commit of an item that is one job: the two are named by each other.
func (h *Host) admitJob(next *State, w *act, trace string, item *ItemAdmitted, rec *JobSubmitted) []oplog.Draft {
	rec.Job, rec.Run = shortID("j-", next.Submitted), next.nextRun()
	item.Run = rec.Run
	first, last := h.admit(next, w, trace, item)
	rec.Item, rec.Submitter = item.Item, next.Operator
	return []oplog.Draft{first, w.draft(KindJobSubmitted, trace, rec, submitIndex(rec, trace)...), last}
}

// submitIndex names a job's submission. That of a job which is a run of its own is found by its trace too; those of a
// workflow's are not, for its start is.
func submitIndex(rec *JobSubmitted, trace string) []string {
	index := append(stepIndex(rec.Job, rec.Item), runIndex(rec.Run))
	if rec.Activity == "" {
		index = append(index, traceNames(trace)...)
	}
	return index
}

// payloadItem is the item of a job that came with all that it needs: nothing of it is left to guess, and its priority is
// what the person said, or else normal.
func payloadItem(rec *JobSubmitted, said hopper.Priority) *ItemAdmitted {
	it := &ItemAdmitted{
		Intent: clean.Max(rec.Title, hopper.MaxIntent).String(), Class: rec.Class, Priority: rec.Priority, Source: uint8(hopper.Orchestrator),
		Classified: uint8(hopper.Normal), Confidence: 100, Kind: rec.Kind,
	}
	if said != 0 {
		it.Source = uint8(hopper.Developer)
	}
	if rec.Model != "" {
		it.Models = []string{rec.Model}
	}
	if rec.On != "" {
		it.Nodes = []string{rec.On}
	}
	rec.Source = it.Source
	return it
}

// readmit takes in what an act starts again: the act's own entry is the signed one.
func (w *act) readmit(next *State, trace string, rec *JobSubmitted) oplog.Draft {
	it := payloadItem(rec, 0)
	it.Item, it.Run, it.AuditID = shortID("h-", next.Admitted), rec.Run, w.id
	rec.Item = it.Item
	return w.draft(KindItemAdmitted, trace, it, itemIndex(it.Item))
}

// item finds an item of the state. Code vox/hopper/unknown.
func (s *State) item(id string) (*hopper.Item, error) {
	if it, ok := s.hopper.Item(id); ok {
		return it, nil
	}
	return nil, unknownItem(id)
}

func unknownItem(id string) *fault.Error {
	if id == "" {
		return fault.New("vox/hopper/unknown", "an item has no empty id: it looks like h-7c1e").
			WithHint("voxmesh hopper inbox lists what waits, voxmesh hopper history what ended")
	}
	return fault.New("vox/hopper/unknown", "there is no item %s in the hopper", printable(id)).
		WithHint("voxmesh hopper inbox lists what waits, voxmesh hopper history what ended")
}

func closedItem(it *hopper.Item) *fault.Error {
	return fault.New("vox/hopper/closed", "%s is closed: %s", it.ID, it.Outcome).WithHint("voxmesh hopper history shows how it ended")
}
