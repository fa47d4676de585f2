package oplog

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"testing"

	bolt "go.etcd.io/bbolt"
)

func TestRepairKeepsWhatIsGood(t *testing.T) {
	flip := func(seq uint64) func(*bolt.Tx) {
		return func(tx *bolt.Tx) {
			b := tx.Bucket(bucketOps)
			v := bytes.Clone(b.Get(key(seq)))
			v[len(v)-1] ^= 1
			_ = b.Put(key(seq), v)
		}
	}
	tests := []struct {
		name   string
		damage func(*bolt.Tx)
		kept   int
	}{
		{"a flipped bit", flip(1500), 1499},
		{"the first op", flip(1), 0},
		{"the last op", flip(2100), 2099},
		{"a missing op", func(tx *bolt.Tx) { _ = tx.Bucket(bucketOps).Delete(key(1030)) }, 1029},
		{"a lost mark", func(tx *bolt.Tx) { _ = tx.Bucket(bucketMarks).Delete(key(1024)) }, 2100},
		{"lost times", func(tx *bolt.Tx) { _ = tx.Bucket(bucketTimes).Delete(key(1024)) }, 2100},
		{"other times", func(tx *bolt.Tx) { _ = tx.Bucket(bucketTimes).Put(key(1024), encodeTimes(1024, make([]int64, block))) }, 2100},
		{"a foreign index entry", func(tx *bolt.Tx) { _ = tx.Bucket(bucketIndex).Put(indexKey("x", 7), nil) }, 2100},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dir, ops := testLog(t, 2100, Options{})
			raw(t, dir, tt.damage)
			before, _ := os.ReadFile(filepath.Join(dir, dbName))
			c := &clock{epoch}
			r, err := Repair(context.Background(), dir, fold{1}, c.now())
			if err != nil || r.Kept != uint64(tt.kept) || r.Kept+r.Lost != 2100 {
				t.Fatalf("%+v %v", r, err)
			}
			if aside, err := os.ReadFile(r.Aside); err != nil || !bytes.Equal(aside, before) {
				t.Fatal("the damaged file was not kept as it was", err)
			}
			l := mustOpen(t, dir, Options{})
			if s, h := l.Snapshot(); h.Seq != r.Kept || s.String() != folded(ops[:tt.kept]).String() {
				t.Fatalf("head %d", h.Seq)
			}
			if _, err := l.Append(context.Background(), Draft{Kind: "after"}); err != nil {
				t.Fatal(err)
			}
			if r, err := l.Verify(context.Background(), nil); err != nil || r.Problem != "" {
				t.Fatalf("%+v %v", r, err)
			}
		})
	}
	dir, _ := testLog(t, 5, Options{})
	if r, err := Repair(context.Background(), dir, fold{1}, (&clock{epoch}).now()); err != nil || r.Aside != "" || r.Kept != 5 {
		t.Fatalf("a sound log was touched: %+v %v", r, err)
	}
}

func TestBackupUnderLoadIsALog(t *testing.T) {
	c := &clock{epoch}
	l := mustOpen(t, t.TempDir(), Options{})
	stop, ended := make(chan struct{}), make(chan struct{})
	fillLog(t, l, c, 1500)
	go func() {
		defer close(ended)
		for {
			select {
			case <-stop:
				return
			default:
				if _, err := l.Append(context.Background(), draft(1)); err != nil {
					t.Error(err)
					return
				}
			}
		}
	}()
	for range 5 {
		least := l.Head().Seq
		dir := t.TempDir()
		f, err := os.Create(filepath.Join(dir, dbName))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := l.Backup(f); err != nil {
			t.Fatal(err)
		}
		_ = f.Close()
		r, err := VerifyDir(context.Background(), dir, fold{1}, nil)
		if err != nil || r.Problem != "" || r.Ops < least {
			t.Fatalf("%+v %v, at least %d ops", r, err, least)
		}
		// The copy may end with a commit that was on the disk and not published yet: one more append, and it is.
		if _, err := l.Append(context.Background(), draft(2)); err != nil {
			t.Fatal(err)
		}
		at, err := l.Since(r.Ops-1, 1)
		if err != nil || len(at) != 1 {
			t.Fatal(err)
		}
	}
	close(stop)
	<-ended
}
