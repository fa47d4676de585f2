//go:build unix

package e2e

import (
	"fmt"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/charmbracelet/x/ansi"
)

// A window that is pulled about while the mouse moves and text is pasted ends with the picture of a console that was
// opened at its last size; and the terminal is given back as it was.
func TestConsoleInAResizeStorm(t *testing.T) {
	t.Parallel()
	m := newMachine(t, "aurelia")
	m.serve()
	s := m.console(look{})
	s.await("Only this machine is here")
	s.key(":")
	s.await("[Command]")
	r := rand.New(rand.NewPCG(1, 2)) // the same storm each time
	for i := range 200 {
		cols, rows := 1+r.IntN(220), 1+r.IntN(70)
		s.resize(cols, rows)
		s.mouse(moving+3, r.IntN(cols), r.IntN(rows), false) // no button is down
		if i%8 == 0 {
			s.paste(fmt.Sprintf("%d\n\x1b[31m %s", i, strings.Repeat("界", i%7)))
		}
		if i%20 == 0 {
			s.mouse(64+i/20%2, r.IntN(cols), r.IntN(rows), false) // the wheel
		}
		if i%10 == 9 { // not all in one moment, of which a program sees the last only
			s.until("a frame of this size", func(p picture) bool { return p.w == cols && p.h == rows })
		}
	}
	s.resize(100, 30)
	s.await("[Command]")
	s.key("esc")
	s.await("Only this machine is here")
	calm := m.console(look{cols: 100, rows: 30})
	calm.await("Only this machine is here")
	s.alike(calm)
	for _, s := range []*terminal{s, calm} {
		s.key("q")
		s.left()
	}
}

// alike waits until two terminals show the same, signs and attributes.
func (s *terminal) alike(other *terminal) {
	s.t.Helper()
	deadline := time.After(patience)
	for {
		s.mu.Lock()
		p, changed := s.seen, s.changed
		s.mu.Unlock()
		other.mu.Lock()
		q, changedToo := other.seen, other.changed
		other.mu.Unlock()
		if p.w == q.w && slices.EqualFunc(p.cells, q.cells, func(a, b glyph) bool { return a.text == b.text && a.attrs == b.attrs }) {
			return
		}
		select {
		case <-changed:
		case <-changedToo:
		case <-deadline:
			s.t.Fatalf("two terminals show\n%s\nand\n%s", p, q)
		}
	}
}

// sgr is a sequence that sets how text looks, with its parameters.
var sgr = regexp.MustCompile("\x1b\\[([0-9;:]*)m")

// colours says which sorts of colours are in what was sent: "16", "256", "true".
func colours(sent string) []string {
	var out []string
	add := func(s string) {
		if !slices.Contains(out, s) {
			out = append(out, s)
		}
	}
	for _, m := range sgr.FindAllStringSubmatch(sent, -1) {
		ps := strings.FieldsFunc(m[1], func(r rune) bool { return r == ';' || r == ':' })
		for i := 0; i < len(ps); i++ {
			switch p := ps[i]; {
			case (p == "38" || p == "48" || p == "58") && i+1 < len(ps) && ps[i+1] == "2":
				add("true")
				i += 4
			case (p == "38" || p == "48" || p == "58") && i+1 < len(ps) && ps[i+1] == "5":
				add("256")
				i += 2
			case len(p) == 2 && strings.ContainsAny(p[:1], "349") && p != "39" && p != "49", len(p) == 3 && p[:2] == "10":
				add("16")
			}
		}
	}
	slices.Sort(out)
	return out
}

