package fabric

import (
	"context"
	"encoding/json"
	"errors"
	"net"
	"strings"
	"sync"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"

	"voxmesh/mesh/clean"
	"voxmesh/mesh/fault"
	"voxmesh/mesh/invite"
)

// HostConfig says how a host opens its door.
type HostConfig struct {
	Listen    string                                  // host:port; port 0 takes any
	Identity  *Identity                               // the door's key
	Admit     Admitter                                // who may come in
	OnSession func(string, bool)                      // a node's session began (true) or ended; one call at a time, in order; may be nil
	Extra     func(context.Context) map[string]string // told to whoever joins, opaque here (the audit key); may be nil
	Advertise []string                                // host:port where workers find the door, told to whoever joins; empty: the listener's
	Log       func(string, ...any)                    // never given a secret; may be nil
	MaxConn   int                                     // connections at once, strangers included; 0 is 2048
}

// Admitter decides who comes in. Calls come from many goroutines at once, are given 4 s, and may wait for the disk.
// Fabric has verified that the caller holds the key, and nothing else. An error's code reaches the caller when it is
// one of vox/invite/{expired,used,unknown,tampered,malformed,revoked,rate-limited} or vox/fabric/{revoked,unknown-key,locked,
// not-ready}, and is vox/fabric/refused otherwise; the text never does. To keep a guesser ignorant, answer
// vox/invite/unknown to every wrong secret before looking at anything else.
type Admitter interface {
	// Join admits a new key with an invite's token and gives the node's id: 1 to 64 of a-z, 0-9, '-', '_'.
	// The same token and key must succeed again with the same id: an answer may get lost.
	Join(ctx context.Context, req JoinRequest) (nodeID string, err error)
	// Login gives the id of the node whose key this is. It must change nothing: it is also asked by nodes that were
	// refused and want to know why, and twice when another node is cut off meanwhile.
	Login(ctx context.Context, key, source string) (nodeID string, err error)
}

// JoinRequest is one try to join.
type JoinRequest struct {
	Token  invite.Token
	Key    string // the joiner's NKey, "U…", possession proved
	Source string // its address without the port
	Hello  Hello
}

// Hello is what a joiner says of itself, cleaned.
type Hello struct {
	Hostname clean.Text `json:"hostname"`
	Version  clean.Text `json:"version"`
	OS       clean.Text `json:"os"`
	Arch     clean.Text `json:"arch"`
	Label    clean.Text `json:"label"`
}

// Host is the door and the bus behind it.
type Host struct {
	cfg      HostConfig
	srv      *server.Server
	in       *insiders
	ctx      context.Context
	cancel   context.CancelFunc
	bus      *nats.Conn // in the mesh's account
	hallBus  *nats.Conn // in the hall
	others   []*nats.Conn
	sessions *sessions
	mail     *mailroom
	hall     *hall
	deciding sync.WaitGroup
	closing  sync.Once
}

// StartHost opens the door at cfg.Listen. It returns when workers can connect and strangers were seen to be refused.
// Codes: vox/fabric/listen when the address cannot be had, vox/fabric/open-door when a stranger came in.
func StartHost(ctx context.Context, cfg HostConfig) (*Host, error) {
	return startHost(ctx, cfg, nil)
}

// startHost lets a test spoil the server's options before the start.
func startHost(ctx context.Context, cfg HostConfig, spoil func(*server.Options)) (*Host, error) {
	if cfg.Identity == nil || cfg.Admit == nil {
		return nil, errors.New("fabric: a host needs an identity and an admitter")
	}
	if cfg.MaxConn <= 0 {
		cfg.MaxConn = defaultMaxConn
	}
	in, err := newInsiders()
	if err != nil {
		return nil, listenFault(cfg.Listen, err)
	}
	opts, err := serverOptions(cfg, in)
	if err != nil {
		return nil, listenFault(cfg.Listen, err)
	}
	if spoil != nil {
		spoil(opts)
	}
	if err := tryListen(cfg.Listen); err != nil {
		return nil, listenFault(cfg.Listen, err)
	}
	srv, err := server.NewServer(opts)
	if err != nil {
		return nil, listenFault(cfg.Listen, err)
	}
	srv.SetLogger(&fatalOnly{say: cfg.Log}, false, false)

	h := &Host{cfg: cfg, srv: srv, in: in, hall: newHall()}
	h.ctx, h.cancel = context.WithCancel(context.Background())
	h.sessions = newSessions(cfg.OnSession)
	h.mail = newMailroom(h.ctx)
	if err := h.open(ctx, opts); err != nil {
		h.Close(ctx)
		return nil, err
	}
	return h, nil
}

