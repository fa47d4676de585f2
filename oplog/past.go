package oplog

import (
	"context"
	"fmt"
	"slices"
	"sync"
)

// heldStates is how many decoded past states stay in memory, so that dragging a scrubber replays only what lies between.
const heldStates = 3

// Instant is the state at a moment of the past.
type Instant[S any] struct {
	State   S      // shared: it must not be changed
	Seq     uint64 // of the last op in it, 0 before the first
	At      int64  // of that op, microseconds; 0 before the first
	MemoSeq uint64 // the memo that it was reached from, 0 if none
	MemoAt  int64
}

// past reaches states of the past: the nearest memo or held state at or before, plus the ops between.
type past[S any] struct {
	log  *Log[S]
	mu   sync.Mutex
	held []reached[S] // the latest used last; never given out
	memo uint64       // that was decoded last
}

// reached is a state with its place, and the memo it comes from.
type reached[S any] struct {
	state   S
	pos     pos
	memoSeq uint64
	memoAt  int64
	size    uint64 // of the memo as stored
}

func (r reached[S]) instant() Instant[S] {
	return Instant[S]{State: r.state, Seq: r.pos.Seq, At: r.pos.At, MemoSeq: r.memoSeq, MemoAt: r.memoAt}
}

// At gives the state as it was at time t (microseconds): all durable ops with a time at or before it. The cost is the
// distance to a memo, not the length of the history.
func (l *Log[S]) At(t int64) (Instant[S], error) {
	cur := l.cur.Load()
	if err := l.s.notBeforeTime(t); err != nil {
		return Instant[S]{}, err
	}
	if t >= cur.pos.At || cur.pos.Seq == 0 {
		return l.past.newest(cur)
	}
	seq, checked, err := l.seqAt(cur, t)
	if err != nil {
		return wrapRead(Instant[S]{}, err)
	}
	r, err := l.past.at(seq)
	if err != nil {
		return wrapRead(Instant[S]{}, err)
	}
	later := true
	if !checked { // the search trusted times that nothing had verified: these two it stands on
		next, _, err := l.past.read(r.pos, seq+1)
		if err != nil {
			return wrapRead(Instant[S]{}, err)
		}
		later = next[0].At > t
	}
	if seq > l.Base().Seq && r.pos.At > t || !later {
		return Instant[S]{}, damaged(0, "the times of the ops around %d are not in order", seq)
	}
	return r.instant(), nil
}

// AtSeq gives the state after op seq. Error: vox/oplog/ahead where there is no such durable op yet.
func (l *Log[S]) AtSeq(seq uint64) (Instant[S], error) {
	cur := l.cur.Load()
	if seq > cur.pos.Seq {
		return Instant[S]{}, &Error{Code: CodeAhead, Text: fmt.Sprintf("the op-log ends at op %d, op %d is not there yet", cur.pos.Seq, seq)}
	}
	if err := l.s.notBefore(seq); err != nil {
		return Instant[S]{}, err
	}
	if seq == cur.pos.Seq {
		return l.past.newest(cur)
	}
	r, err := l.past.at(seq)
	return wrapRead(r.instant(), err)
}

// newest is the published state, with the memo that it would be reached from.
func (p *past[S]) newest(cur *published[S]) (Instant[S], error) {
	r := reached[S]{state: cur.state, pos: cur.pos}
	if p.log.s != nil {
		at, err := p.log.s.memoPlace(cur.pos.Seq, p.log.proj.Version())
		if err != nil {
			return wrapRead(Instant[S]{}, err)
		}
		r.memoSeq, r.memoAt = at.Seq, at.At
	}
	return r.instant(), nil
}

