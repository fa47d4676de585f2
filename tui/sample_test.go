package tui

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	"voxmesh/audit"
	"voxmesh/hopper"
	"voxmesh/mesh"
	"voxmesh/mesh/privacy"
	"voxmesh/oplog"
	"voxmesh/tui/pane"
)

// now is the moment of the drawings: 10:12:26 on a day in March.
var now = time.Date(2026, 3, 14, 10, 12, 26, 0, time.UTC)

func at(hms string) time.Time {
	t, err := time.Parse("15:04:05", hms)
	if err != nil {
		panic(err)
	}
	return time.Date(2026, 3, 14, t.Hour(), t.Minute(), t.Second(), 0, time.UTC)
}

// sampleLog makes states of ops, and remembers each with its op: a history to go back in.
type sampleLog struct {
	st   *mesh.State
	seq  uint64
	past []mesh.Instant
	ops  []oplog.Op
	acts []mesh.AuditEntry // oldest first

	by, trace string // of what is added, where they are set
}

// auditKey signs the entries of the sample meshes.
var auditKey = func() *audit.Key {
	k, err := audit.GenerateKey(bytes.NewReader(bytes.Repeat([]byte{7}, 32)))
	if err != nil {
		panic(err)
	}
	return k
}()

// act appends a signed entry.
func (l *sampleLog) act(t time.Time, action, target, reason string) *sampleLog {
	e := audit.Entry{
		AuditID: audit.ID(uint64(len(l.acts) + 1)), Action: action, Target: target, Actor: "cli:mira", Reason: reason,
		PrivacyClass: privacy.PairedPeersOnly.String(), TsMicros: t.UnixMicro(), Seq: l.seq + 1, PrevHead: strings.Repeat("ab", 32),
	}
	stored, signed, err := audit.Sign(auditKey, e)
	if err != nil {
		panic(err)
	}
	l.acts = append(l.acts, mesh.AuditEntry{Entry: signed, Stored: stored, Op: e.Seq})
	return l.add(t, mesh.KindAuditEntry, mesh.Encode(&mesh.AuditRecorded{
		AuditID: e.AuditID, Action: action, Target: target, Class: privacy.PairedPeersOnly, Stored: stored,
	}))
}

func newLog() *sampleLog { return &sampleLog{st: mesh.Projection{}.New()} }

func (l *sampleLog) add(t time.Time, kind string, body []byte) *sampleLog {
	l.seq++
	op := oplog.Op{Seq: l.seq, At: t.UnixMicro(), Kind: kind, Actor: cmp.Or(l.by, "host"), Trace: l.trace, Body: body}
	l.st = mesh.Projection{}.Apply(mesh.Projection{}.Clone(l.st), op)
	l.ops = append(l.ops, op)
	l.past = append(l.past, mesh.Instant{State: l.st, Seq: l.seq, At: op.At})
	return l
}

func (l *sampleLog) start(t time.Time) *sampleLog {
	return l.add(t, mesh.KindHostStarted, mesh.Encode(&mesh.HostStarted{Mesh: "aurelia", PeerID: "00112233445566aa", Operator: "mira", Cores: 6}))
}

func (l *sampleLog) node(t time.Time, id string, class privacy.Class, slots []mesh.Slot, models []mesh.Model, note string, limit int64) *sampleLog {
	key := "U" + strings.ToUpper(strings.ReplaceAll(id, "-", "")) + "7Q4XK2NA"
	l.add(t, mesh.KindNodeAdmitted, mesh.Encode(&mesh.NodeAdmitted{Node: id, Key: key, Label: id, Class: class, Slots: slots, Addr: "192.168.1.31"}))
	l.add(t, mesh.KindNodeDescribed, mesh.Encode(&mesh.NodeDescribed{
		Node: id, Slots: slots, Models: models, ModelsNote: note, OptIn: class == privacy.PublicMesh, MinPriority: 5, MaxJobSecs: 3600,
	}))
	if limit > 0 {
		l.add(t, mesh.KindCapSet, mesh.Encode(&mesh.CapSet{Node: id, CapMicros: &limit}))
	}
	return l.status(t, id, mesh.Online)
}

func (l *sampleLog) status(t time.Time, id string, s mesh.Status) *sampleLog {
	return l.add(t, mesh.KindNodeStatus, mesh.Encode(&mesh.NodeStatusChanged{Node: id, Status: s}))
}

