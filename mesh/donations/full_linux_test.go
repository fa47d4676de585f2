package donations

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// A full disk leaves the old file, and nothing beside it; and the save works once there is room.
func TestDiskFull(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("SKIPPED: filling a disk needs root, to mount a small tmpfs")
	}
	dir := folder(t)
	if err := unix.Mount("tmpfs", dir, "tmpfs", 0, "size=65536"); err != nil {
		t.Skipf("SKIPPED: no tmpfs can be mounted here: %v", err)
	}
	t.Cleanup(func() {
		if err := unix.Unmount(dir, unix.MNT_DETACH); err != nil {
			t.Errorf("unmount: %v", err)
		}
	})
	path := filepath.Join(dir, "donations.vox")
	write(t, path, first)
	b := New(Options{Path: path, Data: filepath.Join(dir, "data")})
	large := append([]byte(second), bytes.Repeat([]byte("// room\n"), 6000)...)
	if err := os.WriteFile(filepath.Join(dir, "ballast"), make([]byte, 40960), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := b.Save(t.Context(), []byte(first), large)
	refused(t, err, "vox/policy/not-saved")
	holds(t, path, first)
	alone(t, dir, "ballast", "data", "donations.vox")
	alone(t, filepath.Join(dir, "data"))
	if err := os.Remove(filepath.Join(dir, "ballast")); err != nil {
		t.Fatal(err)
	}
	save(t, b, []byte(first), []byte(second))
	holds(t, path, second)
}

// Nobody waits for the other end of a pipe.
func TestPipe(t *testing.T) {
	b, path := aBook(t, "")
	if err := unix.Mkfifo(path, 0o600); err != nil {
		t.Skipf("SKIPPED: no pipe can be made here: %v", err)
	}
	done := make(chan error)
	go func() {
		_, err := b.Read(t.Context())
		done <- err
	}()
	select {
	case err := <-done:
		refused(t, err, "vox/file/unreadable")
	case <-time.After(30 * time.Second):
		t.Fatal("it waits")
	}
	_, err := b.Save(t.Context(), nil, []byte(first))
	refused(t, err, "vox/file/unreadable")
	if st, err := os.Stat(path); err != nil || st.Mode().IsRegular() {
		t.Errorf("%v, %v", st, err)
	}
}
