//go:build linux && (amd64 || arm64)

package runner

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"voxmesh/mesh/fault"
)

// hostile is the folder with the program of testdata/hostile, built once, where whoever a box belongs to can run it. It is
// not under /tmp, which is a link in a box.
var hostile = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("/var/tmp", "voxmesh-hostile-")
	if err != nil {
		return "", err
	}
	atEnd = append(atEnd, func() { _ = os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o755); err != nil {
		return "", err
	}
	cmd := exec.Command("go", "build", "-o", filepath.Join(dir, "hostile"), "./testdata/hostile")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOFLAGS=") // the race detector takes more memory than a job may have
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("%w\n%s", err, out)
	}
	return dir, nil
})

// newBox makes a runner that can run the hostile program too, or skips.
func newBox(t *testing.T, config CommandConfig) *Command {
	t.Helper()
	dir, err := hostile()
	if err != nil {
		t.Fatal(err)
	}
	c, err := NewCommand(config)
	if err != nil {
		t.Fatal(err)
	}
	c.folders = append(c.folders, dir)
	c.roots = append(c.roots, root{path: dir})
	if err := c.Ready(context.Background(), "hostile"); err != nil {
		// Only where bubblewrap itself cannot work: a fault of ours must not skip the tests that would find it.
		if said, why := exec.Command("bwrap", "--unshare-all", "--unshare-user", "--ro-bind", "/", "/", "--proc", "/proc", "--", "true").CombinedOutput(); why != nil {
			t.Skipf("SKIPPED: no box can be made here, so that it holds is not tested (package bubblewrap): %v: %v %s", err, why, said)
		}
		t.Fatal(err)
	}
	return c
}

// inBox runs a program in a box and gives its output.
func inBox(t *testing.T, c *Command, job CommandJob) (Result, string) {
	t.Helper()
	var out bytes.Buffer
	if job.Deadline == 0 {
		job.Deadline = time.Minute // should it not end itself
	}
	r := c.Run(context.Background(), job, &out)
	if int64(out.Len()) != r.Output.Bytes {
		t.Errorf("%d bytes came, %d are reported", out.Len(), r.Output.Bytes)
	}
	if (r.Status == Succeeded) != (r.Code == "" && r.Error == "") {
		t.Errorf("status %s with code %q and error %q", r.Status, r.Code, r.Error)
	}
	return r, out.String()
}

func TestCommandRuns(t *testing.T) {
	c := newBox(t, CommandConfig{})
	r, out := inBox(t, c, CommandJob{Name: "tr", Args: []string{"a-z", "A-Z"}, Stdin: strings.NewReader("hello, mesh\n")})
	if r.Status != Succeeded || r.ExitCode != 0 || out != "HELLO, MESH\n" || r.Duration <= 0 {
		t.Errorf("%+v %q", r, out)
	}
	// Arguments are no shell's: nothing in them is read but by the program.
	args := []string{"-n", "$HOME", "`id`", "a b", "; id", "*", "--", "-oProxyCommand=id", "\xff", ""}
	if r, out = inBox(t, c, CommandJob{Name: "echo", Args: args}); r.Status != Succeeded || out != strings.Join(args[1:], " ") {
		t.Errorf("%+v %q", r, out)
	}
	// Much goes through, both ways.
	many := strings.Repeat("0123456789abcdef", 1<<16)
	if r, out = inBox(t, c, CommandJob{Name: "cat", Stdin: strings.NewReader(many)}); r.Status != Succeeded || out != many {
		t.Errorf("%+v, %d bytes", r, len(out))
	}
	// A program that does not read its input ends all the same.
	if r, _ = inBox(t, c, CommandJob{Name: "true", Stdin: strings.NewReader(many)}); r.Status != Succeeded {
		t.Errorf("%+v", r)
	}
	r, _ = inBox(t, c, CommandJob{Name: "hostile", Args: []string{"noise"}})
	if r.Status != Failed || r.Code != CodeExit || r.ExitCode != 9 || !strings.HasPrefix(r.Error, "ended with exit code 9: x / x / ") ||
		!strings.HasSuffix(r.Error, "owned\uFFFD the last word") || strings.ContainsAny(r.Error, "\x1b\x07") {
		t.Errorf("%+v", r)
	}
}

