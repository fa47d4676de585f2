package runner

import (
	"context"
	"io"
	"sync"
)

// capped hands output on until the cap; what fits is kept. At the cap, or when the sink fails, it stops the run.
type capped struct {
	to   io.Writer
	max  int64
	stop context.CancelCauseFunc

	mu        sync.Mutex
	n         int64
	truncated bool
	err       error
}

func (c *capped) Write(p []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.err != nil {
		return 0, c.err
	}
	fits := p
	if room := c.max - c.n; int64(len(p)) > room {
		fits = p[:room]
	}
	if len(fits) > 0 {
		n, err := c.to.Write(fits)
		c.n += int64(n)
		if err == nil && n < len(fits) {
			err = io.ErrShortWrite
		}
		if err != nil {
			c.err = err
			c.stop(errSink)
			return n, err
		}
	}
	if len(fits) < len(p) {
		c.truncated, c.err = true, errFlood
		c.stop(errFlood)
		return len(fits), errFlood
	}
	return len(p), nil
}

func (c *capped) info() OutputInfo {
	c.mu.Lock()
	defer c.mu.Unlock()
	return OutputInfo{Bytes: c.n, Truncated: c.truncated}
}

func (c *capped) failure() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.err
}

// holdMax is how much output, and how much input, waits while it is open which form of a module runs the job. A job
// that writes more than this before then waits; it does not fail.
const holdMax = 1 << 20

// gate holds output back until it is known whether it counts.
type gate struct {
	to io.Writer

	mu    sync.Mutex
	cond  sync.Cond
	held  []byte
	state gateState
}

type gateState int

const (
	gateHeld gateState = iota
	gateOpen
	gateShut
)

func newGate(to io.Writer) *gate {
	g := &gate{to: to}
	g.cond.L = &g.mu
	return g
}

func (g *gate) Write(p []byte) (int, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for g.state == gateHeld && len(g.held) > 0 && len(g.held)+len(p) > holdMax {
		g.cond.Wait()
	}
	switch g.state {
	case gateOpen:
		return g.to.Write(p)
	case gateShut:
		return 0, errSuperseded
	}
	g.held = append(g.held, p...)
	return len(p), nil
}

// open lets through what was held and all that follows.
func (g *gate) open() {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.state != gateHeld {
		return
	}
	g.state = gateOpen
	if len(g.held) > 0 {
		g.to.Write(g.held) //nolint:errcheck // capped remembers its error and has stopped the run
	}
	g.held = nil
	g.cond.Broadcast()
}

// shut drops what was held and refuses the rest.
func (g *gate) shut() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.state, g.held = gateShut, nil
	g.cond.Broadcast()
}

// head keeps the first bytes of what is written, and takes all of it.
type head struct {
	max int
	b   []byte
}

func (t *head) Write(p []byte) (int, error) {
	if room := t.max - len(t.b); room > 0 {
		t.b = append(t.b, p[:min(room, len(p))]...)
	}
	return len(p), nil
}
