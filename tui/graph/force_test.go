package graph

import (
	"encoding/binary"
	"fmt"
	"hash/fnv"
	"math"
	"math/rand/v2"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// TestQuadAgreesWithTheSum: the tree gives about what summing over all pairs gives.
func TestQuadAgreesWithTheSum(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	const n = 700
	p := newPlane(n)
	for i := range n {
		p.x[i], p.y[i], p.mass[i] = r.NormFloat64()*100, r.NormFloat64()*30, float64(1+i%3)
	}
	p.quad.build(p.x, p.y, p.mass)
	var off, all float64
	seen := make([]bool, n)
	for k, i := range p.quad.order {
		seen[i] = true
		var fx, fy float64
		for j := range n {
			if dx, dy := p.x[j]-p.x[i], p.y[j]-p.y[i]; j != int(i) {
				d := dx*dx + dy*dy
				if d < 1 {
					d = math.Sqrt(d)
				}
				fx, fy = fx+p.mass[j]*dx/d, fy+p.mass[j]*dy/d
			}
		}
		gx, gy := p.quad.push(int32(k))
		off += math.Hypot(gx-fx, gy-fy)
		all += math.Hypot(fx, fy)
	}
	for i, is := range seen {
		if !is {
			t.Fatalf("body %d is not in the tree", i)
		}
	}
	if off/all > 0.03 {
		t.Errorf("the forces are off by %.1f %%", 100*off/all)
	}
}

// TestLevelsAreAsGood: a picture of more nodes than are shown singly, so not stretched, made from coarser ones is as true to the graph as one that d3's 300 ticks make.
func TestLevelsAreAsGood(t *testing.T) {
	var levels, flat float64
	for seed := range uint64(3) {
		g := attach(450, 2, seed)
		levels += stress(g, Place(g).Points, 30)
		flat += stress(g, placeFlat(g), 30)
	}
	if levels > 1.05*flat {
		t.Errorf("stress %.4f, without levels %.4f", levels/3, flat/3)
	}
}

// placeFlat is what d3 does: all nodes from a spiral on.
func placeFlat(g Graph) []Point {
	s := shapeOf(g)
	p := newPlane(s.n)
	for i := range s.n {
		dx, dy := turn(golden * float64(i))
		r := 10 * math.Sqrt(0.5+float64(i))
		p.x[i], p.y[i], p.mass[i] = dx*r, dy*r, 1
	}
	p.tie(s.links, func(pair) float64 { return edgeLength })
	p.anneal(300, 1, 0.001, func() bool { return false })
	points := make([]Point, s.n)
	for i := range points {
		points[i] = Point{p.x[i], p.y[i]}
	}
	return points
}

// TestPictureIsTheSameEverywhere holds the bits of some pictures: what one machine lays out, another lays out alike. The
// numbers change when the layout is changed on purpose, and only then.
func TestPictureIsTheSameEverywhere(t *testing.T) {
	for _, test := range []struct {
		name string
		p    *Picture
		want string
	}{
		{"attach", Place(attach(500, 2, 1)), "7d9872d952bf2f5f"},
		{"tree", Place(attach(120, 1, 1)), "fed84f132b04d114"},
		{"star", Place(racks()), "64efad9f009a2565"},
		{"grown", Place(attach(80, 2, 2)).Update(attach(100, 2, 2), nil), "9f3570712fa9a308"},
	} {
		t.Run(test.name, func(t *testing.T) {
			h := fnv.New64a()
			for _, at := range test.p.Points {
				_ = binary.Write(h, binary.LittleEndian, at) // a hash takes everything
			}
			if got := fmt.Sprintf("%016x", h.Sum64()); got != test.want {
				t.Errorf("got %s, want %s", got, test.want)
			}
		})
	}
}
