package hopper

import (
	"math"
	"math/bits"
	"time"
)

// AgeStep is how much waiting one step of priority is worth.
const AgeStep = 15 * time.Minute

// moveStep is how far before the first, or behind the last, an item goes that is moved there.
const moveStep = int64(time.Second / time.Microsecond)

// Due is where work stands in the order of starting, unix microseconds: the smallest goes first. Each step of priority is
// worth AgeStep of waiting, so that nothing starves, and what a Developer set goes one AgeStep before its equals.
// A priority that was not given counts as Normal.
func Due(r Rank, submitted int64) int64 {
	steps := int64(Urgent - r.Value.in())
	if r.Source == Developer {
		steps--
	}
	return addSat(submitted, steps*AgeStep.Microseconds())
}

// Bound is the longest that work of priority p can be overtaken: what is submitted that much later, or more, starts after
// it, whatever its rank; 2 h 15 min for background. It holds but for what a developer moved by hand.
func Bound(p Priority) time.Duration {
	return time.Duration(Urgent-p.in()+1) * AgeStep
}

// Between is an order in the middle of two others, and false where no number is free between them.
func Between(before, after int64) (int64, bool) {
	if after <= before || uint64(after)-uint64(before) < 2 {
		return before, false
	}
	return before + int64((uint64(after)-uint64(before))/2), true
}

// in gives a priority of the scale: none is Normal, and what is past the end is the end.
func (p Priority) in() Priority {
	if p == 0 {
		return Normal
	}
	return min(p, Urgent)
}

// addSat adds and stays within the numbers there are.
func addSat(a, b int64) int64 {
	sum, carry := bits.Add64(uint64(a)^1<<63, uint64(b), 0)
	switch {
	case b < 0 && carry == 0:
		return math.MinInt64
	case b >= 0 && carry == 1:
		return math.MaxInt64
	}
	return int64(sum ^ 1<<63)
}

// Change decides whether to may replace now, and is nil or vox/hopper/capability-required. Only a Developer, who shows a
// DeveloperOverride to the host, changes what a Developer set; a learning policy does not change what the orchestrator
// set. Each may change what it set itself.
func Change(now, to Rank) error {
	if now == to || !now.Source.Beats(to.Source) {
		return nil
	}
	return capabilityRequired(now, to)
}