func (l *sampleLog) submit(t time.Time, id, kind string) *sampleLog {
	item, run := "h"+id[1:], "r"+id[1:]
	l.add(t, mesh.KindItemAdmitted, mesh.Encode(&mesh.ItemAdmitted{
		Item: item, Run: run, Intent: "render", Class: privacy.PairedPeersOnly, Kind: kind,
		Priority: uint8(hopper.Normal), Source: uint8(hopper.Orchestrator), Classified: uint8(hopper.Normal), Confidence: 86,
	}))
	return l.add(t, mesh.KindJobSubmitted, mesh.Encode(&mesh.JobSubmitted{
		Job: id, Run: run, Kind: kind, Runner: "wasm", Class: privacy.PairedPeersOnly, Priority: uint8(hopper.Normal), Title: "render", Item: item,
		Source: uint8(hopper.Orchestrator),
	}))
}

func (l *sampleLog) lease(t time.Time, id, node string) *sampleLog {
	return l.add(t, mesh.KindJobLeased, mesh.Encode(&mesh.JobLeased{Job: id, Node: node, Attempt: 1, Item: "h" + id[1:]}))
}

func (l *sampleLog) run(t time.Time, id, node, kind string) *sampleLog {
	return l.submit(t, id, kind).lease(t, id, node).
		add(t, mesh.KindJobStarted, mesh.Encode(&mesh.JobStarted{Job: id, Attempt: 1, Item: "h" + id[1:]}))
}

func (l *sampleLog) finish(t time.Time, id string, cost, tokens int64) *sampleLog {
	return l.add(t, mesh.KindJobFinished, mesh.Encode(&mesh.JobFinished{
		Job: id, Attempt: 1, Status: mesh.Succeeded, CostMicros: cost, Tokens: tokens, DurationMS: 1000, Item: "h" + id[1:],
	}))
}

func (l *sampleLog) spend(t time.Time, id, node string, cents, tokens int64) *sampleLog {
	return l.run(t, id, node, "cpu").finish(t.Add(time.Second), id, cents*10_000, tokens)
}

// aurelia is the mesh of the drawings.
func aurelia() *sampleLog {
	l := fleet()
	for _, id := range []string{"j-8201", "j-8202", "j-8203", "j-8204", "j-8205", "j-8206", "j-8207"} {
		l.submit(at("10:12:20"), id, "gpu")
	}
	return l.run(at("10:12:23"), "j-81f7", "alice-gpu", "gpu")
}

// fleet is that mesh at work, with nothing that waits.
func fleet() *sampleLog {
	slot := func(kind string, n, weight uint32) mesh.Slot { return mesh.Slot{Kind: kind, Max: n, Weight: weight} }
	joined := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	l := newLog().start(joined)
	l.node(joined, "alice-gpu", privacy.PairedPeersOnly, []mesh.Slot{slot("gpu", 2, 50), slot("cpu", 8, 30), slot("text", 4, 20)}, []mesh.Model{
		{Name: "llama3.2:3b", Tag: "Q4_K_M", Backend: "ollama", Size: 2_019_393_189, Loaded: true, Fits: true},
		{Name: "nomic-embed-text", Tag: "F16", Backend: "ollama", Size: 274_302_450, Fits: true},
	}, "", 5_000_000)
	l.node(joined, "atlas-nas", privacy.PairedPeersOnly, []mesh.Slot{slot("cpu", 2, 10)}, nil, "no Ollama answers on 127.0.0.1:11434", 1_000_000)
	l.node(joined, "bob-cpu", privacy.PairedPeersOnly, []mesh.Slot{slot("cpu", 8, 100)}, nil, "", 2_000_000)
	l.node(joined, "lex-2", privacy.PairedPeersOnly, []mesh.Slot{slot("cpu", 4, 100)}, nil, "", 3_000_000)
	l.node(joined, "pub-3f9a", privacy.PublicMesh, []mesh.Slot{slot("text", 1, 100)}, nil, "", 4_000_000)
	l.spend(at("09:00:00"), "j-7001", "alice-gpu", 144, 1_900_000)
	l.spend(at("09:01:00"), "j-7002", "atlas-nas", 20, 0)
	l.spend(at("09:02:00"), "j-7003", "bob-cpu", 90, 0)
	l.spend(at("09:03:00"), "j-7004", "lex-2", 210, 0)
	l.act(at("09:20:10"), "kill", "j-7004", "wrong input").act(at("09:31:00"), "drain", "bob-cpu", "a new fan").act(at("09:35:30"), "resume", "bob-cpu", "")
	l.add(at("09:40:00"), mesh.KindNodeMode, mesh.Encode(&mesh.NodeModeChanged{Node: "lex-2", Mode: mesh.Paused, AuditID: "a-0004"}))
	l.act(at("09:40:00"), "pause", "lex-2", "fans are loud")
	l.status(at("09:58:00"), "atlas-nas", mesh.Offline)
	l.status(at("10:08:27"), "alice-gpu", mesh.Degraded).status(at("10:09:15"), "alice-gpu", mesh.Online)
	l.run(at("10:10:00"), "j-81e0", "bob-cpu", "cpu")
	l.run(at("10:11:20"), "j-81e8", "alice-gpu", "gpu").finish(at("10:11:40"), "j-81e8", 60_000, 3000)
	return l.run(at("10:11:44"), "j-81f2", "alice-gpu", "gpu").status(at("10:12:03"), "bob-cpu", mesh.Degraded)
}

