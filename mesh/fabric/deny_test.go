package fabric

import (
	"context"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nkeys"
)

// raw connects as whoever opts say, over the real door.
func (h *house) raw(t testing.TB, opts ...nats.Option) (*nats.Conn, error) {
	t.Helper()
	conn, err := dialPinned(within(t), h.Addr().String(), h.cfg.Identity.Pin())
	if err != nil {
		t.Fatal(err)
	}
	nc, err := connect(within(t), conn, opts...)
	if err == nil {
		t.Cleanup(nc.Close)
	}
	return nc, err
}

func TestStrangersAreRefusedWithEveryOption(t *testing.T) {
	h := openHouse(t)
	bob := h.admit(t, "bob")
	pub, pin := pubOf(t, bob), h.cfg.Identity.Pin()
	insider := h.in.users[accountMesh]
	stranger, err := proving(newKey(t), pin)
	if err != nil {
		t.Fatal(err)
	}
	token := h.gate.mint(t, "eve", pin)
	raw := token.Bytes()
	bearer := nats.Token(base64.RawURLEncoding.EncodeToString(raw[:]))
	account, err := nkeys.CreateAccount()
	if err != nil {
		t.Fatal(err)
	}
	signs := func(f func(nonce []byte) ([]byte, error)) nats.Option { return nats.Nkey(pub, f) }
	for name, opts := range map[string][]nats.Option{
		"nobody":                         nil,
		"user":                           {nats.UserInfo("bob", "bob")},
		"empty password":                 {nats.UserInfo("bob", "")},
		"host's own name":                {nats.UserInfo(insider.Username, "guess")},
		"host's own name and password":   {nats.UserInfo(insider.Username, insider.Password)},
		"token":                          {bearer},
		"token as join":                  {bearer, nats.UserInfo(askJoin, "")},
		"why without key":                {nats.UserInfo(askWhy, "")},
		"unknown key":                    {stranger},
		"known key, no signature":        {signs(func([]byte) ([]byte, error) { return nil, nil })},
		"known key, zero signature":      {signs(func([]byte) ([]byte, error) { return make([]byte, 64), nil })},
		"known key, another's":           {signs(func(n []byte) ([]byte, error) { return newKey(t).Sign(proofText(pin, n)) })},
		"known key, old nonce":           {signs(func([]byte) ([]byte, error) { return bob.Sign(proofText(pin, []byte("AAAAAAAAAAAAAAA"))) })},
		"known key, bare nonce":          {signs(func(n []byte) ([]byte, error) { return bob.Sign(n) })},
		"known key, for another host":    {signs(func(n []byte) ([]byte, error) { return bob.Sign(proofText([16]byte{9}, n)) })},
		"known key, with a password":     {signs(func(n []byte) ([]byte, error) { return bob.Sign(proofText(pin, n)) }), nats.UserInfo("", "x")},
		"known key, unknown ask":         {signs(func(n []byte) ([]byte, error) { return bob.Sign(proofText(pin, n)) }), nats.UserInfo("root", "")},
		"join, bad signature":            {nats.Nkey(pub, func([]byte) ([]byte, error) { return make([]byte, 64), nil }), bearer, nats.UserInfo(askJoin, "")},
		"an account's key":               {nats.Nkey(pubOf(t, account), func(n []byte) ([]byte, error) { return account.Sign(proofText(pin, n)) })},
		"point of small order":           {nats.Nkey(smallKey(t), func([]byte) ([]byte, error) { return append([]byte{1}, make([]byte, 63)...), nil })},
		"key that is not one":            {nats.Nkey("U>.*", func([]byte) ([]byte, error) { return make([]byte, 64), nil })},
		"user in the server's account":   {nats.UserInfo(accountSys, accountSys)},
		"jwt of nobody's making":         {nats.UserJWT(func() (string, error) { return "eyJ0eXAiOiJKV1QifQ.e30.x", nil }, func([]byte) ([]byte, error) { return []byte("x"), nil })},
		"jwt by a key of the stranger's": {nats.UserJWT(func() (string, error) { return pub, nil }, func(n []byte) ([]byte, error) { return bob.Sign(n) })},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := h.raw(t, opts...)
			if err == nil || !isRefusal(err) {
				t.Errorf("got %v, want a refusal", err)
			}
		})
	}
	if len(h.gate.joins) != 0 {
		t.Errorf("the mesh was asked about a joiner without a key: %+v", h.gate.joins)
	}
}

