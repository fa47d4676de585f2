package worker

import (
	"context"
	"encoding/json"
	"time"

	"voxmesh/mesh/clean"
	"voxmesh/mesh/fabric"
)

// onOrders hears orders that nobody asked for.
func (a *Agent) onOrders(m fabric.Msg) {
	var o fabric.Orders
	if json.Unmarshal(m.Data, &o) != nil || o.V == 0 {
		a.cfg.Log("%s: orders that cannot be read", a.cfg.Mesh)
		return
	}
	// They may have been overtaken by newer ones, so an older head in them means nothing.
	a.watchHead(o.Head, fabric.Head{})
	a.follow(o, a.cfg.Now())
}

// follow does what orders say. The leases were good when those orders were asked for, at the time said: a lease counted
// from then ends here before it ends at the host.
func (a *Agent) follow(o fabric.Orders, said time.Time) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if said.After(a.heard) {
		a.heard = said
	}
	if o.LeaseMS > 0 {
		a.term = min(time.Duration(o.LeaseMS)*time.Millisecond, maxLease)
	}
	if locked := clean.Max(o.Locked, 160).String(); locked != a.locked {
		a.locked = locked
		if locked != "" {
			a.cfg.Log("%s: the host has locked this node: %s", a.cfg.Mesh, locked)
		}
	}
	for _, ref := range o.Settled {
		if j := a.jobs[ref.Job]; j != nil && j.as.Attempt == ref.Attempt {
			j.cancel(errUnwanted)
			delete(a.jobs, ref.Job)
			j.forget()
		}
	}
	for _, ref := range o.Cancel {
		if j := a.jobs[ref.Job]; j != nil && j.as.Attempt == ref.Attempt {
			j.cancel(errKilled)
		}
	}
}

// maxLease bounds what a host can make of a lease.
const maxLease = time.Hour

// silence is how long the host may say nothing before its jobs stop here: five seconds less than a lease, or five sixths
// of a short one.
func silence(term time.Duration) time.Duration {
	if term < 6*leaseMargin {
		return term * 5 / 6
	}
	return term - leaseMargin
}

// watchLease stops the jobs of a host that is silent: it will give them to another worker soon.
func (a *Agent) watchLease(ctx context.Context) {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
		}
		timer.Reset(a.stopSilent(a.cfg.Now()))
	}
}

// lookEvery is how long a look at the leases holds at most: a host may shorten them.
const lookEvery = time.Second

// stopSilent stops and drops the jobs whose lease is over, and gives how long the others have at least. A job that has
// ended is kept: the host takes its result, or says that it is no longer wanted.
func (a *Agent) stopSilent(now time.Time) time.Duration {
	a.mu.Lock()
	defer a.mu.Unlock()
	next := lookEvery
	for id, j := range a.jobs {
		if j.ended || j.phase == fabric.PhaseRefused || j.phase == fabric.PhaseDone {
			continue
		}
		since := a.heard
		if j.came.After(since) {
			since = j.came
		}
		left := silence(a.term) - now.Sub(since)
		if left > 0 {
			next = min(next, left)
			continue
		}
		a.cfg.Log("%s: %s attempt %d stopped: nothing was heard of the host for %v", a.cfg.Mesh, id, j.as.Attempt, now.Sub(since).Round(time.Second))
		j.cancel(errSilent)
		delete(a.jobs, id)
	}
	return next
}
