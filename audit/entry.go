package audit

import (
	"bytes"
	"crypto/ed25519"
	"encoding/base64"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// entryDomain stands before an entry's bytes when they are signed, so that no other signature of the same key can
// pass for one. A signed head can't begin like this and end with a brace.
const entryDomain = "voxmesh audit entry v1\n"

// Entry is one act and who answers for it.
//
// Stored, it is one line of canonical JSON (RFC 8785): the members below by name in order, "detail" left out when it is
// empty, all others always there, numbers whole and under 2^53. The signature is Ed25519 over
//
//	"voxmesh audit entry v1\n" ‖ the stored bytes without the member "signature" and its comma
//
// and is base64 with padding (88 letters). Fields may be added to Detail only; any other change is a new domain string.
type Entry struct {
	AuditID      string            // "a-0191": see ID; unique in its log
	Action       string            // kebab or snake case: kill, reprioritize, hopper_submit
	Target       string            // the id of what it was done to
	Actor        string            // ssh:<fingerprint>, node:<id>, cli:<user> or host
	Reason       string            // as given; empty only where no confirmation is asked
	PrivacyClass string            // of the target: local-only, paired-peers-only, public-mesh, unknown
	TsMicros     int64             // microseconds since 1970, from the op-log
	Seq          uint64            // of the op that carries the entry, from 1
	PrevHead     string            // 64 hex: the op-log's chain hash before that op
	KeyID        string            // of the signing key, as in 4c1e-9b02-77aa-51f0
	Signature    string            // base64; set by Sign
	Detail       map[string]string // what else belongs to the act: original_priority, new_priority; may be nil
}

// ID is the audit id of the nth entry of a log, counted from 1: a-0191.
func ID(n uint64) string { return fmt.Sprintf("a-%04d", n) }

// ParseID is the number in an id that ID made.
func ParseID(id string) (n uint64, ok bool) {
	digits, found := strings.CutPrefix(id, "a-")
	n, err := strconv.ParseUint(digits, 10, 64)
	return n, found && err == nil && ID(n) == id
}

// Sign gives the entry with its KeyID and Signature set, and the bytes to store. KeyID may be empty or k's own;
// Signature is overwritten. Errors: vox/audit/entry-invalid naming the field, vox/audit/wrong-key,
// vox/audit/key-unusable.
func Sign(k *Key, e Entry) (stored []byte, signed Entry, err error) {
	if !k.Public().Valid() {
		return nil, Entry{}, failf(CodeKeyUnusable, "", "there is no audit key to sign with")
	}
	if e.KeyID != "" && e.KeyID != k.ID() {
		return nil, Entry{}, failf(CodeWrongKey, "", "the entry names key %s, the key at hand is %s", e.KeyID, k.ID())
	}
	e.KeyID = k.ID()
	if err := e.check(); err != nil {
		return nil, Entry{}, err
	}
	b := append(make([]byte, 0, 768), entryDomain...)
	b, at := appendEntry(b, &e)
	sig, err := k.sign(b)
	if err != nil {
		return nil, Entry{}, err
	}
	e.Signature = base64.StdEncoding.EncodeToString(sig)
	stored = make([]byte, 0, len(b)-len(entryDomain)+len(e.Signature)+len(sigOpen)+len(sigClose))
	stored = append(stored, b[len(entryDomain):at]...)
	stored = append(stored, sigOpen...)
	stored = append(stored, e.Signature...)
	stored = append(stored, sigClose...)
	stored = append(stored, b[at:]...)
	if len(stored) > MaxStored {
		return nil, Entry{}, failf(CodeEntryInvalid, "", "the audit entry %s is longer than %d bytes", e.AuditID, MaxStored)
	}
	return stored, e, nil
}

const (
	sigOpen  = `,"signature":"`
	sigClose = `"`
)

// ParseStored reads stored bytes without verifying them. It takes exactly what Sign writes: any other spelling, order,
// member, number or trailing byte is vox/audit/malformed, a field that Sign would refuse is vox/audit/entry-invalid.
func ParseStored(b []byte) (Entry, error) {
	e, _, err := parseStored(b)
	return e, err
}

// VerifyStored reads stored bytes and verifies that pub's owner signed them. Errors, beside those of ParseStored:
// vox/audit/wrong-key, vox/audit/bad-signature. With an error the entry is only good for naming what failed.
func VerifyStored(b []byte, pub PublicKey) (Entry, error) {
	e, message, err := parseStored(b)
	if err != nil {
		return Entry{}, err
	}
	if e.KeyID != pub.ID() {
		return e, failf(CodeWrongKey, "", "audit entry %s names key %s, not %s", e.AuditID, e.KeyID, pub.ID())
	}
	sig, err := base64.StdEncoding.Strict().DecodeString(e.Signature)
	if err != nil || !pub.verify(message, sig) {
		return e, failf(CodeBadSignature, hintVerify, "the signature of audit entry %s does not belong to it", e.AuditID)
	}
	return e, nil
}

// SignedBytes is what the signature in stored is over: the domain string and the record without its signature.
func SignedBytes(stored []byte) ([]byte, error) {
	_, message, err := parseStored(stored)
	return message, err
}

func parseStored(b []byte) (e Entry, message []byte, err error) {
	if len(b) > MaxStored {
		return Entry{}, nil, malformed("an audit entry is longer than %d bytes", MaxStored)
	}
	s := &scanner{b: b}
	e.Action = s.member(`{"action":`)
	e.Actor = s.member(`,"actor":`)
	e.AuditID = s.member(`,"audit_id":`)
	if s.has(`,"detail":`) {
		e.Detail = s.detail()
	}
	e.KeyID = s.member(`,"key_id":`)
	e.PrevHead = s.member(`,"prev_head":`)
	e.PrivacyClass = s.member(`,"privacy_class":`)
	e.Reason = s.member(`,"reason":`)
	s.want(`,"seq":`)
	e.Seq = s.number()
	cut := s.at
	e.Signature = s.member(`,"signature":`)
	resume := s.at
	e.Target = s.member(`,"target":`)
	s.want(`,"ts_micros":`)
	e.TsMicros = int64(s.number())
	s.end()
	if s.err != nil {
		s.err.Text = "not an audit entry: " + s.err.Text
		return Entry{}, nil, s.err
	}
	if err := e.check(); err != nil {
		return Entry{}, nil, err
	}
	if !isSignature(e.Signature) {
		return Entry{}, nil, malformed("not an audit entry: the signature of %s is not base64 of 64 bytes", e.AuditID)
	}
	message = slices.Concat([]byte(entryDomain), b[:cut], b[resume:])
	// The scanner takes canonical bytes only. That it does is the whole security of what is signed, so it is checked
	// again from the other side.
	if again, _ := appendEntry([]byte(entryDomain), &e); !bytes.Equal(again, message) {
		return Entry{}, nil, malformed("not an audit entry: its JSON is not canonical")
	}
	return e, message, nil
}

// check refuses an entry that must not be signed, naming the field.
func (e *Entry) check() error {
	switch {
	case !isID(e.AuditID):
		return badField("audit_id", "is not a- and four to thirty-two letters or digits")
	case !isName(e.Action):
		return badField("action", "is not lower-case words joined by dashes or underscores")
	case !plainField(e.Actor):
		return badField("actor", "is empty, too long or not plain text")
	case !plainField(e.Target):
		return badField("target", "is empty, too long or not plain text")
	case !plain(e.Reason) || utf8.RuneCountInString(e.Reason) > MaxReasonRunes:
		return badField("reason", "is too long or not plain text")
	case !isName(e.PrivacyClass):
		return badField("privacy_class", "is no name of a class")
	case e.Seq < 1 || e.Seq > maxSafe:
		return badField("seq", "is not from 1 to 2^53-1")
	case e.TsMicros < 0 || e.TsMicros > maxSafe:
		return badField("ts_micros", "is not from 0 to 2^53-1")
	case !isHex(e.PrevHead, 64):
		return badField("prev_head", "is not 64 hex digits")
	case !isKeyID(e.KeyID):
		return badField("key_id", "is not four groups of four hex digits")
	case len(e.Detail) > maxDetailKeys:
		return badField("detail", "has too many members")
	}
	for name, value := range e.Detail {
		if !isName(name) || len(value) > maxDetailValue || !utf8.ValidString(value) {
			return badField("detail", "has a member that is not named in snake case, too long or not UTF-8")
		}
	}
	return nil
}

func badField(name, why string) error {
	return failf(CodeEntryInvalid, "", "the audit entry's %s %s", name, why)
}

func isID(s string) bool {
	rest, ok := strings.CutPrefix(s, "a-")
	if !ok || len(rest) < 4 || len(rest) > 32 {
		return false
	}
	return !strings.ContainsFunc(rest, func(r rune) bool { return (r < '0' || r > '9') && (r < 'a' || r > 'z') })
}

func isKeyID(s string) bool {
	return len(s) == 19 && s[4] == '-' && s[9] == '-' && s[14] == '-' &&
		isHex(s[:4]+s[5:9]+s[10:14]+s[15:], 16)
}

func isSignature(s string) bool {
	raw, err := base64.StdEncoding.Strict().DecodeString(s)
	return err == nil && len(raw) == ed25519.SignatureSize && len(s) == base64.StdEncoding.EncodedLen(len(raw))
}
