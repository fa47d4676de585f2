package policy

import (
	"iter"

	"voxmesh/policy/syntax"
)

// Policies gives the names of the policies in the file, in their order.
func (f *File) Policies() []string {
	var names []string
	for n := range f.policies() {
		names = append(names, string(n.Name()))
	}
	return names
}

// policies yields the nodes of the policies in the file.
func (f *File) policies() iter.Seq[syntax.Node] {
	return func(yield func(syntax.Node) bool) {
		for n := range f.tree.Root().Children() {
			if n.Kind() == syntax.BlockNode && string(n.Keyword()) == "policy" && !yield(n) {
				return
			}
		}
	}
}

// For gives the file as it looks to one of its policies, by name: Block, Policy, Find and the edits are about that one,
// and so are those of the Files that the edits give. Of two with one name it is the first. Problems are those of the
// whole file. Absent: false, and the file as it is.
func (f *File) For(name string) (*File, bool) {
	for n := range f.policies() {
		if string(n.Name()) != name {
			continue
		}
		scratch := &File{name: f.name, tree: f.tree, broken: f.broken}
		d := decoder{f: scratch}
		g := *f
		g.view, g.viewed, g.block = name, true, n
		g.policy = d.policy(n)
		g.ok = d.errors == 0 && !f.broken
		return &g, true
	}
	return f, false
}
