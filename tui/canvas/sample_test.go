package canvas

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/charmbracelet/x/ansi"

	"voxmesh/mesh"
	"voxmesh/mesh/privacy"
	"voxmesh/tui/cell"
	"voxmesh/tui/graph"
	"voxmesh/tui/layout"
	"voxmesh/tui/theme"
)

// sizes are what the canvas has in a console of 80×24, 120×40 and 200×60.
var sizes = [][2]int{{44, 16}, {76, 19}, {150, 32}}

// made is a picture with its looks.
type made struct {
	pic   *graph.Picture
	scene Scene
}

// aurelia is the mesh of the drawings.
func aurelia() made {
	p := &graph.Picture{
		Graph: graph.Graph{
			Nodes: []graph.Node{
				{ID: "alice-gpu", Group: 2},
				{ID: "atlas-nas", Group: 2},
				{ID: "aurelia", Group: 1},
				{ID: "bob-cpu", Group: 2},
				{ID: "lex-2", Group: 2},
				{ID: "pub-3f9a", Group: 3},
			},
			Edges: []graph.Edge{{A: 2, B: 0}, {A: 2, B: 1}, {A: 2, B: 3}, {A: 2, B: 4}, {A: 2, B: 5}},
		},
		Points: []graph.Point{{X: 14, Y: -10}, {X: -15, Y: 10}, {X: 0, Y: 0}, {X: 16, Y: 10}, {X: -9, Y: -12}, {X: -18, Y: -2}},
	}
	paired := Node{Class: privacy.PairedPeersOnly, Status: mesh.Online}
	ns := slices.Repeat([]Node{paired}, 6)
	ns[0].Busy, ns[0].Working = 2, true
	ns[1].Status = mesh.Offline
	ns[2] = Node{Class: privacy.LocalOnly, Host: true, Status: mesh.Online}
	ns[3].Status = mesh.Degraded
	ns[4].Pinned, ns[4].Mode = true, mesh.Paused
	ns[5].Class = privacy.PublicMesh
	es := []Edge{{mesh.Online, true, "12 ms"}, {mesh.Offline, false, ""}, {mesh.Degraded, false, "88 ms"}, {mesh.Online, false, "4 ms"}, {mesh.Online, false, "140 ms"}}
	return made{p, Scene{Nodes: ns, Edges: es, Selected: "alice-gpu"}}
}

func draw(v *View, w, h int, s Scene) []string {
	b := cell.New(w, h)
	v.Draw(b, layout.Rect{W: w, H: h}, s)
	return rows(b)
}

func rows(b *cell.Buffer) []string {
	return strings.Split(ansi.Strip(b.Render(theme.New(true, false))), "\n")
}

// star is a mesh of n machines, a host with workers round it, placed by the layout; ids are of a few families.
func star(n int, seed uint64) made {
	r := rand.New(rand.NewPCG(seed, 7))
	families := []string{"rack-a%02d", "rack-b%02d", "lab-%02d", "edu-%02d", "cam-%02d", "pub-%02d"}
	m := made{pic: &graph.Picture{}}
	var g graph.Graph
	g.Nodes = append(g.Nodes, graph.Node{ID: "aurelia", Group: uint8(privacy.LocalOnly)})
	for i := 1; i < n; i++ {
		f := r.IntN(len(families))
		c := privacy.PairedPeersOnly
		if f == 5 {
			c = privacy.PublicMesh
		}
		g.Nodes = append(g.Nodes, graph.Node{ID: fmt.Sprintf(families[f], i), Group: uint8(c)})
	}
	slices.SortFunc(g.Nodes, func(a, b graph.Node) int { return strings.Compare(a.ID, b.ID) })
	host := slices.IndexFunc(g.Nodes, func(a graph.Node) bool { return a.ID == "aurelia" })
	for i := range g.Nodes {
		if i != host {
			g.Edges = append(g.Edges, graph.Edge{A: host, B: i})
		}
	}
	m.pic = graph.Place(g)
	m.scene = looksFor(g, r)
	return m
}

// looksFor makes up how a graph looks.
func looksFor(g graph.Graph, r *rand.Rand) Scene {
	var s Scene
	for _, n := range g.Nodes {
		look := Node{Class: privacy.Class(n.Group), Status: mesh.Online, Busy: r.IntN(4)}
		look.Host = n.ID == "aurelia"
		switch {
		case look.Host:
		case r.IntN(400) == 0:
			look.Status = mesh.Offline
		case r.IntN(100) == 0:
			look.Status = mesh.Degraded
		}
		s.Nodes = append(s.Nodes, look)
	}
	for _, e := range g.Edges {
		s.Edges = append(s.Edges, Edge{Status: s.Nodes[e.B].Status, RTT: fmt.Sprintf("%d ms", 1+r.IntN(200))})
	}
	return s
}

func rowsOf(s string) []string { return strings.Split(ansi.Strip(s), "\n") }
