// Package pane is what the console's root and its panes agree on.
//
// A Pane fills the part between the tabs and the last rows; a Layer lies over it. Both get messages and give back an
// Action, which the root carries out: they open nothing and close nothing themselves. They read the world from the
// Session, which belongs to one console alone and which only the root changes. Neither Update nor Draw may wait for
// anything: what takes time is a command with a context, and its result carries the generation that it was asked for,
// so that a late one can be told from a current one.
package pane

import (
	"time"

	tea "charm.land/bubbletea/v2"

	"voxmesh/mesh"
	"voxmesh/tui/cell"
	"voxmesh/tui/keys"
	"voxmesh/tui/layout"
	"voxmesh/tui/theme"
)

// World is what there is to show at one moment: of the present, or of an instant of the past.
type World struct {
	State *mesh.State
	Tel   *mesh.Telemetry // nil, which knows nothing, in the past and without a host
	Spend mesh.Window
	Lost  time.Time // when the host went away; zero while it is there
	Past  time.Time // the instant that is shown; zero: live
}

// Session belongs to one console. The root changes it; panes and layers read it, and set what is selected.
type Session struct {
	Theme     *theme.Theme
	Now       func() time.Time
	Actor     string
	Operator  string
	Viewer    bool
	InProcess bool // the host lives in this process and ends with it
	Colour    bool
	World     World

	// What is selected, one of a kind for the whole console: ids, empty for none.
	Node  string // or InvitePrefix and the peer id of an invite
	Job   string
	Run   string
	Model string
	Entry string // of the audit log
	Item  string // of the hopper

	generation uint64
}

// Time is the moment that is shown: the instant in the past, else now. Ages are counted from it.
func (s *Session) Time() time.Time {
	if !s.World.Past.IsZero() {
		return s.World.Past.In(s.Now().Location())
	}
	return s.Now()
}

// Live reports whether the present is shown, of a host that is there.
func (s *Session) Live() bool { return s.World.Past.IsZero() && s.World.Lost.IsZero() }

// Faint reports whether what is shown is only the last that was known.
func (s *Session) Faint() bool { return !s.World.Lost.IsZero() }

// InvitePrefix stands before an invite's peer id where it is selected in the place of a node.
const InvitePrefix = "invite:"

// Generation gives a number that no request of this session had before.
func (s *Session) Generation() uint64 {
	s.generation++
	return s.generation
}

// Refuse says why someone who may only look cannot do what changes the mesh; empty for an operator.
func (s *Session) Refuse() string {
	switch {
	case s.Viewer:
		return "you are here to view only"
	case !s.World.Lost.IsZero():
		return "the host is lost; r tries again"
	case !s.World.Past.IsZero():
		return "you are looking at the past: press . for live"
	}
	return ""
}

// Pane is one of the six.
type Pane interface {
	Update(msg tea.Msg) (Action, tea.Cmd)
	Draw(b *cell.Buffer, f layout.Frame)
	Keys() []keys.Binding // of the region that has the focus
	Typing() bool         // letters are text now: a filter or a field is open
}

// Layer lies over the pane and gets messages first.
type Layer interface {
	Pane
	Bare() bool // it has the whole screen, without mouse and frame
	Closed()    // it left the stack: end what runs, wipe what is secret
}

// Action is what a pane or layer wants the root to do.
type Action interface{ action() }

// The actions.
type (
	// Notice says at the left of the last row what a key did, or why not.
	Notice struct{ Text string }
	// Push opens a layer.
	Push struct{ Layer Layer }
	// Close closes the layer that gives it.
	Close struct{}
	// Quit leaves the console without asking again.
	Quit struct{}
	// Press does what a key would do here.
	Press struct{ ID keys.ID }

	// Clip copies text through the terminal and says so.
	Clip struct{ Text, Said string }
	// Visit goes to where a thing is shown: a node to its inspector, a job, run or span to the drawer or, of a workflow, to
	// the timeline, an entry to Audit, a model to Models, an item to the Hopper. The layer that gives it stays, unless it
	// closes itself first.
	Visit struct {
		Ref Ref
		As  Shape // of a job, run or span
	}
	// Act begins an act on a thing: its confirmation or its box. Text is what was chosen for it already: the intent that is
	// to be sent, or the file for a node; the new priority of an item, its new place from 1 for a move; the ids of a batch,
	// with spaces between; the activity from which on a run is replayed.
	Act struct {
		Verb keys.ID
		On   Ref
		Text string
	}
	// Seek takes the whole console to an instant: to an op where Seq is set, else to a moment.
	Seek struct {
		At  time.Time
		Seq uint64
	}
	// GoLive takes it back to the present.
	GoLive struct{}
	// Turn goes to a pane.
	Turn struct{ Pane keys.ID }
	// Tell gives a pane a message of another's: how it is to be narrowed or ordered.
	Tell struct {
		Pane keys.ID
		Msg  tea.Msg
	}
	// Pass gives a key back: the focus leaves the pane for what the root has behind it.
	Pass struct{}
	// Demo shows a mesh at work, in this terminal where that can be, else by its command.
	Demo struct{}
	// Several are actions that are carried out in order.
	Several []Action
)

