package oplog

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"testing"
	"time"

	bolt "go.etcd.io/bbolt"
)

func noLeftovers(t testing.TB, dir string) {
	t.Helper()
	left, _ := filepath.Glob(filepath.Join(dir, tmpPattern))
	if more, _ := filepath.Glob(filepath.Join(dir, verifiedName+".tmp-*")); len(left)+len(more) > 0 {
		t.Errorf("left behind: %v %v", left, more)
	}
}

// rounds is how many random histories TestRandomRewritings tries; VOXMESH_OPLOG_REWRITES says another number.
const rounds = 6

// Whatever is appended, trimmed and compacted, in whatever order: every read says what the ledger says, and each archive
// is a log that says what this one said.
func TestRandomRewritings(t *testing.T) {
	n := rounds
	if v, err := strconv.Atoi(os.Getenv("VOXMESH_OPLOG_REWRITES")); err == nil {
		n = v
	}
	trims := 0
	for seed := range n {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) { trims += randomRewritings(t, rand.New(rand.NewPCG(uint64(seed), 6))) })
	}
	if t.Logf("%d archives of %d histories", trims, n); trims < n/3 {
		t.Error("the test tests nothing")
	}
}

func oneOf[T any](rnd *rand.Rand, of ...T) T { return of[rnd.IntN(len(of))] }

func randomRewritings(t *testing.T, rnd *rand.Rand) int {
	dir := t.TempDir()
	c := &clock{epoch}
	m := newLedger(nil)
	archives := map[string]*ledger{}
	for step := range 5 + rnd.IntN(5) {
		what := oneOf(rnd, "append", "append", "trim", "trim", "compact")
		if len(m.ops) == 0 {
			what = "append"
		}
		switch what {
		case "append":
			l := mustOpen(t, dir, Options{Now: c.now, MemoEvery: oneOf[uint64](rnd, 700, 1024)})
			before := l.Head().Seq
			fillLog(t, l, c, rnd.IntN(4000))
			more, err := l.Since(before, 1<<30)
			if err != nil {
				t.Fatal(err)
			}
			m.add(more)
			m.check(t, l, rnd)
			mustClose(t, l)
		case "trim":
			archive := filepath.Join(dir, fmt.Sprintf("archive-%d.db", step))
			if was := randomTrim(t, dir, archive, m, rnd); was != nil {
				archives[archive] = was
			}
		case "compact":
			out, err := Compact(context.Background(), dir, fold{1}, c.now(), nil)
			if err != nil || out.Ops != uint64(len(m.ops))-m.base || out.BytesAfter > out.BytesBefore {
				t.Fatalf("%+v %v", out, err)
			}
		}
		m.checkDir(t, dir, rnd)
	}
	for archive, was := range archives {
		of := t.TempDir()
		copyFile(t, archive, filepath.Join(of, dbName))
		was.checkDir(t, of, rnd)
	}
	noLeftovers(t, dir)
	return len(archives)
}

// randomTrim trims, and gives what the archive must say; nil where there must be none.
func randomTrim(t *testing.T, dir, archive string, m *ledger, rnd *rand.Rand) *ledger {
	t.Helper()
	o := TrimOptions{
		Before: m.ops[rnd.IntN(len(m.ops))].At + rnd.Int64N(2), KeepFrom: oneOf(rnd, 0, 0, 1, uint64(len(m.ops)/2), uint64(len(m.ops)+1)),
		Names: oneOf(rnd, nil, []string{"run:r-1"}, []string{"job:j-5", "job:j-45"}), Archive: archive, Now: time.UnixMicro(epoch),
	}
	was := *m
	was.kept = maps.Clone(m.kept)
	out, err := Trim(context.Background(), dir, fold{1}, o, nil)
	kept := m.trim(o.Before, o.KeepFrom, o.Names)
	if err != nil || out.Base != m.base || out.Archived != m.base-was.base || out.Kept != kept {
		t.Fatalf("%+v %v, want base %d after %d, %d kept", out, err, m.base, was.base, kept)
	}
	_, err = os.Stat(archive)
	if moved := m.base > was.base; moved != (err == nil) || moved != (out.Archive == archive) {
		t.Fatalf("%+v, archive: %v", out, err)
	} else if !moved {
		return nil
	}
	was.ops, was.states = was.ops[:m.base], was.states[:m.base+1]
	return &was
}

