package fabric

// The messages between a host and its workers. There are few of them, each says all that matters at the moment it is
// sent, and each may be lost, repeated or overtaken without harm: the next one says it again.
//
//	worker → host   report   what the worker holds, has finished, gives; at each heartbeat and at each change
//	host → worker   orders   the answer to a report: what is settled, what must stop, how long leases last
//	host → worker   assign   one job; sent again until a report lists it
//	worker → host   blob     asks for a piece of a module, an input or a prompt that an assigned job names
//	worker → host   put      hands over a piece of an output
//	worker → host   out      a piece of output as it comes (telemetry; the blob is the truth)
//
// All but out and the pieces of blobs are JSON. Times are durations, never instants: clocks need not agree.
const (
	KindReport = "report"
	KindOrders = "orders"
	KindAssign = "assign"
	KindBlob   = "blob"
	KindPut    = "put"
	KindOut    = "out"
)

// Headers of blob, put and out, and of assign (traceparent, W3C Trace Context).
const (
	HeaderJob         = "Vox-Job"
	HeaderAttempt     = "Vox-Attempt"
	HeaderOffset      = "Vox-Offset"
	HeaderHash        = "Vox-Hash"
	HeaderSize        = "Vox-Size"
	HeaderError       = "Vox-Error"
	HeaderTraceparent = "traceparent"
)

// PieceSize is the largest piece of a blob in one message: half of what the server lets through.
const PieceSize = 512 << 10

// InlineOutput is the largest output that travels inside a result.
const InlineOutput = 64 << 10

// Report is a worker's whole account of itself.
type Report struct {
	V        int    `json:"v"`
	Instance string `json:"instance"` // of this start of the agent, 16 hex
	N        uint64 `json:"n"`        // counts up within an instance: an overtaken report is dropped
	UptimeMS int64  `json:"uptime_ms"`
	RTTMicro int64  `json:"rtt_us"`             // of the last request, 0 is not known
	ClockUS  int64  `json:"clock_us,omitempty"` // the worker's own clock when it wrote this, unix microseconds: for display alone

	Held     []Held   `json:"held"`
	Describe Describe `json:"describe"`
	Head     Head     `json:"head"`              // the newest audit head that this worker saw
	Leaving  bool     `json:"leaving,omitempty"` // the owner of the machine took it out of the mesh
}

// Held is one job in the worker's hands.
type Held struct {
	Job     string  `json:"job"`
	Attempt uint32  `json:"attempt"`
	Phase   string  `json:"phase"` // accepted, running, refused, done
	Reason  string  `json:"reason,omitempty"`
	Busy    bool    `json:"busy,omitempty"`   // refused for now only: the slots are taken, it is off hours, or the owner is busy
	Result  *Result `json:"result,omitempty"` // with phase done
}

// The phases of a job in a worker's hands.
const (
	PhaseAccepted = "accepted"
	PhaseRunning  = "running"
	PhaseRefused  = "refused"
	PhaseDone     = "done"
)

// Result is a runner's verdict.
type Result struct {
	Status     string `json:"status"` // succeeded, failed, killed, timed_out
	ExitCode   int    `json:"exit_code"`
	Code       string `json:"code,omitempty"`
	Error      string `json:"error,omitempty"`
	Output     []byte `json:"output,omitempty"` // whole, where it is at most InlineOutput
	OutputHash string `json:"output_hash,omitempty"`
	OutputSize int64  `json:"output_size"`
	Tokens     int64  `json:"tokens"`
	DurationMS int64  `json:"duration_ms"`
	Spans      []Span `json:"spans,omitempty"`
}

// Span is what the worker did for one attempt, by its own clock: unix microseconds.
type Span struct {
	ID     string `json:"id"`     // 16 hex
	Parent string `json:"parent"` // 16 hex: the span that traceparent named, or another of these
	Name   string `json:"name"`   // one of those below
	Start  int64  `json:"start"`
	End    int64  `json:"end"`
	Error  string `json:"error,omitempty"`
}

// The names of a worker's spans. A host drops others.
const (
	PhaseAdmit       = "admit"        // the policy decides
	PhaseFetchModule = "fetch module" // waiting for others that fetch the same included
	PhaseFetchPrompt = "fetch prompt"
	PhaseFetchInput  = "fetch input"
	PhaseExecute     = "execute"   // the runner, from its start to its verdict
	PhaseInterpret   = "interpret" // of a module, while it is being compiled
	PhaseCompile     = "compile"   // until the compiled form was there
	PhaseCompiled    = "compiled"  // the run of the compiled form
	PhaseUpload      = "upload"    // an output that is too large for a result
)

