package oplog

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"
)

// Projection is a pure fold of ops into a state. S is typically a pointer to a state of copy-on-write maps.
//
// The log never calls two of its methods on one state at once, and calls none on a state that it has given out.
type Projection[S any] interface {
	// Version is that of the reducer and of Encode: a memo of another version counts as absent.
	Version() uint32
	// New gives the state before the first op.
	New() S
	// Clone gives a second state, at a cost that hardly depends on its size. After it either may be changed alone. What is
	// reached from the first stays as it is for whoever looks at it: the states that commands see are cloned before each commit.
	Clone(S) S
	// Apply gives the state after op. It may change its argument in place. Unknown kinds are skipped. It must not fail,
	// look at a clock, or change op; it may keep parts of op.
	Apply(S, Op) S
	// Encode gives the state's bytes, the same for equal states.
	Encode(S) []byte
	// Decode reads them; an error means that the memo counts as absent.
	Decode([]byte) (S, error)
}

// Defaults of Options.
const (
	DefaultLockTimeout = 2 * time.Second
	DefaultMemoEvery   = 1024
)

// Options of Open; the zero value is good.
type Options struct {
	Now         func() time.Time // the clock for At; nil: time.Now
	ReadOnly    bool             // shares the file with other readers, but not with a writer
	LockTimeout time.Duration    // how long to wait for the file; 0: 2 s
	MemoEvery   uint64           // memos lie at multiples of it; 0: 1024
	Holder      string           // who we are, for others that find the file locked, as in "voxmesh serve, pid 123"

	// Precheck, if not nil, is called before a log is opened that was not closed, or was changed since, as why says. It opens
	// the log itself, in a process of its own: see Check. Its error is that of Open.
	Precheck func(ctx context.Context, dir, why string) error

	failCommit func() error  // tests: stands in for the commit's outcome where not nil
	stall      time.Duration // tests: in place of backupStall
}

// Log is an open log with its newest state. All methods may be called from any goroutine.
type Log[S any] struct {
	proj Projection[S]
	opt  Options
	s    *store // nil: read-only, and there is no file
	cur  atomic.Pointer[published[S]]

	mu      sync.Mutex // the writer lock: everything up to the blank line
	next    S          // the state with all that is queued; never given out
	base    S          // a clone of the durable state, to fall back to; never given out
	tip     pos        // of next
	solid   pos        // of base: the durable place
	queue   batch[S]
	memoOut []memoWrite // encoded memos that wait for a commit
	flight  *outcome    // of the commit that is on its way; nil: there is none
	places  []placed    // of the ops of one Do
	chain   chainer
	closing bool
	refuse  error // why nothing more is appended, once that is so
	live    budget
	made    pos    // of the last memo that was made; live.last may be ahead of it
	asked   int    // memos that are due and not made yet
	steps   uint64 // how often the clock was found to have stepped back
	behind  bool

	tail tail // of the durable log; of the one goroutine that commits

	hookMu sync.Mutex
	hooks  []func([]Op, S, Head)

	past   past[S]
	verify atomic.Pointer[Verified]

	ahead    ahead         // of the committer
	wake     chan struct{} // to the committer
	memoCh   chan memoJob[S]
	healCh   chan uint64
	healWait chan chan struct{} // tests: closed when the healer is idle
	stop     context.CancelFunc // of the healer
	done     sync.WaitGroup     // all goroutines
	closed   chan struct{}      // closed when the file is
	memoDone chan struct{}

	memosEnded bool // memoCh is closed; of the committer alone
}

// published is a durable state, which never changes.
type published[S any] struct {
	state S
	pos   pos
	tail  tail
}

// Open opens dir/oplog.db and replays it, creating it if need be; with ReadOnly a missing file gives an empty log. The
// chain is verified from the last memo on. Errors: vox/oplog/locked, damaged, newer-format, disk-full, io.
func Open[S any](dir string, p Projection[S], o Options) (*Log[S], error) {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.LockTimeout <= 0 {
		o.LockTimeout = DefaultLockTimeout
	}
	if o.MemoEvery == 0 {
		o.MemoEvery = DefaultMemoEvery
	}
	file := opening{dir: dir, how: writing, timeout: o.LockTimeout, now: o.Now}
	if o.ReadOnly {
		file.how = reading
	}
	if o.Precheck != nil {
		file.precheck = func(why string) error { return o.Precheck(context.Background(), dir, why) }
	}
	s, err := file.open()
	if err != nil {
		return nil, err
	}
	l := &Log[S]{
		proj: p, opt: o, s: s, tip: s.begin(), solid: s.begin(), live: budget{every: o.MemoEvery, free: memoFree},
		wake: make(chan struct{}, 1), memoCh: make(chan memoJob[S], memoQueue), healCh: make(chan uint64, healQueue), memoDone: make(chan struct{}), healWait: make(chan chan struct{}),
		closed: make(chan struct{}),
	}
	l.past.log = l
	if err := l.load(); err != nil {
		if s != nil {
			_ = s.close()
		}
		return nil, err
	}
	l.base = p.Clone(l.next)
	l.cur.Store(&published[S]{p.Clone(l.next), l.tip, l.tail})
	if o.ReadOnly {
		return l, nil
	}
	if err := s.beginWriting(); err != nil {
		_ = s.close()
		return nil, err
	}
	l.ahead.on = allocatesLate(s.file)
	l.writeHolder()
	ctx, stop := context.WithCancel(context.Background())
	l.stop = stop
	l.done.Add(3)
	go l.commitLoop()
	go l.memoLoop()
	go l.healLoop(ctx)
	if newest := l.tip.Seq / o.MemoEvery * o.MemoEvery; newest >= l.live.last+o.MemoEvery && l.live.affords(l.tip, l.live.size) {
		l.healCh <- newest
	}
	return l, nil
}

