package mesh_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"voxmesh/mesh"
	"voxmesh/oplog"
)

// A cold seek is the first one of a process that has just opened the log, with no page of the file in memory but those that
// the opening needed: each is made in a process of its own, and before the seek POSIX_FADV_DONTNEED takes the file's pages
// out of the page cache. The kernel keeps pages that a process has mapped; no other process has the file open, and this
// one has touched what the opening read. How many bytes that is cachestat(2) says, and the table.

// coldEnv holds the order for the process, as JSON.
const coldEnv = "VOXMESH_SEEK_CHILD"

type coldOrder struct {
	Who  string // ours, json, mvcc
	Path string
	Seq  uint64
	Memo uint64 // json: the seq of its memo
}

type coldAnswer struct {
	Open, Seek time.Duration
	Cached     int64 // bytes of the file in memory before the seek; -1: the kernel does not say
	Seq        uint64
}

// TestSeekChild is the process of one cold seek. As a test it does nothing.
func TestSeekChild(t *testing.T) {
	text := os.Getenv(coldEnv)
	if text == "" {
		return
	}
	var o coldOrder
	if err := json.Unmarshal([]byte(text), &o); err != nil {
		t.Fatal(err)
	}
	a, err := o.seek()
	if err != nil {
		t.Fatal(err)
	}
	if err := json.NewEncoder(os.Stderr).Encode(a); err != nil {
		t.Fatal(err)
	}
}

func (o coldOrder) seek() (a coldAnswer, err error) {
	a.Cached = -1
	if _, err := uncache(o.Path); err != nil {
		return a, err
	}
	begun := time.Now()
	var seek func() (*mesh.State, error)
	switch o.Who {
	case "ours":
		log, err := oplog.Open(filepath.Dir(o.Path), mesh.Projection{}, oplog.Options{ReadOnly: true})
		if err != nil {
			return a, err
		}
		defer log.Close()
		seek = func() (*mesh.State, error) {
			in, err := log.AtSeq(o.Seq)
			return in.State, err
		}
	case "json":
		seek = func() (*mesh.State, error) {
			b, err := os.ReadFile(o.Path)
			if err != nil {
				return nil, err
			}
			return (&jsonMemo{seq: o.Memo}).at(b, o.Memo) // without the ops after it
		}
	case "mvcc":
		ix, err := openMVCC(o.Path, true)
		if err != nil {
			return a, err
		}
		defer ix.db.Close()
		seek = func() (*mesh.State, error) { return ix.at(o.Seq, 0) }
	}
	a.Open = time.Since(begun)
	if a.Cached, err = uncache(o.Path); err != nil {
		return a, err
	}
	begun = time.Now()
	s, err := seek()
	a.Seek = time.Since(begun)
	if err == nil {
		a.Seq = s.Seq
	}
	return a, err
}

// uncache takes a file's pages out of the page cache, those excepted that a process has mapped, and gives how many bytes
// of it are still there.
func uncache(path string) (int64, error) {
	f, err := os.Open(path)
	if err != nil {
		return 0, err
	}
	defer f.Close()
	fd := int(f.Fd())
	if err := unix.Fdatasync(fd); err != nil { // a page that is not written yet would stay
		return 0, err
	}
	if err := unix.Fadvise(fd, 0, 0, unix.FADV_DONTNEED); err != nil {
		return 0, err
	}
	var st unix.Cachestat_t
	switch err := unix.Cachestat(uint(fd), &unix.CachestatRange{}, &st, 0); {
	case errors.Is(err, unix.ENOSYS), errors.Is(err, unix.EPERM):
		return -1, nil
	case err != nil:
		return 0, err
	}
	return int64(st.Cache) * int64(os.Getpagesize()), nil
}

// coldSeeks makes cold seeks, ours and the peers' in turns.
func (r *seekResult) coldSeeks(ctx context.Context, p *peers) error {
	rng := rand.New(rand.NewPCG(7, 8))
	for i := range r.seekCase.cold {
		seq := 1 + rng.Uint64N(r.recipe.Ops-1)
		orders := []coldOrder{{Who: "ours", Path: filepath.Join(r.dir, "oplog.db"), Seq: seq}}
		if len(p.json) > 0 {
			m := p.json[i%len(p.json)]
			orders = append(orders, coldOrder{Who: "json", Path: m.path, Memo: m.seq})
		}
		if r.mvccBytes > 0 {
			orders = append(orders, coldOrder{Who: "mvcc", Path: p.mvccPath(), Seq: seq})
		}
		for _, o := range orders {
			a, err := o.run(ctx)
			if err != nil {
				return err
			}
			r.cold[o.Who] = append(r.cold[o.Who], a.Seek)
			if o.Who == "ours" {
				r.coldOpen = append(r.coldOpen, a.Open)
				r.coldCached = max(r.coldCached, a.Cached)
			}
		}
	}
	return nil
}

// run makes one in a process of its own.
func (o coldOrder) run(ctx context.Context) (a coldAnswer, err error) {
	order, err := json.Marshal(o)
	if err != nil {
		return a, err
	}
	exe, err := os.Executable()
	if err != nil {
		return a, err
	}
	cmd := exec.CommandContext(ctx, exe, "-test.run=^TestSeekChild$")
	cmd.Env = append(os.Environ(), coldEnv+"="+string(order))
	var said limited
	cmd.Stderr = &said
	out, err := cmd.Output()
	if err != nil {
		return a, fmt.Errorf("a cold seek: %w: %s%s", err, out, said)
	}
	if err := json.Unmarshal(said, &a); err != nil {
		return a, fmt.Errorf("a cold seek said %q: %w", said, err)
	}
	if want := max(o.Seq, o.Memo); a.Seq != want {
		return a, fmt.Errorf("a cold seek to op %d came to op %d", want, a.Seq)
	}
	return a, nil
}

// limited keeps the beginning of what is written.
type limited []byte

func (l *limited) Write(b []byte) (int, error) {
	*l = append(*l, b[:min(len(b), 4096-min(len(*l), 4096))]...)
	return len(b), nil
}

// cpuTime is what this process has taken of the processors so far, the collector included.
func cpuTime() time.Duration {
	var u unix.Rusage
	if unix.Getrusage(unix.RUSAGE_SELF, &u) != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
