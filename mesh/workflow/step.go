package workflow

import (
	"cmp"
	"fmt"
)

// stepper makes one Decision.
type stepper struct {
	d        *Definition
	plan     *plan
	progress Progress

	lists map[int][]string // fixed now
	skips map[int]string   // skipped now
	acts  []standing
	read  map[instance]output   // outputs that were asked for
	parts map[instance][]string // and those that were cut; index -1 is all of a fan-out
	held  int                   // bytes of outputs, and of inputs that were put together
	fresh int                   // bytes of inputs that are in the Decision
	out   Decision
}

type instance struct{ act, index int }

type output struct {
	bytes []byte
	err   error
}

// standing is where an activity stands, what was decided just now included.
type standing struct {
	status Status // Waiting or Active until it ended
	ready  []int  // instances that can be started
	items  []string
	n      int // how many instances it has, once that is known
}

func (s *standing) ended() bool { return s.status > Active }

func (n *stepper) recorded(i int) *Activities {
	if a := n.progress[n.d.Activities[i].Name]; a != nil {
		return a
	}
	return &Activities{}
}

// look finds where each activity stands, needs first, and fixes lists and skips activities on the way.
func (n *stepper) look() error {
	n.acts = make([]standing, len(n.plan.acts))
	for _, i := range n.plan.order {
		if err := n.lookAt(i); err != nil {
			return err
		}
	}
	return nil
}

func (n *stepper) lookAt(i int) error {
	s, rec := &n.acts[i], n.recorded(i)
	why := cmp.Or(rec.Skipped, n.skips[i])
	switch {
	case Unable(why):
		s.status = Failed
		return nil
	case why != "":
		s.status = Skipped
		return nil
	}
	known := n.list(i, s, rec)
	if !begun(rec) {
		run, why, err := n.mayRun(i)
		switch {
		case err != nil:
			return n.skipUnable(i, err)
		case why != "":
			n.skip(i, why, Skipped)
			return nil
		case !run:
			return nil
		}
	}
	if !known {
		items, err := n.expand(i)
		if err != nil {
			return n.skipUnable(i, err)
		}
		n.fix(i, items)
		s.items, s.n = items, len(items)
	}
	s.count(rec, n.d.Activities[i].Retry)
	return nil
}

// list finds the list of a fan-out, if it is known; what is no fan-out has one instance.
func (n *stepper) list(i int, s *standing, rec *Activities) bool {
	a := &n.d.Activities[i]
	if !a.Fanned() {
		s.n = 1
		return true
	}
	items, now := n.lists[i]
	switch {
	case rec.Expanded:
		s.items = rec.Items
	case now:
		s.items = items
	case n.plan.acts[i].static:
		s.items = n.literal(i)
		n.fix(i, s.items)
	default:
		return false
	}
	s.n = len(s.items)
	return true
}

func (n *stepper) fix(i int, items []string) {
	n.lists[i] = items
	n.out.Expand = append(n.out.Expand, Expansion{n.d.Activities[i].Name, items})
}

func (n *stepper) skip(i int, why string, as Status) {
	n.skips[i] = why
	n.acts[i] = standing{status: as}
	n.out.Skip = append(n.out.Skip, Skip{n.d.Activities[i].Name, why})
}

// skipUnable skips an activity whose inputs cannot be made. Other errors are those of reading.
func (n *stepper) skipUnable(i int, err error) error {
	why, ok := asUnable(err)
	if !ok {
		return err
	}
	n.skip(i, why, Failed)
	return nil
}

// begun reports whether anything of an activity was started: then it is not asked again whether it may.
func begun(rec *Activities) bool {
	for _, in := range rec.Instances {
		if in.Status != Waiting {
			return true
		}
	}
	return false
}

// count finds the status from the instances, and which of them can be started.
func (s *standing) count(rec *Activities, retry int) {
	active := false
	ended := Succeeded
	for k := range s.n {
		in := Instance{}
		if k < len(rec.Instances) {
			in = rec.Instances[k]
		}
		switch {
		case in.Status == Active:
			active = true
		case in.Status == Waiting, in.retries(retry):
			s.ready = append(s.ready, k)
		case ended == Succeeded:
			ended = in.Status
		}
	}
	switch {
	case active || len(s.ready) > 0:
		s.status = Active
	default:
		s.status = ended
	}
}

