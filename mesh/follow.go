package mesh

import (
	"context"
	"errors"
	"io"

	"voxmesh/oplog"
)

// Chunk is a piece of a job's output, in order. Restart is set on the first piece of a later attempt: what came before
// was another machine's and does not count.
type Chunk struct {
	Attempt uint32
	Offset  int64
	Data    []byte
	Restart bool
}

const followPiece = 64 << 10

// Follow gives a job's output from its beginning, as it comes, until the job has ended and all of it was given. fn's
// error ends it and is returned. It reads nothing ahead of fn. Codes: vox/job/unknown, vox/blob/missing.
func (h *Host) Follow(ctx context.Context, job string, fn func(Chunk) error) error {
	return h.output(ctx, job, true, fn)
}

// Output gives what there is of a job's output and does not wait for more. Codes as of Follow.
func (h *Host) Output(ctx context.Context, job string, fn func(Chunk) error) error {
	return h.output(ctx, job, false, fn)
}

// Output gives a finished job's output from its blob; of one that did not end there is nothing without a host.
func (r *Reader) Output(_ context.Context, job string, fn func(Chunk) error) error {
	j, err := r.Job(job)
	if err != nil || !j.State.Ended() {
		return err
	}
	f := follower{blobs: r.blobs, job: job, fn: fn, buf: make([]byte, followPiece)}
	return f.finish(j)
}

func (h *Host) output(ctx context.Context, job string, wait bool, fn func(Chunk) error) error {
	f := follower{blobs: h.blobs, streams: h.streams, job: job, fn: fn, buf: make([]byte, followPiece)}
	for {
		moved := h.streams.changed()
		j, err := h.Job(job)
		if err != nil {
			return err
		}
		if j.State.Ended() {
			return f.finish(j)
		}
		if err := f.live(j); err != nil {
			return err
		}
		if !wait {
			return nil
		}
		select {
		case <-moved:
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-h.Done():
			return errHostGone()
		}
	}
}

// follower is how far one reader has come.
type follower struct {
	blobs   *oplog.Blobs
	streams *streams
	job     string
	fn      func(Chunk) error
	buf     []byte
	attempt uint32
	off     int64
	restart bool // what was given is another attempt's, and the reader was not told yet
}

func (f *follower) switchTo(attempt uint32) {
	if attempt != f.attempt {
		f.restart = f.restart || f.off > 0
		f.attempt, f.off = attempt, 0
	}
}

func (f *follower) live(j *Job) error {
	if j.State != Running && j.State != Leased {
		return nil
	}
	f.switchTo(j.Attempt)
	for {
		n := f.streams.read(f.job, f.attempt, f.off, f.buf)
		if n == 0 {
			return nil
		}
		if err := f.give(f.buf[:n]); err != nil {
			return err
		}
	}
}

func (f *follower) give(p []byte) error {
	err := f.fn(Chunk{Attempt: f.attempt, Offset: f.off, Data: p, Restart: f.restart})
	f.off += int64(len(p))
	f.restart = false
	return err
}

// finish gives the rest from the blob, which is whole and verified.
func (f *follower) finish(j *Job) error {
	f.switchTo(j.Attempt)
	if err := f.rest(j); err != nil || !f.restart {
		return err
	}
	return f.give(nil) // there is no output, and what was given before does not count
}

func (f *follower) rest(j *Job) error {
	if j.Output == "" {
		return nil
	}
	r, size, err := f.blobs.Open(j.Output)
	if err != nil {
		return err
	}
	defer r.Close()
	if f.off >= size {
		return nil
	}
	if _, err := r.Seek(f.off, io.SeekStart); err != nil {
		return err
	}
	for {
		n, err := io.ReadFull(r, f.buf)
		if n > 0 {
			if err := f.give(f.buf[:n]); err != nil {
				return err
			}
		}
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// WaitJob waits until a job has ended and gives it. Codes: vox/job/unknown.
func (h *Host) WaitJob(ctx context.Context, id string) (*Job, error) {
	for {
		moved := h.streams.changed()
		j, err := h.Job(id)
		if err != nil || j.State.Ended() {
			return j, err
		}
		select {
		case <-moved:
		case <-ctx.Done():
			return j, context.Cause(ctx)
		case <-h.Done():
			return j, errHostGone()
		}
	}
}
