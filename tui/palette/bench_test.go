package palette

import (
	"testing"

	"voxmesh/tui/pane"
)

// BenchmarkBuild makes the entries of a mesh of 1,000 nodes and 10,000 runs, as a command does, and of a mesh as large
// as one that is looked at on the event loop.
func BenchmarkBuild(b *testing.B) {
	for name, st := range map[string]*ops{"1000 nodes, 10000 runs": crowd(1000, 10_000), "40 nodes, 100 runs": crowd(40, 100)} {
		s := show(b, st.st, 80, 24, pane.Ref{}, nil)
		looks := looksOf(s.l.keys, s.s)
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				build(s.s, looks)
			}
			b.ReportMetric(float64(len(s.l.index.entries)), "entries")
		})
	}
}

// BenchmarkKeystroke types a query into a palette that is searched on the event loop, and draws it each time.
func BenchmarkKeystroke(b *testing.B) {
	s := show(b, crowd(40, 100).st, 80, 24, pane.Ref{}, nil)
	const text = "drain render"
	for i := 0; b.Loop(); i++ {
		s.l.in.Set(text[:i%len(text)+1])
		s.l.typed()
		s.buffer()
	}
}
