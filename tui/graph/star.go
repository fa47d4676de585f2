package graph

import (
	"math"
	"slices"
)

// star reports whether one node is joined with every other one, and hardly any others with each other. That is what a
// mesh is: a host and its workers. Then no force says where a worker goes, and counting says it better.
func (l *layout) star() (hub int, is bool) {
	n := l.s.n
	for i := range n {
		if l.s.degree(i) == n-1 {
			return i, len(l.s.links)-(n-1) <= n/8
		}
	}
	return 0, false
}

const (
	innerRing = 24.0  // columns from the hub to the nearest worker: a name and some line
	nodeRoom  = 150.0 // square columns that a node and its name take, with air
)

// sector is a piece of the ring about the hub: turns from..to, columns inner..outer. Lean turns a node away from those
// further in, so that their edges do not lie on one another.
type sector struct {
	from, to, inner, outer float64
	lean, step             float64
}

// ring gives each worker an equal piece of the ring about the hub. A cluster has the pieces of its nodes in one piece:
// the ring is cut in two as the forest is, across its longer side.
func (l *layout) ring(hub int) *plane {
	n := l.s.n
	p := newPlane(n)
	all := sector{from: 0, to: 1, inner: innerRing, step: 0.25}
	all.outer = math.Sqrt(innerRing*innerRing + nodeRoom*float64(n-1)/math.Pi)
	r := ringer{hub: hub, p: p}
	r.cut(l.roots, all)
	return p
}

type ringer struct {
	hub int
	p   *plane
}

// size is how many workers a cluster has.
func (r *ringer) size(c *Cluster) int {
	if _, has := slices.BinarySearch(c.Nodes, r.hub); has {
		return len(c.Nodes) - 1
	}
	return len(c.Nodes)
}

// cut gives clusters their parts of a sector, by halves.
func (r *ringer) cut(clusters []*Cluster, s sector) {
	for len(clusters) == 1 && len(clusters[0].Children) > 0 {
		clusters = clusters[0].Children
	}
	all := 0
	for _, c := range clusters {
		all += r.size(c)
	}
	if all == 0 {
		return
	}
	if len(clusters) == 1 {
		r.sit(clusters[0].Nodes[0], s)
		return
	}
	at, before := 1, r.size(clusters[0]) // where it is cut: nearest to the half
	for at < len(clusters)-1 {
		more := r.size(clusters[at])
		if before+more-all/2 > all/2-before {
			break
		}
		before += more
		at++
	}
	a, b := s.split(before, all-before)
	r.cut(clusters[:at], a)
	r.cut(clusters[at:], b)
}

// split cuts a sector in two for so many workers each.
func (s sector) split(m, n int) (a, b sector) {
	// A cluster is best a slice that reaches to the middle: then none hides between the hub and another.
	const many, slim = 12, 6
	part, shape := float64(m)/float64(m+n), 1.0
	if min(m, n) >= many {
		shape = slim
	}
	a, b = s, s
	middle := math.Sqrt((float64(s.inner*s.inner) + float64(s.outer*s.outer)) / 2)
	narrow := float64(4 * math.Pi * middle * (s.to - s.from) * min(part, 1-part))
	if float64(narrow*shape) >= s.outer-s.inner {
		cut := s.from + float64(part*(s.to-s.from))
		a.to, b.from = cut, cut
		return a, b
	}
	cut := math.Sqrt(float64(s.inner*s.inner*(1-part)) + float64(s.outer*s.outer*part))
	a.outer, b.inner = cut, cut
	a.lean, a.step = s.lean-s.step, s.step/2
	b.lean, b.step = s.lean+s.step, s.step/2
	return a, b
}

// sit puts a worker in the middle of its sector.
func (r *ringer) sit(i int, s sector) {
	dx, dy := turn(float64((s.from+s.to)/2) + float64(s.lean*(s.to-s.from)))
	far := math.Sqrt((float64(s.inner*s.inner) + float64(s.outer*s.outer)) / 2)
	r.p.x[i], r.p.y[i] = dx*far, dy*far
}