// retries reports whether an instance is tried again.
func (in *Instance) retries(retry int) bool {
	return (in.Status == Failed || in.Status == TimedOut) && max(in.Try, 1) <= retry
}

// start fills the Decision with jobs. again: an activity turned out to be one that cannot run, so all is to be looked at
// anew.
func (n *stepper) start(room int) (again bool, err error) {
	n.out.Start, n.fresh = nil, 0
	for i := range n.acts {
		s := &n.acts[i]
		if len(s.ready) == 0 || len(n.out.Start) >= room {
			continue
		}
		if len(n.out.Start) > 0 && n.held+n.fresh > maxHeld {
			break
		}
		in, err := n.inputs(i)
		if err == nil {
			err = in.check(s.items)
		}
		if err != nil {
			if err := n.skipUnable(i, err); err != nil {
				return false, err
			}
			return true, nil
		}
		for _, k := range s.ready {
			if len(n.out.Start) >= room || len(n.out.Start) > 0 && n.fresh > maxHeld {
				break
			}
			n.out.Start = append(n.out.Start, n.job(i, k, in))
		}
	}
	return false, nil
}

// maxHeld bounds the memory that the inputs of one Decision take: beyond it the rest is left for the next one.
const maxHeld = 64 << 20

func (n *stepper) job(i, k int, in *inputs) Start {
	a, try := &n.d.Activities[i], 1
	if rec := n.recorded(i); k < len(rec.Instances) && rec.Instances[k].Status != Waiting {
		try = max(rec.Instances[k].Try, 1) + 1
	}
	st := Start{Activity: a.Name, Index: k, Fanned: a.Fanned(), Try: try}
	st.Inputs, st.Refs = in.of(k, n.acts[i].items)
	n.fresh += in.fresh(st.Inputs)
	st.Key = key(n.plan.acts[i].bytes, k, st.Inputs)
	return st
}

// finish ends the run where nothing is left.
func (n *stepper) finish() {
	for i := range n.acts {
		if !n.acts[i].ended() || n.isActive(i) {
			return
		}
	}
	n.out.Done, n.out.Status = true, Succeeded
	first, more := -1, 0
	for i := range n.acts {
		if st := n.acts[i].status; st == Succeeded || st == Skipped || n.handled(i) {
			continue
		}
		if more++; first < 0 {
			first = i
		}
	}
	if first < 0 {
		return
	}
	n.out.Status, n.out.Error = n.acts[first].status, n.failure(first)
	if more > 1 {
		n.out.Error += fmt.Sprintf("; and %s more", count(more-1, "activity"))
	}
}

// isActive reports whether a job of an activity is still on its way, whatever was decided of it.
func (n *stepper) isActive(i int) bool {
	for _, in := range n.recorded(i).Instances {
		if in.Status == Active {
			return true
		}
	}
	return false
}

// handled reports whether another activity asked for the failure of i, and succeeded.
func (n *stepper) handled(i int) bool {
	name := n.d.Activities[i].Name
	for j := range n.d.Activities {
		if n.acts[j].status != Succeeded {
			continue
		}
		for _, c := range n.d.Activities[j].When {
			if c.Of == name && c.asksFailure() {
				return true
			}
		}
	}
	return false
}

// failure says what failed first in an activity.
func (n *stepper) failure(i int) string {
	a, rec := &n.d.Activities[i], n.recorded(i)
	if why := cmp.Or(rec.Skipped, n.skips[i]); why != "" {
		return a.Name + " " + why
	}
	for k, in := range rec.Instances {
		if in.Status == Succeeded || in.Status == Waiting {
			continue
		}
		text := Label(a.Name, k, a.Fanned()) + " " + in.Status.said()
		if in.Try > 1 {
			text += fmt.Sprintf(" at try %d", in.Try)
		}
		return text
	}
	return a.Name + " " + n.acts[i].status.said()
}

// said is what became of an activity, as one says it of it.
func (s Status) said() string {
	switch s {
	case Succeeded:
		return "succeeded"
	case Failed:
		return "failed"
	case TimedOut:
		return "timed out"
	case Killed:
		return "was killed"
	case Skipped:
		return "was skipped"
	}
	return "goes on"
}
