package policy

import (
	"strings"
	"testing"
)

func policyWith(t *testing.T, fields string) Policy {
	t.Helper()
	p, ok := Parse("x", []byte("policy donations {\n"+fields+"\n}")).Policy()
	if !ok {
		t.Fatalf("%s is no policy", fields)
	}
	return p
}

func TestDescribe(t *testing.T) {
	for _, tc := range []struct{ old, now, want string }{
		{"", "", "comments and layout"},
		{"slots: [{kind: cpu, max_concurrent: 8}]", "slots: [{kind: cpu, max_concurrent: 6}]", "fewer cpu jobs at once"},
		{"slots: [{kind: cpu, max_concurrent: 8}]", "slots: [{kind: cpu, max_concurrent: 9}]", "more cpu jobs at once"},
		{"slots: [{kind: cpu, weight: 8}]", "slots: [{kind: cpu, weight: 9}]", "a larger share for cpu"},
		{"slots: []", "slots: [{kind: gpu}]", "gpu jobs allowed"},
		{"slots: [{kind: gpu}]", "", "no more gpu jobs"},
		{"", "public_mesh_opt_in: true", "public mesh allowed"},
		{"public_mesh_opt_in: true", "", "public mesh not allowed"},
		{"", "nsfw_allowed: true", "NSFW jobs allowed"},
		{"", "max_job_duration_secs: 0", "jobs without a time limit"},
		{"max_job_duration_secs: 0", "", "a time limit for jobs"},
		{"", "max_job_duration_secs: 60", "shorter jobs"},
		{"", "min_priority: 3", "only jobs of a higher priority"},
		{"min_priority: 3", "min_priority: 1", "jobs of a lower priority too"},
		{"", "allowed_users: [\"a@b\"]", "only some users"},
		{"allowed_users: [\"a@b\"]", "", "any user"},
		{"allowed_users: [\"a@b\"]", "allowed_users: [\"a@b\", \"c@d\"]", "one more user"},
		{"", "denied_users: [\"a@b\", \"c@d\"]", "2 more refused users"},
		{"denied_users: [\"a@b\", \"c@d\"]", "denied_users: [\"c@d\", \"a@b\"]", "refused users in another order"},
		{"allowed_scopes: [a, b]", "allowed_scopes: [c]", "other scopes"},
		{"", "per_peer_overrides: [{peer: \"a@b\", nsfw_allowed: true}]", "settings for one more peer"},
		{"per_peer_overrides: [{peer: \"a@b\", nsfw_allowed: true}]", "per_peer_overrides: [{peer: \"a@b\", nsfw_allowed: false}]", "other settings for peers"},
		{"", "nsfw_allowed: true public_mesh_opt_in: true", "NSFW jobs allowed, public mesh allowed"},
		{"", "nsfw_allowed: true public_mesh_opt_in: true min_priority: 3", "NSFW jobs allowed, public mesh allowed"},
		{"max_job_duration_secs: 0 min_priority: 3", "", "a time limit for jobs"},
	} {
		want := "donations: " + tc.want
		got := Describe(policyWith(t, tc.old), policyWith(t, tc.now))
		if got != want {
			t.Errorf("%s → %s: %q, want %q", tc.old, tc.now, got, want)
		}
		if len(got) > 72 || strings.ContainsAny(got, "\"$`\\!\n") {
			t.Errorf("%q is no subject that stands in double quotes", got)
		}
	}
}

// The fields that the plan does not have, too.
func TestDescribeTimesAndMore(t *testing.T) {
	hour := int64(1)
	for want, now := range map[string]Policy{
		"only at some hours": {ActiveHours: []Window{{From: "22:00", To: "07:00"}}},
		"pause when busy":    {PauseWhenBusy: &Yield{CPUPercent: 50}},
		"one more command":   {Commands: []string{"$(rm)"}},
		"only some models":   {Models: []string{}},
		"other prices":       {Prices: []Price{{Kind: "gpu", PerHour: &hour}}},
		"another name":       {Name: "x"},
	} {
		if got := Describe(Policy{}, now); got != "donations: "+want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	back := map[string]Policy{"at any hour": {ActiveHours: []Window{}}, "no pause when busy": {PauseWhenBusy: &Yield{}}}
	for want, old := range back {
		if got := Describe(old, Policy{}); got != "donations: "+want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

func TestDescribeTexts(t *testing.T) {
	for _, tc := range []struct{ old, now, want string }{
		{one, other, "fewer cpu jobs at once"}, {"{", other, "mended"}, {one, "{", "edited"},
	} {
		if got := DescribeTexts([]byte(tc.old), []byte(tc.now)); got != "donations: "+tc.want {
			t.Errorf("%q, want %q", got, tc.want)
		}
	}
	if got := DescribeTexts(nil, []byte(one)); got != "donations: a policy" {
		t.Error(got)
	}
	if got := DescribeTexts([]byte(one), nil); got != "donations: nothing is given any more" {
		t.Error(got)
	}
}

const (
	one   = "policy donations { slots: [{ kind: cpu, max_concurrent: 8 }] }"
	other = "policy donations { slots: [{ kind: cpu, max_concurrent: 6 }] }"
)
