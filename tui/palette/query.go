package palette

import (
	"strings"

	"voxmesh/tui/keys"
	"voxmesh/tui/pane"
)

// mode is what a prefix narrows the palette to.
type mode uint8

const (
	everything mode = iota
	acts            // >
	nodes           // @
	runs            // #
	submit          // submit: an intent
	urgent          // urgent: an item of the hopper
	deferred        // defer: an item of the hopper
	file            // file: a file, then to which node
)

// prefixes are what stands before a query, and how the border names it; the last has no place there.
var prefixes = []struct {
	mode   mode
	prefix string
	word   string
}{
	{acts, ">", "> actions"},
	{nodes, "@", "@ nodes"},
	{runs, "#", "# runs"},
	{submit, "submit:", "submit: intent"},
	{urgent, "urgent:", "urgent: item"},
	{deferred, "defer:", "defer: item"},
	{file, "file:", ""},
}

// query takes what was typed apart: what it is narrowed to, the prefix as it was typed, and what is left.
func query(text string) (m mode, prefix, rest string) {
	text = strings.TrimLeft(text, " ")
	for _, p := range prefixes {
		if len(text) >= len(p.prefix) && strings.EqualFold(text[:len(p.prefix)], p.prefix) {
			return p.mode, text[:len(p.prefix)], strings.TrimSpace(text[len(p.prefix):])
		}
	}
	return everything, "", strings.TrimSpace(text)
}

// part is the part of the index that a mode looks in.
func (x *index) part(m mode) (from, to int) {
	switch m {
	case acts:
		return x.things, len(x.entries)
	case nodes, file:
		return 0, x.nodes
	case runs:
		return x.nodes, x.runs
	case urgent, deferred:
		return x.runs, x.open
	case everything:
		return 0, len(x.entries)
	}
	return 0, 0
}

// sending is the entry for an intent that was typed.
func sending(intent string) entry {
	return titled(entry{does: act, verb: keys.Send, with: intent}, "submit", intent)
}

// sendingTo turns going to a node into sending it a file.
func sendingTo(e entry, path string) (entry, bool) {
	if e.on.Kind != pane.Node || path == "" {
		return entry{}, false
	}
	out := plain(act, keys.Send, e.on, "send "+path+" to "+e.on.ID)
	out.with = path
	return out, true
}

// fileAndNodes takes apart what is typed behind file: the file, and what narrows the nodes.
func fileAndNodes(rest string) (path, narrow string) {
	path, narrow, _ = strings.Cut(rest, " ")
	return path, strings.TrimSpace(narrow)
}
