package fabric

import (
	"context"
	"crypto/rand"
	"errors"
	"net"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nkeys"
	"go.uber.org/goleak"

	"voxmesh/mesh/clean"
	"voxmesh/mesh/fault"
	"voxmesh/mesh/invite"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// patience is how long a test waits for what must happen; it is never part of what is asserted.
const patience = 20 * time.Second

func within(t testing.TB) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	t.Cleanup(cancel)
	return ctx
}

// gate is a mesh's decisions: invites, keys, who was expelled.
type gate struct {
	mu      sync.Mutex
	now     time.Time
	invites map[invite.Secret]*paper
	nodes   map[string]string // key → node id
	out     map[string]bool   // expelled keys
	joins   []JoinRequest
	hold    chan struct{} // when set, Join waits for it
	inJoin  chan struct{} // told when Join is entered
	onLogin func(key string)
}

type paper struct {
	expiry time.Time
	usedBy string
	node   string
	gone   bool
}

func newGate() *gate {
	return &gate{
		now: time.Unix(1_800_000_000, 0), invites: map[invite.Secret]*paper{}, nodes: map[string]string{},
		out: map[string]bool{}, inJoin: make(chan struct{}, 64),
	}
}

func (g *gate) Join(ctx context.Context, req JoinRequest) (string, error) {
	g.mu.Lock()
	hold := g.hold
	g.mu.Unlock()
	g.inJoin <- struct{}{}
	if hold != nil {
		select {
		case <-hold:
		case <-ctx.Done():
			return "", ctx.Err()
		}
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.joins = append(g.joins, req)
	p := g.invites[req.Token.Secret]
	switch {
	case p == nil:
		return "", fault.New("vox/invite/unknown", "no such invite, and here is a secret detail")
	case p.usedBy == req.Key:
		return g.nodes[req.Key], nil
	case p.usedBy != "":
		return "", fault.New("vox/invite/used", "held by %s", p.usedBy)
	case p.gone:
		return "", fault.New("vox/invite/revoked", "withdrawn")
	case !g.now.Before(p.expiry):
		return "", fault.New("vox/invite/expired", "too late")
	}
	p.usedBy = req.Key
	g.nodes[req.Key] = p.node
	return p.node, nil
}

func (g *gate) Login(_ context.Context, key, _ string) (string, error) {
	g.mu.Lock()
	hook := g.onLogin
	out, node := g.out[key], g.nodes[key]
	g.mu.Unlock()
	if hook != nil {
		hook(key)
	}
	switch {
	case out:
		return "", fault.New("vox/fabric/revoked", "expelled for a private reason")
	case node == "":
		return "", fault.New("vox/fabric/unknown-key", "never seen")
	}
	return node, nil
}

func (g *gate) expel(key string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.out[key] = true
}

// mint writes an invite for a node that will be called node.
func (g *gate) mint(t testing.TB, node string, pin [16]byte) invite.Token {
	t.Helper()
	var tok invite.Token
	tok.Expiry = g.now.Add(10 * time.Minute)
	tok.Pin = pin
	_, _ = rand.Read(tok.PeerID[:])
	_, _ = rand.Read(tok.Secret[:])
	g.mu.Lock()
	defer g.mu.Unlock()
	g.invites[tok.Secret] = &paper{expiry: tok.Expiry, node: node}
	return tok
}

// house is a host with its gate, for one test.
type house struct {
	*Host
	gate *gate
	cfg  HostConfig
	news chan news
}

func testIdentity(t testing.TB) *Identity {
	t.Helper()
	id, err := LoadOrCreateIdentity(t.TempDir(), "aurelia", "alice")
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func openHouse(t testing.TB) *house {
	t.Helper()
	g := newGate()
	h := &house{gate: g, news: make(chan news, 1024)}
	h.cfg = HostConfig{
		Listen: "127.0.0.1:0", Identity: testIdentity(t), Admit: g,
		OnSession: func(node string, up bool) { h.news <- news{node, up} },
		Extra:     func(context.Context) map[string]string { return map[string]string{"audit": "key"} },
	}
	h.start(t)
	return h
}

// start opens the door, again at the same address when it was open before.
func (h *house) start(t testing.TB) {
	t.Helper()
	host, err := StartHost(within(t), h.cfg)
	if err != nil {
		t.Fatal(err)
	}
	h.Host = host
	h.cfg.Listen = host.Addr().String()
	t.Cleanup(func() { host.Close(within(t)) })
}

func (h *house) url(t testing.TB, tok invite.Token) invite.URL {
	t.Helper()
	return urlOf(t, h.Addr().String(), tok)
}

func urlOf(t testing.TB, addr string, tok invite.Token) invite.URL {
	t.Helper()
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		t.Fatal(err)
	}
	n, err := strconv.Atoi(port)
	if err != nil {
		t.Fatal(err)
	}
	return invite.URL{Host: host, Port: uint16(n), Token: tok}
}

// waitNews waits until the session of node begins or ends, as said.
func (h *house) waitNews(t testing.TB, node string, up bool) {
	t.Helper()
	if n := recv(t, h.news); n != (news{node, up}) {
		t.Fatalf("news %+v, want %+v", n, news{node, up})
	}
}

// recv takes the next value, and fails the test where there is none.
func recv[T any](t testing.TB, ch <-chan T) T {
	t.Helper()
	select {
	case v := <-ch:
		return v
	case <-within(t).Done():
		t.Fatal("nothing came")
		panic("unreachable")
	}
}

func newKey(t testing.TB) nkeys.KeyPair {
	t.Helper()
	kp, err := nkeys.CreateUser()
	if err != nil {
		t.Fatal(err)
	}
	return kp
}

func pubOf(t testing.TB, kp nkeys.KeyPair) string {
	t.Helper()
	pub, err := kp.PublicKey()
	if err != nil {
		t.Fatal(err)
	}
	return pub
}

// admit makes a node known without an invite.
func (h *house) admit(t testing.TB, node string) nkeys.KeyPair {
	t.Helper()
	kp := newKey(t)
	h.gate.mu.Lock()
	defer h.gate.mu.Unlock()
	h.gate.nodes[pubOf(t, kp)] = node
	return kp
}

func (h *house) dialCfg(node string, kp nkeys.KeyPair) DialConfig {
	return DialConfig{Addrs: []string{h.Addr().String()}, Pin: h.cfg.Identity.Pin(), Key: kp, NodeID: node}
}

// dial connects and waits for the session.
func dial(t testing.TB, cfg DialConfig) *Conn {
	t.Helper()
	c, err := Dial(context.Background(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	if err := c.Ready(within(t)); err != nil {
		t.Fatal(err)
	}
	return c
}

func wantCode(t testing.TB, err error, code string) {
	t.Helper()
	if !fault.Is(err, code) {
		got, _ := fault.Of(err)
		t.Fatalf("got %v (%s), want %s", err, got, code)
	}
}

func friend() Hello {
	return Hello{Hostname: clean.Line("bob-desktop"), Version: clean.Line("0.1.0")}
}

func TestDoorWithoutAuthIsNotOpened(t *testing.T) {
	for name, spoil := range map[string]func(*server.Options){
		"no auth at all": func(o *server.Options) { o.AuthCallout, o.Users, o.SystemAccount = nil, nil, "" },
		"a default user": func(o *server.Options) {
			o.Users = append(o.Users, &server.User{Username: "anyone"})
			o.NoAuthUser = "anyone"
			o.AuthCallout.AuthUsers = append(o.AuthCallout.AuthUsers, "anyone")
		},
		"no callout": func(o *server.Options) {
			o.AuthCallout = nil
			o.NoAuthUser = o.Users[0].Username
			o.Users[0].AllowedConnectionTypes = nil
		},
		"a known password": func(o *server.Options) {
			o.Users = append(o.Users, &server.User{Username: "admin", Password: "admin"})
			o.AuthCallout.AuthUsers = append(o.AuthCallout.AuthUsers, "admin")
		},
		"plain allowed": func(o *server.Options) { o.TLSHandshakeFirst, o.AllowNonTLS = false, true },
	} {
		t.Run(name, func(t *testing.T) {
			cfg := HostConfig{Listen: "127.0.0.1:0", Identity: testIdentity(t), Admit: newGate()}
			h, err := startHost(within(t), cfg, spoil)
			if err == nil {
				h.Close(within(t))
			}
			wantCode(t, err, "vox/fabric/open-door")
		})
	}
}

func TestAdmitterThatKnowsEveryoneIsAnOpenDoor(t *testing.T) {
	_, err := StartHost(within(t), HostConfig{Listen: "127.0.0.1:0", Identity: testIdentity(t), Admit: everyone{}})
	wantCode(t, err, "vox/fabric/open-door")
}

type everyone struct{}

func (everyone) Join(context.Context, JoinRequest) (string, error)     { return "n", nil }
func (everyone) Login(context.Context, string, string) (string, error) { return "n", nil }

func TestTakenPortSaysSo(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	_, err = StartHost(within(t), HostConfig{Listen: l.Addr().String(), Identity: testIdentity(t), Admit: newGate()})
	wantCode(t, err, "vox/fabric/listen")
	var op *net.OpError
	if !errors.As(err, &op) {
		t.Errorf("the cause is lost: %v", err)
	}
}
