package runspane

import (
	"voxmesh/tui/cell"
	"voxmesh/tui/columns"
	"voxmesh/tui/empty"
	"voxmesh/tui/format"
	"voxmesh/tui/keys"
	"voxmesh/tui/layout"
	"voxmesh/tui/pane"
	"voxmesh/tui/theme"
)

const (
	emptySays = "Nothing ran yet. A prompt or a program is sent from here."
	shapeRows = 5
)

// empty reports whether there is nothing to list: no run at all, at the moment that is shown.
func (p *Pane) empty() bool { return p.ready && len(p.shown.runs) == 0 && !p.filter.Typing() }

func (p *Pane) emptyKeys() []keys.Binding {
	if !p.s.World.Past.IsZero() {
		return nil
	}
	open := keys.Get(keys.Open).As("choose", "send a prompt")
	if p.choice.At == 0 {
		open = open.When(p.s.Refuse)
	}
	return append(append([]keys.Binding{open}, empty.Keys()...), keys.Get(keys.Send).As("send", "send a prompt").When(p.s.Refuse))
}

func (p *Pane) choose(id keys.ID) pane.Action {
	p.choice.Move(id)
	switch id {
	case keys.Send:
		return pane.Act{Verb: keys.Send}
	case keys.Open:
		return p.press(p.choice.At)
	}
	return nil
}

// press is what a button does.
func (p *Pane) press(button int) pane.Action {
	if p.choice.At = button; button == 1 {
		return pane.Demo{}
	}
	if why := p.s.Refuse(); why != "" {
		return pane.Notice{Text: "not now: " + why}
	}
	return pane.Act{Verb: keys.Send}
}

func (p *Pane) drawEmpty(b *cell.Buffer, r layout.Rect) {
	border := pane.Frame(b, r, true)
	p.views.Draw(b, r, viewNames, p.view, p.focus == table, border)
	in := r.Inner()
	cols, what := fit(in.W)
	hs := headsOf(cols, what)
	p.order.Draw(b, in.X+before-1, in.Y, hs)
	p.order.Forget()
	y := in.Y + 1
	rows := min(shapeRows, in.H-6)
	columns.Shape(b, in.X+before-1, y, rows, hs)
	y += max(rows, 0) + 1
	p.choice.Forget()
	if !p.s.World.Past.IsZero() {
		empty.Centre(b, in, y, "Nothing had run at "+format.Time(p.s.World.Past.UnixMicro(), p.s.Now().Location())+", or within the day before.", theme.Style{})
		return
	}
	empty.Centre(b, in, y, emptySays, theme.Style{})
	p.choice.Draw(b, in, y+2, "Send a prompt", "See a demo", p.s.Refuse() != "")
	b.Put(r.X+2, r.Y+r.H-1, r.W-4, " no run yet ", border)
}
