package runner

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"voxmesh/mesh/fault"
	"voxmesh/mesh/worker/runner/demo"
)

//go:generate sh -c "for f in testdata/*.wat; do wat2wasm $f -o ${f%.wat}.wasm; done"

func TestHello(t *testing.T) {
	w := newWASM(t, WASMConfig{})
	r, out := runFile(t, w, WASMJob{
		ModulePath: wasmFile("hello"), Args: []string{"a", "b c", "", "\xff"},
		Stdin: strings.NewReader("in\x00put\n"), Deadline: time.Minute,
	})
	if want := "job\na\nb c\n\n\xff\nin\x00put\nend\n"; out != want || r.Status != Succeeded || r.ExitCode != 0 {
		t.Errorf("%q, %+v; want %q", out, r, want)
	}
	if r.Duration <= 0 {
		t.Error("no duration")
	}
}

// TestEnds has each way in which a module can end, by itself or at a limit.
func TestEnds(t *testing.T) {
	w := newWASM(t, WASMConfig{MemoryPages: 64, OutputMax: 1 << 20})
	tests := []struct {
		module string
		status Status
		code   string
		exit   int
		says   string
	}{
		{"exit7", Failed, CodeExit, 7, "exit code 7"},
		{"trap", Failed, CodeTrap, NoExit, "integer divide by zero"},
		{"deep", Failed, CodeTrap, NoExit, "stack overflow"},
		{"memory", Failed, CodeMemoryLimit, NoExit, "ended at its memory limit of 4 MiB"},
		{"memory_exit", Failed, CodeMemoryLimit, 2, "ended at its memory limit of 4 MiB"},
		{"memory_begin", Failed, CodeMemoryLimit, NoExit, "limit of 4 MiB"},
		{"memory_frugal", Succeeded, "", 0, ""},
		{"table", Failed, CodeMemoryLimit, NoExit, "limit of 4 MiB"},
		{"flood", Failed, CodeOutputLimit, NoExit, "ended at its output limit of 1 MiB"},
		{"loop", TimedOut, CodeDeadline, NoExit, "ended at its deadline of 300ms"},
		{"start", TimedOut, CodeDeadline, NoExit, "ended at its deadline of 300ms"},
		{"trickle", TimedOut, CodeDeadline, NoExit, "ended at its deadline of 300ms"},
		{"files", Succeeded, "", 0, ""},
		{"clock", Succeeded, "", 0, ""},
		{"import", Failed, CodeImport, NoExit, "env.system"},
		{"library", Failed, CodeNotWASM, NoExit, "_start"},
	}
	for _, test := range tests {
		t.Run(test.module, func(t *testing.T) {
			job := WASMJob{ModulePath: wasmFile(test.module), Deadline: time.Minute}
			if test.status == TimedOut {
				job.Deadline = 300 * time.Millisecond
			}
			r, _ := runFile(t, w, job)
			if r.Status != test.status || r.Code != test.code || r.ExitCode != test.exit || !strings.Contains(r.Error, test.says) {
				t.Errorf("%+v", r)
			}
			if r.Output.Truncated != (test.code == CodeOutputLimit) {
				t.Errorf("output %+v", r.Output)
			}
		})
	}
}

func TestOutputLimitKeepsWhatFits(t *testing.T) {
	w := newWASM(t, WASMConfig{OutputMax: 100_000})
	r, out := runFile(t, w, WASMJob{ModulePath: wasmFile("flood")})
	if r.Code != CodeOutputLimit || out != strings.Repeat("x", 100_000) {
		t.Errorf("%d bytes, %+v", len(out), r)
	}
}

func TestAJobMayHaveLessMemoryButNotMore(t *testing.T) {
	w := newWASM(t, WASMConfig{MemoryPages: 64})
	for pages, says := range map[uint32]string{32: "2 MiB", 1000: "4 MiB"} {
		r, _ := runFile(t, w, WASMJob{ModulePath: wasmFile("memory"), MemoryPages: pages})
		if r.Code != CodeMemoryLimit || !strings.Contains(r.Error, says) {
			t.Errorf("%d pages: %+v", pages, r)
		}
	}
}

