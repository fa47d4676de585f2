package mesh

import (
	"context"
	"sync"

	"voxmesh/oplog"
)

// wakeups tells whoever waits that something is new. A wake-up carries nothing and may stand for many: the one who
// wakes looks at the state, or reads the log from where it left off, so nothing can be missed.
type wakeups struct {
	mu     sync.Mutex
	chans  map[chan struct{}]bool
	closed bool
}

func newWakeups() *wakeups { return &wakeups{chans: map[chan struct{}]bool{}} }

// watch gives a channel that holds one token while something is new; it is closed with ctx or with the host.
func (w *wakeups) watch(ctx context.Context) <-chan struct{} {
	ch := make(chan struct{}, 1)
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.closed {
		close(ch)
		return ch
	}
	w.chans[ch] = true
	context.AfterFunc(ctx, func() { w.drop(ch) })
	return ch
}

func (w *wakeups) drop(ch chan struct{}) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.chans[ch] {
		delete(w.chans, ch)
		close(ch)
	}
}

func (w *wakeups) wake() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for ch := range w.chans {
		select {
		case ch <- struct{}{}:
		default:
		}
	}
}

func (w *wakeups) close() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.closed = true
	for ch := range w.chans {
		close(ch)
	}
	w.chans = map[chan struct{}]bool{}
}

// Watch gives a channel that holds a token whenever a snapshot was published or telemetry changed since it was last
// emptied. It is closed when ctx ends or the host does.
func (h *Host) Watch(ctx context.Context) <-chan struct{} { return h.wakeups.watch(ctx) }

// onCommit hears of every durable commit, in order, from the log's committer. It must not block.
func (h *Host) onCommit(ops []oplog.Op, _ *State, _ oplog.Head) {
	now := h.now()
	for _, op := range ops {
		switch op.Kind {
		case KindJobLeased:
			var r JobLeased
			if unmarshal(op.Body, &r) == nil {
				h.leases.grant(r.Job, r.Attempt, now)
			}
		case KindItemAdmitted:
			var r ItemAdmitted
			if unmarshal(op.Body, &r) == nil && r.Run == "" {
				h.intents.Store(op.Seq)
			}
		case KindJobFinished, KindJobRequeued:
			h.streams.poke()
		}
	}
	h.wakeups.wake()
}
