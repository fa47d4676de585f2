package tui

import (
	"context"
	"slices"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/colorprofile"

	"voxmesh/tui/act"
	"voxmesh/tui/cell"
	"voxmesh/tui/keys"
	"voxmesh/tui/layout"
	"voxmesh/tui/palette"
	"voxmesh/tui/pane"
	"voxmesh/tui/scrub"
	"voxmesh/tui/theme"
)

// console is the root. It is a pointer model: one goroutine, that of the program, uses it.
type console struct {
	o       Options
	ctx     context.Context // of what the console waits for: ends when it is left
	stop    context.CancelFunc
	s       *pane.Session
	present pane.World // the newest world, also while the past is shown
	tabs    []tab
	active  int
	bar     *scrub.Bar
	onBar   bool // the scrubber has the focus, the last region behind those of the pane
	layers  stack
	notice  notice
	recent  palette.Recent
	undo    act.Undo
	watch   <-chan struct{}

	width, height int
	ascii         bool
	mouse         bool
	pointer       pointer

	buf     *cell.Buffer
	frame   layout.Frame
	words   []word // what can be clicked on the first and the last rows
	covered bool   // a layer lay over the last frame
	pace    *pace  // nil: the program draws when it likes
	stirred bool   // by a message that may want a frame although the screen is the same
	super   bool   // the terminal tells ⌘K from k
	dirty   region // what is out of date
	cached  string
	summed  sums
	spend   spend
}

// New makes a console, for a program with ProgramOptions.
func New(o Options) tea.Model {
	c := newConsole(o)
	return c
}

func newConsole(o Options) *console {
	if o.Clock == nil {
		o.Clock = time.Now
	}
	if o.Context == nil {
		o.Context = context.Background()
	}
	c := &console{o: o, ascii: o.ascii(), mouse: o.env("VOXMESH_MOUSE") != "0", dirty: everything}
	c.ctx, c.stop = context.WithCancel(o.Context)
	c.s = &pane.Session{
		Theme: theme.New(true, c.ascii), Now: o.Clock, Actor: o.Actor, Operator: o.Operator,
		Viewer: o.Role == RoleViewer, InProcess: o.HostInProcess, Colour: !o.colourless(),
	}
	c.present = c.read()
	c.s.World = c.present
	c.bar = scrub.New(c.ctx, c.s, o.Source)
	c.tabs = c.makeTabs()
	return c
}

// The root's own messages.
type (
	worldMsg  struct{ world pane.World }
	secondMsg struct{ world pane.World }
	lostMsg   struct{}
)

// Init starts to follow the mesh and asks the terminal what it is.
func (c *console) Init() tea.Cmd {
	c.watch = c.o.Source.Watch(c.ctx)
	cmds := []tea.Cmd{c.follow(0), c.tick(), tea.RequestBackgroundColor}
	if !c.o.colourless() { // an answer would bring all colours back
		cmds = append(cmds, tea.RequestCapability("RGB"))
	}
	for _, t := range c.tabs {
		if p, ok := t.pane.(interface{ Init() tea.Cmd }); ok {
			cmds = append(cmds, p.Init())
		}
	}
	if c.o.Open.Kind != pane.None {
		cmds = append(cmds, c.arrive(c.o.Open))
	}
	return tea.Batch(cmds...)
}

// arrive shows what the console was opened for, over the pane that lists it.
func (c *console) arrive(r pane.Ref) tea.Cmd {
	cmd := c.visit(r, pane.AsFits)
	if _, at := home[r.Kind]; at {
		return cmd
	}
	for i, t := range c.tabs {
		if t.key == keys.Pane2 {
			return tea.Batch(c.turn(i), c.give(t.pane, pane.Reveal{Ref: r}), cmd)
		}
	}
	return cmd
}

// Update routes a message.
func (c *console) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	switch msg.(type) {
	case worldMsg, secondMsg:
	default:
		c.stirred = true
	}
	if _, moved := msg.(tea.MouseMotionMsg); !moved || c.pointer.down {
		c.dirty |= touches(msg)
	}
	return c, c.route(msg)
}

