package tui

import (
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"
)

// The help scrolls by key and by wheel, and no further than there is something; it stays where it is when the size
// changes, as far as it can.
func TestHelpScrolls(t *testing.T) {
	s := play(t, aurelia().st, 80, 24).press("?")
	at := func() string { // the first row of it
		t.Helper()
		row := []rune(strings.Split(s.plain(), "\n")[4])
		return strings.TrimSpace(string(row[4:38]))
	}
	first := at()
	wheel := func(b tea.MouseButton) { s.send(tea.MouseWheelMsg{X: 40, Y: 12, Button: b}) }
	step := func(name, want string) {
		t.Helper()
		if got := at(); got != want {
			t.Errorf("after %s it begins with %q, want %q:\n%s", name, got, want, s.plain())
		}
	}
	s.press("up", "pgup", "home")
	step("up at the top", first)
	s.press("j")
	second := at()
	if second == first {
		t.Error("j does not scroll")
	}
	s.press("k")
	step("k", first)
	s.press("down", "down", "down")
	wheel(tea.MouseWheelUp)
	step("three down and the wheel", first)
	s.press("end")
	last := at()
	if !strings.Contains(s.plain(), "live") || last == first {
		t.Errorf("the last binding is not in sight at the end:\n%s", s.plain())
	}
	s.press("down", "pgdown")
	wheel(tea.MouseWheelDown)
	step("down at the end", last)
	s.press("home")
	step("home", first)
	s.press("end")
	s.send(tea.WindowSizeMsg{Width: 80, Height: 100})
	if strings.Contains(s.plain(), "↑↓ more") || !strings.Contains(s.plain(), "into the inspector") {
		t.Errorf("where all fits, all is shown:\n%s", s.plain())
	}
}

// The help is searched by what a key is, does, and why it can't be used.
func TestHelpIsSearched(t *testing.T) {
	s := play(t, aurelia().st, 80, 24).press("?", "/").typed("drain")
	if p := s.plain(); !strings.Contains(p, "drain a node") || strings.Contains(p, "add a node") {
		t.Errorf("not narrowed:\n%s", p)
	}
	s.press("enter", "esc")
	if p := s.plain(); !strings.Contains(p, "[Help]") || !strings.Contains(p, "add a node") {
		t.Errorf("esc clears the search first:\n%s", p)
	}
	if s.press("esc"); strings.Contains(s.plain(), "[Help]") {
		t.Error("and then closes the help")
	}
}
