package tui

import (
	"strings"
	"testing"

	"voxmesh/mesh"
	"voxmesh/mesh/privacy"
)

// The cursor begins on the first other machine, and does not leave one that somebody chose.
func TestCursorBeginsOnAWorker(t *testing.T) {
	joined := func(ids ...string) *mesh.State {
		l := newLog().start(now) // the host is aurelia
		for _, id := range ids {
			l.node(now, id, privacy.PairedPeersOnly, nil, nil, "", 0)
		}
		return l.st
	}
	s := play(t, joined(), 80, 24)
	arrive := func(want string, ids ...string) {
		t.Helper()
		s.h.st = joined(ids...)
		s.send(worldOf(s.c))
		if s.c.s.Node != want {
			t.Errorf("with %v the cursor is on %s, want %s", ids, s.c.s.Node, want)
		}
	}
	arrive("lex-2", "lex-2")
	arrive("lex-2", "lex-2", "bob-cpu") // it stays with its machine
	arrive("bob-cpu", "bob-cpu")

	s = play(t, joined("lex-2"), 80, 24).press("home")
	if s.c.s.Node != "aurelia" {
		t.Fatalf("home is %s", s.c.s.Node)
	}
	arrive("aurelia", "lex-2", "bob-cpu")
	s = play(t, joined(), 80, 24).press("enter", "esc") // looked at the box, and closed it: there was no cursor yet
	arrive("lex-2", "lex-2")
}

// The empty pane says what can be done whole, at every width that has panes.
func TestEmptySaysItWhole(t *testing.T) {
	for w := 60; w < 130; w++ {
		frame := play(t, newLog().start(now).st, w, 20).plain()
		for _, want := range []string{"in about a minute.", "[Add a node]", " Join a friend's mesh ", " See a demo "} {
			if !strings.Contains(frame, want) {
				t.Fatalf("%d columns lack %q:\n%s", w, want, frame)
			}
		}
	}
	s := playAs(t, newLog().start(now).st, 80, 24, Options{Role: RoleViewer})
	if s.press("enter"); strings.Contains(s.plain(), "[Add a node]──") || !strings.Contains(s.plain(), "enter choose: you are here to view only") {
		t.Errorf("a viewer is not told why:\n%s", s.plain())
	}
}
