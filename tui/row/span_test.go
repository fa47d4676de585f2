package row

import (
	"strings"
	"testing"

	"github.com/charmbracelet/x/ansi"

	"voxmesh/mesh/privacy"
	"voxmesh/tui/cell"
	"voxmesh/tui/theme"
)

func TestLanesAndTries(t *testing.T) {
	draw := func(w int) (*cell.Buffer, int, int) {
		b := cell.New(w, 5)
		bar := Bar{X: 24, Parts: []Stretch{{At: 0, N: 2, Sign: "░"}, {At: 2, N: 3, Sign: "█"}}, Marked: true}
		from, to := Lane(b, 0, 0, w, privacy.PairedPeersOnly, Branch{Name: "render[1]", Hidden: 4}, 14, nil, bar, Look{Selected: true, Focused: true})
		waits := Bar{X: 24, At: 3, Says: Field{Text: "· waits for split", Width: 10}}
		Lane(b, 0, 1, w, privacy.Unknown, Branch{Guide: "  ", Name: "join"}, 14, nil, waits, Look{})
		Against(b, 0, 2, w, privacy.LocalOnly, "render[1] attempt 1", "12 lines", Look{})
		Against(b, 0, 3, w, privacy.PublicMesh, "render[1] attempt 2", "", Look{})
		Tries(b, 0, 4, w, privacy.PairedPeersOnly, "attempts", 11, "bob-cpu worker lost 0:34, alice succeeded 1:45")
		return b, from, to
	}
	b, from, to := draw(40)
	want := []string{
		"▸•render[1]  +4  PAIRED ░░███", "    join         ?         · waits f…",
		"render[1] attempt 1 LOCAL  12 lines", "render[1] attempt 2 PUBLIC", "attempts   PAIRED bob-cpu worker lost 0…",
	}
	for i, row := range strings.Split(ansi.Strip(b.Render(theme.New(true, false))), "\n") {
		if got := strings.TrimRight(row, " "); got != want[i] {
			t.Errorf("row %d is\n%q, want\n%q", i, got, want[i])
		}
	}
	if from != 13 || to != 15 {
		t.Errorf("the sign of the closed branch is at [%d, %d), want [13, 15)", from, to)
	}
	if b.At(25, 0).Style.Attr&theme.Raised == 0 || b.At(27, 1).Style.Attr&theme.Raised != 0 {
		t.Error("the bar of the selected span does not stand out with its row, or another's does")
	}
	for w := range 40 { // what is too narrow is cut
		draw(w)
	}
}
