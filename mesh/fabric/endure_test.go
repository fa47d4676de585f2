package fabric

import (
	"bytes"
	"context"
	"encoding/base64"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go"

	"voxmesh/mesh/fault"
)

func TestHostOutlivesALostConnectionToItsOwnServer(t *testing.T) {
	h := openHouse(t)
	if err := h.Handle("echo", func(_ context.Context, m Msg) { _ = m.Respond(m.Data) }); err != nil {
		t.Fatal(err)
	}
	back := make(chan struct{}, 8)
	for _, nc := range append(h.others, h.bus) {
		nc.SetReconnectHandler(func(*nats.Conn) { back <- struct{}{} })
		cid, err := nc.GetClientID()
		if err != nil {
			t.Fatal(err)
		}
		if err := h.srv.DisconnectClientByID(cid); err != nil {
			t.Fatal(err)
		}
		recv(t, back)
	}
	w, err := Join(within(t), JoinConfig{URL: h.url(t, h.gate.mint(t, "bob", h.cfg.Identity.Pin())), Key: newKey(t)})
	if err != nil || w.NodeID != "bob" {
		t.Fatalf("%+v, %v", w, err)
	}
	c := dial(t, h.dialCfg("carol", h.admit(t, "carol")))
	h.waitNews(t, "carol", true)
	if _, err := c.Request(within(t), "echo", nil, []byte("x")); err != nil {
		t.Error(err)
	}
}

func TestManyWorkersSpeakAtOnceAndTheHostIsNotCut(t *testing.T) {
	h := openHouse(t)
	const workers, each, size = 8, 24, 512 << 10 // 96 MiB on their way, 24 times what one worker may have waiting
	hold, got := make(chan struct{}), make(chan struct{}, workers*each)
	if err := h.Handle("put", func(context.Context, Msg) { <-hold; got <- struct{}{} }); err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for i := range workers {
		node := fmt.Sprintf("w%d", i)
		c := dial(t, h.dialCfg(node, h.admit(t, node)))
		wg.Go(func() {
			piece := make([]byte, size)
			for range each {
				if err := c.Publish("put", nil, piece); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	close(hold)
	for range workers * each {
		recv(t, got)
	}
	if n := h.srv.NumSlowConsumers(); n != 0 {
		t.Errorf("%d connections were cut", n)
	}
}

// What strangers and friends send must be in nothing that is written down.
func TestSecretsAreInNoLogAndNoError(t *testing.T) {
	var mu sync.Mutex
	var log bytes.Buffer
	say := func(format string, args ...any) {
		mu.Lock()
		defer mu.Unlock()
		fmt.Fprintf(&log, format+"\n", args...)
	}
	g := newGate()
	cfg := HostConfig{Listen: "127.0.0.1:0", Identity: testIdentity(t), Admit: g, Log: say}
	h, err := StartHost(within(t), cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer h.Close(within(t))
	tok := g.mint(t, "bob", cfg.Identity.Pin())
	raw := tok.Bytes()
	secrets := []string{
		string(tok.Secret[:]), fmt.Sprintf("%x", tok.Secret[:]), base64.RawURLEncoding.EncodeToString(raw[:]),
		base64.StdEncoding.EncodeToString(tok.Secret[:]), h.in.users[accountMesh].Password,
	}
	url := urlOf(t, h.Addr().String(), tok)
	for range 2 { // the second is another machine: refused
		if _, err := Join(within(t), JoinConfig{URL: url, Key: newKey(t), Hello: friend()}); err != nil {
			say("%v %+v %#v", err, err, err)
		}
	}
	url.Token.Pin[0] ^= 1
	_, err = Join(within(t), JoinConfig{URL: url, Key: newKey(t)})
	say("%v %+v %#v %+v", err, err, err, url)
	mu.Lock()
	defer mu.Unlock()
	for _, s := range secrets {
		if bytes.Contains(log.Bytes(), []byte(s)) {
			t.Errorf("a secret was written: %q", s)
		}
	}
}

func TestSlowMeshIsNotARefusal(t *testing.T) {
	for _, err := range []error{context.DeadlineExceeded, fmt.Errorf("commit: %w", context.Canceled)} {
		if got := told(err); got != "vox/fabric/not-ready" {
			t.Errorf("%v is told as %s", err, got)
		}
	}
	for _, err := range []error{fmt.Errorf("x"), fault.New("vox/oplog/disk-full", "x"), fault.New("vox/fabric/open-door", "x")} {
		if got := told(err); got != "vox/fabric/refused" {
			t.Errorf("%v is told as %s", err, got)
		}
	}
	for _, code := range []string{"", "\x1b[31m", "vox/fabric/open-door", "vox/else/what"} {
		if err := heard(code); !fault.Is(err, "vox/fabric/refused") {
			t.Errorf("%q is heard as %v", code, err)
		}
	}
}

func TestHallForgets(t *testing.T) {
	l, now := newHall(), time.Unix(1000, 0)
	for i := range maxWaiting {
		if !l.put(fmt.Sprint(i), verdict{V: 1}, now) {
			t.Fatal("full too early")
		}
	}
	if l.put("more", verdict{}, now) {
		t.Error("no bound")
	}
	if !l.put("later", verdict{}, now.Add(2*hallStay)) || len(l.waits) != 1 {
		t.Errorf("%d wait", len(l.waits))
	}
}

func TestHostileWelcomeIsBounded(t *testing.T) {
	rest := []string{"1.2.3.4:5", "evil\x1b:1", "a b:1", "-o:1", "x:0", "x:99999", "x", "0.0.0.0:1", "[::1]:9", "ok.example:7420", "first:1"}
	for range 20 {
		rest = append(rest, fmt.Sprintf("h%d:1", len(rest)))
	}
	got := goodAddrs("first:1", rest)
	if len(got) != maxAddrs || got[0] != "first:1" || got[1] != "1.2.3.4:5" || got[2] != "[::1]:9" || got[3] != "ok.example:7420" {
		t.Errorf("%q", got)
	}
	big := map[string]string{"k": string(make([]byte, extraBytes))}
	if goodExtra(big) != nil || goodExtra(map[string]string{"a": "b"}) == nil {
		t.Error("extra is not bounded")
	}
}
