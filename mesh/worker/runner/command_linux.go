//go:build linux && (amd64 || arm64)

package runner

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"voxmesh/mesh/fault"
)

// Command runs programs of this machine, each in a box of its own made by bubblewrap. A program in a box sees /usr, and
// nothing else of this machine: no home, no settings, no other process, no network, not even loopback; it has an empty
// folder, /work, that lies in memory and goes with it. What it may take is bounded (see CommandConfig), and when it ends,
// all that it started ends. Where a box cannot be made, nothing is run.
//
// Standard output is the job's output. Of standard error the end is kept, for the sentence of a job that failed.
//
// Any number of runs may go on at once.
type Command struct {
	config  CommandConfig
	bwrap   string              // found in folders; empty: not installed
	folders []string            // where programs are looked up, in this order
	roots   []root              // what of this machine is in a box
	started func(pid, init int) // for tests

	mu    sync.Mutex
	tried time.Time // when a box was last tried; zero: never
	fault error     // what came of it
}

// retryAfter is how long a machine that could make no box is not tried again: somebody may have installed bubblewrap.
const retryAfter = 30 * time.Second

// tryFor is how long an attempt to make a box may take.
const tryFor = 10 * time.Second

// NewCommand makes a runner. Whether it can run anything is for Ready to say. Error: vox/run/start.
func NewCommand(config CommandConfig) (*Command, error) {
	config, err := config.withDefaults()
	if err != nil {
		return nil, err
	}
	c := &Command{config: config, folders: []string{"/usr/local/bin", "/usr/bin", "/bin"}, roots: roots()}
	return c, nil
}

// Ready says why the program cannot be run here, or gives nil. Codes: vox/run/no-sandbox, vox/run/no-command. The first
// call makes a box to see whether that works, in some 50 ms; where it does not, that is tried again after 30 s.
func (c *Command) Ready(ctx context.Context, name string) error {
	if err := c.boxes(ctx); err != nil {
		return err
	}
	_, err := c.find(name)
	return err
}

// boxes says why no box can be made here, or gives nil.
func (c *Command) boxes(ctx context.Context) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.tried.IsZero() && (c.fault == nil || time.Since(c.tried) < retryAfter) {
		return c.fault
	}
	err := c.try(ctx)
	if ctx.Err() != nil && err != nil {
		return fault.New(CodeNoSandbox, "command jobs cannot be run here yet: bubblewrap is still being tried").WithHint("wait a moment")
	}
	c.tried, c.fault = time.Now(), err
	return err
}

// try runs `true` in a box, with all that a job's box has.
func (c *Command) try(ctx context.Context) error {
	no := func(hint, format string, args ...any) error {
		return fault.New(CodeNoSandbox, "command jobs cannot be run here: %s", sentence(format, args...)).WithHint("%s", hint)
	}
	const install = "install bubblewrap, as in: sudo apt install bubblewrap"
	if c.bwrap == "" {
		path, err := c.find("bwrap")
		if err != nil {
			return no(install, "bubblewrap (the program bwrap) is not installed")
		}
		c.bwrap = path
	}
	for _, dir := range append([]string{"/home", "/root"}, c.config.Private...) {
		if r := c.covers(dir); r != "" {
			return no("move "+dir+", or leave commands out of donations.vox", "a private folder lies in %s, which every program would see", r)
		}
	}
	if err := watchable(); err != nil {
		return no("leave commands out of donations.vox", "what a job takes cannot be watched: %v", err)
	}
	path, err := c.find("true")
	if err != nil {
		return no(install, "there is no program true to try it with")
	}
	ctx, cancel := within(ctx, tryFor)
	defer cancel(nil)
	end := c.box(ctx, cancel, path, CommandJob{}, nil, io.Discard)
	switch {
	case end.exit != nil && *end.exit == 0:
		return nil
	case end.err != nil:
		return no("look at this machine: processes, memory, permissions", "no process can be started: %v", end.err)
	case ctx.Err() != nil:
		return no(install, "bubblewrap did not answer within %v", tryFor)
	}
	return no("bubblewrap 0.7 or newer has to be able to make user namespaces: see \"Command jobs\" in docs/operations.md",
		"bubblewrap cannot make a box: %s", or(lastLines(end.stderr), end.state))
}

