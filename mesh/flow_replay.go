package mesh

import (
	"fmt"
	"strconv"
	"strings"

	"voxmesh/hopper"
	"voxmesh/mesh/clean"
	"voxmesh/mesh/fault"
	"voxmesh/mesh/workflow"
)

// flowReplay is a workflow run that is to run again, with what it takes over from the earlier one. All that was recorded
// of a run stays so: it can be decided before the commit.
type flowReplay struct {
	old    *Run
	def    *workflow.Definition
	from   string
	expand []*ActivityExpanded
	skip   []*ActivitySkipped
	reuse  []*ActivityReused
	again  int // activities that run again
}

// maxReused bounds how many results one replay takes over.
const maxReused = 5000

// readReplay finds out whether a replay is one of a workflow, and what it takes over of it as s has it; nil where it is not.
// It reads blobs, so it is done before the commit.
func (h *Host) readReplay(s *State, a Action) (*flowReplay, error) {
	r, from := s.flowOf(a.Target)
	if r == nil {
		jobs, _, err := s.targetJobs(a.Target)
		if a.From != "" {
			if err != nil {
				return nil, err
			}
			return nil, fault.New("vox/workflow/unknown-activity", "%s is no run of a workflow", printable(a.Target)).
				WithHint("voxmesh runs lists them; without --from the whole run is replayed")
		}
		return nil, h.inputsStored(jobs)
	}
	if a.From != "" {
		from = a.From
	}
	p := &flowReplay{old: r, from: from}
	var err error
	if p.def, err = h.flows.definition(r.Flow.Definition); err != nil {
		return nil, err
	}
	for i := range p.def.Activities {
		if act := &p.def.Activities[i]; act.Module != "" && !h.blobs.Has(act.Module) {
			return nil, fault.New("vox/blob/missing", "the module of activity %s is no longer stored here", printable(act.Name)).
				WithHint("run the workflow's file again: voxmesh workflow run FILE")
		}
	}
	if from == "" {
		p.again = len(p.def.Activities)
		return p, nil
	}
	return p, h.takeOver(s, p)
}

// inputsStored looks that what jobs were sent with is stored here still: blobs are kept by a budget, and ops for ever. Code
// vox/blob/missing.
func (h *Host) inputsStored(jobs []*Job) error {
	for _, j := range jobs {
		for what, hash := range map[string]string{"module": j.Module, "input": j.Stdin, "prompt": j.Prompt} {
			if hash != "" && !h.blobs.Has(hash) {
				return fault.New("vox/blob/missing", "the %s of %s is no longer stored here", what, j.Job).WithHint("send it again (see `voxmesh run --help`)")
			}
		}
	}
	return nil
}

// flowOf finds the workflow run that a target of a replay names: itself, as a hopper item, by one of its jobs, or as the
// latest of a node. With a job, the replay is from that instance on.
func (s *State) flowOf(target string) (r *Run, from string) {
	id := target
	if it, ok := s.hopper.Item(target); ok {
		id = it.Run
	} else if n, ok := s.Node(target); ok {
		id = n.Run
	} else if j, ok := s.Job(target); ok && j.ofFlow() {
		id, from = j.Run, workflow.Label(j.Activity, int(j.Index), j.Fanned)
	}
	if r, ok := s.Run(id); ok && r.Flow != nil {
		return r, from
	}
	return nil, ""
}

// parseFrom reads "render" or "render[1]"; index is -1 where none is named.
func parseFrom(from string) (activity string, index int, ok bool) {
	name, rest, fanned := strings.Cut(from, "[")
	if !fanned {
		return from, -1, true
	}
	digits, closed := strings.CutSuffix(rest, "]")
	n, err := strconv.ParseUint(digits, 10, 16)
	return name, int(n), closed && err == nil
}

func unknownActivity(p *flowReplay, format string, args ...any) error {
	return fault.New("vox/workflow/unknown-activity", "%s of %s has no activity %s: %s", p.old.Flow.Name, p.old.ID, printable(p.from), fmt.Sprintf(format, args...)).
		WithHint("voxmesh runs %s shows them", p.old.ID)
}

func notReusable(activity, format string, args ...any) error {
	return fault.New("vox/workflow/not-reusable", "%s: %s", printable(activity), fmt.Sprintf(format, args...)).
		WithHint("replay from %s on, or the whole run", printable(activity))
}

