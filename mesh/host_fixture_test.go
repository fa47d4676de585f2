package mesh

import (
	"bytes"
	"context"
	"encoding/json"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nkeys"

	"voxmesh/mesh/clean"
	"voxmesh/mesh/fabric"
	"voxmesh/mesh/invite"
)

// dial is a clock that a test turns.
type dial struct {
	mu sync.Mutex
	t  time.Time
}

func newDial() *dial { return &dial{t: time.Now().Truncate(time.Second)} }

func (d *dial) now() time.Time {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.t
}

func (d *dial) turn(by time.Duration) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.t = d.t.Add(by)
}

// openHost becomes the host of a fresh folder, on a clock that stands still.
func openHost(t testing.TB) (*Host, *dial) {
	t.Helper()
	d := newDial()
	return openAt(t, t.TempDir(), d), d
}

func openAt(t testing.TB, dir string, d *dial) *Host {
	t.Helper()
	h, err := Open(within(t), Config{
		Dir: dir, Mesh: "home", Operator: "ada", Listen: "127.0.0.1:0", Holder: "the test's host", Now: d.now,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { closeHost(t, h) })
	return h
}

func closeHost(t testing.TB, h *Host) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := h.Close(ctx); err != nil {
		t.Errorf("close: %v", err)
	}
}

func newKey(t testing.TB) (nkeys.KeyPair, string) {
	t.Helper()
	kp, err := nkeys.CreateUser()
	if err != nil {
		t.Fatal(err)
	}
	pub, err := kp.PublicKey()
	if err != nil {
		t.Fatal(err)
	}
	return kp, pub
}

func mint(t testing.TB, h *Host, req InviteRequest) (InviteInfo, invite.Token) {
	t.Helper()
	info, err := h.MintInvite(within(t), "cli:ada", req)
	if err != nil {
		t.Fatal(err)
	}
	u, err := invite.Parse(info.URL)
	if err != nil {
		t.Fatal(err)
	}
	return info, u.Token
}

func hello(label string) fabric.Hello {
	return fabric.Hello{Hostname: clean.Line("box"), Label: clean.Line(label)}
}

// puppet is a worker that says what it is told to.
type puppet struct {
	t    testing.TB
	node string
	link fabric.Link

	assigns chan fabric.Assign
	orders  chan fabric.Orders
	rep     fabric.Report
}

func newPuppet(t testing.TB, node string, link fabric.Link) *puppet {
	t.Helper()
	p := &puppet{t: t, node: node, link: link, assigns: make(chan fabric.Assign, 64), orders: make(chan fabric.Orders, 64)}
	p.rep = fabric.Report{V: 1, Instance: "0000aaaa0000aaaa", Describe: fabric.Describe{
		Slots: []fabric.Slot{{Kind: "cpu", Max: 4, Weight: 50}}, Version: "test", Policy: "p1",
	}}
	p.handle(fabric.KindAssign, hear(p.assigns))
	p.handle(fabric.KindOrders, hear(p.orders))
	return p
}

func hear[T any](ch chan T) func(fabric.Msg) {
	return func(m fabric.Msg) {
		var v T
		if json.Unmarshal(m.Data, &v) != nil {
			return
		}
		select {
		case ch <- v:
		default: // repeats that nobody reads
		}
	}
}

// local admits a node and attaches a puppet inside the process.
func local(t testing.TB, h *Host, label string) *puppet {
	t.Helper()
	_, tok := mint(t, h, InviteRequest{Label: label})
	_, key := newKey(t)
	node, err := admitter{h}.Join(within(t), fabric.JoinRequest{Token: tok, Key: key, Source: "127.0.0.1", Hello: hello("")})
	if err != nil {
		t.Fatal(err)
	}
	return attach(t, h, node)
}

func attach(t testing.TB, h *Host, node string) *puppet {
	t.Helper()
	l, err := h.Bus().Local(node)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(l.Close)
	return newPuppet(t, node, l)
}

// report says all that the puppet holds, and gives the answer.
func (p *puppet) report(held ...fabric.Held) fabric.Orders {
	p.t.Helper()
	p.rep.N++
	p.rep.Held = held
	b, err := json.Marshal(p.rep)
	if err != nil {
		p.t.Fatal(err)
	}
	answer, err := p.link.Request(within(p.t), fabric.KindReport, nil, b)
	if err != nil {
		p.t.Fatalf("report of %s: %v", p.node, err)
	}
	var o fabric.Orders
	if err := json.Unmarshal(answer, &o); err != nil {
		p.t.Fatalf("%q: %v", answer, err)
	}
	return o
}

// say sends bytes as a report and waits until the host has dealt with them: its next answer comes after.
func (p *puppet) say(b []byte) {
	p.t.Helper()
	if err := p.link.Publish(fabric.KindReport, nil, b); err != nil {
		p.t.Fatal(err)
	}
}

func recv[T any](t testing.TB, ch <-chan T) T {
	t.Helper()
	select {
	case v, ok := <-ch:
		if !ok {
			t.Fatal("the channel is closed")
		}
		return v
	case <-within(t).Done():
		t.Fatal("nothing came")
		panic("unreachable")
	}
}

// submitWasm submits a job with a module that is only bytes.
func submitWasm(t testing.TB, h *Host, edit func(*JobRequest)) Ticket {
	t.Helper()
	hash, _, err := h.PutBlob(bytes.NewReader([]byte("\x00asm")), MaxBlob)
	if err != nil {
		t.Fatal(err)
	}
	req := JobRequest{Runner: "wasm", Module: hash, Title: "hello.wasm"}
	if edit != nil {
		edit(&req)
	}
	tk, err := h.Submit(within(t), "cli:ada", req)
	if err != nil {
		t.Fatal(err)
	}
	return tk
}

// until waits, woken by the host, until what is asked for is so.
func until(t testing.TB, h *Host, what string, so func(*State) bool) {
	t.Helper()
	ctx := within(t)
	moved := h.Watch(ctx)
	for !so(h.Snapshot()) {
		select {
		case <-moved:
		case <-ctx.Done():
			t.Fatalf("never: %s", what)
		}
	}
}

func jobOf(t testing.TB, h *Host, id string) *Job {
	t.Helper()
	j, err := h.Job(id)
	if err != nil {
		t.Fatal(err)
	}
	return j
}

func (p *puppet) handle(kind string, fn func(fabric.Msg)) {
	p.t.Helper()
	if err := p.link.Handle(kind, fn); err != nil {
		p.t.Fatal(err)
	}
}
