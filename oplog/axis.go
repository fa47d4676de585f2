package oplog

import (
	"slices"

	bolt "go.etcd.io/bbolt"
)

// SeqsAt gives, for each of times (microseconds, ascending), the seq of the last durable op with a time at or before it:
// so the ops between two times are the difference of two seqs. Before the first op it is 0, in a trimmed log the seq of
// its base. For each of them it reads 128 times and no op. In a file of the first format, opened for reading,
// it reads heads of ops instead, which nothing verifies: there a damaged time can shift a count, though the seqs ascend.
func (l *Log[S]) SeqsAt(times []int64) ([]uint64, error) {
	out := make([]uint64, len(times))
	cur := l.cur.Load()
	if l.s == nil || len(times) == 0 {
		return out, nil
	}
	if !slices.IsSorted(times) {
		return nil, invalid("times that do not ascend")
	}
	i := 0
	err := l.s.withTimes(cur.tail, cur.pos, func(tl *timeline) error {
		for ; i < len(times); i++ { // a block that was mended is gone on with
			seq, err := tl.upTo(times[i])
			if err != nil {
				return err
			}
			out[i] = seq
		}
		return nil
	})
	return wrapRead(out, err)
}

// Began is the time of the first op, in microseconds; false in an empty log. That of a trimmed log is the first one which
// is still in it.
func (l *Log[S]) Began() (at int64, ok bool, err error) {
	e, ok, err := l.Next(0)
	return e.At, ok, err
}

// Event is an op on the axis of time.
type Event struct {
	Seq uint64
	At  int64 // microseconds
}

// Next gives the first durable op with a Seq above seq; false where there is none. Like Prev, NextTime and PrevTime it
// reads no op, as SeqsAt. None of them gives an op of before the base of a trimmed log.
func (l *Log[S]) Next(seq uint64) (Event, bool, error) {
	cur := l.cur.Load()
	if seq >= cur.pos.Seq {
		return Event{}, false, nil
	}
	return l.event(cur, max(seq, l.Base().Seq)+1)
}

// Prev gives the last durable op with a Seq below seq; false where there is none.
func (l *Log[S]) Prev(seq uint64) (Event, bool, error) {
	cur := l.cur.Load()
	if seq <= l.Base().Seq+1 {
		return Event{}, false, nil
	}
	return l.event(cur, min(seq-1, cur.pos.Seq))
}

// NextTime gives the first durable op with a time after t (microseconds); false where there is none.
func (l *Log[S]) NextTime(t int64) (Event, bool, error) {
	cur := l.cur.Load()
	return l.found(cur, func(tl *timeline) (uint64, error) {
		seq, err := tl.upTo(t)
		return seq + 1, err
	})
}

// PrevTime gives the last durable op with a time before t (microseconds); false where there is none.
func (l *Log[S]) PrevTime(t int64) (Event, bool, error) {
	if t <= 0 {
		return Event{}, false, nil
	}
	cur := l.cur.Load()
	return l.found(cur, func(tl *timeline) (uint64, error) { return tl.upTo(t - 1) })
}

// event gives the op at seq, if it is one.
func (l *Log[S]) event(cur *published[S], seq uint64) (Event, bool, error) {
	return l.found(cur, func(*timeline) (uint64, error) { return seq, nil })
}

// found gives the op that find names, if it is one.
func (l *Log[S]) found(cur *published[S], find func(*timeline) (uint64, error)) (e Event, ok bool, err error) {
	if l.s == nil {
		return Event{}, false, nil
	}
	err = l.s.withTimes(cur.tail, cur.pos, func(tl *timeline) (err error) {
		if e.Seq, err = find(tl); err != nil {
			return err
		}
		if ok = e.Seq > tl.s.origin.Seq && e.Seq <= cur.pos.Seq; ok {
			e.At, err = tl.at(e.Seq)
		}
		return err
	})
	if _, err = wrapRead(0, err); err != nil || !ok {
		return Event{}, false, err
	}
	return e, true, nil
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
	if after >= head || before <= after+1 {
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
	head := l.Head().Seq
	if l.s == nil || limit <= 0 || !validName(name) || after >= head {
		return nil, nil
	}
	return wrapRead(l.s.indexed(name, after, head, limit))
}

// namedBack gives the newest limit seqs that the index has under name between after and before, newest first.
func (s *store) namedBack(name string, after, before uint64, limit int) (seqs []uint64, err error) {
	err = s.view(func(tx *bolt.Tx) error {
		seqs = namesOf(tx).back(name, after, before, limit)
		return nil
	})
	return seqs, err
}

// seqAt gives the seq of the last op of the published log with a time at or before t, the base's where there is none, and
// whether the times it looked at were checked.
func (l *Log[S]) seqAt(cur *published[S], t int64) (seq uint64, checked bool, err error) {
	err = l.s.withTimes(cur.tail, cur.pos, func(tl *timeline) (err error) {
		seq, err = tl.upTo(t)
		checked = !tl.times.none() || seq >= tl.tail.after
		return err
	})
	return seq, checked, err
}

// findTime is seqAt in a log that ends with op last and is not open for use.
func (s *store) findTime(t int64, last uint64) (seq uint64, err error) {
	head, err := s.posAt(last)
	if err != nil {
		return 0, err
	}
	rest, err := s.tailAt(last)
	if err != nil {
		return 0, err
	}
	err = s.withTimes(rest, head, func(tl *timeline) (err error) {
		seq, err = tl.upTo(t)
		return err
	})
	return seq, err
}
