package mesh

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strconv"

	"voxmesh/mesh/fabric"
)

// onBlob hands a worker a piece of a module, an input or a prompt of a job that it holds, and of nothing else.
// The answer is an empty one where there is nothing to give.
func (h *Host) onBlob(_ context.Context, m fabric.Msg) {
	hash := m.Header[fabric.HeaderHash]
	off, err := strconv.ParseInt(m.Header[fabric.HeaderOffset], 10, 64)
	if err != nil || off < 0 || !h.mayRead(m.Node, hash) {
		_ = m.Respond(nil)
		return
	}
	r, size, err := h.blobs.Open(hash)
	if err != nil {
		h.cfg.Log("blob for %s: %v", m.Node, err)
		_ = m.Respond(nil)
		return
	}
	defer r.Close()
	if off >= size {
		_ = m.Respond(nil)
		return
	}
	buf := make([]byte, min(size-off, fabric.PieceSize))
	if _, err := r.ReadAt(buf, off); err != nil && !errors.Is(err, io.EOF) {
		buf = nil
	}
	_ = m.Respond(buf)
}

func (h *Host) mayRead(node, hash string) bool {
	if hash == "" {
		return false
	}
	for _, j := range h.Snapshot().HeldBy(node) {
		if j.Module == hash || j.Stdin == hash || j.Prompt == hash {
			return true
		}
	}
	return false
}

// onPut takes a piece of the output of a job that the node holds. Pieces come in order, each acknowledged with how
// much is there; a worker that lost its place starts from what the answer says.
func (h *Host) onPut(_ context.Context, m fabric.Msg) {
	j, attempt, off, ok := h.ownPiece(m)
	size, err := strconv.ParseInt(m.Header[fabric.HeaderSize], 10, 64)
	if !ok || err != nil || size <= 0 || size > maxStream || off+int64(len(m.Data)) > size {
		_ = m.Respond([]byte("refused"))
		return
	}
	hash := m.Header[fabric.HeaderHash]
	if h.blobs.Has(hash) {
		_ = m.Respond([]byte("done"))
		return
	}
	path := filepath.Join(h.dir, spoolDir, "put-"+streamKey(j.Job, attempt))
	have, err := appendPiece(path, off, m.Data)
	if err != nil {
		h.cfg.Log("output of %s from %s: %v", j.Job, m.Node, err)
		return
	}
	if have < size {
		_ = m.Respond([]byte(strconv.FormatInt(have, 10)))
		return
	}
	defer os.Remove(path)
	f, err := os.Open(path)
	if err != nil {
		return
	}
	defer f.Close()
	got, _, err := h.blobs.Put(f, maxStream)
	if err != nil || got != hash {
		h.cfg.Log("output of %s from %s: hash does not match: %v", j.Job, m.Node, err)
		_ = m.Respond([]byte("0"))
		return
	}
	_ = m.Respond([]byte("done"))
}

// appendPiece writes p at off if that is where the file ends, and tells how long the file is.
func appendPiece(path string, off int64, p []byte) (int64, error) {
	flags := os.O_CREATE | os.O_RDWR
	if off == 0 {
		flags |= os.O_TRUNC
	}
	f, err := os.OpenFile(path, flags, 0o600)
	if err != nil {
		return 0, err
	}
	st, err := f.Stat()
	if err == nil && st.Size() == off {
		_, err = f.WriteAt(p, off)
		if err == nil {
			return off + int64(len(p)), f.Close()
		}
	}
	if err != nil {
		return 0, errors.Join(err, f.Close())
	}
	return st.Size(), f.Close()
}

// onOut takes a piece of live output.
func (h *Host) onOut(_ context.Context, m fabric.Msg) {
	j, attempt, off, ok := h.ownPiece(m)
	if !ok {
		return
	}
	h.streams.write(j.Job, attempt, off, m.Data)
}

// ownPiece reads the headers of a piece and checks that the node holds the job in that attempt.
func (h *Host) ownPiece(m fabric.Msg) (j *Job, attempt uint32, off int64, ok bool) {
	a, err1 := strconv.ParseUint(m.Header[fabric.HeaderAttempt], 10, 32)
	off, err2 := strconv.ParseInt(m.Header[fabric.HeaderOffset], 10, 64)
	j, held := h.Snapshot().holds(m.Node, m.Header[fabric.HeaderJob], uint32(a))
	if err1 != nil || err2 != nil || off < 0 || !held {
		return nil, 0, 0, false
	}
	return j, uint32(a), off, true
}
