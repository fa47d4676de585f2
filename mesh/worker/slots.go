package worker

import (
	"maps"
	"sync"

	"voxmesh/policy"
)

// Slots counts what runs here for others, by kind of slot and by peer. All memberships of a machine share one, because
// the machine is given once; the host's own node has another, because what an owner runs is no donation. Safe for
// concurrent use.
type Slots struct {
	mu   sync.Mutex
	kind map[string]int
	peer map[string]int
}

// NewSlots gives a count of nothing.
func NewSlots() *Slots { return &Slots{kind: map[string]int{}, peer: map[string]int{}} }

// Load is a copy of the counts.
func (s *Slots) Load() policy.Load {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.load()
}

func (s *Slots) load() policy.Load {
	return policy.Load{ByKind: maps.Clone(s.kind), ByPeer: maps.Clone(s.peer)}
}

// take counts a job of peer if decide accepts it with the load of this moment. release, which may be called any number
// of times, gives the slot back; it is nil when the job was refused.
func (s *Slots) take(kind, peer string, decide func(policy.Load) policy.Decision) (d policy.Decision, release func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if d = decide(s.load()); !d.Accept {
		return d, nil
	}
	s.kind[kind]++
	s.peer[peer]++
	return d, sync.OnceFunc(func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		lower(s.kind, kind)
		lower(s.peer, peer)
	})
}

// lower counts one down; a peer that has nothing here takes no room.
func lower(m map[string]int, k string) {
	if m[k]--; m[k] <= 0 {
		delete(m, k)
	}
}
