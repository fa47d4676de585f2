package policypane

import (
	"fmt"

	"voxmesh/policy"
	"voxmesh/tui/boxes"
	"voxmesh/tui/cell"
	"voxmesh/tui/format"
	"voxmesh/tui/layout"
	"voxmesh/tui/pane"
	"voxmesh/tui/theme"
)

const (
	explainWidth = 100
	ruleWidth    = 10
)

// box is where the layer stands.
func (l *explainer) box(f layout.Frame) layout.Rect {
	rows := 2 + (numAsks+1)/2 + 1 + max(len(l.answer.Reasons), 1) + 2
	return layout.Box(f, f.Over(rows), explainWidth, rows)
}

// Draw draws the box over the pane: the job, then each rule, and the command in the last row.
func (l *explainer) Draw(b *cell.Buffer, f layout.Frame) {
	r := l.box(f)
	border := boxes.Plain(b, r, "Explain: would a job run here")
	in := r.BoxText()
	says, st := l.verdict()
	pane.Facts(b, r, r.Y, says, st)
	y := l.drawAsks(b, in) + 1
	b.Put(in.X, in.Y+in.H-1, in.W, format.End("$ "+l.command(), in.W), theme.In(theme.Third))
	l.rows = max(in.Y+in.H-2-y, 0)
	l.scroll(0)
	if l.broken != "" {
		b.Put(in.X, y, in.W, l.broken, theme.In(theme.Failed))
		return
	}
	for i := range l.rows {
		if l.top+i < len(l.answer.Reasons) {
			drawRule(b, layout.Rect{X: in.X, Y: y + i, W: in.W, H: 1}, l.answer.Reasons[l.top+i])
		}
	}
	if n := len(l.answer.Reasons); n > l.rows {
		pane.Facts(b, r, r.Y+r.H-1, format.Position(l.top, min(l.top+l.rows, n), n), border)
	}
}

func (l *explainer) verdict() (string, theme.Style) {
	switch n := len(l.answer.Refusals()); {
	case l.broken != "":
		return "refused", theme.In(theme.Failed)
	case n > 0:
		return "refused by " + format.Many(n, "rule"), theme.In(theme.Failed)
	}
	return "accepted", theme.In(theme.OK)
}

// askAt is where a part of the job stands: in two columns.
func askAt(in layout.Rect, i int) layout.Rect {
	half := (numAsks + 1) / 2
	w := in.W / 2
	return layout.Rect{X: in.X + i/half*w, Y: in.Y + i%half, W: w - 1, H: 1}
}

// drawAsks draws the job, and gives the row after it.
func (l *explainer) drawAsks(b *cell.Buffer, in layout.Rect) int {
	end := in.Y
	for i := range l.asks {
		r := askAt(in, i)
		boxes.Name(b, r.X, r.Y, l.asks[i].name, i == l.at)
		room := r.W - boxes.Indent
		text, st := format.End(l.asks[i].value(), room-4), theme.Style{}
		if i == l.at {
			text, st = "← "+text+" →", st.With(theme.Bold)
		}
		b.Put(r.X+boxes.Indent, r.Y, room, text, st)
		end = max(end, r.Y+1)
	}
	return end
}

// drawRule draws the answer of a rule: the sentence, and at the right the setting with its line.
func drawRule(b *cell.Buffer, r layout.Rect, q policy.Reason) {
	sign, st := "✓", theme.In(theme.OK)
	if !q.Allowed {
		sign, st = "✗", theme.In(theme.Failed)
	}
	b.Put(r.X, r.Y, 1, sign, st)
	b.Put(r.X+2, r.Y, ruleWidth, q.Rule, theme.In(theme.Second))
	right, line := r.W/3, ""
	if q.Line > 0 {
		line = fmt.Sprintf(":%d", q.Line)
	}
	from := r.X + 2 + ruleWidth
	at := b.Right(r.X+r.W-right, r.X+r.W, r.Y, format.End(q.Field, right-len(line))+line, theme.In(theme.Third))
	b.Put(from, r.Y, at-1-from, format.End(q.Text, at-1-from), theme.Style{})
}

// click chooses a part of the job; a second one changes it.
func (l *explainer) click(c pane.Click) {
	in := l.box(l.p.frame).BoxText()
	for i := range l.asks {
		if askAt(in, i).Has(c.X, c.Y) {
			if l.at == i {
				l.change(1)
			}
			l.at = i
			return
		}
	}
}
