package terminal

import (
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// programs builds what is measured, once for a benchmark, and gives the folder.
func programs(tb testing.TB) string {
	tb.Helper()
	dir := tb.TempDir()
	out, err := exec.Command("go", "build", "-o", dir, "./console", "./tea1", "./tea2").CombinedOutput()
	if err != nil {
		tb.Fatalf("build: %v\n%s", err, out)
	}
	return dir
}

// open starts one of them; the test ends it. An argument of the environment, VOXMESH_CONSOLE_FLAGS, is added to the
// console's: for a profile.
func open(tb testing.TB, w, h int, look bool, dir, name string, args ...string) *Screen {
	tb.Helper()
	if name == "console" {
		args = append(args, strings.Fields(os.Getenv("VOXMESH_CONSOLE_FLAGS"))...)
	}
	s, err := Open(w, h, look, filepath.Join(dir, name), args...)
	if err != nil {
		tb.Skipf("no terminal here: %v", err)
	}
	tb.Cleanup(s.Close)
	return s
}

// settle waits until a program has drawn its first screens.
func settle(tb testing.TB, s *Screen) {
	tb.Helper()
	if err := s.Wait(10*time.Second, func() bool { n, _ := s.Sent(); return n > 1000 }); err != nil {
		tb.Fatal(err)
	}
	<-time.After(2 * time.Second) // what is placed in the background is placed, what is written is written
}

// secondsOf is how long something is looked at: VOXMESH_BENCH_SECONDS, or what is given.
func secondsOf(n int) time.Duration {
	if s, err := strconv.Atoi(os.Getenv("VOXMESH_BENCH_SECONDS")); err == nil && s > 0 {
		n = s
	}
	return time.Duration(n) * time.Second
}

// use is what a program used in a stretch of time.
type use struct {
	bytes, writes int64
	cpu, wall     time.Duration
}

func (u use) share() float64 { return 100 * float64(u.cpu) / float64(u.wall) }

// watch looks at a program for a while.
func watch(tb testing.TB, s *Screen, d time.Duration) use {
	tb.Helper()
	bytes, writes := s.Sent()
	cpu, err := s.CPU()
	if err != nil {
		tb.Skip(err)
	}
	began := time.Now()
	select {
	case <-time.After(d):
	case <-s.Ended():
		tb.Fatalf("the program ended:\n%s", s.Text())
	}
	after, err := s.CPU()
	if err != nil {
		tb.Fatal(err)
	}
	b, w := s.Sent()
	return use{b - bytes, w - writes, after - cpu, time.Since(began)}
}
