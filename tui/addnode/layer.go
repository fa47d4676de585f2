// Package addnode is the layer that invites a machine: a box that asks what for, then the command, the code and the
// link at once, all three good for the same single use.
//
// The three forms hold a secret. They are wiped when the layer closes, when the invite ends and when a machine has
// used it; nothing of them is kept anywhere else. The invite itself stays, as a row of Nodes. A result that comes for
// another request than the last one is dropped.
package addnode

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

// Door is what the layer needs of the host.
type Door interface {
	Info() mesh.HostInfo
	MintInvite(ctx context.Context, actor string, req mesh.InviteRequest) (mesh.InviteInfo, error)
	RevokeInvite(ctx context.Context, actor, peerID string) error
	InviteProgress(peerID string) (mesh.InviteSteps, error)
}

// step is where the layer stands.
type step int

const (
	asking  step = iota // the box
	minting             // the request is on its way
	showing             // the three forms
	ended               // expired, revoked or used: nothing to show
)

type form int

const (
	command form = iota
	code
	link
	numForms
)

// Layer is one invitation. Make one with New.
type Layer struct {
	s    *pane.Session
	door Door
	ctx  context.Context
	stop context.CancelFunc

	step  step
	box   box
	focus form
	alone bool

	info  mesh.InviteInfo // wiped when it ends
	steps mesh.InviteSteps
	why   string // it ended, or could not be minted

	generation uint64 // of the last request to mint or revoke
	looking    uint64 // of the last look at the progress; 0: none is on its way
	frame      layout.Frame
	forms      layout.Forms
}

type (
	hostInfo struct {
		generation uint64
		info       mesh.HostInfo
	}
	minted struct {
		generation uint64
		info       mesh.InviteInfo
		err        error
	}
	revoked struct {
		generation uint64
		err        error
	}
	progress struct {
		generation uint64
		steps      mesh.InviteSteps
		err        error
	}
)

// New makes the layer and the command that asks the host where it listens. Requests end with ctx, or when the layer
// closes.
func New(ctx context.Context, s *pane.Session, door Door) (*Layer, tea.Cmd) {
	ctx, stop := context.WithCancel(ctx)
	l := &Layer{s: s, door: door, ctx: ctx, stop: stop, box: newBox(), generation: s.Generation()}
	gen := l.generation
	return l, func() tea.Msg { return hostInfo{gen, door.Info()} }
}

// Typing reports whether letters are text now.
func (l *Layer) Typing() bool { return l.step == asking && l.box.typing() }

// Bare reports whether one form has the whole screen.
func (l *Layer) Bare() bool { return l.alone && l.step == showing }

// Closed wipes what is secret.
func (l *Layer) Closed() {
	l.stop()
	l.wipe()
}

func (l *Layer) wipe() { l.info, l.alone = mesh.InviteInfo{}, false }

// Update takes a message.
func (l *Layer) Update(msg tea.Msg) (pane.Action, tea.Cmd) {
	switch msg := msg.(type) {
	case hostInfo:
		if l.box.host.Listen == "" {
			l.box.host = msg.info
		}
	case minted:
		return l.minted(msg)
	case revoked:
		return l.revoked(msg), nil
	case progress:
		return l.progressed(msg)
	case pane.Second, pane.Changed:
		return l.look()
	case pane.Do:
		return l.do(msg)
	case tea.PasteMsg:
		l.box.paste(msg.Content)
	case tea.KeyPressMsg:
		l.box.key(msg)
	case pane.Click:
		l.click(msg)
	}
	return nil, nil
}

func (l *Layer) do(d pane.Do) (pane.Action, tea.Cmd) {
	id := d.ID
	switch {
	case id == keys.Back && l.Bare():
		l.alone = false
		return nil, nil
	case id == keys.Back:
		return pane.Close{}, nil
	case l.step == asking && id == keys.Open:
		return l.mint()
	case l.step == asking:
		l.box.do(d)
		return nil, nil
	case l.step == ended && id == keys.Open:
		return l.mint()
	case l.step != showing:
		return nil, nil
	}
	switch id {
	case keys.Next, keys.Right, keys.Down:
		l.focus = (l.focus + 1) % numForms
	case keys.Previous, keys.Left, keys.Up:
		l.focus = (l.focus + numForms - 1) % numForms
	case keys.Alone:
		l.alone = !l.alone
	case keys.Copy:
		if l.focus == command {
			return pane.Clip{Text: l.info.InstallPrint, Said: "copied the command"}, nil
		}
		return pane.Clip{Text: l.info.URL, Said: "copied the link"}, nil
	case keys.Revoke:
		return l.revoke()
	case keys.Listen:
		return l.elsewhere()
	}
	return nil, nil
}

// refuseElsewhere says why the invite can't name another address.
func (l *Layer) refuseElsewhere() string {
	if why := l.s.Refuse(); why != "" {
		return why
	}
	return l.box.noOther()
}

// elsewhere withdraws the invite and goes back to the box, on the next of the addresses that one can name.
func (l *Layer) elsewhere() (pane.Action, tea.Cmd) {
	ctx, actor, peer, door := l.ctx, l.s.Actor, l.info.PeerID, l.door
	l.wipe()
	l.step, l.generation, l.looking = asking, l.s.Generation(), 0
	l.box.focus, l.box.addr = address, (l.box.addr+1)%len(l.box.addresses())
	return pane.Notice{Text: "withdrew that invite; enter mints one with this address"}, func() tea.Msg {
		_ = door.RevokeInvite(ctx, actor, peer) // it ends by itself within minutes
		return nil
	}
}

