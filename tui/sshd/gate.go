package sshd

import (
	"container/list"
	"net"
	"net/netip"
	"sync"

	"golang.org/x/time/rate"
)

// maxBuckets bounds the memory of the gate. Sources beyond it share one bucket.
const maxBuckets = 4096

// gate decides before the handshake which connections come in, and keeps all that are in.
type gate struct {
	limits Limits
	local  bool

	mu      sync.Mutex
	closed  bool
	conns   map[*visitor]struct{}
	pending *list.List // of *visitor, those not logged in yet, the oldest first
	buckets map[netip.Prefix]*rate.Limiter
	crowd   *rate.Limiter // for sources that got no bucket of their own
}

// visitor is one connection.
type visitor struct {
	net.Conn
	wait *list.Element // in gate.pending, nil once logged in
	key  string        // fingerprint of the proven key, empty before; guarded by gate.mu
	open int           // sessions; guarded by Server.mu
}

func newGate(l Limits, local bool) *gate {
	return &gate{
		limits: l, local: local,
		conns:   make(map[*visitor]struct{}),
		pending: list.New(),
		buckets: make(map[netip.Prefix]*rate.Limiter),
		crowd:   rate.NewLimiter(rate.Limit(l.ConnRate), max(l.ConnBurst, 1)),
	}
}

// admit lets a connection in, or gives nil and why not. Where too many have not logged in, the one that has waited
// longest is closed: an honest login takes some 20 ms, so silent connections cannot keep anybody out.
func (g *gate) admit(c net.Conn) (v *visitor, why string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	switch {
	case g.closed:
		return nil, "the door is closed"
	case !g.local && !g.bucket(c.RemoteAddr()).Allow():
		return nil, "too many connections from one source"
	case g.pending.Len() >= g.limits.MaxPending:
		oldest := g.pending.Front().Value.(*visitor)
		g.forget(oldest)
		_ = oldest.Close() // it never got in
	case len(g.conns) >= g.limits.MaxConns:
		return nil, "too many connections"
	}
	v = &visitor{Conn: c}
	v.wait = g.pending.PushBack(v)
	g.conns[v] = struct{}{}
	return v, ""
}

// bucket is the source's token bucket. Buckets that are full again tell nothing and make room.
func (g *gate) bucket(addr net.Addr) *rate.Limiter {
	ap, err := netip.ParseAddrPort(addr.String())
	if err != nil {
		return g.crowd
	}
	bits, ip := 32, ap.Addr().Unmap().WithZone("")
	if ip.Is6() {
		bits = 64
	}
	source, err := ip.Prefix(bits)
	if err != nil {
		return g.crowd
	}
	if b, ok := g.buckets[source]; ok {
		return b
	}
	if len(g.buckets) >= maxBuckets {
		for p, b := range g.buckets {
			if b.Tokens() >= float64(b.Burst()) {
				delete(g.buckets, p)
			}
		}
	}
	if len(g.buckets) >= maxBuckets {
		return g.crowd
	}
	b := rate.NewLimiter(rate.Limit(g.limits.ConnRate), g.limits.ConnBurst)
	g.buckets[source] = b
	return b
}

// loggedIn notes that the connection has proven its key.
func (g *gate) loggedIn(v *visitor, fingerprint string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	v.key = fingerprint
	if v.wait != nil {
		g.pending.Remove(v.wait)
		v.wait = nil
	}
}

// leave forgets a connection.
func (g *gate) leave(v *visitor) {
	g.mu.Lock()
	g.forget(v)
	g.mu.Unlock()
	_ = v.Close() // closed already but for failed handshakes; there is nobody left to tell
}

func (g *gate) forget(v *visitor) {
	delete(g.conns, v)
	if v.wait != nil {
		g.pending.Remove(v.wait)
		v.wait = nil
	}
}

// closeKey closes the connections of a key; closeAll all of them and lets no more in.
func (g *gate) closeKey(fingerprint string) (n int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for v := range g.conns {
		if v.key == fingerprint {
			_ = v.Close() // its reader sees it
			n++
		}
	}
	return n
}

func (g *gate) closeAll() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.closed = true
	for v := range g.conns {
		_ = v.Close() // its reader sees it
	}
}
