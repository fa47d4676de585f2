package mesh

import (
	"context"
	"time"

	"voxmesh/audit"
	"voxmesh/mesh/clean"
	"voxmesh/mesh/fault"
	"voxmesh/mesh/privacy"
	"voxmesh/oplog"
)

// The acts that need a confirmation, and resume, which does not.
const (
	ActKill   = "kill"
	ActPause  = "pause"
	ActDrain  = "drain"
	ActReplay = "replay"
	ActRevoke = "revoke"
	ActResume = "resume"
)

// DefaultDrain is how long a drained node may go on with what it has.
const DefaultDrain = 30 * time.Minute

// Action is an act on a node, a job or a run.
type Action struct {
	Name     string
	Target   string        // node id, job id, run id; to kill, an item or a batch of the hopper too; to replay, an item
	On       string        // replay: the node to run it on; empty is as it was asked the first time
	From     string        // replay of a workflow: the activity from which on, "render" or "render[1]"; empty: all of it
	Deadline time.Duration // drain: 0 is DefaultDrain
}

// ActResult is what an act left behind.
type ActResult struct {
	AuditID   string `json:"audit_id"`
	Signature string `json:"signature"`
	Action    string `json:"action"`
	Target    string `json:"target"`
	Affected  int    `json:"affected"` // jobs stopped, requeued or started
	ItemID    string `json:"item_id,omitempty"`
	JobID     string `json:"job_id,omitempty"`
	RunID     string `json:"run_id,omitempty"`
	TraceID   string `json:"trace_id,omitempty"`
}

// act is one act on its way into the log: what it does, decided against the state, and what its entry says.
type act struct {
	name   string
	target string
	actor  string
	reason string
	id     string // audit id
	class  privacy.Class
	detail map[string]string
	soFar  map[string]kept // output of the jobs to kill, by attempt
	replay *flowReplay     // of a workflow
	was    *State          // of a replay: a state that has all of what runs again, however long ago it ended; nil: the next
	ops    []oplog.Draft
	result ActResult
}

// Act carries out a confirmed act: its ops and its signed entry are one commit. The grant is spent only when the act
// is possible. Codes: vox/confirm/required for a missing grant, vox/node/unknown, vox/job/unknown, vox/run/unknown,
// vox/act/impossible, vox/act/nothing-to-do, vox/workflow/unknown-activity, vox/workflow/not-reusable.
func (h *Host) Act(ctx context.Context, g *audit.Grant, a Action) (ActResult, error) {
	if !g.Valid() {
		return ActResult{}, fault.New("vox/confirm/required", "%s %s is not confirmed", a.Name, printable(a.Target)).
			WithHint("voxmesh %s %s --confirm %s --reason TEXT", a.Name, printable(a.Target), printable(a.Target))
	}
	w := &act{name: a.Name, target: a.Target, actor: g.Actor(), reason: g.Reason()}
	if a.Name == ActKill {
		w.soFar = h.keepSoFar(a.Target)
	}
	if a.Name == ActReplay {
		var err error
		if w.was, err = h.recall(a.Target); err != nil {
			return ActResult{}, err
		}
		if w.replay, err = h.readReplay(w.was, a); err != nil {
			return ActResult{}, err
		}
	}
	err := h.commit(ctx, func(next *State) ([]oplog.Draft, error) {
		if err := h.prepare(next, w, a); err != nil {
			return nil, err
		}
		if err := g.Spend(w.actor, a.Name, a.Target); err != nil {
			return nil, err
		}
		return append(w.ops, h.entry(next, w)), nil
	})
	if err != nil {
		return ActResult{}, err
	}
	if a.Name == ActRevoke {
		_ = h.bus.Disconnect(a.Target) // an error says that it was not connected
		h.forget(a.Target)
	}
	return w.result, nil
}

// Resume lets a node take work again. It needs no confirmation and leaves a signed entry like the others.
func (h *Host) Resume(ctx context.Context, actor, node, reason string) (ActResult, error) {
	w := &act{name: ActResume, target: node, actor: actor, reason: clean.Max(reason, audit.MaxReasonRunes).String()}
	err := h.commit(ctx, func(next *State) ([]oplog.Draft, error) {
		n, ok := next.Node(node)
		switch {
		case !ok:
			return nil, unknownNode(node)
		case n.Mode == Active:
			return nil, fault.New("vox/act/nothing-to-do", "%s is active already", node).WithHint("voxmesh nodes %s shows it", node)
		}
		w.begin(next, n.Class)
		w.ops = []oplog.Draft{w.draft(KindNodeMode, "", &NodeModeChanged{Node: node, Mode: Active, AuditID: w.id})}
		return append(w.ops, h.entry(next, w)), nil
	})
	return w.result, err
}

