package oplog

import (
	"bytes"
	"context"
	"errors"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"

	bolt "go.etcd.io/bbolt"
)

// setOp writes a stored value behind the package's back.
func setOp(t testing.TB, dir string, seq uint64, v []byte) {
	raw(t, dir, func(tx *bolt.Tx) {
		if err := tx.Bucket(bucketOps).Put(key(seq), v); err != nil {
			t.Fatal(err)
		}
	})
}

func TestEveryFlippedByteIsFound(t *testing.T) {
	dir, ops := testLog(t, 6, Options{})
	var vals [][]byte
	raw(t, dir, func(tx *bolt.Tx) {
		for _, o := range ops {
			vals = append(vals, bytes.Clone(tx.Bucket(bucketOps).Get(key(o.Seq))))
		}
	})
	for i, v := range vals {
		seq := uint64(i + 1)
		for j := range v {
			bad := bytes.Clone(v)
			bad[j] ^= 1 << (j % 8)
			setOp(t, dir, seq, bad)
			r, err := VerifyDir(context.Background(), dir, fold{1}, nil)
			if err != nil || r.FirstBad != seq || r.Problem == "" || r.Ops > seq-1 {
				t.Fatalf("op %d, byte %d: %+v, %v", seq, j, r, err)
			}
			var e *Error
			if _, err := Open(dir, fold{1}, Options{ReadOnly: true}); code(err) != CodeDamaged || !errors.As(err, &e) || e.Seq != seq {
				t.Fatalf("op %d, byte %d: opened: %v", seq, j, err)
			}
		}
		setOp(t, dir, seq, v)
	}
	if r, err := VerifyDir(context.Background(), dir, fold{1}, nil); err != nil || r.Err() != nil || r.Ops != 6 {
		t.Fatalf("%+v %v", r, err)
	}
}

func TestMissingAndSwappedOps(t *testing.T) {
	dir, _ := testLog(t, 10, Options{})
	var v4, v5 []byte
	raw(t, dir, func(tx *bolt.Tx) {
		v4, v5 = bytes.Clone(tx.Bucket(bucketOps).Get(key(4))), bytes.Clone(tx.Bucket(bucketOps).Get(key(5)))
		_ = tx.Bucket(bucketOps).Delete(key(4))
	})
	if r, _ := VerifyDir(context.Background(), dir, fold{1}, nil); r.FirstBad != 4 {
		t.Fatalf("%+v", r)
	}
	setOp(t, dir, 4, v5)
	setOp(t, dir, 5, v4)
	if r, _ := VerifyDir(context.Background(), dir, fold{1}, nil); r.FirstBad != 4 {
		t.Fatalf("%+v", r)
	}
}

func TestDamageBehindTheMemoIsNeverServed(t *testing.T) {
	dir, ops := testLog(t, 3000, Options{})
	raw(t, dir, func(tx *bolt.Tx) {
		b := tx.Bucket(bucketOps)
		v := bytes.Clone(b.Get(key(1500)))
		v[len(v)-1] ^= 1
		_ = b.Put(key(1500), v)
	})
	l := mustOpen(t, dir, Options{ReadOnly: true}) // the newest memo is at 2048: the state is right
	if s, _ := l.Snapshot(); s.String() != folded(ops).String() {
		t.Fatal("a wrong state")
	}
	if got, err := l.Since(1490, 5); err != nil || len(got) != 5 {
		t.Fatalf("good ops before the damage are not read: %v", err)
	}
	want := func(what string, err error) {
		t.Helper()
		var e *Error
		if !errors.As(err, &e) || e.Code != CodeDamaged || e.Seq != 1500 {
			t.Errorf("%s: %v", what, err)
		}
	}
	_, err := l.Since(1490, 50)
	want("Since", err)
	_, err = l.Since(1600, 5)
	want("Since behind it, in the same block", err)
	_, err = l.AtSeq(1700)
	want("AtSeq", err)
	_, err = l.AtSeq(2047)
	want("AtSeq of nearly the whole block", err)
	_, err = l.At(ops[1499].At)
	want("At", err)
	if i, err := l.AtSeq(1400); err != nil || i.State.String() != folded(ops[:1400]).String() {
		t.Error("AtSeq before the damage", err)
	}
	if i, err := l.AtSeq(2100); err != nil || i.State.String() != folded(ops[:2100]).String() {
		t.Error("AtSeq after the memo", err)
	}
	if r, err := l.Verify(context.Background(), nil); err != nil || r.FirstBad != 1500 || r.Ops != 1499 || code(r.Err()) != CodeDamaged {
		t.Errorf("%+v %v", r, err)
	}
}

