package tui

import (
	"context"
	"io"
	"slices"
	"time"

	"voxmesh/audit"
	"voxmesh/mesh"
	"voxmesh/mesh/fault"
	"voxmesh/mesh/privacy"
	"voxmesh/tui/joinmesh"
)

// history is the log of a host that a test plays: the ops of a sampleLog with the states after them.
type history struct {
	log       *sampleLog
	views     map[string][]byte
	questions int // for an instant
}

var errNoLog = fault.New("vox/test/no-log", "this test has no log")

func (h *history) Began() (time.Time, error) {
	if h.log == nil {
		return time.Time{}, nil
	}
	return time.UnixMicro(h.log.ops[0].At), nil
}

func (h *history) Density(from, to time.Time, n int) ([]mesh.Tick, error) {
	out := make([]mesh.Tick, n)
	width := to.Sub(from) / time.Duration(n)
	for i := range out {
		at := from.Add(time.Duration(i) * width)
		out[i].At = at.UnixMicro()
		if h.log == nil {
			continue
		}
		for _, op := range h.log.ops {
			if op.At >= at.UnixMicro() && op.At < at.Add(width).UnixMicro() {
				out[i].N++
			}
		}
	}
	return out, nil
}

func (h *history) NextEvent(seq uint64) (mesh.Stop, bool, error) {
	if h.log == nil || seq >= uint64(len(h.log.ops)) {
		return mesh.Stop{}, false, nil
	}
	return mesh.Stop{Seq: seq + 1, At: h.log.ops[seq].At}, true, nil
}

func (h *history) EventAt(t time.Time) (s mesh.Stop, ok bool, err error) {
	if h.log == nil {
		return s, false, errNoLog
	}
	for _, op := range h.log.ops {
		if op.At <= t.UnixMicro() {
			s, ok = mesh.Stop{Seq: op.Seq, At: op.At}, true
		}
	}
	return s, ok, nil
}

func (h *history) Marks(from, to time.Time) ([]mesh.Mark, error) {
	var out []mesh.Mark
	if h.log == nil {
		return nil, nil
	}
	for _, e := range h.log.acts {
		if e.TsMicros >= from.UnixMicro() && e.TsMicros < to.UnixMicro() {
			out = append(out, mesh.Mark{
				Seq: e.Op, At: e.TsMicros, AuditID: e.AuditID, Action: e.Action, Target: e.Target, Class: privacy.PairedPeersOnly, Actor: e.Actor,
			})
		}
	}
	return out, nil
}

func (h *history) Moment(seq uint64) (mesh.Moment, error) {
	if h.log == nil {
		return mesh.Moment{}, errNoLog
	}
	op := h.log.ops[seq-1]
	e := mesh.EventOf(op)
	m := mesh.Moment{Seq: seq, At: op.At, Event: op.Kind, Actor: op.Actor, Nth: 1, Of: 1}
	data, _ := e.Data.(map[string]any)
	if id, ok := data["job_id"].(string); ok {
		m.Job = id
		if j, ok := h.log.past[seq-1].State.Job(id); ok {
			m.Class, m.HasClass, m.Node, m.Run = j.Class, true, j.Node, j.Run
		}
	}
	return m, nil
}

func (h *history) At(t time.Time) (mesh.Instant, error) {
	h.questions++
	if h.log == nil {
		return mesh.Instant{}, errNoLog
	}
	found := mesh.Instant{State: mesh.Projection{}.New()}
	for _, i := range h.log.past {
		if i.At <= t.UnixMicro() {
			found = i
		}
	}
	return found, nil
}

func (h *history) AtSeq(seq uint64) (mesh.Instant, error) {
	h.questions++
	switch {
	case h.log == nil:
		return mesh.Instant{}, errNoLog
	case seq > uint64(len(h.log.past)):
		return mesh.Instant{}, fault.New("vox/oplog/ahead", "the log ends before")
	}
	return h.log.past[max(seq, 1)-1], nil
}

func (h *history) Run(id string) (mesh.RunView, error) {
	if h.log != nil {
		if v, ok := h.log.st.RunView(id, now.UnixMicro()); ok {
			return v, nil
		}
	}
	return mesh.RunView{}, fault.New("vox/run/unknown", "there is no run %s", id)
}

func (h *history) Job(id string) (*mesh.Job, error) {
	if h.log != nil {
		if j, ok := h.log.st.Job(id); ok {
			return j, nil
		}
	}
	return nil, fault.New("vox/job/unknown", "there is no job %s", id)
}

func (h *history) Tail(context.Context, string, int) (mesh.Output, error) {
	text := "frame 149  0.61 s\nframe 150  0.58 s\n"
	return mesh.Output{Data: []byte(text), Total: int64(len(text)), Attempt: 1}, nil
}

func (h *history) LoadView(name string) ([]byte, error) { return h.views[name], nil }

func (h *history) SaveView(name string, data []byte) error {
	if h.views == nil {
		h.views = map[string][]byte{}
	}
	h.views[name] = data
	return nil
}

