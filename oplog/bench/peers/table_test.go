package peers

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"text/tabwriter"
	"time"

	"golang.org/x/sys/unix"
)

const (
	opBytes = 200 // of an op's encoding; ours have 198 to 201, by the length of their seq
	// bodyBytes is what is left of them beside version, flags, seq (3), time (8), kind and actor.
	bodyBytes = opBytes - 2 - 3 - 8 - 1 - len("job_ended") - 1 - len("node:n1")
)

// log is one that takes part.
type log interface {
	// append returns when v is durable. Many call it at once.
	append(v []byte) error
	// close says what is in there, and closes it.
	close() (extent, error)
}

// extent is what a log holds: payload is 0 where it is opBytes for each op.
type extent struct {
	ops           uint64
	used, payload int64 // bytes
}

// peer is a log with what was measured of it.
type peer struct {
	name string
	open func(dir string) (log, error)

	log     log
	dir     string
	rates   []float64 // ops/s, a round each
	lats    []time.Duration
	ops     uint64
	written int64
}

func peers() []*peer {
	all := []*peer{
		{name: "voxmesh oplog", open: openVox},
		{name: "raw file, fdatasync by a queue", open: openRaw},
		{name: "raw file, the same, zeros ahead", open: openRawAhead},
		{name: "bbolt, the same queue", open: openBoltQueue},
		{name: "bbolt.Update for each op", open: openUpdate},
		{name: "bbolt.Batch, defaults", open: openBatch},
		{name: "SQLite WAL FULL, for each op", open: openSQLite},
		{name: "SQLite WAL FULL, the same queue", open: openSQLiteQueue},
		{name: "Pebble, Sync", open: openPebble},
		{name: "JetStream file, SyncAlways", open: openJetStream},
	}
	only := os.Getenv("VOXMESH_BENCH_ONLY")
	if only == "" {
		return all
	}
	return slices.DeleteFunc(all, func(p *peer) bool {
		for _, part := range append(strings.Split(only, ","), "voxmesh") {
			if strings.Contains(strings.ToLower(p.name), strings.ToLower(part)) {
				return false
			}
		}
		return true
	})
}

func TestTable(t *testing.T) {
	where := disk(t, t.TempDir())
	turn, rounds := 300*time.Millisecond, 15 // many short ones: a disk that is busy for a while is so for all
	if s, err := strconv.ParseFloat(os.Getenv("VOXMESH_BENCH_SECONDS"), 64); err == nil && s > 0 {
		turn = time.Duration(s * float64(time.Second))
	}
	if testing.Short() {
		turn, rounds = 20*time.Millisecond, 1
	}
	t.Logf("durable appends of ops of %d bytes on %s, %d CPUs, %s; medians of %d rounds of %v each, all in turns", opBytes, where, runtime.NumCPU(), runtime.Version(), rounds, turn)
	for _, writers := range []int{1, 16, 128} {
		t.Run(fmt.Sprintf("writers=%d", writers), func(t *testing.T) {
			all := peers()
			for _, p := range all {
				p.dir = t.TempDir()
				var err error
				if p.log, err = p.open(p.dir); err != nil {
					t.Fatalf("%s: %v", p.name, err)
				}
			}
			for r := range rounds + 1 {
				for i := range all { // another one begins each round
					p := all[(i+r)%len(all)]
					if r == 0 { // nobody's files are empty, nobody's code is cold
						p.turn(t, writers, turn/5)
						p.rates, p.lats, p.written = nil, nil, 0
						continue
					}
					p.turn(t, writers, turn)
				}
			}
			report(t, all)
		})
	}
}

// turn has writers append for d.
func (p *peer) turn(t *testing.T, writers int, d time.Duration) {
	t.Helper()
	runtime.GC()
	var wg sync.WaitGroup
	var over atomic.Bool
	lats := make([][]time.Duration, writers)
	wrote, begin := written(), time.Now()
	stop := time.AfterFunc(d, func() { over.Store(true) })
	defer stop.Stop()
	for w := range writers {
		wg.Go(func() {
			v := payload(w)
			for last := time.Now(); !over.Load(); {
				if err := p.log.append(v); err != nil {
					t.Errorf("%s: %v", p.name, err)
					return
				}
				now := time.Now()
				lats[w] = append(lats[w], now.Sub(last))
				last = now
			}
		})
	}
	wg.Wait()
	took := time.Since(begin)
	got := slices.Concat(lats...)
	p.written += written() - wrote
	p.rates = append(p.rates, float64(len(got))/took.Seconds())
	p.lats = append(p.lats, got...)
	p.ops += uint64(len(got))
}

