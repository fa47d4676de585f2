// Package canvas draws the machines of a mesh, placed by tui/graph, into a rectangle of cells.
//
// A node is a ring of three cells that says its privacy class, with its status inside, a blank and its name. Nothing
// covers a ring but the ring of a node that is being carried; nothing but a ring covers a name; edges, in dots of
// braille, pass under both. How much is drawn follows from the cells that there are for each node: all names, all
// rings and the names that find room, or clusters, which open. Where a node stands follows from the picture and the
// size alone: neither status nor load nor a filter moves one.
//
// A View is the canvas of one console: what of the picture is in sight, and where the cursor is. The looks of nodes and
// edges come anew with every frame, as plain values; a frame that is like the one before costs no more than writing its
// cells. There is no clock here and no goroutine, and no size, name or place, not even one that is no number, makes it
// fail or write outside of its rectangle.
package canvas

import (
	"slices"

	"voxmesh/mesh"
	"voxmesh/mesh/privacy"
	"voxmesh/tui/cell"
	"voxmesh/tui/graph"
	"voxmesh/tui/layout"
)

// Node is how a node looks now. The zero value is an offline node of unknown class, which is loud.
type Node struct {
	Class   privacy.Class
	Host    bool // this machine
	Status  mesh.Status
	Mode    mesh.Mode
	Pinned  bool
	Working bool // a job runs there
	Failing bool // what it was given lately failed
	Full    bool // it used 90 % of its cap and more
	Dim     bool // the filter does not match it
	Busy    int  // how much runs there: the busiest are named first
}

// Wants reports whether a node wants attention.
func (n Node) Wants() bool { return !n.Host && n.Status != mesh.Online || n.Failing || n.Full }

// Edge is how an edge looks now.
type Edge struct {
	Status  mesh.Status
	Working bool   // a job is in flight on it
	RTT     string // the round trip as it is written, empty where it is not known
}

// Scene is what changes from frame to frame.
type Scene struct {
	Nodes    []Node // one for each node of the picture, in its order
	Edges    []Edge // one for each edge
	Selected string // id of the selected node; empty, or an id that is not in the picture: none
	Filtered bool   // there is a filter: Next steps through what it matches
	Faint    bool   // the last that was known, not what is
}

// Target is what stands in one place of the canvas: a node, or a cluster of nodes. The zero value is nothing.
type Target struct {
	ID      string         // of a node, empty for a cluster
	Cluster *graph.Cluster // nil for a node
}

// None reports whether there is nothing.
func (t Target) None() bool { return t == Target{} }

// View is the canvas of one console. The zero value has no picture and draws nothing.
type View struct {
	pic    *graph.Picture
	index  map[string]int32
	points []graph.Point // the picture's, all of them numbers
	names  []name        // of its nodes
	shares map[share]name

	levels []level // the whole picture, then what was opened
	w, h   int
	scene  Scene   // the last one; its slices are the view's own
	alone  []int32 // nodes that stand outside of their clusters
	pins   []int32 // nodes that are pinned
	kept   kept
	cursor Target
	told   string // the selection that came from outside last
	follow bool   // the cursor went somewhere: bring it into sight
	held   held
	pull   pull

	arranged bool // arr is of this picture, level and size
	dressed  bool // list is of this scene too
	arr      arrangement
	moves    moves
	dress    dress
}

// level is what fills the canvas: all, or a cluster that was opened.
type level struct {
	of    *graph.Cluster // nil: all
	zoom  int            // a place in zooms
	x, y  int            // how far the canvas was moved, in cells
	frame frame
	from  Target       // the cursor when it was opened
	hold  *graph.Point // stays in the middle when the size changes
}

