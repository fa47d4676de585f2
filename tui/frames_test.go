package tui

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"
)

var update = flag.Bool("update", false, "write the golden frames anew")

// clipboard reads the text out of Bubble Tea's message to set the clipboard, which has no exported form.
func clipboard(m tea.Msg) (string, bool) {
	v := reflect.ValueOf(m)
	if v.Kind() == reflect.String && strings.HasSuffix(v.Type().Name(), "etClipboardMsg") {
		return v.String(), true
	}
	return "", false
}

// golden compares a frame with the one in testdata, and holds its size to be exact.
func golden(t *testing.T, name, frame string, w, h int) {
	t.Helper()
	exact(t, frame, w, h)
	goldenRaw(t, name, frame)
}

func goldenRaw(t *testing.T, name, frame string) {
	t.Helper()
	path := filepath.Join("testdata", name+".golden")
	if *update {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(frame+"\n"), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got := frame + "\n"; got != string(want) {
		t.Errorf("%s differs:\n%s", name, difference(string(want), got))
	}
}

func difference(want, got string) string {
	var out strings.Builder
	a, b := strings.Split(want, "\n"), strings.Split(got, "\n")
	for i := range max(len(a), len(b)) {
		var x, y string
		if i < len(a) {
			x = a[i]
		}
		if i < len(b) {
			y = b[i]
		}
		if x != y {
			fmt.Fprintf(&out, "row %d\nwant %q\ngot  %q\n", i+1, x, y)
		}
	}
	return out.String()
}

// exact holds every row to be as wide as the screen, and the rows to be as many as it has.
func exact(t *testing.T, frame string, w, h int) {
	t.Helper()
	rows := strings.Split(frame, "\n")
	if len(rows) != h {
		t.Errorf("%d rows, want %d", len(rows), h)
	}
	for i, r := range rows {
		if n := ansi.StringWidth(r); n != w {
			t.Errorf("row %d is %d wide, want %d: %q", i+1, n, w, ansi.Strip(r))
		}
	}
}

// plain is a frame without its styles.
func (s *screen) plain() string { return ansi.Strip(s.view()) }

// friend opens Add a node, names the machine and mints.
func (s *screen) friend() *screen {
	return s.press("A").typed("friend").press("tab", "left", "space", "enter")
}

func TestFrames(t *testing.T) {
	sizes := [][2]int{{80, 24}, {120, 40}, {200, 60}}
	for name, scene := range map[string]func(s *screen) *screen{
		"mesh": func(s *screen) *screen { return s },
		"invited": func(s *screen) *screen {
			s.h.st = aurelia().invited("friend", now.Add(492e9)).st
			return s.send(worldOf(s.c)).press("end")
		},
		"inspector": func(s *screen) *screen { return s.press("enter", "down") },
		"host":      func(s *screen) *screen { return s.press("down", "down") },
		"help":      func(s *screen) *screen { return s.press("?") },
		"add-box":   func(s *screen) *screen { return s.press("A").typed("friend").press("tab", "left", "space") },
		"add":       func(s *screen) *screen { return s.friend() },
		"empty":     func(s *screen) *screen { s.h.st = newLog().start(now).st; return s.send(worldOf(s.c)) },
		"runs":      func(s *screen) *screen { return s.press("2") },
	} {
		for _, z := range sizes {
			file := fmt.Sprintf("%s-%dx%d", name, z[0], z[1])
			t.Run(file, func(t *testing.T) {
				s := scene(play(t, aurelia().st, z[0], z[1]))
				golden(t, file, s.plain(), z[0], z[1])
			})
		}
	}
}
