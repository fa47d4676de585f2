package mesh

import (
	"math"
	"math/bits"
	"time"
)

// Prices are what work costs on a machine that is not the host and that asks for nothing else, in micro-USD. They are
// rough figures for power and wear, there to make the gauges mean something between friends: a GPU hour at $0.40, a CPU
// hour at $0.04, a million tokens of text at $0.20, of embedding at $0.02.
type Prices struct {
	GPUHour       int64
	CPUHour       int64
	TextMTok      int64 // a million tokens
	EmbedMTok     int64
	LeastPerJob   int64
	HostIsForFree bool
}

// DefaultPrices are the prices of a mesh that set none.
func DefaultPrices() Prices {
	return Prices{
		GPUHour: 400_000, CPUHour: 40_000, TextMTok: 200_000, EmbedMTok: 20_000, LeastPerJob: 1, HostIsForFree: true,
	}
}

// Cost is what a job cost on a node: by its time for gpu and cpu work, by its tokens for text and embed, at the node's
// own price where it asks for one. It is rounded up to a whole micro-USD, and at least LeastPerJob, so that "no paid
// work" at a cap of 0 means no work of others' machines at all; what a node gives for nothing costs nothing.
func (p Prices) Cost(n *Node, kind string, d time.Duration, tokens int64) int64 {
	if n == nil || n.Host && p.HostIsForFree {
		return 0
	}
	price, amount, unit := p.CPUHour, int64(d), int64(time.Hour)
	switch kind {
	case "gpu":
		price = p.GPUHour
	case "text":
		price, amount, unit = p.TextMTok, tokens, 1_000_000
	case "embed":
		price, amount, unit = p.EmbedMTok, tokens, 1_000_000
	}
	own := n.asks(kind)
	if own != nil {
		price = *own
	}
	if own != nil && price <= 0 {
		return 0
	}
	return max(timesUp(price, amount, unit), p.LeastPerJob)
}

// timesUp is price × amount ÷ unit, rounded up; what no int64 holds is the largest one.
func timesUp(price, amount, unit int64) int64 {
	if price <= 0 || amount <= 0 {
		return 0
	}
	hi, lo := bits.Mul64(uint64(price), uint64(amount))
	if hi >= uint64(unit) {
		return math.MaxInt64
	}
	q, rest := bits.Div64(hi, lo, uint64(unit))
	switch {
	case q >= math.MaxInt64:
		return math.MaxInt64
	case rest > 0:
		q++
	}
	return int64(q)
}

// asks is the node's own price for work of the kind, in micro-USD an hour or a million tokens; nil: it names none.
func (n *Node) asks(kind string) *int64 {
	for _, p := range n.Prices {
		if p.Kind != kind {
			continue
		}
		if kind == "text" || kind == "embed" {
			return p.PerMTok
		}
		return p.PerHour
	}
	return nil
}

// free reports whether the node gives work of the kind for nothing.
func (n *Node) free(kind string) bool {
	own := n.asks(kind)
	return own != nil && *own <= 0
}
