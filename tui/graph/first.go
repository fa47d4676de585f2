package graph

import "math"

// first makes a new picture, and lays it so that it fits what is known.
func (l *layout) first() {
	var want []int
	old := make([]Point, len(l.at))
	for i, s := range l.seat {
		if s != free {
			want, old[i] = append(want, i), l.at[i]
		}
	}
	hub, star := l.star()
	p := l.draft(hub, star)
	if star && l.seat[hub] != free {
		want = []int{hub} // all others lie about it
	}
	fitTo(p, want, old)
	if l.pin(p) && !star {
		p.anneal(60, 0.3, 0.02, l.stop)
	}
	if len(l.at) <= single {
		p.settle()
	}
	for i := range l.at {
		l.at[i] = Point{p.x[i], p.y[i]}
	}
}

// single is up to how many nodes a picture may be shown node by node, and so has room for their names.
const single = 400

// A screen is wider than it is high, and so are names: a picture that is shown node by node is stretched to an oval.
const (
	wider = 1.25
	lower = 1 / wider
)

// draft places all nodes as if nothing were known.
func (l *layout) draft(hub int, star bool) *plane {
	var p *plane
	if star {
		p = l.ring(hub)
	} else {
		p = l.simulate()
		lay(p)
	}
	if len(l.at) <= single {
		for i := range p.x {
			p.x[i] *= wider
			p.y[i] *= lower
		}
	}
	return p
}

// simulate lets the forces find places, from the coarsest level on.
func (l *layout) simulate() *plane {
	levels := l.f.levels(l.s)
	var p *plane
	for k := len(levels) - 1; k >= 0; k-- {
		q := levels[k].q
		size := func(i int32) float64 { return math.Sqrt(math.Sqrt(float64(q.size[i]))) }
		next := levels[k].plane(func(l pair) float64 { return edgeLength * (size(l.a) + size(l.b)) / 2 })
		if p == nil {
			l.scatter(next)
			next.anneal(300, 1, 0.001, l.stop)
		} else {
			unfold(p, levels[k+1].into, next)
			next.anneal(ticks(len(l.at), len(next.x)), 1, 0.05, l.stop)
		}
		p = next
	}
	return p
}

// ticks is how long a level of so many bodies is worked on: small ones cost little and decide much.
func ticks(all, bodies int) int {
	last := float64(50 + min(50, 20_000/all))
	return int(last * math.Sqrt(math.Sqrt(float64(all)/float64(bodies))))
}

// scatter begins with places that follow from ids.
func (l *layout) scatter(p *plane) {
	side := 10 * math.Sqrt(float64(len(l.at)))
	for i := range p.x {
		h := hashOf(l.g.Nodes[i].ID)
		dx, dy := turn(fraction(h))
		r := side * math.Sqrt(fraction(stir(h)))
		p.x[i], p.y[i] = dx*r, dy*r
	}
}

// lay turns a picture so that its longest side lies across, its middle in the middle.
func lay(p *plane) {
	n := float64(len(p.x))
	var mx, my, xx, xy, yy float64
	for i := range p.x {
		mx, my = mx+p.x[i]/n, my+p.y[i]/n
	}
	for i := range p.x {
		p.x[i] -= mx
		p.y[i] -= my
		xx += float64(p.x[i] * p.x[i])
		xy += float64(p.x[i] * p.y[i])
		yy += float64(p.y[i] * p.y[i])
	}
	// The direction of the larger eigenvalue of the covariance.
	half := float64((xx - yy) / 2)
	dx := half + math.Sqrt(float64(half*half)+float64(xy*xy))
	rotate(p, dx, -xy)
}

// rotate turns a picture about the middle by the direction of (c, s); by nothing where that is none.
func rotate(p *plane, c, s float64) {
	long := math.Sqrt(float64(c*c) + float64(s*s))
	if !(long > 1e-9) || math.IsInf(long, 1) {
		return
	}
	c, s = c/long, s/long
	for i := range p.x {
		x, y := p.x[i], p.y[i]
		p.x[i] = float64(x*c) - float64(y*s)
		p.y[i] = float64(x*s) + float64(y*c)
	}
}

// fitTo turns and shifts a picture so that the wanted nodes lie as near to their places as they can.
func fitTo(p *plane, want []int, old []Point) {
	if len(want) == 0 {
		return
	}
	n := float64(len(want))
	var hereX, hereY, thereX, thereY float64
	for _, i := range want {
		hereX, hereY = hereX+p.x[i]/n, hereY+p.y[i]/n
		thereX, thereY = thereX+old[i].X/n, thereY+old[i].Y/n
	}
	var c, s float64
	for i := range p.x {
		p.x[i] -= hereX
		p.y[i] -= hereY
	}
	for _, i := range want {
		x, y := old[i].X-thereX, old[i].Y-thereY
		c += float64(p.x[i]*x) + float64(p.y[i]*y)
		s += float64(p.x[i]*y) - float64(p.y[i]*x)
	}
	rotate(p, c, s)
	const most = reach / 2 // from where nothing of the picture is out of reach
	thereX, thereY = min(max(thereX, -most), most), min(max(thereY, -most), most)
	for i := range p.x {
		p.x[i] += thereX
		p.y[i] += thereY
	}
}

// pin puts the pinned nodes where they must be, and says whether there are any.
func (l *layout) pin(p *plane) bool {
	p.fixed = make([]bool, len(p.x))
	any := false
	for i, s := range l.seat {
		if s == pinned {
			p.x[i], p.y[i], p.fixed[i] = l.at[i].X, l.at[i].Y, true
			any = true
		}
	}
	return any
}
