package policy

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"testing"

	"voxmesh/policy/syntax"
)

// The styles in which the same things stand.
const (
	plain = `policy donations {
  slots: [
    { kind: gpu, max_concurrent: 2, weight: 50 }, // card
    { kind: cpu, max_concurrent: 8, weight: 30 },
  ]
  nsfw_allowed: false // never
  min_priority: 5
  allowed_users: ["alice@aurelia", "bo@aurelia"]
}
`
	full = `policy donations {
  slots: [{ kind: text, max_concurrent: 4, weight: 100 }]
  nsfw_allowed: false
  max_job_duration_secs: 3600
  public_mesh_opt_in: true
  min_priority: 5
  allowed_scopes: [render, embed]
  allowed_users: []
  denied_users: ["eve@aurelia"]
  allowed_mesh_networks: [home]
  per_peer_overrides: [
    { peer: "alice@aurelia", nsfw_allowed: true },
    { peer: "bo@aurelia", min_priority: 3, max_concurrent: 1 },
  ]
  active_hours: [
    { days: [mon, tue], from: "22:00", to: "07:00" },
    { from: "12:00", to: "13:00", zone: "Europe/Berlin" },
  ]
  pause_when_busy: true
  commands: [ffmpeg]
  models: ["llama3.2:3b", "qwen2.5*"]
  prices: [{ kind: text, usd_per_million_tokens: 0.25 }]
}
`
	oneLine = `policy donations { slots: [{ kind: gpu, max_concurrent: 1, weight: 100 }], nsfw_allowed: false, min_priority: 0 }`
	tight   = `policy donations{slots:[{weight:60,kind:gpu,max_concurrent:3},{weight:40,kind:text,max_concurrent:1}]min_priority:0}`
	dos     = "policy donations {\r\n\tslots: [\r\n\t\t{ kind: gpu, max_concurrent: 2, weight: 50 }, // card\r\n\t\t{ kind: cpu, max_concurrent: 8, weight: 50 }\r\n\t]\r\n\tmin_priority: 5 // normal\r\n}\r\n"
	aligned = `policy donations {
  slots: [
    { kind: gpu,  max_concurrent: 2,  weight: 50 },   // the card
    { kind: cpu,  max_concurrent: 12, weight: 50 },   // the rest
  ]
  nsfw_allowed:  false         // never
  min_priority:  5             // normal
  denied_users:  [ "eve" ]     // she knows why
}
`
	// The plan's known caveat: a comment between two elements, and one over lines within a slot.
	caveat = `policy donations {
  slots: [
    { kind: gpu, /* the card
         in the cellar */ max_concurrent: 2, weight: 50 },
    // what the cores can do
    { kind: cpu, max_concurrent: 8 /* of 16 */, weight: 30 }, // at night
    /* and text */
    { kind: text /* small
      models */, max_concurrent: 4, weight: 20 }
    // nothing after this
  ]
  denied_users: [
    // those who know why
    "eve@aurelia" // w
    /* x */
    "mallory@aurelia"
  ]
}
`
	linesOfFields = `policy donations {
    slots: [
        {
            kind: "gpu"
            // most of it
            weight: 60
        }
        {
            kind: "cpu"
            weight: 40
        }
    ]
}
`
)

// edited makes an edit written as "path=value", "-path" (Unset) or "path>3" (Move).
func edited(f *File, do string) (*File, error) {
	if path, ok := strings.CutPrefix(do, "-"); ok {
		return f.Unset(path)
	}
	if path, to, ok := strings.Cut(do, ">"); ok {
		i, err := strconv.Atoi(to)
		if err != nil {
			return nil, err
		}
		return f.Move(path, i)
	}
	path, value, _ := strings.Cut(do, "=")
	return f.Set(path, value)
}

type editCase struct {
	src, do  string
	old, new string // what of src becomes what; nothing, if it stays
}

