package invite

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"fmt"
	"io"
	"log/slog"
)

// SecretSize is 128 bits: guessing is hopeless even without a limit.
const SecretSize = 16

// Secret is what the joiner proves to know. It never prints itself, whatever the verb or encoder.
type Secret [SecretSize]byte

const hidden = "(secret)"

// hashDomain keeps the hash of a secret from being the hash of anything else.
const hashDomain = "voxmesh invite secret v1\x00"

// Hash is all that the host stores of a secret: SHA-256("voxmesh invite secret v1" ‖ 0x00 ‖ secret).
func (s Secret) Hash() [32]byte {
	return sha256.Sum256(append([]byte(hashDomain), s[:]...))
}

// Matches reports in constant time whether hash is the hash of s.
func (s Secret) Matches(hash [32]byte) bool {
	own := s.Hash()
	return subtle.ConstantTimeCompare(own[:], hash[:]) == 1
}

// String hides the secret.
func (Secret) String() string { return hidden }

// GoString hides the secret.
func (Secret) GoString() string { return hidden }

// Format hides the secret whatever the verb.
func (Secret) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, hidden) }

// MarshalText hides the secret.
func (Secret) MarshalText() ([]byte, error) { return []byte(hidden), nil }

// MarshalJSON hides the secret.
func (Secret) MarshalJSON() ([]byte, error) { return []byte(`"` + hidden + `"`), nil }

// LogValue hides the secret.
func (Secret) LogValue() slog.Value { return slog.StringValue(hidden) }

// PeerID names an invite, before its machine has a node id.
type PeerID [8]byte

// String is 16 hex digits.
func (p PeerID) String() string { return hex.EncodeToString(p[:]) }

// MarshalText makes a PeerID its hex digits in JSON.
func (p PeerID) MarshalText() ([]byte, error) { return []byte(p.String()), nil }

// ParsePeerID reads 16 lower-case hex digits. Error: vox/invite/unknown, since no invite has such an id.
func ParsePeerID(s string) (PeerID, error) {
	var p PeerID
	b, err := hex.DecodeString(s)
	if err != nil || len(b) != len(p) || hex.EncodeToString(b) != s {
		return PeerID{}, &Error{CodeUnknown, "an invite's id is 16 hex digits", "`voxmesh invite ls` lists the invites"}
	}
	copy(p[:], b)
	return p, nil
}

// PinSize is half a SHA-256: 128 bits, as much as the secret.
const PinSize = 16

// PinOf is the pin of a host: the first half of SHA-256 of its public key as SubjectPublicKeyInfo in DER.
func PinOf(spki []byte) [PinSize]byte {
	sum := sha256.Sum256(spki)
	return [PinSize]byte(sum[:PinSize])
}

// PinMatches reports in constant time whether the key in spki is the pinned one.
func PinMatches(pin [PinSize]byte, spki []byte) bool {
	own := PinOf(spki)
	return subtle.ConstantTimeCompare(own[:], pin[:]) == 1
}

// Fingerprint is the first half of a pin as people compare it: 4c1e-9b02-77aa-51f0.
func Fingerprint(pin [PinSize]byte) string {
	h := hex.EncodeToString(pin[:8])
	return h[:4] + "-" + h[4:8] + "-" + h[8:12] + "-" + h[12:]
}

// FingerprintOfKey is Fingerprint(PinOf(spki)).
func FingerprintOfKey(spki []byte) string { return Fingerprint(PinOf(spki)) }
