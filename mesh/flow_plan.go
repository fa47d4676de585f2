package mesh

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"

	"voxmesh/hopper"
	"voxmesh/mesh/clean"
	"voxmesh/mesh/privacy"
	"voxmesh/mesh/workflow"
	"voxmesh/oplog"
)

// Bounds on what a workflow run has at once. What is over the first ones comes later; a run that grows over the last ones
// fails.
const (
	maxFlowOpen   = 256      // jobs that have not ended
	maxFlowStarts = 64       // jobs of one commit
	maxFlowJobs   = 20_000   // jobs ever
	maxFlowArgs   = 64 << 20 // bytes of the arguments of all its jobs: they are in the log and in memory, unlike inputs
)

// flowPlan is what is to be recorded of a run next, as it was decided from one state. All blobs that it names are stored.
type flowPlan struct {
	run    string
	seen   uint64 // the state's mark of the run: see State.flows
	expand []*ActivityExpanded
	skip   []*ActivitySkipped
	start  []*JobSubmitted
	finish *WorkflowFinished
	waits  bool // some activities wait for a model
}

// planFlow decides what is next in an open run. Its errors may pass; what does not is the end of the run in the plan.
func (h *Host) planFlow(s *State, r *Run) (*flowPlan, error) {
	p := &flowPlan{run: r.ID}
	p.seen, _ = s.flows.Get(r.ID)
	err := h.decideFlow(s, r, p)
	if err != nil && lasting(err) {
		p.expand, p.skip, p.start = nil, nil, nil
		p.end(Failed, clean.Max(err.Error(), maxErrorText).String())
		return p, nil
	}
	return p, err
}

func (p *flowPlan) end(status JobState, why string) {
	p.finish = &WorkflowFinished{Run: p.run, Status: status, Error: why}
}

func (h *Host) decideFlow(s *State, r *Run, p *flowPlan) error {
	d, err := h.flows.definition(r.Flow.Definition)
	if err != nil {
		return err
	}
	progress, open, err := h.flows.flowProgress(s, r, d)
	if err != nil {
		return err
	}
	next, err := d.Next(progress, max(min(maxFlowStarts, maxFlowOpen-open), 0))
	if err == nil {
		err = h.record(s, r, d, p, &next)
	}
	if err == nil && p.waits && len(p.start) == 0 { // what waits for a model keeps nothing else from starting
		if next, err = d.Next(progress, maxFlowJobs); err == nil {
			p.expand, p.skip = nil, nil
			err = h.record(s, r, d, p, &next)
		}
	}
	if err != nil || p.finish != nil {
		return err
	}
	if next.Done {
		p.end(runStatus(next.Status), clean.Max(next.Error, maxErrorText).String())
	}
	return nil
}

// record takes a decision over into the plan.
func (h *Host) record(s *State, r *Run, d *workflow.Definition, p *flowPlan, next *workflow.Decision) error {
	for _, e := range next.Expand {
		if err := h.expandFlow(p, e); err != nil {
			return err
		}
	}
	for _, k := range next.Skip {
		p.unable(k.Activity, k.Why)
	}
	if err := h.startFlows(s, r, d, p, next.Start); err != nil {
		return err
	}
	if len(r.Jobs)+len(p.start) > maxFlowJobs {
		p.end(Failed, fmt.Sprintf("it grew over %d jobs", maxFlowJobs))
	} else if argsOf(s, r, p) > maxFlowArgs {
		p.end(Failed, fmt.Sprintf("the arguments of its jobs grew over %d bytes: hand large outputs on as stdin", maxFlowArgs))
	}
	if p.finish != nil {
		p.expand, p.skip, p.start = nil, nil, nil
	}
	return nil
}

// argsOf is how many bytes of arguments the jobs of a run have, with those that are to be started.
func argsOf(s *State, r *Run, p *flowPlan) (bytes int) {
	add := func(args []string) {
		for _, a := range args {
			bytes += len(a)
		}
	}
	for _, id := range r.Jobs {
		if j, ok := s.Job(id); ok {
			add(j.Args)
		}
	}
	for _, rec := range p.start {
		add(rec.Args)
	}
	return bytes
}

