package mesh

import (
	"voxmesh/mesh/fault"
	"voxmesh/mesh/privacy"
)

// targetJobs finds the jobs that a target names: those that a node holds, one job, or those of a run.
func (s *State) targetJobs(target string) ([]*Job, privacy.Class, error) {
	if n, ok := s.Node(target); ok {
		return s.HeldBy(n.ID), n.Class, nil
	}
	if j, ok := s.Job(target); ok {
		return []*Job{j}, j.Class, nil
	}
	if r, ok := s.Run(target); ok {
		var jobs []*Job
		for _, id := range r.Jobs {
			if j, ok := s.Job(id); ok {
				jobs = append(jobs, j)
			}
		}
		return jobs, r.Class, nil
	}
	if isItem(target) {
		items, err := s.itemsOf(target)
		var jobs []*Job
		class := privacy.Unknown
		for _, it := range items {
			jobs, class = append(jobs, s.itemJobs(it)...), max(class, it.Class)
		}
		return jobs, class, err
	}
	switch {
	case len(target) > 2 && target[:2] == "j-":
		return nil, 0, fault.New("vox/job/unknown", "there is no job %s in the last day", printable(target)).WithHint("voxmesh jobs lists them")
	case len(target) > 2 && target[:2] == "r-":
		return nil, 0, fault.New("vox/run/unknown", "there is no run %s in the last day", printable(target)).WithHint("voxmesh runs lists them")
	}
	return nil, 0, unknownNode(target)
}

// kept is the output that an attempt had put out, as a blob.
type kept struct {
	hash string
	size int64
}

// keepSoFar makes blobs of the live output of the target's jobs. It waits for the disk, so it is done before the commit
// that names them.
func (h *Host) keepSoFar(target string) map[string]kept {
	jobs, _, err := h.Snapshot().targetJobs(target)
	if err != nil {
		return nil // the commit will say so
	}
	out := map[string]kept{}
	for _, j := range jobs {
		r, size := h.streams.reader(j.Job, j.Attempt)
		if size == 0 {
			continue
		}
		if hash, n, err := h.blobs.Put(r, maxStream); err == nil {
			out[streamKey(j.Job, j.Attempt)] = kept{hash, n}
		}
	}
	return out
}

// prepareKill ends every job of the target as killed. What it put out so far is kept: the live copy became a blob.
// The worker, who may be out of reach, is told by the reconciler.
func (h *Host) prepareKill(next *State, w *act) error {
	if isItem(w.target) {
		return h.prepareKillItems(next, w)
	}
	jobs, class, err := next.targetJobs(w.target)
	if err != nil {
		return err
	}
	w.begin(next, class)
	if run, ok := next.Run(w.target); ok {
		h.endRun(newSteps(next), w, run)
	} else {
		h.endJobs(newSteps(next), w, jobs)
	}
	if len(w.ops) == 0 {
		if len(jobs) == 1 && jobs[0].Job == w.target {
			return fault.New("vox/act/nothing-to-do", "%s has ended already: %s", w.target, jobs[0].State).
				WithHint("voxmesh logs %s shows what it put out", w.target)
		}
		return fault.New("vox/act/nothing-to-do", "nothing runs on %s", w.target).WithHint("voxmesh jobs shows what runs where")
	}
	return nil
}

// endJobs ends the jobs that did not end yet as killed by the act.
func (h *Host) endJobs(x *steps, w *act, jobs []*Job) {
	for _, j := range jobs {
		if j.State.Ended() {
			continue
		}
		rec := &JobFinished{
			Job: j.Job, Attempt: j.Attempt, Status: Killed, ExitCode: -1, Code: "vox/run/killed",
			Error: "killed by " + w.id, AuditID: w.id,
		}
		h.chargeSoFar(x.s, j, rec)
		if out, ok := w.soFar[streamKey(j.Job, j.Attempt)]; ok {
			rec.Output, rec.OutputSize = out.hash, out.size
		}
		w.ops = append(w.ops, x.finish(w.actor, j, rec))
		w.result.Affected++
	}
}
