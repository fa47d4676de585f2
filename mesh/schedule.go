package mesh

import (
	"maps"
	"strings"
	"sync"
	"time"

	"voxmesh/mesh/privacy"
	"voxmesh/oplog"
)

// leasesPerPass bounds how many jobs one pass gives out, so that a commit stays short and others get their turn.
const leasesPerPass = 64

// clockEvery is how often ages, deadlines and leases are looked at.
const clockEvery = 500 * time.Millisecond

// busyFor is how long a node that said "my slots are taken" is left alone at first, and busyMost at most.
const (
	busyFor  = 2 * time.Second
	busyMost = 10 * time.Second
)

// scheduleLoop gives queued jobs to nodes whenever something changed.
func (h *Host) scheduleLoop() {
	moved := h.Watch(h.ctx)
	for range moved {
		for h.schedule() {
		}
	}
}

// schedule makes one pass and reports whether another may find more to do.
func (h *Host) schedule() bool {
	if h.Snapshot().QueueLen() == 0 || h.ctx.Err() != nil {
		return false
	}
	given := 0
	p, err := h.log.Do(func(next *State) ([]oplog.Draft, error) {
		drafts := h.place(next)
		given = len(drafts)
		return drafts, nil
	})
	if err == nil {
		err = p.Wait(h.ctx)
	}
	if err != nil {
		h.cfg.Log("dispatch: %v", err)
		return false
	}
	return given >= leasesPerPass
}

// place chooses nodes for the jobs at the head of the queue. A job like one that just found no node is skipped: the
// queue is walked once, however long it is.
func (h *Host) place(next *State) []oplog.Draft {
	look := newPlacement(next, h.gauges.snapshot(h.now()), h.now(), h.busy.is)
	look.yielding = next.yielding()
	stuck, steps := map[like]bool{}, newSteps(next)
	var drafts []oplog.Draft
	batch := "" // of the newest lease: a batch is given out in one commit, as far as slots go
	for _, j := range next.Queue(0) {
		if len(drafts) >= leasesPerPass && (batch == "" || next.batchOf(j) != batch) {
			break
		}
		alike := likeness(j)
		if stuck[alike] {
			continue
		}
		n, ok := look.best(j)
		if !ok {
			stuck[alike] = true
			if victim := look.yields(j); victim != nil {
				drafts = append(drafts, steps.requeue(victim, CauseYield, "made room for "+j.Job, ""))
			}
			continue
		}
		look.use[n.ID+"/"+j.Kind]++
		rec := &JobLeased{Job: j.Job, Node: n.ID, Attempt: j.Attempt + 1, Item: steps.leased(j)}
		drafts = append(drafts, draft(KindJobLeased, "host", j.Trace, rec, stepIndex(j.Job, rec.Item)...))
		batch = next.batchOf(j)
	}
	return drafts
}

// like is all that placing depends on: jobs that are alike find the same nodes.
type like struct {
	kind, runner, command, model, on, refused string

	timeout  int64
	class    privacy.Class
	priority uint8
	nsfw     bool
}

func likeness(j *Job) like {
	l := like{
		kind: j.Kind, runner: j.Runner, command: j.Command, model: j.Model, on: j.On,
		timeout: j.TimeoutMS, class: j.Class, priority: j.Priority, nsfw: j.NSFW,
	}
	if len(j.Refused) == 0 {
		return l
	}
	var b strings.Builder
	for _, r := range j.Refused {
		b.WriteString(r.Node + "/" + r.Policy)
		b.WriteByte(0)
	}
	l.refused = b.String()
	return l
}

// clockLoop does what time alone brings about: status by age, leases that ran out, drains that are over.
func (h *Host) clockLoop() {
	t := time.NewTicker(clockEvery)
	defer t.Stop()
	var swept time.Time
	for {
		select {
		case <-t.C:
			h.tick()
			if now := h.now(); now.Sub(swept) >= sweepEvery {
				swept = now
				h.sweepBlobs()
			}
		case <-h.ctx.Done():
			return
		}
	}
}

// The budget of what jobs leave behind: blobs that no job of the last day names are removed when they are older than
// this, or, the oldest first, when all together are larger.
const (
	sweepEvery   = time.Hour
	keepBlobs    = 30 * 24 * time.Hour
	keepBlobSize = 20 << 30
)

// sweepBlobs keeps the blobs within their budget.
func (h *Host) sweepBlobs() {
	live := map[string]bool{}
	for _, j := range h.Snapshot().Jobs() {
		for _, hash := range []string{j.Module, j.Stdin, j.Prompt, j.Output} {
			live[hash] = true
		}
	}
	h.flows.liveBlobs(h.Snapshot(), live)
	for _, it := range h.Snapshot().hopper.Items() {
		live[it.Prompt] = true
	}
	n, freed, err := h.blobs.Sweep(func(hash string) bool { return live[hash] }, keepBlobs, keepBlobSize)
	if err != nil {
		h.cfg.Log("blobs: %v", err)
	} else if n > 0 {
		h.cfg.Log("blobs: removed %d, %d bytes", n, freed)
	}
}

