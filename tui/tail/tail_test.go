package tail

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/charmbracelet/x/ansi"
	"pgregory.net/rapid"

	"voxmesh/tui/keys"
)

func TestText(t *testing.T) {
	for _, tc := range []struct {
		name   string
		data   string
		cut    bool
		lines  []string
		left   int
		binary bool
	}{
		{name: "nothing"},
		{name: "lines", data: "a\nb\n", lines: []string{"a", "b"}},
		{name: "no end", data: "a\nb", lines: []string{"a", "b"}},
		{name: "from the middle of a line", data: "half\nwhole\n", cut: true, lines: []string{"whole"}},
		{name: "tabs", data: "a\tb\n", lines: []string{"a       b"}},
		{name: "a NUL", data: "ELF\x00", binary: true},
		{name: "no UTF-8", data: strings.Repeat("\xff\xfea", 90), binary: true},
		{name: "too much", data: "begin\n" + strings.Repeat("x\n", Most/2), lines: slices.Repeat([]string{"x"}, Most/2-1), left: 6},
	} {
		lines, left, binary := Text([]byte(tc.data), tc.cut)
		if !slices.Equal(lines, tc.lines) || left != tc.left || binary != tc.binary {
			t.Errorf("%s: %d lines, %d left, binary %v", tc.name, len(lines), left, binary)
		}
	}
}

// Whatever a job writes, no line of it can drive a terminal, and no row is wider than it may be.
func TestHostile(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		part := rapid.SampledFrom([]string{"\x1b[2J", "\x1b]0;x\a", "\r", "\t", "\n", "漢", "é", "\u202e", "\u200b", "plain text ", "\xff", "e\u0301"})
		data := []byte(strings.Join(rapid.SliceOf(part).Draw(t, "parts"), ""))
		lines, _, _ := Text(data, rapid.Bool().Draw(t, "cut"))
		v := New()
		v.Set(lines)
		w := rapid.IntRange(2, 40).Draw(t, "w")
		rows, _, _ := v.Fit(w, 1<<20)
		for _, r := range rows {
			if strings.ContainsAny(r, "\x1b\a\r\t\n\u202e\u200b") || !utf8.ValidString(r) || ansi.StringWidth(r) > w {
				t.Fatalf("%q is a row of %d columns", r, w)
			}
		}
	})
}

// The view follows the end while that is in sight, and holds still elsewhere.
func TestView(t *testing.T) {
	text := func(n int) []string {
		var b bytes.Buffer
		for i := range n {
			fmt.Fprintf(&b, "line %d\n", i+1)
		}
		lines, _, _ := Text(b.Bytes(), false)
		return lines
	}
	v := New()
	v.Set(text(50))
	at := func(want int) {
		t.Helper()
		rows, top, all := v.Fit(20, 10)
		if top != want || len(rows) != 10 || rows[0] != fmt.Sprintf("line %d", want+1) || all != v.Len() {
			t.Errorf("it shows %v from %d of %d, want %d", rows, top, all, want)
		}
	}
	at(40)
	v.Set(text(55))
	at(45)
	v.Move(keys.PageUp)
	v.Set(text(60))
	at(35)
	v.Wheel(false)
	at(32)
	for id, want := range map[keys.ID]int{keys.Home: 0, keys.End: 50} {
		v.Move(id)
		at(want)
	}
	if v.Move(keys.Open) {
		t.Error("enter is a movement")
	}
	v.Clear()
	if rows, top, all := v.Fit(20, 10); len(rows)+top+all != 0 {
		t.Error("it is not clear")
	}
}
