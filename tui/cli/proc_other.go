//go:build !unix

package cli

import "syscall"

// ownGroup asks for nothing where there are no process groups.
func ownGroup() *syscall.SysProcAttr { return nil }
