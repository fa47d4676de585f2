package graph

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// called is what a person would call a cluster: what the ids share, and how many they are.
func called(p *Picture, clusters []*Cluster) []string {
	var out []string
	for _, c := range clusters {
		first := p.Graph.Nodes[c.Nodes[0]].ID
		if len(c.Nodes) == 1 {
			out = append(out, first)
			continue
		}
		last := p.Graph.Nodes[c.Nodes[len(c.Nodes)-1]].ID
		out = append(out, fmt.Sprintf("%s* %d", first[:sharedPrefix(first, last)], len(c.Nodes)))
	}
	return out
}

func TestCutNamesWhatAPersonWould(t *testing.T) {
	p := Place(racks())
	kinds := "alice-gpu, aurelia, bob-cpu, cam-* 180, edu-* 420, lab-* 1213, nook-* 66, pub-* 96, rack-a* 512, rack-b* 512"
	for _, test := range []struct {
		k    int
		want string
	}{
		{1, "* 3001, aurelia"},
		{10, kinds},
		{14, kinds}, // no tenths of a rack, while there are enough clusters without
		{20, kinds},
	} {
		if got := strings.Join(called(p, p.Cut(test.k, nil)), ", "); got != test.want {
			t.Errorf("cut into %d:\n got %s\nwant %s", test.k, got, test.want)
		}
	}
}

func TestCutOfOneKind(t *testing.T) {
	var ids []string
	for i := range 300 {
		ids = append(ids, fmt.Sprintf("lab-%03d", i))
	}
	p := Place(star("aurelia", ids...))
	got := called(p, p.Cut(6, nil))
	if want := []string{"aurelia", "lab-0* 100", "lab-1* 100", "lab-2* 100"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	got = called(p, p.CutIn(p.Cut(6, nil)[1], 14, nil))
	if len(got) != 10 || got[3] != "lab-03* 10" {
		t.Errorf("inside lab-0*: %q", got)
	}
	// Where the tenths are more than there is room for, they are shown in runs.
	got = called(p, p.CutIn(p.Cut(6, nil)[1], 4, nil))
	if len(got) < 2 || len(got) > 4 {
		t.Errorf("inside lab-0* with room for 4: %q", got)
	}
}

func TestCutKeepsAside(t *testing.T) {
	p := Place(racks())
	alone := func(i int) bool { return p.Graph.Nodes[i].ID == "lab-7" || p.Graph.Nodes[i].ID == "bob-cpu" }
	got := called(p, p.Cut(14, alone))
	for _, want := range []string{"lab-7", "bob-cpu", "lab-* 1212"} {
		if !slices.Contains(got, want) {
			t.Errorf("no %s in %q", want, got)
		}
	}
}

func TestCutHoldsEachNodeOnce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		g := meshes(80).Draw(t, "graph")
		p := Place(g)
		k := rapid.IntRange(1, 60).Draw(t, "k")
		every := rapid.IntRange(2, 50).Draw(t, "every")
		for name, alone := range map[string]func(i int) bool{"none": nil, "some": func(i int) bool { return i%every == 0 }} {
			cut := p.Cut(k, alone)
			once(t, p, cut, len(g.Nodes))
			groups, counted := map[uint8]bool{}, 0
			for _, c := range cut {
				groups[g.Nodes[c.Nodes[0]].Group] = true
				if alone == nil || !alone(c.Nodes[0]) {
					counted++
				} else if len(c.Nodes) > 1 {
					t.Fatalf("%s alone: node %d is in a cluster", name, c.Nodes[0])
				}
				var at Point
				for _, i := range c.Nodes {
					at.X, at.Y = at.X+p.Points[i].X/float64(len(c.Nodes)), at.Y+p.Points[i].Y/float64(len(c.Nodes))
				}
				if math.Hypot(at.X-c.At.X, at.Y-c.At.Y) > 1e-6 {
					t.Fatalf("%s alone: a cluster of %d is at %v, its nodes about %v", name, len(c.Nodes), c.At, at)
				}
			}
			if counted > max(k, len(groups)) {
				t.Fatalf("%s alone: %d clusters for %d, %d groups", name, counted, k, len(groups))
			}
			inside(t, p, p.Tree[0], k, alone)
		}
	})
}

func inside(t *rapid.T, p *Picture, c *Cluster, k int, alone func(i int) bool) {
	once(t, p, p.CutIn(c, k, alone), len(c.Nodes))
	if parts := p.CutIn(c, k, nil); len(parts) > max(k, 2) || len(parts) < min(2, len(c.Nodes)) {
		t.Fatalf("a cluster of %d is cut into %d, %d were asked for", len(c.Nodes), len(parts), k)
	}
}

// TestClustersLieTogether: in a mesh of thousands, the nearest other machines of most are of their own kind.
func TestClustersLieTogether(t *testing.T) {
	p := Place(racks())
	kind := map[int]int{}
	for k, c := range p.Cut(10, nil) {
		for _, i := range c.Nodes {
			kind[i] = k
		}
	}
	grid := gridOf(p.Points, func(int) bool { return true })
	own, all := 0, 0
	for i, at := range p.Points {
		for j := range grid.around(at) {
			if int(j) != i && math.Hypot(p.Points[j].X-at.X, p.Points[j].Y-at.Y) < edgeLength {
				all++
				if kind[i] == kind[int(j)] {
					own++
				}
			}
		}
	}
	if part := float64(own) / float64(all); part < 0.75 || all < len(p.Points) {
		t.Errorf("of %d neighbours within an edge's length %.0f %% are of the same kind", all, 100*part)
	}
}

// TestHostileNames: whatever ids are, the clusters are no deeper than a person could open them.
func TestHostileNames(t *testing.T) {
	var chain, same []string
	for i := range 400 {
		chain = append(chain, strings.Repeat("a", i+1))
		same = append(same, "\x00\xff"+strings.Repeat("-", i%7)+fmt.Sprint(i))
	}
	for _, ids := range [][]string{chain, same, {"", "\xff", "ü", "ü1"}} {
		p := Place(star("host", ids...))
		sane(t, p)
		if d := depth(p.Tree); d > 3*deepest {
			t.Errorf("clusters of %q… are %d deep", ids[0], d)
		}
	}
}

func depth(clusters []*Cluster) int {
	most := 0
	for _, c := range clusters {
		most = max(most, 1+depth(c.Children))
	}
	return most
}
