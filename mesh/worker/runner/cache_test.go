package runner

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"voxmesh/mesh/fault"
)

// modes collects which forms of a module ran, in order.
type modes struct {
	mu  sync.Mutex
	all []string
}

func watch(w *WASM) *modes {
	m := &modes{}
	w.started = func(mode string, _ int) {
		m.mu.Lock()
		defer m.mu.Unlock()
		m.all = append(m.all, mode)
	}
	return m
}

func (m *modes) take() string {
	m.mu.Lock()
	defer m.mu.Unlock()
	s := strings.Join(m.all, " ")
	m.all = nil
	return s
}

func TestSmallModulesAreCompiledAtOnce(t *testing.T) {
	w := newWASM(t, WASMConfig{})
	m := watch(w)
	runFile(t, w, WASMJob{ModulePath: wasmFile("hello")})
	if got := m.take(); got != modeDirect {
		t.Errorf("ran %s", got)
	}
}

func TestCompiledFormIsKeptAndUsed(t *testing.T) {
	dir := t.TempDir()
	w := newWASM(t, WASMConfig{CacheDir: dir})
	m := watch(w)
	hello := padded(t, "hello")
	if err := w.Compile(context.Background(), hello, ""); err != nil {
		t.Fatal(err)
	}
	if got := m.take(); got != modeCompile {
		t.Errorf("compiling ran %s", got)
	}
	for _, w := range []*WASM{w, newWASM(t, WASMConfig{CacheDir: dir})} {
		m := watch(w)
		if r, out := runFile(t, w, WASMJob{ModulePath: hello}); r.Status != Succeeded || out != "job\nend\n" || m.take() != modeCached {
			t.Errorf("%q, %+v", out, r)
		}
		if err := w.Compile(context.Background(), hello, ""); err != nil || m.take() != "" {
			t.Errorf("compiled again, %v", err)
		}
	}
}

// TestInterpreterServesWhileCompiling: a job that is done before its compiled form has its result.
func TestInterpreterServesWhileCompiling(t *testing.T) {
	w := newWASM(t, WASMConfig{})
	ready := make(chan struct{})
	w.cache.compile = func(context.Context, string, string, string) error { <-ready; return nil }
	m := watch(w)
	for range 2 { // the second finds the compiler still at work
		r, out := runFile(t, w, WASMJob{ModulePath: padded(t, "hello"), Stdin: strings.NewReader("in ")})
		if r.Status != Succeeded || out != "job\nin end\n" || m.take() != modeInterpret {
			t.Errorf("%q, %+v", out, r)
		}
	}
	close(ready)
}

// TestCompiledFormTakesOver: what the interpreter wrote and read until then counts for nothing; the job runs once for
// all who look.
func TestCompiledFormTakesOver(t *testing.T) {
	w := newWASM(t, WASMConfig{})
	real, waiting, interpreting := w.cache.compile, make(chan struct{}), make(chan struct{})
	w.cache.compile = func(ctx context.Context, hash, module, dir string) error {
		<-interpreting
		<-waiting
		return real(ctx, hash, module, dir)
	}
	in, feed := io.Pipe()
	go func() {
		_, _ = feed.Write([]byte("first "))
		_, _ = feed.Write([]byte("second "))
		close(waiting) // both were read ahead, by the interpreter or for it
		_, _ = feed.Write([]byte("third "))
	}()
	// the input stays open until the compiled form has written, so the interpreter cannot be done before
	out := &closeOn{text: "third ", then: func() { _ = feed.Close() }}
	m := watch(w)
	note := w.started
	w.started = func(mode string, pid int) {
		note(mode, pid)
		if mode == modeInterpret {
			close(interpreting)
		}
	}
	r := w.Run(context.Background(), WASMJob{ModulePath: padded(t, "hello"), Stdin: in}, out)
	if r.Status != Succeeded || out.b.String() != "job\nfirst second third end\n" {
		t.Errorf("%q, %+v", out.b.String(), r)
	}
	if got := m.take(); got != modeInterpret+" "+modeCompile+" "+modeCached {
		t.Errorf("ran %s", got)
	}
}

// closeOn calls then when the text has come.
type closeOn struct {
	b    bytes.Buffer
	text string
	then func()
}

