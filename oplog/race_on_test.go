//go:build race

package oplog

// slow is by how much the race detector may slow a test down.
const slow = 10
