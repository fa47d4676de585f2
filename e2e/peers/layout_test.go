package peers

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"voxmesh/tui/graph"
)

// BenchmarkLayout places graphs by preferential attachment with about two edges a node. Reported are the medians of the
// times, what voxmesh takes for each millisecond of a peer, and the means of the stress; the targets are in design §10:
// 1,000 nodes ≤ 0.1 × d3, 10,000 ≤ 0.25 × sfdp and ≤ 0.04 × d3, stress ≤ 1.05 × d3, a node more ≤ 0.02 × all.
func BenchmarkLayout(b *testing.B) {
	needsD3(b)
	needsSfdp(b)
	for _, n := range []int{1000, 10_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) { layouts(b, n) })
	}
}

func layouts(b *testing.B, n int) {
	var vox, d3, sfdp run
	var more series
	seed := uint64(0)
	for b.Loop() {
		seed++
		g := attach(n+1, 2, seed)
		most := graph.Graph{Nodes: g.Nodes[:n], Edges: slices.DeleteFunc(slices.Clone(g.Edges), func(e graph.Edge) bool { return e.A == n })}
		var first *graph.Picture
		for range 3 { // its runs are so short that one alone says little
			runtime.GC()
			begun := time.Now()
			first = graph.Place(most)
			vox.add(time.Since(begun))
			for range 5 {
				begun = time.Now()
				first.Update(g, nil)
				more.add(time.Since(begun))
			}
		}
		vox.stress = append(vox.stress, stress(most, first.Points))
		d3.take(b, most, placeByD3)
		sfdp.take(b, most, placeBySfdp)
	}
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(vox.median(), "vox-ms")
	b.ReportMetric(d3.median(), "d3-ms")
	b.ReportMetric(sfdp.median(), "sfdp-ms")
	b.ReportMetric(more.median(), "update-ms")
	b.ReportMetric(vox.median()/d3.median(), "×d3")
	b.ReportMetric(vox.median()/sfdp.median(), "×sfdp")
	b.ReportMetric(more.median()/vox.median(), "update×all")
	b.ReportMetric(mean(vox.stress), "vox-stress")
	b.ReportMetric(mean(d3.stress), "d3-stress")
	b.ReportMetric(mean(sfdp.stress), "sfdp-stress")
	b.ReportMetric(mean(vox.stress)/mean(d3.stress), "stress×d3")
}

// series is a list of times in milliseconds.
type series []float64

func (s *series) add(d time.Duration) { *s = append(*s, d.Seconds()*1000) }

func (s series) median() float64 {
	sorted := slices.Sorted(slices.Values(s))
	return sorted[len(sorted)/2]
}

// run is what one of the programs did.
type run struct {
	series
	stress []float64
}

func (r *run) take(b *testing.B, g graph.Graph, place func(b *testing.B, g graph.Graph) ([]graph.Point, time.Duration)) {
	b.Helper()
	points, took := place(b, g)
	if len(points) != len(g.Nodes) {
		b.Fatalf("%d points for %d nodes", len(points), len(g.Nodes))
	}
	r.add(took)
	r.stress = append(r.stress, stress(g, points))
}

func mean(values []float64) float64 {
	sum := 0.0
	for _, v := range values {
		sum += v
	}
	return sum / float64(len(values))
}

// attach is a graph by preferential attachment (Barabási and Albert): each node joins k earlier ones, the well-joined first.
func attach(n, k int, seed uint64) graph.Graph {
	r := rand.New(rand.NewPCG(seed, 0))
	g := graph.Graph{Nodes: make([]graph.Node, n)}
	ends := []int{0}
	for i := range n {
		g.Nodes[i] = graph.Node{ID: fmt.Sprintf("n-%05d", i)}
		from := len(ends)
		for range min(i, k) {
			j := ends[r.IntN(from)]
			g.Edges = append(g.Edges, graph.Edge{A: i, B: j})
			ends = append(ends, i, j)
		}
	}
	return g
}