func (h *Host) open(ctx context.Context, opts *server.Options) error {
	h.srv.Start()
	if err := h.connectInsiders(); err != nil {
		return listenFault(h.cfg.Listen, err)
	}
	acceptStrangers(h.srv, opts)
	if h.srv.Addr() == nil {
		return listenFault(h.cfg.Listen, errors.New("the listener did not come up"))
	}
	return h.selfTest(ctx)
}

// connectInsiders makes the host's own connections, all at once: for each the server first waits 50 ms for a TLS
// handshake that does not come. Only then is anyone listened to, those who ask to be let in last.
func (h *Host) connectInsiders() error {
	var check, sys *nats.Conn
	var wg sync.WaitGroup
	errs := make([]error, 4)
	for i, c := range []struct {
		account string
		conn    **nats.Conn
	}{{accountMesh, &h.bus}, {accountHall, &h.hallBus}, {accountSys, &sys}, {accountCheck, &check}} {
		wg.Go(func() { *c.conn, errs[i] = h.insider(c.account) })
	}
	wg.Wait()
	for _, nc := range []*nats.Conn{h.hallBus, sys, check} {
		if nc != nil {
			h.others = append(h.others, nc)
		}
	}
	if err := errors.Join(errs...); err != nil {
		return err
	}
	for _, s := range []struct {
		conn    *nats.Conn
		subject string
		fn      nats.MsgHandler
	}{
		{h.hallBus, "vox.d.*.*", h.onHall},
		{sys, "$SYS.ACCOUNT." + accountMesh + ".*", h.onServerEvent}, // one subscription: begin and end stay in order
		{check, server.AuthCalloutSubject, h.onAuthRequest},
	} {
		if _, err := s.conn.Subscribe(s.subject, s.fn); err != nil {
			return err
		}
		if err := s.conn.Flush(); err != nil {
			return err
		}
	}
	return nil
}

func (h *Host) insider(account string) (*nats.Conn, error) {
	u := h.in.users[account]
	return nats.Connect("", nats.InProcessServer(h.srv), nats.UserInfo(u.Username, u.Password),
		nats.Name("voxmesh host"), nats.ErrorHandler(h.onBusError),
		nats.MaxReconnects(-1), nats.ReconnectWait(insideRetry), nats.ReconnectJitter(0, 0))
}

// insideRetry is how long the host waits before it connects to its own server again; the server cuts even the host
// when more waits for it than the limit.
const insideRetry = 20 * time.Millisecond

func (h *Host) onBusError(_ *nats.Conn, sub *nats.Subscription, err error) {
	subject := ""
	if sub != nil {
		subject = sub.Subject
	}
	h.logf("fabric: bus: %s: %v", subject, err)
}

func (h *Host) logf(format string, args ...any) {
	if h.cfg.Log != nil {
		h.cfg.Log(format, args...)
	}
}

// Addr is where the door listens.
func (h *Host) Addr() net.Addr { return h.srv.Addr() }

// Addrs is where workers are told to find the door.
func (h *Host) Addrs() []string {
	if len(h.cfg.Advertise) > 0 {
		return h.cfg.Advertise
	}
	return []string{h.Addr().String()}
}

// Identity is the door's key, for the pin of an invite.
func (h *Host) Identity() *Identity { return h.cfg.Identity }

// Close takes no more messages, lets those in hand finish and their answers leave, no longer than ctx, then ends every
// session and the server.
func (h *Host) Close(ctx context.Context) {
	h.closing.Do(func() {
		h.mail.close(ctx)
		h.cancel()
		if h.bus != nil {
			drain(ctx, h.bus)
		}
		h.sessions.close()
		for _, nc := range h.others {
			nc.Close()
		}
		h.srv.Shutdown()
		h.srv.WaitForShutdown()
		h.deciding.Wait()
	})
}

// drain takes what is on its way in, sends what is on its way out, and closes.
func drain(ctx context.Context, nc *nats.Conn) {
	done := make(chan struct{})
	nc.SetClosedHandler(func(*nats.Conn) { close(done) })
	if err := nc.Drain(); err == nil {
		select {
		case <-done:
		case <-ctx.Done():
		}
	}
	nc.Close()
}

