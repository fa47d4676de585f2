package policypane

import (
	"fmt"

	tea "charm.land/bubbletea/v2"

	"voxmesh/mesh/clean"
	"voxmesh/tui/cell"
	"voxmesh/tui/empty"
	"voxmesh/tui/format"
	"voxmesh/tui/keys"
	"voxmesh/tui/layout"
	"voxmesh/tui/pane"
	"voxmesh/tui/theme"
)

const (
	emptySays = "This machine gives nothing."
	emptyWhy  = "What it gives to others is written in donations.vox, which is yours: nothing is written before W."
	elsewhere = "The policy of a machine is its own, and this console is not on it. There it is shown by"
)

// begins reports whether a policy can be written behind what there is.
func (p *Pane) begins() bool {
	if p.base == nil || p.of(p.now()).Block().Valid() {
		return false
	}
	_, ok := beginning(p.top()).Policy()
	return ok
}

// bareKeys are those where there is no form.
func (p *Pane) bareKeys() []keys.Binding {
	switch {
	case p.book == nil:
		return []keys.Binding{keys.Get(keys.Copy).As("copy", "copy the command")}
	case p.base == nil && p.failed != nil:
		return []keys.Binding{keys.Get(keys.Retry).As("retry", "read it again")}
	case p.base == nil:
		return nil
	}
	bs := []keys.Binding{}
	if p.begins() {
		bs = append(bs, keys.Get(keys.Open).As("choose", "write a policy: a form, and W writes it").When(p.refuse))
		bs = append(bs, empty.Keys()...)
	}
	if p.undoes() {
		bs = append(bs, keys.Get(keys.Undo).As("undo", "bring back what was put back; undo the last write").When(p.refuse))
	}
	return append(bs, keys.Get(keys.View).As("view", "the problems, the file"), keys.Get(keys.Retry).As("retry", "read it again"))
}

func (p *Pane) choose(id keys.ID) (pane.Action, tea.Cmd) {
	switch {
	case id == keys.Copy:
		return pane.Clip{Text: showCommand, Said: "copied " + showCommand}, nil
	case id == keys.Retry:
		p.failed = nil
		return nil, p.read()
	case id == keys.Undo && p.base != nil:
		return p.undo()
	case id == keys.View && p.base != nil:
		p.turn((p.shownView() + 1) % len(p.views()))
	case id == keys.Open && p.begins():
		return p.press(p.choice.At), nil
	case p.begins():
		p.choice.Move(id)
	}
	return nil, nil
}

// press is what a button does.
func (p *Pane) press(button int) pane.Action {
	if p.choice.At = button; button == 1 {
		return pane.Demo{}
	}
	if why := p.refuse(); why != "" {
		p.says = "enter write a policy: " + why
		return nil
	}
	p.says = p.edit(op{what: begin})
	p.list.Select(slots)
	return nil
}

const showCommand = "voxmesh policy show"

// drawBare draws what stands where there is no form: why, and what can be done.
func (p *Pane) drawBare(b *cell.Buffer, r layout.Rect) {
	border := pane.Frame(b, r, true)
	in := r.Inner()
	if p.book == nil {
		pane.Heading(b, r, "Donations", true, border)
		y := in.Y + in.H/2 - 1
		rows := format.Wrap(elsewhere, in.W-4)
		for i, s := range rows {
			empty.Centre(b, in, y+i, s, theme.Style{})
		}
		empty.Centre(b, in, y+len(rows), "$ "+showCommand, theme.In(theme.Third))
		return
	}
	p.at.main = r
	if p.base == nil {
		pane.Heading(b, r, "Donations", true, border)
		p.drawUnread(b, in)
		return
	}
	p.drawTabs(b, r, border)
	p.drawShape(b, in, 5)
	y := in.Y + 7
	empty.Centre(b, in, y-1, emptySays, theme.Style{})
	for i, s := range format.Wrap(emptyWhy, in.W-4) {
		empty.Centre(b, in, y+i, s, theme.In(theme.Second))
	}
	if p.begins() {
		p.choice.Draw(b, in, y+3, "Write a policy", "See a demo", p.refuse() != "")
	}
	empty.Centre(b, in, y+5, "$ "+op{what: begin}.command(), theme.In(theme.Third))
	pane.Facts(b, r, r.Y+r.H-1, fmt.Sprintf("%s %s", p.doc.Path, map[bool]string{true: "", false: "is not there"}[p.doc.Exists]), border)
}

// drawUnread draws the shape of the form while the file is read, and why it could not be.
func (p *Pane) drawUnread(b *cell.Buffer, in layout.Rect) {
	if p.failed == nil {
		if p.late {
			p.drawShape(b, in, in.H)
		}
		return
	}
	b.Put(in.X+1, in.Y+1, in.W-2, format.End("The file could not be read: "+clean.Line(reason(p.failed)).String(), in.W-2), theme.In(theme.Failed))
	b.Put(in.X+1, in.Y+2, in.W-2, "r retry", theme.In(theme.Second))
}

// drawShape draws the faint shape of the form.
func (p *Pane) drawShape(b *cell.Buffer, in layout.Rect, rows int) {
	st := theme.In(theme.Third).With(theme.Faint)
	for i := range min(rows, len(p.entries), in.H) {
		b.Fill(in.X+labelAt-1, in.Y+i, len(p.entries[i].label), 1, "─", st)
		b.Fill(in.X+valueAt-1, in.Y+i, 8+(i*7)%13, 1, "─", st)
	}
}

// drawNone draws what stands where the form would over a file in which there is no policy: what is wrong with it.
func (p *Pane) drawNone(b *cell.Buffer, in layout.Rect) {
	put := func(y int, s string, st theme.Style) {
		if y < in.H {
			b.Put(in.X+1, in.Y+y, in.W-2, format.End(s, in.W-2), st)
		}
	}
	says := "There is no policy in the file: this machine gives nothing."
	if p.doc.Note != "" {
		says = "There is no policy in the file" + p.instead() + "."
	}
	y := 0
	for _, s := range format.Wrap(says, in.W-2) {
		put(y, s, theme.Style{})
		y++
	}
	y++
	for i := range p.problems {
		put(y, p.problems[i].line(), ink(p.problems[i].Severity))
		y++
	}
	if p.begins() {
		put(y+1, "enter writes a policy behind what is there", theme.In(theme.Second))
	}
}
