package cli

import (
	"context"
	"io"
	"sync"

	"voxmesh/mesh/fault"
)

// outlet writes what a command gives out, until ctx ends, and keeps the error of that apart from those of reading.
type outlet struct {
	w   io.Writer
	ctx context.Context // nil: whoever writes knows when to stop

	mu  sync.Mutex
	err error // the first
}

// Write writes, and after a failure nothing more.
func (o *outlet) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.err == nil && o.ctx != nil {
		o.err = o.ctx.Err()
	}
	if o.err != nil {
		return 0, o.err
	}
	n, err := o.w.Write(p)
	o.err = err
	return n, err
}

func (o *outlet) failed() error {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.err
}

// until writes what a command in the host says of its end, unless that is our doing: then it is said here what happened.
type until struct {
	out *outlet
	w   io.Writer
}

// Write writes, or drops.
func (u *until) Write(p []byte) (int, error) {
	if u.out.failed() != nil {
		return len(p), nil
	}
	return u.w.Write(p)
}

func unwritable(what string, err error) error {
	return fault.New("vox/file/unwritable", "%s could not be written and is not whole", what).Wrap(err).
		WithHint("remove what was written, make room where it goes, and give the command again")
}