func (c *closeOn) Write(p []byte) (int, error) {
	c.b.Write(p)
	if strings.Contains(c.b.String(), c.text) {
		c.then()
	}
	return len(p), nil
}

func TestCompilerThatFailsLeavesTheInterpreter(t *testing.T) {
	w := newWASM(t, WASMConfig{})
	tries := 0
	w.cache.compile = func(context.Context, string, string, string) error { tries++; return errors.New("no") }
	trickle := padded(t, "trickle")
	for range 2 {
		ctx, cancel := context.WithCancel(context.Background())
		out := make(lines)
		done := make(chan Result, 1)
		go func() { done <- w.Run(ctx, WASMJob{ModulePath: trickle}, out); close(out) }()
		<-out // output is not held back for ever
		cancel()
		for range out { //nolint:revive // until the run is over
		}
		if r := <-done; r.Status != Killed || r.Output.Bytes == 0 {
			t.Errorf("%+v", r)
		}
	}
	if tries != 1 {
		t.Errorf("tried %d times to compile what cannot be compiled", tries)
	}
}

func TestLimitsHoldWhileCompiling(t *testing.T) {
	w := newWASM(t, WASMConfig{MemoryPages: 64, OutputMax: 100_000})
	ready := make(chan struct{})
	w.cache.compile = func(context.Context, string, string, string) error { <-ready; return errors.New("no") }
	if r, out := runFile(t, w, WASMJob{ModulePath: padded(t, "loop"), Deadline: 300 * time.Millisecond}); r.Code != CodeDeadline || out != "begun\n" {
		t.Errorf("%q, %+v", out, r)
	}
	if r, _ := runFile(t, w, WASMJob{ModulePath: padded(t, "memory")}); r.Code != CodeMemoryLimit {
		t.Errorf("%+v", r)
	}
	close(ready)
	if r, out := runFile(t, w, WASMJob{ModulePath: padded(t, "flood")}); r.Code != CodeOutputLimit || len(out) != 100_000 {
		t.Errorf("%d bytes, %+v", len(out), r)
	}
}

func TestOneCompilerAModule(t *testing.T) {
	w := newWASM(t, WASMConfig{})
	begun, ready := make(chan struct{}, 10), make(chan struct{})
	w.cache.compile = func(context.Context, string, string, string) error { begun <- struct{}{}; <-ready; return nil }
	hello := padded(t, "hello")
	var all sync.WaitGroup
	for range 5 {
		all.Go(func() {
			if r := w.Run(context.Background(), WASMJob{ModulePath: hello}, io.Discard); r.Status != Succeeded {
				t.Errorf("%+v", r)
			}
		})
	}
	<-begun
	all.Wait()
	close(ready)
	if err := w.Compile(context.Background(), hello, ""); err != nil || len(begun) > 0 {
		t.Errorf("%d more compilers, %v", len(begun), err)
	}
}

func TestCacheIsBounded(t *testing.T) {
	w := newWASM(t, WASMConfig{CacheMax: 250})
	w.cache.compile = func(_ context.Context, hash, _, dir string) error {
		n := 100
		if hash == "large" {
			n = 300
		}
		return os.WriteFile(filepath.Join(dir, "form"), make([]byte, n), 0o600)
	}
	long := time.Now().Add(-time.Hour)
	for i, hash := range []string{"one", "two", "three", "large"} {
		f := w.cache.want(hash, "")
		<-f.done
		if (f.err != nil) != (hash == "large") {
			t.Errorf("%s: %v", hash, f.err)
		}
		if hash == "two" {
			w.cache.ready("one") // used after two was made
		}
		if hash != "large" {
			used := long.Add(time.Duration(i) * time.Second)
			if hash == "two" {
				used = long.Add(-time.Second)
			}
			if err := os.Chtimes(filepath.Join(w.cache.dir, hash), used, used); err != nil {
				t.Fatal(err)
			}
		}
	}
	for hash, want := range map[string]bool{"one": true, "two": false, "three": true, "large": false} {
		if _, ok := w.cache.ready(hash); ok != want {
			t.Errorf("%s is there: %v", hash, ok)
		}
	}
	if n, err := folderSize(w.cache.dir); n != 200 || err != nil {
		t.Errorf("%d bytes, %v", n, err)
	}
}

