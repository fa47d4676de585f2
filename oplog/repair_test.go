package oplog

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"sync/atomic"
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

// backups is how many TestBackupUnderLoadIsALog takes; VOXMESH_OPLOG_BACKUPS says another number.
const backups = 5

// Each backup that is taken while 8 writers append is restored, opened, verified, and is a prefix of the log: of all that
// was acknowledged before it began, nothing is missing.
func TestBackupUnderLoadIsALog(t *testing.T) {
	n := backups
	if v, err := strconv.Atoi(os.Getenv("VOXMESH_OPLOG_BACKUPS")); err == nil {
		n = v
	}
	for _, trimmed := range []bool{false, true} {
		t.Run(fmt.Sprintf("trimmed %v", trimmed), func(t *testing.T) {
			dir := t.TempDir()
			if trimmed {
				dir, _ = trimmedLog(t)
			}
			backUp(t, mustOpen(t, dir, Options{}), n)
		})
	}
}

func backUp(t *testing.T, l *Log[*tally], n int) {
	base := l.Base()
	fillLog(t, l, &clock{epoch}, 1500)
	stop := make(chan struct{})
	var writers sync.WaitGroup
	var acked atomic.Uint64
	for w := range 8 {
		writers.Go(func() {
			for i := w; ; i += 8 {
				select {
				case <-stop:
					return
				default:
				}
				ops, err := l.Append(context.Background(), draft(i), draft(i+1))
				if err != nil {
					t.Error(err)
					return
				}
				for was := acked.Load(); was < ops[1].Seq && !acked.CompareAndSwap(was, ops[1].Seq); was = acked.Load() {
				}
			}
		})
	}
	defer func() { close(stop); writers.Wait() }()
	for range n {
		least := acked.Load()
		dir := t.TempDir()
		f, err := os.Create(filepath.Join(dir, dbName))
		if err != nil {
			t.Fatal(err)
		}
		size, err := l.Backup(f)
		if cerr := f.Close(); err != nil || cerr != nil {
			t.Fatal(err, cerr)
		}
		if st, err := os.Stat(f.Name()); err != nil || st.Size() != size {
			t.Fatalf("%d bytes were said, %v, %v", size, st.Size(), err)
		}
		restored(t, l, dir, base, least)
	}
	t.Logf("%d backups of a log of %d ops", n, l.Head().Seq)
}

// restored verifies a backup, opens it for writing, and compares it with the log that it is of.
func restored(t *testing.T, l *Log[*tally], dir string, base Head, least uint64) {
	t.Helper()
	r, err := VerifyDir(context.Background(), dir, fold{1}, nil)
	if err != nil || r.Problem != "" || r.Head.Seq < least || r.Base != base.Seq {
		t.Fatalf("%+v %v, at least %d ops", r, err, least)
	}
	b := mustOpen(t, dir, Options{})
	defer mustClose(t, b)
	s, head := b.Snapshot()
	if head != r.Head || b.Base() != base {
		t.Fatalf("opened at %+v, verified %+v", head, r.Head)
	}
	// It may end with a commit that was on the disk and not published yet: one more append to the log, and it is.
	if _, err := l.Append(context.Background(), draft(2)); err != nil {
		t.Fatal(err)
	}
	then, err := l.AtSeq(head.Seq)
	if err != nil || then.At != head.At || then.State.String() != s.String() {
		t.Fatalf("the state of the backup at op %d is another one: %v", head.Seq, err)
	}
	if p, err := l.s.posAt(head.Seq); err != nil || p.Head != head {
		t.Fatalf("the backup is no prefix: %+v, %+v, %v", p.Head, head, err)
	}
	ops, err := b.Append(context.Background(), Draft{Kind: "restored"})
	if err != nil || ops[0].Seq != head.Seq+1 {
		t.Fatal(ops, err)
	}
}
