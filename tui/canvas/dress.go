package canvas

import (
	"slices"

	"voxmesh/mesh"
	"voxmesh/tui/cell"
	"voxmesh/tui/layout"
	"voxmesh/tui/row"
	"voxmesh/tui/theme"
)

// edgesMost is how many lines are all drawn; of more only those that say something.
const edgesMost = 60

// dress is a drawing that is ready to be written, and who owns its cells.
type dress struct {
	looks  []looks // of the items
	lines  []lineLook
	own    []int32 // for each cell of the canvas the item whose ring or name is there, and one; else one of those below
	bits   []uint8 // for each cell the dots of edges
	rank   []uint8 // and the weight of the edge whose style it has
	ink    []theme.Style
	order  []uint64
	cursor int32 // the item under the cursor, -1: none
	cells  []sign
	words  []word
	named  int // names that found room
	shown  int // items in sight
}

// Whose a cell is that is no item's.
const (
	nobody = 0
	trip   = -1 // a round trip
	noEdge = -2 // nobody's, but edges keep out
)

type sign struct {
	x, y int16
	s    cell.Sign
}

type word struct {
	x, y, w int16
	s       string
	st      theme.Style
}

type lineLook struct {
	status  mesh.Status
	working bool
	seen    bool
	edge    int32 // the first edge that is drawn with it
}

func again[T any](s []T, n int) []T {
	s = slices.Grow(s[:0], n)[:n]
	clear(s)
	return s
}

// dressUp decides what stands in each cell: rings first, then names, then the round trip, and edges where there is
// nothing yet.
func (v *View) dressUp() {
	d, a := &v.dress, &v.arr
	d.cells, d.words = d.cells[:0], d.words[:0]
	d.own = again(d.own, v.w*v.h)
	d.bits = again(d.bits, v.w*v.h)
	d.rank = again(d.rank, v.w*v.h)
	if len(d.ink) < v.w*v.h {
		d.ink = make([]theme.Style, v.w*v.h)
	}
	d.looks = again(d.looks, len(a.items))
	for i, it := range a.of {
		if it >= 0 {
			d.looks[it].add(v.node(int32(i)))
		}
	}
	v.lookLines()
	cursor := v.cursorItem()
	d.cursor = cursor
	for i := range a.items {
		v.claimRing(int32(i))
	}
	if h := v.heldItem(); h >= 0 {
		v.claimRing(h)
	}
	v.drawRings(cursor)
	v.drawNames(cursor)
	v.drawTrips(cursor)
	v.drawEdges(cursor)
}

// lookLines gives each line the worst status of its edges.
func (v *View) lookLines() {
	d, a := &v.dress, &v.arr
	d.lines = again(d.lines, len(a.lines))
	for i, at := range a.lineOf {
		if at < 0 {
			continue
		}
		var e Edge
		if i < len(v.scene.Edges) {
			e = v.scene.Edges[i]
		}
		l := &d.lines[at]
		if !l.seen {
			*l = lineLook{e.Status, e.Working, true, int32(i)}
			continue
		}
		l.status = min(l.status, e.Status)
		l.working = l.working || e.Working
	}
}

// spot is the cell of an item on the canvas.
func (v *View) spot(i int32) (x, y int) {
	it, l := &v.arr.items[i], v.top()
	if i == v.heldItem() {
		return v.held.x - l.x, v.held.y - l.y
	}
	return int(it.x) - l.x, int(it.y) - l.y
}

// claim takes w cells of a row for an owner, as far as they are on the canvas.
func (v *View) claim(x, y, w int, owner int32) {
	if y < 0 || y >= v.h {
		return
	}
	for c := max(x, 0); c < min(x+w, v.w); c++ {
		v.dress.own[y*v.w+c] = owner
	}
}

// owner is who has a cell; beyond the canvas nobody has, nor before anything was drawn.
func (v *View) owner(x, y int) int32 {
	if x < 0 || y < 0 || x >= v.w || y >= v.h || len(v.dress.own) != v.w*v.h {
		return nobody
	}
	return v.dress.own[y*v.w+x]
}

func (v *View) claimRing(i int32) {
	x, y := v.spot(i)
	v.claim(x-cursorCell, y, cursorCell+ringReach+1, i+1)
}

func (v *View) put(x, y int, s string, st theme.Style) {
	if x < 0 || y < 0 || x >= v.w || y >= v.h || s == " " {
		return
	}
	if made, ok := cell.SignOf(s, st); ok {
		v.dress.cells = append(v.dress.cells, sign{int16(x), int16(y), made})
	} else {
		v.dress.words = append(v.dress.words, word{int16(x), int16(y), 1, s, st})
	}
}

// drawRings draws what is on the canvas of all rings, and the cursor before the one that it is on.
func (v *View) drawRings(cursor int32) {
	d := &v.dress
	d.shown = 0
	held := v.heldItem()
	for i := range v.arr.items {
		if int32(i) != held {
			v.drawRing(int32(i), cursor)
		}
	}
	if held >= 0 {
		v.drawRing(held, cursor)
	}
}

func (v *View) drawRing(i, cursor int32) {
	x, y := v.spot(i)
	if x < 0 || y < 0 || x >= v.w || y >= v.h {
		return
	}
	d := &v.dress
	d.shown++
	l := &d.looks[i]
	glyph, inner := l.sign()
	left, right, outer := row.Ring(l.Class)
	var more theme.Attr
	if l.Working || i == cursor {
		more |= theme.Bold
	}
	if l.Dim {
		more |= theme.Faint
	}
	put := func(x int, s string, st theme.Style) {
		if v.owner(x, y) == i+1 { // a ring that is carried may lie over it
			v.put(x, y, s, st.With(more))
		}
	}
	if i == cursor {
		put(x-cursorCell, "▸", theme.In(theme.Text))
	}
	put(x-1, left, outer)
	put(x, glyph, inner)
	put(x+1, right, outer)
}

// write writes the drawing. The cells under names were left free.
func (d *dress) write(b *cell.Buffer, r layout.Rect, faint bool) {
	var more theme.Attr
	if faint {
		more = theme.Faint
	}
	for i := range d.cells {
		c := &d.cells[i]
		b.Set(r.X+int(c.x), r.Y+int(c.y), c.s.With(more))
	}
	for i := range d.words {
		w := &d.words[i]
		b.Put(r.X+int(w.x), r.Y+int(w.y), int(w.w), w.s, w.st.With(more))
	}
}
