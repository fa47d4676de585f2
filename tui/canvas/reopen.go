package canvas

import (
	"slices"

	"voxmesh/tui/graph"
)

// reopen finds what was open in the picture before, and the cluster under the cursor, in the new one. What has nothing
// left there is closed, with all that was open in it.
func (v *View) reopen(old *graph.Picture, known map[string]int32) {
	keep := min(len(v.levels), 1)
	for i := 1; i < len(v.levels); i++ {
		c := v.like(old, known, v.levels[i].of)
		if c == nil {
			break
		}
		v.levels[i].of = c
		if v.levels[i].from.Cluster != nil {
			v.levels[i].from = Target{Cluster: c}
		}
		keep = i + 1
	}
	if keep < len(v.levels) {
		v.cursor = Target{}
		v.levels = v.levels[:keep]
	}
	if c := v.cursor.Cluster; c != nil {
		v.cursor = Target{Cluster: v.like(old, known, c)}
	}
	if v.cursor.None() {
		v.cursor = Target{ID: v.told}
	}
}

// like gives the cluster of the new picture that is another's of the old one: the smallest that holds all that is left
// of it, or where that holds others of the old picture too, one made of the parts that do not.
func (v *View) like(old *graph.Picture, known map[string]int32, c *graph.Cluster) *graph.Cluster {
	if old == nil || v.pic == nil {
		return nil
	}
	var left []int
	for _, n := range c.Nodes {
		if n >= 0 && n < len(old.Graph.Nodes) {
			if i, ok := v.index[old.Graph.Nodes[n].ID]; ok {
				left = append(left, int(i))
			}
		}
	}
	if len(left) == 0 {
		return nil
	}
	slices.Sort(left)
	around := smallest(v.pic.Tree, left)
	stranger := func(i int) bool {
		_, was := known[v.pic.Graph.Nodes[i].ID]
		return was && !among(left, i)
	}
	if around != nil && !slices.ContainsFunc(around.Nodes, stranger) {
		return around
	}
	made := &graph.Cluster{Nodes: left, Children: parts(v.pic.Tree, left, nil)}
	for _, i := range left {
		made.At.X += v.points[i].X / float64(len(left))
		made.At.Y += v.points[i].Y / float64(len(left))
	}
	return made
}

// smallest is the smallest cluster that holds all of some nodes, nil if none does.
func smallest(in []*graph.Cluster, nodes []int) *graph.Cluster {
	for _, c := range in {
		if !slices.ContainsFunc(nodes, func(i int) bool { return !holds(c, int32(i)) }) {
			if deeper := smallest(c.Children, nodes); deeper != nil {
				return deeper
			}
			return c
		}
	}
	return nil
}

// parts appends the largest clusters that hold nothing but some nodes.
func parts(in []*graph.Cluster, nodes []int, to []*graph.Cluster) []*graph.Cluster {
	for _, c := range in {
		if !slices.ContainsFunc(c.Nodes, func(i int) bool { return !among(nodes, i) }) {
			to = append(to, c)
		} else {
			to = parts(c.Children, nodes, to)
		}
	}
	return to
}

func among(nodes []int, i int) bool {
	_, ok := slices.BinarySearch(nodes, i)
	return ok
}
