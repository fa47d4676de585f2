package capbox

import (
	"fmt"

	"voxmesh/mesh"
	"voxmesh/tui/boxes"
	"voxmesh/tui/cell"
	"voxmesh/tui/format"
	"voxmesh/tui/layout"
	"voxmesh/tui/pane"
	"voxmesh/tui/theme"
	"voxmesh/tui/verb"
)

const (
	boxWidth   = 66
	gaugeWidth = 20
	nameWidth  = 7 // of "Now" and "Then"
)

// Draw draws the box over the pane.
func (l *Layer) Draw(b *cell.Buffer, f layout.Frame) {
	wide := min(boxWidth, f.Width-4) - 4
	effect := format.Wrap(verb.Effect(l.s, "cap", l.on), wide)
	says, ink := l.says()
	var said []string
	for _, s := range says {
		said = append(said, format.Wrap(s, wide)...)
	}
	command := l.command().Rows(wide-2, false)
	fixed := 2 + 2 + 2 + len(said) + len(command) // border, gauges, field
	const blanks = 4
	over := f.Over(fixed + len(effect) + blanks)
	gap := 1
	if fixed+len(effect)+blanks > over.H {
		gap = 0
	}
	effect = effect[:max(min(len(effect), over.H-fixed-gap*blanks), 0)]
	r := layout.Box(f, over, boxWidth, fixed+len(effect)+gap*blanks)
	l.frame(b, r)
	x, y := r.BoxText().X, r.BoxText().Y
	put := func(rows []string, st theme.Style) {
		for _, s := range rows {
			b.Put(x, y, wide, s, st)
			y++
		}
		y += gap
	}
	put(effect, theme.Style{})
	l.gauge(b, x, y, wide, "Now", l.effective(l.own()), true)
	limit, ok := mesh.ParseCap(l.value())
	l.gauge(b, x, y+1, wide, "Then", l.effective(limit), ok)
	y += 2 + gap
	b.Put(x, y, wide, "Dollars in 24 hours, or none", theme.In(theme.Second))
	typing := l.setting == 0
	if typing {
		b.Put(x+1, y+1, 1, "▸", theme.In(theme.Text).With(theme.Bold))
	}
	l.text.Draw(b, x+3, y+1, wide-3, typing)
	y += 2 + gap
	put(said, ink)
	command[0] = "$ " + command[0]
	put(command, theme.In(theme.Third))
}

func (l *Layer) frame(b *cell.Buffer, r layout.Rect) {
	if l.on.Kind == pane.Mesh {
		boxes.Plain(b, r, "Cap: the mesh")
		return
	}
	class, _ := verb.Class(l.s, l.on)
	boxes.Draw(b, r, "Cap: "+l.on.ID, class)
}

// gauge draws what was spent of a cap; where what is typed is no sum, that there is none to show.
func (l *Layer) gauge(b *cell.Buffer, x, y, w int, name string, limit *int64, ok bool) {
	b.Put(x, y, nameWidth, name, theme.In(theme.Second))
	used := l.used()
	if !ok {
		b.Put(x+nameWidth, y, w-nameWidth, format.Dash, theme.In(theme.Second))
		return
	}
	mark := format.Mark(used, limit)
	ink := theme.In(theme.Text)
	switch mark {
	case "!":
		ink = theme.In(theme.Waiting)
	case "!!":
		ink = theme.In(theme.Failed)
	}
	text := format.Gauge(used, limit, gaugeWidth)
	if share, ok := format.Share(used, limit); ok {
		text += fmt.Sprintf(" %3d %%", share)
	}
	b.Put(x+nameWidth, y, w-nameWidth, text+mark, ink)
	b.Right(x+nameWidth, x+w, y, format.Money(used)+" / "+format.Cap(limit), ink)
}
