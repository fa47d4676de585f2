// Package joinmesh is the layer that joins the mesh of somebody else: a link is pasted, what it asks for is shown, one
// question, and then this machine works for that mesh.
//
// The link is a secret until it was used or its time is over. It is never drawn: only the address in it is, once it can
// be read. It stands in no notice, no error and no command that is shown (that one reads it from standard input), and it
// is wiped when it was used, when its time is over and when the layer closes. Looking sends nothing of it and changes
// nothing. A join that was begun is not given up when the layer closes: half of one is worse than one that nobody saw
// end. A result that comes for another request than the last one is dropped.
package joinmesh

import (
	"context"
	"fmt"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"voxmesh/mesh/clean"
	"voxmesh/mesh/fault"
	"voxmesh/mesh/invite"
	"voxmesh/tui/field"
	"voxmesh/tui/keys"
	"voxmesh/tui/pane"
)

// step is where the layer stands.
type step int

const (
	asking   step = iota // the box with the link
	looking              // the preview is on its way
	choosing             // the preview and the question
	joining              // the join is on its way
	joined
)

// What has the focus in the box, and among the buttons of the question.
const (
	theLink  = 0
	theLabel = 1
	theJoin  = 0
	theBack  = 1
)

const (
	maxLink  = 1024 // letters: the longest invite with the command round it is shorter
	maxLabel = 40   // as the host keeps it
	// patience is how long looking or joining may take: both ask one machine once. After that it hangs.
	patience = 30 * time.Second
)

// Layer is one join. Make one with New.
type Layer struct {
	s      *pane.Session
	joiner Joiner
	all    context.Context // of the session: a join goes on when the layer closes
	ctx    context.Context // of the layer
	stop   context.CancelFunc
	cut    context.CancelFunc // of the look that is under way

	step  step
	focus int
	link  field.Text
	label field.Text
	where string // the invite without its token, once what was pasted is one
	why   string // the last try failed
	hint  string // and what to do about it

	pre  Preview
	done Joined

	generation uint64 // of the last request
	from       int    // first row of the policy that is shown
	seen, body int    // how many rows of it are shown, and how many there are
	buttons    []button
}

type (
	looked struct {
		generation uint64
		pre        Preview
		err        error
	}
	done struct {
		generation uint64
		joined     Joined
		err        error
	}
)

// New makes the layer. With a joiner that joins nothing it says why, and takes no link. Looking ends with ctx or when
// the layer closes, joining with ctx.
func New(ctx context.Context, s *pane.Session, j Joiner) *Layer {
	l := &Layer{s: s, joiner: j, all: ctx, cut: func() {}, label: field.New("", maxLabel, nil)}
	l.ctx, l.stop = context.WithCancel(ctx)
	l.wipe()
	return l
}

// Typing reports whether letters are text now.
func (l *Layer) Typing() bool { return l.step == asking && Refuse(l.joiner) == "" }

// Bare is false.
func (l *Layer) Bare() bool { return false }

// Closed wipes what is secret.
func (l *Layer) Closed() {
	l.stop()
	l.wipe()
}

func (l *Layer) wipe() { l.link, l.where = field.New("", maxLink, nil), "" }

// Update takes a message.
func (l *Layer) Update(msg tea.Msg) (pane.Action, tea.Cmd) {
	switch msg := msg.(type) {
	case looked:
		l.looked(msg)
	case done:
		return l.joined(msg), nil
	case pane.Second:
		if l.step == choosing && l.expired() {
			l.wipe()
		}
	case pane.Do:
		return l.do(msg)
	case tea.PasteMsg:
		l.paste(msg.Content)
	case tea.KeyPressMsg:
		l.edit(func(t *field.Text) { t.Paste(msg.Text) })
	case pane.Wheel:
		l.scroll(map[bool]int{false: -1, true: 1}[msg.Down])
	case pane.Click:
		return l.click(msg)
	}
	return nil, nil
}

func (l *Layer) do(d pane.Do) (pane.Action, tea.Cmd) {
	if d.ID == keys.CopyCommand {
		return pane.Clip{Text: l.command(), Said: "copied the command"}, nil
	}
	switch l.step {
	case asking:
		return l.doAsking(d)
	case looking:
		if d.ID == keys.Back {
			l.ask()
		}
	case choosing:
		return l.doChoosing(d)
	case joined:
		switch d.ID {
		case keys.Open:
			return l.toPolicy(), nil
		case keys.Back:
			return pane.Close{}, nil
		}
		l.move(d.ID)
	}
	return nil, nil
}

func (l *Layer) doAsking(d pane.Do) (pane.Action, tea.Cmd) {
	switch d.ID {
	case keys.Back:
		return pane.Close{}, nil
	case keys.Open:
		return nil, l.look()
	case keys.Next, keys.Previous, keys.Up, keys.Down:
		l.focus = theLabel - l.focus
	case keys.Clear:
		l.edit(func(t *field.Text) { t.Set("") })
	default:
		l.edit(func(t *field.Text) { t.Key(d.Key) })
	}
	return nil, nil
}

func (l *Layer) doChoosing(d pane.Do) (pane.Action, tea.Cmd) {
	switch d.ID {
	case keys.Back:
		l.ask()
	case keys.Open:
		if l.focus == theBack {
			l.ask()
			return nil, nil
		}
		return l.join()
	case keys.Next, keys.Previous:
		l.focus = theBack - l.focus
	case keys.Left:
		l.focus = theJoin
	case keys.Right:
		l.focus = theBack
	case keys.Retry:
		return nil, l.look()
	}
	l.move(d.ID)
	return nil, nil
}

