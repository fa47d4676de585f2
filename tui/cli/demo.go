package cli

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"voxmesh/mesh"
	"voxmesh/mesh/fault"
	"voxmesh/mesh/worker/runner/demo"
	"voxmesh/tui"
)

// The demo's machines are named so that a look at the table says what is what.
var demoNames = []string{"alice-gpu", "bob-cpu", "lex-2", "atlas-nas", "nook", "rack-1", "rack-2", "cellar"}

const (
	maxDemoNodes = 16
	demoEvery    = 1500 * time.Millisecond // between two jobs
	demoQueue    = 6                       // no more jobs are added while so many wait
	joinTakes    = 30 * time.Second
	workerEnds   = 5 * time.Second
)

func (a *app) demoCmd() *cobra.Command {
	var nodes int
	var length time.Duration
	c := &cobra.Command{
		Use: "demo", Short: "A real mesh on this machine, in a temporary folder, with real jobs", Args: cobra.NoArgs,
		RunE: a.command(here, files{}, func(ctx context.Context, _ []string) error {
			if nodes < 1 || nodes > maxDemoNodes {
				return usage("--nodes takes 1 to %d", maxDemoNodes)
			}
			if length > 0 {
				var stop context.CancelFunc
				ctx, stop = context.WithTimeout(ctx, length)
				defer stop()
			}
			return a.demo(ctx, nodes)
		}),
	}
	c.Flags().IntVar(&nodes, "nodes", 4, "how many workers")
	c.Flags().DurationVar(&length, "for", 0, "end by itself after this long")
	return c
}

// demoMesh is a demo that runs: everything is in one temporary folder, and goes with it.
type demoMesh struct {
	a       *app
	dir     string
	host    *hosted
	mu      sync.Mutex
	workers []*exec.Cmd
}

// demo makes the mesh, shows it, and leaves nothing behind, also after ctrl+c.
func (a *app) demo(ctx context.Context, nodes int) error {
	dir, err := os.MkdirTemp("", "voxmesh-demo-")
	if err != nil {
		return fault.New("vox/data/folder", "a temporary folder cannot be made").Wrap(err)
	}
	defer os.RemoveAll(dir)
	in, out, interactive := a.terminal()
	a.data = filepath.Join(dir, "host")
	a.workspace = a.data // a policy file of whoever tries the demo is not the demo's to edit
	d := &demoMesh{a: a, dir: dir}
	if d.host, err = a.become(ctx, hosting{
		listen: "127.0.0.1:0", mesh: "demo", quiet: true, holder: "voxmesh demo",
	}); err != nil {
		return err
	}
	defer d.host.close()
	defer d.stopWorkers()
	say := func(format string, args ...any) {
		if !interactive {
			_ = a.show(map[string]string{"event": fmt.Sprintf(format, args...)}, func(w io.Writer) { fmt.Fprintf(w, format+"\n", args...) })
		}
	}
	say("mesh demo in a temporary folder; look at it from elsewhere: voxmesh --data %s nodes", a.data)
	run, stop := context.WithCancel(ctx)
	defer stop()
	var wg sync.WaitGroup
	defer wg.Wait()
	defer stop()
	failed := make(chan error, 1)
	wg.Go(func() {
		if err := d.populate(run, nodes, say); err != nil {
			failed <- err
			return
		}
		d.trickle(run)
	})
	if interactive {
		return tui.Run(run, in, out, a.ownConsole(run, d.host)) // nothing of it is worth a question before it ends
	}
	return d.narrate(run, failed)
}

// populate starts the workers, each as a process with a data folder of its own and an invite of its own.
func (d *demoMesh) populate(ctx context.Context, nodes int, say func(string, ...any)) error {
	exe, err := os.Executable()
	if err != nil {
		return fmt.Errorf("find this program: %w", err)
	}
	for i := range nodes {
		name := "node-" + strconv.Itoa(i+1)
		if i < len(demoNames) {
			name = demoNames[i]
		}
		inv, err := d.host.host.MintInvite(ctx, d.a.actor, mesh.InviteRequest{Slots: []string{"cpu"}, Label: name})
		if err != nil {
			return err
		}
		if err := d.startWorker(ctx, exe, name, inv.URL); err != nil {
			return err
		}
		say("%s joined with an invite of its own", name)
	}
	return nil
}