func testEdits(t *testing.T, cases []editCase) {
	t.Helper()
	for _, tc := range cases {
		t.Run(tc.do, func(t *testing.T) {
			f := Parse("donations.vox", []byte(tc.src))
			if strings.Count(tc.src, tc.old) != 1 && tc.old != "" {
				t.Fatalf("%q stands %d times in the source", tc.old, strings.Count(tc.src, tc.old))
			}
			g, err := edited(f, tc.do)
			if err != nil {
				t.Fatalf("%v; %s", err, hintOf(err))
			}
			if want := strings.Replace(tc.src, tc.old, tc.new, 1); string(g.Source()) != want {
				t.Fatalf("changed:\n%s\nwanted:\n%s", Diff(f.Source(), g.Source()), Diff([]byte(tc.src), []byte(want)))
			}
			if string(f.Source()) != tc.src {
				t.Error("the old file changed")
			}
			checkChanged(t, f, g)
		})
	}
}

func hintOf(err error) string {
	var e *EditError
	if errors.As(err, &e) {
		return e.Code + ": " + e.Hint
	}
	return fmt.Sprintf("%T", err)
}

// checkChanged holds that what Changed tells makes the one of the other.
func checkChanged(t *testing.T, f, g *File) {
	t.Helper()
	changed := f.Changed(g)
	if out, err := syntax.Apply(f.Source(), changed...); err != nil || string(out) != string(g.Source()) {
		t.Errorf("Changed gives %v: %v", changed, err)
	}
}

func TestSetScalars(t *testing.T) {
	testEdits(t, []editCase{
		{plain, "nsfw_allowed=true", "nsfw_allowed: false", "nsfw_allowed: true"},
		{plain, "nsfw_allowed=false", "", ""},
		{plain, "min_priority= 9 ", "min_priority: 5", "min_priority: 9"},
		{plain, "min_priority=05", "", ""},
		{plain, "slots[gpu].weight=60", "weight: 50", "weight: 60"},
		{plain, "slots[1].max_concurrent=64", "max_concurrent: 8", "max_concurrent: 64"},
		{plain, "slots[1].kind=text", "kind: cpu", "kind: text"},
		{plain, `slots[cpu].kind="embed"`, "kind: cpu", "kind: embed"},
		{plain, "allowed_users[alice@aurelia]=carl", `"alice@aurelia"`, `"carl"`},
		{plain, "allowed_users[1]=true", `"bo@aurelia"`, `"true"`},
		{full, "allowed_scopes[0]=a b", "[render", `["a b"`},
		{full, "allowed_scopes[0]=renders", "[render,", `[renders,`},
		{full, "allowed_scopes[render]=false", "[render,", `["false",`},
		{full, `denied_users[0]="e\"v]e"`, `"eve@aurelia"`, `"e\"v]e"`},
		{full, "max_job_duration_secs=0", "3600", "0"},
		{full, "public_mesh_opt_in=false", "true\n  min", "false\n  min"},
		{full, "per_peer_overrides[alice@aurelia].nsfw_allowed=false", "nsfw_allowed: true", "nsfw_allowed: false"},
		{full, "per_peer_overrides[1].peer=zoë@x.y", `"bo@aurelia"`, `"zoë@x.y"`},
		{full, "active_hours[0].from=21:30", `"22:00"`, `"21:30"`},
		{full, "active_hours[0].to=24:00", `"07:00"`, `"24:00"`},
		{full, "active_hours[1].zone=America/New_York", `"Europe/Berlin"`, `"America/New_York"`},
		{full, "prices[text].usd_per_million_tokens=1.5", "0.25", "1.5"},
		{full, "prices[0].usd_per_million_tokens=0.250", "", ""},
		{full, "models[1]=mistral", `"qwen2.5*"`, `"mistral"`},
		{full, "commands[ffmpeg]=whisper", "[ffmpeg]", "[whisper]"},
		{full, "pause_when_busy=false", "busy: true", "busy: false"},
		{full, "pause_when_busy=true", "", ""},
		{full, "pause_when_busy={ cpu_percent: 50, gpu_percent: 50, input_secs: 120 }", "", ""},
		{oneLine, "slots[0].weight=90", "weight: 100", "weight: 90"},
		{tight, "slots[text].weight=4", "weight:40", "weight:4"},
		{dos, "min_priority=1", "min_priority: 5", "min_priority: 1"},
		{aligned, "nsfw_allowed=true", "false  ", "true  "},
		{aligned, "slots[gpu].max_concurrent=12", "2,  weight", "12,  weight"},
		{caveat, "slots[0].max_concurrent=3", "max_concurrent: 2", "max_concurrent: 3"},
		{caveat, "slots[text].kind=embed", "kind: text", "kind: embed"},
		{linesOfFields, "slots[0].kind=text", `"gpu"`, `"text"`},
	})
}

