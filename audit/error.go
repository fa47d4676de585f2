package audit

import "fmt"

// The codes of this package. They are part of the command line's contract: they may be added, never changed.
const (
	CodeConfirmRequired    = "vox/confirm/required"           // the target was not typed, or another was
	CodeReasonRequired     = "vox/confirm/reason-required"    // no reason was given
	CodeReasonInvalid      = "vox/confirm/reason-invalid"     // the reason is too long or holds control characters
	CodeCapabilityRequired = "vox/hopper/capability-required" // a hopper override without a DeveloperOverride
	CodeGrantInvalid       = "vox/audit/grant-invalid"        // a zero grant, or one for another act
	CodeGrantSpent         = "vox/audit/grant-spent"          // a grant that was used already
	CodeEntryInvalid       = "vox/audit/entry-invalid"        // a field that no entry may hold
	CodeMalformed          = "vox/audit/malformed"            // bytes that are not one canonical entry, head or export
	CodeBadSignature       = "vox/audit/bad-signature"        // the signature does not belong to these bytes
	CodeWrongKey           = "vox/audit/wrong-key"            // signed by, or naming, another key
	CodeInconsistent       = "vox/audit/inconsistent"         // two heads that can't both be true
	CodeRollback           = "vox/audit/rollback"             // a head older than one seen before
	CodeProofInvalid       = "vox/audit/proof-invalid"        // a proof that proves nothing
	CodeKeyMode            = "vox/audit/key-mode"             // a key file that others may read
	CodeKeyMalformed       = "vox/audit/key-malformed"        // a key file or public key that can't be used
	CodeKeyUnusable        = "vox/audit/key-unusable"         // a key file that can't be read or written
)

const hintVerify = "run `voxmesh audit verify` to see which entries are affected"

// Error is a failure for people: a stable code, a sentence, and what to do now. It has the shape of a mesh fault.
type Error struct {
	Code string
	Text string
	Hint string
	Err  error // what caused it, or nil
}

func (e *Error) Error() string {
	if e.Err != nil {
		return e.Text + ": " + e.Err.Error()
	}
	return e.Text
}

func (e *Error) Unwrap() error { return e.Err }

// ErrorCode is the stable code.
func (e *Error) ErrorCode() string { return e.Code }

// ErrorHint is what to do now, or empty.
func (e *Error) ErrorHint() string { return e.Hint }

func failf(code, hint, format string, args ...any) *Error {
	return &Error{Code: code, Text: fmt.Sprintf(format, args...), Hint: hint}
}

func malformed(format string, args ...any) *Error {
	return failf(CodeMalformed, hintVerify, format, args...)
}
