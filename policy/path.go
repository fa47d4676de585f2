package policy

import (
	"strconv"
	"strings"

	"voxmesh/policy/syntax"
)

// Find gives the node at a path within the policy that counts, as in slots[0].weight, allowed_users[2] or
// per_peer_overrides[alice@aurelia].min_priority. Brackets take a number from 0, or the kind, peer or text of an
// element; of several elements that fit it is the last. A path to a field gives its FieldNode, one to an element
// the element. Absent if there is nothing.
func (f *File) Find(path string) syntax.Node {
	n := f.block
	for path != "" && n.Valid() {
		switch {
		case path[0] == '[':
			key, rest, ok := strings.Cut(path[1:], "]")
			if !ok {
				return syntax.Node{}
			}
			n, path = element(value(n), key), rest
		default:
			path = strings.TrimPrefix(path, ".")
			end := strings.IndexAny(path, ".[")
			if end < 0 {
				end = len(path)
			}
			if end == 0 {
				return syntax.Node{}
			}
			n, path = value(n).Field(path[:end]), path[end:]
		}
	}
	return n
}

// LineOf is the line of what Find gives, from 1, or 0.
func (f *File) LineOf(path string) int {
	if f == nil || path == "" {
		return 0
	}
	return f.Find(path).Line()
}

// value steps from a field to its value; anything else stays.
func value(n syntax.Node) syntax.Node {
	if n.Kind() == syntax.FieldNode {
		return n.Value()
	}
	return n
}

func element(list syntax.Node, key string) syntax.Node {
	if list.Kind() != syntax.ListNode {
		return syntax.Node{}
	}
	index, err := strconv.Atoi(key)
	var found syntax.Node
	i := 0
	for e := range list.Children() {
		if e.Kind() == syntax.ErrorNode {
			continue
		}
		if err == nil && i == index {
			return e
		}
		if err != nil && elementKey(e) == key {
			found = e
		}
		i++
	}
	return found
}

func elementKey(e syntax.Node) string {
	if e.Kind() == syntax.RecordNode {
		id := e.Field(fPeer)
		if !id.Valid() {
			id = e.Field(fKind)
		}
		e = id.Value()
	}
	s, _ := plainName(e)
	return s
}
