package modelspane

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	"voxmesh/mesh"
	"voxmesh/mesh/privacy"
	"voxmesh/tui/keys"
	"voxmesh/tui/pane"
	"voxmesh/tui/theme"
)

func TestDrawing(t *testing.T) {
	rows := play(t, aurelia().st, 80, 24).to("llama3.1:70b", "alice-gpu").rows()
	for y, want := range []string{
		1:  "╭[By model] By node ────────────────────────────── 4 models, for a PAIRED job ─╮",
		2:  "│  MODEL▴              CLASS     SIZE  QUANT   BACKEND COULD RUN          AGE  │",
		3:  "│  llama3.1:70b               37.5 GB  Q4_K_M          0 of 2                  │",
		4:  "│▸   alice-gpu         PAIRED 37.5 GB  Q4_K_M  ollama  no: too large           │",
		5:  "│    pub-3f9a          PUBLIC 37.5 GB  Q4_K_M  vllm    no: over budget         │",
		6:  "│  llama3.2:3b                 2.0 GB  Q4_K_M          2 of 3                  │",
		7:  "│    alice-gpu         PAIRED  2.0 GB  Q4_K_M  ollama  loaded                  │",
		8:  "│    bob-cpu           PAIRED  2.0 GB  Q4_K_M  ollama  fits              23 s  │",
		9:  "│    lex-2             PAIRED  2.0 GB  Q4_K_M  ollama  no: paused              │",
		10: "│  nomic-embed-text +2         274 MB  F16             2 of 2                  │",
		11: "│  qwen2.5-coder:7b +1         4.7 GB  Q4_K_M          1 of 1                  │",
		12: "│                                                                              │",
		14: "╰──────────────────────────────────────────────────────────────────────────────╯",
		15: "╭ llama3.1:70b on alice-gpu PAIRED ──────────────────────────── no: too large ─╮",
		16: "│ more than the memory that is free there, it says: 37.5 GB, Q4_K_M, llama     │",
		17: "│ Who could: nobody. pub-3f9a PUBLIC: waiting for budget: $0.00 of $0.00 used… │",
		18: "│ S sends anyway: it waits until a node can; e explains each node              │",
		19: "│ $ voxmesh models --json                                                      │",
		20: "╰──────────────────────────────────────────────────────────────────────────────╯",
	} {
		if want != "" && rows[y] != want {
			t.Errorf("row %d is\n%s, want\n%s", y, rows[y], want)
		}
	}
	for _, size := range [][2]int{{120, 40}, {200, 60}} {
		x := play(t, aurelia().st, size[0], size[1])
		x.has("COULD RUN          AGE  CONTEXT  FAMILY     DIGEST", "loaded                    128 k  llama      a80c4f17")
		x.to("llama3.2:3b", "").has("2.0 GB, Q4_K_M, llama, context 128 k; on 3 nodes, loaded on 1", "Who could: alice-gpu PAIRED, bob-cpu PAIRED", "S sends a prompt", "╭ llama3.2:3b ─", " 2 of 3 could run ─╮")
	}
	small := play(t, aurelia().st, 60, 16).has("COULD RUN", "2 of 3", "no: paused").lacks("$ voxmesh", "BACKEND")
	small.to("llama3.2:3b", "bob-cpu").do(keys.Next).has("[llama3.2:3b on bob-cpu PAIRED]", "it said 23 s ago", "$ voxmesh models").lacks("COULD")
}

func TestByNode(t *testing.T) {
	x := play(t, aurelia().st, 80, 24).to("llama3.2:3b", "bob-cpu").do(keys.View)
	x.has(" By model [By node]", "6 nodes", "  NODE▴", "▸   llama3.2:3b       PAIRED  2.0 GB  Q4_K_M  ollama  fits              23 s")
	if x.s.Model != "llama3.2:3b" {
		t.Errorf("it is on %s", x.s.Model)
	}
	x.do(keys.Home).has("▸ alice-gpu           PAIRED 44.5 GB                  3 of 4   ")
	x.p.list.Select(nodeID("atlas-nas"))
	x.has("▸ atlas-nas           PAIRED                          no model server … 14 m", "╭ atlas-nas PAIRED ─", "─ no models ─╮", "no model server answers on 127.0.0.1:11434; it is asked again", "$ voxmesh nodes atlas-nas")
	if ref := x.p.Selected(); ref != (pane.Ref{Kind: pane.Node, ID: "atlas-nas"}) {
		t.Errorf("selected is %v", ref)
	}
	if x.do(keys.Open); x.last() != (pane.Visit{Ref: pane.Ref{Kind: pane.Node, ID: "atlas-nas"}}) {
		t.Errorf("enter gives %v", x.last())
	}
	x.do(keys.View).has("[By model]")
}

