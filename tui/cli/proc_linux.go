package cli

import "syscall"

// ownGroup puts a child into a process group of its own and has the kernel end it when its parent dies.
func ownGroup() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGTERM}
}
