package meshpane

import (
	"github.com/charmbracelet/x/ansi"

	"voxmesh/mesh/privacy"
	"voxmesh/tui/cell"
	"voxmesh/tui/layout"
	"voxmesh/tui/pane"
	"voxmesh/tui/row"
	"voxmesh/tui/theme"
)

// shape is the faint shape of a full mesh, 78 columns wide; this machine stands in its middle, on row shapeCentre.
var shape = []string{
	"           ( ) ······",
	"               ⠁ ⠠  ⡀                                          ( ) ······",
	"                      ⠐  ⠄                          ⢀  ⠄ ⠐  ⠁",
	"                           ⠈  ⠂ ⢀            ⡀ ⠐  ⠁",
	"",
	"                                   ⠂    ⠂",
	"                                ⠈         ⠈",
	"                           ⢀  ⠁              ⠁ ⢀",
	"", "", "", "",
	"               ⡀ ⠈                                       ⠈  ⡀",
	"            ⠠                                                 ⠠",
	"         ( ) ······                                              ( ) ······",
}

const (
	shapeWidth  = 78
	shapeCentre = 4
	shapeSays   = 8
)

const (
	emptySays   = "Only this machine is here. A node joins in about a minute."
	emptyButton = "Add a node"
	emptyJoin   = "voxmesh join 'LINK' joins a friend's mesh" // quoted: to some shells the link is a pattern
	emptyDemo   = "voxmesh demo shows one at work"
)

func (p *Pane) drawEmpty(b *cell.Buffer, r layout.Rect) {
	border := pane.Frame(b, r, true)
	pane.Heading(b, r, "Nodes", true, border)
	b.Put(r.X+2, r.Y+r.H-1, r.W-4, " no other node yet ", border)
	in := r.Inner()
	x, y := shapeAt(in)
	faint := theme.In(theme.Third).With(theme.Faint)
	for i, s := range shape {
		if at := y + i; at >= in.Y && at < in.Y+in.H && in.W >= shapeWidth {
			b.Put(x, at, in.X+in.W-x, s, faint)
		}
	}
	centre(b, in, y+shapeSays, emptySays, theme.In(theme.Text))
	st := theme.In(theme.Primary).With(theme.Bold)
	if p.s.Refuse() != "" {
		st = theme.In(theme.Third)
	}
	centre(b, in, y+shapeSays+2, "["+emptyButton+"]", st)
	if both := emptyJoin + "; " + emptyDemo; ansi.StringWidth(both) <= in.W {
		centre(b, in, y+shapeSays+3, both, theme.In(theme.Third))
	} else {
		centre(b, in, y+shapeSays+4, emptyJoin, theme.In(theme.Third))
		centre(b, in, y+shapeSays+5, emptyDemo, theme.In(theme.Third))
	}
	if id := p.s.World.State.Mesh; id != "" {
		at := in.X + in.W/2 - 6
		at = b.Put(at, y+shapeCentre, 3, "◉  ", theme.In(theme.Text).With(theme.Bold))
		at = b.Put(at, y+shapeCentre, 24, id, theme.Style{})
		row.Badge(b, at+1, y+shapeCentre, privacy.LocalOnly)
	}
}

func shapeAt(in layout.Rect) (x, y int) {
	return in.X + max((in.W-shapeWidth)/2, 0), in.Y + max((in.H-len(shape))/2, 0)
}

func centre(b *cell.Buffer, in layout.Rect, y int, s string, st theme.Style) {
	if y < in.Y || y >= in.Y+in.H {
		return
	}
	x := in.X + max((in.W-ansi.StringWidth(s))/2, 0)
	b.Put(x, y, in.X+in.W-x, s, st)
}

// emptyButton reports whether a cell belongs to the button.
func (p *Pane) emptyButton(x, y int) bool {
	in := p.frame.Pane.Inner()
	_, top := shapeAt(in)
	w := len(emptyButton) + 2
	from := in.X + max((in.W-w)/2, 0)
	return y == top+shapeSays+2 && x >= from && x < from+w
}
