package send

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

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

// state is a mesh with a host, a machine with a model, and one with slots for modules.
func state() *mesh.State {
	st := mesh.Projection{}.New()
	seq := uint64(0)
	add := func(kind string, body []byte) {
		seq++
		st = mesh.Projection{}.Apply(st, oplog.Op{Seq: seq, At: now.UnixMicro(), Kind: kind, Actor: "host", Body: body})
	}
	add(mesh.KindHostStarted, mesh.Encode(&mesh.HostStarted{Mesh: "aurelia", PeerID: "00112233445566aa", Operator: "mira", Cores: 6}))
	node := func(id string, slots []mesh.Slot, models []mesh.Model) {
		add(mesh.KindNodeAdmitted, mesh.Encode(&mesh.NodeAdmitted{Node: id, Key: "U" + id, Label: id, Class: privacy.PairedPeersOnly, Slots: slots}))
		add(mesh.KindNodeDescribed, mesh.Encode(&mesh.NodeDescribed{Node: id, Slots: slots, Models: models, MaxJobSecs: 3600}))
		add(mesh.KindNodeStatus, mesh.Encode(&mesh.NodeStatusChanged{Node: id, Status: mesh.Online}))
	}
	node("alice-gpu", []mesh.Slot{{Kind: "text", Max: 2}}, []mesh.Model{{Name: "llama3.2:3b", Backend: "ollama", Size: 2e9, Loaded: true, Fits: true}})
	node("bob-cpu", []mesh.Slot{{Kind: "cpu", Max: 8}}, nil)
	return st
}

type host struct {
	blobs   map[string]string
	asked   []mesh.JobRequest
	intents []mesh.Intent
	flows   []mesh.FlowRequest
	fail    error
}

func (h *host) PutBlob(r io.Reader, _ int64) (string, int64, error) {
	b, err := io.ReadAll(r)
	name := strings.Repeat(string(rune('0'+len(h.blobs))), 64)
	h.blobs[name] = string(b)
	return name, int64(len(b)), err
}

func (h *host) Submit(_ context.Context, _ string, r mesh.JobRequest) (mesh.Ticket, error) {
	h.asked = append(h.asked, r)
	return mesh.Ticket{JobID: "j-0001", RunID: "r-0001"}, h.fail
}

func (h *host) SubmitIntent(_ context.Context, _ string, in mesh.Intent) (mesh.ItemView, error) {
	h.intents = append(h.intents, in)
	return mesh.ItemView{ItemID: "h-0001", Priority: "normal", Confidence: 0.5}, h.fail
}

func (h *host) RunWorkflow(_ context.Context, _ string, r mesh.FlowRequest) (mesh.Ticket, error) {
	h.flows = append(h.flows, r)
	return mesh.Ticket{RunID: "r-0001"}, h.fail
}

type play struct {
	t *testing.T
	s *pane.Session
	h *host
	l *Layer
	// last is what the layer asked the root for last.
	last pane.Action
}

func begin(t *testing.T, files Files, to pane.Ref, prompt string) *play {
	st := state()
	s := &pane.Session{
		Theme: theme.New(true, false), Now: func() time.Time { return now }, Actor: "cli:mira",
		World: pane.World{State: st, Spend: st.Window(now)},
	}
	h := &host{blobs: map[string]string{}}
	p := &play{t: t, s: s, h: h, l: New(t.Context(), s, h, files, to, prompt)}
	t.Cleanup(p.l.Closed)
	return p
}

func (p *play) give(m tea.Msg) {
	act, cmd := p.l.Update(m)
	p.last = act
	if cmd != nil {
		p.give(cmd())
	}
}

func (p *play) do(ids ...keys.ID) *play {
	for _, id := range ids {
		p.give(pane.Do{ID: id})
	}
	return p
}

func (p *play) typed(s string) *play {
	for _, r := range s {
		p.give(tea.KeyPressMsg{Code: r, Text: string(r)})
	}
	return p
}

func (p *play) screen(w, h int) string {
	b := cell.New(w, h)
	p.l.Draw(b, layout.Screen(w, h, layout.Parts{Scrubber: true}))
	var out strings.Builder
	for y := range h {
		for x := range w {
			out.WriteString(b.At(x, y).S)
		}
		out.WriteByte('\n')
	}
	return out.String()
}

