package meshpane

import (
	"github.com/charmbracelet/x/ansi"

	"voxmesh/tui/cell"
	"voxmesh/tui/format"
	"voxmesh/tui/keys"
	"voxmesh/tui/layout"
	"voxmesh/tui/pane"
	"voxmesh/tui/row"
	"voxmesh/tui/theme"
)

// inspectorView is where the inspector stands: the row that its cursor is on, of those that can be chosen, and the
// first line that is shown.
type inspectorView struct {
	node  string // whose it is; another one begins at its top
	item  int
	items []item
	top   int
	rows  []int // the item of each row that is shown, −1 for none
}

// item is what the cursor can stand on: a thing, or a moment of the past, unix microseconds.
type item struct {
	ref pane.Ref
	at  int64
}

func (i item) none() bool { return i == item{} }

// chosen is what the cursor is on.
func (v *inspectorView) chosen() item {
	if v.item < len(v.items) {
		return v.items[v.item]
	}
	return item{}
}

func (v *inspectorView) wheel(down bool) {
	if down {
		v.top += 3
	} else {
		v.top = max(v.top-3, 0)
	}
}

func (v *inspectorView) move(id keys.ID) {
	switch id {
	case keys.Up:
		v.item--
	case keys.Down:
		v.item++
	case keys.Home, keys.PageUp:
		v.item = 0
	case keys.End, keys.PageDown:
		v.item = len(v.items) - 1
	}
	v.item = max(min(v.item, len(v.items)-1), 0)
}

func (v *inspectorView) choose(rowAt int) {
	if rowAt >= 0 && rowAt < len(v.rows) && v.rows[rowAt] >= 0 {
		v.item = v.rows[rowAt]
	}
}

// line is one row of the inspector: text at the left and at the right, or something that draws itself.
type line struct {
	left, right string
	ls, rs      theme.Style
	item        item // what the cursor can stand on here
	draw        func(b *cell.Buffer, x, y, w int, l row.Look)
}

func second(left, right string) line {
	return line{left: left, right: right, ls: theme.In(theme.Second), rs: theme.In(theme.Second)}
}

// part is a block of lines; where the height does not suffice its last lines go, down to least.
type part struct {
	lines []line
	least int
}

func (p *Pane) drawInspector(b *cell.Buffer, r layout.Rect) {
	focused := p.focus == layout.Inspector
	border := pane.Frame(b, r, focused)
	e := p.selected()
	if e.node == nil && e.invite == nil {
		return
	}
	if p.facts.node != p.s.Node {
		p.facts = inspectorView{node: p.s.Node}
	}
	p.drawTitle(b, r, e, focused, border)
	in := r.Inner()
	var parts []part
	var command string
	if e.invite != nil {
		parts, command = p.inviteParts(e.invite), "$ voxmesh invite revoke "+e.invite.PeerID
	} else {
		parts, command = p.nodeParts(e.node, in.W), "$ voxmesh nodes "+e.node.ID
		if past := p.s.World.Past; !past.IsZero() {
			command = "$ voxmesh oplog at " + p.s.Time().Format("15:04:05")
		}
	}
	if in.H < 1 {
		return
	}
	b.Put(in.X+1, in.Y+in.H-1, in.W-2, command, theme.In(theme.Third))
	p.drawLines(b, r, fit(parts, in.H-1), focused, border)
}

func (p *Pane) drawTitle(b *cell.Buffer, r layout.Rect, e entry, focused bool, border theme.Style) {
	id, class := entryName(e)
	g := glyph(e)
	word, ink := stateText(p, e, head{})
	fact := " " + g.Sign + " " + word + " "
	room := r.W - 4 - ansi.StringWidth(fact)
	st := border
	if focused {
		st = theme.In(theme.Text).With(theme.Bold)
	}
	end := row.Title(b, r.X+1, r.Y, room, class, id, st)
	if focused {
		b.Put(r.X+1, r.Y, 1, "[", st)
		b.Put(end-1, r.Y, 1, "]", st)
	}
	b.Right(end, r.X+r.W-2, r.Y, fact, ink)
}

// drawLines draws what fits of the lines, so that the chosen row is in sight.
func (p *Pane) drawLines(b *cell.Buffer, r layout.Rect, lines []line, focused bool, border theme.Style) {
	in, v := r.Inner(), &p.facts
	rows := in.H - 1
	v.items = v.items[:0]
	at := 0
	for i, l := range lines {
		if !l.item.none() {
			if len(v.items) == v.item {
				at = i
			}
			v.items = append(v.items, l.item)
		}
	}
	v.item = max(min(v.item, len(v.items)-1), 0)
	v.top = max(min(v.top, len(lines)-rows), 0)
	if focused && len(v.items) > 0 {
		v.top = max(min(v.top, at), at-rows+1)
	}
	v.rows = v.rows[:0]
	nth := 0
	for i, l := range lines {
		n := -1
		if !l.item.none() {
			n = nth
			nth++
		}
		y := in.Y + i - v.top
		if i < v.top || i >= v.top+rows {
			continue
		}
		v.rows = append(v.rows, n)
		look := row.Look{Selected: n >= 0 && n == v.item, Focused: focused, Faint: p.s.Faint()}
		drawLine(b, in.X+1, y, in.W-2, l, look)
	}
	if len(lines) > rows {
		pane.Facts(b, r, r.Y+r.H-1, position(v.top, rows, len(lines)), border)
	}
}

func drawLine(b *cell.Buffer, x, y, w int, l line, look row.Look) {
	if l.draw != nil {
		l.draw(b, x, y, w, look)
		return
	}
	if look.Faint {
		l.ls, l.rs = l.ls.With(theme.Faint), l.rs.With(theme.Faint)
	}
	rw := ansi.StringWidth(l.right)
	off := 0
	if !l.item.none() {
		off = 1
		if look.Selected && look.Focused {
			b.Put(x, y, 1, "▸", theme.In(theme.Text).With(theme.Bold))
		}
	}
	b.Put(x+off, y, w-off, format.End(l.left, w-off-rw-min(rw, 1)), l.ls)
	b.Right(x, x+w, y, format.End(l.right, w), l.rs)
}

// fit joins the parts with blank rows between them and shortens the last ones first.
func fit(parts []part, rows int) []line {
	size := func() int {
		n := -1
		for _, p := range parts {
			if len(p.lines) > 0 {
				n += len(p.lines) + 1
			}
		}
		return n
	}
	for i := len(parts) - 1; i >= 0; i-- {
		over := size() - rows
		if over <= 0 {
			break
		}
		p := &parts[i]
		keep := max(len(p.lines)-over, p.least)
		if keep <= 1 && p.least <= 1 && p.least < len(p.lines) { // a title alone says nothing
			keep = p.least
		}
		p.lines = p.lines[:min(keep, len(p.lines))]
	}
	var out []line
	for _, p := range parts {
		if len(p.lines) == 0 {
			continue
		}
		if len(out) > 0 {
			out = append(out, line{})
		}
		out = append(out, p.lines...)
	}
	return out
}