func (c *console) route(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case tea.WindowSizeMsg:
		c.width, c.height = msg.Width, msg.Height
		return c.toAll(msg)
	case tea.BackgroundColorMsg:
		c.s.Theme = theme.New(msg.IsDark(), c.ascii)
	case tea.ColorProfileMsg:
		c.s.Colour = msg.Profile >= colorprofile.ANSI
	case worldMsg:
		return tea.Batch(c.take(msg.world, pane.Changed{}), c.follow(minGap))
	case secondMsg:
		c.notice.expire(c.s.Now())
		return tea.Batch(c.take(msg.world, pane.Second{}), c.tick())
	case scrub.Shown:
		return c.show(msg)
	case lostMsg:
		c.present.Lost = c.s.Now()
		return c.take(c.present, pane.Changed{})
	case tea.KeyPressMsg:
		return c.key(msg)
	case tea.PasteMsg:
		if c.typing() {
			return c.give(c.focused(), msg)
		}
	case tea.MouseClickMsg:
		return c.click(tea.Mouse(msg))
	case tea.MouseMotionMsg:
		return c.drag(tea.Mouse(msg), false)
	case tea.MouseReleaseMsg:
		return c.drag(tea.Mouse(msg), true)
	case tea.MouseWheelMsg:
		return c.wheel(tea.Mouse(msg))
	case tea.KeyboardEnhancementsMsg:
		c.super = msg.SupportsKeyDisambiguation()
	case tea.KeyReleaseMsg, tea.FocusMsg, tea.BlurMsg:
	case act.Did:
		c.did(msg)
		return c.toAll(msg)
	default:
		return c.toAll(msg)
	}
	return nil
}

// toAll gives a message to the scrubber and to every layer and pane: what happened in the mesh, and results, which each
// knows by their generation.
func (c *console) toAll(msg tea.Msg) tea.Cmd {
	cmds := c.toLayers(msg)
	for _, t := range c.tabs {
		cmds = append(cmds, c.give(t.pane, msg))
	}
	return tea.Batch(cmds...)
}

func (c *console) toLayers(msg tea.Msg) []tea.Cmd {
	cmds := []tea.Cmd{c.give(c.bar, msg)}
	for _, l := range c.layers.all() {
		cmds = append(cmds, c.give(l, msg))
	}
	return cmds
}

// give hands a message to a pane or layer and carries out what it asks for.
func (c *console) give(p pane.Pane, msg tea.Msg) tea.Cmd {
	act, cmd := p.Update(msg)
	return tea.Batch(cmd, c.carry(p, act))
}

// focused is what has the keys: the top layer, the scrubber, or the pane.
func (c *console) focused() pane.Pane {
	if l := c.layers.top(); l != nil {
		return l
	}
	if c.onBar || c.bar.Typing() {
		return c.bar
	}
	return c.tabs[c.active].pane
}

func (c *console) typing() bool { return c.focused().Typing() }

// leave closes the top layer; where none is open it leaves, and asks first while work of a host in this process is in
// flight, or something is edited and not written.
func (c *console) leave() tea.Cmd {
	if l := c.layers.top(); l != nil {
		c.layers.remove(l)
		return nil
	}
	l := leaving{unsaved: c.unsaved()}
	if c.s.InProcess && c.present.Lost.IsZero() {
		l.jobs = len(c.present.State.Held())
	}
	if l != (leaving{}) {
		c.layers.push(&l, time.Time{})
		return nil
	}
	return c.quit()
}

// unsaved reports whether a pane holds edits that leaving would lose.
func (c *console) unsaved() bool {
	return slices.ContainsFunc(c.tabs, func(t tab) bool {
		p, is := t.pane.(interface{ Unsaved() bool })
		return is && p.Unsaved()
	})
}

// quit ends everything that the console waits for, and leaves.
func (c *console) quit() tea.Cmd {
	c.stop()
	return tea.Quit
}
