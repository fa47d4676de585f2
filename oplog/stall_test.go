package oplog

import (
	"context"
	"testing"
	"time"
)

// stuck is a writer that takes nothing until it is let go: a pager, or a client that was suspended.
type stuck chan struct{}

func (s stuck) Write(b []byte) (int, error) {
	<-s
	return len(b), nil
}

// TestABackupThatNobodyTakes does not hold up the log for ever, which cannot grow while it is read.
func TestABackupThatNobodyTakes(t *testing.T) {
	l := mustOpen(t, t.TempDir(), Options{stall: 50 * time.Millisecond})
	if _, err := l.Append(context.Background(), Draft{Kind: "a"}); err != nil {
		t.Fatal(err)
	}
	w := make(stuck)
	ended := make(chan error, 1)
	go func() {
		_, err := l.Backup(w)
		ended <- err
	}()
	for range 8 { // the file outgrows its mapping
		if _, err := l.Append(context.Background(), Draft{Kind: "a", Body: make([]byte, 1<<20)}); err != nil {
			t.Fatal(err)
		}
	}
	if err := <-ended; code(err) != CodeIO {
		t.Fatal(err)
	}
	close(w)
	mustClose(t, l)
}