// startWorker joins and works as a friend would. The invite goes through standard input: it is in no process list.
func (d *demoMesh) startWorker(ctx context.Context, exe, name, url string) error {
	data := filepath.Join(d.dir, name)
	joinCtx, done := context.WithTimeout(ctx, joinTakes)
	defer done()
	join := d.command(joinCtx, exe, "--data", data, "--workspace", data, "join", "-", "--yes", "--json")
	join.Stdin = strings.NewReader(url + "\n")
	var errs bytes.Buffer
	join.Stdout, join.Stderr = &errs, &errs
	if err := os.MkdirAll(data, 0o700); err != nil {
		return err
	}
	if err := join.Run(); err != nil {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		return fault.New("vox/demo/join", "%s could not join: %s", name, cleanText(errs.String())).Wrap(err)
	}
	work := d.command(context.Background(), exe, "--data", data, "work")
	d.mu.Lock()
	defer d.mu.Unlock()
	if err := work.Start(); err != nil {
		return fmt.Errorf("start %s: %w", name, err)
	}
	d.workers = append(d.workers, work)
	return nil
}

// command is a process in a group of its own, so that ctrl+c reaches the demo alone, which ends its workers in order;
// it dies with the demo, however that ends.
func (d *demoMesh) command(ctx context.Context, exe string, args ...string) *exec.Cmd {
	c := exec.CommandContext(ctx, exe, args...)
	c.Env = append(os.Environ(), "VOXMESH_DATA=")
	c.SysProcAttr = ownGroup()
	c.WaitDelay = workerEnds
	return c
}

func (d *demoMesh) stopWorkers() {
	d.mu.Lock()
	defer d.mu.Unlock()
	var wg sync.WaitGroup
	for _, w := range d.workers {
		wg.Go(func() {
			_ = w.Process.Signal(os.Interrupt)
			kill := time.AfterFunc(workerEnds, func() { _ = w.Process.Kill() })
			_ = w.Wait()
			kill.Stop()
		})
	}
	wg.Wait()
}

// trickle sends a small job now and then: each counts the primes up to some number, which takes a second or two.
func (d *demoMesh) trickle(ctx context.Context) {
	hash, _, err := d.host.host.PutBlob(bytes.NewReader(demo.Module), mesh.MaxBlob)
	if err != nil {
		return
	}
	var flows sync.WaitGroup
	defer flows.Wait()
	flows.Go(func() { d.flowing(ctx, hash) })
	t := time.NewTicker(demoEvery)
	defer t.Stop()
	for {
		if d.host.host.Snapshot().QueueLen() < demoQueue {
			upTo := (1 + rand.IntN(6)) * 100_000_000
			_, _ = d.host.host.Submit(ctx, d.a.actor, mesh.JobRequest{
				Runner: "wasm", Module: hash, Args: []string{strconv.Itoa(upTo)}, Title: "primes to " + strconv.Itoa(upTo/1_000_000) + " M",
			})
		}
		select {
		case <-t.C:
		case <-ctx.Done():
			return
		}
	}
}

// narrate prints what happens until ctrl+c.
func (d *demoMesh) narrate(ctx context.Context, failed <-chan error) error {
	events := d.host.host.Subscribe(ctx, mesh.SubscribeOptions{Topics: []string{mesh.TopicMesh, mesh.TopicWorkflow}})
	for {
		select {
		case err := <-failed:
			if ctx.Err() != nil {
				return nil
			}
			return err
		case e, ok := <-events:
			if !ok {
				return nil
			}
			if d.a.json {
				if err := writeJSON(d.a.out, e); err != nil {
					return err
				}
				continue
			}
			fmt.Fprintf(d.a.out, "%s  %-24s %s\n", time.UnixMicro(e.TsMicros).Format("15:04:05"), e.Event, cleanText(flat(e.Data)))
		}
	}
}
