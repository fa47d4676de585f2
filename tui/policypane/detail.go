package policypane

import (
	"fmt"
	"slices"
	"strings"

	"voxmesh/policy"
	"voxmesh/tui/cell"
	"voxmesh/tui/changes"
	"voxmesh/tui/format"
	"voxmesh/tui/layout"
	"voxmesh/tui/pane"
	"voxmesh/tui/theme"
	"voxmesh/tui/verb"
)

// about is what there is to say of the field under the cursor.
type about struct {
	name, span string
	help       string // a sentence
	short      string // for the end of a row
}

func (p *Pane) about() about {
	r, c := p.row(), p.cell()
	switch {
	case p.open != nil:
		c = &p.open.cell
	case r == nil:
		return about{}
	case c == nil || r.kind == head || r.kind == adder:
		f := r.entry.field
		return about{f.Name, "", f.Help, brief(f)}
	}
	f := c.field
	a := about{f.Name, span(f), f.Help, brief(f)}
	if f.Name == "max_concurrent" && strings.HasPrefix(c.path, slots) && r != nil && len(r.cells) > 0 {
		if kind := r.cells[0]; kind.wrong == "" && kind.text != "" {
			a.help = fmt.Sprintf("How many %s jobs of others may run here at one time.", kind.text)
			a.short = kind.text + " jobs of others at one time"
		}
	}
	if f.Type == policy.Texts && len(f.Choices) == 0 && r != nil && r.kind == single {
		a.help += fmt.Sprintf(" Empty: %s.", r.entry.absent)
		if r.entry.field.Name != "commands" && r.entry.field.Name != "denied_users" {
			a.help += ` The word none: nobody and nothing.`
		}
	}
	return a
}

// wrong is what is wrong with what is typed; else the problem at the cursor's field.
func (p *Pane) wrong() (string, theme.Style) {
	if o := p.open; o != nil && o.why != "" {
		what := o.text()
		if what == "" {
			what = "nothing"
		}
		return fmt.Sprintf("%s: expected %s", what, o.why), theme.In(theme.Failed)
	}
	if c := p.cell(); c != nil && p.open == nil && c.wrong != "" {
		return fmt.Sprintf("%s: expected %s", c.text, c.wrong), theme.In(theme.Failed)
	}
	if r := p.row(); r != nil && r.worst >= 0 {
		q := &p.problems[r.worst]
		return q.line(), ink(q.Severity)
	}
	return "", theme.Style{}
}

// drawDetail draws what there is to say of the field under the cursor, under the form: what it takes and does, what is
// wrong, whether the policy is in force, and the command that does the same.
func (p *Pane) drawDetail(b *cell.Buffer, r layout.Rect) {
	put := func(y int, s string, st theme.Style) {
		if y >= 0 && y < r.H {
			b.Put(r.X, r.Y+y, r.W, format.End(s, r.W), st)
		}
	}
	a := p.about()
	title := a.name
	if a.span != "" {
		title += ", " + a.span
	}
	wrong, inked := p.wrong()
	last := r.H - 1
	put(last, "$ "+p.command(), theme.In(theme.Third))
	if r.H < tallDetail {
		put(0, joined(title, a.short), theme.Style{})
		if wrong == "" {
			wrong, inked = p.state()
		}
		put(1, wrong, inked)
		return
	}
	put(0, title, theme.Style{})
	room := last - 3
	for i, s := range format.Wrap(a.help, r.W) {
		if i < room {
			put(1+i, s, theme.In(theme.Second))
		}
	}
	if wrong == "" {
		if q := p.worst(); q != nil {
			wrong, inked = q.line(), ink(q.Severity)
		}
	}
	put(last-2, wrong, inked)
	state, st := p.state()
	put(last-1, state, st)
}

func joined(title, short string) string {
	if short == "" {
		return title
	}
	return title + ": " + short
}

// drawUnder draws the same under the form where the file has no room beside: with the lines of the file that change, or
// the one that says it.
func (p *Pane) drawUnder(b *cell.Buffer, r layout.Rect) {
	focused := p.focus == beside
	border := pane.Frame(b, r, focused)
	line := p.line()
	title := nameOfFile(p.doc.Path)
	if line > 0 {
		title = fmt.Sprintf("%s:%d", title, line)
	}
	x := pane.Heading(b, r, title, focused, border)
	in := r.Inner()
	text := layout.Rect{X: in.X + 1, Y: in.Y, W: in.W - 2, H: in.H}
	if text.H < 2 {
		return
	}
	if p.view != file { // whose own rows are as wide as its region
		p.file.make(p.base, p.now(), changes.Width(in))
	}
	pane.Facts(b, r, r.Y, format.End(p.file.lines, r.X+r.W-6-x), border)
	if at := p.issues.At(); p.view == issues && at < len(p.problems) {
		p.drawIssue(b, text, &p.problems[at])
		return
	}
	a := p.about()
	says, st := p.wrong()
	if says == "" {
		says, st = joined(titled(a), a.short), theme.Style{}
	}
	b.Put(text.X, text.Y+text.H-1, text.W, format.End("$ "+p.command(), text.W), theme.In(theme.Third))
	b.Put(text.X, text.Y+text.H-2, text.W, format.End(says, text.W), st)
	room := text.H - 2
	shown := p.drawLines(b, layout.Rect{X: in.X, Y: in.Y, W: in.W, H: room}, line)
	if shown < room {
		state, st := p.state()
		b.Put(text.X, text.Y+room-1, text.W, format.End(state, text.W), st)
	}
	if p.s.Faint() {
		b.Restyle(in.X, in.Y, in.W, in.H, func(s theme.Style) theme.Style { return s.With(theme.Faint) })
	}
}

