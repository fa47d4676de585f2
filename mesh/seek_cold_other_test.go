//go:build !linux

package mesh_test

import (
	"context"
	"time"
)

// coldSeeks does nothing where no call takes a file out of the page cache.
func (r *seekResult) coldSeeks(context.Context, *peers) error { return nil }

// cpuTime is not asked for.
func cpuTime() time.Duration { return 0 }
