package oplog

import (
	"bytes"
	"fmt"
	"io"
	"time"
)

// backupStall is how long a Backup waits for a writer that takes nothing. While it reads, the mapping of the file stays as it
// is: a commit that needs a larger one waits, and with it all appends and reads.
const backupStall = 30 * time.Second

// unstalled gives up a writer that does not come back. What was given to it stays its own.
type unstalled struct {
	w     io.Writer
	limit time.Duration
	err   *Error
}

func (u *unstalled) Write(b []byte) (int, error) {
	if u.err != nil {
		return 0, u.err
	}
	type result struct {
		n   int
		err error
	}
	own, done := bytes.Clone(b), make(chan result, 1)
	go func() {
		n, err := u.w.Write(own)
		done <- result{n, err}
	}()
	late := time.NewTimer(u.limit)
	defer late.Stop()
	select {
	case r := <-done:
		return r.n, r.err
	case <-late.C:
		u.err = &Error{
			Code: CodeIO, Text: fmt.Sprintf("the copy is not whole: nobody took anything of it for %v, and the op-log cannot grow meanwhile", u.limit),
			Hint: "remove what was written, and write to a file: voxmesh oplog backup > FILE",
		}
		return 0, u.err
	}
}
