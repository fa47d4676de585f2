//go:build !unix

package sshd

import "os"

func endSignals() []os.Signal { return []os.Signal{os.Interrupt} }

// watchResize never tells: there is no signal for it here.
func watchResize() (resized <-chan struct{}, stop func()) { return nil, func() {} }

// keys reads a terminal. A read that is under way when the console ends takes one more key with it.
type keys struct{ *os.File }

func newKeys(tty *os.File) (keys, error) { return keys{tty}, nil }

// Close leaves the terminal open: it is the caller's.
func (keys) Close() {}