// invited adds an open invite.
func (l *sampleLog) invited(label string, until time.Time) *sampleLog {
	return l.add(now.Add(-time.Minute), mesh.KindInviteMinted, mesh.Encode(&mesh.InviteMinted{
		PeerID: "9f8e7d6c5b4a3921", SecretHash: make([]byte, 32), Slots: 3, Label: label, ExpiresAt: until.UnixMicro(),
	}))
}

// beats is telemetry that a test makes up.
func beats() *mesh.Telemetry {
	beat := func(age, rtt time.Duration) mesh.Beat {
		return mesh.Beat{At: now.Add(-age), Began: now.Add(-76 * time.Hour), RTT: rtt}
	}
	last := map[string]mesh.Beat{
		"alice-gpu": beat(time.Second, 12*time.Millisecond),
		"atlas-nas": beat(14*time.Minute, 5*time.Millisecond),
		"bob-cpu":   beat(23*time.Second, 88*time.Millisecond),
		"lex-2":     beat(2*time.Second, 4*time.Millisecond),
		"pub-3f9a":  beat(time.Second, 140*time.Millisecond),
	}
	var rates []float64
	for i := range 120 {
		rates = append(rates, float64(i%20*(20-i%20)))
	}
	return mesh.NewTelemetry(last, rates)
}

// host is a host that a test plays.
type host struct {
	mu      sync.Mutex
	st      *mesh.State
	tel     *mesh.Telemetry
	watch   chan struct{}
	done    chan struct{}
	info    mesh.HostInfo
	invite  mesh.InviteInfo
	steps   mesh.InviteSteps
	refuse  error
	asked   []mesh.InviteRequest
	revoked []string
	history
	did
}

const bearer = "vox+invite://192.168.1.20:7420?b=EWkgTdAKb3Jx9vQ2mZc7LrYh0sUe4nPaBt8KwGd5XfOiVj1RqMzS6CyTlHgE"

func newHost(st *mesh.State) *host {
	return &host{
		st: st, watch: make(chan struct{}, 1), done: make(chan struct{}),
		info: mesh.HostInfo{
			Listen: "0.0.0.0:7420", Advertise: "192.168.1.20:7420", Addresses: []string{"192.168.1.20:7420", "10.8.0.3:7420"},
		},
		invite: mesh.InviteInfo{
			PeerID: "9f8e7d6c5b4a3921", URL: bearer, Install: "voxmesh join '" + bearer + "'",
			InstallPrint: "voxmesh join '" + bearer + "' --print", ExpiresIn: 600, ExpiresAt: now.Add(582 * time.Second).UnixMicro(),
			Slots: []string{"gpu", "cpu"}, Label: "friend", Reach: "192.168.1.20 is reachable from this network only",
			Fingerprint: "4c1e-9b02-77aa-51f0", Class: privacy.PairedPeersOnly,
		},
		steps: mesh.InviteSteps{State: "open", Minted: now.Add(-18 * time.Second).UnixMicro()},
	}
}

func (h *host) Snapshot() *mesh.State {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.st
}

func (h *host) setState(st *mesh.State) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.st = st
}

func (h *host) Telemetry() *mesh.Telemetry                      { return h.tel }
func (h *host) Watch(context.Context) <-chan struct{}           { return h.watch }
func (h *host) Done() <-chan struct{}                           { return h.done }
func (h *host) Info() mesh.HostInfo                             { return h.info }
func (h *host) InviteProgress(string) (mesh.InviteSteps, error) { return h.steps, nil }

func (h *host) MintInvite(_ context.Context, _ string, r mesh.InviteRequest) (mesh.InviteInfo, error) {
	h.asked = append(h.asked, r)
	return h.invite, h.refuse
}

func (h *host) RevokeInvite(_ context.Context, _, peer string) error {
	h.revoked = append(h.revoked, peer)
	return h.refuse
}