func (p *play) sees(want ...string) {
	p.t.Helper()
	for _, size := range [][2]int{{80, 24}, {120, 40}, {200, 60}} {
		got := p.screen(size[0], size[1])
		for _, w := range want {
			if !strings.Contains(got, w) {
				p.t.Errorf("%q is not on the screen of %v:\n%s", w, size, got)
			}
		}
	}
}

func TestPrompt(t *testing.T) {
	p := begin(t, nil, pane.Ref{Kind: pane.Model, ID: "llama3.2:3b"}, "")
	p.typed("why is it's sky blue")
	p.sees("[prompt]", "llama3.2:3b", "Could run on 1 of 3", "alice-gpu", `$ voxmesh run text --model llama3.2:3b 'why is it'\''s sky blue'`)
	p.do(keys.Open)
	if len(p.h.asked) != 1 || p.h.blobs[p.h.asked[0].Prompt] != "why is it's sky blue" || p.h.asked[0].Model != "llama3.2:3b" {
		t.Fatalf("sent %+v with %v", p.h.asked, p.h.blobs)
	}
	all, ok := p.last.(pane.Several)
	if !ok || all[0] != (pane.Close{}) || all[1] != (pane.Tell{Pane: keys.Pane2, Msg: pane.Reveal{Ref: pane.Ref{Kind: pane.Run, ID: "r-0001"}}}) || p.s.Job != "j-0001" {
		t.Errorf("it ended with %v", p.last)
	}
}

func TestModuleFromAFile(t *testing.T) {
	var opened string
	p := begin(t, func(_ context.Context, path string) (io.ReadCloser, error) {
		opened = path
		return io.NopCloser(strings.NewReader("\x00asm")), nil
	}, pane.Ref{Kind: pane.Node, ID: "bob-cpu"}, "")
	p.do(keys.Previous, keys.Right, keys.Right) // from the prompt to the kind of work, and on to a module
	p.do(keys.Next).typed("/tmp/hash.wasm")
	p.do(keys.Next).typed("-n 3")
	p.sees("[wasm file]", "bob-cpu", "$ voxmesh run wasm --on bob-cpu /tmp/hash.wasm -- -n 3")
	p.do(keys.Open)
	if len(p.h.asked) != 1 {
		t.Fatalf("nothing was sent:\n%s", p.screen(80, 24))
	}
	r := p.h.asked[0]
	if opened != "/tmp/hash.wasm" || p.h.blobs[r.Module] != "\x00asm" || r.On != "bob-cpu" || strings.Join(r.Args, " ") != "-n 3" || r.Title != "hash.wasm" {
		t.Errorf("sent %+v", r)
	}
}

// Where nobody can take it the layer says so and asks once more; then it sends, and the job waits.
func TestNobodyCan(t *testing.T) {
	p := begin(t, nil, pane.Ref{Kind: pane.Model, ID: "llama3.1:70b"}, "hello")
	p.sees("Nobody could run it as things are", "does not have llama3.1:70b")
	p.do(keys.Open)
	p.sees("enter again sends it")
	if len(p.h.asked) != 0 {
		t.Fatal("it was sent without asking")
	}
	p.do(keys.Open)
	if len(p.h.asked) != 1 {
		t.Error("it was not sent the second time")
	}
}

func TestWhyNot(t *testing.T) {
	p := begin(t, nil, pane.Ref{}, "")
	p.do(keys.Open)
	p.sees("Intent is empty.")
	p.do(keys.Previous, keys.Right, keys.Right, keys.Right, keys.Next).typed("a.wasm").do(keys.Open)
	p.sees("No file can be had from this terminal.")
	p = begin(t, nil, pane.Ref{Kind: pane.Model, ID: "llama3.2:3b"}, "hi")
	p.h.fail = errors.New("the log is full")
	p.do(keys.Open)
	p.sees("Not sent: the log is full.")
	p.s.World.Past = now.Add(-time.Minute)
	p.do(keys.Open)
	if len(p.h.asked) != 1 {
		t.Error("it was sent from the past")
	}
}

