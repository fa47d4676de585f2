package invite

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

var noon = time.Date(2026, 11, 22, 12, 0, 0, 900_000_000, time.UTC)

func wantCode(t *testing.T, err error, want string) *Error {
	t.Helper()
	var e *Error
	if !errors.As(err, &e) {
		t.Fatalf("error %v, want code %s", err, want)
	}
	if e.ErrorCode() != want {
		t.Fatalf("code %s (%v), want %s", e.ErrorCode(), err, want)
	}
	return e
}

// counting is a source of bytes 0, 1, 2, …
type counting struct{ next byte }

func (c *counting) Read(b []byte) (int, error) {
	for i := range b {
		b[i] = c.next
		c.next++
	}
	return len(b), nil
}

func testToken(t testing.TB) Token {
	t.Helper()
	pin := [PinSize]byte(bytes.Repeat([]byte{0x4c}, PinSize))
	tok, err := Mint(noon, 10*time.Minute, GPU|Text, pin, &counting{})
	if err != nil {
		t.Fatal(err)
	}
	return tok
}

// TestTokenBytes is the format: it changes only with the version.
func TestTokenBytes(t *testing.T) {
	const want = "15" + // version 1, slots gpu (1) and text (4)
		"6b02db98" + // 2026-11-22T12:10:00Z
		"0001020304050607" + // peer id
		"08090a0b0c0d0e0f1011121314151617" + // secret
		"4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c" // pin
	tok := testToken(t)
	b := tok.Bytes()
	if got := hex.EncodeToString(b[:]); got != want {
		t.Errorf("bytes\n%s\nwant\n%s", got, want)
	}
	if !tok.Expiry.Equal(time.Date(2026, 11, 22, 12, 10, 0, 0, time.UTC)) {
		t.Errorf("expiry %s", tok.Expiry)
	}
	back, err := DecodeToken(b[:])
	if err != nil || back != tok {
		t.Errorf("decoded %#v, %v", back, err)
	}
	if tok.PeerID.String() != "0001020304050607" {
		t.Errorf("peer id %s", tok.PeerID)
	}
}

func TestDecodeTokenRefuses(t *testing.T) {
	b := testToken(t).Bytes()
	for n := range 100 {
		if n == TokenSize {
			continue
		}
		_, err := DecodeToken(make([]byte, n))
		wantCode(t, err, CodeMalformed)
	}
	for version := range byte(16) {
		b[0] = version<<4 | 1
		_, err := DecodeToken(b[:])
		if version == tokenVersion {
			if err != nil {
				t.Error(err)
			}
			continue
		}
		wantCode(t, err, CodeMalformed)
	}
}

func TestAnyBytesRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b := [TokenSize]byte(rapid.SliceOfN(rapid.Byte(), TokenSize, TokenSize).Draw(t, "bytes"))
		b[0] = tokenVersion<<4 | b[0]&0x0f
		tok, err := DecodeToken(b[:])
		if err != nil {
			t.Fatal(err)
		}
		if tok.Bytes() != b {
			t.Fatalf("%x came back as %x", b, tok.Bytes())
		}
	})
}

func TestTTLIsCapped(t *testing.T) {
	for asked, want := range map[time.Duration]time.Duration{
		0: MaxTTL, -time.Hour: MaxTTL, time.Hour: MaxTTL, MaxTTL: MaxTTL, MaxTTL + 1: MaxTTL,
		MaxTTL - 1: 599 * time.Second, time.Nanosecond: time.Second, 90 * time.Second: 90 * time.Second,
		2500 * time.Millisecond: 2 * time.Second, 1<<63 - 1: MaxTTL,
	} {
		if got := CapTTL(asked); got != want {
			t.Errorf("CapTTL(%s) = %s, want %s", asked, got, want)
		}
		tok, err := Mint(noon, asked, 0, [PinSize]byte{}, nil)
		if err != nil {
			t.Fatal(err)
		}
		if left := tok.Left(noon); left > want || left <= want-time.Second {
			t.Errorf("asked %s: lives %s", asked, left)
		}
		if tok.Expired(noon) || tok.Check(noon) != nil || !tok.Expired(noon.Add(MaxTTL)) || tok.Left(noon.Add(time.Hour)) != 0 {
			t.Errorf("asked %s: expires at %s", asked, tok.Expiry)
		}
	}
	tok := testToken(t)
	wantCode(t, tok.Check(tok.Expiry), CodeExpired)
	if err := tok.Check(tok.Expiry.Add(-time.Nanosecond)); err != nil {
		t.Error(err)
	}
}

