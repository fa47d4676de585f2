package canvas

import (
	"strconv"

	"github.com/charmbracelet/x/ansi"

	"voxmesh/mesh"
	"voxmesh/mesh/clean"
	"voxmesh/mesh/privacy"
	"voxmesh/tui/format"
	"voxmesh/tui/graph"
	"voxmesh/tui/theme"
)

// name is what is written beside a ring, and its columns; the zero value is not yet made.
type name struct {
	text  string
	width int
}

// naming gives the name of an item: of a node its id, of a cluster what the ids share, and how many they are.
func (v *View) naming(it *item) name {
	if it.cluster == nil {
		n := &v.names[it.node]
		if n.text == "" {
			n.text = short(v.pic.Graph.Nodes[it.node].ID)
			n.width = ansi.StringWidth(n.text)
		}
		return *n
	}
	key := share{it.cluster, it.count}
	n, ok := v.shares[key]
	if !ok {
		n.text = v.stem(it.cluster) + " " + thousands(int(it.count))
		n.width = ansi.StringWidth(n.text)
		v.shares[key] = n
	}
	return n
}

// share is so many nodes of a cluster.
type share struct {
	of    *graph.Cluster
	count int32
}

// stem is what the ids of a cluster share, with a star behind it.
func (v *View) stem(c *graph.Cluster) string {
	const enough = 256
	nodes := v.pic.Graph.Nodes
	var shared string
	for k, i := range c.Nodes {
		if i < 0 || i >= len(nodes) {
			continue
		}
		id := nodes[i].ID
		if k == 0 {
			shared = id[:min(len(id), enough)]
		}
		n := 0
		for n < min(len(shared), len(id)) && shared[n] == id[n] {
			n++
		}
		shared = shared[:n]
	}
	for len(shared) > 0 && shared[len(shared)-1] >= 0x80 { // half a letter may be shared
		shared = shared[:len(shared)-1]
	}
	return short(shared + "*")
}

// short is an id as it stands beside a ring. Of an endless one only both ends are read.
func short(id string) string {
	const enough = 256
	if len(id) > 2*enough {
		id = id[:enough] + "…" + id[len(id)-enough:]
	}
	s := format.Middle(clean.Line(id).String(), labelMost)
	if ansi.StringWidth(s) == 0 {
		return "?"
	}
	return s
}

func thousands(n int) string {
	s := strconv.Itoa(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// looks is what an item looks like: a node's look, or of a cluster what its nodes have in common, the worst status among
// them, and how many are not online.
type looks struct {
	Node
	degraded int32
	offline  int32
	seen     int32
}

func (l *looks) add(n Node) {
	l.seen++
	if l.seen == 1 {
		l.Node = n
	} else {
		if l.Class != n.Class {
			l.Class = privacy.Unknown
		}
		if !n.Host {
			l.Status = min(l.Status, n.Status)
		}
		if l.Mode != n.Mode {
			l.Mode = mesh.Active
		}
		l.Host, l.Pinned = false, false
		l.Working = l.Working || n.Working
		l.Failing = l.Failing || n.Failing
		l.Full = l.Full || n.Full
		l.Dim = l.Dim && n.Dim
		l.Busy += n.Busy
	}
	switch {
	case n.Host:
	case n.Status == mesh.Degraded:
		l.degraded++
	case n.Status == mesh.Offline:
		l.offline++
	}
}

// sign is the glyph of a status; this machine has its own. A status of a later version is one that does not answer.
func (n Node) sign() (string, theme.Style) {
	switch {
	case n.Host:
		return "◉", theme.In(theme.Text)
	case n.Status == mesh.Online:
		return "●", theme.In(theme.OK)
	case n.Status == mesh.Degraded:
		return "◐", theme.In(theme.Waiting)
	}
	return "○", theme.In(theme.Third)
}

// mark is the sign of a mode after the name, empty for a node that takes work.
func mark(m mesh.Mode) string {
	switch m {
	case mesh.Active:
		return ""
	case mesh.Draining, mesh.Drained:
		return "↓"
	}
	return "‖"
}

// stroke is how an edge of a status is dotted: every so many dots, and its ink.
func stroke(s mesh.Status) (every int, st theme.Style) {
	switch s {
	case mesh.Online:
		return 1, theme.In(theme.Third)
	case mesh.Degraded:
		return 2, theme.In(theme.Waiting)
	}
	return 4, theme.In(theme.Third)
}
