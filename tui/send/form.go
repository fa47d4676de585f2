package send

import (
	"fmt"
	"strings"

	"voxmesh/mesh"
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
	boxWidth = 72
	indent   = boxes.Indent // where the values begin
	couldMax = 5            // machines that are named below the fields
)

// formRow is where a field was drawn, for the mouse.
type formRow struct {
	part part
	y    int
}

// textName is what is typed, by the kind of work.
func (l *Layer) textName() string {
	switch runners[l.runner] {
	case "wasm":
		return "File"
	case "embed":
		return "Text"
	}
	return "Prompt"
}

func (l *Layer) name(p part) string {
	switch p {
	case what:
		return "Work"
	case text:
		return l.textName()
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
	out := []string{"voxmesh", "run", runners[l.runner]}
	if l.class != privacy.PairedPeersOnly {
		out = append(out, "--privacy", l.class.String())
	}
	if l.on != "" {
		out = append(out, "--on", verb.Quote(l.on))
	}
	input := l.text.Value()
	if input == "" {
		input = strings.ToUpper(l.textName())
	} else {
		input = verb.Quote(input)
	}
	if runners[l.runner] == "wasm" {
		out = append(out, input)
		if a := strings.Fields(l.args.Value()); len(a) > 0 {
			out = append(out, "--")
			for _, s := range a {
				out = append(out, verb.Quote(s))
			}
		}
	} else {
		if l.model != "" {
			out = append(out, "--model", verb.Quote(l.model))
		}
		out = append(out, input)
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
	var wrong []string
	if l.why != "" {
		wrong = format.Wrap(l.why, wide)
	}
	command := format.Command("$ "+l.command(), wide)
	if len(command) > 3 {
		command = append(command[:2], format.End(command[2], wide-1)+"…")
	}
	parts := l.parts()
	could := min(len(l.fits), couldMax)
	h := 2 + len(parts) + 1 + 1 + could + 1 + len(command)
	if len(wrong) > 0 {
		h += len(wrong) + 1
	}
	r := layout.Box(f, f.Layer, boxWidth, h)
	l.at = r
	boxes.Draw(b, r, "Send", l.class)
	in := r.BoxText()
	x, y := in.X, in.Y
	l.rows = l.rows[:0]
	for _, p := range parts {
		l.drawPart(b, x, y, wide, p)
		l.rows = append(l.rows, formRow{p, y})
		y++
	}
	y = l.drawCould(b, x, y+1, wide, could) + 1
	y = boxes.Paragraph(b, in, y, wrong, theme.In(theme.Failed))
	boxes.Paragraph(b, in, y, command, theme.In(theme.Third))
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
	for i, s := range []string{"prompt", "embed", "wasm file"} {
		lead, tail, st := " ", " ", theme.In(theme.Third)
		if i == l.runner {
			lead, tail, st = "[", "]", theme.In(theme.Text)
		}
		x = b.Put(x, y, end-x, lead+s+tail+" ", st)
	}
}

// drawCould says who could take it, those first who can, and gives the row after them.
func (l *Layer) drawCould(b *cell.Buffer, x, y, w, n int) int {
	now, later := l.could()
	says := fmt.Sprintf("Could run on %d of %d", len(now)+len(later), len(l.fits))
	ink := theme.In(theme.Second)
	if len(now)+len(later) == 0 {
		says, ink = "Nobody could run it as things are", theme.In(theme.Waiting)
	}
	b.Put(x, y, w, says, ink)
	order := append(append([]mesh.Fit(nil), now...), later...)
	for _, f := range l.fits {
		if !f.Allowed && f.Rule != mesh.RuleBusy {
			order = append(order, f)
		}
	}
	for i, f := range order[:n] {
		st := theme.In(theme.Second)
		if !f.Allowed {
			st = theme.In(theme.Third)
		}
		reason := f.Word
		if f.Reason != "" {
			reason = f.Reason
		}
		row.Candidate(b, x, y+1+i, w, f.PrivacyClass, f.NodeID, reason, st)
	}
	return y + 1 + n
}