func TestSetNewFields(t *testing.T) {
	testEdits(t, []editCase{
		{plain, "max_job_duration_secs=60", "never\n", "never\n  max_job_duration_secs: 60\n"},
		{plain, "denied_users=eve", "]\n}", "]\n  denied_users: [eve]\n}"},
		{plain, "denied_users=[eve, bob@x]", "]\n}", "]\n  denied_users: [\"eve\", \"bob@x\"]\n}"},
		{plain, "denied_users[]=eve", "]\n}", "]\n  denied_users: [eve]\n}"},
		{plain, "denied_users[0]=eve", "]\n}", "]\n  denied_users: [eve]\n}"},
		{plain, "allowed_scopes=[]", "min_priority: 5\n", "min_priority: 5\n  allowed_scopes: []\n"},
		{plain, "prices[gpu].usd_per_hour=0.12", "]\n}", "]\n  prices: [\n    { kind: gpu, usd_per_hour: 0.12 },\n  ]\n}"},
		{plain, "per_peer_overrides[alice@aurelia].min_priority=3", "]\n}", "]\n  per_peer_overrides: [\n    { peer: \"alice@aurelia\", min_priority: 3 },\n  ]\n}"},
		{plain, `per_peer_overrides["a.]b:@\"c"].min_priority=3`, "]\n}", "]\n  per_peer_overrides: [\n    { peer: \"a.]b:@\\\"c\", min_priority: 3 },\n  ]\n}"},
		{plain, "pause_when_busy=true", "]\n}", "]\n  pause_when_busy: true\n}"},
		{plain, "pause_when_busy.cpu_percent=30", "]\n}", "]\n  pause_when_busy: { cpu_percent: 30 }\n}"},
		{full, "pause_when_busy.cpu_percent=30", "busy: true", "busy: { cpu_percent: 30, gpu_percent: 50, input_secs: 120, grace_secs: 60 }"},
		{strings.Replace(full, "busy: true", "busy: false", 1), "pause_when_busy.input_secs=30", "busy: false", "busy: { input_secs: 30 }"},
		{full, "active_hours[1].days=[sat, sun]", "{ from", "{ days: [sat, sun], from"},
		{full, "active_hours[1].days[]=sun", "{ from", "{ days: [sun], from"},
		{full, "per_peer_overrides[alice@aurelia].max_concurrent=2", "nsfw_allowed: true }", "nsfw_allowed: true, max_concurrent: 2 }"},
		{full, "per_peer_overrides[bo@aurelia].nsfw_allowed=true", `"bo@aurelia", `, `"bo@aurelia", nsfw_allowed: true, `},
		{oneLine, "max_job_duration_secs=60", "nsfw_allowed: false, ", "nsfw_allowed: false, max_job_duration_secs: 60, "},
		{oneLine, "per_peer_overrides[bo].max_concurrent=1", "min_priority: 0 ", "min_priority: 0, per_peer_overrides: [{ peer: bo, max_concurrent: 1 }] "},
		{dos, "nsfw_allowed=false", "\t]\r\n", "\t]\r\n\tnsfw_allowed: false\r\n"},
		{dos, "per_peer_overrides[a@b].nsfw_allowed=true", "// normal\r\n", "// normal\r\n\tper_peer_overrides: [\r\n\t\t{ peer: \"a@b\", nsfw_allowed: true },\r\n\t]\r\n"},
		{linesOfFields, "slots[0].max_concurrent=2", "\"gpu\"\n", "\"gpu\"\n            max_concurrent: 2\n"},
		{"policy donations {}", "min_priority=1", "{}", "{\n  min_priority: 1\n}"},
		{"policy donations {\n  nsfw_allowed: false\n}", "slots[cpu].weight=30", "{\n", "{\n  slots: [{ kind: cpu, weight: 30 }]\n"},
	})
}

