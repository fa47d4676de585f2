package worker

import (
	"context"
	"fmt"
	"io"
	"slices"
	"time"

	"voxmesh/mesh/clean"
	"voxmesh/mesh/fabric"
	"voxmesh/mesh/worker/runner"
	"voxmesh/policy"
)

// CommandRunner runs programs of this machine, isolated: *runner.Command.
type CommandRunner interface {
	// Ready says why the program cannot be run here, or gives nil.
	Ready(ctx context.Context, name string) error
	Run(ctx context.Context, job runner.CommandJob, out runner.Sink) runner.Result
}

// misfitCommand says what is wrong with the assignment of a command job, or is empty.
func misfitCommand(as *fabric.Assign) string {
	switch {
	case as.Kind != "cpu" && as.Kind != "gpu":
		return "a command job needs a cpu or gpu slot"
	case !runner.CommandName(as.Command):
		return "the job names no program"
	}
	return ""
}

// unable says why a job that the policy admits cannot be carried out on this machine, or is empty.
func (a *Agent) unable(j *job) string {
	if j.as.Runner != "command" {
		return ""
	}
	if a.cfg.Command == nil {
		return "this machine runs no commands"
	}
	if err := a.cfg.Command.Ready(j.ctx, j.as.Command); err != nil {
		return err.Error()
	}
	return ""
}

// describeCommands adds the programs that the policy gives and that can be run here. Why others cannot is told the host
// without what it may not know, and logged in full.
func (a *Agent) describeCommands(d *fabric.Describe, p policy.Policy) {
	if len(p.Commands) == 0 || a.cfg.Command == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), readyFor)
	defer cancel()
	var first error
	for _, name := range p.Commands {
		err := a.cfg.Command.Ready(ctx, name)
		if err == nil && len(d.Commands) < commandsMost {
			d.Commands = append(d.Commands, name)
		}
		if err != nil && first == nil {
			first = err
			if d.PolicyNote == "" {
				d.PolicyNote = clean.Max(fmt.Sprintf("the command %s is not given: it cannot be run there", name), noteMost).String()
			}
		}
	}
	a.tellOnce(first)
}

// readyFor is how long the machine may take to find out whether it can run commands.
const readyFor = 3 * time.Second

// tellOnce logs why commands cannot be run, when that changes.
func (a *Agent) tellOnce(err error) {
	text := ""
	if err != nil {
		text = sentence(err)
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if text != a.commandsNote && text != "" {
		a.cfg.Log("%s: %s", a.cfg.Mesh, text)
	}
	a.commandsNote = text
}

// runCommand runs the job in a box.
func (a *Agent) runCommand(j *job, deadline time.Duration, stdin io.Reader, out io.Writer) runner.Result {
	return a.cfg.Command.Run(j.ctx, runner.CommandJob{
		Name: j.as.Command, Args: slices.Clone(j.as.Args), Stdin: stdin, GPU: j.as.Kind == "gpu", Deadline: deadline,
	}, out)
}
