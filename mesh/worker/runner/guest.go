package runner

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/experimental"
	wasi "github.com/tetratelabs/wazero/imports/wasi_snapshot_preview1"
	"github.com/tetratelabs/wazero/sys"
)

// guest is one module about to run in this process.
//
// It is given: its arguments, standard input, one output stream, random bytes from the system, a monotonic clock and
// sleep (Go and Rust programs do not run without). It is not given: files, directories, sockets, environment, and the
// wall clock, which stands still at 2022 but for a millisecond a look, so that a module learns nothing of the machine.
// Memory is bounded by the allocator rather than by wazero's own limit, because only so a refused growth is noticed.
// WithCloseOnContextDone is not used: it made modules 2.8 times slower, and the parent kills the process anyway.
type guest struct {
	order order
	code  []byte
	in    io.Reader
	out   io.Writer
	lock  func() error // called when nothing more has to be opened, before the module runs
}

// bare hides every method but Read and Write, so that wazero treats a pipe as a stream and not as a file.
type bare struct {
	io.Reader
	io.Writer
}

func (g guest) run(ctx context.Context) (v verdict) {
	mem := &allocator{max: uint64(g.order.Pages) * pageSize}
	defer func() {
		v.Refused = mem.refused.Load()
		if p := recover(); p != nil {
			v = verdict{End: endInternal, Text: fmt.Sprint(p), Refused: v.Refused}
		}
		if v.End != endExit && mem.tooLarge.Load() {
			v = verdict{End: endMemory}
		}
	}()
	ctx = experimental.WithCompilationWorkers(ctx, g.order.Workers)
	ctx = experimental.WithMemoryAllocator(ctx, mem)
	rt, module, stale, bad := g.compile(ctx)
	if bad != nil {
		return *bad
	}
	if g.order.Mode == modeCompile {
		return verdict{End: endCompiled}
	}
	v = g.start(ctx, rt, module)
	v.Stale = stale
	return v
}

// compile makes the module ready in the ordered form. A compiled form that does not fit is interpreted instead.
func (g guest) compile(ctx context.Context) (rt wazero.Runtime, m wazero.CompiledModule, stale bool, bad *verdict) {
	rt, err := g.runtime(ctx, g.order.Mode)
	if err != nil {
		return nil, nil, false, &verdict{End: endInternal, Text: err.Error()}
	}
	m, err = rt.CompileModule(ctx, g.code)
	if err != nil && g.order.Mode == modeCached {
		stale = true
		if rt, err = g.runtime(ctx, modeInterpret); err != nil {
			return nil, nil, true, &verdict{End: endInternal, Text: err.Error()}
		}
		m, err = rt.CompileModule(ctx, g.code)
	}
	if err != nil {
		return nil, nil, stale, &verdict{End: endNotWASM, Text: err.Error()}
	}
	return rt, m, stale, fits(rt, m)
}

func (g guest) runtime(ctx context.Context, mode string) (wazero.Runtime, error) {
	config := wazero.NewRuntimeConfigInterpreter()
	if mode != modeInterpret {
		config = wazero.NewRuntimeConfig() // the compiler where there is one for this processor
	}
	if mode == modeCached || mode == modeCompile {
		cache, err := wazero.NewCompilationCacheWithDir(g.order.Dir)
		if err != nil {
			return nil, err
		}
		config = config.WithCompilationCache(cache)
	}
	// Custom sections carry debug information, which costs time and shows in no sentence of ours.
	rt := wazero.NewRuntimeWithConfig(ctx, config.WithDebugInfoEnabled(false))
	_, err := wasi.Instantiate(ctx, rt)
	return rt, err
}

// fits says why m cannot be run here, or nil: it must be a command, and want only what WASI gives.
func fits(rt wazero.Runtime, m wazero.CompiledModule) *verdict {
	start, ok := m.ExportedFunctions()["_start"]
	if !ok || len(start.ParamTypes())+len(start.ResultTypes()) > 0 {
		return &verdict{End: endNotWASM, Text: "it has no function _start, so it is no WASI command"}
	}
	given := rt.Module(wasi.ModuleName).ExportedFunctionDefinitions()
	for _, f := range m.ImportedFunctions() {
		module, name, _ := f.Import()
		if _, ok := given[name]; !ok || module != wasi.ModuleName {
			return &verdict{End: endImport, Text: module + "." + name}
		}
	}
	return nil
}

func (g guest) start(ctx context.Context, rt wazero.Runtime, m wazero.CompiledModule) verdict {
	out := bare{Writer: g.out}
	config := wazero.NewModuleConfig().WithName("").WithStartFunctions().
		WithArgs(g.args()...).
		WithStdin(bare{Reader: g.in}).WithStdout(out).WithStderr(out).
		WithRandSource(rand.Reader).WithSysNanotime().WithSysNanosleep()
	// From here on code of the module runs: it may have a start function. Where the system cannot lock, wazero alone is
	// the wall around it.
	_ = g.lock()
	module, err := rt.InstantiateModule(ctx, m, config)
	if err == nil {
		_, err = module.ExportedFunction("_start").Call(ctx)
	}
	return ended(err)
}

// args are the arguments as the module sees them: the first is the name of the program.
func (g guest) args() []string {
	args := []string{"job"}
	for _, a := range g.order.Args {
		args = append(args, string(a))
	}
	return args
}

// ended reads how a module ended from what wazero says.
func ended(err error) verdict {
	var exit *sys.ExitError
	switch {
	case err == nil:
		return verdict{End: endExit}
	case errors.As(err, &exit):
		return verdict{End: endExit, Exit: exit.ExitCode()}
	}
	text, _, _ := strings.Cut(err.Error(), "\n")
	if _, trap, ok := strings.Cut(text, "wasm error: "); ok {
		return verdict{End: endTrap, Text: trap}
	}
	if strings.HasSuffix(text, "not instantiated") || strings.HasPrefix(text, "import ") {
		return verdict{End: endImport, Text: text}
	}
	return verdict{End: endTrap, Text: text}
}

// pageSize is the size of a page of WebAssembly memory.
const pageSize = 64 << 10
