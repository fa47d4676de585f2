package mesh

import (
	"context"
	"time"

	"voxmesh/oplog"
)

// TrimLog is a stub.
func TrimLog(ctx context.Context, dir string, before time.Time, archive string, progress func(done, total uint64)) (oplog.Trimmed, error) {
	return oplog.Trim(ctx, dir, Projection{}, oplog.TrimOptions{Before: before.UnixMicro(), Archive: archive, Now: time.Now(), Names: []string{IndexAudit}}, progress)
}

// CompactLog is a stub.
func CompactLog(ctx context.Context, dir string, progress func(done, total uint64)) (oplog.Compacted, error) {
	return oplog.Compact(ctx, dir, Projection{}, time.Now(), progress)
}
