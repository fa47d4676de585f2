package meshpane

import (
	"fmt"
	"slices"

	"github.com/NimbleMarkets/ntcharts/v2/canvas"
	"github.com/NimbleMarkets/ntcharts/v2/sparkline"

	"voxmesh/tui/cell"
	"voxmesh/tui/format"
	"voxmesh/tui/layout"
	"voxmesh/tui/pane"
	"voxmesh/tui/theme"
)

// strip is the tokens a second of the last minute, of two minutes where it is wide.
type strip struct {
	line   sparkline.Model
	values []float64 // of which the bars were made last
	signs  []string
}

func newStrip() strip {
	return strip{line: sparkline.New(0, 1, sparkline.WithNoAutoMaxValue(), sparkline.WithMaxValue(eighths))}
}

// eighths is how many heights a bar has, as tall as one row.
const eighths = 8

func (p *strip) draw(b *cell.Buffer, r layout.Rect, s *pane.Session) {
	const lead, tail = 7, 14
	seconds, label := 60, "60 s"
	if r.W >= layout.Wide {
		seconds, label = 120, "2 min"
	}
	st := theme.In(theme.Third)
	b.Put(r.X+1, r.Y, lead, "tok/s", st)
	if s.World.Tel == nil || s.Faint() {
		b.Put(r.X+lead, r.Y, 1, format.Dash, st)
		return
	}
	rate := s.World.Tel.TokensPerSecond(s.Now())
	values := means(s.World.Tel.TokenHistory(), seconds, min(r.W-lead-tail, seconds))
	p.bars(b, r.X+lead, r.Y, values)
	text := fmt.Sprintf("%.0f", rate)
	if rate > 0 && rate < 10 {
		text = fmt.Sprintf("%.1f", rate)
	}
	b.Right(r.X+r.W-tail, r.X+r.W-2-len(label)-1, r.Y, text, theme.Style{})
	b.Right(r.X+r.W-8, r.X+r.W-1, r.Y, label, st)
}

// bars draws values as a sparkline from column x on. The least bar is an eighth and not nothing: a second in which
// nothing was made differs from one that nobody measured, which is a blank.
func (p *strip) bars(b *cell.Buffer, x, y int, values []float64) {
	if !slices.Equal(values, p.values) {
		p.values = values
		p.chart()
	}
	for i, sign := range p.signs {
		b.Put(x+i, y, 1, sign, theme.In(theme.Second))
	}
}

// chart makes the bars of the values.
func (p *strip) chart() {
	values := p.values
	p.signs = p.signs[:0]
	if len(values) == 0 {
		return
	}
	peak := 0.0
	for _, v := range values {
		peak = max(peak, v)
	}
	if p.line.Width() != len(values) {
		p.line.Resize(len(values), 1)
	}
	p.line.Clear()
	for _, v := range values {
		switch {
		case v < 0: // not measured
			p.line.Push(0)
		case peak == 0:
			p.line.Push(1)
		default:
			p.line.Push(1 + v/peak*(eighths-1))
		}
	}
	p.line.Draw()
	for i := range values {
		sign := ""
		if r := p.line.Canvas.Cell(canvas.Point{X: i}).Rune; r != 0 {
			sign = string(r)
		}
		p.signs = append(p.signs, sign)
	}
}

// means gives the mean of each part of the last seconds of a history, in n columns, newest at the right; −1 for what
// was not measured.
func means(history []float64, seconds, n int) []float64 {
	values := make([]float64, max(n, 0))
	for i := range values {
		from, to := i*seconds/n, max((i+1)*seconds/n, i*seconds/n+1)
		sum, k := 0.0, 0
		for t := from; t < to; t++ {
			if at := len(history) - seconds + t; at >= 0 && at < len(history) {
				sum += history[at]
				k++
			}
		}
		values[i] = -1
		if k > 0 {
			values[i] = sum / float64(k)
		}
	}
	return values
}
