// Package layout says where everything stands: a size in, named rectangles out. It is pure, so its tests are drawings.
//
// Width and height decide apart. A rectangle that has no place at a size is empty; nothing overlaps but the layers
// that lie over the pane.
package layout

// Rect is a rectangle of cells, from the top left corner of the screen.
type Rect struct{ X, Y, W, H int }

// Empty reports whether nothing fits.
func (r Rect) Empty() bool { return r.W <= 0 || r.H <= 0 }

// Has reports whether a cell lies in r.
func (r Rect) Has(x, y int) bool { return x >= r.X && y >= r.Y && x < r.X+r.W && y < r.Y+r.H }

// Inner is r without a border of one cell.
func (r Rect) Inner() Rect { return Rect{r.X + 1, r.Y + 1, max(r.W-2, 0), max(r.H-2, 0)} }

// The least size, and where the arrangement changes.
const (
	MinWidth  = 60
	MinHeight = 16
	Wide      = 112 // inspector 42, three hopper columns
	Widest    = 160 // inspector 48, the rest of the columns
	sideWidth = 80  // regions side by side from here on
	sideRows  = 24
	Tall      = 32 // scrubber of two rows, Nodes under the graph
)

// Parts says what the frame shows besides the pane.
type Parts struct {
	Scrubber bool // the time axis
	Strip    bool // tokens a second, under the Mesh pane
	Moment   bool // the op at the instant that is shown, in the place of the strip
}

// Frame is the whole screen.
type Frame struct {
	TooSmall bool // one sentence, and the status row
	OneUp    bool // one region at a time, tab turns them
	Width    int
	Height   int
	Header   Rect
	Pane     Rect
	Strip    Rect
	Moment   Rect
	Scrubber Rect
	Status   Rect
	Keys     Rect
	Layer    Rect // what a layer that fills the pane may use: the pane, strip and, where it is small, all but the keys
}

// Screen arranges the frame.
func Screen(w, h int, p Parts) Frame {
	f := Frame{Width: w, Height: h, TooSmall: w < MinWidth || h < MinHeight}
	if f.TooSmall {
		f.Status = Rect{0, max(h-1, 0), w, min(h, 1)}
		f.Pane = Rect{0, 0, w, max(h-1, 0)}
		f.Layer = f.Pane
		return f
	}
	f.OneUp = w < sideWidth || h < sideRows
	f.Header = Rect{0, 0, w, 1}
	bottom := h
	take := func(n int) Rect {
		bottom -= n
		return Rect{0, bottom, w, n}
	}
	f.Keys = take(1)
	f.Status = take(1)
	if p.Scrubber {
		n := 1
		if h >= Tall {
			n = 2
		}
		f.Scrubber = take(n)
	}
	under := bottom
	switch {
	case p.Moment && p.Scrubber:
		f.Moment = take(1)
	case p.Strip && h >= sideRows:
		f.Strip = take(1)
	}
	f.Pane = Rect{0, 1, w, bottom - 1}
	f.Layer = Rect{0, 1, w, under - 1}
	if h < Tall || w < Wide {
		f.Layer.H = h - 2
	}
	return f
}

// Region is one of the three of the Mesh pane.
type Region int

// The regions, in the order in which tab goes through them.
const (
	Graph Region = iota
	List
	Inspector
)

// Mesh arranges the Mesh pane: the graph at the left, with the list under it or in its place, and the inspector at the
// right; or one of them.
type Mesh struct {
	Graph     Rect
	List      Rect
	Inspector Rect
}

// Both reports whether graph and list are shown together.
func (m Mesh) Both() bool { return !m.Graph.Empty() && !m.List.Empty() }

// tableShare is the part of the pane that the list has at most under the graph: a third.
const tableShare = 3

// MeshPane arranges the Mesh pane in the frame. focus is the region that has the focus, view what is shown at the left
// where there is room for one only, and alone says that focus is to be shown alone.
func MeshPane(f Frame, focus, view Region, alone bool) Mesh {
	p := f.Pane
	if f.TooSmall || f.OneUp || alone {
		return Mesh{}.with(focus, p)
	}
	w := 34
	switch {
	case f.Width >= Widest:
		w = 48
	case f.Width >= Wide:
		w = 42
	}
	m := Mesh{Inspector: Rect{p.X + p.W - w, p.Y, w, p.H}}
	left := Rect{p.X, p.Y, p.W - w, p.H}
	if f.Height < Tall {
		return m.with(view, left)
	}
	n := left.H / tableShare
	m.Graph = Rect{left.X, left.Y, left.W, left.H - n}
	m.List = Rect{left.X, left.Y + left.H - n, left.W, n}
	return m
}

func (m Mesh) with(g Region, r Rect) Mesh {
	switch g {
	case Graph:
		m.Graph = r
	case List:
		m.List = r
	case Inspector:
		m.Inspector = r
	}
	return m
}

// Forms arranges the three forms of an invite. Where Big is set each has a box of its own and the code four modules
// of quiet; else the code stands at the right edge, and command and link share what is left.
type Forms struct {
	Big     bool
	Head    Rect
	Command Rect
	Code    Rect
	Link    Rect
	Foot    Rect
}

// InviteForms arranges the three forms in a layer. code is the size of the code with two modules of quiet.
func InviteForms(layer Rect, frame Frame, codeW, codeH int) Forms {
	if frame.Width >= Wide && frame.Height >= 36 && layer.H >= 1+(codeH+6)+4 {
		return bigForms(layer, codeW+4, codeH+2)
	}
	f := Forms{Head: Rect{layer.X, layer.Y, layer.W, 2}}
	f.Foot = Rect{layer.X, layer.Y + layer.H - 1, layer.W, 1}
	left := layer.W
	if codeW > 0 && layer.H-1 >= codeH && layer.W-codeW >= 38 {
		f.Code = Rect{layer.X + layer.W - codeW, layer.Y, codeW, codeH}
		left = layer.W - codeW - 1
		f.Head.W = left
	}
	rest := Rect{layer.X, layer.Y + 3, left, layer.H - 4}
	f.Command = Rect{rest.X, rest.Y, rest.W, rest.H / 2}
	f.Link = Rect{rest.X, rest.Y + rest.H/2, rest.W, rest.H - rest.H/2}
	return f
}

// bigForms spends what is left of the rows on blanks, first before the foot, then round the head.
func bigForms(layer Rect, codeW, codeH int) Forms {
	const head, foot = 1, 4
	h := codeH + 4 // a border, a blank row over the code and a sentence under it
	spare := layer.H - head - h - foot
	gap := func() int {
		if spare <= 0 {
			return 0
		}
		spare--
		return 1
	}
	under, over, top := gap(), gap(), gap()
	y := layer.Y + top
	f := Forms{Big: true, Head: Rect{layer.X, y, layer.W, head}}
	y += head + over
	w := codeW + 2
	side := layer.W - w
	f.Command = Rect{layer.X, y, (side + 1) / 2, h}
	f.Code = Rect{f.Command.W, y, w, h}
	f.Link = Rect{f.Code.X + w, y, side - f.Command.W, h}
	f.Foot = Rect{layer.X, y + h + under, layer.W, foot}
	return f
}
