package invite

import (
	"crypto/rand"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"math"
	"time"
)

// TokenSize is the length of an encoded token. A multiple of three: base64 has no spare bits that could be flipped
// unseen.
const TokenSize = 45

// tokenVersion is the only version there is, in the upper half of the first byte.
const tokenVersion = 1

// MaxTTL is the longest life of an invite, whatever was asked, and the default.
const MaxTTL = 600 * time.Second

// Token is what an invite carries. Encoded, numbers are big-endian:
//
//	byte  0      version 1 in the upper four bits, the Slots in the lower four
//	bytes 1–4    expiry, unix seconds
//	bytes 5–12   peer id
//	bytes 13–28  secret
//	bytes 29–44  pin
type Token struct {
	Slots  Slots
	Expiry time.Time // whole seconds, UTC
	PeerID PeerID
	Secret Secret
	Pin    [PinSize]byte
}

// CapTTL is the life that an invite gets: whole seconds, at least one, at most [MaxTTL]; zero and less ask for the
// default, MaxTTL.
func CapTTL(asked time.Duration) time.Duration {
	if asked <= 0 || asked > MaxTTL {
		return MaxTTL
	}
	return max(asked.Truncate(time.Second), time.Second)
}

// Mint makes a token that ends CapTTL(ttl) after now, rounded down to whole seconds, with 24 random bytes from r
// (crypto/rand when nil). It fails when r does, when slots has unknown bits, or when the year is not one of a uint32.
func Mint(now time.Time, ttl time.Duration, slots Slots, pin [PinSize]byte, r io.Reader) (Token, error) {
	if r == nil {
		r = rand.Reader
	}
	if slots&^allSlots != 0 {
		return Token{}, &Error{CodeUnknownSlot, "there is no such kind of slot", ""}
	}
	end := now.Add(CapTTL(ttl)).Unix()
	if end <= 0 || end > math.MaxUint32 {
		return Token{}, fmt.Errorf("mint an invite: the clock is at %s", now.UTC().Format(time.DateOnly))
	}
	t := Token{Slots: slots, Expiry: time.Unix(end, 0).UTC(), Pin: pin}
	if _, err := io.ReadFull(r, t.PeerID[:]); err != nil {
		return Token{}, fmt.Errorf("mint an invite: %w", err)
	}
	if _, err := io.ReadFull(r, t.Secret[:]); err != nil {
		return Token{}, fmt.Errorf("mint an invite: %w", err)
	}
	return t, nil
}

// Bytes encodes the token. An Expiry that no token can hold becomes the nearest one that it can.
func (t Token) Bytes() [TokenSize]byte {
	var b [TokenSize]byte
	b[0] = tokenVersion<<4 | byte(t.Slots&allSlots)
	binary.BigEndian.PutUint32(b[1:5], uint32(min(max(t.Expiry.Unix(), 0), math.MaxUint32)))
	copy(b[5:13], t.PeerID[:])
	copy(b[13:29], t.Secret[:])
	copy(b[29:], t.Pin[:])
	return b
}

// DecodeToken reads an encoded token; Bytes gives the same bytes back. Error: vox/invite/malformed.
func DecodeToken(b []byte) (Token, error) {
	if len(b) != TokenSize {
		return Token{}, Malformed("its token is too short or too long")
	}
	if b[0]>>4 != tokenVersion {
		e := Malformed("its token is of another version")
		e.Hint = "use the same version of voxmesh on both machines, then ask for a new invite"
		return Token{}, e
	}
	t := Token{Slots: Slots(b[0] & 0x0f), Expiry: time.Unix(int64(binary.BigEndian.Uint32(b[1:5])), 0).UTC()}
	copy(t.PeerID[:], b[5:13])
	copy(t.Secret[:], b[13:29])
	copy(t.Pin[:], b[29:])
	return t, nil
}

// Expired reports whether the token's time is over at now. Only the host's clock decides; a joiner's may be wrong.
func (t Token) Expired(now time.Time) bool { return !now.Before(t.Expiry) }

// Left is how long the token still lives at now; never negative.
func (t Token) Left(now time.Time) time.Duration { return max(0, t.Expiry.Sub(now)) }

// Check is vox/invite/expired when the token's time is over at now.
func (t Token) Check(now time.Time) error {
	if t.Expired(now) {
		return Expired(t.Expiry)
	}
	return nil
}

// String names the invite without its secret.
func (t Token) String() string {
	return fmt.Sprintf("invite %s (slots %s, until %s, host %s)", t.PeerID, t.Slots, t.Expiry.Format(time.RFC3339), Fingerprint(t.Pin))
}

// Format prints String whatever the verb.
func (t Token) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, t.String()) }

// MarshalJSON is String as a JSON string.
func (t Token) MarshalJSON() ([]byte, error) { return json.Marshal(t.String()) }

// LogValue is String.
func (t Token) LogValue() slog.Value { return slog.StringValue(t.String()) }
