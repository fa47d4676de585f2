package mesh

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"voxmesh/mesh/clean"
	"voxmesh/mesh/privacy"
	"voxmesh/oplog"
)

// Moment is one op as the row over the scrubber shows it. What it does not concern is empty. All text is safe to draw.
type Moment struct {
	Seq      uint64
	At       int64  // unix microseconds
	Event    string // the op's kind: job_leased
	Actor    string
	Node     string
	Job      string
	Run      string
	Item     string        // of the hopper
	Class    privacy.Class // of the job, else of the node, at that instant
	HasClass bool          // false where the op concerns neither
	Status   string        // what it became, in a word: leased, online, paused
	Detail   string        // in a few more: attempt 2, worker lost: no heartbeat
	AuditID  string
	Nth, Of  int // it is the Nth of the ops in its second
}

// Moment gives the op at seq. Codes: vox/oplog/ahead where there is none; 0 is the empty
// beginning, without an event, and so is the base of a trimmed log.
func (r *records) Moment(seq uint64) (Moment, error) {
	if seq == 0 {
		return Moment{}, nil
	}
	i, err := r.log.AtSeq(seq) // says so where seq is ahead
	if err != nil {
		return Moment{}, err
	}
	if seq == r.log.Base().Seq { // the op is gone, the state after it is where the log begins
		return Moment{Seq: seq, At: i.At}, nil
	}
	ops, err := r.log.Since(seq-1, 1)
	if err != nil || len(ops) == 0 {
		return Moment{}, err
	}
	m := momentOf(ops[0])
	if err := r.settleMoment(&m, i.State); err != nil {
		return Moment{}, err
	}
	s := time.UnixMicro(m.At).Unix() * 1e6
	seqs, err := r.log.SeqsAt([]int64{s - 1, s + 1e6 - 1})
	if err != nil {
		return Moment{}, err
	}
	m.Nth, m.Of = int(m.Seq-seqs[0]), int(seqs[1]-seqs[0])
	return m, nil
}

// settleMoment fills in what the op itself does not say: the job's node and run, and the class.
func (r *records) settleMoment(m *Moment, after *State) error {
	if m.Job != "" {
		j, ok := after.Job(m.Job)
		if !ok { // it ended long before: the op is about a job that is in the log alone
			ops, err := r.log.Indexed(jobIndex(m.Job), 1)
			if err != nil {
				return err
			}
			old := &State{}
			for _, op := range ops {
				apply(old, op)
			}
			j, ok = old.Job(m.Job)
		}
		if ok {
			m.Run, m.Class, m.HasClass = short(j.Run), j.Class, true
			if m.Node == "" {
				m.Node = short(j.Node)
			}
			return nil
		}
	}
	if it, ok := after.hopper.Item(m.Item); ok {
		m.Class, m.HasClass, m.Run, m.Node = it.Class, true, short(cmp.Or(m.Run, it.Run)), short(cmp.Or(m.Node, it.Node))
		return nil
	}
	if m.Run != "" && !m.HasClass {
		if run, ok := after.Run(m.Run); ok {
			m.Class, m.HasClass = run.Class, true
		}
	}
	if m.Node == "" || m.HasClass {
		return nil
	}
	n, ok := after.Node(m.Node)
	if !ok { // it left with this op
		before, err := r.log.AtSeq(m.Seq - 1)
		if err != nil {
			return err
		}
		n, ok = before.State.Node(m.Node)
	}
	if ok {
		m.Class, m.HasClass = n.Class, true
	}
	return nil
}

// momentOf reads what the op itself says.
func momentOf(op oplog.Op) Moment {
	m := Moment{Seq: op.Seq, At: op.At, Event: short(op.Kind), Actor: short(op.Actor)}
	if f := momentData[op.Kind]; f != nil {
		f(&m, op.Body)
	} else if f := itemMoments[op.Kind]; f != nil {
		f(&m, op.Body)
	} else if f := flowMoments[op.Kind]; f != nil {
		f(&m, op.Body)
	}
	for _, p := range []*string{&m.Node, &m.Job, &m.Run, &m.Item, &m.Status, &m.AuditID} {
		*p = short(*p)
	}
	m.Detail = clean.Max(m.Detail, 200).String()
	return m
}

