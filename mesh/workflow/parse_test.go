package workflow

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"voxmesh/mesh/privacy"
)

const nightly = `// What runs every night.
workflow nightly-render {
  privacy: paired-peers-only
  priority: normal
  activities: [
    { name: split, runner: wasm, module: "split.wasm", args: ["240"] },
    {
      name: render, runner: wasm, module: "render.wasm", needs: [split],
      each: "${split.parts}", args: ["${item}", 7], retry: 2, timeout_secs: 600,
    },
    { name: publish, runner: text, model: "llama3.2:3b", prompt: "Sum up: ${render.output}", when: [{ of: render, is: succeeded }] },
  ]
}
`

// parsed reads a file without errors.
func parsed(t testing.TB, src string) *Workflow {
	t.Helper()
	f := Parse("nightly.vox", []byte(src))
	if f.Errors() {
		t.Fatalf("errors:\n%s", formatted(f))
	}
	return &f.Workflows[0]
}

func formatted(f *File) string {
	var b strings.Builder
	for _, p := range f.Problems {
		b.WriteString(p.Format() + "\n")
	}
	return b.String()
}

const hashA = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

// compiled fixes a file in which every module is the same.
func compiled(t testing.TB, src string) *Definition {
	t.Helper()
	w := parsed(t, src)
	hashes := map[string]string{}
	for _, m := range w.Modules() {
		hashes[m] = hashA
	}
	d, err := Compile(w, hashes)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestParseReadsAllFields(t *testing.T) {
	w := parsed(t, nightly)
	want := Workflow{
		Name: "nightly-render", Class: privacy.PairedPeersOnly, Priority: "normal", Line: 2, Col: 10,
		Activities: []Activity{
			{Name: "split", Runner: "wasm", Module: "split.wasm", Args: []string{"240"}, Line: 6, Col: 13},
			{
				Name: "render", Runner: "wasm", Module: "render.wasm", Needs: []string{"split"}, EachOf: "${split.parts}",
				Args: []string{"${item}", "7"}, Retry: 2, Timeout: 10 * time.Minute, Line: 8, Col: 13,
			},
			{
				Name: "publish", Runner: "text", Model: "llama3.2:3b", Prompt: "Sum up: ${render.output}",
				When: []Condition{{Of: "render", Is: "succeeded"}}, Line: 11, Col: 13,
			},
		},
	}
	if !reflect.DeepEqual(*w, want) {
		t.Errorf("got  %+v\nwant %+v", *w, want)
	}
	if got := w.Modules(); !reflect.DeepEqual(got, []string{"split.wasm", "render.wasm"}) {
		t.Errorf("modules: %q", got)
	}
	if got := w.NeedsOf("publish"); !reflect.DeepEqual(got, []string{"render"}) {
		t.Errorf("needs: %q", got)
	}
	if got := w.Stages(); !reflect.DeepEqual(got, [][]string{{"split"}, {"render"}, {"publish"}}) {
		t.Errorf("stages: %q", got)
	}
}

func TestADefinitionHasOneForm(t *testing.T) {
	d := compiled(t, nightly)
	const want = `{"v":1,"name":"nightly-render","privacy":"paired-peers-only","priority":"normal","activities":[` +
		`{"name":"split","runner":"wasm","kind":"cpu","module":"` + hashA + `","args":["240"],"privacy":"paired-peers-only"},` +
		`{"name":"render","runner":"wasm","kind":"cpu","module":"` + hashA + `","args":["${item}","7"],"needs":["split"],"each_of":"${split.parts}","retry":2,"timeout_secs":600,"privacy":"paired-peers-only"},` +
		`{"name":"publish","runner":"text","kind":"text","model":"llama3.2:3b","prompt":"Sum up: ${render.output}","when":[{"of":"render","is":"succeeded"}],"privacy":"paired-peers-only"}]}`
	if got := string(d.Encode()); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	moved := compiled(t, "policy donations { }\n\n\n"+strings.ReplaceAll(nightly, "\n", "\n  // moved\n"))
	if string(moved.Encode()) != want {
		t.Errorf("moved: %s", moved.Encode())
	}
	back, err := Decode([]byte(want))
	if err != nil || !reflect.DeepEqual(back, d) {
		t.Errorf("back: %+v, %v", back, err)
	}
	for _, bad := range []string{
		"", "{}", "null", "[]", " " + want, want + " ", strings.Replace(want, `"v":1`, `"v":2`, 1), strings.Replace(want, `"kind":"cpu",`, "", 1),
		strings.Replace(want, "split.parts", "publish.parts", 1), strings.Replace(want, hashA, "split.wasm", 1), strings.Replace(want, `"retry":2`, `"retry":11`, 1),
		strings.Replace(want, `"privacy":"paired-peers-only"},`, `"privacy":"none"},`, 1), strings.Replace(want, `"v":1`, `"V":1`, 1),
		strings.Replace(want, `"name":"split",`, `"name":"",`, 1), strings.Replace(want, `"v":1,`, `"v":1,"v":1,`, 1),
	} {
		if d, err := Decode([]byte(bad)); err == nil {
			t.Errorf("%s is read as %+v", bad, d)
		}
	}
}
