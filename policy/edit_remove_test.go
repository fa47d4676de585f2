package policy

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

func TestUnset(t *testing.T) {
	testEdits(t, []editCase{
		{plain, "-nsfw_allowed", "  nsfw_allowed: false // never\n", ""},
		{plain, "-min_priority", "  min_priority: 5\n", ""},
		{plain, "-slots", "  slots: [\n    { kind: gpu, max_concurrent: 2, weight: 50 }, // card\n    { kind: cpu, max_concurrent: 8, weight: 30 },\n  ]\n", ""},
		{plain, "-slots[0]", "    { kind: gpu, max_concurrent: 2, weight: 50 }, // card\n", ""},
		{plain, "-slots[cpu]", "    { kind: cpu, max_concurrent: 8, weight: 30 },\n", ""},
		{plain, "-slots[0].max_concurrent", "max_concurrent: 2, ", ""},
		{plain, "-slots[cpu].weight", ", weight: 30", ""},
		{plain, "-allowed_users[0]", `"alice@aurelia", `, ""},
		{plain, "-allowed_users[bo@aurelia]", `, "bo@aurelia"`, ""},
		{full, "-per_peer_overrides[alice@aurelia].nsfw_allowed", ", nsfw_allowed: true", ""},
		{full, "-denied_users[0]", `["eve@aurelia"]`, "[]"},
		{full, "-active_hours[1].zone", `, zone: "Europe/Berlin"`, ""},
		{full, "-pause_when_busy", "  pause_when_busy: true\n", ""},
		{full, "-prices[text]", "{ kind: text, usd_per_million_tokens: 0.25 }", ""},
		{oneLine, "-nsfw_allowed", " nsfw_allowed: false,", ""},
		{oneLine, "-min_priority", ", min_priority: 0", ""},
		{tight, "-slots[gpu]", "{weight:60,kind:gpu,max_concurrent:3},", ""},
		{dos, "-slots[1]", ", // card\r\n\t\t{ kind: cpu, max_concurrent: 8, weight: 50 }\r\n", " // card\r\n"},
		{dos, "-min_priority", "\tmin_priority: 5 // normal\r\n", ""},
		{aligned, "-nsfw_allowed", "  nsfw_allowed:  false         // never\n", ""},
		{caveat, "-slots[cpu]", "    // what the cores can do\n    { kind: cpu, max_concurrent: 8 /* of 16 */, weight: 30 }, // at night\n", ""},
		{caveat, "-slots[0].max_concurrent", "/* the card\n         in the cellar */ max_concurrent: 2, ", ""},
		{caveat, "-slots[1].max_concurrent", ` max_concurrent: 8 /* of 16 */,`, ""},
		{caveat, "-denied_users[0]", "    // those who know why\n    \"eve@aurelia\" // w\n", ""},
		{caveat, "-denied_users[1]", "    /* x */\n    \"mallory@aurelia\"\n", ""},
		{linesOfFields, "-slots[0].weight", "            // most of it\n            weight: 60\n", ""},
		{"policy donations { future: { a: 1 } }", "-future", "{ future: { a: 1 } }", "{}"},
		{"policy donations { future: { a: 1, b: 2 } }", "-future.a", " a: 1,", ""},
		{"policy donations { min_priority: 1 nsfw_allowed: true min_priority: 2 }", "-min_priority", "min_priority: 1 nsfw_allowed: true min_priority: 2 ", "nsfw_allowed: true "},
	})
}

