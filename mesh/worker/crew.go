package worker

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"voxmesh/mesh/fabric"
	"voxmesh/mesh/fault"
	"voxmesh/mesh/worker/runner"
)

// ServeOptions says how a crew works. Zero values are the defaults named.
type ServeOptions struct {
	WASM    WASMRunner                              // one of its own, which keeps compiled modules in the data folder
	Ollama  ModelRunner                             // the one on this machine, where OLLAMA_HOST says
	Command CommandRunner                           // one of its own, from whose jobs the data folder is kept
	Slots   *Slots                                  // of its own
	Policy  PolicySource                            // the recorded one of the data folder
	Owner   Owner                                   // an OwnerWatch of this machine
	OnState func(mesh string, up bool, note string) // a membership went up or down, or why it is down; one call at a time; may be nil
	Wake    <-chan struct{}                         // something changed in the data folder; may be nil: it is looked at each second anyway
	Now     func() time.Time
	Log     func(format string, args ...any)
	Version string

	dial func(context.Context, fabric.DialConfig) (conn, error) // for tests
}

// conn is a link that ends.
type conn interface {
	fabric.Link
	Done() <-chan struct{}
	Err() error
}

// lookForChanges is how often the data folder is looked at for memberships that came or went.
const lookForChanges = time.Second

// Crew works for all the memberships of a data folder.
type Crew struct {
	dir string
	o   ServeOptions

	said sync.Mutex // around OnState
	mu   sync.Mutex
	now  map[string]*member // pin → membership at work
	old  map[string]bool    // pins whose last member is still on its way out: one work folder, one member
	wg   sync.WaitGroup
}

// member is one membership at work.
type member struct {
	m     Membership
	agent atomic.Pointer[Agent]
	stop  context.CancelFunc
	done  chan struct{}
	up    bool
	note  string
	told  bool
}

// NewCrew makes a crew; it does nothing until Run.
func NewCrew(dir string, o ServeOptions) *Crew {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = func(string, ...any) {}
	}
	if o.Slots == nil {
		o.Slots = NewSlots()
	}
	if o.Policy == nil {
		o.Policy = NewRecordedPolicy(dir, o.Now)
	}
	if o.Owner == nil {
		o.Owner = NewOwnerWatch(OwnerConfig{Now: o.Now, Log: o.Log})
	}
	if o.dial == nil {
		o.dial = func(ctx context.Context, cfg fabric.DialConfig) (conn, error) { return fabric.Dial(ctx, cfg) }
	}
	return &Crew{dir: dir, o: o, now: map[string]*member{}, old: map[string]bool{}}
}

// Serve is NewCrew and Run.
func Serve(ctx context.Context, dir string, o ServeOptions) error { return NewCrew(dir, o).Run(ctx) }

// Run works until ctx ends. It connects again for ever, begins with memberships that come and ends with those that go;
// one that was expelled stops, and is begun again only when it was joined again. Code vox/worker/locked when another
// process works for this data folder. It can be called once.
func (c *Crew) Run(ctx context.Context) error {
	unlock, err := Lock(c.dir)
	if err != nil {
		return err
	}
	defer unlock()
	closeRunners, err := c.runners()
	if err != nil {
		return err
	}
	defer closeRunners()
	defer c.wg.Wait()
	tick := time.NewTicker(lookForChanges)
	defer tick.Stop()
	lastBad := ""
	for {
		all, err := List(c.dir)
		if bad := fmt.Sprint(err); err != nil && bad != lastBad {
			lastBad = bad
			c.o.Log("%v", err)
		}
		c.match(ctx, all)
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		case <-c.o.Wake:
		}
	}
}

// runners makes those that were not given.
func (c *Crew) runners() (closeAll func(), err error) {
	closeAll = func() {}
	if c.o.WASM == nil {
		w, err := runner.NewWASM(runner.WASMConfig{CacheDir: filepath.Join(c.dir, "work", "compiled")})
		if err != nil {
			return nil, err
		}
		c.o.WASM, closeAll = w, func() { _ = w.Close() }
	}
	if c.o.Command == nil {
		p, err := runner.NewCommand(runner.CommandConfig{Private: []string{c.dir}})
		if err != nil {
			closeAll()
			return nil, err
		}
		c.o.Command = p
	}
	if c.o.Ollama == nil {
		o, err := runner.NewOllama(runner.OllamaConfig{})
		if err != nil {
			c.o.Log("no models: %v", err)
			return closeAll, nil
		}
		c.o.Ollama = o
	}
	return closeAll, nil
}

