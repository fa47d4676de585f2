package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"voxmesh/audit"
	"voxmesh/mesh"
)

// storyOps is how many ops a story has at least: more than a block, so that there is something to trim.
const storyOps = 1100

// A story is the data folder of a host that ended. It began three days ago, so that what happened at its beginning is over
// and no longer at hand, and has more ops than a block. It is made once, and copied for each test.
var story struct {
	once sync.Once
	dir  string
	job  string // ended three days ago
	mid  int64  // a time in its middle, microseconds
	end  int64  // of its last op
	err  error
}

// aStory is a machine with a copy of the story.
func aStory(t *testing.T) *machine {
	t.Helper()
	at := filepath.Dir(voxmesh(t)) // removed when all tests are done
	story.once.Do(func() {
		story.dir = filepath.Join(at, "story")
		story.err = tell(story.dir)
	})
	if story.err != nil {
		t.Fatal(story.err)
	}
	m := newMachine(t, "aurelia")
	if err := os.CopyFS(m.dir, os.DirFS(story.dir)); err != nil {
		t.Fatal(err)
	}
	err := filepath.WalkDir(m.dir, func(path string, d fs.DirEntry, err error) error { // a copy is made for everybody to read
		if err != nil {
			return err
		}
		if d.IsDir() {
			return os.Chmod(path, 0o700)
		}
		return os.Chmod(path, 0o600)
	})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// tell makes the story: a job that waits and is killed, with a signed entry, and then many small things, each later than
// the one before.
func tell(dir string) error {
	ctx := context.Background()
	var mu sync.Mutex
	began := time.Now().Add(-72 * time.Hour)
	ticks := 0
	clock := func() time.Time {
		mu.Lock()
		defer mu.Unlock()
		ticks++
		return began.Add(time.Duration(ticks) * 4 * time.Second)
	}
	h, err := mesh.Open(ctx, mesh.Config{Dir: dir, Mesh: "aurelia", Operator: "mira", Listen: "127.0.0.1:0", Now: clock})
	if err != nil {
		return err
	}
	if err := happen(ctx, h); err != nil {
		_ = h.Close(ctx)
		return err
	}
	story.end = h.Snapshot().At
	mid, err := h.AtSeq(storyOps / 2)
	story.mid = mid.At
	if cerr := h.Close(ctx); err == nil {
		err = cerr
	}
	return err
}

func happen(ctx context.Context, h *mesh.Host) error {
	hash, _, err := h.PutBlob(strings.NewReader("say hello"), 1000)
	if err != nil {
		return err
	}
	ticket, err := h.Submit(ctx, "cli:mira", mesh.JobRequest{Runner: "text", Model: "llama3.2:3b", Prompt: hash, Title: "hello"})
	if err != nil {
		return err
	}
	story.job = ticket.JobID
	g, err := audit.Confirm("cli:mira", mesh.ActKill, ticket.JobID, ticket.JobID, "it waits for ever")
	if err != nil {
		return err
	}
	if _, err := h.Act(ctx, g, mesh.Action{Name: mesh.ActKill, Target: ticket.JobID}); err != nil {
		return err
	}
	const writers = 64 // so that one commit takes many
	failed := make(chan error, writers)
	for w := range writers {
		go func() {
			for i := w; i < storyOps; i += writers {
				most := int64(i) * 1000
				if err := h.SetCap(ctx, "cli:mira", "mesh", &most); err != nil {
					failed <- err
					return
				}
			}
			failed <- nil
		}()
	}
	for range writers {
		err = errors.Join(err, <-failed)
	}
	return err
}

// instant is what `oplog at` says of a time, without what is said about memos: those may be made anew.
func (m *machine) instant(at string) map[string]any {
	m.t.Helper()
	var v map[string]any
	m.ok(&v, "oplog", "at", at)
	delete(v, "memo_ts")
	delete(v, "memo_seq")
	return v
}

// instants are those at three times of the story.
func (m *machine) instants() []map[string]any {
	m.t.Helper()
	var out []map[string]any
	for _, at := range []int64{story.mid, story.mid + (story.end-story.mid)/2, story.end} {
		out = append(out, m.instant(micros(at)))
	}
	return out
}

func micros(n int64) string { return itoa(uint64(n)) }

// same compares two readings of the same instants.
func same(t *testing.T, what string, got, want []map[string]any) {
	t.Helper()
	for i := range want {
		if !reflect.DeepEqual(got[i], want[i]) {
			a, _ := json.Marshal(got[i])
			b, _ := json.Marshal(want[i])
			t.Errorf("%s: instant %d is\n%s\nand was\n%s", what, i, a, b)
		}
	}
}

// left gives the files of the data folder whose names begin like the log's.
func (m *machine) left() []string {
	m.t.Helper()
	names, err := filepath.Glob(filepath.Join(m.dir, "oplog*"))
	if err != nil {
		m.t.Fatal(err)
	}
	for i := range names {
		names[i] = filepath.Base(names[i])
	}
	return names
}

// good verifies the log, which must be as long as it was.
func (m *machine) good(what string) checkedData {
	m.t.Helper()
	var v checkedData
	a := m.do("oplog", "verify")
	if a.failed || a.exit != 0 {
		m.t.Fatalf("%s: the log does not verify: exit %d, %s", what, a.exit, a.text)
	}
	a.read(m.t, &v)
	return v
}

type checkedData struct {
	Ops, Memos, Seq uint64
	Seconds         float64
	OpsPerSec       float64 `json:"ops_per_sec"`
	BytesPerSec     float64 `json:"bytes_per_sec"`
}

// flip changes every place of the log's file where a text stands, in its first letter.
func (m *machine) flip(text string) {
	m.t.Helper()
	path := filepath.Join(m.dir, "oplog.db")
	b, err := os.ReadFile(path)
	if err != nil {
		m.t.Fatal(err)
	}
	n := 0
	for i := range b {
		if bytes.HasPrefix(b[i:], []byte(text)) {
			b[i] ^= 1
			n++
		}
	}
	if n == 0 {
		m.t.Fatalf("%q is nowhere in the file: nothing was damaged", text)
	}
	if err := os.WriteFile(path, b, 0o600); err != nil {
		m.t.Fatal(err)
	}
}
