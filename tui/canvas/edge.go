package canvas

import (
	"encoding/binary"

	"voxmesh/mesh"
	"voxmesh/tui/cell"
	"voxmesh/tui/theme"
)

// drawEdges draws the lines that are to be seen as dots, and makes signs of them.
func (v *View) drawEdges(cursor int32) {
	d, a := &v.dress, &v.arr
	for i, l := range a.lines {
		look := &d.lines[i]
		chosen := l.a == cursor || l.b == cursor
		between := a.items[l.a].cluster != nil || a.items[l.b].cluster != nil
		if len(a.lines) > edgesMost && !chosen && !between && !look.working && look.status == mesh.Online {
			continue
		}
		v.drawLine(l, look, chosen)
	}
	for y := range v.h {
		row := d.bits[y*v.w : (y+1)*v.w]
		for x := 0; x < len(row); x++ {
			if row[x] == 0 { // most of a canvas is empty: eight cells are looked at together
				for x+8 < len(row) && binary.LittleEndian.Uint64(row[x:]) == 0 {
					x += 8
				}
			}
			if row[x] != 0 {
				s, _ := cell.SignOfRune(brailleBlank+rune(row[x]), d.ink[y*v.w+x])
				d.cells = append(d.cells, sign{int16(x), int16(y), s})
			}
		}
	}
}

// drawLine dots a line. One on which work is in flight is two dots thick and bold, so that it is seen without colour;
// where two cross, the cell has the style of the one that says more.
func (v *View) drawLine(l line, look *lineLook, chosen bool) {
	d := &v.dress
	every, st := stroke(look.status)
	rank := uint8(1)
	if look.status != mesh.Online {
		rank = 2
	}
	if chosen {
		rank = 3
		if look.status == mesh.Online {
			st = theme.In(theme.Text)
		}
	}
	if look.working {
		rank, st = 4, theme.In(theme.OK).With(theme.Bold)
	}
	if d.looks[l.a].Dim || d.looks[l.b].Dim {
		rank, st = 1, st.With(theme.Faint)
	}
	ax, ay := v.spot(l.a)
	bx, by := v.spot(l.b)
	s := segment{2*ax + 1, 4*ay + 2, 2 * bx, 4*by + 1}
	if ax > bx {
		s = segment{2 * ax, 4*ay + 2, 2*bx + 1, 4*by + 1}
	}
	if !s.clip(2*v.w, 4*v.h) {
		return
	}
	v.dot(s, every, rank, st)
	if look.working {
		v.dot(s.beside(), every, rank, st)
	}
}

// segment is a straight line from one dot to another; a cell is two dots wide and four high.
type segment struct{ x0, y0, x1, y1 int }

// beside is the segment one dot aside.
func (s segment) beside() segment {
	if max(s.x1-s.x0, s.x0-s.x1) >= max(s.y1-s.y0, s.y0-s.y1) {
		return segment{s.x0, s.y0 + 1, s.x1, s.y1 + 1}
	}
	return segment{s.x0 + 1, s.y0, s.x1 + 1, s.y1}
}

// clip cuts a segment to w×h dots and reports whether anything is left (Liang and Barsky 1984).
func (s *segment) clip(w, h int) bool {
	from, to := 0.0, 1.0
	dx, dy := float64(s.x1-s.x0), float64(s.y1-s.y0)
	inside := func(p, q float64) bool {
		switch {
		case p == 0:
			return q >= 0
		case p < 0:
			from = max(from, q/p)
		default:
			to = min(to, q/p)
		}
		return from <= to
	}
	if !inside(-dx, float64(s.x0)) || !inside(dx, float64(w-1-s.x0)) ||
		!inside(-dy, float64(s.y0)) || !inside(dy, float64(h-1-s.y0)) {
		return false
	}
	at := func(t float64) (int, int) { return s.x0 + round(t*dx), s.y0 + round(t*dy) }
	if from > 0 || to < 1 {
		x0, y0 := at(from)
		x1, y1 := at(to)
		*s = segment{x0, y0, x1, y1}
	}
	return true
}

func round(f float64) int {
	if f < 0 {
		return int(f - 0.5)
	}
	return int(f + 0.5)
}

// dot sets every so manyth dot of a segment (Bresenham 1965), but none under a ring or a name.
func (v *View) dot(s segment, every int, rank uint8, st theme.Style) {
	d := &v.dress
	w, h := 2*v.w, 4*v.h
	dx, dy := max(s.x1-s.x0, s.x0-s.x1), -max(s.y1-s.y0, s.y0-s.y1)
	sx, sy := 1, 1
	if s.x0 > s.x1 {
		sx = -1
	}
	if s.y0 > s.y1 {
		sy = -1
	}
	x, y, off := s.x0, s.y0, dx+dy
	own, bits, ranks := d.own, d.bits[:len(d.own)], d.rank[:len(d.own)]
	for skip := 0; ; skip-- {
		if skip == 0 && uint(x) < uint(w) && uint(y) < uint(h) {
			if i := (y>>2)*v.w + x>>1; own[i] == nobody {
				bits[i] |= bit[y&3][x&1]
				if rank > ranks[i] {
					ranks[i], d.ink[i] = rank, st
				}
			}
		}
		if skip == 0 {
			skip = every
		}
		if x == s.x1 && y == s.y1 {
			return
		}
		twice := 2 * off
		if twice >= dy {
			off += dy
			x += sx
		}
		if twice <= dx {
			off += dx
			y += sy
		}
	}
}

// brailleBlank is the first of the 256 signs of braille, which follow in the order of their bits.
const brailleBlank = 0x2800

// bit is the bit of each dot of a cell of braille.
var bit = [4][2]uint8{{0x01, 0x08}, {0x02, 0x10}, {0x04, 0x20}, {0x40, 0x80}}
