//go:build unix

package worker

import (
	"errors"
	"os"
	"syscall"
)

// lockFile takes the file for this process; the lock ends with it. False when another has it.
func lockFile(f *os.File) (bool, error) {
	err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		return false, nil
	}
	return err == nil, err
}
