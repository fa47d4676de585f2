package canvas

import (
	"slices"

	"voxmesh/tui/graph"
)

const (
	namedCells   = 56 // cells a node from which on every name is to find room
	singleCells  = 16 // and from which on every node has its ring
	clusterCells = 48 // cells that a cluster has
	failingMost  = 8  // failing nodes that stand outside of their clusters
)

// item is what has a place: a node, or a cluster of those nodes of it that do not stand alone.
type item struct {
	cluster *graph.Cluster // nil: a node
	node    int32          // the node, or the first of the cluster
	count   int32          // nodes
	at      graph.Point
	x, y    int32 // its middle, in cells of the frame
	dx, dy  int32 // how far from its own cell it stood before
	rank    rank
	left    bool // its name has room at its left
}

// rank is who is placed first.
type rank uint8

const (
	isNew rank = iota
	wasThere
	pinned // stands in its cell, whether or not its name finds room
)

// line joins two items.
type line struct{ a, b int32 }

// arrangement is where everything stands, whatever it looks like.
type arrangement struct {
	items    []item
	of       []int32 // for each node its item, -1: not in what is open
	lines    []line
	lineOf   []int32 // for each edge of the graph its line, -1: none
	clusters int
	nodes    int // nodes that are shown, alone or in clusters

	x0, y0, x1, y1 int // the cells that are filled: x1 and y1 are the first beyond

	taken  map[[2]int32]int32
	later  []int32
	pairs  map[line]int32
	spiral [][2]int32
	ground []bool // for each cell of the world whether a ring or name is to stand there
	cutOf  *graph.Cluster
	cutK   int
	cut    []*graph.Cluster
	cutPic *graph.Picture
}

// arrange chooses the items of the level that is open and gives each its cell.
func (v *View) arrange() {
	l, a := v.top(), &v.arr
	zoom := zooms[l.zoom]
	v.itemise(l, zoom)
	for _, i := range v.pins {
		if k := a.of[i]; k >= 0 && a.items[k].cluster == nil {
			a.items[k].rank = pinned
		}
	}
	v.bound(l)
	v.remember(l)
	a.place(l.frame, v.w, v.h, zoom)
	v.spread()
	v.join()
	if l.hold != nil {
		x, y := l.frame.cell(*l.hold, zoom)
		l.x, l.y, l.hold = x-v.w/2, y-v.h/2, nil
	}
	v.keepIn(l)
	v.settleCursor()
}

// itemise makes the items: nodes where there are cells enough for each, else clusters.
func (v *View) itemise(l *level, zoom float64) {
	a := &v.arr
	a.items, a.clusters = a.items[:0], 0
	a.of = slices.Grow(a.of[:0], len(v.points))[:len(v.points)]
	for i := range a.of {
		a.of[i] = -1
	}
	a.nodes = v.population(l.of)
	cells := int(float64(v.w*v.h) * zoom * zoom)
	if a.nodes*singleCells <= cells {
		v.each(l.of, a.addNode(v.points))
		return
	}
	const standsAlone = -2
	for _, i := range v.alone {
		if l.of == nil || holds(l.of, i) {
			a.of[i] = standsAlone
		}
	}
	// Clusters are placed first: who stands alone comes and goes with the cursor, and must not move them.
	for _, c := range v.cutFor(l.of, max(cells/clusterCells, 1)) {
		v.addCluster(c)
	}
	v.each(l.of, a.addNode(v.points)) // and what no cluster has
}

func (a *arrangement) addNode(points []graph.Point) func(int32) {
	return func(i int32) {
		if a.of[i] < 0 {
			a.of[i] = int32(len(a.items))
			a.items = append(a.items, item{node: i, count: 1, at: points[i]})
		}
	}
}

// addCluster adds what of a cluster does not stand alone; a single node that is left is a node.
func (v *View) addCluster(c *graph.Cluster) {
	a := &v.arr
	it := item{cluster: c, at: tame(c.At)}
	for _, n := range c.Nodes {
		if n < 0 || n >= len(a.of) || a.of[n] != -1 {
			continue
		}
		if it.count == 0 {
			it.node = int32(n)
		}
		a.of[n] = int32(len(a.items))
		it.count++
	}
	switch it.count {
	case 0:
		return
	case 1:
		it.cluster = nil
		it.at = v.points[it.node]
	default:
		a.clusters++
	}
	a.items = append(a.items, it)
}