func (l *Layer) mint() (pane.Action, tea.Cmd) {
	if why := l.s.Refuse(); why != "" {
		return pane.Notice{Text: "add a node: " + why}, nil
	}
	req, why := l.box.request()
	if why != "" {
		l.box.why = why
		return nil, nil
	}
	l.wipe()
	l.step, l.why, l.box.why, l.steps = minting, "", "", mesh.InviteSteps{}
	l.generation = l.s.Generation()
	gen, ctx, actor, door := l.generation, l.ctx, l.s.Actor, l.door
	return nil, func() tea.Msg {
		info, err := door.MintInvite(ctx, actor, req)
		return minted{gen, info, err}
	}
}

func (l *Layer) minted(m minted) (pane.Action, tea.Cmd) {
	if m.generation != l.generation || l.step != minting {
		return nil, nil
	}
	if m.err != nil {
		l.step, l.box.why = asking, "not minted: "+m.err.Error()
		return nil, nil
	}
	l.step, l.info, l.focus = showing, m.info, command
	l.steps = mesh.InviteSteps{State: "open", Minted: l.s.Now().UnixMicro()}
	return l.look()
}

// look asks how far the invited machine has come, and ends the forms when their time is over.
func (l *Layer) look() (pane.Action, tea.Cmd) {
	if l.step != showing {
		return nil, nil
	}
	if l.left() <= 0 && l.steps.Admitted == 0 {
		l.end("This invite expired. Nobody used it.")
		return nil, nil
	}
	if l.looking != 0 {
		return nil, nil
	}
	l.looking = l.s.Generation()
	gen, peer, door := l.looking, l.info.PeerID, l.door
	return nil, func() tea.Msg {
		st, err := door.InviteProgress(peer)
		return progress{gen, st, err}
	}
}

func (l *Layer) progressed(p progress) (pane.Action, tea.Cmd) {
	if p.generation != l.looking {
		return nil, nil
	}
	l.looking = 0
	if p.err != nil || l.step != showing {
		return nil, nil
	}
	l.steps = p.steps
	switch {
	case p.steps.Online != 0:
		node := p.steps.Node
		l.end("")
		return pane.Several{pane.Close{}, pane.Visit{Ref: pane.Ref{Kind: pane.Node, ID: node}}}, nil
	case p.steps.State == "revoked":
		l.end("This invite was revoked.")
	case p.steps.State == "expired":
		l.end("This invite expired. Nobody used it.")
	}
	return nil, nil
}

func (l *Layer) end(why string) {
	l.step, l.why = ended, why
	l.wipe()
}

func (l *Layer) revoke() (pane.Action, tea.Cmd) {
	if why := l.s.Refuse(); why != "" {
		return pane.Notice{Text: "X revoke: " + why}, nil
	}
	l.generation = l.s.Generation()
	gen, ctx, actor, peer, door := l.generation, l.ctx, l.s.Actor, l.info.PeerID, l.door
	return nil, func() tea.Msg { return revoked{gen, door.RevokeInvite(ctx, actor, peer)} }
}

func (l *Layer) revoked(r revoked) pane.Action {
	if r.generation != l.generation || l.step != showing {
		return nil
	}
	if r.err != nil {
		return pane.Notice{Text: "not revoked: " + r.err.Error()}
	}
	l.end("This invite was revoked.")
	return pane.Notice{Text: "revoked the invite"}
}

func (l *Layer) left() time.Duration {
	return time.UnixMicro(l.info.ExpiresAt).Sub(l.s.Now())
}

// Keys gives the bindings of where the layer stands.
func (l *Layer) Keys() []keys.Binding {
	back := keys.Get(keys.Back).As("close", "close; the invite stays a row of Nodes")
	switch l.step {
	case asking:
		return l.box.keys(l.s.Refuse)
	case minting:
		return []keys.Binding{back}
	case ended:
		return []keys.Binding{keys.Get(keys.Open).As("mint another", "mint another").When(l.s.Refuse), back}
	}
	if l.Bare() {
		return []keys.Binding{keys.Get(keys.Back).As("back", "all three forms"), keys.Get(keys.Alone), keys.Get(keys.Copy)}
	}
	return slices.Concat([]keys.Binding{
		keys.Get(keys.Copy).As("copy", "copy this form"),
		keys.Get(keys.Next).As("next form", "next form"),
		keys.Get(keys.Alone).As("this form alone", "this form alone, for the terminal's own copy"),
		keys.Get(keys.Revoke).When(l.s.Refuse),
		keys.Get(keys.Listen).As("other address", "another of this machine's addresses").When(l.refuseElsewhere),
		back,
		keys.Get(keys.Previous).As("", "previous form"),
	}, keys.Pick(keys.Left, keys.Right, keys.Up, keys.Down))
}

func (l *Layer) click(c pane.Click) {
	switch {
	case l.step == asking:
		l.box.click(c)
	case l.step != showing:
	case l.forms.Command.Has(c.X, c.Y):
		l.focus = command
	case l.forms.Code.Has(c.X, c.Y):
		l.focus = code
	case l.forms.Link.Has(c.X, c.Y):
		l.focus = link
	}
}

// Draw draws the box, or the forms over the pane.
func (l *Layer) Draw(b *cell.Buffer, f layout.Frame) {
	l.frame = f
	switch {
	case l.step == asking:
		l.box.draw(b, f)
	case l.Bare():
		l.drawAlone(b)
	default:
		l.drawForms(b, f)
	}
}
