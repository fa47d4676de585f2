// Package confirm is the layer that stands before every act which can't be taken back, before pause and drain, and before
// every change of an item's priority or place.
//
// It shows what would happen, to which jobs, and asks for the target's id, letter by letter, and a reason. Here, and in
// the command line, audit.Confirm and audit.ConfirmOverride are called: nothing else in the program can make the grant that the host wants to see.
// What the layer is about is fixed when it opens: a list that moves under it changes nothing, and where its target goes,
// its job ends or somebody else does the act first, it says so and can't act. It is asked of the host once, in a
// command with a context; while that runs no second enter is taken. An error stays in the layer with what to do about
// it. Shown are only words of our own, ids, classes, kinds and times: never a title, a label or a prompt.
package confirm

import (
	"context"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	tea "charm.land/bubbletea/v2"

	"voxmesh/audit"
	"voxmesh/hopper"
	"voxmesh/mesh"
	"voxmesh/mesh/clean"
	"voxmesh/mesh/privacy"
	"voxmesh/tui/act"
	"voxmesh/tui/field"
	"voxmesh/tui/keys"
	"voxmesh/tui/layout"
	"voxmesh/tui/pane"
	"voxmesh/tui/verb"
)

// Actor is what carries the act out.
type Actor interface {
	Act(ctx context.Context, g *audit.Grant, a mesh.Action) (mesh.ActResult, error)
	Reprioritize(ctx context.Context, g *audit.DeveloperOverride, item string, p hopper.Priority, place int) (mesh.ItemView, error)
}

// Layer is one confirmation. Make one with New.
type Layer struct {
	s     *pane.Session
	actor Actor
	ctx   context.Context
	stop  context.CancelFunc

	id     keys.ID
	name   string // of the act, as the host knows it
	on     pane.Ref
	target string
	class  privacy.Class // as it was last known

	priority hopper.Priority // that is chosen for an item
	place    int             // in the inbox that it is moved to, from 1
	from     string          // the activity from which on a workflow is replayed; empty: all of it
	scope    []string        // an item, and the batch that it is of: which of them is cancelled

	fields []input
	focus  int
	asked  bool // enter was pressed while something was missing

	acting uint64 // the generation of the act on its way; 0: none is
	err    error  // of the last try

	jobs int // first job that is shown
	seen int // how many are
	box  layout.Rect
}

// acted is how the act ended.
type acted struct {
	generation uint64
	res        mesh.ActResult
	err        error
}

// New makes the confirmation of a sealed verb on a thing: keys.Kill, Pause, Drain, Replay or Revoke, and of an item
// Priority and Move. text is what was chosen for it already, as pane.Act has it: a priority, a place, or the activity
// from which on a workflow is replayed. The act, once sent, ends with ctx or when the layer closes.
func New(ctx context.Context, s *pane.Session, actor Actor, id keys.ID, on pane.Ref, text string) *Layer {
	ctx, stop := context.WithCancel(ctx)
	l := &Layer{s: s, actor: actor, ctx: ctx, stop: stop, id: id, name: string(id), on: on, target: verb.Target(on)}
	if on.Kind == pane.Item {
		l.name = verb.Name(s, id, on)
	}
	l.fields = inputs(l.name)
	l.begin(text)
	l.look()
	return l
}

// Typing is true: letters are text.
func (l *Layer) Typing() bool { return true }

// Bare is false.
func (l *Layer) Bare() bool { return false }

// Closed ends an act that nobody waits for any more.
func (l *Layer) Closed() { l.stop() }

// Selected is what the layer is about, whatever the list does.
func (l *Layer) Selected() pane.Ref { return l.on }

// Update takes a message.
func (l *Layer) Update(msg tea.Msg) (pane.Action, tea.Cmd) {
	switch msg := msg.(type) {
	case pane.Changed, pane.Second:
		l.look()
	case acted:
		return l.acted(msg)
	case ranked:
		return l.ranked(msg), nil
	case pane.Wheel:
		l.scroll(msg.Down)
	case pane.Click:
		l.click(msg)
	case pane.Do:
		return l.do(msg)
	case tea.KeyPressMsg:
		l.typed(msg.Text, false)
	case tea.PasteMsg:
		l.typed(msg.Content, true)
	}
	return nil, nil
}

// look keeps the class of a target that is there.
func (l *Layer) look() {
	if c, ok := verb.Class(l.s, l.on); ok {
		l.class = c
	}
}

// refuse says why the act can't be done now, however right what is typed may be.
func (l *Layer) refuse() string {
	if l.id == keys.Move {
		return verb.Refuse(l.s, l.id, l.on)
	}
	return verb.RefuseAct(l.s, l.name, l.on)
}

func (l *Layer) do(d pane.Do) (pane.Action, tea.Cmd) {
	if l.acting != 0 {
		return nil, nil
	}
	switch d.ID {
	case keys.Back:
		return pane.Close{}, nil
	case keys.Open:
		return l.enter()
	case keys.CopyCommand:
		return pane.Clip{Text: l.command().String(), Said: "copied the command"}, nil
	case keys.Next:
		l.turn(1)
	case keys.Previous:
		l.turn(-1)
	case keys.Up, keys.Down:
		l.step(d.ID == keys.Down)
	case keys.Clear:
		l.edit(func(f *input) { f.text.Set("") })
	default:
		l.edit(func(f *input) { f.text.Key(d.Key) })
	}
	return nil, nil
}

// edit changes the text of the field that is typed in, where it is one.
func (l *Layer) edit(f func(*input)) {
	if !l.at().chooses() {
		f(l.edited())
	}
}

func (l *Layer) turn(by int) {
	l.focus, l.asked = (l.focus+by+len(l.fields))%len(l.fields), false
}

