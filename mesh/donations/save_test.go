package donations

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"

	"voxmesh/mesh/fault"
	"voxmesh/policy/syntax"
)

const (
	first  = "policy donations {\n  slots: [ { kind: cpu, max_concurrent: 8 } ]\n}\n"
	second = "policy donations {\n  slots: [ { kind: cpu, max_concurrent: 6 } ]\n}\n"
)

// aBook is a book of a file in a folder of its own, with another folder for its data. The file holds text, unless that
// is empty.
func aBook(t *testing.T, text string) (b *Book, path string) {
	t.Helper()
	path = filepath.Join(folder(t), "donations.vox")
	if text != "" {
		write(t, path, text)
	}
	return New(Options{Path: path, Data: filepath.Join(t.TempDir(), "data")}), path
}

// folder is a temporary folder by its real name.
func folder(t *testing.T) string {
	t.Helper()
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

func holds(t *testing.T, path, want string) {
	t.Helper()
	if b, err := os.ReadFile(path); err != nil || string(b) != want {
		t.Errorf("%s holds %q, %v; want %q", path, b, err, want)
	}
}

// alone wants nothing but these names in the folder.
func alone(t *testing.T, dir string, names ...string) {
	t.Helper()
	all, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, e := range all {
		got = append(got, e.Name())
	}
	if fmt.Sprint(got) != fmt.Sprint(names) {
		t.Errorf("the folder holds %v, want %v", got, names)
	}
}

func refused(t *testing.T, err error, code string) {
	t.Helper()
	got, hint := fault.Of(err)
	if err == nil || got != code || hint == "" {
		t.Fatalf("%v [%s] %q; want %s and a hint", err, got, hint, code)
	}
}

func save(t *testing.T, b *Book, base, text []byte) Saved {
	t.Helper()
	s, err := b.Save(t.Context(), base, text)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestSaveReplacesAndKeepsTheMode(t *testing.T) {
	for _, mode := range []fs.FileMode{0o600, 0o640, 0o664} {
		b, path := aBook(t, first)
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
		d, err := b.Read(t.Context())
		if err != nil || !d.Exists || string(d.Source) != first || d.Path != path {
			t.Fatalf("read: %+v, %v", d, err)
		}
		s := save(t, b, d.Source, []byte(second))
		if s.WrittenBytes != len(second) || s.Path != path || !s.Undoable {
			t.Errorf("saved: %+v", s)
		}
		holds(t, path, second)
		if st, err := os.Stat(path); err != nil || runtime.GOOS != "windows" && st.Mode() != mode {
			t.Errorf("mode %v, want %v", st.Mode(), mode)
		}
		alone(t, filepath.Dir(path), "donations.vox")
	}
}

func TestSaveMakesTheFile(t *testing.T) {
	b, path := aBook(t, "")
	d, err := b.Read(t.Context())
	if err != nil || d.Exists || d.Source != nil {
		t.Fatalf("read of nothing: %+v, %v", d, err)
	}
	save(t, b, nil, []byte(first))
	holds(t, path, first)
	_, err = b.Save(t.Context(), nil, []byte(second))
	refused(t, err, "vox/policy/changed-underneath")
	holds(t, path, first)
	alone(t, filepath.Dir(path), "donations.vox")
}

// An empty file is something else than none.
func TestEmptyIsNotNone(t *testing.T) {
	b, path := aBook(t, "")
	write(t, path, "")
	_, err := b.Save(t.Context(), nil, []byte(first))
	refused(t, err, "vox/policy/changed-underneath")
	save(t, b, []byte{}, []byte(first))
	if _, err := b.Undo(t.Context()); err != nil {
		t.Fatal(err)
	}
	holds(t, path, "")
}

func TestSavingTheSameWritesNothing(t *testing.T) {
	b, path := aBook(t, first)
	before, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	s := save(t, b, []byte(first), []byte(first))
	after, err := os.Stat(path)
	if err != nil || s.WrittenBytes != 0 || s.Undoable || !os.SameFile(before, after) {
		t.Errorf("%+v, %v", s, err)
	}
}

// Every way in which the file can be another than was read refuses the save, shows the difference and changes nothing.
func TestChangedUnderneath(t *testing.T) {
	for name, tc := range map[string]struct {
		change func(path string) error
		diff   []string
	}{
		"edited": {func(p string) error { return os.WriteFile(p, []byte(second), 0o600) }, []string{"-  slots: [ { kind: cpu, max_concurrent: 8 } ]", "+  slots: [ { kind: cpu, max_concurrent: 6 } ]"}},
		"one byte more": {func(p string) error {
			return os.WriteFile(p, []byte(first+"\n"), 0o600)
		}, []string{"+\n"}},
		"removed": {os.Remove, []string{"-policy donations {"}},
	} {
		t.Run(name, func(t *testing.T) {
			b, path := aBook(t, first)
			if err := tc.change(path); err != nil {
				t.Fatal(err)
			}
			before, _ := os.ReadFile(path)
			_, err := b.Save(t.Context(), []byte(first), []byte("mine"))
			refused(t, err, "vox/policy/changed-underneath")
			var c *ChangedError
			if !errors.As(err, &c) {
				t.Fatalf("%T has no difference", err)
			}
			for _, want := range tc.diff {
				if !strings.Contains(c.Diff(), want) {
					t.Errorf("the difference lacks %q:\n%s", want, c.Diff())
				}
			}
			after, _ := os.ReadFile(path)
			if !bytes.Equal(before, after) {
				t.Errorf("the file changed to %q", after)
			}
			_, err = b.Undo(t.Context())
			refused(t, err, "vox/policy/nothing-to-undo")
		})
	}
}

func TestLinksStayLinks(t *testing.T) {
	for _, exists := range []bool{true, false} {
		t.Run(fmt.Sprintf("target exists %v", exists), func(t *testing.T) {
			b, path := aBook(t, "")
			other := folder(t)
			target := filepath.Join(other, "mine.vox")
			var base []byte
			if exists {
				write(t, target, first)
				base = []byte(first)
			}
			// A relative link to a link: both stay.
			rel, err := filepath.Rel(filepath.Dir(path), filepath.Join(other, "middle"))
			if err != nil {
				t.Fatal(err)
			}
			if err := errors.Join(os.Symlink("mine.vox", filepath.Join(other, "middle")), os.Symlink(rel, path)); err != nil {
				t.Skipf("SKIPPED: no links here: %v", err)
			}
			save(t, b, base, []byte(second))
			holds(t, target, second)
			for _, l := range []string{path, filepath.Join(other, "middle")} {
				if st, err := os.Lstat(l); err != nil || st.Mode()&fs.ModeSymlink == 0 {
					t.Errorf("%s is no link any more: %v, %v", l, st, err)
				}
			}
			alone(t, filepath.Dir(path), "donations.vox")
			alone(t, other, "middle", "mine.vox")
			if _, err := b.Undo(t.Context()); err != nil {
				t.Fatal(err)
			}
			if exists {
				holds(t, target, first)
			} else if _, err := os.Stat(target); !errors.Is(err, fs.ErrNotExist) {
				t.Errorf("the file that was made is still there: %v", err)
			}
			if _, err := os.Lstat(path); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestALinkToItself(t *testing.T) {
	b, path := aBook(t, "")
	if err := os.Symlink("donations.vox", path); err != nil {
		t.Skipf("SKIPPED: no links here: %v", err)
	}
	_, err := b.Read(t.Context())
	refused(t, err, "vox/file/unreadable")
	if _, err := b.Save(t.Context(), nil, []byte(first)); err == nil {
		t.Error("saved into a link to itself")
	}
}

// The folder that is missing is that of the file, not that of the link.
func TestALinkIntoNoFolder(t *testing.T) {
	b, path := aBook(t, "")
	away := filepath.Join(t.TempDir(), "gone")
	if err := os.Symlink(filepath.Join(away, "mine.vox"), path); err != nil {
		t.Skipf("SKIPPED: no links here: %v", err)
	}
	_, err := b.Save(t.Context(), nil, []byte(first))
	refused(t, err, "vox/policy/not-saved")
	if !strings.Contains(err.Error(), "no folder "+away) {
		t.Error(err)
	}
}

// What may not be written is not replaced by a rename either.
func TestReadOnly(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("SKIPPED: modes are another thing here")
	}
	b, path := aBook(t, first)
	for what, mode := range map[string]fs.FileMode{path: 0o444, filepath.Dir(path): 0o555} {
		old, err := os.Stat(what)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(what, mode); err != nil {
			t.Fatal(err)
		}
		_, err = b.Save(t.Context(), []byte(first), []byte(second))
		refused(t, err, "vox/policy/read-only")
		if err := os.Chmod(what, old.Mode()); err != nil {
			t.Fatal(err)
		}
	}
	holds(t, path, first)
	save(t, b, []byte(first), []byte(second))
}

func TestWhatIsNoFile(t *testing.T) {
	b, path := aBook(t, "")
	if err := os.Mkdir(path, 0o700); err != nil {
		t.Fatal(err)
	}
	_, err := b.Read(t.Context())
	refused(t, err, "vox/file/unreadable")
	_, err = b.Save(t.Context(), nil, []byte(first))
	refused(t, err, "vox/file/unreadable")
	if runtime.GOOS != "windows" {
		_, err = New(Options{Path: os.DevNull}).Read(t.Context())
		refused(t, err, "vox/file/unreadable")
	}
	gone := New(Options{Path: filepath.Join(path, "none", "donations.vox")})
	if d, err := gone.Read(t.Context()); err != nil || d.Exists {
		t.Errorf("a folder that is not there: %+v, %v", d, err)
	}
	_, err = gone.Save(t.Context(), nil, []byte(first))
	refused(t, err, "vox/policy/not-saved")
}

// A file that is too large is read far enough to be refused, and never cut by a save.
func TestTooLarge(t *testing.T) {
	b, path := aBook(t, strings.Repeat("/", syntax.MaxSize+100))
	d, err := b.Read(t.Context())
	if err != nil || len(d.Source) != syntax.MaxSize+1 {
		t.Fatalf("%d bytes, %v", len(d.Source), err)
	}
	_, err = b.Save(t.Context(), d.Source, []byte(first))
	refused(t, err, "vox/policy/too-large")
	if st, err := os.Stat(path); err != nil || st.Size() != syntax.MaxSize+100 {
		t.Errorf("%v, %v", st.Size(), err)
	}
	b, _ = aBook(t, first)
	_, err = b.Save(t.Context(), []byte(first), make([]byte, syntax.MaxSize+1))
	refused(t, err, "vox/policy/too-large")
}

// Of many that save what they made from the same bytes, one wins; the others hear of it. All have Books, and half of
// them data folders, of their own.
func TestConcurrentSaves(t *testing.T) {
	for _, base := range [][]byte{[]byte(first), nil} {
		b, path := aBook(t, string(base))
		const n = 16
		errs := make([]error, n)
		var wg sync.WaitGroup
		for i := range n {
			o := b.o
			if i%2 == 0 {
				o.Data = t.TempDir()
			}
			wg.Go(func() {
				_, errs[i] = New(o).Save(context.Background(), base, fmt.Appendf(nil, "// %d\n%s", i, second))
			})
		}
		wg.Wait()
		winner := -1
		for i, err := range errs {
			switch {
			case err == nil && winner >= 0:
				t.Fatalf("%d and %d both won", winner, i)
			case err == nil:
				winner = i
			default:
				refused(t, err, "vox/policy/changed-underneath")
			}
		}
		if winner < 0 {
			t.Fatal("nobody won")
		}
		holds(t, path, fmt.Sprintf("// %d\n%s", winner, second))
		alone(t, filepath.Dir(path), "donations.vox")
	}
}

func TestSaveHearsTheEnd(t *testing.T) {
	b, path := aBook(t, first)
	place, unlock, err := b.hold(t.Context())
	if err != nil || place != path {
		t.Fatal(place, err)
	}
	defer unlock()
	ctx, stop := context.WithCancel(t.Context())
	stop()
	if _, err := b.Save(ctx, []byte(first), []byte(second)); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
	holds(t, path, first)
}
