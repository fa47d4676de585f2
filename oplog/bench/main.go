// Command bench makes op-logs as large as wanted, for measuring and for trying voxmesh on years of history:
//
//	go run ./oplog/bench gen --dir DIR --ops 10000000 --nodes 10000 [--skewed] [--per-day 30000] [--seed 1]
//
// DIR is then a data folder as any other: `voxmesh oplog stats --data DIR` and all reading commands work on it. What a seek in such
// a log costs is measured by BenchmarkSeek of package mesh, which makes its logs the same way.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"syscall"

	"voxmesh/oplog/bench/sim"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout, os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

const usage = `usage: bench gen --dir DIR [--ops N] [--nodes N] [--skewed] [--per-day N] [--seed N]

gen makes an op-log of a mesh that lives, by the path that all ops take. The same
numbers give the same ops. A million ops take some 300 MB and half a minute.
ctrl+c ends it early: the log is good up to there.

`

func run(ctx context.Context, args []string, out, say io.Writer) error {
	var r sim.Recipe
	f := flag.NewFlagSet("bench gen", flag.ContinueOnError)
	f.SetOutput(io.Discard) // its errors are said once, by main
	dir := f.String("dir", "", "the `folder` to make the log in; it must have none")
	f.Uint64Var(&r.Ops, "ops", 1_000_000, "how many ops")
	f.IntVar(&r.Nodes, "nodes", 1000, "how many nodes")
	f.BoolVar(&r.Skewed, "skewed", false, "a few nodes have most of the ops (Zipf 1.1)")
	f.Float64Var(&r.PerDay, "per-day", sim.PerDay, "ops in 24 hours of the log's time: work of the last day is in the state")
	f.Uint64Var(&r.Seed, "seed", 1, "another number gives another log")
	help := func() error {
		fmt.Fprint(out, usage)
		f.SetOutput(out)
		f.PrintDefaults()
		return nil
	}
	switch {
	case len(args) == 0:
		return errors.New("say what to do: gen, or --help")
	case slices.Contains([]string{"-h", "-help", "--help", "help"}, args[0]):
		return help()
	case args[0] != "gen":
		return fmt.Errorf("%q is not known here: say gen, or --help", args[0])
	}
	switch err := f.Parse(args[1:]); {
	case errors.Is(err, flag.ErrHelp):
		return help()
	case err != nil:
		return fmt.Errorf("%w: see gen --help", err)
	case f.NArg() > 0:
		return fmt.Errorf("%q is one word too many", f.Arg(0))
	case *dir == "":
		return errors.New("--dir is missing: name the folder to make the log in")
	}
	made, err := sim.Make(ctx, *dir, r, say)
	if errors.Is(err, context.Canceled) {
		return fmt.Errorf("stopped after %d of %d ops; the log in %s is good up to there", made.Ops, r.Ops, *dir)
	}
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "%d ops in %s, %.0f a second, head %s\n", made.Ops, *dir, made.Rate(), made.Head)
	return nil
}
