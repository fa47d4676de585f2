package canvas

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"voxmesh/tui/cell"
	"voxmesh/tui/graph"
	"voxmesh/tui/keys"
)

var update = flag.Bool("update", false, "write the golden drawings anew")

// picture draws a view with what stands round it: title and facts over it, legend and rings under it.
func picture(v *View, w, h int, s Scene) string {
	body := draw(v, w, h, s)
	b := cell.New(w, 1)
	v.Legend(b, 0, 0, w)
	var out strings.Builder
	fmt.Fprintf(&out, "%s | %s\n", v.Title(), v.Facts())
	for _, r := range append(body, rows(b)...) {
		out.WriteString("│" + r + "│\n")
	}
	fmt.Fprintf(&out, "%s\n", v.Rings())
	return out.String()
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name+".golden")
	if *update {
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s differs; it is\n%s\nwant\n%s", name, got, want)
	}
}

func TestDrawings(t *testing.T) {
	for name, m := range map[string]made{
		"empty": {}, "alone": star(1, 1), "aurelia": aurelia(), "twelve": star(12, 1), "thirty": star(30, 1), "clusters": star(3000, 1),
	} {
		for _, z := range sizes[:2] {
			file := fmt.Sprintf("%s-%dx%d", name, z[0], z[1])
			t.Run(file, func(t *testing.T) {
				v := &View{}
				v.SetPicture(m.pic)
				golden(t, file, picture(v, z[0], z[1], m.scene))
			})
		}
	}
}

// hostile is a small mesh whose ids are what somebody would make up to do harm.
func hostile() made {
	g := graph.Graph{Nodes: []graph.Node{
		{ID: "\x1b[2J\x1b[31mred", Group: 2},
		{ID: "aurelia", Group: 1},
		{ID: strings.Repeat("w", 10_000) + "-3f9a", Group: 2},
		{ID: "\u202egnp.exe", Group: 0},
		{ID: "計算機の名前はとても長い", Group: 3},
	}}
	for _, i := range []int{0, 2, 3, 4} {
		g.Edges = append(g.Edges, graph.Edge{A: 1, B: i})
	}
	m := made{pic: graph.Place(g)}
	m.scene = looksFor(g, rand.New(rand.NewPCG(1, 1)))
	m.scene.Selected = g.Nodes[4].ID
	return m
}

func TestDrawingsInUse(t *testing.T) {
	many := star(3000, 1)
	for name, do := range map[string]func() (*View, Scene){
		"hostile": func() (*View, Scene) { m := hostile(); return view(m), m.scene },
		"host-selected": func() (*View, Scene) {
			m := star(12, 1)
			m.scene.Selected = "aurelia"
			return view(m), m.scene
		},
		"cluster-selected": func() (*View, Scene) {
			v := view(many)
			draw(v, 76, 19, many.scene)
			v.point(Target{Cluster: many.largest()})
			return v, many.scene
		},
		"cluster-open": func() (*View, Scene) {
			v := view(many)
			draw(v, 76, 19, many.scene)
			v.point(Target{Cluster: many.largest()})
			v.Open()
			return v, many.scene
		},
		"zoomed": func() (*View, Scene) {
			m := aurelia()
			v := view(m)
			draw(v, 76, 19, m.scene)
			v.In()
			v.In()
			return v, m.scene
		},
		"carried": func() (*View, Scene) {
			m := aurelia()
			v := view(m)
			draw(v, 76, 19, m.scene)
			v.Lift("alice-gpu")
			for range 12 {
				v.Carry(keys.Left)
			}
			return v, m.scene
		},
		"filtered": func() (*View, Scene) {
			m := aurelia()
			m.scene.Filtered = true
			m.scene.Nodes[1].Dim, m.scene.Nodes[2].Dim = true, true
			return view(m), m.scene
		},
	} {
		t.Run(name, func(t *testing.T) {
			v, s := do()
			golden(t, name+"-76x19", picture(v, 76, 19, s))
		})
	}
}

// largest is the cluster with the most nodes of what is shown of a picture in 76×19 cells.
func (m made) largest() *graph.Cluster {
	cut := m.pic.Cut(76*19/clusterCells, nil)
	return slices.MaxFunc(cut, func(a, b *graph.Cluster) int { return len(a.Nodes) - len(b.Nodes) })
}
