package runner

import (
	"io"
	"sync"
)

// tape is the standard input of a job, which a second attempt can read from its start as long as it is not known which
// attempt counts. One goroutine reads the source; a source that blocks forever keeps that goroutine until it returns,
// but never the run.
type tape struct {
	mu     sync.Mutex
	cond   sync.Cond
	buf    []byte // from the start, or from the reader's place once it is final
	err    error  // of the source, after buf
	final  bool   // only the newest reader counts: what it has read may go
	closed bool
}

// newTape starts to read src; nil is an empty input.
func newTape(src io.Reader) *tape {
	t := &tape{}
	t.cond.L = &t.mu
	if src == nil {
		t.err = io.EOF
		return t
	}
	go t.pump(src)
	return t
}

func (t *tape) pump(src io.Reader) {
	chunk := make([]byte, 32<<10)
	for {
		n, err := src.Read(chunk)
		t.mu.Lock()
		t.buf = append(t.buf, chunk[:n]...)
		t.err = err
		t.cond.Broadcast()
		for !t.closed && t.err == nil && len(t.buf) >= holdMax {
			t.cond.Wait()
		}
		done := t.closed || t.err != nil
		t.mu.Unlock()
		if done {
			return
		}
	}
}

// settle says that no further attempt will read from the start.
func (t *tape) settle() {
	t.mu.Lock()
	t.final = true
	t.cond.Broadcast()
	t.mu.Unlock()
}

// close ends the tape and all its readers.
func (t *tape) close() {
	t.mu.Lock()
	t.closed = true
	t.cond.Broadcast()
	t.mu.Unlock()
}

// reader reads the tape from its start. Before settle there may be one after the other.
func (t *tape) reader() *tapeReader { return &tapeReader{t: t} }

type tapeReader struct {
	t    *tape
	pos  int
	gone bool
}

func (r *tapeReader) Read(p []byte) (int, error) {
	t := r.t
	t.mu.Lock()
	defer t.mu.Unlock()
	r.forget()
	for !r.gone && !t.closed && t.err == nil && r.pos == len(t.buf) {
		t.cond.Wait()
		r.forget()
	}
	if r.gone || t.closed {
		return 0, io.ErrClosedPipe
	}
	n := copy(p, t.buf[r.pos:])
	r.pos += n
	r.forget()
	if n == 0 && len(p) > 0 {
		return 0, t.err
	}
	return n, nil
}

// forget drops what was read where nobody will read it again, and so lets the pump go on.
func (r *tapeReader) forget() {
	if r.t.final && r.pos > 0 {
		r.t.buf = r.t.buf[r.pos:]
		r.pos = 0
		r.t.cond.Broadcast()
	}
}

// Close ends this reader, also one that waits.
func (r *tapeReader) Close() error {
	r.t.mu.Lock()
	r.gone = true
	r.t.cond.Broadcast()
	r.t.mu.Unlock()
	return nil
}
