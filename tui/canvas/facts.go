package canvas

import (
	"strings"

	"github.com/charmbracelet/x/ansi"

	"voxmesh/mesh"
	"voxmesh/mesh/privacy"
	"voxmesh/tui/cell"
	"voxmesh/tui/row"
	"voxmesh/tui/theme"
)

// Title is what the border says of where the canvas is: "Graph", or "Graph › lab-*  1,213" in a cluster.
func (v *View) Title() string {
	var s strings.Builder
	s.WriteString("Graph")
	for i, l := range v.levels {
		if l.of == nil {
			continue
		}
		s.WriteString(" › " + v.stem(l.of))
		if i == len(v.levels)-1 {
			s.WriteString("  " + thousands(len(l.of.Nodes)))
		}
	}
	return s.String()
}

// Facts is what the border says at its right: the zoom, and in how many parts how many nodes are shown where some are
// in clusters.
func (v *View) Facts() string {
	v.prepare()
	s := zoomText(zooms[v.top().zoom])
	if v.arr.clusters > 0 {
		s += "  " + thousands(v.arr.nodes) + " in " + thousands(len(v.arr.items))
	}
	return s
}

// Rings explains the rings that are on the canvas: "(●) PAIRED  [●] PUBLIC". Where there is none it is empty.
func (v *View) Rings() string {
	v.prepare()
	var seen [int(privacy.PublicMesh) + 1]bool
	for _, l := range v.dress.looks {
		c := l.Class
		if c > privacy.PublicMesh {
			c = privacy.Unknown
		}
		seen[c] = true
	}
	var parts []string
	for _, c := range []privacy.Class{privacy.PairedPeersOnly, privacy.PublicMesh, privacy.Unknown} {
		if !seen[c] {
			continue
		}
		left, right, _ := row.Ring(c)
		word := c.Badge()
		if c == privacy.Unknown {
			word = "UNKNOWN"
		}
		parts = append(parts, left+"●"+right+" "+word)
	}
	return strings.Join(parts, "  ")
}

// Legend explains, in a row of w cells, the signs of status and those marks that are on the canvas, as many as fit.
func (v *View) Legend(b *cell.Buffer, x, y, w int) {
	v.prepare()
	var pinned, paused, draining bool
	for _, l := range v.dress.looks {
		pinned = pinned || l.Pinned
		paused = paused || mark(l.Mode) == "‖"
		draining = draining || mark(l.Mode) == "↓"
	}
	const wide = 56 // from here on this machine has room for its whole name
	this := "this"
	if w >= wide {
		this = "this machine"
	}
	end := x + w
	x++
	add := func(glyph string, st theme.Style, word string) {
		if n := 2 + ansi.StringWidth(word); x+n <= end {
			b.Put(x, y, 1, glyph, st)
			b.Put(x+2, y, n-2, word, theme.In(theme.Second))
			x += n + 2
		}
	}
	status := func(n Node, word string) {
		glyph, st := n.sign()
		add(glyph, st, word)
	}
	status(Node{Host: true}, this)
	status(Node{Status: mesh.Online}, "online")
	status(Node{Status: mesh.Degraded}, "degraded")
	status(Node{Status: mesh.Offline}, "offline")
	second := theme.In(theme.Second)
	if pinned {
		add("⊥", second, "pinned")
	}
	if paused {
		add("‖", second, "paused")
	}
	if draining {
		add("↓", second, "draining")
	}
}
