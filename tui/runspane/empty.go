package runspane

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
	emptySays   = "Nothing ran yet. A prompt or a program is sent from here."
	demoCommand = "voxmesh demo"
	shapeRows   = 5
)

var buttons = []string{"Send a prompt", "See a demo"}

// empty reports whether there is nothing to list: no run at all, at the moment that is shown.
func (p *Pane) empty() bool { return p.ready && len(p.shown.runs) == 0 && !p.filter.Typing() }

func (p *Pane) emptyKeys() []keys.Binding {
	if !p.s.World.Past.IsZero() {
		return nil
	}
	open := keys.Get(keys.Open).As("choose", "send a prompt")
	if p.button == 0 {
		open = open.When(p.s.Refuse)
	}
	return []keys.Binding{
		open,
		keys.Get(keys.Left).As("", "the other one"), keys.Get(keys.Right).As("", "the other one"),
		keys.Get(keys.Next).As("next", "the other one"), keys.Get(keys.Previous).As("", "the other one"),
		keys.Get(keys.Send).As("send", "send a prompt").When(p.s.Refuse),
	}
}

func (p *Pane) choose(id keys.ID) pane.Action {
	switch id {
	case keys.Send:
		return pane.Act{Verb: keys.Send}
	case keys.Left, keys.Right, keys.Next, keys.Previous:
		p.button = (p.button + 1) % len(buttons)
	case keys.Open:
		return p.press(p.button)
	}
	return nil
}

// press is what a button does. A demo is a mesh of its own, so its command is copied for another terminal.
func (p *Pane) press(button int) pane.Action {
	if p.button = button; button == 1 {
		return pane.Clip{Text: demoCommand, Said: "copied " + demoCommand + ": paste it into another terminal"}
	}
	if why := p.s.Refuse(); why != "" {
		return pane.Notice{Text: "not now: " + why}
	}
	return pane.Act{Verb: keys.Send}
}

func (p *Pane) drawEmpty(b *cell.Buffer, r layout.Rect) {
	border := pane.Frame(b, r, true)
	p.drawViews(b, r, border)
	in := r.Inner()
	cols, what := fit(in.W)
	p.drawHead(b, in, cols, what)
	p.columns = p.columns[:0]
	y := in.Y + 1
	rows := min(shapeRows, in.H-6)
	for i := range rows {
		shape(b, in.X+before, y+i, i, cols, what)
	}
	y += max(rows, 0) + 1
	p.tabs = p.tabs[:0]
	if !p.s.World.Past.IsZero() {
		centre(b, in, y, "Nothing had run at "+format.Time(p.s.World.Past.UnixMicro(), p.s.Now().Location())+", or within the day before.")
		return
	}
	centre(b, in, y, emptySays)
	p.drawButtons(b, in, y+2)
	b.Put(r.X+2, r.Y+r.H-1, r.W-4, " no run yet ", border)
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
		if i == 0 && p.s.Refuse() != "" {
			st = theme.In(theme.Third)
		}
		to := b.Put(x, y, in.X+in.W-x, text, st)
		p.tabs = append(p.tabs, place{x, to, y, i})
		x = to + 4
	}
}

func centre(b *cell.Buffer, in layout.Rect, y int, s string) {
	if y < in.Y+in.H {
		x := in.X + max((in.W-ansi.StringWidth(s))/2, 0)
		b.Put(x, y, in.X+in.W-x, s, theme.Style{})
	}
}
