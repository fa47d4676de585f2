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
func (s *State) ItemView(it *hopper.Item, tel *Telemetry, now time.Time) ItemView { return ItemView{} }

// Waiting says of each item of an inbox what it waits for. It looks at each kind of work once, so that ten thousand items
// cost little more than one. It is for one goroutine, and for as long as the state is shown.
type Waiting struct {
	s     *State
	waits *Waits
}

// Waiting prepares the answers for the inbox of s. tel may be nil.
func (s *State) Waiting(tel *Telemetry, now time.Time) *Waiting {
	return &Waiting{s, s.Waits(tel, now)}
}

// For is what an item waits for, as Waits.For has it, of a closed list; empty: nothing, or it does not wait.
func (w *Waiting) For(it *hopper.Item) string { return "" }

// Reason is For in a sentence.
func (w *Waiting) Reason(it *hopper.Item) string { return "" }

// Item gives an item, old ones too, from the log. Code vox/hopper/unknown.
func (r *records) Item(id string) (ItemView, error) { return ItemView{}, nil }
