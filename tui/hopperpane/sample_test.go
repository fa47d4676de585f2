package hopperpane

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"voxmesh/hopper"
	"voxmesh/mesh"
	"voxmesh/mesh/fault"
	"voxmesh/mesh/privacy"
	"voxmesh/oplog"
	"voxmesh/tui/cell"
	"voxmesh/tui/keys"
	"voxmesh/tui/layout"
	"voxmesh/tui/pane"
	"voxmesh/tui/theme"
)

// now is the moment of the drawings.
var now = time.Date(2026, 3, 14, 10, 12, 26, 0, time.UTC)

const paired = privacy.PairedPeersOnly

// sample is a mesh that a test makes: nodes and jobs of ops, items put onto the board as they are.
type sample struct {
	st  *mesh.State
	seq uint64
}

func newSample() *sample {
	s := &sample{st: mesh.Projection{}.New()}
	s.add(-20*time.Hour, mesh.KindHostStarted, mesh.Encode(&mesh.HostStarted{Mesh: "aurelia", PeerID: "00112233445566aa", Operator: "mira", Cores: 6}))
	for _, id := range []string{"alice-gpu", "bob-cpu"} {
		slots := []mesh.Slot{{Kind: "cpu", Max: 2, Weight: 50}, {Kind: "text", Max: 1, Weight: 10}}
		s.add(-20*time.Hour, mesh.KindNodeAdmitted, mesh.Encode(&mesh.NodeAdmitted{Node: id, Key: "U" + id, Label: id, Class: paired, Slots: slots}))
		s.add(-20*time.Hour, mesh.KindNodeDescribed, mesh.Encode(&mesh.NodeDescribed{Node: id, Slots: slots}))
		s.add(-20*time.Hour, mesh.KindNodeStatus, mesh.Encode(&mesh.NodeStatusChanged{Node: id, Status: mesh.Online}))
	}
	return s
}

func (s *sample) add(ago time.Duration, kind string, body []byte) *sample {
	s.seq++
	s.st = mesh.Projection{}.Apply(s.st, oplog.Op{Seq: s.seq, At: now.Add(ago).UnixMicro(), Kind: kind, Actor: "host", Body: body})
	return s
}

func (s *sample) put(it hopper.Item) *sample {
	s.seq++
	s.st.Seq, it.Seq = s.seq, s.seq
	s.st.Hopper().Put(it)
	return s
}

// triage makes an item of the inbox a run of one job.
func (s *sample) triage(id string, j mesh.JobSubmitted) {
	j.Job, j.Run, j.Item = "j"+id[1:], "r"+id[1:], id
	s.add(-time.Second, mesh.KindJobSubmitted, mesh.Encode(&j))
	it, _ := s.st.Hopper().Item(id)
	triaged := *it
	triaged.State, triaged.Run = hopper.Triaged, j.Run
	s.st.Hopper().Put(triaged)
}

// change puts an item anew.
func (s *sample) change(id string, f func(*hopper.Item)) *sample {
	it, _ := s.st.Hopper().Item(id)
	other := *it
	f(&other)
	s.seq++
	s.st.Seq = s.seq
	s.st.Hopper().Put(other)
	return s
}

// later is a state of its own: what is shown is never changed.
func (s *sample) later() *sample { return &sample{mesh.Projection{}.Clone(s.st), s.seq} }

func micros(ago time.Duration) int64 { return now.Add(-ago).UnixMicro() }

// item is one of the inbox, submitted some time ago, of which order is the place.
func item(id, intent string, class privacy.Class, p hopper.Priority, by hopper.Source, ago time.Duration, order int64) hopper.Item {
	at := micros(ago)
	return hopper.Item{
		ID: id, Intent: intent, Class: class, Rank: hopper.Rank{Value: p, Source: by}, At: at, Since: at, Order: order,
		State: hopper.Inbox, Confidence: 86, Actor: "ssh:mira",
		Trail: []hopper.Step{{At: at, Name: "submitted", Actor: "ssh:mira", Detail: "classified " + p.String() + " 0.86"}},
	}
}

func held(id, intent string, class privacy.Class, p hopper.Priority, by hopper.Source, ago time.Duration, node string, st hopper.State) hopper.Item {
	it := item(id, intent, class, p, by, ago+time.Minute, 0)
	it.State, it.Node, it.Since, it.Run = st, node, micros(ago), "r"+id[1:]
	return it
}

