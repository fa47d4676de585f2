package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/spf13/cobra"
	gossh "golang.org/x/crypto/ssh"

	"voxmesh/mesh"
	"voxmesh/mesh/fault"
	"voxmesh/mesh/worker"
	"voxmesh/mesh/worker/runner"
	"voxmesh/tui"
	"voxmesh/tui/sshd"
)

// defaultListen is where the door opens when nobody said otherwise; where it is taken, any port is, and is kept.
const defaultListen = "127.0.0.1:7420"

// closeFor is how long a host that ends may take to finish what it has in hand.
const closeFor = 8 * time.Second

// hosting says how to become a host.
type hosting struct {
	listen, ssh, advertise, mesh string
	quiet                        bool // log nothing: a console has the terminal
	holder                       string
}

// hosted is a host with its doors and its own agents, in this process.
type hosted struct {
	host   *mesh.Host
	doors  *doors
	joiner joiner             // of other meshes, for this machine
	gives  *worker.FilePolicy // what it gives to them
	book   *donorBook         // and the file that says so
	cancel context.CancelFunc
	wg     sync.WaitGroup
}

// doors are the ways into the host, so that a key that is taken away can be cut off.
type doors struct {
	mu      sync.Mutex
	servers []*sshd.Server
}

func (d *doors) cut(fingerprint string) {
	if d == nil {
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, s := range d.servers {
		s.Disconnect(fingerprint)
	}
}

func (a *app) serveCmd() *cobra.Command {
	var o hosting
	c := &cobra.Command{
		Use: "serve", Short: "Be the host of this data folder's mesh, without a console", Args: cobra.NoArgs,
		RunE: a.command(here, files{}, func(ctx context.Context, _ []string) error {
			o.holder = "voxmesh serve"
			r, err := a.become(ctx, o)
			if err != nil {
				return err
			}
			defer r.close()
			if err := a.ready(r); err != nil {
				return err
			}
			select {
			case <-ctx.Done():
			case <-r.host.Done():
			}
			return nil
		}),
	}
	fl := c.Flags()
	fl.StringVar(&o.listen, "listen", "", "host:port of the door for other machines (default "+defaultListen+"; port 0: any)")
	fl.StringVar(&o.ssh, "ssh", "", "host:port for SSH, keys of 'voxmesh access add' only (default: none; no host is loopback)")
	fl.StringVar(&o.advertise, "advertise", "", "host:port to put into invites instead of the door's own")
	fl.StringVar(&o.mesh, "mesh", "", "the name of a new mesh (default: this machine's name)")
	return c
}

// ready tells that the host can be used, in one line.
func (a *app) ready(r *hosted) error {
	i := r.host.Info()
	v := map[string]any{
		"event": "ready", "listen": i.Listen, "ssh": r.doors.tcp(), "pid": os.Getpid(), "mesh": i.Mesh, "peer_id": i.PeerID,
		"host_fingerprint": i.Fingerprint,
	}
	return a.show(v, func(w io.Writer) {
		fmt.Fprintf(w, "ready: mesh %s, door %s, key %s, pid %d", i.Mesh, i.Listen, i.Fingerprint, os.Getpid())
		if s := r.doors.tcp(); s != nil {
			fmt.Fprintf(w, ", ssh %v", s)
		}
		fmt.Fprintln(w)
		if i.LoopbackOnly {
			fmt.Fprintf(w, "only this machine can reach %s; to let others in: voxmesh serve --listen ADDRESS\n", i.Listen)
			for _, addr := range i.Addresses {
				fmt.Fprintf(w, "  voxmesh serve --listen %s\n", addr)
			}
		}
	})
}

// tcp is the address of the SSH door, nil where there is none.
func (d *doors) tcp() any {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, s := range d.servers {
		if t, ok := s.Addr().(*net.TCPAddr); ok {
			return t.String()
		}
	}
	return nil
}

// become makes this process the host of the data folder, with its doors, the agent of its own node, and the agents for
// the meshes of others that this machine joined.
func (a *app) become(ctx context.Context, o hosting) (*hosted, error) {
	dir, err := a.dataDir()
	if err != nil {
		return nil, err
	}
	joins, err := a.joiner()
	if err != nil {
		return nil, err
	}
	joins.works = true // the crew finds what is joined by itself
	logf := a.logger(o.quiet)
	cfg := mesh.Config{Dir: dir, Mesh: o.mesh, Operator: a.operator, Advertise: o.advertise, Log: logf, CheckLog: a.tryLog}
	cfg.Holder = fmt.Sprintf("%s, pid %d", o.holder, os.Getpid())
	wanted := false
	cfg.Listen, wanted = a.listenAddress(dir, o.listen)
	h, err := mesh.Open(ctx, cfg)
	if fault.Is(err, "vox/fabric/listen") && !wanted {
		cfg.Listen = "127.0.0.1:0" // another host took the port between our look and our start
		h, err = mesh.Open(ctx, cfg)
	}
	if err != nil {
		return nil, err
	}
	keepListen(dir, h.Info().Listen)
	r := &hosted{host: h, doors: &doors{}, joiner: joins, gives: worker.NewRecordedPolicy(dir, nil)}
	run, cancel := context.WithCancel(context.Background())
	r.cancel = cancel
	if r.book, err = a.donorBook(dir, r.gives, h); err != nil {
		r.close()
		return nil, err
	}
	if err := a.openDoors(run, r, dir, o, logf); err != nil {
		r.close()
		return nil, err
	}
	if err := a.startAgents(run, r, dir, logf); err != nil {
		r.close()
		return nil, err
	}
	if err := a.startTraces(run, r, logf); err != nil {
		r.close()
		return nil, err
	}
	return r, nil
}

// logger writes the host's log to standard error, unless a console has the terminal.
func (a *app) logger(quiet bool) func(string, ...any) {
	if quiet {
		return func(string, ...any) {}
	}
	var mu sync.Mutex
	return func(format string, args ...any) {
		mu.Lock()
		defer mu.Unlock()
		fmt.Fprintf(a.err, "%s %s\n", time.Now().Format("15:04:05"), cleanText(fmt.Sprintf(format, args...)))
	}
}

const listenFile = "listen"

// listenAddress is the address asked for; else the one that this folder used before, because workers look for it there;
// else the default, or any port where that is taken.
// wanted says that it has to be this one.
func (a *app) listenAddress(dir, asked string) (addr string, wanted bool) {
	if asked != "" {
		return asked, true
	}
	if b, err := os.ReadFile(filepath.Join(dir, listenFile)); err == nil {
		if addr := strings.TrimSpace(string(b)); addr != "" {
			return addr, true
		}
	}
	l, err := net.Listen("tcp", defaultListen)
	if err != nil {
		return "127.0.0.1:0", false
	}
	_ = l.Close()
	return defaultListen, false
}

// keepListen remembers where the door is for the next start; a failure costs the workers a search, nothing else.
func keepListen(dir, addr string) {
	_ = os.WriteFile(filepath.Join(dir, listenFile), []byte(addr+"\n"), 0o600)
}

func (a *app) openDoors(ctx context.Context, r *hosted, dir string, o hosting, logf func(string, ...any)) error {
	cfg := sshd.Config{
		Exec:        func(ctx context.Context, s *sshd.Session) int { return a.session(s, r).execute(ctx, s.Args) },
		Console:     func(s *sshd.Session) (tea.Model, []tea.ProgramOption) { return consoleOf(r, s) },
		ConsoleArgs: func(args []string) bool { return opens(r.host, args) },
		Lookup:      func(k gossh.PublicKey) (sshd.Identity, bool) { return lookup(r.host, k) },
		Log:         logf,
	}
	local, err := sshd.ListenLocal(dir, cfg)
	if err != nil {
		return err
	}
	r.serve(ctx, local)
	if o.ssh == "" {
		return nil
	}
	cfg.HostKey = filepath.Join(dir, "host.key")
	tcp, err := sshd.ListenTCP(o.ssh, cfg)
	if err != nil {
		return err
	}
	r.serve(ctx, tcp)
	return nil
}

func (r *hosted) serve(ctx context.Context, s *sshd.Server) {
	r.doors.mu.Lock()
	r.doors.servers = append(r.doors.servers, s)
	r.doors.mu.Unlock()
	r.goes(func() { _ = s.Serve(ctx) })
}

func (r *hosted) goes(f func()) {
	r.wg.Add(1)
	go func() {
		defer r.wg.Done()
		f()
	}()
}

// lookup tells who an SSH key belongs to.
func lookup(h *mesh.Host, k gossh.PublicKey) (sshd.Identity, bool) {
	acc, ok := h.Snapshot().AccessBy(gossh.FingerprintSHA256(k))
	if !ok {
		return sshd.Identity{}, false
	}
	return sshd.Identity{Name: acc.Name, Role: sshd.Role(acc.Role)}, true
}

// session is the app of one command that came through a door.
func (a *app) session(s *sshd.Session, r *hosted) *app {
	return &app{
		in: s.Stdin, out: s.Stdout, err: s.Stderr, getenv: s.Getenv, environ: s.Env, tty: s.PTY, actor: s.Actor,
		operator: s.Name, role: s.Role, host: r.host, doors: r.doors, donor: r.book,
	}
}

// close ends agents and doors first, then the host: what is in hand is finished, running jobs are not waited for.
func (r *hosted) close() {
	ctx, stop := context.WithTimeout(context.Background(), closeFor)
	defer stop()
	r.cancel()
	r.wg.Wait()
	_ = r.host.Close(ctx)
}

// startAgents starts the agent of the host's own node and those for joined meshes.
func (a *app) startAgents(ctx context.Context, r *hosted, dir string, logf func(string, ...any)) error {
	m, err := newMachine(dir)
	if err != nil {
		return err
	}
	name := r.host.Info().Mesh
	link, err := r.host.Bus().Local(name)
	if err != nil {
		return err
	}
	own, err := worker.New(worker.Config{
		Link: link, Node: name, Mesh: name, Policy: worker.OwnerPolicy(runtime.NumCPU()), Slots: worker.NewSlots(),
		WASM: m.wasm, Ollama: m.models(), Dir: filepath.Join(dir, "work", "own"), Log: logf, Version: mesh.Version(),
	})
	if err != nil {
		return err
	}
	r.goes(func() { _ = own.Run(ctx) })
	r.goes(func() {
		if err := a.crew(ctx, dir, m, r.gives, logf); err != nil && !errors.Is(err, context.Canceled) {
			logf("agents for joined meshes: %v", err)
		}
		_ = m.wasm.Close()
	})
	return nil
}

// machine is what jobs run on here, shared by all agents of this process.
type machine struct {
	wasm    *runner.WASM
	ollama  *runner.Ollama
	command *runner.Command
}

func newMachine(dir string) (*machine, error) {
	w, err := runner.NewWASM(runner.WASMConfig{CacheDir: filepath.Join(dir, "work", "compiled")})
	if err != nil {
		return nil, err
	}
	o, err := runner.NewOllama(runner.OllamaConfig{})
	if err != nil {
		o = nil // an address that is not loopback is refused; doctor says so
	}
	c, err := runner.NewCommand(runner.CommandConfig{Private: []string{dir}})
	if err != nil {
		return nil, err
	}
	return &machine{w, o, c}, nil
}

// models is the model server as an interface that is nil where there is none.
func (m *machine) models() worker.ModelRunner {
	if m.ollama == nil {
		return nil
	}
	return m.ollama
}

// consoleOf is a console in a session: in the host's process, on the visitor's terminal.
func consoleOf(r *hosted, s *sshd.Session) (tea.Model, []tea.ProgramOption) {
	h := r.host
	o := tui.Options{
		Source: h, Actions: h, Actor: s.Actor, Operator: s.Name, Role: string(s.Role), Env: s.Env,
		Joiner: r.joinerFor(s), Files: s.OpenFile, Open: r.atFirst(s), Policy: r.book,
	}
	if s.Role != sshd.Operator {
		v := viewing{h}
		o.Source, o.Actions, o.Policy = v, v, readOnly{r.book}
	}
	return tui.New(o), tui.SessionOptions(o)
}

// terminal is the caller's terminal, if input and output are one.
func (a *app) terminal() (in, out *os.File, ok bool) {
	in, ok1 := a.in.(*os.File)
	out, ok2 := a.out.(*os.File)
	return in, out, ok1 && ok2 && a.tty && isTerminal(in)
}
