package mesh

import (
	"maps"
	"sync"
	"time"
)

// Telemetry is what is known only now and is not in the log: heartbeats, round trips, tokens a second. It is an
// immutable snapshot; every method works on a nil one, which knows nothing, as in the past.
type Telemetry struct {
	beats map[string]Beat
	rates []float64 // tokens in each of the last seconds, oldest first
	total float64
}

// Beat is the last heartbeat of a node.
type Beat struct {
	At       time.Time     // the host's clock when it came
	Began    time.Time     // when this session of the node began, on the host's clock
	RTT      time.Duration // as the node measured it; 0 is not known
	Instance string
	Running  int

	Skew      time.Duration // by which its clock is ahead of the host's
	SkewKnown bool
}

// Age is how long ago the heartbeat came.
func (b Beat) Age(now time.Time) time.Duration { return max(now.Sub(b.At), 0) }

// Uptime is how long the node's agent has been running.
func (b Beat) Uptime(now time.Time) time.Duration { return max(now.Sub(b.Began), 0) }

// Node gives the last heartbeat of a node.
func (t *Telemetry) Node(id string) (Beat, bool) {
	if t == nil {
		return Beat{}, false
	}
	b, ok := t.beats[id]
	return b, ok
}

// rateWindow is how many seconds of tokens are kept, and rateMean how many of them make the figure shown.
const (
	rateWindow = 120
	rateMean   = 10
)

// TokensPerSecond is the mean of the last ten seconds.
func (t *Telemetry) TokensPerSecond(time.Time) float64 {
	if t == nil {
		return 0
	}
	return t.total
}

// TokenHistory is the tokens of each of the last seconds, oldest first, at most 120.
func (t *Telemetry) TokenHistory() []float64 {
	if t == nil {
		return nil
	}
	return t.rates
}

// gauges gathers telemetry. It is safe for concurrent use.
type gauges struct {
	mu     sync.Mutex
	beats  map[string]Beat
	clocks map[string]*farClock
	tokens [rateWindow]float64
	second int64 // unix second of the newest slot
	filled int
}

func newGauges() *gauges { return &gauges{beats: map[string]Beat{}, clocks: map[string]*farClock{}} }

// beat takes a heartbeat; a new instance begins a new session.
func (g *gauges) beat(node, instance string, uptime, rtt time.Duration, running int, now time.Time) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.beats[node] = Beat{At: now, Began: now.Add(-uptime), RTT: rtt, Instance: instance, Running: running}
}

func (g *gauges) forget(node string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	delete(g.beats, node)
	delete(g.clocks, node)
}

func (g *gauges) last(node string) (Beat, bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	b, ok := g.beats[node]
	return b, ok
}

// addTokens counts tokens that were produced just now.
func (g *gauges) addTokens(n int64, now time.Time) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.advance(now.Unix())
	g.tokens[g.second%rateWindow] += float64(n)
}

func (g *gauges) advance(second int64) {
	second = max(second, 0) // a clock before 1970 is no reason to fail
	if g.second == 0 || second-g.second >= rateWindow {
		g.tokens = [rateWindow]float64{}
		g.second, g.filled = second, min(g.filled+1, rateWindow)
		return
	}
	for g.second < second {
		g.second++
		g.tokens[g.second%rateWindow] = 0
		g.filled = min(g.filled+1, rateWindow)
	}
}

// snapshot gives an immutable copy. The second that is not over yet is left out.
func (g *gauges) snapshot(now time.Time) *Telemetry {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.advance(now.Unix())
	n := max(g.filled-1, 0)
	rates := make([]float64, 0, n)
	for i := int64(n); i >= 1; i-- {
		rates = append(rates, g.tokens[(g.second-i)%rateWindow])
	}
	return NewTelemetry(maps.Clone(g.beats), rates)
}

// NewTelemetry makes a snapshot of what it is given and keeps: the last beat of each node, and the tokens of each of the
// last seconds, oldest first.
func NewTelemetry(beats map[string]Beat, tokens []float64) *Telemetry {
	t := &Telemetry{beats: beats, rates: tokens}
	k := min(rateMean, len(tokens))
	for _, v := range tokens[len(tokens)-k:] {
		t.total += v / float64(k)
	}
	return t
}
