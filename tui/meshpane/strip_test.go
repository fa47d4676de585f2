package meshpane

import (
	"slices"
	"testing"

	"voxmesh/tui/cell"
)

func bars(p *strip, values []float64) string {
	b := cell.New(len(values), 1)
	p.bars(b, 0, 0, values)
	out := ""
	for x := range b.W {
		out += b.At(x, 0).S
	}
	return out
}

func TestBars(t *testing.T) {
	p := newStrip() // one for all: nothing of the last frame may remain
	for _, c := range []struct {
		values []float64
		want   string
	}{
		{nil, ""},
		{[]float64{-1, -1, 0, 0}, "  ▁▁"},
		{[]float64{0, 1, 2, 3, 4, 5, 6, 7}, "▁▂▃▄▅▆▇█"},
		{[]float64{-1, 700, 0, 350}, " █▁▅"},
		{[]float64{0.001}, "█"},
		{[]float64{-1, 0}, " ▁"},
	} {
		if got := bars(&p, c.values); got != c.want {
			t.Errorf("%v is %q, want %q", c.values, got, c.want)
		}
	}
}

func TestMeans(t *testing.T) {
	for _, c := range []struct {
		history    []float64
		seconds, n int
		want       []float64
	}{
		{nil, 4, 2, []float64{-1, -1}},
		{[]float64{1, 2}, 4, 4, []float64{-1, -1, 1, 2}},
		{[]float64{9, 9, 1, 3, 5, 7}, 4, 2, []float64{2, 6}},
		{[]float64{1}, 4, 0, []float64{}},
		{[]float64{1}, 4, -3, []float64{}},
		{[]float64{5}, 2, 4, []float64{-1, -1, 5, 5}},
	} {
		if got := means(c.history, c.seconds, c.n); !slices.Equal(got, c.want) {
			t.Errorf("%v over %d s in %d columns is %v, want %v", c.history, c.seconds, c.n, got, c.want)
		}
	}
}
