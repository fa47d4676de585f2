package mesh

import (
	"context"
	"time"

	"voxmesh/hopper"
	"voxmesh/mesh/privacy"
	"voxmesh/mesh/workflow"
)

// FlowRequest asks for a run of a workflow.
type FlowRequest struct {
	Definition *workflow.Definition // its modules are blobs of this host
	On         string               // a node's id or label for all of it, or empty
	Priority   hopper.Priority      // 0: the definition's own
	Session    string
}

// RunWorkflow takes a workflow in through the hopper. It is durable when this returns, and goes on whoever is killed.
// Codes: vox/workflow/invalid, vox/node/unknown, vox/blob/missing.
func (h *Host) RunWorkflow(ctx context.Context, actor string, req FlowRequest) (Ticket, error) {
	return Ticket{}, nil
}

// FlowStepView is one activity of a preview, in the order in which they could run.
type FlowStepView struct {
	Activity     string        `json:"activity"`
	Runner       string        `json:"runner"`
	Kind         string        `json:"kind"`
	Model        string        `json:"model,omitempty"`
	PrivacyClass privacy.Class `json:"privacy_class"`
	Needs        []string      `json:"needs"`
	Stage        int           `json:"stage"` // from 1: activities of one stage could run side by side
	Count        int           `json:"count"` // of its fan-out; 1 for none, 0: only known once its list is
	Retry        int           `json:"retry,omitempty"`
	NodeID       string        `json:"node_id,omitempty"` // where it would go now
	Why          string        `json:"why"`               // there, or why it would wait
	WaitsFor     string        `json:"waits_for,omitempty"`
	CostUSD      float64       `json:"cost_usd_at_most"` // for one of it: to its timeout, or to an hour, at the node's prices
	CostKnown    bool          `json:"cost_known"`       // tokens cannot be known before
}

// PreviewWorkflow tells what a run would do, and changes nothing. tel may be nil.
func (s *State) PreviewWorkflow(d *workflow.Definition, on string, tel *Telemetry, now time.Time) ([]FlowStepView, error) {
	return nil, nil
}
