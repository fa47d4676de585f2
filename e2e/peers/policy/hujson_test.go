package policy

import (
	"encoding/json"
	"slices"

	"github.com/tailscale/hujson"
)

func jsonMeans(b []byte) (any, error) {
	b, err := hujson.Standardize(slices.Clone(b))
	if err != nil {
		return nil, err
	}
	var v any
	return v, json.Unmarshal(b, &v)
}

// patch makes an edit by a JSON Patch. What comes is written in the style of the files. The result is given as it is, and
// formatted, as the manual recommends.
func patch(ops string) func([]byte) ([][]byte, error) {
	return func(b []byte) ([][]byte, error) {
		v, err := hujson.Parse(slices.Clone(b)) // Format writes into what was parsed
		if err != nil {
			return nil, err
		}
		if err := v.Patch([]byte("[" + ops + "]")); err != nil {
			return nil, err
		}
		plain := v.Pack()
		v.Format()
		return [][]byte{plain, v.Pack()}, nil
	}
}

func patchEdits() map[string]way {
	const (
		cpu  = "\t\t// quiet cores\n\t\t{\"kind\": \"cpu\", /* of 16 */ \"max_concurrent\": 8, \"weight\": 30}, // fans are loud\n"
		text = "\t\t{\"kind\": \"text\", \"max_concurrent\": 4, \"weight\": 20}, // small models\n"
		more = "\t\t{\"kind\": \"embed\", \"max_concurrent\": 1, \"weight\": 10},\n"
		bob  = "\t\t{\"peer\": \"bob@lex\", \"min_priority\": 3},\n"
	)
	return map[string]way{
		"read and write":        {patch(""), [][]string{{}}},
		"set a number":          {patch(`{"op":"replace","path":"/min_priority","value":7}`), [][]string{{`"min_priority":  5`, `"min_priority":  7`}}},
		"set a field of a slot": {patch(`{"op":"replace","path":"/slots/1/max_concurrent","value":6}`), [][]string{{`concurrent": 8`, `concurrent": 6`}}},
		"add a slot": {
			patch(`{"op":"add","path":"/slots/-","value":{"kind": "embed", "max_concurrent": 1, "weight": 10}}`),
			[][]string{{"small models\n", "small models\n" + more}, {"embeddings yet\n", "embeddings yet\n" + more}},
		},
		"remove a slot": {patch(`{"op":"remove","path":"/slots/1"}`), [][]string{{cpu, ""}, {cpu + "\n", ""}}},
		"move a slot": {
			patch(`{"op":"move","from":"/slots/2","path":"/slots/0"}`),
			[][]string{{text, "", "\t\t// the big card\n", text + "\t\t// the big card\n"}, {"\n" + text, "", "\t\t// the big card\n", text + "\t\t// the big card\n"}},
		},
		"add a field": {
			patch(`{"op":"add","path":"/denied_users","value":["eve@pub"]}`),
			[][]string{{"friends\n", "friends\n\t\"denied_users\": [\"eve@pub\"],\n"}, {"\t],\n} //", "\t],\n\t\"denied_users\": [\"eve@pub\"],\n} //"}},
		},
		"remove a field": {patch(`{"op":"remove","path":"/min_priority"}`), [][]string{
			{"\t// below this nobody waits\n\t\"min_priority\":  5, // normal\n", ""}, {"\n\t// below this nobody waits\n\t\"min_priority\":  5, // normal\n", ""},
		}},
		"add an override": {
			patch(`{"op":"add","path":"/per_peer_overrides/-","value":{"peer": "bob@lex", "min_priority": 3}}`),
			[][]string{{"since March\n", "since March\n" + bob}},
		},
		"add a field to an override": {
			patch(`{"op":"add","path":"/per_peer_overrides/0/min_priority","value": 3}`),
			[][]string{{`"nsfw_allowed": true}`, `"nsfw_allowed": true, "min_priority": 3}`}},
		},
		"add a name to a list": {patch(`{"op":"add","path":"/allowed_users/-","value":"carol@home"}`), [][]string{{`"bob@lex"]`, `"bob@lex", "carol@home"]`}}},

		"read and write, bare":        {patch(""), [][]string{{}}},
		"set a field of a slot, bare": {patch(`{"op":"replace","path":"/slots/1/max_concurrent","value":6}`), [][]string{{`concurrent": 8`, `concurrent": 6`}}},
		"add a slot, bare": {
			patch(`{"op":"add","path":"/slots/-","value":{ "kind": "embed", "max_concurrent": 1, "weight": 10 }}`),
			[][]string{{`50 }]`, `50 }, { "kind": "embed", "max_concurrent": 1, "weight": 10 }]`}},
		},
		"remove a slot, bare": {patch(`{"op":"remove","path":"/slots/0"}`), [][]string{{`{ "kind": "gpu", "max_concurrent": 2, "weight": 50 }, `, ""}}},
		"move a slot, bare": {
			patch(`{"op":"move","from":"/slots/1","path":"/slots/0"}`),
			[][]string{{
				`{ "kind": "gpu", "max_concurrent": 2, "weight": 50 }, { "kind": "cpu", "max_concurrent": 8, "weight": 50 }`,
				`{ "kind": "cpu", "max_concurrent": 8, "weight": 50 }, { "kind": "gpu", "max_concurrent": 2, "weight": 50 }`,
			}},
		},
		"add a field, bare": {
			patch(`{"op":"add","path":"/nsfw_allowed","value":true}`),
			[][]string{{"  \"min_priority\": 5,\n", "  \"nsfw_allowed\": true,\n  \"min_priority\": 5,\n"}, {"3 }]\n", "3 }],\n  \"nsfw_allowed\": true\n"}},
		},
		"add a name to a list, bare": {patch(`{"op":"add","path":"/allowed_users/-","value":"carol@home"}`), [][]string{{`"alice@aurelia"]`, `"alice@aurelia", "carol@home"]`}}},
		"remove an override, bare":   {patch(`{"op":"remove","path":"/per_peer_overrides/0"}`), [][]string{{`{ "peer": "alice@aurelia", "min_priority": 3 }`, ""}}},

		"read and write, everywhere":        {patch(""), [][]string{{}}},
		"set a number, everywhere":          {patch(`{"op":"replace","path":"/min_priority","value":7}`), [][]string{{"/* z */ 5", "/* z */ 7"}}},
		"set a field of a slot, everywhere": {patch(`{"op":"replace","path":"/slots/1/max_concurrent","value":6}`), [][]string{{"/* o */ 8", "/* o */ 6"}}},
		"add a slot, everywhere": {patch(`{"op":"add","path":"/slots/-","value":{ "kind": "embed", "max_concurrent": 1, "weight": 10 }}`), [][]string{
			{"/* t */ } // u\n", "/* t */ }, // u\n    { \"kind\": \"embed\", \"max_concurrent\": 1, \"weight\": 10 }\n"},
			{"/* t */ } // u\n    // v\n", "/* t */ }, // u\n    // v\n    { \"kind\": \"embed\", \"max_concurrent\": 1, \"weight\": 10 }\n"},
		}},
		"remove a slot, everywhere": {
			patch(`{"op":"remove","path":"/slots/1"}`),
			[][]string{{"    // m\n    { /* n */ \"kind\": \"cpu\", \"max_concurrent\": /* o */ 8 /* p */, \"weight\": 30 /* q */ } /* r */, /* s */\n", ""}},
		},
		"move a slot, everywhere": {patch(`{"op":"move","from":"/slots/2","path":"/slots/0"}`), [][]string{
			{
				"    { \"kind\": \"text\", \"max_concurrent\": 4, \"weight\": 20 /* t */ } // u\n", "", "/* r */, /* s */", "/* r */ /* s */",
				"    { \"kind\": \"gpu", "    { \"kind\": \"text\", \"max_concurrent\": 4, \"weight\": 20 /* t */ }, // u\n    { \"kind\": \"gpu",
			},
		}},
		"add a field, everywhere": {patch(`{"op":"add","path":"/denied_users","value":["eve@pub"]}`), [][]string{{"/* E */ ] // F\n", "/* E */ ], // F\n  \"denied_users\": [\"eve@pub\"]\n"}}},
		"remove a field, everywhere": {
			patch(`{"op":"remove","path":"/min_priority"}`),
			[][]string{{"  /* x */ \"min_priority\" /* y */ : /* z */ 5 /* A */, // B\n", ""}},
		},
		"add a name to a list, everywhere": {patch(`{"op":"add","path":"/allowed_users/-","value":"carol@home"}`), [][]string{
			{`"bob@lex" /* E */ ]`, `"bob@lex" /* E */, "carol@home" ]`}, {`"bob@lex" /* E */ ]`, `"bob@lex", "carol@home" /* E */ ]`},
		}},
	}
}
