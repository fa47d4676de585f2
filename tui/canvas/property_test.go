package canvas

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/charmbracelet/x/ansi"
	"pgregory.net/rapid"

	"voxmesh/mesh"
	"voxmesh/mesh/privacy"
	"voxmesh/tui/cell"
	"voxmesh/tui/graph"
	"voxmesh/tui/keys"
	"voxmesh/tui/layout"
	"voxmesh/tui/theme"
)

// wild draws pictures that the layout would never make: places of all kinds, many of them the same, ids of all kinds.
func wild(t *rapid.T) made {
	n := rapid.IntRange(0, 80).Draw(t, "nodes")
	place := rapid.OneOf(
		rapid.Float64Range(-40, 40),
		rapid.Map(rapid.IntRange(-4, 4), func(i int) float64 { return float64(i) * 3 }),
		rapid.SampledFrom([]float64{math.NaN(), math.Inf(1), math.Inf(-1), 1e300, -1e12, 0}),
	)
	id := rapid.OneOf(
		rapid.StringMatching(`(lab|rack|pub)-[a-z0-9]{1,12}`),
		rapid.StringN(0, 20, 60),
		rapid.SampledFrom([]string{"\x1b[2J\x1b[31m", "計算機の名前はとても長い", "\u202egnp.exe", strings.Repeat("x", 10_000), "e\u0301\u0301", "\u0301", "a\nb", "👩‍👩‍👧"}),
	)
	var m made
	m.pic = &graph.Picture{}
	seen := map[string]bool{}
	var ids []string
	for range n {
		if s := id.Draw(t, "id"); !seen[s] {
			seen[s] = true
			ids = append(ids, s)
		}
	}
	slices.Sort(ids)
	for _, s := range ids {
		class := privacy.Class(rapid.IntRange(0, 4).Draw(t, "class"))
		m.pic.Graph.Nodes = append(m.pic.Graph.Nodes, graph.Node{ID: s, Group: uint8(class)})
		m.pic.Points = append(m.pic.Points, graph.Point{X: place.Draw(t, "x"), Y: place.Draw(t, "y")})
		m.scene.Nodes = append(m.scene.Nodes, Node{
			Class: class, Host: rapid.IntRange(0, 20).Draw(t, "host") == 0, Status: mesh.Status(rapid.IntRange(0, 3).Draw(t, "status")),
			Mode: mesh.Mode(rapid.IntRange(0, 4).Draw(t, "mode")), Pinned: rapid.IntRange(0, 5).Draw(t, "pinned") == 0,
			Failing: rapid.IntRange(0, 9).Draw(t, "failing") == 0, Dim: rapid.Bool().Draw(t, "dim"), Working: rapid.Bool().Draw(t, "working"),
		})
	}
	for range rapid.IntRange(0, 2*n).Draw(t, "edges") {
		end := rapid.IntRange(-1, n)
		m.pic.Graph.Edges = append(m.pic.Graph.Edges, graph.Edge{A: end.Draw(t, "a"), B: end.Draw(t, "b")})
		m.scene.Edges = append(m.scene.Edges, Edge{Status: mesh.Status(rapid.IntRange(0, 3).Draw(t, "edge")), RTT: "12 ms"})
	}
	if rapid.Bool().Draw(t, "tree") {
		m.pic.Tree = graph.Place(m.pic.Graph).Tree
	}
	if len(ids) > 0 && rapid.Bool().Draw(t, "selected") {
		m.scene.Selected = rapid.SampledFrom(ids).Draw(t, "which")
	}
	if rapid.IntRange(0, 5).Draw(t, "short") == 0 { // looks that are fewer than the nodes
		m.scene.Nodes, m.scene.Edges = m.scene.Nodes[:len(m.scene.Nodes)/2], m.scene.Edges[:len(m.scene.Edges)/2]
	}
	return m
}