// payload is half random, so that those who compress gain what they would from real ones.
func payload(w int) []byte {
	v := make([]byte, opBytes)
	r := rand.New(rand.NewPCG(uint64(w), 1))
	for i := opBytes - bodyBytes; i < opBytes/2+opBytes-bodyBytes; i += 4 {
		binary.LittleEndian.PutUint32(v[i:], r.Uint32())
	}
	return v
}

// report closes the logs, sees that they hold what they acknowledged, and prints the table.
func report(t *testing.T, all []*peer) {
	t.Helper()
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 0, 1, ' ', 0)
	fmt.Fprintln(w, "| \t| ops/s\t| ours to it\t| p50\t| p99\t| used / payload\t| on disk / payload\t| written / payload\t|")
	fmt.Fprintln(w, "|---\t|---\t|---\t|---\t|---\t|---\t|---\t|---\t|")
	for _, p := range all {
		e, err := p.log.close()
		if err != nil {
			t.Errorf("%s: %v", p.name, err)
		}
		if e.ops < p.ops {
			t.Errorf("%s holds %d ops and acknowledged %d", p.name, e.ops, p.ops)
		}
		n := float64(cmp.Or(e.payload, int64(e.ops)*opBytes))
		slices.Sort(p.lats)
		timed := float64(len(p.lats)) * opBytes
		fmt.Fprintf(w, "| %s\t| %.0f\t| %s\t| %s\t| %s\t| %.2f\t| %.2f\t| %.1f\t|\n", p.name, median(p.rates), ratio(all[0].rates, p.rates),
			took(p.lats, 0.5), took(p.lats, 0.99), float64(e.used)/n, float64(blocks(t, p.dir))/n, float64(p.written)/timed)
	}
	_ = w.Flush()
	t.Log("\n" + b.String())
}

// ratio is the median of the ratios within a round.
func ratio(ours, its []float64) string {
	rs := make([]float64, len(ours))
	for i := range ours {
		rs[i] = ours[i] / its[i]
	}
	return fmt.Sprintf("%.3g", median(rs))
}

func median(v []float64) float64 {
	s := slices.Sorted(slices.Values(v))
	return (s[(len(s)-1)/2] + s[len(s)/2]) / 2
}

func took(sorted []time.Duration, part float64) string {
	d := sorted[min(int(part*float64(len(sorted))), len(sorted)-1)]
	if d < 10*time.Millisecond {
		return fmt.Sprintf("%.2f ms", d.Seconds()*1e3)
	}
	return fmt.Sprintf("%.0f ms", d.Seconds()*1e3)
}

// blocks is what the files in dir take of the disk.
func blocks(t *testing.T, dir string) (n int64) {
	t.Helper()
	err := filepath.WalkDir(dir, func(_ string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		info, err := d.Info()
		if err == nil {
			n += info.Sys().(*syscall.Stat_t).Blocks * 512
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// written is what this process has sent to disks so far, by the kernel's count.
func written() int64 {
	b, err := os.ReadFile("/proc/self/io")
	if err != nil {
		return 0
	}
	_, s, _ := strings.Cut(string(b), "\nwrite_bytes: ")
	s, _, _ = strings.Cut(s, "\n")
	n, _ := strconv.ParseInt(s, 10, 64)
	return n
}

// disk says what file system dir is on, and refuses those that forget.
func disk(t *testing.T, dir string) string {
	t.Helper()
	var st unix.Statfs_t
	if err := unix.Statfs(dir, &st); err != nil {
		t.Fatal(err)
	}
	switch uint32(st.Type) {
	case unix.TMPFS_MAGIC, unix.RAMFS_MAGIC:
		t.Skipf("SKIPPED: %s is on a tmpfs, where nothing is durable: set TMPDIR to a folder on a disk", dir)
	case unix.EXT4_SUPER_MAGIC:
		return "ext4"
	case unix.XFS_SUPER_MAGIC:
		return "xfs"
	case unix.BTRFS_SUPER_MAGIC:
		return "btrfs"
	}
	return fmt.Sprintf("a file system of type %#x", st.Type)
}