func over(id, intent string, class privacy.Class, o hopper.Outcome, at string, took time.Duration) hopper.Item {
	t, err := time.Parse("15:04", at)
	if err != nil {
		panic(err)
	}
	end := time.Date(2026, 3, 14, t.Hour(), t.Minute(), 0, 0, time.UTC)
	it := item(id, intent, class, hopper.Normal, hopper.Orchestrator, now.Sub(end)+took, 0)
	it.State, it.Outcome, it.Since, it.Run, it.Node = hopper.Closed, o, end.UnixMicro(), "r"+id[1:], "bob-cpu"
	it.Trail = append(it.Trail,
		hopper.Step{At: it.At, Name: "started", Actor: "bob-cpu"}, hopper.Step{At: it.Since, Name: o.String(), Actor: "ssh:mira"})
	return it
}

// busy is the mesh of the drawings.
func busy() *sample {
	s := newSample()
	first := item("h-7c1e", "fix flaky test in oplog", paired, hopper.Urgent, hopper.Developer, 42*time.Second, 1)
	first.Session, first.Affinity = "editor", hopper.Affinity{Kind: "gpu", Nodes: []string{"alice-gpu"}}
	first.Overrides = []hopper.Override{{
		At: now.Add(-24 * time.Second).UnixMicro(), From: hopper.Normal, To: hopper.Urgent, Actor: "ssh:mira", Reason: "blocks the release", AuditID: "a-0191",
	}}
	first.Trail = []hopper.Step{
		{At: first.At, Name: "submitted", Actor: "ssh:mira", Detail: "session editor, classified normal 0.86", AuditID: "a-0190"},
		{At: first.At, Name: "admitted", Actor: "host", Detail: "inbox, place 3"},
		{At: first.Overrides[0].At, Name: "reprioritized", Actor: "ssh:mira", Detail: "normal → urgent: blocks the release", AuditID: "a-0191"},
	}
	s.put(first)
	for i, it := range []hopper.Item{
		item("h-7c20", "summarise the build log", privacy.LocalOnly, hopper.Urgent, hopper.Orchestrator, 12*time.Second, 2),
		item("h-7bf4", "embed docs/*.md", paired, hopper.Normal, hopper.Orchestrator, 4*time.Minute+8*time.Second, 3),
		item("h-7be9", "render frames 1–240", privacy.PublicMesh, hopper.Normal, hopper.LearningPolicy, 6*time.Minute+51*time.Second, 4),
		item("h-7bd2", "translate the guide to four languages", paired, hopper.Normal, hopper.Orchestrator, 9*time.Minute+30*time.Second, 5),
		item("h-7ba0", "nightly embeddings", paired, hopper.Background, hopper.Orchestrator, 31*time.Minute, 6),
		item("h-7b77", "import notes", privacy.Unknown, hopper.Background, hopper.LearningPolicy, 48*time.Minute, 7),
	} {
		it.Order = int64(i + 2)
		s.put(it)
	}
	s.put(held("h-7bc8", "sign the release", privacy.LocalOnly, hopper.Normal, hopper.Orchestrator, 3*time.Minute, "bob-cpu", hopper.Assigned))
	s.put(held("h-7be1", "thumbnails for 2025", paired, hopper.Normal, hopper.Orchestrator, 2*time.Minute+11*time.Second, "bob-cpu", hopper.Started))
	s.put(held("h-7c0a", "bisect the slow seek", paired, hopper.Urgent, hopper.Developer, 42*time.Second, "alice-gpu", hopper.Started))
	s.put(held("h-7bff", "caption 40 photos", paired, hopper.Normal, hopper.Orchestrator, 3*time.Second, "alice-gpu", hopper.Started))
	s.put(over("h-7be8", "render frames 1–240", paired, hopper.Cancelled, "09:40", time.Second))
	s.put(over("h-7bf1", "back up the log", privacy.LocalOnly, hopper.Done, "09:58", 31*time.Second))
	s.put(over("h-7bfa", "train a tiny LoRA", paired, hopper.Failed, "10:04", 3*time.Minute))
	s.triage("h-7c1e", mesh.JobSubmitted{Kind: "gpu", Runner: "wasm", Class: paired})
	s.triage("h-7c20", mesh.JobSubmitted{Kind: "text", Runner: "text", Model: "llama3.2:3b", Class: privacy.LocalOnly})
	s.triage("h-7be9", mesh.JobSubmitted{Kind: "cpu", Runner: "wasm", Class: privacy.PublicMesh})
	s.triage("h-7ba0", mesh.JobSubmitted{Kind: "cpu", Runner: "wasm", Class: paired})
	s.triage("h-7b77", mesh.JobSubmitted{Kind: "cpu", Runner: "wasm"})
	return s.put(over("h-7c02", "lint the policy", paired, hopper.Done, "10:11", 9*time.Second))
}

