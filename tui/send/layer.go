// Package send is the layer that sends work: an intent in words, which the hopper classifies, a prompt to a language model, a
// text to be embedded, a WebAssembly module from a file, a program that a donor gives, or a workflow from a file.
//
// It says before anything leaves who could take it and who could not, and where nobody can as things are it asks once
// more. The file is opened by whoever sits at the terminal, never by the host for them: how is given to New, and where
// it can't be done the layer says so. What is sent is a job like any other; the layer shows the command that does the
// same. The prompt is kept nowhere but in the job. Of a workflow it first reads the file and shows what is wrong with it, or
// what it would do where; then enter runs that, and not what the file may hold by then.
package send

import (
	"context"
	"io"
	"slices"

	tea "charm.land/bubbletea/v2"

	"voxmesh/mesh"
	"voxmesh/mesh/privacy"
	"voxmesh/tui/cell"
	"voxmesh/tui/field"
	"voxmesh/tui/keys"
	"voxmesh/tui/layout"
	"voxmesh/tui/pane"
)

// Host is what the layer needs of the host.
type Host interface {
	PutBlob(r io.Reader, limit int64) (hash string, size int64, err error)
	Submit(ctx context.Context, actor string, req mesh.JobRequest) (mesh.Ticket, error)
	SubmitIntent(ctx context.Context, actor string, in mesh.Intent) (mesh.ItemView, error)
	RunWorkflow(ctx context.Context, actor string, req mesh.FlowRequest) (mesh.Ticket, error)
}

// Files opens a file of the machine on which whoever is here types. Nil: none can be had from there.
type Files func(ctx context.Context, path string) (io.ReadCloser, error)

// part is a field of the box.
type part int

const (
	what part = iota
	text      // prompt, text or path
	args      // of a module or a program
	model
	on
	class
)

var classes = []privacy.Class{privacy.LocalOnly, privacy.PairedPeersOnly, privacy.PublicMesh}

// The longest prompt and path that the box takes, in characters: longer ones are sent by the command.
const (
	maxText = 4000
	maxArgs = 1000
	maxName = 40 // of a title made of a prompt, as the command line has it
)

// anyNode stands for the host's choice.
const anyNode = "any node"

// Layer is one piece of work before it is sent. Make one with New.
type Layer struct {
	s     *pane.Session
	host  Host
	files Files
	ctx   context.Context
	stop  context.CancelFunc

	focus part
	kind  kind
	text  field.Text
	args  field.Text
	model string
	on    string // a node's id; empty: any
	class privacy.Class

	fits    []mesh.Fit
	plan    plan   // of a workflow, once its file was read
	sending uint64 // the generation of the request that is on its way; 0: none is
	sure    bool   // it was said that nobody can take it, and enter is to send all the same
	why     string
	rows    []formRow
	at      layout.Rect
}

// sent is how it ended.
type sent struct {
	generation uint64
	ticket     mesh.Ticket
	item       mesh.ItemView // of an intent
	err        error
}

// New makes the layer, for a node or a model where one is given, with text as the prompt or path. Requests end with ctx,
// or when the layer closes.
func New(ctx context.Context, s *pane.Session, host Host, files Files, to pane.Ref, prompt string) *Layer {
	ctx, stop := context.WithCancel(ctx)
	l := &Layer{
		s: s, host: host, files: files, ctx: ctx, stop: stop, focus: text, class: privacy.PairedPeersOnly,
		text: field.New(prompt, maxText, nil), args: field.New("", maxArgs, nil),
	}
	l.model = s.World.State.DefaultModel()
	l.begin(to)
	l.judge()
	return l
}

// Typing reports whether letters are text now.
func (l *Layer) Typing() bool { return l.field() != nil }

// Bare reports whether it has the whole screen.
func (l *Layer) Bare() bool { return false }

// Closed ends what is on its way.
func (l *Layer) Closed() { l.stop() }

// field is the one that is typed in; nil where letters are keys.
func (l *Layer) field() *field.Text {
	switch l.focus {
	case text:
		return &l.text
	case args:
		return &l.args
	}
	return nil
}

