package modelspane

import (
	"context"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"voxmesh/mesh"
	"voxmesh/mesh/privacy"
	"voxmesh/oplog"
	"voxmesh/tui/cell"
	"voxmesh/tui/keys"
	"voxmesh/tui/layout"
	"voxmesh/tui/pane"
	"voxmesh/tui/theme"
)

var now = time.Date(2026, 3, 14, 10, 12, 26, 0, time.UTC)

// sample is a log that a test writes.
type sample struct {
	st  *mesh.State
	seq uint64
}

func newSample() *sample {
	s := &sample{st: mesh.Projection{}.New()}
	return s.add(mesh.KindHostStarted, mesh.Encode(&mesh.HostStarted{Mesh: "aurelia", PeerID: "00112233445566aa", Operator: "mira", Cores: 6}))
}

func (s *sample) add(kind string, body []byte) *sample {
	s.seq++
	s.st = mesh.Projection{}.Apply(s.st, oplog.Op{Seq: s.seq, At: now.Add(-time.Hour).UnixMicro(), Kind: kind, Actor: "host", Body: body})
	return s
}

func (s *sample) node(id string, class privacy.Class, note string, models ...mesh.Model) *sample {
	slots := []mesh.Slot{{Kind: "text", Max: 2, Weight: 50}, {Kind: "embed", Max: 2, Weight: 50}}
	s.add(mesh.KindNodeAdmitted, mesh.Encode(&mesh.NodeAdmitted{Node: id, Key: "U" + id, Label: id, Class: class, Slots: slots}))
	return s.describe(id, note, models...).status(id, mesh.Online)
}

func (s *sample) describe(id, note string, models ...mesh.Model) *sample {
	slots := []mesh.Slot{{Kind: "text", Max: 2, Weight: 50}, {Kind: "embed", Max: 2, Weight: 50}}
	return s.add(mesh.KindNodeDescribed, mesh.Encode(&mesh.NodeDescribed{
		Node: id, Slots: slots, Models: models, ModelsNote: note, OptIn: strings.HasPrefix(id, "pub-"),
	}))
}

func (s *sample) status(id string, st mesh.Status) *sample {
	return s.add(mesh.KindNodeStatus, mesh.Encode(&mesh.NodeStatusChanged{Node: id, Status: st}))
}

func (s *sample) mode(id string, m mesh.Mode) *sample {
	return s.add(mesh.KindNodeMode, mesh.Encode(&mesh.NodeModeChanged{Node: id, Mode: m}))
}

var (
	llama = mesh.Model{
		Name: "llama3.2:3b", Tag: "Q4_K_M", Backend: "ollama", Family: "llama", Digest: "sha256:a80c4f17acd5", Size: 2_019_393_189, Context: 131072, Fits: true,
	}
	large = mesh.Model{Name: "llama3.1:70b", Tag: "Q4_K_M", Backend: "ollama", Family: "llama", Size: 37_500_000_000}
	nomic = mesh.Model{Name: "nomic-embed-text", Tag: "F16", Backend: "ollama", Family: "nomic-bert", Size: 274_302_450, Context: 2048, Fits: true}
	qwen  = mesh.Model{Name: "qwen2.5-coder:7b", Tag: "Q4_K_M", Backend: "ollama", Family: "qwen2", Size: 4_700_000_000, Fits: true}
)

func with(m mesh.Model, f func(*mesh.Model)) mesh.Model {
	f(&m)
	return m
}

// aurelia is the mesh of the drawing.
func aurelia() *sample {
	s := newSample()
	s.node("alice-gpu", privacy.PairedPeersOnly, "", large, with(llama, func(m *mesh.Model) { m.Loaded = true }), nomic, qwen)
	s.node("atlas-nas", privacy.PairedPeersOnly, "no model server answers on 127.0.0.1:11434")
	s.node("bob-cpu", privacy.PairedPeersOnly, "", llama, nomic)
	s.node("lex-2", privacy.PairedPeersOnly, "", llama)
	s.node("pub-3f9a", privacy.PublicMesh, "", with(large, func(m *mesh.Model) { m.Backend, m.Fits = "vllm", true }))
	s.add(mesh.KindCapSet, mesh.Encode(&mesh.CapSet{Node: "pub-3f9a", CapMicros: new(int64)}))
	return s.mode("lex-2", mesh.Paused).status("atlas-nas", mesh.Offline)
}

