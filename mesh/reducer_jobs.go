package mesh

import (
	"voxmesh/hopper"
	"voxmesh/oplog"
)

// editJob changes a job, a copy unless no other state knows it, and keeps the indexes (queue, held, ended) in step with its
// state. It gives the job as it is then.
func (s *State) editJob(old *Job, f func(*Job)) *Job {
	was := *old
	j := old
	if mine := old.own == s.own && s.own != 0; !mine {
		c := was
		c.own = s.own
		j = &c
		s.jobs.Set(j.Job, j)
	}
	f(j)
	if was.State.Held() && j.State.Held() && was.Node == j.Node {
		return j
	}
	s.unindex(&was)
	s.index(j)
	return j
}

func (s *State) index(j *Job) {
	switch {
	case j.State == Queued:
		s.queue.Set(queueKey(j), j.Job)
	case j.State.Ended():
		if j.EndedAt > s.At-keepMicros { // an older one is there for its workflow's sake, and counts for nothing
			s.ended.Set(endKey(j), j.Job)
		}
	default:
		s.held.Set(heldKey(j.Node, j.Job), j.Job)
	}
}

func (s *State) unindex(j *Job) {
	switch {
	case j.State == Queued:
		s.queue.Delete(queueKey(j))
	case j.State.Ended():
		s.ended.Delete(endKey(j))
	default:
		s.held.Delete(heldKey(j.Node, j.Job))
	}
}

func applyJobSubmitted(s *State, op oplog.Op, r *JobSubmitted) {
	if _, ok := s.jobs.Get(r.Job); ok || r.Job == "" {
		return // ids are never reused
	}
	j := &Job{JobSubmitted: *r, Trace: op.Trace, SubmittedAt: op.At, Seq: op.Seq, own: s.own}
	j.Due, j.Tie = r.Order, op.Seq
	if j.Due == 0 {
		j.Due = hopper.Due(rank(r.Priority, r.Source), op.At)
	}
	if it, ok := s.hopper.Item(r.Item); ok && r.Item != "" {
		j.standAt(it)
	}
	s.Submitted++
	s.jobs.Set(j.Job, j)
	s.index(j)
	run := Run{ID: r.Run, Trace: op.Trace, Title: r.Title, Class: r.Class, At: op.At, Item: r.Item}
	if old, ok := s.runs.Get(r.Run); ok {
		run = *old
	} else {
		s.NextRun = max(s.NextRun, s.Submitted-1) + 1
	}
	run.Jobs = append(append(make([]string, 0, len(run.Jobs)+1), run.Jobs...), r.Job)
	s.runs.Set(run.ID, &run)
	s.touchFlow(run.ID, op.Seq)
}

// attempt changes the last attempt of a job, where it lies if it is the job's alone.
func (j *Job) attempt(f func(*Attempt)) {
	if len(j.Attempts) == 0 {
		return
	}
	if j.own == 0 || j.ownTry != j.own {
		j.Attempts, j.ownTry = append([]Attempt(nil), j.Attempts...), j.own
	}
	f(&j.Attempts[len(j.Attempts)-1])
}

// attemptsKept bounds how many attempts of a job are in State, the latest ones: a node that is busy all day hands a job
// back thousands of times. The log has them all.
const attemptsKept = 32

func applyJobLeased(s *State, op oplog.Op, r *JobLeased) {
	j, ok := s.jobs.Get(r.Job)
	if !ok || j.State != Queued {
		return
	}
	j = s.editJob(j, func(j *Job) {
		j.State, j.Node, j.Attempt = Leased, r.Node, r.Attempt
		j.LeasedAt, j.StartedAt = op.At, 0
		older := j.Attempts[max(len(j.Attempts)-attemptsKept+1, 0):]
		j.Attempts, j.ownTry = append(append([]Attempt(nil), older...), Attempt{N: r.Attempt, Node: r.Node, LeasedAt: op.At}), j.own
	})
	s.editNode(r.Node, func(n *Node) { n.Run = j.Run; n.note(op.At, "leased", j.Job) })
	if j.stepOf(r.Item) {
		s.hopper.Assign(r.Item, r.Node, op.At)
	}
}

func applyJobStarted(s *State, op oplog.Op, r *JobStarted) {
	j, ok := s.jobs.Get(r.Job)
	if !ok || j.State != Leased || j.Attempt != r.Attempt {
		return
	}
	s.editJob(j, func(j *Job) {
		j.State, j.StartedAt = Running, op.At
		j.attempt(func(a *Attempt) { a.StartedAt = op.At })
	})
	if j.stepOf(r.Item) {
		s.hopper.Start(r.Item, j.Node, op.At)
	}
}

