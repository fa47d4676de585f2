package palette

import (
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	"voxmesh/mesh"
	"voxmesh/mesh/privacy"
	"voxmesh/tui/keys"
	"voxmesh/tui/pane"
)

func ref(k pane.Kind, id string) pane.Ref { return pane.Ref{Kind: k, ID: id} }

// closing is what choosing gives: the palette closes, then something is done.
func closing(a pane.Action) pane.Action { return pane.Several{pane.Close{}, a} }

func TestChoosing(t *testing.T) {
	for _, tc := range []struct {
		typed string
		want  pane.Action
	}{
		{"drain al", closing(pane.Act{Verb: keys.Drain, On: ref(pane.Node, "alice-gpu")})},
		{"kill alice", closing(pane.Act{Verb: keys.Kill, On: ref(pane.Node, "alice-gpu")})},
		{"kill 81f2", closing(pane.Act{Verb: keys.Kill, On: ref(pane.Run, "r-81f2")})},
		{"kill j-81f2", closing(pane.Act{Verb: keys.Kill, On: ref(pane.Job, "j-81f2")})},
		{"replay alert", closing(pane.Act{Verb: keys.Replay, On: ref(pane.Run, "r-18ff")})},
		{"cap mesh", closing(pane.Act{Verb: keys.Cap, On: ref(pane.Mesh, "")})},
		{"cap atlas", closing(pane.Act{Verb: keys.Cap, On: ref(pane.Node, "atlas-nas")})},
		{"send file pub", closing(pane.Act{Verb: keys.Send, On: ref(pane.Node, "pub-3f9a")})},
		{"send llama", closing(pane.Act{Verb: keys.Send, On: ref(pane.Model, "llama3.2:3b")})},
		{"send a prompt", closing(pane.Act{Verb: keys.Send})},
		{"add", closing(pane.Act{Verb: keys.Add})},
		{"join", closing(pane.Act{Verb: keys.Join})},
		{"go to runs", closing(pane.Turn{Pane: keys.Pane2})},
		{"help", closing(pane.Press{ID: keys.Help})},
		{"go to a time", closing(pane.Press{ID: keys.TypeTime})},
		{"@ali", closing(pane.Visit{Ref: ref(pane.Node, "alice-gpu")})},
		{"alice", closing(pane.Visit{Ref: ref(pane.Node, "alice-gpu")})},
		{"#film", closing(pane.Visit{Ref: ref(pane.Run, "r-81f2")})},
		{"#j-81f7", closing(pane.Visit{Ref: ref(pane.Job, "j-81f7")})},
		{"llama", closing(pane.Visit{Ref: ref(pane.Model, "llama3.2:3b")})},
		{">alice", closing(pane.Act{Verb: keys.Pause, On: ref(pane.Node, "alice-gpu")})},
		{"submit: build the docs", closing(pane.Act{Verb: keys.Send, Text: "build the docs"})},
		{"SUBMIT:  x", closing(pane.Act{Verb: keys.Send, Text: "x"})},
		{"file: ./job.wasm ali", closing(pane.Act{Verb: keys.Send, On: ref(pane.Node, "alice-gpu"), Text: "./job.wasm"})},
	} {
		s := show(t, aurelia().st, 80, 24, pane.Ref{}, nil).typed(tc.typed).do(keys.Open)
		if got := s.last(); !reflect.DeepEqual(got, tc.want) {
			t.Errorf("%q gives %#v, want %#v\n%s", tc.typed, got, tc.want, s.drawn())
		}
	}
}

