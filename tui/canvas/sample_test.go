package canvas

import (
	"fmt"
	"math"
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
			Nodes: []graph.Node{{ID: "alice-gpu", Group: 2}, {ID: "atlas-nas", Group: 2}, {ID: "aurelia", Group: 1},
				{ID: "bob-cpu", Group: 2}, {ID: "lex-2", Group: 2}, {ID: "pub-3f9a", Group: 3}},
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

// star is a mesh of n nodes round a host, evenly spread over a disc, with ids of a few families.
func star(n int, seed uint64) made {
	r := rand.New(rand.NewPCG(seed, 7))
	families := []string{"rack-a%d", "rack-b%d", "lab-%d", "edu-%d", "cam-%d", "nook-%d"}
	type at struct {
		id string
		p  graph.Point
		c  privacy.Class
	}
	all := []at{{"aurelia", graph.Point{}, privacy.LocalOnly}}
	for i := 1; i < n; i++ {
		a, d := float64(i)*2.399963, 8*math.Sqrt(float64(i))
		p := graph.Point{X: d*math.Cos(a) + r.Float64()*4, Y: d*math.Sin(a) + r.Float64()*4}
		f := int((math.Atan2(p.Y, p.X) + math.Pi) / (2*math.Pi + 1e-9) * float64(len(families)))
		c := privacy.PairedPeersOnly
		if f == 5 {
			c = privacy.PublicMesh
		}
		all = append(all, at{fmt.Sprintf(families[f], i), p, c})
	}
	slices.SortFunc(all, func(a, b at) int { return strings.Compare(a.id, b.id) })
	m := made{pic: &graph.Picture{}}
	host := slices.IndexFunc(all, func(a at) bool { return a.id == "aurelia" })
	for i, a := range all {
		m.pic.Graph.Nodes = append(m.pic.Graph.Nodes, graph.Node{ID: a.id, Group: uint8(a.c)})
		m.pic.Points = append(m.pic.Points, a.p)
		look := Node{Class: a.c, Host: i == host, Status: mesh.Online, Busy: r.IntN(4)}
		switch {
		case i == host:
		case r.IntN(40) == 0:
			look.Status = mesh.Offline
		case r.IntN(20) == 0:
			look.Status = mesh.Degraded
		}
		m.scene.Nodes = append(m.scene.Nodes, look)
		if i != host {
			m.pic.Graph.Edges = append(m.pic.Graph.Edges, graph.Edge{A: host, B: i})
			m.scene.Edges = append(m.scene.Edges, Edge{Status: look.Status, RTT: fmt.Sprintf("%d ms", 1+r.IntN(200))})
		}
	}
	m.pic.Tree = tree(m.pic)
	return m
}

// tree halves what is in one group by its order, which the ids give, down to single nodes.
func tree(p *graph.Picture) []*graph.Cluster {
	var half func(nodes []int) *graph.Cluster
	half = func(nodes []int) *graph.Cluster {
		c := &graph.Cluster{Nodes: nodes}
		for _, i := range nodes {
			c.At.X += p.Points[i].X / float64(len(nodes))
			c.At.Y += p.Points[i].Y / float64(len(nodes))
		}
		if len(nodes) > 1 {
			c.Children = []*graph.Cluster{half(nodes[:len(nodes)/2]), half(nodes[len(nodes)/2:])}
		}
		return c
	}
	groups := map[uint8][]int{}
	for i, n := range p.Graph.Nodes {
		groups[n.Group] = append(groups[n.Group], i)
	}
	var out []*graph.Cluster
	for g := range uint8(4) {
		if len(groups[g]) > 0 {
			out = append(out, half(groups[g]))
		}
	}
	return out
}
