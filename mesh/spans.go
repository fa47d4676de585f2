package mesh

import (
	"crypto/sha256"
	"encoding/hex"

	"voxmesh/mesh/privacy"
)

// SpanView is one node of the tree of what happened in a run: the run, its jobs, their attempts, and the phases of an
// attempt (dispatch, from the lease to the start; running). Ids are 16 hex, derived from what they name, so that every
// machine and every replay of the log gives a span the same one. Start is unix microseconds, and 0 DurationMS of a span
// that goes on is the time until now.
type SpanView struct {
	SpanID       string        `json:"span_id"`
	ParentID     string        `json:"parent_id,omitempty"` // empty: the run's own
	SpanKind     SpanKind      `json:"span_kind"`
	SpanName     string        `json:"span_name"`
	Status       string        `json:"status"`
	Start        int64         `json:"start"`
	End          int64         `json:"end_micros,omitempty"` // 0: it goes on
	DurationMS   int64         `json:"duration_ms"`
	PrivacyClass privacy.Class `json:"privacy_class"`
	NodeID       string        `json:"node_id,omitempty"`
	JobID        string        `json:"job_id,omitempty"`
	Attempt      uint32        `json:"attempt,omitempty"`
	Error        string        `json:"error,omitempty"`
	Events       []SpanEvent   `json:"events,omitempty"` // of an attempt: its lease, its start, its end
	CostUSD      float64       `json:"cost_usd,omitempty"`
	Waits        string        `json:"waits,omitempty"`             // of an activity that did not start: "render[2]", or why a job waits
	SkewMicros   int64         `json:"clock_skew_micros,omitempty"` // of a worker's own span: its clock was so much ahead, and Start is corrected by it

	Attributes map[string]string `json:"attributes,omitempty"` // vox.mesh.*
	Children   []SpanView        `json:"children"`
}

// SpanKind is what a span stands for.
type SpanKind string

// The kinds of spans, from the outside in.
const (
	SpanRun      SpanKind = "run"
	SpanActivity SpanKind = "activity" // a job, or an instance of a workflow's activity with the jobs of all its tries
	SpanAttempt  SpanKind = "attempt"  // from a lease to its end
	SpanLease    SpanKind = "lease"    // from the grant until the worker took the job
	SpanDispatch SpanKind = "dispatch" // from then until it ran
	SpanPhase    SpanKind = "phase"    // run, and what the worker says of itself: admit, fetch, compile, upload, …
)

// SpanEvent is a moment of a span.
type SpanEvent struct {
	At     int64  `json:"ts_micros"`
	Name   string `json:"event"` // leased, started, a status at the end, or why the lease ended: worker lost, refused, …
	NodeID string `json:"node_id,omitempty"`
	Detail string `json:"detail,omitempty"`
}

// RunView is a run with its tree. What stands beside the tree is what RunRow has.
type RunView struct {
	RunID        string        `json:"run_id"`
	TraceID      string        `json:"trace_id"`
	Title        string        `json:"title"`
	PrivacyClass privacy.Class `json:"privacy_class"`
	Status       string        `json:"status"`
	Start        int64         `json:"start"`
	DurationMS   int64         `json:"duration_ms"`
	CostUSD      float64       `json:"cost_usd"`
	Jobs         []string      `json:"jobs"`
	NodeID       string        `json:"node_id,omitempty"`
	EndedAt      int64         `json:"ended_at_micros,omitempty"`
	Model        string        `json:"model,omitempty"`
	Tokens       int64         `json:"tokens"`
	Attempts     uint32        `json:"attempts"`
	Done         int           `json:"done"`
	Error        string        `json:"error,omitempty"`
	ItemID       string        `json:"item_id,omitempty"`    // of the hopper
	Workflow     string        `json:"workflow,omitempty"`   // its name, of a workflow
	Activities   int           `json:"activities,omitempty"` // of a workflow, a fan-out counted by its elements once they are known
	ReplayOf     string        `json:"replay_of,omitempty"`
	Skews        []ClockSkew   `json:"clock_skews,omitempty"`
	Root         SpanView      `json:"root"`
}

// ClockSkew is by how much a node's clock was ahead of the host's in a run.
type ClockSkew struct {
	NodeID string `json:"node_id"`
	Micros int64  `json:"micros"`
}

