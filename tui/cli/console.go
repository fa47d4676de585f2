package cli

import (
	"context"
	"io"
	"os"
	"os/exec"

	tea "charm.land/bubbletea/v2"

	"voxmesh/mesh/fault"
	"voxmesh/tui"
	"voxmesh/tui/pane"
	"voxmesh/tui/sshd"
)

// console opens the console, at a run where ref names one: attached to the host that runs, else as the host.
func (a *app) console(ctx context.Context, ref string) error {
	if !a.local {
		return usage("the console needs a terminal: ssh -t")
	}
	in, out, ok := a.terminal()
	if !ok {
		return usage("the console needs a terminal; `voxmesh serve` runs a host without one")
	}
	dir, err := a.dataDir()
	if err != nil {
		return err
	}
	c, err := sshd.Dial(ctx, dir)
	switch {
	case err == nil:
		return a.attached(ctx, in, out, dir, c, ref)
	case !fault.Is(err, "vox/host/none"):
		return err
	}
	var at pane.Ref
	if ref != "" {
		if at, err = pastPlace(dir, ref); err != nil {
			return err
		}
	}
	return a.hosting(ctx, in, out, at)
}

// hosting is a console that is the host.
func (a *app) hosting(ctx context.Context, in, out *os.File, at pane.Ref) error {
	r, err := a.become(ctx, hosting{quiet: true, holder: "voxmesh"})
	if err != nil {
		return err
	}
	defer r.close()
	o := a.ownConsole(ctx, r)
	o.HostInProcess, o.Open, o.Demo = true, at, demoHere
	return tui.Run(ctx, in, out, o)
}

// ownConsole is a console in the process of its host, for whoever runs it.
func (a *app) ownConsole(ctx context.Context, r *hosted) tui.Options {
	return tui.Options{
		Source: r.host, Actions: r.host, Actor: a.actor, Operator: a.operator, Role: string(a.role), Env: a.environ,
		Context: ctx, Joiner: r.joiner, Files: ownFile, Policy: r.book,
	}
}

// ownFile opens a file for a console in this process: whoever is there is whoever runs it.
func ownFile(_ context.Context, path string) (io.ReadCloser, error) {
	f, _, err := sshd.OpenFile(path)
	return f, err
}

// demoHere shows the demo in the terminal of a console in this process, until it is left.
func demoHere() tea.Cmd {
	self, err := os.Executable()
	if err != nil {
		return nil
	}
	return tea.ExecProcess(exec.Command(self, "demo"), func(error) tea.Msg { return nil }) // it says itself what went wrong
}

// attached is a console in the host that runs. Where that host goes, the console stays, over its log, until a host
// answers again or whoever is here leaves.
func (a *app) attached(ctx context.Context, in, out *os.File, dir string, c *sshd.Client, ref string) error {
	var args []string
	if ref != "" {
		if err := checkPlace(ctx, c, ref); err != nil {
			_ = c.Close() // it is said why there is no console
			return err
		}
		args = []string{"open", ref}
	}
	for {
		err := c.Console(ctx, in, out, args...)
		_ = c.Close() // the console has ended
		if !fault.Is(err, "vox/host/gone") || ctx.Err() != nil {
			return err
		}
		if c, err = a.withoutHost(ctx, in, out, dir); c == nil {
			return err
		}
		args = nil
	}
}

// atFirst is what a session's console shows first.
func (r *hosted) atFirst(s *sshd.Session) pane.Ref {
	ref := openArgs(s.Args)
	if ref == "" {
		return pane.Ref{}
	}
	at, _, _ := placeOf(r.host, ref) // where it is gone by now: the mesh
	return at
}
