package cli

import (
	"context"
	"os"
	"time"

	"voxmesh/mesh/fault"
	"voxmesh/tui"
	"voxmesh/tui/joinmesh"
	"voxmesh/tui/pane"
	"voxmesh/tui/sshd"
)

// beside is what a console is given beside its host and whoever is there.
type beside struct {
	joiner joinmesh.Joiner
	open   pane.Ref  // what is shown first
	lost   time.Time // when the host was lost
	retry  func()    // looks for it now
}

// into adds it to a console's options.
func (b beside) into(o tui.Options) tui.Options {
	o.Open, o.Lost, o.Retry = b.open, b.lost, b.retry
	return o
}

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
	o := beside{joiner: r.joiner, open: at}.into(a.consoleOptions(ctx, r.host))
	return tui.Run(ctx, in, out, o)
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
