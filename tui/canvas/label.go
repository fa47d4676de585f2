package canvas

import (
	"slices"
	"strconv"

	"github.com/charmbracelet/x/ansi"

	"voxmesh/mesh"
	"voxmesh/tui/format"
	"voxmesh/tui/theme"
)

// part is a piece of what stands beside a ring, with the blank before it.
type part struct {
	text  string
	width int
	st    theme.Style
}

// caption is a name with what follows it: of a node its marks, of a cluster how many are not online.
type caption struct {
	parts [4]part
	n     int
	width int
}

func (c *caption) add(text string, width int, st theme.Style) {
	c.parts[c.n] = part{text, width, st}
	c.n++
	c.width += width
	if c.n > 1 {
		c.width++
	}
}

// captionOf gives what stands beside an item's ring; bare without marks.
func (v *View) captionOf(i int32, selected, bare bool) caption {
	it, l := &v.arr.items[i], &v.dress.looks[i]
	var attr theme.Attr
	st := theme.In(theme.Text)
	if l.Working {
		st = theme.In(theme.OK)
		attr |= theme.Bold
	}
	if selected {
		attr |= theme.Bold
	}
	if l.Dim {
		attr |= theme.Faint
	}
	n := v.naming(it)
	var c caption
	c.add(n.text, n.width, st.With(attr))
	if bare {
		return c
	}
	second := theme.In(theme.Second).With(attr &^ theme.Bold)
	if it.cluster != nil {
		count := func(n int32, s mesh.Status) {
			if n == 0 {
				return
			}
			glyph, st := Node{Status: s}.sign()
			text := glyph + thousands(int(n))
			c.add(text, 1+len(text)-len(glyph), st.With(attr&^theme.Bold))
		}
		count(l.degraded, mesh.Degraded)
		count(l.offline, mesh.Offline)
		return c
	}
	if l.Pinned || i == v.heldItem() {
		c.add("⊥", 1, second)
	}
	if s := mark(l.Mode); s != "" {
		c.add(s, 1, second)
	}
	return c
}

// drawNames gives each name in sight a place, the important ones first: right of its ring, else left of it, else none.
// Where a name has no room with its marks, it may have without.
func (v *View) drawNames(cursor int32) {
	d := &v.dress
	d.named = 0
	d.order = d.order[:0]
	for i := range v.arr.items {
		if x, y := v.spot(int32(i)); x >= 0 && y >= 0 && x < v.w && y < v.h {
			d.order = append(d.order, ^v.weight(int32(i), cursor)<<24|uint64(i))
		}
	}
	slices.Sort(d.order)
	for _, o := range d.order {
		i := int32(o & (1<<24 - 1))
		c := v.captionOf(i, i == cursor, false)
		if v.name(i, &c) {
			d.named++
			continue
		}
		c = v.captionOf(i, i == cursor, true)
		if v.name(i, &c) || i == cursor && v.cutName(i, &c) {
			d.named++
		}
	}
}

// cutName writes a name that has no room shorter, if it has room so: the selected is to be known by its name.
func (v *View) cutName(i int32, c *caption) bool {
	const least = 6 // of fewer columns nothing but the end would be left
	p := &c.parts[0]
	whole := p.text
	for w := p.width - 1; w >= least; w-- {
		p.text = format.Middle(whole, w)
		p.width = ansi.StringWidth(p.text)
		if c.width = p.width; v.name(i, c) {
			return true
		}
	}
	return false
}

// weight is how much an item's name matters: the selected, the not online, the pinned, the busiest.
func (v *View) weight(i, cursor int32) uint64 {
	l := &v.dress.looks[i]
	w := uint64(min(max(l.Busy, 0), 1<<20))
	set := func(is bool, bit int) {
		if is {
			w |= 1 << bit
		}
	}
	set(i == cursor || i == v.heldItem(), 29)
	set(l.Status != mesh.Online && !l.Host || l.Failing, 28)
	set(l.Pinned, 27)
	set(l.Host, 26)
	set(v.arr.items[i].cluster != nil, 25)
	set(!l.Dim, 24)
	set(l.Working, 23)
	return w
}

