package hopperpane

import (
	"fmt"
	"strings"

	"github.com/charmbracelet/x/ansi"

	"voxmesh/hopper"
	"voxmesh/mesh/clean"
	"voxmesh/tui/cell"
	"voxmesh/tui/format"
	"voxmesh/tui/layout"
	"voxmesh/tui/pane"
	"voxmesh/tui/row"
	"voxmesh/tui/theme"
	"voxmesh/tui/verb"
)

// shortDetail is the height, without the border, under which only the last step of the trail has room.
const shortDetail = 6

// drawDetail draws why the selected item is as it is, what it wants, its trail, and the command that acts on it.
func (p *Pane) drawDetail(b *cell.Buffer, r layout.Rect) {
	focused := p.focus == detail || p.trail.gone
	border := pane.Frame(b, r, focused)
	it := p.whole(p.Selected().ID)
	if it == nil {
		if p.ready && r.W > 6 && r.H > 2 {
			b.Put(r.X+2, r.Y+1, r.W-4, "No item is selected. ← → go to the other lists.", theme.In(theme.Third))
		}
		return
	}
	whole := p.drawTitle(b, r, it, focused, border)
	in := r.Inner()
	text := layout.Rect{X: in.X + 1, Y: in.Y, W: in.W - 2, H: in.H}
	switch {
	case text.H < 2 || text.W < 20:
		return
	case text.H < shortDetail:
		p.drawShort(b, text, it)
	default:
		p.drawLong(b, text, r, it, border, whole)
	}
	b.Put(text.X, in.Y+in.H-1, text.W, format.End("$ "+command(it), text.W), theme.In(theme.Third))
	if p.s.Faint() {
		b.Restyle(in.X, in.Y, in.W, in.H, func(s theme.Style) theme.Style { return s.With(theme.Faint) })
	}
}

// drawTitle draws the top border, and reports whether the whole of the intent had room in it.
func (p *Pane) drawTitle(b *cell.Buffer, r layout.Rect, it *hopper.Item, focused bool, border theme.Style) bool {
	whole := false
	fact, ink := standing(it, p.s.Time())
	fact = " " + fact + " "
	st := border
	if focused {
		st = theme.In(theme.Text).With(theme.Bold)
	}
	room := r.X + r.W - 2 - ansi.StringWidth(fact)
	end := row.Title(b, r.X+1, r.Y, room-r.X-2, it.Class, it.ID, st)
	if focused {
		b.Put(r.X+1, r.Y, 1, "[", st)
		b.Put(end-1, r.Y, 1, "]", st)
	}
	if w := room - end - 3; r.H > shortDetail+2 && w > 8 {
		whole = ansi.StringWidth(intent(it)) <= w
		b.Put(end, r.Y, w+2, " "+format.End(intent(it), w)+" ", theme.Style{})
	}
	b.Right(end, r.X+r.W-2, r.Y, fact, ink)
	return whole
}

// drawShort draws a row for each: why, what it wants, and the last step; of the trail as much as there is room.
func (p *Pane) drawShort(b *cell.Buffer, r layout.Rect, it *hopper.Item) {
	const name = 7
	word, why, ink := p.why(it, ";")
	b.Put(r.X, r.Y, name, word, theme.In(theme.Second))
	b.Put(r.X+name, r.Y, r.W-name, format.End(why, r.W-name), ink)
	if r.H < 3 {
		return
	}
	b.Put(r.X, r.Y+1, name, "Wants", theme.In(theme.Second))
	at := b.Put(r.X+name, r.Y+1, r.W-name, format.End(wants(it), r.W-name), theme.Style{})
	const sure = 54
	at = max(at+3, r.X+sure)
	b.Put(at, r.Y+1, r.X+r.W-at, confidence(it), theme.In(theme.Second))
	steps := stepsOf(it)
	n := min(r.H-3, len(steps))
	for i, s := range steps[len(steps)-n:] {
		s.name, s.rest = s.shortName(), strings.ReplaceAll(s.rest, "  ", " ")
		drawStep(b, r.X, r.Y+2+i, r.W, p.clock(s.at), s, true)
	}
}

