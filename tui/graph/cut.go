package graph

import (
	"cmp"
	"container/heap"
	"slices"
)

// Cut shows a picture as at most k clusters, or one for each group where that is more. Nodes that alone names stand by
// themselves and are not counted; nil is none. A cluster of one is a node. The order is that of the clusters' first
// nodes; each node of the graph is in exactly one.
//
// The largest cluster is parted first, but not within a number while there are enough without: racks a to c, not the
// tenths of rack a.
func (p *Picture) Cut(k int, alone func(i int) bool) []*Cluster {
	return p.cut(p.Tree, k, alone)
}

// CutIn is Cut for the inside of a cluster, of which it shows two parts at least.
func (p *Picture) CutIn(c *Cluster, k int, alone func(i int) bool) []*Cluster {
	if len(c.Children) == 0 {
		return p.cut([]*Cluster{c}, k, alone)
	}
	return p.cut(p.runs(c.Children, max(k, 2)), k, alone)
}

func (p *Picture) cut(roots []*Cluster, k int, alone func(i int) bool) []*Cluster {
	s := &cutter{p: p, alone: alone}
	for _, c := range roots {
		s.standAlone(c)
		s.add(c)
	}
	for len(s.whole) > 0 {
		next := heap.Pop(&s.whole).(portion)
		others := len(s.whole) + len(s.done)
		kids := next.of.Children
		if next.of.why == counted {
			if 2*(others+1) >= k {
				s.done = append(s.done, next)
				break // those behind it are parts of numbers too
			}
			kids = p.runs(kids, k-others)
		}
		if others+len(kids) > k {
			s.done = append(s.done, next)
			continue
		}
		for _, c := range kids {
			s.add(c)
		}
	}
	out := s.single
	for _, part := range slices.Concat(s.done, s.whole) {
		out = append(out, part.cluster(p))
	}
	slices.SortFunc(out, func(a, b *Cluster) int { return cmp.Compare(a.Nodes[0], b.Nodes[0]) })
	return out
}

// runs draws neighbouring clusters together, so that at most k are left, of about the same size.
func (p *Picture) runs(kids []*Cluster, k int) []*Cluster {
	if len(kids) <= k {
		return kids
	}
	total := 0
	for _, c := range kids {
		total += len(c.Nodes)
	}
	of, sum := make([][]*Cluster, k), 0
	for _, c := range kids {
		middle := sum + len(c.Nodes)/2
		at := min(middle*k/total, k-1)
		of[at] = append(of[at], c)
		sum += len(c.Nodes)
	}
	var out []*Cluster
	for _, run := range of {
		switch len(run) {
		case 0:
		case 1:
			out = append(out, run[0])
		default:
			c := &Cluster{Children: run, At: mean(run), why: counted}
			for _, kid := range run {
				c.Nodes = append(c.Nodes, kid.Nodes...)
			}
			slices.Sort(c.Nodes)
			out = append(out, c)
		}
	}
	return out
}

// cutter holds the clusters of a cut.
type cutter struct {
	p      *Picture
	alone  func(i int) bool
	whole  queue // those that may be parted
	done   []portion
	single []*Cluster
}

// standAlone lists the nodes of a cluster that are shown by themselves.
func (s *cutter) standAlone(c *Cluster) {
	for _, i := range c.Nodes {
		if s.alone != nil && s.alone(i) {
			s.single = append(s.single, &Cluster{Nodes: []int{i}, At: s.p.Points[i]})
		}
	}
}

// add queues what of a cluster does not stand alone.
func (s *cutter) add(c *Cluster) {
	part := portion{of: c, nodes: c.Nodes}
	if s.alone != nil && slices.ContainsFunc(c.Nodes, s.alone) {
		part.nodes = slices.DeleteFunc(slices.Clone(c.Nodes), s.alone)
	}
	switch {
	case len(part.nodes) == 0:
	case len(part.nodes) == 1 || len(c.Children) == 0:
		s.done = append(s.done, part)
	default:
		heap.Push(&s.whole, part)
	}
}

// portion is a cluster without the nodes that stand alone.
type portion struct {
	of    *Cluster
	nodes []int
}

func (a portion) cluster(p *Picture) *Cluster {
	switch {
	case len(a.nodes) == len(a.of.Nodes):
		return a.of
	case len(a.nodes) == 1:
		return &Cluster{Nodes: a.nodes, At: p.Points[a.nodes[0]]}
	}
	c := &Cluster{Nodes: a.nodes, Children: a.of.Children, why: a.of.why}
	for _, i := range a.nodes {
		c.At.X += p.Points[i].X / float64(len(a.nodes))
		c.At.Y += p.Points[i].Y / float64(len(a.nodes))
	}
	return c
}

// queue is a heap with the portion to part next at its head: those of words before those of numbers, the largest first.
type queue []portion

func (q queue) Len() int      { return len(q) }
func (q queue) Swap(i, j int) { q[i], q[j] = q[j], q[i] }
func (q *queue) Push(x any)   { *q = append(*q, x.(portion)) }

func (q *queue) Pop() any {
	last := (*q)[len(*q)-1]
	*q = (*q)[:len(*q)-1]
	return last
}

func (q queue) Less(i, j int) bool {
	a, b := q[i], q[j]
	if number := a.of.why == counted; number != (b.of.why == counted) {
		return !number
	}
	return cmp.Or(cmp.Compare(len(b.nodes), len(a.nodes)), cmp.Compare(a.nodes[0], b.nodes[0])) < 0
}
