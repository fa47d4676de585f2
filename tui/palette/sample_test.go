package palette

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"
	"go.uber.org/goleak"

	"voxmesh/hopper"
	"voxmesh/mesh"
	"voxmesh/mesh/privacy"
	"voxmesh/oplog"
	"voxmesh/tui/cell"
	"voxmesh/tui/keys"
	"voxmesh/tui/layout"
	"voxmesh/tui/pane"
	"voxmesh/tui/theme"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// now is the moment of the drawings.
var now = time.Date(2026, 3, 14, 10, 12, 26, 0, time.UTC)

func at(hm string) time.Time {
	t, err := time.Parse("15:04:05", hm+":00")
	if err != nil {
		panic(err)
	}
	return time.Date(2026, 3, 14, t.Hour(), t.Minute(), 0, 0, time.UTC)
}

// ops makes a state.
type ops struct {
	st  *mesh.State
	seq uint64
}

func (l *ops) add(t time.Time, kind string, body []byte) *ops {
	l.seq++
	l.st = mesh.Projection{}.Apply(l.st, oplog.Op{Seq: l.seq, At: t.UnixMicro(), Kind: kind, Actor: "host", Body: body})
	return l
}

// later begins another state: the one before stays as it is.
func (l *ops) later() *ops {
	l.st = mesh.Projection{}.Clone(l.st)
	return l
}

func (l *ops) node(id string, class privacy.Class, models ...mesh.Model) *ops {
	t := at("09:00")
	key := "U" + strings.ToUpper(strings.ReplaceAll(id, "-", "")) + "7Q4XK2NA"
	l.add(t, mesh.KindNodeAdmitted, mesh.Encode(&mesh.NodeAdmitted{Node: id, Key: key, Label: id, Class: class}))
	l.add(t, mesh.KindNodeDescribed, mesh.Encode(&mesh.NodeDescribed{Node: id, Models: models}))
	return l.status(t, id, mesh.Online)
}

func (l *ops) status(t time.Time, id string, s mesh.Status) *ops {
	return l.add(t, mesh.KindNodeStatus, mesh.Encode(&mesh.NodeStatusChanged{Node: id, Status: s}))
}

func (l *ops) submit(t time.Time, id, title string) *ops {
	return l.add(t, mesh.KindJobSubmitted, mesh.Encode(&mesh.JobSubmitted{
		Job: "j-" + id, Run: "r-" + id, Kind: "gpu", Runner: "wasm", Class: privacy.PairedPeersOnly,
		Priority: uint8(hopper.Normal), Title: title,
	}))
}

func (l *ops) run(t time.Time, id, title, node string) *ops {
	l.submit(t, id, title)
	l.add(t, mesh.KindJobLeased, mesh.Encode(&mesh.JobLeased{Job: "j-" + id, Node: node, Attempt: 1}))
	return l.add(t, mesh.KindJobStarted, mesh.Encode(&mesh.JobStarted{Job: "j-" + id, Attempt: 1}))
}

func (l *ops) finish(t time.Time, id string) *ops {
	return l.add(t, mesh.KindJobFinished, mesh.Encode(&mesh.JobFinished{Job: "j-" + id, Attempt: 1, Status: mesh.Succeeded}))
}

func empty() *ops {
	l := &ops{st: mesh.Projection{}.New()}
	return l.add(at("08:00"), mesh.KindHostStarted, mesh.Encode(&mesh.HostStarted{Mesh: "aurelia", PeerID: "00112233445566aa", Operator: "mira", Cores: 6}))
}

// aurelia is the mesh of the drawing.
func aurelia() *ops {
	l := empty()
	l.node("alice-gpu", privacy.PairedPeersOnly, mesh.Model{Name: "llama3.2:3b", Loaded: true})
	l.node("atlas-nas", privacy.PairedPeersOnly).node("pub-3f9a", privacy.PublicMesh, mesh.Model{Name: "llama3.2:3b"})
	l.run(at("09:30"), "18ff", "drain alert queue", "alice-gpu").finish(at("09:31"), "18ff")
	l.status(at("09:58"), "atlas-nas", mesh.Offline)
	return l.run(at("10:11"), "81f2", "render the film", "alice-gpu").run(at("10:12"), "81f7", "embed docs", "alice-gpu")
}