// What can't be done says why, and the palette stays.
func TestRefusals(t *testing.T) {
	for _, tc := range []struct {
		typed string
		as    func(*pane.Session)
		want  string
	}{
		{"drain atlas", nil, "D drain: atlas-nas is offline since 09:58"},
		{"kill r-18ff", nil, "K kill: r-18ff has ended already: succeeded"},
		{"revoke aurelia", nil, "X revoke: aurelia is this machine"},
		{"undo", nil, "U undo: nothing of yours can be taken back"},
		{"drain alice", func(s *pane.Session) { s.Viewer = true }, "D drain: you are here to view only"},
		{"add a node", func(s *pane.Session) { s.Viewer = true }, "A add node: you are here to view only"},
		{"kill alice", func(s *pane.Session) { s.World.Lost = now }, "K kill: the host is lost; r tries again"},
		{"pause alice", func(s *pane.Session) { s.World.Past = now }, "P pause: you are looking at the past: press . for live"},
		{"submit: x", func(s *pane.Session) { s.World.Past = now }, "S send: you are looking at the past: press . for live"},
	} {
		s := show(t, aurelia().st, 80, 24, pane.Ref{}, nil)
		if tc.as != nil {
			tc.as(s.s)
			s.send(pane.Changed{}).run()
		}
		s.typed(tc.typed).do(keys.Open)
		if got := s.last(); got != (pane.Notice{Text: tc.want}) {
			t.Errorf("%q gives %#v, want %q", tc.typed, got, tc.want)
		}
		if !strings.Contains(s.drawn(), "not now: ") || !strings.Contains(s.drawn(), "Not now: ") {
			t.Errorf("%q does not say so:\n%s", tc.typed, s.drawn())
		}
	}
	// Looking goes on in the past.
	s := show(t, aurelia().st, 80, 24, pane.Ref{}, nil)
	s.s.World.Past = now
	s.send(pane.Changed{}).typed("@alice").do(keys.Open)
	if want := closing(pane.Visit{Ref: ref(pane.Node, "alice-gpu")}); !reflect.DeepEqual(s.last(), want) {
		t.Errorf("in the past a node gives %#v", s.last())
	}
}

func TestKeys(t *testing.T) {
	s := show(t, aurelia().st, 80, 24, pane.Ref{}, nil).typed("drai")
	s.do(keys.Next)
	if got := s.l.in.Value(); got != "drain aurelia" && got != "drain alice-gpu" {
		t.Errorf("tab completes to %q", got)
	}
	s.do(keys.Clear).typed("@ali").do(keys.Next)
	if got := s.l.in.Value(); got != "@alice-gpu" {
		t.Errorf("behind a prefix tab completes to %q", got)
	}
	s.do(keys.CopyCommand)
	if got := s.last(); got != (pane.Clip{Text: "voxmesh nodes alice-gpu", Said: "copied the command"}) {
		t.Errorf("ctrl+y gives %#v", got)
	}
	s.do(keys.Clear).typed("help").do(keys.CopyCommand)
	if got := s.last(); got != (pane.Notice{Text: "no command does the same"}) {
		t.Errorf("ctrl+y where there is none gives %#v", got)
	}
	s.do(keys.Clear).typed("submit: it's done").do(keys.CopyCommand)
	if got := s.last(); got != (pane.Clip{Text: `voxmesh hopper submit 'it'\''s done'`, Said: "copied the command"}) {
		t.Errorf("ctrl+y on an intent gives %#v", got)
	}
	s.do(keys.Clear).typed("drain al").do(keys.Down, keys.Down, keys.Down, keys.Open)
	if want := closing(pane.Visit{Ref: ref(pane.Run, "r-18ff")}); !reflect.DeepEqual(s.last(), want) {
		t.Errorf("three rows down is %#v", s.last())
	}
	s.send(tea.PasteMsg{Content: "\x1b[31mx\n"})
	if got := s.l.in.Value(); strings.ContainsAny(got, "\x1b\n") {
		t.Errorf("a paste gives %q", got)
	}
	for _, id := range []keys.ID{keys.Back, keys.Palette} {
		if s.do(id); s.last() != (pane.Close{}) {
			t.Errorf("%s gives %#v", id, s.last())
		}
	}
	seen := map[string]keys.ID{}
	for _, b := range s.l.Keys() {
		for _, k := range b.Keys() {
			if other, ok := seen[k]; ok {
				t.Errorf("%s does %s and %s", k, other, b.ID)
			}
			seen[k] = b.ID
		}
	}
}

