package mesh

import (
	"voxmesh/mesh/privacy"
	"voxmesh/mesh/workflow"
)

// RunRow is a run in one line of a list. It costs a look at each of its jobs and builds no tree.
type RunRow struct {
	RunID        string        `json:"run_id"`
	TraceID      string        `json:"trace_id"`
	Title        string        `json:"title"`
	PrivacyClass privacy.Class `json:"privacy_class"`
	Status       string        `json:"status"`
	NodeID       string        `json:"node_id,omitempty"` // of the newest attempt; empty before the first
	Start        int64         `json:"start"`             // unix microseconds
	EndedAt      int64         `json:"ended_at_micros,omitempty"`
	DurationMS   int64         `json:"duration_ms"` // of one that goes on: until now
	CostUSD      float64       `json:"cost_usd"`
	Model        string        `json:"model,omitempty"` // of its newest job that has one
	Tokens       int64         `json:"tokens"`
	Attempts     uint32        `json:"attempts"`  // of the job that took the most
	Jobs         int           `json:"job_count"` // of a workflow its activities, a fan-out counted by its elements once they are known
	Done         int           `json:"done"`
	Error        string        `json:"error,omitempty"`    // of the job that decides the status; of a workflow why it failed
	ItemID       string        `json:"item_id,omitempty"`  // of the hopper
	Workflow     string        `json:"workflow,omitempty"` // its name, of a workflow
}

// RunRows gives the runs in State, newest first. now is unix microseconds.
func (s *State) RunRows(now int64) []RunRow {
	runs := s.Runs()
	newestFirst(runs)
	out := make([]RunRow, len(runs))
	for i, r := range runs {
		out[i] = runRow(r, s.jobsOf(r), now)
	}
	return out
}

// RunViews gives the runs in State with their trees, newest first. now is unix microseconds.
func (s *State) RunViews(now int64) []RunView {
	runs := s.Runs()
	newestFirst(runs)
	out := make([]RunView, len(runs))
	f := forest{s: s, now: now}
	for i, r := range runs {
		out[i] = f.run(r, s.jobsOf(r), nil)
	}
	return out
}

// RunView gives one run of State with its tree. Of a workflow it has the activities of which something is recorded.
func (s *State) RunView(id string, now int64) (RunView, bool) { return s.RunViewOf(id, nil, now) }

// RunViewOf gives one run of State with its tree; of a workflow, by its definition, the activities too of which nothing is
// recorded yet, and what each waits for. d may be nil.
func (s *State) RunViewOf(id string, d *workflow.Definition, now int64) (RunView, bool) {
	r, ok := s.Run(id)
	if !ok {
		return RunView{}, false
	}
	f := forest{s: s, now: now}
	return f.run(r, s.jobsOf(r), d), true
}

// jobsOf gives the jobs of a run that are in State: all that a run in it names.
func (s *State) jobsOf(r *Run) []*Job {
	out := make([]*Job, 0, len(r.Jobs))
	for _, id := range r.Jobs {
		if j, ok := s.Job(id); ok {
			out = append(out, j)
		}
	}
	return out
}

// runRow sums up the jobs of a run. The worst job decides: going on beats ended, a failure beats a success.
func runRow(r *Run, jobs []*Job, now int64) RunRow {
	v := RunRow{RunID: r.ID, TraceID: r.Trace, Title: r.Title, PrivacyClass: r.Class, Start: r.At, Jobs: len(jobs), ItemID: r.Item}
	status, end, leased := Succeeded, int64(0), int64(0)
	for _, j := range jobs {
		v.CostUSD += usd(j.Cost)
		v.Tokens += j.TokensUsed
		v.Attempts = max(v.Attempts, j.Attempt)
		end = max(end, orNow(j.EndedAt, now))
		if j.Node != "" && j.LeasedAt >= leased {
			v.NodeID, leased = j.Node, j.LeasedAt
		}
		if j.Model != "" {
			v.Model = j.Model
		}
		if j.State.Ended() {
			v.Done++
		}
		if worse(j.State, status) {
			status, v.Error = j.State, j.Error
		}
	}
	v.Status = status.String()
	v.DurationMS = max(end-r.At, 0) / 1000
	if v.Done == v.Jobs {
		v.EndedAt = end
	}
	if r.Flow != nil {
		v.flow(r, jobs, now)
	}
	return v
}

// Run gives a run with its tree, from the state or, where a part of it ended more than a day ago, from the log. Codes:
// vox/run/unknown, vox/oplog/trimmed.
func (r *records) Run(id string) (RunView, error) {
	st, err := r.story(id)
	if err != nil {
		return RunView{}, err
	}
	f := forest{s: st.by, now: r.now().UnixMicro()}
	return f.run(st.run, st.jobs, r.definition(st.run)), nil
}

// definition reads what a workflow's run was fixed to; nil where it is none, or cannot be read: then the tree has what is
// recorded.
func (r *records) definition(run *Run) *workflow.Definition {
	if run.Flow == nil {
		return nil
	}
	b, err := r.blobs.ReadAll(run.Flow.Definition, MaxBlob)
	if err != nil {
		return nil
	}
	d, err := workflow.Decode(b)
	if err != nil {
		return nil
	}
	return d
}

// Runs gives the runs in the state with their trees, newest first.
func (r *records) Runs() []RunView { return r.Snapshot().RunViews(r.now().UnixMicro()) }