func TestCommandRefusals(t *testing.T) {
	c := newBox(t, CommandConfig{})
	for _, name := range []string{"/usr/bin/tr", "../bin/tr", "", "-c", "no-such-program", "tr\x00", "bwrap/../tr"} {
		r, out := inBox(t, c, CommandJob{Name: name})
		if r.Code != CodeNoCommand || r.Status != Failed || out != "" {
			t.Errorf("%q: %+v %q", name, r, out)
		}
	}
	for _, args := range [][]string{{"a\x00b"}, make([]string, argsMax+1), {strings.Repeat("x", argsBytesMax)}} {
		if r, _ := inBox(t, c, CommandJob{Name: "true", Args: args}); r.Code != CodeArgs {
			t.Errorf("%d arguments: %+v", len(args), r)
		}
	}
	// The longest that is allowed can be handed over.
	if r, out := inBox(t, c, CommandJob{Name: "echo", Args: []string{strings.Repeat("x", argsBytesMax-1)}}); len(out) != argsBytesMax {
		t.Errorf("%+v, %d bytes", r, len(out))
	}
	// A program that lies elsewhere is not taken, whatever points to it.
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "own"), []byte("#!/bin/sh\necho run\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	c.folders = append(c.folders, dir)
	if r, _ := inBox(t, c, CommandJob{Name: "own"}); r.Code != CodeNoCommand || !strings.Contains(r.Error, "outside /usr") {
		t.Errorf("%+v", r)
	}
}

// TestNoSandbox: without bubblewrap, with one that fails, or where a box would show what is private, nothing runs.
func TestNoSandbox(t *testing.T) {
	made := func(change func(*Command)) error {
		c, err := NewCommand(CommandConfig{})
		if err != nil {
			t.Fatal(err)
		}
		change(c)
		var out bytes.Buffer
		r := c.Run(context.Background(), CommandJob{Name: "true"}, &out)
		if r.Code != CodeNoSandbox || r.Status != Failed || out.Len() > 0 {
			t.Errorf("it ran: %+v %q", r, out.String())
		}
		return c.Ready(context.Background(), "true")
	}
	if err := made(func(c *Command) { c.folders = []string{t.TempDir()} }); !strings.Contains(fmt.Sprint(err), "bubblewrap (the program bwrap) is not installed") {
		t.Error(err)
	} else if _, hint := fault.Of(err); !strings.Contains(hint, "apt install bubblewrap") {
		t.Error(hint)
	}
	c := newBox(t, CommandConfig{}) // from here on bubblewrap is needed
	if err := made(func(c *Command) { c.config.Private = []string{"/usr/lib"} }); !strings.Contains(fmt.Sprint(err), "a private folder lies in /usr") {
		t.Error(err)
	}
	if err := made(func(c *Command) { c.bwrap = "/usr/bin/false" }); !strings.Contains(fmt.Sprint(err), "cannot make a box") {
		t.Error(err)
	}
	// A program named bwrap that runs what it is given as it is would say nothing of a box.
	if err := made(func(c *Command) { c.bwrap = "/usr/bin/env" }); err == nil {
		t.Error("env is no bubblewrap")
	}
	// It is not tried again at once, and then it is.
	c.fault = errors.New("not yet")
	if err := c.Ready(context.Background(), "true"); err == nil || err.Error() != "not yet" {
		t.Error(err)
	}
	c.tried = c.tried.Add(-retryAfter)
	if err := c.Ready(context.Background(), "true"); err != nil {
		t.Error(err)
	}
}

// processesOf gives the living processes whose arguments contain the word.
func processesOf(t *testing.T, word string) (pids []string) {
	t.Helper()
	all, err := filepath.Glob("/proc/[0-9]*/cmdline")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range all {
		if b, err := os.ReadFile(f); err == nil && bytes.Contains(b, []byte(word)) {
			pids = append(pids, filepath.Base(filepath.Dir(f)))
		}
	}
	return pids
}

// TestCommandLeavesNothing kills a program, lets one run into its deadline, and lets one end itself: each has started others
// that ignore signals, left its session, and hold its output.
func TestCommandLeavesNothing(t *testing.T) {
	for how, want := range map[string]Result{
		"killed":   {Status: Killed, Code: CodeKilled, ExitCode: NoExit},
		"deadline": {Status: TimedOut, Code: CodeDeadline, ExitCode: NoExit},
		"itself":   {Status: Succeeded},
	} {
		t.Run(how, func(t *testing.T) {
			// A deadline that is too short for this machine, now, is made longer.
			for deadline := time.Second; !lingers(t, how, deadline, want); deadline *= 4 {
				if deadline > time.Minute {
					t.Fatal("nothing begins within a minute")
				}
			}
		})
	}
}

