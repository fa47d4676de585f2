package hopper

import (
	"fmt"
	"slices"

	"voxmesh/audit"
)

// The codes of this package. They are part of the command line's contract: they may be added, never changed.
const (
	CodeCapabilityRequired = audit.CodeCapabilityRequired // a rank that only a DeveloperOverride changes
	CodeUnknown            = "vox/hopper/unknown"         // no such item
	CodeClosed             = "vox/hopper/closed"          // the item is over
	CodeBatch              = "vox/hopper/batch"           // items that can't be made one batch
)

// Error is a failure for people: a stable code, a sentence, and what to do now. It has the shape of a mesh fault.
type Error struct {
	Code string
	Text string
	Hint string
}

func (e *Error) Error() string { return e.Text }

// ErrorCode is the stable code.
func (e *Error) ErrorCode() string { return e.Code }

// ErrorHint is what to do now, or empty.
func (e *Error) ErrorHint() string { return e.Hint }

func capabilityRequired(now, to Rank) error {
	e := &Error{
		Code: CodeCapabilityRequired,
		Text: fmt.Sprintf("%s was set by the %s, and the %s may not change it", now.Value, now.Source, to.Source),
		Hint: "voxmesh hopper reprioritize ID PRIORITY --confirm ID --reason TEXT",
	}
	if to.Source == 0 {
		e.Text = fmt.Sprintf("%s was set by the %s, and may be changed by nobody in particular", now.Value, now.Source)
	}
	return e
}

// CanGroup says why items cannot be made one batch, or nil. Codes: vox/hopper/unknown, vox/hopper/closed,
// vox/hopper/batch (fewer than two, one twice, one that a node has, one that is in a batch),
// vox/hopper/capability-required (one that a developer put where it is would go behind others).
func (b *Board) CanGroup(ids []string) error {
	seen := make(map[string]bool, len(ids))
	for _, id := range ids {
		it, ok := b.items.Get(id)
		e := &Error{Code: CodeBatch, Hint: "voxmesh hopper inbox lists what can be in a batch"}
		switch {
		case !ok:
			e.Code, e.Text = CodeUnknown, fmt.Sprintf("the hopper has no item %q", id)
		case it.State == Closed:
			e.Code, e.Text = CodeClosed, id+" is "+it.Outcome.String()
		case !it.waits():
			e.Text = fmt.Sprintf("%s is %s: only what waits in the inbox can be in a batch", id, it.State)
		case it.Batch != "":
			e.Text = id + " is in the batch " + it.Batch
		case seen[id]:
			e.Text = id + " is named twice"
		default:
			seen[id] = true
			continue
		}
		return e
	}
	if len(seen) < 2 {
		return &Error{Code: CodeBatch, Text: "a batch is made of two items or more", Hint: "voxmesh hopper batch ID ID"}
	}
	return b.keepsOverrides(ids)
}

// keepsOverrides says of a batch that it would move what a developer put where it is: items go to the place of the last of
// them, and what was set with a capability is changed by nothing less.
func (b *Board) keepsOverrides(ids []string) error {
	members := make([]*Item, len(ids))
	for i, id := range ids {
		members[i], _ = b.items.Get(id)
	}
	slices.SortFunc(members, byKey)
	last := b.rank(indexKey(members[len(members)-1]))
	for i, it := range members {
		if behind := len(members) - 1 - i; len(it.Overrides) > 0 && last-b.rank(indexKey(it)) > behind {
			return &Error{
				Code: CodeCapabilityRequired, Text: it.ID + " stands where a developer put it, and a batch would move it behind others",
				Hint: "put the others beside it first: voxmesh hopper reprioritize ID --place N --confirm ID --reason TEXT",
			}
		}
	}
	return nil
}
