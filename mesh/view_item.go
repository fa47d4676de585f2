package mesh

import (
	"time"

	"voxmesh/hopper"
	"voxmesh/mesh/privacy"
)

// ItemView is one item of the hopper.
type ItemView struct {
	ItemID             string         `json:"item_id"`
	Intent             string         `json:"intent"`
	Session            string         `json:"session,omitempty"`
	State              string         `json:"state"`   // inbox, triaged, assigned, started, closed
	Outcome            string         `json:"outcome"` // done, failed, cancelled; empty while it is open
	Priority           string         `json:"priority"`
	PriorityValue      uint8          `json:"priority_value"`
	PrioritySource     string         `json:"priority_source"` // developer, orchestrator, learning-policy
	ClassifiedPriority string         `json:"classified_priority"`
	ClassifiedAffinity AffinityView   `json:"classified_affinity"`
	Confidence         float64        `json:"confidence"` // 0 to 1
	PrivacyClass       privacy.Class  `json:"privacy_class"`
	Place              int            `json:"place,omitempty"` // in the inbox, from 1
	WaitsFor           string         `json:"waits_for,omitempty"`
	Why                string         `json:"why,omitempty"` // it waits, in a sentence; or how it ended
	Batch              string         `json:"batch_id,omitempty"`
	RunID              string         `json:"run_id,omitempty"`
	JobID              string         `json:"job_id,omitempty"` // where the run is one job
	TraceID            string         `json:"trace_id,omitempty"`
	NodeID             string         `json:"node_id,omitempty"`
	Attempts           uint32         `json:"attempts"`
	Actor              string         `json:"actor"`
	SubmittedAt        int64          `json:"submitted_at_micros"`
	Since              int64          `json:"since_micros"`          // of its state
	DurationMS         int64          `json:"duration_ms,omitempty"` // of a closed one: of its work
	Overrides          []OverrideView `json:"overrides"`
	Trail              []ItemStepView `json:"trail"`
	AuditID            string         `json:"audit_id,omitempty"` // of the act that this answers
	Signature          string         `json:"signature,omitempty"`
}

// AffinityView is what an item wants.
type AffinityView struct {
	Kind   string   `json:"kind,omitempty"`
	Models []string `json:"models"`
	Nodes  []string `json:"nodes"`
}

// OverrideView is one override of an item.
type OverrideView struct {
	At               int64  `json:"ts_micros"`
	OriginalPriority string `json:"original_priority"`
	Priority         string `json:"developer_priority"`
	Place            int    `json:"place,omitempty"`
	Actor            string `json:"actor"`
	Reason           string `json:"reason"`
	AuditID          string `json:"audit_id"`
	Capability       string `json:"capability"` // DeveloperOverride
}

// ItemStepView is one line of an item's trail.
type ItemStepView struct {
	At      int64  `json:"ts_micros"`
	Step    string `json:"step"`
	Actor   string `json:"actor,omitempty"`
	Detail  string `json:"detail,omitempty"`
	AuditID string `json:"audit_id,omitempty"`
}

// ItemView gives one item. tel may be nil.
func (s *State) ItemView(it *hopper.Item, tel *Telemetry, now time.Time) ItemView {
	return s.ItemViews([]*hopper.Item{it}, tel, now)[0]
}

// ItemViews gives items of the state as a list shows them. tel may be nil.
func (s *State) ItemViews(items []*hopper.Item, tel *Telemetry, now time.Time) []ItemView {
	return s.Waiting(tel, now).Views(items)
}

// Views gives items as State.ItemViews does. Whoever shows windows of one long list keeps the Waiting.
func (w *Waiting) Views(items []*hopper.Item) []ItemView {
	place := w.s.hopper.Place
	if len(items) > fewPlaces {
		places := w.s.hopper.Places()
		place = func(id string) int { return places[id] }
	}
	out := make([]ItemView, len(items))
	for i, it := range items {
		out[i] = w.s.itemView(it, w)
		out[i].Place = place(it.ID)
	}
	return out
}

// fewPlaces is up to how many items are looked up one by one: more are found faster by walking the inbox.
const fewPlaces = 64

func (s *State) itemView(it *hopper.Item, w *Waiting) ItemView {
	v := ItemView{
		ItemID: it.ID, Intent: it.Intent, Session: it.Session, State: it.State.String(), Outcome: it.Outcome.String(),
		Priority: it.Value.String(), PriorityValue: uint8(it.Value), PrioritySource: it.Source.String(),
		ClassifiedPriority: it.Classified.String(), Confidence: float64(it.Confidence) / 100, PrivacyClass: it.Class,
		ClassifiedAffinity: AffinityView{it.Kind, append([]string{}, it.Models...), append([]string{}, it.Nodes...)},
		Batch:              it.Batch, RunID: it.Run, NodeID: it.Node, Actor: it.Actor, SubmittedAt: it.At, Since: it.Since,
		Overrides: []OverrideView{}, Trail: []ItemStepView{}, Why: it.Why,
	}
	if it.Classified == 0 {
		v.ClassifiedPriority = ""
	}
	s.work(it, &v)
	if it.State != hopper.Closed {
		v.WaitsFor, v.Why = w.For(it), w.why(it)
	}
	for _, o := range it.Overrides {
		v.Overrides = append(v.Overrides, OverrideView{
			o.At, o.From.String(), o.To.String(), o.Place, o.Actor, o.Reason, o.AuditID, CapabilityOverride,
		})
	}
	for _, t := range it.Trail {
		v.Trail = append(v.Trail, ItemStepView{t.At, t.Name, t.Actor, t.Detail, t.AuditID})
	}
	return v
}

