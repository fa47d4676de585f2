//go:build linux && (amd64 || arm64)

package runner

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// boxEnd is how a box ended.
type boxEnd struct {
	exit   *int   // of the program; nil: it was not begun, or was killed with its box
	err    error  // no process could be started
	state  string // how the process ended, in the words of the system
	stderr string // the last of what the program, or bubblewrap, complained about
}

// nobody is who a box belongs to where this process runs as root: root itself is bound by no limit of processes, and
// would own what it broke into.
const nobody = 65534

// filesOfBox is how many descriptors each process of a box may have.
const filesOfBox = 256

// burst is how many times what a job may have one process can take before the system refuses: room enough that what
// watches it sees it first, and says so.
const burst = 4

// box runs a program in a box of its own and returns when nothing of it is left. stop ends the run: it is called when the
// job takes more than it may. The thread is held (see processAttributes).
func (c *Command) box(ctx context.Context, stop context.CancelCauseFunc, program string, job CommandJob, in *tapeReader, out io.Writer) boxEnd {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()

	p, err := newBoxPipes()
	if err != nil {
		return boxEnd{err: err}
	}
	defer p.close()
	cmd, err := c.command(ctx, p, program, job)
	if err != nil {
		return boxEnd{err: err}
	}
	var inner inner
	defer inner.close()
	cmd.Cancel = func() error {
		if inner.kill() {
			return nil // bubblewrap sees it, clears it away, and ends
		}
		return killGroup(cmd.Process.Pid)
	}
	complaint := &tail{max: 4 << 10}
	cmd.Stdout, cmd.Stderr = out, complaint
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return boxEnd{err: err}
	}
	if err := cmd.Start(); err != nil {
		_ = stdin.Close()
		return boxEnd{err: err}
	}
	p.handedOver()
	fed := make(chan struct{})
	go func() {
		defer close(fed)
		defer stdin.Close()
		if in != nil {
			_, _ = io.Copy(stdin, in) // a program that ends without reading all its input is no error
		}
	}()
	said := bufio.NewReader(io.LimitReader(p.status, 64<<10))
	leave := c.open(said, p, cmd.Process.Pid, &inner, stop)
	_ = cmd.Wait() // what it says is in the status, the context and the state
	leave()
	if in != nil {
		_ = in.Close()
	}
	<-fed
	return boxEnd{exit: exitOf(said, p.status), state: cmd.ProcessState.String(), stderr: string(complaint.b)}
}

// command is the process that becomes bubblewrap.
func (c *Command) command(ctx context.Context, p *boxPipes, program string, job CommandJob) (*exec.Cmd, error) {
	b := bounds{Data: burst * c.config.MemoryMax, File: c.config.WorkMax, Files: filesOfBox}
	if job.Deadline > 0 {
		b.CPU = (int64(job.Deadline/time.Second) + 1) * int64(runtime.NumCPU())
	}
	limits, err := json.Marshal(b)
	if err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(ctx, c.config.Exe)
	cmd.Args = append([]string{"voxmesh-job", boxCommand, string(limits), c.bwrap}, c.arguments(program, job)...)
	cmd.Args = append(cmd.Args, job.Args...)
	cmd.Env = childEnv()
	cmd.Dir = "/"
	cmd.WaitDelay = waitDelay
	cmd.ExtraFiles = []*os.File{p.childStatus, p.childHold, p.filter} // 3, 4 and 5
	if err := isolate(cmd); err != nil {
		return nil, err
	}
	if os.Geteuid() == 0 {
		cmd.SysProcAttr.Credential = &syscall.Credential{Uid: nobody, Gid: nobody, Groups: groupsOf(job)}
	}
	return cmd, nil
}

// groupsOf are the groups that may use the devices of the job.
func groupsOf(job CommandJob) []uint32 {
	groups := []uint32{}
	if !job.GPU {
		return groups
	}
	for _, path := range cardFiles() {
		var st unix.Stat_t
		if unix.Stat(path, &st) == nil && st.Gid != 0 {
			groups = append(groups, st.Gid)
		}
	}
	return groups
}

// open bounds and watches a box that is made, and lets the program begin. The function that it gives ends all that is in
// the box, and waits until it is gone.
func (c *Command) open(said *bufio.Reader, p *boxPipes, pid int, in *inner, stop context.CancelCauseFunc) (leave func()) {
	init := initOf(said)
	if init == 0 {
		return p.letGo
	}
	if c.started != nil {
		c.started(pid, init)
	}
	in.know(init)
	c.limitTasks(init)
	quit, quiet := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(quiet)
		lookout{init: init, memory: c.config.MemoryMax, tasks: c.config.TaskMax, stop: stop}.until(quit)
	}()
	p.letGo()
	return func() {
		close(quit)
		<-quiet
		in.end()
	}
}

// inner is the first process of a box: with it all others end, and it is the last of them to be gone.
type inner struct {
	mu sync.Mutex
	fd *int
}

func (n *inner) know(pid int) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if fd, err := unix.PidfdOpen(pid, 0); err == nil { // else it is gone, or ends with its parent
		n.fd = &fd
	}
}

