package tui

import (
	"context"

	"voxmesh/audit"
	"voxmesh/hopper"
	"voxmesh/mesh"
	"voxmesh/mesh/fault"
)

// What the console asks a host about items of the hopper.

func (h *host) Item(id string) (mesh.ItemView, error) {
	if it, ok := h.Snapshot().Hopper().Item(id); ok {
		return h.Snapshot().ItemView(it, h.tel, now), nil
	}
	return mesh.ItemView{}, fault.New("vox/hopper/unknown", "there is no item %s in the hopper", id)
}

func (h *host) SubmitIntent(_ context.Context, _ string, in mesh.Intent) (mesh.ItemView, error) {
	return mesh.ItemView{ItemID: "h-0001", Intent: in.Text, Priority: "normal", ClassifiedPriority: "normal", Confidence: 0.86}, h.refuse
}

func (h *host) Reprioritize(_ context.Context, g *audit.DeveloperOverride, item string, p hopper.Priority, place int) (mesh.ItemView, error) {
	if h.refuse != nil {
		return mesh.ItemView{}, h.refuse
	}
	if err := g.Grant().Spend(g.Actor(), mesh.ActReprioritize, item); err != nil {
		return mesh.ItemView{}, err
	}
	return mesh.ItemView{ItemID: item, Priority: p.String(), Place: max(place, 1), AuditID: "a-0001"}, nil
}

func (h *host) Batch(_ context.Context, _ string, items []string) (mesh.Batched, error) {
	return mesh.Batched{BatchID: "b-0001", AuditID: "a-0002"}, h.refuse
}
