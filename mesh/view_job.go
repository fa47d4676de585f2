package mesh

import (
	"sort"

	"voxmesh/mesh/privacy"
)

// JobView is one job.
type JobView struct {
	JobID        string        `json:"job_id"`
	RunID        string        `json:"run_id"`
	TraceID      string        `json:"trace_id"`
	NodeID       *string       `json:"node_id"`
	Attempt      uint32        `json:"attempt"`
	Status       JobState      `json:"status"`
	PrivacyClass privacy.Class `json:"privacy_class"`
	CostUSD      float64       `json:"cost_usd"`
	DurationMS   int64         `json:"duration_ms"`
	Kind         string        `json:"kind"`
	Runner       string        `json:"runner"`
	Title        string        `json:"title"`
	Priority     uint8         `json:"priority"`
	Model        string        `json:"model,omitempty"`
	Tokens       int64         `json:"tokens"`
	ExitCode     *int64        `json:"exit_code"`
	Code         string        `json:"code,omitempty"`
	Error        string        `json:"error,omitempty"`
	OutputBytes  int64         `json:"output_bytes"`
	SubmittedAt  int64         `json:"submitted_at_micros"`
	StartedAt    int64         `json:"started_at_micros,omitempty"`
	EndedAt      int64         `json:"ended_at_micros,omitempty"`
	Submitter    string        `json:"submitter"`
	Command      string        `json:"command,omitempty"` // the program of a command job
	Scope        string        `json:"scope,omitempty"`   // what the work is for
	ItemID       string        `json:"item_id,omitempty"` // of the hopper
}

// JobView gives one job.
func (s *State) JobView(j *Job) JobView {
	v := JobView{
		JobID: j.Job, RunID: j.Run, TraceID: j.Trace, Attempt: j.Attempt, Status: j.State, PrivacyClass: j.Class,
		CostUSD: usd(j.Cost), DurationMS: j.DurationMS, Kind: j.Kind, Runner: j.Runner, Title: j.Title,
		Priority: j.Priority, Model: j.Model, Tokens: j.TokensUsed, Code: j.Code, Error: j.Error,
		OutputBytes: j.OutputSize, SubmittedAt: j.SubmittedAt, StartedAt: j.StartedAt, EndedAt: j.EndedAt,
		Submitter: j.Submitter, Command: j.Command, Scope: j.Scope, ItemID: j.Item,
	}
	if j.Node != "" && j.State != Queued {
		n := j.Node
		v.NodeID = &n
	}
	if j.State.Ended() {
		x := j.ExitCode
		v.ExitCode = &x
	}
	return v
}

// JobViews gives the jobs in State, newest first.
func (s *State) JobViews() []JobView {
	jobs := s.Jobs()
	sort.Slice(jobs, func(i, k int) bool { return jobs[i].Seq > jobs[k].Seq })
	out := make([]JobView, 0, len(jobs))
	for _, j := range jobs {
		out = append(out, s.JobView(j))
	}
	return out
}
