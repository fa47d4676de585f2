//go:build unix

package donations

import (
	"context"
	"errors"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// openNoWait opens a pipe without waiting for somebody to write into it.
const openNoWait = unix.O_NONBLOCK

// lockPause is how long a save waits before it asks again whether another one is over.
const lockPause = 5 * time.Millisecond

// writable reports whether this process may write the file or folder, as the file system says.
func writable(path string) bool {
	err := unix.Faccessat(unix.AT_FDCWD, path, unix.W_OK, unix.AT_EACCESS)
	return !errors.Is(err, unix.EACCES) && !errors.Is(err, unix.EPERM) && !errors.Is(err, unix.EROFS)
}

// lock makes saves in a folder wait for each other, across processes. It is taken on the folder itself, so nothing is
// left in it, not even after a crash. A file system that has no such locks (NFS) goes without: then what guards a file
// is the look at it before the rename.
func lock(ctx context.Context, _, dir string) (unlock func(), err error) {
	d, err := os.Open(dir)
	if err != nil {
		return nil, err
	}
	for {
		err := unix.Flock(int(d.Fd()), unix.LOCK_EX|unix.LOCK_NB)
		if err == nil {
			return func() { _ = d.Close() }, nil
		}
		if !errors.Is(err, unix.EWOULDBLOCK) && !errors.Is(err, unix.EINTR) {
			return func() { _ = d.Close() }, nil
		}
		select {
		case <-time.After(lockPause):
		case <-ctx.Done():
			_ = d.Close()
			return nil, ctx.Err()
		}
	}
}
