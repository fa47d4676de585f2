package mesh

import (
	"voxmesh/mesh/workflow"
)

// instanceKey names an instance of an activity in a run.
type instanceKey struct {
	activity string
	index    uint32
}

// flowStatus is how a planner sees the state of a job.
func flowStatus(s JobState) workflow.Status {
	switch s {
	case Succeeded:
		return workflow.Succeeded
	case Failed:
		return workflow.Failed
	case TimedOut:
		return workflow.TimedOut
	case Killed:
		return workflow.Killed
	}
	return workflow.Active
}

// runStatus is how a run ended by the planner's word.
func runStatus(s workflow.Status) JobState {
	switch s {
	case workflow.Succeeded:
		return Succeeded
	case workflow.TimedOut:
		return TimedOut
	case workflow.Killed:
		return Killed
	}
	return Failed
}

// ended is how the job ended whose result was taken over.
func (st *FlowStep) ended() JobState {
	if st.Status.Ended() {
		return st.Status
	}
	return Succeeded
}

// flowProgress gathers what is recorded of a run for the planner. open is how many of its jobs have not ended. Lists are
// read now, outputs when they are asked for.
func (c *flowCache) flowProgress(s *State, r *Run, d *workflow.Definition) (p workflow.Progress, open int, err error) {
	p = make(workflow.Progress, len(d.Activities))
	for i := range d.Activities {
		p[d.Activities[i].Name] = &workflow.Activities{}
	}
	for i := range r.Flow.Steps {
		st := &r.Flow.Steps[i]
		a := p[st.Activity]
		if a == nil {
			continue
		}
		switch {
		case st.Skipped != "":
			a.Skipped = st.Skipped
		case st.Items != "":
			if a.Items, err = c.list(st.Items); err != nil {
				return nil, 0, err
			}
			a.Expanded = true
		case st.Reused != "":
			in := workflow.Instance{Status: flowStatus(st.ended()), Try: int(max(st.Try, 1))}
			if st.ended() == Succeeded {
				in.Output = c.output(st.Output)
			}
			setInstance(a, st.Index, in)
		}
	}
	for _, id := range r.Jobs {
		j, ok := s.Job(id)
		if !ok {
			continue
		}
		if !j.State.Ended() {
			open++
		}
		a := p[j.Activity]
		if a == nil || int(j.Index) < len(a.Instances) && a.Instances[j.Index].Try > int(j.Try) {
			continue
		}
		in := workflow.Instance{Status: flowStatus(j.State), Try: int(j.Try)}
		if j.State == Succeeded {
			in.Output = c.output(j.Output)
		}
		setInstance(a, j.Index, in)
	}
	return p, open, nil
}

// setInstance sets an instance, whatever the order in which they come. An index that no fan-out can have is not one.
func setInstance(a *workflow.Activities, index uint32, in workflow.Instance) {
	if index >= workflow.MaxFanOut {
		return
	}
	for len(a.Instances) <= int(index) {
		a.Instances = append(a.Instances, workflow.Instance{})
	}
	a.Instances[index] = in
}

// output reads the output of a job for the planner.
func (c *flowCache) output(hash string) func() ([]byte, error) {
	return func() ([]byte, error) {
		if hash == "" {
			return nil, nil
		}
		return c.blobs.ReadAll(hash, MaxBlob) // what it is put into has bounds of its own, and the planner keeps to them
	}
}
