package tui

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	uv "github.com/charmbracelet/ultraviolet"

	"voxmesh/mesh"
	"voxmesh/mesh/privacy"
	"voxmesh/tui/cell"
	"voxmesh/tui/pane"
	"voxmesh/tui/theme"
)

// crowd is a mesh of n machines with runs, and the heartbeats of all of them.
func crowd(n, runs int) (*sampleLog, *mesh.Telemetry) {
	l := newLog().start(now.Add(-48 * time.Hour))
	slots := []mesh.Slot{{Kind: "gpu", Max: 2, Weight: 50}, {Kind: "cpu", Max: 8, Weight: 50}}
	last := map[string]mesh.Beat{}
	for i := range n {
		id := fmt.Sprintf("node-%04d", i)
		class := privacy.PairedPeersOnly
		if i%7 == 6 {
			class = privacy.PublicMesh
		}
		l.node(now.Add(-48*time.Hour), id, class, slots, []mesh.Model{
			{Name: "llama3.2:3b", Tag: "Q4_K_M", Backend: "ollama", Size: 2_019_393_189, Loaded: i%2 == 0, Fits: true},
		}, "", 5_000_000)
		last[id] = mesh.Beat{At: now, Began: now.Add(-76 * time.Hour), RTT: time.Duration(i%150+1) * time.Millisecond}
	}
	for i := range runs {
		at := now.Add(-time.Hour + time.Duration(i)*time.Hour/time.Duration(runs))
		l.spend(at, fmt.Sprintf("j-%06x", i), fmt.Sprintf("node-%04d", i%max(n, 1)), 1, 40)
	}
	return l, mesh.NewTelemetry(last, make([]float64, 120))
}

// crowded plays a console of such a mesh.
func crowded(b *testing.B, w, h, n, runs int) (*screen, *sampleLog) {
	b.Helper()
	l, tel := crowd(n, runs)
	s := play(b, l.st, w, h)
	s.h.tel = tel
	s.send(worldOf(s.c))
	s.view()
	return s, l
}

// BenchmarkFrame is the cost of one frame of the whole console at 200×60, of a mesh of 1,000 machines with 2,000 runs:
// as clusters, and as rings where the canvas is zoomed. same: nothing changed, all is drawn again. one: a machine's
// status did. moved: the cursor went on. all: every cell is another one. lipgloss-ns is what Lip Gloss takes for the
// same cells, one call of Style.Render for each run of cells of one style, and ratio how many times as long that is;
// bubbletea-ns is what Bubble Tea takes to read the frame back into cells and to find what is to be sent.
//
//	go test ./tui -run '^$' -bench Frame
func BenchmarkFrame(b *testing.B) {
	for _, zoom := range []string{"clusters", "rings"} {
		for _, what := range []string{"same", "one", "moved", "all"} {
			b.Run(zoom+"/"+what, func(b *testing.B) {
				s, l := crowded(b, 200, 60, 1000, 2000)
				if zoom == "rings" {
					s.press("+", "+")
				}
				states := []*mesh.State{l.st, l.status(now, "node-0001", mesh.Degraded).st}
				themes := []*theme.Theme{theme.New(true, false), theme.New(false, false)}
				i := 0
				frame := func() {
					i++
					switch what {
					case "same":
						s.c.dirty = everything
					case "one":
						s.h.setState(states[i%2])
						s.send(worldOf(s.c))
					case "moved":
						s.send(key([]string{"left", "right"}[i%2]))
					case "all":
						s.c.s.Theme = themes[i%2]
						s.c.dirty = everything
					}
					s.view()
				}
				frame()
				var ours, theirs, after times
				read := behind(s)
				b.ReportAllocs()
				for b.Loop() {
					ours.of(frame)
					if i%16 == 0 { // in turns, for a machine that is not ours alone
						b.StopTimer()
						theirs.of(func() { lipglossed(s.c.buf, s.c.s.Theme) })
						after.of(read)
						b.StartTimer()
					}
				}
				if len(theirs) > 0 {
					b.ReportMetric(ours.median(), "p50-ns")
					b.ReportMetric(theirs.median()/ours.median(), "ratio")
					b.ReportMetric(theirs.median(), "lipgloss-ns")
					b.ReportMetric(after.median(), "bubbletea-ns")
				}
			})
		}
	}
}

// times are how long something took.
type times []time.Duration

func (t *times) of(f func()) {
	began := time.Now()
	f()
	*t = append(*t, time.Since(began))
}

func (t times) median() float64 {
	slices.Sort(t)
	return float64(t[len(t)/2])
}

// behind does what Bubble Tea does with a frame of which one row changed.
func behind(s *screen) func() {
	var out strings.Builder
	scr := uv.NewTerminalRenderer(&out, []string{"TERM=xterm-256color"})
	scr.SetFullscreen(true)
	buf := uv.NewScreenBuffer(s.c.width, s.c.height)
	text := s.view()
	other := strings.Replace(text, "1000 nodes", "1001 nodes", 1)
	i := 0
	return func() {
		i++
		buf.Clear()
		uv.NewStyledString([]string{text, other}[i%2]).Draw(buf, buf.Bounds())
		scr.Render(buf.RenderBuffer)
		_ = scr.Flush() // into memory
		out.Reset()
	}
}

// lipglossed renders a screen with Lip Gloss.
func lipglossed(b *cell.Buffer, t *theme.Theme) string {
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

// BenchmarkSecond is what a second that goes by costs a console at 120×40: the world is read and what ages is drawn.
//
//	go test ./tui -run '^$' -bench Second
func BenchmarkSecond(b *testing.B) {
	for _, n := range []int{5, 1000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			s, _ := crowded(b, 120, 40, n, 2000)
			clock := now
			s.c.s.Now = func() time.Time { return clock }
			s.c.o.Clock = s.c.s.Now
			b.ReportAllocs()
			for b.Loop() {
				clock = clock.Add(time.Second)
				s.c.Update(secondMsg{s.c.read()}) // the commands wait for the next second, or read the log
				s.view()
			}
		})
	}
}

// BenchmarkChanged is what a change of a mesh of 1,000 machines with 10,000 runs costs the console's own goroutine, for
// each pane that is shown: until the frame is there.
//
//	go test ./tui -run '^$' -bench Changed
func BenchmarkChanged(b *testing.B) {
	l, tel := crowd(1000, 10_000)
	states := []*mesh.State{l.st, l.status(now, "node-0001", mesh.Degraded).st}
	for tab := range 6 {
		s := play(b, l.st, 120, 40)
		s.h.tel = tel
		s.send(worldOf(s.c)).press(fmt.Sprint(tab + 1))
		b.Run(s.c.tabs[tab].name, func(b *testing.B) {
			b.ReportAllocs()
			i := 0
			for b.Loop() {
				i++
				s.h.setState(states[i%2])
				s.c.dirty = everything
				s.c.take(s.c.read(), pane.Changed{})
				s.view()
			}
		})
	}
}

// BenchmarkKey is what a key costs there, until its frame is there.
//
//	go test ./tui -run '^$' -bench Key
func BenchmarkKey(b *testing.B) {
	s, _ := crowded(b, 120, 40, 1000, 10_000)
	s.press("tab")
	i := 0
	b.ReportAllocs()
	for b.Loop() {
		i++
		s.c.Update([]tea.KeyPressMsg{key("j"), key("k")}[i%2])
		s.view()
	}
}
