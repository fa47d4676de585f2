package worker

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"

	"voxmesh/mesh/fabric"
	"voxmesh/mesh/fault"
	"voxmesh/mesh/worker/runner"
)

// WASMRunner runs modules: *runner.WASM.
type WASMRunner interface {
	Run(ctx context.Context, job runner.WASMJob, out runner.Sink) runner.Result
}

// ModelRunner asks models: *runner.Ollama.
type ModelRunner interface {
	Models(ctx context.Context) ([]runner.Model, error)
	Generate(ctx context.Context, job runner.TextJob, out runner.Sink) runner.Result
	Embed(ctx context.Context, job runner.EmbedJob, out runner.Sink) runner.Result
}

// Config is what an agent works with. Link, Policy, Slots, WASM and Dir are required.
type Config struct {
	Link    fabric.Link  // to the host
	Node    string       // this node's id
	Mesh    string       // this machine's name of the mesh: the part behind the @ in alice@aurelia
	Policy  PolicySource // decides what is admitted
	Slots   *Slots       // shared by the agents of this machine
	WASM    WASMRunner
	Ollama  ModelRunner   // nil: no models here
	Command CommandRunner // nil: no programs are run here
	Owner   Owner         // sees whether the owner needs the machine; nil: nothing of it can be seen. Shared like Slots
	Pin     *AuditPin     // the newest audit head seen; nil: not watched

	Dir       string // work folder of this agent alone: modules are kept, spools and inputs are emptied at the start
	ModuleMax int64  // bytes of modules that are kept; 512 MiB
	Now       func() time.Time
	Log       func(format string, args ...any)
	Version   string
}

// Agent is this machine's part in one mesh. Safe for concurrent use.
type Agent struct {
	cfg      Config
	instance string
	began    time.Time
	modules  *modules
	kick     chan struct{} // one waits: something changed

	mu           sync.Mutex
	ctx          context.Context // of the jobs; nil before Run
	closed       bool
	leaving      bool
	n            uint64        // reports sent
	order        uint64        // of assignments
	rtt          time.Duration // of the last report
	heard        time.Time     // when the host last spoke
	term         time.Duration // of leases
	jobs         map[string]*job
	models       models
	away         away
	locked       string // the host's reason to lock this node
	alarm        string // what is wrong with the host's audit log
	commandsNote string // why a program that the policy gives cannot be run
	wg           sync.WaitGroup
}

const (
	beatEvery   = 2 * time.Second
	leaseTerm   = 30 * time.Second // until the host says otherwise
	leaseMargin = 5 * time.Second  // a worker gives up this long before its host does
	reportWait  = 4 * time.Second  // for the answer to a report
	leaveWait   = 3 * time.Second  // for the answer to the last one
	keepModules = 512 << 20
	maxHeld     = 200 // the host reads no report with more than 256
)

// New makes an agent and its folders. It does nothing until Run.
func New(cfg Config) (*Agent, error) {
	if cfg.Link == nil || cfg.Policy == nil || cfg.Slots == nil || cfg.WASM == nil || cfg.Dir == "" {
		return nil, errors.New("worker: an agent needs a link, a policy, slots, a runner and a folder")
	}
	if o, ok := cfg.Ollama.(*runner.Ollama); ok && o == nil {
		cfg.Ollama = nil
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Log == nil {
		cfg.Log = func(string, ...any) {}
	}
	if cfg.ModuleMax <= 0 {
		cfg.ModuleMax = keepModules
	}
	a := &Agent{
		cfg: cfg, instance: newInstance(), began: cfg.Now(), kick: make(chan struct{}, 1),
		term: leaseTerm, heard: cfg.Now(), jobs: map[string]*job{},
	}
	for _, d := range []string{a.spoolDir(), a.inputDir()} {
		if err := os.RemoveAll(d); err != nil {
			return nil, fmt.Errorf("worker: empty the spools: %w", err)
		}
		if err := os.MkdirAll(d, 0o700); err != nil {
			return nil, fmt.Errorf("worker: make the work folder: %w", err)
		}
	}
	var err error
	a.modules, err = openModules(filepath.Join(cfg.Dir, "modules"), cfg.ModuleMax)
	return a, err
}

func (a *Agent) spoolDir() string { return filepath.Join(a.cfg.Dir, "spool") }
func (a *Agent) inputDir() string { return filepath.Join(a.cfg.Dir, "input") }

// Nudge has a report sent at once: the link is up again, or something changed that the agent cannot see.
func (a *Agent) Nudge() {
	select {
	case a.kick <- struct{}{}:
	default: // one waits already, and will say this too
	}
}

// Run works until ctx ends (nil) or the link has ended for good (its error: vox/fabric/revoked, vox/fabric/closed).
// Before it returns, every job is killed with the processes behind it. It can be called once.
func (a *Agent) Run(ctx context.Context) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	a.mu.Lock()
	a.ctx, a.heard = ctx, a.cfg.Now()
	a.mu.Unlock()
	defer a.wg.Wait()
	defer a.close(stop)
	for kind, fn := range map[string]func(fabric.Msg){fabric.KindAssign: a.onAssign, fabric.KindOrders: a.onOrders} {
		if err := a.cfg.Link.Handle(kind, fn); err != nil {
			return err
		}
	}
	first := make(chan struct{})
	a.wg.Go(func() { a.watchModels(ctx, first) })
	a.wg.Go(func() { a.watchLease(ctx) })
	if _, own := a.cfg.Policy.(ownerPolicy); !own {
		a.lookAtOwner() // so that the first report knows
		a.wg.Go(func() { a.watchOwner(ctx) })
	}
	select {
	case <-first: // so that the first report names the models
	case <-time.After(modelsFirst):
	case <-ctx.Done():
	}
	return a.beat(ctx)
}

// close takes no more jobs and ends those that run.
func (a *Agent) close(stop context.CancelFunc) {
	a.mu.Lock()
	a.closed = true
	for _, j := range a.jobs {
		j.cancel(errEnding)
	}
	a.mu.Unlock()
	stop()
}

// beat sends reports: at each change, and when none was sent for beatEvery.
func (a *Agent) beat(ctx context.Context) error {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-timer.C:
		case <-a.kick:
		}
		timer.Reset(beatEvery)
		err := a.report(ctx)
		if code, _ := fault.Of(err); err != nil && (code == "vox/fabric/closed" || code == "vox/fabric/revoked") && ctx.Err() == nil {
			return err
		}
	}
}

// Leave stops every job and tells the host that this machine has left the mesh. From then on the agent takes nothing.
// An error says that the host did not hear it.
func (a *Agent) Leave(ctx context.Context) error {
	a.mu.Lock()
	a.leaving = true
	for id, j := range a.jobs {
		j.cancel(errEnding)
		delete(a.jobs, id)
	}
	a.mu.Unlock()
	ctx, cancel := context.WithTimeout(ctx, leaveWait)
	defer cancel()
	return a.report(ctx)
}

// newInstance names one start of an agent.
func newInstance() string {
	var id [8]byte
	_, _ = rand.Read(id[:]) // never fails: see crypto/rand
	return hex.EncodeToString(id[:])
}
