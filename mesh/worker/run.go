package worker

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"voxmesh/mesh/clean"
	"voxmesh/mesh/fabric"
	"voxmesh/mesh/fault"
	"voxmesh/mesh/worker/runner"
	"voxmesh/policy"
)

// The codes of results that this package adds to those of the runners.
const (
	codeBlob   = "vox/run/blob"         // a module, an input or a prompt could not be had, or is not what its hash says
	codeOutput = "vox/run/output-lost"  // the host did not take the output
	codePanic  = "vox/run/worker-panic" // the agent itself failed on this job
)

// Bounds on what is fetched for a job.
const (
	promptMost = 1 << 20
	stdinMost  = 64 << 20
)

// guarded carries a job out. A panic ends the job and nothing else.
func (a *Agent) guarded(j *job, p policy.Policy) (res fabric.Result) {
	defer func() {
		if v := recover(); v != nil {
			a.cfg.Log("%s: %s: panic: %v", a.cfg.Mesh, j.as.Job, v)
			res = failed(codePanic, "the worker failed on this job")
		}
	}()
	var in inputs
	defer in.drop()
	if err := a.gather(j, &in); err != nil {
		return a.notGathered(j, err)
	}
	a.turn(j, fabric.PhaseRunning)
	out, err := newSpool(j.spool)
	if err != nil {
		return failed(runner.CodeSink, "the output could not be kept: %v", err)
	}
	live := a.stream(j, out)
	r := func() runner.Result {
		defer live() // also when the runner panics
		run := j.trail.begin(fabric.PhaseExecute)
		r := a.execute(j, p, &in, out, run)
		run.end(r.Error)
		return r
	}()
	if err := out.close(); err != nil && r.Status == runner.Succeeded {
		return failed(runner.CodeSink, "the output could not be kept: %v", err)
	}
	a.mu.Lock()
	j.ended = true // from here on silence of the host stops nothing
	a.mu.Unlock()
	return a.handOver(j, out, verdict(r))
}

// inputs are the blobs of one job.
type inputs struct {
	module string // path
	stdin  string // path, or empty
	prompt string
	free   []func()
}

func (in *inputs) drop() {
	for _, f := range in.free {
		f()
	}
}

// gather fetches what the job names. A module is not compiled ahead: the job runs at once, and its runner compiles
// beside it.
func (a *Agent) gather(j *job, in *inputs) error {
	switch j.as.Runner {
	case "command":
	case "wasm":
		fetch := j.trail.begin(fabric.PhaseFetchModule)
		path, free, err := a.modules.get(j.ctx, j.as.Module, func(ctx context.Context, f *os.File) error {
			return a.fetch(ctx, j.as.Module, runner.ModuleMax, f, func() { rewind(f) })
		})
		fetch.end(because(err))
		if err != nil {
			return fmt.Errorf("the module: %w", err)
		}
		in.module, in.free = path, append(in.free, free)
	default:
		var b bytes.Buffer
		fetch := j.trail.begin(fabric.PhaseFetchPrompt)
		err := a.fetch(j.ctx, j.as.Prompt, promptMost, &b, b.Reset)
		if fetch.end(because(err)); err != nil {
			return fmt.Errorf("the prompt: %w", err)
		}
		in.prompt = b.String()
		return nil
	}
	if j.as.Stdin == "" {
		return nil
	}
	f, err := os.CreateTemp(a.inputDir(), "in-*")
	if err != nil {
		return fmt.Errorf("the input: %w", err)
	}
	in.stdin, in.free = f.Name(), append(in.free, func() { _ = os.Remove(f.Name()) })
	fetch := j.trail.begin(fabric.PhaseFetchInput)
	err = a.fetch(j.ctx, j.as.Stdin, stdinMost, f, func() { rewind(f) })
	err = errors.Join(err, f.Close())
	if fetch.end(because(err)); err != nil {
		return fmt.Errorf("the input: %w", err)
	}
	return nil
}

func (a *Agent) notGathered(j *job, err error) fabric.Result {
	if j.ctx.Err() != nil {
		return killed()
	}
	return failed(codeBlob, "%v", err)
}

