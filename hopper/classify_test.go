package hopper

import (
	_ "embed"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
)

//go:embed testdata/intents.tsv
var labelledFile string

type labelled struct {
	part     string
	priority Priority
	kind     string
	intent   string
}

func labelledIntents(t testing.TB) []labelled {
	t.Helper()
	var out []labelled
	for i, line := range strings.Split(labelledFile, "\n") {
		if line == "" || line[0] == '#' {
			continue
		}
		f := strings.Split(line, "\t")
		if len(f) != 4 || f[0] != "tune" && f[0] != "held" {
			t.Fatalf("intents.tsv:%d: not four columns", i+1)
		}
		p, err := ParsePriority(f[1])
		if err != nil {
			t.Fatalf("intents.tsv:%d: %v", i+1, err)
		}
		out = append(out, labelled{f[0], p, strings.TrimPrefix(f[2], "-"), f[3]})
	}
	return out
}

// known are the names of the mesh that the labelled intents speak of.
var known = Known{
	Models: []string{"llama3.1:70b", "llama3.2:3b", "nomic-embed-text", "qwen2.5-coder:7b", "whisper-large-v3"},
	Nodes:  []string{"alice-gpu", "bob-cpu", "lex-2", "pub-3f9a"},
}

type tally struct{ right, of int }

func (a *tally) add(ok bool) {
	a.of++
	if ok {
		a.right++
	}
}

func (a tally) share() float64 { return 100 * float64(a.right) / float64(max(a.of, 1)) }

func (a tally) String() string { return fmt.Sprintf("%.1f %% (%d of %d)", a.share(), a.right, a.of) }

// The floors are a little under what was reached when the weights were finished: 88.6 % and 88.6 % on the held-out part.
// Two held-out parts of before, which are in "tune" now, were first met with 88.8 % and 82.2 %, and, written to avoid the
// words of the weights, with 81.1 % and 63.1 %.
func TestAccuracy(t *testing.T) {
	for _, part := range []struct {
		name                 string
		least                int // intents
		priority, kind, each float64
	}{
		{"tune", 160, 97, 95, 97},
		{"held", 80, 86, 86, 75},
	} {
		var priority, kind tally
		each, confidence := map[Priority]*tally{}, map[int]*tally{}
		for _, l := range labelledIntents(t) {
			if l.part != part.name {
				continue
			}
			c := Classify(l.intent, known)
			right := c.Priority == l.priority
			priority.add(right)
			kind.add(c.Affinity.Kind == l.kind)
			at(each, l.priority).add(right)
			at(confidence, c.Confidence).add(right)
			if !right || c.Affinity.Kind != l.kind {
				t.Logf("%s: %s %q with 0.%02d, not %s %q: %s", part.name, c.Priority, c.Affinity.Kind, c.Confidence, l.priority, l.kind, l.intent)
			}
		}
		t.Logf("%s: %d intents, priority right %s, kind right %s", part.name, priority.of, priority, kind)
		if priority.of < part.least || priority.share() < part.priority || kind.share() < part.kind {
			t.Errorf("%s: %d intents, priority right %s, kind right %s; want %d, %.0f %% and %.0f %%",
				part.name, priority.of, priority, kind, part.least, part.priority, part.kind)
		}
		for _, p := range []Priority{Urgent, Normal, Background} {
			t.Logf("%s: of those that are %s %s", part.name, p, at(each, p))
			if at(each, p).share() < part.each {
				t.Errorf("%s: of those that are %s only %s are right", part.name, p, at(each, p))
			}
		}
		for _, conf := range slices.Sorted(maps.Keys(confidence)) {
			t.Logf("%s: of those with confidence 0.%02d %s", part.name, conf, confidence[conf])
		}
	}
}

// Who is surer is right more often, on intents that no weight was tuned on.
func TestConfidenceMeansSomething(t *testing.T) {
	var low, middle, high tally
	for _, l := range labelledIntents(t) {
		if l.part != "held" {
			continue
		}
		c := Classify(l.intent, known)
		bucket := &middle
		switch {
		case c.Confidence < 80:
			bucket = &low
		case c.Confidence >= 89:
			bucket = &high
		}
		bucket.add(c.Priority == l.priority)
	}
	t.Logf("below 0.80 %s, below 0.89 %s, from 0.89 on %s", low, middle, high)
	if low.of == 0 || high.of == 0 || low.share() >= middle.share() || middle.share() >= high.share() {
		t.Error("the accuracy does not rise with the confidence")
	}
}

func at[K comparable](m map[K]*tally, k K) *tally {
	if m[k] == nil {
		m[k] = &tally{}
	}
	return m[k]
}
