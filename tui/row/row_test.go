package row

import (
	"strings"
	"testing"

	"github.com/charmbracelet/x/ansi"

	"voxmesh/mesh/privacy"
	"voxmesh/tui/cell"
	"voxmesh/tui/theme"
)

func TestRows(t *testing.T) {
	th := theme.New(true, false)
	b := cell.New(40, 3)
	Node(b, 0, 0, 40, privacy.PairedPeersOnly, Glyph{Sign: "●"}, Field{Text: "a-very-long-name-3f9a", Width: 12},
		[]Field{{Text: "online", Width: 8, Gap: 1}, {Text: "2/14", Width: 4, Gap: 1, Right: true}}, Look{Selected: true, Focused: true})
	Job(b, 0, 1, 40, privacy.LocalOnly, "j-81f2", []Field{{Text: "gpu", Width: 5, Gap: 2}}, "0:42", Look{})
	Title(b, 0, 2, 24, privacy.PublicMesh, "pub-3f9a", theme.Style{})
	want := []string{"▸● a-very-…3f9a PAIRED online   2/14", " j-81f2  LOCAL   gpu                0:42", " pub-3f9a PUBLIC"}
	for i, row := range strings.Split(ansi.Strip(b.Render(th)), "\n") {
		if got := strings.TrimRight(row, " "); got != want[i] {
			t.Errorf("row %d is %q, want %q", i, got, want[i])
		}
	}
}

// A class that is not known is a question mark in reverse video, in every kind of row and in titles.
func TestUnknownIsLoud(t *testing.T) {
	for _, class := range []privacy.Class{privacy.Unknown, privacy.Class(77)} {
		b := cell.New(30, 3)
		Node(b, 0, 0, 30, class, Glyph{Sign: "●"}, Field{Text: "x", Width: 6}, nil, Look{Faint: true})
		Job(b, 0, 1, 30, class, "j-1", nil, "", Look{Selected: true, Focused: true})
		Title(b, 0, 2, 30, class, "x", theme.Style{})
		for y := range 3 {
			loud := false
			for x := range 30 {
				c := b.At(x, y)
				loud = loud || c.S == "?" && c.Style.Attr&theme.Reverse != 0
			}
			if !loud {
				t.Errorf("class %d is not loud on row %d", class, y)
			}
		}
	}
}
