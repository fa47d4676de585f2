//go:build unix

package sshd

import (
	"errors"
	"io"
	"os"
	"os/signal"
	"sync"
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
	stop *os.File // its closing makes wake readable

	mu   sync.Mutex // held while reading
	wake *os.File   // nil once closed
}

func newKeys(tty *os.File) (*keys, error) {
	r, w, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	return &keys{tty: tty, wake: r, stop: w}, nil
}

func (k *keys) Read(p []byte) (int, error) {
	k.mu.Lock()
	if k.wake == nil {
		k.mu.Unlock()
		return 0, io.EOF
	}
	fds := []unix.PollFd{
		{Fd: int32(k.tty.Fd()), Events: unix.POLLIN},
		{Fd: int32(k.wake.Fd()), Events: unix.POLLIN},
	}
	_, err := unix.Poll(fds, -1)
	for errors.Is(err, unix.EINTR) {
		_, err = unix.Poll(fds, -1)
	}
	if fds[0].Revents&unix.POLLNVAL != 0 && fds[1].Revents == 0 {
		k.mu.Unlock() // poll does not know terminals here (macOS): this read cannot be stopped
		return k.tty.Read(p)
	}
	defer k.mu.Unlock()
	switch {
	case err != nil:
		return 0, err
	case fds[1].Revents != 0:
		return 0, io.EOF
	}
	return k.tty.Read(p)
}

// Close stops a Read that is under way, and returns when it has ended.
func (k *keys) Close() {
	_ = k.stop.Close() // nothing was written
	k.mu.Lock()
	defer k.mu.Unlock()
	_ = k.wake.Close() // nothing was written
	k.wake = nil
}
