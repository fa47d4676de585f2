package oplog

import (
	"context"
	"io/fs"
	"math"
	"math/rand/v2"
	"slices"
	"sync/atomic"
	"syscall"
	"testing"

	bolt "go.etcd.io/bbolt"
	"pgregory.net/rapid"
)

// drawnLog appends ops at the times of a clock that does anything, in commits of any size, reopening now and then, and
// gives the times that they were given.
func drawnLog(t *rapid.T, tb testing.TB, dir string) []int64 {
	dice := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "dice"), 1))
	c := &clock{epoch}
	open := func() *Log[uint64] {
		l, err := Open(dir, bare{}, Options{Now: c.now})
		if err != nil {
			t.Fatalf("%v", err)
		}
		return l
	}
	l := open()
	defer func() { _ = l.Close() }()
	var times []int64
	jumps := []int64{0, 0, 1, 1_000, 70_000, 5_000_000, 3_600_000_000, -3_600_000_000, -5, 40_000_000_000_000}
	n := rapid.SampledFrom([]int{0, 1, 1023, 1024, 1025, 2048, 3000, 6200}).Draw(t, "ops")
	for len(times) < n {
		if dice.IntN(40) == 0 { // the clock stands still for a few blocks
			times = drawnOps(t, l, times, min(n-len(times), dice.IntN(3000)))
		}
		c.t += jumps[dice.IntN(len(jumps))]
		times = drawnOps(t, l, times, min(n-len(times), 1+dice.IntN(1<<dice.IntN(8))))
		if dice.IntN(30) == 0 {
			mustClose(tb, l)
			l = open()
		}
	}
	mustClose(tb, l)
	return times
}

func drawnOps(t *rapid.T, l *Log[uint64], times []int64, n int) []int64 {
	ds := make([]Draft, n)
	for i := range ds {
		ds[i].Kind = "a"
	}
	p, err := l.Do(func(uint64) ([]Draft, error) { return ds, nil })
	if err == nil && n%3 == 0 {
		err = p.Wait(context.Background())
	}
	if err != nil {
		t.Fatalf("%v", err)
	}
	for _, o := range p.Ops() {
		times = append(times, o.At)
	}
	return times
}

// spoil does damage that the axis of time must not notice: of its own blocks and of marks.
func spoil(t *rapid.T, tb testing.TB, dir string, n int) {
	raw(tb, dir, func(tx *bolt.Tx) {
		for end := uint64(block); end <= uint64(n); end += block {
			b, marks := tx.Bucket(bucketTimes), tx.Bucket(bucketMarks)
			v := slices.Clone(b.Get(key(end)))
			switch rapid.IntRange(0, 7).Draw(t, "damage") {
			case 0:
				_ = b.Delete(key(end))
			case 1:
				v[rapid.IntRange(0, len(v)-1).Draw(t, "byte")] ^= byte(1 << rapid.IntRange(0, 7).Draw(t, "bit"))
				_ = b.Put(key(end), v)
			case 2:
				_ = b.Put(key(end), v[:len(v)/2])
			case 3:
				_ = b.Put(key(end), b.Get(key(block)))
			case 4:
				_ = marks.Delete(key(end))
			}
		}
	})
}

func TestTimeAxisIsACountOfTimes(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		dir := t.TempDir()
		times := drawnLog(rt, t, dir)
		file := rapid.SampledFrom([]string{"whole", "spoilt", "of the first format", "upgraded", "trimmed"}).Draw(rt, "file")
		base := uint64(0)
		switch file {
		case "spoilt":
			spoil(rt, t, dir, len(times))
		case "trimmed":
			o := TrimOptions{Before: math.MaxInt64, KeepFrom: rapid.Uint64Range(1, 7000).Draw(rt, "keep"), Archive: dir + "/archive.db"}
			r, err := Trim(context.Background(), dir, bare{}, o, nil)
			if err != nil || r.Base > o.KeepFrom {
				rt.Fatalf("%+v, %v", r, err)
			}
			base = r.Base
		case "of the first format", "upgraded":
			raw(t, dir, ofFormat1)
		}
		l, err := Open(dir, bare{}, Options{ReadOnly: file != "upgraded"})
		if err != nil {
			rt.Fatalf("%v", err)
		}
		defer func() { _ = l.Close() }()
		checkAxis(rt, l, times, base)
		if file != "spoilt" {
			if r, err := l.Verify(context.Background(), nil); err != nil || r.Problem != "" || r.BadTimes > 0 {
				rt.Fatalf("%+v, %v", r, err)
			}
		}
	})
}

