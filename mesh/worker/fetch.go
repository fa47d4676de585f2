package worker

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"strconv"
	"time"

	"voxmesh/mesh/fabric"
	"voxmesh/mesh/fault"
)

const (
	pieceWait = 10 * time.Second       // for one piece
	pieceRest = 300 * time.Millisecond // before it is asked for again
	askLost   = 20                     // requests in a row that may fail
	askEmpty  = 3                      // times that the host may have nothing
	askSpoilt = 3                      // times that a blob may be other than its hash
)

// fetch writes the blob to w and verifies it. reset undoes what was written, for another try.
func (a *Agent) fetch(ctx context.Context, hash string, most int64, w io.Writer, reset func()) error {
	var err error
	empty, spoilt := 0, 0
	for empty < askEmpty && spoilt < askSpoilt {
		var n int64
		n, err = a.fetchOnce(ctx, hash, most, w)
		switch {
		case err == nil:
			return nil
		case ctx.Err() != nil:
			return context.Cause(ctx)
		case !fault.Is(err, codeBlob):
			return err
		case n == 0:
			empty++
		default:
			spoilt++
		}
		reset()
		if !rest(ctx, pieceRest) {
			return context.Cause(ctx)
		}
	}
	return err
}

// fetchOnce fetches from the beginning to the end. A piece shorter than the largest is the last one if the hash agrees;
// if it does not, the host may have sent less than it could. n is how many bytes came.
func (a *Agent) fetchOnce(ctx context.Context, hash string, most int64, w io.Writer) (n int64, err error) {
	sum := sha256.New()
	matches := func() bool { return hex.EncodeToString(sum.Sum(nil)) == hash }
	for !matches() {
		piece, err := a.askPiece(ctx, hash, n)
		switch {
		case err != nil:
			return n, err
		case len(piece) == 0 && n == 0:
			return 0, unavailable(hash)
		case len(piece) == 0:
			return n, fault.New(codeBlob, "what came is not %.12s", hash)
		case n+int64(len(piece)) > most:
			return n, fmt.Errorf("it is larger than %d bytes", most)
		}
		if _, err := w.Write(piece); err != nil {
			return n, err
		}
		sum.Write(piece)
		n += int64(len(piece))
	}
	return n, nil
}

// askPiece asks until there is an answer: the link may be down for a while.
func (a *Agent) askPiece(ctx context.Context, hash string, off int64) ([]byte, error) {
	header := map[string]string{fabric.HeaderHash: hash, fabric.HeaderOffset: strconv.FormatInt(off, 10)}
	return a.ask(ctx, fabric.KindBlob, header, nil)
}

// ask sends a request again until it is answered.
func (a *Agent) ask(ctx context.Context, kind string, header map[string]string, data []byte) ([]byte, error) {
	var err error
	for range askLost {
		var b []byte
		once, cancel := context.WithTimeout(ctx, pieceWait)
		b, err = a.cfg.Link.Request(once, kind, header, data)
		cancel()
		if err == nil {
			return b, nil
		}
		if !rest(ctx, 4*pieceRest) {
			return nil, context.Cause(ctx)
		}
	}
	return nil, err
}

// rest waits; false when ctx ended first.
func rest(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// rewind empties a file that is written again. A failure shows in the hash.
func rewind(f *os.File) {
	_ = f.Truncate(0)
	_, _ = f.Seek(0, io.SeekStart)
}
