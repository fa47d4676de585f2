package oplog

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"testing"

	bolt "go.etcd.io/bbolt"
)

// What the file of format 1 holds, as the program that wrote it said: fillLog's 5,000 ops.
const (
	format1Head  = "efce4eb4db395ca4e090de34017ce981520a88e1c2d9d1e8ef493c1fc64a5668"
	format1State = "20e84ac2a3603cf8096a6f625f656e646564830d0b6a6f625f73746172746564830d096e6f64655f7365656e820d"
	format1Ops   = 5000
)

// format1 puts a log that a program of format 1 wrote into a folder.
func format1(t testing.TB) string {
	t.Helper()
	packed, err := os.Open("testdata/format-1.db.gz")
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
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, dbName), b, 0o600); err != nil {
		t.Fatal(err)
	}
	return dir
}

func fileSum(t testing.TB, dir string) [32]byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(dir, dbName))
	if err != nil {
		t.Fatal(err)
	}
	return sha256.Sum256(b)
}

// reads1 compares everything that can be read of the first 5,000 ops with what was written.
func reads1(t *testing.T, l *Log[*tally]) {
	t.Helper()
	ops, err := l.Since(0, format1Ops)
	if err != nil || len(ops) != format1Ops {
		t.Fatalf("%d ops, %v", len(ops), err)
	}
	h := Genesis()
	named := 0
	for i, o := range ops {
		d := draft(i)
		if o.At != epoch+int64(i+1)*1000 || o.Kind != d.Kind || o.Actor != d.Actor || o.Trace != d.Trace || !bytes.Equal(o.Body, d.Body) || len(o.Index) != len(d.Index) {
			t.Fatalf("op %d is %+v", o.Seq, o)
		}
		enc, err := EncodeOp(o)
		if err != nil {
			t.Fatal(err)
		}
		if h = h.Next(enc); contains(o.Index, "job:j-45") {
			named++
		}
	}
	if h.String() != format1Head || folded(ops).String() != format1State {
		t.Fatalf("head %s, state %s", h, folded(ops))
	}
	if got, err := l.Indexed("job:j-45", 1<<20); err != nil || len(got) < named || named != 100 {
		t.Fatalf("%d of %d ops by name, %v", len(got), named, err)
	}
	for _, n := range []int{1, 1023, 1024, 1025, 2600, 4096, 4999, 5000} {
		i, err := l.At(epoch + int64(n)*1000 + 500)
		if err != nil || i.Seq != uint64(n) || i.State.String() != folded(ops[:n]).String() {
			t.Fatalf("the state after op %d: %v", n, err)
		}
		if n >= 1024 && i.MemoSeq == 0 {
			t.Errorf("no memo before op %d", n)
		}
	}
}

func TestFormat1IsReadAsItIs(t *testing.T) {
	dir := format1(t)
	before := fileSum(t, dir)
	l := mustOpen(t, dir, Options{ReadOnly: true})
	if s, h := l.Snapshot(); h.Seq != format1Ops || h.Hash.String() != format1Head || s.String() != format1State || h.At != epoch+format1Ops*1000 {
		t.Fatalf("%+v %s", h, s)
	}
	reads1(t, l)
	st, err := l.Stats()
	if err != nil || st.FormatVersion != 1 || st.Memos != 4 || st.LastMemo != 4096 || st.Created != epoch || st.FirstAt != epoch+1000 || st.Base != 0 || st.Kept != 0 {
		t.Fatalf("%+v %v", st, err)
	}
	if r, err := l.Verify(context.Background(), nil); err != nil || r.Problem != "" || r.Ops != format1Ops || r.Memos != 4 {
		t.Fatalf("%+v %v", r, err)
	}
	mustClose(t, l)
	if r, err := VerifyDir(context.Background(), dir, fold{1}, nil); err != nil || r.Problem != "" || r.Ops != format1Ops {
		t.Fatalf("%+v %v", r, err)
	}
	if fileSum(t, dir) != before {
		t.Fatal("reading changed the file")
	}
}

