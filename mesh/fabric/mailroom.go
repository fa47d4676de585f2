package fabric

import (
	"context"
	"sync"
)

// Bounds of what waits for the host's handlers, per node: a worker that sends faster than it is heard loses messages
// of its own and nobody else's.
const (
	boxMessages = 2048
	boxBytes    = 16 << 20
)

// mailroom calls the host's handlers: one after another for one node and kind, at the same time for others, so that a
// handler that waits for the disk holds nobody else up (and many of them share one sync).
type mailroom struct {
	ctx context.Context
	wg  sync.WaitGroup

	mu       sync.Mutex
	closed   bool
	handlers map[string]func(context.Context, Msg)
	boxes    map[boxKey]*box
	held     map[string]held
	dropped  uint64
}

type boxKey struct{ node, kind string }

type box struct{ queue []Msg }

type held struct{ messages, bytes int }

func newMailroom(ctx context.Context) *mailroom {
	return &mailroom{
		ctx: ctx, handlers: map[string]func(context.Context, Msg){}, boxes: map[boxKey]*box{}, held: map[string]held{},
	}
}

func (r *mailroom) handle(kind string, fn func(context.Context, Msg)) (first bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	_, had := r.handlers[kind]
	r.handlers[kind] = fn
	return !had
}

// put takes a message; false when nobody handles its kind, or there is no room.
func (r *mailroom) put(m Msg) bool {
	k := boxKey{m.Node, m.Kind}
	r.mu.Lock()
	defer r.mu.Unlock()
	h := r.held[m.Node]
	if r.closed || r.handlers[m.Kind] == nil {
		return false
	}
	if h.messages >= boxMessages || h.bytes+len(m.Data) > boxBytes {
		r.dropped++
		return false
	}
	r.held[m.Node] = held{h.messages + 1, h.bytes + len(m.Data)}
	if b := r.boxes[k]; b != nil {
		b.queue = append(b.queue, m)
		return true
	}
	r.boxes[k] = &box{}
	r.wg.Add(1)
	go r.serve(k, m)
	return true
}

func (r *mailroom) serve(k boxKey, m Msg) {
	defer r.wg.Done()
	for {
		r.mu.Lock()
		fn := r.handlers[k.kind]
		r.mu.Unlock()
		fn(r.ctx, m)

		r.mu.Lock()
		h := held{r.held[k.node].messages - 1, r.held[k.node].bytes - len(m.Data)}
		if h.messages == 0 {
			delete(r.held, k.node)
		} else {
			r.held[k.node] = h
		}
		b := r.boxes[k]
		if len(b.queue) == 0 {
			delete(r.boxes, k)
			r.mu.Unlock()
			return
		}
		m = b.queue[0]
		b.queue[0] = Msg{}
		b.queue = b.queue[1:]
		r.mu.Unlock()
	}
}

// close takes nothing more and waits for what runs, no longer than ctx.
func (r *mailroom) close(ctx context.Context) {
	r.mu.Lock()
	r.closed = true
	r.mu.Unlock()
	done := make(chan struct{})
	go func() { r.wg.Wait(); close(done) }()
	select {
	case <-done:
	case <-ctx.Done():
	}
}
