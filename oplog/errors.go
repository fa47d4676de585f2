package oplog

import (
	"errors"
	"fmt"
)

// Codes of the errors of this package; they never change.
const (
	CodeDamaged     = "vox/oplog/damaged"      // an op or the file is not what was written; Error.Seq names the op, if one
	CodeLocked      = "vox/oplog/locked"       // another process has the file
	CodeDiskFull    = "vox/oplog/disk-full"    // nothing was appended; appending resumes when there is room
	CodeBroken      = "vox/oplog/broken"       // the disk refused a write or a sync: nothing is acknowledged until reopened
	CodeNewer       = "vox/oplog/newer-format" // written by a newer voxmesh
	CodeReadOnly    = "vox/oplog/read-only"    // an append to a log that was opened for reading
	CodeClosed      = "vox/oplog/closed"       // the log was closed
	CodeInvalid     = "vox/oplog/invalid"      // a draft that no op can be made of
	CodeAhead       = "vox/oplog/ahead"        // a seq that the log does not have yet
	CodeTrimmed     = "vox/oplog/trimmed"      // before where the log begins: it is in an archive, which the text names
	CodeIO          = "vox/oplog/io"           // the operating system refused something outside a commit
	CodeBlobTooBig  = "vox/blob/too-big"
	CodeBlobMissing = "vox/blob/missing"
	CodeBlobDamaged = "vox/blob/damaged"   // the bytes do not have the hash that names them
	CodeBlobInvalid = "vox/blob/invalid"   // not 64 lowercase hex digits
	CodeBlobFull    = "vox/blob/disk-full" // nothing was stored
	CodeBlobIO      = "vox/blob/io"
)

// Error is what went wrong, for people and programs. Code and Text are never empty; Hint and Err may be. Seq is the op
// that is damaged, or 0.
type Error struct {
	Code, Text, Hint string
	Seq              uint64
	Err              error
}

func (e *Error) Error() string {
	if e.Err != nil {
		return e.Text + ": " + e.Err.Error()
	}
	return e.Text
}

func (e *Error) Unwrap() error { return e.Err }

// ErrorCode is the stable code, as in "vox/oplog/damaged".
func (e *Error) ErrorCode() string { return e.Code }

// ErrorHint is what to do now, or empty.
func (e *Error) ErrorHint() string { return e.Hint }

const hintDamaged = "run `voxmesh oplog verify` to see the extent, `voxmesh oplog repair` to keep what is good"

func damaged(seq uint64, format string, args ...any) *Error {
	text := "the op-log is damaged: " + fmt.Sprintf(format, args...)
	if seq > 0 {
		text = fmt.Sprintf("op %d is damaged (ops 1 to %d before it are not affected): ", seq, seq-1) + fmt.Sprintf(format, args...)
	}
	if seq == 1 {
		text = "op 1 is damaged: " + fmt.Sprintf(format, args...)
	}
	return &Error{Code: CodeDamaged, Text: text, Hint: hintDamaged, Seq: seq}
}

func invalid(format string, args ...any) *Error {
	return &Error{Code: CodeInvalid, Text: "invalid op: " + fmt.Sprintf(format, args...)}
}

func ioError(err error, format string, args ...any) *Error {
	return &Error{Code: CodeIO, Text: fmt.Sprintf(format, args...), Err: err}
}

func isDamage(err error) bool {
	var own *Error
	return errors.As(err, &own) && own.Code == CodeDamaged
}
