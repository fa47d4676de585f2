package graph

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"regexp"
	"runtime"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// meshes draws what a mesh may look like, of up to so many nodes.
func meshes(most int) *rapid.Generator[Graph] {
	return rapid.Custom(func(t *rapid.T) Graph {
		n := rapid.IntRange(5, most).Draw(t, "nodes")
		seed := rapid.Uint64Range(0, 1<<20).Draw(t, "seed")
		var g Graph
		switch rapid.SampledFrom([]string{"star", "tree", "attach"}).Draw(t, "shape") {
		case "star":
			var ids []string
			kinds := []string{"lab-", "rack-a", "cam", "alice-"}
			for i := range n - 1 {
				ids = append(ids, fmt.Sprint(kinds[stir(seed+uint64(i))%4], i))
			}
			return star("host", ids...)
		case "tree":
			g = attach(n, 1, seed)
		default:
			g = attach(n, 2, seed)
		}
		for i := range g.Nodes {
			g.Nodes[i].Group = uint8(stir(seed^uint64(i)) % 2)
		}
		return g
	})
}

// Nothing but nodes and edges goes into a picture, by its type; so what is left to be shown is that the same ones give
// the same picture, to the bit.
func TestSameGraphSamePicture(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		g := meshes(80).Draw(t, "graph")
		p := Place(g)
		same(t, p, Place(shuffled(g)), "placed again, the edges in another order")
		same(t, p, p.Update(shuffled(g), nil), "updated with the same graph")
		again, err := PlaceFrom(context.Background(), g, p.Known(), nil)
		if err != nil {
			t.Fatal(err)
		}
		same(t, p, again, "from what was kept")
		sane(t, p)
	})
}

func shuffled(g Graph) Graph {
	r := rand.New(rand.NewPCG(7, 7))
	edges := slices.Clone(g.Edges)
	r.Shuffle(len(edges), func(i, j int) { edges[i], edges[j] = edges[j], edges[i] })
	for i := range edges {
		if i%2 == 0 {
			edges[i].A, edges[i].B = edges[i].B, edges[i].A
		}
	}
	return Graph{Nodes: g.Nodes, Edges: append(edges, edges...)}
}

func same(t rapid.TB, a, b *Picture, why string) {
	t.Helper()
	if !slices.Equal(a.Points, b.Points) {
		t.Fatalf("%s: the points differ", why)
	}
	if x, y := outline(a.Tree), outline(b.Tree); x != y {
		t.Fatalf("%s: the clusters differ:\n%s\n%s", why, x, y)
	}
}

func outline(clusters []*Cluster) string {
	var out bytes.Buffer
	for _, c := range clusters {
		fmt.Fprint(&out, c.Nodes, c.At, "(", outline(c.Children), ")")
	}
	return out.String()
}

// sane: each node has a place of its own, and the tree holds each once, without mixing groups.
func sane(t rapid.TB, p *Picture) {
	t.Helper()
	spots := map[Point]int{}
	for i, at := range p.Points {
		if !at.within() {
			t.Fatalf("node %d is at %v", i, at)
		}
		if j, is := spots[at]; is {
			t.Fatalf("nodes %d and %d are both at %v", j, i, at)
		}
		spots[at] = i
	}
	if len(p.Points) != len(p.Graph.Nodes) {
		t.Fatalf("%d points for %d nodes", len(p.Points), len(p.Graph.Nodes))
	}
	once(t, p, p.Tree, len(p.Graph.Nodes))
	var whole func(c *Cluster)
	whole = func(c *Cluster) {
		if len(c.Children) == 0 && len(c.Nodes) != 1 {
			t.Fatalf("%v has no parts", c.Nodes)
		}
		if len(c.Children) > 0 {
			once(t, p, c.Children, len(c.Nodes))
		}
		for _, kid := range c.Children {
			whole(kid)
		}
	}
	for _, c := range p.Tree {
		whole(c)
	}
}

// once: the clusters hold n nodes, none twice, and no cluster mixes groups.
func once(t rapid.TB, p *Picture, clusters []*Cluster, n int) {
	t.Helper()
	seen := map[int]bool{}
	for _, c := range clusters {
		if len(c.Nodes) == 0 || !slices.IsSorted(c.Nodes) {
			t.Fatalf("a cluster of %v", c.Nodes)
		}
		for _, i := range c.Nodes {
			if seen[i] {
				t.Fatalf("node %d is in two clusters", i)
			}
			seen[i] = true
			if p.Graph.Nodes[i].Group != p.Graph.Nodes[c.Nodes[0]].Group {
				t.Fatalf("cluster %v mixes groups", c.Nodes)
			}
		}
	}
	if len(seen) != n {
		t.Fatalf("clusters hold %d of %d nodes", len(seen), n)
	}
}