// unable skips an activity once. The reason may have words of an activity's output in it.
func (p *flowPlan) unable(activity, why string) {
	if !slices.ContainsFunc(p.skip, func(k *ActivitySkipped) bool { return k.Activity == activity }) {
		p.skip = append(p.skip, &ActivitySkipped{Run: p.run, Activity: activity, Why: clean.Max(why, maxErrorText).String()})
	}
}

func (h *Host) expandFlow(p *flowPlan, e workflow.Expansion) error {
	items := e.Items
	if items == nil {
		items = []string{}
	}
	b, err := json.Marshal(items)
	if err != nil {
		return err
	}
	hash, _, err := h.blobs.Put(bytes.NewReader(b), maxFlowList)
	if err != nil {
		return err
	}
	p.expand = append(p.expand, &ActivityExpanded{Run: p.run, Activity: e.Activity, Items: hash, Count: uint32(len(items))})
	return nil
}

func (h *Host) startFlows(s *State, r *Run, d *workflow.Definition, p *flowPlan, starts []workflow.Start) error {
	for i := range starts {
		if len(p.start) == maxFlowStarts {
			break
		}
		if err := h.startFlow(s, r, d, p, &starts[i]); err != nil {
			return err
		}
	}
	return nil
}

// startFlow makes the job of a start. An activity that cannot be one, as things are for good, is skipped as unable.
func (h *Host) startFlow(s *State, r *Run, d *workflow.Definition, p *flowPlan, st *workflow.Start) error {
	a, ok := d.Activity(st.Activity)
	if !ok {
		return nil
	}
	rec := flowJob(a, d.ClassOf(a))
	if rec.Model == "" && asksModel(rec.Runner) && s.DefaultModel() == "" {
		p.waits = true
		return nil
	}
	rec.Run, rec.Item, rec.Submitter = r.ID, r.Item, r.Flow.Submitter
	if rec.On == "" {
		rec.On = r.Flow.On
	}
	rec.Args = st.Inputs.Args
	rec.Title = clean.Max(workflow.Label(a.Name, st.Index, st.Fanned), 60).String()
	rec.Activity, rec.Index, rec.Fanned, rec.Try = a.Name, uint32(st.Index), st.Fanned, uint32(st.Try)
	rec.Key, rec.Refs = st.Key, st.Refs
	var err error
	if st.Inputs.Stdin != nil {
		if rec.Stdin, _, err = h.blobs.Put(bytes.NewReader(st.Inputs.Stdin), MaxBlob); err != nil {
			return err
		}
	}
	if asksModel(rec.Runner) {
		if rec.Prompt, _, err = h.blobs.Put(bytes.NewReader([]byte(st.Inputs.Prompt)), MaxBlob); err != nil {
			return err
		}
	}
	if rec.Module != "" && !h.blobs.Has(rec.Module) {
		p.unable(a.Name, cannot+"its module is no longer stored here")
		return nil
	}
	p.start = append(p.start, rec)
	return nil
}

// cannot begins the reason for skipping an activity that should have run: the planner counts it as failed.
const cannot = "cannot run: "

// flowDrafts gives the ops of a plan that next still allows: an instance has one job for each try, lists and skips are fixed
// once, a run ends once. What it leaves out is planned anew.
func (h *Host) flowDrafts(next *State, p *flowPlan) []oplog.Draft {
	r, ok := next.Run(p.run)
	if !ok || r.Flow == nil || r.Flow.Ended != 0 {
		return nil
	}
	var out []oplog.Draft
	add := func(kind string, rec record) {
		out = append(out, draft(kind, "host", r.Trace, rec, flowIndex(r)...))
	}
	fixed, skipped, started := flowDone(next, r)
	for _, e := range p.expand {
		if !fixed[e.Activity] && !skipped[e.Activity] {
			add(KindActivityExpanded, e)
		}
	}
	for _, k := range p.skip {
		if !skipped[k.Activity] {
			skipped[k.Activity] = true
			add(KindActivitySkipped, k)
		}
	}
	jobs := uint64(0)
	for _, start := range p.start {
		rec := *start
		if skipped[rec.Activity] || started[instanceKey{rec.Activity, rec.Index}] >= rec.Try {
			continue
		}
		if rec.Model == "" && asksModel(rec.Runner) {
			if rec.Model = next.DefaultModel(); rec.Model == "" {
				continue
			}
		}
		var err error
		if rec.On, err = next.resolveNode(rec.On); err != nil {
			skipped[rec.Activity] = true
			add(KindActivitySkipped, &ActivitySkipped{Run: r.ID, Activity: rec.Activity, Why: cannot + notThere(err)})
			continue
		}
		rec.Job = shortID("j-", next.Submitted+jobs)
		jobs++
		rec.rank(next, r)
		out = append(out, draft(KindJobSubmitted, "host", r.Trace, &rec, submitIndex(&rec, r.Trace)...))
	}
	if seen, _ := next.flows.Get(r.ID); p.finish != nil && seen == p.seen {
		out = append(out, h.endFlow(next, r, p.finish)...)
	}
	return out
}

