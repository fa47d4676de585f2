package oplog

import (
	"context"
	"testing"
)

// Memos of another version are taken away in one transaction. Where they fill several pages it empties every leaf of their
// bucket, in which bbolt's Cursor.Last would turn for ever, with the log's one writer waiting behind it.
func TestAllMemosGoAtOnce(t *testing.T) {
	dir, ops := testLog(t, 4096, Options{MemoEvery: 8})
	l, err := Open(dir, fold{2}, Options{MemoEvery: 8}) // which makes one at every place
	if err != nil {
		t.Fatal(err)
	}
	l.healed(t)
	mustClose(t, l)
	if n := len(memoSeqs(t, dir)); n < 300 {
		t.Fatalf("only %d memos", n)
	}
	if l, err = Open(dir, fold{3}, Options{MemoEvery: 8}); err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	l.healed(t)
	want := states(ops)
	for _, seq := range []uint64{8, 2047, 4095} {
		if i, err := l.AtSeq(seq); err != nil || i.State.String() != want[seq] {
			t.Fatalf("AtSeq(%d): %v", seq, err)
		}
	}
	if r, err := l.Verify(context.Background(), nil); err != nil || r.OldMemos != 0 || r.Problem != "" {
		t.Fatalf("%+v %v", r, err)
	}
}
