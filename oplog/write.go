package oplog

import (
	"context"
	"encoding/binary"
	"runtime"
	"slices"
	"time"

	bolt "go.etcd.io/bbolt"
)

// Draft is an op before it has a place in the log.
type Draft struct {
	Kind, Actor, Trace string
	Body               []byte
	// Build, if not nil, gives the body instead, knowing the op's seq and time and the hash of the chain before it, so that
	// an entry can sign them. It is called once, under the writer lock.
	Build func(seq uint64, at int64, prev Hash) ([]byte, error)
	// Index are names under which Indexed finds the op: 1 to 128 bytes of printable ASCII without space, as in "job:j-81f2".
	Index []string
}

// Pending are the ops of one Do on their way to the disk.
type Pending struct {
	ops []Op
	out *outcome
	one [1]Op // room for ops where there is one, as most often
}

// outcome is what becomes of one commit. All whose ops are in it share it: waking them is one act.
type outcome struct {
	done chan struct{}
	err  error // set before done is closed
}

func newOutcome() *outcome { return &outcome{done: make(chan struct{})} }

func (o *outcome) end(err *Error) {
	if err != nil {
		o.err = err
	}
	close(o.done)
}

// Ops gives the ops with their seqs and times. They have happened only when Wait gives nil.
func (p *Pending) Ops() []Op { return p.ops }

// Done is closed when the ops are durable or refused.
func (p *Pending) Done() <-chan struct{} { return p.out.done }

// Err is nil before Done is closed and where the ops are durable; else why they are not.
func (p *Pending) Err() error {
	select {
	case <-p.out.done:
		return p.out.err
	default:
		return nil
	}
}

