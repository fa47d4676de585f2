package graph

import "slices"

// quotient is a graph whose nodes stand for clusters: what is left of a graph when each of them is drawn together.
type quotient struct {
	first  []int32 // the neighbours of i are near[first[i]:first[i+1]], ascending
	near   []int32
	weight []int32 // edges that an entry of near stands for
	size   []int32 // nodes that i stands for
}

// quotientOf is the graph itself: each node stands for itself.
func quotientOf(s *shape) *quotient {
	return &quotient{first: s.first, near: s.near, weight: ones(len(s.near)), size: ones(s.n)}
}

func ones(n int) []int32 {
	s := make([]int32, n)
	for i := range s {
		s[i] = 1
	}
	return s
}

func (q *quotient) len() int { return len(q.size) }

func (q *quotient) neighbours(i int32) []int32 { return q.near[q.first[i]:q.first[i+1]] }

func (q *quotient) weights(i int32) []int32 { return q.weight[q.first[i]:q.first[i+1]] }

// draw gives the graph of m clusters, of which node i belongs to into[i].
func (q *quotient) draw(into []int32, m int) *quotient {
	out := &quotient{first: make([]int32, m+1), size: make([]int32, m)}
	near, weight := make([]int32, 0, len(q.near)), make([]int32, 0, len(q.near))
	from, members := parts(into, m)
	seen := make([]int32, m) // the place in near of an edge of this cluster, plus one
	for c := range int32(m) {
		start := int32(len(near))
		for _, i := range members[from[c]:from[c+1]] {
			out.size[c] += q.size[i]
			for k, j := range q.neighbours(i) {
				d := into[j]
				if d == c {
					continue
				}
				if seen[d] <= start {
					near, weight = append(near, d), append(weight, 0)
					seen[d] = int32(len(near))
				}
				weight[seen[d]-1] += q.weights(i)[k]
			}
		}
		out.first[c+1] = int32(len(near))
	}
	out.mirror(near, weight)
	return out
}

// mirror fills near and weight from lists in any order: each edge is entered at its other end, ascending by this one.
func (q *quotient) mirror(near, weight []int32) {
	q.near, q.weight = make([]int32, len(near)), make([]int32, len(near))
	next := slices.Clone(q.first)
	for i := range int32(q.len()) {
		for k := q.first[i]; k < q.first[i+1]; k++ {
			j := near[k]
			q.near[next[j]], q.weight[next[j]] = i, weight[k]
			next[j]++
		}
	}
}

// parts lists the members of each of m clusters, ascending: those of c are members[from[c]:from[c+1]].
func parts(into []int32, m int) (from, members []int32) {
	from = make([]int32, m+1)
	for _, c := range into {
		from[c+1]++
	}
	for c := range m {
		from[c+1] += from[c]
	}
	members = make([]int32, len(into))
	next := slices.Clone(from)
	for i, c := range into {
		members[next[c]] = int32(i)
		next[c]++
	}
	return from, members
}

// links are the edges of the quotient, each once.
func (q *quotient) links() []pair {
	out := make([]pair, 0, len(q.near)/2)
	for i := range int32(q.len()) {
		for _, j := range q.neighbours(i) {
			if i < j {
				out = append(out, pair{i, j})
			}
		}
	}
	return out
}
