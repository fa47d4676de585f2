package mesh

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"voxmesh/audit"
	"voxmesh/oplog"
)

// firstFormat is what the program that wrote testdata/format-1.db said about it.
type firstFormat struct {
	Ops       uint64         `json:"ops"`
	OpBytes   uint64         `json:"op_bytes"`
	Created   int64          `json:"created"`
	FirstAt   int64          `json:"first_at"`
	LastAt    int64          `json:"last_at"`
	Head      string         `json:"head"`
	Mesh      string         `json:"mesh"`
	Kinds     map[string]int `json:"kinds"`
	Audit     uint64         `json:"audit"`
	Acts      uint64         `json:"acts"`
	Submitted uint64         `json:"submitted"`
	Admitted  uint64         `json:"admitted"`
	Nodes     []string       `json:"nodes"`
	Run       string         `json:"run"`
	RunSeqs   []uint64       `json:"run_seqs"`
	Some      []struct {
		Seq                uint64
		At                 int64
		Kind, Actor, Trace string
		Body               int
		Index              []string
	} `json:"some"`
}

// format1 puts the log that a host of the first file format left, two days of a mesh of four nodes, into a folder.
func format1(t testing.TB) (dir string, want firstFormat) {
	t.Helper()
	dir = unpack(t, "testdata/format-1.db.gz")
	said, err := os.ReadFile("testdata/format-1.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(said, &want); err != nil {
		t.Fatal(err)
	}
	return dir, want
}

