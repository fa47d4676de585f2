package modelspane

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"

	"github.com/charmbracelet/x/ansi"

	"voxmesh/tui/cell"
	"voxmesh/tui/format"
	"voxmesh/tui/layout"
	"voxmesh/tui/pane"
	"voxmesh/tui/row"
	"voxmesh/tui/theme"
)

// column is what the table can be sorted by, and shows.
type column int

const (
	byName column = iota
	byClass
	bySize
	byQuant
	byBackend
	byCould
	byAge
	byContext
	byFamily
	byDigest
	numColumns
)

// head is a column as it is drawn. A name takes what is left of the width, up to a limit.
type head struct {
	name    string
	width   int
	gap     int
	right   bool
	down    bool // the order that is looked for first
	compare func(a, b *facts) int
	text    func(*facts) string
}

var heads = [numColumns]head{
	byName:  {name: "MODEL", width: 19},
	byClass: {"CLASS", row.BadgeWidth, 1, false, false, func(a, b *facts) int { return cmp.Compare(a.wide, b.wide) }, nil},
	bySize: {"SIZE", 7, 1, true, true, func(a, b *facts) int { return cmp.Compare(a.size, b.size) }, func(f *facts) string {
		if f.size == 0 {
			return ""
		}
		return format.Size(f.size)
	}},
	byQuant:   {"QUANT", 7, 2, false, false, func(a, b *facts) int { return cmp.Compare(a.quant, b.quant) }, func(f *facts) string { return f.quant }},
	byBackend: {"BACKEND", 7, 1, false, false, func(a, b *facts) int { return cmp.Compare(a.backend, b.backend) }, func(f *facts) string { return f.backend }},
	byCould:   {"COULD RUN", 17, 1, false, false, func(a, b *facts) int { return cmp.Compare(a.rank, b.rank) }, func(f *facts) string { return f.word }},
	byAge:     {"AGE", 4, 1, true, true, func(a, b *facts) int { return cmp.Compare(a.old, b.old) }, func(f *facts) string { return f.age }},
	byContext: {"CONTEXT", 7, 2, true, true, func(a, b *facts) int { return cmp.Compare(a.context, b.context) }, func(f *facts) string { return tokens(f.context) }},
	byFamily:  {"FAMILY", 10, 2, false, false, func(a, b *facts) int { return cmp.Compare(a.family, b.family) }, func(f *facts) string { return f.family }},
	byDigest:  {"DIGEST", 8, 1, false, false, func(a, b *facts) int { return cmp.Compare(a.digest, b.digest) }, func(f *facts) string { return f.digest }},
}

const (
	before   = 2  // the cursor and a blank
	after    = 2  // blanks before the border
	mostName = 40 // with more, the eye loses the row
	inset    = 2  // of a row under another
)

// tokens writes the size of a context as it is named, in units of 1,024.
func tokens(n int64) string {
	switch {
	case n <= 0:
		return ""
	case n%1024 == 0:
		return strconv.FormatInt(n/1024, 10) + " k"
	}
	return format.Count(n)
}

// fit gives the columns that fit into w, and how wide a name is. Of those of 80 columns AGE goes first, then what only
// describes a model: whether it can run is what the list is for.
func fit(w int) (cols []column, name int) {
	used := before + heads[byName].width
	var have [numColumns]bool
	for _, c := range []column{byClass, byCould, bySize, byBackend, byQuant, byAge, byContext, byFamily, byDigest} {
		n := heads[c].gap + heads[c].width
		if used+n > w {
			break
		}
		used += n
		have[c] = true
	}
	have[byName] = true
	for c := range numColumns {
		if have[c] {
			cols = append(cols, c)
		}
	}
	return cols, heads[byName].width + max(min(w-after-used, mostName-heads[byName].width), 0)
}

