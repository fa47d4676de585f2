package runner

import (
	"context"
	"errors"
	"fmt"
	"io"
	"runtime"
	"time"

	"voxmesh/mesh/fault"
)

// WASMConfig says how modules are run. Zero values are the defaults named.
type WASMConfig struct {
	CacheDir    string // of compiled forms, made if missing; required
	Exe         string // the binary that has ChildMain; this one
	MemoryPages uint32 // of 64 KiB that a module may have; 1024, which is 64 MiB
	OutputMax   int64  // bytes that a job may write; 16 MiB
	CacheMax    int64  // bytes of the compiled forms together; 512 MiB. A 3 MB module made by Go takes 12 MB
}

// WASMJob is one run of a module.
type WASMJob struct {
	ModulePath  string        // the module's file
	ModuleHash  string        // its SHA-256 in hex, checked before it runs; empty: whatever is in the file
	Args        []string      // without the name of the program, which is always "job"
	Stdin       io.Reader     // nil is empty; read ahead by up to 1 MiB. A Read that blocks does not hold up the run
	MemoryPages uint32        // at most this; 0, or more than the configured: the configured
	Deadline    time.Duration // from now; 0 is none

	// Phase hears that a part of the run begins, one of the Phase constants, and gives what is called at its end, with
	// the error that ended it. It may be nil. What is never ended does not matter to how the run went.
	Phase func(name string) func(error)
}

// The parts of a run that are told apart.
const (
	PhaseInterpret = "interpret" // beside the compiler
	PhaseCompile   = "compile"
	PhaseCompiled  = "compiled" // the run of a compiled form that is kept
)

func (j *WASMJob) phase(name string) func(error) {
	if j.Phase == nil {
		return func(error) {}
	}
	return j.Phase(name)
}

// WASM runs WASI modules in child processes. Any number of runs may go on at once.
//
// Which form of a module runs was decided by measuring, with a program made by Go (3.2 MB) on two cores: interpreting
// answers after 0.2 s, compiling takes 0.8 s (1.45 s on one core), the compiled form lies ready in 0.07 s, and a loop
// runs 30 to 50 times faster compiled. So:
//   - below 64 KiB it is compiled at once, in the job's child (at most some 30 ms);
//   - a compiled form in the cache is used;
//   - else the interpreter starts at once, and a compiler beside it. Whoever is ready first decides: a job that the
//     interpreter finishes is finished; else the compiled form begins anew, and what the interpreter wrote until then
//     is dropped unseen. A module has no effects but its output, which is held back until then, so the job runs once
//     for all who look. A quick job is answered quickly, and a long one is not slow for ever.
type WASM struct {
	config  WASMConfig
	cache   *cache
	started func(mode string, pid int) // for tests
}

// directMax is the size up to which compiling costs less than keeping.
const directMax = 64 << 10

// pagesMost is what WebAssembly itself allows: 4 GiB.
const pagesMost = 65536

// NewWASM makes a runner and its cache folder. Error: vox/run/start.
func NewWASM(config WASMConfig) (*WASM, error) {
	if config.CacheDir == "" {
		return nil, fault.New(CodeStart, "no folder for compiled modules was named")
	}
	if config.Exe == "" {
		exe, err := ownBinary()
		if err != nil {
			return nil, fault.New(CodeStart, "cannot find the program that runs modules").Wrap(err)
		}
		config.Exe = exe
	}
	if config.MemoryPages == 0 {
		config.MemoryPages = 1024
	}
	config.MemoryPages = min(config.MemoryPages, pagesMost)
	if config.OutputMax <= 0 {
		config.OutputMax = DefaultOutputMax
	}
	if config.CacheMax <= 0 {
		config.CacheMax = 512 << 20
	}
	w := &WASM{config: config}
	var err error
	if w.cache, err = newCache(config.CacheDir, config.CacheMax, w.compile); err != nil {
		return nil, fault.New(CodeStart, "cannot make the folder for compiled modules").Wrap(err)
	}
	return w, nil
}

// Close stops the compilers. Runs go on, and those that begin later are interpreted.
func (w *WASM) Close() error {
	w.cache.close()
	return nil
}

