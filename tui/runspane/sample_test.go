package runspane

import (
	"context"
	"fmt"
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
	s.add(-20*time.Hour, mesh.KindHostStarted, mesh.Encode(&mesh.HostStarted{Mesh: "aurelia", PeerID: "00112233445566aa", Operator: "mira", Cores: 6}))
	for _, id := range []string{"alice-gpu", "bob-cpu"} {
		slots := []mesh.Slot{{Kind: "cpu", Max: 2, Weight: 50}}
		s.add(-20*time.Hour, mesh.KindNodeAdmitted, mesh.Encode(&mesh.NodeAdmitted{Node: id, Key: "U" + id, Label: id, Class: privacy.PairedPeersOnly, Slots: slots}))
		s.add(-20*time.Hour, mesh.KindNodeDescribed, mesh.Encode(&mesh.NodeDescribed{Node: id, Slots: slots}))
		s.add(-20*time.Hour, mesh.KindNodeStatus, mesh.Encode(&mesh.NodeStatusChanged{Node: id, Status: mesh.Online}))
	}
	return s
}

// add appends an op that happened before now.
func (s *sample) add(ago time.Duration, kind string, body []byte) *sample {
	s.seq++
	trace := fmt.Sprintf("4bf92f3577b34da6a3ce929d%08x", s.seq)
	s.st = mesh.Projection{}.Apply(s.st, oplog.Op{Seq: s.seq, At: now.Add(ago).UnixMicro(), Kind: kind, Actor: "host", Trace: trace, Body: body})
	return s
}

func (s *sample) submit(ago time.Duration, id, title string, class privacy.Class) *sample {
	return s.add(ago, mesh.KindJobSubmitted, mesh.Encode(&mesh.JobSubmitted{
		Job: "j-" + id, Run: "r-" + id, Kind: "cpu", Runner: "wasm", Class: class, Priority: 5, Title: title,
	}))
}

func (s *sample) start(ago time.Duration, id, node string) *sample {
	return s.add(ago, mesh.KindJobLeased, mesh.Encode(&mesh.JobLeased{Job: "j-" + id, Node: node, Attempt: 1})).
		add(ago, mesh.KindJobStarted, mesh.Encode(&mesh.JobStarted{Job: "j-" + id, Attempt: 1}))
}

func (s *sample) finish(ago time.Duration, id string, st mesh.JobState, why string, cost, tokens int64) *sample {
	return s.add(ago, mesh.KindJobFinished, mesh.Encode(&mesh.JobFinished{
		Job: "j-" + id, Attempt: 1, Status: st, Error: why, CostMicros: cost, Tokens: tokens, DurationMS: 1000,
	}))
}

// busy is a mesh with runs of every kind.
func busy() *sample {
	s := newSample()
	s.submit(-5*time.Hour, "0a01", "lint the policy", privacy.LocalOnly).start(-5*time.Hour, "0a01", "aurelia").
		finish(-5*time.Hour+65*time.Minute, "0a01", mesh.Succeeded, "", 20_000, 1900)
	s.submit(-2*time.Hour, "0b02", "train a tiny LoRA", privacy.PairedPeersOnly).start(-2*time.Hour, "0b02", "bob-cpu").
		finish(-2*time.Hour+22*time.Second, "0b02", mesh.Failed, "exit code 3: out of disk", 0, 0)
	s.submit(-time.Hour, "0c03", "caption 40 photos", privacy.PublicMesh).start(-time.Hour, "0c03", "bob-cpu").
		finish(-time.Hour+time.Minute, "0c03", mesh.Killed, "", 0, 0)
	s.submit(-6*time.Minute, "0d04", "nightly-render", privacy.PairedPeersOnly).start(-6*time.Minute+4*time.Second, "0d04", "alice-gpu")
	s.submit(-time.Minute, "0e05", "embed docs", privacy.Unknown)
	s.add(-30*time.Second, mesh.KindJobSubmitted, mesh.Encode(&mesh.JobSubmitted{
		Job: "j-0f06", Run: "r-0f06", Kind: "gpu", Runner: "text", Model: "qwen2.5-coder:32b-instruct", Class: privacy.PairedPeersOnly, Priority: 5, Title: "write a poem",
	}))
	return s
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
	x.s = &pane.Session{Theme: theme.New(true, false), Now: func() time.Time { return x.now }, World: pane.World{State: st}}
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

// world shows another state.
func (x *screen) world(st *mesh.State) *screen {
	x.s.World.State = st
	return x.send(pane.Changed{})
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