// taken is what became of an instance in the earlier run.
type taken struct {
	ended JobState // zero: it has no end
	reuse *ActivityReused
}

// takeOver decides what of the earlier run stands for the new one: every result of what is not downstream of the activity
// from which on it runs. What that one needs must have ended; what it does not need, and has no result, runs too.
func (h *Host) takeOver(s *State, p *flowReplay) error {
	name, index, ok := parseFrom(p.from)
	a, known := p.def.Activity(name)
	if !ok || !known {
		return unknownActivity(p, "a name, or a name with an index in brackets")
	}
	results, lists, skipped := h.results(s, p.old)
	if index >= 0 {
		if !a.Fanned() {
			return unknownActivity(p, "%s is no fan-out", name)
		}
		if e := lists[name]; e == nil || index >= int(e.Count) {
			return unknownActivity(p, "there is no such element")
		}
	}
	ran := len(results[name]) > 0
	needed := upstream(p.def, name)
	again := p.def.Downstream(name)
	for i := range p.def.Activities {
		act := p.def.Activities[i].Name
		if again[act] {
			continue
		}
		why := h.missing(p, act, results[act], lists[act], skipped[act])
		switch {
		case why != "" && needed[act], why == "" && needed[act] && !ran && !succeeded(results[act]):
			if why == "" {
				why = "it did not succeed"
			}
			return notReusable(act, "%s, and %s needs it", why, name)
		case why != "" || !succeeded(results[act]) && !needed[act]:
			for d := range p.def.Downstream(act) {
				again[d] = true
			}
		}
	}
	p.again = len(again)
	for i := range p.def.Activities {
		act := p.def.Activities[i].Name
		switch {
		case !again[act]:
			p.take(act, results[act], lists[act], skipped[act], func(uint32) bool { return true })
		case act == name && index >= 0:
			p.take(act, results[act], lists[act], "", func(k uint32) bool {
				return int(k) != index && results[act][k].ended == Succeeded && h.stored(results[act][k])
			})
		}
	}
	if len(p.reuse) > maxReused {
		return notReusable(name, "%d results are too many to be taken over, at most %d are", len(p.reuse), maxReused)
	}
	return nil
}

// take notes what of an activity is taken over.
func (p *flowReplay) take(act string, results map[uint32]taken, list *ActivityExpanded, skipped string, which func(uint32) bool) {
	if list != nil {
		p.expand = append(p.expand, list)
	}
	if skipped != "" {
		p.skip = append(p.skip, &ActivitySkipped{Activity: act, Why: skipped})
	}
	for k := range uint32(workflow.MaxFanOut) {
		if t, ok := results[k]; ok && which(k) {
			p.reuse = append(p.reuse, t.reuse)
		}
	}
}

// results gathers what is recorded of a run: by activity and index the end of the latest try, the lists, and the skips.
func (h *Host) results(s *State, r *Run) (map[string]map[uint32]taken, map[string]*ActivityExpanded, map[string]string) {
	all, lists, skipped := map[string]map[uint32]taken{}, map[string]*ActivityExpanded{}, map[string]string{}
	set := func(activity string, index uint32, t taken) {
		if all[activity] == nil {
			all[activity] = map[uint32]taken{}
		}
		all[activity][index] = t
	}
	for i := range r.Flow.Steps {
		switch st := &r.Flow.Steps[i]; {
		case st.Skipped != "":
			skipped[st.Activity] = st.Skipped
		case st.Items != "":
			lists[st.Activity] = &ActivityExpanded{Activity: st.Activity, Items: st.Items, Count: st.Count}
		case st.Reused != "":
			set(st.Activity, st.Index, taken{st.ended(), &ActivityReused{
				Activity: st.Activity, Index: st.Index, Fanned: st.Fanned, Job: st.Reused, Node: st.Node, Class: st.Class,
				Output: st.Output, Size: st.Size, Status: st.Status, Try: st.Try,
			}})
		}
	}
	for _, j := range s.jobsOf(r) {
		if old, ok := all[j.Activity][j.Index]; ok && old.reuse != nil && old.reuse.Try > j.Try {
			continue
		}
		t := taken{reuse: &ActivityReused{
			Activity: j.Activity, Index: j.Index, Fanned: j.Fanned, Job: j.Job, Node: j.Node, Class: j.Class, Output: j.Output,
			Size: j.OutputSize, Try: j.Try,
		}}
		if j.State.Ended() {
			t.ended = j.State
		}
		if j.State != Succeeded {
			t.reuse.Status = j.State
		}
		set(j.Activity, j.Index, t)
	}
	return all, lists, skipped
}

