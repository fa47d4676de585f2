package donations

import (
	"os"
	"runtime"
	"strings"
	"testing"
	"time"
)

func TestStamp(t *testing.T) {
	b, path := aBook(t, "")
	seen := map[string]bool{}
	fresh := func(what string) {
		t.Helper()
		s := b.Stamp()
		if seen[s] {
			t.Errorf("%s: the stamp %q is an old one", what, s)
		}
		if again := b.Stamp(); again != s {
			t.Errorf("%s: %q, then %q", what, s, again)
		}
		seen[s] = true
	}
	fresh("no file")
	write(t, path, first)
	fresh("made")
	write(t, path, second) // as long as the first, and within the same tick of the clock
	fresh("edited")
	if runtime.GOOS != "windows" {
		if err := os.Chmod(path, 0o600); err != nil {
			t.Fatal(err)
		}
		fresh("another mode")
	}
	// A file that was touched long ago and not since is not read again; one that took its name is.
	now := b.Stamp()
	old := time.Now().Add(-time.Hour)
	if err := os.Chtimes(path, old, old); err != nil {
		t.Fatal(err)
	}
	if s := b.Stamp(); s != now || !b.quiet {
		t.Errorf("touched: %q, was %q, quiet %v", s, now, b.quiet)
	}
	write(t, path+".new", first+"// more\n")
	if err := os.Rename(path+".new", path); err != nil {
		t.Fatal(err)
	}
	fresh("replaced")
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if s := b.Stamp(); !strings.HasPrefix(s, "none") {
		t.Errorf("removed: %q", s)
	}
}
