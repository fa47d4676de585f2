package worker

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"os"
	"strconv"
	"sync"
	"time"

	"voxmesh/mesh/fabric"
)

const (
	livePiece = 32 << 10              // of output as it comes
	liveEvery = 50 * time.Millisecond // between two pieces: what comes meanwhile goes together
	putStuck  = 12                    // answers in a row without progress
)

// spool keeps the output of a job in a file, and tells who streams it that there is more.
type spool struct {
	file *os.File
	more chan struct{} // one waits: something was written

	mu   sync.Mutex
	size int64
	hash hash.Hash
}

func newSpool(path string) (*spool, error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR|os.O_TRUNC, 0o600)
	if err != nil {
		return nil, err
	}
	return &spool{file: f, more: make(chan struct{}, 1), hash: sha256.New()}, nil
}

// Write takes output from a runner.
func (s *spool) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	n, err := s.file.Write(p)
	s.hash.Write(p[:n])
	s.size += int64(n)
	select {
	case s.more <- struct{}{}:
	default:
	}
	return n, err
}

// sum is the size and the SHA-256 of what was written.
func (s *spool) sum() (int64, string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.size, hex.EncodeToString(s.hash.Sum(nil))
}

// read copies what there is from off on into p.
func (s *spool) read(off int64, p []byte) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	n, err := s.file.ReadAt(p[:min(int64(len(p)), max(s.size-off, 0))], off)
	if err != nil && !errors.Is(err, io.EOF) {
		return 0
	}
	return n
}

func (s *spool) close() error { return s.file.Close() }

// stream publishes the output while it comes. It is best effort: the result has all of it. The function that it gives
// ends it after a last piece.
func (a *Agent) stream(j *job, s *spool) (stop func()) {
	quit, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		buf := make([]byte, livePiece)
		var off int64
		for {
			select {
			case <-s.more:
			case <-quit:
				a.publish(j, off, buf[:s.read(off, buf)])
				return
			}
			for {
				n := s.read(off, buf)
				if n == 0 {
					break
				}
				if !a.publish(j, off, buf[:n]) {
					n = 0 // the same again, later
				}
				off += int64(n)
				t := time.NewTimer(liveEvery)
				select {
				case <-t.C:
				case <-quit:
					t.Stop()
					a.publish(j, off, buf[:s.read(off, buf)])
					return
				}
			}
		}
	}()
	return func() { close(quit); <-ended }
}

// publish sends one piece of live output; false when the link is down.
func (a *Agent) publish(j *job, off int64, p []byte) bool {
	if len(p) == 0 {
		return true
	}
	return a.cfg.Link.Publish(fabric.KindOut, j.pieceHeader(off), p) == nil
}

func (j *job) pieceHeader(off int64) map[string]string {
	return map[string]string{
		fabric.HeaderJob:     j.as.Job,
		fabric.HeaderAttempt: strconv.FormatUint(uint64(j.as.Attempt), 10),
		fabric.HeaderOffset:  strconv.FormatInt(off, 10),
	}
}

// put hands the output to the host, from where the host says that it is.
func (a *Agent) put(j *job, size int64, hash string) error {
	f, err := os.Open(j.spool)
	if err != nil {
		return err
	}
	defer f.Close() //nolint:errcheck // it is only read
	buf := make([]byte, fabric.PieceSize)
	var off, best int64
	stuck := 0
	for stuck < putStuck {
		n, err := f.ReadAt(buf[:min(size-off, fabric.PieceSize)], off)
		if err != nil && !errors.Is(err, io.EOF) {
			return err
		}
		header := j.pieceHeader(off)
		header[fabric.HeaderSize], header[fabric.HeaderHash] = strconv.FormatInt(size, 10), hash
		answer, err := a.ask(j.ctx, fabric.KindPut, header, buf[:n])
		if err != nil {
			return err
		}
		switch string(answer) {
		case "done":
			return nil
		case "refused":
			return errors.New("the host refused it")
		}
		next, err := strconv.ParseInt(string(answer), 10, 64)
		if err != nil || next < 0 || next >= size {
			return fmt.Errorf("the host's answer %q cannot be understood", clip(answer))
		}
		off = next
		if off > best {
			best, stuck = off, 0
			continue
		}
		stuck++
		if off < best || stuck > 1 { // it went back: something is wrong there, perhaps not for long
			if !rest(j.ctx, pieceRest) {
				return context.Cause(j.ctx)
			}
		}
	}
	return errors.New("the host does not come to its end")
}

func clip(b []byte) []byte { return b[:min(len(b), 40)] }