// steered does something to a view that whoever is before it could do.
func steered(t *rapid.T, v *View) {
	x, y := rapid.IntRange(-3, 70).Draw(t, "x"), rapid.IntRange(-3, 40).Draw(t, "y")
	switch rapid.IntRange(0, 12).Draw(t, "act") {
	case 10: // another picture, before anything of it is drawn
		m := wild(t)
		v.SetPicture(m.pic)
		use(t, v, x, y)
	case 11:
		v.SetPicture(nil)
		use(t, v, x, y)
	case 12:
		v.Draw(cell.New(0, 0), layout.Rect{W: rapid.IntRange(-1, 1).Draw(t, "no w"), H: 0}, Scene{})
		use(t, v, x, y)
	case 0:
		v.Zoom(rapid.IntRange(-9, 9).Draw(t, "steps"), x, y)
	case 1:
		v.Pan(x-30, y-20)
	case 2:
		v.Fit()
	case 3:
		v.In()
	case 4:
		v.Out()
	case 5:
		v.Open()
	case 6:
		v.Back()
	case 7:
		v.Drag(x, y, y, x, rapid.Bool().Draw(t, "done"))
	case 8:
		v.Lift(v.Cursor().ID)
		v.Carry(keys.Left)
	default:
		v.Move(rapid.SampledFrom([]keys.ID{keys.Up, keys.Down, keys.Left, keys.Right}).Draw(t, "arrow"))
	}
}

// Whatever the picture, the looks, the size and what was done before, nothing is written outside of the rectangle,
// no ring and no name lies on another, no edge under them, and who stands in a cell is who is hit there.
func TestNothingOverlaps(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := wild(t)
		v := &View{}
		v.SetPicture(m.pic)
		r := layout.Rect{X: 2, Y: 1, W: rapid.IntRange(1, 60).Draw(t, "w"), H: rapid.IntRange(1, 30).Draw(t, "h")}
		for range rapid.IntRange(1, 6).Draw(t, "acts") {
			b := cell.New(r.W+4, r.H+2)
			b.Fill(0, 0, b.W, b.H, "#", theme.Style{})
			b.Fill(r.X, r.Y, r.W, r.H, " ", theme.Style{})
			v.Draw(b, r, m.scene)
			checkOutside(t, b, r)
			checkDrawing(t, v)
			checkHits(t, v)
			steered(t, v)
		}
	})
}

// use asks everything of a view.
func use(t *rapid.T, v *View, x, y int) {
	v.Hit(x, y)
	v.Place(x, y)
	v.At(v.Cursor().ID)
	v.Zoom(1, x, y)
	v.Move(keys.Up)
	v.Lift(v.Cursor().ID)
	v.Drag(x, y, y, x, true)
	v.PutBack()
	v.Out()
	_ = v.Title() + v.Facts() + v.Rings() + v.Next()
	v.Legend(cell.New(20, 1), 0, 0, 20)
	if rapid.Bool().Draw(t, "fit") {
		v.Fit()
	}
}

func checkOutside(t *rapid.T, b *cell.Buffer, r layout.Rect) {
	for y := range b.H {
		for x := range b.W {
			if !r.Has(x, y) && b.At(x, y).S != "#" {
				t.Fatalf("%q is written outside, at %d,%d", b.At(x, y).S, x, y)
			}
		}
	}
}

// checkDrawing goes through what is to be written: every cell once.
func checkDrawing(t *rapid.T, v *View) {
	used := map[[2]int]string{}
	use := func(x, y int, s string) {
		if was, ok := used[[2]int{x, y}]; ok && v.held.id == "" {
			t.Fatalf("%q lies on %q at %d,%d", s, was, x, y)
		}
		used[[2]int{x, y}] = s
	}
	for _, c := range v.dress.cells {
		use(int(c.x), int(c.y), fmt.Sprintf("%x", c.s))
	}
	for _, w := range v.dress.words {
		if n := ansi.StringWidth(w.s); n > int(w.w) {
			t.Fatalf("%q has %d columns, wants %d", w.s, w.w, n)
		}
		for x := range int(w.w) {
			use(int(w.x)+x, int(w.y), w.s)
		}
	}
}