// SetPicture gives the view another picture. Cursor, zoom and what is opened stay where the new one has their like, and
// the places of nodes stay where they are on the screen unless they would leave it. A nil picture is an empty one.
func (v *View) SetPicture(p *graph.Picture) {
	if p == v.pic {
		return
	}
	v.keep()
	old, known := v.pic, v.index
	v.pic = p
	v.index, v.shares = make(map[string]int32), make(map[share]name)
	v.points, v.names = v.points[:0], v.names[:0]
	if p != nil {
		for i, n := range p.Graph.Nodes {
			v.index[n.ID] = int32(i)
			var at graph.Point
			if i < len(p.Points) {
				at = p.Points[i]
			}
			v.points = append(v.points, tame(at))
		}
		v.names = append(v.names, make([]name, len(p.Graph.Nodes))...)
	}
	v.reopen(old, known)
	v.held, v.pull = held{}, pull{}
	v.forget()
}

// forget drops what was made of a picture that is gone: until the next one is drawn nothing stands anywhere.
func (v *View) forget() {
	v.arranged, v.dressed = false, false
	a, d := &v.arr, &v.dress
	a.items, a.of, a.lines, a.lineOf, a.clusters, a.nodes = a.items[:0], a.of[:0], a.lines[:0], a.lineOf[:0], 0, 0
	d.own, d.looks, d.lines, d.cells, d.words = d.own[:0], d.looks[:0], d.lines[:0], d.cells[:0], d.words[:0]
	v.moves.stale = true
	v.alone, v.pins = v.alone[:0], v.pins[:0]
}

// Picture gives the picture that is drawn, nil where there is none.
func (v *View) Picture() *graph.Picture { return v.pic }

// Draw draws the scene into a rectangle of blank cells. What lies outside of it stays as it is.
func (v *View) Draw(b *cell.Buffer, r layout.Rect, s Scene) {
	v.take(max(r.W, 0), max(r.H, 0), s)
	if v.pic == nil || r.Empty() {
		return
	}
	v.prepare()
	v.dress.write(b, r, s.Faint)
}

// take notes what is to be drawn, and what of the last frame still holds.
func (v *View) take(w, h int, s Scene) {
	if w != v.w || h != v.h {
		v.resize(w, h)
	}
	if !slices.Equal(s.Nodes, v.scene.Nodes) || !slices.Equal(s.Edges, v.scene.Edges) {
		v.scene.Nodes = append(v.scene.Nodes[:0], s.Nodes...)
		v.scene.Edges = append(v.scene.Edges[:0], s.Edges...)
		v.dressed = false
	}
	v.scene.Selected, v.scene.Filtered, v.scene.Faint = s.Selected, s.Filtered, s.Faint
	if s.Selected != v.told {
		v.told = s.Selected
		v.point(Target{ID: s.Selected})
	}
}

// Point puts the cursor on something that Hit gave.
func (v *View) Point(t Target) { v.point(t) }

// point puts the cursor on something; a node that is not in what is open closes it.
func (v *View) point(t Target) {
	v.cursor, v.follow, v.dressed = t, true, false
	i, ok := v.index[t.ID]
	if t.Cluster != nil || !ok {
		return
	}
	for len(v.levels) > 1 && !holds(v.top().of, i) {
		v.levels = v.levels[:len(v.levels)-1]
		v.arranged = false
	}
}

func holds(c *graph.Cluster, node int32) bool {
	return among(c.Nodes, int(node))
}

// top is the level that fills the canvas.
func (v *View) top() *level {
	if len(v.levels) == 0 {
		v.levels = append(v.levels, level{})
	}
	return &v.levels[len(v.levels)-1]
}

// prepare brings places, names and lines up to date.
func (v *View) prepare() {
	if v.w == 0 || v.h == 0 || v.pic == nil {
		return
	}
	if !v.arranged || !v.dressed {
		v.choose()
	}
	if !v.arranged {
		v.arrange()
		v.arranged, v.dressed = true, false
		v.moves.stale = true
	}
	if v.follow {
		v.follow = false
		v.reveal()
	}
	if !v.dressed {
		v.dressUp()
		v.dressed = true
	}
}

// node gives the look of a node; one that the scene says nothing of has none.
func (v *View) node(i int32) Node {
	if int(i) < len(v.scene.Nodes) {
		return v.scene.Nodes[i]
	}
	return Node{}
}

// Cursor gives what the cursor is on.
func (v *View) Cursor() Target { return v.cursor }
