package row

import (
	"strings"
	"testing"

	"github.com/charmbracelet/x/ansi"

	"voxmesh/mesh/privacy"
	"voxmesh/tui/cell"
	"voxmesh/tui/theme"
)

func TestItems(t *testing.T) {
	b := cell.New(40, 7)
	rest := []Field{{Text: "urgent", Width: 10, Gap: 1}, {Text: "dev", Width: 3, Gap: 1}}
	right := Field{Text: "0:42", Right: true}
	id := Field{Text: "h-7c1e", Width: 6}
	focused := Look{Selected: true, Focused: true}
	Items(b, 0, 0, 40, privacy.PairedPeersOnly, Standing{Place: "1", Width: 2}, id, rest, right, Field{Text: "fix flaky test in oplog"}, Field{Text: "no gpu free"}, focused)
	Items(b, 0, 2, 40, privacy.PublicMesh, Standing{Place: "12", Width: 2, Marked: true}, id, rest, right, Field{Text: "exactly as wide as it may"}, Field{Text: "no gpu fre"}, Look{})
	Items(b, 0, 4, 40, privacy.LocalOnly, Standing{}, id, rest[:1], Field{Text: "10:11", Width: 6}, Field{Text: "x"}, Field{}, Look{})
	Item(b, 0, 6, 40, privacy.Unknown, Standing{Place: "7", Width: 3, Lifted: true}, id, rest, focused)
	want := []string{
		"▸ 1 h-7c1e PAIRED urgent     dev   0:42", "    fix flaky test in oplog no gpu free",
		" 12•h-7c1e PUBLIC urgent     dev   0:42", "    exactly as wide as it ma…no gpu fre",
		"  h-7c1e LOCAL  urgent           10:11", "  x",
		"↕  7 h-7c1e ?      urgent     dev",
	}
	for i, row := range strings.Split(ansi.Strip(b.Render(theme.New(true, false))), "\n") {
		if got := strings.TrimRight(row, " "); got != want[i] {
			t.Errorf("row %d is\n%q, want\n%q", i, got, want[i])
		}
	}
	if c := b.At(12, 6); c.S != "?" || c.Style.Attr&theme.Reverse == 0 {
		t.Errorf("a class that is not known is not loud: %+v", c)
	}
	if b.At(5, 1).Style.Attr&theme.Raised == 0 || b.At(5, 3).Style.Attr&theme.Raised != 0 {
		t.Error("the second row of the selected item does not stand out, or another's does")
	}
	// What is too narrow is cut, and nothing falls out of it.
	for w := range 40 {
		narrow := cell.New(w, 2)
		Items(narrow, 0, 0, w, privacy.PairedPeersOnly, Standing{Place: "1", Width: 2}, id, rest, right, Field{Text: "words"}, Field{Text: "no gpu free"}, focused)
	}
}
