package palette

import (
	"context"
	"fmt"
	"reflect"
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"

	"voxmesh/hopper"
	"voxmesh/mesh"
	"voxmesh/mesh/fault"
	"voxmesh/mesh/privacy"
	"voxmesh/tui/keys"
	"voxmesh/tui/pane"
)

// put adds an item to the hopper as it is.
func (l *ops) put(id, intent string, st hopper.State, class privacy.Class) *ops {
	t := at("10:02").UnixMicro()
	it := hopper.Item{
		ID: id, Intent: intent, Class: class, Rank: hopper.Rank{Value: hopper.Normal, Source: hopper.Orchestrator}, At: t, Since: t,
		Seq: uint64(len(l.st.Hopper().Items()) + 1), Order: t, State: st,
	}
	switch st {
	case hopper.Assigned, hopper.Started:
		it.Node = "alice-gpu"
	case hopper.Closed:
		it.Outcome = hopper.Done
	}
	l.later().st.Hopper().Put(it)
	return l
}

func fullHopper() *ops {
	l := empty().node("lex-2", privacy.PairedPeersOnly)
	l.put("h-77d0", "drain old alarms", hopper.Inbox, privacy.LocalOnly).put("h-77d1", "summarise \x1b[31m日本語\u202e", hopper.Inbox, privacy.PublicMesh)
	l.put("h-77d2", "render the film", hopper.Started, privacy.PairedPeersOnly).put("h-77d3", "lint the policy", hopper.Closed, privacy.PairedPeersOnly)
	l.put("h-77d4", "one", hopper.Inbox, privacy.PairedPeersOnly).put("h-77d5", "two", hopper.Inbox, privacy.PublicMesh)
	l.later().st.Hopper().Group("b-0001", []string{"h-77d4", "h-77d5"}, "mira", "a-1", 1)
	return l
}

// door notes what is handed in.
type door struct {
	asked []string
	err   error
}

func (d *door) SubmitIntent(ctx context.Context, actor string, in mesh.Intent) (mesh.ItemView, error) {
	d.asked = append(d.asked, actor+": "+in.Text)
	if ctx.Err() != nil {
		return mesh.ItemView{}, ctx.Err()
	}
	return mesh.ItemView{ItemID: "h-7c1e", Priority: "urgent", ClassifiedPriority: "normal", Confidence: 0.86}, d.err
}

func TestItemsAreFound(t *testing.T) {
	for _, tc := range []struct {
		typed string
		want  pane.Action
	}{
		{"urgent: 77d0", closing(pane.Act{Verb: keys.Priority, On: ref(pane.Item, "h-77d0"), Text: "urgent"})},
		{"defer:film", closing(pane.Act{Verb: keys.Priority, On: ref(pane.Item, "h-77d2"), Text: "background"})},
		{"change the priority of h-77d0", closing(pane.Act{Verb: keys.Priority, On: ref(pane.Item, "h-77d0")})},
		{"kill h-77d0", closing(pane.Act{Verb: keys.Kill, On: ref(pane.Item, "h-77d0")})},
		{"kill b-0001", closing(pane.Act{Verb: keys.Kill, On: ref(pane.Item, "b-0001")})},
		{"h-77d3", closing(pane.Visit{Ref: ref(pane.Item, "h-77d3")})},
		{"old alarms", closing(pane.Visit{Ref: ref(pane.Item, "h-77d0")})},
		{"workflow lex", closing(pane.Act{Verb: keys.Send, On: ref(pane.Node, "lex-2"), Text: "workflow "})},
	} {
		s := show(t, fullHopper().st, 80, 24, pane.Ref{}, nil).typed(tc.typed).do(keys.Open)
		if got := s.last(); !reflect.DeepEqual(got, tc.want) {
			t.Errorf("%q gives %#v, want %#v\n%s", tc.typed, got, tc.want, s.drawn())
		}
	}
}

