package graph

import (
	"math"
	"slices"
	"testing"
)

// Machines that come one by one surround their host: the first two stand opposite each other, four leave no gap of more than a third,
// and eight none of more than a fifth.
func TestNewcomersSurroundTheHub(t *testing.T) {
	for _, names := range [][]string{
		{"alice-gpu", "bob-cpu", "lex-2", "atlas-nas", "nook-1", "zeta", "rack-7", "pub-3f9a"},
		{"n-1", "n-2", "n-3", "n-4", "n-5", "n-6", "n-7", "n-8"},
		{"lab-a", "cam-1", "lab-b", "cam-2", "edu-x", "lab-c", "cam-3", "edu-y"},
	} {
		p := Place(star("hub"))
		for k := 1; k <= len(names); k++ {
			p = p.Update(star("hub", slices.Clone(names[:k])...), nil)
			limit := map[int]float64{2: 181, 4: 121, 8: 76}[k]
			if gap := widestGap(p, "hub"); limit > 0 && gap > limit {
				t.Errorf("after %d of %v a gap of %.0f°", k, names, gap)
			}
		}
	}
}

// widestGap is the largest angle about the hub in which nothing stands, in degrees, as the picture was before it was
// stretched.
func widestGap(p *Picture, hub string) float64 {
	known := p.Known()
	h := known[hub]
	var turned []float64
	for id, q := range known {
		if id != hub {
			turned = append(turned, math.Atan2((q.Y-h.Y)*wider, (q.X-h.X)/wider)*180/math.Pi)
		}
	}
	widest := 0.0
	for _, a := range turned {
		next := 360.0
		for _, b := range turned {
			if d := math.Mod(b-a+720, 360); d > 0.001 && d < next {
				next = d
			}
		}
		widest = max(widest, next)
	}
	return widest
}
