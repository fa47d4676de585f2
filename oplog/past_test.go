package oplog

import (
	"context"
	"sync"
	"testing"

	bolt "go.etcd.io/bbolt"
	"pgregory.net/rapid"
)

// testLog makes a closed log of n ops, and gives the ops as read back.
func testLog(t testing.TB, n int, o Options) (dir string, ops []Op) {
	t.Helper()
	dir = t.TempDir()
	c := &clock{epoch}
	o.Now = c.now
	l := mustOpen(t, dir, o)
	fillLog(t, l, c, n)
	ops, err := l.Since(0, n+1)
	if err != nil || len(ops) != n {
		t.Fatalf("%d ops, %v", len(ops), err)
	}
	mustClose(t, l)
	return dir, ops
}

// states gives the state after each number of ops, as text.
func states(ops []Op) []string {
	s := fold{}.New()
	out := []string{s.String()}
	for _, o := range ops {
		s = fold{}.Apply(s, o)
		out = append(out, s.String())
	}
	return out
}

func memoSeqs(t testing.TB, dir string) (seqs []uint64) {
	t.Helper()
	raw(t, dir, func(tx *bolt.Tx) {
		cur := tx.Bucket(bucketMemos).Cursor()
		for k, _ := cur.First(); k != nil; k, _ = cur.Next() {
			seqs = append(seqs, unkey(k))
		}
	})
	return seqs
}

