package runspane

import (
	"fmt"
	"strconv"
	"time"

	"github.com/charmbracelet/x/ansi"

	"voxmesh/mesh"
	"voxmesh/mesh/privacy"
	"voxmesh/tui/cell"
	"voxmesh/tui/columns"
	"voxmesh/tui/format"
	"voxmesh/tui/layout"
	"voxmesh/tui/pane"
	"voxmesh/tui/row"
	"voxmesh/tui/theme"
)

// column is what the table can be sorted by, and shows.
type column int

const (
	byRun column = iota
	byClass
	byStatus
	byWhat
	byNode
	byStart
	byTime
	byCost
	byModel
	byTokens
	byTry
	byTrace
	numColumns
)

// head is a column as it is drawn. WHAT takes the rest of the width.
type head struct {
	name    string
	width   int
	right   bool
	down    bool // the order that is looked for first
	compare func(a, b *run) int
	text    func(*Pane, *run, int) (string, theme.Style)
}

var heads = [numColumns]head{
	byRun:    {"RUN", 7, false, false, byText(func(r *run) string { return r.RunID }), nil},
	byClass:  {"CLASS", row.BadgeWidth, false, true, byNumber(func(r *run) privacy.Class { return r.PrivacyClass.Effective() }), nil},
	byStatus: {"STATUS", 9, false, false, byText(func(r *run) string { return r.Status }), statusText},
	byWhat:   {"WHAT", leastWhat, false, false, byText(func(r *run) string { return r.Title }), whatText},
	byNode:   {"NODE", 12, false, false, byText(func(r *run) string { return r.NodeID }), nodeText},
	byStart:  {"START", 8, false, true, byNumber(func(r *run) int64 { return r.Start }), startText},
	byTime:   {"TIME", 6, true, true, byNumber(func(r *run) int64 { return r.DurationMS }), timeText},
	byCost:   {"COST", 6, true, true, byNumber(func(r *run) float64 { return r.CostUSD }), costText},
	byModel:  {"MODEL", 14, false, false, byText(func(r *run) string { return r.Model }), modelText},
	byTokens: {"TOKENS", 7, true, true, byNumber(func(r *run) int64 { return r.Tokens }), tokensText},
	byTry:    {"TRY", 3, true, true, byNumber(func(r *run) uint32 { return r.Attempts }), tryText},
	byTrace:  {"TRACE", 8, false, false, byText(func(r *run) string { return r.TraceID }), traceText},
}

const (
	leastWhat = 14 // columns of WHAT, for which others go
	mostWhat  = 56 // with more, the eye loses the row
	before    = 2  // the cursor and a blank
	after     = 1  // a blank before the border
)

// fit gives the columns that fit into w, and how wide WHAT is. The last ones go first.
func fit(w int) (cols []column, what int) {
	for n := numColumns; n > byWhat; n-- {
		used := before + after
		for c := range n {
			used += heads[c].width + 1
		}
		if room := w - used + 1 + leastWhat; room >= leastWhat || n == byWhat+1 {
			what = max(min(room, mostWhat), 0)
			for c := range n {
				cols = append(cols, c)
			}
			return cols, what
		}
	}
	return nil, 0
}

func (p *Pane) drawTable(b *cell.Buffer, r layout.Rect) {
	border := pane.Frame(b, r, p.focus == table)
	x := p.views.Draw(b, r, viewNames, p.view, p.focus == table, border)
	if to := p.filter.Draw(b, r, x+1, r.Y); to > x+1 {
		x = to
	}
	p.drawFacts(b, r, x, border)
	in := r.Inner()
	cols, what := fit(in.W)
	hs := headsOf(cols, what)
	p.order.Draw(b, in.X+before-1, in.Y, hs)
	body := layout.Rect{X: in.X, Y: in.Y + 1, W: in.W, H: max(in.H-1, 0)}
	from, to := p.list.Window(body.H)
	ids := p.list.IDs()
	switch {
	case !p.ready:
		columns.Shape(b, body.X+before-1, body.Y, body.H, hs)
	case len(ids) == 0:
		b.Put(body.X+before, body.Y+1, body.W-before, p.none(), theme.In(theme.Second))
	}
	for i, id := range ids[from:to] {
		look := row.Look{Selected: id == p.list.Selected(), Focused: p.focus == table, Faint: p.s.Faint()}
		p.drawRun(b, body.X, body.Y+i, body.W, p.shown.runs[id], cols, what, look)
	}
	pane.Facts(b, r, r.Y+r.H-1, p.position(from, to), border)
	p.saw(ids[from:to])
}