func (w *act) begin(next *State, class privacy.Class) {
	w.id = audit.ID(next.Acts + 1)
	w.class = class
	w.ops, w.result = nil, ActResult{}
}

func (w *act) draft(kind, trace string, r record, index ...string) oplog.Draft {
	return draft(kind, w.actor, trace, r, index...)
}

// entry is the op of the signed entry. It is built when the log has given it its place, which the entry signs.
func (h *Host) entry(next *State, w *act) oplog.Draft {
	acts := next.Audit
	return oplog.Draft{
		Kind: KindAuditEntry, Actor: w.actor, Index: []string{IndexAudit, actIndex(w.id), actIndex(w.target)},
		Build: func(seq uint64, at int64, prev oplog.Hash) ([]byte, error) {
			stored, signed, err := audit.Sign(h.key, audit.Entry{
				AuditID: w.id, Action: w.name, Target: w.target, Actor: w.actor, Reason: w.reason,
				PrivacyClass: w.class.String(), TsMicros: at, Seq: seq, PrevHead: prev.String(), Detail: w.detail,
			})
			if err != nil {
				return nil, err
			}
			tree := acts
			tree.Append(stored)
			head, err := audit.SignHead(h.key, auditOrigin(next.Mesh), tree)
			if err != nil {
				return nil, err
			}
			w.result.AuditID, w.result.Signature = w.id, signed.Signature
			w.result.Action, w.result.Target = w.name, w.target
			return marshal(&AuditRecorded{
				AuditID: w.id, Action: w.name, Target: w.target, Class: w.class, Stored: stored, Head: head,
			}), nil
		},
	}
}

// prepare decides an act against the state and fills in its ops.
func (h *Host) prepare(next *State, w *act, a Action) error {
	switch a.Name {
	case ActKill:
		return h.prepareKill(next, w)
	case ActPause, ActDrain:
		return prepareMode(next, w, a, h.now())
	case ActRevoke:
		return prepareRevoke(next, w)
	case ActReplay:
		if w.replay != nil {
			return w.prepareFlow(next, a)
		}
		return prepareReplay(next, w, a)
	}
	return fault.New("vox/act/impossible", "there is no act %q", printable(a.Name)).WithHint("kill, pause, drain, replay, revoke")
}

func prepareMode(next *State, w *act, a Action, now time.Time) error {
	n, ok := next.Node(w.target)
	if !ok {
		return unknownNode(w.target)
	}
	w.begin(next, n.Class)
	rec := &NodeModeChanged{Node: n.ID, Mode: Paused, AuditID: w.id}
	if a.Name == ActDrain {
		if a.Deadline <= 0 {
			a.Deadline = DefaultDrain
		}
		rec.Mode, rec.Deadline = Draining, now.Add(a.Deadline).UnixMicro()
		w.detail = map[string]string{"deadline": time.UnixMicro(rec.Deadline).UTC().Format(time.RFC3339)}
	}
	if n.Mode == rec.Mode || a.Name == ActDrain && n.Mode == Drained {
		return fault.New("vox/act/nothing-to-do", "%s is %s already", n.ID, n.Mode).WithHint("voxmesh resume %s lets it work again", n.ID)
	}
	w.ops = append(w.ops, w.draft(KindNodeMode, "", rec))
	w.result.Affected = len(next.HeldBy(n.ID))
	return nil
}

func prepareRevoke(next *State, w *act) error {
	n, ok := next.Node(w.target)
	switch {
	case !ok:
		return unknownNode(w.target)
	case n.Host:
		return fault.New("vox/act/impossible", "%s is the machine that the mesh runs on: it cannot be expelled", n.ID).
			WithHint("to stop its work: voxmesh kill %s --confirm %s --reason TEXT", n.ID, n.ID)
	}
	w.begin(next, n.Class)
	steps := newSteps(next)
	for _, j := range next.HeldBy(n.ID) {
		w.ops = append(w.ops, steps.requeue(j, CauseRevoked, n.ID+" was expelled", w.id))
	}
	w.result.Affected = len(w.ops)
	w.ops = append(w.ops, w.draft(KindNodeGone, "", &NodeGone{Node: n.ID, Why: "revoked", AuditID: w.id}))
	return nil
}

