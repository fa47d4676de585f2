package cell

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/charmbracelet/x/ansi"
	"pgregory.net/rapid"

	"voxmesh/mesh/clean"
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
			other.words = b.words
			if got, want := b.Render(th), other.Render(th); got != want {
				t.Errorf("step %d: %q, want %q", i, got, want)
			}
		}
	}
}

// What is written without a look at clusters is what a look would find: one column wide, safe, and alone.
func TestPlain(t *testing.T) {
	for r := rune(0); r < 0x30000; r++ {
		s := string(r)
		_, n := plain(s)
		if n == 0 {
			continue
		}
		for _, before := range []string{"", "a", "é", "─", "⠿", "…", "→", "●"} {
			cluster, w := ansi.FirstGraphemeCluster(before+s+"a", ansi.GraphemeWidth)
			if before == "" {
				before = s
			}
			if cluster != before || w != 1 || clean.Line(s).String() != s || ansi.StringWidth(s) != 1 {
				t.Fatalf("%U after %q is not plain: %q is %d wide", r, before, cluster, w)
			}
		}
	}
	for _, s := range []string{"e\u0301", "é\u0301", "─\u200d", "\x1b", "\u00ad", "\x80", "日", "👩", "a\u200d", "●\ufe0f", "\u0600a"} {
		if g, n := plain(s); n != 0 {
			t.Errorf("%q is plain: %v", s, g)
		}
	}
}

// However text comes, it stands as its clusters say: plain text is only a faster way there.
func TestPutIsPutClusters(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.StringOf(rapid.OneOf(rapid.Rune(), rapid.RuneFrom([]rune("ab é─●⠿…→\u0301\u200d\ufe0f日👩🏽\x1b\n\u202e\u009b")))).Draw(t, "s")
		x, n := rapid.IntRange(-2, 9).Draw(t, "x"), rapid.IntRange(0, 12).Draw(t, "n")
		a, b := New(10, 1), New(10, 1)
		for _, buf := range []*Buffer{a, b} {
			buf.Put(0, 0, 10, "日日日日日", theme.Style{})
		}
		at := a.Put(x, 0, n, s, theme.In(theme.OK))
		want := x
		if s != "" {
			want = b.putClusters(x, 0, min(x+n, b.W), clean.Line(s).String(), theme.In(theme.OK))
		}
		if at != want {
			t.Fatalf("%q ends at %d, want %d", s, at, want)
		}
		for i := range 10 {
			if a.At(i, 0) != b.At(i, 0) {
				t.Fatalf("%q: cell %d is %v, want %v", s, i, a.At(i, 0), b.At(i, 0))
			}
		}
		if w, want := Width(clean.Line(s).String()), ansi.StringWidth(clean.Line(s).String()); w != want {
			t.Fatalf("%q is %d wide, want %d", s, w, want)
		}
	})
}

// A text that is made of ever new clusters fills no memory, and what is drawn after it is as it should be.
func TestWordsEnd(t *testing.T) {
	th := theme.New(true, false)
	b := New(4, 1)
	for i := range wordsMost + 10 {
		b.Put(0, 0, 4, "e"+string(rune(0x300+i%0x70))+string(rune(0x300+i/0x70%0x70))+string(rune(0x300+i/0x70/0x70)), theme.Style{})
	}
	if len(b.words.all) > wordsMost {
		t.Errorf("%d words", len(b.words.all))
	}
	if got := b.Render(th); got != "\ufffd   " {
		t.Errorf("got %q", got)
	}
	b.Clear()
	b.Put(0, 0, 4, "e\u0301x", theme.Style{})
	if got := b.Render(th); got != "e\u0301x  " || len(b.words.all) != 1 {
		t.Errorf("got %q of %d words", got, len(b.words.all))
	}
}

