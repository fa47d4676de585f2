package mesh

import (
	"bytes"
	"context"
	"encoding/hex"
	"encoding/json"
	"slices"
	"time"

	"voxmesh/mesh/clean"
	"voxmesh/mesh/fabric"
	"voxmesh/oplog"
)

// Bounds on what one report may say: a hostile worker fills its own message, not our memory or columns.
const (
	maxHeld      = 256
	maxModels    = 512
	maxSlots     = 8
	maxCommands  = 64
	maxPrice     = 1_000_000_000 // micro-USD for an hour or a million tokens: no donor's file can ask for more
	maxErrorText = 300
	maxIDBytes   = 64
	maxTokens    = 100_000_000 // of one job
)

// listenToWorkers takes the messages of workers. The fabric calls one handler at a time for one node and kind.
func (h *Host) listenToWorkers() error {
	for kind, fn := range map[string]func(context.Context, fabric.Msg){
		fabric.KindReport: h.onReport,
		fabric.KindBlob:   h.onBlob,
		fabric.KindPut:    h.onPut,
		fabric.KindOut:    h.onOut,
	} {
		if err := h.bus.Handle(kind, fn); err != nil {
			return err
		}
	}
	return nil
}

// onSession hears that a node's connection began or ended. Status follows heartbeats, not connections: a cable that
// was cut for a moment is no event.
func (h *Host) onSession(node string, up bool) {
	h.cfg.Log("session of %s: up %v", node, up)
	if up {
		h.push.forget(node)
		h.wakeups.wake()
	}
}

// onReport compares what a worker says with the state, makes the difference durable, and answers with orders.
func (h *Host) onReport(ctx context.Context, m fabric.Msg) {
	var r fabric.Report
	if len(m.Data) > fabric.MaxPayload || json.Unmarshal(m.Data, &r) != nil || !sane(&r) {
		h.cfg.Log("report of %s: not readable", m.Node)
		return
	}
	if _, ok := h.Snapshot().Node(m.Node); !ok {
		return // it left or was expelled, and its session is being cut: nothing of it is kept
	}
	fresh, _, cloned := h.inst.heard(m.Node, r.Instance, r.N)
	if cloned {
		h.lockClone(ctx, m.Node)
		return
	}
	if !fresh {
		return
	}
	now, rtt := h.now(), time.Duration(min(max(r.RTTMicro, 0), 60_000_000))*time.Microsecond
	h.gauges.beat(m.Node, r.Instance, time.Duration(r.UptimeMS)*time.Millisecond, rtt, len(r.Held), now)
	h.gauges.hearClock(m.Node, r.ClockUS, rtt, now)
	h.push.heard(m.Node, r.Held)
	for i := range r.Held {
		h.storeInline(m.Node, &r.Held[i])
	}
	if err := h.absorb(ctx, m.Node, &r); err != nil {
		h.cfg.Log("report of %s: %v", m.Node, err)
		return // not answered: the worker will say it again
	}
	if r.Leaving {
		h.forget(m.Node)
	}
	orders := h.ordersFor(h.Snapshot(), m.Node, r.Held)
	if b, err := json.Marshal(orders); err == nil && m.Waits() {
		_ = m.Respond(b)
	}
	h.wakeups.wake()
}

// sane reports whether a report keeps within bounds that no honest worker meets.
func sane(r *fabric.Report) bool {
	if r.Instance == "" || len(r.Instance) > maxIDBytes || len(r.Held) > maxHeld {
		return false
	}
	for _, w := range r.Held {
		if len(w.Job) > maxIDBytes {
			return false
		}
	}
	return true
}

// forget drops what is remembered of a node that is no longer in the mesh.
func (h *Host) forget(node string) {
	if _, ok := h.Snapshot().Node(node); ok {
		return
	}
	h.gauges.forget(node)
	h.push.drop(node)
	h.inst.forget(node)
}

