package policypane

import (
	"bytes"
	"context"
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"voxmesh/mesh"
	"voxmesh/policy"
	"voxmesh/tui/cell"
	"voxmesh/tui/keys"
	"voxmesh/tui/layout"
	"voxmesh/tui/pane"
	"voxmesh/tui/theme"
)

// home is the file of the drawings.
const home = `policy donations {
  slots: [
    { kind: gpu, max_concurrent: 2, weight: 50 },
    { kind: cpu, max_concurrent: 8, weight: 30 },
    { kind: text, max_concurrent: 4, weight: 20 },
  ]
  nsfw_allowed: false // hard-disabled at home
  max_job_duration_secs: 3600
  public_mesh_opt_in: true
  min_priority: 5
  per_peer_overrides: [
    { peer: "alice@aurelia", nsfw_allowed: true },
  ]
}
`

var now = time.Date(2026, 11, 23, 10, 12, 26, 0, time.UTC)

// shelf is a Book in memory.
type shelf struct {
	src     []byte
	exists  bool
	before  []byte // the last save
	saved   []byte // and what it wrote
	writes  int
	note    string
	git     string
	fail    error
	failing error // of Save and Stage
	staged  int
	commit  string
	peers   []string
}

func (b *shelf) doc() Doc {
	return Doc{
		Path: "~/mesh/donations.vox", Source: bytes.Clone(b.src), Exists: b.exists, Git: b.git, Tracked: b.git == "tracked",
		InForce: b.note == "", Since: now.Add(-41*time.Minute - 26*time.Second), Note: b.note,
	}
}

func (b *shelf) Read(context.Context) (Doc, error) { return b.doc(), b.fail }

type clash struct{ diff string }

func (c clash) Error() string { return "the file changed" }
func (c clash) Diff() string  { return c.diff }

func (b *shelf) Save(_ context.Context, base, text []byte) (Saved, error) {
	if b.failing != nil {
		return Saved{}, b.failing
	}
	if !bytes.Equal(base, b.src) {
		return Saved{}, clash{policy.Diff(base, b.src)}
	}
	b.before, b.src, b.saved, b.exists = b.src, bytes.Clone(text), bytes.Clone(text), true
	b.writes++
	return Saved{b.doc()}, nil
}

func (b *shelf) Undo(context.Context) (Saved, error) {
	if b.before == nil {
		return Saved{}, errors.New("nothing was saved")
	}
	if !bytes.Equal(b.src, b.saved) {
		return Saved{}, clash{policy.Diff(b.saved, b.src)}
	}
	b.src, b.before = b.before, nil
	b.writes++
	return Saved{b.doc()}, nil
}

func (b *shelf) Stage(context.Context) (Staged, error) {
	if b.failing != nil {
		return Staged{}, b.failing
	}
	if b.git != "tracked" {
		return Staged{Note: b.git}, nil
	}
	b.staged++
	return Staged{Ran: "git add donations.vox", Commit: b.commit}, nil
}

func (b *shelf) Stamp() string { return string(b.src) }

func (b *shelf) Known(context.Context) (policy.Known, error) {
	return policy.Known{
		Peers: b.peers, Meshes: []string{"aurelia", "nook"}, Models: []string{"llama3.2:3b", "nomic-embed-text"},
	}, nil
}

// screen is a console that shows the pane alone.
type screen struct {
	t    *testing.T
	s    *pane.Session
	p    *Pane
	book *shelf
	b    *cell.Buffer
	f    layout.Frame
	acts []pane.Action
	cmds []tea.Cmd // held back
	hold bool
	over pane.Layer
}

func play(t *testing.T, src string, w, h int) *screen {
	t.Helper()
	x := bare(t, &shelf{src: []byte(src), exists: true, git: "tracked", peers: []string{"alice@aurelia", "bob@aurelia", "alan@nook"}}, w, h)
	x.run(x.p.Init())
	return x
}

