//go:build unix

package sshd

import (
	"fmt"
	"io/fs"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// looseMode reports whether others than the owner have any right.
func looseMode(info fs.FileInfo) bool { return info.Mode().Perm()&0o077 != 0 }

func ownedByUs(info fs.FileInfo) bool {
	st, ok := info.Sys().(*syscall.Stat_t)
	return ok && int(st.Uid) == os.Getuid()
}

// lockFile waits until no other process holds the lock, and gives what lets it go. It is held only while a socket is
// put in its place, which takes about a second at most.
func lockFile(path string) (unlock func(), err error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("lock the local socket: %w", err)
	}
	for {
		err = unix.Flock(int(f.Fd()), unix.LOCK_EX)
		if err != unix.EINTR {
			break
		}
	}
	if err != nil {
		_ = f.Close() // nothing was written
		return nil, fmt.Errorf("lock the local socket: %w", err)
	}
	return func() { _ = f.Close() }, nil // closing lets the lock go; nothing was written
}
