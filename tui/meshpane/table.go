package meshpane

import (
	"fmt"
	"strings"
	"time"

	"voxmesh/mesh"
	"voxmesh/mesh/privacy"
	"voxmesh/tui/cell"
	"voxmesh/tui/empty"
	"voxmesh/tui/format"
	"voxmesh/tui/layout"
	"voxmesh/tui/pane"
	"voxmesh/tui/row"
	"voxmesh/tui/theme"
)

// column is what the table can be sorted by.
type column int

const (
	byNode column = iota
	byClass
	byState
	byJobs
	bySpend
	byRTT
	byBeat
	numColumns
)

// head is a column of the table as it is drawn.
type head struct {
	name  string
	width int
	gap   int
	right bool
	sort  column // numColumns: none
	text  func(*Pane, entry, head) (string, theme.Style)
}

// The columns right of NODE and CLASS. Where the width does not suffice the last ones go.
var (
	narrowHeads = []head{
		{"STATE", 8, 1, false, byState, stateText},
		{"24 H", 6, 1, false, bySpend, gaugeText},
		{"JOBS", 4, 1, true, byJobs, jobsText},
	}
	wideHeads = []head{
		{"STATE", 8, 2, false, byState, stateText},
		{"JOBS", 4, 2, true, byJobs, jobsText},
		{"24 H", 6, 2, false, bySpend, gaugeAlone},
		{"", 12, 1, false, numColumns, spentText},
		{"RTT", 6, 2, true, byRTT, rttText},
		{"BEAT", 4, 2, true, byBeat, beatText},
		{"SLOTS", 17, 2, false, numColumns, slotsText},
		{"MODEL", 14, 2, false, numColumns, modelText},
	}
)

// arrange gives the width of NODE and the columns that fit into w. The wide set is taken from where the spend fits.
func arrange(w int) (node int, heads []head) {
	const lead, classGap = 3, 1
	node, heads = 14, wideHeads
	used := lead + node + classGap + row.BadgeWidth
	if need := used + width(wideHeads[:4]); w < need {
		node, heads = 12, narrowHeads
		used = lead + node + classGap + row.BadgeWidth
	}
	for n := len(heads); n > 0; n-- {
		if used+width(heads[:n]) <= w {
			return node, heads[:n]
		}
	}
	return node, nil
}

func width(hs []head) int {
	n := 0
	for _, h := range hs {
		n += h.gap + h.width
	}
	return n
}

func (p *Pane) drawTable(b *cell.Buffer, r layout.Rect, both bool) {
	focused := p.focus == layout.List
	border := pane.Frame(b, r, focused)
	x := p.drawNames(b, r, layout.List, both, border)
	p.drawFilter(b, r, x, border)
	in := r.Inner()
	node, heads := arrange(in.W)
	p.drawHead(b, in, node, heads)
	from, to := p.nodes.Window(in.H - 1)
	for i, id := range p.nodes.IDs()[from:to] {
		look := row.Look{Selected: id == p.s.Node, Focused: focused, Faint: p.s.Faint()}
		p.drawEntry(b, in.X, in.Y+1+i, in.W, p.entries.find(id), node, heads, look)
	}
	if p.nodes.Len() == 0 {
		empty.Centre(b, in, in.Y+1, "nothing matches; esc clears the filter", theme.In(theme.Third))
	}
	pane.Facts(b, r, r.Y+r.H-1, p.nodes.Position(), border)
}

// drawNames writes which regions there are into the top border: one where both are shown, else both, the one that is
// turned to in brackets, and gives the column after them.
func (p *Pane) drawNames(b *cell.Buffer, r layout.Rect, g layout.Region, both bool, border theme.Style) int {
	names := []struct {
		g    layout.Region
		name string
	}{{layout.Graph, p.graph.title()}, {layout.List, "Nodes"}}
	x := r.X + 1
	for _, n := range names {
		if both && n.g != g {
			continue
		}
		text, st := " "+n.name+" ", border
		switch {
		case n.g == g && p.focus == g:
			text, st = "["+n.name+"]", theme.In(theme.Text).With(theme.Bold)
		case n.g == g:
			st = theme.In(theme.Text)
		}
		x = b.Put(x, r.Y, r.X+r.W-2-x, text, st)
	}
	return x
}

