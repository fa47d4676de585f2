package oplog

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"
	"time"
)

func TestBlobsPutAndRead(t *testing.T) {
	dir := t.TempDir()
	b := OpenBlobs(dir)
	if st, err := b.Stats(); err != nil || st.Count != 0 {
		t.Fatal(st, err)
	}
	for _, data := range []string{"", "hello", strings.Repeat("x", 100_000)} {
		name, n, err := b.Put(strings.NewReader(data), 100_000)
		sum := sha256.Sum256([]byte(data))
		if err != nil || name != hex.EncodeToString(sum[:]) || n != int64(len(data)) {
			t.Fatal(name, n, err)
		}
		got, err := b.ReadAll(name, 100_000)
		if err != nil || string(got) != data || !b.Has(name) {
			t.Fatal(err)
		}
		f, size, err := b.Open(name)
		if err != nil || size != n {
			t.Fatal(size, err)
		}
		st, _ := f.Stat()
		all, _ := io.ReadAll(f)
		_ = f.Close()
		if string(all) != data || st.Mode().Perm() != 0o600 {
			t.Fatalf("mode %v", st.Mode())
		}
		if _, err := os.Stat(filepath.Join(dir, "blobs", name[:2], name)); err != nil {
			t.Fatal(err)
		}
	}
	if st, err := b.Stats(); err != nil || st.Count != 3 || st.Bytes != 100_005 {
		t.Fatal(st, err)
	}
}

func TestBlobsRefuse(t *testing.T) {
	dir := t.TempDir()
	b := OpenBlobs(dir)
	name, _, err := b.Put(strings.NewReader("hello"), 5)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := b.Put(strings.NewReader("hello!"), 5); code(err) != CodeBlobTooBig {
		t.Error(err)
	}
	boom := errors.New("the line is cut")
	if _, _, err := b.Put(io.MultiReader(strings.NewReader("abc"), iotest.ErrReader(boom)), 50); !errors.Is(err, boom) {
		t.Error(err)
	}
	if left, _ := os.ReadDir(filepath.Join(dir, "blobs", "tmp")); len(left) != 0 {
		t.Errorf("left behind: %v", left)
	}
	if _, err := b.ReadAll(name, 4); code(err) != CodeBlobTooBig {
		t.Error(err)
	}
	if _, err := b.ReadAll(strings.Repeat("0", 64), 9); code(err) != CodeBlobMissing {
		t.Error(err)
	}
	for _, bad := range []string{"", "../../etc/passwd", strings.ToUpper(name), name[:63], name + "0", strings.Repeat("./", 32)} {
		if _, _, err := b.Open(bad); code(err) != CodeBlobInvalid || b.Has(bad) {
			t.Errorf("%q: %v", bad, err)
		}
	}
	path := filepath.Join(dir, "blobs", name[:2], name)
	if err := os.WriteFile(path, []byte("hellp"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := b.ReadAll(name, 9); code(err) != CodeBlobDamaged {
		t.Error(err)
	}
	if _, _, err := b.Put(strings.NewReader("hello"), 5); err != nil {
		t.Fatal(err)
	}
	if got, err := b.ReadAll(name, 9); err != nil || !bytes.Equal(got, []byte("hello")) {
		t.Error("putting it again does not mend it", err)
	}
}

func TestBlobsSweep(t *testing.T) {
	dir := t.TempDir()
	b := OpenBlobs(dir)
	now := time.Now()
	b.now = func() time.Time { return now }
	names := map[string]string{}
	put := func(data string, age time.Duration) {
		t.Helper()
		name, _, err := b.Put(strings.NewReader(data), 100)
		if err != nil {
			t.Fatal(err)
		}
		names[data] = name
		path, _ := b.path(name)
		if err := os.Chtimes(path, now.Add(-age), now.Add(-age)); err != nil {
			t.Fatal(err)
		}
	}
	day := 24 * time.Hour
	put("live and old", 9*day)
	put("very old", 8*day)
	put("older", 3*day)
	put("newer", 2*day)
	put("brand new", time.Minute)
	left := func() (out []string) {
		for _, d := range []string{"live and old", "very old", "older", "newer", "brand new"} {
			if b.Has(names[d]) {
				out = append(out, d)
			}
		}
		return out
	}
	live := func(name string) bool { return name == names["live and old"] }
	check := func(maxAge time.Duration, maxBytes int64, want ...string) {
		t.Helper()
		if _, _, err := b.Sweep(live, maxAge, maxBytes); err != nil {
			t.Fatal(err)
		}
		if got := left(); strings.Join(got, ",") != strings.Join(want, ",") {
			t.Fatalf("left %q, want %q", got, want)
		}
	}
	check(0, 0, "live and old", "very old", "older", "newer", "brand new")
	check(7*day, 0, "live and old", "older", "newer", "brand new")
	check(7*day, 12+5+9, "live and old", "newer", "brand new")
	check(time.Nanosecond, 1, "live and old", "brand new")
	tmp := filepath.Join(dir, "blobs", "tmp", "put-broken-off")
	if err := os.WriteFile(tmp, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	_ = os.Chtimes(tmp, now.Add(-2*time.Hour), now.Add(-2*time.Hour))
	check(0, 0, "live and old", "brand new")
	if _, err := os.Stat(tmp); err == nil {
		t.Error("a broken-off put stays")
	}
}
