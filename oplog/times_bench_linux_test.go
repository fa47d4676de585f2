package oplog

import (
	"os"
	"testing"

	"golang.org/x/sys/unix"
)

// dropCache takes a file out of the memory of the system, but for what is mapped and was touched.
func dropCache(tb testing.TB, path string) {
	tb.Helper()
	f, err := os.Open(path)
	if err == nil {
		err = f.Sync()
	}
	if err == nil {
		err = unix.Fadvise(int(f.Fd()), 0, 0, unix.FADV_DONTNEED)
	}
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	if err != nil {
		tb.Fatal(err)
	}
}