// BenchmarkPut writes a screen of 200×60 in rows as the console has them, and renders it: same, where nothing changed,
// row, where one did, and all.
//
//	go test ./tui/cell -run '^$' -bench Put
func BenchmarkPut(b *testing.B) {
	th := theme.New(true, false)
	for _, what := range []string{"same", "row", "all"} {
		b.Run(what, func(b *testing.B) {
			buf := New(200, 60)
			i := 0
			b.ReportAllocs()
			for b.Loop() {
				i++
				buf.Clear()
				for y := range buf.H {
					st := theme.In(theme.Second)
					if what == "all" && i%2 == 0 || what == "row" && i%2 == 0 && y == 7 {
						st = theme.In(theme.Third)
					}
					for x := 0; x < buf.W; x += 40 {
						at := buf.Put(x, y, 40, " ● node-0001      PAIRED  online  ", st)
						buf.Put(at, y, 6, "▓▓▓░░░", theme.In(theme.OK))
					}
				}
				buf.Render(th)
			}
		})
	}
}

// A screen that is put onto another stands there as it was, as far as it fits.
func TestPaste(t *testing.T) {
	th := theme.New(true, false)
	from := New(6, 2)
	from.Put(0, 0, 6, "a日e\u0301─", theme.In(theme.OK))
	from.Put(4, 1, 2, "界", theme.Style{})
	for _, c := range []struct {
		x, y int
		want string
	}{
		{1, 1, "xxxxxxx\nxa日e\u0301─ \nx    界"},
		{-2, 0, " e\u0301─ xxx\n  界xxx\nxxxxxxx"},
		{2, -1, "xx     \nxxxxxxx\nxxxxxxx"},
		{9, 9, "xxxxxxx\nxxxxxxx\nxxxxxxx"},
	} {
		b := New(7, 3)
		b.Fill(0, 0, 7, 3, "x", theme.Style{})
		b.Paste(c.x, c.y, from)
		got := ansi.Strip(b.Render(th))
		if got != c.want {
			t.Errorf("at %d, %d: %q, want %q", c.x, c.y, got, c.want)
		}
		for i, row := range strings.Split(got, "\n") {
			if ansi.StringWidth(row) != 7 {
				t.Errorf("at %d, %d: row %d is %q", c.x, c.y, i, row)
			}
		}
	}
}

// A sign stands as the text of which it was made would, and what is not one sign is none.
func TestSigns(t *testing.T) {
	th := theme.New(true, false)
	a, b := New(6, 1), New(6, 1)
	a.Put(0, 0, 6, "日日日", theme.Style{})
	b.Put(0, 0, 6, "日日日", theme.Style{})
	for x, s := range []string{"●", "x", " ", "⠿", "é"} {
		st := theme.In(theme.OK)
		sign, ok := SignOf(s, st)
		r, _ := utf8.DecodeRuneInString(s)
		other, okToo := SignOfRune(r, st)
		if !ok || !okToo || sign != other {
			t.Errorf("%q is no sign: %x, %x", s, sign, other)
		}
		a.Set(x, 0, sign.With(theme.Bold))
		b.Put(x, 0, 1, s, st.With(theme.Bold))
		if got, want := a.Render(th), b.Render(th); got != want {
			t.Errorf("%q: %q, want %q", s, got, want)
		}
	}
	for _, at := range [][2]int{{-1, 0}, {6, 0}, {0, -1}, {0, 1}} {
		a.Set(at[0], at[1], 0)
	}
	if got, want := a.Render(th), b.Render(th); got != want {
		t.Errorf("outside: %q, want %q", got, want)
	}
	for _, s := range []string{"", "\x1b", "日", "ab", "e\u0301", "\u200d", "\x80", "\x7f"} {
		if _, ok := SignOf(s, theme.Style{}); ok {
			t.Errorf("%q is a sign", s)
		}
		if r, n := utf8.DecodeRuneInString(s); n == len(s) && n > 0 && r != utf8.RuneError {
			if _, ok := SignOfRune(r, theme.Style{}); ok {
				t.Errorf("%q is a sign as a rune", s)
			}
		}
	}
}

// A mark that takes room of its own has no letter before it where a text begins with it.
func TestMarksWithoutALetter(t *testing.T) {
	b := New(4, 1)
	b.Put(1, 0, 3, "\u0903a", theme.Style{})
	if got := b.At(1, 0).S + b.At(2, 0).S; got != "\ufffda" {
		t.Errorf("the cells hold %q", got)
	}
}
