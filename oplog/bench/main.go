// Command bench makes large op-logs and measures seeks in them.
//
//	go run ./oplog/bench gen --dir DIR --ops 10000000 --nodes 10000 [--skewed] [--per-day 30000] [--seed 1]
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"

	"voxmesh/oplog/bench/sim"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	if len(args) == 0 || args[0] != "gen" {
		return fmt.Errorf("say gen")
	}
	var r sim.Recipe
	f := flag.NewFlagSet("gen", flag.ContinueOnError)
	dir := f.String("dir", "", "an empty folder")
	f.Uint64Var(&r.Ops, "ops", 10_000_000, "")
	f.IntVar(&r.Nodes, "nodes", 10_000, "")
	f.BoolVar(&r.Skewed, "skewed", false, "")
	f.Float64Var(&r.PerDay, "per-day", 30_000, "ops in 24 hours")
	f.Uint64Var(&r.Seed, "seed", 1, "")
	if err := f.Parse(args[1:]); err != nil {
		return err
	}
	return sim.Make(ctx, *dir, r, os.Stderr)
}
