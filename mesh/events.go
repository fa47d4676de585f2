package mesh

import (
	"context"
	"slices"
	"time"

	"voxmesh/oplog"
)

// Event is an op, or a tick, as the outside sees it. Seq is the op's, and 0 for a tick. An op's event is never
// dropped: a slow reader gets it later, from the log. Ticks (MeshNodeBudget) are dropped for a slow reader, and come
// at most once a second for a node.
type Event struct {
	V        int    `json:"v"`
	Topic    string `json:"topic"`
	Event    string `json:"event"`
	Seq      uint64 `json:"seq"`
	TraceID  string `json:"trace_id"`
	TsMicros int64  `json:"ts_micros"`
	Actor    string `json:"actor,omitempty"`
	Data     any    `json:"data"`
}

// The topics.
const (
	TopicMesh     = "mesh"
	TopicBudget   = "budget"
	TopicWorkflow = "workflow"
	TopicHopper   = "hopper"
	TopicAudit    = "audit"
)

// Topics are all topics, for help and completion.
func Topics() []string {
	return []string{TopicMesh, TopicBudget, TopicWorkflow, TopicHopper, TopicAudit}
}

// SubscribeOptions chooses events. Since > 0 begins with the ops after that seq, 0 with what comes next.
type SubscribeOptions struct {
	Topics []string // none: all
	Since  uint64
	Replay bool // begin with the first op there is
}

const (
	eventsPerRead = 256
	tickEvery     = time.Second
)

// Subscribe gives events in the order of the log until ctx ends or the host does; then the channel is closed.
func (h *Host) Subscribe(ctx context.Context, o SubscribeOptions) <-chan Event {
	out := make(chan Event)
	from := o.Since
	if from == 0 && !o.Replay {
		from = h.Head().Seq
	}
	want := func(topic string) bool { return len(o.Topics) == 0 || slices.Contains(o.Topics, topic) }
	moved := h.Watch(ctx)
	go func() {
		defer close(out)
		s := &subscription{h: h, out: out, next: from, want: want, spent: map[string]int64{}}
		for {
			if !s.catchUp(ctx) || !s.ticks(ctx) {
				return
			}
			if _, ok := <-moved; !ok {
				return
			}
		}
	}()
	return out
}

// subscription is how far one reader has come.
type subscription struct {
	h     *Host
	out   chan<- Event
	next  uint64
	want  func(topic string) bool
	last  time.Time
	spent map[string]int64
}

func (s *subscription) catchUp(ctx context.Context) bool {
	for {
		ops, err := s.h.Ops(s.next, eventsPerRead)
		if err != nil {
			s.h.cfg.Log("events: %v", err)
			return false
		}
		for _, op := range ops {
			s.next = op.Seq
			for _, e := range EventsOf(op) {
				if s.want(e.Topic) && !s.send(ctx, e) {
					return false
				}
			}
		}
		if len(ops) < eventsPerRead {
			return true
		}
	}
}

func (s *subscription) send(ctx context.Context, e Event) bool {
	select {
	case s.out <- e:
		return true
	case <-ctx.Done():
	case <-s.h.Done():
	}
	return false
}

// ticks says what each node has spent, where that changed, at most once a second.
func (s *subscription) ticks(ctx context.Context) bool {
	now := s.h.now()
	if !s.want(TopicBudget) || now.Sub(s.last) < tickEvery {
		return ctx.Err() == nil
	}
	s.last = now
	state := s.h.Snapshot()
	w := state.Window(now)
	for _, n := range state.Workers() {
		sp := w.Node(n.ID)
		if old, ok := s.spent[n.ID]; ok && old == sp.Micros {
			continue
		}
		select {
		case s.out <- budgetEvent(n, sp, now):
			s.spent[n.ID] = sp.Micros
		default: // a tick for a slow reader is dropped; the next says the same or more
		}
	}
	return ctx.Err() == nil
}

func budgetEvent(n *Node, sp Spend, now time.Time) Event {
	return Event{
		V: 1, Topic: TopicBudget, Event: "MeshNodeBudget", TsMicros: now.UnixMicro(),
		Data: map[string]any{
			"node_id": n.ID, "cost_usd_24h": usd(sp.Micros), "cost_cap_usd": usdOpt(n.Cap), "token_count_24h": sp.Tokens,
			"privacy_class": n.Class,
		},
	}
}

// EventOf gives the event that an op stands for, the first of EventsOf. An op of a kind that this version does not know is
// an event of that kind without data.
func EventOf(op oplog.Op) Event {
	e := Event{V: 1, Topic: TopicMesh, Event: op.Kind, Seq: op.Seq, TraceID: op.Trace, TsMicros: op.At, Actor: op.Actor}
	if f := eventData[op.Kind]; f != nil {
		f(&e, op.Body)
	} else if f := itemEvents[op.Kind]; f != nil {
		f(&e, op.Body)
	} else if f := flowEvents[op.Kind]; f != nil {
		f(&e, op.Body)
	}
	return e
}