// execute runs the job, no longer than the policy lets it.
func (a *Agent) execute(j *job, p policy.Policy, in *inputs, out io.Writer, run step) runner.Result {
	deadline := policy.EffectiveTimeout(p, millis(j.as.TimeoutMS))
	if j.as.Runner == "wasm" || j.as.Runner == "command" {
		var stdin io.Reader
		if in.stdin != "" {
			f, err := os.Open(in.stdin)
			if err != nil {
				return runner.Result{Status: runner.Failed, ExitCode: runner.NoExit, Code: codeBlob, Error: "the input is gone"}
			}
			defer f.Close() //nolint:errcheck // it was only read
			stdin = f
		}
		if j.as.Runner == "command" {
			return a.runCommand(j, deadline, stdin, out)
		}
		job := runner.WASMJob{ModulePath: in.module, ModuleHash: j.as.Module, Args: j.as.Args, Stdin: stdin, Deadline: deadline, Phase: func(name string) func(error) {
			part := j.trail.begin(name, run)
			return func(err error) { part.end(because(err)) }
		}}
		return a.cfg.WASM.Run(j.ctx, job, out)
	}
	if a.cfg.Owner != nil {
		defer a.cfg.Owner.Serving()()
	}
	if a.cfg.Ollama == nil {
		return runner.Result{Status: runner.Failed, ExitCode: runner.NoExit, Code: runner.CodeNoOllama, Error: "there is no model server on this machine"}
	}
	if j.as.Runner == "embed" {
		return a.cfg.Ollama.Embed(j.ctx, runner.EmbedJob{Model: j.as.Model, Input: []string{in.prompt}, Deadline: deadline}, out)
	}
	return a.cfg.Ollama.Generate(j.ctx, runner.TextJob{Model: j.as.Model, Prompt: in.prompt, Deadline: deadline}, out)
}

// verdict is a runner's result as it travels, without the output.
func verdict(r runner.Result) fabric.Result {
	return fabric.Result{
		Status: string(r.Status), ExitCode: r.ExitCode, Code: r.Code, Error: clean.Max(r.Error, 300).String(),
		Tokens: r.TokensIn + r.TokensOut, DurationMS: r.Duration.Milliseconds(),
	}
}

func failed(code, format string, args ...any) fabric.Result {
	return fabric.Result{
		Status: string(runner.Failed), ExitCode: runner.NoExit, Code: code, Error: clean.Max(fmt.Sprintf(format, args...), 300).String(),
	}
}

func killed() fabric.Result {
	return fabric.Result{
		Status: string(runner.Killed), ExitCode: runner.NoExit, Code: runner.CodeKilled, Error: "killed before it began",
	}
}

// handOver adds the output to a result: in it, or, where it is larger, by handing it to the host first.
func (a *Agent) handOver(j *job, out *spool, res fabric.Result) fabric.Result {
	size, hash := out.sum()
	res.OutputSize = size
	if size == 0 {
		return res
	}
	if size <= fabric.InlineOutput {
		b, err := readSome(j.spool, fabric.InlineOutput)
		if err != nil {
			return lost(res, "the output cannot be read: %v", err)
		}
		res.Output = b
		return res
	}
	upload := j.trail.begin(fabric.PhaseUpload)
	err := a.put(j, size, hash)
	if upload.end(because(err)); err != nil {
		return lost(res, "the output was not taken: %v", err)
	}
	res.OutputHash = hash
	return res
}

// lost turns a result whose output is gone into a failure, and says so in what went wrong before.
func lost(res fabric.Result, format string, args ...any) fabric.Result {
	text := fmt.Sprintf(format, args...)
	if res.Status == string(runner.Succeeded) {
		res.Status, res.Code, res.Error = string(runner.Failed), codeOutput, ""
	}
	if res.Error != "" {
		text = res.Error + "; " + text
	}
	res.Error, res.OutputSize = clean.Max(text, 300).String(), 0
	return res
}

// unavailable is a blob that the host does not give.
func unavailable(hash string) error {
	return fault.New(codeBlob, "the host does not give %.12s", hash)
}