var momentData = map[string]func(*Moment, []byte){
	KindHostStarted: of(func(m *Moment, r *HostStarted) { m.Node, m.Status, m.Detail = r.Mesh, "started", r.Version }),
	KindInviteMinted: of(func(m *Moment, r *InviteMinted) {
		m.Status, m.Detail = "open", "invite "+r.PeerID
	}),
	KindInviteRevoked: of(func(m *Moment, r *InviteRevoked) { m.Status, m.Detail = "revoked", "invite "+r.PeerID }),
	KindNodeAdmitted:  of(func(m *Moment, r *NodeAdmitted) { m.Node, m.Status, m.Detail = r.Node, "joined", r.Label }),
	KindNodeDescribed: of(func(m *Moment, r *NodeDescribed) {
		m.Node, m.Detail = r.Node, itoa(uint64(len(r.Slots)))+" slots, "+itoa(uint64(len(r.Models)))+" models"
		if r.Away != "" {
			m.Status, m.Detail = "away", r.Away
		}
	}),
	KindNodeStatus: of(func(m *Moment, r *NodeStatusChanged) { m.Node, m.Status = r.Node, r.Status.String() }),
	KindNodeMode: of(func(m *Moment, r *NodeModeChanged) {
		m.Node, m.Status, m.AuditID = r.Node, r.Mode.String(), r.AuditID
	}),
	KindNodeLocked: of(func(m *Moment, r *NodeLocked) { m.Node, m.Status, m.Detail = r.Node, "locked", r.Reason }),
	KindNodeGone:   of(func(m *Moment, r *NodeGone) { m.Node, m.Status, m.AuditID = r.Node, r.Why, r.AuditID }),
	KindJobSubmitted: of(func(m *Moment, r *JobSubmitted) {
		m.Item = r.Item
		m.Job, m.Run, m.Status, m.Detail, m.AuditID = r.Job, r.Run, Queued.String(), r.Title, r.AuditID
	}),
	KindJobLeased: of(func(m *Moment, r *JobLeased) {
		m.Item = r.Item
		m.Job, m.Node, m.Status, m.Detail = r.Job, r.Node, Leased.String(), attemptWords(r.Attempt)
	}),
	KindJobStarted: of(func(m *Moment, r *JobStarted) {
		m.Item = r.Item
		m.Job, m.Status, m.Detail = r.Job, Running.String(), attemptWords(r.Attempt)
	}),
	KindJobRequeued: of(func(m *Moment, r *JobRequeued) {
		m.Item = r.Item
		m.Job, m.Status, m.Detail, m.AuditID = r.Job, Queued.String(), joined(r.Cause.String(), r.Reason), r.AuditID
	}),
	KindJobFinished: of(func(m *Moment, r *JobFinished) {
		m.Item = r.Item
		m.Job, m.Status, m.Detail, m.AuditID = r.Job, r.Status.String(), joined(attemptWords(r.Attempt), r.Error), r.AuditID
	}),
	KindResultRefused: of(func(m *Moment, r *ResultRefused) {
		m.Job, m.Node, m.Status, m.Detail = r.Job, r.Node, "result refused", joined(attemptWords(r.Attempt), r.Why)
	}),
	KindCapSet: of(func(m *Moment, r *CapSet) {
		m.Status = "no cap"
		if r.CapMicros != nil {
			m.Status = fmt.Sprintf("$%.2f", usd(*r.CapMicros))
		}
		if m.Node = r.Node; r.Node == MeshTarget {
			m.Node, m.Detail = "", "the mesh"
		}
	}),
	KindAccessAdded:   of(func(m *Moment, r *AccessAdded) { m.Status, m.Detail = r.Role, joined(r.Name, r.Fingerprint) }),
	KindAccessRemoved: of(func(m *Moment, r *AccessRemoved) { m.Status, m.Detail = "removed", r.Fingerprint }),
	KindAuditEntry: of(func(m *Moment, r *AuditRecorded) {
		m.Status, m.AuditID, m.Detail, m.Class, m.HasClass = r.Action, r.AuditID, r.Target, r.Class, true
		switch {
		case strings.HasPrefix(r.Target, "j-"):
			m.Job = r.Target
		case strings.HasPrefix(r.Target, "r-"):
			m.Run = r.Target
		case strings.HasPrefix(r.Target, "h-"):
			m.Item = r.Target
		case strings.HasPrefix(r.Target, "b-"): // a batch: the detail names it
		default:
			m.Node = r.Target
		}
	}),
}

// of decodes the body for one kind of moment.
func of[T any, P interface {
	*T
	record
}](f func(*Moment, *T),
) func(*Moment, []byte) {
	return func(m *Moment, body []byte) {
		var r T
		if unmarshal(body, P(&r)) == nil {
			f(m, &r)
		}
	}
}

func attemptWords(n uint32) string {
	if n == 0 {
		return ""
	}
	return "attempt " + itoa(uint64(n))
}

// joined puts a colon between two texts, where both are there.
func joined(a, b string) string {
	if a == "" || b == "" {
		return a + b
	}
	return a + ": " + b
}
