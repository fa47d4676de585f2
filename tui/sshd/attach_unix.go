//go:build unix

package sshd

import (
	"errors"
	"io"
	"os"
	"os/signal"
	"syscall"

	"golang.org/x/sys/unix"
)

func endSignals() []os.Signal {
	return []os.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP}
}

// watchResize tells of changes of the terminal's size, without saying which.
func watchResize() (resized <-chan struct{}, stop func()) {
	sig := make(chan os.Signal, 1)
	out := make(chan struct{}, 1)
	end := make(chan struct{})
	ended := make(chan struct{})
	signal.Notify(sig, syscall.SIGWINCH)
	go func() {
		defer close(ended)
		for {
			select {
			case <-end:
				return
			case <-sig:
				select {
				case out <- struct{}{}:
				default: // one is waiting already
				}
			}
		}
	}()
	return out, func() { signal.Stop(sig); close(end); <-ended }
}

// keys reads a terminal and can be stopped in the middle of it, so that no read stays behind to swallow the first key
// that is meant for whoever has the terminal next.
type keys struct {
	tty  *os.File
	wake *os.File // readable once stopped
	stop *os.File
}

func newKeys(tty *os.File) (*keys, error) {
	r, w, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	return &keys{tty: tty, wake: r, stop: w}, nil
}

func (k *keys) Read(p []byte) (int, error) {
	fds := []unix.PollFd{
		{Fd: int32(k.tty.Fd()), Events: unix.POLLIN},
		{Fd: int32(k.wake.Fd()), Events: unix.POLLIN},
	}
	for {
		_, err := unix.Poll(fds, -1)
		switch {
		case errors.Is(err, unix.EINTR):
			continue
		case err != nil:
			return 0, err
		case fds[1].Revents != 0:
			return 0, io.EOF
		}
		// Also where poll does not know terminals (POLLNVAL, macOS): then Read waits and cannot be stopped.
		return k.tty.Read(p)
	}
}

// Close stops a Read that is under way. The pipe's reading end is left to the garbage collector, as that Read may still
// look at it.
func (k *keys) Close() { _ = k.stop.Close() } // nothing was written
