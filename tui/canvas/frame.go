package canvas

import (
	"math"

	"voxmesh/tui/graph"
)

// frame turns places of the plane into cells. A cell of the canvas is that of the frame less what the canvas was moved.
type frame struct {
	x, y     float64 // the place that stands in the middle
	midX     float64 // the middle, in cells
	midY     float64
	colsUnit float64 // columns of a unit of the plane, at 1×
	rowsUnit float64
	set      bool
}

// zooms are the steps of + and -.
var zooms = [...]float64{1, 1.5, 2, 3, 4, 6, 8, 12, 16}

const (
	ringReach  = 1 // cells of a ring left and right of its middle
	cursorCell = 2 // the cursor stands this far left of the middle
	labelAt    = 3 // a name begins this far right of the middle, and ends this far and a cursor left of it
	labelMost  = 14
	marksRoom  = 2 // room for a mark after a name, kept where places are chosen
	apart      = 4 // rings in one row are this far apart, so that each has room for its cursor
	stretch    = 2 // how much wider or higher than it is the plane is drawn, so as to fill what there is
)

// tame makes numbers of what is none, and small ones of what is beyond all measure.
func tame(p graph.Point) graph.Point {
	const most = 1e9
	one := func(f float64) float64 {
		if math.IsNaN(f) {
			return 0
		}
		return max(min(f, most), -most)
	}
	return graph.Point{X: one(p.X), Y: one(p.Y)}
}

// box is what a set of places takes on the plane.
type box struct{ x0, y0, x1, y1 float64 }

func boxOf(items []item) box {
	b := box{math.Inf(1), math.Inf(1), math.Inf(-1), math.Inf(-1)}
	for i := range items {
		p := items[i].at
		b = box{min(b.x0, p.X), min(b.y0, p.Y), max(b.x1, p.X), max(b.y1, p.Y)}
	}
	if len(items) == 0 {
		return box{}
	}
	return b
}

// fit spreads a box over w×h cells, with room for names of label columns at the right. Where the box is not as wide as
// the canvas for its height it is stretched, up to twice.
func fit(b box, w, h, label int, airy bool) frame {
	left, right := cursorCell, w-1-min(labelAt-1+label+marksRoom, w*2/5)
	top, bottom := 0, h-1
	if airy && h >= 10 {
		top, bottom = 1, h-2
	}
	right, bottom = max(right, left), max(bottom, top)
	f := frame{
		x: (b.x0 + b.x1) / 2, y: (b.y0 + b.y1) / 2,
		midX: float64(left+right) / 2, midY: float64(top+bottom) / 2, set: true,
	}
	if w < 2*apart {
		f.midX = float64(w-1) / 2
	}
	wide, high := float64(right-left), 2*float64(bottom-top) // a row counts two
	sx, sy := wide/(b.x1-b.x0), high/(b.y1-b.y0)
	if b.x1 <= b.x0 {
		sx = math.Inf(1)
	}
	if b.y1 <= b.y0 {
		sy = math.Inf(1)
	}
	if math.IsInf(sx, 1) && math.IsInf(sy, 1) {
		sx, sy = 1, 1
	}
	f.colsUnit, f.rowsUnit = min(sx, stretch*sy), min(sy, stretch*sx)/2
	return f
}

// cell gives the cell of a place at a zoom.
func (f frame) cell(p graph.Point, zoom float64) (x, y int) {
	const most = 1 << 20
	near := func(c float64) int { return int(math.Round(max(min(c, most), -most))) }
	return near(f.midX + (p.X-f.x)*f.colsUnit*zoom), near(f.midY + (p.Y-f.y)*f.rowsUnit*zoom)
}

// place gives the place under a cell.
func (f frame) place(x, y int, zoom float64) graph.Point {
	p := graph.Point{X: f.x, Y: f.y}
	if f.colsUnit*zoom > 0 {
		p.X += (float64(x) - f.midX) / (f.colsUnit * zoom)
	}
	if f.rowsUnit*zoom > 0 {
		p.Y += (float64(y) - f.midY) / (f.rowsUnit * zoom)
	}
	return p
}

// world is the part of the frame's cells that is filled at a zoom: at 1× what the canvas shows.
func (f frame) world(w, h int, zoom float64) (x0, y0, x1, y1 int) {
	grow := func(mid float64, n int) (int, int) {
		return int(math.Ceil(mid - mid*zoom)), int(math.Floor(mid + (float64(n)-mid)*zoom))
	}
	x0, x1 = grow(f.midX, w)
	y0, y1 = grow(f.midY, h)
	return x0, y0, x1, y1
}

// suits reports whether the items can stay where the frame puts them: none leaves the canvas, and together they still
// fill half of what they could.
func (f frame) suits(items []item, w, h int, fresh frame) bool {
	if !f.set {
		return false
	}
	for i := range items {
		if x, y := f.cell(items[i].at, 1); x < cursorCell || x > w-1-ringReach || y < 0 || y >= h {
			return false
		}
	}
	return fresh.colsUnit <= 2*f.colsUnit && fresh.rowsUnit <= 2*f.rowsUnit
}
