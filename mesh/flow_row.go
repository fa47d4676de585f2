package mesh

import "voxmesh/hopper"

// flow makes a run's row that of a workflow: what is counted are activities, and the workflow's own end decides. While it
// goes on it runs, also between two of its jobs.
func (v *RunRow) flow(r *Run, jobs []*Job, now int64) {
	f := r.Flow
	v.Workflow = f.Name
	v.Jobs, v.Done = r.flowCount(jobs)
	v.Status, v.Error, v.EndedAt = Running.String(), "", f.Ended
	if f.Ended != 0 {
		v.Status, v.Error = f.Status.String(), f.Error
	}
	v.DurationMS = max(orNow(f.Ended, now)-r.At, 0) / 1000
}

// flowCount counts the activities of a workflow run, a fan-out by its elements once its list is fixed, and those of them
// that are over: they have a result, or none will come. What failed and is tried again is not over while its job goes on.
func (r *Run) flowCount(jobs []*Job) (all, done int) {
	all = int(r.Flow.Activities)
	over := make(map[instanceKey]bool, len(jobs))
	for i := range r.Flow.Steps {
		switch st := &r.Flow.Steps[i]; {
		case st.Skipped != "":
			done++
		case st.Items != "" && st.Count == 0:
			done++
		case st.Items != "":
			all += int(st.Count) - 1
		case st.Reused != "":
			over[instanceKey{st.Activity, st.Index}] = true
		}
	}
	for _, j := range jobs { // in the order of their tries
		over[instanceKey{j.Activity, j.Index}] = j.State.Ended()
	}
	for _, ended := range over {
		if ended {
			done++
		}
	}
	return all, min(done, all)
}

// flowNeedsModel reports whether an item is a workflow of which no job could be made yet, for want of a model.
func (w *Waiting) flowNeedsModel(it *hopper.Item) bool {
	r, ok := w.s.Run(it.Run)
	return ok && r.Flow != nil && r.Flow.Ended == 0 && len(r.Jobs) == 0 && w.s.DefaultModel() == ""
}
