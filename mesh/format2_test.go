package mesh

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"reflect"
	"testing"
	"time"

	"voxmesh/oplog"
)

// writeFormat2 makes testdata/format-2.* anew: only a program whose files are still of that format may do so.
var writeFormat2 = flag.Bool("mesh.writeformat2", false, "write testdata/format-2.db.gz")

// secondFormat is what a log of the second file format holds: the first one's, trimmed, so that it has a base, kept ops, times and
// memos in columns.
type secondFormat struct {
	Head  string
	Base  uint64
	Kept  uint64
	Ops   uint64
	Times []instantFacts
}

// instantFacts is what the state of an instant says, as far as no later version says it otherwise.
type instantFacts struct {
	At        int64
	Seq       uint64
	Nodes     []string
	Jobs      []string
	Runs      []string
	Items     int
	Submitted uint64
	Acts      uint64
	Spent     int64
	Root      string
}

func factsAt(t testing.TB, r *Reader, at int64) instantFacts {
	t.Helper()
	i, err := r.At(time.UnixMicro(at))
	if err != nil {
		t.Fatal(err)
	}
	s := i.State
	f := instantFacts{At: at, Seq: i.Seq, Items: len(s.hopper.Items()), Submitted: s.Submitted, Acts: s.Acts, Spent: s.Spent}
	for _, n := range s.Nodes() {
		f.Nodes = append(f.Nodes, n.ID+" "+n.Status.String())
	}
	for _, j := range s.Jobs() {
		f.Jobs = append(f.Jobs, j.Job+" "+j.State.String()+" "+j.Node)
	}
	for _, run := range s.Runs() {
		f.Runs = append(f.Runs, run.ID+" "+run.Title)
	}
	root := s.Audit.Root()
	b, err := json.Marshal(root)
	if err != nil {
		t.Fatal(err)
	}
	f.Root = string(b)
	return f
}

func makeFormat2(t *testing.T) {
	dir, want := format1(t)
	l, err := oplog.Open(dir, Projection{}, oplog.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	cut := time.UnixMicro(want.LastAt)
	if _, err := oplog.Trim(context.Background(), dir, Projection{}, oplog.TrimOptions{
		Before: cut.UnixMicro(), KeepFrom: 1025, Names: []string{IndexAudit}, Archive: filepath.Join(dir, "oplog-archive-1-1024.db"), Now: cut,
	}, nil); err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(filepath.Join(dir, "oplog.db"))
	if err != nil {
		t.Fatal(err)
	}
	var packed bytes.Buffer
	z, _ := gzip.NewWriterLevel(&packed, gzip.BestCompression)
	_, _ = z.Write(b)
	_ = z.Close()
	r, err := OpenReader(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	st, err := r.LogStats()
	if err != nil {
		t.Fatal(err)
	}
	f := secondFormat{Head: st.Head.Hash.String(), Base: st.Base, Kept: st.Kept, Ops: st.Ops}
	for i := range int64(6) {
		f.Times = append(f.Times, factsAt(t, r, st.BaseAt+(st.LastAt-st.BaseAt)*i/5))
	}
	js, err := json.MarshalIndent(f, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile("testdata/format-2.db.gz", packed.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile("testdata/format-2.json", append(js, '\n'), 0o644); err != nil {
		t.Fatal(err)
	}
}

// A log of the second format, trimmed, is read as it was written, whatever the reducer and the form of memos have become.
func TestALogOfFormat2(t *testing.T) {
	if *writeFormat2 {
		makeFormat2(t)
	}
	dir := unpack(t, "testdata/format-2.db.gz")
	js, err := os.ReadFile("testdata/format-2.json")
	if err != nil {
		t.Fatal(err)
	}
	var want secondFormat
	if err := json.Unmarshal(js, &want); err != nil {
		t.Fatal(err)
	}
	look := func(what string) {
		t.Helper()
		r, err := OpenReader(dir)
		if err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		defer r.Close()
		st, err := r.LogStats()
		if err != nil || st.Head.Hash.String() != want.Head || st.Base != want.Base || st.Kept != want.Kept || st.Ops != want.Ops {
			t.Fatalf("%s: %+v, %v", what, st, err)
		}
		for _, f := range want.Times {
			if got := factsAt(t, r, f.At); !reflect.DeepEqual(got, f) {
				t.Errorf("%s: at op %d it is\n%+v\nand was\n%+v", what, f.Seq, got, f)
			}
		}
		if rep, err := r.VerifyLog(context.Background(), nil); err != nil || rep.Problem != "" {
			t.Errorf("%s: %+v, %v", what, rep, err)
		}
		acts, err := r.AuditEntries(1 << 20)
		if err != nil || len(acts) < int(want.Kept) {
			t.Errorf("%s: %d entries, %v", what, len(acts), err)
		}
	}
	look("as it is")
	l, err := oplog.Open(dir, Projection{}, oplog.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	look("opened for writing")
	if _, err := oplog.Compact(context.Background(), dir, Projection{}, time.UnixMicro(want.Times[5].At), nil); err != nil {
		t.Fatal(err)
	}
	look("compacted")
}