// lingers reports false if the deadline came before the program began.
func lingers(t *testing.T, how string, deadline time.Duration, want Result) bool {
	c := newBox(t, CommandConfig{})
	var keeper, init int
	c.started = func(k, i int) { keeper, init = k, i }
	ctx, cancel := context.WithCancelCause(context.Background())
	defer cancel(nil)
	mark := fmt.Sprintf("mark-%d-%s", os.Getpid(), how)
	job := CommandJob{Name: "hostile", Args: []string{"linger", "", mark}}
	switch how {
	case "deadline":
		job.Deadline = deadline
	case "itself":
		job.Args[1] = "end"
	}
	out := make(lines, 1)
	done := make(chan Result, 1)
	go func() {
		done <- c.Run(ctx, job, out)
		close(out)
	}()
	line, began := <-out
	if began && line != "begun\n" {
		t.Errorf("%q", line)
	}
	if how == "killed" {
		if len(processesOf(t, mark)) == 0 {
			t.Error("the mark of the job is on no process, so that none is left means nothing")
		}
		cancel(errors.New("the owner is back"))
	}
	r := <-done
	if r.Status != want.Status || r.Code != want.Code || r.ExitCode != want.ExitCode {
		t.Errorf("%+v", r)
	}
	if keeper > 0 {
		gone(t, keeper)
	}
	if b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", init)); init > 0 && err == nil {
		t.Errorf("the first process of the box is still there: %s", b)
	}
	if left := processesOf(t, mark); len(left) > 0 {
		t.Errorf("left: %v", left)
	}
	return began || how != "deadline"
}

func TestCommandCancelledBeforeStart(t *testing.T) {
	c := newBox(t, CommandConfig{})
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if r := c.Run(ctx, CommandJob{Name: "true"}, &bytes.Buffer{}); r.Status != Killed {
		t.Errorf("%+v", r)
	}
}

// TestParentDeathEndsTheBox kills a parent as the system would, and waits until its job is gone.
func TestParentDeathEndsTheBox(t *testing.T) {
	newBox(t, CommandConfig{})
	parent := exec.Command("/proc/self/exe", parentCommand)
	stdout, err := parent.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := parent.Start(); err != nil {
		t.Fatal(err)
	}
	kill := sync.OnceFunc(func() {
		_ = parent.Process.Kill()
		_ = parent.Wait()
	})
	defer kill()
	r := bufio.NewReader(stdout)
	var init int
	if _, err := fmt.Fscanln(r, &init); err != nil {
		t.Fatal(err)
	}
	box, err := unix.PidfdOpen(init, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(box)
	if line, err := r.ReadString('\n'); line != "begun\n" {
		t.Fatalf("the job said %q, %v", line, err)
	}
	kill()
	for {
		n, err := unix.Poll([]unix.PollFd{{Fd: int32(box), Events: unix.POLLIN}}, 10_000)
		if errors.Is(err, unix.EINTR) {
			continue
		}
		if n != 1 || err != nil {
			_ = unix.Kill(init, unix.SIGKILL)
			t.Fatalf("the box outlived its parent: %d, %v", n, err)
		}
		return
	}
}

// boxParentMain runs a program that never ends in a box, says its first process on standard output, and waits to be killed.
func boxParentMain() int {
	c, err := NewCommand(CommandConfig{})
	if err != nil || c.Ready(context.Background(), "sh") != nil {
		return 1
	}
	c.started = func(_, init int) { fmt.Println(init) }
	r := c.Run(context.Background(), CommandJob{Name: "sh", Args: []string{"-c", "echo begun; sleep 1000 & wait"}, Deadline: time.Minute}, os.Stdout)
	fmt.Println(r)
	return 1
}

// TestBoxLimits looks at what a program is bound by, also where nothing comes near the bounds.
func TestBoxLimits(t *testing.T) {
	c := newBox(t, CommandConfig{MemoryMax: 1 << 30, WorkMax: 8 << 20, TaskMax: 100})
	_, out := inBox(t, c, CommandJob{Name: "cat", Args: []string{"/proc/self/limits", "/proc/self/oom_score_adj", "/proc/self/status"}, Deadline: time.Minute})
	out = strings.Join(strings.Fields(out), " ")
	want := []string{
		"Max data size 4294967296 4294967296", "Max file size 8388608 8388608", "Max open files 256 256", "Max core file size 0 0",
		"Max pending signals 1024 1024", "Max msgqueue size 0 0",
		"Max cpu time " + fmt.Sprint(61*runtime.NumCPU()), " 1000 ", "NoNewPrivs: 1", "Seccomp: 2", "CapEff: 0000000000000000", "CapBnd: 0000000000000000",
	}
	if countsByNamespace() {
		want = append(want, "Max processes 164 164")
	}
	for _, w := range want {
		if !strings.Contains(out, w) {
			t.Errorf("without %q: %s", w, out)
		}
	}
}
