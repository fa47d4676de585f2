//go:build unix

package oplog

import (
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// lockStep is how often a held lock is tried again, as bbolt does.
const lockStep = 25 * time.Millisecond

// lockFile takes the lock of f's open file, as bbolt does, and waits for it until deadline. Closing f releases it.
func lockFile(f *os.File, exclusive bool, deadline time.Time) error {
	how := unix.LOCK_SH
	if exclusive {
		how = unix.LOCK_EX
	}
	for {
		err := unix.Flock(int(f.Fd()), how|unix.LOCK_NB)
		if err == nil || err != unix.EWOULDBLOCK && err != unix.EINTR {
			return err
		}
		if !time.Now().Before(deadline) {
			return err
		}
		time.Sleep(lockStep)
	}
}
