package hopperpane

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/charmbracelet/x/ansi"

	"voxmesh/hopper"
	"voxmesh/mesh/privacy"
	"voxmesh/tui/keys"
	"voxmesh/tui/theme"
)

func sameRows(t *testing.T, rows []string, want map[int]string) {
	t.Helper()
	for y, s := range want {
		if rows[y] != s {
			t.Errorf("row %d is\n%s, want\n%s", y, rows[y], s)
		}
	}
}

func TestWide(t *testing.T) {
	sameRows(t, play(t, busy(), 120, 40).rows(), map[int]string{
		1:  "╭[Inbox 7]────────────────── next first ─╮╭ Assigned 4 ───────────────── newest ─╮╭ History 4 ──────────────── newest ─╮",
		2:  "│▸ 1 h-7c1e PAIRED urgent     dev   0:42 ││  h-7bff PAIRED normal     orc   0:03 ││  h-7c02 PAIRED ✓ done       10:11  │",
		3:  "│    fix flaky test in oplog no gpu free ││  caption 40 photos       → alice-gpu ││  lint the policy              0:09 │",
		4:  "│  2 h-7c20 LOCAL  urgent     orc   0:12 ││  h-7c0a PAIRED urgent     dev   0:42 ││  h-7bfa PAIRED ✗ failed     10:04  │",
		6:  "│  3 h-7bf4 PAIRED normal     orc   4:08 ││  h-7be1 PAIRED normal     orc   2:11 ││  h-7bf1 LOCAL  ✓ done       09:58  │",
		7:  "│    embed docs/*.md         needs model ││  thumbnails for 2025       → bob-cpu ││  back up the log              0:31 │",
		8:  "│  4 h-7be9 PUBLIC normal     lrn   6:51 ││  h-7bc8 LOCAL  normal     orc   3:00 ││  h-7be8 PAIRED ■ cancelled  09:40  │",
		9:  "│    render frames 1–240                 ││  sign the release    leased, waiting ││  render frames 1–240       by mira │",
		11: "│    translate the guide to …needs model ││                                      ││                                    │",
		12: "│  6 h-7ba0 PAIRED background orc   31 m ││                                      ││                                    │",
		14: "│  7 h-7b77 ?      background lrn   48 m ││                                      ││                                    │",
		22: "╰────────────────────────────────────────╯╰──────────────────────────────────────╯╰────────────────────────────────────╯",
		23: "╭ h-7c1e PAIRED  fix flaky test in oplog ────────────────────────────────────────────────── urgent by dev  waits 0:42 ─╮",
		24: "│ Waits     no gpu free: alice-gpu: it gives no gpu slots. Next to start.                                              │",
		25: "│ Wants     kind gpu   models any   nodes alice-gpu preferred   confidence 0.86   run r-7c1e                           │",
		26: "│ Trail                                                                                                                │",
		27: "│  10:11:44  submitted       mira          session editor      classified normal 0.86                                  │",
		28: "│  10:11:44  admitted        host          inbox, place 3                                                              │",
		29: `│  10:12:02  reprioritized   mira          normal → urgent     DeveloperOverride  a-0191  "blocks the release"         │`,
		34: "│ $ voxmesh hopper reprioritize h-7c1e PRIORITY --confirm h-7c1e --reason TEXT                                         │",
		35: "╰──────────────────────────────────────────────────────────────────────────────────────────────────────────────────────╯",
	})
	play(t, busy(), 200, 60).has("translate the guide to four languages               needs model ││")
}

func TestOneList(t *testing.T) {
	x := play(t, busy(), 80, 24)
	sameRows(t, x.rows(), map[int]string{
		1:  "╭[Inbox 7] Assigned 4  History 4 ───────────────────────────────── next first ─╮",
		2:  "│   # ITEM   CLASS  PRIORITY   BY  INTENT                  WAITS FOR       AGE │",
		3:  "│▸  1 h-7c1e PAIRED urgent     dev fix flaky test in oplog no gpu free    0:42 │",
		4:  "│   2 h-7c20 LOCAL  urgent     orc summarise the build log no text free   0:12 │",
		7:  "│   5 h-7bd2 PAIRED normal     orc translate the guide to… needs model    9:30 │",
		8:  "│   6 h-7ba0 PAIRED background orc nightly embeddings      behind 1       31 m │",
		14: "╰──────────────────────────────────────────────────────────────────────────────╯",
		15: "╭ h-7c1e PAIRED ─────────────────────────────────── urgent by dev  waits 0:42 ─╮",
		17: "│ Wants  gpu, any model, alice-gpu preferred            confidence 0.86        │",
		18: `│ 10:12:02 mira normal → urgent  DeveloperOverride a-0191 "blocks the release" │`,
		19: "│ $ voxmesh hopper reprioritize h-7c1e PRIORITY --confirm h-7c1e --reason TEXT │",
		20: "╰──────────────────────────────────────────────────────────────────────────────╯",
	})
	sameRows(t, x.do(keys.Right).rows(), map[int]string{
		1: "╭ Inbox 7 [Assigned 4] History 4 ───────────────────────────────────── newest ─╮",
		2: "│  ITEM   CLASS  PRIORITY   BY  INTENT                  WHERE            TIME▴ │",
		3: "│▸ h-7bff PAIRED normal     orc caption 40 photos       → alice-gpu       0:03 │",
		6: "│  h-7bc8 LOCAL  normal     orc sign the release        leased, waiting   3:00 │",
	})
	x.do(keys.Right).has(" Assigned 4 [History 4]", "✗ failed    3:00", "$ voxmesh runs r-7c02").lacks("reprioritize")
	play(t, busy(), 60, 16).has("[Inbox 7] Assigned 4  History 4", "│   # ITEM   CLASS  PRIORITY   BY  INTENT    WAITS FOR     │").lacks("$ voxmesh").
		do(keys.Next).has("[h-7c1e PAIRED]", "$ voxmesh hopper").lacks("h-7c20")
}

