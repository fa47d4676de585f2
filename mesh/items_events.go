package mesh

import (
	"voxmesh/hopper"
	"voxmesh/oplog"
)

// EventsOf gives all the events that an op stands for, in their order: EventOf's, and where the op is a step of a hopper
// item too, that step's, of topic hopper. All carry the op's seq.
func EventsOf(op oplog.Op) []Event {
	out := []Event{EventOf(op)}
	if f := stepEvents[op.Kind]; f != nil {
		step := Event{V: 1, Topic: TopicHopper, Seq: op.Seq, TraceID: op.Trace, TsMicros: op.At, Actor: op.Actor}
		if f(&step, op.Body); step.Event != "" {
			out = append(out, step)
		}
	}
	return out
}

// hopperEvent makes the event one of an item's life.
func (e *Event) hopperEvent(name, item string, data map[string]any) {
	e.Topic, e.Event = TopicHopper, name
	if item != "" {
		data["item_id"] = item
	}
	e.Data = data
}

// stepEvents are the second events of an op. An event without a name is none.
var stepEvents = map[string]func(*Event, []byte){
	KindItemAdmitted: as(func(e *Event, r *ItemAdmitted) {
		if r.Run != "" {
			e.hopperEvent("HopperItemTriaged", r.Item, map[string]any{"run_id": r.Run, "state": hopper.Triaged.String()})
		}
	}),
	KindItemOverridden: as(func(e *Event, r *ItemOverridden) {
		if r.From != r.To {
			e.hopperEvent("TaskReprioritized", r.Item, map[string]any{
				"original_priority": rank(r.From, 0).Value.String(), "developer_priority": rank(r.To, 0).Value.String(),
				"signed_audit_id": r.AuditID, "actor": e.Actor,
			})
		}
	}),
	KindJobLeased: as(func(e *Event, r *JobLeased) {
		if r.Item != "" {
			e.hopperEvent("HopperItemAssigned", r.Item, map[string]any{"job_id": r.Job, "node_id": r.Node, "state": hopper.Assigned.String()})
		}
	}),
	KindJobStarted: as(func(e *Event, r *JobStarted) {
		if r.Item != "" {
			e.hopperEvent("HopperItemStarted", r.Item, map[string]any{"job_id": r.Job, "state": hopper.Started.String()})
		}
	}),
	KindJobRequeued: as(func(e *Event, r *JobRequeued) {
		if r.Item != "" {
			e.hopperEvent("HopperItemReturned", r.Item, map[string]any{
				"job_id": r.Job, "cause": r.Cause, "reason": r.Reason, "state": hopper.Triaged.String(),
			})
		}
	}),
	KindJobFinished: as(func(e *Event, r *JobFinished) {
		if r.Item != "" {
			e.closedEvent(r.Item, r.Status.outcome(), r.Error, r.AuditID)
		}
	}),
	KindWorkflowFinished: as(func(e *Event, r *WorkflowFinished) {
		if r.Item != "" {
			e.closedEvent(r.Item, r.Status.outcome(), r.Error, r.AuditID)
		}
	}),
}

func (e *Event) closedEvent(item string, o hopper.Outcome, why, auditID string) {
	data := map[string]any{"state": hopper.Closed.String(), "outcome": o.String(), "why": why}
	if auditID != "" {
		data["signed_audit_id"] = auditID
	}
	e.hopperEvent("HopperItemClosed", item, data)
}

// itemEvents are the first events of the hopper's own ops.
var itemEvents = map[string]func(*Event, []byte){
	KindItemAdmitted: as(func(e *Event, r *ItemAdmitted) {
		state := hopper.Inbox
		if r.Run != "" {
			state = hopper.Triaged
		}
		e.hopperEvent("HopperItemAdmitted", r.Item, map[string]any{
			"intent": r.Intent, "session": r.Session, "state": state.String(), "privacy_class": r.Class,
			"priority": rank(r.Priority, 0).Value.String(), "priority_source": rank(0, r.Source).Source.String(),
			"classified_priority": rank(r.Classified, 0).Value.String(), "confidence": float64(min(r.Confidence, 100)) / 100,
			"classified_affinity": AffinityView{r.Kind, append([]string{}, r.Models...), append([]string{}, r.Nodes...)},
			"signed_audit_id":     r.AuditID,
		})
	}),
	KindItemTriaged: as(func(e *Event, r *ItemTriaged) {
		e.hopperEvent("HopperItemTriaged", r.Item, map[string]any{"run_id": r.Run, "state": hopper.Triaged.String()})
	}),
	KindItemOverridden: as(func(e *Event, r *ItemOverridden) {
		e.hopperEvent("HopperItemOverridden", r.Item, map[string]any{
			"original_priority": rank(r.From, 0).Value.String(), "developer_priority": rank(r.To, 0).Value.String(), "place": r.Place,
			"actor": e.Actor, "reason": r.Reason, "signed_audit_id": r.AuditID, "capability": CapabilityOverride, "asked_to_yield": r.Yield,
		})
	}),
	KindItemsBatched: as(func(e *Event, r *ItemsBatched) {
		e.hopperEvent("HopperItemsBatched", "", map[string]any{
			"batch_id": r.Batch, "items": append([]string{}, r.Items...), "actor": e.Actor, "signed_audit_id": r.AuditID,
		})
	}),
	KindItemClosed: as(func(e *Event, r *ItemClosed) {
		e.closedEvent(r.Item, hopper.Outcome(r.Outcome), r.Why, r.AuditID)
	}),
	KindItemSuggested: as(func(e *Event, r *ItemSuggested) {
		e.hopperEvent("HopperItemSuggested", r.Item, map[string]any{"priority": suggested(r), "model": r.Model, "job_id": r.Job})
	}),
}