func TestPictureDoesNotDependOnCores(t *testing.T) {
	if runtime.NumCPU() < 2 {
		t.Skip("SKIP: one core only")
	}
	for _, g := range []Graph{attach(300, 1, 3), attach(700, 2, 3), racks()} {
		before := runtime.GOMAXPROCS(1)
		one := Place(g)
		runtime.GOMAXPROCS(max(before, 3))
		many := Place(g)
		runtime.GOMAXPROCS(before)
		same(t, one, many, fmt.Sprintf("%d nodes on more cores", len(g.Nodes)))
	}
}

// On processors that multiply and add in one step, a sum could differ in its last bit, and a simulation turns that into
// another picture. Where products are rounded before they are added, the compiler emits no such step.
func TestPictureDoesNotDependOnTheProcessor(t *testing.T) {
	gobin, err := exec.LookPath("go")
	if err != nil {
		t.Skip("SKIP: no go command")
	}
	cmd := exec.Command(gobin, "build", "-gcflags=-S", ".")
	cmd.Env = append(os.Environ(), "GOOS=linux", "GOARCH=arm64", "CGO_ENABLED=0", "GOFLAGS=")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	if !bytes.Contains(out, []byte("FMULD")) {
		t.Fatal("the listing has no multiplication: the test looks at nothing")
	}
	for _, line := range regexp.MustCompile(`\([^)]*\.go:\d+\)\tFN?M(ADD|SUB)D`).FindAll(out, -1) {
		t.Errorf("%s: round the product with float64(…)", line)
	}
}

// TestOldNodesStay: a node that comes or goes moves the others by less than two columns in the median.
func TestOldNodesStay(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		g := meshes(300).Draw(t, "graph")
		i := rapid.IntRange(0, len(g.Nodes)-1).Draw(t, "node")
		less := without(g, i)
		id := g.Nodes[i].ID

		before := Place(less)
		after := before.Update(g, nil)
		sane(t, after)
		if d := moved(before, after); d >= 2 {
			t.Fatalf("when %s came, the median node moved by %.2f columns", id, d)
		}
		gone := after.Update(less, nil)
		if d := moved(after, gone); d >= 2 {
			t.Fatalf("when %s went, the median node moved by %.2f columns", id, d)
		}
	})
}

func moved(a, b *Picture) float64 {
	from := a.Known()
	var far []float64
	for i, n := range b.Graph.Nodes {
		if at, is := from[n.ID]; is {
			far = append(far, math.Hypot(at.X-b.Points[i].X, at.Y-b.Points[i].Y))
		}
	}
	slices.Sort(far)
	return far[len(far)/2]
}

// TestNewNodeComesNearItsNeighbours: within twice the usual length of an edge, and not upon another one.
func TestNewNodeComesNearItsNeighbours(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(5, 120).Draw(t, "nodes")
		k := rapid.IntRange(1, 2).Draw(t, "edges")
		g := attach(n+1, k, rapid.Uint64Range(0, 1000).Draw(t, "seed"))
		before := Place(without(g, n))
		after := before.Update(g, nil)
		s := shapeOf(g)
		var usual []float64
		near, own := math.Inf(1), math.Inf(1)
		for _, l := range s.links {
			d := math.Hypot(after.Points[l.a].X-after.Points[l.b].X, after.Points[l.a].Y-after.Points[l.b].Y)
			if int(l.b) == n {
				own = min(own, d)
			} else {
				usual = append(usual, d)
			}
		}
		for i := range n {
			near = min(near, math.Hypot(after.Points[i].X-after.Points[n].X, after.Points[i].Y-after.Points[n].Y))
		}
		slices.Sort(usual)
		if most := 3 * max(usual[len(usual)/2], edgeLength); own > most {
			t.Errorf("the new node's nearest neighbour is %.0f columns away, %.0f are usual", own, usual[len(usual)/2])
		}
		if near < 3 {
			t.Errorf("the new node is %.1f columns from another", near)
		}
	})
}

