package runner

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"time"
)

// waitDelay is how long the pipes of a child that is dead may stay open before they are closed by force.
const waitDelay = 2 * time.Second

// attempt is one child process.
type attempt struct {
	exe     string
	order   order
	in      *tapeReader // nil: no input
	out     io.Writer
	started func(pid int) // for tests; may be nil
}

// ending is how it ended: with a verdict, or without one.
type ending struct {
	verdict *verdict
	err     error  // it could not be started
	state   string // how the process ended, in the words of the system
	stderr  string // the first of what the child itself said, not the job
}

// run starts the child and waits until nothing of it is left. It holds its thread (see processAttributes).
func (a attempt) run(ctx context.Context) ending {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()

	cmd := exec.CommandContext(ctx, a.exe)
	cmd.Args = []string{"voxmesh-job", ChildCommand}
	cmd.Env = childEnv()
	cmd.Dir = "/"
	cmd.WaitDelay = waitDelay
	complaint := &head{max: 4 << 10}
	cmd.Stdout, cmd.Stderr = a.out, complaint
	if err := isolate(cmd); err != nil {
		return ending{err: err}
	}
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return ending{err: err}
	}
	p, err := newPipes(cmd)
	if err != nil {
		_ = stdin.Close()
		return ending{err: err}
	}
	defer p.close()
	if err := cmd.Start(); err != nil {
		return ending{err: err}
	}
	p.handedOver()
	if a.started != nil {
		a.started(cmd.Process.Pid)
	}
	fed := make(chan struct{})
	go func() {
		defer close(fed)
		a.feed(stdin)
	}()
	_ = cmd.Wait() // what it says is in the verdict, the context and the state
	if a.in != nil {
		_ = a.in.Close()
	}
	<-fed
	return ending{verdict: p.read(), state: cmd.ProcessState.String(), stderr: string(complaint.b)}
}

// feed gives the child its order and then its input, until either ends.
func (a attempt) feed(stdin io.WriteCloser) {
	defer stdin.Close()
	if err := writeOrder(stdin, a.order); err != nil || a.in == nil {
		return
	}
	_, _ = io.Copy(stdin, a.in) // a child that ends without reading all its input is no error
}

// pipes are the two beside the standard ones.
type pipes struct {
	verdict, lifeline           *os.File // ours
	childVerdict, childLifeline *os.File
}

func newPipes(cmd *exec.Cmd) (*pipes, error) {
	var p pipes
	var err error
	if p.verdict, p.childVerdict, err = os.Pipe(); err != nil {
		return nil, err
	}
	if p.childLifeline, p.lifeline, err = os.Pipe(); err != nil {
		p.close()
		return nil, err
	}
	cmd.ExtraFiles = []*os.File{p.childVerdict, p.childLifeline} // 3 and 4
	return &p, nil
}

// handedOver closes our copies of the child's ends, so that its end is seen.
func (p *pipes) handedOver() {
	_ = p.childVerdict.Close()
	_ = p.childLifeline.Close()
}

func (p *pipes) close() {
	for _, f := range []*os.File{p.verdict, p.lifeline, p.childVerdict, p.childLifeline} {
		if f != nil {
			_ = f.Close() // closed twice is no harm
		}
	}
}

// read gives the verdict of a child that has ended; it fits into the pipe's buffer, so nobody had to read before.
func (p *pipes) read() *verdict {
	_ = p.verdict.SetReadDeadline(time.Now().Add(waitDelay)) // should anything else hold the other end
	b, err := io.ReadAll(io.LimitReader(p.verdict, verdictMax))
	if err != nil && !errors.Is(err, os.ErrDeadlineExceeded) {
		return nil
	}
	var v verdict
	if json.Unmarshal(b, &v) != nil || v.End == "" {
		return nil
	}
	return &v
}

// ranOut reports whether the child itself died for want of memory.
func (e ending) ranOut() bool {
	return strings.Contains(e.stderr, "out of memory") || strings.Contains(e.stderr, "failed to allocate") ||
		strings.Contains(e.stderr, "cannot allocate memory") ||
		strings.Contains(e.stderr, "too many address space collisions") // the words of a build with the race detector
}