func TestMintRefuses(t *testing.T) {
	short := errors.New("no randomness")
	for _, r := range []io.Reader{bytes.NewReader(make([]byte, 7)), bytes.NewReader(make([]byte, 23)), errReader{short}} {
		if tok, err := Mint(noon, 0, GPU, [PinSize]byte{}, r); err == nil || tok != (Token{}) {
			t.Errorf("minted %v, %v", tok, err)
		}
	}
	for _, now := range []time.Time{{}, time.Date(1960, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(2107, 1, 1, 0, 0, 0, 0, time.UTC)} {
		if _, err := Mint(now, 0, GPU, [PinSize]byte{}, nil); err == nil {
			t.Errorf("minted at %s", now)
		}
	}
	_, err := Mint(noon, 0, 1<<4, [PinSize]byte{}, nil)
	wantCode(t, err, CodeUnknownSlot)
	a, _ := Mint(noon, 0, GPU, [PinSize]byte{}, nil)
	b, _ := Mint(noon, 0, GPU, [PinSize]byte{}, nil)
	if a.Secret == b.Secret || a.PeerID == b.PeerID || a.Secret == (Secret{}) {
		t.Error("two invites share their randomness")
	}
}

type errReader struct{ err error }

func (r errReader) Read([]byte) (int, error) { return 0, r.err }

func TestSlots(t *testing.T) {
	for _, tc := range []struct {
		in   []string
		want Slots
		out  []string
		text string
	}{
		{nil, 0, []string{}, "none"},
		{[]string{"gpu"}, GPU, []string{"gpu"}, "gpu"},
		{[]string{"embed", "gpu", "gpu"}, GPU | Embed, []string{"gpu", "embed"}, "gpu, embed"},
		{[]string{"gpu", "cpu", "text", "embed"}, allSlots, []string{"gpu", "cpu", "text", "embed"}, "gpu, cpu, text, embed"},
	} {
		s, err := ParseSlots(tc.in...)
		if err != nil || s != tc.want || !slices.Equal(s.Strings(), tc.out) || s.String() != tc.text || s.Strings() == nil {
			t.Errorf("%q: %d %q %q, %v", tc.in, s, s.Strings(), s, err)
		}
	}
	for _, bad := range []string{"", "GPU", "gpu ", "tpu", "gpu,cpu", "\x1b[2J"} {
		s, err := ParseSlots("gpu", bad)
		e := wantCode(t, err, CodeUnknownSlot)
		if s != 0 || strings.ContainsRune(e.Error(), '\x1b') {
			t.Errorf("%q: %v, %v", bad, s, e)
		}
	}
	if !(GPU | CPU).Has(GPU) || GPU.Has(GPU|CPU) {
		t.Error("Has is wrong")
	}
}

func TestSecretHash(t *testing.T) {
	s := testToken(t).Secret
	if s.Hash() != sha256.Sum256(append([]byte("voxmesh invite secret v1\x00"), s[:]...)) {
		t.Error("the hash is another than documented")
	}
	if s.Hash() == sha256.Sum256(s[:]) {
		t.Error("the hash has no domain")
	}
	if !s.Matches(s.Hash()) {
		t.Error("a secret does not match its hash")
	}
	for i := range 32 {
		h := s.Hash()
		h[i] ^= 1
		if s.Matches(h) {
			t.Errorf("another hash (byte %d) matches", i)
		}
	}
	if (Secret{}).Matches([32]byte{}) {
		t.Error("an empty secret matches an empty hash")
	}
}

// TestNothingShowsTheSecret prints everything that holds one in every usual way.
func TestNothingShowsTheSecret(t *testing.T) {
	tok := testToken(t)
	u := mustURL(t, "192.0.2.7", 7420, tok)
	raw := tok.Bytes()
	letters := encoding.EncodeToString(raw[:])
	b64 := encoding.EncodeToString(tok.Secret[:])
	forbidden := []string{
		letters, letters[18:38], b64, hex.EncodeToString(tok.Secret[:]), strings.ToUpper(hex.EncodeToString(tok.Secret[:])),
		"8 9 10 11 12", "8, 9, 10, 11", "0x8, 0x9, 0xa", string(tok.Secret[:]),
	}
	var out strings.Builder
	type holder struct {
		S Secret
		T Token
		U URL
		P *URL
		M map[string]Token
	}
	h := holder{tok.Secret, tok, u, &u, map[string]Token{"a": tok}}
	for _, verb := range []string{"%v", "%+v", "%#v", "%x", "%X", "%d", "%o", "%b", "%c", "%U", "%t"} {
		fmt.Fprintf(&out, verb+verb+verb+verb+verb+"\n", h, &h, tok.Secret, tok, []URL{u})
	}
	for _, verb := range []string{"%s", "%q"} {
		fmt.Fprintf(&out, verb+verb+verb+"\n", tok.Secret, &tok.Secret, tok)
	}
	fmt.Fprintln(&out, u, tok, tok.Secret, u.Redacted(), tok.Secret.String(), tok.Secret.GoString())
	j, err := json.Marshal(h)
	if err != nil {
		t.Fatal(err)
	}
	out.Write(j)
	slog.New(slog.NewJSONHandler(&out, nil)).Info("x", "u", u, "t", tok, "s", tok.Secret, "h", h)
	slog.New(slog.NewTextHandler(&out, nil)).Info("x", "u", u, "t", tok, "s", tok.Secret, "h", h)
	for _, f := range forbidden {
		if i := strings.Index(out.String(), f); i >= 0 {
			t.Errorf("%q is shown: %q", f, out.String()[max(0, i-60):min(out.Len(), i+60)])
		}
	}
	if !strings.Contains(out.String(), "0001020304050607") {
		t.Error("the invite is not named either")
	}
	if got := fmt.Sprintf("%s %q", u, u); got != u.String()+` "`+u.String()+`"` {
		t.Errorf("%%s is %s", got)
	}
}

func TestPins(t *testing.T) {
	spki := []byte("a public key in DER")
	sum := sha256.Sum256(spki)
	pin := PinOf(spki)
	if !bytes.Equal(pin[:], sum[:16]) {
		t.Errorf("pin %x of %x", pin, sum)
	}
	if !PinMatches(pin, spki) || PinMatches(pin, append(spki, 0)) {
		t.Error("PinMatches is wrong")
	}
	h := hex.EncodeToString(sum[:])
	want := h[0:4] + "-" + h[4:8] + "-" + h[8:12] + "-" + h[12:16]
	if Fingerprint(pin) != want || FingerprintOfKey(spki) != want {
		t.Errorf("fingerprints %s, %s, want %s", Fingerprint(pin), FingerprintOfKey(spki), want)
	}
	if got := Fingerprint([PinSize]byte{0x4c, 0x1e, 0x9b, 0x02, 0x77, 0xaa, 0x51, 0xf0}); got != "4c1e-9b02-77aa-51f0" {
		t.Errorf("fingerprint %s", got)
	}
}

func TestPeerIDs(t *testing.T) {
	p, err := ParsePeerID("0001020304050607")
	if err != nil || p != testToken(t).PeerID {
		t.Errorf("%v, %v", p, err)
	}
	for _, bad := range []string{"", "00", "000102030405060g", "000102030405060A", "00010203040506071"} {
		_, err := ParsePeerID(bad)
		wantCode(t, err, CodeUnknown)
	}
}

func TestErrorsSayWhatToDo(t *testing.T) {
	for _, e := range []*Error{
		Malformed("x"), Expired(noon), Used(), Unknown(), WrongHost("a", "b"), Revoked(), RateLimited(1500 * time.Millisecond),
	} {
		if !strings.HasPrefix(e.ErrorCode(), "vox/invite/") || e.Error() == "" || e.ErrorHint() == "" {
			t.Errorf("%+v", e)
		}
		if e.Code != CodeWrongHost && FromCode(e.Code).Code != e.Code {
			t.Errorf("%s comes back as %s", e.Code, FromCode(e.Code).Code)
		}
	}
	if e := RateLimited(1500 * time.Millisecond); !strings.Contains(e.Hint, "wait 2 s") {
		t.Errorf("hint %q", e.Hint)
	}
	if e := FromCode("vox/evil/\x1b[2J"); e.Code != CodeUnknown || strings.Contains(e.Error()+e.Hint, "\x1b") {
		t.Errorf("a host's own words get through: %+v", e)
	}
}
