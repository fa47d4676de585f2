package durable

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

func write(t *testing.T, path, text string, mode fs.FileMode) fs.FileInfo {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, mode); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	return info
}

func holds(t *testing.T, path, want string) {
	t.Helper()
	if b, err := os.ReadFile(path); err != nil || string(b) != want {
		t.Errorf("%s holds %q, %v; want %q", filepath.Base(path), b, err, want)
	}
}

func TestLikeKeepsTheMode(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "f")
	for _, mode := range []fs.FileMode{0o600, 0o640, 0o664, 0o777} {
		old := write(t, path, "old", mode)
		if err := (Replacement{Mode: 0o600, Like: old}).Write(path, []byte("new")); err != nil {
			t.Fatal(err)
		}
		holds(t, path, "new")
		if st, err := os.Stat(path); err != nil || runtime.GOOS != "windows" && st.Mode() != mode {
			t.Errorf("mode %v, %v; want %v", st.Mode(), err, mode)
		}
	}
	onlyFile(t, dir, "f")
}

func TestFreshTakesNoNameFromAnother(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "f")
	if err := (Replacement{Mode: 0o644, Fresh: true}).Write(path, []byte("first")); err != nil {
		t.Fatal(err)
	}
	if err := (Replacement{Mode: 0o644, Fresh: true}).Write(path, []byte("second")); !errors.Is(err, fs.ErrExist) {
		t.Errorf("over a file: %v", err)
	}
	holds(t, path, "first")
	onlyFile(t, dir, "f")
}

// The check is the last word, and sees the old file.
func TestCheckDecides(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "f")
	write(t, path, "old", 0o600)
	no := errors.New("no")
	err := Replacement{Mode: 0o600, Check: func() error {
		holds(t, path, "old")
		return no
	}}.Write(path, []byte("new"))
	if !errors.Is(err, no) {
		t.Errorf("the check said no: %v", err)
	}
	holds(t, path, "old")
	onlyFile(t, dir, "f")
}

func TestLongestName(t *testing.T) {
	path := filepath.Join(t.TempDir(), strings.Repeat("n", 255))
	if err := WriteFile(path, []byte("x"), 0o600); err != nil {
		t.Error(err)
	}
}

func TestRemove(t *testing.T) {
	path := filepath.Join(t.TempDir(), "f")
	write(t, path, "x", 0o600)
	if err := Remove(path); err != nil {
		t.Error(err)
	}
	if err := Remove(path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("what is not there: %v", err)
	}
}