// Update takes a message.
func (l *Layer) Update(msg tea.Msg) (pane.Action, tea.Cmd) {
	switch msg := msg.(type) {
	case pane.Changed:
		l.judge()
	case pane.Do:
		return l.do(msg)
	case tea.KeyPressMsg:
		l.edit(func(f *field.Text) { f.Key(msg) })
	case tea.PasteMsg:
		l.edit(func(f *field.Text) { f.Paste(msg.Content) })
	case pane.Click:
		l.click(msg)
	case sent:
		return l.ended(msg), nil
	case planned:
		l.planEnded(msg)
	}
	return nil, nil
}

func (l *Layer) edit(f func(*field.Text)) {
	if t := l.field(); t != nil {
		f(t)
		l.why, l.sure, l.plan = "", false, plan{}
	}
}

func (l *Layer) do(d pane.Do) (pane.Action, tea.Cmd) {
	switch d.ID {
	case keys.Back:
		return pane.Close{}, nil
	case keys.Open:
		return l.send()
	case keys.Next, keys.Down:
		l.step(1)
	case keys.Previous, keys.Up:
		l.step(-1)
	case keys.CopyCommand:
		return pane.Clip{Text: l.command(), Said: "copied the command"}, nil
	case keys.Clear:
		l.edit(func(f *field.Text) { f.Set("") })
	case keys.Left, keys.Right:
		if l.field() == nil {
			l.choose(d.ID == keys.Left)
			return nil, nil
		}
		fallthrough
	default:
		l.edit(func(f *field.Text) { f.Key(d.Key) })
	}
	return nil, nil
}

// step takes the focus to another field.
func (l *Layer) step(by int) {
	ps := l.parts()
	i := slices.Index(ps, l.focus)
	l.focus = ps[(i+by+len(ps))%len(ps)]
}

// choose takes the next of what a field offers, or the one before.
func (l *Layer) choose(back bool) {
	l.why, l.sure, l.plan = "", false, plan{}
	switch l.focus {
	case what:
		l.kind = kinds[turn(kinds, l.kind, back)]
	case model:
		if all := l.models(); len(all) > 0 {
			l.model = all[turn(all, l.model, back)]
		}
	case on:
		all := l.nodes()
		l.on = all[turn(all, l.on, back)]
	case class:
		l.class = classes[turn(classes, l.class, back)]
	}
	l.judge()
}

// turn gives the place after the one of x, or before it; the ends are ends.
func turn[T comparable](all []T, x T, back bool) int {
	i := slices.Index(all, x)
	if back {
		return max(i-1, 0)
	}
	return min(i+1, len(all)-1)
}

// models are those of the mesh, by name.
func (l *Layer) models() []string {
	var out []string
	for name := range l.s.World.State.Models(l.s.World.Tel, l.s.Now()).ByModel {
		out = append(out, name)
	}
	slices.Sort(out)
	return out
}

// nodes are the ids of the machines, and before them the host's choice.
func (l *Layer) nodes() []string {
	out := []string{""}
	for _, n := range l.s.World.State.Nodes() {
		out = append(out, n.ID)
	}
	return out
}

// judge asks who could take it, or where the activities of a workflow would go.
func (l *Layer) judge() {
	if l.fits = nil; l.kind == workflow {
		l.look()
		return
	}
	l.fits = l.s.World.State.NodesFor(l.s.World.Tel, l.s.Now(), l.request())
}

// could tells those who can take it, now or when they are free.
func (l *Layer) could() (now, later []mesh.Fit) {
	for _, f := range l.fits {
		switch {
		case f.Allowed:
			now = append(now, f)
		case f.Rule == mesh.RuleBusy:
			later = append(later, f)
		}
	}
	return now, later
}

// Keys gives the bindings.
func (l *Layer) Keys() []keys.Binding {
	out := []keys.Binding{
		keys.Get(keys.Next).As("next field", "next field"),
		keys.Get(keys.Open).As(l.enterWord()).When(l.s.Refuse),
	}
	if l.field() == nil {
		out = append(out, keys.Get(keys.Right).As("other", "the next of what it offers"), keys.Get(keys.Left).As("", "the one before"))
	}
	out = append(out, keys.Get(keys.CopyCommand), keys.Get(keys.Back).As("close", "close without sending"),
		keys.Get(keys.Previous).As("", "previous field"), keys.Get(keys.Up).As("", "previous field"), keys.Get(keys.Down).As("", "next field"))
	if l.field() != nil {
		out = append(out, field.Keys()...)
	}
	return out
}

// Draw draws the box into the middle of the frame.
func (l *Layer) Draw(b *cell.Buffer, f layout.Frame) { l.draw(b, f) }
