package graph

import "math"

// quad is the tree of Barnes and Hut ("A hierarchical O(N log N) force-calculation algorithm", 1986): cells in the
// order of a walk, each with the cell to go on with when it is taken as a whole, so that a walk is one loop.
//
// Bodies lie in it sorted along a Z curve: what a walk reads together lies together.
type quad struct {
	cells   []cell
	order   []int32   // body at each place of the curve
	x, y, m []float64 // of the bodies, along the curve
	codes   []uint32
	keys    []uint64 // code and body, to be sorted
	spare   []uint64
}

type cell struct {
	x, y, m float64 // where its weight is, and how much
	open    float64 // the squared distance below which it must be looked into
	skip    int32   // the cell after all that it holds
	lo, hi  int32   // the bodies of a leaf; none where it has cells
}

const (
	axisBits = 16  // fineness of the Z curve on each axis
	bucket   = 8   // bodies of a leaf, at most
	theta    = 0.9 // how wide a cell may be for its distance to count as one: d3's
)

// build sorts the bodies into the tree.
func (q *quad) build(x, y, m []float64) {
	n := len(x)
	q.resize(n)
	lowX, lowY, side := bounds(x, y)
	scale := 0.0
	if side > 0 {
		scale = (1<<axisBits - 1) / side
	}
	for i := range n {
		cx, cy := uint32((x[i]-lowX)*scale), uint32((y[i]-lowY)*scale)
		q.keys[i] = uint64(spread(cx)|spread(cy)<<1)<<32 | uint64(uint32(i))
	}
	q.sort()
	for k, key := range q.keys {
		i := int32(uint32(key))
		q.order[k], q.codes[k] = i, uint32(key>>32)
		q.x[k], q.y[k], q.m[k] = x[i], y[i], m[i]
	}
	q.cells = q.cells[:0]
	if n > 0 {
		q.grow(0, int32(n), axisBits, side)
	}
}

func (q *quad) resize(n int) {
	if cap(q.order) >= n {
		q.order, q.codes, q.keys, q.spare = q.order[:n], q.codes[:n], q.keys[:n], q.spare[:n]
		q.x, q.y, q.m = q.x[:n], q.y[:n], q.m[:n]
		return
	}
	q.order, q.codes, q.keys, q.spare = make([]int32, n), make([]uint32, n), make([]uint64, n), make([]uint64, n)
	q.x, q.y, q.m = make([]float64, n), make([]float64, n), make([]float64, n)
	q.cells = make([]cell, 0, n)
}

// bounds is the square that holds the bodies.
func bounds(x, y []float64) (lowX, lowY, side float64) {
	lowX, lowY = math.Inf(1), math.Inf(1)
	highX, highY := math.Inf(-1), math.Inf(-1)
	for i := range x {
		lowX, highX = min(lowX, x[i]), max(highX, x[i])
		lowY, highY = min(lowY, y[i]), max(highY, y[i])
	}
	return lowX, lowY, max(highX-lowX, highY-lowY)
}

// spread puts a zero between the sixteen bits of v.
func spread(v uint32) uint32 {
	v = (v | v<<8) & 0x00ff00ff
	v = (v | v<<4) & 0x0f0f0f0f
	v = (v | v<<2) & 0x33333333
	return (v | v<<1) & 0x55555555
}

// sort orders the keys by their code: a radix sort of three rounds, which keeps bodies of the same code in order.
func (q *quad) sort() {
	const bits, rounds = 11, 3
	var count [rounds][1<<bits + 1]int32
	for _, k := range q.keys {
		for r := range rounds {
			count[r][(k>>(32+bits*r))&(1<<bits-1)+1]++
		}
	}
	for r := range rounds {
		c := &count[r]
		for d := range 1 << bits {
			c[d+1] += c[d]
		}
		for _, k := range q.keys {
			d := (k >> (32 + bits*r)) & (1<<bits - 1)
			q.spare[c[d]] = k
			c[d]++
		}
		q.keys, q.spare = q.spare, q.keys
	}
}

// grow adds the cell that holds the bodies lo to hi, whose codes differ only in the last 2·depth bits, and gives its place.
func (q *quad) grow(lo, hi int32, depth int, side float64) int32 {
	at := int32(len(q.cells))
	q.cells = append(q.cells, cell{open: side * side / (theta * theta)})
	var x, y, m float64
	if hi-lo <= bucket || depth == 0 {
		for k := lo; k < hi; k++ {
			x, y, m = x+float64(q.m[k]*q.x[k]), y+float64(q.m[k]*q.y[k]), m+q.m[k]
		}
		c := &q.cells[at]
		c.lo, c.hi = lo, hi
	} else {
		shift := 2 * (depth - 1)
		for from := lo; from < hi; {
			quarter := q.codes[from] >> shift
			to := q.endOf(from, hi, shift, quarter)
			c := &q.cells[q.grow(from, to, depth-1, side/2)]
			x, y, m = x+float64(c.m*c.x), y+float64(c.m*c.y), m+c.m
			from = to
		}
	}
	c := &q.cells[at]
	c.x, c.y, c.m, c.skip = x/m, y/m, m, int32(len(q.cells))
	return at
}

// endOf is where the bodies of a quarter end.
func (q *quad) endOf(from, hi int32, shift int, quarter uint32) int32 {
	for from < hi {
		mid := int32(uint32(from+hi) >> 1)
		if q.codes[mid]>>shift == quarter {
			from = mid + 1
		} else {
			hi = mid
		}
	}
	return from
}

// push gives what all bodies together do to the body at place k of the curve: the sum of m·d/|d|².
func (q *quad) push(k int32) (fx, fy float64) {
	x, y := q.x[k], q.y[k]
	for c := int32(0); c < int32(len(q.cells)); {
		at := &q.cells[c]
		dx, dy := at.x-x, at.y-y
		d := float64(dx*dx) + float64(dy*dy)
		switch {
		case at.open < d:
			f := at.m / d
			fx, fy = fx+float64(dx*f), fy+float64(dy*f)
			c = at.skip
		case at.hi == 0:
			c++
		default:
			gx, gy := q.pushLeaf(at, k)
			fx, fy = fx+gx, fy+gy
			c = at.skip
		}
	}
	return fx, fy
}

// crowd is how many bodies of one leaf push singly: of more, which lie on one spot, the first ones speak for all.
const crowd = 64

func (q *quad) pushLeaf(at *cell, k int32) (fx, fy float64) {
	x, y := q.x[k], q.y[k]
	hi, more := at.hi, 1.0
	if hi-at.lo > crowd {
		hi, more = at.lo+crowd, float64(at.hi-at.lo)/crowd
	}
	for j := at.lo; j < hi; j++ {
		if j == k {
			continue
		}
		dx, dy := q.x[j]-x, q.y[j]-y
		d := float64(dx*dx) + float64(dy*dy)
		if d < 1 {
			dx, dy, d = nearly(dx, dy, d, q.order[j], q.order[k])
		}
		f := q.m[j] * more / d
		fx, fy = fx+float64(dx*f), fy+float64(dy*f)
	}
	return fx, fy
}

// nearly bounds the force between bodies closer than one column, as d3 does; those on one spot leave it in directions
// that follow from their places in the graph.
func nearly(dx, dy, d float64, j, k int32) (float64, float64, float64) {
	const least = 1e-12
	if d < least {
		dx, dy = turn(fraction(stir(uint64(min(j, k))<<32 | uint64(max(j, k)))))
		if j < k {
			dx, dy = -dx, -dy
		}
		dx, dy, d = dx*1e-6, dy*1e-6, least
	}
	return dx, dy, math.Sqrt(d)
}