func bare(t *testing.T, book *shelf, w, h int) *screen {
	t.Helper()
	x := &screen{t: t, book: book}
	x.s = &pane.Session{
		Theme: theme.New(true, false), Now: func() time.Time { return now }, World: pane.World{State: &mesh.State{}},
	}
	x.p = New(context.Background(), x.s, book)
	x.p.tick = func(_ time.Duration, f func(time.Time) tea.Msg) tea.Cmd { return nil }
	return x.size(w, h)
}

func (x *screen) size(w, h int) *screen {
	x.b, x.f = cell.New(w, h), layout.Screen(w, h, layout.Parts{Scrubber: true})
	return x
}

func (x *screen) run(cmd tea.Cmd) {
	switch {
	case cmd == nil:
	case x.hold:
		x.cmds = append(x.cmds, cmd)
	default:
		switch m := cmd().(type) {
		case nil:
		case tea.BatchMsg:
			for _, c := range m {
				x.run(c)
			}
		default:
			x.send(m)
		}
	}
}

func (x *screen) send(msgs ...tea.Msg) *screen {
	for _, m := range msgs {
		act, cmd := x.p.Update(m)
		x.carry(act)
		x.run(cmd)
	}
	return x
}

func (x *screen) carry(act pane.Action) {
	switch a := act.(type) {
	case nil:
		return
	case pane.Push:
		x.over = a.Layer
	case pane.Close:
		x.over = nil
	case pane.Several:
		for _, b := range a {
			x.carry(b)
		}
	}
	x.acts = append(x.acts, act)
}

// do presses keys as the console does: what is refused does not reach the pane.
func (x *screen) do(ids ...keys.ID) *screen {
	for _, id := range ids {
		top := pane.Pane(x.p)
		if x.over != nil {
			top = x.over
		}
		for _, b := range top.Keys() {
			if b.ID != id {
				continue
			}
			if why := b.Reason(); why != "" {
				x.acts = append(x.acts, pane.Notice{Text: b.Show() + " " + b.Short + ": " + why})
				break
			}
			act, cmd := top.Update(pane.Do{ID: id, Key: press(b)})
			x.carry(act)
			x.run(cmd)
			break
		}
	}
	return x
}

func press(b keys.Binding) tea.KeyPressMsg {
	codes := map[string]rune{"backspace": tea.KeyBackspace, "left": tea.KeyLeft, "right": tea.KeyRight, "delete": tea.KeyDelete, "home": tea.KeyHome, "end": tea.KeyEnd}
	return tea.KeyPressMsg{Code: codes[b.Binding.Keys()[0]]}
}

func (x *screen) typed(s string) *screen {
	for _, r := range s {
		x.send(tea.KeyPressMsg{Code: r, Text: string(r)})
	}
	return x
}

// to puts the cursor on a field.
func (x *screen) to(path string) *screen {
	x.t.Helper()
	i := x.p.find(path)
	if i < 0 {
		x.t.Fatalf("there is no row for %s: %q", path, x.p.list.IDs())
	}
	x.p.list.Select(x.p.rows[i].id)
	x.p.col = 0
	for k, c := range x.p.rows[i].cells {
		if c.path == path {
			x.p.col = k
		}
	}
	x.p.file.follow = true
	return x
}

func (x *screen) rows() []string {
	x.t.Helper()
	x.b.Clear()
	x.p.Draw(x.b, x.f)
	if x.over != nil {
		x.over.Draw(x.b, x.f)
	}
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

// said is the last notice.
func (x *screen) said() string {
	for i := len(x.acts) - 1; i >= 0; i-- {
		if n, ok := x.acts[i].(pane.Notice); ok {
			return n.Text
		}
	}
	return ""
}

func (x *screen) text() string { return string(x.p.top().Source()) }

// drawing reads the picture of the design of a size; without the pictures the test says so.
func drawing(t *testing.T, name string) []string {
	t.Helper()
	b, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return strings.Split(strings.TrimSuffix(string(b), "\n"), "\n")
}
