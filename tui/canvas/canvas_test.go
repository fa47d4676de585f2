package canvas

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"voxmesh/mesh"
	"voxmesh/mesh/privacy"
	"voxmesh/tui/cell"
	"voxmesh/tui/graph"
	"voxmesh/tui/keys"
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

func TestArrows(t *testing.T) {
	// d is nearest to a at the right, but 60° off; b is within 45°.
	//      d
	// a         b
	//      c (below, only on that side of b)
	at := [][2]int32{{0, 0}, {20, 4}, {8, 20}, {6, -11}}
	next := arrows(at)
	for _, tc := range []struct {
		from, way int
		want      int32
	}{
		{0, goRight, 1}, {0, goUp, 3}, {0, goDown, 2}, {0, goLeft, -1},
		{1, goLeft, 0}, {1, goUp, 3}, {1, goRight, -1}, {2, goUp, 1}, {3, goLeft, 0},
	} {
		if got := next[tc.from][tc.way]; got != tc.want {
			t.Errorf("from %d way %d to %d, want %d", tc.from, tc.way, got, tc.want)
		}
	}
}

func TestMove(t *testing.T) {
	m := aurelia()
	v := view(m)
	draw(v, 76, 19, m.scene)
	for _, step := range []struct {
		key  keys.ID
		want string
	}{{keys.Left, "aurelia"}, {keys.Up, "lex-2"}, {keys.Up, "lex-2"}, {keys.Down, "aurelia"}, {keys.Left, "atlas-nas"}, {keys.Up, "pub-3f9a"}, {keys.Down, "atlas-nas"}, {keys.Right, "aurelia"}} {
		got := v.Move(step.key)
		if got.ID != step.want {
			t.Fatalf("%s leads to %v, want %s", step.key, got, step.want)
		}
		m.scene.Selected = got.ID
		draw(v, 76, 19, m.scene)
	}
	v = view(m)
	m.scene.Selected = "nobody"
	draw(v, 76, 19, m.scene)
	if got := v.Move(keys.Left); got.ID != "aurelia" {
		t.Errorf("without a cursor it goes to %v", got)
	}
}

func TestNext(t *testing.T) {
	m := aurelia()
	v := view(m)
	next := func(from string) string {
		m.scene.Selected = from
		draw(v, 76, 19, m.scene)
		return v.Next()
	}
	if a, b := next("alice-gpu"), next("atlas-nas"); a != "atlas-nas" || b != "bob-cpu" {
		t.Error(a, b)
	}
	m.scene.Nodes[4].Full = true
	if a, b := next("bob-cpu"), next("lex-2"); a != "lex-2" || b != "atlas-nas" {
		t.Error(a, b)
	}
	m.scene.Filtered = true
	for i := range m.scene.Nodes {
		m.scene.Nodes[i].Dim = i != 5
	}
	if a := next("lex-2"); a != "pub-3f9a" {
		t.Error(a)
	}
	m.scene.Nodes[5].Dim = true
	if a := next("lex-2"); a != "" {
		t.Error(a)
	}
}

func TestClusters(t *testing.T) {
	m := star(3000, 1)
	v := view(m)
	draw(v, 44, 16, m.scene)
	if !strings.HasPrefix(v.Facts(), "1×  3,000 in ") || v.Title() != "Graph" {
		t.Error(v.Title(), v.Facts())
	}
	for i := range m.scene.Nodes { // each ring is true of all that it stands for
		it := v.arr.items[v.arr.of[i]]
		if got := v.dress.looks[v.arr.of[i]].Class; got != m.scene.Nodes[i].Class {
			t.Fatalf("%s is in a ring of %v, of %v", m.pic.Graph.Nodes[i].ID, got, it)
		}
	}
	v.Move(keys.Left)
	for v.Cursor().Cluster == nil {
		v.Move(keys.Left)
	}
	c := v.Cursor()
	if !v.In() || v.Opened() != 1 {
		t.Fatal("+ does not open a cluster")
	}
	want := fmt.Sprintf("Graph › %s  %s", v.stem(c.Cluster), thousands(len(c.Cluster.Nodes)))
	draw(v, 44, 16, m.scene)
	if v.Title() != want || v.arr.nodes != len(c.Cluster.Nodes) || v.Cursor().None() {
		t.Errorf("%q, want %q; %d shown; cursor %v", v.Title(), want, v.arr.nodes, v.Cursor())
	}
	if !v.Out() || v.Opened() != 0 || v.Cursor() != c || v.Back() {
		t.Errorf("- goes back to %v, want %v", v.Cursor(), c)
	}
	v.Open()
	v.Fit()
	if v.Opened() != 0 || v.Cursor() != c {
		t.Error("0 does not fit all")
	}
	v.Open()
	for _, id := range []string{"aurelia", m.pic.Graph.Nodes[c.Cluster.Nodes[0]].ID} {
		m.scene.Selected = id // the one outside of what is open closes it
		draw(v, 44, 16, m.scene)
		if v.Opened() != 0 || v.Cursor().ID != id {
			t.Errorf("%s is selected, and the cursor on %v", id, v.Cursor())
		}
		at(t, v, id)
	}
}

