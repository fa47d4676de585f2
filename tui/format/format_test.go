package format

import (
	"strings"
	"testing"
	"time"

	"github.com/charmbracelet/x/ansi"
	"pgregory.net/rapid"
)

func TestWords(t *testing.T) {
	limit := int64(2_000_000)
	none := int64(0)
	for i, tc := range []struct{ got, want string }{
		{Clock(42 * time.Second), "0:42"},
		{Clock(-time.Second), "0:00"},
		{Clock(time.Hour + 5*time.Minute), "1:05:00"},
		{Long(76 * time.Hour), "3 d 4 h"},
		{Long(59 * time.Second), "59 s"},
		{Long(2 * time.Hour), "2 h"},
		{Age(14 * time.Minute), "14 m"},
		{Age(1000 * 24 * time.Hour), "99 d"},
		{RTT(0), "–"},
		{RTT(350 * time.Microsecond), "0.3 ms"},
		{RTT(12 * time.Millisecond), "12 ms"},
		{RTT(1200 * time.Millisecond), "1.2 s"},
		{Money(1_500_000), "$1.50"},
		{Money(0), "$0.00"},
		{Money(1_234_000_000), "$1234"},
		{Cap(nil), "no cap"},
		{Cap(&limit), "$2.00"},
		{Size(274_302_450), "274 MB"},
		{Size(2_019_393_189), "2.0 GB"},
		{Size(999), "999 B"},
		{Size(999_600), "1 MB"},
		{Count(1_900_000), "1.9 M"},
		{Count(812), "812"},
		{Gauge(900_000, &limit, 6), "▓▓▓░░░"},
		{Gauge(1, &limit, 6), "▓░░░░░"},
		{Gauge(1_990_000, &limit, 6), "▓▓▓▓▓░"},
		{Gauge(2_000_000, &limit, 6), "▓▓▓▓▓▓"},
		{Gauge(5, nil, 6), "░░░░░░"},
		{Gauge(0, &none, 6), "▓▓▓▓▓▓"},
		{Mark(1_190_000, &limit), ""},
		{Mark(1_200_000, &limit), "!"},
		{Mark(1_800_000, &limit), "!!"},
		{Mark(5, nil), ""},
		{Middle("alice-gpu-long-3f9a", 12), "alice-g…3f9a"},
		{Middle("short", 12), "short"},
		{Middle("a日日日", 6), "a…日日"},
		{Model("qwen2.5-coder:7b", 14), "qwen2.5-co…:7b"},
		{Model("llama3.2:3b", 14), "llama3.2:3b"},
		{strings.Join(Wrap("run the same without --print now", 22), "|"), "run the same without|--print now"},
		{strings.Join(Command("$ voxmesh invite --slot gpu", 24), "|"), `$ voxmesh invite \|    --slot gpu`},
		{strings.Join(Chunk("abcdef", 4), "|"), "abcd|ef"},
		{Position(0, 12, 21), "1–12 of 21"},
		{Many(1, "job"), "1 job"},
		{Many(0, "job") + ", " + Many(12, "job"), "0 jobs, 12 jobs"},
	} {
		if tc.got != tc.want {
			t.Errorf("%d: got %q, want %q", i, tc.got, tc.want)
		}
	}
}

// What is cut is never wider than asked, and what is broken loses no letter.
func TestWidths(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.StringOfN(rapid.RuneFrom([]rune("ab-: 日é…")), 0, 60, -1).Draw(t, "s")
		w := rapid.IntRange(6, 40).Draw(t, "w")
		for _, cut := range []string{Middle(s, w), Model(s, w), End(s, w)} {
			if ansi.StringWidth(cut) > w {
				t.Fatalf("%q is wider than %d", cut, w)
			}
		}
		for _, row := range append(Wrap(s, w), Command(s, w)...) {
			if ansi.StringWidth(row) > w {
				t.Fatalf("row %q is wider than %d", row, w)
			}
		}
		if got := strings.Join(Chunk(s, w), ""); got != s {
			t.Fatalf("chunks of %q give %q", s, got)
		}
		if got, want := strings.Join(strings.Fields(strings.Join(Wrap(s, w), "")), ""), strings.Join(strings.Fields(s), ""); got != want {
			t.Fatalf("wrap of %q loses letters: %q", s, got)
		}
	})
}
