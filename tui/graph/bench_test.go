package graph

import (
	"fmt"
	"testing"
)

// BenchmarkPlace is the first picture of a graph.
func BenchmarkPlace(b *testing.B) {
	for _, n := range []int{25, 100, 1000, 10_000} {
		g := attach(n, 2, 1)
		b.Run(fmt.Sprintf("attach/%d", n), func(b *testing.B) {
			for b.Loop() {
				Place(g)
			}
		})
	}
	g := racks()
	b.Run(fmt.Sprintf("star/%d", len(g.Nodes)), func(b *testing.B) {
		for b.Loop() {
			Place(g)
		}
	})
}

// BenchmarkUpdate is one node that comes to a picture.
func BenchmarkUpdate(b *testing.B) {
	for _, n := range []int{100, 1000, 10_000} {
		g := attach(n+1, 2, 1)
		p := Place(without(g, n))
		b.Run(fmt.Sprintf("attach/%d", n), func(b *testing.B) {
			for b.Loop() {
				p.Update(g, nil)
			}
		})
	}
}