// drawIssue draws a problem in full, with its line of the file.
func (p *Pane) drawIssue(b *cell.Buffer, r layout.Rect, q *problem) {
	y := 0
	for _, s := range format.Wrap(q.line(), r.W) {
		if y < r.H-2 {
			b.Put(r.X, r.Y+y, r.W, s, ink(q.Severity))
			y++
		}
	}
	b.Put(r.X, r.Y+r.H-2, r.W, strings.TrimSpace(strings.ReplaceAll(q.SourceLine, "\t", " ")), theme.Style{})
	b.Put(r.X, r.Y+r.H-1, r.W, "$ voxmesh policy check", theme.In(theme.Third))
}

// titled is the field's name with what it takes.
func titled(a about) string {
	if a.span == "" {
		return a.name
	}
	return a.name + ", " + a.span
}

// drawLines draws a line of the file, or what it was and what it becomes, and gives how many rows that took.
func (p *Pane) drawLines(b *cell.Buffer, in layout.Rect, line int) int {
	rows := p.file.rows
	if line == 0 || len(rows) == 0 {
		return 0
	}
	at := changes.Locate(rows, line)
	from, to := at, at+1
	for from > 0 && rows[at].Sign == '+' && rows[from-1].Sign != ' ' && (rows[from-1].Sign == '-' || rows[from-1].More) {
		from--
	}
	for to < len(rows) && rows[to].More {
		to++
	}
	rows = briefly(rows[from:to], in.H)
	changes.Draw(b, layout.Rect{X: in.X, Y: in.Y, W: in.W, H: len(rows)}, rows, 0, changes.Look{SignFirst: true, Faint: p.s.Faint()})
	return len(rows)
}

// briefly gives so many of a line's rows: what it was and what it is before how it goes on.
func briefly(rows []changes.Row, room int) []changes.Row {
	if len(rows) > room {
		rows = slices.DeleteFunc(slices.Clone(rows), func(r changes.Row) bool { return r.More })
	}
	return rows[:min(len(rows), room)]
}

// block names the policy that a command is about, where the file has several.
func (p *Pane) block() string {
	if p.policy == "" || p.policy == "donations" {
		return ""
	}
	return " --policy " + verb.Quote(p.policy)
}

// command is what does the same in a shell as what is typed, carried, or stands under the cursor.
func (p *Pane) command() string {
	switch {
	case p.after != "":
		return p.after
	case p.draft != nil:
		return p.draft.op.command() + p.block()
	case p.open != nil:
		if o, changes := p.opFor(p.open, p.open.text()); changes && p.open.why == "" {
			return o.command() + p.block()
		}
	}
	if p.base == nil || p.row() == nil || !p.doc.Exists && !p.Unsaved() {
		return showCommand
	}
	return p.commandHere() + p.block()
}

// commandHere is what sets the field under the cursor to what it is.
func (p *Pane) commandHere() string {
	r, c := p.row(), p.cell()
	switch {
	case r.kind == adder || r.kind == head && !r.entry.fixed():
		return setCommand(r.entry.field.Name+"[]", example(r.entry))
	case r.kind == head:
		return setCommand(busy, "true")
	case !c.present:
		return "voxmesh policy set " + shellPath(c.path) + "=VALUE"
	case c.names != nil:
		return (op{what: names, path: c.path, field: c.field, now: c.names}).command()
	case c.field.Type == policy.Bool && c.wrong == "":
		return setCommand(c.path, map[string]string{"yes": "true", "no": "false"}[c.text])
	}
	return setCommand(c.path, literalOf(c))
}

// literalOf is a cell as the file has it, so that the command can be used as it stands.
func literalOf(c *place) string {
	s, ok := readName(c.text)
	if !ok {
		return c.text
	}
	return s
}

// example is a row that could be added.
func example(e *entry) string {
	switch e.field.Name {
	case slots:
		return "{ kind: KIND, max_concurrent: 1 }"
	case peers:
		return "{ peer: NAME }"
	case hours:
		return `{ from: "22:00", to: "07:00" }`
	}
	return "{ kind: KIND, usd_per_hour: 0.10 }"
}