func TestDamagedMarksOnlyCostTime(t *testing.T) {
	dir, ops := testLog(t, 3000, Options{})
	raw(t, dir, func(tx *bolt.Tx) {
		b := tx.Bucket(bucketMarks)
		v := bytes.Clone(b.Get(key(1024)))
		v[30] ^= 1
		_ = b.Put(key(1024), v)
		_ = b.Delete(key(2048))
	})
	l := mustOpen(t, dir, Options{})
	got, err := l.Since(2900, 10)
	if err != nil || len(got) != 10 || got[0].Seq != 2901 {
		t.Fatal(got, err)
	}
	if i, err := l.At(ops[2500].At); err != nil || i.State.String() != folded(ops[:2501]).String() {
		t.Fatal(err)
	}
	if r, err := l.Verify(context.Background(), nil); err != nil || r.BadMarks != 2 || r.FirstBad != 0 || r.Problem == "" {
		t.Fatalf("%+v %v", r, err)
	}
}

func TestIndexRotIsNotServed(t *testing.T) {
	dir, _ := testLog(t, 100, Options{})
	raw(t, dir, func(tx *bolt.Tx) {
		if err := tx.Bucket(bucketIndex).Put(indexKey("job:j-0", 3), nil); err != nil {
			t.Fatal(err)
		}
	})
	l := mustOpen(t, dir, Options{})
	if _, err := l.Indexed("job:j-0", 10); code(err) != CodeDamaged {
		t.Fatal(err)
	}
	if r, err := l.Verify(context.Background(), nil); err != nil || r.Problem == "" {
		t.Fatalf("%+v %v", r, err)
	}
}

// TestBrokenFile injects what disks do, into any page, and asks only this: an error that says so, or the truth.
func TestBrokenFile(t *testing.T) {
	dir, ops := testLog(t, 2100, Options{})
	path := filepath.Join(dir, dbName)
	good, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	text := folded(ops).String()
	rng := rand.New(rand.NewPCG(1, 2))
	kinds := map[string]func(b []byte) []byte{
		"a bit": func(b []byte) []byte { b[rng.IntN(len(b))] ^= 1 << rng.IntN(8); return b },
		"head bit": func(b []byte) []byte {
			b[rng.IntN(len(b)/pageSize)*pageSize+rng.IntN(64)] ^= 1 << rng.IntN(8)
			return b
		},
		"512 zeros": func(b []byte) []byte { clear(b[rng.IntN(len(b)/512)*512:][:512]); return b },
		"half page": func(b []byte) []byte {
			p := rng.IntN(len(b) / pageSize)
			copy(b[p*pageSize+pageSize/2:][:pageSize/2], b[rng.IntN(len(b)/pageSize)*pageSize+pageSize/2:])
			return b
		},
		"page swap": func(b []byte) []byte {
			p, q := rng.IntN(len(b)/pageSize), rng.IntN(len(b)/pageSize)
			copy(b[p*pageSize:][:pageSize], b[q*pageSize:][:pageSize])
			return b
		},
		"cut short": func(b []byte) []byte { return b[:rng.IntN(len(b))] },
	}
	at := t.TempDir()
	found := 0
	for _, name := range slices.Sorted(maps.Keys(kinds)) { // in order, so that a failure comes again
		change := kinds[name]
		for range 40 {
			if err := os.WriteFile(filepath.Join(at, dbName), change(bytes.Clone(good)), 0o600); err != nil {
				t.Fatal(err)
			}
			l, err := Open(at, fold{1}, Options{ReadOnly: true})
			if err != nil {
				if c := code(err); c != CodeDamaged && c != CodeNewer && c != CodeIO {
					t.Fatalf("%s: %v", name, err)
				}
				found++
				continue
			}
			if s, h := l.Snapshot(); s.String() != text && !prefixOf(ops, s, h) {
				t.Errorf("%s: a wrong state at %d", name, h.Seq)
			}
			got, err := l.Since(0, 1<<20)
			for i, o := range got {
				if string(o.Body) != string(ops[i].Body) || o.At != ops[i].At {
					t.Errorf("%s: a wrong op %d", name, o.Seq)
				}
			}
			if err != nil {
				found++
			}
			_, _ = l.Indexed("run:r-1", 100)
			if i, err := l.AtSeq(min(1500, l.Head().Seq)); err == nil && i.State.String() != folded(ops[:i.Seq]).String() {
				t.Errorf("%s: a wrong past", name)
			}
			if _, err := l.Verify(context.Background(), nil); err != nil {
				t.Errorf("%s: Verify: %v", name, err)
			}
			mustClose(t, l)
		}
	}
	t.Logf("%d of %d injections touched what was read", found, 40*len(kinds))
	if found < 40 {
		t.Error("the injections miss the log")
	}
}

// prefixOf accepts an older durable state: bbolt goes back one commit when the newest meta page is bad.
func prefixOf(ops []Op, s *tally, h Head) bool {
	return h.Seq <= uint64(len(ops)) && s.String() == folded(ops[:h.Seq]).String()
}

func TestNewerFormat(t *testing.T) {
	dir, _ := testLog(t, 3, Options{})
	raw(t, dir, func(tx *bolt.Tx) { _ = tx.Bucket(bucketMeta).Put(keyFormat, []byte{0, 0, 0, 9}) })
	if _, err := Open(dir, fold{1}, Options{}); code(err) != CodeNewer {
		t.Fatal(err)
	}
}
