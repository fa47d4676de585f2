package hopper

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"
)

func TestSplit(t *testing.T) {
	for in, want := range map[string]string{
		"Fix the build!":     "fix the build",
		"don't / don’t":      "dont dont",
		"re-embed docs/*.md": "re embed docs md",
		"NOW!!! please!":     "now !! please",
		"至急fix":              "至 急 fix",
		"Größe ÄB":           "größe äb",
		"\x00\xff a\u200bb":  "a b",
		"":                   "",
	} {
		var got []string
		for _, w := range split(in) {
			got = append(got, w.text)
		}
		if s := strings.Join(got, " "); s != want {
			t.Errorf("split(%q) is %q, want %q", in, s, want)
		}
	}
	if w := split("a, b. c d"); w[0].clause == w[1].clause || w[2].clause != w[3].clause {
		t.Errorf("the clauses of %v", w)
	}
	if w := split(strings.Repeat("ß", 1000)); len(w) != 1 || len(w[0].text) > maxWord+utf8.UTFMax {
		t.Errorf("a long word has %d bytes", len(w[0].text))
	}
}

func TestUnquote(t *testing.T) {
	for in, want := range map[string]string{
		`translate "it is urgent" to French`: "translate   to French",
		"„sofort“ und «urgent»":              "  und  ",
		"say `now` and 「今」 twice":            "say   and   twice",
		`"all of it"`:                        `"all of it"`,
		`5" disk is full`:                    `5" disk is full`,
		"it's the host's":                    "it's the host's",
	} {
		if got := unquote(in); got != want {
			t.Errorf("unquote(%q) is %q, want %q", in, got, want)
		}
	}
}

func TestAPhraseIsTheLongestAndTheExactOne(t *testing.T) {
	w, err := parseWeights("set\t1\tdecide\nurgent\t1\tnow,test*,test the thing*,in # days\nnormal\t0\ttest run,now button\n")
	if err != nil {
		t.Fatal(err)
	}
	for in, want := range map[string]string{
		"tests":                "test*",
		"testing the things":   "test*",
		"test the things":      "test the thing*",
		"test run":             "test run",
		"test, run":            "test*",
		"in 3 days":            "in # days",
		"in three days":        "",
		"the now button":       "now button",
		"now, button now":      "now",
		"te":                   "",
		"now button test runs": "now button, test*",
	} {
		var got []string
		w.walk(w.priority, split(in), func(f *feature, _ bool) { got = append(got, f.phrase) })
		if s := strings.Join(got, ", "); s != want {
			t.Errorf("the phrases of %q are %q, want %q", in, s, want)
		}
	}
}

func TestBadWeightsAreRefused(t *testing.T) {
	for _, file := range []string{
		"urgent\t1", "urgent\tx\tnow", "urgent\t-1\tnow", "urgent\t101\tnow", "nobody\t1\tnow", "set\t1\tnothing", "urgent\t1\tNow",
		"urgent\t1\tnow,now", "urgent\t1\t", "urgent\t1\tt*", "not\t-\tdon't", "confidence\turgent\t101", "confidence\tfoo\t1", "urgent\t1\ta-b",
	} {
		if _, err := parseWeights(file); err == nil {
			t.Errorf("%q is taken", file)
		}
	}
	w, err := parseWeights(weightsFile)
	if err != nil || w.decide == 0 || w.kindAt == 0 || w.silent == 0 || w.learnBelow <= w.silent {
		t.Fatalf("the weights: %v, %+v", err, w)
	}
	for p, list := range w.confidence {
		if !slices.IsSorted(list) {
			t.Errorf("the confidence of %s falls with the margin: %v", p, list)
		}
	}
}

func TestNamesInAnIntent(t *testing.T) {
	k := Known{
		Models: []string{"llama3.2:3b", "llama3.2:1b", "llama3.1:70b", "mistral", "org/model:q4"},
		Nodes:  []string{"bob-cpu", "bob", "alice gpu", "n-4fe2", "", "bob", "Grün"},
	}
	for in, want := range map[string]string{
		"use llama3.2 for it":              "[llama3.2:3b llama3.2:1b] []",
		"use llama3.2:3b, please":          "[llama3.2:3b] []",
		"LLAMA3.1:70B.":                    "[llama3.1:70b] []",
		"llama3.2:70b":                     "[] []",
		"llama3":                           "[] []",
		"mistral's answer":                 "[mistral] []",
		"mistrals":                         "[] []",
		"org/model on n-4fe2":              "[org/model:q4] [n-4fe2]",
		"on bob-cpu":                       "[] [bob-cpu]",
		"on bob":                           "[] [bob]",
		"on alice gpu or grün":             "[] [alice gpu Grün]",
		"on alice-gpu":                     "[] []",
		"not on bob, but with mistral":     "[] []",
		"anywhere but bob-cpu, rather bob": "[] [bob]",
		`the model "mistral"`:              "[mistral] []",
	} {
		c := Classify(in, k)
		if got := fmt.Sprint(c.Affinity.Models, c.Affinity.Nodes); got != want {
			t.Errorf("%q names %s, want %s", in, got, want)
		}
	}
}

func TestWhatTurnsOverAPriority(t *testing.T) {
	for in, want := range map[string]Priority{
		"deploy it now":                        Urgent,
		"not urgent, deploy it":                Background,
		"this is not an emergency":             Normal,
		"no rush":                              Background,
		"don't wait":                           Urgent,
		"it is not urgent":                     Background,
		"don't do it at night":                 Normal,
		"urgent urgent urgent urgent":          Urgent,
		"urgent, but when idle":                Normal,
		"add the urgent badge":                 Normal,
		`translate "drop everything"`:          Normal,
		`"drop everything and fix the build"`:  Urgent,
		"isn't that an emergency? no, no rush": Background,
	} {
		if c := Classify(in, Known{}); c.Priority != want {
			t.Errorf("%q is %s, want %s", in, c.Priority, want)
		}
	}
}

func FuzzClassify(f *testing.F) {
	for _, s := range []string{"", "fix it now", "\"`“", "not not not urgent", "\xff!!\x00", "至急, no rush!", "in # minutes 5 5 5", strings.Repeat("a ", 9000)} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		c := Classify(s, known)
		if c.Priority != Background && c.Priority != Normal && c.Priority != Urgent || c.Confidence < 0 || c.Confidence > 100 {
			t.Errorf("%q is %+v", s, c)
		}
		if again := Classify(s, known); fmt.Sprint(again) != fmt.Sprint(c) {
			t.Errorf("%q is %+v, and then %+v", s, c, again)
		}
		_, _ = ParseSuggestion(s)
		if w := lessonWords(s); !slices.IsSorted(strings.Fields(w)) {
			t.Errorf("%q teaches %q", s, w)
		}
	})
}

// What stands behind the first 16 KiB, and how often a word is said, does not count.
func TestRepetitionCountsOnce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l := rapid.SampledFrom([]string{"fix the build", "caption photos when idle", "urgent: disk is full", "not urgent"}).Draw(t, "intent")
		n := rapid.IntRange(2, 4000).Draw(t, "times")
		a, b := Classify(l, Known{}), Classify(strings.Repeat(l+"; ", n), Known{})
		if a.Priority != b.Priority || a.Confidence != b.Confidence {
			t.Fatalf("%q said %d times is %+v, once %+v", l, n, b, a)
		}
	})
}
