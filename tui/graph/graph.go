// Package graph places the machines of a mesh on a plane: a force simulation whose distances are cells.
//
// A node repels every other one, an edge pulls its two together, and all are held near the middle: the forces of d3,
// summed with a Barnes–Hut tree, and for a first picture on coarsened graphs before the full one. A star, which is what a
// mesh is, needs no forces: each worker gets an equal piece of the ring about the host, next to its like. A picture
// follows from the ids and edges alone: the same graph gives the same places, to the bit, on every machine and in every
// run. Where places are known already, what is old stays when something comes or goes, and what is new finds room; pinned
// nodes do not move at all. Nothing here has a clock, a goroutine that outlives a call, or an idea of status and load: what
// does not change the graph cannot change the picture.
package graph

// Point is a place on the plane. X counts columns; Y counts columns too, of which a row of the screen takes two, so that
// a circle of the plane is round on the screen.
type Point struct{ X, Y float64 }

// Node is a node to place. Group is what must not be mixed in a cluster: here the privacy class.
type Node struct {
	ID    string
	Group uint8
}

// Edge joins two nodes by their places in Graph.Nodes.
type Edge struct{ A, B int }

// Graph is what to place. Nodes are in the order of their ids.
type Graph struct {
	Nodes []Node
	Edges []Edge
}

// Cluster is a part of the graph: a single node, where Children is empty, or what its children hold together. Nodes of
// different groups are never in the same cluster.
type Cluster struct {
	Nodes    []int // places in Graph.Nodes, ascending
	Children []*Cluster
	At       Point // the mean of its nodes
	why      reason
}

// Picture is a graph that was placed: frozen until the graph changes.
type Picture struct {
	Graph  Graph
	Points []Point    // one for each node
	Tree   []*Cluster // the levels of the layout, from the coarsest on: one root or more for each group
}
