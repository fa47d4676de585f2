package tui

import (
	"fmt"
	"html"
	"image/color"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"

	"charm.land/lipgloss/v2"

	"voxmesh/tui/theme"
)

// The cell of a picture, in pixels, and the size of its letters.
const (
	cellWidth, cellHeight = 10, 19
	letterSize            = 16.61 // of which most fonts for terminals fill the cell, so that borders join
)

// picture is the screen as a drawing: each run of one look as text of exactly its width in cells.
func (s *screen) picture() string {
	s.view()
	b, th := s.c.buf, s.c.s.Theme
	page, ink := "#09090b", "#e4e4e7"
	if !th.Dark {
		page, ink = "#ffffff", "#18181b"
	}
	var out strings.Builder
	fmt.Fprintf(&out, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" font-family="ui-monospace,'DejaVu Sans Mono',Menlo,Consolas,monospace" font-size="%.2f">`+"\n",
		b.W*cellWidth, b.H*cellHeight, letterSize)
	fmt.Fprintf(&out, `<rect width="100%%" height="100%%" fill="%s"/>`+"\n", page)
	for y := range b.H {
		for x := 0; x < b.W; {
			from, st, text := x, b.At(x, y).Style, ""
			for ; x < b.W && b.At(x, y).Style == st; x++ {
				text += b.At(x, y).S
			}
			writeRun(&out, from, y, x-from, text, look(th, st, page, ink))
		}
	}
	out.WriteString("</svg>\n")
	return out.String()
}

// paint is how a run is drawn.
type paint struct {
	fg, bg          string
	bold, underline bool
	faint           bool
}

func look(th *theme.Theme, st theme.Style, page, ink string) paint {
	l := th.Look(st)
	p := paint{fg: ink, bold: l.GetBold(), underline: l.GetUnderline(), faint: l.GetFaint()}
	if c, ok := hex(l.GetForeground()); ok {
		p.fg = c
	}
	if c, ok := hex(l.GetBackground()); ok {
		p.bg = c
	}
	if l.GetReverse() {
		if p.bg == "" {
			p.bg = page
		}
		p.fg, p.bg = p.bg, p.fg
	}
	return p
}

func hex(c color.Color) (string, bool) {
	if _, none := c.(lipgloss.NoColor); none || c == nil {
		return "", false
	}
	r, g, b, _ := c.RGBA()
	return fmt.Sprintf("#%02x%02x%02x", r>>8, g>>8, b>>8), true
}

func writeRun(out *strings.Builder, x, y, w int, text string, p paint) {
	if p.bg != "" {
		fmt.Fprintf(out, `<rect x="%d" y="%d" width="%d" height="%d" fill="%s"/>`+"\n", x*cellWidth, y*cellHeight, w*cellWidth, cellHeight, p.bg)
	}
	bare := strings.TrimRight(text, " ")
	lead := len(bare) - len(strings.TrimLeft(bare, " "))
	bare = bare[lead:]
	if bare == "" {
		return
	}
	more := ""
	if p.bold {
		more += ` font-weight="bold"`
	}
	if p.underline {
		more += ` text-decoration="underline"`
	}
	if p.faint {
		more += ` opacity="0.6"`
	}
	n := len([]rune(bare))
	fmt.Fprintf(out, `<text x="%d" y="%d" fill="%s"%s textLength="%d" xml:space="preserve">%s</text>`+"\n",
		(x+lead)*cellWidth, y*cellHeight+cellHeight-5, p.fg, more, n*cellWidth, html.EscapeString(bare))
}

// The pictures of docs/guide.md are frames of the sample mesh: go test ./tui -run Guide -update draws them anew.
func TestGuidePictures(t *testing.T) { synctest.Test(t, testGuidePictures) }

func testGuidePictures(t *testing.T) {
	for name, at := range guide {
		s := scenes[at.scene](newScene(t, at.w, at.h))
		path := filepath.Join("..", "docs", "pictures", name+".svg")
		got := s.picture()
		if *update {
			if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
				t.Fatal(err)
			}
			continue
		}
		want, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if string(want) != got {
			t.Errorf("%s is not what the console shows; go test ./tui -run Guide -update draws it anew", path)
		}
	}
}

// guide names the pictures of the guide: which scene, at which size.
var guide = map[string]struct {
	scene string
	w, h  int
}{
	"mesh": {"mesh", 120, 40}, "mesh-small": {"mesh", 80, 24}, "nodes-small": {"nodes", 80, 24}, "empty-small": {"empty", 80, 24},
	"runs": {"runs", 120, 40}, "drawer-small": {"drawer", 80, 24}, "models": {"models", 120, 40}, "audit": {"audit", 120, 40},
	"palette-small": {"palette", 80, 24}, "confirm-small": {"confirm", 80, 24}, "send-small": {"send", 80, 24},
	"join-small": {"preview", 80, 24}, "add": {"add", 120, 40}, "past-small": {"past", 80, 24}, "explain-small": {"explain", 80, 24},
	"cap-small": {"cap", 80, 24}, "help": {"help", 120, 40}, "lost-small": {"lost", 80, 24},
	"hopper": {"hopper", 120, 40}, "hopper-small": {"hopper", 80, 24}, "hopper-priority-small": {"hopper-priority", 80, 24},
	"timeline": {"timeline", 120, 40}, "timeline-small": {"timeline", 80, 24}, "flow-tree-small": {"flow-tree", 80, 24},
	"policy": {"policy-edits", 120, 40}, "policy-broken-small": {"policy-broken", 80, 24}, "policy-clash": {"policy-clash", 120, 40},
}
