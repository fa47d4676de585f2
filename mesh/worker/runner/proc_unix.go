//go:build unix

package runner

import (
	"errors"
	"os"
	"os/exec"

	"golang.org/x/sys/unix"
)

// isolate makes the command the leader of a process group of its own that one signal ends.
func isolate(cmd *exec.Cmd) error {
	cmd.SysProcAttr = processAttributes()
	cmd.Cancel = func() error { return killGroup(cmd.Process.Pid) }
	return nil
}

// killGroup ends every process of the group.
func killGroup(pgid int) error {
	err := unix.Kill(-pgid, unix.SIGKILL)
	if errors.Is(err, unix.ESRCH) {
		return os.ErrProcessDone
	}
	return err
}

// isPipe reports whether the descriptor is open and a pipe.
func isPipe(fd int) bool {
	var st unix.Stat_t
	return unix.Fstat(fd, &st) == nil && uint32(st.Mode)&unix.S_IFMT == unix.S_IFIFO
}
