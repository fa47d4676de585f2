package graph

import (
	"cmp"
	"slices"
)

// clusters gives the forest as it is shown, but for the means: all clusters, children before parents, and the roots.
func (f *forest) clusters() (all []Cluster, roots []*Cluster) {
	all = make([]Cluster, len(f.parent))
	total, kids := 0, make([]int32, len(f.parent))
	for i, up := range f.parent {
		total += int(f.size[i])
		if up >= 0 {
			kids[up]++
		}
	}
	room, pointers := make([]int, total), make([]*Cluster, len(f.parent))
	for i := range all {
		c := &all[i]
		c.why = f.why[i]
		c.Nodes, room = room[:0:f.size[i]], room[f.size[i]:]
		if kids[i] > 0 {
			c.Children, pointers = pointers[:0:kids[i]], pointers[kids[i]:]
		}
	}
	for i := range f.nodes {
		for c := int32(i); c >= 0; c = f.parent[c] {
			all[c].Nodes = append(all[c].Nodes, i)
		}
	}
	first := func(a, b *Cluster) int { return cmp.Compare(a.Nodes[0], b.Nodes[0]) }
	for i := range all {
		c := &all[i]
		if len(c.Children) > 1 {
			slices.SortFunc(c.Children, first)
		}
		if up := f.parent[i]; up >= 0 {
			all[up].Children = append(all[up].Children, c)
		} else {
			roots = append(roots, c)
		}
	}
	slices.SortFunc(roots, func(a, b *Cluster) int {
		return cmp.Or(cmp.Compare(f.nodes[a.Nodes[0]].Group, f.nodes[b.Nodes[0]].Group), first(a, b))
	})
	return all, roots
}

// means sets the middle of each cluster.
func means(all []Cluster, at []Point) {
	for i := range all {
		if c := &all[i]; len(c.Children) == 0 {
			c.At = at[c.Nodes[0]]
		} else {
			c.At = mean(c.Children)
		}
	}
}

// mean is the middle of all nodes of some clusters.
func mean(clusters []*Cluster) (at Point) {
	n := 0.0
	for _, c := range clusters {
		n += float64(len(c.Nodes))
	}
	for _, c := range clusters {
		part := float64(len(c.Nodes)) / n
		at.X += float64(c.At.X * part)
		at.Y += float64(c.At.Y * part)
	}
	return at
}