func TestPinsHold(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		g := meshes(50).Draw(t, "graph")
		pins := map[string]Point{}
		for range rapid.IntRange(1, 4).Draw(t, "pins") {
			i := rapid.IntRange(0, len(g.Nodes)-1).Draw(t, "pinned")
			pins[g.Nodes[i].ID] = Point{rapid.Float64Range(-300, 300).Draw(t, "x"), rapid.Float64Range(-300, 300).Draw(t, "y")}
		}
		p, err := PlaceFrom(context.Background(), g, nil, pins)
		if err != nil {
			t.Fatal(err)
		}
		holds(t, p, pins)
		less := without(g, 0)
		p = Place(less).Update(less, pins)
		holds(t, p, pins)
		p = p.Update(g, pins)
		holds(t, p, pins)
		same(t, p, p.Update(g, pins), "the same pins again")
		// A node that is let go stays where it was pinned.
		same(t, p, p.Update(g, nil), "without the pins")
	})
}

func holds(t rapid.TB, p *Picture, pins map[string]Point) {
	t.Helper()
	for i, n := range p.Graph.Nodes {
		if at, is := pins[n.ID]; is && p.Points[i] != at {
			t.Fatalf("%s is pinned at %v and lies at %v", n.ID, at, p.Points[i])
		}
	}
}

// TestHostilePlaces: a file of places may hold anything.
func TestHostilePlaces(t *testing.T) {
	evil := rapid.OneOf(
		rapid.Float64(),
		rapid.SampledFrom([]float64{math.NaN(), math.Inf(1), math.Inf(-1), 1e300, -1e300, 5e-324, 0, math.Copysign(0, -1), reach, -reach}),
		rapid.Float64Range(-100, 100),
	)
	rapid.Check(t, func(t *rapid.T) {
		g := meshes(60).Draw(t, "graph")
		known, pins := map[string]Point{"nobody": {1, 1}}, map[string]Point{}
		point := rapid.Custom(func(t *rapid.T) Point { return Point{evil.Draw(t, "x"), evil.Draw(t, "y")} })
		for _, n := range g.Nodes {
			switch rapid.IntRange(0, 5).Draw(t, n.ID) {
			case 0:
			case 1:
				pins[n.ID] = point.Draw(t, "pin")
			default:
				known[n.ID] = point.Draw(t, "known")
			}
		}
		p, err := PlaceFrom(context.Background(), g, known, pins)
		if err != nil {
			t.Fatal(err)
		}
		for i, n := range g.Nodes {
			if at := p.Points[i]; !at.within() {
				t.Fatalf("%s came to %v", n.ID, at)
			}
			if at, is := pins[n.ID]; is && at.within() && p.Points[i] != at {
				t.Fatalf("%s is pinned at %v and lies at %v", n.ID, at, p.Points[i])
			}
		}
	})
}

// TestAllOnOneSpot: the worst that a file can say takes no longer than a picture without it.
func TestAllOnOneSpot(t *testing.T) {
	g := attach(600, 2, 5)
	for name, at := range map[string]func(i int) Point{
		"the same": func(int) Point { return Point{3, 3} },
		"nearly":   func(i int) Point { return Point{3 + float64(i)*1e-12, 3} },
	} {
		t.Run(name, func(t *testing.T) {
			known, pins := map[string]Point{}, map[string]Point{}
			for i, n := range g.Nodes {
				switch i % 4 {
				case 0:
					pins[n.ID] = at(i)
				case 1, 2:
					known[n.ID] = at(i)
				}
			}
			for _, k := range []map[string]Point{nil, known} {
				p, err := PlaceFrom(t.Context(), g, k, pins)
				if err != nil {
					t.Fatal(err)
				}
				holds(t, p, pins)
			}
		})
	}
}

func TestPlaceEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), time.Nanosecond)
	defer cancel()
	<-ctx.Done()
	p, err := PlaceFrom(ctx, attach(5000, 2, 1), nil, nil)
	if p != nil || !errors.Is(err, context.DeadlineExceeded) {
		t.Fatalf("got %v, %v", p, err)
	}
}

func TestSmallestGraphs(t *testing.T) {
	for _, g := range []Graph{
		{},
		{Nodes: []Node{{ID: "a"}}},
		{Nodes: []Node{{ID: "a"}, {ID: "b"}}},
		{Nodes: []Node{{ID: "a"}, {ID: "b", Group: 2}}, Edges: []Edge{{0, 1}, {1, 0}, {1, 1}, {-1, 0}, {0, 7}}},
		{Nodes: []Node{{ID: "a"}, {ID: "b"}, {ID: "c"}}, Edges: []Edge{{0, 1}}},
	} {
		p := Place(g)
		sane(t, p)
		same(t, p, p.Update(g, nil), "again")
		if got := len(p.Cut(5, nil)); got != len(g.Nodes) {
			t.Errorf("%d nodes are cut into %d", len(g.Nodes), got)
		}
	}
}
