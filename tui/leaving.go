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

// leaving asks before the host in this process ends with work in flight, and before edits of donations.vox are lost.
type leaving struct {
	jobs    int // in flight on the host in this process
	unsaved bool
}

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

func (l *leaving) Keys() []keys.Binding {
	return []keys.Binding{
		keys.Get(keys.Open).As("leave", l.effect()),
		keys.Get(keys.Back).As("stay", "stay"),
	}
}

func (l *leaving) effect() string {
	if l.jobs == 0 {
		return "leave, and lose the edits"
	}
	return "leave, and end the host"
}

// text says what leaving costs.
func (l *leaving) text() []string {
	var out []string
	if l.jobs > 0 {
		what := fmt.Sprintf("%d jobs are", l.jobs)
		if l.jobs == 1 {
			what = "1 job is"
		}
		out = format.Wrap("This console is the host, and "+what+" in flight. Leaving ends the host: nodes finish what they can, "+
			"and the rest goes on when a host runs here again. `voxmesh serve` keeps one without a console.", 60)
	}
	if l.unsaved {
		if len(out) > 0 {
			out = append(out, "")
		}
		out = append(out, format.Wrap("What you edited of donations.vox is not written, and leaving loses it. In Policy, W writes it.", 60)...)
	}
	return out
}

func (l *leaving) Draw(b *cell.Buffer, f layout.Frame) {
	text := l.text()
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
