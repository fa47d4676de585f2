// Command console shows voxmesh's console, of a host that is made up, so that it can be measured in a terminal.
//
// The state comes of real ops. What happens in the mesh is said by -what, so many times a second as -rate says: gauge
// changes a machine's cap, spend ends a job on it, load is all that happens in a mesh at work. Nothing is read from the
// disk and nothing is written.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"runtime/pprof"
	"syscall"
	"time"

	"voxmesh/mesh"
	"voxmesh/tui"
)

type flags struct {
	nodes, runs, rate int
	what              string
	frozen, quiet     bool
	minute            bool
	profile           string
}

func main() {
	var f flags
	flag.IntVar(&f.nodes, "nodes", 5, "machines besides the host")
	flag.IntVar(&f.runs, "runs", 0, "runs that ended before")
	flag.IntVar(&f.rate, "rate", 10, "how often a second something happens")
	flag.StringVar(&f.what, "what", "", "what happens: gauge, spend, load; empty: nothing")
	flag.BoolVar(&f.frozen, "frozen", false, "the clock stands still")
	flag.BoolVar(&f.minute, "minute", false, "the clock shows the beginning of a minute when it starts, so that none ends soon")
	flag.BoolVar(&f.quiet, "quiet", false, "no heartbeat is known, so that no age is shown")
	flag.StringVar(&f.profile, "profile", "", "file for a CPU profile")
	flag.Parse()
	if err := run(f); err != nil {
		fmt.Fprintln(os.Stderr, "console:", err)
		os.Exit(1)
	}
}

func run(f flags) error {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	if f.profile != "" {
		out, err := os.Create(f.profile)
		if err != nil {
			return err
		}
		defer func() { _ = out.Close() }()
		if err := pprof.StartCPUProfile(out); err != nil {
			return err
		}
		defer pprof.StopCPUProfile()
	}
	h := newHost(worldOf(f), beats(f))
	go h.live(ctx, f)
	o := tui.Options{
		Source: h, Actions: h, Operator: "mira", Actor: "cli:mira", Role: tui.RoleOperator, Env: os.Environ(), Context: ctx,
	}
	switch began := time.Now(); {
	case f.frozen:
		o.Clock = func() time.Time { return began }
	case f.minute:
		shown := began.Truncate(time.Minute)
		o.Clock = func() time.Time { return shown.Add(time.Since(began)) }
	}
	return tui.Run(ctx, os.Stdin, os.Stdout, o)
}

func worldOf(f flags) *log {
	l, now := newLog(), time.Now()
	l.start(now.Add(-2*time.Hour), f.nodes)
	for i := range f.runs {
		l.job(now.Add(-time.Hour+time.Duration(i)*time.Hour/time.Duration(f.runs)), nodeID(i%max(f.nodes, 1)), 100)
	}
	return l
}

func beats(f flags) *mesh.Telemetry {
	if f.quiet {
		return nil
	}
	last, now := map[string]mesh.Beat{}, time.Now()
	for n := range f.nodes {
		last[nodeID(n)] = mesh.Beat{At: now, Began: now.Add(-76 * time.Hour), RTT: time.Duration(n%150+1) * time.Millisecond}
	}
	rates := make([]float64, 120)
	for i := range rates {
		rates[i] = float64(i % 20 * (20 - i%20))
	}
	return mesh.NewTelemetry(last, rates)
}

// live lets things happen.
func (h *host) live(ctx context.Context, f flags) {
	if f.what == "" || f.rate <= 0 || f.nodes < 2 {
		return
	}
	tick := time.NewTicker(time.Second / time.Duration(f.rate))
	defer tick.Stop()
	for n := 0; ; n++ {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
		h.change(func(l *log) { l.happen(f.what, n, f.nodes) })
	}
}

// gauged is the machine whose gauge moves: not the first, which is selected and shown twice.
const gauged = 1

func (l *log) happen(what string, n, nodes int) {
	now := time.Now()
	switch what {
	case "gauge":
		l.limit(now, nodeID(gauged), int64(n%50+1)*dollar/10)
	case "spend":
		l.job(now, nodeID(gauged), dollar/100)
	case "load":
		job := n / jobSteps * 37 % nodes
		if n%50 == 49 { // a status now and then
			l.add(now, mesh.KindNodeStatus, mesh.Encode(&mesh.NodeStatusChanged{
				Node: nodeID(n * 13 % nodes), Status: []mesh.Status{mesh.Online, mesh.Degraded}[n/50%2],
			}))
			return
		}
		l.jobStep(now, nodeID(job), 100, n%jobSteps)
	}
}