// drawFilter writes the filter into the top border: its field while it is open, else at the right what it left.
func (p *Pane) drawFilter(b *cell.Buffer, r layout.Rect, x int, border theme.Style) {
	x = p.filter.Draw(b, r, x, r.Y)
	if text := p.filter.Text(); text != "" {
		room := r.X + r.W - 4 - x
		pane.Facts(b, r, r.Y, format.End(fmt.Sprintf("%d of %d /%s", p.nodes.Len(), len(p.entries.rows), text), room), border)
	}
}

func (p *Pane) drawHead(b *cell.Buffer, in layout.Rect, node int, heads []head) {
	st := theme.In(theme.Third)
	put := func(x, w, gap int, name string, right bool, by column) {
		if by == p.sortBy {
			name += p.arrow()
		}
		if right {
			b.Right(x-min(gap, 1), x+w, in.Y, name, st)
		} else {
			b.Put(x, in.Y, w+min(gap, 1), name, st)
		}
	}
	x := in.X + 3
	put(x, node, 0, "NODE", false, byNode)
	x += node + 1
	put(x, row.BadgeWidth, 1, "CLASS", false, byClass)
	x += row.BadgeWidth
	for _, h := range heads {
		x += h.gap
		put(x, h.width, h.gap, h.name, h.right, h.sort)
		x += h.width
	}
}

func (p *Pane) arrow() string {
	if p.down {
		return "▾"
	}
	return "▴"
}

func (p *Pane) drawEntry(b *cell.Buffer, x, y, w int, e entry, node int, heads []head, l row.Look) {
	fields := make([]row.Field, 0, len(heads))
	for _, h := range heads {
		text, st := h.text(p, e, h)
		fields = append(fields, row.Field{Text: text, Width: h.width, Gap: h.gap, Right: h.right, Style: st})
	}
	id, class := entryName(e)
	row.Node(b, x, y, w, class, glyph(e), row.Field{Text: id, Width: node}, fields, l)
}

func entryName(e entry) (string, privacy.Class) {
	if e.invite != nil {
		return inviteName(e.invite), privacy.PairedPeersOnly
	}
	return e.node.ID, e.node.Class
}

func inviteName(i *mesh.Invite) string {
	if i.Label != "" {
		return i.Label
	}
	return i.PeerID
}

// glyph is the sign of a node's status; this machine has its own.
func glyph(e entry) row.Glyph {
	switch {
	case e.invite != nil:
		return row.Glyph{Sign: "·", Style: theme.In(theme.Second)}
	case e.node.Host:
		return row.Glyph{Sign: "◉", Style: theme.In(theme.Text)}
	}
	switch e.node.Status {
	case mesh.Online:
		return row.Glyph{Sign: "●", Style: theme.In(theme.OK)}
	case mesh.Degraded:
		return row.Glyph{Sign: "◐", Style: theme.In(theme.Waiting)}
	}
	return row.Glyph{Sign: "○", Style: theme.In(theme.Third)}
}

// state is the word for a node: locked, offline or degraded, else its mode, else online.
func state(n *mesh.Node) (string, theme.Style) {
	switch {
	case n.Locked != "":
		return "locked", theme.In(theme.Failed)
	case n.Status == mesh.Offline:
		return "offline", theme.In(theme.Third)
	case n.Status == mesh.Degraded:
		return "degraded", theme.In(theme.Waiting)
	case n.Mode != mesh.Active:
		return n.Mode.String(), theme.In(theme.Waiting)
	}
	return "online", theme.In(theme.OK)
}

func stateText(_ *Pane, e entry, _ head) (string, theme.Style) {
	if e.invite != nil {
		return "invited", theme.In(theme.Second)
	}
	return state(e.node)
}