func (p *Pane) drawTable(b *cell.Buffer, r layout.Rect) {
	border := pane.Frame(b, r, p.focus == table)
	x := p.drawViews(b, r, border)
	if to := p.filter.Draw(b, r, x+1, r.Y); to > x+1 {
		x = to
	}
	p.drawFacts(b, r, x, border)
	in := r.Inner()
	cols, name := fit(in.W)
	p.drawHead(b, in, cols, name)
	body := layout.Rect{X: in.X, Y: in.Y + 1, W: in.W, H: max(in.H-1, 0)}
	from, to := p.list.Window(body.H)
	ids := p.list.IDs()
	p.signs = p.signs[:0]
	switch {
	case !p.ready:
		drawShape(b, body, cols, name)
	case len(ids) == 0:
		b.Put(body.X+before, body.Y+1, body.W-before, p.none(), theme.In(theme.Second))
	}
	for i, id := range ids[from:to] {
		look := row.Look{Selected: id == p.list.Selected(), Focused: p.focus == table, Faint: p.s.Faint()}
		at := layout.Rect{X: body.X, Y: body.Y + i, W: body.W, H: 1}
		switch sp := p.shown.spots[id]; {
		case sp != nil:
			p.drawSpot(b, at, sp, cols, name, look)
		default:
			p.drawBranch(b, at, id, cols, name, look)
		}
	}
	if to-from < len(ids) {
		pane.Facts(b, r, r.Y+r.H-1, fmt.Sprintf("%d–%d of %d", from+1, to, len(ids)), border)
	}
}

// none says why the list has no row.
func (p *Pane) none() string {
	switch {
	case p.filter.Text() != "":
		return "Nothing matches /" + p.filter.Text()
	case p.kept == loaded:
		return "No model is loaded anywhere now."
	case p.kept == absent:
		return "Nothing is known to fit where it is absent."
	}
	return "No node could run a model for this job now; f shows all."
}

func (p *Pane) drawViews(b *cell.Buffer, r layout.Rect, border theme.Style) int {
	p.tabs = p.tabs[:0]
	x := r.X + 1
	for v, name := range viewNames {
		text, st := " "+name+" ", border
		if view(v) == p.view {
			st = theme.In(theme.Text).With(theme.Bold)
			if p.focus == table {
				text = "[" + name + "]"
			}
		}
		to := b.Put(x, r.Y, r.X+r.W-1-x, text, st)
		p.tabs = append(p.tabs, place{x, to, r.Y, v})
		x = to
	}
	return x
}

// drawFacts says at the right of the border how many there are, or how many of them the filters let through, and for
// what job places are judged.
func (p *Pane) drawFacts(b *cell.Buffer, r layout.Rect, from int, st theme.Style) {
	if !p.ready {
		return
	}
	a := &p.shown
	what := "model"
	if a.query.view == byNode {
		what = "node"
	}
	text := count(a.known, what)
	if p.narrowed() {
		text = fmt.Sprintf("%d of %d", a.shown, a.known)
	}
	if k := a.query.kept; k != every {
		text += " " + namedNames[k]
	}
	if f := a.query.filter; f != "" && !p.filter.Typing() {
		text += " /" + f
	}
	room := r.X + r.W - 2 - from - 2
	if job := ", for a " + jobClass.Badge() + " job"; ansi.StringWidth(text+job) <= room {
		text += job
	}
	if room >= 6 {
		pane.Facts(b, r, r.Y, format.End(text, room), st)
	}
}

func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

func (p *Pane) drawHead(b *cell.Buffer, in layout.Rect, cols []column, name int) {
	p.columns = p.columns[:0]
	x := in.X + before
	for _, c := range cols {
		h := heads[c]
		text, st, w := h.name, theme.In(theme.Third), h.width
		if c == byName {
			w = name
			if p.view == byNode {
				text = "NODE"
			}
		}
		if c == p.sortBy {
			st = theme.In(theme.Second)
			if p.down {
				text += "▾"
			} else {
				text += "▴"
			}
		}
		x += h.gap
		if h.right {
			b.Right(x-h.gap, x+w, in.Y, text, st)
		} else {
			b.Put(x, in.Y, w+1, text, st)
		}
		p.columns = append(p.columns, place{x - h.gap, x + w, in.Y, int(c)})
		x += w
	}
}

