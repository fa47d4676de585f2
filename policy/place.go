package policy

import (
	"slices"

	"voxmesh/policy/syntax"
)

// placeIn is the field after which a new one goes by the given order, in a block or a record.
func placeIn(n syntax.Node, order []string, name string) syntax.Node {
	limit, best := slices.Index(order, name), -1
	var after syntax.Node
	for c := range n.Children() {
		if c.Kind() != syntax.FieldNode {
			continue
		}
		if i := slices.Index(order, string(c.Name())); i < limit && i > best {
			best, after = i, c
		}
	}
	return after
}