// population is how many nodes are in a cluster; each calls f with them.
func (v *View) population(of *graph.Cluster) int {
	if of == nil {
		return len(v.points)
	}
	return len(of.Nodes)
}

func (v *View) each(of *graph.Cluster, f func(int32)) {
	if of == nil {
		for i := range v.points {
			f(int32(i))
		}
		return
	}
	for _, i := range of.Nodes {
		if i >= 0 && i < len(v.points) {
			f(int32(i))
		}
	}
}

// choose finds the nodes that stand outside of their clusters: the selected, the failing and the pinned. They are as
// many as find room beside the clusters, however many are pinned.
func (v *View) choose() {
	most := failingMost + max(v.w*v.h/clusterCells/2, 1)
	var found []int32
	if len(v.points)*singleCells > v.w*v.h {
		found = make([]int32, 0, most+1)
		if i, ok := v.index[v.told]; ok {
			found = append(found, i)
		}
		failing := 0
		for i := range min(len(v.scene.Nodes), len(v.points)) {
			n := &v.scene.Nodes[i]
			fails := n.Failing && failing < failingMost
			if (fails || n.Pinned || n.Host) && len(found) <= most {
				found = append(found, int32(i))
			}
			if fails {
				failing++
			}
		}
		slices.Sort(found)
		found = slices.Compact(found)
	}
	if !slices.Equal(found, v.alone) {
		v.alone, v.arranged = found, false
	}
	v.choosePins()
}

// choosePins notes who is pinned: what somebody put in a place stands in its very cell.
func (v *View) choosePins() {
	same, n := true, 0
	for i := range min(len(v.scene.Nodes), len(v.points)) {
		if !v.scene.Nodes[i].Pinned {
			continue
		}
		if n < len(v.pins) && v.pins[n] == int32(i) {
			n++
			continue
		}
		same = false
		v.pins = append(v.pins[:n], int32(i))
		n++
	}
	if !same || n != len(v.pins) {
		v.pins, v.arranged = v.pins[:n], false
	}
}

// cutFor gives the parts of a cluster, or of all, that the canvas shows where there is room for k.
func (v *View) cutFor(of *graph.Cluster, k int) []*graph.Cluster {
	a := &v.arr
	if a.cutPic == v.pic && a.cutOf == of && a.cutK == k {
		return a.cut
	}
	a.cutPic, a.cutOf, a.cutK = v.pic, of, k
	if of == nil {
		a.cut = v.pic.Cut(k, nil)
	} else {
		a.cut = v.pic.CutIn(of, k, nil)
	}
	return a.cut
}

// bound gives the level its frame, or lets it keep the one that it has. Nodes that stand alone among clusters have no
// say in it, so that nothing moves when they come and go.
func (v *View) bound(l *level) {
	a := &v.arr
	free := a.items
	if a.clusters > 0 {
		free = make([]item, 0, len(a.items))
		for _, c := range v.cutFor(l.of, max(int(float64(v.w*v.h)*zooms[l.zoom]*zooms[l.zoom])/clusterCells, 1)) {
			free = append(free, item{at: tame(c.At)})
		}
	}
	if l.frame.set && l.zoom > 0 {
		return // a step of zoom may change the items, and must not change where they are
	}
	label := 0
	for i := range a.items {
		label = max(label, v.naming(&a.items[i]).width)
	}
	fresh := fit(boxOf(free), v.w, v.h, label, a.nodes*namedCells <= v.w*v.h)
	if !l.frame.suits(free, v.w, v.h, fresh) {
		l.frame = fresh
	}
}

// join makes the lines between items.
func (v *View) join() {
	a := &v.arr
	edges := v.pic.Graph.Edges
	a.lines = a.lines[:0]
	a.lineOf = slices.Grow(a.lineOf[:0], len(edges))[:len(edges)]
	if a.pairs == nil {
		a.pairs = make(map[line]int32)
	}
	clear(a.pairs)
	for i, e := range edges {
		a.lineOf[i] = -1
		if e.A < 0 || e.B < 0 || e.A >= len(a.of) || e.B >= len(a.of) {
			continue
		}
		l := line{min(a.of[e.A], a.of[e.B]), max(a.of[e.A], a.of[e.B])}
		if l.a < 0 || l.a == l.b {
			continue
		}
		at, ok := a.pairs[l]
		if !ok {
			at = int32(len(a.lines))
			a.pairs[l] = at
			a.lines = append(a.lines, l)
		}
		a.lineOf[i] = at
	}
}
