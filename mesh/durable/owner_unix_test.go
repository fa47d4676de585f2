//go:build unix

package durable

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

func TestLikeKeepsTheOwner(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("SKIPPED: giving a file to another owner needs root")
	}
	path := filepath.Join(t.TempDir(), "f")
	write(t, path, "old", 0o640)
	if err := os.Chown(path, 1234, 5678); err != nil {
		t.Skipf("SKIPPED: no file can be given away here: %v", err)
	}
	old, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := (Replacement{Like: old}).Write(path, []byte("new")); err != nil {
		t.Fatal(err)
	}
	now, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if st := now.Sys().(*syscall.Stat_t); st.Uid != 1234 || st.Gid != 5678 || now.Mode() != 0o640 {
		t.Errorf("owner %d:%d, mode %v", st.Uid, st.Gid, now.Mode())
	}
}
