package worker

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// A pipe in the place of the policy gives nothing, and keeps nobody waiting for its other end.
func TestAPipeIsNoPolicy(t *testing.T) {
	path := filepath.Join(t.TempDir(), "donations.vox")
	if err := unix.Mkfifo(path, 0o600); err != nil {
		t.Skipf("SKIPPED: no pipe can be made here: %v", err)
	}
	said := make(chan error, 1)
	go func() {
		_, _, _, err := NewFilePolicy(path, nil).Current()
		said <- err
	}()
	select {
	case err := <-said:
		if err == nil || !strings.Contains(err.Error(), "nothing is given") {
			t.Errorf("%v", err)
		}
	case <-time.After(30 * time.Second):
		t.Fatal("it waits")
	}
}
