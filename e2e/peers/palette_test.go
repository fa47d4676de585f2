package peers

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/sahilm/fuzzy"

	"voxmesh/tui/palette/match"
)

// entries is how many things the palette of a large mesh lists.
const entries = 100_000

// typed are the queries; each is typed letter by letter, and every keystroke is a search.
var typed = []string{"drain", "killgpu", "r-18ff", "alert", "replayqueue", "pausenode"}

// paletteEntries makes entries of about 45 bytes: acts on nodes and jobs, runs with their titles.
func paletteEntries() []string {
	rng := rand.New(rand.NewPCG(7, 42))
	verbs := []string{"drain", "kill", "pause", "replay", "revoke", "cap", "send to", "open"}
	names := []string{"alice", "bob", "atlas", "lex", "pub", "mira", "nova", "orion", "quark", "sable", "tundra", "vega"}
	kinds := []string{"gpu", "cpu", "nas", "mini", "studio", "rack", "pi", "laptop"}
	words := []string{
		"alert", "queue", "render", "nightly", "index", "docs", "embed", "photos", "summary", "backup", "model", "eval",
		"transcribe", "podcast", "build", "release", "ledger", "sort", "tiles", "weather",
	}
	pick := func(from []string) string { return from[rng.IntN(len(from))] }
	out := make([]string, entries)
	for i := range out {
		switch i % 3 {
		case 0:
			out[i] = fmt.Sprintf("%s %s-%s-%04x  %s %s jobs now", pick(verbs), pick(names), pick(kinds), rng.IntN(1<<16), pick(words), pick(words))
		case 1:
			out[i] = fmt.Sprintf("r-%04x  %s the %s %s for %s-%s", rng.IntN(1<<16), pick(words), pick(words), pick(words), pick(names), pick(kinds))
		default:
			out[i] = fmt.Sprintf("%s j-%06x  %s %s on %s-%s-%02x", pick(verbs), rng.IntN(1<<24), pick(words), pick(words), pick(names), pick(kinds), rng.IntN(256))
		}
	}
	return out
}

func newFinder(texts []string) *match.Finder {
	items := make([]match.Item, len(texts))
	for i, t := range texts {
		items[i].Text = t
	}
	return match.NewFinder(match.New(items))
}

// keystrokes are the queries as they grow.
func keystrokes() []string {
	var out []string
	for _, q := range typed {
		for i := range q {
			out = append(out, q[:i+1])
		}
	}
	return out
}

// TestPaletteFindsTheSame compares the number of hits at every keystroke, and that the hits that are shown are among
// those of the peer.
func TestPaletteFindsTheSame(t *testing.T) {
	texts := paletteEntries()
	f := newFinder(texts)
	size := 0
	for _, s := range texts {
		size += len(s)
	}
	t.Logf("%d entries of %d bytes on average", len(texts), size/len(texts))
	for _, q := range keystrokes() {
		peer := fuzzy.FindNoSort(q, texts)
		got, err := f.Find(t.Context(), q, 0, len(texts))
		if err != nil {
			t.Fatal(err)
		}
		if got.Total != len(peer) {
			t.Errorf("%q: %d hits, the peer has %d", q, got.Total, len(peer))
		}
		theirs := map[int]bool{}
		for _, m := range peer {
			theirs[m.Index] = true
		}
		for _, h := range got.Best {
			if !theirs[h.At] {
				t.Errorf("%q: %q is no hit of the peer", q, texts[h.At])
			}
		}
	}
}

// BenchmarkPalette times each keystroke of the queries with the palette's matcher and with the peer, in turns, so that
// a slow moment of the machine meets both.
//
//	go test -run '^$' -bench Palette -benchtime 5x
func BenchmarkPalette(b *testing.B) {
	texts := paletteEntries()
	keys := keystrokes()
	f := newFinder(texts)
	var ours, theirs []time.Duration
	for b.Loop() {
		for _, q := range keys {
			begin := time.Now()
			if _, err := f.Find(b.Context(), q, 0, len(texts)); err != nil {
				b.Fatal(err)
			}
			ours = append(ours, time.Since(begin))
			begin = time.Now()
			fuzzy.Find(q, texts)
			theirs = append(theirs, time.Since(begin))
		}
	}
	ms := func(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
	b.ReportMetric(0, "ns/op") // of both together: says nothing
	b.ReportMetric(ms(share(ours, 50)), "p50-ms")
	b.ReportMetric(ms(share(ours, 99)), "p99-ms")
	b.ReportMetric(ms(share(theirs, 50)), "peer-p50-ms")
	b.ReportMetric(ms(share(theirs, 99)), "peer-p99-ms")
	b.ReportMetric(float64(share(theirs, 50))/float64(max(share(ours, 50), 1)), "x-p50")
}

func share(d []time.Duration, percent int) time.Duration {
	slices.Sort(d)
	return d[min(len(d)*percent/100, len(d)-1)]
}
