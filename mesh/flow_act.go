package mesh

import "time"

// chargeSoFar puts the time and the price on the end of a job that was cut off.
func (h *Host) chargeSoFar(s *State, j *Job, rec *JobFinished) {
	if j.StartedAt == 0 {
		return
	}
	rec.DurationMS = max(h.now().UnixMicro()-j.StartedAt, 0) / 1000
	n, _ := s.Node(j.Node)
	rec.CostMicros = h.prices.Cost(n, j.Kind, time.Duration(rec.DurationMS)*time.Millisecond, 0)
}

// endFlow ends a workflow run as killed by the act. Its jobs are ended by the same commit, before.
func (w *act) endFlow(r *Run) {
	if r.Flow == nil || r.Flow.Ended != 0 {
		return
	}
	rec := &WorkflowFinished{Run: r.ID, Item: r.Item, Status: Killed, Error: "killed by " + w.id, AuditID: w.id}
	w.ops = append(w.ops, w.draft(KindWorkflowFinished, r.Trace, rec, flowIndex(r)...))
}
