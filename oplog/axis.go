package oplog

import (
	"bytes"
	"slices"

	bolt "go.etcd.io/bbolt"
)

// SeqsAt gives, for each of times (microseconds, ascending), the seq of the last durable op with a time at or before it,
// and 0 before the first op: so the ops between two times are the difference of two seqs. It reads no bodies, about 20
// heads of ops for a time, and fewer where times lie close together. The times that it looks at are not verified, and
// an op whose time is damaged can shift a count; At and AtSeq verify what they give. The seqs ascend in any case.
func (l *Log[S]) SeqsAt(times []int64) ([]uint64, error) {
	out := make([]uint64, len(times))
	cur := l.cur.Load()
	if l.s == nil || cur.pos.Seq == 0 || len(times) == 0 {
		return out, nil
	}
	if !slices.IsSorted(times) {
		return nil, invalid("times that do not ascend")
	}
	n, _ := slices.BinarySearch(times, cur.pos.At) // from here on it is the newest op
	for i := n; i < len(times); i++ {
		out[i] = cur.pos.Seq
	}
	err := l.s.view(func(tx *bolt.Tx) error {
		return newTimeline(tx).spread(times[:n], out[:n], l.s.origin.Seq, cur.pos.Seq+1)
	})
	return wrapRead(out, err)
}

// Began is the time of the first op, in microseconds; false in an empty log.
func (l *Log[S]) Began() (at int64, ok bool, err error) {
	if l.s == nil || l.Head().Seq == l.s.origin.Seq {
		return 0, false, nil
	}
	err = l.s.view(func(tx *bolt.Tx) error {
		at, err = newTimeline(tx).at(l.s.origin.Seq + 1)
		return err
	})
	at, err = wrapRead(at, err)
	return at, err == nil, err
}

// IndexedBack gives the newest limit durable ops under name with after < Seq < before, newest first; before 0 is no
// bound. The ops are verified as those of Indexed are.
func (l *Log[S]) IndexedBack(name string, after, before uint64, limit int) ([]Op, error) {
	if l.s == nil || limit <= 0 || !validName(name) {
		return nil, nil
	}
	head := l.Head().Seq
	if before == 0 || before > head {
		before = head + 1
	}
	if before <= after+1 {
		return nil, nil
	}
	seqs, err := l.s.namedBack(name, after, before, limit)
	if err != nil {
		return wrapRead([]Op(nil), err)
	}
	slices.Reverse(seqs)
	ops, err := l.s.gather(seqs, name, head)
	slices.Reverse(ops)
	return wrapRead(ops, err)
}

// IndexedAfter gives the first limit durable ops under name with a Seq above after, as Indexed does.
func (l *Log[S]) IndexedAfter(name string, after uint64, limit int) ([]Op, error) {
	if l.s == nil || limit <= 0 || !validName(name) {
		return nil, nil
	}
	return wrapRead(l.s.indexed(name, after, l.Head().Seq, limit))
}

// namedBack gives the newest limit seqs that the index has under name between after and before, newest first.
func (s *store) namedBack(name string, after, before uint64, limit int) (seqs []uint64, err error) {
	err = s.view(func(tx *bolt.Tx) error {
		prefix := append([]byte(name), 0)
		cur := tx.Bucket(bucketIndex).Cursor()
		k, _ := cur.Seek(indexKey(name, before))
		if k == nil {
			k, _ = cur.Last()
		} else {
			k, _ = cur.Prev()
		}
		for ; bytes.HasPrefix(k, prefix) && len(seqs) < limit; k, _ = cur.Prev() {
			seq := unkey(k[len(prefix):])
			if seq == 0 {
				return damaged(0, "the index has a bad entry for %q", name)
			}
			if seq <= after {
				break
			}
			seqs = append(seqs, seq)
		}
		return nil
	})
	return seqs, err
}

// timeline finds ops by time within one read transaction. It reads heads only and verifies nothing.
type timeline struct{ marks, ops *bolt.Bucket }

func newTimeline(tx *bolt.Tx) timeline {
	return timeline{marks: tx.Bucket(bucketMarks), ops: tx.Bucket(bucketOps)}
}

// at gives the time of op seq: of its mark where it has one, for marks lie close together.
func (tl timeline) at(seq uint64) (int64, error) {
	if seq%block == 0 {
		if p, ok := decodeMark(seq, tl.marks.Get(key(seq))); ok {
			return p.At, nil
		}
	}
	v := tl.ops.Get(key(seq))
	if len(v) <= prefixLen {
		return 0, damaged(seq, "it is missing")
	}
	_, got, at, _, err := decodeHead(v[prefixLen:])
	if err != nil || got != seq {
		return 0, damaged(seq, "its head is unreadable")
	}
	return at, nil
}

// last gives the last seq whose time is at or before t, where lo's is known to be (0 stands before the first op) and
// hi's is known to be later (hi may be the one after the last).
func (tl timeline) last(t int64, lo, hi uint64) (uint64, error) {
	search := func(lo, hi, step uint64) (uint64, error) {
		for hi-lo > 1 {
			mid := lo + (hi-lo)/2
			at, err := tl.at(mid * step)
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

// spread is last for many times, ascending: the one in the middle halves where the others are looked for.
func (tl timeline) spread(times []int64, out []uint64, lo, hi uint64) error {
	for len(times) > 0 {
		if hi-lo == 1 {
			for i := range out {
				out[i] = lo
			}
			return nil
		}
		m := len(times) / 2
		seq, err := tl.last(times[m], lo, hi)
		if err != nil {
			return err
		}
		out[m] = seq
		if err := tl.spread(times[:m], out[:m], lo, seq+1); err != nil {
			return err
		}
		times, out, lo = times[m+1:], out[m+1:], seq
	}
	return nil
}
