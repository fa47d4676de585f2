package hopper

import (
	_ "embed"
	"fmt"
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

func (a tally) String() string {
	return fmt.Sprintf("%5.1f %% (%d of %d)", 100*float64(a.right)/float64(max(a.of, 1)), a.right, a.of)
}

func TestAccuracy(t *testing.T) {
	if errWeights != nil {
		t.Fatal(errWeights)
	}
	parts := map[string]map[string]*tally{"tune": {}, "held": {}}
	buckets := map[string]map[int]*tally{"tune": {}, "held": {}}
	for _, l := range labelledIntents(t) {
		c := Classify(l.intent, known)
		for _, k := range []string{"priority", "priority of " + l.priority.String() + " ones"} {
			if parts[l.part][k] == nil {
				parts[l.part][k] = &tally{}
			}
			parts[l.part][k].add(c.Priority == l.priority)
		}
		if parts[l.part]["kind"] == nil {
			parts[l.part]["kind"] = &tally{}
		}
		parts[l.part]["kind"].add(c.Affinity.Kind == l.kind)
		if buckets[l.part][c.Confidence] == nil {
			buckets[l.part][c.Confidence] = &tally{}
		}
		buckets[l.part][c.Confidence].add(c.Priority == l.priority)
		if l.part == "tune" && (c.Priority != l.priority || c.Affinity.Kind != l.kind) {
			t.Logf("tune: %s/%s not %s/%s (%d): %s", c.Priority, c.Affinity.Kind, l.priority, l.kind, c.Confidence, l.intent)
		}
	}
	for _, part := range []string{"tune", "held"} {
		for k, v := range parts[part] {
			t.Logf("%s: %-28s %s", part, k, v)
		}
		for conf := 0; conf <= 100; conf++ {
			if b := buckets[part][conf]; b != nil {
				t.Logf("%s: confidence %d %s", part, conf, b)
			}
		}
	}
}
