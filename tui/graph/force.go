package graph

import (
	"math"
	"runtime"
	"sync"
)

// The forces of d3-force (Bostock, https://d3js.org/d3-force), with its numbers: they are known to untangle most graphs.
const (
	edgeLength = 30  // columns: a ring, a blank and a label of average length, and some line between
	charge     = 30  // what a node pushes with
	friction   = 0.6 // of the speed is left after a tick
	hold       = 0.02
)

// spring is an edge as the simulation sees it.
type spring struct {
	a, b     int32
	rest     float64
	strength float64
	bias     float64 // how much of a move b makes: the end with fewer edges moves more
}

// plane is where bodies move.
type plane struct {
	x, y    []float64
	vx, vy  []float64
	mass    []float64 // nodes that a body stands for
	springs []spring
	fixed   []bool // bodies that stay where they are; nil is none
	quad    quad
}

func newPlane(n int) *plane {
	s := make([]float64, 5*n)
	return &plane{x: s[:n:n], y: s[n : 2*n : 2*n], vx: s[2*n : 3*n : 3*n], vy: s[3*n : 4*n : 4*n], mass: s[4*n:]}
}

// tie makes springs of the links. Length gives the rest length of each.
func (p *plane) tie(links []pair, length func(l pair) float64) {
	degree := make([]float64, len(p.x))
	for _, l := range links {
		degree[l.a]++
		degree[l.b]++
	}
	p.springs = make([]spring, len(links))
	for i, l := range links {
		a, b := degree[l.a], degree[l.b]
		p.springs[i] = spring{a: l.a, b: l.b, rest: length(l), strength: 1 / min(a, b), bias: a / (a + b)}
	}
}

// tick moves all bodies one step at a temperature alpha.
//
// What a body feels is summed by one goroutine, in an order that follows from the places of the bodies: the same step
// on any number of cores.
func (p *plane) tick(alpha float64) {
	const alone = 192 // bodies for which a second goroutine costs more than it brings
	if len(p.x) <= alone {
		p.pull(alpha)
		p.quad.build(p.x, p.y, p.mass)
		p.move(0, len(p.x), alpha)
		return
	}
	// Springs change speeds and read places, the tree reads places: side by side.
	var both sync.WaitGroup
	both.Go(func() { p.pull(alpha) })
	p.quad.build(p.x, p.y, p.mass)
	both.Wait()
	parts := min(runtime.GOMAXPROCS(0), 8, len(p.x)/64)
	var all sync.WaitGroup
	for i := range parts {
		all.Go(func() { p.move(i*len(p.x)/parts, (i+1)*len(p.x)/parts, alpha) })
	}
	all.Wait()
}

// pull lets the springs change the speeds.
func (p *plane) pull(alpha float64) {
	for i := range p.springs {
		s := &p.springs[i]
		dx := p.x[s.b] + p.vx[s.b] - p.x[s.a] - p.vx[s.a]
		dy := p.y[s.b] + p.vy[s.b] - p.y[s.a] - p.vy[s.a]
		d := math.Sqrt(float64(dx*dx) + float64(dy*dy))
		if d < 1e-6 {
			continue // the charge drives them apart
		}
		f := (d - s.rest) / d * alpha * s.strength
		dx, dy = dx*f, dy*f
		p.vx[s.b] -= float64(dx * s.bias)
		p.vy[s.b] -= float64(dy * s.bias)
		p.vx[s.a] += float64(dx * (1 - s.bias))
		p.vy[s.a] += float64(dy * (1 - s.bias))
	}
}

// move lets bodies lo to hi of the curve feel all others and the middle, and steps.
func (p *plane) move(lo, hi int, alpha float64) {
	for k := lo; k < hi; k++ {
		i := p.quad.order[k]
		if p.fixed != nil && p.fixed[i] {
			p.vx[i], p.vy[i] = 0, 0
			continue
		}
		fx, fy := p.quad.push(int32(k))
		vx := p.vx[i] - float64(fx*charge*alpha) - float64(p.x[i]*hold*alpha)
		vy := p.vy[i] - float64(fy*charge*alpha) - float64(p.y[i]*hold*alpha)
		vx, vy = float64(vx*friction), float64(vy*friction)
		p.vx[i], p.vy[i] = vx, vy
		p.x[i] += vx
		p.y[i] += vy
	}
}

// anneal lets the temperature fall from one value to another in so many ticks, unless the caller gave up.
func (p *plane) anneal(ticks int, from, to float64, stop func() bool) {
	const grain = 1 << 40 // what a power has beyond it is not the same on every processor
	fall := math.Round(math.Pow(to/from, 1/float64(ticks))*grain) / grain
	for alpha := from; ticks > 0 && !stop(); ticks-- {
		p.tick(alpha)
		alpha *= fall
	}
}
