package tui

import (
	tea "charm.land/bubbletea/v2"

	"github.com/charmbracelet/x/ansi"

	"voxmesh/tui/cell"
	"voxmesh/tui/keys"
	"voxmesh/tui/layout"
	"voxmesh/tui/pane"
	"voxmesh/tui/theme"
)

// soon is a pane that this version does not have: it says so, and which command shows the same.
type soon struct {
	s       *pane.Session
	name    string
	says    string
	command string
}

func (soon) Typing() bool                          { return false }
func (soon) Update(tea.Msg) (pane.Action, tea.Cmd) { return nil, nil }

func (p soon) Keys() []keys.Binding { return []keys.Binding{keys.Get(keys.Add).When(p.s.Refuse)} }

func (p soon) Draw(b *cell.Buffer, f layout.Frame) {
	border := pane.Frame(b, f.Pane, true)
	pane.Heading(b, f.Pane, p.name, true, border)
	in := f.Pane.Inner()
	for i, s := range []string{p.says, "$ " + p.command} {
		x := in.X + max((in.W-ansi.StringWidth(s))/2, 0)
		st := theme.Style{}
		if i > 0 {
			st = theme.In(theme.Third)
		}
		b.Put(x, in.Y+in.H/2-1+i, in.W, s, st)
	}
}
