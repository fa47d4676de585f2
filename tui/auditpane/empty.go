package auditpane

import (
	"github.com/charmbracelet/x/ansi"

	"voxmesh/tui/cell"
	"voxmesh/tui/format"
	"voxmesh/tui/keys"
	"voxmesh/tui/layout"
	"voxmesh/tui/pane"
	"voxmesh/tui/theme"
)

const (
	emptySays = "Nothing was acted on yet."
	emptyWhen = "A pause, resume, drain, kill, replay or revoke leaves a signed entry here."
	shapeRows = 5
)

var buttons = []string{"Choose a node", "See a demo"}

// empty reports whether there is no entry at the moment that is shown.
func (p *Pane) empty() bool {
	st := p.s.World.State
	return (st == nil || st.Acts == 0) && !p.filter.Typing()
}

func (p *Pane) emptyKeys() []keys.Binding {
	if !p.s.World.Past.IsZero() {
		return nil
	}
	return []keys.Binding{
		keys.Get(keys.Open).As("choose", "go to the nodes"),
		keys.Get(keys.Left).As("", "the other one"), keys.Get(keys.Right).As("", "the other one"),
		keys.Get(keys.Next).As("next", "the other one"), keys.Get(keys.Previous).As("", "the other one"),
	}
}

func (p *Pane) choose(id keys.ID) pane.Action {
	switch id {
	case keys.Left, keys.Right, keys.Next, keys.Previous:
		p.button = (p.button + 1) % len(buttons)
	case keys.Open:
		return p.press(p.button)
	}
	return nil
}

// press is what a button does.
func (p *Pane) press(button int) pane.Action {
	if p.button = button; button == 1 {
		return pane.Demo{}
	}
	return pane.Turn{Pane: keys.Pane1}
}

func (p *Pane) drawEmpty(b *cell.Buffer, r layout.Rect) {
	border := pane.Frame(b, r, true)
	pane.Heading(b, r, "Audit", true, border)
	in := r.Inner()
	cols, reason := fit(in.W)
	drawHead(b, in, cols, reason)
	rows := max(min(shapeRows, in.H-7), 0)
	drawShape(b, layout.Rect{X: in.X, Y: in.Y + 1, W: in.W, H: rows}, cols, reason)
	y := in.Y + rows + 2
	p.tabs = p.tabs[:0]
	if !p.s.World.Past.IsZero() {
		centre(b, in, y, "Nothing had been acted on at "+format.Time(p.s.World.Past.UnixMicro(), p.s.Now().Location())+".", theme.Style{})
		return
	}
	centre(b, in, y, emptySays, theme.Style{})
	for i, s := range format.Wrap(emptyWhen, in.W-4) {
		centre(b, in, y+1+i, s, theme.In(theme.Second))
	}
	p.drawButtons(b, in, y+4)
	b.Put(r.X+2, r.Y+r.H-1, r.W-4, " no entry yet ", border)
}

func (p *Pane) drawButtons(b *cell.Buffer, in layout.Rect, y int) {
	if y >= in.Y+in.H {
		return
	}
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
