package mesh

import (
	"context"
	"io"
	"math"
	"os"
	"path/filepath"
	"time"

	"voxmesh/audit"
	"voxmesh/mesh/clean"
	"voxmesh/mesh/fault"
	"voxmesh/oplog"
)

// The files of a data folder that belong to this package. The folder has mode 0700, the files 0600.
const (
	auditKeyFile = "audit.key" // Ed25519, signs the audit entries
	auditPubFile = "audit.pub" // its public half, to hand to whoever verifies an export
	spoolDir     = "spool"     // output on its way; telemetry, emptied at every start
)

// everyOp is no limit for what is read from the index.
const everyOp = math.MaxInt

// IndexAudit names the audit entries in the log's index; jobs and runs are indexed as job:ID and run:ID.
const IndexAudit = "audit"

// Instant is the whole mesh as it was.
type Instant struct {
	State   *State
	Seq     uint64
	At      int64 // of the last op applied, unix microseconds
	MemoSeq uint64
	MemoAt  int64
}

// records is what both a Host and a Reader can tell: everything that is in the data folder. It is safe for
// concurrent use.
type records struct {
	dir   string
	log   *oplog.Log[*State]
	blobs *oplog.Blobs
	now   func() time.Time
}

// Reader reads a data folder on which no host runs. It changes nothing.
type Reader struct{ records }

// OpenReader opens the log of a data folder for reading. Codes: vox/oplog/locked while a host runs on it,
// vox/oplog/damaged. A folder without a log is an empty mesh.
func OpenReader(dir string) (*Reader, error) {
	log, err := oplog.Open(dir, Projection{}, oplog.Options{ReadOnly: true})
	if err != nil {
		return nil, err
	}
	return &Reader{records{dir: dir, log: log, blobs: oplog.OpenBlobs(dir), now: time.Now}}, nil
}

// Close ends the reading.
func (r *Reader) Close() error { return r.log.Close() }

// Telemetry is nil: no host runs.
func (r *Reader) Telemetry() *Telemetry { return nil }

// Snapshot is the newest durable state.
func (r *records) Snapshot() *State {
	s, _ := r.log.Snapshot()
	return s
}

// Now is the clock by which ages are shown.
func (r *records) Now() time.Time { return r.now() }

// At is the mesh as it was at t.
func (r *records) At(t time.Time) (Instant, error) {
	i, err := r.log.At(max(t.UnixMicro(), 0)) // before 1970 there was nothing either
	return Instant{i.State, i.Seq, i.At, i.MemoSeq, i.MemoAt}, err
}

// AtSeq is the mesh as it was after op seq.
func (r *records) AtSeq(seq uint64) (Instant, error) {
	i, err := r.log.AtSeq(seq)
	return Instant{i.State, i.Seq, i.At, i.MemoSeq, i.MemoAt}, err
}

// Ops gives at most limit ops after seq since, or from where the log begins if that was trimmed away: see Base.
func (r *records) Ops(since uint64, limit int) ([]oplog.Op, error) {
	return r.log.Since(max(since, r.log.Base().Seq), limit)
}

// Base is where the log begins: op 0, unless it was trimmed.
func (r *records) Base() oplog.Head { return r.log.Base() }

// Head is the newest durable op's place in the log.
func (r *records) Head() oplog.Head { return r.log.Head() }

// LogStats describes the log's files.
func (r *records) LogStats() (oplog.Stats, error) { return r.log.Stats() }

// VerifyLog checks the whole chain and every memo.
func (r *records) VerifyLog(ctx context.Context, progress func(done, total uint64)) (oplog.Report, error) {
	return r.log.Verify(ctx, progress)
}

// BackupLog writes a copy of the log as it is now: a file that can stand in for oplog.db. Work goes on meanwhile.
func (r *records) BackupLog(w io.Writer) (int64, error) { return r.log.Backup(w) }

// Blob opens a blob by its hash.
func (r *records) Blob(hash string) (io.ReadCloser, int64, error) { return r.blobs.Open(hash) }

// AuditPublicKey is the key that entries are verified with.
func (r *records) AuditPublicKey() (audit.PublicKey, error) {
	b, err := os.ReadFile(filepath.Join(r.dir, auditPubFile))
	if err != nil {
		return audit.PublicKey{}, fault.New("vox/audit/no-key", "this data folder has no audit key yet").
			WithHint("it is made when a host first runs: voxmesh serve").Wrap(err)
	}
	return audit.ParsePublicKey(trimLine(string(b)))
}

// auditHead is the signed head of the audit tree: the one that the last entry's op carries. Before the first entry it
// is signed now, over the empty tree.
func (r *records) auditHead(ops []oplog.Op) ([]byte, error) {
	if len(ops) > 0 {
		var rec AuditRecorded
		if err := unmarshal(ops[len(ops)-1].Body, &rec); err != nil {
			return nil, err
		}
		return rec.Head, nil
	}
	key, err := audit.LoadOrCreateKey(filepath.Join(r.dir, auditKeyFile))
	if err != nil {
		return nil, err
	}
	return audit.SignHead(key, auditOrigin(r.Snapshot().Mesh), audit.Tree{})
}

func auditOrigin(mesh string) string {
	if mesh == "" {
		mesh = "unnamed"
	}
	return "voxmesh/" + mesh
}

// ExportAudit writes every entry with the signed head and the public key: all that a verifier needs.
func (r *records) ExportAudit(w io.Writer) error {
	pub, err := r.AuditPublicKey()
	if err != nil {
		return err
	}
	ops, err := r.log.Indexed(IndexAudit, everyOp)
	if err != nil {
		return err
	}
	head, err := r.auditHead(ops)
	if err != nil {
		return err
	}
	entries := func(yield func([]byte, error) bool) {
		for _, op := range ops {
			var rec AuditRecorded
			err := unmarshal(op.Body, &rec)
			if !yield(rec.Stored, err) {
				return
			}
		}
	}
	return audit.WriteExport(w, entries, head, pub)
}

// VerifyAudit checks every entry's signature and order, and that the signed head is of exactly these entries.
func (r *records) VerifyAudit(context.Context) (audit.Report, error) {
	pub, err := r.AuditPublicKey()
	if err != nil {
		return audit.Report{}, err
	}
	pr, pw := io.Pipe()
	go func() { _ = pw.CloseWithError(r.ExportAudit(pw)) }()
	rep, err := audit.VerifyExport(pr, pub)
	_ = pr.Close()
	return rep, err
}

func trimLine(s string) string {
	for len(s) > 0 && (s[len(s)-1] == '\n' || s[len(s)-1] == '\r') {
		s = s[:len(s)-1]
	}
	return s
}

// printable is text of a caller, cut and cleaned for a sentence.
func printable(s string) string { return clean.Max(s, 60).String() }
