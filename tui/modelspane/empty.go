package modelspane

import (
	"fmt"
	"strings"

	"github.com/charmbracelet/x/ansi"

	"voxmesh/tui/cell"
	"voxmesh/tui/format"
	"voxmesh/tui/keys"
	"voxmesh/tui/layout"
	"voxmesh/tui/pane"
	"voxmesh/tui/row"
	"voxmesh/tui/theme"
)

const (
	pullCommand  = "ollama pull llama3.2:3b"
	serveCommand = "ollama serve"
	shapeRows    = 4
	mostNotes    = 4
)

var buttons = []string{"Copy the command", "See a demo"}

// empty reports whether there is nothing to list: no model on any node, at the moment that is shown.
func (p *Pane) empty() bool {
	return p.ready && p.shown.models == 0 && !p.filter.Typing()
}

func (p *Pane) emptyKeys() []keys.Binding {
	if !p.s.World.Past.IsZero() {
		return nil
	}
	return []keys.Binding{
		keys.Get(keys.Open).As("choose", "copy the command, to be run on that machine"),
		keys.Get(keys.Retry).As("retry", "what is asked again, and when"),
		keys.Get(keys.Left).As("", "the other one"), keys.Get(keys.Right).As("", "the other one"),
		keys.Get(keys.Next).As("next", "the other one"), keys.Get(keys.Previous).As("", "the other one"),
	}
}

func (p *Pane) choose(id keys.ID) pane.Action {
	switch id {
	case keys.Retry:
		return p.retry()
	case keys.Left, keys.Right, keys.Next, keys.Previous:
		p.button = (p.button + 1) % len(buttons)
	case keys.Open:
		return p.press(p.button)
	}
	return nil
}

// press is what a button does: the command is for a terminal on the machine that is meant.
func (p *Pane) press(button int) pane.Action {
	if p.button = button; button == 1 {
		return pane.Demo{}
	}
	text := p.command()
	return pane.Clip{Text: text, Said: "copied " + text}
}

// silent gives the first node whose Ollama does not answer, and how many there are.
func (p *Pane) silent() (first note, n int) {
	for i := len(p.shown.notes) - 1; i >= 0; i-- {
		if strings.Contains(p.shown.notes[i].text, "answers on") {
			first = p.shown.notes[i]
			n++
		}
	}
	return first, n
}

// command is what would fill the pane, on the machine that is meant.
func (p *Pane) command() string {
	if _, n := p.silent(); n > 0 {
		return serveCommand
	}
	return pullCommand
}

// drawSays writes the sentence for an empty pane.
func (p *Pane) drawSays(b *cell.Buffer, in layout.Rect, y int) {
	node, n := p.silent()
	switch {
	case n == 0:
		centre(b, in, y, "No model yet. A node brings those of its Ollama.", theme.Style{})
	case n > 1:
		centre(b, in, y, fmt.Sprintf("No Ollama answers on %d nodes.", n), theme.Style{})
	case y < in.Y+in.H:
		const says = "No Ollama answers on "
		w := ansi.StringWidth(says + node.node + " " + node.class.Badge() + ".")
		x := in.X + max((in.W-w)/2, 0)
		x = b.Put(x, y, in.X+in.W-x, says, theme.Style{})
		x = row.Inline(b, x, y, in.X+in.W-x, node.class, node.node, theme.Style{})
		b.Put(x, y, in.X+in.W-x, ".", theme.Style{})
	}
}

func (p *Pane) drawEmpty(b *cell.Buffer, r layout.Rect) {
	border := pane.Frame(b, r, true)
	p.drawViews(b, r, border)
	p.tabs = p.tabs[:0]
	in := r.Inner()
	cols, name := fit(in.W)
	p.drawHead(b, in, cols, name)
	p.columns = p.columns[:0]
	rows := max(min(shapeRows, in.H-10), 0)
	drawShape(b, layout.Rect{X: in.X, Y: in.Y + 1, W: in.W, H: rows}, cols, name)
	y := in.Y + rows + 2
	if !p.s.World.Past.IsZero() {
		centre(b, in, y, "No node had a model at "+format.Time(p.s.World.Past.UnixMicro(), p.s.Now().Location())+".", theme.Style{})
		return
	}
	p.drawSays(b, in, y)
	p.drawButtons(b, in, y+2)
	centre(b, in, y+3, "$ "+p.command(), theme.In(theme.Third))
	p.drawNotes(b, layout.Rect{X: in.X, Y: y + 5, W: in.W, H: min(in.Y+in.H-y-5, mostNotes)}, name)
	b.Put(r.X+2, r.Y+r.H-1, r.W-4, " no model yet ", border)
}

func (p *Pane) drawNotes(b *cell.Buffer, r layout.Rect, name int) {
	for i, n := range p.shown.notes[:max(min(len(p.shown.notes), r.H), 0)] {
		says := row.Field{Text: n.text, Width: r.W - name - 16, Gap: 2, Style: theme.In(theme.Second)}
		age := row.Field{Text: n.age, Width: 4, Gap: 1, Right: true, Style: theme.In(theme.Third)}
		id := row.Field{Text: format.Middle(n.node, name-inset), Width: name}
		row.Place(b, r.X, r.Y+i, r.W, n.class, inset, id, []row.Field{says, age}, row.Look{Faint: p.s.Faint()})
	}
}

func (p *Pane) drawButtons(b *cell.Buffer, in layout.Rect, y int) {
	w := 4
	for _, s := range buttons {
		w += len(s) + 2
	}
	x := in.X + max((in.W-w)/2, 0)
	for i, name := range buttons {
		text, st := " "+name+" ", theme.In(theme.Second)
		if i == p.button {
			text, st = "["+name+"]", theme.In(theme.Primary).With(theme.Bold)
		}
		to := b.Put(x, y, in.X+in.W-x, text, st)
		p.tabs = append(p.tabs, place{x, to, y, i})
		x = to + 4
	}
}

func centre(b *cell.Buffer, in layout.Rect, y int, s string, st theme.Style) {
	if y < in.Y+in.H {
		x := in.X + max((in.W-ansi.StringWidth(s))/2, 0)
		b.Put(x, y, in.X+in.W-x, s, st)
	}
}
