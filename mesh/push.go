package mesh

import (
	"encoding/json"
	"fmt"
	"sync"
	"time"

	"voxmesh/mesh/fabric"
)

// resendAfter is when an assignment that no report lists is sent again: a report is due every BeatEvery.
const resendAfter = 2 * BeatEvery

// pushes remembers what was said to each node and what it said it holds, so that the difference can be sent at once
// and not only with the next heartbeat. It is a cache: losing it costs a message, never a job.
type pushes struct {
	mu    sync.Mutex
	nodes map[string]*pushed
}

type pushed struct {
	held []fabric.Held        // as last reported
	sent map[string]time.Time // job/attempt and kind → when
}

func newPushes() *pushes { return &pushes{nodes: map[string]*pushed{}} }

func (p *pushes) node(id string) *pushed {
	n := p.nodes[id]
	if n == nil {
		n = &pushed{sent: map[string]time.Time{}}
		p.nodes[id] = n
	}
	return n
}

// heard keeps what the orders depend on, in a slice of its own: the report's other words are not ours to keep.
func (p *pushes) heard(node string, held []fabric.Held) {
	kept := make([]fabric.Held, 0, len(held))
	for _, w := range held {
		phase := fabric.PhaseRunning
		if w.Phase == fabric.PhaseDone || w.Phase == fabric.PhaseRefused {
			phase = w.Phase
		}
		kept = append(kept, fabric.Held{Job: w.Job, Attempt: w.Attempt, Phase: phase})
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.node(node).held = kept
}

func (p *pushes) drop(node string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.nodes, node)
}

// forget makes everything due again: the node has a new session.
func (p *pushes) forget(node string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.node(node).sent = map[string]time.Time{}
}

// due reports whether a message should be sent now, and remembers that it is.
func (p *pushes) due(node, what string, now time.Time) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	n := p.node(node)
	if t, ok := n.sent[what]; ok && now.Sub(t) < resendAfter {
		return false
	}
	if len(n.sent) > 4*maxHeld {
		n.sent = map[string]time.Time{}
	}
	n.sent[what] = now
	return true
}

func (p *pushes) heldBy(node string) []fabric.Held {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.node(node).held
}

func (p *pushes) holders() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	out := make([]string, 0, len(p.nodes))
	for id, n := range p.nodes {
		if len(n.held) > 0 {
			out = append(out, id)
		}
	}
	return out
}

// pushLoop sends what changed as soon as it is durable: jobs to whom they were given, orders to who holds what it
// should not.
func (h *Host) pushLoop() {
	moved := h.Watch(h.ctx)
	for range moved {
		s, now := h.Snapshot(), h.now()
		for _, node := range h.push.holders() { // first, so that a node knows which slots come free for what it is given
			h.pushOrders(s, node, now)
		}
		for _, j := range s.Held() {
			if j.State == Leased {
				h.pushAssign(j, now)
			}
		}
		h.sweepStreams(s)
	}
}

func (h *Host) pushAssign(j *Job, now time.Time) {
	for _, w := range h.push.heldBy(j.Node) {
		if w.Job == j.Job && w.Attempt == j.Attempt {
			return
		}
	}
	if !h.bus.Connected(j.Node) || !h.push.due(j.Node, "assign "+streamKey(j.Job, j.Attempt), now) {
		return
	}
	b, err := json.Marshal(fabric.Assign{
		V: 1, Job: j.Job, Run: j.Run, Attempt: j.Attempt, Kind: j.Kind, Runner: j.Runner, Module: j.Module, Args: j.Args,
		Stdin: j.Stdin, Model: j.Model, Prompt: j.Prompt, Class: j.Class.String(), Priority: j.Priority, NSFW: j.NSFW,
		TimeoutMS: j.TimeoutMS, Submitter: j.Submitter, Command: j.Command, Scope: j.Scope,
	})
	if err != nil {
		return
	}
	header := map[string]string{fabric.HeaderTraceparent: Traceparent(j.Trace, AttemptSpanID(j.Run, j.Job, j.Attempt))}
	if err := h.bus.Send(j.Node, fabric.KindAssign, header, b); err != nil {
		h.cfg.Log("assign %s to %s: %v", j.Job, j.Node, err)
	}
}

// Traceparent is the W3C Trace Context header of a sampled trace.
func Traceparent(trace, span string) string { return fmt.Sprintf("00-%s-%s-01", trace, span) }

func (h *Host) pushOrders(s *State, node string, now time.Time) {
	held := h.push.heldBy(node)
	send := false
	for _, w := range held {
		if _, ok := s.holds(node, w.Job, w.Attempt); !ok && w.Phase != fabric.PhaseDone && w.Phase != fabric.PhaseRefused {
			send = h.push.due(node, "cancel "+streamKey(w.Job, w.Attempt), now) || send
		}
	}
	if !send {
		return
	}
	if b, err := json.Marshal(h.ordersFor(s, node, held)); err == nil {
		_ = h.bus.Send(node, fabric.KindOrders, nil, b)
	}
}

// sweepStreams drops the live output of attempts that are over: the blob has it, or a later attempt makes it anew.
func (h *Host) sweepStreams(s *State) {
	if h.streams.none() {
		return
	}
	held := map[string]bool{}
	for _, j := range s.Held() {
		held[streamKey(j.Job, j.Attempt)] = true
	}
	h.streams.keep(func(key string) bool { return held[key] })
}