func (h *Host) tick() {
	s, now := h.Snapshot(), h.now()
	expired := map[string]uint32{}
	for _, j := range h.leases.expired(s.Held(), now) {
		expired[j.Job] = j.Attempt
	}
	if len(expired) == 0 && !h.statusDue(s, now) && !drainDue(s, now) {
		h.wakeups.wake() // ages moved
		return
	}
	p, err := h.log.Do(func(next *State) ([]oplog.Draft, error) {
		drafts, steps := h.statusOps(next, now), newSteps(next)
		for id, attempt := range expired {
			if j, ok := next.Job(id); ok && j.Attempt == attempt && j.State.Held() {
				drafts = append(drafts, h.lost(steps, j, "no heartbeat of "+j.Node+" for "+h.cfg.Lease.String()))
			}
		}
		return append(drafts, drainOps(steps, now)...), nil
	})
	if err == nil {
		err = p.Wait(h.ctx)
	}
	if err != nil && h.ctx.Err() == nil {
		h.cfg.Log("clock: %v", err)
	}
}

// statusNow is the status of a node by its heartbeat. A node that was never heard since this host began keeps its
// status until it would have turned: a restart of the host alone makes nobody offline at once.
func (h *Host) statusNow(n *Node, now time.Time) Status {
	if n.Host {
		return Online
	}
	if b, ok := h.gauges.last(n.ID); ok {
		return StatusByAge(b.Age(now))
	}
	if n.Status == Offline {
		return Offline
	}
	return min(n.Status, StatusByAge(now.Sub(h.started)))
}

func (h *Host) statusDue(s *State, now time.Time) bool {
	for _, n := range s.Nodes() {
		if h.statusNow(n, now) != n.Status {
			return true
		}
	}
	return false
}

func (h *Host) statusOps(next *State, now time.Time) []oplog.Draft {
	var out []oplog.Draft
	for _, n := range next.Nodes() {
		if st := h.statusNow(n, now); st != n.Status {
			out = append(out, draft(KindNodeStatus, "host", "", &NodeStatusChanged{Node: n.ID, Status: st}))
		}
	}
	return out
}

// lost ends a lease whose worker is gone: the job waits again, or fails when that happened too often under it.
func (h *Host) lost(x *steps, j *Job, reason string) oplog.Draft {
	if j.State == Running && j.Losses+1 >= MaxLosses {
		return x.finish("host", j, &JobFinished{
			Job: j.Job, Attempt: j.Attempt, Status: Failed, ExitCode: -1, Code: "vox/run/worker-lost",
			Error: "the worker was lost " + itoa(MaxLosses) + " times while it ran; last: " + reason,
		})
	}
	return x.requeue(j, CauseLost, reason, "")
}

func drainDue(s *State, now time.Time) bool {
	for _, n := range s.Nodes() {
		if n.Mode == Draining && (now.UnixMicro() >= n.Deadline || len(s.HeldBy(n.ID)) == 0) {
			return true
		}
	}
	return false
}

// drainOps ends drains: at once when nothing is left, at the deadline by taking back what still runs.
func drainOps(x *steps, now time.Time) []oplog.Draft {
	var out []oplog.Draft
	for _, n := range x.s.Nodes() {
		if n.Mode != Draining {
			continue
		}
		held := x.s.HeldBy(n.ID)
		if len(held) > 0 && now.UnixMicro() < n.Deadline {
			continue
		}
		for _, j := range held {
			out = append(out, x.requeue(j, CauseDrain, "the drain's deadline passed", n.ModeAct))
		}
		out = append(out, draft(KindNodeMode, "host", "", &NodeModeChanged{Node: n.ID, Mode: Drained, AuditID: n.ModeAct}))
	}
	return out
}

// busyNodes remembers, for a moment, which slots a node said were taken. A node that says so again and again is left alone
// for longer and longer, until a job of it ends: each question is an op.
type busyNodes struct {
	now func() time.Time
	mu  sync.Mutex
	at  map[string]leftAlone // node/kind
}

type leftAlone struct {
	wait  time.Duration
	until time.Time
}

func newBusyNodes(now func() time.Time) *busyNodes {
	return &busyNodes{now: now, at: map[string]leftAlone{}}
}

func (b *busyNodes) set(node, kind string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	now, key := b.now(), node+"/"+kind
	wait := busyFor
	if old, again := b.at[key]; again && now.Sub(old.until) < old.wait {
		wait = min(2*old.wait, busyMost)
	}
	b.at[key] = leftAlone{wait, now.Add(wait)}
}

func (b *busyNodes) is(node, kind string) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	old, ok := b.at[node+"/"+kind]
	return ok && b.now().Before(old.until)
}

// ended says that a job of the node ended: it has room again, of whatever kind it is that a peer may have.
func (b *busyNodes) ended(node string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	maps.DeleteFunc(b.at, func(key string, _ leftAlone) bool { return strings.HasPrefix(key, node+"/") })
}
