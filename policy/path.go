package policy

import (
	"strconv"
	"strings"

	"voxmesh/policy/syntax"
)

// step is one part of a path: a field by its name, or an element by what stands in its brackets.
type step struct {
	elem   bool
	name   string // of the field
	key    string // in the brackets, unquoted
	quoted bool   // then it is a key, though it looks like a number
}

// index is the number in the brackets, or -1.
func (s step) index() int {
	if s.quoted || strings.Trim(s.key, "0123456789") != "" {
		return -1
	}
	if i, err := strconv.Atoi(s.key); err == nil {
		return i
	}
	return -1
}

// adds reports whether the brackets are empty: an element to be made.
func (s step) adds() bool { return s.elem && s.key == "" && !s.quoted }

// cutPath reads a path: names parted by dots, each with brackets behind it or without. What stands in brackets reaches
// to the next ], or is a string, "a]b", in which anything may stand.
func cutPath(path string) ([]step, bool) {
	var steps []step
	for {
		end := strings.IndexAny(path, ".[]")
		if end < 0 {
			end = len(path)
		}
		if end == 0 {
			return nil, false
		}
		steps = append(steps, step{name: path[:end]})
		path = path[end:]
		for strings.HasPrefix(path, "[") {
			s, rest, ok := cutKey(path[1:])
			if !ok {
				return nil, false
			}
			steps, path = append(steps, s), rest
		}
		if path == "" {
			return steps, true
		}
		if path[0] != '.' {
			return nil, false
		}
		path = path[1:]
	}
}

// cutKey reads what stands in brackets and the closing one.
func cutKey(path string) (s step, rest string, ok bool) {
	if token := stringToken(path); token != "" && strings.HasPrefix(path[len(token):], "]") {
		key, err := syntax.Unquote([]byte(token))
		return step{elem: true, key: key, quoted: true}, path[len(token)+1:], err == nil
	}
	key, rest, ok := strings.Cut(path, "]")
	return step{elem: true, key: key}, rest, ok
}

// stringToken gives the string that s begins with, quotes included, or "".
func stringToken(s string) string {
	if !strings.HasPrefix(s, `"`) {
		return ""
	}
	for i := 1; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case '"':
			return s[:i+1]
		}
	}
	return ""
}

// Find gives the node at a path within the policy that counts, as in slots[0].weight, allowed_users[2] or
// per_peer_overrides[alice@aurelia].min_priority. Brackets take a number from 0, or the kind, peer or text of an
// element, also as a string: ["a]b"], ["7"]; of several elements that fit it is the last. A path to a field gives its
// FieldNode, of two with one name the first; one to an element gives the element. Absent if there is nothing.
func (f *File) Find(path string) syntax.Node {
	steps, ok := cutPath(path)
	if !ok {
		return syntax.Node{}
	}
	n := f.block
	for _, s := range steps {
		if s.elem {
			n, _ = pick(value(n), s)
		} else if n = value(n); n.Kind() != syntax.BlockNode && n.Kind() != syntax.RecordNode {
			return syntax.Node{}
		} else {
			n = n.Field(s.name)
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

// pick gives the element of a list that a step names, and its index; absent and -1 if there is none.
func pick(list syntax.Node, s step) (syntax.Node, int) {
	if list.Kind() != syntax.ListNode || s.adds() {
		return syntax.Node{}, -1
	}
	index := s.index()
	var found syntax.Node
	at, i := -1, 0
	for e := range list.Children() {
		if e.Kind() == syntax.ErrorNode {
			continue
		}
		if i == index {
			return e, i
		}
		if index < 0 && elementKey(e) == s.key {
			found, at = e, i
		}
		i++
	}
	return found, at
}

// countOf is how many elements a list has, without what could not be read.
func countOf(list syntax.Node) int {
	n := 0
	for e := range list.Children() {
		if e.Kind() != syntax.ErrorNode {
			n++
		}
	}
	return n
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
