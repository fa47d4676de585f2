// Package capbox is the box in which the cap of a node or of the mesh is set.
//
// It shows what the last 24 hours cost against the cap that is and the cap that is being typed, so that what a number
// would do is seen before it is set. The number is read as the command line reads it, dollars or none, by the same
// function. A cap needs no confirmation: U puts the old one back. Setting it is a command with a context; while it runs
// no second enter is taken, and an error stays in the box. The target is fixed when the box opens.
package capbox

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"

	tea "charm.land/bubbletea/v2"

	"voxmesh/mesh"
	"voxmesh/mesh/fault"
	"voxmesh/tui/act"
	"voxmesh/tui/field"
	"voxmesh/tui/format"
	"voxmesh/tui/keys"
	"voxmesh/tui/pane"
	"voxmesh/tui/theme"
	"voxmesh/tui/verb"
)

// Setter is what sets the cap.
type Setter interface {
	SetCap(ctx context.Context, actor, target string, capMicros *int64) error
}

// Layer is one box. Make one with New.
type Layer struct {
	s      *pane.Session
	setter Setter
	ctx    context.Context
	stop   context.CancelFunc
	on     pane.Ref

	text  field.Text
	fresh bool // nothing was typed yet: the first letter takes the place of the cap that is

	setting uint64 // the generation of the request on its way; 0: none is
	err     error
}

// set is how the request ended.
type set struct {
	generation uint64
	old, limit *int64
	err        error
}

// longest is what the longest sum takes, with its decimals.
const longest = 20

// New makes the box for a node or, with a Ref of kind pane.Mesh, for the whole mesh. A request ends with ctx or when the
// box closes.
func New(ctx context.Context, s *pane.Session, setter Setter, on pane.Ref) *Layer {
	ctx, stop := context.WithCancel(ctx)
	l := &Layer{s: s, setter: setter, ctx: ctx, stop: stop, on: on, fresh: true}
	l.text = field.New(write(l.own()), longest, nil)
	return l
}

// Typing is true: letters are text.
func (l *Layer) Typing() bool { return true }

// Bare is false.
func (l *Layer) Bare() bool { return false }

// Closed ends a request that nobody waits for any more.
func (l *Layer) Closed() { l.stop() }

// Selected is what the box is about, whatever the list does.
func (l *Layer) Selected() pane.Ref { return l.on }

// own is the cap that was set for the target itself; nil is none.
func (l *Layer) own() *int64 {
	if l.on.Kind == pane.Mesh {
		return l.s.World.State.MeshCap
	}
	if n, ok := l.s.World.State.Node(l.on.ID); ok {
		return n.Cap
	}
	return nil
}

// effective is the cap that would hold if own were set: of a mesh without one the sum of its workers' caps.
func (l *Layer) effective(own *int64) *int64 {
	if own != nil || l.on.Kind != pane.Mesh {
		return own
	}
	var sum int64
	workers := l.s.World.State.Workers()
	for _, n := range workers {
		if n.Cap == nil {
			return nil
		}
		sum += *n.Cap
	}
	if len(workers) == 0 {
		return nil
	}
	return &sum
}

func (l *Layer) used() int64 {
	if l.on.Kind == pane.Mesh {
		return l.s.World.Spend.Mesh.Micros
	}
	return l.s.World.Spend.Node(l.on.ID).Micros
}

// write gives a cap as it is typed: 5, 1.5, none.
func write(limit *int64) string {
	if limit == nil {
		return "none"
	}
	return strconv.FormatFloat(float64(*limit)/1e6, 'f', -1, 64)
}

func (l *Layer) value() string { return strings.TrimSpace(l.text.Value()) }

func (l *Layer) refuse() string { return verb.Refuse(l.s, keys.Cap, l.on) }

// Update takes a message.
func (l *Layer) Update(msg tea.Msg) (pane.Action, tea.Cmd) {
	switch msg := msg.(type) {
	case set:
		return l.ended(msg)
	case pane.Do:
		return l.do(msg)
	case tea.KeyPressMsg:
		l.typed(msg.Text)
	case tea.PasteMsg:
		l.typed(msg.Content)
	}
	return nil, nil
}

func (l *Layer) do(d pane.Do) (pane.Action, tea.Cmd) {
	if l.setting != 0 {
		return nil, nil
	}
	switch d.ID {
	case keys.Back:
		return pane.Close{}, nil
	case keys.Open:
		return l.enter()
	case keys.CopyCommand:
		return pane.Clip{Text: l.command().String(), Said: "copied the command"}, nil
	case keys.Up:
		l.step(1)
	case keys.Down:
		l.step(-1)
	case keys.Clear:
		l.edited().Set("")
	default:
		l.edited().Key(d.Key)
	}
	return nil, nil
}

