package match

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/junegunn/fzf/src/algo"
	"github.com/junegunn/fzf/src/util"
	"go.uber.org/goleak"
	"pgregory.net/rapid"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func of(texts ...string) *Set {
	items := make([]Item, len(texts))
	for i, t := range texts {
		items[i] = Item{strings.TrimPrefix(t, "!"), strings.HasPrefix(t, "!")}
	}
	return New(items)
}

// find gives what a query finds, best first.
func find(t testing.TB, s *Set, q string) (int, []string) {
	t.Helper()
	r, err := NewFinder(s).Find(context.Background(), q, 0, s.Len())
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, h := range r.Best {
		out = append(out, s.texts[h.At])
	}
	return r.Total, out
}

func TestFind(t *testing.T) {
	acts := []string{
		"kill alice-gpu", "drain alice-gpu", "drain aurelia", "!drain atlas-nas", "alice-gpu", "r-18ff drain alert queue",
		"r-19a0 Alpha Drain", "r-1a00 Größe über alles", "add a node",
	}
	for _, tc := range []struct {
		q    string
		want []string
	}{
		// What begins with the first word comes first, what can't be done last among equals.
		{"drain al", []string{"drain alice-gpu", "drain aurelia", "drain atlas-nas", "r-18ff drain alert queue", "r-19a0 Alpha Drain"}},
		{"alice", []string{"alice-gpu", "kill alice-gpu", "drain alice-gpu"}},
		{"gpu kill", []string{"kill alice-gpu"}}, // in whatever order
		{"18ff", []string{"r-18ff drain alert queue"}},
		{"KILL", []string{"kill alice-gpu"}}, // in any case
		{"Drain Al", []string{"drain alice-gpu", "r-19a0 Alpha Drain", "drain aurelia", "drain atlas-nas", "r-18ff drain alert queue"}},
		{"GRÖSSE", nil},
		{"größe", []string{"r-1a00 Größe über alles"}},
		{"GRÖ", []string{"r-1a00 Größe über alles"}},
		{"üb", []string{"r-1a00 Größe über alles"}},
		{"é", nil},
		{"nodes", nil},
		{"zzz", nil},
	} {
		n, got := find(t, of(acts...), tc.q)
		if !slices.Equal(got, tc.want) || n != len(tc.want) {
			t.Errorf("%q finds %d: %q\nwant %q", tc.q, n, got, tc.want)
		}
	}
}

// Equal ones stay in the order of the set, and no more than Best of them are given, however many there are.
func TestOrderIsStable(t *testing.T) {
	var texts []string
	for range 3 * split {
		texts = append(texts, "kill node")
	}
	s := of(texts...)
	f := NewFinder(s)
	for _, q := range []string{"", "k", "ki", "kill", "kill n", "kn", "kn z"} {
		r, err := f.Find(t.Context(), q, 0, s.Len())
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(q, "z") {
			if r.Total != 0 || len(r.Best) != 0 {
				t.Errorf("%q finds %d", q, r.Total)
			}
			continue
		}
		if r.Total != len(texts) || len(r.Best) != Best {
			t.Fatalf("%q finds %d, gives %d", q, r.Total, len(r.Best))
		}
		for i, h := range r.Best {
			if h.At != i {
				t.Fatalf("%q: place %d has the text %d", q, i, h.At)
			}
		}
	}
}

func TestParts(t *testing.T) {
	s := of("kill a", "kill b", "r-1 kill", "r-2 kill")
	f := NewFinder(s)
	for _, tc := range []struct {
		q        string
		from, to int
		want     []int
	}{
		{"kill", 0, 2, []int{0, 1}},
		{"kill", 2, 4, []int{2, 3}}, // the same words in another part are looked for anew
		{"", 2, 4, []int{2, 3}},
		{"kill", 0, 4, []int{0, 1, 2, 3}},
		{"kill", -7, 99, []int{0, 1, 2, 3}},
		{"kill", 3, 3, nil},
		{"kill", 3, 1, nil},
		{"", 3, 1, nil},
	} {
		r, err := f.Find(t.Context(), tc.q, tc.from, tc.to)
		if err != nil {
			t.Fatal(err)
		}
		var got []int
		for _, h := range r.Best {
			got = append(got, h.At)
		}
		if !slices.Equal(got, tc.want) || r.Total != len(tc.want) {
			t.Errorf("%q in [%d, %d) finds %v, want %v", tc.q, tc.from, tc.to, got, tc.want)
		}
	}
}

// A search that was called off leaves nothing behind that the next one would trust.
func TestCalledOff(t *testing.T) {
	s := of("kill a", "drain b", "drain c")
	f := NewFinder(s)
	if _, err := f.Find(t.Context(), "d", 0, 3); err != nil {
		t.Fatal(err)
	}
	off, stop := context.WithCancel(t.Context())
	stop()
	if _, err := f.Find(off, "dr", 0, 3); !errors.Is(err, context.Canceled) {
		t.Errorf("a search that was called off gives %v", err)
	}
	r, err := f.Find(t.Context(), "dra", 0, 3)
	if err != nil || r.Total != 2 {
		t.Errorf("after it, %d of 2 are found: %v", r.Total, err)
	}
}