func TestRefusedBeforeStart(t *testing.T) {
	w := newWASM(t, WASMConfig{})
	w.started = func(string, int) { t.Error("a process was started") }
	dir := t.TempDir()
	file := func(name, content string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	large := file("large", "\x00asm\x01\x00\x00\x00")
	if err := os.Truncate(large, ModuleMax+1); err != nil {
		t.Fatal(err)
	}
	hello := wasmFile("hello")
	tests := map[string]struct {
		job  WASMJob
		code string
	}{
		"empty":     {WASMJob{ModulePath: file("empty", "")}, CodeNotWASM},
		"elf":       {WASMJob{ModulePath: file("elf", "\x7fELF\x02\x01\x01\x00more")}, CodeNotWASM},
		"component": {WASMJob{ModulePath: file("component", "\x00asm\x0d\x00\x01\x00more")}, CodeNotWASM},
		"large":     {WASMJob{ModulePath: large}, CodeNotWASM},
		"folder":    {WASMJob{ModulePath: dir}, CodeNotWASM},
		"missing":   {WASMJob{ModulePath: filepath.Join(dir, "none")}, CodeModuleMissing},
		"bad hash":  {WASMJob{ModulePath: hello, ModuleHash: "../../etc"}, CodeModuleChanged},
		"nul":       {WASMJob{ModulePath: hello, Args: []string{"a\x00b"}}, CodeArgs},
		"long":      {WASMJob{ModulePath: hello, Args: []string{strings.Repeat("x", argsBytesMax)}}, CodeArgs},
		"many":      {WASMJob{ModulePath: hello, Args: make([]string, argsMax+1)}, CodeArgs},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			if r, _ := runFile(t, w, test.job); r.Status != Failed || r.Code != test.code {
				t.Errorf("%+v", r)
			}
		})
	}
}

func TestModuleIsWhatItsHashSays(t *testing.T) {
	w := newWASM(t, WASMConfig{})
	b, err := os.ReadFile(wasmFile("exit7"))
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(b)
	hash := hex.EncodeToString(sum[:])
	if r, _ := runFile(t, w, WASMJob{ModulePath: wasmFile("exit7"), ModuleHash: strings.ToUpper(hash)}); r.Code != CodeExit {
		t.Errorf("its own hash: %+v", r)
	}
	if r, _ := runFile(t, w, WASMJob{ModulePath: wasmFile("hello"), ModuleHash: hash}); r.Code != CodeModuleChanged {
		t.Errorf("another's hash: %+v", r)
	}
}

// TestHostileModules: what is no valid module ends with a verdict, never with a crash.
func TestHostileModules(t *testing.T) {
	w := newWASM(t, WASMConfig{})
	hello, err := os.ReadFile(wasmFile("hello"))
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "m.wasm")
	for cut := 8; cut < len(hello); cut += 61 {
		broken := bytes.Clone(hello)
		broken[cut] ^= 0x55
		for name, b := range map[string][]byte{"cut": hello[:cut], "flipped": broken} {
			if err := os.WriteFile(path, b, 0o600); err != nil {
				t.Fatal(err)
			}
			r, _ := runFile(t, w, WASMJob{ModulePath: path, Deadline: 5 * time.Second})
			if r.Code == CodeCrashed || r.Code == CodeStart || strings.ContainsAny(r.Error, "\n\x1b") {
				t.Errorf("%s at %d: %+v", name, cut, r)
			}
		}
	}
}

