package graph

import (
	"context"
	"fmt"
	"math"
)

// Place makes the first picture of a graph.
func Place(g Graph) *Picture {
	p, _ := PlaceFrom(context.Background(), g, nil, nil) // it fails only when its context ends
	return p
}

// Update makes the picture of a graph that came from p's. Nodes of p stay where they are, new ones come near their
// neighbours where there is room; pinned ones are where pins says. What is the same graph with the same pins has the
// same points, to the bit.
func (p *Picture) Update(g Graph, pins map[string]Point) *Picture {
	next, _ := place(context.Background(), g, p.finder(), pins)
	return next
}

// Known is where each node is, by its id: what PlaceFrom begins with after a restart.
func (p *Picture) Known() map[string]Point {
	known := make(map[string]Point, len(p.Points))
	for i, at := range p.Points {
		known[p.Graph.Nodes[i].ID] = at
	}
	return known
}

// PlaceFrom makes a picture in which nodes of known are where they were, and those of pins where they must be. Both may
// be nil, may name nodes that do not exist, and may come from a file that someone broke: points that are no numbers or
// out of reach are as good as unknown.
//
// Where less than a quarter of the nodes is known it is a new picture, turned so that those which are known have the
// least way to go. It fails only when ctx ends, with its error.
func PlaceFrom(ctx context.Context, g Graph, known, pins map[string]Point) (*Picture, error) {
	return place(ctx, g, func(id string) (Point, bool) { at, is := known[id]; return at, is }, pins)
}

// finder gives where nodes of p are; it is quickest when it is asked in the order of ids.
func (p *Picture) finder() func(id string) (Point, bool) {
	k := 0
	return func(id string) (Point, bool) {
		nodes := p.Graph.Nodes
		for k < len(nodes) && nodes[k].ID < id {
			k++
		}
		if k < len(nodes) && nodes[k].ID == id {
			return p.Points[k], true
		}
		return Point{}, false
	}
}

func place(ctx context.Context, g Graph, known func(id string) (Point, bool), pins map[string]Point) (*Picture, error) {
	l := &layout{stop: func() bool { return ctx.Err() != nil }, g: g, s: shapeOf(g), at: make([]Point, len(g.Nodes)), seat: make([]seat, len(g.Nodes))}
	l.f = grow(g, l.s)
	l.all, l.roots = l.f.clusters()
	switch old := l.take(known, pins); {
	case old == len(g.Nodes):
	case old*4 < len(g.Nodes):
		l.first()
	default:
		l.join()
	}
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("placing a graph of %d nodes: %w", len(g.Nodes), err)
	}
	for i := range l.at {
		l.at[i] = Point{l.at[i].X + 0, l.at[i].Y + 0} // -0 would not come back from every file
	}
	means(l.all, l.at)
	return &Picture{Graph: g, Points: l.at, Tree: l.roots}, nil
}

// layout is one picture in the making.
type layout struct {
	stop  func() bool // whether the caller gave up
	g     Graph
	s     *shape
	f     *forest
	all   []Cluster
	roots []*Cluster
	at    []Point
	seat  []seat
}

// seat says how much a node is at home where it is.
type seat uint8

const (
	free   seat = iota // nobody knows where it belongs
	stays              // it was here before
	pinned             // it must be here
)

// reach is how far from the middle a point may be, in columns: ten thousand nodes take less than two thousand.
const reach = 1 << 16

// take seats the nodes whose places are known, and says how many there are. Of nodes on one spot the pinned ones stay,
// else the first; the others are looked after as if they were new.
func (l *layout) take(known func(id string) (Point, bool), pins map[string]Point) (old int) {
	taken := make(spots, tableSize(len(l.at)))
	if len(pins) > 0 {
		for i, n := range l.g.Nodes {
			if at, is := pins[n.ID]; is && at.within() {
				l.at[i], l.seat[i] = at, pinned
				taken.add(i, l.at)
				old++
			}
		}
	}
	for i, n := range l.g.Nodes {
		at, is := known(n.ID)
		if !is || l.seat[i] == pinned || !at.within() {
			continue
		}
		l.at[i] = at
		if taken.add(i, l.at) {
			l.seat[i] = stays
			old++
		}
	}
	return old
}

// spots is a hash table of points: places in a list of them, plus one.
type spots []int32

// add reports whether no node was on the spot of node i.
func (s spots) add(i int, at []Point) bool {
	p := Point{at[i].X + 0, at[i].Y + 0} // 0 and -0 are one spot
	h := stir(math.Float64bits(p.X) ^ stir(math.Float64bits(p.Y)))
	for k := h & uint64(len(s)-1); ; k = (k + 1) & uint64(len(s)-1) {
		switch j := s[k] - 1; {
		case j < 0:
			s[k] = int32(i) + 1
			return true
		case at[j] == p:
			return false
		}
	}
}

// within reports whether a point is a place on the plane. A number that is none is not.
func (p Point) within() bool {
	return p.X >= -reach && p.X <= reach && p.Y >= -reach && p.Y <= reach
}
