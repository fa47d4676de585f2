package mesh

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"voxmesh/audit"
	"voxmesh/mesh/durable"
	"voxmesh/mesh/fabric"
	"voxmesh/mesh/fault"
	"voxmesh/mesh/invite"
	"voxmesh/oplog"
)

// Config says how to become a host.
type Config struct {
	Dir       string // the data folder, made with mode 0700 where it is missing
	Mesh      string // the mesh's name at the first start; afterwards the log knows it
	Operator  string // whose mesh it is, shown to whoever is invited
	Listen    string // host:port of the door; port 0 takes any
	Advertise string // host:port that invites show instead; empty: the listener's
	Holder    string // what to tell another process that wants the same data folder
	Now       func() time.Time
	Log       func(format string, args ...any) // never given a secret; may be nil
	Lease     time.Duration                    // 0 is LeaseFor

	// CheckLog, if not nil, tries a log that was not closed, or was changed since, in a process of its own: see
	// oplog.CheckSaid. Its error is that of Open.
	CheckLog func(ctx context.Context, dir, why string) error
}

// LeaseFor is how long a worker may keep a job without being heard.
const LeaseFor = 30 * time.Second

// Host is the one writer of a mesh. Its methods are safe for concurrent use; those that change something return when
// the change is durable, or refuse with a fault and change nothing.
type Host struct {
	records
	cfg     Config
	started time.Time
	id      string // of this start, 16 hex

	key     *audit.Key
	door    *fabric.Identity
	bus     *fabric.Host
	gauges  *gauges
	tries   *invite.Limiter
	steps   *inviteSteps
	leases  *leases
	streams *streams
	inst    *instances
	busy    *busyNodes
	push    *pushes
	prices  Prices
	flows   *flowCache

	intents atomic.Uint64 // seq of the newest op that put one into the inbox: see triage

	wakeups *wakeups
	ctx     context.Context
	stop    context.CancelFunc
	wg      sync.WaitGroup
}

// Open becomes the host of a data folder: it locks the log, makes the keys on the first start, opens the door, checks
// that a stranger is refused, and takes up where the last host left off. Codes: vox/oplog/locked (with the holder),
// vox/oplog/damaged, vox/fabric/listen, vox/fabric/open-door.
func Open(ctx context.Context, cfg Config) (*Host, error) {
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Log == nil {
		cfg.Log = func(string, ...any) {}
	}
	if cfg.Lease == 0 {
		cfg.Lease = LeaseFor
	}
	if err := os.MkdirAll(cfg.Dir, 0o700); err != nil {
		return nil, fault.New("vox/data/folder", "the data folder cannot be made").WithHint("choose another with --data").Wrap(err)
	}
	log, err := oplog.Open(cfg.Dir, Projection{}, oplog.Options{Now: cfg.Now, Holder: cfg.Holder, Precheck: cfg.CheckLog})
	if err != nil {
		return nil, err
	}
	h := &Host{
		records: records{dir: cfg.Dir, log: log, blobs: oplog.OpenBlobs(cfg.Dir), now: cfg.Now},
		cfg:     cfg, started: cfg.Now(), id: randomHex(8), prices: DefaultPrices(),
		gauges: newGauges(), tries: invite.NewLimiter(), steps: newInviteSteps(), leases: newLeases(cfg.Lease),
		streams: newStreams(filepath.Join(cfg.Dir, spoolDir)), inst: newInstances(), busy: newBusyNodes(cfg.Now), push: newPushes(), wakeups: newWakeups(),
	}
	h.flows = newFlowCache(h.blobs)
	h.ctx, h.stop = context.WithCancel(context.Background())
	log.OnCommit(h.onCommit)
	if err := h.start(ctx); err != nil {
		_ = h.Close(ctx)
		return nil, err
	}
	return h, nil
}

func (h *Host) start(ctx context.Context) error {
	if err := h.streams.reset(); err != nil {
		return fault.New("vox/data/folder", "the data folder cannot be written").Wrap(err)
	}
	var err error
	if h.key, err = audit.LoadOrCreateKey(filepath.Join(h.dir, auditKeyFile)); err != nil {
		return err
	}
	pub := []byte(h.key.Public().String() + "\n")
	if err := durable.WriteFile(filepath.Join(h.dir, auditPubFile), pub, 0o600); err != nil {
		return fault.New("vox/data/folder", "the public audit key cannot be written").Wrap(err)
	}
	name := h.Snapshot().Mesh
	if name == "" {
		name = meshName(h.cfg.Mesh)
	}
	if h.door, err = fabric.LoadOrCreateIdentity(h.dir, name, h.cfg.Operator); err != nil {
		return err
	}
	if err := h.recordStart(ctx, name); err != nil {
		return err
	}
	var advertise []string
	if h.cfg.Advertise != "" {
		advertise = []string{h.cfg.Advertise}
	}
	h.bus, err = fabric.StartHost(ctx, fabric.HostConfig{
		Listen: h.cfg.Listen, Identity: h.door, Admit: admitter{h}, OnSession: h.onSession,
		Extra: h.welcome, Advertise: advertise, Log: h.cfg.Log,
	})
	if err != nil {
		return err
	}
	if err := h.listenToWorkers(); err != nil {
		return err
	}
	for _, loop := range []func(){h.scheduleLoop, h.pushLoop, h.clockLoop, h.triageLoop, h.flowLoop} {
		h.wg.Add(1)
		go func() {
			defer h.wg.Done()
			loop()
		}()
	}
	return nil
}