// enter goes from the id to the reason, and from there acts.
func (l *Layer) enter() (pane.Action, tea.Cmd) {
	if l.at() == theID || l.at().chooses() {
		l.turn(1)
		return nil, nil
	}
	l.asked = true
	if l.refuse() != "" || !l.right() {
		return nil, nil
	}
	if l.name == mesh.ActReprioritize {
		return l.reprioritize()
	}
	grant, err := audit.Confirm(l.s.Actor, l.name, l.target, l.value(theID), l.value(theReason))
	if err != nil {
		l.err = err
		return nil, nil
	}
	a := mesh.Action{Name: l.name, Target: l.target, On: l.value(theNode), From: l.from}
	if l.has(theDeadline) {
		a.Deadline, _ = verb.ParseDeadline(l.value(theDeadline))
	}
	l.err, l.acting = nil, l.s.Generation()
	gen, ctx, actor := l.acting, l.ctx, l.actor
	return nil, func() tea.Msg {
		ctx, done := context.WithTimeout(ctx, act.Patience)
		defer done()
		res, err := actor.Act(ctx, grant, a)
		return acted{gen, res, err}
	}
}

func (l *Layer) acted(m acted) (pane.Action, tea.Cmd) {
	if m.generation != l.acting {
		return nil, nil
	}
	l.acting = 0
	if m.err != nil {
		l.err = m.err
		return nil, nil
	}
	did := act.Did{Back: act.BackOf(l.id, m.res, l.on)}
	return pane.Several{pane.Close{}, pane.Notice{Text: act.Notice(m.res, l.on)}}, func() tea.Msg { return did }
}

// typed takes what was typed or pasted. Round a pasted id there may be blanks and line ends.
func (l *Layer) typed(text string, pasted bool) {
	if l.acting != 0 || text == "" {
		return
	}
	if l.at().chooses() && (l.digit(text) || !l.beginsID(text)) {
		return
	}
	if pasted && l.at() != theReason {
		text = trim(text)
	}
	if l.at() == theID {
		text = seen(text)
	}
	l.edited().text.Paste(text)
}

// seen makes a question mark of every letter that a field would drop or change: what is not the id must not come to
// look like it.
func seen(text string) string {
	return strings.Map(func(r rune) rune {
		if r == utf8.RuneError || clean.Line(string(r)).String() != string(r) {
			return '?'
		}
		return r
	}, text)
}

// edited gives the field that is typed in; what the last try said no longer holds.
func (l *Layer) edited() *input {
	l.err, l.asked = nil, false
	return &l.fields[l.focus]
}

// step is what ↑ and ↓ do: five minutes in a deadline, the next node, else the jobs that did not fit.
func (l *Layer) step(down bool) {
	switch l.at() {
	case thePriority, theScope:
		l.pick(down)
	case theDeadline:
		l.edited().step(down)
	case theNode:
		l.edited().next(l.nodes(), down)
	default:
		l.scroll(down)
	}
}

func (l *Layer) scroll(down bool) {
	if down {
		l.jobs++
	} else {
		l.jobs--
	}
	l.jobs = max(min(l.jobs, len(l.concerned())-l.seen), 0)
}

// concerned gives the jobs that are touched: of a replay from an activity on, those of that one.
func (l *Layer) concerned() []*mesh.Job {
	jobs := verb.Concerned(l.s, l.name, l.on)
	if l.from == "" {
		return jobs
	}
	return slices.DeleteFunc(slices.Clone(jobs), func(j *mesh.Job) bool { return verb.Activity(j) != l.from })
}

func (l *Layer) command() verb.Line {
	return verb.CommandFor(l.name, l.on, l.said())
}

func (l *Layer) said() verb.Said {
	said := verb.Said{Reason: trim(l.value(theReason)), Deadline: trim(l.value(theDeadline)), On: trim(l.value(theNode)), Place: l.place, From: l.from}
	if l.has(thePriority) {
		said.Priority = l.priority.String()
	}
	return said
}

// Keys gives the bindings: while the act runs, only why there are none.
func (l *Layer) Keys() []keys.Binding {
	does := l.does()
	if !l.right() {
		does += ", once both are right"
	}
	out := []keys.Binding{
		keys.Get(keys.Next).As("next field", "next field").When(l.busy),
		keys.Get(keys.Open).As(does, "from the id to the reason; there: "+does).When(l.off),
		keys.Get(keys.Back).As("cancel", "close; nothing was done").When(l.busy),
		keys.Get(keys.Previous).As("", "previous field"),
		keys.Get(keys.Up).As("", "a job up; in a deadline 5 minutes more; another choice"),
		keys.Get(keys.Down).As("", "a job down; in a deadline 5 minutes less; another choice"),
		keys.Get(keys.CopyCommand).As("", "copy the command"),
	}
	return append(out, field.Keys()...)
}

// does is the act as the last row has it.
func (l *Layer) does() string {
	switch {
	case l.on.Kind == pane.Item && l.name == mesh.ActKill:
		return "cancel it"
	case l.id == keys.Move:
		return "move"
	}
	return l.name
}

func (l *Layer) busy() string {
	if l.acting != 0 {
		return l.name + " is on its way"
	}
	return ""
}

func (l *Layer) off() string {
	if why := l.busy(); why != "" {
		return why
	}
	return l.refuse()
}

// nodes are those that a replay can be sent to.
func (l *Layer) nodes() []string {
	var out []string
	for _, n := range l.s.World.State.Nodes() {
		out = append(out, n.ID)
	}
	return out
}

// deadlineStep is what ↑ and ↓ add to a deadline.
const deadlineStep = 5 * time.Minute
