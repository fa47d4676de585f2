//go:build !linux

package oplog

import "testing"

// dropCache needs Linux.
func dropCache(tb testing.TB, _ string) {
	tb.Helper()
	tb.Skip("SKIPPED: a file is taken out of memory on Linux alone")
}
