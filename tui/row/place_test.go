package row

import (
	"strings"
	"testing"

	"github.com/charmbracelet/x/ansi"

	"voxmesh/mesh/privacy"
	"voxmesh/tui/cell"
	"voxmesh/tui/theme"
)

func TestPlacesAndEntries(t *testing.T) {
	b := cell.New(48, 5)
	l := Look{Selected: true, Focused: true}
	Place(b, 0, 0, 48, privacy.PublicMesh, 0, Field{Text: "alice-gpu", Width: 12}, []Field{{Text: "2 of 2", Width: 8, Gap: 1}}, Look{})
	Place(b, 0, 1, 48, privacy.PairedPeersOnly, 2, Field{Text: "llama3.2:3b", Width: 12}, []Field{{Text: "2.0 GB", Width: 7, Gap: 1, Right: true}}, l)
	Entry(b, 0, 2, 48, privacy.LocalOnly, []Field{{Text: "10:12:02", Width: 8}, {Text: "kill", Width: 6, Gap: 1}},
		Field{Text: "a-very-long-name-3f9a", Width: 12, Gap: 1}, []Field{{Text: "✓", Width: 3, Gap: 1}}, l)
	at := Inline(b, 2, 3, 40, privacy.Unknown, "bob-cpu", theme.Style{})
	b.Put(at, 3, 5, ", x", theme.Style{})
	if got := Inline(b, 3, 4, 12, privacy.PairedPeersOnly, "bob-cpu", theme.Style{}); got != 3 {
		t.Errorf("what does not fit was written up to %d", got)
	}
	want := []string{
		"  alice-gpu    PUBLIC 2 of 2", "▸   llama3.2:3 PAIRED  2.0 GB",
		"▸ 10:12:02 kill   a-very-…3f9a LOCAL  ✓", "  bob-cpu ?, x", "",
	}
	for i, row := range strings.Split(ansi.Strip(b.Render(theme.New(true, false))), "\n") {
		if got := strings.TrimRight(row, " "); got != want[i] {
			t.Errorf("row %d is %q, want %q", i, got, want[i])
		}
	}
	if b.At(10, 3).Style.Attr&theme.Reverse == 0 {
		t.Error("a class that is not known is not loud in a sentence")
	}
}