// drawLong draws the intent where the title could not hold it, why in as many rows as it takes, what it wants, and the
// trail under its name.
func (p *Pane) drawLong(b *cell.Buffer, in, r layout.Rect, it *hopper.Item, border theme.Style, whole bool) {
	const name = 10
	y := in.Y
	put := func(word, says string, most int, ink theme.Style) {
		b.Put(in.X, y, name, word, theme.In(theme.Second))
		rows := format.Wrap(says, in.W-name)
		if len(rows) > most {
			rows = append(rows[:most-1], format.End(strings.Join(rows[most-1:], " "), in.W-name))
		}
		for _, s := range rows {
			b.Put(in.X+name, y, in.W-name, s, ink)
			y++
		}
	}
	if !whole && intent(it) != "" {
		put("Intent", intent(it), max(in.H-shortDetail-1, 1), theme.Style{})
	}
	word, why, ink := p.why(it, ",")
	put(word, why, max(in.Y+in.H-5-y, 1), ink)
	for i, s := range joined(wantsLong(it), in.W-name) {
		word := ""
		if i == 0 {
			word = "Wants"
		}
		b.Put(in.X, y, name, word, theme.In(theme.Second))
		b.Put(in.X+name, y, in.W-name, s, theme.Style{})
		y++
	}
	head := "Trail"
	switch {
	case p.trail.err != nil && p.trail.id == it.ID:
		head = "Trail, not all of it: " + clean.Line(p.trail.err.Error()).String() + "   r retry"
	case p.trail.from != 0:
		head = "Trail, the rest is read…"
	}
	b.Put(in.X, y, in.W, format.End(head, in.W), theme.In(theme.Second))
	y++
	steps := stepsOf(it)
	from, to := p.trail.window(in.Y+in.H-1-y, len(steps))
	for i, s := range steps[from:to] {
		drawStep(b, in.X, y+i, in.W, p.clock(s.at), s, in.W < 100)
	}
	if to-from < len(steps) && to > from {
		pane.Facts(b, r, r.Y+r.H-1, format.Position(from, to, len(steps)), border)
	}
}

// clock is a time of day; of another day the date.
func (p *Pane) clock(micros int64) string {
	now := p.s.Time()
	if d := now.UnixMicro() - micros; d >= 24*3600*1e6 {
		return format.Pad(format.Day(micros, now), 8)
	}
	return format.Time(micros, now.Location())
}

// why says in a sentence why an item is as it is, and the word that stands before it.
func (p *Pane) why(it *hopper.Item, sep string) (word, text string, st theme.Style) {
	clock := func(t int64) string { return strings.TrimSpace(p.clock(t)) }
	switch it.State {
	case hopper.Assigned:
		return "Given", fmt.Sprintf("to %s at %s, not started yet.", clean.Line(it.Node), clock(it.Since)), theme.In(theme.Waiting)
	case hopper.Started:
		text = fmt.Sprintf("on %s since %s.", clean.Line(it.Node), clock(it.Since))
		if it.Yield {
			text += " It was asked to make room: it goes on until other work wants its slot."
		}
		return "Runs", text, theme.In(theme.Text)
	case hopper.Closed:
		text = it.Outcome.String() + " at " + clock(it.Since)
		if it.Node != "" {
			text += " on " + clean.Line(it.Node).String()
		}
		if it.Why != "" {
			text += ": " + clean.Line(it.Why).String()
		}
		_, st = outcome(it)
		return "Ended", text, st
	}
	short := p.waitsFor(it)
	if short == "" {
		return "Waits", "It is about to start.", theme.In(theme.OK)
	}
	long := ""
	if p.shown.waits != nil {
		long = clean.Line(p.shown.waits.Reason(it)).String()
	}
	text = sentence(short, long)
	if p.s.World.State.Hopper().Place(it.ID) == 1 {
		place := ". First in the order." // what stands after it may start before: no slot is what it waits for
		if strings.HasPrefix(short, "no ") {
			place = ". Next to start."
		}
		text += place
	}
	return "Waits", text, theme.In(theme.Waiting)
}

// sentence is the reason, with the word of the list before it where it does not say that itself.
func sentence(word, reason string) string {
	switch {
	case reason == "":
		return word
	case strings.Contains(reason, word):
		return reason
	}
	return word + ": " + reason
}

func confidence(it *hopper.Item) string {
	return fmt.Sprintf("confidence %d.%02d", it.Confidence/100, it.Confidence%100)
}

func oneOf(names []string, none string) string {
	if len(names) == 0 {
		return none
	}
	return clean.Line(strings.Join(names, ", ")).String()
}

// wants is what an item asks for, in few words.
func wants(it *hopper.Item) string {
	out := []string{oneOf([]string{it.Kind}, "any kind"), oneOf(it.Models, "any model")}
	if it.Kind == "" {
		out[0] = "any kind"
	}
	if len(it.Nodes) > 0 {
		out = append(out, oneOf(it.Nodes, "")+" preferred")
	}
	return strings.Join(out, ", ")
}

