package tui

import "testing"

// BenchmarkFrame is the cost of one frame that is drawn anew.
func BenchmarkFrame(b *testing.B) {
	s := play(b, aurelia().st, 120, 40)
	b.ReportAllocs()
	for b.Loop() {
		s.c.dirty = everything
		s.view()
	}
}
