package oplog

import (
	"context"
	"flag"
	"math/rand/v2"
	"path/filepath"
	"testing"
	"time"

	bolt "go.etcd.io/bbolt"
)

var timeOps = flag.Int("timeops", 1_000_000, "ops in the log of BenchmarkTime")

// byHeads is the search that there was before blocks of times: marks, then heads of ops. It is the peer.
type byHeads struct{ marks, ops *bolt.Bucket }

func (h byHeads) at(seq uint64) (int64, error) {
	if seq%block == 0 {
		if p, ok := decodeMark(seq, h.marks.Get(key(seq))); ok {
			return p.At, nil
		}
	}
	v := h.ops.Get(key(seq))
	if len(v) <= prefixLen {
		return 0, damaged(seq, "it is missing")
	}
	_, _, at, _, err := decodeHead(v[prefixLen:])
	return at, err
}

func (h byHeads) upTo(t int64, lo, hi uint64) (uint64, error) {
	search := func(lo, hi, step uint64) (uint64, error) {
		for hi-lo > 1 {
			mid := lo + (hi-lo)/2
			at, err := h.at(mid * step)
			if err != nil {
				return 0, err
			}
			if at <= t {
				lo = mid
			} else {
				hi = mid
			}
		}
		return lo, nil
	}
	b, err := search(lo/block, (hi+block-1)/block, block)
	if err != nil {
		return 0, err
	}
	return search(max(lo, b*block), min(hi, b*block+block), 1)
}

func (h byHeads) spread(times []int64, out []uint64, lo, hi uint64) error {
	for len(times) > 0 {
		if hi-lo == 1 {
			for i := range out {
				out[i] = lo
			}
			return nil
		}
		m := len(times) / 2
		seq, err := h.upTo(times[m], lo, hi)
		if err != nil {
			return err
		}
		out[m] = seq
		if err := h.spread(times[:m], out[:m], lo, seq+1); err != nil {
			return err
		}
		times, out, lo = times[m+1:], out[m+1:], seq
	}
	return nil
}

func (h byHeads) seqsAt(s *store, times []int64, head uint64) ([]uint64, error) {
	out := make([]uint64, len(times))
	err := s.view(func(tx *bolt.Tx) error {
		h.marks, h.ops = tx.Bucket(bucketMarks), tx.Bucket(bucketOps)
		return h.spread(times, out, 0, head+1)
	})
	return out, err
}

func (h byHeads) next(s *store, seq uint64) (e Event, err error) {
	err = s.view(func(tx *bolt.Tx) error {
		h.marks, h.ops = tx.Bucket(bucketMarks), tx.Bucket(bucketOps)
		e.Seq = seq + 1
		e.At, err = h.at(e.Seq)
		return err
	})
	return e, err
}

// timeLog makes a log of n ops of about 200 bytes: about 20 a second, at random, one to three by each command.
func timeLog(tb testing.TB, n int) (dir string, end int64) {
	tb.Helper()
	dir = tb.TempDir()
	dice := rand.New(rand.NewPCG(1, 2))
	c := &clock{epoch}
	l, err := Open(dir, bare{}, Options{Now: c.now})
	if err != nil {
		tb.Fatal(err)
	}
	body := make([]byte, 170)
	var last *Pending
	for i := 0; i < n; {
		c.t += int64(dice.ExpFloat64() * 100_000)
		ds := make([]Draft, 1+dice.IntN(3))
		for k := range ds {
			ds[k] = Draft{Kind: "job_ended", Actor: "node:n1", Body: body}
		}
		if last, err = l.Do(func(uint64) ([]Draft, error) { return ds, nil }); err != nil {
			tb.Fatal(err)
		}
		if before := i / 4096; (i+len(ds))/4096 > before {
			if err := last.Wait(context.Background()); err != nil {
				tb.Fatal(err)
			}
		}
		i += len(ds)
	}
	if err := last.Wait(context.Background()); err != nil {
		tb.Fatal(err)
	}
	if err := l.Close(); err != nil {
		tb.Fatal(err)
	}
	return dir, c.t
}