func (m *ledger) checkDir(t testing.TB, dir string, rnd *rand.Rand) {
	t.Helper()
	l := mustOpen(t, dir, Options{ReadOnly: true})
	m.check(t, l, rnd)
	mustClose(t, l)
}

func copyFile(t testing.TB, from, to string) {
	t.Helper()
	b, err := os.ReadFile(from)
	if err == nil {
		err = os.WriteFile(to, b, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func TestCompactMakesItSmall(t *testing.T) {
	dir := t.TempDir()
	c := &clock{epoch}
	l := mustOpen(t, dir, Options{Now: c.now})
	fillLog(t, l, c, 3000)
	for range 300 { // small commits leave pages behind
		c.t += 1000
		if _, err := l.Append(context.Background(), draft(5)); err != nil {
			t.Fatal(err)
		}
	}
	before, err := l.Stats()
	if err != nil {
		t.Fatal(err)
	}
	all, err := l.Since(0, 1<<30)
	if err != nil {
		t.Fatal(err)
	}
	m := newLedger(all)
	mustClose(t, l)
	var done, total uint64
	out, err := Compact(context.Background(), dir, fold{1}, c.now(), func(d, n uint64) { done, total = d, n })
	if err != nil || out.Ops != 3300 || done != 3300 || total != 3300 || out.BytesBefore != before.FileBytes {
		t.Fatalf("%+v %v, progress %d of %d", out, err, done, total)
	}
	l = mustOpen(t, dir, Options{Now: c.now})
	after, err := l.Stats()
	if err != nil || after.FreeShare > 0.05 || after.FileBytes != out.BytesAfter || after.UsedBytes > before.UsedBytes || after.FileBytes > before.UsedBytes*11/10 ||
		after.Memos != before.Memos || after.Created != before.Created || after.OpBytes != before.OpBytes || after.MemoShare <= 0 {
		t.Fatalf("%+v %v\nbefore %+v", after, err, before)
	}
	t.Logf("%d bytes, %.0f %% free; now %d, %.1f %% free", before.FileBytes, before.FreeShare*100, after.FileBytes, after.FreeShare*100)
	m.check(t, l, rand.New(rand.NewPCG(1, 1)))
	fillLog(t, l, c, 100)
	more, err := l.Since(3300, 1<<30)
	if err != nil {
		t.Fatal(err)
	}
	m.add(more)
	m.check(t, l, rand.New(rand.NewPCG(1, 1)))
	mustClose(t, l)
	if st, err := os.Stat(filepath.Join(dir, dbName)); err != nil || st.Mode().Perm() != 0o600 {
		t.Fatal(st, err)
	}
	noLeftovers(t, dir)
}

// rewritings are the three that change a log in place.
func rewritings(dir, archive string) map[string]func(context.Context) error {
	now := time.UnixMicro(epoch)
	return map[string]func(context.Context) error{
		"compact": func(ctx context.Context) error { _, err := Compact(ctx, dir, fold{1}, now, nil); return err },
		"trim": func(ctx context.Context) error {
			_, err := Trim(ctx, dir, fold{1}, TrimOptions{Before: epoch * 2, Archive: archive, Now: now}, nil)
			return err
		},
		"repair": func(ctx context.Context) error { _, err := Repair(ctx, dir, fold{1}, now); return err },
	}
}

func TestRewritingIsRefusedWhileTheLogIsOpen(t *testing.T) {
	var wg sync.WaitGroup
	for _, what := range []string{"compact", "trim", "repair"} {
		for _, ro := range []bool{false, true} {
			wg.Go(func() {
				dir, _ := testLog(t, 1100, Options{})
				l := mustOpen(t, dir, Options{ReadOnly: ro, Holder: "voxmesh serve, pid 1"})
				before := fileSum(t, dir)
				if err := rewritings(dir, filepath.Join(dir, "a.db"))[what](context.Background()); code(err) != CodeLocked {
					t.Errorf("%s beside a log that is open (read-only %v): %v", what, ro, err)
				}
				if fileSum(t, dir) != before {
					t.Errorf("%s changed a log that is open", what)
				}
				noLeftovers(t, dir)
				mustClose(t, l)
			})
		}
	}
	wg.Wait()
}

func TestRewritingIsRefused(t *testing.T) {
	dir, _ := testLog(t, 2100, Options{})
	archive := filepath.Join(dir, "a.db")
	calls := rewritings(dir, archive)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	before := fileSum(t, dir)
	for what, do := range calls {
		if err := do(ctx); err != context.Canceled {
			t.Errorf("%s that was given up: %v", what, err)
		}
	}
	if err := os.WriteFile(archive, []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := calls["trim"](context.Background()); code(err) != CodeInvalid {
		t.Errorf("over a file: %v", err)
	}
	if b, _ := os.ReadFile(archive); string(b) != "mine" {
		t.Error("the archive was written over what was there")
	}
	_ = os.Remove(archive)
	if fileSum(t, dir) != before {
		t.Error("what was refused changed the log")
	}
	for _, seq := range []uint64{2080, 7} {
		flipOp(t, dir, seq)
		bad := fileSum(t, dir)
		for _, name := range []string{"compact", "trim"} {
			if err := calls[name](context.Background()); code(err) != CodeDamaged {
				t.Errorf("%s of a log whose op %d is damaged: %v", name, seq, err)
			}
		}
		if fileSum(t, dir) != bad || bad == before {
			t.Error("a damaged log was changed")
		}
	}
	if _, err := os.Stat(archive); err == nil {
		t.Error("an archive was made of a damaged log")
	}
	noLeftovers(t, dir)
	if _, err := os.Stat(filepath.Join(dir, holderName)); err == nil {
		t.Error("the holder's name stays")
	}
	empty := t.TempDir()
	for _, name := range []string{"compact", "trim"} {
		if err := rewritings(empty, archive)[name](context.Background()); code(err) != CodeIO {
			t.Errorf("%s of nothing: %v", name, err)
		}
	}
}

// flipOp changes a bit of a stored op.
func flipOp(t testing.TB, dir string, seq uint64) {
	t.Helper()
	raw(t, dir, func(tx *bolt.Tx) {
		b := tx.Bucket(bucketOps)
		v := bytes.Clone(b.Get(key(seq)))
		v[len(v)-1] ^= 1
		_ = b.Put(key(seq), v)
	})
}

// A host that waits for the lock while the file is replaced gets the new file, not the one that has no name any more.
func TestWaitingHostGetsTheNewFile(t *testing.T) {
	dir, ops := testLog(t, 1100, Options{})
	c := &clock{ops[1099].At}
	for round := range 8 {
		other := t.TempDir()
		copyFile(t, filepath.Join(dir, dbName), filepath.Join(other, dbName))
		s, err := openAs(dir, reading, time.Second, c.now) // a shared lock: whoever wants to write waits in bbolt
		if err != nil {
			t.Fatal(err)
		}
		opened := make(chan *Log[*tally], 1)
		began := descriptors(t, filepath.Join(dir, dbName))
		go func() {
			l, err := Open(dir, fold{1}, Options{Now: c.now, LockTimeout: time.Minute})
			if err != nil {
				t.Error(err)
			}
			opened <- l
		}()
		for descriptors(t, filepath.Join(dir, dbName)) == began { // until it has the old file open
			if began < 0 {
				break
			}
		}
		if err := os.Rename(filepath.Join(other, dbName), filepath.Join(dir, dbName)); err != nil {
			t.Fatal(err)
		}
		if err := s.close(); err != nil {
			t.Fatal(err)
		}
		l := <-opened
		if l == nil {
			return
		}
		if _, err := l.Append(context.Background(), Draft{Kind: "round"}); err != nil {
			t.Fatal(err)
		}
		mustClose(t, l)
		l = mustOpen(t, dir, Options{ReadOnly: true})
		if h := l.Head(); h.Seq != uint64(1101+round) {
			t.Fatalf("round %d: head %d: an op went to a file without a name", round, h.Seq)
		}
		mustClose(t, l)
	}
}

// descriptors counts this process's open files of a name; -1 where that cannot be told.
func descriptors(t testing.TB, path string) (n int) {
	t.Helper()
	list, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		return -1
	}
	for _, f := range list {
		if to, err := os.Readlink("/proc/self/fd/" + f.Name()); err == nil && to == path {
			n++
		}
	}
	return n
}
