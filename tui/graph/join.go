package graph

import (
	"iter"
	"math"
	"slices"
)

// join finds places for the nodes that have none, one after the other, beginning with those whose neighbours have; all
// others stay. A place is good where the new edges have the length of their like, where there is air around, and where
// the nodes are with which the new one forms a cluster.
func (l *layout) join() {
	m := l.newcomer()
	for i := range l.s.n {
		if l.seat[i] == free && m.welcome(i) {
			m.queue = append(m.queue, int32(i))
		}
	}
	m.drain()
	for i := range l.s.n { // what is joined with nothing that has a place
		if l.seat[i] == free && !l.stop() {
			m.queue = append(m.queue, int32(i))
			m.drain()
		}
	}
}

// newcomer looks for places.
type newcomer struct {
	*layout
	queue []int32
	grid  grid
	wide  float64 // how much wider than high the picture is drawn
	rays  int     // directions in which a place about a neighbour is looked for
}

func (l *layout) newcomer() *newcomer {
	const few = 200 // newcomers that are worth a closer look each
	m := &newcomer{layout: l, wide: 1, rays: 24}
	if l.s.n <= single {
		m.wide = wider
	}
	if fresh(l.seat) > few {
		m.rays = 10
	}
	m.grid = gridOf(l.at, func(i int) bool { return l.seat[i] != free })
	return m
}

// fresh counts those without a place.
func fresh(seats []seat) (n int) {
	for _, s := range seats {
		if s == free {
			n++
		}
	}
	return n
}

// welcome reports whether a neighbour of i has a place.
func (m *newcomer) welcome(i int) bool {
	return slices.ContainsFunc(m.s.neighbours(i), func(j int32) bool { return m.seat[j] != free })
}

func (m *newcomer) drain() {
	for len(m.queue) > 0 && !m.stop() {
		i := int(m.queue[0])
		m.queue = m.queue[1:]
		if m.seat[i] != free {
			continue
		}
		m.at[i] = m.best(i)
		m.seat[i] = stays
		m.grid.add(i, m.at[i])
		for _, j := range m.s.neighbours(i) {
			if m.seat[j] == free {
				m.queue = append(m.queue, j)
			}
		}
	}
}

// tether is a node that the new one belongs to: its neighbour, or a relative.
type tether struct {
	at    Point
	rest  float64 // how far from it, in columns
	force float64
}

// best is the place with the least to say against it among those around the neighbours and relatives of i.
func (m *newcomer) best(i int) Point {
	ties := m.ties(i)
	var best Point
	least := math.Inf(1)
	try := func(at Point) {
		if !at.within() || m.grid.taken(at, m.at) {
			return
		}
		if c := m.against(at, ties, least); c < least {
			best, least = at, c
		}
	}
	for k, t := range ties {
		rays := m.rays
		if k >= 3 {
			rays = 8
		}
		for _, far := range [...]float64{0.8, 1, 1.3, 1.7, 2.4} {
			for s := range rays {
				dx, dy := turn((float64(s) + 0.5) / float64(rays))
				try(Point{t.at.X + float64(dx*far*t.rest*m.wide), t.at.Y + float64(dy*far*t.rest/m.wide)})
			}
		}
	}
	// Beside everything there is air: only a picture out of all bounds comes so far.
	for k := 0; math.IsInf(least, 1); k++ {
		dx, dy := turn(golden * float64(k))
		r := edgeLength * math.Sqrt(float64(k))
		try(Point{float64(dx * r), float64(dy * r)})
	}
	return best
}

// against is what speaks against a place; it stops to count when that is more than enough.
func (m *newcomer) against(at Point, ties []tether, enough float64) float64 {
	sum := 0.0
	for _, t := range ties {
		d := m.far(at, t.at)/t.rest - 1
		sum += float64(t.force * d * d)
	}
	if sum >= enough {
		return sum
	}
	sum = m.crowd(at, 1, sum, enough)
	for _, t := range ties {
		if t.force >= 1 { // the line to a neighbour, where it is seen
			on := Point{at.X + float64(0.35*(t.at.X-at.X)), at.Y + float64(0.35*(t.at.Y-at.Y))}
			sum = m.crowd(on, 0.25, sum, enough)
		}
	}
	return sum
}

// far is the distance of two points before the picture was stretched.
func (m *newcomer) far(a, b Point) float64 {
	dx, dy := (a.X-b.X)/m.wide, (a.Y-b.Y)*m.wide
	return math.Sqrt(float64(dx*dx) + float64(dy*dy))
}