func TestNamed(t *testing.T) {
	x := play(t, aurelia().st, 80, 24).do(keys.Named)
	x.has("3 of 4 could run, for", "nomic-embed-text   ", "    bob-cpu           PAIRED  274 MB").lacks("llama3.1:70b", "no: paused", "+2")
	x.do(keys.Named).has("1 of 4 loaded").lacks("qwen")
	// That qwen would fit on bob-cpu nobody knows: what he has is smaller. nomic is smaller than what lex-2 has, but that is
	// paused; on pub-3f9a nothing is in the way of the 70b but the budget, so nothing is said of it.
	x.do(keys.Named).has("Nothing is known to fit where it is absent.", "0 of 4 fits, absent")
	l := aurelia().mode("lex-2", mesh.Active)
	x.world(l.st).has("1 of 4 fits, absent", "    lex-2             PAIRED  274 MB                  absent, would fit").lacks("qwen")
	x.to("nomic-embed-text", "lex-2").has("not there, but no larger than llama3.2:3b, which fits: 274 MB")
	x.do(keys.Back).has("4 models")
	if x.do(keys.Named, keys.Named, keys.Named, keys.Named); x.p.kept != every {
		t.Error("f does not come round")
	}
	play(t, newSample().node("a", privacy.PairedPeersOnly, "", large).st, 80, 24).do(keys.Named).has("No node could run a model")
}

func TestFilter(t *testing.T) {
	x := play(t, aurelia().st, 80, 24).do(keys.Filter)
	if !x.p.Typing() {
		t.Fatal("the filter is not typed")
	}
	x.typed("node:bob").has("2 of 4", "llama3.2:3b", "nomic-embed-text   ").lacks("alice-gpu  ", "llama3.1")
	x.do(keys.Open).has("2 of 4 /node:bob")
	x.do(keys.Back).has("4 models, for")
	x.send(pane.Narrow{Filter: "class:public"}).has("1 of 4 /class:public", "pub-3f9a").lacks("bob-cpu  ")
	x.do(keys.Filter).send(tea.PasteMsg{Content: " nope\x1b[2J"}).has("Nothing matches /class:public nope")
	x.do(keys.Back).has("pub-3f9a")
	x.send(pane.Narrow{Filter: "age:>20s"}).has("bob-cpu").lacks("lex-2  ")
	x.send(pane.Reveal{Ref: pane.Ref{Kind: pane.Model, ID: "qwen2.5-coder:7b"}}).has("4 models", "▸ qwen2.5-coder:7b")
}

func TestSort(t *testing.T) {
	x := play(t, aurelia().st, 80, 24).to("llama3.1:70b", "alice-gpu")
	x.view()
	x.do(keys.Sort).has("CLASS▴")
	if !strings.HasPrefix(x.rows()[9], "│  llama3.1:70b") {
		t.Errorf("the one that strangers see is not last:\n%s", x.view())
	}
	x.do(keys.Sort).has("SIZE▾", "▸   alice-gpu")
	x.do(keys.Order).has("SIZE▴")
	if first := x.p.list.IDs()[0]; first != modelID("nomic-embed-text") {
		t.Errorf("the smallest is first, not %q", first)
	}
	x.send(pane.Click{X: 56, Y: 2}).has("COULD RUN▴")
	ids := x.p.list.IDs()
	if i, j := slices.Index(ids, spotID("llama3.2:3b", "alice-gpu")), slices.Index(ids, spotID("llama3.2:3b", "lex-2")); i > j {
		t.Error("what is loaded stands after what cannot")
	}
	x.do(keys.Sort).has("AGE▾")
	if first := x.p.list.IDs()[1]; first != spotID("llama3.2:3b", "bob-cpu") {
		t.Errorf("the oldest is first, not %q", first)
	}
	if x.do(keys.Sort).has("MODEL▴"); x.p.list.IDs()[0] != modelID("llama3.1:70b") {
		t.Error("by name")
	}
	if got := x.p.model().ID; got != "llama3.1:70b" {
		t.Errorf("the cursor went to %s", got)
	}
}

