package send

import (
	"fmt"
	"strings"

	"voxmesh/mesh/privacy"
	"voxmesh/tui/boxes"
	"voxmesh/tui/cell"
	"voxmesh/tui/format"
	"voxmesh/tui/layout"
	"voxmesh/tui/pane"
	"voxmesh/tui/row"
	"voxmesh/tui/theme"
	"voxmesh/tui/verb"
)

const (
	boxWidth = 76           // what the widest class means is whole at 80 columns
	indent   = boxes.Indent // where the values begin
	couldMax = 5            // machines that are named below the fields
)

// formRow is where a field was drawn, for the mouse.
type formRow struct {
	part part
	y    int
}

func (l *Layer) name(p part) string {
	switch p {
	case what:
		return "Work"
	case text:
		return l.kind.text()
	case args:
		return "Arguments"
	case model:
		return "Model"
	case on:
		return "On"
	}
	return "Class"
}

// command is what does the same in a shell.
func (l *Layer) command() string {
	out := []string{"voxmesh"}
	switch l.kind {
	case intent:
		out = append(out, "hopper", "submit")
	case workflow:
		out = append(out, "workflow", "run")
	default:
		out = append(out, "run", string(l.kind))
	}
	if l.kind != workflow && l.class != privacy.PairedPeersOnly {
		out = append(out, "--privacy", l.class.String())
	}
	if l.on != "" {
		out = append(out, "--on", verb.Quote(l.on))
	}
	if l.kind.asksModel() && l.model != "" {
		out = append(out, "--model", verb.Quote(l.model))
	}
	input := strings.ToUpper(l.kind.text())
	if typed := l.text.Value(); typed != "" {
		input = verb.Quote(typed)
	}
	out = append(out, input)
	if a := strings.Fields(l.args.Value()); len(a) > 0 && (l.kind == wasm || l.kind == command) {
		out = append(out, "--")
		for _, s := range a {
			out = append(out, verb.Quote(s))
		}
	}
	return strings.Join(out, " ")
}

func (l *Layer) click(c pane.Click) {
	for _, r := range l.rows {
		if r.y == c.Y && l.at.Has(c.X, c.Y) {
			if l.focus == r.part && l.field() == nil {
				l.choose(false)
			}
			l.focus = r.part
		}
	}
}

func (l *Layer) draw(b *cell.Buffer, f layout.Frame) {
	wide := min(boxWidth, f.Width-4) - 4
	wrong := l.wrong(wide)
	command := format.Command("$ "+l.command(), wide)
	if len(command) > 3 {
		command = append(command[:2], format.End(command[2], wide-1)+"…")
	}
	parts := l.parts()
	below := l.belowRows(f.Layer.H - len(parts) - len(command) - len(wrong) - 6)
	h := 2 + len(parts) + 1 + below + 1 + len(command)
	if len(wrong) > 0 {
		h += len(wrong) + 1
	}
	r := layout.Box(f, f.Layer, boxWidth, h)
	l.at = r
	boxes.Draw(b, r, "Send", l.boxClass())
	in := r.BoxText()
	x, y := in.X, in.Y
	l.rows = l.rows[:0]
	for _, p := range parts {
		l.drawPart(b, x, y, wide, p)
		l.rows = append(l.rows, formRow{p, y})
		y++
	}
	y = l.drawBelow(b, x, y+1, wide, below) + 1
	y = boxes.Paragraph(b, in, y, wrong, theme.In(theme.Failed))
	boxes.Paragraph(b, in, y, command, theme.In(theme.Third))
}

// wrongMost bounds the rows that say what is wrong.
const wrongMost = 6

func (l *Layer) wrong(wide int) []string {
	var out []string
	if l.why != "" {
		out = format.Wrap(l.why, wide)
	}
	for _, w := range l.plan.wrong {
		out = append(out, format.Wrap(w, wide)...)
	}
	if n := len(out); n > wrongMost {
		out = append(out[:wrongMost-1], fmt.Sprintf("%d rows more: voxmesh workflow preview FILE shows all", n-wrongMost+1))
	}
	return out
}

// boxClass is the class of what is sent: of a workflow the widest of its activities.
func (l *Layer) boxClass() privacy.Class {
	if l.kind != workflow {
		return l.class
	}
	var widest privacy.Class
	for _, s := range l.plan.steps {
		widest = max(widest, s.PrivacyClass)
	}
	return widest
}

// belowRows is how many rows stand below the fields, where there is room for some.
func (l *Layer) belowRows(room int) int {
	if l.kind == workflow {
		return 1 + max(min(len(l.plan.steps), room-1), 0)
	}
	return 1 + min(len(l.fits), couldMax)
}

func (l *Layer) drawBelow(b *cell.Buffer, x, y, w, rows int) int {
	switch l.kind {
	case workflow:
		l.drawSteps(b, x, y, w, rows-1)
	case intent:
		l.drawIntent(b, x, y, w, rows-1)
	default:
		l.drawCould(b, x, y, w, rows-1)
	}
	return y + rows
}

func (l *Layer) drawPart(b *cell.Buffer, x, y, w int, p part) {
	focused := l.focus == p
	boxes.Name(b, x, y, l.name(p), focused)
	at, w := x+indent, w-indent
	switch p {
	case what:
		l.drawRunners(b, at, y, w)
	case text:
		l.text.Draw(b, at, y, w, focused)
	case args:
		l.args.Draw(b, at, y, w, focused)
	case model:
		b.Put(at, y, w, format.Model(orElse(l.model, "no model"), w), theme.Style{})
	case on:
		b.Put(at, y, w, orElse(l.on, anyNode), theme.Style{})
	case class:
		end := row.Badge(b, at, y, l.class)
		b.Put(end+1, y, w-row.BadgeWidth-1, format.End(l.class.Tip(), w-row.BadgeWidth-1), theme.In(theme.Third))
	}
}

func orElse(s, other string) string {
	if s == "" {
		return other
	}
	return s
}

func (l *Layer) drawRunners(b *cell.Buffer, x, y, w int) {
	end := x + w
	for _, k := range kinds {
		lead, tail, st := " ", " ", theme.In(theme.Third)
		if k == l.kind {
			lead, tail, st = "[", "]", theme.In(theme.Text)
		}
		x = b.Put(x, y, end-x, lead+k.label()+tail, st)
	}
}
