package tui

import (
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"
)

// What an empty mesh offers is done, however it is asked for: by its key, by enter, by a click.
func TestEmptyMeshDoesWhatItOffers(t *testing.T) {
	click := func(text string) func(*screen) {
		return func(s *screen) {
			for y, row := range strings.Split(s.plain(), "\n") {
				if before, _, ok := strings.Cut(row, text); ok {
					at := tea.Mouse{X: len([]rune(before)), Y: y, Button: tea.MouseLeft}
					s.send(tea.MouseClickMsg(at), tea.MouseReleaseMsg(at))
					return
				}
			}
			s.t.Fatalf("%q is not on the screen:\n%s", text, s.plain())
		}
	}
	press := func(keys ...string) func(*screen) { return func(s *screen) { s.press(keys...) } }
	for name, c := range map[string]struct {
		do   func(*screen)
		want string
	}{
		"A": {press("A"), "[Add a node]──"}, "enter": {press("enter"), "[Add a node]──"}, "click": {click("Add a node"), "[Add a node]──"},
		"J": {press("J"), "[Join a mesh]──"}, "second": {press("right", "enter"), "[Join a mesh]──"},
		"click on the second": {click("Join a friend's mesh"), "[Join a mesh]──"},
	} {
		s := play(t, newLog().start(now).st, 80, 24)
		c.do(s)
		if !strings.Contains(s.plain(), c.want) {
			t.Errorf("%s opens no box:\n%s", name, s.plain())
		}
	}
}
