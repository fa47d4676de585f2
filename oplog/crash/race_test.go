//go:build race

package crash

// slow is how much less the short run does: the race detector watches every process that is started.
const slow = 8
