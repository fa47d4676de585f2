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
		row := []rune(strings.Split(s.plain(), "\n")[3])
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
	step("j", "A         add a node")
	s.press("k", "down", "down")
	step("k and two down", "X         revoke an unused invite,")
	wheel(tea.MouseWheelUp)
	step("the wheel", first)
	s.press("end")
	last := at()
	if !strings.Contains(s.plain(), "end alone") || last == first {
		t.Errorf("the last binding is not in sight at the end:\n%s", s.plain())
	}
	s.press("down", "pgdown")
	wheel(tea.MouseWheelDown)
	step("down at the end", last)
	s.press("pgup")
	step("a page up", first)
	s.press("end")
	s.send(tea.WindowSizeMsg{Width: 80, Height: 60})
	if strings.Contains(s.plain(), "↑↓ more") || !strings.Contains(s.plain(), "into the inspector") {
		t.Error("where all fits, all is shown")
	}
}