func (h *Host) recordStart(ctx context.Context, name string) error {
	pin := h.door.Pin()
	rec := &HostStarted{
		Mesh: name, PeerID: hex.EncodeToString(pin[:8]), Operator: h.cfg.Operator, Instance: h.id, Version: Version(),
		Cores: uint32(runtime.NumCPU()),
	}
	return h.commit(ctx, func(*State) ([]oplog.Draft, error) {
		return []oplog.Draft{draft(KindHostStarted, "host", "", rec)}, nil
	})
}

// welcome is what a joiner is told beside its id: the key to verify the audit log with.
func (h *Host) welcome(context.Context) map[string]string {
	return map[string]string{"audit_key": h.key.Public().String()}
}

// Close ends the host: no new work, messages in hand are finished, the log is closed. It never waits for jobs: their
// workers go on and come back to the next host.
func (h *Host) Close(ctx context.Context) error {
	h.stop()
	if h.bus != nil {
		h.bus.Close(ctx)
	}
	h.wg.Wait()
	h.wakeups.close()
	h.streams.keep(func(string) bool { return false })
	return h.log.Close()
}

// Done is closed when the host ends.
func (h *Host) Done() <-chan struct{} { return h.ctx.Done() }

// Telemetry is what is known only now.
func (h *Host) Telemetry() *Telemetry { return h.gauges.snapshot(h.now()) }

// Bus is the fabric, for the host's own worker: fabric.Host.Local with the mesh's name.
func (h *Host) Bus() *fabric.Host { return h.bus }

// HostInfo is who this host is and how it can be reached.
type HostInfo struct {
	Mesh         string    `json:"mesh"`
	PeerID       string    `json:"peer_id"`
	Operator     string    `json:"operator"`
	Listen       string    `json:"listen"`
	Advertise    string    `json:"advertise"` // the address that invites show
	Fingerprint  string    `json:"host_fingerprint"`
	Started      time.Time `json:"started"`
	LoopbackOnly bool      `json:"loopback_only"`
	Addresses    []string  `json:"addresses"` // other addresses of this machine, with the door's port
}

// Info tells who this host is.
func (h *Host) Info() HostInfo {
	s := h.Snapshot()
	listen := h.bus.Addr().String()
	i := HostInfo{
		Mesh: s.Mesh, PeerID: s.PeerID, Operator: s.Operator, Listen: listen, Advertise: h.bus.Addrs()[0],
		Fingerprint: h.door.Fingerprint(), Started: h.started, Addresses: []string{},
	}
	host, port, _ := net.SplitHostPort(listen)
	ip := net.ParseIP(host)
	i.LoopbackOnly = ip != nil && ip.IsLoopback()
	for _, a := range machineAddresses() {
		i.Addresses = append(i.Addresses, net.JoinHostPort(a, port))
	}
	if ip != nil && ip.IsUnspecified() && h.cfg.Advertise == "" {
		i.Advertise = net.JoinHostPort("127.0.0.1", port)
		if len(i.Addresses) > 0 {
			i.Advertise = i.Addresses[0]
		}
	}
	return i
}

// machineAddresses are this machine's addresses that others might reach: IPv4 first, no loopback, no link-local.
func machineAddresses() []string {
	addrs, err := net.InterfaceAddrs()
	if err != nil {
		return nil
	}
	var v4, v6 []string
	for _, a := range addrs {
		n, ok := a.(*net.IPNet)
		if !ok || n.IP.IsLoopback() || n.IP.IsLinkLocalUnicast() || n.IP.IsMulticast() {
			continue
		}
		if n.IP.To4() != nil {
			v4 = append(v4, n.IP.String())
		} else {
			v6 = append(v6, n.IP.String())
		}
	}
	return append(v4, v6...)
}

// meshName chooses the name of a new mesh: as asked, else this machine's name.
func meshName(asked string) string {
	name := Slug(asked)
	if name == "" {
		host, _ := os.Hostname()
		name = Slug(host)
	}
	if reserved(name) {
		name = "home-" + name
	}
	if name == "home-" || name == "localhost" {
		name = "home"
	}
	return name
}

// commit validates against the state that includes what is queued, and waits until the ops are durable.
func (h *Host) commit(ctx context.Context, fn func(next *State) ([]oplog.Draft, error)) error {
	p, err := h.log.Do(fn)
	if err != nil {
		return err
	}
	return p.Wait(ctx)
}

// draft makes an op of a record, indexed under the names given.
func draft(kind, actor, trace string, r record, index ...string) oplog.Draft {
	return oplog.Draft{Kind: kind, Actor: actor, Trace: trace, Body: marshal(r), Index: index}
}

func jobIndex(id string) string { return "job:" + id }

func runIndex(id string) string { return "run:" + id }

func randomHex(n int) string {
	b := make([]byte, n)
	_, _ = rand.Read(b) // crypto/rand.Read never fails
	return hex.EncodeToString(b)
}
