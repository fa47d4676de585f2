package tui

import (
	"strings"
	"testing"
	"testing/synctest"

	tea "charm.land/bubbletea/v2"

	"voxmesh/tui/theme"
)

// field is what stands in a field, and the column of its cursor: a bar behind the text or a reversed sign inside of it.
func (s *screen) field(name string) (text string, cursor int) {
	s.t.Helper()
	const indent = 12 // from the name to the value
	for y, row := range strings.Split(s.plain(), "\n") {
		before, _, ok := strings.Cut(row, "│ "+name+" ")
		if !ok {
			continue
		}
		x := len([]rune(before)) + 2 + indent
		for ; s.c.buf.At(x, y).S != "│"; x++ {
			c := s.c.buf.At(x, y)
			if c.S == "▏" || c.Style.Attr&theme.Reverse != 0 {
				cursor = len([]rune(text))
			}
			if c.S == "▏" {
				return text, cursor
			}
			text += c.S
		}
		return strings.TrimRight(text, " "), cursor
	}
	s.t.Fatalf("no field %s", name)
	return "", 0
}

// A field is edited as fields are: at the cursor, by word, from a paste, and never beyond what it takes.
func TestFields(t *testing.T) { synctest.Test(t, testFields) }

func testFields(t *testing.T) {
	for name, c := range map[string]struct {
		do     func(s *screen)
		text   string
		cursor int
	}{
		"typed":          {func(s *screen) { s.typed("friend") }, "friend", 6},
		"letters":        {func(s *screen) { s.typed("hjkl?qA") }, "hjkl?qA", 7},
		"inside":         {func(s *screen) { s.typed("frend").press("left", "left", "left").typed("i") }, "friend", 3},
		"home":           {func(s *screen) { s.typed("riend").press("home").typed("f") }, "friend", 1},
		"end":            {func(s *screen) { s.typed("frien").press("home", "end").typed("d") }, "friend", 6},
		"backspace":      {func(s *screen) { s.typed("frixend").press("left", "left", "left", "backspace") }, "friend", 3},
		"delete":         {func(s *screen) { s.typed("xfriend").press("home", "delete") }, "friend", 0},
		"word":           {func(s *screen) { s.typed("my friend's").press("ctrl+w") }, "my ", 3},
		"by word":        {func(s *screen) { s.typed("my friend").press("ctrl+left") }, "my friend", 3},
		"clear":          {func(s *screen) { s.typed("my friend").press("left", "ctrl+u").typed("x") }, "x", 1},
		"paste":          {func(s *screen) { s.typed("ab").press("left").send(tea.PasteMsg{Content: "1\x1b[31m\n2"}) }, "", 0},
		"no clipboard":   {func(s *screen) { s.typed("ab").press("ctrl+v") }, "ab", 2},
		"as long as can": {func(s *screen) { s.send(tea.PasteMsg{Content: strings.Repeat("ab", 60)}) }, strings.Repeat("ab", 20), 40},
	} {
		s := play(t, aurelia().st, 120, 40).press("A")
		c.do(s)
		text, cursor := s.field("Label")
		if name == "paste" { // how it is cleaned is clean's; it goes in at the cursor, and on one row
			if !strings.HasPrefix(text, "a1") || !strings.HasSuffix(text, "2b") || strings.ContainsAny(text, "\x1b\n") {
				t.Errorf("%s: %q", name, text)
			}
			continue
		}
		if text != c.text || cursor != c.cursor {
			t.Errorf("%s: %q with the cursor at %d, want %q at %d", name, text, cursor, c.text, c.cursor)
		}
	}
}

func TestMinutes(t *testing.T) { synctest.Test(t, testMinutes) }

func testMinutes(t *testing.T) {
	s := play(t, aurelia().st, 120, 40).press("A", "tab", "tab")
	is := func(want string) {
		t.Helper()
		if got, _ := s.field("Minutes"); got != want {
			t.Errorf("minutes are %q, want %q", got, want)
		}
	}
	is("10")
	s.typed("x5")
	is("10")
	s.press("backspace").typed("e").press("home").typed("0")
	is("01")
	s.press("up")
	is("2")
	s.press("down", "down", "down")
	is("1")
	s.press("ctrl+u", "enter")
	if is(""); len(s.h.asked) != 0 || !strings.Contains(s.plain(), "Minutes: 1 to 10.") {
		t.Error("an invite for no time")
	}
	s.send(tea.PasteMsg{Content: "7 min"})
	if is("7"); strings.Contains(s.plain(), "1 to 10.") {
		t.Error("the complaint stays while it is mended")
	}
}
