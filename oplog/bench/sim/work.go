package sim

import (
	"voxmesh/hopper"
	"voxmesh/mesh"
	"voxmesh/mesh/privacy"
)

// story is work on its way: an item of the hopper that becomes one job, or a workflow of several jobs one after another.
type story struct {
	item, run, trace, text string
	flow, batched          bool
	parts                  []part // jobs that are still to come, of a workflow
	at                     stage
	said                   bool // a model said what it would make of it

	job, node string
	attempt   uint32
	first     bool // the job in hand is the first of a workflow
}

// part is one job of a workflow.
type part struct {
	activity string
	index    uint32
	fanned   bool
}

type stage uint8

const (
	inbox   stage = iota // without a run
	between              // of a workflow: its next job is not submitted
	queued
	leased
	running
)

// submit takes work in: most of it is one job that came with all it needs; some is an intent that has to be triaged first,
// and some a workflow.
func (s *sim) submit() {
	st := &story{
		item: name("h-", &s.number.item), trace: s.hex(16), text: s.texts[s.rng.IntN(len(s.texts))], at: queued,
	}
	kind := s.rng.IntN(100)
	rec := &mesh.ItemAdmitted{
		Item: st.item, Intent: st.text, Class: privacy.PairedPeersOnly, Priority: uint8(hopper.Normal),
		Source: uint8(hopper.Orchestrator), Classified: uint8(hopper.Normal), Confidence: 72, Kind: "cpu",
	}
	if kind < 15 {
		st.at, rec.Prompt, rec.Session = inbox, s.hex(32), "s-"+s.hex(2)
	} else {
		st.run = name("r-", &s.number.run)
		rec.Run = st.run
	}
	s.say(mesh.KindItemAdmitted, "cli:ada", st.trace, mesh.Encode(rec), "item:"+st.item)
	switch {
	case kind < 15:
	case kind < 20:
		s.flow(st)
	default:
		s.jobOf(st, "cli:ada", part{})
	}
	s.audit("submit", st.item)
	s.open = append(s.open, st)
}

// flow starts a workflow: four activities, of which one in every third run is done for each of a list, one is skipped and
// one was done before.
func (s *sim) flow(st *story) {
	st.flow, st.at, st.first = true, between, true
	s.say(mesh.KindWorkflowStarted, "cli:ada", st.trace, mesh.Encode(&mesh.WorkflowStarted{
		Run: st.run, Item: st.item, Name: "nightly-render", Definition: s.hex(32), Class: privacy.PairedPeersOnly, Priority: uint8(hopper.Normal),
		Submitter: "ada", Activities: 4, Names: []string{"split", "render", "caption", "publish"},
	}), "run:"+st.run, "item:"+st.item)
	index := []string{"run:" + st.run, "item:" + st.item}
	if !s.chance(3) {
		st.parts = []part{{activity: "split"}, {activity: "render"}, {activity: "caption"}, {activity: "publish"}}
		return
	}
	s.say(mesh.KindActivityReused, "host", st.trace, mesh.Encode(&mesh.ActivityReused{
		Run: st.run, Activity: "split", Job: "j-0badcafe", Node: s.nodes[s.pick()], Class: privacy.PairedPeersOnly, Output: s.hex(32), Size: 4096,
	}), index...)
	s.say(mesh.KindActivityExpanded, "host", st.trace, mesh.Encode(&mesh.ActivityExpanded{
		Run: st.run, Activity: "render", Items: s.hex(32), Count: 3,
	}), index...)
	s.say(mesh.KindActivitySkipped, "host", st.trace, mesh.Encode(&mesh.ActivitySkipped{Run: st.run, Activity: "caption", Why: "there is nothing to caption"}), index...)
	for i := range uint32(3) {
		st.parts = append(st.parts, part{activity: "render", index: i, fanned: true})
	}
	st.parts = append(st.parts, part{activity: "publish"})
}

// jobOf submits a job of a story.
func (s *sim) jobOf(st *story, actor string, p part) {
	st.job, st.at, st.attempt = name("j-", &s.number.job), queued, 0
	rec := &mesh.JobSubmitted{
		Job: st.job, Run: st.run, Kind: "cpu", Runner: "wasm", Module: s.modules[s.rng.IntN(len(s.modules))], Class: privacy.PairedPeersOnly, Priority: uint8(hopper.Normal),
		TimeoutMS: 600_000, Submitter: "ada", Title: st.text[:min(len(st.text), 40)], Item: st.item, Source: uint8(hopper.Orchestrator),
	}
	if st.flow {
		rec.Title = p.activity
		rec.Activity, rec.Index, rec.Fanned, rec.Try, rec.Key = p.activity, p.index, p.fanned, 1, s.hex(32)
	}
	s.say(mesh.KindJobSubmitted, actor, st.trace, mesh.Encode(rec), "job:"+st.job, "run:"+st.run, "item:"+st.item)
}