// BenchmarkTime compares the questions of a time axis with what they cost by the heads of ops, in one run: 200 columns of
// the whole log, a day and a minute, the op of an instant, the next op. Cold is the first question after opening a file of
// which nothing is in memory.
func BenchmarkTime(b *testing.B) {
	dir, end := timeLog(b, *timeOps)
	l, err := Open(dir, bare{}, Options{ReadOnly: true})
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	b.Run("sizes", func(b *testing.B) { sizes(b, l) })
	head := l.Head().Seq
	peer := byHeads{}
	both := func(name string, times func(i int) []int64) {
		b.Run("by=times/"+name, func(b *testing.B) {
			for i := 0; b.Loop(); i++ {
				if _, err := l.SeqsAt(times(i)); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run("by=heads/"+name, func(b *testing.B) {
			for i := 0; b.Loop(); i++ {
				if _, err := peer.seqsAt(l.s, times(i), head); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	for _, w := range []struct {
		name string
		span int64
	}{{"all", end - epoch}, {"hour", 3_600_000_000}, {"minute", 60_000_000}} {
		both("columns="+w.name, func(int) []int64 { return columnsOf((epoch+end)/2-w.span/2, w.span) })
	}
	at := func(i int) int64 { return epoch + int64(uint64(i)*11400714819323198485>>11%uint64(end-epoch)) }
	both("instant", func(i int) []int64 { return []int64{at(i)} })
	seq := func(i int) uint64 { return uint64(i) * 11400714819323198485 >> 11 % (head - 1) }
	b.Run("by=times/next", func(b *testing.B) {
		for i := 0; b.Loop(); i++ {
			if _, ok, err := l.Next(seq(i)); !ok || err != nil {
				b.Fatal(ok, err)
			}
		}
	})
	b.Run("by=heads/next", func(b *testing.B) {
		for i := 0; b.Loop(); i++ {
			if _, err := peer.next(l.s, seq(i)); err != nil {
				b.Fatal(err)
			}
		}
	})
	if err := l.Close(); err != nil {
		b.Fatal(err)
	}
	for _, name := range []string{"times", "heads", "times", "heads"} {
		b.Run("by="+name+"/cold", func(b *testing.B) {
			var sum time.Duration
			n := 0
			for b.Loop() {
				dropCache(b, filepath.Join(dir, dbName))
				l, err := Open(dir, bare{}, Options{ReadOnly: true})
				if err != nil {
					b.Fatal(err)
				}
				dropCache(b, filepath.Join(dir, dbName))
				times := columnsOf(epoch, end-epoch)
				begin := time.Now()
				if name == "times" {
					_, err = l.SeqsAt(times)
				} else {
					_, err = peer.seqsAt(l.s, times, head)
				}
				sum, n = sum+time.Since(begin), n+1
				if err != nil {
					b.Fatal(err)
				}
				if err := l.Close(); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(sum.Microseconds())/float64(n), "µs/question")
			b.ReportMetric(0, "ns/op")
		})
	}
}

func columnsOf(from, span int64) []int64 {
	out := make([]int64, 201)
	for i := range out {
		out[i] = from + span*int64(i)/200
	}
	return out
}

// sizes says what the times take, in bytes an op: their values, and the pages that hold these; and the file, as a part of
// the ops' encodings.
func sizes(b *testing.B, l *Log[uint64]) {
	st, err := l.Stats()
	if err != nil {
		b.Fatal(err)
	}
	err = l.s.view(func(tx *bolt.Tx) error {
		pages, bytes := tx.Bucket(bucketTimes).Stats(), 0
		cur := tx.Bucket(bucketTimes).Cursor()
		for k, v := cur.First(); k != nil; k, v = cur.Next() {
			bytes += len(v)
		}
		b.ReportMetric(float64(bytes)/float64(st.Ops), "times-B/op")
		b.ReportMetric(float64(pages.LeafAlloc+pages.BranchAlloc)/float64(st.Ops), "pages-B/op")
		b.ReportMetric(float64(st.UsedBytes)/float64(st.OpBytes), "disk/payload")
		b.ReportMetric(0, "ns/op")
		return nil
	})
	if err != nil {
		b.Fatal(err)
	}
}

// BenchmarkTimesBlock is what the times of a block cost: 1,024 ops when they are written, and when they are made anew from
// the ops of a file that has none.
func BenchmarkTimesBlock(b *testing.B) {
	dir, _ := timeLog(b, 200_000)
	s, err := openStore(dir, true, DefaultLockTimeout, time.Now)
	if err != nil {
		b.Fatal(err)
	}
	defer s.close()
	all := s.timesOfAll()
	times, _ := decodeTimes(all[0].seq, all[0].val)
	b.Run("encode", func(b *testing.B) {
		for b.Loop() {
			encodeTimes(block, times)
		}
	})
	b.Run("from ops", func(b *testing.B) {
		for b.Loop() {
			s.timesOfAll()
		}
		b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N*len(all)), "µs/block")
		b.ReportMetric(0, "ns/op")
	})
}
