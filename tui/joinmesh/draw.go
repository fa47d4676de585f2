package joinmesh

import (
	"strings"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"voxmesh/mesh/privacy"
	"voxmesh/tui/boxes"
	"voxmesh/tui/cell"
	"voxmesh/tui/format"
	"voxmesh/tui/keys"
	"voxmesh/tui/layout"
	"voxmesh/tui/pane"
	"voxmesh/tui/theme"
	"voxmesh/tui/verb"
)

const (
	boxWidth = 76
	indent   = boxes.Indent // where the values begin
	fewRows  = 3            // of the policy are shown as long as there is a blank row to give up
	hurry    = 60           // seconds before the end from which the countdown is rose, with its mark
)

// part says which rows go first where there is no room.
type part int

const (
	keep part = iota
	firm      // the fields, the question, what went wrong: always there
	blank
	text // of the policy: scrolls
	shell
)

// line is one row of the box.
type line struct {
	part part
	draw func(b *cell.Buffer, x, y, w int)
}

// button is what can be clicked, and what that does.
type button struct {
	at    layout.Rect
	focus int
	press bool
}

func put(p part, s string, st theme.Style) line {
	return line{p, func(b *cell.Buffer, x, y, w int) { b.Put(x, y, w, s, st) }}
}

func gap() line { return put(blank, "", theme.Style{}) }

// wrapped writes a sentence in as many rows as it needs.
func wrapped(s string, w int, st theme.Style) []line {
	var out []line
	for _, s := range format.Wrap(s, w) {
		out = append(out, put(keep, s, st))
	}
	return out
}

// named writes a name, and its value in a column of its own.
func named(name, value string, w int, st theme.Style) []line {
	var out []line
	for i, s := range format.Wrap(value, w-indent) {
		name := name
		if i > 0 {
			name = ""
		}
		out = append(out, line{keep, func(b *cell.Buffer, x, y, w int) {
			b.Put(x, y, indent-1, name, theme.In(theme.Second))
			b.Put(x+indent, y, w-indent, s, st)
		}})
	}
	return out
}

// Draw draws the box over the pane.
func (l *Layer) Draw(b *cell.Buffer, f layout.Frame) {
	l.buttons = l.buttons[:0]
	lines := l.lines(min(boxWidth, f.Width-4) - 4)
	over := f.Over(len(lines) + 2)
	lines = l.fit(lines, over.H-2)
	r := layout.Box(f, over, boxWidth, len(lines)+2)
	var border theme.Style
	if class, ok := l.class(); ok {
		border = boxes.Draw(b, r, l.title(), class)
	} else {
		border = boxes.Plain(b, r, l.title())
	}
	in := r.BoxText()
	for i, ln := range lines {
		ln.draw(b, in.X, in.Y+i, in.W)
	}
	if l.seen > 0 && l.seen < l.body {
		pane.Facts(b, r, r.Y+r.H-1, format.Position(l.from, l.from+l.seen, l.body), border)
	}
}

func (l *Layer) title() string {
	if l.step == joined {
		return "Joined"
	}
	return "Join a mesh"
}

// class is that of the mesh, once it was looked at.
func (l *Layer) class() (privacy.Class, bool) {
	switch l.step {
	case choosing, joining, joined:
		return l.pre.Class, true
	}
	return privacy.Unknown, false
}

// fit leaves what has room: the policy scrolls as long as some of it can be seen, then the blanks go, then the command. On
// a screen without room for the rest all but the question scrolls.
func (l *Layer) fit(lines []line, room int) []line {
	n := map[part]int{}
	for _, ln := range lines {
		n[ln.part]++
	}
	cuts := []boxes.Cut[part]{
		boxes.Keep(text, fewRows), boxes.Keep(blank, 0), boxes.Keep(text, 1),
		boxes.Keep(shell, 0), boxes.Keep(text, 0), boxes.Keep(firm, 0),
	}
	all := n[firm]+n[keep]+min(n[text], fewRows) > room
	if all {
		cuts = []boxes.Cut[part]{boxes.Keep(shell, 0), boxes.Keep(text, 1), boxes.Keep(firm, 0)}
	}
	parts := make([]part, len(lines))
	for i, ln := range lines {
		if parts[i] = ln.part; all && (ln.part == keep || ln.part == blank) {
			parts[i] = text
		}
	}
	stay, seen, body := boxes.Fit(parts, room, cuts, shell, text, &l.from)
	l.seen, l.body = seen, body
	out := make([]line, len(stay))
	for i, k := range stay {
		out[i] = lines[k]
	}
	return out
}

