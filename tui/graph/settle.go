package graph

import "math"

// A node and its name take this much room, in columns: three for the ring, a blank, fourteen for the name, and air; a
// row, and one for an edge to pass.
const (
	nameWide = 20.0
	nameHigh = 4.0
)

// settle moves nodes apart whose names would lie on one another, each by no more than it must.
func (p *plane) settle() {
	const rounds = 60
	for range rounds {
		quiet := true
		for i := range p.x {
			for j := range i {
				if p.part(j, i) {
					quiet = false
				}
			}
		}
		if quiet {
			return
		}
	}
}

// part moves two nodes apart that are too near, along the axis that is shorter to go; it reports whether they were.
func (p *plane) part(i, j int) bool {
	const enough = 0.01
	dx, dy := p.x[j]-p.x[i], p.y[j]-p.y[i]
	overX, overY := nameWide-math.Abs(dx), nameHigh-math.Abs(dy)
	if overX <= enough || overY <= enough {
		return false
	}
	share := 0.5 // how much of it i goes
	switch {
	case p.fixed != nil && p.fixed[i] && p.fixed[j]:
		return false
	case p.fixed != nil && p.fixed[i]:
		share = 0
	case p.fixed != nil && p.fixed[j]:
		share = 1
	}
	if overX < overY {
		over := math.Copysign(overX, dx)
		p.x[i] -= float64(over * share)
		p.x[j] += float64(over * (1 - share))
	} else {
		over := math.Copysign(overY, dy)
		p.y[i] -= float64(over * share)
		p.y[j] += float64(over * (1 - share))
	}
	return true
}