// An intent that no row and no title can hold is whole in the opened trail, at every size.
func TestALongIntentIsWhole(t *testing.T) {
	long := item("h-1", "tidy up the old archive of photographs taken during the long holiday in the mountains of the far north", paired, 5, 2, time.Minute, 1)
	for _, size := range [][2]int{{60, 16}, {80, 24}, {120, 40}} {
		x := play(t, newSample().put(long), size[0], size[1]).do(keys.Open).has("Intent    tidy up the old archive", "far north", "$ voxmesh hopper")
		if size[0] > 60 {
			x.has("submitted")
		}
	}
	play(t, busy(), 120, 40).do(keys.Open).lacks("Intent  ")
}

// In ASCII the cells are the same ones.
func TestASCII(t *testing.T) {
	for _, size := range [][2]int{{120, 40}, {80, 24}} {
		x := play(t, busy(), size[0], size[1])
		before := x.rows()
		x.s.Theme = theme.New(true, true)
		for y, r := range x.rows() {
			for _, c := range r {
				if c > 0x7e {
					t.Fatalf("row %d has %q: %s", y, c, r)
				}
			}
			if len(r) != ansi.StringWidth(before[y]) {
				t.Errorf("row %d has another width: %q, %q", y, r, before[y])
			}
		}
	}
}

// Every size from the least draws within its rectangle, with each list and region in front, and the class stands
// wherever an item's id does.
func TestEverySize(t *testing.T) {
	hostile := busy().change("h-7bf4", func(it *hopper.Item) { it.Class = privacy.Unknown })
	for w := 60; w <= 210; w += 13 {
		for h := 16; h <= 64; h += 6 {
			x := play(t, hostile, w, h)
			for range 3 {
				for _, id := range []keys.ID{keys.Next, keys.Alone, keys.Next, keys.Alone, keys.Right} {
					if v := x.do(id).view(); strings.Count(v, "h-7") == 0 {
						t.Fatalf("%d×%d shows no item:\n%s", w, h, v)
					}
				}
			}
		}
	}
}

// What somebody wrote drives no terminal, and moves no column.
func TestHostileIntents(t *testing.T) {
	s := newSample()
	for i, text := range []string{
		"\x1b[2J\x1b]52;c;cHduZWQ=\x07clear", "日本語のとても長い題名は二列ずつ取る", "\u202egpj.exe run it \u2066now", "a\u200bb\tc\nd\x00e", strings.Repeat("Z̴̧", 60), "",
	} {
		it := item(fmt.Sprintf("h-%04d", i), text, paired, hopper.Normal, hopper.Orchestrator, time.Minute, int64(i+1))
		it.Session, it.Actor, it.Models, it.Kind = text, "ssh:"+text, []string{text}, text
		it.Trail = []hopper.Step{{At: it.At, Name: text, Actor: text, Detail: text, AuditID: text}}
		it.Overrides = []hopper.Override{{AuditID: text, Reason: text}}
		s.put(it)
		over := held(fmt.Sprintf("h-9%03d", i), text, paired, hopper.Normal, hopper.Orchestrator, time.Minute, text, hopper.Started)
		s.put(over)
	}
	for _, size := range [][2]int{{120, 40}, {80, 24}, {60, 16}} {
		x := play(t, s, size[0], size[1])
		for range 6 {
			x.b.Clear()
			x.p.Draw(x.b, x.f)
			raw := ansi.Strip(x.b.Render(x.s.Theme))
			for _, bad := range []string{"\x1b", "\x07", "\u202e", "\u2066", "\u200b", "\x00"} {
				if strings.Contains(raw, bad) {
					t.Fatalf("%q got through", bad)
				}
			}
			for y, r := range x.rows() {
				if y > 1 && y < 10 && strings.Contains(r, "h-0") && !strings.Contains(r, "PAIRED") {
					t.Errorf("the class is gone from %q", r)
				}
			}
			x.do(keys.Down)
		}
	}
	play(t, s, 80, 24).do(keys.Filter).typed("日本").has("1 of 6", "h-0001").lacks("h-0000")
}

// A place has room for all its digits, and so has all else.
func TestManyPlaces(t *testing.T) {
	x := play(t, crowd(120), 120, 40).do(keys.End)
	x.has("[Inbox 120]", "▸120 h-0077 PAIRED normal     orc   1:00 ││", "111–120 of 120")
	x.size(80, 24).has("▸120 h-0077 PAIRED")
}
