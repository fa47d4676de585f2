package oplog

import (
	"context"
	"sync"
	"testing"
	"time"
)

// patient is a projection whose memos are ready when the test says so.
type patient struct {
	fold
	began, done chan struct{}
}

func (p patient) Encode(s *tally) []byte {
	close(p.began)
	<-p.done
	return p.fold.Encode(s)
}

// TestCloseTakesTheMemoThatIsBeingMade closes the log while a memo is encoded: it is committed before the file is closed.
func TestCloseTakesTheMemoThatIsBeingMade(t *testing.T) {
	p := patient{fold{1}, make(chan struct{}), make(chan struct{})}
	dir := t.TempDir()
	l, err := Open(dir, p, Options{MemoEvery: 4})
	if err != nil {
		t.Fatal(err)
	}
	for range 4 {
		if _, err := l.Append(context.Background(), Draft{Kind: "k"}); err != nil {
			t.Fatal(err)
		}
	}
	<-p.began
	closed := make(chan error, 1)
	go func() { closed <- l.Close() }()
	for closing := false; !closing; {
		l.mu.Lock()
		closing = l.closing
		l.mu.Unlock()
	}
	close(p.done)
	if err := <-closed; err != nil {
		t.Fatal(err)
	}
	again := mustOpen(t, dir, Options{ReadOnly: true})
	defer mustClose(t, again)
	if st, err := again.Stats(); err != nil || st.Memos != 1 || st.LastMemo != 4 {
		t.Fatalf("%d memos, the last at %d, %v", st.Memos, st.LastMemo, err)
	}
}

// TestOneAfterTheOther opens a log from several places at once. Each waits for its turn, and must not take what the one
// before it wrote for damage, because of a note of how the file was left that was read before that.
func TestOneAfterTheOther(t *testing.T) {
	dir := t.TempDir()
	turn := func() {
		l, err := Open(dir, fold{1}, Options{LockTimeout: time.Minute})
		if err != nil {
			t.Error(err)
			return
		}
		if _, err := l.Append(context.Background(), Draft{Kind: "k"}); err != nil {
			t.Error(err)
		}
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	}
	turn()
	for range 5 {
		var all sync.WaitGroup
		for range 3 {
			all.Go(turn)
		}
		all.Wait()
	}
}

// TestTwoClose: whoever comes second may open the log again as the first may.
func TestTwoClose(t *testing.T) {
	for range 20 {
		dir := t.TempDir()
		l := mustOpen(t, dir, Options{})
		began, goOn := make(chan struct{}), make(chan struct{})
		l.OnCommit(func([]Op, *tally, Head) { close(began); <-goOn })
		p, err := l.Do(func(*tally) ([]Draft, error) { return []Draft{{Kind: "a"}}, nil })
		if err != nil {
			t.Fatal(err)
		}
		<-began
		var first sync.WaitGroup
		first.Go(func() { _ = l.Close() })
		for closing := false; !closing; {
			l.mu.Lock()
			closing = l.closing
			l.mu.Unlock()
		}
		close(goOn)
		mustClose(t, l)
		again, err := Open(dir, fold{1}, Options{LockTimeout: time.Nanosecond})
		if err != nil {
			t.Fatal(err)
		}
		mustClose(t, again)
		first.Wait()
		if p.Err() != nil {
			t.Fatal(p.Err())
		}
	}
}