// A list that is set keeps the elements that stay, and all that stands around them.
func TestSetLists(t *testing.T) {
	testEdits(t, []editCase{
		{plain, "allowed_users=[alice@aurelia, bo@aurelia]", "", ""},
		{plain, "allowed_users=carl, bo@aurelia", `"alice@aurelia"`, `"carl"`},
		{plain, "allowed_users=bo@aurelia", `"alice@aurelia", `, ""},
		{plain, "allowed_users=alice@aurelia x bo@aurelia", `"alice@aurelia", `, `"alice@aurelia", "x", `},
		{plain, "allowed_users=bo@aurelia, alice@aurelia", `"alice@aurelia", "bo@aurelia"`, `"bo@aurelia", "alice@aurelia"`},
		{plain, "slots={ kind: cpu, weight: 3, max_concurrent: 8}, {kind: gpu, max_concurrent: 2, weight: 50}", "    { kind: gpu, max_concurrent: 2, weight: 50 }, // card\n    { kind: cpu, max_concurrent: 8, weight: 30 },\n", "    { kind: cpu, max_concurrent: 8, weight: 3 },\n    { kind: gpu, max_concurrent: 2, weight: 50 }, // card\n"},
		{plain, "allowed_users=[]", `["alice@aurelia", "bo@aurelia"]`, "[]"},
		{plain, "slots=[{kind: cpu, max_concurrent: 8, weight: 30}]", "    { kind: gpu, max_concurrent: 2, weight: 50 }, // card\n", ""},
		{plain, "slots={kind: gpu, max_concurrent: 2, weight: 70}, { kind: cpu, max_concurrent: 8, weight: 30 }", "weight: 50", "weight: 70"},
		{plain, "slots=[{kind: gpu, max_concurrent: 2, weight: 50}, { kind: text }, { kind: cpu, max_concurrent: 8, weight: 30 }]", "// card\n", "// card\n    { kind: text },\n"},
		{plain, "slots[0]={ kind: gpu, weight: 50 }", " max_concurrent: 2,", ""},
		{plain, "slots[0]={ weight: 1, max_concurrent: 2, kind: gpu }", "50", "1"},
		{full, "active_hours[0].days=mon wed tue", "[mon, tue]", "[mon, wed, tue]"},
		{full, "active_hours=[{ from: 12:00, to: 13:00, zone: Europe/Berlin }]", "    { days: [mon, tue], from: \"22:00\", to: \"07:00\" },\n", ""},
		{full, "models=[llama3.2:3b]", `, "qwen2.5*"`, ""},
		{full, "per_peer_overrides[alice@aurelia]={}", ", nsfw_allowed: true", ""},
		{full, "pause_when_busy={ gpu_percent: 20 }", "busy: true", "busy: { gpu_percent: 20 }"},
		{strings.Replace(full, "busy: true", "busy: { cpu_percent: 30, /* x */ grace_secs: 5 }", 1), "pause_when_busy={ cpu_percent: 30, input_secs: 9 , grace_secs: 5}", "30,", "30, input_secs: 9,"},
		{caveat, "denied_users=[eve@aurelia, zoe, mallory@aurelia]", "// w\n", "// w\n    \"zoe\"\n"},
		{caveat, "denied_users=[mallory@aurelia]", "    // those who know why\n    \"eve@aurelia\" // w\n", ""},
		{caveat, "denied_users=[eve@aurelia, eve@x]", `"mallory@aurelia"`, `"eve@x"`},
		{strings.Replace(plain, "weight: 50", "weight: 50, fan: { a: 1 }", 1), "slots[0]={ kind: gpu, max_concurrent: 3 }", "2, weight: 50, fan", "3, fan"},
	})
}

func TestMove(t *testing.T) {
	testEdits(t, []editCase{
		{plain, "slots[0]>0", "", ""},
		{plain, "allowed_users[0]>1", `"alice@aurelia", "bo@aurelia"`, `"bo@aurelia", "alice@aurelia"`},
		{oneLine, "slots[gpu]>0", "", ""},
		{tight, "slots[text]>0", "{weight:60,kind:gpu,max_concurrent:3},{weight:40,kind:text,max_concurrent:1}", "{weight:40,kind:text,max_concurrent:1},{weight:60,kind:gpu,max_concurrent:3}"},
		{plain, "slots[1]>0", "    { kind: gpu, max_concurrent: 2, weight: 50 }, // card\n    { kind: cpu, max_concurrent: 8, weight: 30 },\n", "    { kind: cpu, max_concurrent: 8, weight: 30 },\n    { kind: gpu, max_concurrent: 2, weight: 50 }, // card\n"},
	})
}

