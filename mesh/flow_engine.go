package mesh

import (
	"time"

	"voxmesh/oplog"
)

// flowEngine starts what is next in the workflow runs that go on. It holds nothing that matters: what it does follows from
// the state alone, so that a host which was killed at any moment goes on where the log ends.
type flowEngine struct {
	h    *Host
	seen map[string]flowSeen
}

// flowSeen is how a run was found when nothing of it was to be done.
type flowSeen struct {
	mark  uint64        // of State.flows
	waits bool          // for a model
	wait  time.Duration // after an error, not before again
	again time.Time
}

// After an error of the disk a run is left alone for flowWait, and twice as long each time that it comes again.
const (
	flowWait     = 2 * time.Second
	flowWaitMost = time.Minute
)

// flowLoop plans each open run anew when something of it changed.
func (h *Host) flowLoop() {
	e := &flowEngine{h: h, seen: map[string]flowSeen{}}
	moved := h.Watch(h.ctx)
	for {
		for e.pass() {
		}
		if _, ok := <-moved; !ok {
			return
		}
	}
}

// pass takes a step of each open run, and reports whether another pass may find more to do.
func (e *flowEngine) pass() (more bool) {
	open := e.h.Snapshot().OpenFlows()
	for _, id := range open {
		if e.h.ctx.Err() != nil {
			return false
		}
		more = e.step(id) || more
	}
	if len(e.seen) > 2*len(open)+64 { // mostly of runs that ended
		e.seen = map[string]flowSeen{}
	}
	return more
}

// step commits what is next in a run, and reports whether there may be more.
func (e *flowEngine) step(id string) bool {
	s := e.h.Snapshot()
	r, ok := s.Run(id)
	mark, open := s.flows.Get(id)
	if !ok || !open || e.idle(s, id, mark) {
		return false
	}
	p, err := e.h.planFlow(s, r)
	if err != nil {
		e.failed(id, err)
		return false
	}
	return e.carryOut(id, mark, p)
}

// carryOut commits a plan. One of which nothing holds any more is made anew when something of the run changes; where there
// was a job to start, a model may be what went away meanwhile, and its return changes nothing of the run.
func (e *flowEngine) carryOut(id string, mark uint64, p *flowPlan) bool {
	done, err := e.commit(p)
	switch {
	case err != nil:
		e.failed(id, err)
		return false
	case done > 0:
		delete(e.seen, id)
		return true
	}
	if now, _ := e.h.Snapshot().flows.Get(id); now == mark {
		e.seen[id] = flowSeen{mark: mark, waits: p.waits || len(p.start) > 0}
	}
	return false
}

// commit makes durable what of a plan still holds.
func (e *flowEngine) commit(p *flowPlan) (ops int, err error) {
	if p.empty() {
		return 0, nil
	}
	pending, err := e.h.log.Do(func(next *State) ([]oplog.Draft, error) {
		drafts := e.h.flowDrafts(next, p)
		ops = len(drafts)
		return drafts, nil
	})
	if err == nil {
		err = pending.Wait(e.h.ctx)
	}
	if err == nil && ops > 0 && p.finish != nil && p.finish.Error != "" {
		e.h.cfg.Log("workflow run %s: %s: %s", p.run, p.finish.Status, p.finish.Error)
	}
	return ops, err
}

func (p *flowPlan) empty() bool {
	return len(p.expand) == 0 && len(p.skip) == 0 && len(p.start) == 0 && p.finish == nil
}

// idle reports whether nothing can have changed for a run since it was looked at last.
func (e *flowEngine) idle(s *State, id string, mark uint64) bool {
	seen, ok := e.seen[id]
	switch {
	case !ok:
		return false
	case seen.wait > 0:
		return e.h.now().Before(seen.again)
	case seen.mark != mark:
		return false
	}
	return !seen.waits || s.DefaultModel() == ""
}

// failed leaves a run alone for a while, and says why once for each time.
func (e *flowEngine) failed(id string, err error) {
	if e.h.ctx.Err() != nil {
		return
	}
	wait := min(max(2*e.seen[id].wait, flowWait), flowWaitMost)
	e.seen[id] = flowSeen{wait: wait, again: e.h.now().Add(wait)}
	e.h.cfg.Log("workflow run %s: tried again in %s: %v", id, wait, err)
}