// A branch that was opened or closed stays so, whatever happens in it.
func TestFold(t *testing.T) {
	x := play(t, aurelia().st, 80, 24).to("nomic-embed-text", "").do(keys.Right)
	x.has("▸ nomic-embed-text   ", "    bob-cpu           PAIRED  274 MB")
	x.do(keys.Down, keys.Left).has("▸ nomic-embed-text +2")
	x.to("llama3.2:3b", "lex-2").do(keys.Left).has("▸ llama3.2:3b +3")
	l := aurelia().mode("lex-2", mesh.Active).status("bob-cpu", mesh.Offline)
	x.world(l.st).has("llama3.2:3b +3", "nomic-embed-text +2").has("1 of 2")
	y := slices.IndexFunc(x.rows(), func(s string) bool { return strings.Contains(s, "+1") })
	x.send(pane.Click{X: 20, Y: y}).has("qwen2.5-coder:7b   ", "alice-gpu         PAIRED  4.7 GB")
	if x.do(keys.Open).has("qwen2.5-coder:7b +1"); x.last() != nil {
		t.Errorf("enter on a model gives %v", x.last())
	}
}

func TestActs(t *testing.T) {
	x := play(t, aurelia().st, 80, 24).to("llama3.2:3b", "bob-cpu")
	on := pane.Ref{Kind: pane.Model, ID: "llama3.2:3b"}
	for _, id := range []keys.ID{keys.Send, keys.Explain} {
		if x.do(id); x.last() != (pane.Act{Verb: id, On: on}) {
			t.Errorf("%s gives %v", id, x.last())
		}
	}
	if x.do(keys.Open); x.last() != (pane.Visit{Ref: pane.Ref{Kind: pane.Node, ID: "bob-cpu"}}) {
		t.Errorf("enter gives %v", x.last())
	}
	if x.do(keys.Copy); x.last() != (pane.Clip{Text: "llama3.2:3b", Said: "copied llama3.2:3b"}) {
		t.Errorf("y gives %v", x.last())
	}
	if x.p.Selected() != on || x.s.Model != on.ID {
		t.Errorf("selected is %v, of the console %s", x.p.Selected(), x.s.Model)
	}
	reason := func(id keys.ID) string {
		for _, b := range x.p.Keys() {
			if b.ID == id {
				return b.Reason()
			}
		}
		t.Fatalf("%s is not bound", id)
		return ""
	}
	if reason(keys.Send) != "" {
		t.Errorf("S: %s", reason(keys.Send))
	}
	x.s.Viewer = true
	if reason(keys.Send) != "you are here to view only" || reason(keys.Explain) != "" {
		t.Error("a viewer sends nothing, and may know why")
	}
	x.lacks("S sends")
	seen := map[string]keys.ID{}
	for _, b := range x.p.Keys() {
		for _, k := range b.Keys() {
			if seen[k] != "" {
				t.Errorf("%s is %s and %s", k, seen[k], b.ID)
			}
			seen[k] = b.ID
		}
	}
}

func TestMouse(t *testing.T) {
	x := play(t, aurelia().st, 80, 24)
	x.view()
	x.send(pane.Click{X: 10, Y: 8})
	if x.p.list.Selected() != spotID("llama3.2:3b", "bob-cpu") {
		t.Errorf("a click selects %q", x.p.list.Selected())
	}
	x.send(pane.Click{X: 10, Y: 8, Double: true})
	if _, ok := x.last().(pane.Visit); !ok {
		t.Errorf("a double click gives %v", x.last())
	}
	x.send(pane.Click{X: 14, Y: 1}).has("[By node]")
	x.send(pane.Click{X: 10, Y: 17}).has("╭[llama3.2:3b on bob-cpu PAIRED]")
}

func TestEmpty(t *testing.T) {
	l := newSample().node("alice-gpu", privacy.PairedPeersOnly, "no model server answers on 127.0.0.1:11434")
	x := play(t, l.st, 80, 24)
	x.has("No Ollama answers on alice-gpu PAIRED.", "[Copy the command]", "$ ollama serve", "    alice-gpu         PAIRED  no model server answers on 127", "no model yet")
	if x.do(keys.Open); x.last() != (pane.Clip{Text: "ollama serve", Said: "copied ollama serve"}) {
		t.Errorf("enter gives %v", x.last())
	}
	if n, ok := x.do(keys.Retry).last().(pane.Notice); !ok || !strings.Contains(n.Text, "every 15 s") {
		t.Errorf("r gives %v", x.last())
	}
	if x.do(keys.Right, keys.Open); x.last() != (pane.Demo{}) {
		t.Errorf("the demo gives %v", x.last())
	}
	l.node("bob-cpu", privacy.PairedPeersOnly, "no model server answers on 127.0.0.1:11434")
	x.world(l.st).has("No Ollama answers on 2 nodes.")
	play(t, newSample().node("a", privacy.PairedPeersOnly, "the model server has no models").st, 120, 40).has("No model yet.", "$ ollama pull", "the model server has no models")
	x.s.World.Past, x.s.World.Tel = now.Add(-time.Hour), nil
	x.send(pane.Changed{}).has("No node had a model at 09:12:26").lacks("[Copy")
	x.s.World.Past = time.Time{}
	x.world(aurelia().st).has("llama3.2:3b").lacks("No Ollama")
}

