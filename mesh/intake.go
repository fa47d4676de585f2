package mesh

import (
	"context"

	"voxmesh/audit"
	"voxmesh/hopper"
	"voxmesh/mesh/privacy"
)

// Intent is what somebody wants done, in words.
type Intent struct {
	Text    string
	Session string        // where it was said: an editor, a chat; or empty
	Class   privacy.Class // Unknown: paired-peers-only
	// Priority is what the person says it is; 0: the classifier decides.
	Priority hopper.Priority
	On       string // a node's id or label, or empty
}

// SubmitIntent takes an intent in. It is durable, classified and signed when this returns: a text job for the default
// model, or, while the mesh has no model, an item of the inbox. Codes: vox/hopper/intent-empty, vox/hopper/intent-too-long,
// vox/node/unknown.
func (h *Host) SubmitIntent(ctx context.Context, actor string, in Intent) (ItemView, error) {
	return ItemView{}, nil
}

// Reprioritize changes the priority of an item, or, with place over 0, its place in the inbox (from 1; the priority follows
// its new neighbours where p is 0). The signed entry is in the same commit. What it means at each state: an item of the
// inbox is queued anew; an assigned one is recalled unless it started; one that runs is asked to yield where its priority
// falls; a closed one is refused. Codes: vox/hopper/capability-required, vox/hopper/unknown, vox/hopper/closed,
// vox/act/nothing-to-do.
func (h *Host) Reprioritize(ctx context.Context, g *audit.DeveloperOverride, item string, p hopper.Priority, place int) (ItemView, error) {
	return ItemView{}, nil
}

// Batched is a batch that was made.
type Batched struct {
	BatchID   string     `json:"batch_id"`
	AuditID   string     `json:"audit_id"`
	Signature string     `json:"signature"`
	Items     []ItemView `json:"items"`
}

// Batch makes several items of the inbox start as one, and be cancelled as one: kill takes its id. They go to the place of
// the last of them, so nobody is overtaken and no capability is needed. Codes: vox/hopper/unknown, vox/hopper/closed,
// vox/hopper/batch.
func (h *Host) Batch(ctx context.Context, actor string, items []string) (Batched, error) {
	return Batched{}, nil
}

// Suggest asks a model of the mesh what it would make of an item. The answer is noted in the trail and decides nothing.
// Codes: vox/hopper/unknown, vox/hopper/closed, vox/model/none.
func (h *Host) Suggest(ctx context.Context, actor, item, model string) (Ticket, error) {
	return Ticket{}, nil
}
