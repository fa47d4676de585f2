package runner

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
)

// parentCommand makes the test binary a parent that can be killed (see TestParentDeathEndsTheJob).
const parentCommand = "__parent"

// confinedCommand makes the test binary a process that tries what a job may not (see TestConfined).
const confinedCommand = "__confined"

// TestMain makes the test binary its own child.
func TestMain(m *testing.M) {
	if IsChild(os.Args) {
		os.Exit(ChildMain())
	}
	if len(os.Args) == 2 && os.Args[1] == confinedCommand {
		confinedMain()
		os.Exit(0)
	}
	if len(os.Args) == 2 && os.Args[1] == parentCommand {
		os.Exit(boxParentMain())
	}
	if len(os.Args) == 3 && os.Args[1] == parentCommand {
		os.Exit(parentMain(os.Args[2]))
	}
	goleak.VerifyTestMain(m, goleak.Cleanup(func(code int) {
		for _, f := range atEnd {
			f()
		}
		os.Exit(code)
	}))
}

// atEnd is what removes what several tests share.
var atEnd []func()

// newWASM makes a runner that is closed at the end of the test.
func newWASM(t *testing.T, config WASMConfig) *WASM {
	t.Helper()
	if config.CacheDir == "" {
		config.CacheDir = t.TempDir()
	}
	w, err := NewWASM(config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = w.Close() })
	return w
}

func wasmFile(name string) string { return filepath.Join("testdata", name+".wasm") }

// runFile runs a module of testdata and gives its output.
func runFile(t *testing.T, w *WASM, job WASMJob) (Result, string) {
	t.Helper()
	var out bytes.Buffer
	r := w.Run(context.Background(), job, &out)
	if int64(out.Len()) != r.Output.Bytes {
		t.Errorf("%d bytes came, %d are reported", out.Len(), r.Output.Bytes)
	}
	if (r.Status == Succeeded) != (r.Code == "" && r.Error == "") {
		t.Errorf("status %s with code %q and error %q", r.Status, r.Code, r.Error)
	}
	return r, out.String()
}

// lines hands on each write of a job, so that a test can wait for it.
type lines chan string

func (l lines) Write(p []byte) (int, error) {
	l <- string(p)
	return len(p), nil
}

// padded is a module of testdata made larger than directMax by a custom section, so that it goes through the cache.
func padded(t *testing.T, name string) string {
	t.Helper()
	b, err := os.ReadFile(wasmFile(name))
	if err != nil {
		t.Fatal(err)
	}
	const n = directMax + 100
	section := append([]byte{3, 'p', 'a', 'd'}, make([]byte, n)...)
	b = append(b, 0) // a custom section
	for l := len(section); ; l >>= 7 {
		if l < 0x80 {
			b = append(b, byte(l))
			break
		}
		b = append(b, byte(l)|0x80)
	}
	path := filepath.Join(t.TempDir(), name+"_padded.wasm")
	if err := os.WriteFile(path, append(b, section...), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestModulesAreBuiltFromTheirSource compares each .wasm with what wat2wasm makes of the .wat beside it. To make them
// again: go generate ./mesh/worker/runner/...
func TestModulesAreBuiltFromTheirSource(t *testing.T) {
	tool, err := exec.LookPath("wat2wasm")
	if err != nil {
		t.Skip("SKIPPED: wat2wasm (package wabt) is not installed, so the .wasm files are not compared with their source")
	}
	sources, err := filepath.Glob("testdata/*.wat")
	if err != nil || len(sources) < 10 {
		t.Fatalf("%d sources, %v", len(sources), err)
	}
	for _, source := range append(sources, "demo/primes.wat") {
		made := filepath.Join(t.TempDir(), "made.wasm")
		if out, err := exec.Command(tool, source, "-o", made).CombinedOutput(); err != nil {
			t.Errorf("%s: %v\n%s", source, err, out)
			continue
		}
		want, _ := os.ReadFile(made)
		got, err := os.ReadFile(strings.TrimSuffix(source, ".wat") + ".wasm")
		if err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s has changed since its .wasm was made (%v)", source, err)
		}
	}
}

// parentMain runs a job that never ends, says its process on standard output, and waits to be killed.
func parentMain(dir string) int {
	w, err := NewWASM(WASMConfig{CacheDir: dir})
	if err != nil {
		return 1
	}
	w.started = func(_ string, pid int) { fmt.Println(pid) }
	r := w.Run(context.Background(), WASMJob{ModulePath: wasmFile("loop"), Deadline: time.Minute}, os.Stdout)
	fmt.Println(r)
	return 1
}