// kill reports whether there was something to kill.
func (n *inner) kill() bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.fd != nil && unix.PidfdSendSignal(*n.fd, unix.SIGKILL, nil, 0) == nil
}

// goneFor is how long the processes of a box may take to go when they were killed. One that the system itself holds goes
// later.
const goneFor = 5 * time.Second

// end kills, and waits until all are gone.
func (n *inner) end() {
	if !n.kill() {
		return
	}
	until := time.Now().Add(goneFor)
	for left := goneFor; left > 0; left = time.Until(until) {
		_, err := unix.Poll([]unix.PollFd{{Fd: int32(*n.fd), Events: unix.POLLIN}}, int(left.Milliseconds())+1)
		if !errors.Is(err, unix.EINTR) {
			return
		}
	}
}

func (n *inner) close() {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.fd != nil {
		_ = unix.Close(*n.fd)
		n.fd = nil
	}
}

// taskSpare is what a box may have beyond its limit before the system refuses: what watches it ends it before.
const taskSpare = 64

// limitTasks bounds the processes and threads of a box, whose first process this is. It cannot be done before: a limit
// that is older than the box counts all that its user has. Before Linux 5.14 it always does. Where this fails the watch
// alone bounds them.
func (c *Command) limitTasks(init int) {
	if !countsByNamespace() {
		return
	}
	n := c.config.TaskMax + taskSpare
	if err := setTasks(init, n); !errors.Is(err, unix.EPERM) || os.Geteuid() != 0 {
		return
	}
	// Root may lack the right (CAP_SYS_RESOURCE) that who owns the box needs not.
	cmd := exec.Command(c.config.Exe)
	cmd.Args = []string{"voxmesh-job", boxCommand, taskCommand, strconv.Itoa(init), strconv.Itoa(n)}
	cmd.Env = childEnv()
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}, Pdeathsig: syscall.SIGKILL}
	_ = cmd.Run()
}

func countsByNamespace() bool {
	var u unix.Utsname
	if unix.Uname(&u) != nil {
		return false
	}
	major, minor, digits := 0, 0, unix.ByteSliceToString(u.Release[:])
	for i, n := range []*int{&major, &minor} {
		j := 0
		for j < len(digits) && digits[j] >= '0' && digits[j] <= '9' {
			j++
		}
		*n, _ = strconv.Atoi(digits[:j])
		if i == 0 && j < len(digits) {
			digits = digits[j+1:]
		}
	}
	return major > 5 || major == 5 && minor >= 14
}

// status is one line of what bubblewrap says of a box.
type status struct {
	Child *int `json:"child-pid"`
	Exit  *int `json:"exit-code"`
}

// initOf reads until the box is made and gives its first process; 0: none was made.
func initOf(said *bufio.Reader) int {
	line, err := said.ReadBytes('\n')
	var s status
	if err != nil || json.Unmarshal(line, &s) != nil || s.Child == nil || *s.Child <= 1 {
		return 0
	}
	return *s.Child
}

// exitOf reads how the program ended, of a box that is gone; nil: it did not end itself.
func exitOf(said *bufio.Reader, from *os.File) *int {
	_ = from.SetReadDeadline(time.Now().Add(waitDelay)) // should anything else hold the other end
	for {
		line, err := said.ReadBytes('\n')
		var s status
		if json.Unmarshal(line, &s) == nil && s.Exit != nil {
			return s.Exit
		}
		if err != nil {
			return nil
		}
	}
}

// boxPipes are those beside the standard ones.
type boxPipes struct {
	status, hold                   *os.File // ours
	childStatus, childHold, filter *os.File
}

func newBoxPipes() (*boxPipes, error) {
	p := &boxPipes{}
	var w *os.File
	err := func() (err error) {
		if p.status, p.childStatus, err = os.Pipe(); err != nil {
			return err
		}
		if p.childHold, p.hold, err = os.Pipe(); err != nil {
			return err
		}
		if p.filter, w, err = os.Pipe(); err != nil {
			return err
		}
		_, err = w.Write(boxFilter()) // fits into the pipe's buffer
		return errors.Join(err, w.Close())
	}()
	if err != nil {
		p.close()
		return nil, err
	}
	return p, nil
}

// letGo lets the program begin.
func (p *boxPipes) letGo() {
	_ = p.hold.Close() // closed twice is no harm
}

// handedOver closes our copies of the child's ends, so that its end is seen.
func (p *boxPipes) handedOver() {
	_, _, _ = p.childStatus.Close(), p.childHold.Close(), p.filter.Close()
}

func (p *boxPipes) close() {
	for _, f := range []*os.File{p.status, p.hold, p.childStatus, p.childHold, p.filter} {
		if f != nil {
			_ = f.Close() // closed twice is no harm
		}
	}
}

// tail keeps the last bytes of what is written, and takes all of it.
type tail struct {
	max int
	b   []byte
}

func (t *tail) Write(p []byte) (int, error) {
	n := len(p)
	if len(p) > t.max {
		p = p[len(p)-t.max:]
	}
	t.b = append(t.b, p...)
	if drop := len(t.b) - t.max; drop > 0 {
		t.b = append(t.b[:0], t.b[drop:]...)
	}
	return n, nil
}
