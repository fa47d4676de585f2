package policy

import (
	"fmt"
	"time"
)

// Activity is what the owner of this machine does with it, apart from the jobs of others. What is not known is -1.
type Activity struct {
	CPUPercent int           // of all cores
	GPUPercent int           // of the busiest card
	Idle       time.Duration // since a key or the mouse was touched
}

// Busy says what the owner is busy with by these thresholds, as in "the owner's programs use 80 % of the processor";
// empty: nothing that was asked for. What is not known, or whose threshold is 0, makes nobody busy. A nil Yield never does.
func (y *Yield) Busy(a Activity) string {
	switch {
	case y == nil:
	case y.CPUPercent > 0 && a.CPUPercent >= y.CPUPercent:
		return fmt.Sprintf("the owner's programs use %d %% of the processor", a.CPUPercent)
	case y.GPUPercent > 0 && a.GPUPercent >= y.GPUPercent:
		return fmt.Sprintf("the owner's programs use %d %% of a graphics card", a.GPUPercent)
	case y.InputSecs > 0 && a.Idle >= 0 && a.Idle < time.Duration(y.InputSecs)*time.Second:
		return fmt.Sprintf("a key or the mouse was touched %v ago", a.Idle.Truncate(time.Second))
	}
	return ""
}