// Who is selected, pinned, failing stands alone, and moves no cluster by that; of the failing no more than eight.
func TestAlone(t *testing.T) {
	m := star(3000, 1)
	v := view(m)
	draw(v, 76, 19, m.scene)
	before := map[*graph.Cluster][2]int32{}
	for _, it := range v.arr.items {
		before[it.cluster] = [2]int32{it.x, it.y}
	}
	for i := range 20 {
		m.scene.Nodes[100*i+7].Failing = true
	}
	m.scene.Nodes[1000].Pinned = true
	m.scene.Selected = m.pic.Graph.Nodes[2000].ID
	draw(v, 76, 19, m.scene)
	alone := 0
	for _, it := range v.arr.items {
		if it.cluster == nil {
			alone++
		} else if at, ok := before[it.cluster]; !ok || at != [2]int32{it.x, it.y} {
			t.Errorf("%s moved", v.naming(&it).text)
		}
	}
	if want := failingMost + 3; alone != want { // and this machine
		t.Errorf("%d stand alone, want %d", alone, want)
	}
	for i := range m.scene.Nodes {
		m.scene.Nodes[i].Pinned = true
	}
	if draw(v, 76, 19, m.scene); len(v.arr.items) > 60 {
		t.Errorf("%d items when all are pinned", len(v.arr.items))
	}
}

// Every node can be brought onto the canvas as a node: by opening the clusters that it is in.
func TestEveryNodeOpens(t *testing.T) {
	m := star(700, 1)
	for i := 0; i < 700; i += 37 {
		v := view(m)
		draw(v, 44, 16, m.scene)
		for range 20 {
			it := v.arr.items[v.arr.of[i]]
			if it.cluster == nil {
				break
			}
			v.point(Target{Cluster: it.cluster})
			if !v.Open() {
				t.Fatal("does not open")
			}
		}
		if it := v.arr.items[v.arr.of[i]]; it.cluster != nil {
			t.Errorf("%s never stands alone", m.pic.Graph.Nodes[i].ID)
		}
	}
}

func TestZoomKeepsThePlace(t *testing.T) {
	m := star(30, 1)
	v := view(m)
	draw(v, 76, 19, m.scene)
	x, y := at(t, v, "aurelia")
	for range 4 {
		v.Zoom(1, x, y)
		if nx, ny := at(t, v, "aurelia"); nx != x || ny != y {
			t.Fatalf("%s: from %d,%d to %d,%d", v.Facts(), x, y, nx, ny)
		}
	}
	if v.Facts() != "4×" {
		t.Error(v.Facts())
	}
	p := v.Place(x, y)
	draw(v, 100, 30, m.scene) // a resize keeps what is in the middle
	draw(v, 76, 19, m.scene)
	if q := v.Place(x, y); v.Facts() != "4×" || max(p.X-q.X, q.X-p.X) > 3 || max(p.Y-q.Y, q.Y-p.Y) > 3 {
		t.Errorf("%v became %v", p, q)
	}
	for v.Out() {
	}
	if nx, ny := at(t, v, "aurelia"); v.Facts() != "1×" || nx != x || ny != y {
		t.Error("back at 1× it is not where it was")
	}
}

// The canvas follows the cursor, three cells from its edge.
func TestFollows(t *testing.T) {
	m := star(30, 1)
	m.scene.Selected = "aurelia"
	v := view(m)
	draw(v, 76, 19, m.scene)
	v.Zoom(4, 38, 9)
	for range 40 {
		for _, k := range []keys.ID{keys.Left, keys.Up, keys.Right, keys.Down} {
			got := v.Move(k)
			m.scene.Selected = got.ID
			draw(v, 76, 19, m.scene)
			x, y := at(t, v, got.ID)
			l := v.top()
			inner := x >= edge3 && x < 76-edge3 && y >= edge3 && y < 19-edge3
			atEnd := l.x <= v.arr.x0 || l.x+76 >= v.arr.x1 || l.y <= v.arr.y0 || l.y+19 >= v.arr.y1
			if !inner && !atEnd {
				t.Fatalf("%s is at %d,%d", got.ID, x, y)
			}
		}
	}
	v.Pan(1000, 1000)
	if draw(v, 76, 19, m.scene); v.dress.shown > 5 {
		t.Errorf("%d in sight of a canvas that was moved away", v.dress.shown)
	}
}

