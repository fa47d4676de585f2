package oplog

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"
)

// smallDisk mounts a file system of size bytes.
func smallDisk(t *testing.T, size int) string {
	t.Helper()
	if os.Getuid() != 0 {
		t.Skip("SKIPPED: filling a disk needs root, to mount a small tmpfs")
	}
	dir := t.TempDir()
	if err := unix.Mount("tmpfs", dir, "tmpfs", 0, fmt.Sprintf("size=%d", size)); err != nil {
		t.Skipf("SKIPPED: no tmpfs can be mounted here: %v", err)
	}
	t.Cleanup(func() {
		if err := unix.Unmount(dir, unix.MNT_DETACH); err != nil {
			t.Errorf("unmount: %v", err)
		}
	})
	return dir
}

func TestDiskFullForReal(t *testing.T) {
	dir := smallDisk(t, 2<<20)
	ballast := filepath.Join(dir, "ballast")
	if err := os.WriteFile(ballast, make([]byte, 512<<10), 0o600); err != nil {
		t.Fatal(err)
	}
	l := mustOpen(t, dir, Options{})
	body := make([]byte, 3000)
	ctx := context.Background()
	acked := uint64(0)
	fill := func() {
		t.Helper()
		for {
			ops, err := l.Append(ctx, Draft{Kind: "a", Body: body})
			if err != nil {
				if code(err) != CodeDiskFull {
					t.Fatalf("after %d ops: %v", acked, err)
				}
				return
			}
			if acked++; ops[0].Seq != acked {
				t.Fatalf("op %d, want %d", ops[0].Seq, acked)
			}
		}
	}
	fill()
	for range 5 { // it stays a clean error
		if _, err := l.Append(ctx, Draft{Kind: "a", Body: body}); code(err) != CodeDiskFull {
			t.Fatal(err)
		}
	}
	if ops, err := l.Since(0, 1<<20); err != nil || uint64(len(ops)) != acked {
		t.Fatalf("%d ops are read, %d were acknowledged, %v", len(ops), acked, err)
	}
	if s, h := l.Snapshot(); h.Seq != acked || s.n["a"] != acked {
		t.Fatal("the snapshot shows what is not durable")
	}
	if _, _, err := OpenBlobs(dir).Put(zeros{}, 1<<30); code(err) != CodeBlobFull {
		t.Fatalf("blob: %v", err)
	}
	full := acked
	if err := os.Remove(ballast); err != nil {
		t.Fatal(err)
	}
	fill()
	if acked == full {
		t.Fatal("there is room, and nothing was appended")
	}
	mustClose(t, l)
	l = mustOpen(t, dir, Options{ReadOnly: true})
	if l.Head().Seq != acked {
		t.Fatalf("%d after reopening, %d were acknowledged", l.Head().Seq, acked)
	}
	if r, err := l.Verify(ctx, nil); err != nil || r.Problem != "" {
		t.Fatalf("%+v %v", r, err)
	}
	t.Logf("%d ops until full, %d after making room", full, acked-full)
}

func TestNoRoomToCreate(t *testing.T) {
	dir := smallDisk(t, 64<<10)
	if err := os.WriteFile(filepath.Join(dir, "ballast"), make([]byte, 52<<10), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(dir, fold{1}, Options{}); code(err) != CodeDiskFull {
		t.Fatal(err)
	}
	if err := os.Remove(filepath.Join(dir, "ballast")); err != nil {
		t.Fatal(err)
	}
	if names, _ := os.ReadDir(dir); len(names) != 0 {
		t.Errorf("left behind: %v", names)
	}
	mustOpen(t, dir, Options{})
}

// zeros never ends.
type zeros struct{}

func (zeros) Read(b []byte) (int, error) { clear(b); return len(b), nil }
