package fabric

import (
	"context"
	"fmt"
	"strconv"
	"sync"
	"testing"

	"github.com/nats-io/nats.go"

	"voxmesh/mesh/fault"
)

func TestRevokeCutsTheSessionForGood(t *testing.T) {
	h := openHouse(t)
	bob := h.admit(t, "bob")
	c := dial(t, h.dialCfg("bob", bob))
	h.waitNews(t, "bob", true)
	h.gate.expel(pubOf(t, bob))
	if err := h.Disconnect("bob"); err != nil {
		t.Fatal(err)
	}
	h.waitNews(t, "bob", false)
	recv(t, c.Done())
	wantCode(t, c.Err(), "vox/fabric/revoked")
	_, err := c.Request(within(t), "beat", nil, nil)
	wantCode(t, err, "vox/fabric/revoked")
	wantCode(t, h.Disconnect("bob"), "vox/fabric/no-session")
	wantCode(t, h.Send("bob", "x", nil, nil), "vox/fabric/no-session")
}

// The mesh expels bob after it has said yes to him and before he is in: he must not slip through.
func TestRevokeDuringLogin(t *testing.T) {
	h := openHouse(t)
	bob := h.admit(t, "bob")
	var once sync.Once
	h.gate.onLogin = func(key string) {
		once.Do(func() {
			h.gate.expel(key)
			wantCode(t, h.Disconnect("bob"), "vox/fabric/no-session")
		})
	}
	c, err := Dial(context.Background(), h.dialCfg("bob", bob))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	recv(t, c.Done())
	wantCode(t, c.Err(), "vox/fabric/revoked")
	if len(h.news) != 0 {
		t.Errorf("there was a session: %+v", <-h.news)
	}
}

func TestNewSessionEvictsTheOld(t *testing.T) {
	h := openHouse(t)
	bob := h.admit(t, "bob")
	first, _ := h.workerConn(t, "bob", bob)
	cut := make(chan struct{})
	first.SetClosedHandler(func(nc2 *nats.Conn) { close(cut) })
	second := dial(t, h.dialCfg("bob", bob))
	h.waitNews(t, "bob", false)
	h.waitNews(t, "bob", true)
	recv(t, cut)
	if err := h.Handle("beat", func(_ context.Context, m Msg) { _ = m.Respond(m.Data) }); err != nil {
		t.Fatal(err)
	}
	if _, err := second.Request(within(t), "beat", nil, []byte("x")); err != nil {
		t.Errorf("the new session: %v", err)
	}
	second.Close()
	h.waitNews(t, "bob", false)
}

func TestReconnectAfterHostRestart(t *testing.T) {
	h := openHouse(t)
	bob := h.admit(t, "bob")
	ups, downs := make(chan struct{}, 64), make(chan error, 1024)
	cfg := h.dialCfg("bob", bob)
	cfg.OnUp = func() { ups <- struct{}{} }
	cfg.OnDown = func(err error) { downs <- err }
	c := dial(t, cfg)
	work := make(chan string, 16)
	if err := c.Handle("work", func(m Msg) { work <- string(m.Data) }); err != nil {
		t.Fatal(err)
	}
	echo := func(_ context.Context, m Msg) { _ = m.Respond(m.Data) }
	for round := range 2 {
		if round > 0 {
			h.start(t)
		}
		if err := h.Handle("echo", echo); err != nil {
			t.Fatal(err)
		}
		recv(t, ups)
		h.waitNews(t, "bob", true)
		if got, err := c.Request(within(t), "echo", nil, []byte("x")); err != nil || string(got) != "x" {
			t.Fatalf("round %d: %q, %v", round, got, err)
		}
		if err := h.Send("bob", "work", nil, []byte("go")); err != nil {
			t.Fatal(err)
		}
		if got := recv(t, work); got != "go" {
			t.Errorf("round %d: %q", round, got)
		}
		if round == 0 {
			h.Close(within(t))
			h.waitNews(t, "bob", false)
			recv(t, downs)
			_, err := c.Request(within(t), "echo", nil, nil)
			wantCode(t, err, "vox/fabric/down")
			wantCode(t, c.Publish("echo", nil, nil), "vox/fabric/down")
		}
	}
}

