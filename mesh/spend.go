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

// Prices are what work costs on a machine that is not the host, in micro-USD. They are rough figures for power and
// wear, there to make the gauges mean something between friends: a GPU hour at $0.40, a CPU hour at $0.04,
// a million tokens of text at $0.20, of embedding at $0.02.
type Prices struct {
	GPUSecond     float64
	CPUSecond     float64
	TextToken     float64
	EmbedToken    float64
	LeastPerJob   int64
	HostIsForFree bool
}

// DefaultPrices are the prices of a mesh that set none.
func DefaultPrices() Prices {
	return Prices{
		GPUSecond: 400_000.0 / 3600, CPUSecond: 40_000.0 / 3600, TextToken: 0.2, EmbedToken: 0.02,
		LeastPerJob: 1, HostIsForFree: true,
	}
}

// Cost is what a job cost on a node: seconds for gpu and cpu work, tokens for text and embed. At least LeastPerJob,
// so that "no paid work" at a cap of 0 means no work of others' machines at all.
func (p Prices) Cost(n *Node, kind string, d time.Duration, tokens int64) int64 {
	if n == nil || n.Host && p.HostIsForFree {
		return 0
	}
	var c float64
	switch kind {
	case "gpu":
		c = d.Seconds() * p.GPUSecond
	case "text":
		c = float64(tokens) * p.TextToken
	case "embed":
		c = float64(tokens) * p.EmbedToken
	default:
		c = d.Seconds() * p.CPUSecond
	}
	return max(int64(math.Ceil(c)), p.LeastPerJob)
}

// Micros reads a number of dollars, at most a million of them. Negative and not finite ones are refused.
func Micros(usd float64) (int64, bool) {
	if math.IsNaN(usd) || usd < 0 || usd > 1e6 {
		return 0, false
	}
	return int64(math.Round(usd * 1e6)), true
}
