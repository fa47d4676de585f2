package confirm

import (
	"fmt"
	"time"
	"unicode/utf8"

	"github.com/charmbracelet/x/ansi"

	"voxmesh/mesh"
	"voxmesh/tui/boxes"
	"voxmesh/tui/cell"
	"voxmesh/tui/format"
	"voxmesh/tui/keys"
	"voxmesh/tui/layout"
	"voxmesh/tui/pane"
	"voxmesh/tui/row"
	"voxmesh/tui/theme"
	"voxmesh/tui/verb"
)

const (
	boxWidth = 66
	indent   = 3 // of the text in a field
)

// part says which lines go first where there is no room.
type part int

const (
	keep    part = iota // a field, its name, what is missing
	effect              // goes last, from its end
	job                 // scrolls
	blank               // goes first
	command             // goes before the effect
)

// line is one row of the box.
type line struct {
	part part
	draw func(b *cell.Buffer, x, y, w int)
	hit  int // the field that a click on it means, −1 for none
}

func text(p part, s string, st theme.Style) line {
	return line{p, func(b *cell.Buffer, x, y, w int) { b.Put(x, y, w, s, st) }, -1}
}

// Draw draws the box over the pane.
func (l *Layer) Draw(b *cell.Buffer, f layout.Frame) {
	lines := l.lines(min(boxWidth, f.Width-4) - 4)
	over := f.Over(len(lines) + 2)
	lines, all := l.fit(lines, over.H-2)
	r := layout.Box(f, over, boxWidth, len(lines)+2)
	l.box = r
	border := boxes.Draw(b, r, l.title(), l.class)
	in := r.BoxText()
	for i, ln := range lines {
		ln.draw(b, in.X, in.Y+i, in.W)
	}
	if l.seen > 0 && l.seen < all {
		pane.Facts(b, r, r.Y+r.H-1, format.Position(l.jobs, l.jobs+l.seen, all), border)
	}
}

var words = map[string]string{
	mesh.ActKill: "Kill", mesh.ActPause: "Pause", mesh.ActDrain: "Drain", mesh.ActReplay: "Replay", mesh.ActRevoke: "Revoke",
	mesh.ActReprioritize: "Priority",
}

func (l *Layer) title() string {
	what := ""
	switch {
	case l.on.Kind == pane.Item && l.name == mesh.ActKill:
		if it := l.item(); it != nil && it.ID != l.target {
			what = "batch "
		}
		return "Cancel: " + what + l.target
	case l.id == keys.Move:
		return "Move: " + l.target
	case l.from != "":
		return words[l.name] + ": " + l.target + " from " + l.from + " on"
	case l.on.Kind == pane.Node && l.name == mesh.ActKill:
		what = "work on "
	case l.on.Kind == pane.Node && l.name == mesh.ActReplay:
		what = "latest run of "
	}
	return words[l.name] + ": " + what + l.target
}

// lines are the rows of the box, w columns wide.
func (l *Layer) lines(w int) []line {
	var out []line
	gap := text(blank, "", theme.Style{})
	for _, s := range format.Wrap(verb.EffectOf(l.s, l.name, l.on, l.said()), w) {
		out = append(out, text(effect, s, theme.Style{}))
	}
	if l.name == mesh.ActReprioritize {
		out = append(out, text(keep, l.change(), theme.In(theme.Text).With(theme.Bold)))
	}
	for _, j := range l.concerned() {
		out = append(out, l.jobLine(j))
	}
	out = append(out, gap)
	for i := range l.fields {
		out = append(out, l.label(i), l.input(i))
	}
	out = append(out, gap)
	says, st := l.says()
	for _, s := range says {
		for _, s := range format.Wrap(s, w) {
			out = append(out, text(keep, s, st))
		}
	}
	out = append(out, gap)
	for i, s := range l.command().Rows(w-2, true) {
		if i == 0 {
			s = "$ " + s
		}
		out = append(out, text(command, s, theme.In(theme.Third)))
	}
	return out
}