// find gives the path of a program, which has to lie in what a box shows. Code vox/run/no-command.
func (c *Command) find(name string) (string, error) {
	if !CommandName(name) {
		return "", fault.New(CodeNoCommand, "%q is no name of a program", plain(name)).WithHint("a name such as ffmpeg, without a folder")
	}
	var elsewhere string
	for _, dir := range c.folders {
		path := filepath.Join(dir, name)
		real, err := filepath.EvalSymlinks(path)
		if err != nil {
			continue
		}
		if st, err := os.Stat(real); err != nil || !st.Mode().IsRegular() || st.Mode()&0o111 == 0 {
			continue
		}
		if c.covers(real) == "" || c.covers(path) == "" {
			elsewhere = real
			continue
		}
		return path, nil
	}
	if elsewhere != "" {
		return "", fault.New(CodeNoCommand, "%s is installed outside /usr, where no job sees it", name).
			WithHint("install it under /usr, or take it out of commands in donations.vox")
	}
	return "", fault.New(CodeNoCommand, "%s is not installed on this machine", name).
		WithHint("the donor installs it, or takes it out of commands in donations.vox")
}

// covers names the root of a box in which path lies, or is empty.
func (c *Command) covers(path string) string {
	if abs, err := filepath.Abs(path); err == nil {
		path = abs
	}
	if real, err := filepath.EvalSymlinks(path); err == nil {
		path = real
	}
	for _, r := range c.roots {
		if r.link != "" {
			continue
		}
		if rel, err := filepath.Rel(r.path, path); err == nil && rel != ".." && !strings.HasPrefix(rel, "../") {
			return r.path
		}
	}
	return ""
}

// Run runs one job to its end and writes its output to out.
func (c *Command) Run(ctx context.Context, job CommandJob, out Sink) Result {
	begun := time.Now()
	ctx, cancel := within(ctx, job.Deadline)
	defer cancel(nil)
	sink := &capped{to: out, max: c.config.OutputMax, stop: cancel}
	r := c.run(ctx, cancel, job, sink)
	r.Duration = time.Since(begun)
	r.Output = sink.info()
	return r
}

func (c *Command) run(ctx context.Context, cancel context.CancelCauseFunc, job CommandJob, out *capped) Result {
	if err := checkArgs(job.Args); err != nil {
		return refusal(err)
	}
	if err := c.boxes(ctx); err != nil {
		if context.Cause(ctx) != nil {
			return stopped(ctx, job.Deadline, out)
		}
		return refusal(err)
	}
	path, err := c.find(job.Name)
	if err != nil {
		return refusal(err)
	}
	in := newTape(job.Stdin)
	defer in.close()
	in.settle()
	end := c.box(ctx, cancel, path, job, in.reader(), out)

	cause := context.Cause(ctx)
	switch {
	case errors.Is(cause, errHog):
		return failed(CodeMemoryLimit, "ended at its memory limit of %s", size(c.config.MemoryMax))
	case errors.Is(cause, errSwarm):
		return failed(CodeTaskLimit, "ended at its limit of %d processes and threads", c.config.TaskMax)
	case cause != nil && (end.exit == nil || *end.exit != 0), errors.Is(cause, errFlood), errors.Is(cause, errSink):
		return stopped(ctx, job.Deadline, out)
	case end.err != nil:
		return failed(CodeStart, "the job's process could not be started: %v", end.err)
	case end.exit == nil:
		return failed(CodeStart, "%s could not be started (%s)%s", job.Name, end.state, colon(lastLines(end.stderr)))
	case *end.exit == 0:
		return Result{Status: Succeeded}
	}
	r := failed(CodeExit, "ended with exit code %d%s", *end.exit, colon(lastLines(end.stderr)))
	r.ExitCode = *end.exit
	return r
}

// lastLines is the end of what a program complained about: its last lines that say anything, three at most.
func lastLines(s string) string {
	const most, long = 3, 120 // together within a sentence
	var kept []string
	lines := strings.FieldsFunc(s, func(r rune) bool { return r == '\n' || r == '\r' })
	for i := len(lines) - 1; i >= 0 && len(kept) < most; i-- {
		line := strings.TrimSpace(lines[i])
		if line == "" {
			continue
		}
		if len(line) > long {
			line = line[:long] + "…"
		}
		kept = append([]string{line}, kept...)
	}
	text := strings.Join(kept, " / ")
	for len(text) > 220 && len(kept) > 1 {
		kept = kept[1:]
		text = strings.Join(kept, " / ")
	}
	return text
}

func or(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

// Why a job was ended by what watches it.
var (
	errHog   = errors.New("memory limit")
	errSwarm = errors.New("limit of processes")
)