func notThere(err error) string { return clean.Max(err.Error(), maxErrorText-len(cannot)).String() }

// flowDone gives what is recorded of a run: lists that are fixed, activities that are skipped, and the latest try of each
// instance.
func flowDone(s *State, r *Run) (fixed, skipped map[string]bool, started map[instanceKey]uint32) {
	fixed, skipped, started = map[string]bool{}, map[string]bool{}, map[instanceKey]uint32{}
	for i := range r.Flow.Steps {
		switch st := &r.Flow.Steps[i]; {
		case st.Skipped != "":
			skipped[st.Activity] = true
		case st.Items != "":
			fixed[st.Activity] = true
		case st.Reused != "":
			started[instanceKey{st.Activity, st.Index}] = max(st.Try, 1)
		}
	}
	for _, id := range r.Jobs {
		if j, ok := s.Job(id); ok {
			k := instanceKey{j.Activity, j.Index}
			started[k] = max(started[k], j.Try)
			if !j.State.Ended() {
				started[k] = 1 << 31 // nothing is tried again while it goes on
			}
		}
	}
	return fixed, skipped, started
}

// rank gives a job the rank of its item, or of its run where that has none.
func (r *JobSubmitted) rank(s *State, run *Run) {
	r.Priority, r.Source = run.Flow.Priority, uint8(hopper.Orchestrator)
	if it, ok := s.hopper.Item(run.Item); ok && run.Item != "" {
		r.Priority, r.Source, r.Order = uint8(it.Value), uint8(it.Source), it.Order
	}
}

// endFlow gives the ops that end a run: its jobs that still go on are killed.
func (h *Host) endFlow(s *State, r *Run, rec *WorkflowFinished) []oplog.Draft {
	var out []oplog.Draft
	x := newSteps(s)
	for _, id := range r.Jobs {
		if j, ok := s.Job(id); ok && !j.State.Ended() {
			end := &JobFinished{
				Job: j.Job, Attempt: j.Attempt, Status: Killed, ExitCode: -1, Code: "vox/workflow/ended",
				Error: clean.Max("its workflow ended: "+rec.Error, maxErrorText).String(),
			}
			h.chargeSoFar(s, j, end)
			out = append(out, x.finish("host", j, end))
		}
	}
	end := *rec
	end.Item = r.Item
	return append(out, draft(KindWorkflowFinished, "host", r.Trace, &end, flowIndex(r)...))
}

// flowIndex names the ops of a workflow run.
func flowIndex(r *Run) []string {
	if r.Item == "" {
		return []string{runIndex(r.ID)}
	}
	return []string{runIndex(r.ID), itemIndex(r.Item)}
}

// flowJob is what of an activity is the same for every job of it.
func flowJob(a *workflow.Activity, class privacy.Class) *JobSubmitted {
	rec := &JobSubmitted{
		Kind: a.Kind, Runner: a.Runner, Module: a.Module, Command: a.Command, Model: a.Model, Class: class, NSFW: a.NSFW,
		TimeoutMS: a.Timeout.Milliseconds(), On: a.On, Scope: a.Scope,
	}
	if rec.Kind == "" {
		rec.Kind = ownKind(rec.Runner)
	}
	return rec
}

// label names the instance that a job of a workflow is of: "split", "render[1]".
func (r *JobSubmitted) label() string { return workflow.Label(r.Activity, int(r.Index), r.Fanned) }
