package debugger

import (
	"strings"

	"voxmesh/tui/cell"
	"voxmesh/tui/changes"
	"voxmesh/tui/format"
	"voxmesh/tui/layout"
	"voxmesh/tui/pane"
	"voxmesh/tui/row"
	"voxmesh/tui/theme"
)

// The columns of the table: what a row is of, and by how much the two differ.
const (
	pairName   = 11
	pairDiffer = 10
)

// drawCompare draws two attempts side by side, and under them what differs in what they wrote.
func (l *Layer) drawCompare(b *cell.Buffer, r layout.Rect) {
	c := l.cmp
	border := pane.Frame(b, r, true)
	x := pane.Heading(b, r, "Compare", true, border)
	row.Head(b, x, r.Y, r.X+r.W-x-2, l.tree.view.PrivacyClass, "", l.run, safe(l.tree.view.Title), false, border)
	in := r.Inner()
	if in.H < 3 || in.W < 40 {
		return
	}
	w := (in.W - 2 - pairName - pairDiffer) / 2
	at := [2]int{in.X + 1 + pairName, in.X + 1 + pairName + w}
	for k, x := range at {
		row.Against(b, x, in.Y, w-1, c.classes[k], c.names[k], "", row.Look{})
	}
	b.Put(at[1]+w, in.Y, pairDiffer, "difference", theme.In(theme.Third))
	body := layout.Rect{X: in.X, Y: in.Y + 1, W: in.W, H: in.H - 1}
	c.want = changes.Width(body)
	diff := c.diff
	above := len(c.facts) + 1
	from, to := c.rows.window(body.H, above+max(len(diff), 2))
	for i := from; i < to; i++ {
		y := body.Y + i - from
		switch {
		case i < len(c.facts):
			drawPair(b, in.X+1, y, at, w, c.facts[i])
		case i == len(c.facts):
			b.Fill(r.X+1, y, r.W-2, 1, "─", border)
			b.Put(r.X+1, y, r.W-2, " Output ", border)
		case len(diff) == 0:
			l.drawSides(b, in.X+1, y, in.W-2, i-above)
		}
	}
	if first := max(from-above, 0); len(diff) > 0 && to > above {
		y := body.Y + max(above-from, 0)
		changes.Draw(b, layout.Rect{X: body.X, Y: y, W: body.W, H: body.Y + body.H - y}, diff, first, changes.Look{})
	}
	pane.Facts(b, r, r.Y+r.H-1, format.Position(from, to, above+max(len(diff), 2)), border)
}

// diffWidth is how wide the text of what differs is in a rectangle with a border.
func diffWidth(r layout.Rect) int { return max(changes.Width(r.Inner()), layout.MinWidth/2) }

func drawPair(b *cell.Buffer, x, y int, at [2]int, w int, f pairFact) {
	b.Put(x, y, pairName-1, f.name, theme.In(theme.Third))
	for k, v := range f.values {
		st := theme.Style{}
		if f.same {
			st = theme.In(theme.Second)
		}
		b.Put(at[k], y, w-2, format.End(v, w-2), st)
	}
	b.Put(at[1]+w, y, pairDiffer, f.differ, theme.In(theme.Second))
}

// drawSides says, one row each, why there is nothing to compare.
func (l *Layer) drawSides(b *cell.Buffer, x, y, w, k int) {
	c := l.cmp
	switch {
	case !c.have && k == 0 && c.slow:
		b.Fill(x, y, min(w, 40), 1, "─", theme.In(theme.Third).With(theme.Faint))
	case !c.have || k > 1:
	case c.sides[k].none != "":
		row.Against(b, x, y, w, c.classes[k], c.names[k], c.sides[k].none, row.Look{})
	default:
		n := strings.Count(string(c.sides[k].text), "\n")
		row.Against(b, x, y, w, c.classes[k], c.names[k], format.Many(n, "line"), row.Look{})
	}
}
