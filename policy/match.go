package policy

import "slices"

// Bounds of the tables that find the fewest changes, in cells. Lines in a place with more than smallTable are first
// parted at those that are there once in both files; all tables of two files together have at most diffLimit.
const (
	smallTable = 1 << 16
	diffLimit  = 1 << 22
)

// partings is how often places are parted again at lines that are there once: each time costs the length of the files.
const partings = 16

// matcher finds which lines two files have in common.
type matcher struct {
	a, b  []int32    // the lines as numbers, the same for the same text
	seen  []sighting // by number, zero between uses
	left  int        // cells that may still be spent
	pairs [][2]int
}

// sighting is where a line was seen, in a place that is being parted.
type sighting struct{ inA, inB, at int32 }

// longestCommon gives pairs of indexes of lines that both have, in their order: the most that can be found at a bounded
// cost.
func longestCommon(a, b []string) [][2]int {
	numbers := make(map[string]int32)
	number := func(lines []string) []int32 {
		out := make([]int32, len(lines))
		for i, l := range lines {
			n, ok := numbers[l]
			if !ok {
				n = int32(len(numbers))
				numbers[l] = n
			}
			out[i] = n
		}
		return out
	}
	m := matcher{a: number(a), b: number(b), left: diffLimit}
	m.seen = make([]sighting, len(numbers))
	m.match(0, len(a), 0, len(b), partings)
	return m.pairs
}

// match finds the pairs in lines [i, n) of a and [j, k) of b.
func (m *matcher) match(i, n, j, k, partings int) {
	for i < n && j < k && m.a[i] == m.b[j] {
		m.pairs = append(m.pairs, [2]int{i, j})
		i, j = i+1, j+1
	}
	tail := 0
	for i < n-tail && j < k-tail && m.a[n-1-tail] == m.b[k-1-tail] {
		tail++
	}
	n, k = n-tail, k-tail
	if i < n && j < k {
		m.differing(i, n, j, k, partings)
	}
	for t := range tail {
		m.pairs = append(m.pairs, [2]int{n + t, k + t})
	}
}

// differing finds the pairs where the first and the last lines differ.
func (m *matcher) differing(i, n, j, k, partings int) {
	cells := (n - i + 1) * (k - j + 1)
	if cells > smallTable && partings > 0 {
		if at := m.once(i, n, j, k); len(at) > 0 {
			for _, p := range at {
				m.match(i, p[0], j, p[1], partings-1)
				m.pairs = append(m.pairs, p)
				i, j = p[0]+1, p[1]+1
			}
			m.match(i, n, j, k, partings-1)
			return
		}
	}
	if cells <= m.left {
		m.left -= cells
		m.table(i, n, j, k)
	}
}

// once gives the pairs of lines that are there once in both places: as many as are in the same order.
func (m *matcher) once(i, n, j, k int) [][2]int {
	for _, l := range m.a[i:n] {
		m.seen[l].inA++
	}
	for y, l := range m.b[j:k] {
		m.seen[l].inB++
		m.seen[l].at = int32(j + y)
	}
	var pairs [][2]int
	for x, l := range m.a[i:n] {
		if s := m.seen[l]; s.inA == 1 && s.inB == 1 {
			pairs = append(pairs, [2]int{i + x, int(s.at)})
		}
	}
	for _, l := range m.a[i:n] {
		m.seen[l] = sighting{}
	}
	for _, l := range m.b[j:k] {
		m.seen[l] = sighting{}
	}
	return rising(pairs)
}

// rising gives a longest part of pairs in which the second index rises as the first does.
func rising(pairs [][2]int) [][2]int {
	var ends []int // of a rising part of each length, the pair that ends lowest
	before := make([]int, len(pairs))
	for x, p := range pairs {
		at, _ := slices.BinarySearchFunc(ends, p[1], func(e, b int) int { return pairs[e][1] - b })
		before[x] = -1
		if at > 0 {
			before[x] = ends[at-1]
		}
		if at == len(ends) {
			ends = append(ends, x)
		} else {
			ends[at] = x
		}
	}
	if len(ends) == 0 {
		return nil
	}
	out := make([][2]int, len(ends))
	for x, at := ends[len(ends)-1], len(out)-1; at >= 0; x, at = before[x], at-1 {
		out[at] = pairs[x]
	}
	return out
}

// table finds a longest common part.
func (m *matcher) table(i, n, j, k int) {
	a, b := m.a[i:n], m.b[j:k]
	w := len(b) + 1
	table := make([]int32, (len(a)+1)*w)
	for x := len(a) - 1; x >= 0; x-- {
		for y := len(b) - 1; y >= 0; y-- {
			if a[x] == b[y] {
				table[x*w+y] = table[(x+1)*w+y+1] + 1
			} else {
				table[x*w+y] = max(table[(x+1)*w+y], table[x*w+y+1])
			}
		}
	}
	for x, y := 0, 0; x < len(a) && y < len(b); {
		switch {
		case a[x] == b[y]:
			m.pairs = append(m.pairs, [2]int{i + x, j + y})
			x, y = x+1, y+1
		case table[(x+1)*w+y] >= table[x*w+y+1]:
			x++
		default:
			y++
		}
	}
}
