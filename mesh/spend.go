package mesh

import (
	"math"
	"time"
)

// MeshTarget names the whole mesh where a node's id could stand: as the target of a cap. No node is ever called so.
const MeshTarget = "mesh"

// Spend is what was used: money in micro-USD, and tokens.
type Spend struct {
	Micros int64
	Tokens int64
}

// Window is the spend of 24 hours.
type Window struct {
	Mesh  Spend
	nodes map[string]Spend
}

// Node gives the part of one node.
func (w Window) Node(id string) Spend { return w.nodes[id] }

// Window gives the spend of the 24 hours that end at now. The reducer keeps the sums as of the last op; what left the
// window since then is taken off here, so that an idle mesh does not show yesterday's spend.
func (s *State) Window(now time.Time) Window {
	w := Window{Mesh: Spend{s.Spent, s.Tokens}, nodes: map[string]Spend{}}
	s.nodes.Scan(func(id string, n *Node) bool {
		w.nodes[id] = Spend{n.Spent, n.Tokens}
		return true
	})
	limit := now.Add(-KeepEnded).UnixMicro()
	s.ended.Scan(func(_, id string) bool {
		j, ok := s.jobs.Get(id)
		if !ok || j.EndedAt > limit {
			return false
		}
		w.Mesh.Micros -= j.Cost
		w.Mesh.Tokens -= j.TokensUsed
		n := w.nodes[j.Node]
		w.nodes[j.Node] = Spend{n.Micros - j.Cost, n.Tokens - j.TokensUsed}
		return true
	})
	return w
}

// CostSince is what the jobs that ended at t or later cost, in micro-USD: those of a node, or of all where node is empty.
// It looks at no job that ended before.
func (s *State) CostSince(t time.Time, node string) int64 {
	var sum int64
	from := t.UnixMicro()
	s.ended.Reverse(func(_, id string) bool {
		j, ok := s.jobs.Get(id)
		if !ok || j.EndedAt < from {
			return false
		}
		if node == "" || j.Node == node {
			sum += j.Cost
		}
		return true
	})
	return sum
}

// EffectiveMeshCap is the mesh's own cap if set, else the sum of the workers' where every one of them has one.
func (s *State) EffectiveMeshCap() *int64 {
	if s.MeshCap != nil {
		return s.MeshCap
	}
	var sum int64
	workers := s.Workers()
	if len(workers) == 0 {
		return nil
	}
	for _, n := range workers {
		if n.Cap == nil {
			return nil
		}
		sum += *n.Cap
	}
	return &sum
}

// Micros reads a number of dollars, at most a million of them. Negative and not finite ones are refused.
func Micros(usd float64) (int64, bool) {
	if math.IsNaN(usd) || usd < 0 || usd > 1e6 {
		return 0, false
	}
	return int64(math.Round(usd * 1e6)), true
}