// missing says what is not there of an activity's results, or is empty.
func (h *Host) missing(p *flowReplay, act string, results map[uint32]taken, list *ActivityExpanded, skipped string) string {
	if skipped != "" {
		if workflow.Unable(skipped) {
			return "it could not run"
		}
		return ""
	}
	a, _ := p.def.Activity(act)
	n := uint32(1)
	if a.Fanned() {
		if list == nil {
			return "it never began"
		}
		n = list.Count
		if !h.blobs.Has(list.Items) {
			return "its list is no longer stored here"
		}
	}
	for k := range n {
		label := workflow.Label(act, int(k), a.Fanned())
		t, ok := results[k]
		switch {
		case !ok:
			return label + " never ran"
		case !t.ended.Ended():
			return label + " goes on"
		case t.ended == Succeeded && !h.stored(t):
			return "the output of " + label + " is no longer stored here"
		}
	}
	return ""
}

func (h *Host) stored(t taken) bool { return t.reuse.Output == "" || h.blobs.Has(t.reuse.Output) }

// succeeded reports whether all results are successes; of what was skipped there are none.
func succeeded(results map[uint32]taken) bool {
	for _, t := range results {
		if t.ended != Succeeded {
			return false
		}
	}
	return true
}

// prepareFlow starts a workflow run again.
func (w *act) prepareFlow(next *State, a Action) error {
	p := w.replay
	f := p.old.Flow
	if err := next.resolveFlow(p.def); err != nil {
		return err
	}
	on := f.On
	if a.On != "" {
		on = a.On
	}
	on, err := next.resolveNode(on)
	if err != nil {
		return err
	}
	w.begin(next, p.old.Class)
	run, trace := next.nextRun(), newTrace()
	it := &ItemAdmitted{
		Item: shortID("h-", next.Admitted), Run: run, AuditID: w.id, Intent: clean.Max("workflow "+f.Name, hopper.MaxIntent).String(),
		Class: p.old.Class, Priority: f.Priority, Source: uint8(hopper.Orchestrator), Classified: f.Priority, Confidence: 100,
	}
	if on != "" {
		it.Nodes = []string{on}
	}
	index := []string{runIndex(run), itemIndex(it.Item)}
	w.ops = append(w.ops, w.draft(KindItemAdmitted, trace, it, itemIndex(it.Item)),
		w.draft(KindWorkflowStarted, trace, &WorkflowStarted{
			Run: run, Item: it.Item, Name: f.Name, Definition: f.Definition, Class: p.old.Class, Priority: f.Priority, On: on,
			Submitter: next.Operator, ReplayOf: p.old.ID, From: p.from, AuditID: w.id, Activities: f.Activities, Names: f.Names,
		}, append(traceNames(trace), index...)...))
	for _, e := range p.expand {
		rec := *e
		rec.Run = run
		w.ops = append(w.ops, w.draft(KindActivityExpanded, trace, &rec, index...))
	}
	for _, k := range p.skip {
		rec := *k
		rec.Run = run
		w.ops = append(w.ops, w.draft(KindActivitySkipped, trace, &rec, index...))
	}
	for _, t := range p.reuse {
		rec := *t
		rec.Run = run
		w.ops = append(w.ops, w.draft(KindActivityReused, trace, &rec, index...))
	}
	w.detail = map[string]string{"replay_of": p.old.ID, "run": run}
	if p.from != "" {
		w.detail["from"] = p.from
	}
	w.result.ItemID, w.result.RunID, w.result.TraceID, w.result.Affected = it.Item, run, trace, p.again
	return nil
}

// upstream gives all that an activity waits for, directly or not.
func upstream(d *workflow.Definition, name string) map[string]bool {
	out := map[string]bool{}
	for todo := d.NeedsOf(name); len(todo) > 0; todo = todo[1:] {
		if !out[todo[0]] {
			out[todo[0]] = true
			todo = append(todo, d.NeedsOf(todo[0])...)
		}
	}
	return out
}