// crowd is a large mesh.
func crowd(nodes, runs int) *ops {
	l := empty()
	for i := range nodes {
		l.node(fmt.Sprintf("node-%04d", i), privacy.PairedPeersOnly)
	}
	for i := range runs {
		l.run(at("09:30"), fmt.Sprintf("%05d", i), fmt.Sprintf("nightly render of tile %d", i), "node-0000")
		l.finish(at("09:31"), fmt.Sprintf("%05d", i))
	}
	return l
}

// screen plays a palette without a root. Commands are kept until run is called.
type screen struct {
	t    testing.TB
	s    *pane.Session
	l    *Layer
	w, h int
	cmds []tea.Cmd
	did  []pane.Action
}

func bindings() []keys.Binding {
	bs := keys.Pick(keys.Up, keys.Filter, keys.Kill, keys.Palette, keys.Help, keys.Leave, keys.Pane1, keys.Pane2, keys.Pane6, keys.Add,
		keys.Join, keys.Send, keys.TypeTime, keys.Undo)
	bs[len(bs)-1] = bs[len(bs)-1].When(func() string { return "nothing of yours can be taken back" })
	return bs
}

func show(t testing.TB, st *mesh.State, w, h int, on pane.Ref, recent *Recent) *screen {
	t.Helper()
	ctx, stop := context.WithCancel(context.Background())
	t.Cleanup(stop)
	s := &screen{t: t, w: w, h: h}
	s.s = &pane.Session{Theme: theme.New(true, false), Now: func() time.Time { return now }, World: pane.World{State: st, Spend: st.Window(now)}}
	l, cmd := New(ctx, s.s, bindings(), recent, on, nil)
	s.l = l
	s.cmds = append(s.cmds, cmd)
	return s.run()
}

// run carries commands out until none is left.
func (s *screen) run() *screen {
	for len(s.cmds) > 0 {
		cmd := s.cmds[0]
		s.cmds = s.cmds[1:]
		s.give(cmd)
	}
	return s
}

func (s *screen) give(cmd tea.Cmd) {
	if cmd == nil {
		return
	}
	switch m := cmd().(type) {
	case nil:
	case tea.BatchMsg:
		for _, c := range m {
			s.give(c)
		}
	default:
		s.send(m)
	}
}

func (s *screen) send(msgs ...tea.Msg) *screen {
	for _, m := range msgs {
		act, cmd := s.l.Update(m)
		if act != nil {
			s.did = append(s.did, act)
		}
		if cmd != nil {
			s.cmds = append(s.cmds, cmd)
		}
	}
	return s
}

// typed types letters and does not wait for answers.
func (s *screen) typed(text string) *screen {
	for _, r := range text {
		s.send(tea.KeyPressMsg{Code: r, Text: string(r)})
	}
	return s
}

func (s *screen) do(ids ...keys.ID) *screen {
	for _, id := range ids {
		s.send(pane.Do{ID: id})
	}
	return s
}

// last is what was asked for last.
func (s *screen) last() pane.Action {
	s.t.Helper()
	if len(s.did) == 0 {
		s.t.Fatal("nothing was asked for")
	}
	return s.did[len(s.did)-1]
}

func (s *screen) buffer() *cell.Buffer {
	b := cell.New(s.w, s.h)
	s.l.Draw(b, layout.Screen(s.w, s.h, layout.Parts{Scrubber: true, Strip: true}))
	return b
}

// drawn gives what the palette drew, without the blanks around it.
func (s *screen) drawn() string {
	var out []string
	for _, r := range strings.Split(ansi.Strip(s.buffer().Render(s.s.Theme)), "\n") {
		if r = strings.TrimSpace(r); r != "" {
			out = append(out, r)
		}
	}
	return strings.Join(out, "\n")
}

// whats gives what the rows offer.
func (s *screen) whats() []string {
	var out []string
	for _, e := range s.l.rows {
		out = append(out, e.text)
	}
	return out
}
