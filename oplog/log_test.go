package oplog

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

func TestAppendIsDurableAndOrdered(t *testing.T) {
	dir := t.TempDir()
	l := mustOpen(t, dir, Options{})
	var committed []uint64
	l.OnCommit(func(ops []Op, s *tally, h Head) {
		for _, o := range ops {
			committed = append(committed, o.Seq)
		}
		if h.Seq != ops[len(ops)-1].Seq {
			t.Errorf("head %d after op %d", h.Seq, ops[len(ops)-1].Seq)
		}
	})
	const writers, each = 24, 25
	acked := make([]map[uint64]string, writers)
	var wg sync.WaitGroup
	for w := range writers {
		acked[w] = map[uint64]string{}
		wg.Go(func() {
			for i := range each {
				body := fmt.Sprintf("%d/%d", w, i)
				ops, err := l.Append(context.Background(), Draft{Kind: "a", Body: []byte(body)}, Draft{Kind: "b", Body: []byte(body)})
				if err != nil || len(ops) != 2 || ops[1].Seq != ops[0].Seq+1 {
					t.Errorf("append: %v, %v", ops, err)
					return
				}
				if _, h := l.Snapshot(); h.Seq < ops[1].Seq {
					t.Errorf("told of op %d, the snapshot is at %d", ops[1].Seq, h.Seq)
				}
				acked[w][ops[0].Seq] = body
			}
		})
	}
	wg.Wait()
	head := l.Head()
	mustClose(t, l)
	for i, seq := range committed {
		if seq != uint64(i+1) {
			t.Fatalf("commit %d was op %d", i, seq)
		}
	}

	l = mustOpen(t, dir, Options{})
	if l.Head() != head || head.Seq != 2*writers*each {
		t.Fatalf("head %v after reopening, was %v", l.Head(), head)
	}
	ops, err := l.Since(0, 1<<20)
	if err != nil || len(ops) != 2*writers*each {
		t.Fatalf("%d ops, %v", len(ops), err)
	}
	h := Genesis()
	for i, o := range ops {
		if o.Seq != uint64(i+1) || i > 0 && o.At < ops[i-1].At {
			t.Fatalf("op %d: %+v", i+1, o)
		}
		enc, _ := EncodeOp(o)
		h = h.Next(enc)
	}
	if h != head.Hash {
		t.Fatal("the ops do not hash to the head")
	}
	for _, m := range acked {
		for seq, body := range m {
			if string(ops[seq-1].Body) != body || string(ops[seq].Body) != body {
				t.Fatalf("op %d is %q, acknowledged was %q", seq, ops[seq-1].Body, body)
			}
		}
	}
	if s, _ := l.Snapshot(); s.String() != folded(ops).String() {
		t.Fatal("the state is not the fold of the ops")
	}
}

func TestBuildSeesItsPlace(t *testing.T) {
	l := mustOpen(t, t.TempDir(), Options{})
	if _, err := l.Append(context.Background(), Draft{Kind: "first"}); err != nil {
		t.Fatal(err)
	}
	before := l.Head()
	var seq uint64
	var prev Hash
	ops, err := l.Append(context.Background(), Draft{Kind: "signed", Build: func(s uint64, at int64, p Hash) ([]byte, error) {
		seq, prev = s, p
		return []byte("signed"), nil
	}})
	if err != nil || seq != 2 || prev != before.Hash || string(ops[0].Body) != "signed" {
		t.Fatalf("seq %d, prev %v, ops %v, err %v", seq, prev, ops, err)
	}
	boom := errors.New("no key")
	_, err = l.Append(context.Background(), Draft{Kind: "ok"}, Draft{Kind: "signed", Build: func(uint64, int64, Hash) ([]byte, error) { return nil, boom }})
	if !errors.Is(err, boom) || l.Head().Seq != 2 {
		t.Fatalf("err %v, head %v", err, l.Head())
	}
	if _, err := l.Append(context.Background(), Draft{Kind: "ok"}, Draft{Kind: "Not OK"}); code(err) != CodeInvalid {
		t.Fatalf("err %v", err)
	}
	if ops, err := l.Append(context.Background(), Draft{Kind: "third"}); err != nil || ops[0].Seq != 3 {
		t.Fatalf("a refused draft left a gap: %v %v", ops, err)
	}
}

func TestCallersBytesStayHis(t *testing.T) {
	l := mustOpen(t, t.TempDir(), Options{})
	body := []byte("before")
	p, err := l.Do(func(*tally) ([]Draft, error) { return []Draft{{Kind: "a", Body: body}}, nil })
	copy(body, "after!")
	if err != nil || p.Wait(context.Background()) != nil {
		t.Fatal(err)
	}
	if ops, err := l.Since(0, 1); err != nil || string(ops[0].Body) != "before" {
		t.Fatalf("%q %v", ops[0].Body, err)
	}
}

