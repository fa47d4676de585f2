package mesh

import "time"

// farClock estimates by how much a node's clock is ahead of the host's. It is telemetry: nothing but what is shown depends on
// it.
//
// Every report says what the node's clock showed when it was written. It arrives later than that, so what the clock then
// seems to be ahead is too little by the time that the report was on its way. The report that came quickest is the one
// that seems most ahead; half of the shortest round trip is put on top for its way. The error is at most that half, as
// long as neither clock is set meanwhile.
type farClock struct {
	minutes [skewWindow]clockMinute
}

// clockMinute is what the reports of one minute said.
type clockMinute struct {
	minute int64 // of the host's clock, unix; 0: none
	ahead  int64 // the most that a report seemed ahead, microseconds
	rtt    int64 // the shortest round trip; 0: not known
}

// skewWindow is how many minutes are looked back on: clocks drift by some milliseconds in that time. clockSet is how far
// behind the estimate a report must be for the clock to have been set, and not only for the report to be late: that is
// more than a worker waits for an answer.
const (
	skewWindow = 5
	clockSet   = 10_000_000 // microseconds
)

// hear takes a report that showed the node's clock, unix microseconds, and came at now. What no clock shows is ignored.
func (c *farClock) hear(shown int64, rtt time.Duration, now time.Time) {
	at := now.UnixMicro()
	if shown <= 0 || shown > latest || at <= 0 || at > latest {
		return
	}
	ahead, minute := shown-at, at/60_000_000
	if was, known := c.skew(now); known && ahead < was-clockSet {
		*c = farClock{}
	}
	m := &c.minutes[minute%skewWindow]
	if m.minute != minute {
		*m = clockMinute{minute: minute, ahead: ahead}
	}
	m.ahead = max(m.ahead, ahead)
	if us := rtt.Microseconds(); us > 0 && (m.rtt == 0 || us < m.rtt) {
		m.rtt = us
	}
}

// skew is the estimate in microseconds, and whether there is one.
func (c *farClock) skew(now time.Time) (micros int64, known bool) {
	minute, rtt := now.UnixMicro()/60_000_000, int64(0)
	for _, m := range c.minutes {
		if m.minute == 0 || m.minute <= minute-skewWindow || m.minute > minute {
			continue
		}
		if !known || m.ahead > micros {
			micros, known = m.ahead, true
		}
		if m.rtt > 0 && (rtt == 0 || m.rtt < rtt) {
			rtt = m.rtt
		}
	}
	return micros + rtt/2, known
}

// hearClock takes what a node's clock showed in its report, and puts the estimate beside its heartbeat.
func (g *gauges) hearClock(node string, shown int64, rtt time.Duration, now time.Time) {
	g.mu.Lock()
	defer g.mu.Unlock()
	c := g.clocks[node]
	if c == nil {
		c = &farClock{}
		g.clocks[node] = c
	}
	c.hear(shown, rtt, now)
	if b, ok := g.beats[node]; ok {
		micros, known := c.skew(now)
		b.Skew, b.SkewKnown = time.Duration(micros)*time.Microsecond, known
		g.beats[node] = b
	}
}

// skew is by how many microseconds a node's clock is ahead of the host's. The host's own node has the host's clock.
func (h *Host) skew(n *Node) (micros int64, known bool) {
	if n.Host {
		return 0, true
	}
	b, ok := h.gauges.last(n.ID)
	return b.Skew.Microseconds(), ok && b.SkewKnown
}
