package hopperpane

import (
	"time"

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
	emptySays = "Nothing was asked for yet. Say what you want done, and the mesh finds a node for it."
	emptyWord = "Nothing was asked for yet."
	shapeRows = 4
)

// shapeAfter is how long the lists may take before their shape is drawn.
const shapeAfter = 100 * time.Millisecond

// loading reports whether the lists take so long that their shape is to be seen.
func (p *Pane) loading() bool { return !p.ready && p.s.Now().Sub(p.asked) >= shapeAfter }

// empty reports whether there is nothing to list: no item at all, at the moment that is shown.
func (p *Pane) empty() bool {
	return p.ready && p.shown.known == [numViews]int{} && !p.filter.Typing() && !p.trail.gone
}

func (p *Pane) emptyKeys() []keys.Binding {
	if !p.s.World.Past.IsZero() {
		return nil
	}
	open := keys.Get(keys.Open).As("choose", "send an intent")
	if p.choice.At == 0 {
		open = open.When(p.s.Refuse)
	}
	return append(append([]keys.Binding{open}, empty.Keys()...), keys.Get(keys.Send).As("send intent", "send an intent").When(p.s.Refuse))
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
	p.views.Draw(b, r, p.names(), p.view, true, border)
	in := r.Inner()
	hs := headsOf(inbox, p.widths(inbox, in.W))
	p.orders[inbox].Draw(b, in.X+1, in.Y, hs)
	p.orders[inbox].Forget()
	y := in.Y + 1
	rows := min(shapeRows, in.H-6)
	columns.Shape(b, in.X+1, y, rows, hs)
	y += max(rows, 0) + 1
	p.choice.Forget()
	if !p.s.World.Past.IsZero() {
		empty.Centre(b, in, y, "Nothing was asked for by "+format.Time(p.s.World.Past.UnixMicro(), p.s.Now().Location())+", or within the day before.", theme.Style{})
		return
	}
	says := emptySays
	if cell.Width(says) > in.W-2 {
		says = emptyWord
	}
	empty.Centre(b, in, y, says, theme.Style{})
	p.choice.Draw(b, in, y+2, "Send an intent", "See a demo", p.s.Refuse() != "")
	b.Put(r.X+2, r.Y+r.H-1, r.W-4, " no item yet ", border)
}
