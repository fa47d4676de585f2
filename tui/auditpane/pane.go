// Package auditpane is the Audit pane: what was done to the mesh, by whom and why, each with its signature.
//
// It is a window on the signed log, newest first, and reads it by pages as far as one scrolls: in commands, never in
// Update or Draw, and what was read once is kept, because the log only grows. Every entry that was read is verified, what
// is on the screen first; one that is not what was signed stays marked and keeps the pane's attention. Of an instant of
// the past only what was acted on by then is shown. V verifies the whole log as an auditor would: its export, with the
// public key, every signature, the order and the root. Enter opens the bytes that were signed and takes the console to
// the instant of the act.
//
// The pane changes nothing but the selection. An entry can be drawn through package row alone, which does not let the
// class of what was acted on be left out.
package auditpane

import (
	"context"
	"io"
	"slices"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"voxmesh/audit"
	"voxmesh/mesh"
	"voxmesh/tui/cell"
	"voxmesh/tui/keys"
	"voxmesh/tui/layout"
	"voxmesh/tui/list"
	"voxmesh/tui/pane"
)

// Records is what the pane reads. A host and a reader of a data folder have it.
type Records interface {
	AuditPage(before uint64, limit int) ([]mesh.AuditEntry, error)
	AuditEntry(id string) (mesh.AuditEntry, error)
	VerifyEntry(e mesh.AuditEntry) error
	AuditPublicKey() (audit.PublicKey, error)
	ExportAudit(w io.Writer) error
}

type region int

const (
	table region = iota
	detail
)

// Pane is the Audit pane of one session. Make one with New.
type Pane struct {
	s   *pane.Session
	rec Records
	ctx context.Context

	tick func(time.Duration, func(time.Time) tea.Msg) tea.Cmd

	known     known
	shown     map[string]*entry // the rows of the list
	laid      uint64            // how many entries there were at the instant that is shown: all that its rows depend on
	past      bool              // and it is one of the past
	filter    list.Filter
	list      list.List
	narrowed  string // the filter that the list was made with
	passed    int    // entries that it was made of
	asked     uint64 // the generation of the read on its way; 0: none
	late      bool   // and it takes long
	failed    error
	checking  uint64
	unchecked bool // some that were read were not verified yet
	finding   uint64
	wanted    uint64 // an op whose entry is to be selected when it was read
	toEnd     bool   // the cursor goes to the oldest
	bad       bool   // one of those that were read is not as it was signed
	all       verification
	says      string // for the last row

	focus    region
	alone    bool
	button   int
	from, to int     // of the list, as it was drawn
	height   int     // of its window
	tabs     []place // of the empty pane
	rects    rects
}

// New makes the pane. What it reads in commands ends with ctx.
func New(ctx context.Context, s *pane.Session, rec Records) *Pane {
	return &Pane{s: s, rec: rec, ctx: ctx, tick: tea.Tick, shown: map[string]*entry{}}
}

// Init begins to read: that an entry is not as it was signed is to be known before anyone looks.
func (p *Pane) Init() tea.Cmd { return p.next() }

// Update takes a message.
func (p *Pane) Update(msg tea.Msg) (pane.Action, tea.Cmd) {
	act, cmd := p.take(msg)
	if act == nil && p.says != "" {
		act = pane.Notice{Text: p.says}
	}
	p.says = ""
	next := p.next()
	switch {
	case cmd == nil:
		return act, next
	case next == nil:
		return act, cmd
	}
	return act, tea.Batch(cmd, next)
}

func (p *Pane) take(msg tea.Msg) (pane.Action, tea.Cmd) {
	switch msg := msg.(type) {
	case pane.Changed, pane.Second:
		_, second := msg.(pane.Second)
		if st := p.s.World.State; st != nil && (st.Acts != p.laid || second && strings.Contains(p.narrowed, "age:")) {
			p.lay(false)
		}
	case read:
		p.took(msg)
	case late:
		p.late = p.late || msg.generation == p.asked
	case checked:
		p.checkedThem(msg)
	case found:
		p.foundIt(msg)
	case allVerified:
		return p.verified(msg), nil
	case pane.Reveal:
		return nil, p.reveal(msg.Ref)
	case pane.Narrow:
		p.focus = table
		p.filter.Set(msg.Filter)
		p.lay(true)
	case pane.Do:
		return p.do(msg)
	case tea.KeyPressMsg:
		if p.filter.Typing() && p.filter.Type(msg) {
			p.lay(true)
		}
	case tea.PasteMsg:
		if p.filter.Typing() && p.filter.Paste(msg.Content) {
			p.lay(true)
		}
	case pane.Click:
		return p.click(msg)
	case pane.Wheel:
		if p.rects.list.Has(msg.X, msg.Y) {
			p.list.Wheel(msg.Down)
			p.from, p.to = p.list.Window(p.height)
		}
	}
	return nil, nil
}