// MaxSpans is how many spans of one attempt a worker sends, and a host takes.
const MaxSpans = 24

// KnownPhase reports whether a span may have the name.
func KnownPhase(name string) bool {
	switch name {
	case PhaseExecute, PhaseInterpret, PhaseCompile, PhaseCompiled, PhaseUpload:
		return true
	}
	return BeforeRun(name)
}

// BeforeRun reports whether a phase belongs to what happens before a job runs.
func BeforeRun(name string) bool {
	switch name {
	case PhaseAdmit, PhaseFetchModule, PhaseFetchPrompt, PhaseFetchInput:
		return true
	}
	return false
}

// Describe is what a worker gives: the summary of its policy and its models.
type Describe struct {
	Slots       []Slot  `json:"slots"`
	Models      []Model `json:"models"`
	ModelsNote  string  `json:"models_note,omitempty"`
	NSFW        bool    `json:"nsfw"`
	OptIn       bool    `json:"opt_in"`
	MinPriority uint8   `json:"min_priority"`
	MaxJobSecs  int64   `json:"max_job_secs"`
	Version     string  `json:"version"`
	Policy      string  `json:"policy"` // names the content of the policy file

	Away       string   `json:"away,omitempty"`        // why it takes nothing for now, for people: "off hours until 22:00"
	AwayRule   string   `json:"away_rule,omitempty"`   // hours or owner; of an empty Away empty
	PolicyNote string   `json:"policy_note,omitempty"` // why the policy file is not what is in force, or what of it this machine cannot see
	Commands   []string `json:"commands,omitempty"`    // programs that command jobs may run
	Prices     []Price  `json:"prices,omitempty"`      // what is not listed costs what the mesh says
}

// The words of Describe.AwayRule.
const (
	AwayHours = "hours" // outside the hours that its owner gives
	AwayOwner = "owner" // its owner needs it
)

// Price is what work of one kind costs, in micro-USD. What is nil is what the mesh says.
type Price struct {
	Kind    string `json:"kind"`
	PerHour *int64 `json:"per_hour,omitempty"` // of gpu and cpu
	PerMTok *int64 `json:"per_mtok,omitempty"` // a million tokens of text and embed
}

// Slot is one kind of work that is given.
type Slot struct {
	Kind   string `json:"kind"`
	Max    uint32 `json:"max"`
	Weight uint32 `json:"weight"`
}

// Model is one model that the worker's backend holds.
type Model struct {
	Name    string `json:"name"`
	Tag     string `json:"tag"`
	Backend string `json:"backend"`
	Family  string `json:"family"`
	Digest  string `json:"digest"`
	Size    int64  `json:"size"`
	Context int64  `json:"context"`
	Loaded  bool   `json:"loaded"`
	Fits    bool   `json:"fits"`
}

// Orders is the host's answer to a report, and is sent unasked when something changed.
type Orders struct {
	V       int      `json:"v"`
	LeaseMS int64    `json:"lease_ms"`
	Settled []JobRef `json:"settled"` // results that are durable, or no longer wanted: forget them
	Cancel  []JobRef `json:"cancel"`  // stop these, with every process behind them
	Head    Head     `json:"head"`    // the audit tree's newest head
	Locked  string   `json:"locked,omitempty"`
}

// JobRef names one attempt of a job.
type JobRef struct {
	Job     string `json:"job"`
	Attempt uint32 `json:"attempt"`
	Why     string `json:"why,omitempty"`
}

// Head is the size and root (hex) of the host's audit tree, with the signed note that says so.
type Head struct {
	Size uint64 `json:"size"`
	Root string `json:"root"`
	Note string `json:"note,omitempty"`
}

// Assign is one job for a worker, complete: nothing but its blobs is asked for later.
type Assign struct {
	V         int      `json:"v"`
	Job       string   `json:"job"`
	Run       string   `json:"run"`
	Attempt   uint32   `json:"attempt"`
	Kind      string   `json:"kind"`   // slot kind
	Runner    string   `json:"runner"` // wasm, text, embed, command
	Module    string   `json:"module,omitempty"`
	Args      []string `json:"args,omitempty"`
	Stdin     string   `json:"stdin,omitempty"`
	Model     string   `json:"model,omitempty"`
	Prompt    string   `json:"prompt,omitempty"`
	Class     string   `json:"class"`
	Priority  uint8    `json:"priority"`
	NSFW      bool     `json:"nsfw"`
	TimeoutMS int64    `json:"timeout_ms"`
	Submitter string   `json:"submitter"`         // operator's name; the worker adds its own name of the mesh
	Command   string   `json:"command,omitempty"` // the name of a program of the worker's machine
	Scope     string   `json:"scope,omitempty"`   // what the work is for
}
