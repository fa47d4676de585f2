package row

import (
	"strings"
	"testing"

	"github.com/charmbracelet/x/ansi"

	"voxmesh/mesh/privacy"
	"voxmesh/tui/cell"
	"voxmesh/tui/theme"
)

// A row that continues a sentence has it where the one before has it; what is drawn whole says class and id.
func TestVerdict(t *testing.T) {
	b := cell.New(60, 3)
	id, rule := Field{Text: "alice-gpu", Width: 12}, Field{Text: "busy", Width: 11}
	Verdict(b, 0, 0, 58, privacy.PublicMesh, Glyph{Sign: "·"}, id, rule, "no gpu free: 1 of", true, Look{})
	Verdict(b, 0, 1, 58, privacy.PublicMesh, Glyph{Sign: "·"}, id, rule, "1 in use", false, Look{Faint: true})
	Verdict(b, 0, 2, 58, privacy.Unknown, Glyph{Sign: "·"}, id, rule, "1 in use", true, Look{})
	want := []string{
		" · alice-gpu    PUBLIC busy        no gpu free: 1 of",
		"                                   1 in use",
		" · alice-gpu    ?      busy        1 in use",
	}
	for i, r := range strings.Split(ansi.Strip(b.Render(theme.New(true, false))), "\n") {
		if got := strings.TrimRight(r, " "); got != want[i] {
			t.Errorf("row %d is\n%q, want\n%q", i, got, want[i])
		}
	}
	at := VerdictIndent(id, rule.Width)
	if b.At(at, 1).S != "1" || b.At(at, 1).Style.Attr&theme.Faint == 0 {
		t.Errorf("the sentence is not faint at column %d: %+v", at, b.At(at, 1))
	}
	if c := b.At(16, 2); c.S != "?" || c.Style.Attr&theme.Reverse == 0 {
		t.Errorf("a class that is not known is %+v", c)
	}
}