// records are what a test's log knows.
type records map[string]mesh.ItemView

func (r records) Item(id string) (mesh.ItemView, error) {
	if v, ok := r[id]; ok {
		return v, nil
	}
	return mesh.ItemView{}, fault.New("vox/hopper/unknown", "there is no item %s in the hopper", id)
}

// screen is a pane that a test plays.
type screen struct {
	t    testing.TB
	s    *pane.Session
	p    *Pane
	b    *cell.Buffer
	f    layout.Frame
	now  time.Time
	acts []pane.Action
	cmds []tea.Cmd // those that wait where hold is set
	hold bool
}

func play(t testing.TB, s *sample, w, h int) *screen { return playWith(t, s, nil, w, h) }

func playWith(t testing.TB, s *sample, r Records, w, h int) *screen {
	t.Helper()
	x := &screen{t: t, now: now}
	x.s = &pane.Session{Theme: theme.New(true, false), Now: func() time.Time { return x.now }, World: pane.World{State: s.st}}
	x.p = New(context.Background(), x.s, r)
	return x.size(w, h)
}

func (x *screen) size(w, h int) *screen {
	x.b, x.f = cell.New(w, h), layout.Screen(w, h, layout.Parts{Scrubber: true})
	return x
}

func (x *screen) send(msgs ...tea.Msg) *screen {
	for _, m := range msgs {
		switch m := m.(type) {
		case nil:
			continue
		case tea.BatchMsg:
			for _, cmd := range m {
				if cmd != nil {
					x.send(cmd())
				}
			}
			continue
		}
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

// do presses keys, which must be bound where the focus is.
func (x *screen) do(ids ...keys.ID) *screen {
	x.t.Helper()
	for _, id := range ids {
		bound := false
		for _, b := range x.p.Keys() {
			if b.ID != id {
				continue
			}
			if bound = true; b.Reason() != "" {
				x.acts = append(x.acts, pane.Notice{Text: b.Reason()})
			} else {
				x.send(pane.Do{ID: id})
			}
			break
		}
		if !bound {
			x.t.Errorf("%s is not bound", id)
		}
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
func (x *screen) world(s *sample) *screen {
	x.s.World.State = s.st
	return x.send(pane.Changed{})
}

func (x *screen) rows() []string {
	x.t.Helper()
	x.b.Clear()
	x.p.Draw(x.b, x.f)
	rows := strings.Split(ansi.Strip(x.b.Render(x.s.Theme)), "\n")
	for i, r := range rows {
		if ansi.StringWidth(r) != x.b.W {
			x.t.Fatalf("row %d has %d columns: %q", i, ansi.StringWidth(r), r)
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

func (x *screen) on(id string) *screen {
	x.t.Helper()
	if x.s.Item != id {
		x.t.Errorf("%s is selected, not %s", x.s.Item, id)
	}
	return x
}

func (x *screen) did(want pane.Action) *screen {
	x.t.Helper()
	if x.last() != want {
		x.t.Errorf("it did %+v, not %+v", x.last(), want)
	}
	return x
}

func ref(id string) pane.Ref { return pane.Ref{Kind: pane.Item, ID: id} }

// crowd is an inbox of many items.
func crowd(n int) *sample {
	s := newSample()
	for i := range n {
		s.put(item(fmt.Sprintf("h-%04x", i), fmt.Sprintf("work number %d", i), paired, hopper.Normal, hopper.Orchestrator, time.Minute, int64(i+1)))
	}
	return s
}