// plainly is the whole rule without any of what makes it fast.
func plainly(items []Item, text string) Result {
	words := strings.Fields(text)
	slab := util.MakeSlab(slab16, slab32)
	var r Result
	for i, it := range items {
		chars := util.ToChars([]byte(strings.ToLower(it.Text)))
		score, fits := 0, true
		for _, w := range words {
			m, _ := algo.FuzzyMatchV2(true, false, true, &chars, []rune(strings.ToLower(w)), false, slab)
			fits = fits && m.Start >= 0
			score += m.Score
			if w != strings.ToLower(w) && strings.Contains(it.Text, w) {
				score += forCapital
			}
		}
		if len(words) > 0 && strings.HasPrefix(strings.ToLower(it.Text), strings.ToLower(words[0])) {
			score += forPrefix
		}
		if it.Last && len(words) > 0 {
			score -= forLast
		}
		if fits {
			r.Total++
			r.Best = append(r.Best, Hit{i, score})
		}
	}
	slices.SortStableFunc(r.Best, func(a, b Hit) int { return cmp.Compare(b.Score, a.Score) })
	r.Best = r.Best[:min(len(r.Best), Best)]
	return r
}

// Letters that make many hits and many near misses; the upper-case ones have one lower-case form.
var letters = []rune("abAB1- ./:éÉ日ß")

// Whatever is typed, erased and typed again, the answer is that of the whole rule: narrowing, masks, two cores and what
// is not scored change nothing.
func TestFastIsRight(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringOfN(rapid.SampledFrom(letters), 0, 14, -1)
		some := rapid.SliceOfN(text, 1, 20).Draw(t, "texts")
		var items []Item
		n := rapid.SampledFrom([]int{7, 90, 2*split + 5}).Draw(t, "n")
		rng := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 1))
		for range n {
			items = append(items, Item{some[rng.IntN(len(some))], rng.IntN(4) == 0})
		}
		s := New(items)
		f := NewFinder(s)
		q := ""
		for range rapid.IntRange(1, 8).Draw(t, "keys") {
			if rapid.IntRange(0, 5).Draw(t, "back") == 0 && q != "" {
				_, size := utf8.DecodeLastRuneInString(q)
				q = q[:len(q)-size]
			} else {
				q += string(rapid.SampledFrom(letters).Draw(t, "letter"))
			}
			got, err := f.Find(context.Background(), q, 0, len(items))
			if err != nil {
				t.Fatal(err)
			}
			want := plainly(items, q)
			if got.Total != want.Total || !slices.Equal(got.Best, want.Best) {
				t.Fatalf("%q among %q:\n%d %v\nwant\n%d %v", q, some, got.Total, got.Best, want.Total, want.Best)
			}
		}
	})
}

// Narrowing itself: a query that grew is answered as by a finder that never heard of it.
func TestNarrowing(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	var texts []string
	for range 5000 {
		texts = append(texts, fmt.Sprintf("%s node-%x %d", []string{"kill", "drain", "pause", "r-18"}[rng.IntN(4)], rng.IntN(4096), rng.IntN(9)))
	}
	s := of(texts...)
	f := NewFinder(s)
	for _, q := range []string{"d", "dr", "drn", "drn 1", "drn 1f", "drn 1f 3", "k 1f 3", "k", "ki", "k", "kx", "node", "node a", "Node a"} {
		got, err := f.Find(t.Context(), q, 0, s.Len())
		if err != nil {
			t.Fatal(err)
		}
		want, err := NewFinder(s).Find(t.Context(), q, 0, s.Len())
		if err != nil {
			t.Fatal(err)
		}
		if got.Total != want.Total || !slices.Equal(got.Best, want.Best) {
			t.Errorf("%q: %d %v, from scratch %d %v", q, got.Total, got.Best, want.Total, want.Best)
		}
	}
}

func FuzzFind(f *testing.F) {
	f.Add("drain alice", "dral")
	f.Add("\xff\xfe kaputt", "\xff")
	f.Add("İstanbul ẞ", "i\u0307 ß")
	f.Fuzz(func(t *testing.T, text, q string) {
		text, q = strings.ToValidUTF8(text, "?"), strings.ToValidUTF8(q, "?") // else the two could make one letter together
		s := New([]Item{{Text: text}, {Text: q}, {Text: text + q, Last: true}})
		r, err := NewFinder(s).Find(t.Context(), q, 0, s.Len())
		if err != nil || r.Total != len(r.Best) {
			t.Fatalf("%q in %q: %v %v", q, text, r, err)
		}
		if r.Total < 2 {
			t.Fatalf("%q does not find itself: %v", q, r)
		}
	})
}

func BenchmarkFind(b *testing.B) {
	rng := rand.New(rand.NewPCG(7, 42))
	items := make([]Item, 100_000)
	for i := range items {
		items[i].Text = fmt.Sprintf("%s node-%04x the nightly render of %d queue", []string{"kill", "drain", "pause", "r-18"}[rng.IntN(4)], rng.IntN(65536), rng.IntN(999))
	}
	b.Run("new", func(b *testing.B) {
		for b.Loop() {
			New(items)
		}
	})
	f := NewFinder(New(items))
	for _, n := range []int{5000, len(items)} {
		b.Run(fmt.Sprintf("keystroke of %d", n), func(b *testing.B) {
			const q = "drain render"
			for i := 0; b.Loop(); i++ {
				if _, err := f.Find(b.Context(), q[:i%len(q)+1], 0, n); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