// SpanID derives the id of a span from what it names.
func SpanID(parts ...string) string {
	h := sha256.New()
	for _, p := range parts {
		h.Write([]byte(p))
		h.Write([]byte{0})
	}
	return hex.EncodeToString(h.Sum(nil)[:8])
}

// runView builds the tree of a run from its jobs. now is unix microseconds.
func runView(r *Run, jobs []*Job, now int64) RunView {
	row := runRow(r, jobs, now)
	v := RunView{
		RunID: row.RunID, TraceID: row.TraceID, Title: row.Title, PrivacyClass: row.PrivacyClass, Status: row.Status,
		Start: row.Start, DurationMS: row.DurationMS, CostUSD: row.CostUSD, Jobs: r.Jobs, NodeID: row.NodeID,
		EndedAt: row.EndedAt, Model: row.Model, Tokens: row.Tokens, Attempts: row.Attempts, Done: row.Done, Error: row.Error,
		Root: SpanView{
			SpanID: SpanID(r.ID), SpanName: r.Title, Status: row.Status, Start: r.At, DurationMS: row.DurationMS,
			PrivacyClass: r.Class, Children: make([]SpanView, 0, len(jobs)),
		},
	}
	for _, j := range jobs {
		v.Root.Children = append(v.Root.Children, jobSpan(j, now))
	}
	return v
}

// worse reports whether a tells more about a run than b: going on beats ended, a failure beats a success.
func worse(a, b JobState) bool {
	rank := func(s JobState) int {
		switch s {
		case Running, Leased:
			return 5
		case Queued:
			return 4
		case Failed, TimedOut:
			return 3
		case Killed:
			return 2
		}
		return 1
	}
	return rank(a) > rank(b)
}

func jobSpan(j *Job, now int64) SpanView {
	s := SpanView{
		SpanID: SpanID(j.Run, j.Job), SpanName: j.Runner + " " + j.Title, Status: j.State.String(), Start: j.SubmittedAt,
		DurationMS: (orNow(j.EndedAt, now) - j.SubmittedAt) / 1000, PrivacyClass: j.Class, NodeID: j.Node, JobID: j.Job,
		Error: j.Error, Children: []SpanView{},
	}
	for _, a := range j.Attempts {
		s.Children = append(s.Children, attemptSpan(j, a, now))
	}
	return s
}

func attemptSpan(j *Job, a Attempt, now int64) SpanView {
	n := itoa(uint64(a.N))
	end := orNow(a.EndedAt, now)
	s := SpanView{
		SpanID: AttemptSpanID(j.Run, j.Job, a.N), SpanName: "attempt " + n, Status: a.End, Start: a.LeasedAt,
		DurationMS: (end - a.LeasedAt) / 1000, PrivacyClass: j.Class, NodeID: a.Node, JobID: j.Job, Attempt: a.N,
		Error: a.Reason, Children: []SpanView{},
	}
	if s.Status == "" {
		s.Status = j.State.String()
	}
	s.Events = attemptEvents(a)
	phase := func(name, status string, from, to int64) {
		s.Children = append(s.Children, SpanView{
			SpanID: SpanID(j.Run, j.Job, n, name), SpanName: name, Status: status, Start: from,
			DurationMS: max(to-from, 0) / 1000, PrivacyClass: j.Class, NodeID: a.Node, JobID: j.Job, Attempt: a.N,
			Children: []SpanView{},
		})
	}
	if a.StartedAt == 0 {
		phase("dispatch", s.Status, a.LeasedAt, end)
		return s
	}
	phase("dispatch", "succeeded", a.LeasedAt, a.StartedAt)
	phase("run", s.Status, a.StartedAt, end)
	return s
}

func attemptEvents(a Attempt) []SpanEvent {
	out := []SpanEvent{{At: a.LeasedAt, Name: "leased", NodeID: a.Node}}
	if a.StartedAt > 0 {
		out = append(out, SpanEvent{At: a.StartedAt, Name: "started", NodeID: a.Node})
	}
	if a.End != "" {
		out = append(out, SpanEvent{At: a.EndedAt, Name: a.End, NodeID: a.Node, Detail: a.Reason})
	}
	return out
}

// AttemptSpanID is the span under which the worker's own spans hang: it travels in the traceparent header.
func AttemptSpanID(run, job string, attempt uint32) string {
	return SpanID(run, job, itoa(uint64(attempt)))
}

func orNow(t, now int64) int64 {
	if t == 0 {
		return now
	}
	return t
}