var eventData = map[string]func(*Event, []byte){
	KindNodeAdmitted: as(func(e *Event, r *NodeAdmitted) {
		e.Event = "MeshTopologyChanged"
		e.Data = map[string]any{"added_nodes": []string{r.Node}, "removed_nodes": []string{}, "changed_edges": 1, "privacy_class": r.Class}
	}),
	KindNodeGone: as(func(e *Event, r *NodeGone) {
		e.Event = "MeshTopologyChanged"
		e.Data = map[string]any{"added_nodes": []string{}, "removed_nodes": []string{r.Node}, "changed_edges": 1, "why": r.Why}
	}),
	KindNodeStatus: as(func(e *Event, r *NodeStatusChanged) {
		e.Event, e.Data = "MeshNodeStatus", map[string]any{"node_id": r.Node, "status": r.Status}
	}),
	KindNodeMode: as(func(e *Event, r *NodeModeChanged) {
		e.Event, e.Data = "MeshNodeMode", map[string]any{"node_id": r.Node, "mode": r.Mode, "audit_id": r.AuditID}
	}),
	KindNodeLocked: as(func(e *Event, r *NodeLocked) {
		e.Event, e.Data = "MeshNodeLocked", map[string]any{"node_id": r.Node, "reason": r.Reason}
	}),
	KindNodeDescribed: as(func(e *Event, r *NodeDescribed) {
		e.Event, e.Data = "MeshNodeDescribed", map[string]any{
			"node_id": r.Node, "slots": len(r.Slots), "models": len(r.Models), "away": r.Away, "policy_note": r.PolicyNote,
		}
	}),
	KindHostStarted: as(func(e *Event, r *HostStarted) {
		e.Event, e.Data = "MeshHostStarted", map[string]any{"mesh": r.Mesh, "peer_id": r.PeerID}
	}),
	KindInviteMinted: as(func(e *Event, r *InviteMinted) {
		e.Event, e.Data = "vox.mesh.invite.minted", map[string]any{"peer_id": r.PeerID, "expires_at_micros": r.ExpiresAt}
	}),
	KindInviteRevoked: as(func(e *Event, r *InviteRevoked) {
		e.Event, e.Data = "vox.mesh.invite.revoked", map[string]any{"peer_id": r.PeerID}
	}),
	KindCapSet: as(func(e *Event, r *CapSet) {
		e.Topic, e.Event = TopicBudget, "MeshCapSet"
		e.Data = map[string]any{"node_id": r.Node, "cost_cap_usd": usdOpt(r.CapMicros)}
	}),
	KindAuditEntry: as(func(e *Event, r *AuditRecorded) {
		e.Topic, e.Event = TopicAudit, "MeshActionCommitted"
		e.Data = map[string]any{
			"node_id": r.Target, "action": r.Action, "actor": e.Actor, "signed_audit_id": r.AuditID, "privacy_class": r.Class,
		}
	}),
	KindJobSubmitted: as(func(e *Event, r *JobSubmitted) {
		more := map[string]any{"run_id": r.Run, "privacy_class": r.Class}
		if r.Activity != "" {
			more["activity"], more["try"] = r.label(), r.Try
		}
		e.activity(r.Job, "queued", 0, "", more)
	}),
	KindJobLeased: as(func(e *Event, r *JobLeased) { e.activity(r.Job, "leased", r.Attempt, r.Node, nil) }),
	KindJobStarted: as(func(e *Event, r *JobStarted) {
		e.activity(r.Job, "running", r.Attempt, "", nil)
	}),
	KindJobRequeued: as(func(e *Event, r *JobRequeued) {
		e.activity(r.Job, "queued", r.Attempt, "", map[string]any{"cause": r.Cause, "reason": r.Reason})
	}),
	KindJobFinished: as(func(e *Event, r *JobFinished) {
		e.activity(r.Job, r.Status.String(), r.Attempt, "", map[string]any{
			"exit_code": r.ExitCode, "cost_usd": usd(r.CostMicros), "tokens": r.Tokens, "duration_ms": r.DurationMS,
		})
	}),
	KindResultRefused: as(func(e *Event, r *ResultRefused) {
		e.activity(r.Job, "result refused", r.Attempt, r.Node, map[string]any{"reason": r.Why})
	}),
}

func as[T any, P interface {
	*T
	record
}](f func(*Event, *T),
) func(*Event, []byte) {
	return func(e *Event, body []byte) {
		var r T
		if unmarshal(body, P(&r)) == nil {
			f(e, &r)
		}
	}
}

// activity makes the event one of a job's life.
func (e *Event) activity(job, status string, attempt uint32, node string, more map[string]any) {
	e.Topic, e.Event = TopicWorkflow, "vox.workflow.activity"
	d := map[string]any{"job_id": job, "status": status}
	if attempt > 0 {
		d["attempt"] = attempt
	}
	if node != "" {
		d["node_id"] = node
	}
	for k, v := range more {
		d[k] = v
	}
	e.Data = d
}