// unpack puts a packed log into a folder, with the key that signed the entries in it.
func unpack(t testing.TB, name string) (dir string) {
	t.Helper()
	dir = t.TempDir()
	packed, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer packed.Close()
	z, err := gzip.NewReader(packed)
	if err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	pub, err := os.ReadFile("testdata/format-1.audit.pub")
	if err != nil {
		t.Fatal(err)
	}
	for name, data := range map[string][]byte{"oplog.db": b, auditPubFile: pub} {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestALogOfFormat1(t *testing.T) {
	for _, how := range []string{"as it is", "upgraded"} {
		t.Run(how, func(t *testing.T) {
			dir, want := format1(t)
			version := uint32(1)
			if how == "upgraded" {
				log, err := oplog.Open(dir, Projection{}, oplog.Options{Now: func() time.Time { return time.UnixMicro(want.LastAt) }})
				if err != nil {
					t.Fatal(err)
				}
				if err := log.Close(); err != nil {
					t.Fatal(err)
				}
				version = 2
			}
			r, err := OpenReader(dir)
			if err != nil {
				t.Fatal(err)
			}
			defer r.Close()
			st, err := r.LogStats()
			if err != nil || st.FormatVersion != version || st.Ops != want.Ops || st.OpBytes != want.OpBytes || st.Created != want.Created || st.FirstAt != want.FirstAt ||
				st.LastAt != want.LastAt || st.Head.Hash.String() != want.Head {
				t.Fatalf("%+v %v", st, err)
			}
			rep, err := r.VerifyLog(within(t), nil)
			if err != nil || rep.Problem != "" || rep.Ops != want.Ops {
				t.Fatalf("%+v %v", rep, err)
			}
			readsFormat1(t, r, want)
		})
	}
}

func readsFormat1(t *testing.T, r *Reader, want firstFormat) {
	t.Helper()
	ops, err := r.Ops(0, everyOp)
	if err != nil || uint64(len(ops)) != want.Ops {
		t.Fatalf("%d ops, %v", len(ops), err)
	}
	kinds := map[string]int{}
	for _, op := range ops {
		kinds[op.Kind]++
	}
	for k, n := range want.Kinds {
		if kinds[k] != n {
			t.Errorf("%d ops are %s, want %d", kinds[k], k, n)
		}
	}
	for _, w := range want.Some {
		op := ops[w.Seq-1]
		if op.Seq != w.Seq || op.At != w.At || op.Kind != w.Kind || op.Actor != w.Actor || op.Trace != w.Trace || len(op.Body) != w.Body || !slices.Equal(op.Index, w.Index) {
			t.Errorf("op %d is %+v", w.Seq, op)
		}
	}
	s := r.Snapshot()
	var nodes []string
	for _, n := range s.Nodes() {
		nodes = append(nodes, n.ID)
	}
	if s.Seq != want.Ops || s.Mesh != want.Mesh || s.Acts != want.Acts || s.Submitted != want.Submitted || s.Admitted != want.Admitted || !slices.Equal(nodes, want.Nodes) {
		t.Errorf("the state is of op %d, mesh %q, %d acts, %d jobs, %d items, nodes %v", s.Seq, s.Mesh, s.Acts, s.Submitted, s.Admitted, nodes)
	}
	if err := sound(s); err != nil {
		t.Error(err)
	}
	then := &State{}
	for i, op := range ops {
		apply(then, op)
		if i%307 != 0 {
			continue
		}
		if at, err := r.AtSeq(op.Seq); err != nil || !bytes.Equal(dump(at.State), dump(then)) {
			t.Errorf("the state after op %d is another one: %v", op.Seq, err)
		}
	}
	run, err := r.log.Indexed(runIndex(want.Run), everyOp)
	var seqs []uint64
	for _, op := range run {
		seqs = append(seqs, op.Seq)
	}
	if err != nil || !slices.Equal(seqs, want.RunSeqs) {
		t.Errorf("the ops of run %s are %v, %v", want.Run, seqs, err)
	}
	var export bytes.Buffer
	if err := r.ExportAudit(&export); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(r.dir, auditPubFile))
	if err != nil {
		t.Fatal(err)
	}
	pub, err := audit.ParsePublicKey(string(bytes.TrimSpace(text)))
	if err != nil {
		t.Fatal(err)
	}
	proof, err := audit.VerifyExport(bytes.NewReader(export.Bytes()), pub)
	if err != nil || !proof.OK() || proof.Verified != want.Audit {
		t.Errorf("%+v %v", proof, err)
	}
}

// The audit entries of a log that was trimmed are still there, and still provable; what went is in an archive that any
// program of this format reads.
func TestALogOfFormat1IsTrimmed(t *testing.T) {
	dir, want := format1(t)
	archive := filepath.Join(t.TempDir(), "old.db")
	before, err := OpenReader(dir)
	if err != nil {
		t.Fatal(err)
	}
	then, err := before.AtSeq(1024)
	if err != nil {
		t.Fatal(err)
	}
	var all bytes.Buffer
	if err := before.ExportAudit(&all); err != nil {
		t.Fatal(err)
	}
	last := dump(before.Snapshot())
	if err := before.Close(); err != nil {
		t.Fatal(err)
	}
	out, err := oplog.Trim(context.Background(), dir, Projection{}, oplog.TrimOptions{
		Before: want.LastAt, KeepFrom: 2000, Names: []string{IndexAudit}, Archive: archive, Now: time.UnixMicro(want.LastAt),
	}, nil)
	if err != nil || out.Base != 1024 || out.Archived != 1024 || out.Kept == 0 {
		t.Fatalf("%+v %v", out, err)
	}
	r, err := OpenReader(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	var some bytes.Buffer
	if err := r.ExportAudit(&some); err != nil || !bytes.Equal(some.Bytes(), all.Bytes()) {
		t.Errorf("the audit entries are others: %v", err)
	}
	if at, err := r.AtSeq(1024); err != nil || !bytes.Equal(dump(at.State), dump(then.State)) {
		t.Errorf("the state at the base is another one: %v", err)
	}
	if !bytes.Equal(dump(r.Snapshot()), last) {
		t.Error("the newest state is another one")
	}
	if rep, err := r.VerifyLog(within(t), nil); err != nil || rep.Problem != "" || rep.Base != 1024 || rep.Ops != want.Ops-1024 {
		t.Errorf("%+v %v", rep, err)
	}
	if err := sound(r.Snapshot()); err != nil {
		t.Error(err)
	}
}

// dump is a state's canonical form.
func dump(s *State) []byte { return Projection{}.Encode(s) }
