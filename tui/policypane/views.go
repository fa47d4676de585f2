package policypane

import (
	"fmt"
	"slices"

	"voxmesh/policy"
	"voxmesh/tui/cell"
	"voxmesh/tui/format"
	"voxmesh/tui/layout"
	"voxmesh/tui/pane"
	"voxmesh/tui/theme"
)

// view is what the main region shows.
type view int

const (
	fields view = iota
	file        // where it has no room beside
	issues
)

// tab is a view by its name in the border: of a file of several policies each is one.
type tab struct {
	view   view
	policy string
	name   string
}

// rects are where the parts were drawn last; what is not shown is empty.
type rects struct {
	main   layout.Rect // the form, or a view in its place
	body   layout.Rect // of it, what scrolls
	beside layout.Rect
	under  layout.Rect
	field  layout.Rect // that is typed in
}

// Widths of the form beside the file.
const (
	formWidth  = 60
	formWidest = 72
)

// arrange says where the parts stand.
func (p *Pane) arrange(f layout.Frame) {
	r := f.Pane
	p.at = rects{}
	if f.Width < layout.Wide || f.OneUp {
		at := layout.ListPane(f, p.focus == beside, p.alone)
		p.at.main, p.at.under = at.List, at.Detail
		return
	}
	if p.view == file {
		p.view = fields
	}
	w := formWidth
	if f.Width >= layout.Widest {
		w = formWidest
	}
	p.at.main = layout.Rect{X: r.X, Y: r.Y, W: w, H: r.H}
	p.at.beside = layout.Rect{X: r.X + w, Y: r.Y, W: r.W - w, H: r.H}
	switch {
	case p.alone && p.focus == form:
		p.at.main, p.at.beside = r, layout.Rect{}
	case p.alone:
		p.at.main, p.at.beside = layout.Rect{}, r
	}
}

// wide reports whether the details stand within the regions.
func (p *Pane) wide() bool { return p.at.under.Empty() }

// Rows of what stands under the form, and under the file.
const (
	tallDetail = 6
	lowDetail  = 3
	lowPane    = 28 // rows of the pane, under which there are few of them
)

// split draws the line over the last rows of a region, and gives how many stay above it.
func (p *Pane) split(b *cell.Buffer, r layout.Rect, focused bool) int {
	n := tallDetail
	if r.H < lowPane {
		n = lowDetail
	}
	in := r.Inner()
	if in.H < n+6 {
		return in.H
	}
	st := theme.In(theme.Third)
	if focused {
		st = theme.In(theme.Second)
	}
	y := in.Y + in.H - n - 1
	b.Fill(in.X, y, in.W, 1, "─", st)
	b.Put(r.X, y, 1, "├", st)
	b.Put(r.X+r.W-1, y, 1, "┤", st)
	return in.H - n - 1
}

// views gives the views in their order.
func (p *Pane) views() []tab {
	out := []tab{{fields, "", "Donations"}}
	if len(p.names) > 1 {
		out = out[:0]
		for _, n := range p.names {
			out = append(out, tab{fields, n, n})
		}
	}
	if p.at.beside.Empty() && p.at.main.W < layout.Wide {
		out = append(out, tab{file, "", "File"})
	}
	grave := slices.ContainsFunc(p.problems, func(q problem) bool { return q.Severity != policy.SeverityNote })
	if n := len(p.problems); p.at.beside.Empty() && n > 0 || n > 1 || grave || p.view == issues {
		name := "Problems"
		if n > 0 {
			name = fmt.Sprintf("Problems %d", n)
		}
		out = append(out, tab{issues, "", name})
	}
	return out
}

// shownView is the view that is shown, as an index.
func (p *Pane) shownView() int {
	return max(slices.IndexFunc(p.views(), func(t tab) bool { return t.view == p.view && (t.view != fields || t.policy == p.policy) }), 0)
}

// turn shows a view; another policy of the file has its own form over the same edits.
func (p *Pane) turn(i int) {
	ts := p.views()
	if i < 0 || i >= len(ts) {
		return
	}
	p.view, p.focus = ts[i].view, form
	if ts[i].view == fields && ts[i].policy != p.policy {
		p.policy, p.looks = ts[i].policy, nil
		p.lay()
	}
	p.file.follow = true
}

// drawTabs writes the views into the border, and gives the column after them.
func (p *Pane) drawTabs(b *cell.Buffer, r layout.Rect, border theme.Style) int {
	x, shown, last := r.X+1, p.shownView(), fields
	const longName = 16
	for i, t := range p.views() {
		name, st := " "+format.Middle(t.name, longName)+" ", border
		if t.view != fields && last == fields {
			x += 2
		}
		last = t.view
		if i == shown {
			st = theme.In(theme.Text).With(theme.Bold)
			if p.focus == form {
				name = "[" + format.Middle(t.name, longName) + "]"
			}
		}
		to := b.Put(x, r.Y, r.X+r.W-1-x, name, st)
		p.tabs.Add(x, to, r.Y, i)
		x = to
	}
	return x
}

