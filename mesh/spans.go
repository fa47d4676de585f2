package mesh

import (
	"crypto/sha256"
	"encoding/hex"

	"voxmesh/mesh/privacy"
)

// SpanView is one node of the tree of what happened in a run: the run, its activities, their attempts, and the phases of an
// attempt (lease, dispatch, run, and below these what the worker says of itself). Ids are 16 hex; those of the host's own
// spans derive from what they name, so that every machine and every replay of the log gives a span the same one. Start and
// End are unix microseconds of the host's clock, and a span lies within its parent. DurationMS of a span that goes on is
// the time until now.
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
	Waits        string        `json:"waits,omitempty"`             // of an activity that did not start: "render[2]", why it was skipped, or what a queued job waits for (without its place in the queue)
	SkewMicros   int64         `json:"clock_skew_micros,omitempty"` // of a worker's own span: its clock was so much ahead, and Start is corrected by it

	Attributes map[string]string `json:"attributes,omitempty"` // vox.mesh.*; shared by spans, so never changed
	Children   []SpanView        `json:"children"`
}

// SpanKind is what a span stands for.
type SpanKind string

// The kinds of spans, from the outside in.
const (
	SpanRun      SpanKind = "run"
	SpanActivity SpanKind = "activity" // a job, or an instance of a workflow's activity with the jobs of all its tries
	SpanAttempt  SpanKind = "attempt"  // from a lease to its end
	SpanLease    SpanKind = "lease"    // from the grant until the worker took the job; an instant where it did not say when
	SpanDispatch SpanKind = "dispatch" // from then until it ran
	SpanPhase    SpanKind = "phase"    // run, and what the worker says of itself: admit, fetch, compile, upload, …
)

// The statuses of an activity of a workflow that had no job in this run. All others have the status of their last job.
const (
	ActivityWaiting    = "waiting"
	ActivitySkippedAs  = "skipped"
	ActivityReusedFrom = "reused" // an earlier run's result stands for it
)

// The attributes of spans. Ids of things that a span does not belong to are left out.
const (
	AttrTrace    = "vox.mesh.trace_id"
	AttrRun      = "vox.mesh.run_id"
	AttrItem     = "vox.mesh.item_id"
	AttrWorkflow = "vox.mesh.workflow"
	AttrActivity = "vox.mesh.activity" // with the index in a fan-out: render[1]
	AttrJob      = "vox.mesh.job_id"
	AttrPeer     = "vox.mesh.peer_id"       // 16 hex of the machine's invite; of the host's own node that of its key
	AttrLease    = "vox.mesh.lease_id"      // job and attempt: j-19c4-2
	AttrKind     = "vox.mesh.dispatch_kind" // the slot: gpu, cpu, text, embed
	AttrRunner   = "vox.mesh.runner"
	AttrClass    = "vox.mesh.privacy_class"
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
	Skews        []ClockSkew   `json:"clock_skews,omitempty"` // that are worth a word: larger than SkewSaid
	Root         SpanView      `json:"root"`
}

// ClockSkew is by how much a node's clock was ahead of the host's in a run.
type ClockSkew struct {
	NodeID string `json:"node_id"`
	Micros int64  `json:"micros"`
}

// SkewSaid is the skew from which on people are told, in microseconds: below it, what is shown is as true as the way
// over the network lets it be.
const SkewSaid = 50_000

// FlatSpan is a span in the list of a run's: a parent comes before its children, and siblings in the order of the tree.
type FlatSpan struct {
	*SpanView     // in the tree of the RunView: shared, not to be changed
	Parent    int // its place in the list, -1 of the run's own
	Depth     int // 0 of the run's own
}

// Flat lists the spans of the tree. It copies none: 20,000 of them cost a fraction of a millisecond.
func (v *RunView) Flat() []FlatSpan {
	out := make([]FlatSpan, 0, countSpans(&v.Root))
	var walk func(s *SpanView, parent, depth int)
	walk = func(s *SpanView, parent, depth int) {
		at := len(out)
		out = append(out, FlatSpan{s, parent, depth})
		for i := range s.Children {
			walk(&s.Children[i], at, depth+1)
		}
	}
	walk(&v.Root, -1, 0)
	return out
}

func countSpans(s *SpanView) int {
	n := 1
	for i := range s.Children {
		n += countSpans(&s.Children[i])
	}
	return n
}

// SpanID derives the id of a span from what it names.
func SpanID(parts ...string) string {
	var room [128]byte
	b := room[:0]
	for _, p := range parts {
		b = append(append(b, p...), 0)
	}
	sum := sha256.Sum256(b)
	var id [16]byte
	hex.Encode(id[:], sum[:8])
	return string(id[:])
}

// AttemptSpanID is the span under which the worker's own spans hang: it travels in the traceparent header.
func AttemptSpanID(run, job string, attempt uint32) string {
	return SpanID(run, job, itoa(uint64(attempt)))
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

func orNow(t, now int64) int64 {
	if t == 0 {
		return now
	}
	return t
}
