package fabric

import (
	"context"
	"crypto/tls"
	"net"
	"strings"
	"sync"
	"testing"

	"github.com/nats-io/nats.go"

	"voxmesh/mesh/clean"
	"voxmesh/mesh/fault"
)

func TestFriendJoins(t *testing.T) {
	h := openHouse(t)
	tok := h.gate.mint(t, "bob", h.cfg.Identity.Pin())
	kp := newKey(t)
	hello := friend()
	hello.Label = clean.Line("bob's \x1b[31mbox")
	w, err := Join(within(t), JoinConfig{URL: h.url(t, tok), Key: kp, Hello: hello})
	if err != nil {
		t.Fatal(err)
	}
	if w.NodeID != "bob" || w.Mesh != "aurelia" || w.Inviter != "alice" || w.Extra["audit"] != "key" || w.Addrs[0] != h.Addr().String() {
		t.Errorf("welcome %+v", w)
	}
	req := h.gate.joins[0]
	if req.Key != pubOf(t, kp) || req.Token.Secret != tok.Secret || req.Source != "127.0.0.1" ||
		req.Hello.Hostname.String() != "bob-desktop" || strings.ContainsRune(req.Hello.Label.String(), 0x1b) {
		t.Errorf("the mesh was asked %+v", req)
	}
	c := dial(t, DialConfig{Addrs: w.Addrs, Pin: tok.Pin, Key: kp, NodeID: w.NodeID})
	h.waitNews(t, "bob", true)
	if err := h.Handle("hello", func(_ context.Context, m Msg) { _ = m.Respond([]byte("hi " + m.Node)) }); err != nil {
		t.Fatal(err)
	}
	got, err := c.Request(within(t), "hello", map[string]string{"traceparent": "00-1-2-01"}, []byte("x"))
	if err != nil || string(got) != "hi bob" {
		t.Errorf("%q, %v", got, err)
	}
}

func TestEachRefusalHasItsCode(t *testing.T) {
	h := openHouse(t)
	pin := h.cfg.Identity.Pin()
	try := func(name, want string, spoil func(*JoinConfig)) {
		t.Run(name, func(t *testing.T) {
			cfg := JoinConfig{URL: h.url(t, h.gate.mint(t, "n-"+name, pin)), Key: newKey(t), Hello: friend()}
			spoil(&cfg)
			_, err := Join(within(t), cfg)
			wantCode(t, err, want)
			if strings.Contains(err.Error(), "detail") || strings.Contains(err.Error(), "held by") {
				t.Errorf("the host's own words came through: %v", err)
			}
		})
	}
	paperOf := func(c *JoinConfig) *paper { return h.gate.invites[c.URL.Token.Secret] }
	try("guess", "vox/invite/unknown", func(c *JoinConfig) { c.URL.Token.Secret[0] ^= 1 })
	try("late", "vox/invite/expired", func(c *JoinConfig) { paperOf(c).expiry = h.gate.now })
	try("withdrawn", "vox/invite/revoked", func(c *JoinConfig) { paperOf(c).gone = true })
	try("second", "vox/invite/used", func(c *JoinConfig) {
		if _, err := Join(within(t), JoinConfig{URL: c.URL, Key: newKey(t)}); err != nil {
			t.Fatal(err)
		}
	})
	try("badid", "vox/fabric/refused", func(c *JoinConfig) { paperOf(c).node = "a.>" })
}

func TestLostAnswerDoesNotBurnTheFriend(t *testing.T) {
	h := openHouse(t)
	cfg := JoinConfig{URL: h.url(t, h.gate.mint(t, "bob", h.cfg.Identity.Pin())), Key: newKey(t)}
	for range 3 {
		w, err := Join(within(t), cfg)
		if err != nil || w.NodeID != "bob" {
			t.Fatalf("%+v, %v", w, err)
		}
	}
	other := cfg
	other.Key = newKey(t)
	_, err := Join(within(t), other)
	wantCode(t, err, "vox/invite/used")
}

func TestOneSlowJoinHoldsNobodyUp(t *testing.T) {
	h := openHouse(t)
	pin := h.cfg.Identity.Pin()
	hold := make(chan struct{})
	h.gate.hold = hold
	var wg sync.WaitGroup
	slow := JoinConfig{URL: h.url(t, h.gate.mint(t, "slow", pin)), Key: newKey(t)}
	wg.Go(func() {
		if _, err := Join(within(t), slow); err != nil {
			t.Errorf("slow: %v", err)
		}
	})
	recv(t, h.gate.inJoin)
	h.gate.mu.Lock()
	h.gate.hold = nil
	h.gate.mu.Unlock()
	_, err := Join(within(t), JoinConfig{URL: h.url(t, h.gate.mint(t, "quick", pin)), Key: newKey(t)})
	if err != nil {
		t.Fatal(err)
	}
	close(hold)
	wg.Wait()
}

