package oplog

import (
	"math"
	"sync/atomic"
	"testing"

	bolt "go.etcd.io/bbolt"
)

// counting is fold, and counts the ops that it is given.
type counting struct {
	fold
	ops *atomic.Int64
}

func (c counting) Apply(s *tally, o Op) *tally { c.ops.Add(1); return c.fold.Apply(s, o) }

// TestAHeldStateIsNearerThanMemosOfNoUse seeks in a log whose memos are all of an older reducer: what is held must serve,
// and not the beginning of the log for the sake of a memo that cannot be used.
func TestAHeldStateIsNearerThanMemosOfNoUse(t *testing.T) {
	const n = 3 * block
	dir, ops := testLog(t, n, Options{MemoEvery: 64})
	want := states(ops)
	p := counting{fold{2}, new(atomic.Int64)}
	l, err := Open(dir, p, Options{ReadOnly: true, MemoEvery: 64})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	for i, seq := range []uint64{2500, 2600, 2650} {
		p.ops.Store(0)
		at, err := l.AtSeq(seq)
		if err != nil || at.State.String() != want[seq] {
			t.Fatalf("op %d: %v, %v", seq, at.State, err)
		}
		if got := p.ops.Load(); i > 0 && got > 100 {
			t.Fatalf("%d ops were replayed for op %d, which is 100 after the one before", got, seq)
		}
		if at.MemoSeq != 0 {
			t.Fatalf("op %d is said to be reached from memo %d", seq, at.MemoSeq)
		}
	}
}

// TestHealedMemosAreCountedOnce: those that are taken away count no longer.
func TestHealedMemosAreCountedOnce(t *testing.T) {
	dir, _ := testLog(t, 2*block, Options{MemoEvery: 64})
	l, err := Open(dir, fold{2}, Options{MemoEvery: 64})
	if err != nil {
		t.Fatal(err)
	}
	l.healed(t)
	l.mu.Lock()
	counted := l.live.total
	l.mu.Unlock()
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	var there uint64
	raw(t, dir, func(tx *bolt.Tx) { there = readTotals(tx).bytes })
	if counted != there || there == 0 {
		t.Fatalf("the budget counts %d bytes of memos, there are %d", counted, there)
	}
}

// TestIndexedAfterTheLastSeq asks for what comes after any number.
func TestIndexedAfterTheLastSeq(t *testing.T) {
	dir, ops := testLog(t, 200, Options{})
	l := mustOpen(t, dir, Options{ReadOnly: true})
	defer mustClose(t, l)
	for _, o := range ops {
		for _, name := range o.Index {
			for _, after := range []uint64{math.MaxUint64, math.MaxUint64 - 1, 200} {
				if got, err := l.IndexedAfter(name, after, 10); err != nil || len(got) != 0 {
					t.Fatalf("after %d: %d ops, %v", after, len(got), err)
				}
				if got, err := l.IndexedBack(name, after, 0, 10); err != nil || len(got) != 0 {
					t.Fatalf("back to %d: %d ops, %v", after, len(got), err)
				}
			}
		}
	}
}