// What is typed and pasted is a line of text whatever it is, and nothing is sent twice.
func TestHostilePaste(t *testing.T) {
	p := begin(t, nil, pane.Ref{}, "")
	p.give(tea.PasteMsg{Content: "one\n\x1b[2Jtwo" + strings.Repeat("x", 100_000)})
	if v := p.l.text.Value(); strings.ContainsAny(v, "\x1b\n") || len([]rune(v)) > maxText {
		t.Errorf("%d characters, %.40q", len([]rune(v)), v)
	}
	p.l.sending = 7
	p.do(keys.Open)
	if len(p.h.asked) != 0 {
		t.Error("it was sent while it was on its way")
	}
}

func TestIntent(t *testing.T) {
	p := begin(t, nil, pane.Ref{}, "")
	p.sees("[intent]", "Say what you want done")
	p.typed("summarise the build log")
	p.sees("Classified ", "confidence 0.", "$ voxmesh hopper submit 'summarise the build log'")
	p.do(keys.Open)
	if len(p.h.intents) != 1 || p.h.intents[0].Text != "summarise the build log" || p.h.intents[0].Class != privacy.PairedPeersOnly {
		t.Fatalf("sent %+v", p.h.intents)
	}
	all, ok := p.last.(pane.Several)
	if !ok || all[1] != (pane.Tell{Pane: keys.Pane3, Msg: pane.Reveal{Ref: pane.Ref{Kind: pane.Item, ID: "h-0001"}}}) || p.s.Item != "h-0001" {
		t.Errorf("it ended with %v", p.last)
	}
}

const nightly = `workflow nightly {
  activities: [
    { name: split, runner: wasm, module: "split.wasm" },
    { name: render, runner: wasm, module: "split.wasm", each: "${split.parts}", args: ["${item}"] },
  ]
}
`

func TestWorkflowFromAFile(t *testing.T) {
	opened := map[string]int{}
	files := func(_ context.Context, path string) (io.ReadCloser, error) {
		opened[path]++
		if strings.HasSuffix(path, ".wasm") {
			return io.NopCloser(strings.NewReader("\x00asm")), nil
		}
		return io.NopCloser(strings.NewReader(nightly)), nil
	}
	p := begin(t, files, pane.Ref{Kind: pane.Node, ID: "bob-cpu"}, "workflow /home/ann/flows/nightly.vox")
	p.sees("[workflow]", "The file is read first", "$ voxmesh workflow run --on bob-cpu /home/ann/flows/nightly.vox")
	p.do(keys.Open)
	p.sees("nightly: 2 activities", "split", "render")
	if len(p.h.flows) != 0 {
		t.Fatal("it was started before anybody saw what it would do")
	}
	p.do(keys.Open)
	if len(p.h.flows) != 1 || p.h.flows[0].On != "bob-cpu" || p.h.flows[0].Definition.Name != "nightly" {
		t.Fatalf("started %+v", p.h.flows)
	}
	if opened["/home/ann/flows/nightly.vox"] != 1 || opened["/home/ann/flows/split.wasm"] != 1 {
		t.Errorf("opened %v: the file is read once, and a module once", opened)
	}
}

func TestWorkflowThatIsWrong(t *testing.T) {
	for text, want := range map[string]string{
		strings.ReplaceAll(nightly, "runner: wasm", "runner: wsm"):    "nightly.vox:3:",
		strings.ReplaceAll(nightly, "split.wasm", "../../etc/passwd"): "nightly.vox:3:",
		nightly + strings.ReplaceAll(nightly, "nightly", "other"):     "the file has 2 workflows",
		"\x00\xff{{{": "nightly.vox:1:",
	} {
		p := begin(t, func(_ context.Context, path string) (io.ReadCloser, error) {
			if path != "nightly.vox" {
				t.Errorf("%s was opened", path)
			}
			return io.NopCloser(strings.NewReader(text)), nil
		}, pane.Ref{}, "workflow nightly.vox")
		p.do(keys.Open)
		p.sees(want)
		p.do(keys.Open, keys.Open)
		if len(p.h.flows) != 0 {
			t.Errorf("%q was started", text)
		}
	}
}

// What each class means is whole at 80 columns: who may see it is no sentence to cut.
func TestWhatAClassMeansIsWhole(t *testing.T) {
	p := begin(t, nil, pane.Ref{}, "hello")
	for _, c := range []privacy.Class{privacy.LocalOnly, privacy.PairedPeersOnly, privacy.PublicMesh} {
		p.l.class = c
		p.sees(c.Tip())
	}
}