const three = `// Three in one file.
policy by_day { slots: [], min_priority: 9, } // by day
/* by
   night */
policy by_night {
  slots: [{ kind: gpu, max_concurrent: 4, weight: 100 }]
}
policy donations {
  min_priority: 1 // now
}
workflow x { steps: [{ name: fetch }] }
`

func TestEditsOfOnePolicyLeaveTheOthers(t *testing.T) {
	f := Parse("x", []byte(three))
	if got := f.Policies(); !slices.Equal(got, []string{"by_day", "by_night", "donations"}) {
		t.Fatalf("policies %q", got)
	}
	if _, ok := f.For("x"); ok {
		t.Error("a workflow is no policy")
	}
	for _, tc := range []struct{ name, do, old, new string }{
		{"donations", "min_priority=2", "min_priority: 1 ", "min_priority: 2 "},
		{"donations", "-min_priority", "  min_priority: 1 // now\n", ""},
		{"by_day", "min_priority=2", "9,", "2,"},
		{"by_day", "slots[cpu].weight=1", "slots: []", "slots: [{ kind: cpu, weight: 1 }]"},
		{"by_night", "-slots[0].weight", ", weight: 100", ""},
		{"by_night", "nsfw_allowed=true", "100 }]\n", "100 }]\n  nsfw_allowed: true\n"},
	} {
		view, ok := f.For(tc.name)
		if !ok {
			t.Fatal(tc.name)
		}
		before, _ := view.Policy()
		g, err := edited(view, tc.do)
		if err != nil {
			t.Errorf("%s %s: %v", tc.name, tc.do, err)
			continue
		}
		if want := strings.Replace(three, tc.old, tc.new, 1); string(g.Source()) != want {
			t.Errorf("%s %s:\n%s", tc.name, tc.do, g.Source())
		}
		if after, ok := g.Policy(); !ok || before.Name != tc.name || after.Name != tc.name || string(g.Block().Name()) != tc.name {
			t.Errorf("%s %s: the view is lost: %q to %q", tc.name, tc.do, before.Name, after.Name)
		}
	}
}

// Of several of which none is called donations, one is edited by name.
func TestForWhereNoneCounts(t *testing.T) {
	f := Parse("x", []byte("policy a { min_priority: 1 }\npolicy b { min_priority: 1 }\n"))
	b, ok := f.For("b")
	if _, inForce := b.Policy(); !ok || !inForce {
		t.Fatal("no policy b")
	}
	g, err := b.Set("min_priority", "2")
	if err != nil || string(g.Source()) != "policy a { min_priority: 1 }\npolicy b { min_priority: 2 }\n" {
		t.Errorf("%v %s", err, g.Source())
	}
}