func (Notice) action() {}
func (Push) action()   {}
func (Close) action()  {}
func (Quit) action()   {}
func (Press) action()  {}

func (Clip) action()    {}
func (Visit) action()   {}
func (Act) action()     {}
func (Seek) action()    {}
func (GoLive) action()  {}
func (Turn) action()    {}
func (Tell) action()    {}
func (Pass) action()    {}
func (Demo) action()    {}
func (Several) action() {}

// Kind is what a Ref points at.
type Kind uint8

// The kinds.
const (
	None Kind = iota
	Node
	Invite // ID is the peer id
	Job
	Run
	Span // ID is RUN/SPAN
	Model
	Entry // of the audit log
	Item  // of the hopper
	Mesh  // the whole mesh: for its cap
)

// Shape is how a run is shown.
type Shape uint8

// The shapes.
const (
	AsFits     Shape = iota // a workflow as a timeline, a job in the drawer
	AsTree                  // in the drawer
	AsTimeline              // as lanes on an axis of time
)

// Ref points at a thing of the mesh by its id.
type Ref struct {
	Kind Kind
	ID   string
}

// The messages that the root sends besides those of Bubble Tea.
type (
	// Do: a key that is bound was pressed, or its word clicked: then there is no key.
	Do struct {
		ID  keys.ID
		Key tea.KeyPressMsg
	}
	// Click: the mouse, in screen coordinates. A right one selects, and the root opens the palette on what is selected.
	Click struct {
		X, Y   int
		Double bool
		Right  bool
	}
	// Drag: the mouse moved with its left button down, from where it went down to where it is; Done: it went up.
	Drag struct {
		FromX, FromY int
		X, Y         int
		Done         bool
	}
	// Wheel scrolls what is under the mouse.
	Wheel struct {
		X, Y int
		Down bool
	}
	// Changed: the world is another one.
	Changed struct{}
	// Second: a second went by, ages and countdowns move.
	Second struct{}
	// Reveal asks a pane to select a thing and bring it into sight; the Mesh pane opens its inspector.
	Reveal struct{ Ref Ref }
	// Narrow asks a pane to keep a filter, written as whoever is here would type it.
	Narrow struct{ Filter string }
	// BySpend asks the Mesh pane to show its nodes by what they cost, the most first.
	BySpend struct{}
	// Asked tells the Policy pane that its file may be a new one, and which kinds of slots a mesh that was just joined asks
	// for: those that are not given are offered as edits.
	Asked struct{ Kinds []string }
)

// Subject is a pane or layer that can tell what its verbs would act on now.
type Subject interface{ Selected() Ref }

// Attentive is a pane in which something may want whoever is here: its tab carries a dot then.
type Attentive interface{ Attention() bool }

// Frame draws the border of a region: brighter where it has the focus.
func Frame(b *cell.Buffer, r layout.Rect, focused bool) theme.Style {
	st := theme.In(theme.Third)
	if focused {
		st = theme.In(theme.Second)
	}
	b.Box(r.X, r.Y, r.W, r.H, st)
	return st
}

// Heading writes the name of a region into its top border: in brackets where it has the focus.
func Heading(b *cell.Buffer, r layout.Rect, name string, focused bool, st theme.Style) int {
	text := " " + name + " "
	if focused {
		text = "[" + name + "]"
		st = theme.In(theme.Text).With(theme.Bold)
	}
	return b.Put(r.X+1, r.Y, r.W-2, text, st)
}

// Facts writes into the right end of a border row.
func Facts(b *cell.Buffer, r layout.Rect, y int, text string, st theme.Style) {
	if text != "" {
		b.Right(r.X+2, r.X+r.W-2, y, " "+text+" ", st)
	}
}