// raw opens the file without this package and lets fn change it.
func raw(t testing.TB, dir string, fn func(*bolt.Tx)) {
	t.Helper()
	db, err := bolt.Open(dir+"/"+dbName, 0o600, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Update(func(tx *bolt.Tx) error { fn(tx); return nil }); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestMemoIsReplay(t *testing.T) {
	const n = 4200
	dir, ops := testLog(t, n, Options{})
	if got := memoSeqs(t, dir); len(got) != 4 || got[0] != 1024 || got[3] != 4096 {
		t.Fatalf("memos at %v", got)
	}
	want := states(ops)
	l := mustOpen(t, dir, Options{ReadOnly: true})
	if s, _ := l.Snapshot(); s.String() != want[n] {
		t.Fatal("the opened state is not the replay")
	}
	cut := rapid.OneOf(rapid.Uint64Range(0, n), rapid.Custom(func(t *rapid.T) uint64 {
		return rapid.Uint64Range(1, 4).Draw(t, "memo")*1024 + rapid.Uint64Range(0, 6).Draw(t, "around") - 3
	}))
	rapid.Check(t, func(t *rapid.T) {
		for _, seq := range rapid.SliceOfN(cut, 1, 6).Draw(t, "cuts") {
			i, err := l.AtSeq(seq)
			if err != nil || i.Seq != seq || i.State.String() != want[seq] {
				t.Fatalf("AtSeq(%d): seq %d, %v", seq, i.Seq, err)
			}
			if i.MemoSeq != seq/1024*1024 {
				t.Fatalf("AtSeq(%d) says it came from memo %d", seq, i.MemoSeq)
			}
			jitter := rapid.Int64Range(0, 999).Draw(t, "µs")
			i, err = l.At(epoch + 1000*int64(seq) + jitter)
			if err != nil || i.Seq != seq || i.State.String() != want[seq] || seq > 0 && i.At != ops[seq-1].At {
				t.Fatalf("At(op %d + %d µs): seq %d, %v", seq, jitter, i.Seq, err)
			}
		}
	})
}

func TestSameTimes(t *testing.T) {
	c := &clock{epoch}
	l := mustOpen(t, t.TempDir(), Options{Now: c.now})
	for range 3 {
		c.t = epoch
		fillLog(t, l, &clock{}, 0)
		for range 5 {
			if _, err := l.Append(context.Background(), Draft{Kind: "a"}, Draft{Kind: "b"}); err != nil {
				t.Fatal(err)
			}
		}
	}
	c.t = epoch + 7
	if _, err := l.Append(context.Background(), Draft{Kind: "a"}); err != nil {
		t.Fatal(err)
	}
	for at, want := range map[int64]uint64{epoch - 1: 0, epoch: 30, epoch + 6: 30, epoch + 7: 31, epoch + 1<<40: 31} {
		if i, err := l.At(at); err != nil || i.Seq != want {
			t.Errorf("At(%d): %d, want %d, %v", at-epoch, i.Seq, want, err)
		}
	}
}

func TestGivenStatesAreNotShared(t *testing.T) {
	dir, ops := testLog(t, 3000, Options{})
	want := states(ops)
	l := mustOpen(t, dir, Options{ReadOnly: true})
	var wg sync.WaitGroup
	for g := range uint64(4) {
		wg.Go(func() {
			for seq := 100 + g; seq < 2990; seq += 97 {
				i, err := l.AtSeq(seq)
				if err != nil || i.State.String() != want[seq] {
					t.Errorf("AtSeq(%d): %v", seq, err)
					return
				}
				i.State.n["spoilt"]++ // nobody may do this; nobody else may see it
			}
		})
	}
	wg.Wait()
}

func TestBadMemoFallsBackAndIsRebuilt(t *testing.T) {
	damage := map[string]func(v []byte) []byte{
		"a flipped bit":   func(v []byte) []byte { v[len(v)/2] ^= 4; return v },
		"cut short":       func(v []byte) []byte { return v[:len(v)-5] },
		"empty":           func(v []byte) []byte { return []byte{} },
		"another reducer": func(v []byte) []byte { v = v[:len(v)-32]; v[4] ^= 1; return append(v, memoSum(v)...) },
		"missing":         nil,
	}
	for name, change := range damage {
		t.Run(name, func(t *testing.T) {
			dir, ops := testLog(t, 3500, Options{})
			want := states(ops)
			spoil := func(at uint64) {
				raw(t, dir, func(tx *bolt.Tx) {
					b := tx.Bucket(bucketMemos)
					v := append([]byte{}, b.Get(key(at))...)
					_ = b.Delete(key(at))
					if change != nil {
						_ = b.Put(key(at), change(v))
					}
				})
			}
			spoil(2048)
			spoil(3072)
			ro := mustOpen(t, dir, Options{ReadOnly: true})
			if s, _ := ro.Snapshot(); s.String() != want[3500] {
				t.Fatal("a wrong state")
			}
			if i, err := ro.AtSeq(3100); err != nil || i.MemoSeq != 1024 || i.State.String() != want[3100] {
				t.Fatalf("memo %d, %v", i.MemoSeq, err)
			}
			mustClose(t, ro)
			l := mustOpen(t, dir, Options{})
			if s, _ := l.Snapshot(); s.String() != want[3500] {
				t.Fatal("a wrong state")
			}
			l.healed(t)
			if i, err := l.AtSeq(3100); err != nil || i.MemoSeq != 3072 || i.State.String() != want[3100] {
				t.Fatalf("not rebuilt: memo %d, %v", i.MemoSeq, err)
			}
			if r, err := l.Verify(context.Background(), nil); err != nil || r.Problem != "" || r.Memos != 3 {
				t.Fatalf("%+v %v", r, err)
			}
		})
	}
}

// healed waits until the healer has nothing to do and its memos are durable.
func (l *Log[S]) healed(t testing.TB) {
	t.Helper()
	for range 3 { // the channel's buffer may still hold requests
		done := make(chan struct{})
		l.healWait <- done
		<-done
	}
	// what the healer offered goes with the next commit
	if _, err := l.Append(context.Background(), Draft{Kind: "after_heal"}); err != nil {
		t.Fatal(err)
	}
}

func TestNewReducerVersionRebuildsAll(t *testing.T) {
	dir, ops := testLog(t, 5000, Options{})
	l, err := Open(dir, fold{2}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	l.healed(t)
	want := states(ops)
	for _, seq := range []uint64{1023, 1024, 3333, 4999} {
		if i, err := l.AtSeq(seq); err != nil || i.State.String() != want[seq] || i.MemoSeq != seq/1024*1024 {
			t.Fatalf("AtSeq(%d): memo %d, %v", seq, i.MemoSeq, err)
		}
	}
	if r, err := l.Verify(context.Background(), nil); err != nil || r.Memos != 4 || r.OldMemos != 0 || r.Problem != "" {
		t.Fatalf("%+v %v", r, err)
	}
}

// wide is a projection whose state is far larger than its ops.
type wide struct{ fold }

func (wide) Encode(s *tally) []byte {
	b := make([]byte, 0, 200<<10)
	x := uint64(1)
	for len(b) < 200<<10 {
		x ^= x << 13
		x ^= x >> 7
		x ^= x << 17
		b = append(b, byte(x>>8), byte(x>>24), byte(x>>40), byte(x>>56))
	}
	return append(b, fold{}.Encode(s)...)
}

func (w wide) Decode(b []byte) (*tally, error) { return w.fold.Decode(b[200<<10:]) }

func TestMemosStretch(t *testing.T) {
	dir := t.TempDir()
	c := &clock{epoch}
	l, err := Open(dir, wide{fold{1}}, Options{Now: c.now})
	if err != nil {
		t.Fatal(err)
	}
	for range 36 { // in steps, as memos are made beside the appends
		fillLog(t, l, c, 1024)
	}
	st, err := l.Stats()
	if err != nil {
		t.Fatal(err)
	}
	mustClose(t, l)
	seqs := memoSeqs(t, dir)
	if most := memoFree/(200<<10) + 4; len(seqs) == 0 || len(seqs) > most {
		t.Fatalf("memos at %v for %d op bytes", seqs, st.OpBytes)
	}
	for _, s := range seqs {
		if s%1024 != 0 {
			t.Fatalf("a memo at %d", s)
		}
	}
	if seqs[0] > memoStretch*1024 {
		t.Fatalf("no memo up to %d", seqs[0])
	}
	if st.MemoBytes > memoFree+(400<<10) && st.MemoBytes*100 > st.OpBytes*memoShare {
		t.Fatalf("memos %d bytes, ops %d", st.MemoBytes, st.OpBytes)
	}
	if l, err = Open(dir, wide{fold{1}}, Options{ReadOnly: true}); err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if i, err := l.AtSeq(36000); err != nil || i.Seq != 36000 {
		t.Fatal(err)
	}
}

func TestBudget(t *testing.T) {
	at := func(seq, bytes uint64) pos { return pos{Head: Head{Seq: seq}, bytes: bytes} }
	b := budget{every: 1024}
	tests := []struct {
		name string
		p    pos
		size uint64
		want bool
	}{
		{"paid for", at(1024, 200_000), 32_000, true},
		{"a byte too many", at(1024, 200_000), 32_001, false},
		{"dear, at the longest distance", at(32*1024, 200_000), 1 << 30, true},
		{"dear, just before", at(31*1024, 200_000), 1 << 30, false},
	}
	for _, tt := range tests {
		if got := b.affords(tt.p, tt.size); got != tt.want {
			t.Errorf("%s: %v", tt.name, got)
		}
	}
	young := budget{every: 1024, free: 64_000}
	if !young.affords(at(1024, 100), 64_000) || young.affords(at(1024, 100), 64_001) {
		t.Error("a young log has its memo, up to what is free")
	}
	b.spend(at(1024, 200_000), 32_000)
	if b.affords(at(1024, 200_000), 1) {
		t.Error("two memos at one place")
	}
	if b.affords(at(2048, 300_000), 32_000) || !b.affords(at(2048, 400_000), 32_000) {
		t.Error("the second is not paid by the ops between")
	}
}

// TestAllMemosGoAtOnce drops so many memos in one transaction that they have a branch above their leaves.
func TestAllMemosGoAtOnce(t *testing.T) {
	dir := t.TempDir()
	c := &clock{epoch}
	l, err := Open(dir, trail{1}, Options{Now: c.now, MemoEvery: 64})
	if err != nil {
		t.Fatal(err)
	}
	for range 40 {
		batch := make([]Draft, 64)
		for i := range batch {
			batch[i] = Draft{Kind: "a"}
		}
		if _, err := l.Append(context.Background(), batch...); err != nil {
			t.Fatal(err)
		}
		settleMemos(l)
	}
	before, err := l.Stats()
	if err != nil || before.Memos < 30 {
		t.Fatalf("%+v, %v", before, err)
	}
	mustClose(t, l)
	if l, err = Open(dir, trail{2}, Options{Now: c.now, MemoEvery: 64}); err != nil { // none of them is of this version
		t.Fatal(err)
	}
	settleMemos(l)
	if after, err := l.Stats(); err != nil || after.Memos != before.Memos || after.LastMemo != before.LastMemo || after.MemoBytes != before.MemoBytes {
		t.Errorf("%+v, %v, before %+v", after, err, before)
	}
	if r, err := l.Verify(context.Background(), nil); err != nil || r.Problem != "" || r.Memos != before.Memos {
		t.Errorf("%+v, %v", r, err)
	}
	mustClose(t, l)
}
