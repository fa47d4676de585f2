package auditpane

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
	emptySays = "Nothing was acted on yet."
	emptyWhen = "A pause, resume, drain, kill, replay or revoke leaves a signed entry here."
	shapeRows = 5
)

// empty reports whether there is no entry at the moment that is shown.
func (p *Pane) empty() bool {
	st := p.s.World.State
	return (st == nil || st.Acts == 0) && !p.filter.Typing()
}

func (p *Pane) emptyKeys() []keys.Binding {
	if !p.s.World.Past.IsZero() {
		return nil
	}
	return append([]keys.Binding{keys.Get(keys.Open).As("choose", "go to the nodes")}, empty.Keys()...)
}

func (p *Pane) choose(id keys.ID) pane.Action {
	p.choice.Move(id)
	switch id {
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
	return pane.Turn{Pane: keys.Pane1}
}

func (p *Pane) drawEmpty(b *cell.Buffer, r layout.Rect) {
	border := pane.Frame(b, r, true)
	pane.Heading(b, r, "Audit", true, border)
	in := r.Inner()
	cols, reason := fit(in.W)
	hs := drawHead(b, in, cols, reason)
	rows := max(min(shapeRows, in.H-7), 0)
	columns.Shape(b, in.X+before-1, in.Y+1, rows, hs)
	y := in.Y + rows + 2
	p.choice.Forget()
	if !p.s.World.Past.IsZero() {
		empty.Centre(b, in, y, "Nothing had been acted on at "+format.Time(p.s.World.Past.UnixMicro(), p.s.Now().Location())+".", theme.Style{})
		return
	}
	empty.Centre(b, in, y, emptySays, theme.Style{})
	for i, s := range format.Wrap(emptyWhen, in.W-4) {
		empty.Centre(b, in, y+1+i, s, theme.In(theme.Second))
	}
	p.choice.Draw(b, in, y+4, "Choose a node", "See a demo", false)
	b.Put(r.X+2, r.Y+r.H-1, r.W-4, " no entry yet ", border)
}
