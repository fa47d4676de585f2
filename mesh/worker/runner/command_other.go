//go:build !linux || !(amd64 || arm64)

package runner

import (
	"context"

	"voxmesh/mesh/fault"
)

// Command refuses every command job: what keeps programs apart from this machine's files and network is there on Linux
// alone, and nothing is run without it.
type Command struct{}

// NewCommand makes a runner that refuses.
func NewCommand(CommandConfig) (*Command, error) { return &Command{}, nil }

// Ready says why no program can be run here. Code vox/run/no-sandbox.
func (*Command) Ready(context.Context, string) error {
	return fault.New(CodeNoSandbox, "command jobs need Linux on amd64 or arm64: nothing else keeps them apart from this machine")
}

// Run refuses.
func (c *Command) Run(ctx context.Context, job CommandJob, _ Sink) Result {
	return refusal(c.Ready(ctx, job.Name))
}

func boxMain([]string) int { return childUsage }