// Handle has fn called for each message of kind from any node: one after another for one node, at the same time for
// several. The last fn of a kind counts. Code vox/fabric/bad-name.
func (h *Host) Handle(kind string, fn func(ctx context.Context, m Msg)) error {
	if !validName(kind) {
		return problem(codeBadName)
	}
	if !h.mail.handle(kind, fn) {
		return nil // subscribed already
	}
	if _, err := h.bus.Subscribe(hostSubject("*", kind), h.onWorkerMsg); err != nil {
		return problem(codeClosed).Wrap(err)
	}
	return h.bus.Flush()
}

// onWorkerMsg takes a message off the bus. The answer may go only to where the node itself may listen: the host can
// publish everywhere, and a node that names another's subject as its inbox would borrow that right.
func (h *Host) onWorkerMsg(nm *nats.Msg) {
	node, kind := parseHostSubject(nm.Subject)
	if node == "" {
		return
	}
	m := Msg{Node: node, Kind: kind, Header: headerOf(nm.Header), Data: nm.Data}
	if nm.Reply != "" {
		if !isReplyOf(node, nm.Reply) {
			return
		}
		reply := nm.Reply
		m.respond = func(data []byte) error {
			if err := h.bus.Publish(reply, data); err != nil {
				return problem(codeClosed).Wrap(err)
			}
			return nil
		}
	}
	h.mail.put(m)
}

// Send hands the bus a message for the node. A nil error says only that it has a session. Codes:
// vox/fabric/no-session, /too-large, /bad-name, /closed.
func (h *Host) Send(node, kind string, header map[string]string, data []byte) error {
	if !validName(node) {
		return problem(codeBadName)
	}
	if err := checkOut(kind, header, data); err != nil {
		return err
	}
	s, ok := h.sessions.of(node)
	if !ok {
		return problem(codeNoSession)
	}
	if s.local != nil {
		return s.local.deliver(Msg{Node: node, Kind: kind, Header: copyHeader(header), Data: copyData(data)})
	}
	if err := h.bus.PublishMsg(newMsg(nodeSubject(node, kind), header, data)); err != nil {
		return problem(codeClosed).Wrap(err)
	}
	return nil
}

// Connected reports whether the node has a session.
func (h *Host) Connected(node string) bool {
	_, ok := h.sessions.of(node)
	return ok
}

// Disconnect cuts the node's session at once, and has every login that is being decided at this moment decided again:
// make the Admitter refuse first, then call it. Code vox/fabric/no-session when there was none to cut.
func (h *Host) Disconnect(node string) error {
	s := h.sessions.cut(node)
	if s.cid == 0 && s.local == nil {
		return problem(codeNoSession)
	}
	h.kick(s)
	return nil
}

func (h *Host) kick(s session) {
	if s.local != nil {
		s.local.Close()
	}
	if s.cid != 0 {
		_ = h.srv.DisconnectClientByID(s.cid) // an error says that it is gone already
	}
}

// onServerEvent hears from the server which connections of the mesh begin and end.
func (h *Host) onServerEvent(nm *nats.Msg) {
	var ev struct {
		Client struct {
			ID   uint64 `json:"id"`
			User string `json:"user"`
		} `json:"client"`
	}
	begins := strings.HasSuffix(nm.Subject, ".CONNECT")
	if !begins && !strings.HasSuffix(nm.Subject, ".DISCONNECT") || json.Unmarshal(nm.Data, &ev) != nil {
		return
	}
	if !begins || h.srv.GetClient(ev.Client.ID) == nil { // it ended while it was being admitted: no second event comes
		h.sessions.gone(ev.Client.ID)
		return
	}
	if !h.sessions.connected(ev.Client.ID) && ev.Client.User != h.in.users[accountMesh].Username {
		// Cut, or replaced by a newer one, between the decision and now.
		h.kick(session{cid: ev.Client.ID})
	}
}

// tryListen finds out whether the address can be had while the reason can still be given: the server only logs it.
func tryListen(addr string) error {
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return err
	}
	return l.Close()
}

func listenFault(addr string, err error) *fault.Error {
	return fault.New(codeListen, "cannot open the door at %s", addr).
		WithHint("another host may hold the port: choose one with serve --listen HOST:PORT").Wrap(err)
}
