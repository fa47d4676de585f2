// Package explain is the layer that answers why: why a job waits, runs where it runs or ended as it did, why a node is
// offline, paused or over its budget, why a verb can't be used now.
//
// For a job every node is judged by the host's own rules, mesh.State.Explain, in the present and in the past alike, and
// each gets a row with its class, the rule and its numbers. For a node it gathers what speaks for and against giving it
// work, with times and the ids of the signed entries. Where a donor's policy said no its own words stand there, cleaned.
// It reads the session's world and nothing else, so it has no wait, and is made anew when the world changes.
package explain

import (
	tea "charm.land/bubbletea/v2"

	"voxmesh/mesh/privacy"
	"voxmesh/tui/cell"
	"voxmesh/tui/keys"
	"voxmesh/tui/layout"
	"voxmesh/tui/list"
	"voxmesh/tui/pane"
	"voxmesh/tui/row"
	"voxmesh/tui/theme"
	"voxmesh/tui/verb"
)

// Layer is one answer. Make one with New or NewVerb.
type Layer struct {
	s    *pane.Session
	on   pane.Ref
	verb keys.ID // that can't be used; empty where a thing itself is asked about

	class   privacy.Class
	classed bool
	blocks  []block
	command string

	top, rows, all int // what is shown of the lines
}

// New explains a thing: a job, run, span, node, invite, model or the mesh.
func New(s *pane.Session, on pane.Ref) *Layer { return NewVerb(s, "", on) }

// NewVerb explains why a verb can't be used on a thing now, what it would do, and then the thing.
func NewVerb(s *pane.Session, id keys.ID, on pane.Ref) *Layer {
	l := &Layer{s: s, on: on, verb: id}
	l.look()
	return l
}

// look makes the answer for the world that there is.
func (l *Layer) look() {
	if c, ok := verb.Class(l.s, l.on); ok {
		l.class, l.classed = c, true
	}
	a := &answer{s: l.s, now: l.s.Time()}
	if l.verb != "" {
		a.refusal(l.verb, l.on)
	}
	a.of(l.on)
	if l.verb == "" {
		a.verbs(l.on)
	}
	l.blocks, l.command = a.blocks, a.command
}

// Typing is false: letters are keys.
func (l *Layer) Typing() bool { return false }

// Bare is false.
func (l *Layer) Bare() bool { return false }

// Closed has nothing to end.
func (l *Layer) Closed() {}

// Selected is what is explained.
func (l *Layer) Selected() pane.Ref { return l.on }

// wheelRows is how far a notch of the wheel scrolls.
const wheelRows = 3

// Update takes a message.
func (l *Layer) Update(msg tea.Msg) (pane.Action, tea.Cmd) {
	switch msg := msg.(type) {
	case pane.Changed, pane.Second:
		l.look()
	case pane.Wheel:
		if msg.Down {
			l.scroll(wheelRows)
		} else {
			l.scroll(-wheelRows)
		}
	case pane.Do:
		switch msg.ID {
		case keys.Back, keys.Explain:
			return pane.Close{}, nil
		case keys.Copy:
			if l.command != "" {
				return pane.Clip{Text: l.command, Said: "copied the command"}, nil
			}
		default:
			l.move(msg.ID)
		}
	}
	return nil, nil
}

func (l *Layer) move(id keys.ID) {
	switch id {
	case keys.Up:
		l.scroll(-1)
	case keys.Down:
		l.scroll(1)
	case keys.PageUp:
		l.scroll(-l.rows)
	case keys.PageDown:
		l.scroll(l.rows)
	case keys.HalfUp:
		l.scroll(-(l.rows + 1) / 2)
	case keys.HalfDown:
		l.scroll((l.rows + 1) / 2)
	case keys.Home:
		l.top = 0
	case keys.End:
		l.scroll(l.all)
	}
}

func (l *Layer) scroll(by int) { l.top = max(min(l.top+by, l.all-l.rows), 0) }

// Keys gives the bindings.
func (l *Layer) Keys() []keys.Binding {
	return append([]keys.Binding{
		keys.Get(keys.Copy).As("copy", "copy the command").When(l.noCommand),
		keys.Get(keys.Back).As("close", "close"),
		keys.Get(keys.Explain).As("", "close"),
	}, list.Movement()...)
}

func (l *Layer) noCommand() string {
	if l.command == "" {
		return "there is no command for this"
	}
	return ""
}

const boxWidth = 90

// Draw draws the box over the pane: the answer, and the command in its last row.
func (l *Layer) Draw(b *cell.Buffer, f layout.Frame) {
	w := min(boxWidth, f.Width-4)
	var lines []line
	for _, bl := range l.blocks {
		lines = append(lines, bl.lines(w-4)...)
	}
	foot := 0
	if l.command != "" {
		foot = 2
	}
	over := f.Pane
	if len(lines)+foot+2 > over.H {
		over = f.Layer
	}
	h := min(len(lines)+foot+2, over.H)
	r := layout.Rect{X: (f.Width - w) / 2, Y: over.Y + (over.H-h)/2, W: w, H: h}
	b.Fill(r.X, r.Y, r.W, r.H, " ", theme.Style{})
	border := pane.Frame(b, r, true)
	end := r.X + r.W
	if l.classed {
		end = row.Corner(b, r.X, r.Y, r.W, l.class, border)
	}
	pane.Heading(b, layout.Rect{X: r.X, Y: r.Y, W: end - r.X}, l.title(), true, border)
	if foot > 0 {
		b.Put(r.X+2, r.Y+h-2, w-4, "$ "+l.command, theme.In(theme.Third))
	}
	l.all, l.rows = len(lines), max(h-2-foot, 0)
	l.scroll(0)
	for i := l.top; i < min(l.top+l.rows, len(lines)); i++ {
		lines[i](b, r.X+2, r.Y+1+i-l.top, w-4, i == l.top)
	}
	if l.rows < l.all {
		pane.Facts(b, r, r.Y+h-1, position(l.top, l.rows, l.all), border)
	}
}

func (l *Layer) title() string {
	if l.verb != "" {
		return "Why not: " + verb.Name(l.s, l.verb, l.on) + " " + verb.Target(l.on)
	}
	if l.on.Kind == pane.Mesh {
		return "Explain: the mesh"
	}
	return "Explain: " + l.on.ID
}
