package runner

import (
	"os"
	"syscall"
)

// processAttributes: Pdeathsig ends the child when the thread that started it ends, so that thread has to be held
// (runtime.LockOSThread) until the child is done.
func processAttributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}

// ownBinary names the program that this process runs, also after the file was replaced by an update: parent and child
// speak the same version.
func ownBinary() (string, error) {
	const self = "/proc/self/exe"
	if _, err := os.Stat(self); err == nil {
		return self, nil
	}
	return os.Executable()
}