// left is how long an invite can still be used.
func (p *Pane) left(i *mesh.Invite) time.Duration {
	return time.UnixMicro(i.ExpiresAt).Sub(p.s.Now())
}

func gaugeText(p *Pane, e entry, h head) (string, theme.Style) {
	if e.invite != nil {
		return format.Clock(p.left(e.invite)), theme.In(theme.Second)
	}
	used := p.s.World.Spend.Node(e.node.ID).Micros
	mark := format.Mark(used, e.node.Cap)
	return format.Gauge(used, e.node.Cap, h.width-len(mark)) + mark, gaugeInk(mark)
}

func gaugeAlone(p *Pane, e entry, h head) (string, theme.Style) {
	if e.invite != nil {
		return gaugeText(p, e, h)
	}
	used := p.s.World.Spend.Node(e.node.ID).Micros
	return format.Gauge(used, e.node.Cap, h.width), gaugeInk(format.Mark(used, e.node.Cap))
}

func gaugeInk(mark string) theme.Style {
	switch mark {
	case "!":
		return theme.In(theme.Waiting)
	case "!!":
		return theme.In(theme.Failed)
	}
	return theme.In(theme.Second)
}

func spentText(p *Pane, e entry, _ head) (string, theme.Style) {
	if e.invite != nil {
		return "", theme.Style{}
	}
	used := p.s.World.Spend.Node(e.node.ID).Micros
	mark := format.Mark(used, e.node.Cap)
	return format.Money(used) + "/" + format.Cap(e.node.Cap) + mark, gaugeInk(mark)
}

// jobsText is the jobs a node holds of those that it gives room for.
func jobsText(p *Pane, e entry, _ head) (string, theme.Style) {
	if e.invite != nil {
		return "", theme.Style{}
	}
	return fmt.Sprintf("%d/%d", len(p.s.World.State.HeldBy(e.node.ID)), room(e.node)), theme.In(theme.Text)
}

func room(n *mesh.Node) int {
	k := 0
	for _, s := range n.Slots {
		k += int(s.Max)
	}
	return k
}

func rttText(p *Pane, e entry, _ head) (string, theme.Style) {
	if b, ok := p.beat(e); ok && e.node.Status != mesh.Offline {
		return format.RTT(b.RTT), theme.In(theme.Second)
	}
	return dash(e), theme.In(theme.Third)
}

func beatText(p *Pane, e entry, _ head) (string, theme.Style) {
	if b, ok := p.beat(e); ok {
		return format.Age(b.Age(p.s.Time())), theme.In(theme.Second)
	}
	return dash(e), theme.In(theme.Third)
}

func dash(e entry) string {
	if e.invite != nil {
		return ""
	}
	return format.Dash
}

func (p *Pane) beat(e entry) (mesh.Beat, bool) {
	if e.node == nil || p.s.World.Tel == nil {
		return mesh.Beat{}, false
	}
	return p.s.World.Tel.Node(e.node.ID)
}

func slotsText(p *Pane, e entry, _ head) (string, theme.Style) {
	if e.invite != nil {
		return "", theme.Style{}
	}
	return strings.Join(p.slotUse(e.node), " "), theme.In(theme.Second)
}

// slotUse gives what of each slot is in use: gpu 2/2.
func (p *Pane) slotUse(n *mesh.Node) []string {
	use := map[string]int{}
	for _, j := range p.s.World.State.HeldBy(n.ID) {
		use[j.Kind]++
	}
	out := make([]string, 0, len(n.Slots))
	for _, s := range n.Slots {
		out = append(out, fmt.Sprintf("%s %d/%d", s.Kind, use[s.Kind], s.Max))
	}
	return out
}

func modelText(_ *Pane, e entry, h head) (string, theme.Style) {
	if e.invite != nil || len(e.node.Models) == 0 {
		return "", theme.Style{}
	}
	m := e.node.Models[0]
	for _, k := range e.node.Models {
		if k.Loaded {
			m = k
			break
		}
	}
	return format.Model(m.Name, h.width), theme.In(theme.Second)
}
