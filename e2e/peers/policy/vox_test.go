package policy

import (
	"encoding/json"
	"fmt"

	"voxmesh/policy"
)

func voxMeans(b []byte) (any, error) {
	p, ok := policy.Parse("donations.vox", b).Policy()
	if !ok {
		return nil, fmt.Errorf("the policy has errors")
	}
	return asJSON(p)
}

// asJSON gives a value as encoding/json reads it.
func asJSON(v any) (any, error) {
	b, err := json.Marshal(v)
	if err != nil {
		return nil, err
	}
	var out any
	return out, json.Unmarshal(b, &out)
}

func set(path, value string) func([]byte) ([][]byte, error) {
	return vox(func(f *policy.File) (*policy.File, error) { return f.Set(path, value) })
}

func unset(path string) func([]byte) ([][]byte, error) {
	return vox(func(f *policy.File) (*policy.File, error) { return f.Unset(path) })
}

func move(path string, to int) func([]byte) ([][]byte, error) {
	return vox(func(f *policy.File) (*policy.File, error) { return f.Move(path, to) })
}

func vox(edit func(*policy.File) (*policy.File, error)) func([]byte) ([][]byte, error) {
	return func(b []byte) ([][]byte, error) {
		f, err := edit(policy.Parse("donations.vox", b))
		if err != nil {
			return nil, err
		}
		return [][]byte{f.Source()}, nil
	}
}

func voxEdits() map[string]way {
	same := vox(func(f *policy.File) (*policy.File, error) { return f, nil })
	return map[string]way{
		"read and write":             {same, [][]string{{}}},
		"set a number":               {set("min_priority", "7"), [][]string{{"priority: 5", "priority: 7"}}},
		"set a field of a slot":      {set("slots[1].max_concurrent", "6"), [][]string{{"concurrent: 8", "concurrent: 6"}}},
		"add a slot":                 {set("slots[]", "{ kind: embed, max_concurrent: 1, weight: 10 }"), [][]string{{"small models\n", "small models\n    { kind: embed, max_concurrent: 1, weight: 10 },\n"}}},
		"remove a slot":              {unset("slots[1]"), [][]string{{"    // quiet cores\n    { kind: cpu, /* of 16 */ max_concurrent: 8, weight: 30 }, // fans are loud\n", ""}}},
		"move a slot":                {move("slots[2]", 0), [][]string{{"    { kind: text, max_concurrent: 4, weight: 20 }, // small models\n", "", "    // the big card\n", "    { kind: text, max_concurrent: 4, weight: 20 }, // small models\n    // the big card\n"}}},
		"add a field":                {set("denied_users", "eve@pub"), [][]string{{"friends\n", "friends\n  denied_users: [\"eve@pub\"]\n"}}},
		"remove a field":             {unset("min_priority"), [][]string{{"  // below this nobody waits\n  min_priority: 5 // normal\n", ""}}},
		"add an override":            {set("per_peer_overrides[]", "{ peer: bob@lex, min_priority: 3 }"), [][]string{{"since March\n", "since March\n    { peer: \"bob@lex\", min_priority: 3 },\n"}}},
		"add a field to an override": {set("per_peer_overrides[0].min_priority", "3"), [][]string{{"nsfw_allowed: true }", "nsfw_allowed: true, min_priority: 3 }"}}},
		"add a name to a list":       {set("allowed_users[]", "carol@home"), [][]string{{`"bob@lex"]`, `"bob@lex", "carol@home"]`}}},

		"read and write, bare":        {same, [][]string{{}}},
		"set a field of a slot, bare": {set("slots[1].max_concurrent", "6"), [][]string{{"concurrent: 8", "concurrent: 6"}}},
		"add a slot, bare":            {set("slots[]", "{ kind: embed, max_concurrent: 1, weight: 10 }"), [][]string{{"50 }]", "50 }, { kind: embed, max_concurrent: 1, weight: 10 }]"}}},
		"remove a slot, bare":         {unset("slots[0]"), [][]string{{"{ kind: gpu, max_concurrent: 2, weight: 50 }, ", ""}}},
		"move a slot, bare":           {move("slots[1]", 0), [][]string{{"{ kind: gpu, max_concurrent: 2, weight: 50 }, { kind: cpu, max_concurrent: 8, weight: 50 }", "{ kind: cpu, max_concurrent: 8, weight: 50 }, { kind: gpu, max_concurrent: 2, weight: 50 }"}}},
		"add a field, bare":           {set("nsfw_allowed", "true"), [][]string{{"  min_priority: 5\n", "  nsfw_allowed: true\n  min_priority: 5\n"}}},
		"add a name to a list, bare":  {set("allowed_users[]", "carol@home"), [][]string{{`"alice@aurelia"]`, `"alice@aurelia", "carol@home"]`}}},
		"remove an override, bare":    {unset("per_peer_overrides[0]"), [][]string{{`{ peer: "alice@aurelia", min_priority: 3 }`, ""}}},

		"read and write, everywhere":        {same, [][]string{{}}},
		"set a number, everywhere":          {set("min_priority", "7"), [][]string{{"/* z */ 5", "/* z */ 7"}}},
		"set a field of a slot, everywhere": {set("slots[1].max_concurrent", "6"), [][]string{{"/* o */ 8", "/* o */ 6"}}},
		"add a slot, everywhere": {
			set("slots[]", "{ kind: embed, max_concurrent: 1, weight: 10 }"),
			[][]string{{"/* t */ } // u\n", "/* t */ }, // u\n    { kind: embed, max_concurrent: 1, weight: 10 }\n"}},
		},
		"remove a slot, everywhere": {
			unset("slots[1]"),
			[][]string{{"    // m\n    { /* n */ kind: cpu, max_concurrent: /* o */ 8 /* p */, weight: 30 /* q */ } /* r */, /* s */\n", ""}},
		},
		"move a slot, everywhere": {move("slots[2]", 0), [][]string{
			{"    { kind: text, max_concurrent: 4, weight: 20 /* t */ } // u\n", "", "/* r */, /* s */", "/* r */ /* s */", "    { kind: gpu", "    { kind: text, max_concurrent: 4, weight: 20 /* t */ }, // u\n    { kind: gpu"},
		}},
		"add a field, everywhere":          {set("denied_users", "eve@pub"), [][]string{{"// F\n", "// F\n  denied_users: [\"eve@pub\"]\n"}}},
		"remove a field, everywhere":       {unset("min_priority"), [][]string{{"  /* x */ min_priority /* y */ : /* z */ 5 /* A */ // B\n", ""}}},
		"add a name to a list, everywhere": {set("allowed_users[]", "carol@home"), [][]string{{`"bob@lex" /* E */ ]`, `"bob@lex" /* E */, "carol@home" ]`}, {`"bob@lex" /* E */ ]`, `"bob@lex", "carol@home" /* E */ ]`}}},
	}
}
