package graph

import "slices"

// shape is a graph in the form that the layout works on: each edge once, its ends in order, no loops; so the order in
// which edges were given is gone.
type shape struct {
	n     int
	links []pair  // ascending by a, then b; a < b
	first []int32 // the neighbours of i are near[first[i]:first[i+1]], ascending
	near  []int32
}

type pair struct{ a, b int32 }

// shapeOf leaves out edges that join a node with itself, that are there twice, or whose ends are no nodes.
func shapeOf(g Graph) *shape {
	s := &shape{n: len(g.Nodes)}
	count := make([]int32, s.n+1)
	links := make([]pair, 0, len(g.Edges))
	for _, e := range g.Edges {
		a, b := min(e.A, e.B), max(e.A, e.B)
		if a >= 0 && b < s.n && a != b {
			links = append(links, pair{int32(a), int32(b)})
			count[a+1]++
		}
	}
	for i := range s.n {
		count[i+1] += count[i]
	}
	by := make([]pair, len(links))
	next := slices.Clone(count)
	for _, l := range links {
		by[next[l.a]] = l
		next[l.a]++
	}
	for i := range s.n {
		slices.SortFunc(by[count[i]:count[i+1]], func(p, q pair) int { return int(p.b) - int(q.b) })
	}
	s.links = slices.Compact(by)
	s.index()
	return s
}

// index fills first and near from the links.
func (s *shape) index() {
	s.first = make([]int32, s.n+1)
	for _, l := range s.links {
		s.first[l.a+1]++
		s.first[l.b+1]++
	}
	for i := range s.n {
		s.first[i+1] += s.first[i]
	}
	s.near = make([]int32, 2*len(s.links))
	next := slices.Clone(s.first)
	put := func(i, j int32) {
		s.near[next[i]] = j
		next[i]++
	}
	// A node's smaller neighbours come first, in order: the links are sorted by their smaller end.
	for _, l := range s.links {
		put(l.b, l.a)
	}
	for _, l := range s.links {
		put(l.a, l.b)
	}
}

func (s *shape) neighbours(i int) []int32 { return s.near[s.first[i]:s.first[i+1]] }

func (s *shape) degree(i int) int { return int(s.first[i+1] - s.first[i]) }