// screen plays a console without a program: messages in, frames out. Commands that answer at once are carried out.
type screen struct {
	t     testing.TB
	c     *console
	h     *host
	donor *donor // the file behind the Policy pane
	// copied is what went to the clipboard, quit whether the console left.
	copied string
	quit   bool
}

func play(t testing.TB, st *mesh.State, w, h int, env ...string) *screen {
	return playAs(t, st, w, h, Options{Env: env, Operator: "mira"})
}

func playAs(t testing.TB, st *mesh.State, w, h int, o Options) *screen {
	t.Helper()
	return playOn(t, newHost(st), w, h, o)
}

// playOn plays a console on a host.
func playOn(t testing.TB, on *host, w, h int, o Options) *screen {
	t.Helper()
	s := &screen{t: t, h: on}
	o.Source, o.Actions = s.h, s.h
	if o.Clock == nil {
		o.Clock = func() time.Time { return now }
	}
	if o.Joiner == nil {
		o.Joiner = &inviter{}
	}
	if o.Policy == nil {
		s.donor = newDonor(given)
		o.Policy = s.donor
	}
	ctx, stop := context.WithCancel(context.Background())
	t.Cleanup(stop)
	o.Context = ctx
	s.c = newConsole(o)
	s.h.tel = beats()
	s.send(worldOf(s.c), tea.WindowSizeMsg{Width: w, Height: h})
	for _, tab := range s.c.tabs {
		if p, ok := tab.pane.(interface{ Init() tea.Cmd }); ok {
			s.do(p.Init())
		}
	}
	s.view()
	return s
}

func worldOf(c *console) tea.Msg { return changedTo{c.read()} }

// changedTo brings a world without asking for the next one.
type changedTo struct{ world pane.World }

func (s *screen) send(msgs ...tea.Msg) *screen {
	for _, m := range msgs {
		if w, ok := m.(changedTo); ok {
			s.c.dirty = everything
			s.do(s.c.take(w.world, pane.Changed{}))
			continue
		}
		_, cmd := s.c.Update(m)
		s.do(cmd)
	}
	return s
}

func (s *screen) do(cmd tea.Cmd) {
	if cmd == nil {
		return
	}
	switch m := cmd().(type) {
	case nil:
	case tea.BatchMsg:
		for _, c := range m {
			s.do(c)
		}
	case tea.QuitMsg:
		s.quit = true
	default:
		if text, ok := clipboard(m); ok {
			s.copied = text
			return
		}
		s.send(m)
	}
}

// second lets a second go by, without the wait for the next one.
func (s *screen) second() {
	s.c.dirty = everything
	s.do(s.c.take(s.c.read(), pane.Second{}))
}

func (s *screen) press(keys ...string) *screen {
	for _, k := range keys {
		s.send(key(k))
	}
	return s
}

func (s *screen) typed(text string) *screen {
	for _, r := range text {
		s.send(tea.KeyPressMsg{Code: r, Text: string(r)})
	}
	return s
}

var named = map[string]tea.KeyPressMsg{
	"enter": {Code: tea.KeyEnter}, "esc": {Code: tea.KeyEscape}, "tab": {Code: tea.KeyTab}, "up": {Code: tea.KeyUp},
	"shift+tab": {Code: tea.KeyTab, Mod: tea.ModShift}, "down": {Code: tea.KeyDown}, "left": {Code: tea.KeyLeft},
	"right": {Code: tea.KeyRight}, "home": {Code: tea.KeyHome}, "end": {Code: tea.KeyEnd}, "f1": {Code: tea.KeyF1},
	"pgup": {Code: tea.KeyPgUp}, "pgdown": {Code: tea.KeyPgDown}, "backspace": {Code: tea.KeyBackspace},
	"space": {Code: tea.KeySpace, Text: " "}, "ctrl+c": {Code: 'c', Mod: tea.ModCtrl}, "ctrl+u": {Code: 'u', Mod: tea.ModCtrl},
	"ctrl+w": {Code: 'w', Mod: tea.ModCtrl}, "ctrl+v": {Code: 'v', Mod: tea.ModCtrl}, "delete": {Code: tea.KeyDelete},
	"ctrl+left": {Code: tea.KeyLeft, Mod: tea.ModCtrl}, "ctrl+right": {Code: tea.KeyRight, Mod: tea.ModCtrl},
}

func key(name string) tea.KeyPressMsg {
	if k, ok := named[name]; ok {
		return k
	}
	r := []rune(name)
	return tea.KeyPressMsg{Code: r[0], Text: string(r)}
}

func (s *screen) view() string { return s.c.View().Content }

var errRefused = errors.New("the log is full")