// match begins and ends members so that they are those of the folder.
func (c *Crew) match(ctx context.Context, all []Membership) {
	c.mu.Lock()
	defer c.mu.Unlock()
	there := map[string]Membership{}
	for _, m := range all {
		there[m.Pin] = m
	}
	for pin, w := range c.now {
		m, ok := there[pin]
		if ok && m.Key == w.m.Key && m.Node == w.m.Node && m.Local == w.m.Local && slices.Equal(m.Addrs, w.m.Addrs) {
			continue
		}
		delete(c.now, pin)
		c.old[pin] = true
		c.wg.Go(func() {
			c.dismiss(ctx, w)
			c.mu.Lock()
			defer c.mu.Unlock()
			delete(c.old, pin)
		})
	}
	for _, m := range all {
		if c.now[m.Pin] != nil || c.old[m.Pin] {
			continue
		}
		w := &member{m: m, done: make(chan struct{})}
		own, stop := context.WithCancel(ctx)
		w.stop = stop
		c.now[m.Pin] = w
		c.wg.Go(func() {
			defer close(w.done)
			defer stop()
			if err := c.work(own, w); err != nil {
				c.say(w, false, sentence(err))
			}
		})
	}
}

// dismiss ends a member whose membership is gone, and tells its host if it can.
func (c *Crew) dismiss(ctx context.Context, w *member) {
	if a := w.agent.Load(); a != nil {
		if err := a.Leave(ctx); err != nil {
			c.o.Log("%s: the host did not hear the goodbye: %v", w.m.Local, err)
		}
	}
	w.stop()
	<-w.done
	c.say(w, false, "left")
}

// work is one membership from its beginning to its end.
func (c *Crew) work(ctx context.Context, w *member) error {
	key, err := w.m.LoadKey()
	if err != nil {
		return err
	}
	pin, err := OpenAuditPin(w.m.dir)
	if err != nil {
		return err
	}
	link, err := c.o.dial(ctx, fabric.DialConfig{
		Addrs: w.m.Addrs, Pin: w.m.PinBytes(), Key: key, NodeID: w.m.Node,
		OnUp: func() {
			c.say(w, true, "")
			if a := w.agent.Load(); a != nil {
				a.Nudge()
			}
		},
		OnDown: func(err error) { c.say(w, false, sentence(err)) },
	})
	if err != nil {
		return err
	}
	defer link.Close()
	a, err := New(Config{
		Link: link, Node: w.m.Node, Mesh: w.m.Local, Policy: c.o.Policy, Slots: c.o.Slots, WASM: c.o.WASM, Ollama: c.o.Ollama, Command: c.o.Command, Owner: c.o.Owner,
		Pin: pin, Dir: filepath.Join(c.dir, "work", w.m.Pin), Now: c.o.Now, Log: c.o.Log, Version: c.o.Version,
	})
	if err != nil {
		return err
	}
	w.agent.Store(a)
	err = a.Run(ctx)
	if why := link.Err(); err != nil && why != nil {
		return why
	}
	return err
}

// say tells what changed of a member, once.
func (c *Crew) say(w *member, up bool, note string) {
	c.said.Lock()
	defer c.said.Unlock()
	if w.told && w.up == up && w.note == note {
		return
	}
	w.told, w.up, w.note = true, up, note
	c.o.Log("%s: up %v %s", w.m.Local, up, note)
	if c.o.OnState != nil {
		c.o.OnState(w.m.Local, up, note)
	}
}

// sentence is an error with what to do about it.
func sentence(err error) string {
	if err == nil {
		return ""
	}
	if _, hint := fault.Of(err); hint != "" {
		return err.Error() + " (" + hint + ")"
	}
	return err.Error()
}
