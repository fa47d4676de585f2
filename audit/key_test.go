package audit

import (
	"bytes"
	"crypto/ed25519"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"log/slog"
	"math/big"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"

	"golang.org/x/mod/sumdb/note"
)

func TestKeyFileIsMadeOnceAndReadBack(t *testing.T) {
	path := filepath.Join(t.TempDir(), "audit.key")
	keys := make([]*Key, 16)
	var wg sync.WaitGroup
	for i := range keys {
		wg.Go(func() {
			k, err := LoadOrCreateKey(path)
			if err != nil {
				t.Error(err)
				return
			}
			keys[i] = k
		})
	}
	wg.Wait()
	for _, k := range keys {
		if k == nil || k.ID() != keys[0].ID() {
			t.Fatal("two callers got different keys for one file")
		}
	}
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
		t.Errorf("mode %04o", info.Mode().Perm())
	}
	left, err := os.ReadDir(filepath.Dir(path))
	if err != nil || len(left) != 1 {
		t.Errorf("left behind: %v, %v", left, err)
	}
	// The file is a note signer and the public text a note verifier: other programs can use both.
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	signer, err := note.NewSigner(strings.TrimSpace(string(text)))
	if err != nil {
		t.Fatal(err)
	}
	verifier, err := note.NewVerifier(keys[0].Public().String())
	if err != nil {
		t.Fatal(err)
	}
	if signer.KeyHash() != verifier.KeyHash() || signer.Name() != KeyName {
		t.Errorf("signer %s %x, verifier %x", signer.Name(), signer.KeyHash(), verifier.KeyHash())
	}
	again, err := LoadOrCreateKey(path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := VerifyStored(mustSign(t, again, testEntry(1)), keys[0].Public()); err != nil {
		t.Error(err)
	}
}

func TestKeyFileRefuses(t *testing.T) {
	good := testKey(t, 1).line()
	other := testKey(t, 2).line()
	dir := t.TempDir()
	write := func(name, text string, mode os.FileMode) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
		return path
	}
	swapped := good[:strings.LastIndex(good, "+")] + other[strings.LastIndex(other, "+"):]
	for name, text := range map[string]string{
		"empty": "", "no newline": strings.TrimSpace(good), "two lines": good + good, "cut": good[:len(good)-3] + "\n",
		"another's secret": swapped, "public": testKey(t, 1).Public().String() + "\n", "long": strings.Repeat("x", maxKeyFile+1),
	} {
		_, err := LoadOrCreateKey(write("k", text, 0o600))
		e := wantCode(t, err, CodeKeyMalformed)
		if secret := good[strings.LastIndex(good, "+")+1 : len(good)-8]; strings.Contains(e.Error()+e.Hint, secret[2:20]) {
			t.Errorf("%s: the error tells the secret", name)
		}
	}
	_, err := LoadOrCreateKey(dir)
	wantCode(t, err, CodeKeyMalformed)
	_, err = LoadOrCreateKey(filepath.Join(dir, "none", "k"))
	wantCode(t, err, CodeKeyUnusable)
	dangling := filepath.Join(dir, "dangling")
	if err := os.Symlink(filepath.Join(dir, "nowhere"), dangling); err == nil {
		_, err = LoadOrCreateKey(dangling)
		wantCode(t, err, CodeKeyUnusable)
	}
	if runtime.GOOS == "windows" {
		t.Skip("modes say nothing on Windows")
	}
	for _, mode := range []os.FileMode{0o640, 0o604, 0o620, 0o601, 0o666} {
		_, err := LoadOrCreateKey(write("wide", good, mode))
		e := wantCode(t, err, CodeKeyMode)
		if !strings.Contains(e.Hint, "chmod 600") {
			t.Errorf("hint %q", e.Hint)
		}
	}
	if _, err := LoadOrCreateKey(write("narrow", good, 0o400)); err != nil {
		t.Error(err)
	}
}

func TestKeyNeverShowsItsSecret(t *testing.T) {
	k := testKey(t, 1)
	var logged bytes.Buffer
	slog.New(slog.NewTextHandler(&logged, nil)).Info("key", "key", k, "value", *k)
	j, err := json.Marshal(k)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range []string{
		fmt.Sprint(k), fmt.Sprintf("%v %+v %#v %s %x %d %q", k, k, k, k, k, k, k), fmt.Sprintf("%v %x", *k, *k),
		fmt.Sprintf("%+v", struct{ K *Key }{k}), logged.String(), string(j),
	} {
		for _, secret := range []string{"0101010101", "1 1 1 1 1", "0x1, 0x1", "1, 1, 1", "AQEBAQ", "\x01\x01\x01"} {
			if strings.Contains(s, secret) {
				t.Errorf("%q is in %q", secret, s)
			}
		}
	}
}