func TestFormThatDoesNotFitIsDropped(t *testing.T) {
	w := newWASM(t, WASMConfig{})
	hello := padded(t, "hello")
	m, err := open(hello, "")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(w.cache.dir, m.hash), 0o700); err != nil { // as another version might leave it
		t.Fatal(err)
	}
	if r, out := runFile(t, w, WASMJob{ModulePath: hello}); r.Status != Succeeded || out != "job\nend\n" {
		t.Errorf("%q, %+v", out, r)
	}
	if _, ok := w.cache.ready(m.hash); ok {
		t.Error("it is still there")
	}
}

func TestSweepLeavesWhatMayBeUnderWay(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"tmp-old", "tmp-new", "form"} {
		if err := os.Mkdir(filepath.Join(dir, name), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	old := time.Now().Add(-time.Hour)
	for _, name := range []string{"tmp-old", "form"} {
		if err := os.Chtimes(filepath.Join(dir, name), old, old); err != nil {
			t.Fatal(err)
		}
	}
	newWASM(t, WASMConfig{CacheDir: dir})
	entries, _ := os.ReadDir(dir)
	if len(entries) != 2 || entries[0].Name() != "form" || entries[1].Name() != "tmp-new" {
		t.Errorf("left: %v", entries)
	}
}

func TestCloseEndsTheCompilers(t *testing.T) {
	w := newWASM(t, WASMConfig{})
	hello := padded(t, "hello")
	begun := make(chan struct{})
	w.cache.compile = func(ctx context.Context, _, _, _ string) error { close(begun); <-ctx.Done(); return ctx.Err() }
	failed := make(chan error)
	go func() { failed <- w.Compile(context.Background(), hello, "") }()
	<-begun
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if err := <-failed; err == nil {
		t.Error("compiled after the end")
	}
	if r, out := runFile(t, w, WASMJob{ModulePath: hello}); r.Status != Succeeded || out != "job\nend\n" {
		t.Errorf("%q, %+v", out, r)
	}
}

func TestCompileErrors(t *testing.T) {
	w := newWASM(t, WASMConfig{})
	if err := w.Compile(context.Background(), wasmFile("none"), ""); !fault.Is(err, CodeModuleMissing) {
		t.Error(err)
	}
	b, err := os.ReadFile(padded(t, "hello"))
	if err != nil {
		t.Fatal(err)
	}
	broken := filepath.Join(t.TempDir(), "broken.wasm")
	if err := os.WriteFile(broken, b[:len(b)-1], 0o600); err != nil {
		t.Fatal(err)
	}
	if err := w.Compile(context.Background(), broken, ""); !fault.Is(err, CodeNotWASM) {
		t.Error(err)
	}
}

// TestModuleMadeByGo runs what a friend's compiler makes: some megabytes, with a runtime of its own.
func TestModuleMadeByGo(t *testing.T) {
	tool, err := exec.LookPath("go")
	if err != nil {
		t.Skip("SKIPPED: the go command is not there to make the module")
	}
	module := filepath.Join(t.TempDir(), "job.wasm")
	build := exec.Command(tool, "build", "-o", module, "./testdata/gojob")
	build.Env = append(os.Environ(), "GOOS=wasip1", "GOARCH=wasm", "GOFLAGS=")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	w := newWASM(t, WASMConfig{})
	m := watch(w)
	const want = "hello [job a b] INPUT 0\n"
	first, out := runFile(t, w, WASMJob{ModulePath: module, Args: []string{"a", "b"}, Stdin: strings.NewReader("input")})
	if first.Status != Succeeded || out != want {
		t.Errorf("%q, %+v", out, first)
	}
	if err := w.Compile(context.Background(), module, ""); err != nil {
		t.Fatal(err)
	}
	m.take()
	second, out := runFile(t, w, WASMJob{ModulePath: module, Args: []string{"a", "b"}, Stdin: strings.NewReader("input")})
	if second.Status != Succeeded || out != want || m.take() != modeCached {
		t.Errorf("%q, %+v", out, second)
	}
	t.Logf("first %v, compiled %v", first.Duration, second.Duration)
	r, out := runFile(t, w, WASMJob{ModulePath: module, Args: []string{"eat"}})
	if r.Code != CodeMemoryLimit || r.ExitCode != 2 || !strings.Contains(out, "out of memory") {
		t.Errorf("%q, %+v", out, r)
	}
}
