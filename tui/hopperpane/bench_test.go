package hopperpane

import (
	"fmt"
	"testing"

	"voxmesh/mesh"
	"voxmesh/tui/keys"
	"voxmesh/tui/pane"
)

// heavy is an inbox of ten thousand runs that wait for each other.
func heavy() *sample {
	s := crowd(10_000)
	for i := range 10_000 {
		s.triage(fmt.Sprintf("h-%04x", i), mesh.JobSubmitted{Kind: "cpu", Runner: "wasm", Class: paired, Priority: 5})
	}
	return s
}

func shown(b *testing.B, w, h int) *screen {
	x := play(b, heavy(), w, h)
	x.send(pane.Changed{})
	x.view()
	b.ResetTimer()
	return x
}

// BenchmarkDraw draws the pane with ten thousand items, a row further each time.
func BenchmarkDraw(b *testing.B) {
	for _, size := range [][2]int{{80, 24}, {200, 60}} {
		b.Run(fmt.Sprintf("%dx%d", size[0], size[1]), func(b *testing.B) {
			x := shown(b, size[0], size[1])
			for b.Loop() {
				x.p.Update(pane.Do{ID: keys.Down})
				x.b.Clear()
				x.p.Draw(x.b, x.f)
			}
		})
	}
}

// BenchmarkChanged tells the pane of a world that changed: what the event loop pays each time, and what a command does
// once a second.
func BenchmarkChanged(b *testing.B) {
	b.Run("told", func(b *testing.B) {
		x := shown(b, 80, 24)
		x.hold = true
		for b.Loop() {
			x.p.Update(pane.Changed{})
		}
	})
	b.Run("command", func(b *testing.B) {
		x := shown(b, 80, 24)
		for b.Loop() {
			ask(x.p.query(), now)
		}
	})
	b.Run("answer", func(b *testing.B) {
		x := shown(b, 80, 24)
		a := ask(x.p.query(), now)
		for b.Loop() {
			x.p.adopt(a, false)
		}
	})
}