// work fills in what the run of an item says.
func (s *State) work(it *hopper.Item, v *ItemView) {
	run, ok := s.Run(it.Run)
	if !ok {
		return
	}
	v.TraceID = run.Trace
	began := int64(0)
	for _, j := range s.jobsOf(run) {
		v.Attempts = max(v.Attempts, j.Attempt)
		if len(j.Attempts) > 0 && (began == 0 || j.Attempts[0].LeasedAt < began) {
			began = j.Attempts[0].LeasedAt
		}
		if run.Flow == nil {
			v.JobID, v.DurationMS = j.Job, j.DurationMS
		}
	}
	if run.Flow != nil && it.State == hopper.Closed && began > 0 {
		v.DurationMS = max(it.Since-began, 0) / 1000
	}
}

// CapabilityOverride is the name of what a person needs to change an item's priority or place.
const CapabilityOverride = "DeveloperOverride"

// Waiting says of each item of an inbox what it waits for. It looks at each kind of work once, so that ten thousand items
// cost little more than one. It is for one goroutine, and for as long as the state is shown.
type Waiting struct {
	s      *State
	waits  *Waits
	models map[string]bool // node that an intent is for, or empty → there is a model for it
}

// Waiting prepares the answers for the inbox of s. tel may be nil.
func (s *State) Waiting(tel *Telemetry, now time.Time) *Waiting {
	return &Waiting{s: s, waits: s.Waits(tel, now), models: map[string]bool{}}
}

// For is what an item waits for, as Waits.For has it, of a closed list; empty: nothing, or it does not wait. An intent
// that no job has yet waits for a model. Of a workflow, its first job that waits speaks.
func (w *Waiting) For(it *hopper.Item) string {
	switch it.State {
	case hopper.Inbox:
		if _, ok := w.model(it); !ok {
			return "needs model"
		}
	case hopper.Triaged:
		w.waits.walk()
		if at := w.waits.items[it.ID]; at != nil {
			return at.word()
		}
		if w.flowNeedsModel(it) {
			return "needs model"
		}
	}
	return ""
}

// Reason is For in a sentence.
func (w *Waiting) Reason(it *hopper.Item) string {
	switch it.State {
	case hopper.Inbox:
		on, ok := w.model(it)
		switch {
		case ok:
		case on != "":
			return on + ": it has no model that fits"
		default:
			return "no online node has a model"
		}
	case hopper.Triaged:
		w.waits.walk()
		if at := w.waits.items[it.ID]; at != nil && at.word() != "" {
			return at.k.sentence()
		}
		if w.flowNeedsModel(it) {
			return "no online node has a model"
		}
	}
	return ""
}

// why is where an open item is, in a sentence.
func (w *Waiting) why(it *hopper.Item) string {
	switch {
	case it.State == hopper.Assigned:
		return "given to " + it.Node + ", not started yet"
	case it.State == hopper.Started && it.Yield:
		return "runs on " + it.Node + "; asked to yield: it goes on until other work wants its slot"
	case it.State == hopper.Started:
		return "runs on " + it.Node + " since " + clock(it.Since)
	}
	if why := w.Reason(it); why != "" {
		return why
	}
	return "next to start"
}

// model reports whether there is a model for an intent of the inbox; on is the one node that it is for, or empty.
func (w *Waiting) model(it *hopper.Item) (on string, ok bool) {
	if ok, known := w.models[it.On]; known {
		return it.On, ok
	}
	ok = w.s.intentModel(&ItemAdmitted{On: it.On}) != ""
	w.models[it.On] = ok
	return it.On, ok
}

// waitingJob is the job of an item that is next in the queue, or nil.
func (s *State) waitingJob(it *hopper.Item) *Job {
	run, ok := s.Run(it.Run)
	if !ok {
		return nil
	}
	for _, id := range run.Jobs {
		if j, ok := s.Job(id); ok && j.State == Queued {
			return j
		}
	}
	return nil
}

// Item gives an item, old ones too, from the log: those as they stood in the end. Codes: vox/hopper/unknown,
// vox/oplog/trimmed.
func (r *records) Item(id string) (ItemView, error) {
	s, err := r.lastItem(id)
	if err != nil {
		return ItemView{}, err
	}
	it, _ := s.hopper.Item(id)
	return s.ItemView(it, nil, r.now()), nil
}