// ofFormat1 makes of a log one that was written before there were times.
func ofFormat1(tx *bolt.Tx) {
	for _, name := range bucketsOf2 {
		_ = tx.DeleteBucket(name)
	}
	_ = tx.Bucket(bucketMeta).Put(keyFormat, []byte{0, 0, 0, 1})
	for _, k := range [][]byte{keyHead, keySum, keyNamed} {
		_ = tx.Bucket(bucketMeta).Delete(k)
	}
}

// checkAxis compares all questions about time with a search through all times. Those up to base were trimmed.
func checkAxis(t *rapid.T, l *Log[uint64], times []int64, base uint64) {
	upTo := func(at int64) uint64 { return max(uint64(len(times))-uint64(countAfter(times, at)), base) }
	some := rapid.OneOf(rapid.SampledFrom([]int64{math.MinInt64, -1, 0, 1, epoch, math.MaxInt64}), rapid.Int64Range(epoch-10, epoch+100_000_000))
	if len(times) > 0 {
		some = rapid.OneOf(some, rapid.Custom(func(t *rapid.T) int64 {
			return rapid.SampledFrom(times).Draw(t, "at") + rapid.Int64Range(-1, 1).Draw(t, "off")
		}))
	}
	asked := rapid.SliceOfN(some, 1, 60).Draw(t, "asked")
	same := func(what string, at any, e Event, ok bool, err error, want uint64) {
		if want <= base {
			want = 0
		}
		if err != nil || ok != (want > 0) || ok && (e.Seq != want || e.At != times[want-1]) || !ok && e != (Event{}) {
			t.Fatalf("%s %v: %+v, %v, %v; want op %d", what, at, e, ok, err, want)
		}
	}
	n := uint64(len(times))
	for _, at := range asked {
		e, ok, err := l.NextTime(at)
		same("after", at, e, ok, err, (upTo(at)+1)%(n+1))
		e, ok, err = l.PrevTime(at)
		want := uint64(0)
		if at > math.MinInt64 {
			want = upTo(at - 1)
		}
		same("before", at, e, ok, err, want)
		if i, err := l.At(at); base > 0 && at < times[base-1] {
			if code(err) != CodeTrimmed {
				t.Fatalf("at %d, before the base: %v", at, err)
			}
		} else if err != nil || i.Seq != upTo(at) {
			t.Fatalf("at %d: op %d, %v; want %d", at, i.Seq, err, upTo(at))
		}
	}
	slices.Sort(asked)
	seqs, err := l.SeqsAt(asked)
	for i, at := range asked {
		if err != nil || seqs[i] != upTo(at) {
			t.Fatalf("at %d: %v, %v; want %d", at, seqs, err, upTo(at))
		}
	}
	for _, seq := range rapid.SliceOfN(rapid.OneOf(rapid.Uint64Range(0, n+2), rapid.SampledFrom([]uint64{0, 1023, 1024, 1025, base, n, math.MaxUint64})), 1, 40).Draw(t, "seqs") {
		e, ok, err := l.Next(seq)
		want := uint64(0)
		if seq < n {
			want = (max(seq, base) + 1) % (n + 1)
		}
		same("next of", seq, e, ok, err, want)
		e, ok, err = l.Prev(seq)
		same("previous of", seq, e, ok, err, min(seq-min(seq, 1), n))
	}
	at, ok, err := l.Began()
	if err != nil || ok != (n > base) || ok && at != times[base] {
		t.Fatalf("began at %d, %v, %v", at, ok, err)
	}
}