func (l *Layer) jobLine(j *mesh.Job) line {
	second := theme.In(theme.Second)
	from, what := j.SubmittedAt, verb.State(j.State)
	took := time.Duration(j.DurationMS) * time.Millisecond
	if j.State.Held() {
		what = fmt.Sprintf("attempt %d", j.Attempt)
		if from = j.StartedAt; from == 0 {
			from = j.LeasedAt
		}
	}
	if !j.State.Ended() {
		took = l.s.Time().Sub(time.UnixMicro(from))
	}
	fields := []row.Field{
		{Text: j.Kind, Width: 5, Gap: 2, Style: second},
		{Text: format.Clock(took), Width: 6, Right: true, Style: second},
		{Text: what, Width: 12, Gap: 2, Style: second},
	}
	return line{job, func(b *cell.Buffer, x, y, w int) {
		row.Job(b, x, y, w, j.Class, j.Job, fields, "", row.Look{Faint: l.s.Faint()})
	}, -1}
}

func (l *Layer) label(i int) line {
	st := theme.In(theme.Second)
	if l.focus == i {
		st = theme.In(theme.Text)
	}
	says := ""
	switch l.fields[i].kind {
	case theID:
		return line{keep, func(b *cell.Buffer, x, y, w int) {
			at := b.Put(x, y, w, "Type  ", st)
			at = b.Put(at, y, x+w-at, l.target, theme.In(theme.Text).With(theme.Bold))
			b.Put(at, y, x+w-at, "  to confirm", st)
		}, i}
	case theReason:
		says = "Reason, kept in the signed entry"
	case theDeadline:
		says = "Deadline, from now"
	case theNode:
		says = "Node, if another one than before"
	case thePriority:
		says = "Priority: ↑ ↓, or a number from 1 to 9"
	case theScope:
		says = "What: ↑ ↓"
	}
	ln := text(keep, says, st)
	ln.hit = i
	return ln
}

func (l *Layer) input(i int) line {
	return line{keep, func(b *cell.Buffer, x, y, w int) {
		typing := l.focus == i && l.acting == 0
		if typing {
			b.Put(x+1, y, 1, "▸", theme.In(theme.Text).With(theme.Bold))
		}
		f := &l.fields[i]
		if f.kind.chooses() {
			l.drawChoice(b, x+indent-1, y, w-indent+1, f.kind)
			return
		}
		f.text.Draw(b, x+indent, y, w-indent, typing)
		if f.kind == theID && ansi.StringWidth(f.text.Value()) < w-indent {
			l.colour(b, x+indent, y)
		}
	}, i}
}

// colour shows from which letter on what is typed is not the id, and when it is the whole of it.
func (l *Layer) colour(b *cell.Buffer, x, y int) {
	right, typed := l.matched()
	ink := func(i theme.Ink) func(theme.Style) theme.Style {
		return func(s theme.Style) theme.Style { s.Ink = i; return s }
	}
	if right == typed && right == utf8.RuneCountInString(l.target) {
		b.Restyle(x, y, ansi.StringWidth(l.target), 1, ink(theme.OK))
		return
	}
	value := l.value(theID)
	good := ansi.StringWidth(string([]rune(value)[:right]))
	b.Restyle(x+good, y, ansi.StringWidth(value)-good, 1, func(s theme.Style) theme.Style {
		return ink(theme.Failed)(s).With(theme.Underline)
	})
}

// fewJobs are shown as long as there is a blank row to give up.
const fewJobs = 3

// fit leaves what has room: jobs scroll as long as a few can be seen, then the blanks go, then the command, and the
// effect is cut. What is typed and what is missing stays. It gives how many jobs there are in all.
func (l *Layer) fit(lines []line, room int) (out []line, jobs int) {
	parts := make([]part, len(lines))
	for i, ln := range lines {
		parts[i] = ln.part
	}
	cuts := []boxes.Cut[part]{
		boxes.Keep(job, fewJobs), boxes.Keep(blank, 0), boxes.Keep(job, 1),
		boxes.Keep(command, 0), boxes.Keep(effect, 1), boxes.Keep(job, 0),
	}
	stay, seen, jobs := boxes.Fit(parts, room, cuts, command, job, &l.jobs)
	l.seen = seen
	for _, i := range stay {
		out = append(out, lines[i])
	}
	return out, jobs
}

func (l *Layer) click(c pane.Click) {
	in := l.box.Inner()
	if !in.Has(c.X, c.Y) || l.acting != 0 {
		return
	}
	lines, _ := l.fit(l.lines(in.W-2), in.H)
	if i := c.Y - in.Y; i < len(lines) && lines[i].hit >= 0 {
		l.focus, l.asked = lines[i].hit, false
	}
}
