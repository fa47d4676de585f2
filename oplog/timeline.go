package oplog

import (
	"errors"
	"fmt"
	"sort"
	"sync"
	"sync/atomic"

	bolt "go.etcd.io/bbolt"
)

// timeline finds ops by time, and times by op, within one read transaction: by the marks to the block, and within it by
// the block's times. It reads no op, but in a file without times: that was written before there were any, and not opened
// for writing since.
//
// An error of type unmended means that the times of a block are absent or damaged: see withTimes.
type timeline struct {
	s                 *store
	marks, times, ops tree
	tail              tail
	head              pos
	mended            map[uint64][]byte // by the seq of the block's end

	// The piece that was looked into last, and how far.
	block uint64 // number, from 1; 0 is none
	open  blockOfTimes
	piece int
	runs  timeRuns
	seen  uint64 // seq of the last op before the run at hand
	past  int64  // its time; -1 where it is of another piece
	more  bool   // there is a run at hand
}

// unmended names a block, by the seq of its end, whose times must be taken from its ops first.
type unmended uint64

func (u unmended) Error() string { return fmt.Sprintf("the times up to op %d are missing", uint64(u)) }

// withTimes calls fn with a timeline of the log up to head, and again where it was told of an unmended block: then its times
// were taken from its ops, verified along the chain.
func (s *store) withTimes(t tail, head pos, fn func(*timeline) error) error {
	mended := map[uint64][]byte(nil)
	for {
		err := s.view(func(tx *bolt.Tx) error {
			return fn(&timeline{
				s: s, marks: treeOf(tx, bucketMarks), times: treeOf(tx, bucketTimes), ops: treeOf(tx, bucketOps), tail: t, head: head, mended: mended,
			})
		})
		var lost unmended
		if !errors.As(err, &lost) {
			return err
		}
		b, err := s.mendTimes(uint64(lost))
		if err != nil {
			return err
		}
		if mended == nil {
			mended = map[uint64][]byte{}
		}
		mended[uint64(lost)] = b
		s.known.mend(uint64(lost), b)
	}
}

// first and last are the numbers of the borders of whole blocks between which the log lies; border b is after op b·1024.
func (tl *timeline) first() uint64 { return tl.s.origin.Seq / block }
func (tl *timeline) last() uint64  { return tl.tail.after / block }

// border gives the time of the last op before border b.
func (tl *timeline) border(b uint64) (int64, error) {
	if b == tl.first() {
		return tl.s.origin.At, nil
	}
	if at, ok := tl.s.known.border(b); ok {
		return at, nil
	}
	at := int64(0)
	if m, ok := decodeMark(b*block, tl.marks.Get(key(b*block))); ok {
		at = m.At
	} else if tl.times.none() {
		return tl.headAt(b * block)
	} else if at, ok = tl.lastOf(b); !ok {
		return 0, tl.bad(b)
	}
	tl.s.known.learn(b, at)
	return at, nil
}

// lastOf gives the time of the last op of block b, by its times.
func (tl *timeline) lastOf(b uint64) (at int64, ok bool) {
	t, ok := openTimes(b*block, tl.value(b))
	if ok {
		at, ok = t.last()
	}
	return at, ok
}

// value gives the times of block b as they are stored.
func (tl *timeline) value(b uint64) []byte {
	if v, ok := tl.mended[b*block]; ok {
		return v
	}
	if v, ok := tl.s.known.mended(b * block); ok {
		return v
	}
	return tl.times.Get(key(b * block))
}

// headAt reads the time of op seq from the op. Nothing is verified.
func (tl *timeline) headAt(seq uint64) (int64, error) {
	v := tl.ops.Get(key(seq))
	if v == nil {
		return 0, damaged(seq, "it is missing")
	}
	at, ok := headTime(seq, key(seq), v)
	if !ok {
		return 0, damaged(seq, "its head is unreadable")
	}
	return at, nil
}

// enter goes to block b.
func (tl *timeline) enter(b uint64) error {
	if tl.block == b {
		return nil
	}
	var ok bool
	if tl.open, ok = openTimes(b*block, tl.value(b)); !ok {
		return tl.bad(b)
	}
	tl.block, tl.piece = b, -1
	return nil
}

// begin goes to the first run of a piece of the block at hand.
func (tl *timeline) begin(piece int) error {
	tl.piece, tl.runs, tl.past = piece, tl.open.runs(piece), -1
	tl.seen = tl.block*block - block + uint64(piece)*pieceOps
	if tl.more = tl.runs.next(); !tl.more {
		return tl.bad(tl.block)
	}
	return nil
}

// bad says that the times of block b are missing, or not what was written.
func (tl *timeline) bad(b uint64) error {
	tl.block = 0
	if _, ok := tl.mended[b*block]; ok {
		return damaged(0, "the times of the ops up to %d are not in order", b*block)
	}
	return unmended(b * block)
}