// beats is telemetry that a test makes up.
func beats() *mesh.Telemetry {
	last := map[string]mesh.Beat{}
	for id, age := range map[string]time.Duration{"alice-gpu": time.Second, "atlas-nas": 14 * time.Minute, "bob-cpu": 23 * time.Second, "lex-2": 2 * time.Second, "pub-3f9a": time.Second} {
		last[id] = mesh.Beat{At: now.Add(-age), Began: now.Add(-76 * time.Hour)}
	}
	return mesh.NewTelemetry(last, nil)
}

// screen is a pane that a test plays.
type screen struct {
	t    *testing.T
	s    *pane.Session
	p    *Pane
	b    *cell.Buffer
	f    layout.Frame
	now  time.Time
	acts []pane.Action
	cmds []tea.Cmd // those that wait where hold is set
	hold bool
}

func play(t *testing.T, st *mesh.State, w, h int) *screen {
	t.Helper()
	x := &screen{t: t, now: now}
	x.s = &pane.Session{Theme: theme.New(true, false), Now: func() time.Time { return x.now }, World: pane.World{State: st, Tel: beats()}}
	x.p = New(context.Background(), x.s)
	return x.size(w, h)
}

func (x *screen) size(w, h int) *screen {
	x.b, x.f = cell.New(w, h), layout.Screen(w, h, layout.Parts{Scrubber: true})
	return x
}

func (x *screen) send(msgs ...tea.Msg) *screen {
	for _, m := range msgs {
		act, cmd := x.p.Update(m)
		if act != nil {
			x.acts = append(x.acts, act)
		}
		if cmd == nil {
			continue
		}
		if x.hold {
			x.cmds = append(x.cmds, cmd)
			continue
		}
		x.send(cmd())
	}
	return x
}

func (x *screen) do(ids ...keys.ID) *screen {
	for _, id := range ids {
		x.send(pane.Do{ID: id})
	}
	return x
}

func (x *screen) typed(s string) *screen {
	for _, r := range s {
		x.send(tea.KeyPressMsg{Code: r, Text: string(r)})
	}
	return x
}

// world shows another state, a second later.
func (x *screen) world(st *mesh.State) *screen {
	x.s.World.State = st
	return x.send(pane.Second{})
}

func (x *screen) rows() []string {
	x.t.Helper()
	x.b.Clear()
	x.p.Draw(x.b, x.f)
	rows := strings.Split(ansi.Strip(x.b.Render(x.s.Theme)), "\n")
	for i, r := range rows {
		if ansi.StringWidth(r) != x.b.W {
			x.t.Fatalf("row %d has %d columns", i, ansi.StringWidth(r))
		}
		rows[i] = strings.TrimRight(r, " ")
	}
	return rows
}

func (x *screen) view() string { return strings.Join(x.rows(), "\n") }

func (x *screen) has(want ...string) *screen {
	x.t.Helper()
	v := x.view()
	for _, s := range want {
		if !strings.Contains(v, s) {
			x.t.Errorf("it does not say %q:\n%s", s, v)
		}
	}
	return x
}

func (x *screen) lacks(words ...string) *screen {
	x.t.Helper()
	v := x.view()
	for _, s := range words {
		if strings.Contains(v, s) {
			x.t.Errorf("it says %q:\n%s", s, v)
		}
	}
	return x
}

func (x *screen) last() pane.Action {
	if len(x.acts) == 0 {
		return nil
	}
	return x.acts[len(x.acts)-1]
}

// to puts the cursor on the row of a model on a node, or of a model where node is empty.
func (x *screen) to(model, node string) *screen {
	x.t.Helper()
	id := modelID(model)
	if node != "" {
		id = spotID(model, node)
	}
	if !x.p.list.Select(id) {
		x.t.Fatalf("there is no row for %s on %s: %q", model, node, x.p.list.IDs())
	}
	x.p.choseRow()
	return x
}