// Compile makes the compiled form of a module ready, so that the first job needs not wait for it. Errors: the codes of
// a Result, and vox/run/crashed if the compiler fails.
func (w *WASM) Compile(ctx context.Context, path, hash string) error {
	m, err := open(path, hash)
	if err != nil {
		return err
	}
	if m.size < directMax {
		return nil
	}
	if _, ok := w.cache.ready(m.hash); ok {
		return nil
	}
	f := w.cache.want(m.hash, m.path)
	select {
	case <-f.done:
		return f.err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Run runs one job to its end and writes its output to out.
func (w *WASM) Run(ctx context.Context, job WASMJob, out Sink) Result {
	begun := time.Now()
	ctx, cancel := within(ctx, job.Deadline)
	defer cancel(nil)
	sink := &capped{to: out, max: w.config.OutputMax, stop: cancel}
	r := w.run(ctx, job, sink)
	r.Duration = time.Since(begun)
	r.Output = sink.info()
	return r
}

func (w *WASM) run(ctx context.Context, job WASMJob, out *capped) Result {
	if err := checkArgs(job.Args); err != nil {
		return refusal(err)
	}
	m, err := open(job.ModulePath, job.ModuleHash)
	if err != nil {
		return refusal(err)
	}
	pages := w.config.MemoryPages
	if job.MemoryPages > 0 {
		pages = min(pages, job.MemoryPages)
	}
	o := order{Module: m.path, Hash: m.hash, Args: raw(job.Args), Pages: pages, Workers: workers()}
	in := newTape(job.Stdin)
	defer in.close()

	end := w.finish(ctx, &job, m, o, in, out)
	if end.verdict != nil && end.verdict.Stale {
		w.cache.drop(m.hash)
	}
	// An overflow and a sink that fails count even where the job ended well.
	if cause := context.Cause(ctx); end.verdict == nil && cause != nil || errors.Is(cause, errFlood) || errors.Is(cause, errSink) {
		return stopped(ctx, job.Deadline, out)
	}
	return judge(end, int64(pages)*pageSize)
}

// finish runs the job in the best form there is.
func (w *WASM) finish(ctx context.Context, job *WASMJob, m module, o order, in *tape, out io.Writer) ending {
	if m.size < directMax {
		o.Mode = modeDirect
		in.settle()
		return w.attempt(ctx, o, in.reader(), out)
	}
	if dir, ok := w.cache.ready(m.hash); ok {
		o.Mode, o.Dir = modeCached, dir
		return w.compiled(ctx, job, o, in, out)
	}
	return w.race(ctx, job, m, o, in, out)
}

// compiled runs a compiled form.
func (w *WASM) compiled(ctx context.Context, job *WASMJob, o order, in *tape, out io.Writer) ending {
	in.settle()
	done := job.phase(PhaseCompiled)
	end := w.attempt(ctx, o, in.reader(), out)
	done(end.err)
	return end
}

// race interprets while the module is being compiled (see WASM).
func (w *WASM) race(ctx context.Context, job *WASMJob, m module, o order, in *tape, out io.Writer) ending {
	interpret, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	held := newGate(out)
	first := make(chan ending, 1)
	o.Mode = modeInterpret
	interpreted := job.phase(PhaseInterpret)
	go func() {
		end := w.attempt(interpret, o, in.reader(), held)
		interpreted(end.err)
		first <- end
	}()

	ready := job.phase(PhaseCompile)
	compiled := w.cache.want(m.hash, m.path)
	select {
	case end := <-first:
		held.open()
		return end
	case <-ctx.Done():
	case <-compiled.done:
		ready(compiled.err)
		dir, ok := w.cache.ready(m.hash)
		if compiled.err != nil || !ok {
			break
		}
		held.shut()
		stop(errSuperseded)
		<-first
		o.Mode, o.Dir = modeCached, dir
		return w.compiled(ctx, job, o, in, out)
	}
	in.settle()
	held.open()
	return <-first
}

func (w *WASM) attempt(ctx context.Context, o order, in *tapeReader, out io.Writer) ending {
	a := attempt{exe: w.config.Exe, order: o, in: in, out: out}
	if w.started != nil {
		a.started = func(pid int) { w.started(o.Mode, pid) }
	}
	return a.run(ctx)
}

// compile is the cache's compiler: a child that fills dir.
func (w *WASM) compile(ctx context.Context, hash, path, dir string) error {
	o := order{Mode: modeCompile, Module: path, Hash: hash, Dir: dir, Workers: workers()}
	end := w.attempt(ctx, o, nil, io.Discard)
	if end.verdict != nil && end.verdict.End == endCompiled {
		return nil
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	r := judge(end, 0)
	return fault.New(r.Code, "%s", r.Error)
}

func raw(args []string) (b [][]byte) {
	for _, a := range args {
		b = append(b, []byte(a))
	}
	return b
}

// workers is how many threads compile: two, because a donor has other things to do, and more gain little.
func workers() int { return min(runtime.NumCPU(), 2) }

// judge makes the result of how a child ended; most is the memory that the job might have.
func judge(end ending, most int64) Result {
	v := end.verdict
	switch {
	case end.err != nil:
		return failed(CodeStart, "the job's process could not be started: %v", end.err)
	case v == nil && end.ranOut():
		return failed(CodeMemoryLimit, "ended at its memory limit of %s: tables and code took too much", size(most))
	case v == nil:
		return failed(CodeCrashed, "the job's process died without a verdict (%s)%s", end.state, colon(end.stderr))
	}
	switch v.End {
	case endExit:
		return exited(v, most)
	case endTrap:
		if v.Refused {
			return failed(CodeMemoryLimit, "ended at its memory limit of %s (%s)", size(most), v.Text)
		}
		return failed(CodeTrap, "ended by a trap: %s", v.Text)
	case endMemory:
		return failed(CodeMemoryLimit, "wants more memory to begin with than its limit of %s", size(most))
	case endNotWASM:
		return failed(CodeNotWASM, "the module cannot be run: %s", v.Text)
	case endImport:
		return failed(CodeImport, "the module wants what is not given here: %s", v.Text)
	case endMissing:
		return failed(CodeModuleMissing, "the module cannot be read: %s", v.Text)
	case endChanged:
		return failed(CodeModuleChanged, "the module is not the one that its hash names")
	}
	return failed(CodeCrashed, "the job's process failed: %s", v.Text)
}

// exited judges a module that ended itself. One that was refused memory before and then gave up ended at its limit:
// programs made by Go, Rust and C say so themselves and exit with a code or a trap, each in its own way.
func exited(v *verdict, most int64) Result {
	if v.Exit == 0 {
		return Result{Status: Succeeded}
	}
	r := failed(CodeExit, "ended with exit code %d", v.Exit)
	if v.Refused {
		r = failed(CodeMemoryLimit, "ended at its memory limit of %s (exit code %d)", size(most), v.Exit)
	}
	r.ExitCode = int(v.Exit)
	return r
}

func colon(s string) string {
	if s == "" {
		return ""
	}
	return fmt.Sprintf(": %s", s)
}

// refusal is the result of a job that was not begun.
func refusal(err error) Result {
	code, _ := fault.Of(err)
	return failed(code, "%v", err)
}