// lockClone refuses a node whose key two machines use, until its owner revokes it.
func (h *Host) lockClone(ctx context.Context, node string) {
	err := h.commit(ctx, func(next *State) ([]oplog.Draft, error) {
		n, ok := next.Node(node)
		if !ok || n.Locked != "" {
			return nil, nil
		}
		drafts := []oplog.Draft{draft(KindNodeLocked, "host", "", &NodeLocked{
			Node: node, Reason: "two machines speak with its key",
		})}
		steps := newSteps(next)
		for _, j := range next.HeldBy(node) {
			drafts = append(drafts, steps.requeue(j, CauseRevoked, "the node was locked", ""))
		}
		return drafts, nil
	})
	if err != nil {
		h.cfg.Log("lock of %s: %v", node, err)
		return
	}
	_ = h.bus.Disconnect(node)
}

// storeInline puts a small output that came with its result into the blobs, so that the op can name it. The output of
// what the node does not hold is dropped: a stranger's word fills no disk.
func (h *Host) storeInline(node string, held *fabric.Held) {
	res := held.Result
	if res == nil || len(res.Output) == 0 {
		return
	}
	if _, ok := h.Snapshot().holds(node, held.Job, held.Attempt); !ok {
		res.Output = nil
		return
	}
	hash, n, err := h.blobs.Put(bytes.NewReader(res.Output), fabric.MaxPayload)
	if err != nil {
		h.cfg.Log("output of %s from %s: %v", held.Job, node, err)
		held.Result = nil // not accepted now: it will come again
		return
	}
	res.OutputHash, res.OutputSize, res.Output = hash, n, nil
}

// absorb makes durable all that the report says and the state does not.
func (h *Host) absorb(ctx context.Context, node string, r *fabric.Report) error {
	now := h.now()
	says := describe(node, r.Describe) // before the writer lock: it may be half a thousand models
	return h.commit(ctx, func(next *State) ([]oplog.Draft, error) {
		n, ok := next.Node(node)
		if !ok || n.Locked != "" {
			return nil, nil
		}
		if r.Leaving && !n.Host {
			return h.leaveOps(next, n, r.Held, now), nil
		}
		var drafts []oplog.Draft
		// A worker may change its mind at every report; the log takes it down every other one, the newest word last.
		// Whether it takes work at all is said apart from the rest: what goes back to the queue must not go there again.
		if n.differs(says) && (!n.Described || h.push.due(node, "describe", now) || n.Away != says.Away && h.push.due(node, "away", now)) {
			drafts = append(drafts, draft(KindNodeDescribed, "node:"+node, "", says))
		}
		if n.Status != Online {
			drafts = append(drafts, draft(KindNodeStatus, "host", "", &NodeStatusChanged{Node: node, Status: Online}))
		}
		return append(drafts, h.heldOps(next, n, r.Held, now)...), nil
	})
}

// leaveOps takes a node out that said goodbye. What it finished counts, the rest goes to others.
func (h *Host) leaveOps(next *State, n *Node, held []fabric.Held, now time.Time) []oplog.Draft {
	var drafts []oplog.Draft
	finished, steps := map[string]bool{}, newSteps(next)
	for _, w := range held {
		if w.Phase != fabric.PhaseDone || finished[w.Job] {
			continue
		}
		if ds := h.heldOp(steps, n, w, now); slices.ContainsFunc(ds, func(d oplog.Draft) bool { return d.Kind == KindJobFinished }) {
			finished[w.Job] = true
			drafts = append(drafts, ds...)
		}
	}
	for _, j := range next.HeldBy(n.ID) {
		if finished[j.Job] {
			continue
		}
		drafts = append(drafts, steps.requeue(j, CauseRevoked, n.ID+" left the mesh", ""))
	}
	return append(drafts, draft(KindNodeGone, "node:"+n.ID, "", &NodeGone{Node: n.ID, Why: "left"}))
}

