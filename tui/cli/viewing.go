package cli

import (
	"context"
	"io"

	"voxmesh/audit"
	"voxmesh/hopper"
	"voxmesh/mesh"
)

// viewing is a host for somebody who may look only: whatever a console of theirs asks for is refused here, not by what
// its screen shows.
type viewing struct{ *mesh.Host }

// MintInvite refuses.
func (viewing) MintInvite(context.Context, string, mesh.InviteRequest) (mesh.InviteInfo, error) {
	return mesh.InviteInfo{}, viewersLook()
}

// RevokeInvite refuses.
func (viewing) RevokeInvite(context.Context, string, string) error { return viewersLook() }

// Act refuses.
func (viewing) Act(context.Context, *audit.Grant, mesh.Action) (mesh.ActResult, error) {
	return mesh.ActResult{}, viewersLook()
}

// Resume refuses.
func (viewing) Resume(context.Context, string, string, string) (mesh.ActResult, error) {
	return mesh.ActResult{}, viewersLook()
}

// SetCap refuses.
func (viewing) SetCap(context.Context, string, string, *int64) error { return viewersLook() }

// PutBlob refuses.
func (viewing) PutBlob(io.Reader, int64) (string, int64, error) { return "", 0, viewersLook() }

// Submit refuses.
func (viewing) Submit(context.Context, string, mesh.JobRequest) (mesh.Ticket, error) {
	return mesh.Ticket{}, viewersLook()
}

// SubmitIntent refuses.
func (viewing) SubmitIntent(context.Context, string, mesh.Intent) (mesh.ItemView, error) {
	return mesh.ItemView{}, viewersLook()
}

// Reprioritize refuses.
func (viewing) Reprioritize(context.Context, *audit.DeveloperOverride, string, hopper.Priority, int) (mesh.ItemView, error) {
	return mesh.ItemView{}, viewersLook()
}

// Batch refuses.
func (viewing) Batch(context.Context, string, []string) (mesh.Batched, error) {
	return mesh.Batched{}, viewersLook()
}

// Suggest refuses.
func (viewing) Suggest(context.Context, string, string, string) (mesh.Ticket, error) {
	return mesh.Ticket{}, viewersLook()
}

// RunWorkflow refuses.
func (viewing) RunWorkflow(context.Context, string, mesh.FlowRequest) (mesh.Ticket, error) {
	return mesh.Ticket{}, viewersLook()
}

// AccessAdd refuses.
func (viewing) AccessAdd(context.Context, string, mesh.Access) error { return viewersLook() }

// AccessRemove refuses.
func (viewing) AccessRemove(context.Context, string, string) error { return viewersLook() }

// Close refuses: the host is not theirs to end.
func (viewing) Close(context.Context) error { return viewersLook() }

// SaveView refuses: where machines stand on the canvas is the operators'.
func (viewing) SaveView(string, []byte) error { return viewersLook() }
