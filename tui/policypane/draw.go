package policypane

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"voxmesh/policy"
	"voxmesh/tui/cell"
	"voxmesh/tui/format"
	"voxmesh/tui/layout"
	"voxmesh/tui/theme"
)

// drawForm draws the rows of the form, with blank ones between where all has room, and gives where it is scrolled to.
func (p *Pane) drawForm(b *cell.Buffer, in layout.Rect) string {
	if len(p.rows) == 0 {
		p.drawNone(b, in)
		return ""
	}
	gaps := 0
	for _, r := range p.rows {
		if r.gapped {
			gaps++
		}
	}
	from, to := p.list.Window(in.H)
	if len(p.rows)+gaps > in.H {
		gaps = 0
	}
	y := in.Y
	for i := from; i < to; i++ {
		if gaps > 0 && p.rows[i].gapped {
			y++
		}
		p.drawRow(b, layout.Rect{X: in.X, Y: y, W: in.W, H: 1}, i)
		y++
	}
	return p.list.Position()
}

// What a click on a row means: its number and its cell.
const (
	perRow  = 16
	wholeOf = perRow - 1
)

func (p *Pane) drawRow(b *cell.Buffer, at layout.Rect, i int) {
	r := &p.rows[i]
	x, y, end := at.X-1, at.Y, at.X+at.W-1 // columns count from the border
	selected := i == p.list.At()
	p.drawSigns(b, x, y, r, selected)
	switch r.kind {
	case single:
		b.Put(x+labelAt, y, markAt-labelAt, r.entry.label, theme.In(theme.Second))
		p.drawSingle(b, x, y, end, i)
	case head:
		b.Put(x+labelAt, y, markAt-labelAt, r.entry.label, theme.In(theme.Second))
		switch {
		case p.openOn(r.id, ""):
			p.drawField(b, x+valueAt, y, min(end-x-valueAt, optionWidth), false)
		case r.empty:
			b.Put(x+valueAt, y, end-x-valueAt, format.End(r.says, end-x-valueAt), theme.In(theme.Second))
		default:
			for _, c := range r.entry.table {
				put(b, x+c.at, y, c.w, end, c.head, c.right, theme.In(theme.Third))
			}
		}
	case record:
		if !r.entry.fixed() {
			b.Put(x+4, y, 8, strconv.Itoa(r.index+1), theme.In(theme.Second))
		}
		p.drawCells(b, x, y, end, i, selected)
	case adder:
		if p.openOn(r.id, "") {
			b.Put(x+4, y, 8, strconv.Itoa(r.index+1), theme.In(theme.Second))
			p.drawField(b, x+valueAt, y, min(end-x-valueAt, optionWidth), false)
			break
		}
		b.Put(x+4, y, valueAt, r.entry.add, theme.In(theme.Second))
		if r.entry.field.Name == slots {
			sum := p.weights()
			st := theme.In(theme.Second)
			if sum != policy.MaxWeight {
				st = theme.In(theme.Waiting)
			}
			b.Put(x+weighAt, y, end-x-weighAt, fmt.Sprintf("weights %d of %d", sum, policy.MaxWeight), st)
		}
	}
	if r.kind != head || r.empty {
		p.places.Add(at.X, at.X+at.W, y, i*perRow+wholeOf)
	}
	if selected && p.focus == form {
		b.Restyle(at.X, y, at.W, 1, func(s theme.Style) theme.Style { return s.With(theme.Raised) })
	}
}

// drawSigns draws the cursor or the sign of what is carried, the dot of what changed, and the mark of what is wrong.
func (p *Pane) drawSigns(b *cell.Buffer, x, y int, r *formRow, selected bool) {
	at := x + markAt
	if r.kind == record || r.kind == adder {
		at = x + labelAt
	}
	strong := theme.In(theme.Text).With(theme.Bold)
	switch {
	case selected && p.carried != nil:
		b.Put(at, y, 1, "↕", strong)
	case selected:
		b.Put(at, y, 1, "▸", strong)
	}
	if r.fresh || r.moved || slices.ContainsFunc(r.cells, func(c place) bool { return c.changed }) {
		b.Put(at+1, y, 1, "•", theme.In(theme.Waiting))
	}
	if r.worst >= 0 && p.problems[r.worst].Severity != policy.SeverityNote {
		b.Put(x+labelAt-1, y, 1, "!", ink(p.problems[r.worst].Severity).With(theme.Bold))
	}
}

func put(b *cell.Buffer, x, y, w, end int, s string, right bool, st theme.Style) {
	if w = min(w, end-x); w <= 0 {
		return
	}
	if right {
		b.Right(x, x+w, y, s, st)
		return
	}
	b.Put(x, y, w, format.End(s, w), st)
}