// joined puts parts into rows of w columns, with three blanks between them; none is broken.
func joined(parts []string, w int) []string {
	const gap = "   "
	var out []string
	for _, s := range parts {
		if n := len(out); n > 0 && ansi.StringWidth(out[n-1])+len(gap)+ansi.StringWidth(s) <= w {
			out[n-1] += gap + s
			continue
		}
		out = append(out, format.End(s, w))
	}
	return out
}

// wantsLong is the same with names, and what the item became part of.
func wantsLong(it *hopper.Item) []string {
	kind := it.Kind
	if kind == "" {
		kind = "any"
	}
	nodes := "nodes any"
	if len(it.Nodes) > 0 {
		nodes = "nodes " + oneOf(it.Nodes, "") + " preferred"
	}
	out := []string{"kind " + kind, "models " + oneOf(it.Models, "any"), nodes, confidence(it)}
	if it.Run != "" {
		out = append(out, "run "+it.Run)
	}
	if it.Batch != "" {
		out = append(out, "batch "+it.Batch)
	}
	return out
}

// command acts on an item, or shows what it became.
func command(it *hopper.Item) string {
	if it.State == hopper.Closed {
		if it.Run != "" {
			return "voxmesh runs " + verb.Quote(it.Run)
		}
		return "voxmesh hopper history"
	}
	id := verb.Quote(it.ID)
	return "voxmesh hopper reprioritize " + id + " PRIORITY --confirm " + id + " --reason TEXT"
}

// step is a line of a trail as it is drawn.
type step struct {
	at    int64
	name  string
	who   string
	first string
	rest  string
	ink   theme.Style
}

// shortName is the name where a line has room for little: what an override did tells by itself that it is one.
func (s step) shortName() string {
	if strings.HasPrefix(s.rest, capability) {
		return ""
	}
	return s.name
}

const capability = "DeveloperOverride"

// drawStep draws a line of an item's trail: when, what, who, and what there is to say of it in two parts. It is no row of a
// thing: it stands among the details of one item, whose title has the class.
func drawStep(b *cell.Buffer, x, y, w int, when string, s step, narrow bool) {
	end := x + w
	put := func(at int, s string, st theme.Style) int {
		if at >= end || s == "" {
			return at
		}
		return b.Put(at, y, end-at, format.End(s, end-at), st)
	}
	second := theme.In(theme.Second)
	if narrow {
		at := put(x, when+" ", second)
		for i, part := range []string{s.name, s.who, s.first, s.rest} {
			if part != "" {
				if i == 3 {
					at++
				}
				at = put(at, part, s.ink) + 1
			}
		}
		return
	}
	const nameWidth, whoWidth, firstWidth = 16, 14, 20
	at := x + 1
	put(at, when, second)
	at += 8 + 2
	put(at, s.name, s.ink)
	at += nameWidth
	put(at, format.Middle(s.who, whoWidth-1), second)
	at += whoWidth
	to := put(at, s.first, theme.Style{})
	put(max(at+firstWidth, to+2), s.rest, second)
}

// stepsOf are the lines of an item's trail.
func stepsOf(it *hopper.Item) []step {
	over := map[string]hopper.Override{}
	for _, o := range it.Overrides {
		over[o.AuditID] = o
	}
	out := make([]step, 0, len(it.Trail))
	for _, t := range it.Trail {
		s := step{at: t.At, name: clean.Line(t.Name).String(), who: who(t.Actor), first: clean.Line(t.Detail).String(), rest: clean.Line(t.AuditID).String()}
		o, sealed := over[t.AuditID]
		switch {
		case sealed && t.AuditID != "" && (t.Name == "reprioritized" || t.Name == "moved"):
			s.first = strings.TrimSuffix(s.first, ": "+clean.Line(o.Reason).String())
			s.rest = capability + "  " + s.rest + `  "` + clean.Line(o.Reason).String() + `"`
		case t.Name == "submitted":
			s.first, s.rest = cutAt(s.first, ", ")
		}
		s.ink = stepInk(t.Name)
		out = append(out, s)
	}
	return out
}

func cutAt(s, sep string) (before, rest string) {
	before, rest, _ = strings.Cut(s, sep)
	return before, rest
}

func stepInk(name string) theme.Style {
	switch name {
	case hopper.Failed.String():
		return theme.In(theme.Failed)
	case hopper.Done.String():
		return theme.In(theme.OK)
	case "returned", "asked to yield":
		return theme.In(theme.Waiting)
	}
	return theme.Style{}
}