// Before anything is typed the recent stands first, then what fits the selection, then all else, each once.
func TestBeginning(t *testing.T) {
	var recent Recent
	s := show(t, aurelia().st, 80, 24, pane.Ref{}, &recent)
	s.typed("drain alice").do(keys.Open).do(keys.Clear).typed("#film").do(keys.Open)
	s.do(keys.Clear).typed("submit: once").do(keys.Open)
	recent.Visited(s.s, ref(pane.Node, "pub-3f9a"))
	recent.Visited(s.s, ref(pane.Node, "gone"))
	s = show(t, aurelia().st, 80, 24, pane.Ref{}, &recent)
	s.s.Node = "atlas-nas"
	s.do(keys.Clear)
	got := s.whats()
	want := []string{
		"pub-3f9a", "r-81f2 render the film", "drain alice-gpu", "pause atlas-nas", "revoke atlas-nas", "cap atlas-nas",
		"send FILE to atlas-nas", "send a workflow to atlas-nas", "atlas-nas", "drain atlas-nas", "kill atlas-nas", "replay atlas-nas", "add a node",
	}
	if len(got) < len(want) || !slices.Equal(got[:len(want)], want) {
		t.Errorf("first stand\n%q, want\n%q", got[:min(len(got), len(want))], want)
	}
	seen := map[string]bool{}
	for i := range s.l.rows {
		k := s.l.rows[i].key()
		if seen[k] {
			t.Errorf("%q stands there twice", s.l.rows[i].text)
		}
		seen[k] = true
	}
}

// Opened on a thing, that stands first.
func TestOpenedOn(t *testing.T) {
	l := aurelia()
	l.add(now, mesh.KindInviteMinted, mesh.Encode(&mesh.InviteMinted{PeerID: "9f8e7d6c5b4a3921", SecretHash: make([]byte, 32), Label: "friend", ExpiresAt: now.Add(time.Minute).UnixMicro()}))
	for _, tc := range []struct {
		on   pane.Ref
		want []string
	}{
		{ref(pane.Run, "r-81f2"), []string{"kill r-81f2 render the film", "replay r-81f2 render the film", "r-81f2 render the film"}},
		{ref(pane.Span, "r-18ff/00aa"), []string{"replay r-18ff drain alert queue", "r-18ff drain alert queue", "kill r-18ff drain alert queue"}},
		{ref(pane.Invite, "9f8e7d6c5b4a3921"), []string{"revoke invite 9f8e7d6c5b4a3921 friend", "9f8e7d6c5b4a3921 friend"}},
		{ref(pane.Model, "llama3.2:3b"), []string{"send a prompt to llama3.2:3b", "llama3.2:3b"}},
		{ref(pane.Entry, "a-0007"), []string{"a-0007"}},
		{ref(pane.Mesh, ""), []string{"cap the mesh"}},
		{ref(pane.Node, "nobody"), []string{"add a node"}},
	} {
		s := show(t, l.st, 80, 24, tc.on, nil)
		if got := s.whats(); !slices.Equal(got[:len(tc.want)], tc.want) {
			t.Errorf("on %v stand %q, want %q", tc.on, got[:len(tc.want)], tc.want)
		}
	}
}

// The world changes while the palette is open: rows tell of the world that is shown, and the cursor stays on its thing.
func TestWorldChanges(t *testing.T) {
	l := aurelia()
	s := show(t, l.st, 80, 24, pane.Ref{}, nil).typed("pause").do(keys.Down, keys.Down)
	before, _ := s.l.current()
	if before.text != "pause aurelia" {
		t.Fatalf("the cursor is on %q of %q", before.text, s.whats())
	}
	l.later().add(now, mesh.KindNodeMode, mesh.Encode(&mesh.NodeModeChanged{Node: "alice-gpu", Mode: mesh.Paused, AuditID: "a-0001"}))
	l.node("aardvark", privacy.PairedPeersOnly)
	s.s.World.State = l.st
	s.send(pane.Second{}).run()
	if after, _ := s.l.current(); after.key() != before.key() {
		t.Errorf("the cursor went from %q to %q", before.text, after.text)
	}
	got := s.whats()
	if got[0] != "pause aardvark" || slices.Contains(got, "pause alice-gpu") {
		t.Errorf("the rows are %q", got)
	}
	// Something goes: until the entries are made anew its row says so.
	s.do(keys.Clear).typed("@pub")
	l.later().add(now, mesh.KindNodeGone, mesh.Encode(&mesh.NodeGone{Node: "pub-3f9a"}))
	s.s.World.State = l.st
	s.send(pane.Changed{}).do(keys.Open)
	if got := s.last(); got != (pane.Notice{Text: "pub-3f9a is not here any more"}) {
		t.Errorf("going to what is gone gives %#v", got)
	}
	s.send(pane.Second{}).run()
	if got := s.whats(); len(got) != 0 {
		t.Errorf("after a second there is still %q", got)
	}
}