// position says where the list stands. What "came" can be said of a list alone whose first row is the newest.
func (p *Pane) position(from, to int) string {
	n := p.list.Len()
	switch {
	case p.newestFirst():
		return p.list.Position()
	case to-from < n:
		return format.Position(from, to, n)
	}
	return ""
}

// none says why the list has no row.
func (p *Pane) none() string {
	switch {
	case p.filter.Text() != "":
		return "No run matches /" + p.filter.Text()
	case p.view == running:
		return "Nothing runs, nothing waits."
	}
	return "Nothing failed in the last 24 hours."
}

// drawFacts says at the right of the border how many there are, or how many of them the filter lets through.
func (p *Pane) drawFacts(b *cell.Buffer, r layout.Rect, from int, st theme.Style) {
	if !p.ready {
		return
	}
	text := format.Many(p.shown.known, "run")
	if f := p.shown.query.filter; f != "" {
		text = fmt.Sprintf("%d of %d", len(p.shown.ids), p.shown.known)
		if !p.filter.Typing() {
			text += " /" + f
		}
	}
	room := r.X + r.W - 2 - from - 2
	if room >= 6 {
		pane.Facts(b, r, r.Y, format.End(text, room), st)
	}
}

// headsOf are the heads of the columns. A blank stands before each, of the first it is the one after the cursor.
func headsOf(cols []column, what int) []columns.Head[column] {
	out := make([]columns.Head[column], len(cols))
	for i, c := range cols {
		out[i] = columns.Head[column]{Column: c, Name: heads[c].name, Width: width(c, what), Gap: 1, Right: heads[c].right}
	}
	return out
}

func width(c column, what int) int {
	if c == byWhat {
		return what
	}
	return heads[c].width
}

func (p *Pane) drawRun(b *cell.Buffer, x, y, w int, r *run, cols []column, what int, l row.Look) {
	if r == nil {
		return
	}
	fields := make([]row.Field, 0, len(cols))
	for _, c := range cols {
		if h := heads[c]; h.text != nil {
			cw := width(c, what)
			text, st := h.text(p, r, cw)
			fields = append(fields, row.Field{Text: text, Width: cw, Gap: 1, Right: h.right, Style: st})
		}
	}
	row.Run(b, x, y, w, r.PrivacyClass, row.Field{Text: r.RunID, Width: heads[byRun].width}, fields, l)
}

func statusText(_ *Pane, r *run, _ int) (string, theme.Style) { return row.Status(r.Status) }

func whatText(_ *Pane, r *run, w int) (string, theme.Style) {
	return format.End(r.Title, w), theme.Style{}
}

// nodeText is where it runs or ran; what it waits for where it waits.
func nodeText(_ *Pane, r *run, w int) (string, theme.Style) {
	switch {
	case r.waits != "":
		return format.End(r.waits, w), theme.In(theme.Waiting)
	case r.NodeID == "" || r.Status == mesh.Queued.String():
		return format.Dash, theme.In(theme.Third)
	}
	return format.Middle(r.NodeID, w), theme.In(theme.Second)
}

func startText(p *Pane, r *run, _ int) (string, theme.Style) {
	return started(r.Start, p.s.Time()), theme.In(theme.Second)
}

// started is the time of day, and of what is older than a day the date.
func started(micros int64, now time.Time) string {
	if now.Sub(time.UnixMicro(micros)) >= 24*time.Hour {
		return format.Day(micros, now)
	}
	return format.Time(micros, now.Location())
}

func timeText(p *Pane, r *run, w int) (string, theme.Style) {
	return row.Lasted(r.took(p.s.Time()), w), theme.Style{}
}

func costText(_ *Pane, r *run, _ int) (string, theme.Style) {
	return format.Money(micros(r.CostUSD)), theme.In(theme.Second)
}

func micros(usd float64) int64 { return int64(usd*1e6 + 0.5) }

func modelText(_ *Pane, r *run, w int) (string, theme.Style) {
	if r.Model == "" {
		return format.Dash, theme.In(theme.Third)
	}
	return format.Model(r.Model, w), theme.In(theme.Second)
}

func tokensText(_ *Pane, r *run, _ int) (string, theme.Style) {
	if r.Tokens == 0 {
		return format.Dash, theme.In(theme.Third)
	}
	return format.Count(r.Tokens), theme.In(theme.Second)
}

func tryText(_ *Pane, r *run, _ int) (string, theme.Style) {
	st := theme.In(theme.Second)
	if r.Attempts > 1 {
		st = theme.In(theme.Waiting)
	}
	return strconv.Itoa(int(r.Attempts)), st
}

func traceText(_ *Pane, r *run, w int) (string, theme.Style) {
	return ansi.Truncate(r.TraceID, w, ""), theme.In(theme.Third)
}