func TestOutputComesAsItIsWritten(t *testing.T) {
	w := newWASM(t, WASMConfig{})
	ctx, cancel := context.WithCancel(context.Background())
	out := make(lines)
	done := make(chan Result)
	go func() { done <- w.Run(ctx, WASMJob{ModulePath: wasmFile("trickle")}, out) }()
	for range 3 {
		if got := <-out; got != "tick\n" {
			t.Errorf("got %q", got)
		}
	}
	cancel()
	for {
		select {
		case <-out:
			continue
		case r := <-done:
			if r.Status != Killed || r.Code != CodeKilled || r.Output.Bytes < 15 {
				t.Errorf("%+v", r)
			}
		}
		break
	}
}

func TestSinkThatFailsEndsTheJob(t *testing.T) {
	w := newWASM(t, WASMConfig{})
	r := w.Run(context.Background(), WASMJob{ModulePath: wasmFile("flood")}, brokenSink{})
	if r.Code != CodeSink || !strings.Contains(r.Error, "no room") {
		t.Errorf("%+v", r)
	}
}

type brokenSink struct{}

func (brokenSink) Write([]byte) (int, error) { return 0, errors.New("no room") }

func TestInputThatNeverEndsDoesNotHoldUpTheRun(t *testing.T) {
	w := newWASM(t, WASMConfig{})
	in, end := io.Pipe()
	defer end.Close()
	if r := w.Run(context.Background(), WASMJob{ModulePath: wasmFile("exit7"), Stdin: in}, io.Discard); r.ExitCode != 7 {
		t.Errorf("%+v", r)
	}
}

func TestLargeInputGoesThroughWhole(t *testing.T) {
	w := newWASM(t, WASMConfig{})
	in := bytes.Repeat([]byte("0123456789abcdef"), 5<<16) // 5 MiB, more than a tape holds
	for _, module := range []string{wasmFile("hello"), padded(t, "hello")} {
		var out bytes.Buffer
		r := w.Run(context.Background(), WASMJob{ModulePath: module, Stdin: bytes.NewReader(in)}, &out)
		if want := "job\n" + string(in) + "end\n"; r.Status != Succeeded || out.String() != want {
			t.Errorf("%s: %d bytes of %d, %+v", module, out.Len(), len(want), r)
		}
	}
}

func TestDemoModule(t *testing.T) {
	w := newWASM(t, WASMConfig{})
	path := filepath.Join(t.TempDir(), "primes.wasm")
	if err := os.WriteFile(path, demo.Module, 0o600); err != nil {
		t.Fatal(err)
	}
	for arg, want := range map[string]string{
		"1": "0 primes up to 1", "2": "1 primes up to 2", "100": "25 primes up to 100", "65537": "6543 primes up to 65537",
		"1000000": "78498 primes up to 1000000", "20000000": "1270607 primes up to 20000000",
	} {
		r, out := runFile(t, w, WASMJob{ModulePath: path, Args: []string{arg}})
		last := strings.Split(strings.TrimSpace(out), "\n")
		if r.Status != Succeeded || last[len(last)-1] != want {
			t.Errorf("%s: %q, %+v", arg, out, r)
		}
		if arg == "20000000" && len(last) != 10 {
			t.Errorf("%d lines of progress: %q", len(last)-1, out)
		}
	}
	for _, bad := range []string{"", "0", "x", "-1", "1000000001", "99999999999999", strings.Repeat("9", 2000)} {
		r, out := runFile(t, w, WASMJob{ModulePath: path, Args: []string{bad}})
		if r.ExitCode != 2 || !strings.HasPrefix(out, "usage:") {
			t.Errorf("%q: %q, %+v", bad, out, r)
		}
	}
}

func TestNewWASMSaysWhatIsMissing(t *testing.T) {
	if _, err := NewWASM(WASMConfig{}); !fault.Is(err, CodeStart) {
		t.Errorf("without a folder: %v", err)
	}
	w := newWASM(t, WASMConfig{Exe: filepath.Join(t.TempDir(), "none")})
	if r, _ := runFile(t, w, WASMJob{ModulePath: wasmFile("hello")}); r.Code != CodeStart {
		t.Errorf("%+v", r)
	}
}
