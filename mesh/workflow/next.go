package workflow

// Status is where one instance of an activity stands in a run.
type Status uint8

// The statuses. Failed, Killed and TimedOut are those of its last try.
const (
	Waiting Status = iota // nothing was recorded of it
	Active                // a job of it is queued, leased or running
	Succeeded
	Failed
	TimedOut
	Killed
	Skipped
)

// Progress is what is recorded of a run, by activity name.
type Progress map[string]*Activities

// Activities is what is recorded of one activity: one instance, or as many as its fan-out has.
type Activities struct {
	Expanded  bool     // the list of a fan-out is fixed
	Items     []string // that list
	Skipped   string   // why it was skipped whole; or empty
	Instances []Instance
}

// Instance is one of them.
type Instance struct {
	Status Status
	Try    int                    // of the last job, from 1
	Output func() ([]byte, error) // of one that succeeded; asked at most once for each Next
}

// Decision is what is to be done next. All of it can be recorded in one commit; asking again afterwards gives the rest.
type Decision struct {
	Expand []Expansion
	Start  []Start
	Skip   []Skip
	Done   bool   // nothing is left to start, and nothing is active
	Status Status // of the whole run, once Done: Succeeded, Failed, TimedOut or Killed
	Error  string // for people: what made it fail
}

// Expansion fixes the list of a fan-out.
type Expansion struct {
	Activity string
	Items    []string
}

// Skip is an activity that will not run, and why: "lint failed".
type Skip struct {
	Activity string
	Why      string
}

// Start is a job to submit.
type Start struct {
	Activity string
	Index    int    // of its fan-out, from 0; 0 for one that has none
	Fanned   bool   // it is of a fan-out
	Try      int    // from 1
	Key      string // 64 hex: SHA-256 of the activity's definition and of its resolved inputs
	Inputs   Inputs
	Refs     []string // what was put in: "split.parts[1]"
}

// Inputs are the resolved ones.
type Inputs struct {
	Args   []string
	Stdin  []byte // nil: none
	Prompt string
}

// Next decides. room is how many jobs may be started now; the rest comes later. Errors are those of reading outputs.
func (d *Definition) Next(p Progress, room int) (Decision, error) { return Decision{}, nil }

// Label names an instance: "split", "render[1]".
func Label(activity string, index int, fanned bool) string { return activity }

// Downstream gives the activities that depend on any of those named, they included.
func (d *Definition) Downstream(activities ...string) map[string]bool { return nil }
