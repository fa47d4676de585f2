package auditpane

import (
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/charmbracelet/x/ansi"

	"voxmesh/mesh/clean"
	"voxmesh/tui/cell"
	"voxmesh/tui/format"
	"voxmesh/tui/layout"
	"voxmesh/tui/pane"
	"voxmesh/tui/row"
	"voxmesh/tui/theme"
)

// drawDetail draws what there is to say of the selected entry: the reason in full, who and when, and the command that
// shows the same.
func (p *Pane) drawDetail(b *cell.Buffer, r layout.Rect) {
	focused := p.focus == detail
	border := pane.Frame(b, r, focused)
	e := p.selected()
	if e == nil {
		return
	}
	drawTitle(b, r, e, focused, border)
	in := r.Inner()
	x, w := in.X+1, in.W-2
	if in.H < 3 || w < 10 {
		return
	}
	y, end := in.Y, in.Y+in.H-2
	if e.why != "" {
		b.Put(x, y, w, format.End(e.why, w), theme.In(theme.Failed))
		y++
	}
	for _, s := range wrapped(reasonOf(e), w, end-y) {
		b.Put(x, y, w, s, theme.Style{})
		y++
	}
	b.Put(x, end, w, format.End(p.facts(e), w), theme.In(theme.Second))
	b.Put(x, end+1, w, commandOf(e), theme.In(theme.Third))
	if p.s.Faint() {
		b.Restyle(in.X, in.Y, in.W, in.H, func(s theme.Style) theme.Style { return s.With(theme.Faint) })
	}
}

// drawTitle writes an entry into a border: its id, what was done to what, and whether it is as it was signed.
func drawTitle(b *cell.Buffer, r layout.Rect, e *entry, focused bool, border theme.Style) {
	st := border
	if focused {
		st = theme.In(theme.Text).With(theme.Bold)
	}
	fact, ink := e.mark.says()
	end := r.X + r.W - 3 - ansi.StringWidth(fact)
	x := b.Put(r.X+1, r.Y, end-r.X-1, " "+e.id+"  "+format.End(e.action, 12), st.With(theme.Bold))
	x = row.Title(b, x, r.Y, end-x, e.class, e.target, st)
	if focused {
		b.Put(r.X+1, r.Y, 1, "[", st)
		b.Put(x-1, r.Y, 1, "]", st)
	}
	b.Right(x, r.X+r.W-2, r.Y, fact, ink)
}

func (m mark) says() (string, theme.Style) {
	sign, st := m.sign()
	switch m {
	case signed:
		return " " + sign + " as signed ", st
	case broken:
		return " " + sign + " not as signed ", st
	case unknown:
		return " " + sign + " can't be checked ", st
	}
	return " " + sign + " not checked yet ", st
}

func reasonOf(e *entry) string {
	if e.reason == "" {
		return "No reason was asked for."
	}
	return e.reason
}

// facts are who and when, what else belongs to the act, and where it stands in the log.
func (p *Pane) facts(e *entry) string {
	out := []string{full(e.raw.TsMicros, p.s.Now().Location()) + " by " + p.who(e.actor)}
	for _, k := range slices.Sorted(maps.Keys(e.raw.Detail)) {
		out = append(out, named(k)+" "+clean.Line(e.raw.Detail[k]).String())
	}
	out = append(out, "op "+grouped(e.raw.Op), e.class.String())
	return strings.Join(out, ", ")
}

// named writes the name of a field as words.
func named(s string) string { return strings.ReplaceAll(clean.Line(s).String(), "_", " ") }

// full is a moment with its date and its zone.
func full(micros int64, zone *time.Location) string {
	return time.UnixMicro(micros).In(zone).Format("2 Jan 2006 15:04:05.000 MST")
}

func commandOf(e *entry) string { return "$ voxmesh audit show " + e.id }

// wrapped breaks text into at most n rows, the last of them cut.
func wrapped(text string, w, n int) []string {
	rows := format.Wrap(text, w)
	if n <= 0 {
		return nil
	}
	if len(rows) > n {
		rest := strings.Join(rows[n-1:], " ")
		rows = append(rows[:n-1], format.End(rest, w))
	}
	return rows
}
