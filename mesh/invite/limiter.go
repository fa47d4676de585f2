package invite

import (
	"net/netip"
	"sync"
	"time"
)

// The limits on wrong tries. With a secret of 128 bits they keep guesses cheap for the host, not the secret safe.
const (
	LimitPerSource = 5
	LimitGlobal    = 50
	LimitWindow    = time.Minute
)

// Limiter counts wrong tries at invites over a sliding window, per source and in all. It never touches an invite: a
// flood of guesses delays joining, it burns nothing. Safe for use by several goroutines; the clock is the caller's.
type Limiter struct {
	mu        sync.Mutex
	perSource int
	global    int
	window    time.Duration
	tries     []try // oldest first, never more than global
}

type try struct {
	source string
	at     time.Time
}

// NewLimiter makes a limiter of [LimitPerSource] and [LimitGlobal] wrong tries in [LimitWindow].
func NewLimiter() *Limiter { return NewLimiterOf(LimitPerSource, LimitGlobal, LimitWindow) }

// NewLimiterOf makes a limiter of other sizes; each is at least one, the window at least a nanosecond.
func NewLimiterOf(perSource, global int, window time.Duration) *Limiter {
	return &Limiter{perSource: max(perSource, 1), global: max(global, 1), window: max(window, 1)}
}

// Try counts a try of source at now as a wrong one, before it is looked at: so of a thousand at once only a few are.
// Who turns out right takes it back with Right. The error is vox/invite/rate-limited and says how long to wait; the
// refused try is not counted.
//
// A source that reaches its limit with this very try has log set: the one line that its burst deserves.
func (l *Limiter) Try(source string, now time.Time) (log bool, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.forget(now)
	var mine int
	var first time.Time
	for _, t := range l.tries {
		if t.source == source {
			if mine++; mine == 1 {
				first = t.at
			}
		}
	}
	switch {
	case mine >= l.perSource:
		return false, RateLimited(first.Add(l.window).Sub(now))
	case len(l.tries) >= l.global:
		return false, RateLimited(l.tries[0].at.Add(l.window).Sub(now))
	}
	l.tries = append(l.tries, try{source, now})
	return mine+1 == l.perSource, nil
}

// Right takes the latest try of source back: it had a good invite.
func (l *Limiter) Right(source string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for i := len(l.tries) - 1; i >= 0; i-- {
		if l.tries[i].source == source {
			l.tries = append(l.tries[:i], l.tries[i+1:]...)
			return
		}
	}
}

// forget drops what is older than the window, and what is later than now: a clock that was set back must not lock
// everybody out.
func (l *Limiter) forget(now time.Time) {
	kept := l.tries[:0]
	for _, t := range l.tries {
		if age := now.Sub(t.at); age >= 0 && age < l.window {
			kept = append(kept, t)
		}
	}
	clear(l.tries[len(kept):])
	l.tries = kept
}

// Source is what to count an address under: an IPv4 address by itself, an IPv6 address by its /64, since one machine
// commonly owns that many. It takes an address with or without a port; anything else stands for itself, cut short.
func Source(addr string) string {
	a, err := netip.ParseAddr(addr)
	if err != nil {
		ap, err := netip.ParseAddrPort(addr)
		if err != nil {
			return addr[:min(len(addr), 64)]
		}
		a = ap.Addr()
	}
	a = a.Unmap().WithZone("")
	if a.Is4() {
		return a.String()
	}
	p, err := a.Prefix(64)
	if err != nil {
		return a.String()
	}
	return p.String()
}
