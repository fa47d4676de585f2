package audit

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"math/big"
	"strings"

	"golang.org/x/mod/sumdb/note"
)

// KeyName is the name under which audit keys sign notes and are written as text.
const KeyName = "voxmesh-audit"

// PublicKey is an Ed25519 key that verifies entries and heads. The zero value verifies nothing. Comparable.
type PublicKey struct {
	key   [ed25519.PublicKeySize]byte
	valid bool
}

// NewPublicKey takes the 32 bytes of an Ed25519 public key. Refused, with vox/audit/key-malformed: a wrong length,
// bytes that are no point of the curve or not its canonical form, and points of small order, for which anyone can
// make signatures (Go's verifier accepts them).
func NewPublicKey(b []byte) (PublicKey, error) {
	if len(b) != ed25519.PublicKeySize {
		return PublicKey{}, failf(CodeKeyMalformed, "", "a public key has %d bytes, not %d", ed25519.PublicKeySize, len(b))
	}
	if why := badPoint(b); why != "" {
		return PublicKey{}, failf(CodeKeyMalformed, "", "the public key is %s", why)
	}
	p := PublicKey{valid: true}
	copy(p.key[:], b)
	return p, nil
}

// ParsePublicKey reads a key from its text line, as [PublicKey.String] writes it; white space around is ignored.
// The form is that of a note verifier: <name>+<hash>+<base64 of algorithm and key>. Error: vox/audit/key-malformed.
func ParsePublicKey(text string) (PublicKey, error) {
	line := strings.TrimSpace(text)
	name, rest, ok := strings.Cut(line, "+")
	_, data, ok2 := strings.Cut(rest, "+")
	if !ok || !ok2 || name != KeyName {
		return PublicKey{}, failf(CodeKeyMalformed, "", "not a public key line of the form %s+hash+base64", KeyName)
	}
	raw, err := base64.StdEncoding.Strict().DecodeString(data)
	if err != nil || len(raw) != 1+ed25519.PublicKeySize {
		return PublicKey{}, failf(CodeKeyMalformed, "", "the public key line is damaged")
	}
	p, err := NewPublicKey(raw[1:])
	if err != nil {
		return PublicKey{}, err
	}
	// Written back it must be the same line: this checks algorithm, hash and spelling at once.
	if p.String() != line {
		return PublicKey{}, failf(CodeKeyMalformed, "", "the public key line is damaged")
	}
	return p, nil
}

// ID is how people compare keys: the first 8 bytes of SHA-256 of the key in hex, as in 4c1e-9b02-77aa-51f0.
func (p PublicKey) ID() string {
	if !p.valid {
		return ""
	}
	sum := sha256.Sum256(p.key[:])
	h := hex.EncodeToString(sum[:8])
	return h[:4] + "-" + h[4:8] + "-" + h[8:12] + "-" + h[12:]
}

// Valid reports whether p holds a key.
func (p PublicKey) Valid() bool { return p.valid }

// Bytes is a copy of the 32 bytes of the key.
func (p PublicKey) Bytes() []byte { return bytes.Clone(p.key[:]) }

// String is the key as one line of text, or empty for the zero value.
func (p PublicKey) String() string {
	if !p.valid {
		return ""
	}
	s, err := note.NewEd25519VerifierKey(KeyName, p.key[:])
	if err != nil {
		return ""
	}
	return s
}

func (p PublicKey) verify(message, signature []byte) bool {
	return p.valid && len(signature) == ed25519.SignatureSize && ed25519.Verify(p.key[:], message, signature)
}

// orderEight holds the y coordinates of the four points of order 8, little-endian as in a key. With y = 1, -1 and 0
// (orders 1, 2 and 4) they are every point of small order on edwards25519.
var orderEight = [2]string{
	"26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
	"c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
}

// badPoint says what is wrong with the encoded point b, or "". Not constant time: public keys are no secret.
func badPoint(b []byte) string {
	le := bytes.Clone(b)
	le[31] &= 0x7f // the top bit is the sign of x
	for _, y8 := range orderEight {
		if hex.EncodeToString(le) == y8 {
			return "of small order"
		}
	}
	be := make([]byte, len(le))
	for i, v := range le {
		be[len(le)-1-i] = v
	}
	one := big.NewInt(1)
	p := new(big.Int).Sub(new(big.Int).Lsh(one, 255), big.NewInt(19))
	y := new(big.Int).SetBytes(be)
	if y.Cmp(p) >= 0 {
		return "not in its canonical form"
	}
	if y.Sign() == 0 || y.Cmp(one) == 0 || y.Cmp(new(big.Int).Sub(p, one)) == 0 {
		return "of small order"
	}
	// x² = (y² − 1) / (d·y² + 1), d = −121665/121666: a point exists if that is a square.
	d := new(big.Int).ModInverse(big.NewInt(121666), p)
	d.Mul(d, big.NewInt(-121665)).Mod(d, p)
	yy := new(big.Int).Mul(y, y)
	den := new(big.Int).Mul(d, yy)
	den.Add(den, one).Mod(den, p)
	xx := new(big.Int).Sub(yy, one)
	xx.Mul(xx, den.ModInverse(den, p)).Mod(xx, p)
	if big.Jacobi(xx, p) < 0 {
		return "no point of the curve"
	}
	return ""
}

// noteHash is the short hash by which notes name a key: x/mod/sumdb/note.
func noteHash(p PublicKey) uint32 {
	h := sha256.New()
	h.Write([]byte(KeyName + "\n"))
	h.Write([]byte{algEd25519})
	h.Write(p.key[:])
	return binary.BigEndian.Uint32(h.Sum(nil))
}