// stress is how far a picture's distances are from those of the graph: normalised, at the scale at which that is least,
// from 30 sources by breadth-first search.
func stress(g graph.Graph, points []graph.Point) float64 {
	const sources = 30
	n := len(g.Nodes)
	near := make([][]int, n)
	for _, e := range g.Edges {
		near[e.A], near[e.B] = append(near[e.A], e.B), append(near[e.B], e.A)
	}
	var sum, squares, pairs float64
	for k := range sources {
		from := k * n / sources
		for i, hops := range reachFrom(near, from) {
			if hops > 0 {
				r := math.Hypot(points[i].X-points[from].X, points[i].Y-points[from].Y) / float64(hops)
				sum, squares, pairs = sum+r, squares+r*r, pairs+1
			}
		}
	}
	return 1 - sum*sum/squares/pairs // the mean of (s·r − 1)² at s = Σr/Σr²
}

// reachFrom is how many edges each node is away, -1 where there is no way.
func reachFrom(near [][]int, from int) []int {
	hops := make([]int, len(near))
	for i := range hops {
		hops[i] = -1
	}
	hops[from] = 0
	for queue := []int{from}; len(queue) > 0; queue = queue[1:] {
		for _, j := range near[queue[0]] {
			if hops[j] < 0 {
				hops[j] = hops[queue[0]] + 1
				queue = append(queue, j)
			}
		}
	}
	return hops
}

// skip says so on standard error too: without -v a benchmark that is skipped leaves no line.
func skip(b *testing.B, why string) {
	b.Helper()
	fmt.Fprintf(os.Stderr, "SKIP %s: %s\n", b.Name(), why)
	b.Skip(why)
}

func needsD3(b *testing.B) {
	b.Helper()
	if _, err := exec.LookPath("node"); err != nil {
		skip(b, "node is not installed")
	}
	if _, err := os.Stat(filepath.Join("node_modules", "d3-force")); err != nil {
		skip(b, "d3-force is not installed: run npm ci in e2e/peers")
	}
}

func needsSfdp(b *testing.B) {
	b.Helper()
	if _, err := exec.LookPath("sfdp"); err != nil {
		skip(b, "sfdp is not installed: apt-get install graphviz")
	}
}

// placeByD3 takes the time of the ticks alone, as d3.mjs measures it.
func placeByD3(b *testing.B, g graph.Graph) ([]graph.Point, time.Duration) {
	b.Helper()
	edges := make([][2]int, len(g.Edges))
	for i, e := range g.Edges {
		edges[i] = [2]int{e.A, e.B}
	}
	in, err := json.Marshal(map[string]any{"nodes": len(g.Nodes), "edges": edges})
	if err != nil {
		b.Fatal(err)
	}
	out, _ := output(b, in, "node", "d3.mjs")
	var got struct {
		MS     float64
		Points [][2]float64
	}
	if err := json.Unmarshal(out, &got); err != nil {
		b.Fatalf("d3.mjs: %v", err)
	}
	points := make([]graph.Point, len(got.Points))
	for i, p := range got.Points {
		points[i] = graph.Point{X: p[0], Y: p[1]}
	}
	return points, time.Duration(got.MS * float64(time.Millisecond))
}

// placeBySfdp takes the time of the whole process: graphviz says no other.
func placeBySfdp(b *testing.B, g graph.Graph) ([]graph.Point, time.Duration) {
	b.Helper()
	var dot strings.Builder
	dot.WriteString("graph {\n")
	for i := range g.Nodes {
		fmt.Fprintf(&dot, "%d\n", i)
	}
	for _, e := range g.Edges {
		fmt.Fprintf(&dot, "%d -- %d\n", e.A, e.B)
	}
	dot.WriteString("}\n")
	out, took := output(b, []byte(dot.String()), "sfdp", "-Tplain")
	points := make([]graph.Point, 0, len(g.Nodes))
	lines := bufio.NewScanner(bytes.NewReader(out))
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var i int
		var p graph.Point
		if k, _ := fmt.Sscanf(lines.Text(), "node %d %g %g", &i, &p.X, &p.Y); k == 3 {
			if i != len(points) {
				b.Fatalf("sfdp: node %d where %d was expected", i, len(points))
			}
			points = append(points, p)
		}
	}
	return points, took
}

func output(b *testing.B, in []byte, name string, args ...string) ([]byte, time.Duration) {
	b.Helper()
	cmd := exec.CommandContext(b.Context(), name, args...)
	cmd.Stdin = bytes.NewReader(in)
	var said bytes.Buffer
	cmd.Stderr = &said
	begun := time.Now()
	out, err := cmd.Output()
	if err != nil {
		b.Fatalf("%s: %v\n%s", name, err, said.Bytes())
	}
	return out, time.Since(begun)
}
