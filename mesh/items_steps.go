package mesh

import (
	"voxmesh/hopper"
	"voxmesh/oplog"
)

// steps says which ops of the jobs of one commit are steps of a hopper item. It begins with the state before the commit
// and is told of every op in turn, so that of two jobs of a workflow that are given out together one alone assigns it.
//
// An item of one job goes with that job. One of a workflow is assigned by the first lease, returns only while nothing of
// it ever ran and nothing of it is held any more, is started by the first start, and closes with workflow_finished.
type steps struct {
	s     *State
	state map[string]hopper.State // of the items that this commit moved
	held  map[string]bool         // job → a node has it, for the jobs that this commit moved
}

func newSteps(s *State) *steps {
	return &steps{s: s, state: map[string]hopper.State{}, held: map[string]bool{}}
}

// at is where the item of a job stands by now; zero: it has none that is known.
func (x *steps) at(j *Job) hopper.State {
	if st, ok := x.state[j.Item]; ok {
		return st
	}
	if it, ok := x.s.hopper.Item(j.Item); ok && j.Item != "" {
		return it.State
	}
	return 0
}

func (x *steps) move(j *Job, to hopper.State) string {
	x.state[j.Item] = to
	return j.Item
}

// leased names the item that is assigned by a lease of j, or is empty.
func (x *steps) leased(j *Job) string {
	x.held[j.Job] = true
	if st := x.at(j); st != hopper.Inbox && st != hopper.Triaged {
		return ""
	}
	return x.move(j, hopper.Assigned)
}

// started names the item that is started by the start of j, or is empty.
func (x *steps) started(j *Job) string {
	if x.at(j) != hopper.Assigned {
		return ""
	}
	return x.move(j, hopper.Started)
}

// requeued names the item that goes back to the inbox when j goes back to the queue, or is empty.
func (x *steps) requeued(j *Job) string {
	x.held[j.Job] = false
	st := x.at(j)
	if st != hopper.Assigned && st != hopper.Started || j.ofFlow() && (st == hopper.Started || x.holds(j.Run)) {
		return ""
	}
	return x.move(j, hopper.Triaged)
}

// finished names the item that is closed by the end of j, or is empty.
func (x *steps) finished(j *Job) string {
	x.held[j.Job] = false
	if st := x.at(j); st == 0 || st == hopper.Closed || j.ofFlow() {
		return ""
	}
	return x.move(j, hopper.Closed)
}

// requeue is the op that puts j back into the queue.
func (x *steps) requeue(j *Job, cause Cause, reason, auditID string) oplog.Draft {
	rec := &JobRequeued{Job: j.Job, Attempt: j.Attempt, Cause: cause, Reason: reason, AuditID: auditID, Item: x.requeued(j)}
	return draft(KindJobRequeued, "host", j.Trace, rec, stepIndex(j.Job, rec.Item)...)
}

// start is the op that a job ran which was quicker than the reports of its worker: no step of a way is left out.
func (x *steps) start(actor string, j *Job, res *JobFinished) []oplog.Draft {
	if j.State != Leased || res.Status != Succeeded && res.DurationMS == 0 {
		return nil
	}
	rec := &JobStarted{Job: j.Job, Attempt: j.Attempt, Item: x.started(j)}
	return []oplog.Draft{draft(KindJobStarted, actor, j.Trace, rec, stepIndex(j.Job, rec.Item)...)}
}

// finish is the op of the job's one result.
func (x *steps) finish(actor string, j *Job, rec *JobFinished) oplog.Draft {
	rec.Item = x.finished(j)
	return draft(KindJobFinished, actor, j.Trace, rec, stepIndex(j.Job, rec.Item)...)
}

// holds reports whether a node has a job of the run.
func (x *steps) holds(run string) bool {
	r, ok := x.s.Run(run)
	if !ok {
		return false
	}
	for _, id := range r.Jobs {
		if held, moved := x.held[id]; moved {
			if held {
				return true
			}
		} else if j, ok := x.s.Job(id); ok && j.State.Held() {
			return true
		}
	}
	return false
}

// ofFlow reports whether the job is an activity of a workflow.
func (j *Job) ofFlow() bool { return j.Try > 0 }

// outcome is how the item of one job ended by the job's own end.
func (s JobState) outcome() hopper.Outcome {
	switch s {
	case Succeeded:
		return hopper.Done
	case Killed:
		return hopper.Cancelled
	}
	return hopper.Failed
}