func TestOneInviteManyAtOnce(t *testing.T) {
	h := openHouse(t)
	url := h.url(t, h.gate.mint(t, "one", h.cfg.Identity.Pin()))
	var mu sync.Mutex
	var wg sync.WaitGroup
	in, used := 0, 0
	for range 24 {
		wg.Go(func() {
			_, err := Join(within(t), JoinConfig{URL: url, Key: newKey(t)})
			mu.Lock()
			defer mu.Unlock()
			if err == nil {
				in++
			} else if fault.Is(err, "vox/invite/used") {
				used++
			} else {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if in != 1 || used != 23 {
		t.Errorf("%d came in, %d were told that it is used", in, used)
	}
}

func TestProbeSeesTheNamesAndSendsNothing(t *testing.T) {
	h := openHouse(t)
	info, err := Probe(within(t), h.Addr().String(), h.cfg.Identity.Pin())
	if err != nil {
		t.Fatal(err)
	}
	if info != (HostInfo{"aurelia", "alice", h.cfg.Identity.Fingerprint()}) {
		t.Errorf("%+v", info)
	}
	_, err = Probe(within(t), h.Addr().String(), [16]byte{1})
	wantCode(t, err, "vox/invite/wrong-host")
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := l.Addr().String()
	_ = l.Close()
	_, err = Probe(within(t), addr, h.cfg.Identity.Pin())
	wantCode(t, err, "vox/fabric/unreachable")
	if len(h.gate.joins) != 0 {
		t.Error("the mesh was asked")
	}
}

// impostor answers at an address with a key of its own and writes down what it can read.
type impostor struct {
	net.Listener
	wg   sync.WaitGroup
	mu   sync.Mutex
	read []byte
	seen int
	more chan struct{} // told when something was read
}

func newImpostor(t *testing.T) *impostor {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	im := &impostor{Listener: l, more: make(chan struct{}, 1)}
	conf := testIdentity(t).serverTLS()
	im.wg.Go(func() {
		for {
			raw, err := l.Accept()
			if err != nil {
				return
			}
			im.wg.Go(func() { im.serve(raw, conf) })
		}
	})
	t.Cleanup(func() { _ = l.Close(); im.wg.Wait() })
	return im
}

// serve plays a NATS server as well as it can: it speaks first, and keeps every byte that it can decrypt.
func (im *impostor) serve(raw net.Conn, conf *tls.Config) {
	defer func() { _ = raw.Close() }()
	conn := tls.Server(raw, conf)
	err := conn.Handshake()
	im.mu.Lock()
	im.seen++
	im.mu.Unlock()
	if err != nil {
		return
	}
	_, _ = conn.Write([]byte("INFO {\"server_id\":\"x\",\"nonce\":\"abcdefghijklmnop\",\"headers\":true,\"max_payload\":1048576}\r\n"))
	buf := make([]byte, 4096)
	for {
		n, err := conn.Read(buf)
		im.mu.Lock()
		im.read = append(im.read, buf[:n]...)
		im.mu.Unlock()
		select {
		case im.more <- struct{}{}:
		default:
		}
		if err != nil {
			return
		}
	}
}

func TestImpostorReadsNoByteOfTheBearer(t *testing.T) {
	h := openHouse(t)
	im := newImpostor(t)
	const runs = 100
	for range runs {
		tok := h.gate.mint(t, "bob", h.cfg.Identity.Pin())
		_, err := Join(within(t), JoinConfig{URL: urlOf(t, im.Addr().String(), tok), Key: newKey(t), Hello: friend()})
		wantCode(t, err, "vox/invite/wrong-host")
	}
	_ = im.Close()
	im.wg.Wait()
	if im.seen != runs || len(im.read) != 0 {
		t.Errorf("%d handshakes, %d bytes read: %q", im.seen, len(im.read), im.read)
	}
}

// The same impostor must be able to read when nobody checks the pin, or the test above proves nothing.
func TestImpostorWouldReadWithoutThePin(t *testing.T) {
	im := newImpostor(t)
	conn, err := tls.Dial("tcp", im.Addr().String(), &tls.Config{InsecureSkipVerify: true})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(within(t))
	prove, err := proving(newKey(t), [16]byte{})
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		_, _ = connect(ctx, conn, prove, nats.Token("the-secret"))
	}()
	for got := ""; !strings.Contains(got, "the-secret"); {
		select {
		case <-im.more:
		case <-ctx.Done():
			t.Fatalf("read only %q", got)
		}
		im.mu.Lock()
		got = string(im.read)
		im.mu.Unlock()
	}
	cancel()
	<-done
}