// describe is what a worker says of itself, cleaned and bounded.
func describe(node string, d fabric.Describe) *NodeDescribed {
	rec := &NodeDescribed{
		Node: node, NSFW: d.NSFW, OptIn: d.OptIn, MinPriority: d.MinPriority, MaxJobSecs: max(d.MaxJobSecs, 0),
		Version: clean.Max(d.Version, 40).String(), ModelsNote: clean.Max(d.ModelsNote, 160).String(),
		Policy: clean.Max(d.Policy, 64).String(), Away: clean.Max(d.Away, 160).String(),
		PolicyNote: clean.Max(d.PolicyNote, 160).String(),
	}
	if rec.Away != "" {
		if rec.AwayRule = RuleOwner; d.AwayRule == fabric.AwayHours {
			rec.AwayRule = RuleHours
		}
	}
	for _, c := range d.Commands[:min(len(d.Commands), maxCommands)] {
		rec.Commands = append(rec.Commands, clean.Max(c, 80).String())
	}
	for _, p := range d.Prices[:min(len(d.Prices), maxSlots)] {
		rec.Prices = append(rec.Prices, Price{Kind: Slug(p.Kind), PerHour: bounded(p.PerHour), PerMTok: bounded(p.PerMTok)})
	}
	for _, s := range d.Slots[:min(len(d.Slots), maxSlots)] {
		rec.Slots = append(rec.Slots, Slot{Kind: Slug(s.Kind), Max: min(s.Max, 64), Weight: min(s.Weight, 100)})
	}
	for _, m := range d.Models[:min(len(d.Models), maxModels)] {
		rec.Models = append(rec.Models, Model{
			Name: clean.Max(m.Name, 80).String(), Tag: clean.Max(m.Tag, 24).String(), Backend: clean.Max(m.Backend, 16).String(),
			Family: clean.Max(m.Family, 24).String(), Digest: clean.Max(m.Digest, 64).String(),
			Size: max(m.Size, 0), Context: max(m.Context, 0), Loaded: m.Loaded, Fits: m.Fits,
		})
	}
	return rec
}

// bounded is a price within what can be asked.
func bounded(micros *int64) *int64 {
	if micros == nil {
		return nil
	}
	v := min(max(*micros, 0), maxPrice)
	return &v
}

// differs reports whether a description says anything that the node's does not.
func (n *Node) differs(rec *NodeDescribed) bool {
	old := &NodeDescribed{
		Node: n.ID, Slots: n.Slots, Models: n.Models, ModelsNote: n.ModelsNote, NSFW: n.NSFW, OptIn: n.OptIn,
		MinPriority: n.MinPriority, MaxJobSecs: n.MaxJobSecs, Version: n.Version, Policy: n.Policy,
		Away: n.Away, AwayRule: n.AwayRule, PolicyNote: n.PolicyNote, Commands: n.Commands, Prices: n.Prices,
	}
	return !n.Described || !bytes.Equal(marshal(rec), marshal(old))
}

// heldOps turns the jobs in a worker's hands into ops.
func (h *Host) heldOps(next *State, n *Node, held []fabric.Held, now time.Time) []oplog.Draft {
	var drafts []oplog.Draft
	steps := newSteps(next)
	listed := map[string]bool{} // by job and attempt: a worker may keep the result of a lost attempt beside the new one
	for _, w := range held {
		if key := streamKey(w.Job, w.Attempt); !listed[key] { // one word on each counts: next does not know the drafts
			listed[key] = true
			drafts = append(drafts, h.heldOp(steps, n, w, now)...)
		}
	}
	for _, j := range next.HeldBy(n.ID) {
		if listed[streamKey(j.Job, j.Attempt)] {
			continue
		}
		// A running job that its worker does not list is lost: the agent restarted under it. One that was only given
		// is sent again.
		if j.State == Running {
			drafts = append(drafts, h.lost(steps, j, "its worker restarted"))
		}
	}
	return drafts
}

func (h *Host) heldOp(x *steps, n *Node, w fabric.Held, now time.Time) []oplog.Draft {
	j, match := x.s.holds(n.ID, w.Job, w.Attempt)
	if match {
		h.leases.grant(j.Job, j.Attempt, now)
	}
	actor := "node:" + n.ID
	switch {
	case match && w.Phase == fabric.PhaseRunning && j.State == Leased:
		rec := &JobStarted{Job: j.Job, Attempt: j.Attempt, Item: x.started(j)}
		return []oplog.Draft{draft(KindJobStarted, actor, j.Trace, rec, stepIndex(j.Job, rec.Item)...)}
	case match && w.Phase == fabric.PhaseRefused:
		cause := CauseRefused
		if w.Busy {
			cause = CauseYield
			h.busy.set(n.ID, j.Kind)
		}
		return []oplog.Draft{x.requeue(j, cause, clean.Max(w.Reason, maxErrorText).String(), "")}
	case match && w.Phase == fabric.PhaseDone && w.Result != nil:
		if res := h.result(n, j, w.Result); res != nil {
			h.busy.ended(n.ID)
			ops := append(x.start(actor, j, res), x.finish(actor, j, res))
			return append(ops, h.suggestion(x.s, j, res)...)
		}
	case j != nil && w.Phase == fabric.PhaseDone && !j.State.Ended() && j.lost(n.ID, w.Attempt) && h.push.due(n.ID, "stale "+streamKey(w.Job, w.Attempt), now):
		return []oplog.Draft{draft(KindResultRefused, actor, j.Trace, &ResultRefused{
			Job: j.Job, Node: n.ID, Attempt: w.Attempt, Why: "attempt " + itoa(uint64(w.Attempt)) + " lost its lease",
		}, jobIndex(j.Job))}
	}
	return nil
}