// step goes to the next run of the piece at hand.
func (tl *timeline) step() error {
	tl.seen, tl.past = tl.seen+uint64(tl.runs.n), tl.runs.at
	if tl.more = tl.runs.next(); !tl.more && !tl.runs.whole() {
		return tl.bad(tl.block)
	}
	return nil
}

// upTo gives the seq of the last op with a time at or before t, the origin's where there is none.
func (tl *timeline) upTo(t int64) (uint64, error) {
	if t >= tl.head.At {
		return tl.head.Seq, nil
	}
	b, err := tl.borderUpTo(t)
	if err != nil {
		return 0, err
	}
	if b == tl.last() {
		return tl.tail.after + uint64(sort.Search(len(tl.tail.times), func(i int) bool { return tl.tail.times[i] > t })), nil
	}
	if tl.times.none() {
		return tl.headUpTo(t, b*block, b*block+block)
	}
	if err := tl.enter(b + 1); err != nil {
		return 0, err
	}
	piece := pieces - 1
	for piece > 0 && tl.open.first[piece] > t {
		piece--
	}
	if piece != tl.piece || tl.past > t { // where times ascend it goes on from the one before
		if err := tl.begin(piece); err != nil {
			return 0, err
		}
	}
	for tl.more && tl.runs.at <= t {
		if err := tl.step(); err != nil {
			return 0, err
		}
	}
	if !tl.more && piece == pieces-1 { // but the mark says that the last op is later than t
		return 0, tl.bad(b + 1)
	}
	return tl.seen, nil
}

// borderUpTo gives the last border whose time is at or before t, the first one in any case. It looks at the same borders
// whatever t is, as far as possible: those are known soon.
func (tl *timeline) borderUpTo(t int64) (uint64, error) {
	lo, n := tl.first(), tl.last()-tl.first()
	step := uint64(1)
	for step <= n/2 {
		step *= 2
	}
	b := uint64(0)
	for ; step > 0; step /= 2 {
		if b+step > n {
			continue
		}
		at, err := tl.border(lo + b + step)
		if err != nil {
			return 0, err
		}
		if at <= t {
			b += step
		}
	}
	return lo + b, nil
}

// headUpTo is upTo by the ops, where the last one is known to lie at or after lo and before hi.
func (tl *timeline) headUpTo(t int64, lo, hi uint64) (uint64, error) {
	for hi-lo > 1 {
		mid := lo + (hi-lo)/2
		at, err := tl.headAt(mid)
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

// at gives the time of op seq, which is after the origin and not after the head.
func (tl *timeline) at(seq uint64) (int64, error) {
	switch {
	case seq > tl.tail.after:
		return tl.tail.times[seq-tl.tail.after-1], nil
	case seq%block == 0:
		return tl.border(seq / block)
	case tl.times.none():
		return tl.headAt(seq)
	}
	if err := tl.enter((seq + block - 1) / block); err != nil {
		return 0, err
	}
	if piece := int((seq - 1) % block / pieceOps); piece != tl.piece || seq <= tl.seen {
		if err := tl.begin(piece); err != nil {
			return 0, err
		}
	}
	for tl.more && tl.seen+uint64(tl.runs.n) < seq {
		if err := tl.step(); err != nil {
			return 0, err
		}
	}
	if !tl.more {
		return 0, tl.bad(tl.block)
	}
	return tl.runs.at, nil
}

const (
	// knownBorders bounds the borders of blocks that are kept in memory: half a megabyte, for a log of 67 million ops.
	// Those beyond are read from their marks.
	knownBorders = 1 << 16

	// knownMended bounds the blocks whose times were taken from their ops.
	knownMended = 64
)

// known is what was learned of times that never change.
type known struct {
	at    [knownBorders / 1024]atomic.Pointer[[1024]atomic.Int64] // by number: the time + 1; 0 is not known
	mu    sync.RWMutex
	blobs map[uint64][]byte
	some  atomic.Bool // there are some
}

func (k *known) border(b uint64) (int64, bool) {
	if b >= knownBorders {
		return 0, false
	}
	page := k.at[b/1024].Load()
	if page == nil {
		return 0, false
	}
	at := page[b%1024].Load()
	return at - 1, at > 0
}

func (k *known) learn(b uint64, at int64) {
	if b >= knownBorders {
		return
	}
	p := &k.at[b/1024]
	if p.Load() == nil {
		p.CompareAndSwap(nil, new([1024]atomic.Int64))
	}
	p.Load()[b%1024].Store(at + 1)
}

func (k *known) mended(seq uint64) ([]byte, bool) {
	if !k.some.Load() {
		return nil, false
	}
	k.mu.RLock()
	defer k.mu.RUnlock()
	b, ok := k.blobs[seq]
	return b, ok
}

func (k *known) mend(seq uint64, b []byte) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.blobs == nil || len(k.blobs) >= knownMended {
		k.blobs = map[uint64][]byte{}
	}
	k.blobs[seq] = b
	k.some.Store(true)
}
