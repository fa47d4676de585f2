package tui

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"testing/synctest"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"voxmesh/tui/theme"
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

var sizes = [][2]int{{80, 24}, {120, 40}, {200, 60}}

// Every pane and layer at every size: its text, and under it the look of each cell, a letter for an ink and one for its
// attributes. What a look is on a dark and on a light terminal and on one without colours is in looks-*.golden; together
// they are every frame in every theme, and TestThemes holds what is rendered to be just that.
func TestFrames(t *testing.T) {
	for name, scene := range scenes {
		for _, z := range sizes {
			file := fmt.Sprintf("%s-%dx%d", name, z[0], z[1])
			t.Run(file, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					s := scene(newScene(t, z[0], z[1]))
					exact(t, s.plain(), z[0], z[1])
					goldenRaw(t, file, s.plain()+"\n"+s.looks())
				})
			})
		}
	}
}

// looks is the look of every cell, as runs: how many cells, and the style. Rows like the one above are a quote.
func (s *screen) looks() string {
	var out strings.Builder
	last := ""
	for y := range s.c.buf.H {
		var row strings.Builder
		for x := 0; x < s.c.buf.W; {
			from, st := x, s.c.buf.At(x, y).Style
			for ; x < s.c.buf.W && s.c.buf.At(x, y).Style == st; x++ {
			}
			fmt.Fprintf(&row, " %d%s", x-from, styleName(st))
		}
		if row.String() == last {
			out.WriteString(" \"\n")
			continue
		}
		last = row.String()
		out.WriteString(last + "\n")
	}
	return out.String()
}

// styleName writes a style as the letters of its ink and of its attributes.
func styleName(st theme.Style) string {
	name := string("tsdowfpc"[st.Ink])
	for i, a := range []theme.Attr{theme.Bold, theme.Faint, theme.Underline, theme.Reverse, theme.Raised} {
		if st.Attr&a != 0 {
			name += string("BFURH"[i])
		}
	}
	return name
}