func TestFormat1IsUpgraded(t *testing.T) {
	dir := format1(t)
	l := mustOpen(t, dir, Options{})
	reads1(t, l)
	if st, err := l.Stats(); err != nil || st.FormatVersion != 2 || st.Created != epoch {
		t.Fatalf("%+v %v", st, err)
	}
	ops, err := l.Append(context.Background(), Draft{Kind: "after", Index: []string{"job:j-45"}})
	if err != nil || ops[0].Seq != format1Ops+1 {
		t.Fatal(err)
	}
	mustClose(t, l)
	l = mustOpen(t, dir, Options{ReadOnly: true})
	reads1(t, l)
	if r, err := l.Verify(context.Background(), nil); err != nil || r.Problem != "" || r.Ops != format1Ops+1 {
		t.Fatalf("%+v %v", r, err)
	}
	// The program of format 1 reads this number, and refuses.
	raw2(t, dir, func(tx *bolt.Tx) {
		if v := tx.Bucket(bucketMeta).Get(keyFormat); !bytes.Equal(v, []byte{0, 0, 0, 2}) {
			t.Errorf("format %x", v)
		}
	})
}

// raw2 reads the file behind the package's back, together with other readers.
func raw2(t *testing.T, dir string, fn func(*bolt.Tx)) {
	t.Helper()
	db, err := bolt.Open(filepath.Join(dir, dbName), 0o600, &bolt.Options{ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if err := db.View(func(tx *bolt.Tx) error { fn(tx); return nil }); err != nil {
		t.Fatal(err)
	}
}

func TestFormat1IsRewritten(t *testing.T) {
	for what, do := range map[string]func(dir string) error{
		"compact": func(dir string) error {
			r, err := Compact(context.Background(), dir, fold{1}, (&clock{epoch}).now(), nil)
			if err == nil && r.Ops != format1Ops {
				err = fmt.Errorf("%+v", r)
			}
			return err
		},
		"repair": func(dir string) error {
			raw(t, dir, func(tx *bolt.Tx) { _ = tx.Bucket(bucketMarks).Delete(key(1024)) })
			r, err := Repair(context.Background(), dir, fold{1}, (&clock{epoch}).now())
			if err == nil && (r.Kept != format1Ops || r.Lost != 0 || r.Aside == "") {
				err = fmt.Errorf("%+v", r)
			}
			return err
		},
	} {
		dir := format1(t)
		if err := do(dir); err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		l := mustOpen(t, dir, Options{ReadOnly: true})
		reads1(t, l)
		if st, err := l.Stats(); err != nil || st.FormatVersion != 2 || st.Created != epoch || st.Memos != 4 {
			t.Fatalf("%s: %+v %v", what, st, err)
		}
		mustClose(t, l)
	}
}

func TestNewerFormatIsLeftAlone(t *testing.T) {
	for _, version := range []byte{3, 99} {
		dir := format1(t)
		raw(t, dir, func(tx *bolt.Tx) { _ = tx.Bucket(bucketMeta).Put(keyFormat, []byte{0, 0, 0, version}) })
		before := fileSum(t, dir)
		for what, do := range map[string]func() error{
			"open":      func() error { _, err := Open(dir, fold{1}, Options{}); return err },
			"read":      func() error { _, err := Open(dir, fold{1}, Options{ReadOnly: true}); return err },
			"VerifyDir": func() error { _, err := VerifyDir(context.Background(), dir, fold{1}, nil); return err },
			"Repair":    func() error { _, err := Repair(context.Background(), dir, fold{1}, (&clock{epoch}).now()); return err },
			"Compact": func() error {
				_, err := Compact(context.Background(), dir, fold{1}, (&clock{epoch}).now(), nil)
				return err
			},
			"Trim": func() error {
				_, err := Trim(context.Background(), dir, fold{1}, TrimOptions{Before: 1 << 60, Archive: filepath.Join(dir, "a.db")}, nil)
				return err
			},
		} {
			if err := do(); code(err) != CodeNewer {
				t.Errorf("%s of format %d: %v", what, version, err)
			}
		}
		if fileSum(t, dir) != before {
			t.Errorf("format %d was changed", version)
		}
		if names, _ := os.ReadDir(dir); len(names) != 1 {
			t.Errorf("left beside it: %v", names)
		}
	}
}
