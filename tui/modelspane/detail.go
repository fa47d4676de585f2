package modelspane

import (
	"strings"

	"github.com/charmbracelet/x/ansi"

	"voxmesh/mesh"
	"voxmesh/mesh/privacy"
	"voxmesh/tui/cell"
	"voxmesh/tui/format"
	"voxmesh/tui/keys"
	"voxmesh/tui/layout"
	"voxmesh/tui/pane"
	"voxmesh/tui/row"
	"voxmesh/tui/theme"
	"voxmesh/tui/verb"
)

// drawDetail draws what there is to say of the row under the cursor: whether the model could run there and why not, where
// else, what S would do, and the command that shows the same.
func (p *Pane) drawDetail(b *cell.Buffer, r layout.Rect) {
	focused := p.focus == detail
	border := pane.Frame(b, r, focused)
	id := p.list.Selected()
	if id == "" {
		return
	}
	sp, h := p.shown.spots[id], p.shown.headers[id]
	text, command := "", "$ voxmesh models --json"
	switch node, ok := strings.CutPrefix(id, nodeID("")); {
	case sp != nil:
		title := format.Model(sp.model, max(r.W/3, 12)) + " on"
		drawTitle(b, r, title, &sp.class, sp.node, sp.word, theme.In(sp.ink), focused, border)
		text = sp.why()
	case ok:
		class := p.classOf(id)
		fact := h.word + " could run"
		if h.of == 0 {
			fact = "no models"
		}
		drawTitle(b, r, "", &class, h.name, fact, theme.In(h.ink), focused, border)
		text, command = nodeLine(h), "$ voxmesh nodes "+node
	default:
		drawTitle(b, r, format.Model(h.name, max(r.W/2, 12)), nil, "", h.word+" could run", theme.In(h.ink), focused, border)
		text = modelLine(h)
	}
	in := r.Inner()
	in.X, in.W = in.X+1, in.W-2
	if in.H < 2 || in.W < 10 {
		return
	}
	model := p.model().ID
	under := 0 // rows that are needed under the sentence
	if model != "" {
		under = 2
	}
	y := in.Y + drawSentence(b, layout.Rect{X: in.X, Y: in.Y, W: in.W, H: max(in.H-1-under, 1)}, text)
	if model != "" && y < in.Y+in.H-1 {
		p.drawWho(b, in.X, y, in.W, model, id)
	}
	if y++; model != "" && y < in.Y+in.H-1 {
		b.Put(in.X, y, in.W, format.End(p.hint(model), in.W), theme.In(theme.Second))
	}
	b.Put(in.X, in.Y+in.H-1, in.W, command, theme.In(theme.Third))
	if p.s.Faint() {
		b.Restyle(in.X, in.Y, in.W, in.H, func(s theme.Style) theme.Style { return s.With(theme.Faint) })
	}
}

// drawSentence writes a sentence into at most r.H rows, the last of them cut, and gives how many it took.
func drawSentence(b *cell.Buffer, r layout.Rect, text string) int {
	rows := format.Wrap(text, r.W)
	n := min(len(rows), r.H)
	for i := range n {
		s := rows[i]
		if i == n-1 {
			s = format.End(strings.Join(rows[i:], " "), r.W)
		}
		b.Put(r.X, r.Y+i, r.W, s, theme.Style{})
	}
	return n
}

// drawTitle writes what the detail is about into its border: text, then a node with its class where there is one, and
// at the right whether it could run.
func drawTitle(b *cell.Buffer, r layout.Rect, text string, class *privacy.Class, node, fact string, ink theme.Style, focused bool, border theme.Style) {
	st := border
	if focused {
		st = theme.In(theme.Text).With(theme.Bold)
	}
	fact = " " + format.End(fact, max(r.W/2-4, 0)) + " "
	end := r.X + r.W - 3 - ansi.StringWidth(fact)
	x := r.X + 1
	if text != "" {
		x = b.Put(x, r.Y, end-x, " "+text, st.With(theme.Bold))
	}
	if class != nil {
		x = row.Title(b, x, r.Y, end-x, *class, node, st)
	} else {
		x = b.Put(x, r.Y, end-x, " ", st)
	}
	if focused {
		b.Put(r.X+1, r.Y, 1, "[", st)
		b.Put(x-1, r.Y, 1, "]", st)
	}
	b.Right(x, r.X+r.W-2, r.Y, fact, ink)
}

