package workflow

import (
	"reflect"
	"testing"

	"voxmesh/mesh/fault"
	"voxmesh/mesh/privacy"
)

const diamond = `workflow diamond { privacy: local-only activities: [
  { name: end, runner: text, model: "llama3.2:3b", prompt: "${left.output}${right.output}", retry: 1, on: alice, nsfw: true },
  { name: left, runner: wasm, module: "tools/left.wasm", needs: [start], each: [a, b], timeout_secs: 90 },
  { name: right, runner: wasm, module: "blob:` + hashA + `", each: "${start.parts}", retry: 2, timeout_secs: 3600 },
  { name: start, runner: command, command: ffmpeg, privacy: local-only },
  { name: mend, runner: wasm, module: "m.wasm", when: [{ of: end, is: failed }, { of: start, says: "yes", not: true }], privacy: public-mesh },
] }`

func TestWhatAWorkflowIs(t *testing.T) {
	w := &Parse("d.vox", []byte(diamond)).Workflows[0] // of which the classes are wrong
	if got := w.Order(); !reflect.DeepEqual(got, []string{"start", "left", "right", "end", "mend"}) {
		t.Errorf("order %q", got)
	}
	if got := w.Stages(); !reflect.DeepEqual(got, [][]string{{"start"}, {"left", "right"}, {"end"}, {"mend"}}) {
		t.Errorf("stages %q", got)
	}
	if got := w.Downstream("left", "nobody"); !reflect.DeepEqual(got, map[string]bool{"left": true, "end": true, "mend": true}) {
		t.Errorf("downstream %v", got)
	}
	if got := w.NeedsOf("mend"); !reflect.DeepEqual(got, []string{"end", "start"}) || w.NeedsOf("nobody") != nil {
		t.Errorf("needs %q", got)
	}
	if got := w.Widest(); got != privacy.PublicMesh {
		t.Errorf("widest %s", got)
	}
	for i, want := range []string{
		"text llama3.2:3b, 1 retry, on alice, NSFW",
		"wasm tools/left.wasm, each of 2, at most 1m30s",
		"wasm aaaaaaaa, each of start.parts, 2 retries, at most 1h",
		"command ffmpeg",
		`wasm m.wasm, when end failed, when start not says "yes"`,
	} {
		if got := w.Activities[i].Summary(); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}

func TestWorkflowsOfAFile(t *testing.T) {
	one := Parse("one.vox", []byte("policy donations {} workflow a { activities: [{ name: b, runner: text, prompt: x }] }"))
	two := Parse("two.vox", []byte("workflow a { activities: [] } workflow b { activities: [] }"))
	for _, tc := range []struct {
		f    *File
		name string
		want string
	}{{one, "", "a"}, {one, "a", "a"}, {one, "b", ""}, {two, "", ""}, {two, "b", "b"}, {&File{}, "", ""}} {
		if w, ok := tc.f.Workflow(tc.name); ok != (tc.want != "") || ok && w.Name != tc.want {
			t.Errorf("%s %q: %+v, %v", tc.f.Name, tc.name, w, ok)
		}
	}
	if one.Blocks != 1 || two.Blocks != 2 {
		t.Errorf("%d and %d blocks", one.Blocks, two.Blocks)
	}
}

func TestCompileNamesWhatIsMissing(t *testing.T) {
	w := parsed(t, nightly)
	_, err := Compile(w, map[string]string{"split.wasm": hashA})
	if !fault.Is(err, "vox/workflow/no-module") || err.Error() != `the module "render.wasm" of render is not there` {
		t.Errorf("%v", err)
	}
	if _, err := Compile(w, map[string]string{"split.wasm": hashA, "render.wasm": "no hash"}); !fault.Is(err, "vox/workflow/invalid") {
		t.Errorf("%v", err)
	}
	w.Activities[0].Needs = []string{"publish"}
	if _, err := Compile(w, map[string]string{"split.wasm": hashA, "render.wasm": hashA}); !fault.Is(err, "vox/workflow/invalid") ||
		err.Error() != "activity split, needs: split waits for itself: split → publish → render → split (cycle)" {
		t.Errorf("%v", err)
	}
	if d := compiled(t, nightly); !reflect.DeepEqual(d.Modules(), []string{hashA}) || d.Activities[1].Class != privacy.PairedPeersOnly || d.Activities[2].Kind != "text" {
		t.Errorf("%+v", d)
	}
}