// countAfter is the oracle: how many times are after at.
func countAfter(times []int64, at int64) (n int) {
	for _, t := range times {
		if t > at {
			n++
		}
	}
	return n
}

// Whoever asks while ops are appended is told of a log that there was.
func TestTimeAxisWhileAppending(t *testing.T) {
	dir := t.TempDir()
	c := &clock{epoch}
	l, err := Open(dir, bare{}, Options{Now: c.now})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	const commits, each = 60, 100
	stop := make(chan struct{})
	failed := make(chan string, 4)
	for w := range 3 {
		go func() {
			dice := rand.New(rand.NewPCG(uint64(w), 2))
			for {
				select {
				case <-stop:
					failed <- ""
					return
				default:
				}
				// Commit k has the ops 100k+1 to 100k+100, at epoch+k.
				head := l.Head()
				k := dice.Int64N(commits)
				seqs, err := l.SeqsAt([]int64{epoch + k - 1, epoch + k})
				past := uint64(k) * each
				switch {
				case err != nil:
					failed <- err.Error()
					return
				case head.Seq >= past+each && (seqs[0] != past || seqs[1] != past+each), seqs[0] > past, seqs[1] > past+each:
					failed <- "a wrong count"
					return
				}
				e, ok, err := l.Prev(math.MaxUint64)
				if err != nil || ok && (e.Seq < head.Seq || e.At != epoch+int64(e.Seq-1)/each) || !ok && head.Seq > 0 {
					failed <- "a wrong last op"
					return
				}
				e, ok, err = l.NextTime(epoch + k)
				if err != nil || ok && (e.Seq != past+each+1 || e.At != epoch+k+1) || !ok && head.Seq > past+each {
					failed <- "a wrong next op"
					return
				}
			}
		}()
	}
	ds := make([]Draft, each)
	for i := range ds {
		ds[i].Kind = "a"
	}
	for range commits {
		if _, err := l.Append(context.Background(), ds...); err != nil {
			t.Fatal(err)
		}
		c.t++
	}
	close(stop)
	for range 3 {
		if why := <-failed; why != "" {
			t.Error(why)
		}
	}
}

// A commit that failed leaves no times.
func TestTimesAfterAFailedCommit(t *testing.T) {
	dir := t.TempDir()
	c := &clock{epoch}
	var fail atomic.Pointer[fs.PathError]
	full := &fs.PathError{Op: "write", Path: "oplog.db", Err: syscall.ENOSPC}
	o := Options{Now: c.now, failCommit: func() error {
		if err := fail.Load(); err != nil {
			return err
		}
		return nil
	}}
	l, err := Open(dir, bare{}, o)
	if err != nil {
		t.Fatal(err)
	}
	ds := make([]Draft, 1000)
	for i := range ds {
		ds[i].Kind = "a"
	}
	var times []int64
	for i := range 12 {
		c.t += 1000
		fail.Store(nil)
		if i%3 == 1 {
			fail.Store(full)
		}
		ops, err := l.Append(context.Background(), ds...)
		if (err != nil) != (i%3 == 1) {
			t.Fatal(err)
		}
		for _, o := range ops {
			times = append(times, o.At)
		}
	}
	fail.Store(nil)
	check := func() {
		t.Helper()
		rapid.Check(t, func(t *rapid.T) { checkAxis(t, l, times, 0) })
	}
	check()
	mustClose(t, l)
	if l, err = Open(dir, bare{}, Options{}); err != nil {
		t.Fatal(err)
	}
	check()
	mustClose(t, l)
	raw(t, dir, func(tx *bolt.Tx) {
		if n := tx.Bucket(bucketTimes).Stats().KeyN; n != 7 {
			t.Errorf("%d blocks of times, want 7", n)
		}
	})
}
