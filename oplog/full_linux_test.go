package oplog

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

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

// fullPoints is at how many points of fill a disk becomes full.
const fullPoints = 50

func TestDiskFullAtAnyPoint(t *testing.T) {
	dir := smallDisk(t, 2<<20)
	ops, blobs, memos, refused := 0, 0, uint64(0), 0
	for point := 0; point < fullPoints; point += min(slow, 5) {
		f := &filling{t: t, dir: filepath.Join(dir, strconv.Itoa(point)), rng: rand.New(rand.NewPCG(uint64(point), 9)), blobs: map[string][]byte{}}
		if err := os.Mkdir(f.dir, 0o700); err != nil {
			t.Fatal(err)
		}
		f.run(100<<10 + point*12_000)
		st, err := f.l.Stats()
		if err != nil {
			t.Fatal(err)
		}
		ops, blobs, memos, refused = ops+len(f.acked), blobs+len(f.blobs), memos+st.Memos, refused+f.refused
		mustClose(t, f.l)
		if err := os.RemoveAll(f.dir); err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("%d points of fill: %d ops, %d memos, %d blobs; %d appends and blobs refused; lost 0", fullPoints/min(slow, 5), ops, memos, blobs, refused)
}

// filling appends to a log on a disk that becomes full, and then has room again.
type filling struct {
	t       *testing.T
	dir     string
	rng     *rand.Rand
	l       *Log[*tally]
	acked   []string
	blobs   map[string][]byte
	refused int
}

func (f *filling) run(room int) {
	t := f.t
	t.Helper()
	ballast := filepath.Join(f.dir, "ballast")
	f.ballast(ballast, room)
	f.l = mustOpen(t, f.dir, Options{MemoEvery: 32})
	f.fill()
	f.look()
	full := len(f.acked)
	if err := os.Truncate(ballast, 0); err != nil {
		t.Fatal(err)
	}
	for range 40 { // it is the same log, and there is room
		if !f.append() {
			t.Fatalf("room for %d: there is room again, and nothing is appended after op %d", room, full)
		}
	}
	if !f.put() {
		t.Fatal("there is room again, and no blob is stored")
	}
	f.look()
	mustClose(t, f.l)
	if r, err := VerifyDir(context.Background(), f.dir, fold{1}, nil); err != nil || r.Problem != "" {
		t.Fatalf("room for %d: %+v %v", room, r, err)
	}
	f.l = mustOpen(t, f.dir, Options{MemoEvery: 32})
	f.look()
}

// ballast fills the disk but for room.
func (f *filling) ballast(path string, room int) {
	f.t.Helper()
	var fs unix.Statfs_t
	if err := unix.Statfs(f.dir, &fs); err != nil {
		f.t.Fatal(err)
	}
	if err := os.WriteFile(path, make([]byte, int(fs.Bavail)*int(fs.Bsize)-room), 0o600); err != nil {
		f.t.Fatal(err)
	}
}

// fill appends and puts until the disk refuses one of them and then some more.
func (f *filling) fill() {
	for tries := 0; tries < 12; {
		ok := f.append()
		if f.rng.IntN(16) == 0 && !f.put() {
			ok = false
		}
		if !ok {
			tries++
		}
	}
}

func (f *filling) append() bool {
	f.t.Helper()
	body := fmt.Appendf(nil, "%d of this log ", len(f.acked)+1)
	size := f.rng.IntN(600)
	if f.rng.IntN(10) == 0 {
		size = f.rng.IntN(20_000)
	}
	body = append(body, make([]byte, size)...)
	ops, err := f.l.Append(context.Background(), Draft{Kind: "a", Body: body, Index: []string{"size:" + strconv.Itoa(size/1000)}})
	if err != nil {
		if code(err) != CodeDiskFull {
			f.t.Fatalf("after %d ops: %v", len(f.acked), err)
		}
		f.refused++
		return false
	}
	if f.acked = append(f.acked, string(body)); ops[0].Seq != uint64(len(f.acked)) {
		f.t.Fatalf("op %d, want %d", ops[0].Seq, len(f.acked))
	}
	return true
}

func (f *filling) put() bool {
	f.t.Helper()
	data := fmt.Appendf(nil, "blob %d of %s", len(f.blobs), f.dir)
	data = append(data, make([]byte, f.rng.IntN(30_000))...)
	name, _, err := OpenBlobs(f.dir).Put(bytes.NewReader(data), 1<<20)
	if err != nil {
		if code(err) != CodeBlobFull {
			f.t.Fatalf("blob: %v", err)
		}
		f.refused++
		if left, _ := os.ReadDir(filepath.Join(f.dir, blobsName, blobsTmp)); len(left) > 0 {
			f.t.Fatalf("the blob that was refused is left behind: %v", left)
		}
		return false
	}
	f.blobs[name] = data
	return true
}

// look reads all there is.
func (f *filling) look() {
	f.t.Helper()
	ops, err := f.l.Since(0, 1<<20)
	if err != nil || len(ops) != len(f.acked) {
		f.t.Fatalf("%d ops are read, %d were acknowledged, %v", len(ops), len(f.acked), err)
	}
	for i, o := range ops {
		if string(o.Body) != f.acked[i] {
			f.t.Fatalf("op %d is not what was appended", o.Seq)
		}
	}
	if s, h := f.l.Snapshot(); h.Seq != uint64(len(ops)) || s.String() != folded(ops).String() {
		f.t.Fatal("the snapshot is not the fold of what is durable")
	}
	if i, err := f.l.AtSeq(uint64(len(ops) / 2)); err != nil || i.State.String() != folded(ops[:len(ops)/2]).String() {
		f.t.Fatalf("the past: %v", err)
	}
	if r, err := f.l.Verify(context.Background(), nil); err != nil || r.Problem != "" {
		f.t.Fatalf("%+v %v", r, err)
	}
	for name, want := range f.blobs {
		if got, err := OpenBlobs(f.dir).ReadAll(name, 1<<20); err != nil || !bytes.Equal(got, want) {
			f.t.Fatalf("blob %s: %v", name, err)
		}
	}
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

// TestNoRoomToWriteAnew compacts and trims a log on a disk that has no room for a second one: it stays as it was.
func TestNoRoomToWriteAnew(t *testing.T) {
	dir := smallDisk(t, 8<<20)
	f := &filling{t: t, dir: dir, rng: rand.New(rand.NewPCG(1, 9)), blobs: map[string][]byte{}}
	f.l = mustOpen(t, dir, Options{})
	for len(f.acked) < 1200 {
		f.append()
	}
	mustClose(t, f.l)
	names := func() string {
		list, err := os.ReadDir(dir)
		return fmt.Sprint(list, err)
	}
	ctx := context.Background()
	ballast := filepath.Join(dir, "ballast")
	for room := 0; room < 1<<20; room += 150_000 {
		f.ballast(ballast, room)
		before, was := fileSum(t, dir), names()
		_, err1 := Compact(ctx, dir, fold{1}, time.Now(), nil)
		_, err2 := Trim(ctx, dir, fold{1}, TrimOptions{Before: time.Now().UnixMicro(), Archive: filepath.Join(dir, "archive.db"), Now: time.Now()}, nil)
		if code(err1) != CodeDiskFull || code(err2) != CodeDiskFull {
			t.Fatalf("room for %d: %v, %v", room, err1, err2)
		}
		if fileSum(t, dir) != before || names() != was {
			t.Fatalf("room for %d: %s became %s", room, was, names())
		}
		if err := os.Remove(ballast); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := Compact(ctx, dir, fold{1}, time.Now(), nil); err != nil {
		t.Fatal(err)
	}
	f.l = mustOpen(t, dir, Options{})
	f.look()
}