// advance takes one story a step further, and closes it at its end.
func (s *sim) advance(i int) {
	st := s.open[i]
	switch st.at {
	case inbox:
		if !s.triage(st) {
			return
		}
		if st.at == inbox { // it was cancelled
			s.forget(i)
		}
	case between:
		p := st.parts[0]
		st.parts = st.parts[1:]
		s.jobOf(st, "host", p)
	case queued:
		st.node, st.at, st.attempt = s.nodes[s.pick()], leased, st.attempt+1
		s.busy[st.node]++
		s.say(mesh.KindJobLeased, "host", st.trace, mesh.Encode(&mesh.JobLeased{Job: st.job, Node: st.node, Attempt: st.attempt, Item: st.stepOf()}), st.index()...)
	case leased:
		if s.chance(60) {
			s.requeue(st, mesh.CauseRefused, "slot: busy")
			return
		}
		st.at = running
		s.say(mesh.KindJobStarted, "node:"+st.node, st.trace, mesh.Encode(&mesh.JobStarted{Job: st.job, Attempt: st.attempt, Item: st.stepOf()}), st.index()...)
	default:
		if s.chance(40) {
			s.requeue(st, mesh.CauseYield, "asked to make room")
			return
		}
		s.finish(st)
		if st.first = false; len(st.parts) > 0 {
			st.at = between
			return
		}
		if st.flow {
			s.say(mesh.KindWorkflowFinished, "host", st.trace, mesh.Encode(&mesh.WorkflowFinished{Run: st.run, Item: st.item, Status: mesh.Succeeded}), "run:"+st.run, "item:"+st.item)
		}
		s.forget(i)
	}
}

// stepOf is the item that an op of the job in hand is a step of: the whole of a single job, of a workflow its beginning.
func (st *story) stepOf() string {
	if st.flow && !st.first {
		return ""
	}
	return st.item
}

// index are the names of an op of the job in hand.
func (st *story) index() []string {
	if item := st.stepOf(); item != "" {
		return []string{"job:" + st.job, "item:" + item}
	}
	return []string{"job:" + st.job}
}

func (s *sim) forget(i int) {
	s.open[i] = s.open[len(s.open)-1]
	s.open = s.open[:len(s.open)-1]
}

// triage makes an intent a run, after a model was asked, or cancels it. It says whether that is settled.
func (s *sim) triage(st *story) bool {
	if !st.said && s.chance(3) {
		st.said = true
		s.say(mesh.KindItemSuggested, "host", st.trace, mesh.Encode(&mesh.ItemSuggested{
			Item: st.item, Priority: uint8(hopper.Background), Model: s.models[0].Name, Job: "j-0badcafe",
		}), "item:"+st.item)
		return false
	}
	if s.chance(12) {
		audit := s.audit("kill", st.item)
		s.say(mesh.KindItemClosed, "cli:ada", st.trace, mesh.Encode(&mesh.ItemClosed{
			Item: st.item, Outcome: uint8(hopper.Cancelled), Why: "not needed any more", AuditID: audit,
		}), "item:"+st.item)
		return true
	}
	st.run = name("r-", &s.number.run)
	s.say(mesh.KindItemTriaged, "host", st.trace, mesh.Encode(&mesh.ItemTriaged{Item: st.item, Run: st.run}), "item:"+st.item)
	s.jobOf(st, "cli:ada", part{})
	return true
}

// requeue is a lease that ends without a result.
func (s *sim) requeue(st *story, cause mesh.Cause, why string) {
	s.busy[st.node]--
	st.at = queued
	s.say(mesh.KindJobRequeued, "host", st.trace, mesh.Encode(&mesh.JobRequeued{
		Job: st.job, Attempt: st.attempt, Cause: cause, Reason: why, Item: st.stepOf(),
	}), st.index()...)
}

func (s *sim) finish(st *story) {
	s.busy[st.node]--
	took := int64(1000 + s.rng.IntN(200_000))
	end := s.now.UnixMicro()
	rec := &mesh.JobFinished{
		Job: st.job, Attempt: st.attempt, Status: mesh.Succeeded, Output: s.hex(32), OutputSize: int64(s.rng.IntN(1 << 20)), Tokens: int64(s.rng.IntN(900)),
		CostMicros: int64(s.rng.IntN(40_000)), DurationMS: took, Skew: int64(s.rng.IntN(5000)), SkewKnown: true,
	}
	index := []string{"job:" + st.job}
	if !st.flow {
		rec.Item, index = st.item, append(index, "item:"+st.item)
	}
	if s.chance(25) {
		rec.Status, rec.ExitCode, rec.Code, rec.Error, rec.Output = mesh.Failed, 1, "vox/run/exit-code", "the program ended with 1", ""
	}
	parent := s.hex(8)
	for _, phase := range []string{"admit", "fetch", "run"} {
		rec.Phases = append(rec.Phases, mesh.SpanRecord{ID: s.hex(8), Parent: parent, Name: phase, Start: end - took*1000, End: end - int64(s.rng.IntN(900))})
	}
	s.say(mesh.KindJobFinished, "node:"+st.node, st.trace, mesh.Encode(rec), index...)
}
