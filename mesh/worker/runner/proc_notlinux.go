//go:build unix && !linux

package runner

import (
	"os"
	"syscall"
)

// processAttributes: no signal on the parent's death exists here; the lifeline pipe does it.
func processAttributes() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }

func ownBinary() (string, error) { return os.Executable() }
