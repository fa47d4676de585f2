package canvas

import (
	"slices"
	"strings"
	"testing"

	"voxmesh/mesh"
	"voxmesh/mesh/privacy"
	"voxmesh/tui/cell"
	"voxmesh/tui/graph"
	"voxmesh/tui/layout"
	"voxmesh/tui/theme"
)

func view(m made) *View {
	v := &View{}
	v.SetPicture(m.pic)
	return v
}

// As many names as this find room in pictures of the layout, with so many cells for each node.
func TestNamesFindRoom(t *testing.T) {
	for _, tc := range []struct {
		cells int
		least float64
	}{{56, 0.99}, {24, 0.90}, {16, 0.68}} {
		for _, z := range sizes {
			n := z[0] * z[1] / tc.cells
			named, all := 0, 0
			for seed := range uint64(4) {
				m := star(n, seed)
				v := view(m)
				draw(v, z[0], z[1], m.scene)
				if v.dress.shown != n {
					t.Errorf("%v: %d of %d rings", z, v.dress.shown, n)
				}
				named, all = named+v.dress.named, all+n
			}
			share := float64(named) / float64(all)
			t.Logf("%v, %d cells a node, %d nodes: %.1f %% of the names", z, tc.cells, n, 100*share)
			if share < tc.least {
				t.Errorf("%v: %.1f %% of the names at %d cells a node", z, 100*share, tc.cells)
			}
		}
	}
}

// The table of console.md: until when rings, and from when on clusters.
func TestThresholds(t *testing.T) {
	for i, single := range []int{44, 90, 300} {
		w, h := sizes[i][0], sizes[i][1]
		for n, clusters := range map[int]bool{single: false, single + 1: true} {
			m := star(n, 2)
			v := view(m)
			draw(v, w, h, m.scene)
			if got := v.arr.clusters > 0; got != clusters {
				t.Errorf("%d nodes at %d×%d: clusters %v", n, w, h, got)
			}
			if most := w*h/clusterCells + 1; clusters && len(v.arr.items) > most {
				t.Errorf("%d items at %d×%d, want %d at most", len(v.arr.items), w, h, most)
			}
		}
	}
}

func at(t *testing.T, v *View, id string) (x, y int) {
	t.Helper()
	x, y, ok := v.At(id)
	if !ok {
		t.Fatalf("%s is not on the canvas", id)
	}
	return x, y
}

func TestRingsAndMarks(t *testing.T) {
	m := aurelia()
	m.scene.Nodes[3].Mode, m.scene.Nodes[5].Class = mesh.Draining, privacy.Unknown
	v := view(m)
	b := cell.New(76, 19)
	v.Draw(b, layout.Rect{W: 76, H: 19}, m.scene)
	for id, want := range map[string]string{
		"alice-gpu": "▸(●) alice-gpu", "atlas-nas": " (○) atlas-nas", "aurelia": "  ◉  aurelia", "bob-cpu": " (◐) bob-cpu ↓",
		"lex-2": " (●) lex-2 ⊥ ‖", "pub-3f9a": " ?●? pub-3f9a",
	} {
		x, y := at(t, v, id)
		got := ""
		for c := x - 2; c < x-2+len([]rune(want)); c++ {
			got += b.At(c, y).S
		}
		if got != want {
			t.Errorf("%s is drawn %q, want %q", id, got, want)
		}
	}
	for id, ink := range map[string]theme.Ink{"alice-gpu": theme.OK, "atlas-nas": theme.Third, "bob-cpu": theme.Waiting} {
		if x, y := at(t, v, id); b.At(x, y).Style.Ink != ink {
			t.Errorf("%s has ink %v", id, b.At(x, y).Style.Ink)
		}
	}
	if x, y := at(t, v, "pub-3f9a"); b.At(x-1, y).Style.Attr&theme.Reverse == 0 {
		t.Error("an unknown class is not loud")
	}
	if x, y := at(t, v, "alice-gpu"); b.At(x+labelAt, y).Style.Attr&theme.Bold == 0 {
		t.Error("the selected name is not bold")
	}
}

// count gives the dots of the edges, and in how many cells they are bold.
func count(v *View, s Scene) (dots, bold int) {
	b := cell.New(60, 20)
	v.Draw(b, layout.Rect{W: 60, H: 20}, s)
	for y := range b.H {
		for x := range b.W {
			c := b.At(x, y)
			if r := []rune(c.S); len(r) == 1 && r[0] > 0x2800 && r[0] <= 0x28ff {
				for bits := r[0] - 0x2800; bits > 0; bits &= bits - 1 {
					dots++
				}
				if c.Style.Attr&theme.Bold != 0 {
					bold++
				}
			}
		}
	}
	return dots, bold
}