func TestClockStepsBack(t *testing.T) {
	c := &clock{epoch}
	l := mustOpen(t, t.TempDir(), Options{Now: c.now})
	var at []int64
	for _, step := range []int64{0, 10, -5, -3, 4, 10, -100, 200} {
		c.t += step
		ops, err := l.Append(context.Background(), Draft{Kind: "a"})
		if err != nil {
			t.Fatal(err)
		}
		at = append(at, ops[0].At-epoch)
	}
	if want := []int64{0, 10, 10, 10, 10, 16, 16, 116}; !reflect.DeepEqual(at, want) {
		t.Fatalf("times %v, want %v", at, want)
	}
	if n := l.ClockSteps(); n != 2 {
		t.Fatalf("%d steps", n)
	}
}

func TestDiskFullDropsNextAndResumes(t *testing.T) {
	full := &fs.PathError{Op: "write", Path: "oplog.db", Err: syscall.ENOSPC}
	gate, entered := make(chan error), make(chan struct{}, 16)
	hook := func() error { entered <- struct{}{}; return <-gate }
	dir := t.TempDir()
	l := mustOpen(t, dir, Options{failCommit: hook})
	do := func(kind string) *Pending {
		t.Helper()
		p, err := l.Do(func(*tally) ([]Draft, error) { return []Draft{{Kind: kind}}, nil })
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	a := do("good")
	gate <- nil
	if err := a.Wait(context.Background()); err != nil {
		t.Fatal(err)
	}
	before, head := l.Snapshot()
	<-entered
	b := do("lost")
	<-entered       // the commit of b has begun:
	c := do("lost") // this waits behind it
	barrier, err := l.Do(func(s *tally) ([]Draft, error) {
		if s.n["lost"] != 2 {
			t.Errorf("next does not show what is queued: %v", s.n)
		}
		return nil, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	gate <- full
	for _, p := range []*Pending{b, c, barrier} {
		if err := p.Wait(context.Background()); code(err) != CodeDiskFull || !errors.Is(err, syscall.ENOSPC) || p.Err() == nil {
			t.Fatalf("err %v", err)
		}
	}
	if s, h := l.Snapshot(); s != before || h != head {
		t.Fatal("the snapshot moved")
	}
	d := do("good")
	gate <- nil
	if err := d.Wait(context.Background()); err != nil {
		t.Fatal(err)
	}
	if s, h := l.Snapshot(); s.n["lost"] != 0 || s.n["good"] != 2 || h.Seq != 2 || d.Ops()[0].Seq != 2 {
		t.Fatalf("state %v at %d", s.n, h.Seq)
	}
	done, err := l.Do(func(*tally) ([]Draft, error) { return nil, nil })
	if err != nil || done.Wait(context.Background()) != nil {
		t.Fatal("nothing to do is not done at once")
	}
	mustClose(t, l)
	if l = mustOpen(t, dir, Options{}); l.Head().Seq != 2 {
		t.Fatalf("head %v", l.Head())
	}
}

func TestSyncErrorBreaksForGood(t *testing.T) {
	var fail error
	l := mustOpen(t, t.TempDir(), Options{failCommit: func() error { return fail }})
	if _, err := l.Append(context.Background(), Draft{Kind: "good"}); err != nil {
		t.Fatal(err)
	}
	for _, err := range []error{syscall.EIO, syscall.ENOSPC} { // as fdatasync gives them: bare
		if code(commitError(err)) != CodeBroken {
			t.Fatalf("a failed sync (%v) must break the log", err)
		}
	}
	fail = syscall.EIO
	if _, err := l.Append(context.Background(), Draft{Kind: "bad"}); code(err) != CodeBroken {
		t.Fatal(err)
	}
	fail = nil
	if _, err := l.Append(context.Background(), Draft{Kind: "bad"}); code(err) != CodeBroken {
		t.Fatalf("it acknowledges again: %v", err)
	}
	if s, h := l.Snapshot(); h.Seq != 1 || s.n["bad"] != 0 {
		t.Fatal("the snapshot shows what failed")
	}
	if ops, err := l.Since(0, 10); err != nil || len(ops) != 1 {
		t.Fatalf("reading stopped: %v %v", ops, err)
	}
	if st, err := l.Stats(); err != nil || st.Broken == "" {
		t.Fatalf("%+v %v", st, err)
	}
}

func TestSecondOpenerIsToldWho(t *testing.T) {
	dir := t.TempDir()
	l := mustOpen(t, dir, Options{Holder: "voxmesh serve, pid 4711"})
	for _, ro := range []bool{false, true} {
		_, err := Open(dir, fold{1}, Options{ReadOnly: ro, LockTimeout: 150 * time.Millisecond})
		if code(err) != CodeLocked || !strings.Contains(err.Error(), "voxmesh serve, pid 4711") {
			t.Fatalf("read-only %v: %v", ro, err)
		}
	}
	mustClose(t, l)
	if _, err := os.Stat(filepath.Join(dir, holderName)); !errors.Is(err, fs.ErrNotExist) {
		t.Fatalf("the holder file stays: %v", err)
	}
	a, b := mustOpen(t, dir, Options{ReadOnly: true}), mustOpen(t, dir, Options{ReadOnly: true})
	if _, err := a.Append(context.Background(), Draft{Kind: "a"}); code(err) != CodeReadOnly {
		t.Fatal(err)
	}
	_ = b
}

func TestReadOnlyWithoutFile(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "nothing")
	l := mustOpen(t, dir, Options{ReadOnly: true})
	if _, err := os.Stat(dir); !errors.Is(err, fs.ErrNotExist) {
		t.Fatal("a folder was made")
	}
	if s, h := l.Snapshot(); h.Seq != 0 || h.Hash != Genesis() || len(s.n) != 0 {
		t.Fatalf("%v %v", s, h)
	}
	if ops, err := l.Since(0, 5); ops != nil || err != nil {
		t.Fatal(ops, err)
	}
	if i, err := l.At(epoch); err != nil || i.Seq != 0 {
		t.Fatal(i, err)
	}
	if _, err := l.AtSeq(1); code(err) != CodeAhead {
		t.Fatal(err)
	}
	if r, err := l.Verify(context.Background(), nil); err != nil || r.Problem != "" {
		t.Fatal(r, err)
	}
	if _, err := l.Stats(); err != nil {
		t.Fatal(err)
	}
}

func TestModesAndLeftovers(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a", "b")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	left := filepath.Join(dir, "oplog.db.tmp-123")
	if err := os.WriteFile(left, []byte("half"), 0o600); err != nil {
		t.Fatal(err)
	}
	mustOpen(t, dir, Options{Holder: "x"})
	if _, err := os.Stat(left); !errors.Is(err, fs.ErrNotExist) {
		t.Error("the leftover stays")
	}
	names, _ := os.ReadDir(dir)
	for _, n := range names {
		if st, _ := n.Info(); st.Mode().Perm() != 0o600 {
			t.Errorf("%s has mode %v", n.Name(), st.Mode())
		}
	}
	made := filepath.Join(t.TempDir(), "new")
	mustOpen(t, made, Options{})
	if st, _ := os.Stat(made); st.Mode().Perm() != 0o700 {
		t.Errorf("the folder has mode %v", st.Mode())
	}
}

func TestEmptyFileIsNoLog(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, dbName), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(dir, fold{1}, Options{}); code(err) != CodeDamaged {
		t.Fatal(err)
	}
}

func TestCloseCommitsWhatWaits(t *testing.T) {
	dir := t.TempDir()
	l := mustOpen(t, dir, Options{})
	var last *Pending
	for range 100 {
		p, err := l.Do(func(*tally) ([]Draft, error) { return []Draft{{Kind: "a"}}, nil })
		if err != nil {
			t.Fatal(err)
		}
		last = p
	}
	mustClose(t, l)
	if err := last.Wait(context.Background()); err != nil {
		t.Fatal(err)
	}
	if _, err := l.Append(context.Background(), Draft{Kind: "a"}); code(err) != CodeClosed {
		t.Fatal(err)
	}
	if _, err := l.Since(0, 1); code(err) != CodeClosed {
		t.Fatal(err)
	}
	if l = mustOpen(t, dir, Options{}); l.Head().Seq != 100 {
		t.Fatal(l.Head())
	}
}

func TestIndexed(t *testing.T) {
	c := &clock{epoch}
	l := mustOpen(t, t.TempDir(), Options{Now: c.now})
	fillLog(t, l, c, 2500)
	for _, name := range []string{"job:j-0", "job:j-45", "run:r-1", "job:j-4", "nothing"} {
		var want []uint64
		all, _ := l.Since(0, 1<<20)
		for _, o := range all {
			if contains(o.Index, name) && len(want) < 70 {
				want = append(want, o.Seq)
			}
		}
		ops, err := l.Indexed(name, 70)
		var got []uint64
		for _, o := range ops {
			got = append(got, o.Seq)
		}
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %v, want %v, %v", name, got, want, err)
		}
	}
}
