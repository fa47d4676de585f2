package cli

import (
	"bytes"
	"context"
	"io"
	"sync"
	"time"

	"voxmesh/audit"
	"voxmesh/hopper"
	"voxmesh/mesh"
	"voxmesh/mesh/fault"
	"voxmesh/tui"
)

// lostHost stands in for a host that is gone: it looks, and does nothing. Each question opens the log for itself; where
// somebody else has it, because a host is starting or ending, the question fails with vox/oplog/locked and can be asked
// again. Every act is refused with vox/host/gone.
type lostHost struct {
	dir  string
	done chan struct{} // never closed: what is gone can't go

	mu   sync.Mutex
	last *mesh.State // nil until it could be read
}

var (
	_ tui.Source  = (*lostHost)(nil)
	_ tui.Actions = (*lostHost)(nil)
)

func newLostHost(dir string) *lostHost { return &lostHost{dir: dir, done: make(chan struct{})} }

// remember reads the last state, once: no op is added while no host runs. A host that ends in order has its log for a
// moment longer, so that this may have to be tried again.
func (h *lostHost) remember() {
	if h.state() != nil {
		return
	}
	st, err := ask(h, func(r *mesh.Reader) (*mesh.State, error) { return r.Snapshot(), nil })
	if err != nil {
		return // damaged, or held: questions say so
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.last = st
}

func (h *lostHost) state() *mesh.State {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.last
}

// Snapshot is the last state, and before it could be read an empty one.
func (h *lostHost) Snapshot() *mesh.State {
	if st := h.state(); st != nil {
		return st
	}
	return &mesh.State{}
}

// Telemetry is nil: nobody measures.
func (h *lostHost) Telemetry() *mesh.Telemetry { return nil }

// Watch never tells: nothing changes.
func (h *lostHost) Watch(context.Context) <-chan struct{} { return make(chan struct{}) }

// Done never tells: it is gone already.
func (h *lostHost) Done() <-chan struct{} { return h.done }

// Began is when the log begins.
func (h *lostHost) Began() (time.Time, error) { return ask(h, (*mesh.Reader).Began) }

// Density counts ops along a stretch of time.
func (h *lostHost) Density(from, to time.Time, n int) ([]mesh.Tick, error) {
	return ask(h, func(r *mesh.Reader) ([]mesh.Tick, error) { return r.Density(from, to, n) })
}

// Marks gives the acts of a stretch of time.
func (h *lostHost) Marks(from, to time.Time) ([]mesh.Mark, error) {
	return ask(h, func(r *mesh.Reader) ([]mesh.Mark, error) { return r.Marks(from, to) })
}

// Moment gives the op at seq.
func (h *lostHost) Moment(seq uint64) (mesh.Moment, error) {
	return ask(h, func(r *mesh.Reader) (mesh.Moment, error) { return r.Moment(seq) })
}

// NextEvent is the first op after op seq.
func (h *lostHost) NextEvent(seq uint64) (s mesh.Stop, ok bool, err error) {
	return stop(h, func(r *mesh.Reader) (mesh.Stop, bool, error) { return r.NextEvent(seq) })
}

// EventAt is the last op with a time at or before t.
func (h *lostHost) EventAt(t time.Time) (s mesh.Stop, ok bool, err error) {
	return stop(h, func(r *mesh.Reader) (mesh.Stop, bool, error) { return r.EventAt(t) })
}

// stop asks for an op that there may not be.
func stop(h *lostHost, get func(*mesh.Reader) (mesh.Stop, bool, error)) (s mesh.Stop, ok bool, err error) {
	s, err = ask(h, func(r *mesh.Reader) (mesh.Stop, error) {
		s, found, err := get(r)
		ok = found
		return s, err
	})
	return s, ok && err == nil, err
}

// At is the mesh as it was at t.
func (h *lostHost) At(t time.Time) (mesh.Instant, error) {
	return ask(h, func(r *mesh.Reader) (mesh.Instant, error) { return r.At(t) })
}

// AtSeq is the mesh as it was after op seq.
func (h *lostHost) AtSeq(seq uint64) (mesh.Instant, error) {
	return ask(h, func(r *mesh.Reader) (mesh.Instant, error) { return r.AtSeq(seq) })
}

// Run gives a run with its tree.
func (h *lostHost) Run(id string) (mesh.RunView, error) {
	return ask(h, func(r *mesh.Reader) (mesh.RunView, error) { return r.Run(id) })
}

// RunOfTrace gives the run with a trace.
func (h *lostHost) RunOfTrace(trace string) (string, error) {
	return ask(h, func(r *mesh.Reader) (string, error) { return r.RunOfTrace(trace) })
}

// Job gives a job.
func (h *lostHost) Job(id string) (*mesh.Job, error) {
	return ask(h, func(r *mesh.Reader) (*mesh.Job, error) { return r.Job(id) })
}

// Tail gives the end of a job's output.
func (h *lostHost) Tail(ctx context.Context, job string, most int) (mesh.Output, error) {
	return ask(h, func(r *mesh.Reader) (mesh.Output, error) { return r.Tail(ctx, job, most) })
}

// Item gives an item of the hopper.
func (h *lostHost) Item(id string) (mesh.ItemView, error) {
	return ask(h, func(r *mesh.Reader) (mesh.ItemView, error) { return r.Item(id) })
}

// Explain says why a job is where it is.
func (h *lostHost) Explain(job string) (mesh.Explanation, error) {
	return ask(h, func(r *mesh.Reader) (mesh.Explanation, error) { return r.Explain(job) })
}

// ActsOn gives the entries that touched something.
func (h *lostHost) ActsOn(target string, limit int) ([]mesh.AuditEntry, error) {
	return ask(h, func(r *mesh.Reader) ([]mesh.AuditEntry, error) { return r.ActsOn(target, limit) })
}

// AuditPage gives entries of the audit log, newest first.
func (h *lostHost) AuditPage(before uint64, limit int) ([]mesh.AuditEntry, error) {
	return ask(h, func(r *mesh.Reader) ([]mesh.AuditEntry, error) { return r.AuditPage(before, limit) })
}

// AuditEntry gives one of them.
func (h *lostHost) AuditEntry(id string) (mesh.AuditEntry, error) {
	return ask(h, func(r *mesh.Reader) (mesh.AuditEntry, error) { return r.AuditEntry(id) })
}

// AuditPublicKey is the key that entries are verified with.
func (h *lostHost) AuditPublicKey() (audit.PublicKey, error) {
	return ask(h, (*mesh.Reader).AuditPublicKey)
}

// ExportAudit writes every entry with the signed head and the public key.
func (h *lostHost) ExportAudit(w io.Writer) error {
	_, err := ask(h, func(r *mesh.Reader) (struct{}, error) { return struct{}{}, r.ExportAudit(w) })
	return err
}

// VerifyEntry checks one of them.
func (h *lostHost) VerifyEntry(e mesh.AuditEntry) error {
	_, err := ask(h, func(r *mesh.Reader) (struct{}, error) { return struct{}{}, r.VerifyEntry(e) })
	return err
}

// VerifyAudit checks all of them. They are copied first, because checking takes far longer than reading, and the log is
// to be free again soon.
func (h *lostHost) VerifyAudit(context.Context) (audit.Report, error) {
	var entries bytes.Buffer
	pub, err := ask(h, func(r *mesh.Reader) (audit.PublicKey, error) {
		pub, err := r.AuditPublicKey()
		if err != nil {
			return pub, err
		}
		return pub, r.ExportAudit(&entries)
	})
	if err != nil {
		return audit.Report{}, err
	}
	return audit.VerifyExport(&entries, pub)
}

// LoadView gives what the console kept.
func (h *lostHost) LoadView(name string) ([]byte, error) {
	return ask(h, func(r *mesh.Reader) ([]byte, error) { return r.LoadView(name) })
}

func hostIsLost() error {
	return fault.New("vox/host/gone", "the host is lost").
		WithHint("start one on this data folder with `voxmesh serve`: the console finds it")
}

// Info is what the log knows of the host that was.
func (h *lostHost) Info() mesh.HostInfo {
	st := h.Snapshot()
	return mesh.HostInfo{Mesh: st.Mesh, LoopbackOnly: true}
}

// SaveView refuses.
func (*lostHost) SaveView(string, []byte) error { return hostIsLost() }

// MintInvite refuses.
func (*lostHost) MintInvite(context.Context, string, mesh.InviteRequest) (mesh.InviteInfo, error) {
	return mesh.InviteInfo{}, hostIsLost()
}

// RevokeInvite refuses.
func (*lostHost) RevokeInvite(context.Context, string, string) error { return hostIsLost() }

// InviteProgress refuses.
func (*lostHost) InviteProgress(string) (mesh.InviteSteps, error) {
	return mesh.InviteSteps{}, hostIsLost()
}

// Act refuses.
func (*lostHost) Act(context.Context, *audit.Grant, mesh.Action) (mesh.ActResult, error) {
	return mesh.ActResult{}, hostIsLost()
}

// Resume refuses.
func (*lostHost) Resume(context.Context, string, string, string) (mesh.ActResult, error) {
	return mesh.ActResult{}, hostIsLost()
}

// SetCap refuses.
func (*lostHost) SetCap(context.Context, string, string, *int64) error { return hostIsLost() }

// PutBlob refuses.
func (*lostHost) PutBlob(io.Reader, int64) (string, int64, error) { return "", 0, hostIsLost() }

// Submit refuses.
func (*lostHost) Submit(context.Context, string, mesh.JobRequest) (mesh.Ticket, error) {
	return mesh.Ticket{}, hostIsLost()
}

// SubmitIntent refuses.
func (*lostHost) SubmitIntent(context.Context, string, mesh.Intent) (mesh.ItemView, error) {
	return mesh.ItemView{}, hostIsLost()
}

// Reprioritize refuses.
func (*lostHost) Reprioritize(context.Context, *audit.DeveloperOverride, string, hopper.Priority, int) (mesh.ItemView, error) {
	return mesh.ItemView{}, hostIsLost()
}

// Batch refuses.
func (*lostHost) Batch(context.Context, string, []string) (mesh.Batched, error) {
	return mesh.Batched{}, hostIsLost()
}

// Suggest refuses.
func (*lostHost) Suggest(context.Context, string, string, string) (mesh.Ticket, error) {
	return mesh.Ticket{}, hostIsLost()
}

// RunWorkflow refuses.
func (*lostHost) RunWorkflow(context.Context, string, mesh.FlowRequest) (mesh.Ticket, error) {
	return mesh.Ticket{}, hostIsLost()
}
