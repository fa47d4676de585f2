package graph

import (
	"cmp"
	"slices"
)

// forest is the hierarchy of clusters, grown from the leaves: the nodes of the graph are 0 to n-1, then come clusters,
// each after its children. It follows from ids, groups and edges alone.
type forest struct {
	nodes  []Node
	parent []int32 // -1 for a root
	size   []int32 // nodes in it
	least  []int32 // the first node in it
	why    []reason
	loose  int32 // the first cluster that no edge brought together
}

// reason says why the children of a cluster are together, and so how much it says to show them apart.
type reason uint8

const (
	joined  reason = iota // by their edges
	named                 // by what their names share, parted where a word ends
	counted               // the same, but parted within a number: rack-1 and rack-2
)

// grow finds the clusters of a graph.
func grow(g Graph, s *shape) *forest {
	f := &forest{nodes: g.Nodes, parent: make([]int32, s.n, 2*s.n), size: ones(s.n), least: make([]int32, s.n, 2*s.n), why: make([]reason, s.n, 2*s.n)}
	f.size = slices.Grow(f.size, s.n)
	items := make([]int32, s.n) // the cluster that each node of q is
	for i := range s.n {
		f.parent[i], f.least[i], items[i] = -1, int32(i), int32(i)
	}
	q := quotientOf(s)
	for len(items) > 1 {
		into := f.twins(q, items)
		f.match(q, items, into)
		before := len(items)
		if q, items = f.draw(q, items, into); len(items) == before {
			break
		}
	}
	f.loose = int32(len(f.parent))
	f.gather(items)
	return f
}

// add makes a cluster of two or more.
func (f *forest) add(kids []int32, why reason) int32 {
	at := int32(len(f.parent))
	size, least := int32(0), f.least[kids[0]]
	for _, k := range kids {
		f.parent[k] = at
		size += f.size[k]
		least = min(least, f.least[k])
	}
	f.parent = append(f.parent, -1)
	f.size = append(f.size, size)
	f.least = append(f.least, least)
	f.why = append(f.why, why)
	return at
}

func (f *forest) group(item int32) uint8 { return f.nodes[f.least[item]].Group }

func (f *forest) id(item int32) string { return f.nodes[f.least[item]].ID }

// draw goes on with the clusters: into says for each item the first of the items that it is one with, -1 where there is
// none. Items stay in the order of their least nodes.
func (f *forest) draw(q *quotient, items, into []int32) (*quotient, []int32) {
	place := make([]int32, len(items))
	next := make([]int32, 0, len(items))
	for i := range items {
		if head := into[i]; head >= 0 && head < int32(i) {
			place[i] = place[head]
			continue
		}
		place[i] = int32(len(next))
		next = append(next, f.rootOf(items[i]))
	}
	if len(next) == len(items) {
		return q, items
	}
	return q.draw(place, len(next)), next
}

func (f *forest) rootOf(item int32) int32 {
	for f.parent[item] >= 0 {
		item = f.parent[item]
	}
	return item
}

// twins draws together the items of a group that have the same neighbours, such as all workers of a host. Edges say
// nothing of how they differ, so their names do.
func (f *forest) twins(q *quotient, items []int32) (into []int32) {
	into = make([]int32, len(items))
	heads, next := make([]int32, tableSize(len(items))), make([]int32, len(items))
	fewer := false
	for i := range int32(len(items)) {
		sum := uint64(f.group(items[i]))
		for _, j := range q.neighbours(i) {
			sum += stir(uint64(j) + 1)
		}
		head := &heads[sum&uint64(len(heads)-1)]
		into[i] = -1
		for j := *head - 1; j >= 0 && into[i] < 0; j = next[j] - 1 {
			if f.group(items[i]) == f.group(items[j]) && slices.Equal(q.neighbours(i), q.neighbours(j)) {
				into[i], into[j], fewer = j, j, true
			}
		}
		if into[i] < 0 {
			next[i] = *head
			*head = i + 1
		}
	}
	if fewer {
		f.nameTwins(items, into)
	}
	return into
}

// nameTwins makes the clusters that twins found.
func (f *forest) nameTwins(items, into []int32) {
	of := make(map[int32][]int32)
	for i, head := range into {
		if head >= 0 {
			of[head] = append(of[head], items[i])
		}
	}
	for i := range int32(len(items)) {
		if same := of[i]; len(same) > 1 {
			f.byName(same, 0)
		}
	}
}

// tableSize is how long a hash table for n things is, a power of two.
func tableSize(n int) int {
	size := 16
	for size < 2*n {
		size *= 2
	}
	return size
}

// match draws the items that are no twins together in pairs: neighbours first, then those that share a neighbour.
func (f *forest) match(q *quotient, items, into []int32) {
	n := len(items)
	pairUp := func(i, j int32) {
		into[i], into[j] = min(i, j), min(i, j)
		f.add([]int32{items[i], items[j]}, joined)
	}
	most := 4 * (f.total()/int32(n) + 1) // clusters of much different size make a bad picture
	for _, i := range f.quietFirst(q) {
		if into[i] >= 0 {
			continue
		}
		best, score := int32(-1), 0.0
		for k, j := range q.neighbours(i) {
			if into[j] >= 0 || f.group(items[j]) != f.group(items[i]) || q.size[i]+q.size[j] > most {
				continue
			}
			if s := float64(q.weights(i)[k]) / float64(q.size[j]); s > score {
				best, score = j, s
			}
		}
		if best >= 0 {
			pairUp(i, best)
		}
	}
	f.share(q, items, into, pairUp)
}

func (f *forest) total() int32 { return int32(len(f.nodes)) }

// quietFirst is the order in which items look for a partner: those with few neighbours have the least choice.
func (f *forest) quietFirst(q *quotient) []int32 {
	const enough = 64
	rank := make([]int32, q.len())
	for i := range rank {
		rank[i] = min(q.first[i+1]-q.first[i], enough)
	}
	_, order := parts(rank, enough+1)
	return order
}

// share pairs what is left over and has its strongest neighbour in common, in the order of their names.
func (f *forest) share(q *quotient, items, into []int32, pairUp func(i, j int32)) {
	type seeker struct {
		anchor int32
		group  uint8
		item   int32
	}
	var left []seeker
	for i := range int32(len(items)) {
		if into[i] >= 0 {
			continue
		}
		anchor, weight := int32(-1), int32(0)
		for k, j := range q.neighbours(i) {
			if w := q.weights(i)[k]; w > weight {
				anchor, weight = j, w
			}
		}
		if anchor >= 0 {
			left = append(left, seeker{anchor, f.group(items[i]), i})
		}
	}
	slices.SortStableFunc(left, func(a, b seeker) int {
		return cmp.Or(cmp.Compare(a.anchor, b.anchor), cmp.Compare(a.group, b.group))
	})
	for i := 1; i < len(left); i++ {
		a, b := left[i-1], left[i]
		if a.anchor == b.anchor && a.group == b.group {
			pairUp(a.item, b.item)
			i++
		}
	}
}

// gather makes one cluster of each group: what no edge brought together is together by name.
func (f *forest) gather(items []int32) {
	var of [256][]int32
	for _, i := range items {
		of[f.group(i)] = append(of[f.group(i)], i)
	}
	for _, same := range of {
		if len(same) > 1 {
			f.byName(same, 0)
		}
	}
}
