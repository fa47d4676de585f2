package tui

import (
	"context"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/colorprofile"

	"voxmesh/mesh"
	"voxmesh/tui/addnode"
	"voxmesh/tui/cell"
	"voxmesh/tui/help"
	"voxmesh/tui/keys"
	"voxmesh/tui/layout"
	"voxmesh/tui/meshpane"
	"voxmesh/tui/pane"
	"voxmesh/tui/theme"
)

// tab is one of the six panes.
type tab struct {
	name string
	key  keys.ID
	pane pane.Pane
}

// console is the root. It is a pointer model: one goroutine, that of the program, uses it.
type console struct {
	o      Options
	ctx    context.Context // of what the console waits for: ends when it is left
	stop   context.CancelFunc
	s      *pane.Session
	tabs   []tab
	active int
	layers stack
	notice notice
	watch  <-chan struct{}

	width, height int
	ascii         bool
	mouse         bool
	lastClick     pane.Click
	clickedAt     time.Time

	buf    *cell.Buffer
	frame  layout.Frame
	words  []word // what can be clicked on the first and the last row
	dirty  bool
	cached string
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
	c := &console{o: o, ascii: o.ascii(), mouse: o.env("VOXMESH_MOUSE") != "0", dirty: true}
	c.ctx, c.stop = context.WithCancel(o.Context)
	c.s = &pane.Session{
		Theme: theme.New(true, c.ascii), Now: o.Clock, Actor: o.Actor, Operator: o.Operator,
		Viewer: o.Role == RoleViewer, InProcess: o.HostInProcess, Colour: o.env("NO_COLOR") == "",
	}

	c.s.World = c.read()
	c.tabs = c.makeTabs()
	return c
}

func (c *console) makeTabs() []tab {
	return []tab{
		{"Mesh", keys.Pane1, meshpane.New(c.ctx, c.s, c.o.Actions)},
		{"Runs", keys.Pane2, soon{c.s, "Runs", "Not in this version yet. What ran is listed by", "voxmesh runs"}},
		{"Hopper", keys.Pane3, soon{c.s, "Hopper", "Not in this version yet. Jobs that wait are listed by", "voxmesh jobs"}},
		{"Models", keys.Pane4, soon{c.s, "Models", "Not in this version yet. Which model lives where is listed by", "voxmesh models"}},
		{"Policy", keys.Pane5, soon{c.s, "Policy", "Not in this version yet. What this machine gives is shown by", "voxmesh policy show"}},
		{"Audit", keys.Pane6, soon{c.s, "Audit", "Not in this version yet. The signed entries are listed by", "voxmesh audit"}},
	}
}

// The root's own messages.
type (
	worldMsg  struct{ world pane.World }
	secondMsg struct{ world pane.World }
	lostMsg   struct{}
)

// read fetches the world: in a command, because the telemetry has a lock.
func (c *console) read() pane.World {
	w := pane.World{State: c.o.Source.Snapshot(), Tel: c.o.Source.Telemetry()}
	if w.State == nil {
		w.State = &mesh.State{}
	}
	w.Spend = w.State.Window(c.o.Clock())
	return w
}

// minGap is the least time between two looks at a mesh that changes all the time: a frame.
const minGap = time.Second / FPS

// follow waits for the next change.
func (c *console) follow(gap time.Duration) tea.Cmd {
	return func() tea.Msg {
		t := time.NewTimer(gap)
		defer t.Stop()
		select {
		case <-t.C:
		case <-c.ctx.Done():
			return nil
		}
		select {
		case _, ok := <-c.watch:
			if !ok {
				return nil
			}
			return worldMsg{c.read()}
		case <-c.o.Source.Done():
			return lostMsg{}
		case <-c.ctx.Done():
			return nil
		}
	}
}

func (c *console) tick() tea.Cmd {
	return func() tea.Msg {
		t := time.NewTimer(time.Second)
		defer t.Stop()
		select {
		case <-t.C:
			return secondMsg{c.read()}
		case <-c.ctx.Done():
			return nil
		}
	}
}

// Init starts to follow the mesh and asks the terminal what it is.
func (c *console) Init() tea.Cmd {
	c.watch = c.o.Source.Watch(c.ctx)
	return tea.Batch(c.follow(0), c.tick(), tea.RequestBackgroundColor)
}

// Update routes a message.
func (c *console) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	switch msg.(type) {
	case tea.MouseMotionMsg, tea.MouseReleaseMsg, tea.KeyReleaseMsg:
		return c, nil
	}
	c.dirty = true
	return c, c.route(msg)
}

func (c *console) route(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case tea.WindowSizeMsg:
		c.width, c.height = msg.Width, msg.Height
	case tea.BackgroundColorMsg:
		c.s.Theme = theme.New(msg.IsDark(), c.ascii)
	case tea.ColorProfileMsg:
		c.s.Colour = msg.Profile >= colorprofile.ANSI
	case worldMsg:
		return tea.Batch(c.take(msg.world, pane.Changed{}), c.follow(minGap))
	case secondMsg:
		c.notice.expire(c.s.Now())
		return tea.Batch(c.take(msg.world, pane.Second{}), c.tick())
	case lostMsg:
		c.s.World.Lost = c.s.Now()
		return c.toAll(pane.Changed{})
	case tea.KeyPressMsg:
		return c.key(msg)
	case tea.PasteMsg:
		if c.typing() {
			return c.give(c.focused(), msg)
		}
	case tea.MouseClickMsg:
		return c.click(tea.Mouse(msg))
	case tea.MouseWheelMsg:
		return c.wheel(tea.Mouse(msg))
	default:
		return c.toAll(msg)
	}
	return nil
}

