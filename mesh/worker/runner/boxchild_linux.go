//go:build linux && (amd64 || arm64)

package runner

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"syscall"

	"golang.org/x/sys/unix"
)

// A keeper is the process between this one and a box. Bubblewrap ends a box with its parent, but for some moments at the
// start; the keeper always does: it ends the box, and waits until that is gone, when its lifeline ends, and so with the
// process that started it, however that ended.
//
// It says two things on descriptor 3, each as a line: that the box is made, and how its program ended. Descriptor 4 is
// its lifeline, 5 the filter.

// bounds are the limits of each process of a box. Memory of all together is watched (see lookout).
type bounds struct {
	Data  int64 `json:"data"`  // bytes of private memory that one process may write to
	File  int64 `json:"file"`  // bytes of one file
	Files int64 `json:"files"` // descriptors
	CPU   int64 `json:"cpu"`   // seconds of processor time of one process; 0 is none
	Tasks int64 `json:"tasks"` // processes and threads of the box
}

// said is what a keeper says, and bubblewrap to it.
type said struct {
	Child *int `json:"child-pid,omitempty"` // the first process of the box
	Exit  *int `json:"exit-code,omitempty"` // of the program
}

// niceness of jobs: what the owner does goes before.
const niceness = 10

// signalsMax is how many signals and timers of a job may be pending.
const signalsMax = 1024

// boxMain is the keeper of one box: its arguments are the bounds, the path of bubblewrap, and the arguments of that.
func boxMain(args []string) int {
	var b bounds
	if len(args) < 4 || json.Unmarshal([]byte(args[2]), &b) != nil || !isPipe(fdSay) || !isPipe(fdLifeline) || !isPipe(fdFilter) {
		fmt.Fprintln(os.Stderr, "voxmesh starts this command itself, to run a job.")
		return childUsage
	}
	closeOthers(fdFilter)
	// Short of memory, the system ends the job before anything of the owner. A system without this is as safe as before.
	_ = os.WriteFile("/proc/self/oom_score_adj", []byte("1000"), 0)
	_ = unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) // else the system clears away what is left of a box
	runtime.LockOSThread()                                  // bubblewrap ends with the thread that started it

	say := os.NewFile(fdSay, "say")
	if err := keep(b, filepath.Clean(args[3]), args[4:], say, os.NewFile(fdLifeline, "lifeline")); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return childUsage
	}
	return childDone
}

// keep makes a box and stays until it is gone.
func keep(b bounds, program string, args []string, say io.Writer, lifeline io.Reader) error {
	p, err := newBoxPipes()
	if err != nil {
		return err
	}
	defer p.close()
	cmd := exec.Command(program, args...)
	cmd.Args[0] = "bwrap"
	cmd.Env = []string{}
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	filter := os.NewFile(fdFilter, "filter")
	cmd.ExtraFiles = []*os.File{p.childStatus, p.childHold, filter} // 3, 4 and 5
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := cmd.Start(); err != nil {
		return err
	}
	p.handedOver()
	_, _, _ = filter.Close(), os.Stdin.Close(), os.Stdout.Close() // so that their ends are those of the program

	status := bufio.NewReader(io.LimitReader(p.status, 64<<10))
	init, err := initOf(status)
	if err != nil {
		return errors.Join(cmd.Wait(), err)
	}
	var box inner
	defer box.close()
	box.know(init)
	go func() {
		_, _ = io.Copy(io.Discard, lifeline)
		box.kill()
	}()
	if err := b.lay(init); err != nil {
		box.kill()
		_ = cmd.Wait()
		return fmt.Errorf("limits: %w", err)
	}
	line := json.NewEncoder(say)
	if line.Encode(said{Child: &init}) != nil {
		box.kill() // nobody listens any more
	} else {
		_ = p.hold.Close() // the program begins
	}
	_ = cmd.Wait() // how it ended is in the status
	box.end()
	_, _ = unix.Wait4(init, nil, unix.WNOHANG, nil) // mostly bubblewrap did
	if exit := exitOf(status, p.status); exit != nil {
		return line.Encode(said{Exit: exit})
	}
	return nil
}

// lay puts the limits on the first process of a box, from which all others have them. It is done from outside because a
// limit of processes that is older than the box counts all that its user has; before Linux 5.14 it always does, and the
// lookout alone counts. RLIMIT_DATA is what a process may write to: unlike RLIMIT_AS it leaves alone what programs only
// reserve, which for many is far more than they use.
func (b bounds) lay(init int) error {
	limits := map[int]int64{
		unix.RLIMIT_DATA: b.Data, unix.RLIMIT_FSIZE: b.File, unix.RLIMIT_NOFILE: b.Files, unix.RLIMIT_CORE: 0,
		unix.RLIMIT_SIGPENDING: signalsMax, unix.RLIMIT_MSGQUEUE: 0, // the owner's programs draw on the same
	}
	if b.CPU > 0 {
		limits[unix.RLIMIT_CPU] = b.CPU
	}
	if err := unix.Setpriority(unix.PRIO_PROCESS, init, niceness); err != nil {
		return err
	}
	if countsByNamespace() {
		limits[unix.RLIMIT_NPROC] = b.Tasks
	}
	for which, n := range limits {
		var now unix.Rlimit
		if err := unix.Prlimit(init, which, nil, &now); err != nil {
			return fmt.Errorf("%d: %w", which, err)
		}
		most := min(uint64(n), now.Max)
		if err := unix.Prlimit(init, which, &unix.Rlimit{Cur: most, Max: most}, nil); err != nil {
			return fmt.Errorf("%d: %w", which, err)
		}
	}
	return nil
}

// countsByNamespace reports whether the limit of processes counts those of a box alone: so since Linux 5.14.
func countsByNamespace() bool {
	var u unix.Utsname
	if unix.Uname(&u) != nil {
		return false
	}
	var n [2]int
	rest := unix.ByteSliceToString(u.Release[:])
	for i := range n {
		j := 0
		for j < len(rest) && rest[j] >= '0' && rest[j] <= '9' {
			j++
		}
		n[i], _ = strconv.Atoi(rest[:j])
		rest = rest[min(j+1, len(rest)):]
	}
	return n[0] > 5 || n[0] == 5 && n[1] >= 14
}

// initOf reads until the box is made and gives its first process.
func initOf(from *bufio.Reader) (int, error) {
	line, err := from.ReadBytes('\n')
	var s said
	if err != nil || json.Unmarshal(line, &s) != nil || s.Child == nil || *s.Child <= 1 {
		return 0, errors.New("no box was made")
	}
	return *s.Child, nil
}

// boxPipes are those between a keeper and bubblewrap.
type boxPipes struct {
	status, hold           *os.File // the keeper's
	childStatus, childHold *os.File
}

func newBoxPipes() (*boxPipes, error) {
	var p boxPipes
	var err error
	if p.status, p.childStatus, err = os.Pipe(); err != nil {
		return nil, err
	}
	if p.childHold, p.hold, err = os.Pipe(); err != nil {
		p.close()
		return nil, err
	}
	return &p, nil
}

// handedOver closes the keeper's copies of the other ends, so that their end is seen.
func (p *boxPipes) handedOver() {
	_, _ = p.childStatus.Close(), p.childHold.Close()
}

func (p *boxPipes) close() {
	for _, f := range []*os.File{p.status, p.hold, p.childStatus, p.childHold} {
		if f != nil {
			_ = f.Close() // closed twice is no harm
		}
	}
}
