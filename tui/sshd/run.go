package sshd

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	gossh "golang.org/x/crypto/ssh"

	"voxmesh/mesh/clean"
	"voxmesh/mesh/fault"
)

// interruptWait is how long a command that was told to stop has to say how it ended.
const interruptWait = 2 * time.Second

// RunOptions say what to run and with what.
type RunOptions struct {
	Args   []string // any bytes but NUL; none opens the console, which needs PTY
	Env    []string // "NAME=value"; only what a session may have is sent, so os.Environ() will do
	Stdin  io.Reader
	Stdout io.Writer
	Stderr io.Writer // unused with PTY: there both outputs are Stdout

	PTY     bool
	Term    string
	Size    func() (w, h int) // of the terminal, in cells; nil means 80×24
	Resized <-chan struct{}   // tells that Size has changed; may be nil
}

// Run runs a command in the host and gives its exit status. Stdin may be nil for none; a Read of it that never returns
// outlives Run. If reading Stdin fails, the command does not see an end of input but is ended, and the error is given;
// so it is if Stdout or Stderr cannot be written.
//
// When ctx ends the command is sent an interrupt and has 2 s to end: Run then gives its exit status and no error, or
// else 130 and an error that wraps context.Cause(ctx). Errors: vox/host/busy when the host has too many sessions,
// vox/host/gone when it ended before the command did, vox/cli/usage for a NUL in an argument.
func (c *Client) Run(ctx context.Context, o RunOptions) (exit int, err error) {
	for _, a := range o.Args {
		if strings.IndexByte(a, 0) >= 0 {
			return 2, fault.New("vox/cli/usage", "an argument holds a NUL byte").WithHint("pass such data on standard input")
		}
	}
	sess, err := c.conn.NewSession()
	if err != nil {
		return 1, openError(err)
	}
	// In a goroutine, as a host that hangs may not take it. The host has closed it already where all went well.
	defer func() { go sess.Close() }()
	r := &run{sess: sess, opts: o}
	ctx, r.fail = context.WithCancelCause(ctx)
	defer r.fail(nil)
	if err := r.start(); err != nil {
		return 1, err
	}
	go r.resizes(ctx)
	return r.wait(ctx)
}

func openError(err error) error {
	var refused *gossh.OpenChannelError
	if !errors.As(err, &refused) {
		return hostGone(err)
	}
	why := clean.Max(refused.Message, 200)
	if refused.Reason == gossh.ResourceShortage {
		return fault.New("vox/host/busy", "the host takes no more sessions: %s", why).WithHint("try again when some have ended")
	}
	return fault.New("vox/host/refused", "the host refused the session: %s", why)
}

func hostGone(err error) error {
	return fault.New("vox/host/gone", "the host is gone").Wrap(err).
		WithHint("start it again with `voxmesh serve`; jobs that were running go on or are given again")
}

// run is one command under way.
type run struct {
	sess *gossh.Session
	opts RunOptions
	fail context.CancelCauseFunc

	mu       sync.Mutex
	failure  error // of our own streams, the first
	sizeSent [2]int
}

// broken notes that one of our own streams failed, and ends the command.
func (r *run) broken(err error) {
	r.mu.Lock()
	if r.failure == nil {
		r.failure = err
	}
	r.mu.Unlock()
	r.fail(err)
}

// start asks for what the session needs and starts the command.
func (r *run) start() error {
	for _, kv := range r.opts.Env {
		name, value, _ := strings.Cut(kv, "=")
		if _, ok := setEnv(nil, name, value); !ok {
			continue
		}
		payload := gossh.Marshal(&struct{ Name, Value string }{name, value})
		if _, err := r.sess.SendRequest("env", false, payload); err != nil {
			return hostGone(err)
		}
	}
	if r.opts.PTY {
		w, h := r.size()
		if err := r.sess.RequestPty(safeTerm(r.opts.Term), h, w, gossh.TerminalModes{}); err != nil {
			return hostGone(err)
		}
	}
	r.sess.Stdout = &output{r: r, w: r.opts.Stdout}
	r.sess.Stderr = &output{r: r, w: r.opts.Stderr}
	stdin, err := r.sess.StdinPipe()
	if err != nil {
		return fmt.Errorf("run: %w", err)
	}
	if err := r.command(); errors.Is(err, io.EOF) {
		return hostGone(err)
	} else if err != nil { // not wrapped: the library's error repeats the whole command
		return fault.New("vox/host/refused", "the host did not take the command").WithHint("it may be too long (%d MiB at most)", maxCommand>>20)
	}
	go r.feed(stdin)
	return nil
}

