package tui

import (
	"fmt"

	tea "charm.land/bubbletea/v2"

	"voxmesh/tui/cell"
	"voxmesh/tui/format"
	"voxmesh/tui/keys"
	"voxmesh/tui/layout"
	"voxmesh/tui/pane"
	"voxmesh/tui/theme"
)

// leaving asks before the host in this process ends with work in flight.
type leaving struct{ jobs int }

func (*leaving) Typing() bool { return false }
func (*leaving) Bare() bool   { return false }
func (*leaving) Closed()      {}

func (*leaving) Update(msg tea.Msg) (pane.Action, tea.Cmd) {
	if do, ok := msg.(pane.Do); ok {
		switch do.ID {
		case keys.Open:
			return pane.Quit{}, nil
		case keys.Back:
			return pane.Close{}, nil
		}
	}
	return nil, nil
}

func (*leaving) Keys() []keys.Binding {
	return []keys.Binding{
		keys.Get(keys.Open).As("leave", "leave, and end the host"),
		keys.Get(keys.Back).As("stay", "stay"),
	}
}

func (l *leaving) Draw(b *cell.Buffer, f layout.Frame) {
	what := fmt.Sprintf("%d jobs are", l.jobs)
	if l.jobs == 1 {
		what = "1 job is"
	}
	text := format.Wrap("This console is the host, and "+what+" in flight. Leaving ends the host: nodes finish what they can, "+
		"and the rest goes on when a host runs here again. `voxmesh serve` keeps one without a console.", 60)
	r := layout.Rect{W: 64, H: len(text) + 2}
	r.W = min(r.W, f.Width-2)
	r.X, r.Y = (f.Width-r.W)/2, f.Pane.Y+(f.Pane.H-r.H)/2
	b.Fill(r.X, r.Y, r.W, r.H, " ", theme.Style{})
	border := pane.Frame(b, r, true)
	pane.Heading(b, r, "Leave", true, border)
	for i, s := range text {
		b.Put(r.X+2, r.Y+1+i, r.W-4, s, theme.Style{})
	}
}
