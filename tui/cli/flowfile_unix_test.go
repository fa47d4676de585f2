//go:build unix

package cli

import (
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"

	"voxmesh/mesh/fault"
)

// A pipe among the files of a folder is not waited for.
func TestPipesAreNoWorkflows(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"m.wasm", "w.vox"} {
		if err := unix.Mkfifo(filepath.Join(dir, name), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	a, _, _ := local(t)
	if _, _, err := a.openModule(&flowSource{dir: dir}, &flowFlags{}, "m.wasm", ""); !fault.Is(err, "vox/file/unreadable") {
		t.Errorf("a module that is a pipe: %v", err)
	}
	if rows, err := flowRows(dir); err != nil || len(rows) != 0 {
		t.Errorf("listed %v, %v", rows, err)
	}
}