// lost reports whether the node had the attempt once and has it no more.
func (j *Job) lost(node string, attempt uint32) bool {
	for _, a := range j.Attempts {
		if a.N == attempt && a.Node == node {
			return a.EndedAt != 0
		}
	}
	return false
}

// result checks a worker's verdict and puts a price on it. nil: not acceptable yet (its output has not arrived). What
// costs money is bounded by what can be true: no job ran longer than since it was leased.
func (h *Host) result(n *Node, j *Job, r *fabric.Result) *JobFinished {
	most := max(h.now().Sub(time.UnixMicro(j.LeasedAt)), 0) + LeaseFor // clocks may step
	rec := &JobFinished{
		Job: j.Job, Attempt: j.Attempt, ExitCode: int64(r.ExitCode), Code: clean.Max(r.Code, 60).String(),
		Error: clean.Max(r.Error, maxErrorText).String(), Tokens: min(max(r.Tokens, 0), maxTokens),
		DurationMS: min(max(r.DurationMS, 0), most.Milliseconds()),
	}
	switch r.Status {
	case "succeeded":
		rec.Status = Succeeded
	case "killed":
		rec.Status = Killed
	case "timed_out":
		rec.Status = TimedOut
	default:
		rec.Status = Failed
	}
	if r.OutputHash != "" {
		f, size, err := h.blobs.Open(r.OutputHash)
		if err != nil {
			return nil
		}
		_ = f.Close()
		rec.Output, rec.OutputSize = r.OutputHash, size
	}
	skew, known := h.skew(n)
	if rec.Phases = phasesOf(j, r.Spans, skew, known, h.now()); len(rec.Phases) > 0 {
		rec.Skew, rec.SkewKnown = skew, known
	}
	rec.CostMicros = h.prices.Cost(n, j.Kind, time.Duration(rec.DurationMS)*time.Millisecond, rec.Tokens)
	h.gauges.addTokens(rec.Tokens, h.now())
	return rec
}

// holds gives the job that a worker speaks of, nil where there is none, and whether that attempt of it is the node's.
func (s *State) holds(node, job string, attempt uint32) (*Job, bool) {
	j, ok := s.Job(job)
	if !ok {
		return nil, false
	}
	return j, j.Node == node && j.Attempt == attempt && j.State.Held()
}

// ordersFor is what a node should do about what it holds.
func (h *Host) ordersFor(s *State, node string, held []fabric.Held) fabric.Orders {
	o := fabric.Orders{
		V: 1, LeaseMS: h.cfg.Lease.Milliseconds(), Settled: []fabric.JobRef{}, Cancel: []fabric.JobRef{},
		Head: fabric.Head{Size: s.Audit.Size()},
	}
	if n, ok := s.Node(node); ok {
		o.Locked = n.Locked
	}
	root := s.Audit.Root()
	o.Head.Root = hex.EncodeToString(root[:])
	for _, w := range held {
		ref := fabric.JobRef{Job: w.Job, Attempt: w.Attempt}
		j, match := s.holds(node, w.Job, w.Attempt)
		switch {
		case match:
		case w.Phase == fabric.PhaseDone || w.Phase == fabric.PhaseRefused:
			ref.Why = "settled"
			o.Settled = append(o.Settled, ref)
		default:
			ref.Why = "no longer yours"
			if j != nil && j.State == Killed {
				ref.Why = "killed"
			}
			o.Cancel = append(o.Cancel, ref)
		}
	}
	return o
}
