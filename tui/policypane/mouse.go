package policypane

import (
	tea "charm.land/bubbletea/v2"

	"voxmesh/policy"
	"voxmesh/tui/pane"
)

// wheelRows is how far a notch of the wheel scrolls the file.
const wheelRows = 3

// click focuses and selects; a double one opens. A box is ticked, a view turned to, an option taken.
func (p *Pane) click(c pane.Click) (pane.Action, tea.Cmd) {
	if button, ok := p.choice.Clicked(c.X, c.Y); ok && p.bare() && !c.Right {
		return p.press(button), nil
	}
	if p.carried != nil {
		p.drop(true)
	}
	if p.open != nil {
		if i, ok := p.options.At(c.X, c.Y); ok {
			p.takeOption(i)
			return nil, nil
		}
		if p.at.field.Has(c.X, c.Y) || !p.keep() { // a wrong value is not lost by a click elsewhere
			return nil, nil
		}
	}
	if i, ok := p.tabs.At(c.X, c.Y); ok {
		p.turn(i)
		return nil, nil
	}
	switch {
	case p.at.beside.Has(c.X, c.Y), p.at.under.Has(c.X, c.Y):
		p.focus = beside
	case p.at.main.Has(c.X, c.Y):
		p.focus = form
		p.clickMain(c)
	}
	return nil, nil
}

func (p *Pane) clickMain(c pane.Click) {
	if p.view == issues {
		if p.at.body.Has(c.X, c.Y) && p.issues.Click(c.Y-p.at.body.Y) && c.Double {
			p.goTo()
		}
		return
	}
	what, ok := p.places.At(c.X, c.Y)
	if !ok || what/perRow >= len(p.rows) {
		return
	}
	r := &p.rows[what/perRow]
	p.list.Select(r.id)
	p.file.follow = true
	if k := what % perRow; k != wholeOf {
		p.col = k
	}
	cell := p.cell()
	box := cell != nil && cell.field.Type == policy.Bool && r.kind == single
	switch {
	case c.Right:
	case box && c.X >= p.at.main.X+valueAt && c.X < p.at.main.X+valueAt+3:
		p.toggle()
	case c.Double && !box:
		p.enter()
	}
}

// takeOption takes an option of the picker that was clicked.
func (p *Pane) takeOption(i int) {
	o := p.open
	if o.pick.at = i; o.cell.field.Type != policy.Texts {
		p.keep()
		return
	}
	o.in.Set(o.text())
	o.pick.took(o.in.Value())
	p.preview()
}

// drag carries a row of a table, as m does.
func (p *Pane) drag(d pane.Drag) {
	if p.open != nil || p.bare() || p.view != fields {
		return
	}
	if p.carried == nil && !d.Done {
		what, ok := p.places.At(d.FromX, d.FromY)
		if !ok || what/perRow >= len(p.rows) || d.Y == d.FromY {
			return
		}
		p.list.Select(p.rows[what/perRow].id)
		if p.refuseLift() != "" {
			return
		}
		p.lift()
		p.carried.drag = true
	}
	if p.carried == nil || !p.carried.drag {
		return
	}
	if d.Done {
		p.drop(true)
		return
	}
	if what, ok := p.places.At(d.X, d.Y); ok && what/perRow < len(p.rows) {
		if r := &p.rows[what/perRow]; r.kind == record && r.entry.field.Name == p.carried.list {
			p.carryTo(r.index)
		}
	}
}

func (p *Pane) wheel(w pane.Wheel) {
	switch {
	case p.at.beside.Has(w.X, w.Y), p.view == file && p.at.main.Has(w.X, w.Y):
		if w.Down {
			p.file.top += wheelRows
		} else {
			p.file.top -= wheelRows
		}
		p.file.clamp()
	case p.view == issues && p.at.main.Has(w.X, w.Y):
		p.issues.Wheel(w.Down)
	case p.at.main.Has(w.X, w.Y):
		p.list.Wheel(w.Down)
	}
}
