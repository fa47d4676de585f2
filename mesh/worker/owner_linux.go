package worker

import (
	"io/fs"
	"syscall"
	"time"
)

// readTime is when a file was last read: of a terminal, when something that was typed was taken.
func readTime(info fs.FileInfo) (time.Time, bool) {
	st, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return time.Time{}, false
	}
	return time.Unix(int64(st.Atim.Sec), int64(st.Atim.Nsec)), true //nolint:unconvert // 32 bits on some machines
}
