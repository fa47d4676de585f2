package runner

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"

	"golang.org/x/sys/unix"
)

// gone checks that no process of the group is left, zombies included.
func gone(t *testing.T, pgid int) {
	t.Helper()
	if err := unix.Kill(-pgid, 0); !errors.Is(err, unix.ESRCH) {
		t.Errorf("process group %d is still there: %v", pgid, err)
	}
}

func TestKillLeavesNothing(t *testing.T) {
	w := newWASM(t, WASMConfig{})
	pids := make(chan int, 1)
	w.started = func(_ string, pid int) { pids <- pid }
	for _, module := range []string{"loop", "trickle", "flood", "memory_begin", "exit7"} {
		ctx, cancel := context.WithCancelCause(context.Background())
		out := make(lines, 1)
		done := make(chan Result, 1)
		go func() {
			done <- w.Run(ctx, WASMJob{ModulePath: wasmFile(module)}, out)
			close(out)
		}()
		pid := <-pids
		if module == "loop" || module == "trickle" {
			<-out
			if err := unix.Kill(-pid, 0); err != nil {
				t.Errorf("%s: the job leads no process group: %v", module, err)
			}
		}
		cancel(errors.New("the owner \x1b[31mis back"))
		for range out { //nolint:revive // a flood must not block
		}
		r := <-done
		if r.Code == CodeKilled && !strings.HasSuffix(r.Error, "the owner \uFFFD[31mis back") {
			t.Errorf("%s: %+v", module, r)
		}
		if (module == "loop" || module == "trickle") && r.Status != Killed {
			t.Errorf("%s: %+v", module, r)
		}
		gone(t, pid)
	}
}

func TestCancelledBeforeStart(t *testing.T) {
	w := newWASM(t, WASMConfig{})
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if r := w.Run(ctx, WASMJob{ModulePath: wasmFile("hello")}, io.Discard); r.Status != Killed {
		t.Errorf("%+v", r)
	}
}

// TestChildSeesNothing looks at the environment, descriptors and folder of a running child, and its limits.
func TestChildSeesNothing(t *testing.T) {
	t.Setenv("VOX_TEST_SECRET", "hunter2")
	leak, err := unix.Open("/dev/null", unix.O_RDONLY, 0) // without O_CLOEXEC, as a careless ancestor would
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(leak)
	w := newWASM(t, WASMConfig{})
	pids := make(chan int, 1)
	w.started = func(_ string, pid int) { pids <- pid }
	ctx, cancel := context.WithCancel(context.Background())
	out := make(lines)
	done := make(chan struct{})
	go func() {
		defer close(done)
		w.Run(ctx, WASMJob{ModulePath: wasmFile("loop"), Args: []string{"private"}}, out)
	}()
	proc := fmt.Sprintf("/proc/%d/", <-pids)
	<-out // the module runs: all is set up
	if b, err := os.ReadFile(proc + "environ"); err != nil || strings.TrimSuffix(string(b), "\x00") != strings.Join(childEnv(), "\x00") {
		t.Errorf("environment %q, %v", b, err)
	}
	if b, _ := os.ReadFile(proc + "cmdline"); string(b) != "voxmesh-job\x00"+ChildCommand+"\x00" {
		t.Errorf("arguments %q", b)
	}
	if dir, _ := os.Readlink(proc + "cwd"); dir != "/" {
		t.Errorf("folder %s", dir)
	}
	open := openFiles(t, proc)
	for _, to := range open {
		if !strings.HasPrefix(to, "pipe:") && !strings.HasPrefix(to, "anon_inode:") && !strings.HasPrefix(to, cgroups) {
			t.Errorf("a descriptor is %s", to)
		}
	}
	for _, own := range openFiles(t, "/proc/self/") {
		if strings.HasPrefix(own, cgroups) && !slices.Contains(open, own) {
			t.Errorf("%s is closed, which Go's runtime reads from time to time", own)
		}
	}
	status, _ := os.ReadFile(proc + "status")
	if confinable(t) && (!strings.Contains(string(status), "Seccomp:\t2") || !strings.Contains(string(status), "NoNewPrivs:\t1")) {
		t.Errorf("not confined:\n%s", status)
	}
	limits, _ := os.ReadFile(proc + "limits")
	for _, want := range []string{"Max core file size 0 0", "Max file size 0 0", "Max open files 64 64"} {
		if !strings.Contains(strings.Join(strings.Fields(string(limits)), " "), want) {
			t.Errorf("limits without %q:\n%s", want, limits)
		}
	}
	cancel()
	<-done
}

// cgroups is where the files lie that Go's runtime keeps open for its own use.
const cgroups = "/sys/fs/cgroup/"

// openFiles is what the descriptors of a process point to.
func openFiles(t *testing.T, proc string) (files []string) {
	t.Helper()
	entries, err := os.ReadDir(proc + "fd")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		to, _ := os.Readlink(proc + "fd/" + e.Name())
		files = append(files, to)
	}
	return files
}

// TestParentDeathEndsTheJob kills a parent as the system would, and waits until its job is gone.
func TestParentDeathEndsTheJob(t *testing.T) {
	parent := exec.Command("/proc/self/exe", parentCommand, t.TempDir())
	stdout, err := parent.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := parent.Start(); err != nil {
		t.Fatal(err)
	}
	var once sync.Once
	kill := func() {
		once.Do(func() {
			_ = parent.Process.Kill()
			_ = parent.Wait()
		})
	}
	defer kill()
	r := bufio.NewReader(stdout)
	var pid int
	if _, err := fmt.Fscanln(r, &pid); err != nil {
		t.Fatal(err)
	}
	job, err := unix.PidfdOpen(pid, 0)
	if err != nil {
		t.Skipf("SKIPPED: no pidfd on this system, so the end of another's child cannot be awaited: %v", err)
	}
	defer unix.Close(job)
	if line, err := r.ReadString('\n'); line != "begun\n" {
		t.Fatalf("the job said %q, %v", line, err)
	}
	kill()
	for {
		n, err := unix.Poll([]unix.PollFd{{Fd: int32(job), Events: unix.POLLIN}}, 10_000)
		if errors.Is(err, unix.EINTR) {
			continue
		}
		if n != 1 || err != nil {
			_ = unix.Kill(-pid, unix.SIGKILL)
			t.Fatalf("the job outlived its parent: %d, %v", n, err)
		}
		return
	}
}

func TestChildCommandIsNotForPeople(t *testing.T) {
	out, err := exec.Command("/proc/self/exe", ChildCommand).CombinedOutput()
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.ExitCode() != childUsage || len(out) == 0 {
		t.Errorf("%q, %v", out, err)
	}
}

func TestConfined(t *testing.T) {
	out, err := exec.Command("/proc/self/exe", confinedCommand).CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if strings.HasPrefix(string(out), "none:") {
		t.Skipf("SKIPPED: this system has no second wall: %s", out)
	}
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	if len(lines) != 8 || lines[7] != "done: true" {
		t.Errorf("%d lines:\n%s", len(lines), out)
	}
	for _, line := range lines {
		if !strings.HasSuffix(line, ": true") {
			t.Errorf("not refused: %s", line)
		}
	}
}

// confinable reports whether this system has the second wall.
func confinable(t *testing.T) bool {
	t.Helper()
	out, err := exec.Command("/proc/self/exe", confinedCommand).CombinedOutput()
	return err == nil && !strings.HasPrefix(string(out), "none:")
}
