package meshpane

import (
	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"voxmesh/mesh/privacy"
	"voxmesh/tui/cell"
	"voxmesh/tui/keys"
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
	shapeChoice = shapeSays + 2
)

const emptySays = "Only this machine is here. A node joins in about a minute."

// emptyView is the choice that an empty mesh offers: which of the three has the focus, and where they stand.
type emptyView struct {
	at  int
	ats []layout.Rect
}

// offers are what can be done with an empty mesh, in their order on the screen.
var offers = []struct {
	text string
	act  pane.Action
}{
	{"Add a node", pane.Act{Verb: keys.Add}},
	{"Join a friend's mesh", pane.Act{Verb: keys.Join}},
	{"See a demo", pane.Demo{}},
}

func (e *emptyView) keys(s *pane.Session) []keys.Binding {
	choose := keys.Get(keys.Open).As("choose", "choose")
	if e.at < 2 {
		choose = choose.When(s.Refuse)
	}
	return []keys.Binding{
		choose, keys.Get(keys.Right).As("next", "the next choice"), keys.Get(keys.Left).As("", "the choice before"),
		keys.Get(keys.Next).As("", "the next choice"), keys.Get(keys.Previous).As("", "the choice before"),
		keys.Get(keys.Add).When(s.Refuse), keys.Get(keys.Join).When(s.Refuse),
	}
}

func (p *Pane) doEmpty(id keys.ID) (pane.Action, tea.Cmd) {
	switch e := &p.empty; id {
	case keys.Open:
		return offers[e.at].act, nil
	case keys.Add, keys.Join:
		return pane.Act{Verb: id}, nil
	case keys.Right:
		e.at = min(e.at+1, len(offers)-1)
	case keys.Left:
		e.at = max(e.at-1, 0)
	case keys.Next, keys.Previous:
		step := 1
		if id == keys.Previous {
			step = -1
		}
		if e.at += step; e.at < 0 || e.at >= len(offers) {
			e.at = (e.at + len(offers)) % len(offers)
			return pane.Pass{}, nil
		}
	}
	return nil, nil
}

func (p *Pane) clickEmpty(c pane.Click) (pane.Action, tea.Cmd) {
	for i, r := range p.empty.ats {
		if r.Has(c.X, c.Y) {
			p.empty.at = i
			if i < 2 && p.s.Refuse() != "" {
				return pane.Notice{Text: offers[i].text + ": " + p.s.Refuse()}, nil
			}
			return offers[i].act, nil
		}
	}
	return nil, nil
}

func (p *Pane) drawEmpty(b *cell.Buffer, r layout.Rect) {
	border := pane.Frame(b, r, true)
	pane.Heading(b, r, "Graph", true, border)
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
	p.drawOffers(b, in, y+shapeChoice)
	if id := p.s.World.State.Mesh; id != "" {
		at := in.X + in.W/2 - 6
		at = b.Put(at, y+shapeCentre, 3, "◉  ", theme.In(theme.Text).With(theme.Bold))
		at = b.Put(at, y+shapeCentre, 24, id, theme.Style{})
		row.Badge(b, at+1, y+shapeCentre, privacy.LocalOnly)
	}
}

// drawOffers writes the choices into one row. The first is the one that a new mesh wants most.
func (p *Pane) drawOffers(b *cell.Buffer, in layout.Rect, y int) {
	const between = 3
	w := -between
	for _, o := range offers {
		w += ansi.StringWidth(o.text) + 2 + between
	}
	x := in.X + max((in.W-w)/2, 0)
	p.empty.ats = p.empty.ats[:0]
	for i, o := range offers {
		lead, tail, st := " ", " ", theme.In(theme.Second)
		if i < 2 && p.s.Refuse() != "" {
			st = theme.In(theme.Third)
		} else if i == 0 {
			st = theme.In(theme.Primary)
		}
		if i == p.empty.at {
			lead, tail, st = "[", "]", st.With(theme.Bold)
		}
		end := b.Put(x, y, in.X+in.W-x, lead+o.text+tail, st)
		p.empty.ats = append(p.empty.ats, layout.Rect{X: x, Y: y, W: end - x, H: 1})
		x = end + between
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
