package oplog

import (
	"context"
	"time"
)

// TrimOptions say what Trim may take out of a log.
type TrimOptions struct {
	Before   int64     // microseconds: ops with a time before it may go
	KeepFrom uint64    // this op and all after it stay; 0: no bound
	Names    []string  // ops under these index names stay readable through Indexed
	Archive  string    // the file that takes the ops; it must not exist
	Now      time.Time // when this happens
}

// Trimmed is what Trim did.
type Trimmed struct {
	Base                    uint64 // the last op that is not in the log any more; 0 if none ever went
	Archived                uint64 // ops that went into the archive
	Kept                    uint64 // of these, the ops that stay readable by name
	Archive                 string // the archive; empty where nothing could go
	BytesBefore, BytesAfter int64  // of the log
}

// Trim moves the oldest ops of the log in dir into an archive. Nobody else may have the log open.
func Trim[S any](ctx context.Context, dir string, p Projection[S], o TrimOptions, progress func(done, total uint64)) (Trimmed, error) {
	return Trimmed{}, &Error{Code: CodeIO, Text: "trim is not built yet"}
}
