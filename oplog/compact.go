package oplog

import (
	"context"
	"time"
)

// Compacted is what Compact did.
type Compacted struct {
	Ops                     uint64 // that are in the log
	BytesBefore, BytesAfter int64  // of the file
}

// Compact writes the log in dir anew without free space. Nobody else may have the log open.
func Compact[S any](ctx context.Context, dir string, p Projection[S], now time.Time, progress func(done, total uint64)) (Compacted, error) {
	return Compacted{}, &Error{Code: CodeIO, Text: "compact is not built yet"}
}
