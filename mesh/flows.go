package mesh

import (
	"bytes"
	"context"
	"slices"

	"voxmesh/hopper"
	"voxmesh/mesh/clean"
	"voxmesh/mesh/fault"
	"voxmesh/mesh/workflow"
	"voxmesh/oplog"
)

// FlowRequest asks for a run of a workflow.
type FlowRequest struct {
	Definition *workflow.Definition // its modules are blobs of this host
	On         string               // a node's id or label for all of it that names none itself, or empty
	Priority   hopper.Priority      // 0: the definition's own
	Session    string
}

// RunWorkflow takes a workflow in through the hopper. It is durable when this returns, and goes on whoever is killed. The
// ticket has no job: those come as the run goes on. Codes: vox/workflow/invalid, vox/node/unknown, vox/node/ambiguous,
// vox/blob/missing.
func (h *Host) RunWorkflow(ctx context.Context, actor string, req FlowRequest) (Ticket, error) {
	d, hash, err := h.fixFlow(req.Definition)
	if err != nil {
		return Ticket{}, err
	}
	item, err := flowItem(d, req)
	if err != nil {
		return Ticket{}, err
	}
	trace, t := newTrace(), Ticket{}
	err = h.commit(ctx, func(next *State) ([]oplog.Draft, error) {
		if err := next.resolveFlow(d); err != nil {
			return nil, err
		}
		on, err := next.resolveNode(req.On)
		if err != nil {
			return nil, err
		}
		w := &act{actor: actor}
		item.Run = next.nextRun()
		if item.Nodes = nil; on != "" {
			item.Nodes = []string{on}
		}
		first, last := h.admit(next, w, trace, item)
		rec := &WorkflowStarted{
			Run: item.Run, Item: item.Item, Name: d.Name, Definition: hash, Class: item.Class, Priority: item.Priority, On: on,
			Submitter: next.Operator, AuditID: w.id, Activities: uint32(len(d.Activities)), Names: activityNames(d),
		}
		t = Ticket{ItemID: rec.Item, RunID: rec.Run, TraceID: trace}
		return []oplog.Draft{first, w.draft(KindWorkflowStarted, trace, rec, startIndex(rec, trace)...), last}, nil
	})
	if err != nil {
		return Ticket{}, err
	}
	return t, nil
}

// fixFlow checks a definition as one of a stranger's, looks that its modules are here, and stores it.
func (h *Host) fixFlow(d *workflow.Definition) (*workflow.Definition, string, error) {
	if d == nil {
		return nil, "", fault.New("vox/workflow/invalid", "there is no workflow")
	}
	b := d.Encode()
	d, err := workflow.Decode(b)
	if err != nil {
		return nil, "", err
	}
	for i := range d.Activities {
		a := &d.Activities[i]
		rec := flowJob(a, d.ClassOf(a))
		if _, err := rec.fit(a.Command); err != nil {
			return nil, "", fault.New("vox/workflow/invalid", "activity %s", printable(a.Name)).Wrap(err)
		}
		if rec.Module != "" && !h.blobs.Has(rec.Module) {
			return nil, "", fault.New("vox/blob/missing", "the module of activity %s is not stored here", printable(a.Name)).
				WithHint("name its file instead: it is stored when the workflow runs")
		}
	}
	hash, _, err := h.blobs.Put(bytes.NewReader(b), maxFlowDefinition)
	return d, hash, err
}

// flowItem is the item of a workflow. Its priority is what the person says now, or else what the file says.
func flowItem(d *workflow.Definition, req FlowRequest) (*ItemAdmitted, error) {
	own, err := hopper.ParsePriority(d.Priority)
	if err != nil {
		return nil, fault.New("vox/workflow/invalid", "the priority of %s", printable(d.Name)).Wrap(err)
	}
	it := &ItemAdmitted{
		Intent: clean.Max("workflow "+d.Name, hopper.MaxIntent).String(), Session: clean.Max(req.Session, 60).String(),
		Class: d.Widest(), Priority: uint8(own), Source: uint8(hopper.Orchestrator), Classified: uint8(own), Confidence: 100,
	}
	if req.Priority != 0 {
		if req.Priority > hopper.Urgent {
			return nil, badJob("there is no priority %d", req.Priority)
		}
		it.Priority, it.Source = uint8(req.Priority), uint8(hopper.Developer)
	}
	for i := range d.Activities {
		if m := d.Activities[i].Model; m != "" && !slices.Contains(it.Models, m) {
			it.Models = append(it.Models, m)
		}
	}
	return it, nil
}

// resolveFlow looks that every node which an activity asks for is in the mesh.
func (s *State) resolveFlow(d *workflow.Definition) error {
	for i := range d.Activities {
		a := &d.Activities[i]
		if _, err := s.resolveNode(a.On); err != nil {
			code, hint := fault.Of(err)
			return fault.New(code, "activity %s", printable(a.Name)).WithHint("%s", hint).Wrap(err)
		}
	}
	return nil
}

func activityNames(d *workflow.Definition) []string {
	out := make([]string, len(d.Activities))
	for i := range d.Activities {
		out[i] = d.Activities[i].Name
	}
	return out
}
