package policypane

import (
	"os"
	"path/filepath"
	"testing"

	"voxmesh/policy"
	"voxmesh/tui/keys"
)

// Every file of the corpus of package policy is shown at every size; walking all fields and closing them again changes no
// byte, a tick that is taken back neither, and an edit makes no file worse than it was.
func TestCorpus(t *testing.T) {
	files, err := filepath.Glob("../../policy/testdata/corpus/*.vox")
	if err != nil || len(files) < 6 {
		t.Fatalf("there are %d files: %v", len(files), err)
	}
	ticked := 0
	for _, name := range files {
		src, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, size := range [][2]int{{60, 16}, {80, 24}, {120, 40}, {200, 60}} {
			x := play(t, string(src), size[0], size[1])
			for range len(x.p.views()) {
				x.view()
				x.do(keys.View)
			}
		}
		x := play(t, string(src), 120, 40)
		for i := range x.p.rows {
			for col := range x.p.rows[i].cells {
				x.p.list.Select(x.p.rows[i].id)
				x.p.col = col
				if c := x.p.cell(); x.p.row().kind == head || c.field.Type == policy.Bool {
					continue
				}
				x.do(keys.Open, keys.Back)
			}
		}
		if x.text() != string(src) || x.p.count() != 0 {
			t.Errorf("%s: looking changes it", name)
		}
		if i := x.p.find(nsfw); i >= 0 {
			errs := policyErrors(x.p.top())
			if x.to(nsfw).do(keys.Mark); x.p.Unsaved() {
				ticked++
			}
			if n := policyErrors(x.p.top()); n > errs {
				t.Errorf("%s: a tick makes %d errors", name, n-errs)
			}
			if x.do(keys.Undo); x.text() != string(src) {
				t.Errorf("%s: it is not taken back", name)
			}
		}
	}
	if ticked < len(files)/3 {
		t.Errorf("of %d files %d could be edited", len(files), ticked)
	}
}
