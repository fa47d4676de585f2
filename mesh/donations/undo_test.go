package donations

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// Another process later is another Book of the same folders.
func TestUndoByAnother(t *testing.T) {
	b, path := aBook(t, first)
	undoable := func(want bool) {
		t.Helper()
		if d, err := New(b.o).Read(t.Context()); err != nil || d.Undoable != want {
			t.Errorf("undoable %v, %v; want %v", d.Undoable, err, want)
		}
	}
	undoable(false)
	save(t, b, []byte(first), []byte(second))
	undoable(true)
	s, err := New(b.o).Undo(t.Context())
	if err != nil || s.WrittenBytes != len(first) || s.Undoable {
		t.Fatalf("%+v, %v", s, err)
	}
	holds(t, path, first)
	undoable(false)
	_, err = b.Undo(t.Context())
	refused(t, err, "vox/policy/nothing-to-undo")
	holds(t, path, first)
}

func TestUndoIsOfTheLastSave(t *testing.T) {
	b, path := aBook(t, first)
	save(t, b, []byte(first), []byte(second))
	save(t, b, []byte(second), []byte("third"))
	if _, err := b.Undo(t.Context()); err != nil {
		t.Fatal(err)
	}
	holds(t, path, second)
	_, err := b.Undo(t.Context())
	refused(t, err, "vox/policy/nothing-to-undo")
}

// A save that was refused changes nothing about what can be taken back.
func TestARefusedSaveKeepsTheUndo(t *testing.T) {
	b, path := aBook(t, first)
	save(t, b, []byte(first), []byte(second))
	_, err := b.Save(t.Context(), []byte(first), []byte("third"))
	refused(t, err, "vox/policy/changed-underneath")
	if _, err := b.Undo(t.Context()); err != nil {
		t.Fatal(err)
	}
	holds(t, path, first)
}

// So does one that fails after its record was written.
func TestAFailedSaveKeepsTheUndo(t *testing.T) {
	b, path := aBook(t, first)
	save(t, b, []byte(first), []byte(second))
	withdraw, ok := b.keep(record{Path: path, Before: []byte(second), After: []byte("third")})
	if !ok {
		t.Fatal("it was not kept")
	}
	if _, err := b.Undo(t.Context()); err == nil { // as after a crash between the record and the file
		t.Fatal("a save that never was is taken back")
	}
	withdraw()
	if _, err := b.Undo(t.Context()); err != nil {
		t.Fatal(err)
	}
	holds(t, path, first)
}

func TestUndoOfTheSaveThatMadeTheFile(t *testing.T) {
	b, path := aBook(t, "")
	save(t, b, nil, []byte(first))
	if _, err := b.Undo(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("it is still there: %v", err)
	}
	alone(t, filepath.Dir(path))
}

func TestUndoOfWhatChangedSince(t *testing.T) {
	b, path := aBook(t, first)
	save(t, b, []byte(first), []byte(second))
	write(t, path, second+"// by hand\n")
	_, err := b.Undo(t.Context())
	refused(t, err, "vox/policy/changed-underneath")
	var c *ChangedError
	if !errors.As(err, &c) || !strings.Contains(c.Diff(), "+// by hand") {
		t.Errorf("the difference is %v", err)
	}
	holds(t, path, second+"// by hand\n")
	write(t, path, second) // the edit by hand is gone again
	if _, err := b.Undo(t.Context()); err != nil {
		t.Error(err)
	}
	holds(t, path, first)
}

func TestWhatUndoKeepsIsPrivate(t *testing.T) {
	b, path := aBook(t, first)
	save(t, b, []byte(first), []byte(second))
	st, err := os.Stat(b.recordPath(path))
	if err != nil || runtime.GOOS != "windows" && st.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", st.Mode(), err)
	}
}

// A record that cannot be read is none; a data folder that cannot be written is said, and the save goes on.
func TestUndoWithoutItsRecord(t *testing.T) {
	b, path := aBook(t, first)
	save(t, b, []byte(first), []byte(second))
	for _, junk := range []string{"", "{", `{"v":1}`, `{"v":99,"path":"x","after":""}`, "null"} {
		write(t, b.recordPath(path), junk)
		_, err := b.Undo(t.Context())
		refused(t, err, "vox/policy/nothing-to-undo")
	}
	taken := filepath.Join(folder(t), "file")
	write(t, taken, "")
	for _, data := range []string{"", taken} {
		lost := New(Options{Path: path, Data: data})
		if s := save(t, lost, []byte(second), []byte("third")); s.Undoable {
			t.Errorf("with the data folder %q it says that it can be taken back", data)
		}
		_, err := lost.Undo(t.Context())
		refused(t, err, "vox/policy/nothing-to-undo")
		write(t, path, second)
	}
}
