// Package runner carries out one job on the machine of a donor and tells how it ended.
//
// A WASM runner runs a WASI module made by strangers: in a child process of its own, without files, network,
// environment or wall clock, within a bound of memory, output and time. An Ollama runner asks the model server on this
// machine, which it reaches on loopback only, and never makes it fetch a model. A Command runner runs a program that the
// donor named, in a box of its own; where no box can be made it runs nothing.
//
// What is promised of every run:
//   - A run always ends. A job that passes its deadline, or whose context is cancelled, is killed with the whole
//     process group behind it, and nothing of it is left: no process, no zombie, no goroutine, no open pipe.
//   - If this process dies, even by kill -9, its job children die too.
//   - The verdict is final, and says which limit ended the job by a stable code. What a job wrote until then is kept.
//   - Output is one stream of raw bytes, in the order of writing; the standard error of a module is part of it, that of
//     a program is not. It is not cleaned here: the bytes are the result. Sentences in Result.Error are cleaned.
//
// The package knows nothing of meshes: who may run what is decided before.
package runner

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"voxmesh/mesh/clean"
)

// Status is how a job ended.
type Status string

// The four ends of a job.
const (
	Succeeded Status = "succeeded"
	Failed    Status = "failed"
	Killed    Status = "killed"
	TimedOut  Status = "timed_out"
)

// The codes of a Result. They may be added to, never changed.
const (
	CodeMemoryLimit   = "vox/run/memory-limit"   // wanted more memory than it may have
	CodeOutputLimit   = "vox/run/output-limit"   // wrote more than it may
	CodeDeadline      = "vox/run/deadline"       // ran longer than it may
	CodeKilled        = "vox/run/killed"         // the context was cancelled
	CodeTrap          = "vox/run/trap"           // the module did what WebAssembly forbids
	CodeExit          = "vox/run/exit-code"      // the module or program ended itself with a code other than 0
	CodeNotWASM       = "vox/run/not-wasm"       // not a WASI command module
	CodeImport        = "vox/run/import"         // wants a function from its host that is not given here
	CodeModuleMissing = "vox/run/module-missing" // the file cannot be read
	CodeModuleChanged = "vox/run/module-changed" // the file is not what its hash says
	CodeArgs          = "vox/run/args"           // arguments too many, too long or with a NUL
	CodeCrashed       = "vox/run/crashed"        // the child died without a verdict
	CodeStart         = "vox/run/start"          // the child could not be started
	CodeSink          = "vox/run/sink"           // the output could not be handed on
	CodeNoOllama      = "vox/run/no-ollama"      // no model server answers on this machine
	CodeModelMissing  = "vox/run/model-missing"  // the model is not installed here
	CodeOllamaAnswer  = "vox/run/ollama-answer"  // the model server answered with an error, or not as documented
	CodeOllamaGone    = "vox/run/ollama-gone"    // the model server went away in the middle of an answer
	CodeNoSandbox     = "vox/run/no-sandbox"     // no box can be made on this machine, so no program is run
	CodeNoCommand     = "vox/run/no-command"     // the program is not installed, or not where a box shows it
	CodeTaskLimit     = "vox/run/task-limit"     // wanted more processes and threads than it may have
)

// DefaultOutputMax is how many bytes a job may write: 16 MiB.
const DefaultOutputMax = 16 << 20

// NoExit is the exit code of a job that did not end itself.
const NoExit = -1

// Sink takes the output of a job as it comes, raw and in order. A slow sink slows the job. Write has to return in the
// end, also when the job was killed: a run does not end before it.
type Sink interface{ io.Writer }

// OutputInfo says how much output there is.
type OutputInfo struct {
	Bytes     int64 // handed to the sink
	Truncated bool  // the job wrote more than that
}

// Result is how a run ended.
type Result struct {
	Status    Status
	ExitCode  int    // of the module or program; 0 for a model's answer, NoExit where there is none
	Error     string // a cleaned sentence for people; empty if it succeeded
	Code      string // one of the codes above; empty if it succeeded
	TokensIn  int64
	TokensOut int64
	Duration  time.Duration
	Output    OutputInfo
}

// failed makes a result of a refusal or a failure.
func failed(code, format string, args ...any) Result {
	return Result{Status: Failed, ExitCode: NoExit, Code: code, Error: sentence(format, args...)}
}

// sentence bounds and cleans what people read: much of it can come from a module or a server.
func sentence(format string, args ...any) string {
	return clean.Max(fmt.Sprintf(format, args...), 300).String()
}

// Why a run was stopped from outside. They are the causes of its context.
var (
	errDeadline   = errors.New("deadline")
	errFlood      = errors.New("output limit")
	errSink       = errors.New("output could not be handed on")
	errSuperseded = errors.New("the compiled form took over")
)

// stopped is the result of a run whose context ended; limit is its deadline.
func stopped(ctx context.Context, limit time.Duration, out *capped) Result {
	cause := context.Cause(ctx)
	switch {
	case errors.Is(cause, errFlood):
		return failed(CodeOutputLimit, "ended at its output limit of %s", size(out.max))
	case errors.Is(cause, errSink):
		return failed(CodeSink, "the output could not be handed on: %v", out.failure())
	case errors.Is(cause, errDeadline):
		return Result{Status: TimedOut, ExitCode: NoExit, Code: CodeDeadline, Error: sentence("ended at its deadline of %v", limit)}
	case errors.Is(cause, context.DeadlineExceeded):
		return Result{Status: TimedOut, ExitCode: NoExit, Code: CodeDeadline, Error: "ended at its deadline"}
	case cause == nil, errors.Is(cause, context.Canceled):
		return Result{Status: Killed, ExitCode: NoExit, Code: CodeKilled, Error: "was killed"}
	}
	return Result{Status: Killed, ExitCode: NoExit, Code: CodeKilled, Error: sentence("was killed: %v", cause)}
}

// within gives the context of one run, which ends with ctx, at the deadline (0: none), or by the function.
func within(ctx context.Context, deadline time.Duration) (context.Context, context.CancelCauseFunc) {
	ctx, cancel := context.WithCancelCause(ctx)
	if deadline <= 0 {
		return ctx, cancel
	}
	ctx, release := context.WithTimeoutCause(ctx, deadline, errDeadline)
	return ctx, func(cause error) {
		cancel(cause)
		release()
	}
}

// size writes bytes as people do.
func size(n int64) string {
	switch {
	case n >= 1<<30 && n%(1<<30) == 0:
		return fmt.Sprintf("%d GiB", n>>30)
	case n >= 1<<20 && n%(1<<20) == 0:
		return fmt.Sprintf("%d MiB", n>>20)
	case n >= 1<<10 && n%(1<<10) == 0:
		return fmt.Sprintf("%d KiB", n>>10)
	}
	return fmt.Sprintf("%d bytes", n)
}