// did is what was asked of a host that a test plays.
type did struct {
	acts    []mesh.Action
	reasons []string
	resumed []string
	caps    map[string]*int64
	jobs    []mesh.JobRequest
	flows   []mesh.FlowRequest
	blobs   []string
}

func (d *did) Act(_ context.Context, g *audit.Grant, a mesh.Action) (mesh.ActResult, error) {
	if err := g.Spend(g.Actor(), a.Name, a.Target); err != nil {
		return mesh.ActResult{}, err
	}
	d.acts, d.reasons = append(d.acts, a), append(d.reasons, g.Reason())
	return mesh.ActResult{AuditID: "a-0193", Action: a.Name, Target: a.Target, Affected: 2}, nil
}

func (d *did) Resume(_ context.Context, _, node, _ string) (mesh.ActResult, error) {
	d.resumed = append(d.resumed, node)
	return mesh.ActResult{AuditID: "a-0194", Action: mesh.ActResume, Target: node}, nil
}

func (d *did) SetCap(_ context.Context, _, target string, limit *int64) error {
	if d.caps == nil {
		d.caps = map[string]*int64{}
	}
	d.caps[target] = limit
	return nil
}

func (d *did) PutBlob(r io.Reader, _ int64) (string, int64, error) {
	b, err := io.ReadAll(r)
	d.blobs = append(d.blobs, string(b))
	return "hash", int64(len(b)), err
}

func (d *did) Submit(_ context.Context, _ string, r mesh.JobRequest) (mesh.Ticket, error) {
	d.jobs = append(d.jobs, r)
	return mesh.Ticket{JobID: "j-9001", RunID: "r-9001"}, nil
}

// inviter is a mesh that a test can join.
type inviter struct{ joined []string }

func (*inviter) Preview(context.Context, string, string) (joinmesh.Preview, error) {
	return joinmesh.Preview{
		Mesh: "borealis", Inviter: "alex", Address: "192.168.1.40:7420", Fingerprint: "9e02-11bd-40aa-c7f1",
		Class: privacy.PairedPeersOnly, Slots: []string{"cpu"}, Expiry: now.Add(520 * time.Second),
		Gives:  joinmesh.Gives{Slots: []joinmesh.Slot{{Kind: "cpu", AtOnce: 1}}, Longest: time.Hour},
		Policy: joinmesh.Policy{Path: "/home/mira/.local/state/voxmesh/donations.vox", Created: true, Text: "policy donations {\n  slots: [\n    { kind: cpu, max_concurrent: 1, weight: 100 },\n  ]\n}\n"},
	}, nil
}

func (i *inviter) Join(_ context.Context, link, _ string) (joinmesh.Joined, error) {
	i.joined = append(i.joined, link)
	return joinmesh.Joined{Mesh: "borealis", Node: "aurelia", Inviter: "alex", Works: true}, nil
}

func (h *history) entries() []mesh.AuditEntry {
	if h.log == nil {
		return nil
	}
	return h.log.acts
}

func (h *history) ActsOn(target string, limit int) ([]mesh.AuditEntry, error) {
	var out []mesh.AuditEntry
	for _, e := range slices.Backward(h.entries()) {
		if e.Target == target && len(out) < limit {
			out = append(out, e)
		}
	}
	return out, nil
}

func (h *history) AuditPage(before uint64, limit int) ([]mesh.AuditEntry, error) {
	var out []mesh.AuditEntry
	for _, e := range slices.Backward(h.entries()) {
		if (before == 0 || e.Op < before) && len(out) < limit {
			out = append(out, e)
		}
	}
	return out, nil
}

func (h *history) AuditEntry(id string) (mesh.AuditEntry, error) {
	for _, e := range h.entries() {
		if e.AuditID == id {
			return e, nil
		}
	}
	return mesh.AuditEntry{}, fault.New("vox/audit/unknown", "there is no audit entry %s", id)
}

func (h *history) VerifyEntry(e mesh.AuditEntry) error {
	_, err := audit.VerifyStored(e.Stored, auditKey.Public())
	return err
}

func (h *history) AuditPublicKey() (audit.PublicKey, error) { return auditKey.Public(), nil }

func (h *history) ExportAudit(w io.Writer) error {
	var tree audit.Tree
	for _, e := range h.entries() {
		tree.Append(e.Stored)
	}
	head, err := audit.SignHead(auditKey, "voxmesh/aurelia", tree)
	if err != nil {
		return err
	}
	return audit.WriteExport(w, func(yield func([]byte, error) bool) {
		for _, e := range h.entries() {
			if !yield(e.Stored, nil) {
				return
			}
		}
	}, head, auditKey.Public())
}

func (d *did) RunWorkflow(_ context.Context, _ string, r mesh.FlowRequest) (mesh.Ticket, error) {
	d.flows = append(d.flows, r)
	return mesh.Ticket{RunID: "r-9002", TraceID: "4bf92f3577b34da6a3ce929d0e0e4736"}, nil
}