// While a search runs only the newest of what was typed counts, and enter waits for its answer.
func TestOnlyTheNewestCounts(t *testing.T) {
	st := crowd(20, 1500).st
	s := show(t, st, 80, 24, pane.Ref{}, nil)
	if n := len(s.l.index.entries); n <= atOnce {
		t.Fatalf("%d entries are searched at once", n)
	}
	s.typed("tile 7")
	if len(s.cmds) != 1 {
		t.Fatalf("%d searches run", len(s.cmds))
	}
	s.typed("77").do(keys.Open)
	if len(s.cmds) != 1 || len(s.did) != 0 {
		t.Fatalf("%d searches run, %v was done", len(s.cmds), s.did)
	}
	s.give(s.cmds[0]) // answers "t": dropped, and the newest is searched for
	s.cmds = s.cmds[1:]
	if len(s.cmds) != 1 || len(s.did) != 0 || s.l.shown != "" {
		t.Fatalf("%d searches run, %v was done, shown is %q", len(s.cmds), s.did, s.l.shown)
	}
	s.run()
	if want := closing(pane.Visit{Ref: ref(pane.Run, "r-00777")}); len(s.did) != 1 || !reflect.DeepEqual(s.last(), want) {
		t.Errorf("%v was done, want %v", s.did, want)
	}
	// An answer of the entries before is dropped too.
	s.do(keys.Clear).typed("x")
	stale := s.cmds[0]
	s.cmds = nil
	s.l.have(s.l.index)
	shown := s.whats()
	s.give(stale)
	if !slices.Equal(shown, s.whats()) {
		t.Errorf("a stale answer changed the rows")
	}
}

// Closing ends what runs.
func TestClosed(t *testing.T) {
	s := show(t, crowd(20, 1500).st, 80, 24, pane.Ref{}, nil).typed("t")
	s.l.Closed()
	m, ok := s.cmds[0]().(matched)
	if !ok || m.err == nil {
		t.Errorf("a search goes on after the palette closed: %v", m)
	}
}

func TestMouse(t *testing.T) {
	s := show(t, aurelia().st, 80, 24, pane.Ref{}, nil).typed("drain al")
	s.drawn()
	s.send(pane.Click{X: 20, Y: 8})
	if e, _ := s.l.current(); e.on != ref(pane.Run, "r-18ff") || len(s.did) != 0 {
		t.Errorf("a click selects %q and does %v", e.text, s.did)
	}
	s.send(pane.Click{X: 20, Y: 8, Double: true})
	if want := closing(pane.Visit{Ref: ref(pane.Run, "r-18ff")}); !reflect.DeepEqual(s.last(), want) {
		t.Errorf("a double click gives %#v", s.last())
	}
	s.send(pane.Click{X: 18, Y: 17})
	if got := s.l.in.Value(); got != "@drain al" {
		t.Errorf("a click on the border types %q", got)
	}
	s.do(keys.Clear)
	s.drawn()
	at := s.l.list.At()
	s.send(pane.Wheel{X: 20, Y: 8, Down: true}, pane.Wheel{X: 1, Y: 1, Down: true})
	if from, _ := s.l.list.Window(8); from != 3 || s.l.list.At() != at {
		t.Errorf("the wheel scrolls to %d and moves the cursor to %d", from, s.l.list.At())
	}
}
