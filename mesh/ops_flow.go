package mesh

import "voxmesh/mesh/privacy"

// The ops of a workflow's run, beside those of its jobs.

// WorkflowStarted: a workflow became a run. Definition is the hash of the blob that fixes it.
type WorkflowStarted struct {
	Run        string
	Item       string
	Name       string
	Definition string
	Class      privacy.Class // the widest of its activities
	Priority   uint8
	On         string // node that all of it is to run on, or empty
	Submitter  string
	ReplayOf   string // the run that this one runs again
	From       string // the activity from which on; empty: all
	AuditID    string
	Activities uint32   // how many
	Names      []string // of the activities, in the order of the file
}

func (r *WorkflowStarted) fields(c *coder) {
	c.str(1, &r.Run)
	c.str(2, &r.Item)
	c.str(3, &r.Name)
	c.str(4, &r.Definition)
	c.class(5, &r.Class)
	c.u8(6, &r.Priority)
	c.str(7, &r.On)
	c.str(8, &r.Submitter)
	c.str(9, &r.ReplayOf)
	c.str(10, &r.From)
	c.str(11, &r.AuditID)
	c.u32(12, &r.Activities)
	c.strs(13, &r.Names)
}

// ActivityExpanded: the list of a fan-out is fixed. Items is the hash of a blob: a JSON list of strings.
type ActivityExpanded struct {
	Run      string
	Activity string
	Items    string
	Count    uint32
}

func (r *ActivityExpanded) fields(c *coder) {
	c.str(1, &r.Run)
	c.str(2, &r.Activity)
	c.str(3, &r.Items)
	c.u32(4, &r.Count)
}

// ActivitySkipped: an activity will not run in this run.
type ActivitySkipped struct {
	Run      string
	Activity string
	Why      string
}

func (r *ActivitySkipped) fields(c *coder) {
	c.str(1, &r.Run)
	c.str(2, &r.Activity)
	c.str(3, &r.Why)
}

// ActivityReused: the result of an earlier run's job stands for an instance of this run. Index as in JobSubmitted.
type ActivityReused struct {
	Run      string
	Activity string
	Index    uint32
	Fanned   bool
	Job      string // of the earlier run
	Node     string
	Class    privacy.Class
	Output   string // hash of its output's blob
	Size     int64
	Status   JobState // how that job ended; zero: it succeeded
	Try      uint32   // of the activity in the earlier run
}

func (r *ActivityReused) fields(c *coder) {
	c.str(1, &r.Run)
	c.str(2, &r.Activity)
	c.u32(3, &r.Index)
	c.flag(4, &r.Fanned)
	c.str(5, &r.Job)
	c.str(6, &r.Node)
	c.class(7, &r.Class)
	c.str(8, &r.Output)
	c.i64(9, &r.Size)
	c.varint(10, uint64(r.Status), func(v uint64) { r.Status = JobState(min(v, uint64(TimedOut))) })
	c.u32(11, &r.Try)
}

// WorkflowFinished: nothing of the run is left to do.
type WorkflowFinished struct {
	Run     string
	Item    string
	Status  JobState // Succeeded, Failed, Killed, TimedOut
	Error   string
	AuditID string
}

func (r *WorkflowFinished) fields(c *coder) {
	c.str(1, &r.Run)
	c.str(2, &r.Item)
	c.varint(3, uint64(r.Status), func(v uint64) { r.Status = JobState(min(v, uint64(TimedOut))) })
	c.str(4, &r.Error)
	c.str(5, &r.AuditID)
}

// Flow is what a Run of a workflow has beside its jobs.
type Flow struct {
	Name       string
	Definition string // hash
	Item       string
	Priority   uint8
	On         string
	Submitter  string
	ReplayOf   string
	From       string
	Activities uint32
	Steps      []FlowStep // expanded, skipped and reused ones
	Ended      int64      // unix microseconds; 0: it goes on
	Status     JobState   // once it ended
	Error      string
	Names      []string // of the activities, in the order of the file
}

func (f *Flow) fields(c *coder) {
	c.str(1, &f.Name)
	c.str(2, &f.Definition)
	c.str(3, &f.Item)
	c.u8(4, &f.Priority)
	c.str(5, &f.On)
	c.str(6, &f.Submitter)
	c.str(7, &f.ReplayOf)
	c.str(8, &f.From)
	c.u32(9, &f.Activities)
	list(c, 10, &f.Steps)
	c.time(11, &f.Ended)
	c.varint(12, uint64(f.Status), func(v uint64) { f.Status = JobState(min(v, uint64(TimedOut))) })
	c.str(13, &f.Error)
	c.strs(14, &f.Names)
}

// FlowStep is one thing that was decided about an activity without a job.
type FlowStep struct {
	Activity string
	At       int64
	Count    uint32 // of its fan-out, where Items is set
	Items    string // hash of the list
	Skipped  string // why
	Reused   string // the job whose result stands for Index
	Index    uint32
	Fanned   bool
	Node     string // of Reused
	Output   string // hash, of Reused
	Size     int64
	Class    privacy.Class // of Reused
	Status   JobState      // of Reused; zero: it succeeded
	Try      uint32        // of Reused
}

func (s *FlowStep) fields(c *coder) {
	c.str(1, &s.Activity)
	c.time(2, &s.At)
	c.u32(3, &s.Count)
	c.str(4, &s.Items)
	c.str(5, &s.Skipped)
	c.str(6, &s.Reused)
	c.u32(7, &s.Index)
	c.flag(8, &s.Fanned)
	c.str(9, &s.Node)
	c.str(10, &s.Output)
	c.i64(11, &s.Size)
	c.class(12, &s.Class)
	c.varint(13, uint64(s.Status), func(v uint64) { s.Status = JobState(min(v, uint64(TimedOut))) })
	c.u32(14, &s.Try)
}
