//go:build race

package runner

// shadow is how many times more address space a process takes under the race detector, which keeps several bytes of its
// own for each.
const shadow = 8

// childEnv: the race detector sleeps for a second at each end of a process, unless told otherwise.
func childEnv() []string { return []string{"GORACE=atexit_sleep_ms=0"} }
