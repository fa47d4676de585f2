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

// Telemetry is what is known only now; *mesh.Telemetry is one.
type Telemetry interface {
	Node(id string) (mesh.Beat, bool)
	TokensPerSecond(now time.Time) float64
	TokenHistory() []float64
}

// World is what there is to show at one moment.
type World struct {
	State *mesh.State
	Tel   Telemetry
	Spend mesh.Window
	Lost  time.Time // when the host went away; zero while it is there
}

// Session belongs to one console. The root changes it; panes and layers read it, and set Node.
type Session struct {
	Theme     *theme.Theme
	Now       func() time.Time
	Actor     string
	Operator  string
	Viewer    bool
	InProcess bool // the host lives in this process and ends with it
	Colour    bool
	World     World
	Node      string // the selected node, or InvitePrefix and the peer id of an invite

	generation uint64
}

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
		return "the host is lost"
	}
	return ""
}

// Pane is one of the six.
type Pane interface {
	Update(msg tea.Msg) (Action, tea.Cmd)
	Draw(b *cell.Buffer, f layout.Frame)
	Keys() []keys.Binding // of the region that has the focus
}

// Layer lies over the pane and gets messages first.
type Layer interface {
	Pane
	Typing() bool // letters are text now
	Bare() bool   // it has the whole screen, without mouse and frame
	Closed()      // it left the stack: end what runs, wipe what is secret
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
	// Inspect closes the layer that gives it and shows a node.
	Inspect struct{ Node string }
	// Clip copies text through the terminal and says so.
	Clip struct{ Text, Said string }
)

func (Notice) action()  {}
func (Push) action()    {}
func (Close) action()   {}
func (Quit) action()    {}
func (Press) action()   {}
func (Inspect) action() {}
func (Clip) action()    {}

// The messages that the root sends besides those of Bubble Tea.
type (
	// Do: a key that is bound was pressed, or its word clicked: then there is no key.
	Do struct {
		ID  keys.ID
		Key tea.KeyPressMsg
	}
	// Click: the mouse, in screen coordinates.
	Click struct {
		X, Y   int
		Double bool
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
	// Show asks the Mesh pane to show a node in its inspector.
	Show struct{ Node string }
)

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
