package mesh

import "voxmesh/mesh/privacy"

// The ops of a job, from its submission to its one accepted result.

// JobSubmitted: work was accepted and is durable. Module, Stdin and Prompt are hashes of blobs (64 hex).
type JobSubmitted struct {
	Job       string
	Run       string
	Kind      string // slot kind: gpu, cpu, text, embed
	Runner    string // wasm, text, embed, command
	Module    string
	Args      []string
	Stdin     string
	Model     string
	Prompt    string
	Class     privacy.Class
	Priority  uint8
	NSFW      bool
	TimeoutMS int64  // 0: what the node's policy allows
	On        string // node the submitter named, or empty
	Submitter string // operator name, as the donors' policies see it before the "@"
	ReplayOf  string // the job that this one runs again
	Title     string // a short name for people: the file's, or the prompt's beginning
	AuditID   string // of the act that caused it (replay)
	Command   string // the name of a program that the node's owner gives
	Scope     string // what the work is for, by its sender's word; or empty

	Item     string   // of the hopper; empty in logs of before there was one
	Order    int64    // its place in the order of starting, where a person moved the item; 0: hopper.Due decides
	Source   uint8    // hopper.Source of the priority
	Activity string   // of a workflow, or empty
	Index    uint32   // of a fan-out, from 0
	Fanned   bool     // it is of a fan-out
	Try      uint32   // of the activity, from 1; 0: it is of no workflow
	Key      string   // 64 hex, of the activity's definition and inputs
	Refs     []string // what was put into the inputs: "split.parts[1]"
	About    string   // the item of the hopper that a model is asked about; or empty
}

func (r *JobSubmitted) fields(c *coder) {
	c.str(1, &r.Job)
	c.str(2, &r.Run)
	c.str(3, &r.Kind)
	c.str(4, &r.Runner)
	c.str(5, &r.Module)
	c.strs(6, &r.Args)
	c.str(7, &r.Stdin)
	c.str(8, &r.Model)
	c.str(9, &r.Prompt)
	c.class(10, &r.Class)
	c.u8(11, &r.Priority)
	c.flag(12, &r.NSFW)
	c.i64(13, &r.TimeoutMS)
	c.str(14, &r.On)
	c.str(15, &r.Submitter)
	c.str(16, &r.ReplayOf)
	c.str(17, &r.Title)
	c.str(18, &r.AuditID)
	c.str(19, &r.Command)
	c.str(20, &r.Scope)
	c.str(21, &r.Item)
	c.i64(22, &r.Order)
	c.u8(23, &r.Source)
	c.str(24, &r.Activity)
	c.u32(25, &r.Index)
	c.flag(26, &r.Fanned)
	c.u32(27, &r.Try)
	c.str(28, &r.Key)
	c.strs(29, &r.Refs)
	c.str(30, &r.About)
}

// JobLeased: a node was given the job. Attempt is the fence: only a result that carries it counts.
type JobLeased struct {
	Job     string
	Node    string
	Attempt uint32
	Item    string // that is assigned by it; empty where it was before, or is of no hopper
}

func (r *JobLeased) fields(c *coder) {
	c.str(1, &r.Job)
	c.str(2, &r.Node)
	c.u32(3, &r.Attempt)
	c.str(4, &r.Item)
}

// JobStarted: the node says that the job runs.
type JobStarted struct {
	Job     string
	Attempt uint32
	Item    string // that is started by it, or empty
}

func (r *JobStarted) fields(c *coder) {
	c.str(1, &r.Job)
	c.u32(2, &r.Attempt)
	c.str(3, &r.Item)
}

// JobRequeued: the lease ended without a result, and the job waits again.
type JobRequeued struct {
	Job     string
	Attempt uint32
	Cause   Cause
	Reason  string
	AuditID string
	Item    string // that goes back to the inbox by it, or empty
}

func (r *JobRequeued) fields(c *coder) {
	c.str(1, &r.Job)
	c.u32(2, &r.Attempt)
	c.varint(3, uint64(r.Cause), func(v uint64) { r.Cause = Cause(min(v, uint64(CauseRevoked))) })
	c.str(4, &r.Reason)
	c.str(5, &r.AuditID)
	c.str(6, &r.Item)
}

// JobFinished: the one accepted result of a job.
type JobFinished struct {
	Job        string
	Attempt    uint32
	Status     JobState // Succeeded, Failed, Killed, TimedOut
	ExitCode   int64
	Code       string // stable error code, vox/run/…
	Error      string // for people
	Output     string // hash of the blob, empty if there is none
	OutputSize int64
	Tokens     int64
	CostMicros int64 // micro-USD
	DurationMS int64
	AuditID    string
	Item       string       // that is closed by it; empty for one of a workflow
	Phases     []SpanRecord // what the worker says that it did, by its own clock
	Skew       int64        // microseconds by which that clock is ahead of the host's
	SkewKnown  bool
}

// SpanRecord is a span of the worker's own: a phase of an attempt. Times are of the worker's clock.
type SpanRecord struct {
	ID     string // 16 hex
	Parent string // 16 hex; the attempt's span, or another of these
	Name   string // admit, fetch, run, compile, upload, …: one of those that Describe in the worker knows
	Start  int64  // unix microseconds
	End    int64
	Error  string // why it failed, or empty
}

func (s *SpanRecord) fields(c *coder) {
	c.str(1, &s.ID)
	c.str(2, &s.Parent)
	c.str(3, &s.Name)
	c.time(4, &s.Start)
	c.time(5, &s.End)
	c.str(6, &s.Error)
}

func (r *JobFinished) fields(c *coder) {
	c.str(1, &r.Job)
	c.u32(2, &r.Attempt)
	c.varint(3, uint64(r.Status), func(v uint64) { r.Status = JobState(min(v, uint64(TimedOut))) })
	c.i64(4, &r.ExitCode)
	c.str(5, &r.Code)
	c.str(6, &r.Error)
	c.str(7, &r.Output)
	c.i64(8, &r.OutputSize)
	c.i64(9, &r.Tokens)
	c.i64(10, &r.CostMicros)
	c.i64(11, &r.DurationMS)
	c.str(12, &r.AuditID)
	c.str(13, &r.Item)
	list(c, 14, &r.Phases)
	c.i64(15, &r.Skew)
	c.flag(16, &r.SkewKnown)
}

// ResultRefused: a result came that no longer counts. It is noted and changes nothing.
type ResultRefused struct {
	Job     string
	Node    string
	Attempt uint32
	Why     string
}

func (r *ResultRefused) fields(c *coder) {
	c.str(1, &r.Job)
	c.str(2, &r.Node)
	c.u32(3, &r.Attempt)
	c.str(4, &r.Why)
}