// A file with errors is edited where it is sound, and what is wrong can be set right.
func TestEditsOfBrokenFiles(t *testing.T) {
	in := func(s string) string { return "policy donations {\n" + s + "\n}\n" }
	testEdits(t, []editCase{
		{in("  slots: [{ kind: gpu }, { kind: tpu, weight: 3 }]"), "slots[1].kind=cpu", "tpu", "cpu"},
		{in("  slots: [{ kind: gpu }, { kind: 'cpu', weight: 3 }]"), "slots[1].kind=cpu", "'cpu'", "cpu"},
		{in("  slots: [{ kind: gpu }, { kind: , weight: 3 }]"), "slots[1].kind=cpu", "kind: ,", "kind: cpu,"},
		{in("  slots: [{ kind: gpu }, { kind = cpu, weight: 3 }]"), "slots[1].kind=cpu", "kind = cpu", "kind: cpu"},
		{in("  slots: [{ kind: gpu }, { kind: gpu, weight: 3 }]"), "slots[1].kind=cpu", "kind: gpu, weight", "kind: cpu, weight"},
		{in("  slots: [{ weight: 3 }]"), "slots[0].kind=cpu", "{ weight", "{ kind: cpu, weight"},
		{in("  slots: [gpu]"), "slots[0]={ kind: gpu }", "[gpu]", "[{ kind: gpu }]"},
		{in("  slots: gpu"), "slots=[{ kind: gpu }]", "gpu", "[{ kind: gpu }]"},
		{in("  min_priority:\n  nsfw_allowed: ture"), "min_priority=4", "min_priority:", "min_priority: 4"},
		{in("  min_priority: // none\n  nsfw_allowed: ture"), "min_priority=4", "min_priority:", "min_priority: 4"},
		{in("  min_priority\n  nsfw_allowed: ture"), "min_priority=4", "min_priority", "min_priority: 4"},
		{in("  min_priority 3\n  nsfw_allowed: ture"), "nsfw_allowed=true", "ture", "true"},
		{in("  min_priority: 300\n  nsfw_allowed: ture"), "min_priority=4", "300", "4"},
		{in("  min_priority: 300\n  nsfw_allowed: ture"), "public_mesh_opt_in=true", "ture", "ture\n  public_mesh_opt_in: true"},
		{in("  slots:\n  nsfw_allowed: true"), "slots[cpu].weight=4", "slots:", "slots: [{ kind: cpu, weight: 4 }]"},
		{in("  allowed_users: [\"a@x\", @b, \"c@x\"]\n  min_priority: 1"), "min_priority=2", "1", "2"},
		{in("  min_priority: 1\n  min_priority: 2"), "min_priority=3", "1", "3"},
		{in("  pause_when_busy: 7"), "pause_when_busy=true", "7", "true"},
		{"policy donations {\n  min_priority: 1\n}\npolicy donations {}\n", "min_priority=2", "1", "2"},
		{"= policy donations {\n  min_priority: 1\n}\nx: 3\n", "min_priority=2", "1", "2"},
	})
	for _, tc := range []editCase{
		{src: "policy donations {\n  slots: [ { kind: gpu }\n  min_priority: 1\n", do: "min_priority=2"},
		{src: in("  slots: [ { kind: gpu \n  min_priority: 1"), do: "slots[0].kind=cpu"},
		{src: in("  allowed_users: [\"a@x\", @b, \"c@x\"]"), do: "allowed_users[]=d@x"},
		{src: in("  slots: = [{ kind: gpu }]"), do: "slots[cpu].weight=3"},
		{src: in("  pause_when_busy: maybe"), do: "pause_when_busy.cpu_percent=3"},
		{src: "policy donations {\n  \"never closed\n", do: "min_priority=2"},
	} {
		if g, err := edited(Parse("x", []byte(tc.src)), tc.do); err == nil || !strings.HasPrefix(hintOf(err), "vox/policy/not-sound: ") {
			t.Errorf("%s: %v\n%s", tc.do, err, g.Source())
		}
	}
}

func TestChanged(t *testing.T) {
	for _, tc := range []struct{ old, new, want string }{
		{"a: 1\n", "a: 1\n", ""},
		{"", "a\n", "0-0 a\n|"},
		{"a: false // x\nb: 2\n", "a: true // x\nb: 3\n", "3-8 true|17-18 3|"},
		{"{ peer: a, nsfw: true },\n", "{ peer: a, nsfw: true, min: 3 },\n", "21-21 , min: 3|"},
		{"a\nb\nc\n", "a\nc\n", "2-4 |"},
		{"a\nc\n", "a\nb\nc\n", "2-2 b\n|"},
		{"{ w: 1, x: 2, y: 3 }", "{ w: 4, x: 2, y: 5 }", "5-6 4|17-18 5|"},
		{"a, b", "c; d", "0-4 c; d|"},
	} {
		var b strings.Builder
		for _, e := range Parse("", []byte(tc.old)).Changed(Parse("", []byte(tc.new))) {
			b.WriteString(strings.Join([]string{fmt.Sprint(e.Start), "-", fmt.Sprint(e.End), " ", e.Text, "|"}, ""))
		}
		if b.String() != tc.want {
			t.Errorf("%q to %q: %q, want %q", tc.old, tc.new, b.String(), tc.want)
		}
	}
	a, b := Parse("", []byte(strings.Repeat("a b, ", 150_000))), Parse("", []byte(strings.Repeat("c a, ", 150_000)))
	if n := len(a.Changed(b)); n != 1 {
		t.Errorf("%d spans of what is too different", n)
	}
}
