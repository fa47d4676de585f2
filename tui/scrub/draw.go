package scrub

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"voxmesh/mesh"
	"voxmesh/tui/cell"
	"voxmesh/tui/format"
	"voxmesh/tui/layout"
	"voxmesh/tui/pane"
	"voxmesh/tui/row"
	"voxmesh/tui/theme"
)

const wide = layout.Wide

// The signs of the bar: before the knob, and after it.
var (
	heavy = [...]string{none: "━", some: "┷", many: "┻", act: "╋", unborn: "·"}
	light = [...]string{none: "─", some: "┴", many: "┸", act: "╂", unborn: "·"}
)

// look is all that the rows of the bar depend on.
type look struct {
	win     window
	gen     uint64
	failed  bool
	past    bool
	knob    int
	focused bool
	faint   bool
	rect    layout.Rect
	zone    *time.Location
}

// drawing is the bar as it was drawn last.
type drawing struct {
	look look
	buf  *cell.Buffer
}

// Draw draws the bar where the frame has it: one row, or two with the times under it. While the time field is open it
// stands there, or on the status row where the frame has no bar.
func (b *Bar) Draw(buf *cell.Buffer, f layout.Frame) {
	r := f.Scrubber
	b.rect = r
	if b.typing {
		if r.Empty() {
			r = f.Status
		}
		buf.Fill(r.X, r.Y, r.W, r.H, " ", theme.Style{})
		b.drawField(buf, r)
		return
	}
	if r.Empty() || b.win.n == 0 {
		return
	}
	knob := b.win.n - 1
	if b.past {
		knob = max(min(b.win.column(b.knob.UnixMicro()), b.win.n-1), 0)
	}
	l := look{
		win: b.win, gen: b.axis.gen, failed: b.axis.err != nil, past: b.past, knob: knob, focused: b.focused,
		faint: b.s.Faint(), rect: r, zone: b.s.Now().Location(),
	}
	l.win.begin, l.win.end = l.win.begin/1e6*1e6, l.win.end/1e6*1e6 // labels show no less than a second
	if b.drawn.buf == nil || b.drawn.look != l {
		b.drawn = drawing{l, cell.New(r.W, r.H)}
		b.render(b.drawn.buf, l)
	}
	buf.Paste(r.X, r.Y, b.drawn.buf)
}

// render draws the rows of the bar.
func (b *Bar) render(buf *cell.Buffer, l look) {
	format, label := l.win.labels()
	second, bold := theme.In(theme.Second), theme.In(theme.Text).With(theme.Bold)
	when := func(t int64) string { return micros(t).In(l.zone).Format(format) }
	x, _ := room(l.rect.W, label)
	buf.Put(1, 0, label, when(l.win.begin), second)
	b.renderBar(buf, x, l)
	end := x + l.win.n + 1
	buf.Put(end, 0, label, when(l.win.end), second)
	end = buf.Put(end+label+2, 0, 4, lengths()[b.size].name, second)
	if l.focused {
		buf.Put(0, 0, 1, "[", bold)
		buf.Put(end, 0, 1, "]", bold)
	}
	if l.rect.H > 1 {
		renderTicks(buf, x, l, label, when)
	}
	if l.faint {
		buf.Restyle(0, 0, buf.W, buf.H, func(s theme.Style) theme.Style { return s.With(theme.Faint) })
	}
}

func (b *Bar) renderBar(buf *cell.Buffer, x int, l look) {
	before, after := theme.In(theme.Second), theme.In(theme.Third)
	knob := theme.In(theme.OK).With(theme.Bold)
	if l.past {
		before, knob = theme.In(theme.Waiting), theme.In(theme.Waiting).With(theme.Bold)
	}
	for c := range l.win.n {
		s := b.sign(c)
		set, st := &heavy, before
		if c > l.knob {
			set, st = &light, after
		}
		switch s {
		case act:
			st = theme.In(theme.Text).With(theme.Bold)
		case unborn:
			st = theme.In(theme.Third)
		}
		buf.Fill(x+c, 0, 1, 1, set[s], st)
	}
	if l.failed {
		buf.Put(x+2, 0, max(l.win.n-4, 0), " no answer from the log: r retry ", theme.In(theme.Failed))
	}
	buf.Fill(x+l.knob, 0, 1, 1, "●", knob)
}

// sign is what stands in a column of the window: of what was read, where it lies on the same grid.
func (b *Bar) sign(c int) sign {
	a := &b.axis
	if a.win.col != b.win.col {
		return none
	}
	if i := b.win.first + int64(c) - a.win.first; i >= 0 && i < int64(len(a.signs)) {
		return a.signs[i]
	}
	return none
}