// An edge has every dot, every second, every fourth; one with work in flight is twice as thick, and bold.
func TestStrokes(t *testing.T) {
	pic := &graph.Picture{
		Graph:  graph.Graph{Nodes: []graph.Node{{ID: "a"}, {ID: "b"}}, Edges: []graph.Edge{{A: 0, B: 1}}},
		Points: []graph.Point{{}, {X: 30, Y: 20}},
	}
	var dots [4]int
	for i, e := range []Edge{{Status: mesh.Online}, {Status: mesh.Degraded}, {Status: mesh.Offline}, {Status: mesh.Online, Working: true}} {
		v := view(made{pic: pic})
		var bold int
		dots[i], bold = count(v, Scene{Nodes: make([]Node, 2), Edges: []Edge{e}})
		if (bold > 0) != e.Working {
			t.Errorf("%+v: %d bold", e, bold)
		}
	}
	near := func(a, b int) bool { return a-b <= 3 && b-a <= 3 }
	if !near(dots[0], 2*dots[1]) || !near(dots[1], 2*dots[2]) || dots[2] == 0 || dots[3]*10 < dots[0]*16 {
		t.Errorf("dots of ok, degraded, offline, working: %v", dots)
	}
}

// A star of more than 60 shows only what says something: the edges of the selected, those not ok, those at work.
func TestManyEdges(t *testing.T) {
	m := star(100, 1)
	for i := range m.scene.Edges {
		m.scene.Edges[i] = Edge{Status: mesh.Online}
	}
	for i := range m.scene.Nodes {
		m.scene.Nodes[i].Status = mesh.Online
	}
	some := func(s Scene) bool {
		v := view(m)
		b := cell.New(100, 30)
		v.Draw(b, layout.Rect{W: 100, H: 30}, s)
		return slices.ContainsFunc(rows(b), func(r string) bool {
			return strings.ContainsFunc(r, func(r rune) bool { return r >= 0x2800 && r <= 0x28ff })
		})
	}
	if some(m.scene) {
		t.Error("a star of 99 good edges is drawn")
	}
	for what, change := range map[string]func(*Scene){
		"selected": func(s *Scene) { s.Selected = m.pic.Graph.Nodes[50].ID },
		"degraded": func(s *Scene) { s.Edges[50].Status = mesh.Degraded },
		"working":  func(s *Scene) { s.Edges[50].Working = true },
	} {
		s := m.scene
		s.Edges = slices.Clone(s.Edges)
		change(&s)
		if !some(s) {
			t.Errorf("the edge that is %s is not drawn", what)
		}
	}
}

// First choice have the selected, then the not online, the pinned, the busiest.
func TestWhoIsNamedFirst(t *testing.T) {
	m := star(6, 1)
	for i := range m.scene.Nodes {
		m.scene.Nodes[i] = Node{Class: privacy.PairedPeersOnly, Status: mesh.Online}
	}
	m.scene.Nodes[1].Busy = 2
	m.scene.Nodes[2].Busy = 3
	m.scene.Nodes[3].Pinned = true
	m.scene.Nodes[4].Status = mesh.Degraded
	m.scene.Selected = m.pic.Graph.Nodes[5].ID
	v := view(m)
	draw(v, 76, 19, m.scene)
	var got []int32
	for _, o := range v.dress.order {
		got = append(got, v.arr.items[o&(1<<24-1)].node)
	}
	if want := []int32{5, 4, 3, 2, 1, 0}; !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
	for i, w := range v.dress.words {
		if i < 5 && strings.HasPrefix(w.s, m.pic.Graph.Nodes[5].ID) {
			return
		}
	}
	t.Error("the selected has no name")
}

func TestFaintAndDim(t *testing.T) {
	m := aurelia()
	m.scene.Nodes[4].Dim = true
	v := view(m)
	b := cell.New(44, 16)
	v.Draw(b, layout.Rect{W: 44, H: 16}, m.scene)
	faint := func(id string) bool {
		x, y := at(t, v, id)
		return b.At(x, y).Style.Attr&theme.Faint != 0 && b.At(x+labelAt, y).Style.Attr&theme.Faint != 0
	}
	if !faint("lex-2") || faint("alice-gpu") {
		t.Error("the filter does not show")
	}
	m.scene.Faint = true
	v.Draw(b, layout.Rect{W: 44, H: 16}, m.scene)
	if !faint("alice-gpu") {
		t.Error("a lost host is not faint")
	}
}

// A frame like the one before it costs no memory.
func TestSameFrameAllocatesNothing(t *testing.T) {
	m := star(300, 1)
	v := view(m)
	b := cell.New(150, 32)
	frame := func() { v.Draw(b, layout.Rect{W: 150, H: 32}, m.scene) }
	frame()
	if n := testing.AllocsPerRun(10, frame); n > 0 {
		t.Errorf("%v allocations", n)
	}
}

// On a terminal without Unicode every cell has a sign of its own.
func TestASCII(t *testing.T) {
	m := aurelia()
	m.scene.Nodes[3].Mode = mesh.Draining
	v := view(m)
	b := cell.New(76, 19)
	v.Draw(b, layout.Rect{W: 76, H: 19}, m.scene)
	got := b.Render(theme.New(true, true))
	if strings.ContainsFunc(got, func(r rune) bool { return r >= 0x80 }) || strings.Contains(got, "?") {
		t.Error(got)
	}
	for _, want := range []string{">", "(*)", "(%)", "(o)", " @ ", "[*]"} {
		if !slices.ContainsFunc(rowsOf(got), func(r string) bool { return strings.Contains(r, want) }) {
			t.Errorf("no %q", want)
		}
	}
}
