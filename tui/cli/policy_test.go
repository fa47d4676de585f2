package cli

import (
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

func TestCutAssignment(t *testing.T) {
	for in, want := range map[string][2]string{
		"a=b":   {"a", "b"},
		"a = b": {"a", " b"},
		"a=":    {"a", ""},
		"per_peer_overrides[x=y@m].min_priority=3":       {"per_peer_overrides[x=y@m].min_priority", "3"},
		`per_peer_overrides["x]=y@m"].min_priority=3=4`:  {`per_peer_overrides["x]=y@m"].min_priority`, "3=4"},
		`per_peer_overrides["x\"]=y@m"].min_priority=34`: {`per_peer_overrides["x\"]=y@m"].min_priority`, "34"},
	} {
		path, value, ok := cutAssignment(in)
		if !ok || path != want[0] || value != want[1] {
			t.Errorf("%s: %q, %q, %v", in, path, value, ok)
		}
	}
	for _, in := range []string{"", "=", "a", "=b", "a[=b", `a["=b]=c`} {
		if path, value, ok := cutAssignment(in); ok {
			t.Errorf("%s: %q, %q", in, path, value)
		}
	}
}

func TestParseWeekTime(t *testing.T) {
	now := time.Date(2026, 11, 23, 10, 12, 13, 0, time.Local) // a Monday
	for in, want := range map[string]time.Time{
		"":                     now,
		"22:30":                time.Date(2026, 11, 23, 22, 30, 0, 0, time.Local),
		"mon 22:30":            time.Date(2026, 11, 23, 22, 30, 0, 0, time.Local),
		"SAT 07:00":            time.Date(2026, 11, 28, 7, 0, 0, 0, time.Local),
		"sun 7:00":             time.Date(2026, 11, 29, 7, 0, 0, 0, time.Local),
		"-1h":                  now.Add(-time.Hour),
		"2026-12-24T18:00:00Z": time.Date(2026, 12, 24, 18, 0, 0, 0, time.UTC),
	} {
		if got, err := parseWeekTime(in, now); err != nil || !got.Equal(want) || got.Location() != time.Local {
			t.Errorf("%q: %v, %v; want %v", in, got, err, want)
		}
	}
	for _, in := range []string{"noon", "sat", "sat noon", "fry 22:00", "25:00"} {
		if got, err := parseWeekTime(in, now); err == nil {
			t.Errorf("%q: %v", in, got)
		}
	}
}

// Opening a pipe would wait for somebody to write into it.
func TestReadPolicyTakesOnlyFiles(t *testing.T) {
	path := filepath.Join(t.TempDir(), "donations.vox")
	if _, err := readPolicy(t.Context(), path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("no file: %v", err)
	}
	if err := os.WriteFile(path, []byte("policy donations {}"), 0o600); err != nil {
		t.Fatal(err)
	}
	if b, err := readPolicy(t.Context(), path); err != nil || string(b) != "policy donations {}" {
		t.Errorf("a file: %q, %v", b, err)
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.CommandContext(t.Context(), "mkfifo", path).CombinedOutput(); err != nil {
		t.Skipf("no pipes here: %v %s", err, out)
	}
	if b, err := readPolicy(t.Context(), path); err == nil {
		t.Errorf("a pipe: %q", b)
	}
}
