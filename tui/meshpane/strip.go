package meshpane

import (
	"fmt"
	"strings"

	"voxmesh/tui/cell"
	"voxmesh/tui/format"
	"voxmesh/tui/layout"
	"voxmesh/tui/pane"
	"voxmesh/tui/theme"
)

var bars = []rune("▁▂▃▄▅▆▇█")

// drawStrip draws the tokens a second of the last minute, of two minutes where it is wide.
func drawStrip(b *cell.Buffer, r layout.Rect, s *pane.Session) {
	const lead, tail = 7, 14
	seconds, label := 60, "60 s"
	if r.W >= layout.Wide {
		seconds, label = 120, "2 min"
	}
	st := theme.In(theme.Third)
	b.Put(r.X+1, r.Y, lead, "tok/s", st)
	if s.World.Tel == nil || !s.World.Lost.IsZero() {
		b.Put(r.X+lead, r.Y, 1, format.Dash, st)
		return
	}
	rate := s.World.Tel.TokensPerSecond(s.Now())
	b.Put(r.X+lead, r.Y, r.W-lead-tail, sparkline(s.World.Tel.TokenHistory(), seconds, min(r.W-lead-tail, seconds)), theme.In(theme.Second))
	text := fmt.Sprintf("%.0f", rate)
	if rate > 0 && rate < 10 {
		text = fmt.Sprintf("%.1f", rate)
	}
	b.Right(r.X+r.W-tail, r.X+r.W-2-len(label)-1, r.Y, text, theme.Style{})
	b.Right(r.X+r.W-8, r.X+r.W-1, r.Y, label, st)
}

// sparkline draws the last seconds of a history in n columns, newest at the right; what was not measured is blank.
func sparkline(history []float64, seconds, n int) string {
	if n <= 0 {
		return ""
	}
	values := make([]float64, n)
	known := make([]bool, n)
	peak := 0.0
	for i := range n {
		from, to := i*seconds/n, max((i+1)*seconds/n, i*seconds/n+1)
		sum, k := 0.0, 0
		for t := from; t < to; t++ {
			if at := len(history) - seconds + t; at >= 0 && at < len(history) {
				sum += history[at]
				k++
			}
		}
		if k > 0 {
			values[i], known[i] = sum/float64(k), true
			peak = max(peak, values[i])
		}
	}
	var out strings.Builder
	for i, v := range values {
		switch {
		case !known[i]:
			out.WriteByte(' ')
		case peak == 0:
			out.WriteRune(bars[0])
		default:
			out.WriteRune(bars[min(int(v/peak*float64(len(bars)-1)+0.5), len(bars)-1)])
		}
	}
	return out.String()
}
