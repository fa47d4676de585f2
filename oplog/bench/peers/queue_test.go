package peers

import (
	"runtime"
	"sync"
	"time"
)

// queue is a group commit as good as one knows to make it: the first to come while another commits takes all that waits
// when it is his turn, and one channel wakes all of them.
type queue struct {
	flush func([][]byte) error // makes them durable; one call at a time

	mu     sync.Mutex // held for a moment
	open   *group     // what is joined now
	commit sync.Mutex // held while flushing
	expect int        // how many may come at once, as they have just been released; with commit
}

type group struct {
	vals [][]byte
	done chan struct{}
	err  error
}

func (q *queue) append(v []byte) error {
	q.mu.Lock()
	g, first := q.open, false
	if g == nil {
		g, first = &group{done: make(chan struct{})}, true
		q.open = g
	}
	g.vals = append(g.vals, v)
	q.mu.Unlock()
	if !first {
		<-g.done
		return g.err
	}
	q.commit.Lock()
	q.admit(g)
	q.mu.Lock()
	q.open = nil
	q.mu.Unlock()
	g.err = q.flush(g.vals)
	q.mu.Lock()
	q.expect = len(g.vals)
	if q.open != nil {
		q.expect += len(q.open.vals)
	}
	q.mu.Unlock()
	close(g.done)
	q.commit.Unlock()
	return g.err
}

// admit lets those who were just released get into g: as long as one after the other comes.
func (q *queue) admit(g *group) {
	begin := time.Now()
	last, came := begin, 0
	for came < q.expect {
		runtime.Gosched()
		q.mu.Lock()
		n := len(g.vals)
		q.mu.Unlock()
		now := time.Now()
		if n > came {
			came, last = n, now
		}
		if now.Sub(last) > 10*time.Microsecond || now.Sub(begin) > 300*time.Microsecond {
			return
		}
	}
}
