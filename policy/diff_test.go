package policy

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// both puts the two files together again from what they have in common and what not.
func both(t *rapid.T, lines []DiffLine) (old, new string) {
	var a, b strings.Builder
	i, j := 0, 0
	for _, l := range lines {
		if l.Old != i || l.New != j {
			t.Fatalf("%+v stands after %d and %d lines", l, i, j)
		}
		if l.Sign != '+' {
			a.WriteString(l.Text)
			i++
		}
		if l.Sign != '-' {
			b.WriteString(l.Text)
			j++
		}
	}
	return a.String(), b.String()
}

func TestDiffLinesAreBothFiles(t *testing.T) {
	text := rapid.Custom(func(t *rapid.T) string {
		lines := rapid.SliceOfN(rapid.SampledFrom([]string{"a\n", "b\n", "c\r\n", "\n", "d\n", "e\n", "f\n"}), 0, 40).Draw(t, "lines")
		return strings.Join(lines, "") + rapid.SampledFrom([]string{"", "end", "\r"}).Draw(t, "end")
	})
	rapid.Check(t, func(t *rapid.T) {
		old, new := text.Draw(t, "old"), text.Draw(t, "new")
		lines := DiffLines([]byte(old), []byte(new))
		if a, b := both(t, lines); a != old || b != new {
			t.Fatalf("%q and %q are %q and %q again", old, new, a, b)
		}
		kept := 0
		for _, l := range lines {
			if l.Sign == ' ' {
				kept++
			}
		}
		if want := longest(cutLines([]byte(old)), cutLines([]byte(new))); kept != want {
			t.Fatalf("%d lines of %q and %q are kept, want %d", kept, old, new, want)
		}
	})
}

// longest is the length of a longest common part, by the definition.
func longest(a, b []string) int {
	row := make([]int, len(b)+1)
	for _, x := range a {
		before := 0
		for j, y := range b {
			was := row[j+1]
			if x == y {
				row[j+1] = before + 1
			} else {
				row[j+1] = max(row[j], was)
			}
			before = was
		}
	}
	return row[len(b)]
}

// In a file as large as one may be, changes that are far apart are found each for itself, in whatever is the same.
func TestDiffOfALargeFile(t *testing.T) {
	var lines []string
	for i := range 12_000 {
		lines = append(lines, fmt.Sprintf("    { peer: \"p%d@mesh\", min_priority: 3 },\n", i), "    // again\n", "\n")
	}
	old := strings.Join(lines, "")
	for _, i := range []int{0, 3, 9_000, 35_997} {
		lines[i] = "    { changed: true },\n"
	}
	lines = slices.Insert(lines, 20_001, "    // one more\n", "    // again\n")
	lines = slices.Delete(lines, 30_000, 30_003)
	changed := 0
	for _, l := range DiffLines([]byte(old), []byte(strings.Join(lines, ""))) {
		if l.Sign != ' ' {
			changed++
		}
	}
	if changed != 4*2+2+3 {
		t.Errorf("%d lines are exchanged, want 13", changed)
	}
}