// renderTicks writes the times of the quarters, and where the present is.
func renderTicks(buf *cell.Buffer, x int, l look, label int, when func(int64) string) {
	st := theme.In(theme.Third)
	end := 0
	for i := range 4 {
		at := x + l.win.n*i/4
		if at < end+1 && i > 0 || at+1+label > x+l.win.n {
			continue
		}
		t := l.win.begin + (l.win.end-l.win.begin)/4*int64(i)
		end = buf.Put(buf.Put(at, 1, 1, "╵", st), 1, label, when(t), st)
	}
	if at := x + l.win.n - 8; !l.past && at > end {
		buf.Put(at, 1, 3, "now", st)
	}
}

// DrawMoment draws the op at the instant that is shown, the row right above the bar in the past.
func (b *Bar) DrawMoment(buf *cell.Buffer, r layout.Rect) {
	if r.Empty() || !b.past {
		return
	}
	now := b.s.Now()
	if b.failed != nil {
		st := theme.In(theme.Failed)
		says := " can't show " + stamp(b.wanted(), now) + ": " + b.failed.Error()
		if b.want.op {
			says = " can't show op " + number(b.want.seq) + ": " + b.failed.Error()
		}
		end := buf.Right(r.X, r.X+r.W-1, r.Y, "r retry", st.With(theme.Bold))
		buf.Put(r.X, r.Y, end-r.X-2, format.End(says, end-r.X-2), st)
		return
	}
	in, m := b.shown.instant, b.shown.moment
	l := row.Look{Faint: b.s.Faint()}
	if in.Seq == 0 {
		row.Moment(buf, r.X, r.Y, r.W, m.Class, row.Op{Event: "before the log begins"}, l)
		return
	}
	op := row.Op{Seq: "op " + number(in.Seq), Time: stamp(b.clamp(in.At), now)}
	if b.shown.missing != nil {
		op.Says = "can't be read: " + b.shown.missing.Error()
	}
	if m.Seq == in.Seq {
		describe(&op, m)
	}
	if mark, ok := b.markHere(); ok && b.focused {
		op.Right = "enter shows " + mark.Action + " " + mark.AuditID
		op.Right = format.End(op.Right, r.W/2)
	}
	row.Moment(buf, r.X, r.Y, r.W, m.Class, op, l)
}

// wanted is the time that was asked for.
func (b *Bar) wanted() time.Time {
	if b.want.at.IsZero() {
		return b.shown.at
	}
	return b.want.at
}

// describe says what an op is about. Only what has a class stands in the place of an id: the class stands beside it.
func describe(op *row.Op, m mesh.Moment) {
	op.Event = m.Event
	var says []string
	switch {
	case m.Job != "":
		op.ID, op.To = m.Job, m.Node
	case m.Run != "":
		op.ID, op.To = m.Run, m.Node
	case m.HasClass:
		op.ID = m.Node
	case m.Node != "":
		says = append(says, m.Node)
	}
	if m.Status != "" && !strings.Contains(m.Event, m.Status) {
		says = append(says, m.Status)
	}
	if m.Detail != "" && m.Detail != "attempt 1" && m.Detail != op.ID {
		says = append(says, strings.TrimPrefix(m.Detail, "attempt 1: "))
	}
	if m.AuditID != "" {
		says = append(says, m.AuditID)
	}
	op.Says = strings.Join(says, "  ")
	if m.Of > 1 && m.Nth > 0 && m.Nth <= m.Of {
		op.Right = fmt.Sprintf("%s of %s in 1 s", number(uint64(m.Nth)), number(uint64(m.Of)))
	}
}

// State is what the header says in the past, at most 22 columns, and how it looks; empty when live. It speaks of where
// the knob stands.
func (b *Bar) State() (string, theme.Style) {
	if !b.past {
		return "", theme.Style{}
	}
	st := theme.In(theme.Waiting)
	if !b.s.Colour {
		st = st.With(theme.Reverse)
	}
	now := b.s.Now()
	at := b.knob.In(now.Location())
	if b.speed > 0 {
		return "▶ " + strconv.Itoa(b.speed) + "× " + stamp(at, now), st
	}
	switch y, m, d := at.Date(); {
	case y != now.Year():
		return "AS OF " + at.Format("2006-01-02 15:04"), st
	case m != now.Month() || d != now.Day():
		return "AS OF " + stamp(at, now), st
	}
	return "AS OF " + stamp(at, now) + " (−" + strings.TrimSpace(format.Age(now.Sub(at))) + ")", st
}

// stamp writes a time of day, with the date where it is another one than today's.
func stamp(t, now time.Time) string {
	t = t.In(now.Location())
	hms := t.Format("15:04:05")
	switch {
	case t.Year() != now.Year():
		return t.Format("2006-01-02 15:04")
	case t.YearDay() != now.YearDay():
		return format.Day(t.UnixMicro(), now) + " " + hms
	}
	return hms
}

// number writes an op's seq: 48,213.
func number(n uint64) string {
	s := strconv.FormatUint(n, 10)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

var _ pane.Pane = (*Bar)(nil)
