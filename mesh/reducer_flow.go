package mesh

import (
	"time"

	"voxmesh/oplog"
)

// keepMicros is KeepEnded in the unit of op times.
const keepMicros = int64(KeepEnded / time.Microsecond)

// editFlow changes copies of a run and of its flow while the run goes on, and marks it as changed.
func (s *State) editFlow(run string, seq uint64, f func(*Flow)) {
	r, ok := s.runs.Get(run)
	if !ok || r.Flow == nil || r.Flow.Ended != 0 {
		return
	}
	c, flow := *r, *r.Flow
	f(&flow)
	c.Flow = &flow
	s.setRun(&c)
	s.touchFlow(run, seq)
}

// setRun stores a run and keeps the indexes of workflow runs in step.
func (s *State) setRun(r *Run) {
	s.runs.Set(r.ID, r)
	switch {
	case r.Flow == nil:
	case r.Flow.Ended == 0:
		if _, ok := s.flows.Get(r.ID); !ok {
			s.flows.Set(r.ID, s.Seq)
		}
	default:
		s.flows.Delete(r.ID)
		if r.Flow.Ended > s.At-keepMicros { // an older one stays for a job that ended later, and goes with it
			s.flowEnds.Set(flowEndKey(r), r.ID)
		}
	}
}

func flowEndKey(r *Run) string { return be(uint64(r.Flow.Ended)) + r.ID }

// touchFlow notes that what is next in an open workflow run may be another thing since op seq.
func (s *State) touchFlow(run string, seq uint64) {
	if _, ok := s.flows.Get(run); ok {
		s.flows.Set(run, seq)
	}
}

// OpenFlows gives the ids of the workflow runs that go on, in order.
func (s *State) OpenFlows() []string { return s.flows.Keys() }

func applyWorkflowStarted(s *State, op oplog.Op, r *WorkflowStarted) {
	if _, ok := s.runs.Get(r.Run); ok || r.Run == "" || r.Definition == "" {
		return // ids are never reused
	}
	s.NextRun = max(s.NextRun, s.Submitted) + 1
	s.setRun(&Run{
		ID: r.Run, Trace: op.Trace, Title: r.Name, Class: r.Class, At: op.At, Item: r.Item,
		Flow: &Flow{
			Name: r.Name, Definition: r.Definition, Item: r.Item, Priority: r.Priority, On: r.On, Submitter: r.Submitter,
			ReplayOf: r.ReplayOf, From: r.From, Activities: r.Activities, Names: r.Names,
		},
	})
}

// step adds a step in a fresh slice, unless the same was decided before.
func (f *Flow) step(st FlowStep) {
	for _, old := range f.Steps {
		if old.Activity != st.Activity {
			continue
		}
		same := old.Skipped != "" && st.Skipped != "" || old.Items != "" && st.Items != "" ||
			old.Reused != "" && st.Reused != "" && old.Index == st.Index
		if same {
			return
		}
	}
	f.Steps = append(append(make([]FlowStep, 0, len(f.Steps)+1), f.Steps...), st)
}

func applyActivityExpanded(s *State, op oplog.Op, r *ActivityExpanded) {
	if r.Activity == "" || r.Items == "" {
		return
	}
	s.editFlow(r.Run, op.Seq, func(f *Flow) {
		f.step(FlowStep{Activity: r.Activity, At: op.At, Count: r.Count, Items: r.Items})
	})
}

func applyActivitySkipped(s *State, op oplog.Op, r *ActivitySkipped) {
	if r.Activity == "" {
		return
	}
	why := r.Why
	if why == "" {
		why = "skipped"
	}
	s.editFlow(r.Run, op.Seq, func(f *Flow) { f.step(FlowStep{Activity: r.Activity, At: op.At, Skipped: why}) })
}

func applyActivityReused(s *State, op oplog.Op, r *ActivityReused) {
	if r.Activity == "" || r.Job == "" {
		return
	}
	s.editFlow(r.Run, op.Seq, func(f *Flow) {
		f.step(FlowStep{
			Activity: r.Activity, At: op.At, Reused: r.Job, Index: r.Index, Fanned: r.Fanned, Node: r.Node, Output: r.Output,
			Size: r.Size, Class: r.Class, Status: r.Status, Try: r.Try,
		})
	})
}

func applyWorkflowFinished(s *State, op oplog.Op, r *WorkflowFinished) {
	run, ok := s.runs.Get(r.Run)
	if !ok || run.Flow == nil || run.Flow.Ended != 0 || !r.Status.Ended() {
		return
	}
	s.editFlow(r.Run, op.Seq, func(f *Flow) { f.Ended, f.Status, f.Error = op.At, r.Status, r.Error })
	if r.Item != "" && r.Item == run.Item {
		s.hopper.Close(r.Item, r.Status.outcome(), r.Error, op.Actor, r.AuditID, op.At)
	}
}

// keptByFlow reports whether an ended job stays for its workflow's sake: as long as that goes on, and KeepEnded more.
func (s *State) keptByFlow(j *Job, limit int64) bool {
	r, ok := s.runs.Get(j.Run)
	return ok && r.Flow != nil && (r.Flow.Ended == 0 || r.Flow.Ended > limit)
}

// evictFlows forgets the workflow runs that ended KeepEnded ago, with the jobs that stayed for them. A job that ended
// after its workflow goes when it is as old itself.
func (s *State) evictFlows(limit int64) {
	for {
		key, id, ok := s.flowEnds.Min()
		if !ok || keyTime(key) > limit {
			return
		}
		s.flowEnds.Delete(key)
		r, found := s.runs.Get(id)
		if !found {
			continue
		}
		c := *r
		c.Jobs = nil
		for _, job := range r.Jobs {
			j, ok := s.jobs.Get(job)
			switch {
			case !ok:
			case j.State.Ended() && j.EndedAt <= limit:
				s.jobs.Delete(job)
			default:
				c.Jobs = append(c.Jobs, job)
			}
		}
		if len(c.Jobs) == 0 {
			s.runs.Delete(id)
		} else {
			s.runs.Set(id, &c)
		}
	}
}