// fields are the columns right of the class.
func (f *facts) fields(cols []column) []row.Field {
	out := make([]row.Field, 0, len(cols))
	for _, c := range cols {
		h := heads[c]
		if h.text == nil {
			continue
		}
		st := theme.In(theme.Second)
		if c == byCould {
			st = theme.In(f.ink)
		}
		out = append(out, row.Field{Text: h.text(f), Width: h.width, Gap: h.gap, Right: h.right, Style: st})
	}
	return out
}

func (p *Pane) drawSpot(b *cell.Buffer, at layout.Rect, sp *spot, cols []column, name int, l row.Look) {
	id := row.Field{Text: format.Middle(sp.node, name-inset), Width: name}
	if p.shown.query.view == byNode {
		id.Text = format.Model(sp.model, name-inset)
	}
	row.Place(b, at.X, at.Y, at.W, sp.class, inset, id, sp.facts.fields(cols), l)
}

// drawBranch draws the row over some places. That of a node has the node's class; a model has none of its own.
func (p *Pane) drawBranch(b *cell.Buffer, at layout.Rect, id string, cols []column, name int, l row.Look) {
	h, hidden := p.shown.headers[id], ""
	if n := p.hidden(id); n > 0 {
		hidden = " +" + strconv.Itoa(n)
	}
	room := name - len(hidden)
	if strings.HasPrefix(id, nodeID("")) {
		for i := range p.shown.branches {
			if g := &p.shown.branches[i]; g.id == id {
				row.Place(b, at.X, at.Y, at.W, g.class, 0, row.Field{Text: format.Middle(h.name, room) + hidden, Width: name}, h.facts.fields(cols), l)
			}
		}
	} else {
		drawModel(b, at, h, room, name, cols, l)
		b.Put(at.X+before+ansi.StringWidth(format.Model(h.name, room)), at.Y, len(hidden), hidden, theme.In(theme.Second))
		p.finish(b, at, l)
	}
	if hidden != "" {
		p.signs = append(p.signs, place{at.X + before, at.X + before + name, at.Y, 0})
	}
}

// hidden is how many rows a closed branch hides.
func (p *Pane) hidden(id string) int {
	if p.isOpen(id) {
		return 0
	}
	for _, g := range p.shown.branches {
		if g.id == id {
			return len(g.spots)
		}
	}
	return 0
}

func drawModel(b *cell.Buffer, at layout.Rect, h header, room, name int, cols []column, l row.Look) {
	st := theme.Style{}.With(theme.Bold)
	if l.Selected {
		b.Put(at.X, at.Y, 1, "▸", st)
	}
	b.Put(at.X+before, at.Y, room, format.Model(h.name, room), st)
	x, end := at.X+before+name, at.X+at.W
	if len(cols) > 1 {
		x += heads[byClass].gap + heads[byClass].width
	}
	for _, f := range h.facts.fields(cols) {
		x += f.Gap
		if f.Right {
			b.Right(x, min(x+f.Width, end), at.Y, f.Text, f.Style)
		} else {
			b.Put(x, at.Y, min(f.Width, end-x), format.End(f.Text, f.Width), f.Style)
		}
		x += f.Width
	}
}

func (p *Pane) finish(b *cell.Buffer, at layout.Rect, l row.Look) {
	attr := theme.Attr(0)
	switch {
	case l.Faint:
		attr = theme.Faint
	case l.Selected && l.Focused:
		attr = theme.Raised
	}
	b.Restyle(at.X, at.Y, at.W, 1, func(s theme.Style) theme.Style { return s.With(attr) })
}

// drawShape draws rows of the right shape, faint.
func drawShape(b *cell.Buffer, r layout.Rect, cols []column, name int) {
	st := theme.In(theme.Third).With(theme.Faint)
	for y := range r.H {
		x := r.X + before
		for _, c := range cols {
			w := heads[c].width
			if c == byName {
				w = name
			}
			x += heads[c].gap
			b.Fill(x, r.Y+y, max(w-(y*7+int(c)*3)%(w/2+1), 1), 1, "─", st)
			x += w
		}
	}
}