// What only the present knows is a dash in the past, and what is there is judged as it was.
func TestPast(t *testing.T) {
	then := aurelia().st
	x := play(t, aurelia().mode("lex-2", mesh.Active).st, 80, 24)
	x.has("2.0 GB  Q4_K_M          3 of 3")
	x.s.World = pane.World{State: then, Past: now.Add(-30 * time.Minute)}
	x.send(pane.Changed{}).has("2.0 GB  Q4_K_M          2 of 3")
	x.to("llama3.2:3b", "").do(keys.Right).has("bob-cpu           PAIRED  2.0 GB  Q4_K_M  ollama  fits                 –", "no: paused")
	for _, b := range x.p.Keys() {
		if b.ID == keys.Send && b.Reason() != "you are looking at the past: press . for live" {
			t.Errorf("S: %q", b.Reason())
		}
	}
}

func TestLostIsFaint(t *testing.T) {
	x := play(t, aurelia().st, 80, 24)
	x.s.World.Lost = now
	x.send(pane.Changed{}).has("llama3.2:3b").lacks("S sends")
	for _, y := range []int{6, 7, 16} {
		if st := x.b.At(5, y).Style; st.Attr&theme.Faint == 0 {
			t.Errorf("row %d of a lost host is not faint", y)
		}
	}
}

// A model that goes leaves the cursor in its place; one of a thousand places makes nobody wait.
func TestComesAndGoes(t *testing.T) {
	l := aurelia()
	x := play(t, l.st, 80, 24).to("qwen2.5-coder:7b", "")
	l.describe("alice-gpu", "", llama)
	x.world(l.st).lacks("qwen").has("▸ nomic-embed-text")
	x.s.World.State = aurelia().st
	if x.send(pane.Changed{}); x.p.shown.models != 3 {
		t.Error("a changing world reorders the list more than once a second")
	}
	x.now = now.Add(time.Second)
	x.send(pane.Changed{}).has("qwen")
}

func TestMany(t *testing.T) {
	l := newSample()
	for i := range 60 {
		var ms []mesh.Model
		for k := range 40 {
			ms = append(ms, with(llama, func(m *mesh.Model) { m.Name = fmt.Sprintf("m-%02d:7b", k) }))
		}
		l.node(fmt.Sprintf("n-%02d", i), privacy.PairedPeersOnly, "", ms...)
	}
	x := play(t, l.st, 80, 24)
	x.hold = true
	x.has("──").lacks("m-00")
	x.send(pane.Changed{})
	if len(x.cmds) != 1 {
		t.Fatalf("%d commands", len(x.cmds))
	}
	x.send(pane.Second{})
	if len(x.cmds) != 1 {
		t.Error("a second question while the first is on its way")
	}
	old := x.cmds[0]()
	x.do(keys.Filter).typed("7")
	if x.send(old); x.p.ready {
		t.Error("an old answer was taken")
	}
	x.send(x.cmds[1]()).has("40 of 40", "1–11 of 2440")
	x.has("n-03 PAIRED, …")
	x.do(keys.Open, keys.End).has("n-59")
}

// What a worker says of itself never drives the terminal and never moves a column.
func TestHostile(t *testing.T) {
	bad := "\x1b]52;c;AAAA\x07\x1b[2J\u202eevil\n界界界界界界界界界界界"
	l := aurelia().node("evil", privacy.Unknown, bad, mesh.Model{
		Name: bad, Tag: bad, Backend: bad, Family: bad, Digest: bad, Size: 1 << 62, Context: 1 << 62,
	}, mesh.Model{}).node("mute", privacy.PairedPeersOnly, bad)
	for _, size := range [][2]int{{60, 16}, {80, 24}, {120, 40}, {200, 60}} {
		for _, v := range []view{byModel, byNode} {
			x := play(t, l.st, size[0], size[1])
			x.send(x.p.turn(v))
			for range x.p.list.IDs() {
				x.do(keys.Right, keys.Down)
				x.view()
				for y := range x.b.H {
					for c := range x.b.W {
						if s := x.b.At(c, y).S; strings.ContainsAny(s, "\x1b\x07\n\u202e") {
							t.Fatalf("%q at %d,%d", s, c, y)
						}
					}
				}
			}
		}
	}
}