// drawMain draws the form, or the view in its place.
func (p *Pane) drawMain(b *cell.Buffer) {
	r := p.at.main
	if r.Empty() {
		return
	}
	border := pane.Frame(b, r, p.focus == form)
	x := p.drawTabs(b, r, border)
	fact, st := p.fact()
	if room := r.X + r.W - 6 - x; room > 5 {
		if fact != "" && st == (theme.Style{}) {
			st = border
		}
		pane.Facts(b, r, r.Y, format.End(fact, room), st)
	}
	p.at.body = r.Inner()
	if p.wide() && p.view == fields {
		p.at.body.H = p.split(b, r, p.focus == form)
		if rest := r.Inner().H - p.at.body.H; rest > 0 {
			in := p.at.body
			p.drawDetail(b, layout.Rect{X: in.X + 1, Y: in.Y + in.H + 1, W: in.W - 2, H: rest - 1})
		}
	}
	position := ""
	switch p.view {
	case fields:
		position = p.drawForm(b, p.at.body)
	case file:
		p.drawSheet(b, p.at.body)
		position = p.file.position()
	case issues:
		position = p.drawIssues(b, p.at.body)
	}
	pane.Facts(b, r, r.Y+r.H-1, position, border)
	if p.s.Faint() {
		in := r.Inner()
		b.Restyle(in.X, in.Y, in.W, in.H, func(s theme.Style) theme.Style { return s.With(theme.Faint) })
	}
}

// fact is what the border says of the form.
func (p *Pane) fact() (string, theme.Style) {
	n := p.count()
	switch {
	case p.writing != 0:
		return "writing…", theme.In(theme.Waiting)
	case p.failed != nil:
		return "could not be read: r retry", theme.In(theme.Failed)
	case p.disk != nil:
		return format.Many(n, "edit") + ", changed on disk", theme.In(theme.Waiting)
	case n > 0 && unchanged(p.now(), p.base):
		return format.Many(n, "edit") + ", as on disk", theme.Style{}
	case n > 0:
		return format.Many(n, "edit") + ", not saved", theme.In(theme.Waiting)
	case !p.doc.InForce && p.doc.Exists:
		return "not in force", theme.In(theme.Waiting)
	case p.errors() > 0:
		return format.Many(p.errors(), "error"), theme.In(theme.Failed)
	}
	return "", theme.Style{}
}

// drawIssues lists the problems, and gives what the border says of their place.
func (p *Pane) drawIssues(b *cell.Buffer, in layout.Rect) string {
	p.issues.Keep(true)
	p.issues.Set(p.issueIDs())
	from, to := p.issues.Window(in.H)
	if p.issues.Len() == 0 {
		b.Put(in.X+2, in.Y, in.W-3, "Nothing is wrong with the file.", theme.In(theme.Second))
	}
	for i := from; i < to; i++ {
		y := in.Y + i - from
		q := &p.problems[i]
		st := ink(q.Severity)
		if i == p.issues.At() {
			b.Put(in.X, y, 1, "▸", theme.In(theme.Text).With(theme.Bold))
			st = st.With(theme.Bold)
		}
		b.Put(in.X+2, y, in.W-3, format.End(q.line(), in.W-3), st)
	}
	return p.issues.Position()
}

func (p *Pane) issueIDs() []string {
	ids := make([]string, len(p.problems))
	for i, q := range p.problems {
		ids[i] = fmt.Sprintf("%d %d:%d %s", i, q.Line, q.Col, q.Code)
	}
	return ids
}

// goTo goes from a problem to its field.
func (p *Pane) goTo() {
	if at := p.issues.At(); at < len(p.problems) {
		p.toRow(p.problems[at].row)
	}
}

// toRow shows the form with the cursor on a row; −1 leaves it where it is.
func (p *Pane) toRow(i int) {
	p.view, p.focus = fields, form
	if i >= 0 && i < len(p.rows) {
		p.list.Select(p.rows[i].id)
	}
	p.file.follow = true
}

// step goes to the next problem: to its field, and in the list of problems to the next of them.
func (p *Pane) step() {
	if len(p.problems) == 0 {
		p.says = "nothing is wrong with the file"
		return
	}
	if p.view == issues {
		p.issues.Step(func(string) bool { return true })
		return
	}
	for k := 1; k <= len(p.rows); k++ {
		i := (p.list.At() + k) % len(p.rows)
		if p.rows[i].worst >= 0 {
			p.toRow(i)
			p.says = p.problems[p.rows[i].worst].line()
			return
		}
	}
	p.says = p.problems[0].line()
}