func (p *Pane) do(msg pane.Do) (pane.Action, tea.Cmd) {
	p.toEnd, p.wanted = false, 0
	if p.filter.Typing() {
		p.typed(msg)
		return nil, nil
	}
	if p.empty() {
		return p.choose(msg.ID), nil
	}
	switch msg.ID {
	case keys.Open:
		return p.open(), nil
	case keys.Verify:
		return nil, p.verifyAll()
	case keys.Copy:
		if e := p.selected(); e != nil {
			return pane.Clip{Text: e.id, Said: "copied " + e.id}, nil
		}
	case keys.Retry:
		p.failed = nil
	case keys.Filter:
		p.focus = table
		p.filter.Open()
	case keys.Seek:
		return p.step(), nil
	case keys.Next, keys.Previous:
		p.focus = table + detail - p.focus
	case keys.Alone:
		p.alone = !p.alone
	case keys.Back:
		p.back()
	case keys.End:
		p.toEnd = p.known.more
		fallthrough
	default:
		p.list.Move(msg.ID)
		p.choseRow()
	}
	return nil, nil
}

// typed takes a key while the filter is typed. The rows can be walked through meanwhile.
func (p *Pane) typed(msg pane.Do) {
	if msg.ID == keys.Up || msg.ID == keys.Down {
		p.list.Move(msg.ID)
		p.choseRow()
	} else if p.filter.Do(msg.ID, msg.Key) {
		p.lay(true)
	}
}

// open shows the bytes that were signed, and the console as it was when the act was recorded.
func (p *Pane) open() pane.Action {
	e := p.selected()
	if e == nil {
		return nil
	}
	return pane.Several{pane.Push{Layer: newLayer(p.s, e)}, pane.Seek{Seq: e.raw.Op}}
}

// step goes to the next entry that is not as it was signed.
func (p *Pane) step() pane.Action {
	if !p.list.Step(func(id string) bool { return p.shown[id].mark == broken }) {
		return pane.Notice{Text: "every entry that was read here is as it was signed; V verifies all"}
	}
	p.choseRow()
	return nil
}

// back is one step back: out of the detail, the end of alone, the end of the filter.
func (p *Pane) back() {
	switch {
	case p.alone:
		p.alone = false
	case p.focus == detail:
		p.focus = table
	case p.filter.Clear():
		p.lay(true)
	}
}

func (p *Pane) selected() *entry { return p.shown[p.list.Selected()] }

// Selected is the entry under the cursor.
func (p *Pane) Selected() pane.Ref {
	if e := p.selected(); e != nil {
		return pane.Ref{Kind: pane.Entry, ID: e.id}
	}
	return pane.Ref{}
}

// attend finds out whether an entry of those that were read is not as it was signed.
func (p *Pane) attend() {
	p.bad = slices.ContainsFunc(p.known.rows, func(e *entry) bool { return e.mark == broken })
}

// Attention reports whether an entry is not as it was signed.
func (p *Pane) Attention() bool { return p.bad || p.all.broken() }

// Concern counts what can make the pane want attention: acts.
func (p *Pane) Concern(st *mesh.State) int64 { return int64(st.Acts) }

// Typing reports whether letters are text now.
func (p *Pane) Typing() bool { return p.filter.Typing() }

// Keys gives the bindings of the focused region.
func (p *Pane) Keys() []keys.Binding {
	if p.filter.Typing() {
		return append(p.filter.Keys(), keys.Pick(keys.Up, keys.Down)...)
	}
	if p.empty() {
		return p.emptyKeys()
	}
	verify := keys.Get(keys.Verify).As("verify all", "verify every entry, the order and the root").When(p.refuseVerify)
	verify.Acts = false // it changes nothing: whoever may look may verify
	bs := []keys.Binding{
		keys.Get(keys.Open).As("signed bytes", "the bytes that were signed, and the console as it was then"),
		verify, keys.Get(keys.Filter), keys.Get(keys.Copy).As("copy", "copy its id"),
		keys.Get(keys.Seek).As("not signed", "next entry that is not as it was signed"),
	}
	if p.failed != nil {
		bs = append([]keys.Binding{keys.Get(keys.Retry).As("retry", "read again")}, bs...)
	}
	bs = append(bs,
		keys.Get(keys.Alone).As("", "this region alone, and back"),
		keys.Get(keys.Next).As("", "the other region"), keys.Get(keys.Previous).As("", "the other region"),
		keys.Get(keys.Back).As("", "end alone, clear the filter"))
	return append(bs, list.Movement()...)
}

// Draw draws the pane into the frame.
func (p *Pane) Draw(b *cell.Buffer, f layout.Frame) {
	if p.empty() {
		p.rects = rects{}
		p.drawEmpty(b, f.Pane)
		return
	}
	p.rects = p.arrange(f)
	if !p.rects.list.Empty() {
		p.drawTable(b, p.rects.list)
	}
	if !p.rects.detail.Empty() {
		p.drawDetail(b, p.rects.detail)
	}
}

// rects is where the two regions stand; one that is not shown is empty.
type rects struct{ list, detail layout.Rect }

// detailRows is the height of the detail with its border.
const detailRows = 6

func (p *Pane) arrange(f layout.Frame) rects {
	r := f.Pane
	switch {
	case (f.OneUp || p.alone) && p.focus == detail:
		return rects{detail: r}
	case f.OneUp || p.alone:
		return rects{list: r}
	}
	h := r.H - detailRows
	return rects{
		list:   layout.Rect{X: r.X, Y: r.Y, W: r.W, H: h},
		detail: layout.Rect{X: r.X, Y: r.Y + h, W: r.W, H: detailRows},
	}
}
