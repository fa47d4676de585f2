package donations

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sys/windows"
)

// identity is not told here.
func identity(fs.FileInfo) uint64 { return 0 }

// openNoWait asks for nothing: a path is no pipe here.
const openNoWait = 0

// lockPause is how long a save waits before it asks again whether another one is over.
const lockPause = 5 * time.Millisecond

// writable leaves the answer to the write itself.
func writable(string) bool { return true }

// lock makes saves wait for each other, across processes that share a data folder: folders have no locks here.
func lock(ctx context.Context, data, _ string) (unlock func(), err error) {
	if data == "" {
		return func() {}, nil
	}
	f, err := os.OpenFile(filepath.Join(data, "policy.lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	for {
		err := windows.LockFileEx(windows.Handle(f.Fd()), windows.LOCKFILE_EXCLUSIVE_LOCK|windows.LOCKFILE_FAIL_IMMEDIATELY, 0, 1, 0, &windows.Overlapped{})
		if err == nil {
			return func() { _ = f.Close() }, nil
		}
		if !errors.Is(err, windows.ERROR_LOCK_VIOLATION) {
			_ = f.Close()
			return nil, err
		}
		select {
		case <-time.After(lockPause):
		case <-ctx.Done():
			_ = f.Close()
			return nil, ctx.Err()
		}
	}
}
