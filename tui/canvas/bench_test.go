package canvas

import (
	"strings"
	"testing"
	"time"

	"voxmesh/mesh"
	"voxmesh/tui/cell"
	"voxmesh/tui/layout"
	"voxmesh/tui/theme"
)

// BenchmarkCanvas is the cost of a frame of 200×60 cells of 1,000 nodes, drawn and rendered, beside that of the same
// frame rendered by Lip Gloss, one call of Style.Render for each run of cells of one style: ratio is how many times as
// long that takes. same: nothing changed since the frame before. changed: a node's status did. moved: the cursor went on.
func BenchmarkCanvas(b *testing.B) {
	const w, h, n = 200, 60, 1000
	for _, zoom := range []string{"clusters", "rings"} {
		for _, what := range []string{"same", "changed", "moved"} {
			b.Run(zoom+"/"+what, func(b *testing.B) {
				m := star(n, 1)
				v := &View{}
				v.SetPicture(m.pic)
				buf, th, r := cell.New(w, h), theme.New(true, false), layout.Rect{W: w, H: h}
				v.Draw(buf, r, m.scene)
				if zoom == "rings" {
					v.Zoom(1, w/2, h/2)
				}
				i := 0
				frame := func() {
					i++
					switch what {
					case "changed":
						m.scene.Nodes[i%n].Status = (m.scene.Nodes[i%n].Status + 1) % (mesh.Online + 1)
					case "moved":
						m.scene.Selected = m.pic.Graph.Nodes[i%n].ID
					}
					buf.Clear()
					v.Draw(buf, r, m.scene)
				}
				frame()
				var render time.Duration
				b.ReportAllocs()
				for b.Loop() {
					frame()
				}
				ours := b.Elapsed() / time.Duration(max(b.N, 1))
				const rounds = 10
				begin := time.Now()
				for range rounds {
					buf.Render(th)
				}
				render = time.Since(begin) / rounds
				begin = time.Now()
				for range rounds {
					styled(buf, th)
				}
				theirs := time.Since(begin) / rounds
				b.ReportMetric(float64(theirs)/float64(ours), "ratio")
				b.ReportMetric(float64(theirs)/float64(ours+render), "ratio-with-render")
				b.ReportMetric(float64(render), "render-ns")
				b.ReportMetric(float64(theirs), "lipgloss-ns")
			})
		}
	}
}

// styled renders a screen with Lip Gloss.
func styled(b *cell.Buffer, t *theme.Theme) string {
	var out, run strings.Builder
	for y := range b.H {
		if y > 0 {
			out.WriteByte('\n')
		}
		for x := 0; x < b.W; {
			st := b.At(x, y).Style
			run.Reset()
			for ; x < b.W && b.At(x, y).Style == st; x++ {
				run.WriteString(b.At(x, y).S)
			}
			out.WriteString(t.Look(st).Render(run.String()))
		}
	}
	return out.String()
}