func TestItemRows(t *testing.T) {
	for typed, want := range map[string][]string{
		"h-77d0":       {"│▸ h-77d0  drain old alarms    LOCAL   inbox, waits: needs model", "$ voxmesh hopper show h-77d0"},
		"h-77d2":       {"h-77d2  render the film     PAIRED  runs on alice-gpu 10:26"},
		"h-77d3":       {"h-77d3  lint the policy     PAIRED  done 10:02"},
		"b-0001":       {"b-0001  batch of 2 items    PUBLIC  2 not over", "kill b-0001"},
		"urgent: 77d0": {"urgent h-77d0  drain old a… LOCAL   inbox, waits: needs model", "│ Makes it urgent by a DeveloperOverride; asks for id and reason.", "$ voxmesh hopper reprioritize h-77d0 urgent --confirm h-77d0"},
		"defer:77d2":   {"defer h-77d2", "$ voxmesh hopper reprioritize h-77d2 background --confirm h-77d2"},
		"urgent:lint":  {"Nothing has these letters"},
		"workflow lex": {"send a workflow to lex-2", "$ voxmesh workflow run FILE --on lex-2", "shows the order, the"},
	} {
		s := show(t, fullHopper().st, 80, 24, pane.Ref{}, nil).typed(typed)
		got := s.drawn()
		for _, w := range want {
			if !strings.Contains(got, w) {
				t.Errorf("%q lacks %q:\n%s", typed, w, got)
			}
		}
		if strings.ContainsAny(got, "\x1b\u202e") {
			t.Errorf("%q lets something through", typed)
		}
	}
	s := show(t, fullHopper().st, 80, 24, pane.Ref{}, nil).typed("urgent:")
	if got := s.whats(); len(got) != 5 {
		t.Errorf("behind urgent: stand %q", got)
	}
	s.typed("77d2").do(keys.Next)
	if got := s.l.in.Value(); got != "urgent:h-77d2" {
		t.Errorf("tab completes to %q", got)
	}
	s = show(t, fullHopper().st, 80, 24, pane.Ref{}, nil).typed("urgent:")
	s.s.World.Lost = now
	if s.send(pane.Changed{}).do(keys.Open); s.last() != (pane.Notice{Text: "! reprioritize: the host is lost; r tries again"}) {
		t.Errorf("without a host it gives %#v", s.last())
	}
	// On the selected item stands what can be done with it.
	s = show(t, fullHopper().st, 80, 24, ref(pane.Item, "h-77d0"), nil)
	if got := s.whats()[:3]; got[0] != "change the priority of h-77d0 drain old alarms" || got[1] != "kill h-77d0 drain old alarms" {
		t.Errorf("on an item stand %q", got)
	}
}

func withDoor(t *testing.T, d Door) *screen {
	s := show(t, fullHopper().st, 80, 24, pane.Ref{}, nil)
	s.l.door, s.s.Actor = d, "ssh:mira"
	return s
}

func TestSubmit(t *testing.T) {
	d := &door{}
	s := withDoor(t, d).typed("submit: fix the flaky test").do(keys.Open)
	if got := s.drawn(); !strings.Contains(got, "Handing it in") || !strings.Contains(got, "$ voxmesh hopper submit 'fix the flaky test'") {
		t.Errorf("while it is on its way it shows\n%s", got)
	}
	if s.do(keys.Open); len(s.cmds) != 1 || len(s.did) != 0 {
		t.Fatalf("a second enter hands it in again: %d, %v", len(s.cmds), s.did)
	}
	s.run()
	if len(d.asked) != 1 || d.asked[0] != "ssh:mira: fix the flaky test" {
		t.Errorf("handed in was %q", d.asked)
	}
	want := pane.Several{
		pane.Close{},
		pane.Tell{Pane: keys.Pane3, Msg: pane.Reveal{Ref: ref(pane.Item, "h-7c1e")}},
		pane.Notice{Text: "submitted h-7c1e   urgent, classified normal 0.86   3 shows it"},
	}
	if !reflect.DeepEqual(s.last(), want) {
		t.Errorf("it ends with %#v", s.last())
	}
}

// An error stays, and with it what was typed; another letter takes it away.
func TestSubmitFails(t *testing.T) {
	d := &door{err: fault.New("vox/oplog/full", "the disk is full").WithHint("make room")}
	s := withDoor(t, d).typed("submit: x").do(keys.Open).run()
	if got := s.drawn(); !strings.Contains(got, "Not submitted: the disk is full. make room") || len(s.did) != 0 {
		t.Errorf("it shows\n%s and does %v", got, s.did)
	}
	d.err = nil
	if got := s.typed("y").drawn(); strings.Contains(got, "Not submitted") {
		t.Errorf("the error stays:\n%s", got)
	}
	s.do(keys.Open)
	late := s.cmds[0]
	s.cmds = nil
	s.typed("z") // what is on its way is no longer what is shown
	s.give(late)
	if len(s.did) != 0 {
		t.Errorf("an answer to another text counts: %v", s.did)
	}
	s.do(keys.Open).run()
	if d.asked[len(d.asked)-1] != "ssh:mira: xyz" || len(s.did) != 1 {
		t.Errorf("handed in was %q", d.asked)
	}
	s = withDoor(t, d).typed("submit: x")
	s.s.Viewer = true
	if s.do(keys.Open).run(); s.last() != (pane.Notice{Text: "S send: you are here to view only"}) {
		t.Errorf("a viewer hears %#v", s.last())
	}
}

// Ten thousand items are indexed in a command, and what waits is looked up for the rows in sight.
func TestManyItems(t *testing.T) {
	l := empty()
	for i := range 10_000 {
		t := at("10:02").UnixMicro()
		l.st.Hopper().Put(hopper.Item{ID: fmt.Sprintf("h-%04x", i), Intent: fmt.Sprintf("work %d", i), At: t, Order: int64(i), Seq: uint64(i + 1), State: hopper.Inbox})
	}
	if many(l.st) <= small {
		t.Fatal("they are indexed while a key waits")
	}
	s := show(t, l.st, 80, 24, pane.Ref{}, nil).typed("urgent: 9999").run()
	if got := s.whats(); len(got) == 0 || got[0] != "urgent h-270f work 9999" {
		t.Errorf("found are %q", got)
	}
	s.send(pane.Second{}, tea.KeyPressMsg{})
	if got := s.drawn(); !strings.Contains(got, "inbox, waits: needs model") {
		t.Error(got)
	}
}