// A terminal is sent the colours that it has and no others, in the theme of its background, and signs that it can show.
func TestConsoleColours(t *testing.T) {
	t.Parallel()
	m := newMachine(t, "aurelia")
	m.serve().friend("alice")
	const emerald, darkEmerald, amber = "38;2;52;211;153", "38;2;4;120;87", "38;2;251;191;36"
	for _, c := range []struct {
		name  string
		look  look
		want  []string
		has   string
		lacks string
		live  string
	}{
		{name: "256", want: []string{"256"}},
		{name: "16", look: look{env: []string{"TERM=xterm"}}, want: []string{"16"}},
		{name: "linux", look: look{env: []string{"TERM=linux"}}, want: []string{"16"}},
		{name: "all", look: look{env: []string{"COLORTERM=truecolor"}}, want: []string{"true"}, has: emerald, lacks: darkEmerald},
		{name: "all, as it says when asked", look: look{rgb: true}, want: []string{"256", "true"}, has: amber},
		{name: "light", look: look{env: []string{"COLORTERM=truecolor"}, light: true}, want: []string{"true"}, has: darkEmerald},
		{name: "none", look: look{env: []string{"NO_COLOR=1", "COLORTERM=truecolor"}}},
		{name: "none, though it has all", look: look{env: []string{"NO_COLOR=1"}, rgb: true}},
		{name: "none, in other words", look: look{env: []string{"NO_COLOR=please", "COLORTERM=truecolor"}}},
		{name: "ascii", look: look{env: []string{"VOXMESH_ASCII=1"}}, want: []string{"256"}, live: "* live"},
		{name: "a locale without UTF-8", look: look{env: []string{"LANG=C"}}, want: []string{"256"}, live: "* live"},
	} {
		s := m.console(c.look)
		s.name = c.name
		live := c.live
		if live == "" {
			live = "● live"
		}
		s.await("alice PAIRED", live)
		s.key("P") // a box with its fields, and what is missing
		s.await("[Pause: alice]")
		s.key("esc")
		s.gone("[Pause")
		s.key("[") // the past
		s.awaitRow("[1 Mesh]", "AS OF")
		if p := s.picture(); c.live != "" && strings.ContainsFunc(p.String(), func(r rune) bool { return r > 0x7e }) {
			t.Errorf("%s: something is not ASCII:\n%s", c.name, p)
		}
		s.key("q")
		s.left()
		sent := s.wrote()
		if got := colours(sent); !slices.Equal(got, c.want) {
			t.Errorf("%s: colours %q were sent, want %q", c.name, got, c.want)
		}
		if c.has != "" && !strings.Contains(sent, c.has) || c.lacks != "" && strings.Contains(sent, c.lacks) {
			t.Errorf("%s: the theme is another one", c.name)
		}
		if !strings.Contains(sent, "\x1b[1m") && !strings.Contains(sent, "\x1b[1;") {
			t.Errorf("%s: nothing is bold", c.name)
		}
	}
}

// A terminal that tells ⌘K from k is told that it opens the palette.
func TestConsoleOnKittysKeyboard(t *testing.T) {
	t.Parallel()
	m := newMachine(t, "aurelia")
	m.serve()
	s := m.console(look{kitty: true})
	s.await("Only this machine is here", "⌘K command")
	s.key("super+k")
	s.await("[Command]")
	s.send("\x1b[27u") // esc, as such a keyboard says it
	s.gone("[Command]")
	s.key("q")
	s.left()
}

// A console before which nothing happens sends nothing: no clock, no blinking, no frame that shows the same again.
func TestConsoleAtRestIsSilent(t *testing.T) {
	t.Parallel()
	s := newMachine(t, "aurelia").consoleAlone(look{})
	for s.quiet(time.Second) != "" { // what there is to say at the beginning
	}
	// No event tells that nothing happens, so this waits three seconds for one to be read, and has to be disappointed. A
	// column of the scrubber is a minute: one may go by meanwhile, two can't.
	sent := s.quiet(3 * time.Second)
	if sent != "" {
		first := sent
		if sent = s.quiet(3 * time.Second); sent != "" {
			t.Errorf("at rest the console sent %q, then %q", first, sent)
		}
	}
	if s.mode(ansi.ModeTextCursorEnable) {
		t.Error("the cursor is shown, though nothing is typed")
	}
	s.key("q")
	s.left()
}
