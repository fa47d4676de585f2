package cli

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"voxmesh/mesh/fault"
	"voxmesh/mesh/workflow"
)

// The modules of a file lie in its folder; nothing else is read for it, whatever it names.
func TestModulesLieInTheFolder(t *testing.T) {
	dir := t.TempDir()
	secret := filepath.Join(t.TempDir(), "secret")
	for path, text := range map[string]string{
		secret: "secret", filepath.Join(dir, "flow", "m.wasm"): "module", filepath.Join(dir, "above.wasm"): "above",
		filepath.Join(dir, "flow", "bin", "n.wasm"): "below",
	} {
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	flow := filepath.Join(dir, "flow")
	for name, to := range map[string]string{"link.wasm": secret, "up": "..", "inner.wasm": "bin/n.wasm", "loop.wasm": "loop.wasm"} {
		if err := os.Symlink(to, filepath.Join(flow, name)); err != nil {
			t.Fatal(err)
		}
	}
	const outside, unreadable = "vox/workflow/outside", "vox/file/unreadable"
	for _, tc := range []struct {
		path, given string
		allow       bool
		session     bool
		text, code  string
	}{
		{path: "m.wasm", text: "module"},
		{path: "./bin/../m.wasm", text: "module"},
		{path: "bin/n.wasm", text: "below"},
		{path: "inner.wasm", text: "below"},
		{path: "../above.wasm", code: outside},
		{path: "bin/../../above.wasm", code: outside},
		{path: "up/above.wasm", code: outside},
		{path: secret, code: outside},
		{path: "link.wasm", code: outside},
		{path: "", code: outside},
		{path: "/dev/stdin", code: outside},
		{path: "-", code: unreadable}, // a file of that name: never standard input
		{path: "loop.wasm", code: unreadable},
		{path: "bin", code: unreadable},
		{path: "none.wasm", code: unreadable},
		{path: "m.wasm\x00", code: unreadable},
		{path: "../above.wasm", allow: true, text: "above"},
		{path: "link.wasm", allow: true, text: "secret"},
		{path: secret, allow: true, text: "secret"},
		{path: "anything", given: secret, text: "secret"},
		{path: "m.wasm", session: true, code: "vox/cli/refused"},
		{path: "m.wasm", given: secret, allow: true, session: true, code: "vox/cli/refused"},
	} {
		a, _, _ := local(t)
		a.local = !tc.session
		in, done, err := a.openModule(&flowSource{dir: flow}, &flowFlags{outside: tc.allow}, tc.path, tc.given)
		if tc.code != "" {
			if code, hint := fault.Of(err); code != tc.code || hint == "" {
				t.Errorf("%q: %v (%s, hint %q), want %s", tc.path, err, code, hint, tc.code)
			}
			continue
		}
		if err != nil {
			t.Errorf("%q: %v", tc.path, err)
			continue
		}
		if b, err := io.ReadAll(in); string(b) != tc.text || err != nil {
			t.Errorf("%q gave %q, %v", tc.path, b, err)
		}
		done()
	}
}

// A problem of a module stands at the activity that names it.
func TestProblemsOfModulesHaveAPlace(t *testing.T) {
	src := "workflow w {\n  activities: [ { name: a },\n\t{ name: b, module: \"../x\" } ]\n}\n"
	s := &flowSource{src: []byte(src), file: &workflow.File{Name: "w.vox"}, flow: &workflow.Workflow{
		Name: "w", Line: 1, Col: 10, Activities: []workflow.Activity{{Name: "a", Line: 2, Col: 25}, {Name: "b", Module: "../x", Line: 3, Col: 10}},
	}}
	s.problem("../x", fault.New("vox/workflow/outside", "it lies outside").WithHint("do so"))
	s.problem("gone", fault.New("vox/file/unreadable", "gone"))
	if !s.bad() || len(s.problems) != 2 {
		t.Fatalf("%+v", s.problems)
	}
	if p := s.problems[0]; p.Line != 3 || p.Col != 10 || p.Caret != 9 || p.SourceLine != "\t{ name: b, module: \"../x\" } ]" || p.Message != "it lies outside (do so)" || s.why == nil {
		t.Errorf("%+v", p)
	}
	if p := s.problems[1]; p.Line != 1 || p.SourceLine != "workflow w {" {
		t.Errorf("%+v", p)
	}
}

func TestModuleFlags(t *testing.T) {
	f := &flowFlags{modules: []string{"a.wasm=b.wasm", "c=blob:00=1"}}
	got, err := f.given()
	if err != nil || got["a.wasm"] != "b.wasm" || got["c"] != "blob:00=1" {
		t.Errorf("%v, %v", got, err)
	}
	for _, bad := range []string{"a.wasm", "=b", "a=", ""} {
		if _, err := (&flowFlags{modules: []string{bad}}).given(); !fault.Is(err, "vox/cli/usage") {
			t.Errorf("--module %q: %v", bad, err)
		}
	}
}

// Workflows are listed from plain files of one folder; a donor's file is none, and one that can't be read is said.
func TestWorkflowList(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"donations.vox": "policy donations {\n  slots: [ { kind: cpu, max_concurrent: 1, weight: 100 } ]\n}\n",
		"broken.vox":    "workflow x {", "notes.txt": "workflow y { }", ".hidden.vox": "workflow z { }",
		"large.vox": strings.Repeat("# much\n", 1<<18),
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Mkdir(filepath.Join(dir, "folder.vox"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("nowhere", filepath.Join(dir, "lost.vox")); err != nil {
		t.Fatal(err)
	}
	rows, err := flowRows(dir)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, r := range rows {
		got = append(got, r.File)
		if r.Errors == 0 {
			t.Errorf("%+v has no error", r)
		}
	}
	if strings.Join(got, " ") != "broken.vox large.vox lost.vox" {
		t.Errorf("listed %v", got)
	}
	if rows, err := flowRows(filepath.Join(dir, "none")); err != nil || rows == nil || len(rows) != 0 {
		t.Errorf("a folder that is not there: %v, %v", rows, err)
	}
	a, out, _ := local(t)
	if exit := a.execute(context.Background(), []string{"workflow", "ls", "--workspace", dir}); exit != 0 || !strings.Contains(out.String(), "broken.vox") {
		t.Errorf("exit %d\n%s", exit, out)
	}
}
