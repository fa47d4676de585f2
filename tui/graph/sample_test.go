package graph

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
)

// attach is a graph by preferential attachment (Barabási and Albert): each node joins k earlier ones, the well-joined first.
func attach(n, k int, seed uint64) Graph {
	r := rand.New(rand.NewPCG(seed, 0))
	g := Graph{Nodes: make([]Node, n)}
	ends := []int{0}
	for i := range n {
		g.Nodes[i] = Node{ID: fmt.Sprintf("n-%05d", i)}
		from := len(ends)
		for range min(i, k) {
			j := ends[r.IntN(from)]
			g.Edges = append(g.Edges, Edge{i, j})
			ends = append(ends, i, j)
		}
	}
	return g
}

// star is a mesh: a host, and workers that are joined with it alone. The groups are those of a mesh too.
func star(host string, workers ...string) Graph {
	slices.Sort(workers)
	ids := append([]string{host}, workers...)
	slices.Sort(ids)
	g := Graph{Nodes: make([]Node, len(ids))}
	hub, _ := slices.BinarySearch(ids, host)
	for i, id := range ids {
		g.Nodes[i] = Node{ID: id, Group: 1}
		if i == hub {
			g.Nodes[i].Group = 0
			continue
		}
		g.Edges = append(g.Edges, Edge{hub, i})
	}
	return g
}

// stress is how far a picture's distances are from those of the graph: normalised, at the scale at which that is least,
// from a sample of sources by breadth-first search.
func stress(g Graph, points []Point, sources int) float64 {
	s := shapeOf(g)
	n := s.n
	var sumOver, sumSquare, pairs float64 // of d/hops, (d/hops)², and how many
	hops := make([]int, n)
	for k := range sources {
		from := k * n / sources
		queue := []int32{int32(from)}
		for i := range hops {
			hops[i] = -1
		}
		hops[from] = 0
		for len(queue) > 0 {
			i := queue[0]
			queue = queue[1:]
			for _, j := range s.neighbours(int(i)) {
				if hops[j] < 0 {
					hops[j] = hops[i] + 1
					queue = append(queue, j)
				}
			}
		}
		for i, h := range hops {
			if h > 0 {
				r := math.Hypot(points[i].X-points[from].X, points[i].Y-points[from].Y) / float64(h)
				sumOver, sumSquare, pairs = sumOver+r, sumSquare+r*r, pairs+1
			}
		}
	}
	// The mean of (s·r − 1)² is least at s = Σr/Σr².
	return 1 - sumOver*sumOver/sumSquare/pairs
}

// without is a graph that lacks one node.
func without(g Graph, i int) Graph {
	out := Graph{Nodes: slices.Delete(slices.Clone(g.Nodes), i, i+1)}
	place := func(k int) int {
		if k > i {
			return k - 1
		}
		return k
	}
	for _, e := range g.Edges {
		if e.A != i && e.B != i {
			out.Edges = append(out.Edges, Edge{place(e.A), place(e.B)})
		}
	}
	return out
}

// racks is a mesh of 3,000 workers: seven kinds of many, and two of one.
func racks() Graph {
	var ids []string
	for _, kind := range []struct {
		prefix string
		n      int
	}{{"lab-", 1213}, {"rack-a", 512}, {"rack-b", 512}, {"edu-", 420}, {"cam-", 180}, {"pub-", 96}, {"nook-", 66}} {
		for i := range kind.n {
			ids = append(ids, fmt.Sprintf("%s%d", kind.prefix, i))
		}
	}
	return star("aurelia", append(ids, "alice-gpu", "bob-cpu")...)
}
