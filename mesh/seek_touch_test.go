package mesh_test

import (
	"slices"
	"time"

	"voxmesh/hopper"
	"voxmesh/mesh"
	"voxmesh/oplog"
)

// Which entities an op touches: the index of versions has to know it from outside of the reducer.

// oldest knows what leaves the state because of its age: it ended in this order.
type oldest struct {
	jobs, runs, items []aged
	invites           []string
}

type aged struct {
	at int64
	id string
}

// touched names every entity that op may have changed, and some that it has not.
func (o *oldest) touched(op oplog.Op, before, s *mesh.State) []entity {
	t := touch{op: op, before: before, s: s, out: []entity{{mvccScalars, ""}}}
	t.byKind(o)
	limit := op.At - int64(mesh.KeepEnded/time.Microsecond)
	for ; len(o.jobs) > 0 && o.jobs[0].at <= limit; o.jobs = o.jobs[1:] {
		t.job(o.jobs[0].id)
	}
	for ; len(o.runs) > 0 && o.runs[0].at <= limit; o.runs = o.runs[1:] {
		t.run(o.runs[0].id)
	}
	for ; len(o.items) > 0 && o.items[0].at <= limit; o.items = o.items[1:] {
		t.add(mvccItems, o.items[0].id)
	}
	o.invites = slices.DeleteFunc(o.invites, func(id string) bool {
		_, ok := s.Invite(id)
		t.add(mvccInvites, id)
		return !ok
	})
	return t.out
}

type touch struct {
	op        oplog.Op
	before, s *mesh.State
	out       []entity
}

func (t *touch) add(kind byte, id string) {
	if id != "" {
		t.out = append(t.out, entity{kind, id})
	}
}

// job is a job with its node, before and after, and its run.
func (t *touch) job(id string) {
	t.add(mvccJobs, id)
	for _, s := range []*mesh.State{t.before, t.s} {
		if j, ok := s.Job(id); ok {
			t.add(mvccNodes, j.Node)
			t.add(mvccRuns, j.Run)
		}
	}
}

// run is a run with all its jobs.
func (t *touch) run(id string) {
	t.add(mvccRuns, id)
	if r, ok := t.before.Run(id); ok {
		for _, j := range r.Jobs {
			t.add(mvccJobs, j)
		}
	}
}

// item is an item with its run, and lessons that it may have taught.
func (t *touch) item(id string) {
	t.add(mvccItems, id)
	if it, ok := t.s.Hopper().Item(id); ok && it.Run != "" {
		t.run(it.Run)
	}
}

func body[T any](op oplog.Op) *T {
	r := new(T)
	if err := mesh.DecodeRow(op.Body, r); err != nil {
		panic(err)
	}
	return r
}

func (t *touch) byKind(o *oldest) {
	op := t.op
	switch op.Kind {
	case mesh.KindHostStarted:
		t.add(mvccNodes, body[mesh.HostStarted](op).Mesh)
	case mesh.KindInviteMinted:
		o.invites = append(o.invites, body[mesh.InviteMinted](op).PeerID)
	case mesh.KindNodeAdmitted:
		t.add(mvccNodes, body[mesh.NodeAdmitted](op).Node)
	case mesh.KindNodeDescribed:
		t.add(mvccNodes, body[mesh.NodeDescribed](op).Node)
	case mesh.KindNodeStatus:
		t.add(mvccNodes, body[mesh.NodeStatusChanged](op).Node)
	case mesh.KindNodeMode:
		t.add(mvccNodes, body[mesh.NodeModeChanged](op).Node)
	case mesh.KindNodeLocked:
		t.add(mvccNodes, body[mesh.NodeLocked](op).Node)
	case mesh.KindNodeGone:
		t.add(mvccNodes, body[mesh.NodeGone](op).Node)
		t.add(mvccGone, body[mesh.NodeGone](op).Node)
	case mesh.KindCapSet:
		t.add(mvccNodes, body[mesh.CapSet](op).Node)
	case mesh.KindAccessAdded:
		t.add(mvccAccess, body[mesh.AccessAdded](op).Fingerprint)
	case mesh.KindAccessRemoved:
		t.add(mvccAccess, body[mesh.AccessRemoved](op).Fingerprint)
	case mesh.KindAuditEntry:
		t.add(mvccNodes, body[mesh.AuditRecorded](op).Target)
	case mesh.KindJobSubmitted:
		t.job(body[mesh.JobSubmitted](op).Job)
	case mesh.KindJobLeased:
		r := body[mesh.JobLeased](op)
		t.job(r.Job)
		t.add(mvccItems, r.Item)
	case mesh.KindJobStarted:
		r := body[mesh.JobStarted](op)
		t.job(r.Job)
		t.add(mvccItems, r.Item)
	case mesh.KindJobRequeued:
		r := body[mesh.JobRequeued](op)
		t.job(r.Job)
		t.add(mvccItems, r.Item)
	case mesh.KindJobFinished:
		r := body[mesh.JobFinished](op)
		t.job(r.Job)
		o.jobs = append(o.jobs, aged{op.At, r.Job})
		o.closed(t, r.Item)
	default:
		t.byItem(o)
	}
}

func (t *touch) byItem(o *oldest) {
	op := t.op
	switch op.Kind {
	case mesh.KindItemAdmitted:
		t.item(body[mesh.ItemAdmitted](op).Item)
	case mesh.KindItemTriaged:
		t.item(body[mesh.ItemTriaged](op).Item)
	case mesh.KindItemSuggested:
		t.item(body[mesh.ItemSuggested](op).Item)
	case mesh.KindItemOverridden:
		t.item(body[mesh.ItemOverridden](op).Item)
		t.out = append(t.out, entity{mvccLessons, ""})
	case mesh.KindItemsBatched:
		for _, id := range body[mesh.ItemsBatched](op).Items {
			t.item(id)
		}
	case mesh.KindItemClosed:
		o.closed(t, body[mesh.ItemClosed](op).Item)
	case mesh.KindWorkflowStarted:
		t.run(body[mesh.WorkflowStarted](op).Run)
	case mesh.KindActivityExpanded:
		t.run(body[mesh.ActivityExpanded](op).Run)
	case mesh.KindActivitySkipped:
		t.run(body[mesh.ActivitySkipped](op).Run)
	case mesh.KindActivityReused:
		t.run(body[mesh.ActivityReused](op).Run)
	case mesh.KindWorkflowFinished:
		r := body[mesh.WorkflowFinished](op)
		t.run(r.Run)
		o.runs = append(o.runs, aged{op.At, r.Run})
		o.closed(t, r.Item)
	}
}

// closed notes an item that ended by this op.
func (o *oldest) closed(t *touch, id string) {
	t.add(mvccItems, id)
	if it, ok := t.s.Hopper().Item(id); ok && it.State == hopper.Closed {
		o.items = append(o.items, aged{t.op.At, id})
	}
}