func TestAppend(t *testing.T) {
	testEdits(t, []editCase{
		{plain, "slots[]={ kind: embed, max_concurrent:1 weight:20 }", "30 },\n", "30 },\n    { kind: embed, max_concurrent: 1, weight: 20 },\n"},
		{plain, "slots[2]={ weight: 1, kind: text }", "30 },\n", "30 },\n    { kind: text, weight: 1 },\n"},
		{plain, "slots[].kind=embed", "30 },\n", "30 },\n    { kind: embed },\n"},
		{plain, "slots[text].weight=20", "30 },\n", "30 },\n    { kind: text, weight: 20 },\n"},
		{plain, "slots[text]={}", "30 },\n", "30 },\n    { kind: text },\n"},
		{plain, "allowed_users[]=carl", `"bo@aurelia"`, `"bo@aurelia", "carl"`},
		{plain, "allowed_users[2]=carl", `"bo@aurelia"`, `"bo@aurelia", "carl"`},
		{full, "allowed_users[]=alice@aurelia", "users: []", `users: ["alice@aurelia"]`},
		{full, "commands[]=whisper", "[ffmpeg]", "[ffmpeg, whisper]"},
		{full, "per_peer_overrides[carl@aurelia].max_concurrent=2", "max_concurrent: 1 },\n", "max_concurrent: 1 },\n    { peer: \"carl@aurelia\", max_concurrent: 2 },\n"},
		{full, "active_hours[]={ from: 01:00, to: 02:00 }", "Berlin\" },\n", "Berlin\" },\n    { from: \"01:00\", to: \"02:00\" },\n"},
		{oneLine, "slots[cpu].weight=1", "100 }]", "100 }, { kind: cpu, weight: 1 }]"},
		{tight, "slots[cpu].weight=1", "concurrent:1}", "concurrent:1},{kind:cpu,weight:1}"},
		{tight, "slots[]={kind: cpu, weight: 1, max_concurrent: 2}", "concurrent:1}", "concurrent:1},{weight:1,kind:cpu,max_concurrent:2}"},
		{dos, "slots[]={ kind: text, max_concurrent: 1, weight: 0 }", "weight: 50 }\r\n", "weight: 50 },\r\n\t\t{ kind: text, max_concurrent: 1, weight: 0 }\r\n"},
		{aligned, "slots[]={ kind: text, max_concurrent: 1, weight: 0 }", "// the rest\n", "// the rest\n    { kind: text,  max_concurrent: 1, weight: 0 },\n"},
		{caveat, "slots[embed].weight=0", "weight: 20 }\n", "weight: 20 },\n    { kind: embed, weight: 0 }\n"},
		{linesOfFields, "slots[text].weight=0", "40\n        }\n", "40\n        }\n        {\n            kind: \"text\"\n            weight: 0\n        }\n"},
	})
}

