// Package meshpane is the Mesh pane: the machines of the mesh as a table, and the inspector of the selected one.
//
// It reads the session's world and changes nothing but the selection and, through Invites, an unused invite. The
// cursor stands on an id, not on a row: it stays with its machine through sorting and arrivals, and where the machine
// goes the one in its place is selected. The table is ordered anew at most once a second, so that it can be read
// while it lives. Facts of other machines carry their age; what only telemetry knows is a dash where there is none.
//
// The table is not that of Bubbles: its rows are strings with one style each, and here every field has its own look and
// a row can be drawn through package row alone, which does not let the class be left out.
package meshpane

import (
	"context"
	"slices"
	"time"

	tea "charm.land/bubbletea/v2"

	"voxmesh/mesh"
	"voxmesh/tui/cell"
	"voxmesh/tui/keys"
	"voxmesh/tui/layout"
	"voxmesh/tui/pane"
)

// Invites is what the pane may change.
type Invites interface {
	RevokeInvite(ctx context.Context, actor, peerID string) error
}

type region int

const (
	list region = iota
	inspector
)

// Pane is the Mesh pane of one session. Make one with New.
type Pane struct {
	s       *pane.Session
	invites Invites
	ctx     context.Context

	focus region
	alone bool

	entries map[string]entry
	order   []string
	sortBy  column
	down    bool
	sorted  time.Time
	at      int  // where the selection stood last
	touched bool // whoever is here did something: from then on the cursor is theirs

	top   int // first row of the table that is shown
	facts inspectorView
	strip strip
	frame layout.Frame

	revoking uint64
}

// entry is what a row shows: a node, or an invite that waits for one.
type entry struct {
	node   *mesh.Node
	invite *mesh.Invite
}

// revoked is how the request to withdraw an invite ended.
type revoked struct {
	generation uint64
	label      string
	err        error
}

// New makes the pane. Requests end with ctx.
func New(ctx context.Context, s *pane.Session, invites Invites) *Pane {
	p := &Pane{s: s, invites: invites, ctx: ctx, entries: map[string]entry{}, strip: newStrip()}
	p.refresh()
	return p
}

// Update takes a message.
func (p *Pane) Update(msg tea.Msg) (pane.Action, tea.Cmd) {
	switch msg := msg.(type) {
	case pane.Changed, pane.Second:
		p.refresh()
	case pane.Reveal:
		p.touched = true
		p.refresh()
		p.s.Node, p.focus = msg.Ref.ID, inspector
		p.keepSelection()
		p.follow()
	case pane.Do:
		p.touched = p.touched || !p.empty()
		return p.do(msg.ID)
	case pane.Click:
		p.touched = p.touched || !p.empty()
		return p.click(msg)
	case pane.Wheel:
		p.wheel(msg)
	case revoked:
		return p.revokeEnded(msg), nil
	}
	return nil, nil
}

func (p *Pane) do(id keys.ID) (pane.Action, tea.Cmd) {
	if p.empty() {
		if id == keys.Open {
			return pane.Press{ID: keys.Add}, nil
		}
		return nil, nil
	}
	switch id {
	case keys.Next, keys.Previous:
		p.focus = list + inspector - p.focus
	case keys.Open:
		p.focus = inspector
	case keys.Back:
		if p.alone {
			p.alone = false
		} else {
			p.focus = list
		}
	case keys.Alone:
		p.alone = !p.alone
	case keys.Sort:
		p.sortBy = (p.sortBy + 1) % numColumns
		p.sort(true)
	case keys.Order:
		p.down = !p.down
		p.sort(true)
	case keys.Copy:
		return p.copy(), nil
	case keys.Revoke:
		return p.revoke()
	default:
		p.move(id)
	}
	return nil, nil
}

func (p *Pane) copy() pane.Action {
	e := p.selected()
	switch {
	case e.invite != nil:
		return pane.Clip{Text: e.invite.PeerID, Said: "copied " + e.invite.PeerID}
	case e.node != nil:
		return pane.Clip{Text: e.node.ID, Said: "copied " + e.node.ID}
	}
	return nil
}

func (p *Pane) revoke() (pane.Action, tea.Cmd) {
	e := p.selected()
	if e.invite == nil {
		return pane.Notice{Text: "X revoke: " + p.revokeOff()}, nil
	}
	p.revoking = p.s.Generation()
	gen, peer, label, ctx, actor := p.revoking, e.invite.PeerID, inviteName(e.invite), p.ctx, p.s.Actor
	return nil, func() tea.Msg {
		return revoked{gen, label, p.invites.RevokeInvite(ctx, actor, peer)}
	}
}