// lines are the rows of the box, w columns wide.
func (l *Layer) lines(w int) []line {
	second := theme.In(theme.Second)
	if why := Refuse(l.joiner); why != "" {
		return append(wrapped("Not from here: "+why+".", w, theme.In(theme.Waiting)), gap(), l.commandLine())
	}
	var out []line
	switch l.step {
	case asking, looking:
		out = append(out, wrapped("Paste the link, or the whole command, that you were given.", w, second)...)
		out = append(out, gap(), l.linkLine(), l.labelLine(), gap())
		says := "Looking shows who invites and what is asked. Nothing of the link is sent, and nothing is changed."
		if l.step == looking {
			says = "looking…"
		}
		out = append(out, wrapped(says, w, second)...)
		out = append(out, l.errorLines(w, "enter tries again.")...)
	case choosing, joining:
		out = l.preview(w)
	case joined:
		out = l.result(w)
	}
	return append(out, gap(), l.commandLine())
}

func (l *Layer) linkLine() line {
	return line{firm, func(b *cell.Buffer, x, y, w int) {
		focused := l.name(b, x, y, w, theLink, "Link")
		at, room := x+indent, w-indent-1
		shown, st := l.where, theme.Style{}
		if shown == "" {
			shown, st = strings.Repeat("•", min(len([]rune(l.link.Value())), room)), theme.In(theme.Third)
		}
		at = b.Put(at, y, room, format.End(shown, room), st)
		if focused {
			b.Put(at, y, 1, "▏", theme.In(theme.Text))
		}
	}}
}

func (l *Layer) labelLine() line {
	return line{firm, func(b *cell.Buffer, x, y, w int) {
		focused := l.name(b, x, y, w, theLabel, "Label")
		l.label.Draw(b, x+indent, y, w-indent, focused)
		if !focused && l.label.Value() == "" {
			b.Put(x+indent, y, w-indent, "a name for this machine, where the invite has none", theme.In(theme.Third))
		}
	}}
}

// name writes the name of a field with the cursor where it has the focus, and tells whether it has.
func (l *Layer) name(b *cell.Buffer, x, y, w, field int, name string) bool {
	l.buttons = append(l.buttons, button{at: layout.Rect{X: x, Y: y, W: w, H: 1}, focus: field})
	focused := l.step == asking && l.focus == field
	boxes.Name(b, x, y, name, focused)
	return focused
}

// errorLines say what went wrong, and what to do.
func (l *Layer) errorLines(w int, again string) []line {
	if l.why == "" {
		return nil
	}
	out := append(wrapped(l.why, w, theme.In(theme.Failed)), wrapped(strings.TrimSpace(l.hint+" "+again), w, theme.In(theme.Second))...)
	for i := range out {
		out[i].part = firm
	}
	return append([]line{gap()}, out...)
}

func sentence(s string) string {
	if s == "" {
		return ""
	}
	return strings.ToUpper(s[:1]) + strings.TrimSuffix(s[1:], ".") + "."
}

// question is the row of buttons, or what goes on in their place.
func (l *Layer) question(says string) line {
	return line{firm, func(b *cell.Buffer, x, y, w int) {
		if says != "" {
			b.Put(x, y, w, says, theme.In(theme.Second))
			return
		}
		st := theme.In(theme.Primary).With(theme.Bold)
		if l.off() != "" {
			st = theme.In(theme.Third)
		}
		x = l.button(b, x, y, theJoin, "Join", st)
		l.button(b, x+2, y, theBack, "Back", theme.In(theme.Second))
	}}
}

// button draws one: in brackets where it has the focus, in blanks where not, so that nothing shifts.
func (l *Layer) button(b *cell.Buffer, x, y, focus int, name string, st theme.Style) int {
	word := " " + name + " "
	if l.focus == focus {
		word = "[" + name + "]"
	}
	w := ansi.StringWidth(word)
	l.buttons = append(l.buttons, button{layout.Rect{X: x, Y: y, W: w, H: 1}, focus, true})
	return b.Put(x, y, w, word, st)
}

// command is what does in a shell what enter does here. The link is a secret, so that it is read and not typed.
func (l *Layer) command() string {
	c := "voxmesh join -"
	if name := l.label.Value(); name != "" && l.step != joined {
		c += " --label " + verb.Quote(name)
	}
	switch l.step {
	case choosing, joining:
		return c + " --yes"
	case joined:
		return "voxmesh policy show"
	}
	return c + " --print"
}

func (l *Layer) commandLine() line {
	return line{shell, func(b *cell.Buffer, x, y, w int) {
		b.Put(x, y, w, format.End("$ "+l.command(), w), theme.In(theme.Third))
	}}
}

func (l *Layer) click(c pane.Click) (pane.Action, tea.Cmd) {
	for _, b := range l.buttons {
		if !b.at.Has(c.X, c.Y) {
			continue
		}
		l.focus = b.focus
		if b.press && !c.Right {
			return l.do(pane.Do{ID: keys.Open})
		}
	}
	return nil, nil
}
