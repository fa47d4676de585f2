package oplog

import (
	"context"
	"slices"

	bolt "go.etcd.io/bbolt"
)

const (
	memoQueue = 4  // states that wait for being encoded
	healQueue = 16 // seqs up to which memos are to be rebuilt; more are found again at the next read
)

// memoLoop encodes the states of which memos are due, off the append path.
func (l *Log[S]) memoLoop() {
	defer l.done.Done()
	defer close(l.memoDone)
	for j := range l.memoCh {
		if j.done != nil {
			close(j.done)
			continue
		}
		val := encodeMemo(j.pos, l.proj.Version(), l.proj.Encode(j.state))
		size := uint64(len(val))
		l.mu.Lock()
		made := budget{every: l.live.every, free: memoFree, total: l.live.total, last: l.made.Seq, lastBytes: l.made.bytes}
		l.live.size = size
		if made.affords(j.pos, size) {
			l.live.total += size
			l.made = j.pos
			l.asked--
			l.memoOut = append(l.memoOut, memoWrite{j.pos.Seq, val})
		} else {
			l.unask(1)
		}
		l.mu.Unlock()
		l.poke()
	}
}

// askHeal has the memos up to seq rebuilt in the background.
func (l *Log[S]) askHeal(seq uint64) {
	if l.opt.ReadOnly || l.cur.Load() == nil { // at Open the newest multiple is asked for anyway
		return
	}
	select {
	case l.healCh <- seq:
	default:
	}
}

func (l *Log[S]) healLoop(ctx context.Context) {
	defer l.done.Done()
	for {
		select {
		case <-ctx.Done():
			return
		case seq := <-l.healCh:
			l.heal(ctx, seq) // what fails here fails where it is read, too, and is told there
		case done := <-l.healWait:
			if len(l.healCh) == 0 {
				close(done)
			} else {
				go func() { l.healWait <- done }()
			}
		}
	}
}

// heal takes away the unusable memos up to seq and makes new ones, from the last good one on, where the budget has them.
func (l *Log[S]) heal(ctx context.Context, seq uint64) {
	from, bad, err := l.lastGood(ctx, seq)
	if err != nil || len(bad) == 0 && from.pos.Seq+l.opt.MemoEvery > seq {
		return
	}
	drop := make([]memoWrite, 0, len(bad))
	for _, at := range bad {
		drop = append(drop, memoWrite{seq: at})
	}
	if len(drop) > 0 {
		var gone uint64
		err := l.s.update(func(tx *bolt.Tx) error {
			was := readTotals(tx).bytes
			err := putMemos(tx, drop)
			gone = was - min(readTotals(tx).bytes, was)
			return err
		})
		if err != nil {
			l.distrust(commitError(err))
			return
		}
		l.mu.Lock()
		l.live.total -= min(gone, l.live.total)
		l.mu.Unlock()
	}
	b := budget{every: l.opt.MemoEvery, free: memoFree, last: from.pos.Seq, lastBytes: from.pos.bytes, size: from.size}
	b.total, err = l.s.memoBytes(from.pos.Seq)
	for err == nil && from.pos.Seq < seq {
		to := min(seq, from.pos.Seq/b.every*b.every+b.every)
		if from, err = l.past.replay(ctx, from, to, true); err != nil || !b.due(from.pos) {
			continue
		}
		val := encodeMemo(from.pos, l.proj.Version(), l.proj.Encode(from.state))
		b.size = uint64(len(val))
		if !b.affords(from.pos, b.size) {
			continue
		}
		b.spend(from.pos, b.size)
		l.mu.Lock()
		l.memoOut = append(l.memoOut, memoWrite{from.pos.Seq, val})
		l.live.total += b.size
		l.mu.Unlock()
		l.poke()
	}
}

// lastGood gives the state of the last good memo before the run of unusable ones that ends at seq, and the seqs of these.
func (l *Log[S]) lastGood(ctx context.Context, seq uint64) (reached[S], []uint64, error) {
	var bad []uint64
	for at := seq; ; {
		if err := ctx.Err(); err != nil {
			return reached[S]{}, nil, err
		}
		found, val, err := l.s.memoAt(at)
		if err != nil {
			return reached[S]{}, nil, err
		}
		if val == nil {
			return beginning(l.proj, l.s), bad, nil
		}
		if st, p, err := decodeState(l.proj, found, val); err == nil {
			slices.Reverse(bad)
			return reached[S]{state: st, pos: p, memoSeq: p.Seq, memoAt: p.At, size: uint64(len(val))}, bad, nil
		}
		bad = append(bad, found)
		if at = found - min(found, 1); at == 0 {
			return beginning(l.proj, l.s), bad, nil
		}
	}
}

// memoBefore gives the seq and the stored bytes of the last memo at or before seq, unread; 0 if there is none.
func (s *store) memoBefore(seq uint64) (at, size uint64, err error) {
	err = s.view(func(tx *bolt.Tx) error {
		if k, v := seekLE(treeOf(tx, bucketMemos).Cursor(), seq); k != nil {
			at, size = unkey(k), uint64(len(v))
		}
		return nil
	})
	return at, size, err
}

// memoBytes adds up the sizes of the memos up to seq.
func (s *store) memoBytes(seq uint64) (n uint64, err error) {
	err = s.view(func(tx *bolt.Tx) error {
		cur := treeOf(tx, bucketMemos).Cursor()
		for k, v := cur.First(); k != nil && unkey(k) <= seq; k, v = cur.Next() {
			n += uint64(len(v))
		}
		return nil
	})
	return n, err
}