// Wait waits until the ops are durable (nil) or refused. Giving up does not take them back.
func (p *Pending) Wait(ctx context.Context) error {
	select {
	case <-p.out.done:
		return p.out.err
	default:
	}
	select {
	case <-p.out.done:
		return p.out.err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// batch is what one commit makes durable.
type batch[S any] struct {
	out   *outcome // nil: there are no ops
	dos   int      // that they are of
	ops   []Op
	vals  [][]byte // stored values
	marks []pos
	jobs  []memoJob[S]
	memos []memoWrite

	snap, base S // two clones of the state at its end
	end        pos
}

// memoJob is a state of which a memo is due.
type memoJob[S any] struct {
	state S
	pos   pos
	done  chan struct{} // tests: closed when everything before is encoded; then there is no state
}

// Do calls fn under the writer lock with the state that includes everything queued before. fn decides, and gives the ops
// to append, or an error, which Do returns unchanged. fn must not change or keep the state, nor call the log. The ops are
// one commit: all or none. They are queued when Do returns, durable when the Pending's Wait gives nil. Without drafts the
// Pending is done as soon as everything queued before is durable. Do never waits for the disk.
func (l *Log[S]) Do(fn func(next S) ([]Draft, error)) (*Pending, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := l.usable(); err != nil {
		return nil, err
	}
	drafts, err := fn(l.next)
	if err != nil {
		return nil, err
	}
	if len(drafts) == 0 {
		return &Pending{out: l.lastOutcome()}, nil
	}
	at, tip := l.clock(), l.tip
	l.places = l.places[:0]
	for i := range drafts {
		to, err := drafts[i].place(&l.chain, tip, at)
		if err != nil {
			return nil, err
		}
		l.places, tip = append(l.places, to), to.pos
	}
	return l.enqueue(l.places), nil
}

// lastOutcome is that of the last commit that has anything that was queued so far.
func (l *Log[S]) lastOutcome() *outcome {
	switch {
	case l.queue.out != nil:
		return l.queue.out
	case l.flight != nil:
		return l.flight
	}
	o := newOutcome()
	o.end(nil)
	return o
}

// Append appends drafts in one commit and waits until they are durable.
func (l *Log[S]) Append(ctx context.Context, drafts ...Draft) ([]Op, error) {
	p, err := l.Do(func(S) ([]Draft, error) { return drafts, nil })
	if err != nil {
		return nil, err
	}
	if err := p.Wait(ctx); err != nil {
		return nil, err
	}
	return p.Ops(), nil
}

// placed is a draft that has its place: the op, its stored value, and where the log stands after it.
type placed struct {
	op  Op
	val []byte
	pos pos
}

// place makes the op that d is after tip.
func (d *Draft) place(c *chainer, tip pos, at int64) (placed, error) {
	o := Op{Seq: tip.Seq + 1, At: at, Kind: d.Kind, Actor: d.Actor, Trace: d.Trace, Body: d.Body}
	if len(d.Index) > 0 {
		o.Index = slices.Compact(slices.Sorted(slices.Values(d.Index)))
	}
	if d.Build != nil {
		body, err := d.Build(o.Seq, o.At, tip.Hash)
		if err != nil {
			return placed{}, err
		}
		o.Body = body
	}
	if err := o.check(); err != nil {
		return placed{}, err
	}
	val := appendOp(make([]byte, prefixLen, prefixLen+opSize(&o)), &o)
	h := c.next(tip.Hash, val[prefixLen:])
	copy(val, h[:prefixLen])
	n := len(o.Body)
	if o.Body = nil; n > 0 { // from here on the caller's bytes are his own again
		o.Body = val[len(val)-n : len(val) : len(val)]
	}
	return placed{o, val, tip.step(h, &o, val)}, nil
}

// enqueue applies ops to next. It cannot fail; a projection that panics breaks the log, as next is then half changed.
func (l *Log[S]) enqueue(places []placed) *Pending {
	whole := false
	defer func() {
		if !whole {
			l.spoilt()
		}
	}()
	q := &l.queue
	if q.out == nil {
		q.out = newOutcome()
	}
	p := &Pending{out: q.out}
	p.ops = p.one[:0]
	for i := range places {
		to := &places[i]
		l.next = l.proj.Apply(l.next, to.op)
		l.tip = to.pos
		if to.op.Seq%block == 0 {
			q.marks = append(q.marks, l.tip)
		}
		p.ops, q.ops, q.vals = append(p.ops, to.op), append(q.ops, to.op), append(q.vals, to.val)
		if l.asked < memoQueue && l.live.due(l.tip) {
			q.jobs = append(q.jobs, memoJob[S]{state: l.proj.Clone(l.next), pos: l.tip})
			l.asked++
			l.live.last, l.live.lastBytes = l.tip.Seq, l.tip.bytes
		}
	}
	q.dos++
	clear(places) // they are used again, and hold nothing meanwhile
	whole = true
	l.poke()
	return p
}

// spoilt refuses all that is queued, as the state after it is lost, and all that would come.
func (l *Log[S]) spoilt() {
	err := &Error{Code: CodeBroken, Text: "the projection panicked: the op-log takes nothing more", Hint: "this is a bug in voxmesh; start it again"}
	l.refuse = err
	l.unask(len(l.queue.jobs))
	l.queue.out.end(err)
	l.queue = batch[S]{}
}

func (l *Log[S]) usable() error {
	switch {
	case l.closing:
		return &Error{Code: CodeClosed, Text: "the op-log is closed"}
	case l.refuse != nil:
		return l.refuse
	case l.opt.ReadOnly:
		return &Error{Code: CodeReadOnly, Text: "the op-log was opened for reading only", Hint: "start `voxmesh serve`"}
	}
	return nil
}

// clock gives the time for the next ops, never before that of the last one.
func (l *Log[S]) clock() int64 {
	t := l.opt.Now().UnixMicro()
	if t >= l.tip.At {
		l.behind = false
		return t
	}
	if !l.behind {
		l.behind = true
		l.steps++
	}
	return l.tip.At
}

// commitLoop makes durable whatever waits, all at once, until the log is closed and nothing waits.
func (l *Log[S]) commitLoop() {
	defer l.done.Done()
	for {
		b, ok := l.collect()
		if !ok {
			return
		}
		err := l.write(&b)
		if err != nil && len(b.memos) > 0 { // a memo is no reason to refuse an op
			if b.memos = nil; err.Code == CodeDiskFull {
				err = l.write(&b)
			}
		}
		if err != nil {
			l.fail(&b, err)
			continue
		}
		waiting := l.settle(&b)
		l.admit(waiting + b.dos)
	}
}

// Who is told that his op is durable often appends again at once. A commit that begins with the first of them leaves the
// others to the one after it: so they have a moment, as long as one after the other comes, and at most about as long as
// a commit takes. Of 128 writers most commits have all so, and 75 without.
const (
	admitNext = 10 * time.Microsecond
	admitAll  = 300 * time.Microsecond
)

// admit gives the queue the time to grow to n Dos before the next commit.
func (l *Log[S]) admit(n int) {
	begin := time.Now()
	last, came := begin, 0
	for came < n {
		runtime.Gosched()
		l.mu.Lock()
		now := l.queue.dos
		l.mu.Unlock()
		at := time.Now()
		if now > came {
			came, last = now, at
		}
		if at.Sub(last) > admitNext || at.Sub(begin) > admitAll {
			return
		}
	}
}

// roomMax bounds the room that is made in advance, in ops.
const roomMax = 1024

// collect waits for something to commit and takes all of it.
func (l *Log[S]) collect() (batch[S], bool) {
	for {
		l.mu.Lock()
		if l.queue.out != nil || len(l.memoOut) > 0 {
			b := l.queue
			room := min(len(b.ops), roomMax) // the next one is likely to be like this one
			l.queue = batch[S]{ops: make([]Op, 0, room), vals: make([][]byte, 0, room)}
			b.memos, l.memoOut = l.memoOut, nil
			if b.out == nil { // memos alone
				b.out = newOutcome()
			}
			b.end, b.snap, b.base = l.tip, l.proj.Clone(l.next), l.proj.Clone(l.next)
			l.flight = b.out
			l.mu.Unlock()
			return b, true
		}
		closing := l.closing
		l.mu.Unlock()
		switch {
		case closing && l.memosEnded:
			return batch[S]{}, false
		case closing:
			close(l.memoCh)
			<-l.memoDone
			l.memosEnded = true
		default:
			<-l.wake
		}
	}
}

// write is one transaction.
func (l *Log[S]) write(b *batch[S]) *Error {
	if len(b.ops) == 0 && len(b.memos) == 0 {
		return nil
	}
	if l.opt.failCommit != nil {
		if err := l.opt.failCommit(); err != nil {
			return commitError(err)
		}
	}
	err := l.s.update(func(tx *bolt.Tx) error {
		l.ahead.write(tx, l.s.file)
		if len(b.ops) > 0 {
			if err := putOps(tx, b.ops, b.vals, b.marks); err != nil {
				return err
			}
			if err := putHead(tx, b.ops[0].Seq-1, b.end); err != nil {
				return err
			}
		}
		if err := putTimes(tx, l.tail, b.ops); err != nil {
			return err
		}
		return putMemos(tx, b.memos)
	})
	if err != nil {
		return commitError(err)
	}
	return nil
}

// putOps writes ops with their index names, and the marks among them.
func putOps(tx *bolt.Tx, list []Op, vals [][]byte, marked []pos) error {
	ops, marks, index := tx.Bucket(bucketOps), tx.Bucket(bucketMarks), tx.Bucket(bucketIndex)
	ops.FillPercent, marks.FillPercent = 1, 1 // keys only grow: a full page is never split again
	var k [8]byte
	names := soundness(tx, bucketIndex)
	if len(list) > 0 {
		soundness(tx, bucketOps).check(key(list[0].Seq))
	}
	if len(marked) > 0 {
		soundness(tx, bucketMarks).check(key(marked[0].Seq))
	}
	for i := range list {
		o := &list[i]
		binary.BigEndian.PutUint64(k[:], o.Seq)
		if err := ops.Put(k[:], vals[i]); err != nil {
			return err
		}
		for _, name := range o.Index {
			at := indexKey(name, o.Seq)
			names.check(at)
			if err := index.Put(at, indexSum(at)); err != nil {
				return err
			}
		}
	}
	for _, m := range marked {
		if err := marks.Put(key(m.Seq), encodeMark(m)); err != nil {
			return err
		}
	}
	return nil
}

// settle publishes what has become durable, tells whoever listens, then whoever waits. It gives the number of Dos that
// have been queued meanwhile.
func (l *Log[S]) settle(b *batch[S]) (queued int) {
	if len(b.ops) > 0 {
		l.tail = l.tail.add(b.ops)
		l.cur.Store(&published[S]{b.snap, b.end, l.tail})
		l.hookMu.Lock()
		hooks := l.hooks
		l.hookMu.Unlock()
		for _, fn := range hooks {
			fn(b.ops, b.snap, b.end.Head)
		}
	}
	l.mu.Lock()
	l.base, l.solid, l.flight = b.base, b.end, nil
	queued = l.queue.dos
	l.mu.Unlock()
	for _, j := range b.jobs {
		select {
		case l.memoCh <- j:
		default: // the encoder is behind: this memo is left out
			l.mu.Lock()
			l.unask(1)
			l.mu.Unlock()
		}
	}
	b.out.end(nil)
	return queued
}

// fail drops next and refuses everything that was decided on it.
func (l *Log[S]) fail(b *batch[S], err *Error) {
	if err.Code == CodeDiskFull { // bbolt says that it rolled back: believe it when the file says so too
		if last, rerr := l.s.lastSeq(); rerr != nil || last != l.Head().Seq {
			err = &Error{Code: CodeBroken, Text: "the disk is full, and a commit was left half done", Hint: "make room, then start voxmesh again", Err: err}
		}
	}
	l.mu.Lock()
	waiting := [2]*outcome{b.out, l.queue.out}
	l.unask(len(b.jobs) + len(l.queue.jobs))
	l.queue = batch[S]{}
	l.next, l.tip = l.proj.Clone(l.base), l.solid
	_ = l.proj.Clone(l.next) // as after any commit: see Projection
	l.flight = nil
	if err.Code != CodeDiskFull {
		l.refuse = err
	}
	l.mu.Unlock()
	for _, o := range waiting {
		if o != nil {
			o.end(err)
		}
	}
}

// unask takes back n requests for memos, so that the next multiple is asked again.
func (l *Log[S]) unask(n int) {
	if n == 0 {
		return
	}
	l.asked -= n
	l.live.last, l.live.lastBytes = l.made.Seq, l.made.bytes
}