// command sends the command line, in pieces where it is long.
func (r *run) command() error {
	if len(r.opts.Args) == 0 {
		return r.sess.Shell()
	}
	line := Quote(r.opts.Args)
	for len(line) > maxRequest {
		payload := gossh.Marshal(&struct{ Command string }{line[:maxRequest]})
		ok, err := r.sess.SendRequest(partRequest, true, payload)
		if err == nil && !ok {
			err = errors.New("the command line is too long")
		}
		if err != nil {
			return err
		}
		line = line[maxRequest:]
	}
	return r.sess.Start(line)
}

// feed sends standard input. Its end is told only when it is one.
func (r *run) feed(to io.WriteCloser) {
	if r.opts.Stdin != nil {
		src := &input{r: r.opts.Stdin}
		if _, err := io.Copy(to, src); err != nil {
			if src.err != nil {
				r.broken(fmt.Errorf("read standard input: %w", src.err))
			}
			return // the command has ended, and wait says how
		}
	}
	_ = to.Close() // fails only where the command has ended
}

// input keeps the error of reading, apart from that of sending.
type input struct {
	r   io.Reader
	err error
}

func (i *input) Read(p []byte) (int, error) {
	n, err := i.r.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		i.err = err
	}
	return n, err
}

// output writes what the command writes. After a failure it takes and drops the rest, so that the exit status, which
// comes last, is not held up.
type output struct {
	r      *run
	w      io.Writer
	failed bool
}

func (o *output) Write(p []byte) (int, error) {
	if o.w == nil || o.failed {
		return len(p), nil
	}
	if _, err := o.w.Write(p); err != nil {
		o.failed = true
		o.r.broken(fmt.Errorf("write the output: %w", err))
	}
	return len(p), nil
}

func (r *run) size() (w, h int) {
	if r.opts.Size != nil {
		w, h = r.opts.Size()
	}
	s := clampSize(uint32(max(w, 0)), uint32(max(h, 0)))
	r.sizeSent = [2]int{s.Width, s.Height}
	return s.Width, s.Height
}

// resizes tells the host of new sizes until ctx ends.
func (r *run) resizes(ctx context.Context) {
	if !r.opts.PTY || r.opts.Resized == nil {
		return
	}
	for {
		select {
		case <-ctx.Done():
			return
		case _, ok := <-r.opts.Resized:
			if !ok {
				return
			}
			old := r.sizeSent
			if w, h := r.size(); r.sizeSent != old {
				_ = r.sess.WindowChange(h, w) // wait sees when the host is gone
			}
		}
	}
}

// wait waits for the command's end, or brings it about when ctx ends.
func (r *run) wait(ctx context.Context) (int, error) {
	done := make(chan error, 1)
	go func() { done <- r.sess.Wait() }()
	select {
	case err := <-done:
		return r.result(err)
	case <-ctx.Done():
	}
	go r.sess.Signal(gossh.SIGINT) // if the host is gone, done tells; if it hangs, this does too
	select {
	case err := <-done:
		return r.result(err)
	case <-time.After(interruptWait):
	}
	cause := context.Cause(ctx)
	return 130, fault.New("vox/host/interrupted", "the command was told to stop and did not within %v", interruptWait).Wrap(cause).
		WithHint("it may go on in the host")
}

func (r *run) result(err error) (int, error) {
	r.mu.Lock()
	failure := r.failure
	r.mu.Unlock()
	var status *gossh.ExitError
	switch {
	case err == nil:
		return 0, failure
	case errors.As(err, &status):
		return status.ExitStatus(), failure
	case failure != nil:
		return 1, failure
	}
	return 1, hostGone(err)
}
