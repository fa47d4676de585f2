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

// taskSpare is what a box may have beyond its limit before the system refuses, for the same reason.
const taskSpare = 64

// box runs a program in a box of its own and returns when nothing of it is left. stop ends the run: it is called when the
// job takes more than it may.
func (c *Command) box(ctx context.Context, stop context.CancelCauseFunc, program string, job CommandJob, in *tapeReader, out io.Writer) boxEnd {
	p, err := newKeeperPipes()
	if err != nil {
		return boxEnd{err: err}
	}
	defer p.close()
	cmd, err := c.keeper(ctx, p, program, job)
	if err != nil {
		return boxEnd{err: err}
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
	from := bufio.NewReader(io.LimitReader(p.said, 64<<10))
	leave := c.watch(from, cmd.Process.Pid, stop)
	_ = cmd.Wait() // what it says is in what the keeper said, the context and the state
	leave()
	if in != nil {
		_ = in.Close()
	}
	<-fed
	return boxEnd{exit: exitOf(from, p.said), state: cmd.ProcessState.String(), stderr: string(complaint.b)}
}

// keeper is the process that makes and keeps the box. It is told to end it by the end of its lifeline.
func (c *Command) keeper(ctx context.Context, p *keeperPipes, program string, job CommandJob) (*exec.Cmd, error) {
	b := bounds{
		Data: burst * c.config.MemoryMax, File: c.config.WorkMax, Files: filesOfBox, Tasks: int64(c.config.TaskMax + taskSpare),
	}
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
	cmd.WaitDelay = goneFor + waitDelay // then it is killed, and bubblewrap ends the box
	cmd.Cancel = func() error {
		_ = p.lifeline.Close()
		return nil
	}
	cmd.ExtraFiles = []*os.File{p.childSay, p.childLifeline, p.filter} // 3, 4 and 5
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
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

// watch looks after a box from when it is made. The function that it gives ends that, and what should be left of the box
// if its keeper was killed.
func (c *Command) watch(from *bufio.Reader, keeper int, stop context.CancelCauseFunc) (leave func()) {
	init, err := initOf(from)
	if err != nil {
		return func() {}
	}
	if c.started != nil {
		c.started(keeper, init)
	}
	var box inner
	box.know(init)
	quit, quiet := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(quiet)
		lookout{init: init, memory: c.config.MemoryMax, tasks: c.config.TaskMax, stop: stop}.until(quit)
	}()
	return func() {
		close(quit)
		<-quiet
		box.end()
		box.close()
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

// exitOf reads how the program ended, of a box that is gone; nil: it did not end itself.
func exitOf(lines *bufio.Reader, from *os.File) *int {
	_ = from.SetReadDeadline(time.Now().Add(waitDelay)) // should anything else hold the other end
	for {
		line, err := lines.ReadBytes('\n')
		var s said
		if json.Unmarshal(line, &s) == nil && s.Exit != nil {
			return s.Exit
		}
		if err != nil {
			return nil
		}
	}
}

// keeperPipes are those between this process and a keeper, beside the standard ones.
type keeperPipes struct {
	said, lifeline                  *os.File // ours
	childSay, childLifeline, filter *os.File
}

func newKeeperPipes() (*keeperPipes, error) {
	p := &keeperPipes{}
	err := func() (err error) {
		if p.said, p.childSay, err = os.Pipe(); err != nil {
			return err
		}
		if p.childLifeline, p.lifeline, err = os.Pipe(); err != nil {
			return err
		}
		var w *os.File
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

// handedOver closes our copies of the keeper's ends, so that their end is seen.
func (p *keeperPipes) handedOver() {
	_, _, _ = p.childSay.Close(), p.childLifeline.Close(), p.filter.Close()
}

func (p *keeperPipes) close() {
	for _, f := range []*os.File{p.said, p.lifeline, p.childSay, p.childLifeline, p.filter} {
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