// prepareReplay runs a job, a run, or a node's latest run again, with the same module, input and arguments.
func prepareReplay(next *State, w *act, a Action) error {
	target := w.target
	on := ""
	was := w.was
	if was == nil {
		was = next
	}
	if isItem(target) {
		it, err := was.item(target)
		if err != nil {
			return err
		}
		if target = it.Run; target == "" {
			return fault.New("vox/act/nothing-to-do", "nothing of %s ran yet", it.ID).WithHint("voxmesh hopper inbox shows what it waits for")
		}
	}
	if n, ok := was.Node(target); ok {
		if n.Run == "" {
			return fault.New("vox/act/nothing-to-do", "nothing ran on %s yet", n.ID).WithHint("voxmesh runs lists what ran")
		}
		target, on = n.Run, n.ID
	}
	jobs, class, err := was.targetJobs(target)
	if err != nil {
		return err
	}
	if len(jobs) == 0 {
		return fault.New("vox/run/unknown", "%s has no job that could run again", target).WithHint("voxmesh runs %s shows it", target)
	}
	if a.On != "" {
		if on, err = next.resolveNode(a.On); err != nil {
			return err
		}
	}
	w.begin(next, class)
	run, trace := next.nextRun(), newTrace()
	for i, j := range jobs {
		rec := j.again()
		rec.Job, rec.Run, rec.ReplayOf, rec.AuditID = shortID("j-", next.Submitted+uint64(i)), run, j.Job, w.id
		if on != "" {
			rec.On = on
		}
		if _, ok := next.Node(rec.On); !ok && rec.On != "" {
			return fault.New("vox/node/unknown", "%s asked for %s, which is no longer in the mesh", j.Job, rec.On).
				WithHint("name another node: --on NODE")
		}
		if len(jobs) == 1 {
			w.ops = append(w.ops, w.readmit(next, trace, &rec))
		}
		w.ops = append(w.ops, w.draft(KindJobSubmitted, trace, &rec, submitIndex(&rec, trace)...))
		w.result.JobID, w.result.ItemID = rec.Job, rec.Item
	}
	w.detail = map[string]string{"replay_of": target, "run": run}
	w.result.RunID, w.result.TraceID, w.result.Affected = run, trace, len(jobs)
	return nil
}

// again is the work of a job as work of its own: it is of no item yet, of no workflow, and its answer is about nothing.
func (j *Job) again() JobSubmitted {
	rec := j.JobSubmitted
	rec.Item, rec.Order, rec.About = "", 0, ""
	rec.Activity, rec.Index, rec.Fanned, rec.Try, rec.Key, rec.Refs = "", 0, false, 0, "", nil
	return rec
}

// SetCap sets what a node, or the mesh, may spend in 24 hours; nil is no cap. Code vox/node/unknown.
func (h *Host) SetCap(ctx context.Context, actor, target string, capMicros *int64) error {
	return h.commit(ctx, func(next *State) ([]oplog.Draft, error) {
		if target != MeshTarget {
			id, err := next.resolveNode(target)
			if err != nil || id == "" {
				return nil, unknownNode(target)
			}
			target = id
		}
		return []oplog.Draft{draft(KindCapSet, actor, "", &CapSet{Node: target, CapMicros: capMicros})}, nil
	})
}

// AccessAdd lets an SSH key in. The caller has parsed the key. Codes: vox/access/role.
func (h *Host) AccessAdd(ctx context.Context, actor string, a Access) error {
	if a.Role != "viewer" && a.Role != "operator" {
		return fault.New("vox/access/role", "%q is not a role", printable(a.Role)).WithHint("use viewer or operator")
	}
	return h.commit(ctx, func(*State) ([]oplog.Draft, error) {
		return []oplog.Draft{draft(KindAccessAdded, actor, "", &AccessAdded{
			Fingerprint: a.Fingerprint, Key: a.Key, Name: clean.Max(a.Name, 40).String(), Role: a.Role,
		})}, nil
	})
}

// AccessRemove keeps an SSH key out from now on. Code vox/access/unknown.
func (h *Host) AccessRemove(ctx context.Context, actor, fingerprint string) error {
	return h.commit(ctx, func(next *State) ([]oplog.Draft, error) {
		if _, ok := next.AccessBy(fingerprint); !ok {
			return nil, fault.New("vox/access/unknown", "no key %s may enter", printable(fingerprint)).WithHint("voxmesh access ls")
		}
		return []oplog.Draft{draft(KindAccessRemoved, actor, "", &AccessRemoved{Fingerprint: fingerprint})}, nil
	})
}
