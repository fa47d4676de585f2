package oplog

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"slices"
	"testing"

	bolt "go.etcd.io/bbolt"
)

// moody is the projection of the tests, but for ops that it can't bear.
type moody struct{ fold }

func (m moody) Apply(s *tally, o Op) *tally {
	s = m.fold.Apply(s, o)
	if o.Kind == "poison" {
		panic("I can't bear it")
	}
	return s
}

// gated opens a log whose commits wait for the test: each says that it has begun, and takes its outcome from the gate.
func gated[S any](t *testing.T, dir string, p Projection[S]) (l *Log[S], begun chan struct{}, gate chan error) {
	t.Helper()
	begun, gate = make(chan struct{}, 16), make(chan error)
	l, err := Open(dir, p, Options{failCommit: func() error { begun <- struct{}{}; return <-gate }})
	if err != nil {
		t.Fatal(err)
	}
	return l, begun, gate
}

func queue[S any](t *testing.T, l *Log[S], kinds ...string) *Pending {
	t.Helper()
	p, err := l.Do(func(S) (drafts []Draft, _ error) {
		for _, k := range kinds {
			drafts = append(drafts, Draft{Kind: k})
		}
		return drafts, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestProjectionThatPanics(t *testing.T) {
	dir := t.TempDir()
	l, begun, gate := gated(t, dir, moody{fold{1}})
	first := queue(t, l, "good")
	<-begun
	behind := queue(t, l, "good", "good")
	func() {
		defer func() {
			if recover() == nil {
				t.Error("the panic was swallowed")
			}
		}()
		_, _ = l.Append(context.Background(), Draft{Kind: "good"}, Draft{Kind: "poison"})
	}()
	if err := behind.Wait(context.Background()); code(err) != CodeBroken {
		t.Errorf("what waited beside a half changed state: %v", err)
	}
	if _, err := l.Append(context.Background(), Draft{Kind: "good"}); code(err) != CodeBroken {
		t.Errorf("it takes more: %v", err)
	}
	gate <- nil
	if err := first.Wait(context.Background()); err != nil {
		t.Error(err)
	}
	if s, h := l.Snapshot(); h.Seq != 1 || s.n["good"] != 1 || s.n["poison"] != 0 {
		t.Errorf("published: %v at %d", s.n, h.Seq)
	}
	mustClose(t, l)
	if l := mustOpen(t, dir, Options{}); l.Head().Seq != 1 {
		t.Errorf("%d ops are in the file, 1 was acknowledged", l.Head().Seq)
	}
}

func TestNothingToAppendWaitsForWhatIsQueued(t *testing.T) {
	l, begun, gate := gated(t, t.TempDir(), fold{1})
	done := func(p *Pending) bool {
		select {
		case <-p.Done():
			return true
		default:
			return false
		}
	}
	if !done(queue(t, l)) {
		t.Error("nothing is queued, and it waits")
	}
	queue(t, l, "a")
	<-begun
	onItsWay := queue(t, l)
	b := queue(t, l, "b")
	queued := queue(t, l)
	if done(onItsWay) || done(queued) {
		t.Fatal("done before what is queued is durable")
	}
	gate <- nil
	if err := onItsWay.Wait(context.Background()); err != nil {
		t.Error(err)
	}
	<-begun
	if done(queued) {
		t.Error("done before b")
	}
	gate <- nil
	if err := queued.Wait(context.Background()); err != nil || !done(b) {
		t.Error(err, done(b))
	}
	if len(onItsWay.Ops())+len(queued.Ops()) != 0 || len(begun) != 0 {
		t.Error("nothing was appended by a commit of its own")
	}
	mustClose(t, l)
}

// TestZerosAheadAreNobodys writes so much that zeros are written ahead many times, and reads everything again.
func TestZerosAheadAreNobodys(t *testing.T) {
	dir := t.TempDir()
	l := mustOpen(t, dir, Options{})
	l.ahead.on = true // whatever the file system
	body := bytes.Repeat([]byte("not zero "), 300)
	for i := range 1500 {
		p, err := l.Do(func(*tally) ([]Draft, error) { return []Draft{{Kind: "a", Body: body}}, nil })
		if err != nil {
			t.Fatal(err)
		}
		if i%8 == 0 {
			if err := p.Wait(context.Background()); err != nil {
				t.Fatal(err)
			}
		}
	}
	if _, err := l.Append(context.Background(), Draft{Kind: "a", Body: body}); err != nil {
		t.Fatal(err)
	}
	mustClose(t, l)
	db, err := bolt.Open(filepath.Join(dir, dbName), 0, &bolt.Options{ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	var used int64
	if err := db.View(func(tx *bolt.Tx) error {
		used = tx.Size()
		for err := range tx.Check() {
			t.Error(err)
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	to := l.ahead.to
	if !l.ahead.on || to <= used || to > used+2*aheadBytes {
		t.Errorf("zeros up to %d, used are %d", to, used)
	}
	b, err := os.ReadFile(filepath.Join(dir, dbName))
	if err != nil || int64(len(b)) < to {
		t.Fatal(len(b), to, err)
	}
	if len(bytes.Trim(b[used:to], "\x00")) != 0 {
		t.Error("what lies ahead is not zero")
	}
	if r, err := VerifyDir(context.Background(), dir, fold{1}, nil); err != nil || r.Problem != "" || r.Ops != 1501 {
		t.Fatalf("%+v %v", r, err)
	}
}

func TestSmallLogStaysSmall(t *testing.T) {
	dir := t.TempDir()
	l := mustOpen(t, dir, Options{})
	for range 10 {
		if _, err := l.Append(context.Background(), Draft{Kind: "a"}); err != nil {
			t.Fatal(err)
		}
	}
	if st, err := os.Stat(filepath.Join(dir, dbName)); err != nil || st.Size() > 200_000 {
		t.Fatal(st.Size(), err)
	}
}

func TestOneCommitTakesAllThatWaits(t *testing.T) {
	l, begun, gate := gated(t, t.TempDir(), fold{1})
	var sizes []int
	l.OnCommit(func(ops []Op, _ *tally, _ Head) { sizes = append(sizes, len(ops)) })
	first := queue(t, l, "a")
	<-begun
	var last *Pending
	for range 50 {
		last = queue(t, l, "a", "b")
	}
	gate <- nil
	gate <- nil
	for _, p := range []*Pending{first, last} {
		if err := p.Wait(context.Background()); err != nil {
			t.Fatal(err)
		}
	}
	if !slices.Equal(sizes, []int{1, 100}) {
		t.Errorf("commits of %v ops", sizes)
	}
	mustClose(t, l)
}