func (p *Pane) revokeEnded(r revoked) pane.Action {
	if r.generation != p.revoking {
		return nil
	}
	if r.err != nil {
		return pane.Notice{Text: "not revoked: " + r.err.Error()}
	}
	return pane.Notice{Text: "revoked the invite for " + r.label}
}

func (p *Pane) revokeOff() string {
	if why := p.s.Refuse(); why != "" {
		return why
	}
	e := p.selected()
	switch {
	case e.invite != nil:
		return ""
	case e.node != nil && e.node.Host:
		return e.node.ID + " is this machine"
	case e.node != nil:
		return "only an unused invite here; voxmesh revoke " + e.node.ID + " expels a node"
	}
	return "nothing is selected"
}

// Typing reports whether letters are text now.
func (p *Pane) Typing() bool { return false }

// Keys gives the bindings of the focused region.
func (p *Pane) Keys() []keys.Binding {
	if p.empty() {
		return []keys.Binding{
			keys.Get(keys.Open).As("add a node", "add a node").When(p.s.Refuse),
			keys.Get(keys.Add).As("", "add a node").When(p.s.Refuse),
		}
	}
	var bs []keys.Binding
	if p.focus == list {
		bs = append(bs, keys.Get(keys.Open).As("open", "into the inspector"))
	} else {
		bs = append(bs, keys.Get(keys.Back).As("nodes", "back to the nodes"))
	}
	bs = append(bs, keys.Get(keys.Add).When(p.s.Refuse))
	bs = append(bs, keys.Get(keys.Revoke).When(p.revokeOff))
	if p.focus == list {
		bs = append(bs, keys.Pick(keys.Sort, keys.Order)...)
	}
	bs = append(bs, keys.Pick(keys.Copy, keys.Alone)...)
	bs = append(bs, keys.Get(keys.Next).As("", "the other region"), keys.Get(keys.Previous).As("", "the other region"))
	bs = append(bs, keys.Pick(keys.Up, keys.Down, keys.PageUp, keys.PageDown, keys.HalfUp, keys.HalfDown, keys.Home, keys.End)...)
	if p.focus == list {
		bs = append(bs, keys.Get(keys.Back).As("", "end alone"))
	}
	return bs
}

// Draw draws the pane into the frame.
func (p *Pane) Draw(b *cell.Buffer, f layout.Frame) {
	p.frame = f
	if p.empty() {
		p.drawEmpty(b, f.Pane)
		return
	}
	m := layout.MeshPane(f, p.focus == inspector, p.alone)
	if !m.List.Empty() {
		p.drawTable(b, m.List)
	}
	if !m.Inspector.Empty() {
		p.drawInspector(b, m.Inspector)
	}
	if !f.Strip.Empty() {
		p.strip.draw(b, f.Strip, p.s)
	}
}

// empty reports whether there is no machine but this one and none invited.
func (p *Pane) empty() bool {
	for _, e := range p.entries {
		if e.invite != nil || !e.node.Host {
			return false
		}
	}
	return true
}

func (p *Pane) selected() entry { return p.entries[p.s.Node] }

// refresh takes in the world.
func (p *Pane) refresh() {
	st := p.s.World.State
	if st == nil {
		return
	}
	now := p.s.Now().UnixMicro()
	entries := make(map[string]entry, len(p.entries))
	for _, n := range st.Nodes() {
		entries[n.ID] = entry{node: n}
	}
	for _, i := range st.Invites() {
		if i.Open(now) {
			entries[pane.InvitePrefix+i.PeerID] = entry{invite: i}
		}
	}
	same := len(entries) == len(p.entries)
	for id := range entries {
		if _, ok := p.entries[id]; !ok {
			same = false
			break
		}
	}
	p.entries = entries
	p.sort(!same)
	p.keepSelection()
	p.beginWithWorker()
}

// beginWithWorker takes the cursor from this machine to the first other one, as long as nobody used it.
func (p *Pane) beginWithWorker() {
	if e := p.selected(); p.touched || e.node == nil || !e.node.Host {
		return
	}
	for i, id := range p.order {
		if n := p.entries[id].node; n != nil && !n.Host {
			p.choose(i)
			return
		}
	}
}

// keepSelection finds the cursor's row, or the one in its place.
func (p *Pane) keepSelection() {
	if len(p.order) == 0 {
		return
	}
	if i := slices.Index(p.order, p.s.Node); i >= 0 {
		p.at = i
		return
	}
	p.at = min(p.at, len(p.order)-1)
	p.s.Node = p.order[p.at]
}