// edit changes the field that has the focus; what the last try said no longer holds.
func (l *Layer) edit(f func(*field.Text)) {
	if !l.Typing() {
		return
	}
	l.why = ""
	if l.focus == theLabel {
		f(&l.label)
		return
	}
	f(&l.link)
	l.read()
}

// paste takes a link whole, in the place of what was there, and a link never as the label, which can be seen.
func (l *Layer) paste(s string) {
	if !l.Typing() {
		return
	}
	if _, err := invite.ParsePaste(s); err == nil {
		l.focus = theLink
	}
	l.edit(func(t *field.Text) {
		if l.focus == theLink {
			t.Set("")
		}
		t.Paste(s)
	})
}

// read looks whether what is in the field is an invite.
func (l *Layer) read() {
	l.where = ""
	if u, err := invite.ParsePaste(l.link.Value()); err == nil {
		l.where = u.Redacted()
	}
}

// ask goes back to the box, with what was typed.
func (l *Layer) ask() {
	l.cut()
	l.generation = l.s.Generation() // an answer that is on its way is no longer waited for
	l.step, l.focus = asking, theLink
}

// look asks for the preview.
func (l *Layer) look() tea.Cmd {
	link, label := l.link.Value(), l.label.Value()
	if link == "" {
		l.fail(asking, fault.New("vox/invite/malformed", "there is no link yet").WithHint("paste it, or the whole command"))
		return nil
	}
	if _, err := invite.ParsePaste(link); err != nil { // it would only be said later
		l.fail(asking, err)
		return nil
	}
	l.cut()
	ctx, cut := context.WithTimeout(l.ctx, patience)
	l.cut, l.step, l.why, l.from = cut, looking, "", 0
	l.generation = l.s.Generation()
	gen, j := l.generation, l.joiner
	return func() tea.Msg {
		defer cut()
		pre, err := j.Preview(ctx, link, label)
		return looked{gen, pre, err}
	}
}

func (l *Layer) looked(m looked) {
	if m.generation != l.generation || l.step != looking {
		return
	}
	if m.err != nil {
		l.fail(asking, m.err)
		return
	}
	l.step, l.focus, l.pre = choosing, theJoin, m.pre
}

func (l *Layer) join() (pane.Action, tea.Cmd) {
	if why := l.off(); why != "" {
		return pane.Notice{Text: "join: " + why}, nil
	}
	l.step, l.why = joining, ""
	l.generation = l.s.Generation()
	gen, j, all, link, label := l.generation, l.joiner, l.all, l.link.Value(), l.label.Value()
	return nil, func() tea.Msg {
		ctx, cut := context.WithTimeout(all, patience)
		defer cut()
		res, err := j.Join(ctx, link, label)
		return done{gen, res, err}
	}
}

// joined ends the layer and opens the form over what this machine gives, with what the mesh asks for beyond it. Where
// nobody works for the mesh yet, it first says so.
func (l *Layer) joined(m done) pane.Action {
	if m.generation != l.generation || l.step != joining {
		return nil
	}
	if m.err != nil {
		l.fail(choosing, m.err)
		return nil
	}
	asked := l.pre.Slots
	l.wipe()
	l.step, l.focus, l.done, l.pre, l.from = joined, theJoin, m.joined, Preview{Class: l.pre.Class, Slots: asked}, 0
	if !m.joined.Works {
		return nil
	}
	d := m.joined
	said := fmt.Sprintf("this machine is %s in %s, invited by %s, and works for it from now on", clean.Max(d.Node, 64), clean.Max(d.Mesh, 64), clean.Max(d.Inviter, 64))
	return append(l.toPolicy(), pane.Notice{Text: said})
}

// toPolicy leaves for the form.
func (l *Layer) toPolicy() pane.Several {
	to := pane.Several{pane.Close{}, pane.Turn{Pane: keys.Pane5}}
	return append(to, pane.Tell{Pane: keys.Pane5, Msg: pane.Asked{Kinds: l.pre.Slots}})
}

// off says why this machine can't join now.
func (l *Layer) off() string {
	if why := l.s.Refuse(); why != "" {
		return why
	}
	if l.expired() {
		return "the invite expired: ask for a new one"
	}
	return ""
}

func (l *Layer) left() time.Duration { return l.pre.Expiry.Sub(l.s.Now()) }

func (l *Layer) expired() bool { return l.left() <= 0 }

// move scrolls the policy.
func (l *Layer) move(id keys.ID) {
	switch id {
	case keys.Up:
		l.scroll(-1)
	case keys.Down:
		l.scroll(1)
	case keys.PageUp:
		l.scroll(-max(l.seen, 1))
	case keys.PageDown:
		l.scroll(max(l.seen, 1))
	case keys.Home:
		l.scroll(-l.body)
	case keys.End:
		l.scroll(l.body)
	}
}

func (l *Layer) scroll(by int) { l.from = max(min(l.from+by, l.body-l.seen), 0) }

// fail goes to where a try can be made again, and says why this one came to nothing. An error is not trusted to be
// without the link.
func (l *Layer) fail(to step, err error) {
	const most = 300 // letters: a box is no log
	link := l.link.Value()
	safe := func(s string) string {
		_, token, _ := strings.Cut(link, "?b=")
		if token, _, _ = strings.Cut(token, "'"); token != "" {
			s = strings.ReplaceAll(s, token, "…")
		}
		return sentence(clean.Max(s, most).String())
	}
	_, hint := fault.Of(err)
	l.step, l.focus, l.why, l.hint = to, 0, safe(err.Error()), safe(hint)
}
