package mesh

import (
	"sync"
	"time"
)

// leases keeps, in memory alone, until when each lease is good. The log records only that it was granted; after a
// restart of the host every open lease gets a fresh full term, so a clock never decides and a restart never kills.
type leases struct {
	term time.Duration
	mu   sync.Mutex
	till map[string]lease // job id
}

type lease struct {
	attempt uint32
	till    time.Time
}

func newLeases(term time.Duration) *leases { return &leases{term: term, till: map[string]lease{}} }

// grant begins or renews the lease of an attempt.
func (l *leases) grant(job string, attempt uint32, now time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.till[job] = lease{attempt, now.Add(l.term)}
}

// expired gives the held jobs whose lease ran out. A lease that it has never heard of begins now; what is no longer
// held is forgotten.
func (l *leases) expired(held []*Job, now time.Time) []*Job {
	l.mu.Lock()
	defer l.mu.Unlock()
	fresh := make(map[string]lease, len(held))
	var out []*Job
	for _, j := range held {
		e, ok := l.till[j.Job]
		if !ok || e.attempt != j.Attempt {
			e = lease{j.Attempt, now.Add(l.term)}
		}
		fresh[j.Job] = e
		if now.After(e.till) {
			out = append(out, j)
		}
	}
	l.till = fresh
	return out
}

// instances knows which start of its agent a node speaks from. A new start takes over from the old one; when the old
// one is heard again after that, two machines hold one key.
type instances struct {
	mu    sync.Mutex
	nodes map[string]*instance
}

type instance struct {
	now   string
	n     uint64
	older map[string]bool
}

// olderKept bounds what is remembered of a node that restarts often.
const olderKept = 64

func newInstances() *instances { return &instances{nodes: map[string]*instance{}} }

// heard takes the instance and count of a report. fresh is false for a report that was overtaken by a later one;
// restarted is true for the first of a new instance; cloned when an instance came back after another took over.
func (i *instances) heard(node, id string, n uint64) (fresh, restarted, cloned bool) {
	i.mu.Lock()
	defer i.mu.Unlock()
	e := i.nodes[node]
	if e == nil {
		e = &instance{older: map[string]bool{}}
		i.nodes[node] = e
	}
	switch {
	case e.now == id:
		if n <= e.n {
			return false, false, false
		}
		e.n = n
		return true, false, false
	case e.older[id]:
		return false, false, true
	}
	if e.now != "" {
		if len(e.older) >= olderKept {
			e.older = map[string]bool{}
		}
		e.older[e.now] = true
	}
	e.now, e.n = id, n
	return true, true, false
}

func (i *instances) forget(node string) {
	i.mu.Lock()
	defer i.mu.Unlock()
	delete(i.nodes, node)
}
