package graph

import "math"

// level is the graph with clusters of up to some size drawn together.
type level struct {
	q    *quotient
	into []int32 // the node here of each node of the finer level
}

// coarsest is how few bodies a level must have so that no coarser one is worth while.
const coarsest = 24

// levels are cuts through the forest, each with clusters about twice as big as the one before. The first is the graph.
func (f *forest) levels(s *shape) []level {
	out := []level{{q: quotientOf(s)}}
	at := make([]int32, s.n) // the cluster that each node of the last level is
	for i := range at {
		at[i] = int32(i)
	}
	for most := int32(2); len(at) > coarsest && most < 2*int32(s.n); most *= 2 {
		into, next := f.rise(at, most)
		if len(next) > len(at)*4/5 {
			continue
		}
		out = append(out, level{q: out[len(out)-1].q.draw(into, len(next)), into: into})
		at = next
	}
	return out
}

// rise gives the clusters of up to so many nodes that hold the given ones, and where each went.
func (f *forest) rise(at []int32, most int32) (into, next []int32) {
	into = make([]int32, len(at))
	place := make(map[int32]int32, len(at))
	for i, c := range at {
		for up := f.parent[c]; up >= 0 && up < f.loose && f.size[up] <= most; up = f.parent[c] {
			c = up
		}
		k, is := place[c]
		if !is {
			k = int32(len(next))
			place[c] = k
			next = append(next, c)
		}
		into[i] = k
	}
	return into, next
}

// plane makes bodies of the nodes of a level.
func (l level) plane(length func(p pair) float64) *plane {
	p := newPlane(l.q.len())
	for i, n := range l.q.size {
		p.mass[i] = float64(n)
	}
	p.tie(l.q.links(), length)
	return p
}

// unfold places the bodies of a finer level around where their clusters are: a cluster of k fills the disc of k nodes.
func unfold(from *plane, into []int32, to *plane) {
	const room = 14 // columns, about the distance of neighbours in the plane
	filled := make([]float64, len(from.x))
	for i, c := range into {
		dx, dy := turn(float64(golden*filled[c]) + fraction(stir(uint64(c))))
		r := 0.0
		if to.mass[i] < from.mass[c] {
			r = room * math.Sqrt(filled[c]+float64(to.mass[i]/2))
		}
		to.x[i] = from.x[c] + float64(dx*r)
		to.y[i] = from.y[c] + float64(dy*r)
		filled[c] += to.mass[i]
	}
}

// golden is the part of a turn after which points on a spiral lie evenly.
const golden = 0.38196601125010515
