package invite

import (
	"fmt"
	"time"
)

// The codes of this package. They are part of the command line's contract: they may be added, never changed.
const (
	CodeMalformed   = "vox/invite/malformed"    // not an invite URL, or a damaged one
	CodeExpired     = "vox/invite/expired"      // its time is over
	CodeUsed        = "vox/invite/used"         // another machine joined with it
	CodeUnknown     = "vox/invite/unknown"      // the host never minted it, or forgot it
	CodeTampered    = "vox/invite/tampered"     // the host minted it, but with other bytes
	CodeWrongHost   = "vox/invite/wrong-host"   // the machine that answers is not the one that minted it
	CodeRevoked     = "vox/invite/revoked"      // its owner took it back
	CodeRateLimited = "vox/invite/rate-limited" // too many wrong tries
	CodeUnknownSlot = "vox/invite/unknown-slot" // not a kind of slot
)

// Error is a failure for people: a stable code, a sentence, and what to do now. It has the shape of a mesh fault.
// No error of this package holds a secret, nor the text that it refuses.
type Error struct {
	Code string
	Text string
	Hint string
}

func (e *Error) Error() string { return e.Text }

// ErrorCode is the stable code.
func (e *Error) ErrorCode() string { return e.Code }

// ErrorHint is what to do now, or empty.
func (e *Error) ErrorHint() string { return e.Hint }

const askAgain = "ask for a new invite: `voxmesh invite` on the inviting machine"

// Malformed is vox/invite/malformed; why completes "not an invite: ".
func Malformed(why string) *Error {
	return &Error{
		CodeMalformed, "not an invite: " + why,
		"copy the whole URL, from vox+invite:// to its last letter, and put it in single quotes",
	}
}

// Expired is vox/invite/expired for an invite that ended at this time.
func Expired(at time.Time) *Error {
	return &Error{CodeExpired, "the invite expired at " + at.UTC().Format(time.TimeOnly) + " UTC", askAgain}
}

// Used is vox/invite/used.
func Used() *Error {
	return &Error{CodeUsed, "the invite was used already: each admits one machine", askAgain}
}

// Unknown is vox/invite/unknown.
func Unknown() *Error {
	return &Error{CodeUnknown, "the host does not know this invite", askAgain}
}

// Tampered is vox/invite/tampered.
func Tampered() *Error {
	return &Error{
		CodeTampered, "the invite is not the one that the host wrote: it was changed on its way",
		"ask for a new one over another channel: `voxmesh invite` on the inviting machine",
	}
}

// WrongHost is vox/invite/wrong-host: expected and got are fingerprints.
func WrongHost(expected, got string) *Error {
	return &Error{
		CodeWrongHost, fmt.Sprintf("the machine that answers shows key %s, the invite names %s; the secret was not sent", got, expected),
		"check the address with the person who invited you: another machine answers there",
	}
}

// Revoked is vox/invite/revoked.
func Revoked() *Error {
	return &Error{CodeRevoked, "the invite was revoked by its owner", askAgain}
}

// RateLimited is vox/invite/rate-limited; wait is rounded up to whole seconds.
func RateLimited(wait time.Duration) *Error {
	secs := max(1, int((wait+time.Second-1)/time.Second))
	return &Error{CodeRateLimited, "too many wrong tries", fmt.Sprintf("wait %d s, then try again: the invite itself is still good", secs)}
}

// FromCode is the error that a refusal code from a host stands for. A code of another version gives Unknown's
// sentence under vox/invite/unknown: what a host says is never shown as it came.
func FromCode(code string) *Error {
	switch code {
	case CodeMalformed:
		return Malformed("the host could not read it")
	case CodeExpired:
		return &Error{CodeExpired, "the invite has expired, says the host", askAgain}
	case CodeUsed:
		return Used()
	case CodeTampered:
		return Tampered()
	case CodeRevoked:
		return Revoked()
	case CodeRateLimited:
		return RateLimited(LimitWindow)
	}
	return Unknown()
}