func checkHits(t *rapid.T, v *View) {
	if v.pic == nil || v.held.id != "" {
		return
	}
	for i := range v.arr.items {
		want := v.targetOf(int32(i))
		x, y := v.spot(int32(i))
		if x < 0 || y < 0 || x >= v.w || y >= v.h {
			continue
		}
		for dx := -1; dx <= 1; dx++ {
			if got := v.Hit(x+dx, y); got != want && x+dx >= 0 && x+dx < v.w {
				t.Fatalf("%v is at %d,%d, where %v is hit", want, x, y, got)
			}
		}
		if want.Cluster == nil {
			if ax, ay, ok := v.At(want.ID); !ok || ax != x || ay != y {
				t.Fatalf("%v is at %d,%d, not at %d,%d", want, x, y, ax, ay)
			}
		}
	}
}

// From every node and cluster the arrows lead to every other.
func TestArrowsReachAll(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := wild(t)
		v := &View{}
		v.SetPicture(m.pic)
		b := cell.New(rapid.IntRange(1, 90).Draw(t, "w"), rapid.IntRange(1, 30).Draw(t, "h"))
		v.Draw(b, layout.Rect{W: b.W, H: b.H}, m.scene)
		v.prepareMoves()
		if n, _ := components(v.moves.next); n > 1 {
			t.Fatalf("%d parts of %d items", n, len(v.arr.items))
		}
	})
}

// Points of a grid as small as this are where nearest neighbours do fail to reach all: the repair is what helps there.
func TestMend(t *testing.T) {
	broken := 0
	for seed := range 4000 {
		at := scatter(seed)
		next := arrows(at)
		n, _ := components(next)
		if n > 1 {
			broken++
		}
		was := slices.Clone(next)
		mend(at, next)
		if n, _ := components(next); n > 1 {
			t.Fatalf("seed %d: still %d parts", seed, n)
		}
		if n == 1 && !slices.Equal(was, next) {
			t.Fatalf("seed %d: arrows that lead everywhere were changed", seed)
		}
	}
	if broken == 0 {
		t.Error("no picture needs the repair: this test shows nothing")
	}
	t.Logf("%d of 4000 pictures need the repair", broken)
}

func scatter(seed int) [][2]int32 {
	state := uint64(seed)*2654435761 + 1
	draw := func(n int) int32 {
		state = state*6364136223846793005 + 1442695040888963407
		return int32(state >> 33 % uint64(n))
	}
	var at [][2]int32
	seen := map[[2]int32]bool{}
	w, h := 10+int(draw(60)), 6+int(draw(30))
	for range 2 + draw(60) {
		if p := [2]int32{draw(w), 2 * draw(h)}; !seen[p] {
			seen[p] = true
			at = append(at, p)
		}
	}
	return at
}

// No column is left out where even the repair gives up.
func TestInColumns(t *testing.T) {
	at := scatter(3)
	next := make([][ways]int32, len(at))
	for i := range next {
		next[i] = [ways]int32{-1, -1, -1, -1}
	}
	mend(at, next)
	if n, _ := components(next); n != 1 {
		t.Errorf("%d parts", n)
	}
}

// Statuses, loads, modes and filters move nothing.
func TestLooksMoveNothing(t *testing.T) {
	for _, n := range []int{12, 30, 300} {
		m := star(n, 3)
		v := &View{}
		v.SetPicture(m.pic)
		draw(v, 76, 19, m.scene)
		before := spots(v, m)
		rapid.Check(t, func(t *rapid.T) {
			s := m.scene
			s.Nodes = slices.Clone(s.Nodes)
			for i := range s.Nodes {
				s.Nodes[i].Status = mesh.Status(rapid.IntRange(0, 2).Draw(t, "status"))
				s.Nodes[i].Mode = mesh.Mode(rapid.IntRange(0, 3).Draw(t, "mode"))
				s.Nodes[i].Busy = rapid.IntRange(0, 9).Draw(t, "busy")
				s.Nodes[i].Dim = rapid.Bool().Draw(t, "dim")
			}
			draw(v, 76, 19, s)
			if after := spots(v, m); after != before {
				t.Fatalf("moved: %s\n%s", before, after)
			}
		})
	}
}

func spots(v *View, m made) string {
	var out strings.Builder
	for _, n := range m.pic.Graph.Nodes {
		x, y, ok := v.At(n.ID)
		fmt.Fprintln(&out, n.ID, x, y, ok)
	}
	return out.String()
}
