package policy

import (
	"errors"
	"strings"
	"testing"
)

const editBase = "policy donations {\n  slots: [\n    { kind: gpu, max_concurrent: 2, weight: 50 }, // card\n    { kind: cpu, max_concurrent: 8, weight: 30 },\n  ]\n  nsfw_allowed: false // never\n  min_priority: 5\n  allowed_users: [\"alice@aurelia\", \"bo@aurelia\"]\n}\n"

func TestSet(t *testing.T) {
	for _, tc := range []struct{ path, value, old, new string }{
		{"nsfw_allowed", "true", "nsfw_allowed: false", "nsfw_allowed: true"},
		{"nsfw_allowed", "false", "", ""},
		{"slots[gpu].weight", "60", "weight: 50", "weight: 60"},
		{"slots[1].kind", "text", "kind: cpu", "kind: text"},
		{"slots[text].weight", "20", "30 },\n", "30 },\n    { kind: text, weight: 20 },\n"},
		{"slots[]", "{kind: embed, max_concurrent:1, weight:20}", "30 },\n", "30 },\n    { kind: embed, max_concurrent: 1, weight: 20 },\n"},
		{"max_job_duration_secs", "60", "never\n", "never\n  max_job_duration_secs: 60\n"},
		{"allowed_users", "carl, bo@aurelia", `"alice@aurelia"`, `"carl"`},
		{"allowed_users[2]", "carl", `"bo@aurelia"`, `"bo@aurelia", "carl"`},
		{"denied_users", "eve", "]\n}", "]\n  denied_users: [eve]\n}"},
		{"per_peer_overrides[alice@aurelia].min_priority", "3", "]\n}", "]\n  per_peer_overrides: [\n    { peer: \"alice@aurelia\", min_priority: 3 },\n  ]\n}"},
	} {
		g, err := Parse("x", []byte(editBase)).Set(tc.path, tc.value)
		if err != nil {
			t.Errorf("%s=%s: %v", tc.path, tc.value, err)
			continue
		}
		if want := strings.Replace(editBase, tc.old, tc.new, 1); string(g.Source()) != want {
			t.Errorf("%s=%s:\n%s\nwant\n%s", tc.path, tc.value, g.Source(), want)
		}
	}
}

func TestSetRefuses(t *testing.T) {
	for _, tc := range []struct{ path, value, code, hint string }{
		{"slts[0]", "3", "bad-path", "slots"},
		{"slots[5].weight", "3", "no-such", "2 elements"},
		{"slots[tpu].weight", "3", "bad-value", "did you mean gpu"},
		{"slots[1].kind", "gpu", "bad-value", "one slot"},
		{"slots[1].weight", "", "bad-value", "from 0 to 100"},
		{"active_hours[].from", "22:00", "bad-value", "to:"},
	} {
		_, err := Parse("x", []byte(editBase)).Set(tc.path, tc.value)
		var e *EditError
		if !errors.As(err, &e) || e.Code != "vox/policy/"+tc.code || !strings.Contains(e.Hint, tc.hint) {
			t.Errorf("%s=%s: %#v", tc.path, tc.value, err)
		}
	}
}
