//go:build !unix

package oplog

import (
	"os"
	"time"
)

// lockFile does nothing where there is no flock: bbolt's own lock is the one that counts.
func lockFile(*os.File, bool, time.Time) error { return nil }