func applyJobRequeued(s *State, op oplog.Op, r *JobRequeued) {
	j, ok := s.jobs.Get(r.Job)
	if !ok || j.Attempt != r.Attempt || !j.State.Held() {
		return
	}
	node := j.Node
	s.editJob(j, func(j *Job) {
		if r.Cause == CauseLost && j.State == Running {
			j.Losses++
		}
		if r.Cause == CauseRefused {
			no := Refusal{Node: node, Reason: r.Reason, At: op.At}
			if n, ok := s.nodes.Get(node); ok {
				no.Policy = n.Policy
			}
			j.refuse(no)
		}
		j.State, j.StartedAt = Queued, 0
		j.attempt(func(a *Attempt) { a.EndedAt, a.End, a.Reason = op.At, r.Cause.String(), r.Reason })
	})
	s.editNode(node, func(n *Node) { n.note(op.At, r.Cause.String(), j.Job) })
	if j.stepOf(r.Item) {
		s.hopper.Return(r.Item, joined(r.Cause.String(), r.Reason), op.At)
	}
}

// refuse notes a node's no in a fresh slice; its latest is the one that counts.
func (j *Job) refuse(no Refusal) {
	kept := make([]Refusal, 0, len(j.Refused)+1)
	for _, r := range j.Refused {
		if r.Node != no.Node {
			kept = append(kept, r)
		}
	}
	j.Refused = append(kept, no)
}

// applyJobFinished takes the one result of a job. The attempt is the fence here too, so that no order of ops, however
// they came about, can settle a job twice.
func applyJobFinished(s *State, op oplog.Op, r *JobFinished) {
	j, ok := s.jobs.Get(r.Job)
	if !ok || j.State.Ended() || !r.Status.Ended() || r.Attempt != j.Attempt {
		return
	}
	node := j.Node
	held := j.State.Held()
	j = s.editJob(j, func(j *Job) {
		j.State, j.EndedAt = r.Status, op.At
		j.ExitCode, j.Code, j.Error = r.ExitCode, r.Code, r.Error
		j.Output, j.OutputSize, j.TokensUsed = r.Output, r.OutputSize, r.Tokens
		j.Cost, j.DurationMS = r.CostMicros, r.DurationMS
		j.Phases, j.Skew, j.SkewKnown = r.Phases, r.Skew, r.SkewKnown
		if held {
			j.attempt(func(a *Attempt) { a.EndedAt, a.End, a.Reason = op.At, r.Status.String(), r.Error })
		}
	})
	s.account(j, 1)
	s.touchFlow(j.Run, op.Seq)
	if held {
		s.editNode(node, func(n *Node) { n.note(op.At, r.Status.String(), j.Job) })
	}
	if j.stepOf(r.Item) {
		s.hopper.Close(r.Item, r.Status.outcome(), r.Error, op.Actor, r.AuditID, op.At)
	}
}

// stepOf reports whether an op of the job that names the item is a step of it.
func (j *Job) stepOf(item string) bool { return item != "" && item == j.Item }

// account adds (sign 1) or takes away (sign -1) what a finished job cost, for its node and for the mesh.
func (s *State) account(j *Job, sign int64) {
	s.Spent += sign * j.Cost
	s.Tokens += sign * j.TokensUsed
	if j.State == Failed || j.State == TimedOut {
		s.ErrorCount += sign
	}
	s.editNode(j.Node, func(n *Node) {
		n.Spent += sign * j.Cost
		n.Tokens += sign * j.TokensUsed
	})
}

// evict drops what ended more than KeepEnded before the op just applied: jobs, their spend, runs, invites. It is the
// reducer's alone to do, by op time, so that a replay and a memo agree.
func (s *State) evict() {
	limit := s.At - keepMicros
	for {
		key, id, ok := s.ended.Min()
		if !ok || keyTime(key) > limit {
			break
		}
		s.ended.Delete(key)
		j, found := s.jobs.Get(id)
		if !found {
			continue
		}
		s.account(j, -1)
		if !s.keptByFlow(j, limit) {
			s.drop(j)
		}
	}
	s.evictFlows(limit)
	s.evictInvites(limit)
	s.hopper.Evict(limit)
}

// drop removes an ended job from the state.
func (s *State) drop(j *Job) {
	s.jobs.Delete(j.Job)
	run, ok := s.runs.Get(j.Run)
	if !ok {
		return
	}
	c := *run
	c.Jobs = nil
	for _, id := range run.Jobs {
		if id != j.Job {
			c.Jobs = append(c.Jobs, id)
		}
	}
	if len(c.Jobs) == 0 {
		s.runs.Delete(j.Run)
		return
	}
	s.runs.Set(c.ID, &c)
}

// evictInvites forgets invites that ended more than KeepEnded ago.
func (s *State) evictInvites(limit int64) {
	for {
		key, id, ok := s.expiries.Min()
		if !ok {
			return
		}
		i, found := s.invites.Get(id)
		if found && i.ExpiresAt > limit {
			return
		}
		s.expiries.Delete(key)
		if found {
			s.invites.Delete(id)
		}
	}
}
