// Package graph has nodes that are to be placed, by their ids.
package graph

import "context"

type Node struct{ ID string }

type Edge struct{ A, B int }

type Point struct{ X, Y float64 }

type Graph struct {
	Nodes []Node
	Edges []Edge
}

type Cluster struct {
	Nodes    []int
	Children []*Cluster
}

type Picture struct {
	Graph  Graph
	Points []Point
	Tree   []*Cluster
}

func Place(ctx context.Context, g Graph, known map[string]Point) (*Picture, error) { return nil, nil }