// at reaches the state after op seq, and holds it for the next call.
func (p *past[S]) at(seq uint64) (reached[S], error) {
	memo, size, err := p.log.s.memoBefore(seq)
	if err != nil {
		return reached[S]{}, err
	}
	from, ok := p.nearestHeld(seq)
	p.log.s.readAhead(max(from.pos.Seq, memo)+1, seq) // while a memo is decoded
	if !ok || from.pos.Seq < memo && seq-from.pos.Seq > size/decodedInAnOp {
		near, err := p.nearest(seq)
		if err != nil {
			return near, err
		}
		if !ok || near.pos.Seq > from.pos.Seq { // else the memos on the way are of no use
			if from = near; p.comesBack(from.pos.Seq) {
				p.hold(from)
			}
		}
	} else if memo > from.memoSeq { // that it was not reached from this one makes no difference
		at, err := p.log.s.memoPlace(seq, p.log.proj.Version())
		if err != nil {
			return from, err
		}
		if at.Seq > from.memoSeq {
			from.memoSeq, from.memoAt = at.Seq, at.At
		}
	}
	r, err := p.replay(context.Background(), from, seq, true)
	if err == nil && r.pos.Seq != from.pos.Seq {
		p.hold(r)
	}
	return r, err
}

// comesBack says whether the memo is the one that was decoded before: then somebody goes to and fro near it, and it is worth
// holding. To hold a state costs a copy of all that the replay changes.
func (p *past[S]) comesBack(memo uint64) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	back := p.memo == memo
	p.memo = memo
	return back
}

// decodedInAnOp is how many bytes of a memo are decoded in the time in which an op is replayed. A state that is held and lies
// no further back than that is nearer than a memo on the way.
const decodedInAnOp = 256

// nearestHeld gives a clone of the latest held state at or before seq.
func (p *past[S]) nearestHeld(seq uint64) (best reached[S], ok bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	at := -1
	for i, h := range p.held {
		if h.pos.Seq <= seq && (at < 0 || h.pos.Seq > p.held[at].pos.Seq) {
			at = i
		}
	}
	if at < 0 {
		return best, false
	}
	h := p.held[at]
	p.held = append(slices.Delete(p.held, at, at+1), h)
	h.state = p.log.proj.Clone(h.state)
	return h, true
}

// hold keeps a clone of r in memory.
func (p *past[S]) hold(r reached[S]) {
	r.state = p.log.proj.Clone(r.state)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.held = slices.DeleteFunc(p.held, func(h reached[S]) bool { return h.pos.Seq == r.pos.Seq })
	if len(p.held) >= heldStates {
		p.held = slices.Delete(p.held, 0, 1)
	}
	p.held = append(p.held, r)
}

// nearest gives the state of the last good memo at or before seq, or the empty state. A bad memo is passed over, and its
// rebuilding asked for.
func (p *past[S]) nearest(seq uint64) (reached[S], error) {
	l := p.log
	for {
		at, val, err := l.s.memoAt(seq)
		if err != nil {
			return reached[S]{}, err
		}
		if val == nil {
			return beginning(l.proj, l.s), nil
		}
		st, pos, err := decodeState(l.proj, at, val)
		if err == nil {
			return reached[S]{state: st, pos: pos, memoSeq: pos.Seq, memoAt: pos.At, size: uint64(len(val))}, nil
		}
		l.askHeal(at)
		if at == 0 {
			return beginning(l.proj, l.s), nil
		}
		seq = at - 1
	}
}

// replay applies the verified ops after r up to seq. It changes r's state. The ops of the next blocks are read and verified
// while those of the last are applied.
func (p *past[S]) replay(ctx context.Context, r reached[S], seq uint64, fast bool) (reached[S], error) {
	ctx, stop := context.WithCancel(ctx)
	blocks := make(chan read, 2)
	defer func() { // the reader has ended when this returns
		stop()
		for range blocks {
		}
	}()
	go p.log.s.feed(ctx, r.pos, seq, fast, blocks)
	for b := range blocks {
		if b.err != nil {
			return r, b.err
		}
		for i := range b.ops {
			r.state = p.log.proj.Apply(r.state, b.ops[i])
		}
		r.pos = b.to
	}
	return r, ctx.Err()
}

func (p *past[S]) read(from pos, to uint64) ([]Op, pos, error) {
	in := interners.Get().(*interner)
	defer interners.Put(in)
	return p.log.s.read(from, to, false, in)
}
