package mesh

import "voxmesh/mesh/workflow"

// flowEvents are the events of the ops of workflow runs, all of topic workflow. What becomes of an activity without a job
// has the name of the events of jobs, with the run and the activity in place of a job.
var flowEvents = map[string]func(*Event, []byte){
	KindWorkflowStarted: as(func(e *Event, r *WorkflowStarted) {
		e.flowEvent("vox.workflow.started", r.Run, map[string]any{
			"workflow": r.Name, "activities": r.Activities, "privacy_class": r.Class, "item_id": r.Item, "replay_of": r.ReplayOf, "from": r.From,
		})
	}),
	KindActivityExpanded: as(func(e *Event, r *ActivityExpanded) {
		e.flowEvent("vox.workflow.activity", r.Run, map[string]any{"activity": r.Activity, "status": "expanded", "count": r.Count})
	}),
	KindActivitySkipped: as(func(e *Event, r *ActivitySkipped) {
		e.flowEvent("vox.workflow.activity", r.Run, map[string]any{"activity": r.Activity, "status": "skipped", "reason": r.Why})
	}),
	KindActivityReused: as(func(e *Event, r *ActivityReused) {
		e.flowEvent("vox.workflow.activity", r.Run, map[string]any{
			"activity": r.label(), "status": "reused", "job_id": r.Job, "node_id": r.Node, "privacy_class": r.Class,
		})
	}),
	KindWorkflowFinished: as(func(e *Event, r *WorkflowFinished) {
		data := map[string]any{"status": r.Status.String(), "error": r.Error}
		if r.AuditID != "" {
			data["signed_audit_id"] = r.AuditID
		}
		e.flowEvent("vox.workflow.finished", r.Run, data)
	}),
}

func (e *Event) flowEvent(name, run string, data map[string]any) {
	e.Topic, e.Event = TopicWorkflow, name
	data["run_id"] = run
	e.Data = data
}

// flowMoments are the moments of the ops of workflow runs.
var flowMoments = map[string]func(*Moment, []byte){
	KindWorkflowStarted: of(func(m *Moment, r *WorkflowStarted) {
		m.Run, m.Item, m.Status, m.Detail, m.AuditID, m.Class, m.HasClass = r.Run, r.Item, "started", r.Name, r.AuditID, r.Class, true
		if r.ReplayOf != "" {
			m.Detail = joined(m.Detail, "replay of "+r.ReplayOf)
		}
	}),
	KindActivityExpanded: of(func(m *Moment, r *ActivityExpanded) {
		m.Run, m.Status, m.Detail = r.Run, "expanded", joined(r.Activity, itoa(uint64(r.Count))+" elements")
	}),
	KindActivitySkipped: of(func(m *Moment, r *ActivitySkipped) {
		m.Run, m.Status, m.Detail = r.Run, "skipped", joined(r.Activity, r.Why)
	}),
	KindActivityReused: of(func(m *Moment, r *ActivityReused) {
		m.Run, m.Node, m.Status, m.Class, m.HasClass = r.Run, r.Node, "reused", r.Class, true
		m.Detail = joined(r.label(), "the result of "+r.Job)
	}),
	KindWorkflowFinished: of(func(m *Moment, r *WorkflowFinished) {
		m.Run, m.Item, m.Status, m.Detail, m.AuditID = r.Run, r.Item, r.Status.String(), r.Error, r.AuditID
	}),
}

func (r *ActivityReused) label() string { return workflow.Label(r.Activity, int(r.Index), r.Fanned) }