func (p *Pane) classOf(id string) privacy.Class {
	for _, g := range p.shown.branches {
		if g.id == id {
			return g.class
		}
	}
	return privacy.Unknown
}

// why says in a sentence why a place is as it is.
func (sp *spot) why() string {
	what := join(", ", format.Size(sp.size), sp.quant, sp.family, contextOf(sp.context))
	says, heard := ", it says: ", ""
	if sp.age != "" && sp.age != format.Dash {
		says, heard = ", it said "+sp.age+" ago: ", "; heard "+sp.age+" ago"
	}
	switch {
	case !sp.has:
		return "not there, but no larger than " + sp.room + ", which fits: " + what + heard
	case sp.loaded && sp.could:
		return "loaded" + says + what
	case sp.could && sp.rule != mesh.RuleBusy:
		return "fits the memory that is free there" + says + what
	case sp.rule == mesh.RuleModel:
		return "more than the memory that is free there" + says + what
	}
	return sp.reason + ": " + what + heard
}

func contextOf(n int64) string {
	if s := tokens(n); s != "" {
		return "context " + s
	}
	return ""
}

func join(sep string, parts ...string) string {
	out := parts[:0]
	for _, s := range parts {
		if s != "" {
			out = append(out, s)
		}
	}
	return strings.Join(out, sep)
}

func modelLine(h header) string {
	size := "of several sizes"
	if h.size > 0 {
		size = format.Size(h.size)
	}
	where := "on " + count(h.of, "node")
	if h.loaded > 0 {
		where += ", loaded on " + format.Count(int64(h.loaded))
	}
	return join(", ", size, h.quant, h.family, contextOf(h.context)) + "; " + where
}

func nodeLine(h header) string {
	if h.of == 0 {
		return h.note + "; it is asked again every 15 s"
	}
	text := count(h.of, "model") + ", " + format.Size(h.bytes) + " on disk"
	if h.loaded > 0 {
		text += ", " + format.Count(int64(h.loaded)) + " loaded"
	}
	if h.age != "" && h.age != format.Dash {
		text += "; heard " + h.age + " ago"
	}
	return text
}

// drawWho names the nodes that could run a model, each with its class. Where none could it says why not another one than
// that which is looked at.
func (p *Pane) drawWho(b *cell.Buffer, x, y, w int, model, id string) {
	second, end := theme.In(theme.Second), x+w
	const more = ", …"
	at := b.Put(x, y, w, "Who could: ", second)
	first, comma := at, at
	for _, sp := range p.shown.byModel[model] {
		if !sp.has || !sp.could {
			continue
		}
		if comma = at; at > first {
			at = b.Put(at, y, end-at, ", ", second)
		}
		to := row.Inline(b, at, y, end-at-ansi.StringWidth(more), sp.class, sp.node, theme.Style{})
		if to == at {
			b.Put(comma, y, end-comma, more, second)
			return
		}
		at = to
	}
	if at > first {
		return
	}
	at = b.Put(at, y, end-at, "nobody", second)
	if o := p.other(model, id); o != nil {
		at = b.Put(at, y, end-at, ". ", second)
		if to := row.Inline(b, at, y, end-at, o.class, o.node, theme.Style{}); to > at {
			b.Put(to, y, end-to, format.End(": "+o.reason, end-to), second)
		}
	}
}

// other gives a place of a model that is not the one with an id.
func (p *Pane) other(model, id string) *spot {
	for _, sp := range p.shown.byModel[model] {
		if sp.has && spotID(sp.model, sp.node) != id {
			return sp
		}
	}
	return nil
}

// hint says what S would do.
func (p *Pane) hint(model string) string {
	if verb.Refuse(p.s, keys.Send, pane.Ref{Kind: pane.Model, ID: model}) != "" {
		return "e explains each node"
	}
	for _, sp := range p.shown.byModel[model] {
		if sp.has && sp.could {
			return "S sends a prompt; e explains each node"
		}
	}
	return "S sends anyway: it waits until a node can; e explains each node"
}
