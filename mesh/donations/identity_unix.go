//go:build unix

package donations

import (
	"io/fs"
	"syscall"
)

// identity tells files apart that look alike.
func identity(info fs.FileInfo) uint64 {
	if st, ok := info.Sys().(*syscall.Stat_t); ok {
		return uint64(st.Ino)
	}
	return 0
}