// drawSingle draws the value of a field of the policy, and what it was or means.
func (p *Pane) drawSingle(b *cell.Buffer, x, y, end, i int) {
	r := &p.rows[i]
	c := &r.cells[0]
	st := theme.Style{}
	if !c.present {
		st = theme.In(theme.Second)
	}
	if c.wrong != "" {
		st = theme.In(theme.Failed)
	}
	room := end - x - valueAt
	switch f := c.field; f.Type {
	case policy.Bool:
		box := "[ ] "
		if c.text == "yes" {
			box = "[x] "
		}
		if c.wrong != "" {
			b.Put(x+valueAt, y, room, format.End(c.text, room), st)
			return
		}
		b.Put(x+valueAt, y, room, box+r.entry.note, st)
	case policy.Int:
		if p.openOn(r.id, c.path) {
			p.drawField(b, x+valueAt, y, numberW, true)
		} else {
			put(b, x+valueAt, y, numberW, end, orAbsent(c), true, st)
		}
		if f.Unit != "" {
			b.Put(x+valueAt+numberW, y, 3, " "+f.Unit, theme.In(theme.Second))
		}
		note := meaning(c)
		if c.changed {
			note = "was " + wasOf(c)
		}
		b.Put(x+noteAt, y, end-x-noteAt, format.End(note, end-x-noteAt), theme.In(theme.Second))
	default:
		switch {
		case p.openOn(r.id, c.path):
			p.drawField(b, x+valueAt, y, room-1, false)
		case !c.present:
			b.Put(x+valueAt, y, room, format.End(r.entry.absent, room), st)
		case c.names != nil && len(c.names) == 0:
			b.Put(x+valueAt, y, room, r.entry.empty(), st)
		default:
			b.Put(x+valueAt, y, room, format.End(c.text, room), st)
		}
	}
}

// meaning is what a number says, for who reads no seconds; else what it may be.
func meaning(c *place) string {
	if c.field.Name != longest {
		return span(c.field)
	}
	switch n := numberOf(orAbsent(c)); {
	case c.wrong != "":
		return span(c.field)
	case n == 0:
		return "no limit"
	default:
		return format.Long(time.Duration(n) * time.Second)
	}
}

// orAbsent is the value or, where the file does not say it, what that means as a number.
func orAbsent(c *place) string {
	if c.text != "" || c.present {
		return c.text
	}
	word, _, _ := strings.Cut(c.field.Absent, " ")
	if _, err := strconv.Atoi(word); err == nil {
		return word
	}
	if c.field.Name == "days" {
		return c.field.Absent
	}
	return format.Dash
}

func wasOf(c *place) string {
	if c.was == "" {
		return "not said"
	}
	return c.was
}

func (p *Pane) openOn(row, path string) bool {
	return p.open != nil && p.open.row == row && (p.open.adds || p.open.cell.path == path)
}

// drawCells draws the cells of a record, and what the changed one of them was where there is room.
func (p *Pane) drawCells(b *cell.Buffer, x, y, end, i int, selected bool) {
	r := &p.rows[i]
	notes := noteAt
	var was []string
	for k, col := range r.entry.table {
		c := &r.cells[k]
		notes = max(notes, col.at+col.w+2)
		st := theme.Style{}
		switch {
		case c.wrong != "":
			st = theme.In(theme.Failed)
		case !c.present:
			st = theme.In(theme.Second)
		}
		p.places.Add(x+col.at, min(x+col.at+col.w, end), y, i*perRow+k)
		if p.openOn(r.id, c.path) {
			p.drawField(b, x+col.at, y, min(col.w, end-x-col.at), col.right)
		} else {
			put(b, x+col.at, y, col.w, end, display(c), col.right, st)
			if selected && p.focus == form && k == min(p.col, len(r.cells)-1) {
				b.Restyle(x+col.at, y, min(col.w, end-x-col.at), 1, func(s theme.Style) theme.Style { return s.With(theme.Bold) })
			}
		}
		if c.changed && !r.fresh {
			was = append(was, wasOf(c))
		}
	}
	text := strings.Join(was, ", ")
	switch {
	case r.fresh:
		text = "new"
	case len(was) > 0:
		text = "was " + text
	case r.moved:
		text = "moved"
	}
	if room := end - x - notes; room >= 3 {
		b.Put(x+notes, y, room, format.End(text, room), theme.In(theme.Second))
	}
}

// display is a cell as its table shows it.
func display(c *place) string {
	if c.field.Name == "days" && c.names != nil {
		return week(c.names)
	}
	return orAbsent(c)
}

// week writes days of the week in short: mon–fri.
func week(days []string) string {
	all := policy.Days()
	if len(days) == 0 {
		return "none"
	}
	if first := slices.Index(all, days[0]); len(days) > 2 && first >= 0 && first+len(days) <= len(all) && slices.Equal(days, all[first:first+len(days)]) {
		if len(days) == len(all) {
			return "every day"
		}
		return days[0] + "–" + days[len(days)-1]
	}
	return strings.Join(days, ", ")
}

// drawField draws the field that is typed in, the cursor behind or in its text; a number ends where it stood.
func (p *Pane) drawField(b *cell.Buffer, x, y, w int, right bool) {
	o := p.open
	p.at.field = layout.Rect{X: x, Y: y, W: w, H: 1}
	from, room := x, w
	option, chosen := o.pick.on()
	text := o.in.Value()
	if chosen {
		text = option
		if o.cell.field.Type == policy.Texts {
			text = o.text()
		}
	}
	if n := cell.Width(text); right && n <= w {
		from, room = x+w-n, n
	}
	b.Fill(x, y, w+1, 1, " ", theme.Style{})
	if chosen {
		b.Put(b.Put(from, y, room, format.End(text, room), theme.In(theme.Text)), y, 1, "▏", theme.In(theme.Text))
	} else {
		o.in.Draw(b, from, y, room+1, true)
	}
	if o.why != "" {
		b.Restyle(x, y, w+1, 1, func(s theme.Style) theme.Style { return theme.Style{Ink: theme.Failed, Attr: s.Attr} })
	}
}
