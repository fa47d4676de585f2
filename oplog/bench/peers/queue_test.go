package peers

import (
	"runtime"
	"sync"
)

// queue is a group commit as good as one knows to make it: the first to come while another commits takes all that waits
// when it is his turn, and one channel wakes all of them.
type queue struct {
	flush func([][]byte) error // makes them durable; one call at a time

	mu     sync.Mutex // held for a moment
	open   *group     // what is joined now
	commit sync.Mutex // held while flushing
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
	runtime.Gosched() // those just released often append again: let them in
	q.mu.Lock()
	q.open = nil
	q.mu.Unlock()
	g.err = q.flush(g.vals)
	close(g.done)
	q.commit.Unlock()
	return g.err
}
