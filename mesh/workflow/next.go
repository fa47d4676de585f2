package workflow

import (
	"errors"
	"fmt"
	"strings"
)

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

// Decision is what is to be done next. All of it can be recorded in one commit; asking again afterwards gives the rest:
// whoever records a Decision that is not empty asks again at once.
type Decision struct {
	Expand []Expansion
	Start  []Start
	Skip   []Skip
	Done   bool   // nothing is left to start, and nothing is active
	Status Status // of the whole run, once Done: Succeeded, Failed, TimedOut or Killed
	Error  string // for people: what made it fail
}

// Empty reports whether there is nothing to record.
func (d *Decision) Empty() bool {
	return len(d.Expand) == 0 && len(d.Start) == 0 && len(d.Skip) == 0 && !d.Done
}

// Expansion fixes the list of a fan-out.
type Expansion struct {
	Activity string
	Items    []string
}

// Skip is an activity that will not run, and why: "lint failed". Where it should have run and could not, because its
// inputs cannot be made, why begins with "cannot run: ", and it counts as failed.
type Skip struct {
	Activity string
	Why      string
}

// unable begins the reason of a Skip that counts as a failure. It is recorded with the reason.
const unable = "cannot run: "

// Unable reports whether the reason of a Skip says that the activity should have run and could not: that is a failure.
func Unable(why string) bool { return strings.HasPrefix(why, unable) }

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

// Inputs are the resolved ones. Those of several Starts may share memory: they are not to be changed.
type Inputs struct {
	Args   []string
	Stdin  []byte // nil: none
	Prompt string
}

// Label names an instance: "split", "render[1]".
func Label(activity string, index int, fanned bool) string {
	if !fanned {
		return activity
	}
	return fmt.Sprintf("%s[%d]", activity, index)
}

// Next decides what of a run is to be done, from what is recorded of it. It is pure: equal progress, equal decision; what
// was recorded is not decided again. room is how many jobs may be started now; the rest comes later. Errors are those of
// reading outputs; nothing is decided then.
//
//   - An activity starts when all that it waits for has ended, all its conditions hold, and what no condition speaks of
//     succeeded. As soon as that can no longer be, it is skipped.
//   - A list that is written out is fixed at once, another one when its activity would start. An empty one has succeeded.
//   - Starts come in the order of the file, in a fan-out by index. Of a fan-out all elements run, whatever becomes of the
//     others; it failed if one of them did.
//   - What failed or timed out is tried again while tries are left; what was killed is not.
//   - The run failed, timed out or was killed as its first activity that did, unless an activity that asked for that (is:
//     failed, or is: succeeded with not) and succeeded has taken care of it. An activity that is skipped fails nothing.
func (d *Definition) Next(p Progress, room int) (Decision, error) {
	n := &stepper{d: d, plan: d.planned(), progress: p, read: make(map[instance]output), parts: make(map[instance][]string), lists: make(map[int][]string), skips: make(map[int]string)}
	for {
		if err := n.look(); err != nil {
			return Decision{}, err
		}
		again, err := n.start(room)
		switch {
		case err != nil:
			return Decision{}, err
		case !again:
			n.finish()
			return n.out, nil
		}
	}
}

// errUnable is why an activity cannot run though it should.
type errUnable struct{ why string }

func (e errUnable) Error() string { return unable + e.why }

func unableTo(format string, args ...any) error { return errUnable{fmt.Sprintf(format, args...)} }

// asUnable gives the reason of a Skip for an error that is one.
func asUnable(err error) (why string, ok bool) {
	var e errUnable
	if errors.As(err, &e) {
		return e.Error(), true
	}
	return "", false
}