// smallKey is the identity point as an NKey.
func smallKey(t *testing.T) string {
	t.Helper()
	b, err := nkeys.Encode(nkeys.PrefixByteUser, append([]byte{1}, make([]byte, 31)...))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// Each refused point has a signature that verifies and that nobody made; were one of the constants wrong, none would.
func TestPointsOfSmallOrderForge(t *testing.T) {
	points := []string{
		"0000000000000000000000000000000000000000000000000000000000000000",
		"0100000000000000000000000000000000000000000000000000000000000000",
		"26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
		"c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
		"ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
		"edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
		"eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
	}
	for _, a := range points {
		pub, _ := hex.DecodeString(a)
		if !smallOrder(pub) {
			t.Errorf("%s passes", a)
		}
		forged := false
		for _, r := range points {
			sig, _ := hex.DecodeString(r)
			for i := byte(0); i < 64 && !forged; i++ {
				forged = ed25519.Verify(pub, []byte{i}, append(sig[:32:32], make([]byte, 32)...))
			}
		}
		if !forged {
			t.Errorf("no forgery for %s: is it of small order?", a)
		}
	}
	for range 64 {
		pub, _, err := ed25519.GenerateKey(nil)
		if err != nil || smallOrder(pub) {
			t.Errorf("a good key is refused: %x %v", pub, err)
		}
	}
}

// foreign are subjects that are not bob's to use.
func foreign() []string {
	return []string{
		">", "*", "*.>", "vox.>", "vox.*", "vox.w.>", "vox.w.*", "vox.w.*.>", "vox.w.alice", "vox.w.alice.>", "vox.w.alice.h.beat",
		"vox.w.alice.h.*", "vox.w.alice.n.kill", "vox.w.alice.n.*", "vox.w.alice.r.x", "vox.w.alice.r.>", "vox.w.*.h.beat",
		"vox.w.*.n.kill", "vox.w.*.r.*", "vox.w.bob", "vox.w.bob.>", "vox.w.bob.*", "vox.w.bobby.n.kill", "vox.w.bo.n.kill",
		"vox.W.bob.n.kill", "vox.w.BOB.n.x", "vox.d.>", "vox.d.*.*", "vox.d.*.*.r", "_INBOX.>", "_INBOX.x", "_INBOX.*.*",
		"_R_.>", "_R_.x", "$SYS.>", "$SYS.REQ.USER.AUTH", "$SYS.REQ.SERVER.PING", "$SYS.REQ.SERVER.*.CONNZ", "$SYS.REQ.USER.INFO",
		"$SYS.ACCOUNT.>", "$SYS.ACCOUNT.VOX.CONNECT", "$SYS.REQ.ACCOUNT.VOX.CONNZ", "$JS.>", "$JS.API.INFO", "$JS.API.STREAM.LIST",
		"$KV.>", "$O.>", "$MQTT.>", "$NRG.>", "$G.>", "$SRV.PING", "hello", "a.b.c", "vox", "vox.w", "auth",
	}
}

// workerConn is a worker's own connection, without the manners of Conn, when its session has begun.
func (h *house) workerConn(t testing.TB, node string, kp nkeys.KeyPair) (*nats.Conn, *complaints) {
	t.Helper()
	prove, err := proving(kp, h.cfg.Identity.Pin())
	if err != nil {
		t.Fatal(err)
	}
	bad := &complaints{}
	nc, err := h.raw(t, prove, nats.CustomInboxPrefix(workerPrefix(node)+toBack), nats.ErrorHandler(bad.hear))
	if err != nil {
		t.Fatal(err)
	}
	h.waitNews(t, node, true)
	return nc, bad
}

type complaints struct {
	mu sync.Mutex
	n  int
}

func (c *complaints) hear(_ *nats.Conn, _ *nats.Subscription, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if errors.Is(err, nats.ErrPermissionViolation) {
		c.n++
	}
}

// count gives how many violations were told; a flush brings those of everything sent before.
func (c *complaints) count(t testing.TB, nc *nats.Conn) int {
	t.Helper()
	if err := nc.FlushWithContext(within(t)); err != nil {
		t.Fatal(err)
	}
	_ = nc.Drain() // the handler runs on a goroutine of its own, which ends with the connection
	for !nc.IsClosed() {
		if within(t).Err() != nil {
			t.Fatal("did not close")
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.n
}

func TestWorkerHearsNothingForeign(t *testing.T) {
	h := openHouse(t)
	bob, alice := h.admit(t, "bob"), h.admit(t, "alice")
	nc, _ := h.workerConn(t, "bob", bob)
	got := make(chan *nats.Msg, 1024)
	for _, s := range append(foreign(), "vox.w.bob.h.>", "vox.w.bob.h.beat") {
		if _, err := nc.ChanSubscribe(s, got); err != nil && !errors.Is(err, nats.ErrBadSubject) {
			t.Fatal(err)
		}
		if _, err := nc.ChanQueueSubscribe(s, "q", got); err != nil && !errors.Is(err, nats.ErrBadSubject) {
			t.Fatal(err)
		}
	}
	mine, err := nc.SubscribeSync("vox.w.bob.n.last")
	if err != nil {
		t.Fatal(err)
	}
	if err := nc.FlushWithContext(within(t)); err != nil {
		t.Fatal(err)
	}

	// Everyone speaks: the host to alice, alice to the host, a joiner in the hall, the server itself.
	heard := make(chan struct{}, 8)
	if err := h.Handle("beat", func(_ context.Context, m Msg) { _ = m.Respond([]byte("ok")); heard <- struct{}{} }); err != nil {
		t.Fatal(err)
	}
	ac := dial(t, h.dialCfg("alice", alice))
	h.waitNews(t, "alice", true)
	kill := make(chan struct{}, 8)
	if err := ac.Handle("kill", func(Msg) { kill <- struct{}{} }); err != nil {
		t.Fatal(err)
	}
	if _, err := ac.Request(within(t), "beat", nil, nil); err != nil {
		t.Fatal(err)
	}
	if _, err := Join(within(t), JoinConfig{URL: h.url(t, h.gate.mint(t, "carol", h.cfg.Identity.Pin())), Key: newKey(t)}); err != nil {
		t.Fatal(err)
	}
	if err := h.Send("alice", "kill", nil, nil); err != nil {
		t.Fatal(err)
	}
	recv(t, kill)
	for _, s := range foreign() {
		if !strings.ContainsAny(s, "*>") && !strings.HasPrefix(s, "$SYS.REQ") {
			_ = h.bus.Publish(s, []byte("secret"))
		}
	}
	if err := h.Send("bob", "last", nil, []byte("end")); err != nil {
		t.Fatal(err)
	}
	if _, err := mine.NextMsgWithContext(within(t)); err != nil {
		t.Fatal(err)
	}
	if len(got) != 0 {
		m := <-got
		t.Errorf("bob heard %s %q", m.Subject, m.Data)
	}
}

func TestWorkerCannotSpeakElsewhere(t *testing.T) {
	h := openHouse(t)
	bob, alice := h.admit(t, "bob"), h.admit(t, "alice")
	nc, bad := h.workerConn(t, "bob", bob)
	ac, _ := h.workerConn(t, "alice", alice)
	got := make(chan *nats.Msg, 1024)
	for _, s := range []string{"vox.w.alice.n.>", "vox.w.alice.r.>"} {
		if _, err := ac.ChanSubscribe(s, got); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := h.bus.ChanSubscribe(">", got); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(ac.FlushWithContext(within(t)), h.bus.FlushWithContext(within(t))); err != nil {
		t.Fatal(err)
	}
	sent := 0
	for _, s := range append(foreign(), "vox.w.bob.n.kill", "vox.w.bob.r.x") {
		if strings.ContainsAny(s, "*>") {
			continue
		}
		sent++
		if err := nc.Publish(s, []byte("forged")); err != nil {
			t.Fatal(err)
		}
	}
	if n := bad.count(t, nc); n != sent {
		t.Errorf("%d of %d messages were refused", n, sent)
	}
	if err := h.bus.FlushWithContext(within(t)); err != nil {
		t.Fatal(err)
	}
	if len(got) != 0 {
		m := <-got
		t.Errorf("%s %q came through", m.Subject, m.Data)
	}
}

// The host may publish everywhere; a worker that names a foreign inbox, or a trace, must not borrow that right.
func TestWorkerCannotBorrowTheHostsVoice(t *testing.T) {
	h := openHouse(t)
	bob, alice := h.admit(t, "bob"), h.admit(t, "alice")
	nc, _ := h.workerConn(t, "bob", bob)
	ac := dial(t, h.dialCfg("alice", alice))
	h.waitNews(t, "alice", true)
	kill := make(chan Msg, 64)
	if err := ac.Handle("kill", func(m Msg) { kill <- m }); err != nil {
		t.Fatal(err)
	}
	answered := make(chan string, 64)
	if err := h.Handle("beat", func(_ context.Context, m Msg) {
		_ = m.Respond([]byte("alice must not hear this"))
		answered <- string(m.Data)
	}); err != nil {
		t.Fatal(err)
	}
	for _, reply := range []string{
		"vox.w.alice.n.kill", "vox.w.bob.n.kill", "vox.w.alice.r.x", "vox.w.bob.r.*", "vox.w.bob.r.>", "vox.w.bob.r.", "$SYS.REQ.USER.AUTH",
		"_INBOX.x", "vox.w.bob.h.beat", "vox.d.x.1",
	} {
		_ = nc.PublishRequest("vox.w.bob.h.beat", reply, []byte("foreign"))
	}
	for _, hdr := range []string{"Nats-Trace-Dest", "nats-trace-dest"} {
		m := nats.NewMsg("vox.w.bob.h.beat")
		m.Header.Set(hdr, "vox.w.alice.n.kill")
		m.Data = []byte("trace")
		_ = nc.PublishMsg(m)
	}
	got, err := nc.RequestWithContext(within(t), "vox.w.bob.h.beat", []byte("own"))
	if err != nil || len(got.Data) == 0 {
		t.Fatalf("%v, %v", got, err)
	}
	if err := h.Send("alice", "kill", nil, []byte("real")); err != nil {
		t.Fatal(err)
	}
	if m := recv(t, kill); string(m.Data) != "real" {
		t.Errorf("alice got %q", m.Data)
	}
	for s := ""; s != "own"; {
		if s = recv(t, answered); s == "foreign" {
			t.Error("a message with a foreign inbox reached the handler")
		}
	}
}

func TestGuestOfTheHallHearsOnlyHisVerdict(t *testing.T) {
	h := openHouse(t)
	eve := newKey(t)
	prove, err := proving(eve, h.cfg.Identity.Pin())
	if err != nil {
		t.Fatal(err)
	}
	bad := &complaints{}
	nc, err := h.raw(t, prove, nats.UserInfo(askWhy, ""), nats.ErrorHandler(bad.hear))
	if err != nil {
		t.Fatal(err)
	}
	got := make(chan *nats.Msg, 1024)
	n := 0
	for _, s := range foreign() {
		if _, err := nc.ChanSubscribe(s, got); err == nil {
			n++
		}
		if !strings.ContainsAny(s, "*>") {
			n++
			_ = nc.Publish(s, []byte("forged"))
		}
	}
	h.hall.put("vox.d.x.1", verdict{V: 1, Node: "other"}, time.Now())
	_ = nc.PublishRequest("vox.d.x.1", "vox.d.x.1.r", nil)
	n++
	if _, err := Join(within(t), JoinConfig{URL: h.url(t, h.gate.mint(t, "carol", h.cfg.Identity.Pin())), Key: newKey(t)}); err != nil {
		t.Fatal(err)
	}
	v, err := readVerdict(within(t), nc, eve)
	if err != nil || v.Code != "vox/fabric/unknown-key" || v.Node != "" || v.Addrs != nil || v.Extra != nil {
		t.Errorf("verdict %+v, %v", v, err)
	}
	if got := bad.count(t, nc); got != n {
		t.Errorf("%d of %d tries were refused", got, n)
	}
	if len(got) != 0 {
		m := <-got
		t.Errorf("a guest heard %s %q", m.Subject, m.Data)
	}
}

func TestServerKeepsItsOtherDoorsShut(t *testing.T) {
	h := openHouse(t)
	o, err := serverOptions(h.cfg, h.in)
	if err != nil {
		t.Fatal(err)
	}
	if o.JetStream || o.Websocket.Port != 0 || o.LeafNode.Port != 0 || o.MQTT.Port != 0 || o.Gateway.Port != 0 || o.Cluster.Port != 0 ||
		o.HTTPPort != 0 || o.HTTPSPort != 0 || o.ProfPort != 0 || o.ProxyProtocol || o.AllowNonTLS || o.TLSHandshakeFirstFallback != 0 ||
		o.NoAuthUser != "" || o.DefaultSentinel != "" || o.Authorization != "" || o.Username != "" || !o.NoSigs || o.Host == "" {
		t.Errorf("a door is open: %+v", o)
	}
	if h.srv.MonitorAddr() != nil || h.srv.ProfilerAddr() != nil || h.srv.ClusterAddr() != nil || h.srv.JetStreamEnabled() {
		t.Error("the server listens elsewhere")
	}
	for _, u := range o.Users {
		if len(u.Password) < 40 || len(u.AllowedConnectionTypes) != 1 {
			t.Errorf("an insider could come from outside: %s", u.Account.Name)
		}
	}
	_, err = h.raw(t, nats.UserInfo("", ""), nats.ProxyPath("x"))
	if err == nil || !isRefusal(err) {
		t.Errorf("got %v", err)
	}
}

func TestLimitsOfOneConnection(t *testing.T) {
	h := openHouse(t)
	nc, _ := h.workerConn(t, "bob", h.admit(t, "bob"))
	if got := nc.MaxPayload(); got != MaxPayload {
		t.Errorf("max payload %d", got)
	}
	tooMany := make(chan struct{}, 1024)
	nc.SetErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) {
		if strings.Contains(strings.ToLower(err.Error()), server.ErrTooManySubs.Error()) {
			tooMany <- struct{}{}
		}
	})
	for i := range maxSubs + 1 {
		if _, err := nc.SubscribeSync(nodeSubject("bob", "k"+string(rune('a'+i%26))+string(rune('a'+i/26)))); err != nil {
			break
		}
	}
	recv(t, tooMany)
}