// load fills next and tip: the last good memo, the verified ops after it, and the last mark.
func (l *Log[S]) load() error {
	if err := loadBase(l.proj, l.s); err != nil {
		return err
	}
	if l.next = beginning(l.proj, l.s).state; l.s == nil {
		return nil
	}
	last, err := l.s.lastSeq()
	if err != nil {
		return err
	}
	if l.tip, err = l.s.posAt(last); err != nil {
		return err
	}
	if err := l.s.compareHead(l.tip.Head); err != nil {
		return err
	}
	l.solid = l.tip
	if l.tail, err = l.s.tailAt(last); err != nil {
		return err
	}
	st, err := l.past.nearest(last)
	if err != nil {
		return err
	}
	t, err := l.s.memoTotals()
	if err != nil {
		return err
	}
	l.live.total, l.live.last, l.live.lastBytes = t.bytes, st.pos.Seq, st.pos.bytes
	l.live.size, l.made = st.size, st.pos
	made := st.pos
	if st, err = l.past.replay(context.Background(), st, last, false); err != nil {
		return err
	}
	if st.pos.Hash != l.tip.Hash {
		return damaged(0, "the last memo and the last mark stand on different chains")
	}
	l.next = st.state
	return l.checkNames(made.Seq)
}

// Snapshot gives the newest durable state and where it stands. It takes no lock. The state is shared and never changed:
// by nobody, the caller included.
func (l *Log[S]) Snapshot() (S, Head) {
	p := l.cur.Load()
	return p.state, p.pos.Head
}

// Base gives where the log begins: seq 0 and the hash Genesis, unless it was trimmed.
func (l *Log[S]) Base() Head { return l.s.begin().Head }

// Head gives where the durable log stands.
func (l *Log[S]) Head() Head { return l.cur.Load().pos.Head }

// OnCommit adds a function that is called after each durable commit that has ops, in order, from the one goroutine that
// commits, with the ops, the state after them and its head, before the Pendings are released. It must be quick, and must
// not wait for an append of its own. There is no way to take it off again.
func (l *Log[S]) OnCommit(fn func(ops []Op, s S, h Head)) {
	l.hookMu.Lock()
	defer l.hookMu.Unlock()
	l.hooks = append(l.hooks[:len(l.hooks):len(l.hooks)], fn)
}

// Since gives up to limit durable ops with a Seq above seq, in order, each verified against the chain. Nothing means that
// there are none.
func (l *Log[S]) Since(seq uint64, limit int) ([]Op, error) {
	if l.s == nil {
		return nil, nil
	}
	return wrapRead(l.s.since(seq, l.Head().Seq, limit))
}

// Indexed gives the first limit durable ops that were appended with name in Draft.Index, in order, each verified against
// the chain and found to bear the name. A name that is damaged, or lost with a part of its page, is noticed; an older copy
// of a whole page of the index is for Verify to say, but for the newest ops, whose names Open looks up.
func (l *Log[S]) Indexed(name string, limit int) ([]Op, error) {
	return l.IndexedAfter(name, 0, limit)
}

// wrapRead gives every error of a read a code.
func wrapRead[T any](v T, err error) (T, error) {
	var own *Error
	if err != nil && !errors.As(err, &own) && !errors.Is(err, context.Canceled) && !errors.Is(err, context.DeadlineExceeded) {
		err = ioError(err, "read the op-log")
	}
	return v, err
}

// ClockSteps says how often the clock was found to have stepped back since Open. Ops keep the time of the one before until
// the clock has caught up.
func (l *Log[S]) ClockSteps() uint64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.steps
}

// Close refuses new appends, commits what waits, and closes the file. Reads after it fail with vox/oplog/closed; the
// newest snapshot stays valid. It may be called more than once; the file is free when any of the calls returns.
func (l *Log[S]) Close() error {
	l.mu.Lock()
	if l.closing {
		l.mu.Unlock()
		<-l.closed
		return nil
	}
	l.closing = true
	l.mu.Unlock()
	defer close(l.closed)
	if l.stop != nil {
		l.stop()
		l.poke()
		l.done.Wait()
		_ = os.Remove(filepath.Join(l.s.dir, holderName))
		if l.refuse == nil { // else nobody knows where it ends
			l.s.endWriting(l.Head())
		}
	}
	if l.s == nil {
		return nil
	}
	if err := l.s.close(); err != nil {
		return ioError(err, "close the op-log")
	}
	return nil
}

func (l *Log[S]) poke() {
	select {
	case l.wake <- struct{}{}:
	default:
	}
}

// writeHolder says who holds the file, for whoever finds it locked. It is only a courtesy: failing is no error.
func (l *Log[S]) writeHolder() {
	if l.opt.Holder == "" {
		_ = os.Remove(filepath.Join(l.s.dir, holderName))
		return
	}
	_ = os.WriteFile(filepath.Join(l.s.dir, holderName), []byte(l.opt.Holder+"\n"), fileMode)
}