// name writes a caption beside its ring and reports whether there was room. A cell after it is kept free of edges.
func (v *View) name(i int32, c *caption) bool {
	x, y := v.spot(i)
	right, left := x+labelAt, x-labelAt-c.width
	var at int
	switch leftFirst := v.arr.items[i].left && v.room(left, y, c.width+1, i+1); {
	case !leftFirst && v.room(right-1, y, c.width+1, i+1):
		at = right
		v.claim(at-1, y, c.width+1, i+1)
	case leftFirst || v.room(left, y, c.width+1, i+1):
		at = left
		v.claim(at, y, c.width+1, i+1)
	default:
		return false
	}
	v.blank(at-1, y)
	v.blank(at+c.width, y)
	for _, p := range c.parts[:c.n] {
		v.dress.words = append(v.dress.words, word{int16(at), int16(y), int16(p.width), p.text, p.st})
		at += p.width + 1
	}
	return true
}

// room reports whether w cells of a row are on the canvas and nobody's, and do not touch the name or ring of another:
// the cell where a cursor would stand is distance enough.
func (v *View) room(x, y, w int, self int32) bool {
	if x < 0 || x+w > v.w || y < 0 || y >= v.h {
		return false
	}
	for c := x; c < x+w; c++ {
		if o := v.dress.own[y*v.w+c]; o != nobody && o != noEdge {
			return false
		}
	}
	if o := v.owner(x-1, y); o != nobody && o != noEdge && o != self {
		return false
	}
	o := v.owner(x+w, y)
	return o == nobody || o == noEdge || o == self || v.cursorCellOf(o, x+w, y)
}

// blank keeps edges out of a cell that is nobody's.
func (v *View) blank(x, y int) {
	if x >= 0 && y >= 0 && x < v.w && y < v.h && v.dress.own[y*v.w+x] == nobody {
		v.dress.own[y*v.w+x] = noEdge
	}
}

func (v *View) cursorCellOf(owner int32, x, y int) bool {
	if owner <= nobody {
		return false
	}
	ox, oy := v.spot(owner - 1)
	return oy == y && ox-cursorCell == x && owner-1 != v.dress.cursor
}

// tripsMost is how many edges of the selected have their round trips: a star of more is a cloud of numbers.
const tripsMost = 12

// drawTrips writes the round trip on the middle of the selected node's edges, or near it.
func (v *View) drawTrips(cursor int32) {
	if cursor < 0 || v.arr.items[cursor].cluster != nil {
		return
	}
	n := 0
	for _, l := range v.arr.lines {
		if l.a == cursor || l.b == cursor {
			n++
		}
	}
	if n > tripsMost {
		return
	}
	for i, l := range v.arr.lines {
		if l.a != cursor && l.b != cursor {
			continue
		}
		other := l.a + l.b - cursor
		if e := int(v.dress.lines[i].edge); v.arr.items[other].cluster == nil && e < len(v.scene.Edges) {
			v.drawTrip(cursor, other, v.scene.Edges[e].RTT)
		}
	}
}

func (v *View) drawTrip(a, b int32, text string) {
	w := ansi.StringWidth(text)
	if w == 0 || w > labelMost {
		return
	}
	ax, ay := v.spot(a)
	bx, by := v.spot(b)
	for _, eighths := range [...]int{4, 3, 5, 2, 6} {
		x := (ax*(8-eighths) + bx*eighths + 4) / 8
		y := (ay*(8-eighths) + by*eighths + 4) / 8
		if v.room(x-w/2, y, w, trip) {
			v.claim(x-w/2, y, w, trip)
			v.blank(x-w/2-1, y)
			v.blank(x-w/2+w, y)
			v.dress.words = append(v.dress.words, word{int16(x - w/2), int16(y), int16(w), text, theme.In(theme.Second)})
			return
		}
	}
}

// zoomText writes a zoom: 1×, 1.5×.
func zoomText(z float64) string { return strconv.FormatFloat(z, 'g', -1, 64) + "×" }
