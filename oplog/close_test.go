package oplog

import (
	"context"
	"testing"
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
