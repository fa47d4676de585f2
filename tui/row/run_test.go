package row

import (
	"strings"
	"testing"
	"time"

	"github.com/charmbracelet/x/ansi"

	"voxmesh/mesh/privacy"
	"voxmesh/tui/cell"
	"voxmesh/tui/theme"
)

func TestRunSpanAct(t *testing.T) {
	b := cell.New(60, 5)
	Run(b, 0, 0, 60, privacy.PairedPeersOnly, Field{Text: "r-19c4", Width: 7},
		[]Field{{Text: "running", Width: 9, Gap: 1}, {Text: "nightly render of everything", Width: 20, Gap: 1}}, Look{Selected: true, Focused: true})
	from, to := Span(b, 0, 1, 60, privacy.LocalOnly, Branch{Guide: "├ ", Name: "render[0]", Hidden: 4}, 28,
		[]Field{{Text: "bob-cpu", Width: 12, Gap: 1}}, Look{})
	if got := b.At(from, 1).S + b.At(from+1, 1).S; got != "+4" || to != from+2 {
		t.Errorf("the sign of a closed branch is said to be at %d to %d: %q", from, to, got)
	}
	if f, e := Span(b, 0, 2, 60, privacy.PublicMesh, Branch{Guide: strings.Repeat("│ ", 20), Name: "a name that is longer than its column"}, 28, nil, Look{}); f != e {
		t.Error("an open branch has no sign")
	}
	Act(b, 0, 3, 60, privacy.PairedPeersOnly, "10:12:02", "kill", "r-19c4", `by mira a-0191 "runaway"`, Look{})
	Act(b, 0, 4, 30, privacy.Unknown, "10:12:02", "kill", "j-1", "by mira", Look{Faint: true})
	want := []string{
		"▸ r-19c4  PAIRED running   nightly render of e…",
		"  ├ render[0]  +4              LOCAL  bob-cpu",
		"  │ │ │ │ │ │ │ │ │ │ a name … PUBLIC",
		` 10:12:02 kill r-19c4 PAIRED by mira a-0191 "runaway"`,
		" 10:12:02 kill j-1 ? by mira",
	}
	for i, row := range strings.Split(ansi.Strip(b.Render(theme.New(true, false))), "\n") {
		if got := strings.TrimRight(row, " "); got != want[i] {
			t.Errorf("row %d is\n%q, want\n%q", i, got, want[i])
		}
	}
}

func TestLasted(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0: "0:00", 336 * time.Second: "5:36", 59*time.Minute + 59*time.Second: "59:59", 65 * time.Minute: "1 h 5",
		12*time.Hour + 5*time.Minute: "12 h", 50 * time.Hour: "2 d", -time.Second: "0:00",
	} {
		if got := Lasted(d, 5); got != want {
			t.Errorf("%v in 5 columns is %q, want %q", d, got, want)
		}
	}
	if got := Lasted(12*time.Hour+5*time.Minute, 6); got != "12 h 5" {
		t.Errorf("in 6 columns it is %q", got)
	}
}

// The class is loud where it is not known, in these rows too.
func TestUnknownRunIsLoud(t *testing.T) {
	b := cell.New(60, 3)
	Run(b, 0, 0, 60, privacy.Unknown, Field{Text: "r", Width: 7}, nil, Look{Selected: true})
	Span(b, 0, 1, 60, privacy.Class(9), Branch{Name: "x"}, 28, nil, Look{Faint: true})
	Act(b, 0, 2, 60, privacy.Unknown, "10:12:02", "kill", "j-1", "", Look{})
	for y := range 3 {
		loud := false
		for x := range 60 {
			c := b.At(x, y)
			loud = loud || c.S == "?" && c.Style.Attr&theme.Reverse != 0
		}
		if !loud {
			t.Errorf("row %d is not loud", y)
		}
	}
}