func TestPublicKeyText(t *testing.T) {
	p := testKey(t, 1).Public()
	text := p.String()
	back, err := ParsePublicKey(" " + text + "\r\n")
	if err != nil || back != p {
		t.Fatalf("%v, %v", back, err)
	}
	last := strings.LastIndex(text, "+")
	for _, bad := range []string{
		"", "voxmesh-audit", "voxmesh-audit++", strings.Replace(text, KeyName, "other", 1), text + "x", text[:len(text)-1],
		text[:last] + strings.ToUpper(text[last:]), strings.Replace(text, "+", "+0", 1), text + "\n" + text,
	} {
		_, err := ParsePublicKey(bad)
		wantCode(t, err, CodeKeyMalformed)
	}
	if (PublicKey{}).String() != "" || (PublicKey{}).ID() != "" || (PublicKey{}).Valid() {
		t.Error("the zero key claims to be one")
	}
}

// TestSmallOrderKeysAreRefused finds every point of small order by the curve's own arithmetic, in every encoding, and
// shows why: for some of them Go's verifier takes a signature that nobody made.
func TestSmallOrderKeysAreRefused(t *testing.T) {
	c := newCurve()
	var found int
	for _, y := range c.smallOrderY(t) {
		for _, sign := range []byte{0, 0x80} {
			for _, offset := range []*big.Int{big.NewInt(0), c.p} { // y and y+p, if it fits into 255 bits
				v := new(big.Int).Add(y, offset)
				if v.BitLen() > 255 {
					continue
				}
				enc := littleEndian(v)
				enc[31] |= sign
				found++
				if _, err := NewPublicKey(enc); err == nil {
					t.Errorf("small order key %x is accepted", enc)
				}
			}
		}
	}
	if found < 12 {
		t.Errorf("only %d encodings tried", found)
	}
	identity := make([]byte, 32)
	identity[0] = 1
	zero := make([]byte, 64)
	zero[0] = 1 // R = identity, S = 0
	if !ed25519.Verify(identity, []byte("anything"), zero) {
		t.Log("Go refuses the identity key by now; the check stays harmless")
	}
	for n := range byte(40) {
		if _, err := NewPublicKey(testKey(t, n).Public().Bytes()); err != nil {
			t.Errorf("an honest key is refused: %v", err)
		}
	}
	off, onCurve := 0, 0
	for i := range 64 {
		b := bytes.Repeat([]byte{byte(i), 7}, 16)
		if _, err := NewPublicKey(b); err != nil {
			off++
		} else {
			onCurve++
		}
	}
	if off == 0 || onCurve == 0 {
		t.Errorf("of 64 made-up keys %d are no points, %d are", off, onCurve)
	}
	for _, n := range []int{0, 31, 33} {
		_, err := NewPublicKey(make([]byte, n))
		wantCode(t, err, CodeKeyMalformed)
	}
}

// curve is edwards25519 as in RFC 8032 §5.1, written out for the test.
type curve struct{ p, d *big.Int }

func newCurve() curve {
	p := new(big.Int).Sub(new(big.Int).Lsh(big.NewInt(1), 255), big.NewInt(19))
	d := new(big.Int).ModInverse(big.NewInt(121666), p)
	return curve{p, d.Mul(d, big.NewInt(-121665)).Mod(d, p)}
}

// smallOrderY gives the y of all points whose eightfold is the identity: 1, -1, 0, and those of order 8, whose double has
// y = 0: there x² = -y², and the curve's equation becomes d·y⁴ + 2y² - 1 = 0, so y² = (-1 ± √(1+d)) / d.
func (c curve) smallOrderY(t *testing.T) []*big.Int {
	t.Helper()
	ys := []*big.Int{big.NewInt(1), new(big.Int).Sub(c.p, big.NewInt(1)), big.NewInt(0)}
	root := new(big.Int).ModSqrt(new(big.Int).Mod(new(big.Int).Add(c.d, big.NewInt(1)), c.p), c.p)
	if root == nil {
		t.Fatal("1+d is no square")
	}
	dInverse := new(big.Int).ModInverse(c.d, c.p)
	for _, r := range []*big.Int{root, new(big.Int).Neg(root)} {
		yy := new(big.Int).Sub(r, big.NewInt(1))
		yy.Mul(yy, dInverse).Mod(yy, c.p)
		if y := new(big.Int).ModSqrt(yy, c.p); y != nil {
			ys = append(ys, y, new(big.Int).Sub(c.p, y))
		}
	}
	if len(ys) != 5 {
		t.Fatalf("%d values of y, want 5", len(ys))
	}
	for _, y := range ys[3:] {
		if h := hex.EncodeToString(littleEndian(y)); h != orderEight[0] && h != orderEight[1] {
			t.Errorf("%s is of order 8 and not in the list", h)
		}
	}
	return ys
}

func littleEndian(n *big.Int) []byte {
	b := make([]byte, 32)
	n.FillBytes(b)
	for i := range 16 {
		b[i], b[31-i] = b[31-i], b[i]
	}
	return b
}
