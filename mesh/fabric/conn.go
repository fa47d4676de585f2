package fabric

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nkeys"

	"voxmesh/mesh/fault"
)

// DialConfig is what a joined worker knows.
type DialConfig struct {
	Addrs  []string // host:port, tried in turn
	Pin    [16]byte // checked on every connection
	Key    nkeys.KeyPair
	NodeID string
	OnUp   func()      // a session began; may be nil
	OnDown func(error) // a session ended, or a try to begin one failed; may be nil. It must not call Close.
}

const (
	backoffMin = 100 * time.Millisecond
	backoffMax = 2 * time.Second
	// steady is how long a session must last for the backoff to start anew: two machines with one key throw each other
	// out, and must not do so as fast as they can.
	steady = 5 * time.Second
)

// Conn is a worker's link over the network. It connects, and connects again, until Close or until the host says that
// the node was expelled. While it is down, Request and Publish fail at once with vox/fabric/down: nothing is kept back
// to be sent late. Handlers outlive sessions.
type Conn struct {
	cfg    DialConfig
	cancel context.CancelFunc
	done   chan struct{}

	mu       sync.Mutex
	handlers map[string]func(Msg)
	now      *link
	up       chan struct{} // closed while there is a session
	err      error         // why it ended for good
}

// link is one session.
type link struct {
	nc     *nats.Conn
	addr   string
	ctx    context.Context // ends with the session
	cancel context.CancelFunc
}

// Dial starts the link and returns at once; Ready waits for the first session. ctx ends the link as Close does.
func Dial(ctx context.Context, cfg DialConfig) (*Conn, error) {
	if !validName(cfg.NodeID) {
		return nil, problem(codeBadName)
	}
	if len(cfg.Addrs) == 0 || cfg.Key == nil {
		return nil, errors.New("fabric: dial needs an address and a key")
	}
	ctx, cancel := context.WithCancel(ctx)
	c := &Conn{
		cfg: cfg, cancel: cancel, done: make(chan struct{}),
		handlers: map[string]func(Msg){}, up: make(chan struct{}),
	}
	go c.run(ctx)
	return c, nil
}

// run holds one session after the other.
func (c *Conn) run(ctx context.Context) {
	defer close(c.done)
	wait := backoffMin
	for ctx.Err() == nil {
		l, err := c.open(ctx)
		if err == nil {
			began := time.Now()
			if c.cfg.OnUp != nil {
				c.cfg.OnUp()
			}
			<-l.ctx.Done()
			err = c.drop(ctx, l)
			if time.Since(began) > steady {
				wait = backoffMin
			}
		}
		if ctx.Err() != nil {
			break
		}
		if c.cfg.OnDown != nil {
			c.cfg.OnDown(err)
		}
		if fault.Is(err, codeRevoked) {
			c.end(err)
			return
		}
		if !pause(ctx, wait/2+rand.N(wait)) {
			break
		}
		wait = min(wait*2, backoffMax)
	}
	c.end(problem(codeClosed))
}

func (c *Conn) end(err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.err = err
}

// open tries each address once. The error of the last one that answered counts most.
func (c *Conn) open(ctx context.Context) (*link, error) {
	var best error
	for _, addr := range c.cfg.Addrs {
		l, err := c.openAt(ctx, addr)
		if err == nil {
			return l, nil
		}
		if best == nil || !fault.Is(err, codeUnreachable) {
			best = err
		}
		if ctx.Err() != nil || fault.Is(err, codeRevoked) {
			break
		}
	}
	return nil, best
}

func (c *Conn) openAt(ctx context.Context, addr string) (*link, error) {
	conn, err := dialPinned(ctx, addr, c.cfg.Pin)
	if err != nil {
		return nil, err
	}
	prove, err := proving(c.cfg.Key, c.cfg.Pin)
	if err != nil {
		_ = conn.Close() // nothing was sent
		return nil, err
	}
	l := &link{addr: addr}
	l.ctx, l.cancel = context.WithCancel(ctx)
	l.nc, err = connect(ctx, conn, prove,
		nats.Name("voxmesh worker"),
		nats.CustomInboxPrefix(workerPrefix(c.cfg.NodeID)+toBack),
		nats.ClosedHandler(func(*nats.Conn) { l.cancel() }),
		nats.ErrorHandler(func(*nats.Conn, *nats.Subscription, error) {})) // else they go to standard error
	if err != nil {
		l.cancel()
		if err = connectFault(addr, err); fault.Is(err, codeRefused) {
			if why := askWhyRefused(ctx, addr, c.cfg.Pin, c.cfg.Key); why != nil {
				err = why
			}
		}
		return nil, err
	}
	if err := c.adopt(l); err != nil {
		l.nc.Close()
		l.cancel()
		return nil, err
	}
	return l, nil
}

