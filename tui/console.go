package tui

import (
	"context"
	"slices"
	"sync"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/colorprofile"

	"voxmesh/mesh"
	"voxmesh/tui/act"
	"voxmesh/tui/cell"
	"voxmesh/tui/help"
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

// read fetches the world: in a command, because the telemetry has a lock.
func (c *console) read() pane.World {
	w := pane.World{State: c.o.Source.Snapshot(), Tel: c.o.Source.Telemetry(), Lost: c.o.Lost}
	if w.State == nil {
		w.State = &mesh.State{}
	}
	w.Spend = c.spend.window(w.State, c.o.Clock())
	return w
}

// spend is the last window of spend that was added up. Commands share it.
type spend struct {
	mu  sync.Mutex
	of  *mesh.State
	at  time.Time
	sum mesh.Window
}

// resting is for how long a window holds where nothing happens: what leaves 24 hours meanwhile leaves them so much later.
const resting = 10 * time.Second

// window adds up what was spent in the 24 hours before now, where it is time to.
func (s *spend) window(st *mesh.State, now time.Time) mesh.Window {
	s.mu.Lock()
	defer s.mu.Unlock()
	if since := now.Sub(s.at); s.of != st || since < 0 || since >= resting {
		s.of, s.at, s.sum = st, now, st.Window(now)
	}
	return s.sum
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
		cmds = append(cmds, c.visit(c.o.Open))
	}
	return tea.Batch(cmds...)
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

// take makes a world the newest one. A host that is lost stays so: its last state remains, and only its age moves. While
// the past is shown the newest world waits.
func (c *console) take(w pane.World, why tea.Msg) tea.Cmd {
	if c.present.Lost.IsZero() || !w.Lost.IsZero() {
		c.present = w
	}
	if c.s.World.Past.IsZero() {
		c.s.World = c.present
	} else {
		c.s.World.Lost = c.present.Lost
	}
	return c.spread(why)
}

// show makes an instant of the past the world, or the newest world again.
func (c *console) show(m scrub.Shown) tea.Cmd {
	c.s.World = c.present
	if m.Instant != nil {
		st := m.Instant.State
		c.s.World = pane.World{State: st, Spend: st.Window(m.At), Past: m.At, Lost: c.present.Lost}
	}
	return c.spread(pane.Changed{})
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

// everywhere are the keys that work in every pane, but for those of which the focused region makes something of its own.
func (c *console) everywhere() []keys.Binding {
	own := c.focused().Keys()
	return slices.DeleteFunc(c.outside(), func(b keys.Binding) bool {
		return slices.ContainsFunc(own, func(o keys.Binding) bool { return o.ID == b.ID })
	})
}

// outside are the keys that the root carries out; over a layer only those that do not lead away from it.
func (c *console) outside() []keys.Binding {
	bs := keys.Pick(keys.Palette, keys.Help, keys.Leave)
	if l := c.layers.top(); l != nil {
		if looking(l) {
			bs = append(bs, c.bar.TimeKeys()...)
		}
		return bs
	}
	for _, t := range c.tabs {
		bs = append(bs, keys.Get(t.key))
	}
	bs = append(bs, keys.Get(keys.Add).When(c.s.Refuse), keys.Get(keys.Join).When(c.s.Refuse), keys.Get(keys.Send).When(c.s.Refuse),
		keys.Get(keys.Undo).When(c.refuseUndo), keys.Get(keys.Next).As("", "next region"), keys.Get(keys.Previous).As("", "previous region"))
	if c.o.Retry != nil && !c.present.Lost.IsZero() {
		bs = append(bs, keys.Get(keys.Retry).As("reconnect", "reconnect now"))
	}
	return append(bs, c.bar.TimeKeys()...)
}

// onAxis gives the scrubber the focus, or takes it.
func (c *console) onAxis(on bool) {
	c.onBar = on && !c.frame.Scrubber.Empty()
	c.bar.Focus(c.onBar)
}

func (c *console) key(k tea.KeyPressMsg) tea.Cmd {
	if c.layers.deaf(c.s.Now()) {
		return nil
	}
	c.notice = notice{}
	if c.typing() && k.Text != "" {
		return c.give(c.focused(), k)
	}
	for _, bs := range [][]keys.Binding{c.focused().Keys(), c.everywhere()} {
		if b, ok := keys.Find(bs, k); ok {
			return c.perform(b, k)
		}
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
	if owns(c.focused(), b.ID) {
		return c.give(c.focused(), pane.Do{ID: b.ID, Key: k})
	}
	return c.global(b.ID, k)
}

// owns reports whether a binding is one of the focused region.
func owns(p pane.Pane, id keys.ID) bool {
	for _, b := range p.Keys() {
		if b.ID == id {
			return true
		}
	}
	return false
}

// global carries out what works everywhere.
func (c *console) global(id keys.ID, k tea.KeyPressMsg) tea.Cmd {
	for i, t := range c.tabs {
		if t.key == id {
			return c.turn(i)
		}
	}
	switch id {
	case keys.Leave:
		return c.leave()
	case keys.Help:
		c.help()
	case keys.Palette:
		return c.palette(pane.Ref{})
	case keys.Add, keys.Join, keys.Send:
		return c.begin(pane.Act{Verb: id})
	case keys.Undo:
		return c.undo.Do(c.ctx, c.s, c.o.Actions)
	case keys.Retry:
		c.o.Retry()
	case keys.Next, keys.Previous:
		c.onAxis(!c.onBar)
	default:
		return c.give(c.bar, pane.Do{ID: id, Key: k})
	}
	return nil
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
