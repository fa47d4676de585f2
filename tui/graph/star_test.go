package graph

import (
	"fmt"
	"math"
	"slices"
	"testing"
)

// TestNamesHaveRoom: in a mesh that is shown node by node no name lies on another, whether it came at once or grew.
func TestNamesHaveRoom(t *testing.T) {
	var ids []string
	grown := Place(star("host"))
	for n := 1; n <= 85; n++ {
		ids = append(ids, fmt.Sprint([]string{"alice", "bob", "carol", "lab"}[n%4], "-", n))
		grown = grown.Update(star("host", slices.Clone(ids)...), nil)
		if got := hidden(Place(star("host", slices.Clone(ids)...))); got > 0 {
			t.Errorf("%d machines at once: %d names lie on others", n, got)
		}
		if got := hidden(grown); got > n/20 {
			t.Errorf("%d machines one by one: %d names lie on others", n, got)
		}
	}
}

// hidden counts nodes of which the name would lie on another node, in the same row and within its length.
func hidden(p *Picture) int {
	const row, name = 2, 19
	count := 0
	for i, a := range p.Points {
		for _, b := range p.Points[:i] {
			if math.Abs(a.Y-b.Y) < row && math.Abs(a.X-b.X) < name {
				count++
			}
		}
	}
	return count
}

// TestStarIsEven: the machines lie all around the host, none far from where the others are.
func TestStarIsEven(t *testing.T) {
	for n := 3; n <= 25; n++ {
		var ids []string
		for i := range n {
			ids = append(ids, fmt.Sprintf("m-%02d", i))
		}
		g := star("host", ids...)
		p := Place(g)
		hub := slices.IndexFunc(g.Nodes, func(n Node) bool { return n.ID == "host" })
		var turns []float64
		for i, at := range p.Points {
			if i == hub {
				continue
			}
			dx, dy := at.X-p.Points[hub].X, at.Y-p.Points[hub].Y
			turns = append(turns, math.Atan2(dy/lower, dx/wider)/(2*math.Pi))
			if d := math.Hypot(dx, dy); d < 15 || d > 60 {
				t.Errorf("%d machines: one is %.0f columns from the host", n, d)
			}
		}
		slices.Sort(turns)
		gap := turns[0] + 1 - turns[len(turns)-1]
		for i := range turns[1:] {
			gap = max(gap, turns[i+1]-turns[i])
		}
		if most := 2.2 / float64(n); gap > most {
			t.Errorf("%d machines: a gap of %.2f turns, an even one is %.2f", n, gap, 1/float64(n))
		}
	}
}

// TestPinnedStarStaysOne: pins in a first picture move what is pinned, and the others still lie about the host.
func TestPinnedStarStaysOne(t *testing.T) {
	g := racks()
	hub := slices.IndexFunc(g.Nodes, func(n Node) bool { return n.ID == "aurelia" })
	pins := map[string]Point{"aurelia": {100, 50}, "lab-7": {0, 0}}
	p, err := PlaceFrom(t.Context(), g, nil, pins)
	if err != nil {
		t.Fatal(err)
	}
	holds(t, p, pins)
	free := Place(g)
	for i, n := range g.Nodes {
		if _, is := pins[n.ID]; is {
			continue
		}
		want := Point{free.Points[i].X - free.Points[hub].X + 100, free.Points[i].Y - free.Points[hub].Y + 50}
		if d := math.Hypot(p.Points[i].X-want.X, p.Points[i].Y-want.Y); d > 1e-6 {
			t.Fatalf("%s lies %.1f columns from where it would be", n.ID, d)
		}
	}
}
