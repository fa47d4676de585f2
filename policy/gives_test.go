package policy

import (
	"strings"
	"testing"

	"voxmesh/policy/syntax"
)

// What a host is told must let everybody through whom Decide would let through.
func TestMostForIsWhatSomebodyOfTheMeshGets(t *testing.T) {
	for _, c := range []struct {
		name, body string
		nsfw       bool
		least      uint8
	}{
		{"no overrides", `min_priority: 5`, false, 5},
		{"a peer of it gets more", `min_priority: 5 per_peer_overrides: [ { peer: "bo@lex", nsfw_allowed: true, min_priority: 2 } ]`, true, 2},
		{"a peer of it gets less", `min_priority: 5 nsfw_allowed: true per_peer_overrides: [ { peer: "bo@lex", nsfw_allowed: false, min_priority: 8 } ]`, true, 5},
		{"a peer of another", `min_priority: 5 per_peer_overrides: [ { peer: "bo@alex", nsfw_allowed: true, min_priority: 2 }, { peer: "@lex", min_priority: 1 } ]`, false, 5},
		{
			"the later one wins, field by field",
			`min_priority: 5 per_peer_overrides: [ { peer: "bo@lex", nsfw_allowed: true, min_priority: 2 }, { peer: "bo@lex", min_priority: 4 }, { peer: "bo@lex", nsfw_allowed: false } ]`,
			false, 4,
		},
	} {
		p, ok := Parse("donations.vox", []byte("policy donations { "+c.body+" }")).Policy()
		if !ok {
			t.Fatalf("%s: no policy", c.name)
		}
		if nsfw, least := p.MostFor("lex"); nsfw != c.nsfw || least != c.least {
			t.Errorf("%s: %v, %d", c.name, nsfw, least)
		}
	}
}

// Who edits hears what is in the way of it.
func TestAFileWithoutOnePolicySaysSo(t *testing.T) {
	for src, want := range map[string]string{
		"":                        "there is no policy in the file",
		"// nothing":              "there is no policy in the file",
		"policy a {} policy b {}": "the file has several policies",
		"policy donations {}" + strings.Repeat(" ", syntax.MaxSize): "more than",
	} {
		if _, err := Parse("donations.vox", []byte(src)).Set("min_priority", "3"); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.30q: %v, want %q", src, err, want)
		}
	}
}
