package audit

import (
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// maxHead is above the longest head note: origin, 20 digits, a hash and one signature.
const maxHead = 1024

// maxOrigin keeps an origin on one line of a terminal, with room beside it.
const maxOrigin = 200

// Head is the state of a whole log in three lines: whose it is, how many entries, and the root over them.
type Head struct {
	Origin string // names the log, as in "voxmesh/aurelia"; one line of plain text
	Size   uint64
	Root   [32]byte
}

// SignHead signs the head of t as a note (x/mod/sumdb/note; C2SP tlog-checkpoint): origin, size in decimal and root in
// base64, a line each, an empty line, one signature line. Errors: vox/audit/entry-invalid for an origin that is empty,
// longer than 200 bytes or not plain text; vox/audit/key-unusable.
func SignHead(k *Key, origin string, t Tree) ([]byte, error) {
	if !isOrigin(origin) {
		return nil, failf(CodeEntryInvalid, "", "the origin of an audit head must be one short line of plain text")
	}
	text := Head{Origin: origin, Size: t.Size(), Root: t.Root()}.text()
	b, err := note.Sign(&note.Note{Text: text}, noteSigner{k})
	if err != nil {
		return nil, fmt.Errorf("sign the audit head: %w", err)
	}
	return b, nil
}

// VerifyHead is [OpenHead] for callers who need no origin.
func VerifyHead(signed []byte, pub PublicKey) (size uint64, root [32]byte, err error) {
	h, err := OpenHead(signed, pub)
	return h.Size, h.Root, err
}

// OpenHead verifies a signed head. It takes exactly what SignHead writes, with pub's signature and no other. Errors:
// vox/audit/malformed, vox/audit/wrong-key, vox/audit/bad-signature. Whose log it is, is for the caller to compare.
func OpenHead(signed []byte, pub PublicKey) (Head, error) {
	if len(signed) > maxHead {
		return Head{}, malformed("an audit head is longer than %d bytes", maxHead)
	}
	lines := strings.Split(string(signed), "\n")
	if len(lines) != 6 || lines[3] != "" || lines[5] != "" {
		return Head{}, malformed("an audit head is not three lines, an empty line and one signature")
	}
	h, err := parseHead(lines[0], lines[1], lines[2])
	if err != nil {
		return Head{}, err
	}
	encoded, ok := strings.CutPrefix(lines[4], "— "+KeyName+" ")
	raw, err := base64.StdEncoding.Strict().DecodeString(encoded)
	if !ok || err != nil || len(raw) < 4 || base64.StdEncoding.EncodeToString(raw) != encoded {
		return Head{}, malformed("the signature line of an audit head is not one")
	}
	if !pub.Valid() || binary.BigEndian.Uint32(raw) != noteHash(pub) {
		return Head{}, failf(CodeWrongKey, "", "the audit head is signed by another key than %s", pub.ID())
	}
	if !pub.verify([]byte(h.text()), raw[4:]) {
		return Head{}, failf(CodeBadSignature, hintVerify, "the signature of the audit head at size %d does not belong to it", h.Size)
	}
	return h, nil
}

func (h Head) text() string {
	return fmt.Sprintf("%s\n%d\n%s\n", h.Origin, h.Size, tlog.Hash(h.Root))
}

// parseHead reads the three lines of a head; what it gives writes back to the same lines.
func parseHead(origin, size, root string) (Head, error) {
	n, err := strconv.ParseUint(size, 10, 64)
	if err != nil || strconv.FormatUint(n, 10) != size || !isOrigin(origin) {
		return Head{}, malformed("an audit head has no origin or no size")
	}
	r, err := tlog.ParseHash(root)
	if err != nil || r.String() != root {
		return Head{}, malformed("an audit head has no root")
	}
	return Head{Origin: origin, Size: n, Root: r}, nil
}

func isOrigin(s string) bool {
	return strings.TrimSpace(s) != "" && len(s) <= maxOrigin && plain(s)
}

// noteSigner lets a Key sign notes.
type noteSigner struct{ k *Key }

func (noteSigner) Name() string                      { return KeyName }
func (s noteSigner) KeyHash() uint32                 { return noteHash(s.k.Public()) }
func (s noteSigner) Sign(msg []byte) ([]byte, error) { return s.k.sign(msg) }
