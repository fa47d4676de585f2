package cell

import (
	"strings"
	"testing"

	"github.com/charmbracelet/x/ansi"
	"pgregory.net/rapid"

	"voxmesh/tui/theme"
)

func TestPut(t *testing.T) {
	th := theme.New(true, false)
	b := New(8, 2)
	if x := b.Put(1, 0, 4, "abcdef", theme.Style{}); x != 5 {
		t.Errorf("the next column is %d, want 5", x)
	}
	b.Put(6, 1, 9, "日本", theme.Style{}) // the second one has no room
	b.Put(3, 9, 4, "outside", theme.Style{})
	if got := b.Render(th); got != " abcd   \n      日" {
		t.Errorf("got %q", got)
	}
	b.Put(7, 1, 1, "x", theme.Style{}) // over the second half of a wide character
	if got := b.Render(th); got != " abcd   \n       x" {
		t.Errorf("got %q", got)
	}
	b.Clear()
	b.Right(0, 8, 0, "end", theme.In(theme.OK))
	if got := ansi.Strip(b.Render(th)); got != "     end\n        " {
		t.Errorf("got %q", got)
	}
}

// Whatever is written, every row is as wide as the screen and holds no control character but our own sequences.
func TestNothingOverflows(t *testing.T) {
	for _, th := range []*theme.Theme{theme.New(true, false), theme.New(false, true)} {
		rapid.Check(t, func(t *rapid.T) {
			b := New(rapid.IntRange(1, 30).Draw(t, "w"), rapid.IntRange(1, 4).Draw(t, "h"))
			for range 6 {
				s := rapid.OneOf(rapid.String(), rapid.StringOf(rapid.RuneFrom([]rune("日a\x1b[2J\u200d👩é\u0301\u202e\u009b")))).Draw(t, "s")
				b.Put(rapid.IntRange(-3, 30).Draw(t, "x"), rapid.IntRange(-1, 4).Draw(t, "y"), rapid.IntRange(-1, 30).Draw(t, "n"), s,
					theme.In(theme.Ink(rapid.IntRange(0, 7).Draw(t, "ink"))))
			}
			out := b.Render(th)
			for i, row := range strings.Split(out, "\n") {
				plain := ansi.Strip(row)
				if strings.ContainsFunc(plain, func(r rune) bool { return r < 0x20 || r >= 0x7f && r < 0xa0 }) {
					t.Fatalf("row %d holds a control character: %q", i, plain)
				}
				if n := ansi.StringWidth(row); n != b.W {
					t.Fatalf("row %d is %d wide, want %d: %q", i, n, b.W, row)
				}
				if th.ASCII && strings.ContainsFunc(plain, func(r rune) bool { return r > 0x7e }) {
					t.Fatalf("row %d is not ASCII: %q", i, plain)
				}
			}
		})
	}
}

// What is rendered again is what a new screen would be, whatever was on it before.
func TestRenderAgain(t *testing.T) {
	dark, light := theme.New(true, false), theme.New(false, false)
	b := New(12, 3)
	for i, draw := range []func(*Buffer){
		func(b *Buffer) { b.Put(0, 0, 12, "one", theme.In(theme.OK)) },
		func(b *Buffer) { b.Put(3, 2, 9, "界two", theme.In(theme.Failed)) },
		func(b *Buffer) { b.Put(0, 0, 12, "one", theme.In(theme.OK).With(theme.Bold)) },
		func(*Buffer) {},
		func(b *Buffer) { b.Clear() },
	} {
		draw(b)
		for _, th := range []*theme.Theme{dark, light} {
			other := New(12, 3)
			copy(other.cells, b.cells)
			if got, want := b.Render(th), other.Render(th); got != want {
				t.Errorf("step %d: %q, want %q", i, got, want)
			}
		}
	}
}
