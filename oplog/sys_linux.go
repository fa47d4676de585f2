package oplog

import (
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// willNeed asks the kernel to read a range of f ahead: bbolt's mapping is advised as random, so a cold replay would fault
// in one page at a time. It is only advice.
func willNeed(f *os.File, off, n int64) {
	if c, err := f.SyscallConn(); err == nil {
		_ = c.Control(func(fd uintptr) { _ = unix.Fadvise(int(fd), off, n, unix.FADV_WILLNEED) })
	}
}

// limitMemory bounds what this process may map beyond what it has mapped, for good.
func limitMemory(n uint64) {
	b, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		return
	}
	pages, _, _ := strings.Cut(string(b), " ")
	has, err := strconv.ParseUint(pages, 10, 64)
	var now unix.Rlimit
	if err != nil || unix.Getrlimit(unix.RLIMIT_AS, &now) != nil {
		return
	}
	n = min(n+has*uint64(os.Getpagesize()), now.Max)
	_ = unix.Setrlimit(unix.RLIMIT_AS, &unix.Rlimit{Cur: n, Max: now.Max})
}

// allocatesLate says whether a write to where f has no blocks yet makes its next sync much slower. It was measured on ext4.
func allocatesLate(f *os.File) bool {
	late := false
	if c, err := f.SyscallConn(); err == nil {
		_ = c.Control(func(fd uintptr) {
			var st unix.Statfs_t
			late = unix.Fstatfs(int(fd), &st) == nil && int64(st.Type) == unix.EXT4_SUPER_MAGIC
		})
	}
	return late
}