// take makes a world the current one. A host that is lost stays so: its last state remains, and only its age moves.
func (c *console) take(w pane.World, why tea.Msg) tea.Cmd {
	if c.s.World.Lost.IsZero() {
		c.s.World = w
	}
	return c.toAll(why)
}

// toAll gives a message to every layer and pane: what happened in the mesh, and results, which each knows by their
// generation.
func (c *console) toAll(msg tea.Msg) tea.Cmd {
	var cmds []tea.Cmd
	for _, l := range c.layers.all() {
		cmds = append(cmds, c.give(l, msg))
	}
	for _, t := range c.tabs {
		cmds = append(cmds, c.give(t.pane, msg))
	}
	return tea.Batch(cmds...)
}

// give hands a message to a pane or layer and carries out what it asks for.
func (c *console) give(p pane.Pane, msg tea.Msg) tea.Cmd {
	act, cmd := p.Update(msg)
	return tea.Batch(cmd, c.carry(p, act))
}

func (c *console) carry(from pane.Pane, act pane.Action) tea.Cmd {
	switch act := act.(type) {
	case pane.Notice:
		c.notice = say(act.Text, c.s.Now())
	case pane.Push:
		c.layers.push(act.Layer, time.Time{})
	case pane.Close:
		c.layers.remove(from)
	case pane.Quit:
		return c.quit()
	case pane.Press:
		return c.press(act.ID)
	case pane.Visit:
		return c.visit(act.Ref)
	case pane.Several:
		var cmds []tea.Cmd
		for _, a := range act {
			cmds = append(cmds, c.carry(from, a))
		}
		return tea.Batch(cmds...)
	case pane.Clip:
		c.notice = say(act.Said, c.s.Now())
		return tea.SetClipboard(act.Text)
	}
	return nil
}

// visit goes to where a thing is shown.
func (c *console) visit(r pane.Ref) tea.Cmd {
	c.active = 0
	return c.give(c.tabs[0].pane, pane.Reveal{Ref: r})
}

// focused is what has the keys: the top layer, or the pane.
func (c *console) focused() pane.Pane {
	if l := c.layers.top(); l != nil {
		return l
	}
	return c.tabs[c.active].pane
}

// everywhere are the keys that work in every pane; in a layer only those that do not lead away from it.
func (c *console) everywhere() []keys.Binding {
	if c.layers.top() != nil {
		return keys.Pick(keys.Leave, keys.Help)
	}
	return keys.Pick(keys.Pane1, keys.Pane2, keys.Pane3, keys.Pane4, keys.Pane5, keys.Pane6, keys.Help, keys.Leave)
}

func (c *console) typing() bool { return c.focused().Typing() }

func (c *console) key(k tea.KeyPressMsg) tea.Cmd {
	if c.layers.deaf(c.s.Now()) {
		return nil
	}
	c.notice = notice{}
	if c.typing() && k.Text != "" {
		return c.give(c.focused(), k)
	}
	if b, ok := keys.Find(c.focused().Keys(), k); ok {
		return c.perform(b, k)
	}
	if b, ok := keys.Find(c.everywhere(), k); ok {
		return c.perform(b, k)
	}
	if c.typing() {
		return c.give(c.focused(), k)
	}
	return nil
}

// press does what a key would do here.
func (c *console) press(id keys.ID) tea.Cmd {
	for _, bs := range [][]keys.Binding{c.focused().Keys(), c.everywhere()} {
		for _, b := range bs {
			if b.ID == id {
				return c.perform(b, tea.KeyPressMsg{})
			}
		}
	}
	return nil
}

// perform carries out a binding; k is the key, or none where a word was clicked.
func (c *console) perform(b keys.Binding, k tea.KeyPressMsg) tea.Cmd {
	if why := b.Reason(); why != "" {
		what := b.Short
		if what == "" {
			what = b.Long()
		}
		c.notice = say(b.Show()+" "+what+": "+why, c.s.Now())
		return nil
	}
	for i, t := range c.tabs {
		if t.key == b.ID {
			c.active = i
			return nil
		}
	}
	switch b.ID {
	case keys.Leave:
		return c.leave()
	case keys.Help:
		c.help()
		return nil
	case keys.Add:
		l, cmd := addnode.New(c.ctx, c.s, c.o.Actions)
		c.layers.push(l, time.Time{})
		return cmd
	}
	return c.give(c.focused(), pane.Do{ID: b.ID, Key: k})
}

func (c *console) help() {
	if l := c.layers.top(); l != nil {
		if _, open := l.(*help.Layer); open {
			c.layers.remove(l)
			return
		}
	}
	c.layers.push(help.New(c.tabs[c.active].name, c.focused().Keys(), c.everywhere()), time.Time{})
}

// leave closes the top layer; where none is open it leaves, and asks first while work of a host in this process is in
// flight.
func (c *console) leave() tea.Cmd {
	if l := c.layers.top(); l != nil {
		c.layers.remove(l)
		return nil
	}
	if n := len(c.s.World.State.Held()); c.s.InProcess && n > 0 && c.s.World.Lost.IsZero() {
		c.layers.push(&leaving{jobs: n}, time.Time{})
		return nil
	}
	return c.quit()
}

// quit ends everything that the console waits for, and leaves.
func (c *console) quit() tea.Cmd {
	c.stop()
	return tea.Quit
}
