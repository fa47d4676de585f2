package policy

import (
	"fmt"
	"slices"
	"sort"
	"strings"

	"voxmesh/policy/syntax"
)

// Known is what this machine knows of others, for the notes that a file alone does not tell. Nil lists are not known.
type Known struct {
	Peers  []string // user@mesh of those who may send jobs
	Meshes []string // this machine's names of the meshes
	Models []string // that are installed
}

// Notes says what in the policy names nobody or nothing that is known: vox/policy/unknown-peer, unknown-mesh,
// unknown-model. All are notes, in the order of the lines; at most about a hundred. What is noted may well come later:
// a peer who has not joined yet, a model that is not there yet.
func (f *File) Notes(k Known) []Problem {
	n := notes{File: File{name: f.name, tree: f.tree}, known: k, peers: set(k.Peers), users: make(map[string]bool), meshes: set(k.Meshes)}
	for _, p := range k.Peers {
		n.users[bareName(p)] = true
	}
	n.each(f.block, fUsers, n.peer)
	n.each(f.block, fDenied, n.peer)
	n.each(f.block, fMeshes, n.mesh)
	n.each(f.block, fModels, n.model)
	for o := range f.block.Field(fOverrides).Value().Children() {
		v := o.Field(fPeer).Value()
		if s, ok := plainName(v); ok {
			n.peer(v, s)
		}
	}
	sort.SliceStable(n.problems, func(i, j int) bool {
		a, b := &n.problems[i], &n.problems[j]
		return a.Line < b.Line || a.Line == b.Line && a.Col < b.Col
	})
	if n.unsaid > 0 {
		n.problems = append(n.problems, n.at(problemAt{
			severity: SeverityNote, code: "more", off: len(n.tree.Source()), message: fmt.Sprintf("%d more notes are not shown", n.unsaid),
		}))
	}
	return n.problems
}

// notes collects them in a file of its own: the one that is asked never changes.
type notes struct {
	File
	known         Known
	peers, meshes map[string]bool
	users         map[string]bool // the peers without their meshes
}

func set(names []string) map[string]bool {
	m := make(map[string]bool, len(names))
	for _, n := range names {
		m[n] = true
	}
	return m
}

func (n *notes) each(block syntax.Node, field string, look func(e syntax.Node, s string)) {
	list := block.Field(field).Value()
	if list.Kind() != syntax.ListNode {
		return
	}
	for e := range list.Children() {
		if s, ok := plainName(e); ok {
			look(e, s)
		}
	}
}

func (n *notes) say(severity Severity, e syntax.Node, code, s, format string, like func() string) {
	if n.full() { // looking for a name that is like it costs
		n.unsaid++
		return
	}
	start, _ := e.Span()
	n.add(problemAt{severity, code, start, fmt.Sprintf(format, clip(s)), "", like()})
}

// peer looks at a user, with a mesh or without.
func (n *notes) peer(e syntax.Node, s string) {
	user, mesh := bareName(s), meshOf(s)
	switch {
	case mesh == "":
		if n.known.Peers != nil && !n.users[s] {
			n.say(SeverityNote, e, "unknown-peer", s, "nobody of the name %q is known here", func() string { return nearest(s, n.usersOf("")) })
		}
	case n.known.Meshes != nil && !n.meshes[mesh]:
		n.say(SeverityNote, e, "unknown-mesh", s, "%q is of a mesh that this machine has not joined", func() string { return inMesh(user, nearest(mesh, n.known.Meshes)) })
	case n.known.Peers != nil && !n.peers[s]:
		n.say(SeverityNote, e, "unknown-peer", s, "%q is not known here", func() string { return inMesh(nearest(user, n.usersOf(mesh)), mesh) })
	}
}

// usersOf gives the peers of a mesh, or of all, without their meshes.
func (n *notes) usersOf(mesh string) []string {
	var users []string
	for _, p := range n.known.Peers {
		if mesh == "" || meshOf(p) == mesh {
			users = append(users, bareName(p))
		}
	}
	return users
}

// inMesh is a user with a mesh, or empty if one of them is.
func inMesh(user, mesh string) string {
	if user == "" || mesh == "" {
		return ""
	}
	return user + "@" + mesh
}

func (n *notes) mesh(e syntax.Node, s string) {
	if n.known.Meshes != nil && !n.meshes[s] {
		n.say(SeverityNote, e, "unknown-mesh", s, "this machine has joined no mesh that it calls %q", func() string { return nearest(s, n.known.Meshes) })
	}
}

func (n *notes) model(e syntax.Node, s string) {
	if n.known.Models == nil || slices.ContainsFunc(n.known.Models, func(m string) bool { return modelFits(s, m) }) {
		return
	}
	if strings.HasSuffix(s, "*") {
		n.say(SeverityNote, e, "unknown-model", s, "no model that fits %q is installed here", func() string { return "" })
		return
	}
	n.say(SeverityNote, e, "unknown-model", s, "the model %q is not installed here", func() string { return nearest(s, n.known.Models) })
}
