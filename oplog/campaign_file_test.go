package oplog

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc64"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"testing"
	"time"

	bolt "go.etcd.io/bbolt"
)

// trail is the projection of the campaign: it depends on every byte of every op and on their order, and its encoding is
// large enough for a memo to need more than one page.
type trail struct{ version uint32 }

type trace struct{ n, sum uint64 }

const trailPad = 1500 // numbers

var crcTable = crc64.MakeTable(crc64.ECMA)

func (t trail) Version() uint32     { return t.version }
func (trail) New() *trace           { return &trace{} }
func (trail) Clone(s *trace) *trace { c := *s; return &c }

func (trail) Apply(s *trace, o Op) *trace {
	b, err := EncodeOp(o)
	if err != nil {
		panic(err)
	}
	return &trace{s.n + 1, crc64.Update(s.sum*31+1, crcTable, b)}
}

func (trail) Encode(s *trace) []byte {
	b := binary.BigEndian.AppendUint64(nil, s.n)
	b = binary.BigEndian.AppendUint64(b, s.sum)
	r := rand.New(rand.NewPCG(s.n, s.sum))
	for range trailPad {
		b = binary.BigEndian.AppendUint64(b, r.Uint64())
	}
	return b
}

func (t trail) Decode(b []byte) (*trace, error) {
	if len(b) != 16+8*trailPad {
		return nil, errors.New("of another length")
	}
	s := &trace{binary.BigEndian.Uint64(b), binary.BigEndian.Uint64(b[8:])}
	if !bytes.Equal(b, t.Encode(s)) {
		return nil, errors.New("not what was encoded")
	}
	return s, nil
}

// victim is a log with all that is known of it.
type victim struct {
	files  map[string][]byte // of the closed log
	old    [][]byte          // the log file as it was earlier
	ops    []Op
	sums   []trace // the state after each op; [0] before the first
	head   Head
	stats  Stats
	times  map[string]time.Time
	names  map[string][]int // index name → ops
	sorted []string
	pages  pageMap
}

// campaignMemos is the distance of memos.
const campaignMemos = 256

// makeVictim makes a log of about n ops in dir, in several openings, with a change of reducer in between, so that there are
// free pages and older copies of most pages.
func makeVictim(dir string, seed uint64, n int, small bool) error {
	r := rand.New(rand.NewPCG(seed, 77))
	c := &clock{epoch}
	version, copies := uint32(1), 0
	for done := 0; done < n; {
		l, err := Open(dir, trail{version}, Options{Now: c.now, MemoEvery: campaignMemos})
		if err != nil {
			return err
		}
		part := n / 4
		if done+part >= n-40 {
			part = max(7, n-40-done) // the last openings are short
		}
		for end := done + part; done < end; {
			batch := make([]Draft, min(1+r.IntN(40), end-done))
			for i := range batch {
				batch[i] = campaignDraft(r, done+i, small)
			}
			c.t += int64(r.IntN(3)) * 1000 // equal times, too
			if _, err := l.Append(context.Background(), batch...); err != nil {
				return err
			}
			done += len(batch)
			settleMemos(l)
		}
		if err := l.Close(); err != nil {
			return err
		}
		if done < n {
			b, err := os.ReadFile(filepath.Join(dir, dbName))
			if err != nil {
				return err
			}
			if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("copy-%02d", copies)), b, 0o600); err != nil {
				return err
			}
			copies++
			version = 2
		}
	}
	return nil
}

// settleMemos waits until nothing is left to do for the healer, the encoder and the one who commits.
func settleMemos[S any](l *Log[S]) {
	idle := make(chan struct{})
	l.healWait <- idle
	<-idle
	done := make(chan struct{})
	l.memoCh <- memoJob[S]{done: done}
	<-done
	for busy := true; busy; runtime.Gosched() {
		l.mu.Lock()
		busy = l.flight != nil || l.queue.out != nil || len(l.memoOut) > 0
		l.mu.Unlock()
	}
	_ = l.s.update(func(*bolt.Tx) error { return nil }) // after what is being written
}

func campaignDraft(r *rand.Rand, i int, small bool) Draft {
	n := 20 + r.IntN(200)
	if k := r.IntN(100); small {
		n = r.IntN(20)
	} else if k == 0 {
		n = 10_000 + r.IntN(50_000)
	} else if k < 5 {
		n = 1000 + r.IntN(4000)
	}
	d := Draft{Kind: [...]string{"job_started", "job_ended", "node_seen"}[i%3], Actor: "node:n1", Body: make([]byte, n)}
	for j := range d.Body {
		d.Body[j] = byte(r.Uint32())
	}
	switch r.IntN(6) {
	case 0:
		d.Index = []string{fmt.Sprintf("job:j-%04x", i/3*7919%65536), "run:r-1"}
	case 1:
		d.Index = []string{fmt.Sprintf("job:j-%04x", r.IntN(90)*701), fmt.Sprintf("run:r-%d", i/400)}
	case 2:
		d.Trace = fmt.Sprintf("%032x", i+1)
	}
	return d
}

// loadVictim reads back what makeVictim made, with this package while the file is still whole.
func loadVictim(dir string) (*victim, error) {
	v := &victim{files: map[string][]byte{}, times: map[string]time.Time{}, names: map[string][]int{}}
	l, err := Open(dir, trail{2}, Options{ReadOnly: true})
	if err != nil {
		return nil, err
	}
	defer l.Close()
	v.head = l.Head()
	if v.ops, err = l.Since(0, 1<<20); err != nil {
		return nil, err
	}
	s := trail{2}.New()
	v.sums = append(v.sums, *s)
	for i, o := range v.ops {
		s = trail{2}.Apply(s, o)
		v.sums = append(v.sums, *s)
		for _, name := range o.Index {
			v.names[name] = append(v.names[name], i)
		}
	}
	if v.stats, err = l.Stats(); err != nil {
		return nil, err
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	for _, e := range entries {
		b, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			return nil, err
		}
		if len(e.Name()) == len("copy-00") {
			v.old = append(v.old, b)
		} else {
			st, err := e.Info()
			if err != nil {
				return nil, err
			}
			v.files[e.Name()], v.times[e.Name()] = b, st.ModTime()
		}
	}
	v.sorted = slices.Sorted(maps.Keys(v.names))
	v.pages = readPages(v.files[dbName])
	return v, nil
}

func TestVictimHasEveryKindOfPage(t *testing.T) {
	dir := t.TempDir()
	if err := makeVictim(dir, 1, 2600, false); err != nil {
		t.Fatal(err)
	}
	v, err := loadVictim(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, k := range []string{"meta", "freelist", "root", "free", "branch ops", "leaf ops", "overflow ops", "branch index", "leaf index", "leaf memos", "overflow memos"} {
		if len(v.pages.by[k]) == 0 {
			t.Errorf("no page of kind %q", k)
		}
	}
	if len(v.pages.by["leak"]) > 0 {
		t.Errorf("pages %v belong to nothing", v.pages.by["leak"])
	}
	kinds := map[string]int{}
	for k, p := range v.pages.by {
		kinds[k] = len(p)
	}
	changed := 0
	for id := range v.pages.kinds {
		if at := id * v.pages.size; slices.ContainsFunc(v.old, func(o []byte) bool {
			return at+v.pages.size <= len(o) && !bytes.Equal(o[at:at+v.pages.size], v.files[dbName][at:at+v.pages.size])
		}) {
			changed++
		}
	}
	t.Logf("%d bytes, %d ops, %d names, pages %v, %d of them were others in %d older copies", len(v.files[dbName]), len(v.ops), len(v.names), kinds, changed, len(v.old))
}
