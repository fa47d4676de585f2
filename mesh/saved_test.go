package mesh

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"voxmesh/mesh/fault"
)

func TestWhatTheConsoleKeeps(t *testing.T) {
	dir := t.TempDir()
	h := openAt(t, dir, newDial())
	if b, err := h.LoadView("canvas"); err != nil || b != nil {
		t.Errorf("before the first: %q, %v", b, err)
	}
	most := bytes.Repeat([]byte("x"), viewMost)
	for _, want := range [][]byte{[]byte("pins"), most, {}} {
		if err := h.SaveView("canvas", want); err != nil {
			t.Fatal(err)
		}
		if got, err := h.LoadView("canvas"); err != nil || !bytes.Equal(got, want) {
			t.Errorf("%d bytes, %v; want %d", len(got), err, len(want))
		}
	}
	if err := h.SaveView("canvas", append(most, 'x')); err == nil {
		t.Error("more than the most is kept")
	}
	seq := h.Head().Seq
	if err := h.SaveView("a-1", []byte("other")); err != nil || h.Head().Seq != seq {
		t.Errorf("it is no op: %d and %d, %v", seq, h.Head().Seq, err)
	}
	for path, mode := range map[string]os.FileMode{"console": 0o700, "console/canvas": 0o600, "console/a-1": 0o600} {
		if st, err := os.Stat(filepath.Join(dir, path)); err != nil || st.Mode().Perm() != mode {
			t.Errorf("%s: %v, %v", path, st, err)
		}
	}
	for _, name := range []string{"", "..", "a/b", "../audit", "A", "a.b", "a b", "a\x00", "é", strings.Repeat("a", 65)} {
		if err := h.SaveView(name, nil); err == nil {
			t.Errorf("%q is a name", name)
		}
		if _, err := h.LoadView(name); err == nil {
			t.Errorf("%q is a name", name)
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "console", "grown"), append(most, 'x'), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := h.LoadView("grown"); err == nil {
		t.Error("a file that grew is read whole")
	}
	closeHost(t, h)
	r, err := OpenReader(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if b, err := r.LoadView("a-1"); err != nil || string(b) != "other" {
		t.Errorf("%q, %v", b, err)
	}
	if err := r.SaveView("a-1", nil); !fault.Is(err, "vox/host/none") {
		t.Errorf("%v", err)
	}
}

func TestWhatCannotBeKept(t *testing.T) {
	h, _ := openHost(t)
	if err := os.WriteFile(filepath.Join(h.dir, viewDir), nil, 0o600); err != nil { // a file where the folder should be
		t.Fatal(err)
	}
	if err := h.SaveView("canvas", nil); !fault.Is(err, "vox/data/folder") {
		t.Errorf("%v", err)
	}
	if _, err := h.LoadView("canvas"); !fault.Is(err, "vox/data/folder") {
		t.Errorf("%v", err)
	}
}