// adopt subscribes what is handled and makes l the session once the server has heard of it.
func (c *Conn) adopt(l *link) error {
	subscribed := map[string]bool{}
	c.mu.Lock()
	err := c.subscribeNew(l, subscribed)
	c.mu.Unlock()
	if err == nil {
		err = l.nc.FlushTimeout(dialTimeout)
	}
	if err != nil {
		return problem(codeDown).Wrap(err)
	}
	if errors.Is(l.nc.LastError(), nats.ErrPermissionViolation) {
		return problem(codeWrongNode)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := c.subscribeNew(l, subscribed); err != nil { // handlers that came meanwhile
		return problem(codeDown).Wrap(err)
	}
	c.now = l
	close(c.up)
	return nil
}

// subscribeNew subscribes the kinds that are handled and not in done. The caller holds c.mu.
func (c *Conn) subscribeNew(l *link, done map[string]bool) error {
	for kind := range c.handlers {
		if done[kind] {
			continue
		}
		if err := c.subscribe(l, kind); err != nil {
			return err
		}
		done[kind] = true
	}
	return nil
}

// drop forgets the session l and says why it ended.
func (c *Conn) drop(ctx context.Context, l *link) error {
	c.mu.Lock()
	c.now = nil
	c.up = make(chan struct{})
	c.mu.Unlock()
	l.nc.Close()
	if ctx.Err() != nil {
		return problem(codeClosed)
	}
	if err := l.nc.LastError(); err != nil {
		return problem(codeDown).Wrap(err)
	}
	return problem(codeEvicted)
}

func (c *Conn) subscribe(l *link, kind string) error {
	_, err := l.nc.Subscribe(nodeSubject(c.cfg.NodeID, kind), func(nm *nats.Msg) {
		c.mu.Lock()
		fn := c.handlers[kind]
		c.mu.Unlock()
		fn(Msg{Node: c.cfg.NodeID, Kind: kind, Header: headerOf(nm.Header), Data: nm.Data})
	})
	return err
}

// Ready waits until there is a session, or tells why there will be none.
func (c *Conn) Ready(ctx context.Context) error {
	c.mu.Lock()
	up := c.up
	c.mu.Unlock()
	select {
	case <-up:
		return nil
	case <-c.done:
		return c.Err()
	case <-ctx.Done():
		return problem(codeTimeout).Wrap(ctx.Err())
	}
}

// Done is closed when the link has ended for good; Err then says why.
func (c *Conn) Done() <-chan struct{} { return c.done }

// Err is nil while the link lives, then vox/fabric/revoked or vox/fabric/closed.
func (c *Conn) Err() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.err
}

func (c *Conn) session() (*link, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.err != nil:
		return nil, c.err
	case c.now == nil:
		return nil, problem(codeDown)
	}
	return c.now, nil
}

// Request sends data to the host's handler of kind and waits for its answer, no longer than the session lasts.
func (c *Conn) Request(ctx context.Context, kind string, header map[string]string, data []byte) ([]byte, error) {
	if err := checkOut(kind, header, data); err != nil {
		return nil, err
	}
	l, err := c.session()
	if err != nil {
		return nil, err
	}
	both, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(l.ctx, cancel)()
	m, err := l.nc.RequestMsgWithContext(both, newMsg(hostSubject(c.cfg.NodeID, kind), header, data))
	switch {
	case err == nil:
		return m.Data, nil
	case errors.Is(err, nats.ErrNoResponders):
		return nil, problem(codeNoHandler)
	case ctx.Err() != nil:
		return nil, problem(codeTimeout).Wrap(ctx.Err())
	case l.ctx.Err() != nil:
		return nil, problem(codeDown)
	}
	return nil, problem(codeDown).Wrap(err)
}

// Publish hands a message to the bus.
func (c *Conn) Publish(kind string, header map[string]string, data []byte) error {
	if err := checkOut(kind, header, data); err != nil {
		return err
	}
	l, err := c.session()
	if err != nil {
		return err
	}
	if err := l.nc.PublishMsg(newMsg(hostSubject(c.cfg.NodeID, kind), header, data)); err != nil {
		return problem(codeDown).Wrap(err)
	}
	return nil
}

// Handle has fn called for each message of kind from the host, in this session and those to come. When it returns in
// a session, the server knows of it. When a session has just been replaced, a call of the old one may still run beside
// the first of the new.
func (c *Conn) Handle(kind string, fn func(Msg)) error {
	if !validName(kind) {
		return problem(codeBadName)
	}
	c.mu.Lock()
	if c.err != nil {
		c.mu.Unlock()
		return c.err
	}
	_, had := c.handlers[kind]
	c.handlers[kind] = fn
	l := c.now
	var err error
	if !had && l != nil {
		err = c.subscribe(l, kind)
	}
	c.mu.Unlock()
	if had || l == nil {
		return nil
	}
	if err == nil {
		err = l.nc.FlushTimeout(dialTimeout)
	}
	if err != nil && l.ctx.Err() == nil { // with the session gone, the next one subscribes again
		return problem(codeDown).Wrap(err)
	}
	return nil
}

// RTT measures the way to the host's door and back. It waits for what was published before.
func (c *Conn) RTT() (time.Duration, error) {
	l, err := c.session()
	if err != nil {
		return 0, err
	}
	d, err := l.nc.RTT()
	if err != nil {
		return 0, problem(codeDown).Wrap(err)
	}
	return d, nil
}

// Addr is the address of the session, or empty.
func (c *Conn) Addr() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.now == nil {
		return ""
	}
	return c.now.addr
}

// Close ends the link and waits for its goroutine.
func (c *Conn) Close() {
	c.cancel()
	<-c.done
}
