package mesh

import (
	"cmp"
	"slices"

	"voxmesh/mesh/privacy"
	"voxmesh/mesh/workflow"
)

// strand is what is recorded of one activity of a workflow.
type strand struct {
	name     string
	def      *workflow.Activity // nil: the definition is not at hand
	seen     int64              // when something of it was first recorded
	skipped  *FlowStep
	expanded *FlowStep
	fanned   bool
	count    int               // instances that are known of
	tries    map[uint32][]*Job // by index, in the order of submission
	reused   map[uint32]*FlowStep
}

// strands sorts what is recorded by activity: in the order of the file, or, without it, in that of first appearance.
func strands(r *Run, jobs []*Job, d *workflow.Definition) []*strand {
	var all []*strand
	known := map[string]*strand{}
	of := func(name string, at int64) *strand {
		s := known[name]
		if s == nil {
			s = &strand{name: name, seen: at, tries: map[uint32][]*Job{}, reused: map[uint32]*FlowStep{}}
			known[name] = s
			all = append(all, s)
		}
		s.seen = min(s.seen, at)
		return s
	}
	if d != nil {
		for i := range d.Activities {
			a := &d.Activities[i]
			s := of(a.Name, 0)
			s.def, s.fanned = a, len(a.Each) > 0 || a.EachOf != ""
		}
	}
	for i := range r.Flow.Steps {
		step := &r.Flow.Steps[i]
		s := of(step.Activity, step.At)
		switch {
		case step.Skipped != "":
			s.skipped = step
		case step.Reused != "":
			s.reused[step.Index] = step
			s.fanned = s.fanned || step.Fanned
			s.count = max(s.count, int(step.Index)+1)
		case step.Items != "":
			s.expanded, s.fanned, s.count = step, true, max(s.count, int(min(step.Count, workflow.MaxFanOut)))
		}
	}
	for _, j := range jobs {
		s := of(j.Activity, j.SubmittedAt)
		s.tries[j.Index] = append(s.tries[j.Index], j)
		s.fanned = s.fanned || j.Fanned
		s.count = max(s.count, int(j.Index)+1)
	}
	for _, s := range all {
		s.count = min(s.count, workflow.MaxFanOut)
	}
	slices.SortStableFunc(all, func(a, b *strand) int { return cmp.Compare(a.seen, b.seen) })
	return all
}

// activities gives the spans of a workflow's activities, one for each instance, and how many instances are known of.
func (f *forest) activities(r *Run, parent string, jobs []*Job, d *workflow.Definition) ([]SpanView, int) {
	out := make([]SpanView, 0, len(jobs))
	known := strands(r, jobs, d)
	for _, s := range known {
		if s.count == 0 {
			step := s.skipped
			if step == nil && s.expanded != nil {
				step = &FlowStep{At: s.expanded.At, Skipped: "its list is empty"}
			}
			out = append(out, f.still(r, parent, s, 0, step))
			continue
		}
		for i := range uint32(s.count) {
			if tries := s.tries[i]; len(tries) > 0 {
				out = append(out, f.instance(r, parent, s, i, tries))
			} else if step := s.reused[i]; step != nil {
				out = append(out, f.still(r, parent, s, i, step))
			} else {
				out = append(out, f.still(r, parent, s, i, s.skipped))
			}
		}
	}
	waitFor(out, known, d)
	return out, max(len(out), int(r.Flow.Activities))
}

// label names an instance.
func (s *strand) label(i uint32) string { return label(s.name, i, s.fanned && s.count > 0) }

func label(activity string, i uint32, fanned bool) string {
	if fanned {
		return activity + "[" + itoa(uint64(i)) + "]"
	}
	return activity
}

// instance is an activity, or one of its fan-out, that has jobs: one for each try. Attempts are counted through.
func (f *forest) instance(r *Run, parent string, s *strand, i uint32, tries []*Job) SpanView {
	label, last := s.label(i), tries[len(tries)-1]
	v := f.activity(r, parent, SpanID(r.ID, "activity", label), last)
	v.SpanName, v.Start = label, tries[0].SubmittedAt
	v.DurationMS = max(orNow(v.End, f.now)-v.Start, 0) / 1000
	v.Attributes[AttrActivity] = label
	v.CostUSD = 0
	n, before := 0, uint32(0)
	for _, j := range tries {
		n += len(j.Attempts)
	}
	v.Children = make([]SpanView, 0, n)
	for _, j := range tries {
		v.CostUSD += usd(j.Cost)
		for k := range j.Attempts {
			v.Children = append(v.Children, f.attempt(j, v.SpanID, label, &j.Attempts[k], before+j.Attempts[k].N))
		}
		before += j.Attempt
	}
	return v
}

// still is an activity without a job: it waits, was skipped, or an earlier run's result stands for it.
func (f *forest) still(r *Run, parent string, s *strand, i uint32, step *FlowStep) SpanView {
	label := s.label(i)
	v := SpanView{
		SpanID: SpanID(r.ID, "activity", label), ParentID: parent, SpanKind: SpanActivity, SpanName: label, PrivacyClass: r.Class,
		Attributes: map[string]string{AttrTrace: r.Trace, AttrRun: r.ID, AttrActivity: label}, Children: []SpanView{},
	}
	if s.def != nil && s.def.Class != privacy.Unknown {
		v.PrivacyClass = s.def.Class
	}
	switch {
	case step == nil && r.Flow.Ended == 0:
		v.Status, v.Start = ActivityWaiting, max(f.now, r.At)
	case step == nil:
		v.Status, v.Start, v.Waits = ActivitySkippedAs, r.Flow.Ended, "the run ended"
		v.End = v.Start
	case step.Skipped != "":
		v.Status, v.Start, v.End, v.Waits = ActivitySkippedAs, step.At, step.At, step.Skipped
	default:
		v.Status, v.Start, v.End, v.NodeID, v.JobID, v.PrivacyClass = ActivityReusedFrom, step.At, step.At, step.Node, step.Reused, step.Class
		v.Attributes[AttrJob] = step.Reused
	}
	v.Attributes[AttrClass] = v.PrivacyClass.String()
	return v
}

// waitFor says of each activity that waits which one it waits for: the first of those it needs that has not ended.
func waitFor(spans []SpanView, known []*strand, d *workflow.Definition) {
	if d == nil {
		return
	}
	open := map[string]string{} // activity → label of its first instance that goes on
	at := 0
	for _, s := range known {
		for range max(s.count, 1) {
			v := &spans[at]
			if _, ok := open[s.name]; !ok && v.End == 0 {
				open[s.name] = v.SpanName
			}
			at++
		}
	}
	at = 0
	for _, s := range known {
		for range max(s.count, 1) {
			v := &spans[at]
			at++
			if v.Status != ActivityWaiting {
				continue
			}
			for _, need := range d.NeedsOf(s.name) {
				if label, ok := open[need]; ok {
					v.Waits = label
					break
				}
			}
		}
	}
}
