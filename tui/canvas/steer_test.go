package canvas

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"voxmesh/mesh/privacy"
	"voxmesh/tui/graph"
	"voxmesh/tui/keys"
)

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
		{0, goRight, 1},
		{0, goUp, 3},
		{0, goDown, 2},
		{0, goLeft, -1},
		{1, goLeft, 0},
		{1, goUp, 3},
		{1, goRight, -1},
		{2, goUp, 1},
		{3, goLeft, 0},
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
			inner := x >= margin && x < 76-margin && y >= margin && y < 19-margin
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