func (l *Layer) typed(text string) {
	if l.setting != 0 || text == "" {
		return
	}
	if l.fresh {
		l.text.Set("")
	}
	l.edited().Paste(text)
}

func (l *Layer) edited() *field.Text {
	l.err, l.fresh = nil, false
	return &l.text
}

// step adds a dollar, or takes one. Where no sum stands it begins at the first whole one over what was spent.
func (l *Layer) step(by int64) {
	const dollar = 1_000_000
	limit, ok := mesh.ParseCap(l.value())
	next := int64(math.Ceil(float64(l.used())/dollar)) * dollar
	if ok && limit != nil {
		next = max(*limit+by*dollar, 0)
	}
	next = min(next, 1_000_000*dollar)
	l.edited().Set(write(&next))
}

func (l *Layer) enter() (pane.Action, tea.Cmd) {
	limit, ok := mesh.ParseCap(l.value())
	if !ok || l.refuse() != "" {
		return nil, nil
	}
	old := l.own()
	if equal(old, limit) {
		return pane.Several{pane.Close{}, pane.Notice{Text: "the cap is " + format.Cap(limit) + " already"}}, nil
	}
	l.err, l.setting = nil, l.s.Generation()
	gen, ctx, setter, actor, target := l.setting, l.ctx, l.setter, l.s.Actor, verb.Target(l.on)
	return nil, func() tea.Msg {
		ctx, done := context.WithTimeout(ctx, act.Patience)
		defer done()
		return set{gen, old, limit, setter.SetCap(ctx, actor, target, limit)}
	}
}

func equal(a, b *int64) bool { return a == b || a != nil && b != nil && *a == *b }

func (l *Layer) ended(m set) (pane.Action, tea.Cmd) {
	if m.generation != l.setting {
		return nil, nil
	}
	l.setting = 0
	if m.err != nil {
		l.err = m.err
		return nil, nil
	}
	did := act.Did{Back: &act.Back{Verb: keys.Cap, On: l.on, Old: m.old, New: m.limit}}
	return pane.Several{pane.Close{}, pane.Notice{Text: act.CapNotice(l.on, m.limit, m.old)}}, func() tea.Msg { return did }
}

func (l *Layer) command() verb.Line {
	return verb.CommandFor(string(keys.Cap), l.on, verb.Said{Cap: l.value()})
}

// says is what the sum that is typed would do, or why it can't be set.
func (l *Layer) says() ([]string, theme.Style) {
	limit, ok := mesh.ParseCap(l.value())
	wrong := theme.In(theme.Failed)
	switch why := l.refuse(); {
	case l.setting != 0:
		return []string{"Setting it…"}, theme.In(theme.Waiting)
	case errors.Is(l.err, context.DeadlineExceeded):
		return []string{"The host did not answer. Look whether it is set before you try again."}, wrong
	case l.err != nil:
		out := []string{"Not set: " + l.err.Error() + "."}
		if _, hint := fault.Of(l.err); hint != "" {
			out = append(out, hint)
		}
		return out, wrong
	case why != "":
		return []string{"Not now: " + why + "."}, wrong
	case l.value() == "":
		return []string{"Dollars from 0 to 1000000, or none."}, theme.In(theme.Second)
	case !ok:
		return []string{"That is no sum: dollars from 0 to 1000000, or none."}, theme.In(theme.Waiting)
	case equal(limit, l.own()):
		return []string{"That is the cap now."}, theme.In(theme.Second)
	}
	return []string{l.would(l.effective(limit))}, theme.In(theme.Second)
}

func (l *Layer) would(limit *int64) string {
	switch used := l.used(); {
	case limit == nil:
		return "Nothing limits what its work costs then."
	case *limit == 0:
		return "It gets no paid work at all then."
	case used >= *limit:
		return "It is over that already: no new work until the 24 hours cost less."
	default:
		return fmt.Sprintf("%s are left then.", format.Money(*limit-used))
	}
}

// Keys gives the bindings.
func (l *Layer) Keys() []keys.Binding {
	out := []keys.Binding{
		keys.Get(keys.Open).As("set", "set the cap").When(l.off),
		keys.Get(keys.Up).As("1 more", "a dollar more"),
		keys.Get(keys.Down).As("1 less", "a dollar less"),
		keys.Get(keys.Back).As("cancel", "close; the cap stays").When(l.busy),
		keys.Get(keys.CopyCommand).As("", "copy the command"),
	}
	return append(out, field.Keys()...)
}

func (l *Layer) busy() string {
	if l.setting != 0 {
		return "it is being set"
	}
	return ""
}

func (l *Layer) off() string {
	if why := l.busy(); why != "" {
		return why
	}
	return l.refuse()
}