// crowd adds to a sum how little air there is at a place, until it is enough.
func (m *newcomer) crowd(at Point, weight, sum, enough float64) float64 {
	const air, much = edgeLength * edgeLength / 16, 4
	for j := range m.grid.around(at) {
		if sum >= enough {
			break
		}
		p := m.at[j]
		d := m.far(at, p)
		sum += float64(weight * air / (float64(d*d) + 1))
		if m.wide > 1 { // names are shown
			x, y := float64(math.Abs(at.X-p.X)/nameWide), float64(math.Abs(at.Y-p.Y)/nameHigh)
			if x < 1 && y < 1 {
				sum += float64(weight * much * (2 - x - y))
			}
		}
	}
	return sum
}

// few is how many neighbours a hub has at most for its next one to look for the widest gap alone: of so few each has a
// name on the screen, and no kinds that should stand together.
const few = 16

// ties are the neighbours of i that have places, and the relatives: those with which it is in the smallest cluster
// that has any.
func (m *newcomer) ties(i int) []tether {
	const most = 16
	var out []tether
	for _, j := range m.s.neighbours(i) {
		if m.seat[j] != free && len(out) < most {
			out = append(out, tether{at: m.at[j], rest: m.usual(int(j)), force: 1})
		}
	}
	for k := range out {
		out[k].force = max(1/float64(len(out)), 0.25) * 4
	}
	if near := m.s.neighbours(i); len(out) == 1 && len(near) == 1 && len(m.s.neighbours(int(near[0]))) <= few {
		return out
	}
	if mid, many := m.relatives(i); many > 0 {
		out = append(out, tether{at: mid, rest: edgeLength / 2 * math.Sqrt(float64(many)), force: 0.2})
	}
	if len(out) == 0 {
		out = append(out, tether{rest: edgeLength, force: 0.5})
	}
	return out
}

// usual is how long the edges of a node are.
func (m *newcomer) usual(i int) float64 {
	const sample = 32
	near := m.s.neighbours(i)
	step := max(len(near)/sample, 1)
	sum, n := 0.0, 0.0
	for k := 0; k < len(near); k += step {
		if j := near[k]; m.seat[j] != free {
			sum, n = sum+m.far(m.at[i], m.at[j]), n+1
		}
	}
	if n == 0 {
		return edgeLength
	}
	return min(max(sum/n, 24), reach)
}

// relatives is the middle of the placed nodes in the smallest cluster of i that has any, and about how many they are.
func (m *newcomer) relatives(i int) (mid Point, many int) {
	const sample = 64
	for up := m.f.parent[i]; up >= 0; up = m.f.parent[up] {
		nodes := m.all[up].Nodes
		for k := 0; k < len(nodes); k += max(len(nodes)/sample, 1) {
			if j := nodes[k]; m.seat[j] != free {
				mid.X, mid.Y = mid.X+m.at[j].X, mid.Y+m.at[j].Y
				many++
			}
		}
		if many > 0 {
			return Point{mid.X / float64(many), mid.Y / float64(many)}, many
		}
	}
	return Point{}, 0
}

// grid finds what is near a place: nodes by squares, hashed.
type grid struct {
	side  float64
	heads []int32
	next  []int32
}

func gridOf(at []Point, has func(i int) bool) grid {
	g := grid{side: edgeLength, heads: make([]int32, tableSize(len(at))), next: make([]int32, len(at))}
	for k := range g.heads {
		g.heads[k] = -1
	}
	for i := range at {
		if has(i) {
			g.add(i, at[i])
		}
	}
	return g
}

// add puts a node into the grid.
func (g *grid) add(i int, at Point) {
	h := g.head(g.square(at))
	g.next[i] = *h
	*h = int32(i)
}

func (g *grid) square(at Point) (x, y int32) {
	return int32(math.Floor(at.X / g.side)), int32(math.Floor(at.Y / g.side))
}

func (g *grid) head(x, y int32) *int32 {
	h := stir(uint64(uint32(x))<<32 | uint64(uint32(y)))
	return &g.heads[h&uint64(len(g.heads)-1)]
}

// most is how many nodes of a square are looked at: more lie on one another in any case.
const most = 32

// around gives the nodes in a place's square and those about it, and now and then one that lies elsewhere.
func (g *grid) around(at Point) iter.Seq[int32] {
	x, y := g.square(at)
	return func(yield func(int32) bool) {
		for dx := int32(-1); dx <= 1; dx++ {
			for dy := int32(-1); dy <= 1; dy++ {
				left := most
				for i := *g.head(x+dx, y+dy); i >= 0 && left > 0; i, left = g.next[i], left-1 {
					if !yield(i) {
						return
					}
				}
			}
		}
	}
}

// taken reports whether a node lies on a place.
func (g *grid) taken(at Point, points []Point) bool {
	left := most
	for i := *g.head(g.square(at)); i >= 0 && left > 0; i, left = g.next[i], left-1 {
		if points[i] == at {
			return true
		}
	}
	return false
}