// A node that was carried is where it was dropped, in the picture that has it there, and all others stay.
func TestCarry(t *testing.T) {
	m := star(12, 1)
	v := view(m)
	draw(v, 76, 19, m.scene)
	id := "lab-03"
	x, y := at(t, v, id)
	before := spots(v, m)
	if !v.Lift(id) || v.Lifted() != id {
		t.Fatal("not lifted")
	}
	for range 5 {
		v.Carry(keys.Right)
	}
	v.Carry(keys.Up)
	v.Carry(keys.Open)
	if nx, ny := at(t, v, id); nx != x+5 || ny != y-1 {
		t.Errorf("carried from %d,%d to %d,%d", x, y, nx, ny)
	}
	if !v.PutBack() || v.Lifted() != "" || spots(v, m) != before || v.PutBack() {
		t.Error("not put back")
	}
	if _, _, dropped := v.Drag(x, y, x, y, true); dropped {
		t.Error("a click drops")
	}
	v.Drag(x, y, x+2, y-1, false)
	got, place, dropped := v.Drag(x, y, x+6, y-2, true)
	if !dropped || got != id {
		t.Fatal("not dropped")
	}
	if nx, ny := at(t, v, id); nx != x+6 || ny != y-2 {
		t.Errorf("waits at %d,%d, not at %d,%d", nx, ny, x+6, y-2)
	}
	m.pic = m.pic.Update(m.pic.Graph, map[string]graph.Point{id: place})
	m.scene.Nodes[v.index[id]].Pinned = true
	v.SetPicture(m.pic)
	draw(v, 76, 19, m.scene)
	if nx, ny := at(t, v, id); nx != x+6 || ny != y-2 {
		t.Errorf("pinned at %d,%d, not at %d,%d", nx, ny, x+6, y-2)
	}
	if a, b := without(before, id), without(spots(v, m), id); a != b {
		t.Errorf("others moved:\n%s\n%s", a, b)
	}
	v.Drag(0, 0, 4, 3, true) // no node there: the canvas moves
	if nx, ny := at(t, v, id); nx != x+10 || ny != y+1 {
		t.Errorf("moved with the canvas to %d,%d", nx, ny)
	}
}

func without(lines, id string) string {
	return strings.Join(slices.DeleteFunc(strings.Split(lines, "\n"), func(s string) bool { return strings.HasPrefix(s, id+" ") }), "\n")
}

// Of a picture in which a node came, those that were there stay in their cells as far as the layout leaves them.
func TestArrivalMovesNobody(t *testing.T) {
	m := star(30, 1)
	v := view(m)
	draw(v, 76, 19, m.scene)
	before := spots(v, m)
	g := graph.Graph{Nodes: slices.Clone(m.pic.Graph.Nodes)}
	g.Nodes = append(g.Nodes, graph.Node{ID: "zoe", Group: uint8(privacy.PairedPeersOnly)})
	host := slices.IndexFunc(g.Nodes, func(n graph.Node) bool { return n.ID == "aurelia" })
	for i := range g.Nodes {
		if i != host {
			g.Edges = append(g.Edges, graph.Edge{A: host, B: i})
		}
	}
	v.SetPicture(m.pic.Update(g, nil))
	draw(v, 76, 19, m.scene)
	at(t, v, "zoe")
	moved := 0
	was, is := strings.Split(before, "\n"), strings.Split(spots(v, m), "\n")
	for i := range was {
		if was[i] != is[i] {
			moved++
		}
	}
	if moved > 2 {
		t.Errorf("%d moved:\n%s\n%s", moved, before, strings.Join(is, "\n"))
	}
}

// What is open stays open when a machine comes.
func TestOpenStaysOpen(t *testing.T) {
	m := star(3000, 1)
	v := view(m)
	draw(v, 44, 16, m.scene)
	v.Move(keys.Left)
	for v.Cursor().Cluster == nil {
		v.Move(keys.Left)
	}
	v.Open()
	title := v.Title()
	g := m.pic.Graph
	g.Nodes = append(slices.Clone(g.Nodes), graph.Node{ID: "zoe", Group: uint8(privacy.PairedPeersOnly)})
	g.Edges = append(slices.Clone(g.Edges), graph.Edge{A: 0, B: len(g.Nodes) - 1})
	v.SetPicture(m.pic.Update(g, nil))
	draw(v, 44, 16, m.scene)
	if v.Title() != title || v.Cursor().None() {
		t.Errorf("%q became %q, the cursor is on %v", title, v.Title(), v.Cursor())
	}
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
