package fabric

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestIdentityOutlivesItsNames(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "new")
	a, err := LoadOrCreateIdentity(dir, "aurelia", "alice")
	if err != nil {
		t.Fatal(err)
	}
	b, err := LoadOrCreateIdentity(dir, "aurelia", "alice")
	if err != nil || string(b.cert.Certificate[0]) != string(a.cert.Certificate[0]) {
		t.Errorf("the same names made a new certificate: %v", err)
	}
	c, err := LoadOrCreateIdentity(dir, "borealis", "bob\x1b[31m"+strings.Repeat("b", 200))
	if err != nil || c.Pin() != a.Pin() || c.Fingerprint() != a.Fingerprint() {
		t.Errorf("the pin changed: %v", err)
	}
	if i := c.Info(); i.Mesh != "borealis" || strings.ContainsRune(i.Inviter, 0x1b) || len([]rune(i.Inviter)) != nameLen {
		t.Errorf("%+v", i)
	}
	d, err := LoadOrCreateIdentity(dir, "borealis", "bob\x1b[31m"+strings.Repeat("b", 200))
	if err != nil || string(d.cert.Certificate[0]) != string(c.cert.Certificate[0]) {
		t.Errorf("names that had to be cleaned make a new certificate each time: %v", err)
	}
	if e := testIdentity(t); e.Pin() == a.Pin() {
		t.Error("two hosts share a key")
	}
}

func TestIdentityFiles(t *testing.T) {
	dir := t.TempDir()
	a, err := LoadOrCreateIdentity(dir, "m", "i")
	if err != nil {
		t.Fatal(err)
	}
	key := filepath.Join(dir, keyFile)
	if st, err := os.Stat(key); err != nil || st.Mode().Perm() != 0o600 {
		t.Errorf("%v %v", st.Mode(), err)
	}
	if left, _ := filepath.Glob(filepath.Join(dir, ".*")); len(left) != 0 {
		t.Errorf("left behind: %v", left)
	}
	if err := os.Chmod(key, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, certFile), []byte("rubbish"), 0o600); err != nil {
		t.Fatal(err)
	}
	b, err := LoadOrCreateIdentity(dir, "m", "i")
	if err != nil || b.Pin() != a.Pin() {
		t.Errorf("a damaged certificate is made anew from the key: %v", err)
	}
	if st, err := os.Stat(key); err != nil || st.Mode().Perm() != 0o600 {
		t.Errorf("others may still read it: %v %v", st.Mode(), err)
	}

	good, err := os.ReadFile(key)
	if err != nil {
		t.Fatal(err)
	}
	for name, bad := range map[string][]byte{"empty": nil, "cut": good[:len(good)/2], "rubbish": []byte("x"), "two": append(good[:len(good):len(good)], good...)} {
		if err := os.WriteFile(key, bad, 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := LoadOrCreateIdentity(dir, "m", "i")
		wantCode(t, err, "vox/fabric/identity")
		if now, _ := os.ReadFile(key); string(now) != string(bad) {
			t.Errorf("%s: the file was replaced", name)
		}
	}
}