func TestSetRefuses(t *testing.T) {
	for _, tc := range []struct{ src, do, code, hint string }{
		{plain, "slts[0]=3", "bad-path", "slots"},
		{plain, "slots[0].wieght=3", "bad-path", "did you mean weight"},
		{plain, "slots.weight=3", "bad-path", "slots[0].weight"},
		{plain, "min_priority[0]=3", "bad-path", ""},
		{plain, "min_priority.x=3", "bad-path", ""},
		{plain, "active_hours[mon].from=08:00", "bad-path", "active_hours[0]"},
		{plain, "slots[=3", "bad-path", ""},
		{plain, "=3", "bad-path", ""},
		{plain, "slots[0]x=3", "bad-path", ""},
		{plain, "future=3", "bad-path", "known are"},
		{plain, "slots[5].weight=3", "no-such", "2 elements"},
		{plain, "denied_users[1]=eve", "no-such", "0 elements"},
		{plain, "-denied_users", "no-such", ""},
		{plain, "-slots[2]", "no-such", "2 elements"},
		{plain, "-slots[text].weight", "no-such", ""},
		{plain, "-slot", "bad-path", "did you mean slots"},
		{plain, "slots[tpu].weight=3", "bad-value", "did you mean gpu"},
		{plain, "slots[1].kind=gpus", "bad-value", "did you mean gpu"},
		{plain, "slots[1].kind=gpu", "bad-value", "one slot for each kind"},
		{plain, "slots[1].weight=", "bad-value", "from 0 to 100"},
		{plain, "slots[1].weight=101", "bad-value", "from 0 to 100"},
		{plain, "slots[1].max_concurrent=0", "bad-value", "from 1 to 64"},
		{plain, "slots[].weight=3", "bad-value", "kind: gpu"},
		{plain, "slots[0]={ kind: gpu, wieght: 3 }", "bad-value", "did you mean weight"},
		{plain, "slots[0]={ kind: gpu, weight: 3, weight: 4 }", "bad-value", ""},
		{plain, "slots=3", "bad-value", "a record"},
		{plain, "nsfw_allowed=ture", "bad-value", "did you mean true"},
		{plain, `nsfw_allowed="true"`, "bad-value", "true or false"},
		{plain, "min_priority=256", "bad-value", "from 0 to 255"},
		{plain, "min_priority=1.5", "bad-value", "whole number"},
		{plain, "min_priority=99999999999999999999", "bad-value", "whole number"},
		{plain, "allowed_users=", "bad-value", "[] for none"},
		{plain, "allowed_users=[a", "bad-value", "a list"},
		{plain, "allowed_users=[a] b", "bad-value", "a list"},
		{plain, "allowed_users=a, // b", "bad-value", "a list"},
		{plain, "allowed_users=[{a: b}]", "bad-value", "name or a string"},
		{plain, "allowed_users[0]=\xff", "bad-value", ""},
		{plain, "allowed_users[0]=", "bad-value", "name or a string"},
		{plain, `allowed_users[0]="a" b`, "bad-value", ""},
		{plain, "active_hours[].from=22:00", "bad-value", "to:"},
		{plain, "active_hours[]={ from: 24:00, to: 07:00 }", "bad-value", "23:59"},
		{plain, "active_hours[]={ from: 22:00, to: 7:00 }", "bad-value", "24:00"},
		{plain, "active_hours[]={ from: 22:00, to: 07:00, days: [monday] }", "bad-value", "did you mean mon"},
		{full, "active_hours[0].zone=Europe/Berln", "bad-value", "Europe/Berlin"},
		{plain, "prices[gpu].usd_per_hour=0.1234567", "bad-value", "six decimals"},
		{plain, "prices[gpu].usd_per_hour=1001", "bad-value", "from 0 to 1000"},
		{plain, "pause_when_busy=sometimes", "bad-value", "true, false, or a record"},
		{plain, "-slots[0].kind", "not-sound", ""},
		{plain, "slots>0", "bad-path", "slots[2]"},
		{plain, "slots[0]>2", "bad-value", "from 0 to 1"},
		{"policy a {}\npolicy b {}\n", "min_priority=3", "not-sound", ""},
		{"", "min_priority=3", "not-sound", ""},
		{"policy donations { slots: 3 }", "slots[0].weight=3", "not-sound", "as a whole"},
		{"policy donations { slots: [ gpu ] }", "slots[0].weight=3", "not-sound", "as a whole"},
	} {
		_, err := edited(Parse("x", []byte(tc.src)), tc.do)
		var e *EditError
		if !errors.As(err, &e) || e.Code != "vox/policy/"+tc.code || e.Message == "" || !strings.Contains(e.Hint, tc.hint) {
			t.Errorf("%s: %#v", tc.do, err)
		}
	}
}

func TestLookup(t *testing.T) {
	for path, want := range map[string]string{
		"slots[1].weight": fWeight, "slots[].kind": fKind, "min_priority": fMinPrio, `per_peer_overrides["a]b.c"].peer`: fPeer,
		"active_hours[0].days[1]": fDays, "slots[0]": fSlots, "": "", "nope": "", "slots[0": "", "slots[0]..x": "", "min_priority.x": "",
	} {
		if f, ok := Lookup(path); f.Name != want || ok != (want != "") {
			t.Errorf("%s: %q, %v", path, f.Name, ok)
		}
	}
}
