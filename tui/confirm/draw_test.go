package confirm

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/charmbracelet/x/ansi"

	"voxmesh/tui/keys"
	"voxmesh/tui/pane"
)

// The box of the drawing, row for row.
var killDrawing = []string{
	"╭[Kill: work on alice-gpu]────────────────────────────── PAIRED ─╮",
	"│ Stops 2 running jobs and their processes now. Output so far is │",
	"│ kept; both end as killed and are not run again by themselves.  │",
	"│  j-81f2  PAIRED  gpu    0:42  attempt 1                        │",
	"│  j-81f7  PAIRED  gpu    0:03  attempt 1                        │",
	"│                                                                │",
	"│ Type  alice-gpu  to confirm                                    │",
	"│  ▸ alice-g▏                                                    │",
	"│ Reason, kept in the signed entry                               │",
	"│    runaway render                                              │",
	"│                                                                │",
	"│ Waiting for the id: 2 letters more. The reason is there.       │",
	"│                                                                │",
	"│ $ voxmesh kill alice-gpu --confirm alice-gpu \\                 │",
	"│     --reason 'runaway render'                                  │",
	"╰────────────────────────────────────────────────────────────────╯",
}

func TestKillIsTheDrawing(t *testing.T) {
	p := begin(t, aurelia(), keys.Kill, node("alice-gpu")).press(keys.Next).typed("runaway render").press(keys.Next).typed("alice-g")
	got := p.screen(80, 24)
	for i, want := range killDrawing {
		row := got[2+i]
		if strings.TrimSpace(row) != want || !strings.HasPrefix(row, strings.Repeat(" ", 7)+want[:3]) {
			t.Errorf("row %d is\n%q, want\n%q", 2+i, row, want)
		}
	}
	for y, row := range got {
		if (y < 2 || y > 17) && strings.TrimSpace(row) != "" {
			t.Errorf("row %d is not left alone: %q", y, row)
		}
	}
	wide := p.screen(120, 40)
	top := -1
	for y, row := range wide {
		if strings.Contains(row, killDrawing[0]) {
			top = y
		}
	}
	if top < 5 || strings.TrimSpace(wide[top+len(killDrawing)-1]) != killDrawing[len(killDrawing)-1] {
		t.Errorf("at 120×40 the box begins at row %d", top)
	}
}

// goldens are what the drawings do not show. VOXMESH_UPDATE=1 writes them.
func TestDrawings(t *testing.T) {
	left := aurelia().node("left").job("j-7001", "left", time.Minute, "left").ended("j-7001").gone("left")
	for name, p := range map[string]*play{
		"drain":         begin(t, aurelia(), keys.Drain, node("alice-gpu")).press(keys.Next).typed("it's loud"),
		"pause-empty":   begin(t, aurelia(), keys.Pause, node("bob-cpu")),
		"replay-on":     begin(t, left, keys.Replay, pane.Ref{Kind: pane.Job, ID: "j-7001"}).typed("j-7001").press(keys.Open).typed("again"),
		"revoke":        begin(t, aurelia(), keys.Revoke, node("lex-2")).typed("lex-3"),
		"kill-waits":    begin(t, aurelia().job("j-9000", "", 90*time.Second, ""), keys.Kill, pane.Ref{Kind: pane.Job, ID: "j-9000"}),
		"kill-gone":     begin(t, left, keys.Kill, node("left")),
		"kill-many":     many(t).press(keys.Down, keys.Down),
		"kill-long-why": begin(t, aurelia(), keys.Kill, node("alice-gpu")).press(keys.Next).typed(strings.Repeat("very long ", 20)),
	} {
		for _, size := range [][2]int{{80, 24}, {120, 40}, {60, 16}} {
			file := fmt.Sprintf("testdata/%s-%dx%d.golden", name, size[0], size[1])
			var rows []string
			for _, r := range p.screen(size[0], size[1]) {
				rows = append(rows, strings.TrimRight(r, " "))
			}
			got := strings.Join(rows, "\n") + "\n"
			if os.Getenv("VOXMESH_UPDATE") != "" {
				if err := os.MkdirAll("testdata", 0o755); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if got != string(want) {
				t.Errorf("%s is\n%s", file, got)
			}
		}
	}
}

func many(t *testing.T) *play {
	w := aurelia()
	for i := range 30 {
		w.job(fmt.Sprintf("j-9%03d", i), "bob-cpu", time.Minute, "")
	}
	return begin(t, w, keys.Kill, node("bob-cpu"))
}

// At every size from the least the fields and what is missing can be seen, and nothing is wider than the screen.
func TestFieldsHaveRoomAtEverySize(t *testing.T) {
	for _, p := range []*play{
		begin(t, aurelia(), keys.Kill, node("alice-gpu")), begin(t, aurelia(), keys.Drain, node("alice-gpu")), many(t),
		begin(t, aurelia().ended("j-81f2"), keys.Replay, node("alice-gpu")), begin(t, aurelia(), keys.Revoke, node("alice-gpu")),
	} {
		for w := 60; w <= 130; w += 7 {
			for h := 16; h <= 45; h++ {
				rows := p.screen(w, h)
				all := strings.Join(rows, "\n")
				for _, want := range []string{"Type  ", "Reason, kept", "Waiting for the id", "╰", "╭"} {
					if !strings.Contains(all, want) {
						t.Fatalf("%s at %d×%d lacks %q:\n%s", p.l.name, w, h, want, all)
					}
				}
				for y, r := range rows {
					if ansi.StringWidth(r) > w {
						t.Fatalf("row %d of %d×%d has %d columns", y, w, h, ansi.StringWidth(r))
					}
				}
				if r := p.l.box; r.Y < 1 || r.Y+r.H > h-1 {
					t.Fatalf("%s at %d×%d: rows %d to %d", p.l.name, w, h, r.Y, r.Y+r.H)
				}
			}
		}
	}
}

// Nothing that somebody else wrote is shown: no title of a job, no label of a node.
func TestOnlyWordsOfOurOwn(t *testing.T) {
	for _, id := range []keys.ID{keys.Kill, keys.Pause, keys.Drain, keys.Replay, keys.Revoke} {
		p := begin(t, aurelia(), id, node("alice-gpu"))
		if all := strings.Join(p.screen(120, 40), "\n"); strings.Contains(all, "somebody wrote") || strings.Contains(all, "label-") {
			t.Errorf("%s shows:\n%s", id, all)
		}
	}
}