func TestWorkerDoesNotSpeakToAnotherHostAtTheAddress(t *testing.T) {
	im := newImpostor(t)
	downs := make(chan error, 1024)
	c, err := Dial(context.Background(), DialConfig{
		Addrs: []string{im.Addr().String()}, Pin: [16]byte{1}, Key: newKey(t), NodeID: "bob",
		OnDown: func(err error) { downs <- err },
	})
	if err != nil {
		t.Fatal(err)
	}
	wantCode(t, recv(t, downs), "vox/invite/wrong-host")
	wantCode(t, recv(t, downs), "vox/invite/wrong-host")
	c.Close()
	wantCode(t, c.Err(), "vox/fabric/closed")
	if len(im.read) != 0 {
		t.Errorf("it read %q", im.read)
	}
}

func TestWrongNodeIDIsSaid(t *testing.T) {
	h := openHouse(t)
	downs := make(chan error, 1024)
	cfg := h.dialCfg("alice", h.admit(t, "bob"))
	cfg.OnDown = func(err error) { downs <- err }
	c, err := Dial(context.Background(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if err := c.Handle("work", func(Msg) {}); err != nil {
		t.Fatal(err)
	}
	for !fault.Is(recv(t, downs), "vox/fabric/wrong-node") {
	}
}

func TestOrderPerNodeAndNoWaitingAcrossNodes(t *testing.T) {
	h := openHouse(t)
	hold := make(chan struct{})
	got := make(chan string, 1024)
	if err := h.Handle("chunk", func(_ context.Context, m Msg) {
		if m.Node == "slow" {
			<-hold
		}
		got <- m.Node + string(m.Data)
	}); err != nil {
		t.Fatal(err)
	}
	slow, quick := dial(t, h.dialCfg("slow", h.admit(t, "slow"))), dial(t, h.dialCfg("quick", h.admit(t, "quick")))
	if err := slow.Publish("chunk", nil, []byte("0")); err != nil {
		t.Fatal(err)
	}
	for i := range 200 {
		if err := quick.Publish("chunk", nil, []byte(strconv.Itoa(i))); err != nil {
			t.Fatal(err)
		}
	}
	for i := range 200 {
		if s := recv(t, got); s != "quick"+strconv.Itoa(i) {
			t.Fatalf("got %s at %d", s, i)
		}
	}
	close(hold)
	if s := recv(t, got); s != "slow0" {
		t.Errorf("got %s", s)
	}
}

func TestCodesOfASession(t *testing.T) {
	h := openHouse(t)
	c := dial(t, h.dialCfg("bob", h.admit(t, "bob")))
	l, err := h.Local("mesh")
	if err != nil {
		t.Fatal(err)
	}
	for name, link := range map[string]Link{"conn": c, "local": l} {
		_, err := link.Request(within(t), "nothing", nil, nil)
		wantCode(t, err, "vox/fabric/no-handler")
		wantCode(t, link.Publish("a.b", nil, nil), "vox/fabric/bad-name")
		wantCode(t, link.Publish("*", nil, nil), "vox/fabric/bad-name")
		wantCode(t, link.Handle(">", func(Msg) {}), "vox/fabric/bad-name")
		wantCode(t, link.Publish("x", nil, make([]byte, MaxPayload+1)), "vox/fabric/too-large")
		if err := h.Handle("silent-"+name, func(context.Context, Msg) {}); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(within(t))
		cancel()
		_, err = link.Request(ctx, "silent-"+name, nil, nil)
		wantCode(t, err, "vox/fabric/timeout")
	}
	wantCode(t, h.Handle("a b", nil), "vox/fabric/bad-name")
	wantCode(t, h.Send("a.b", "x", nil, nil), "vox/fabric/bad-name")
	wantCode(t, h.Send("bob", "x", nil, make([]byte, MaxPayload+1)), "vox/fabric/too-large")
	wantCode(t, Msg{}.Respond(nil), "vox/fabric/no-reply")
	if _, err := c.RTT(); err != nil {
		t.Error(err)
	}
	c.Close()
	_, err = c.Request(within(t), "x", nil, nil)
	wantCode(t, err, "vox/fabric/closed")
}

func TestLocalIsALinkLikeAnyOther(t *testing.T) {
	h := openHouse(t)
	if err := h.Handle("echo", func(_ context.Context, m Msg) {
		_ = m.Respond([]byte(m.Node + m.Header["k"] + string(m.Data)))
	}); err != nil {
		t.Fatal(err)
	}
	l, err := h.Local("mesh")
	if err != nil {
		t.Fatal(err)
	}
	h.waitNews(t, "mesh", true)
	if got, err := l.Request(within(t), "echo", map[string]string{"k": "v"}, []byte("x")); err != nil || string(got) != "meshvx" {
		t.Errorf("%q, %v", got, err)
	}
	work := make(chan Msg, 1)
	if err := l.Handle("work", func(m Msg) { work <- m }); err != nil {
		t.Fatal(err)
	}
	if err := h.Send("mesh", "work", nil, []byte("go")); err != nil {
		t.Fatal(err)
	}
	if m := recv(t, work); string(m.Data) != "go" || m.Node != "mesh" || m.Waits() {
		t.Errorf("%+v", m)
	}
	second, err := h.Local("mesh")
	if err != nil {
		t.Fatal(err)
	}
	h.waitNews(t, "mesh", false)
	h.waitNews(t, "mesh", true)
	wantCode(t, l.Publish("echo", nil, nil), "vox/fabric/closed")
	l.Close()
	if !h.Connected("mesh") {
		t.Error("the old link's end took the new one's session")
	}
	second.Close()
	h.waitNews(t, "mesh", false)
	if _, err := h.Local("a.b"); err == nil {
		t.Error("a name with a dot")
	}
}

func TestFloodLosesOnlyTheFloodersMessages(t *testing.T) {
	r := newMailroom(context.Background())
	hold, got := make(chan struct{}), make(chan string, 2*boxMessages)
	r.handle("x", func(_ context.Context, m Msg) {
		if m.Node == "flood" {
			<-hold
		}
		got <- m.Node
	})
	for range boxMessages + 100 {
		r.put(Msg{Node: "flood", Kind: "x"})
	}
	if r.dropped != 100 {
		t.Errorf("dropped %d", r.dropped)
	}
	if !r.put(Msg{Node: "calm", Kind: "x"}) || recv(t, got) != "calm" {
		t.Error("the calm one suffers")
	}
	close(hold)
	r.close(within(t))
	if len(got) != boxMessages || len(r.boxes) != 0 || len(r.held) != 0 {
		t.Errorf("%d handled, %d boxes, %d held", len(got), len(r.boxes), len(r.held))
	}
	if r.put(Msg{Node: "calm", Kind: "x"}) {
		t.Error("took a message after close")
	}
}

func TestSubjectsRoundTripAndRefuse(t *testing.T) {
	if n, k := parseHostSubject(hostSubject("bob-1", "beat")); n != "bob-1" || k != "beat" {
		t.Errorf("%s %s", n, k)
	}
	for _, s := range []string{
		"", "vox.w.bob.n.beat", "vox.w..h.beat", "vox.w.bob.h.", "vox.w.a.b.h.x", "vox.w.bob.h.a.b", "vox.w.*.h.x", "x.w.bob.h.x",
		fmt.Sprintf("vox.w.%0100d.h.x", 1),
	} {
		if n, k := parseHostSubject(s); n != "" || k != "" {
			t.Errorf("%q gives %q %q", s, n, k)
		}
	}
}

func FuzzHello(f *testing.F) {
	f.Add(`{"hostname":"a\u001b[31m"}`)
	f.Add(`{"hostname":1}`)
	f.Fuzz(func(t *testing.T, s string) {
		h := readHello(s)
		for _, x := range []string{h.Hostname.String(), h.Version.String(), h.OS.String(), h.Arch.String(), h.Label.String()} {
			if len([]rune(x)) > helloRunes {
				t.Errorf("%d runes", len([]rune(x)))
			}
			for _, r := range x {
				if r < 0x20 || r >= 0x7f && r <= 0x9f {
					t.Errorf("%U got through", r)
				}
			}
		}
	})
}

func FuzzReplyOf(f *testing.F) {
	f.Add("vox.w.bob.r.x")
	f.Fuzz(func(t *testing.T, s string) {
		if isReplyOf("bob", s) && s[:len("vox.w.bob.r.")] != "vox.w.bob.r." {
			t.Errorf("%q", s)
		}
	})
}
