//go:build linux && (amd64 || arm64)

package runner

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strconv"

	"golang.org/x/sys/unix"
)

// bounds are the limits that a process takes upon itself before it becomes bubblewrap. All that comes after has them: what
// counts each process alone. Memory of all together is watched (see lookout).
type bounds struct {
	Data  int64  `json:"data"` // bytes of private memory that one process may write to
	File  int64  `json:"file"` // bytes of one file
	Files uint64 `json:"files"`
	CPU   int64  `json:"cpu"` // seconds of processor time of one process; 0 is none
}

// niceness of jobs: what the owner does goes before.
const niceness = 10

// taskCommand is the second argument of a process that bounds the processes of a box (see limitTasks).
const taskCommand = "tasks"

func setTasks(pid, n int) error {
	return unix.Prlimit(pid, unix.RLIMIT_NPROC, &unix.Rlimit{Cur: uint64(n), Max: uint64(n)}, nil)
}

// taskMain bounds the processes of a box.
func taskMain(args []string) int {
	pid, err1 := strconv.Atoi(args[0])
	n, err2 := strconv.Atoi(args[1])
	if err1 != nil || err2 != nil || pid <= 1 || n < 1 || setTasks(pid, n) != nil {
		return childUsage
	}
	return childDone
}

// boxMain is the process of a box before it is bubblewrap: it drops what it inherited, bounds itself, and becomes the
// program that its arguments name. It returns only if that failed.
func boxMain(args []string) int {
	if len(args) == 5 && args[2] == taskCommand {
		return taskMain(args[3:])
	}
	var b bounds
	if len(args) < 4 || json.Unmarshal([]byte(args[2]), &b) != nil || !isPipe(fdStatus) || !isPipe(fdHold) || !isPipe(fdFilter) {
		fmt.Fprintln(os.Stderr, "voxmesh starts this command itself, to run a job.")
		return childUsage
	}
	closeOthers(fdFilter)
	// Short of memory, the system ends the job before anything of the owner. A system without this is as safe as before.
	_ = os.WriteFile("/proc/self/oom_score_adj", []byte("1000"), 0)
	_ = unix.Setpriority(unix.PRIO_PROCESS, 0, niceness)
	program := filepath.Clean(args[3])
	if err := b.take(); err != nil { // last, so that they bind this process no more than they must
		fmt.Fprintln(os.Stderr, "limits:", err)
		return childUsage
	}
	err := unix.Exec(program, append([]string{"bwrap"}, args[4:]...), []string{})
	fmt.Fprintf(os.Stderr, "%s: %v\n", program, err)
	return childUsage
}

// take sets the limits for good. RLIMIT_DATA is what a process may write to: unlike RLIMIT_AS it leaves alone what
// programs only reserve, which for many is far more than they use.
func (b bounds) take() error {
	limits := map[int]uint64{
		unix.RLIMIT_DATA: uint64(b.Data), unix.RLIMIT_FSIZE: uint64(b.File), unix.RLIMIT_NOFILE: b.Files, unix.RLIMIT_CORE: 0,
	}
	if b.CPU > 0 {
		limits[unix.RLIMIT_CPU] = uint64(b.CPU)
	}
	return setLimits(limits)
}
