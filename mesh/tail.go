package mesh

import (
	"context"
	"errors"
	"io"
)

// Output is the end of a job's output. From is where Data begins in the Total bytes that there are. Data is as the job
// wrote it: clean.Stream makes it safe to draw.
type Output struct {
	Data    []byte
	Total   int64
	From    int64
	Attempt uint32 // that wrote it; 0 before the first
	Done    bool   // the job has ended: this is all that there will be
}

// tailMost bounds what Tail gives.
const tailMost = 1 << 20

// Tail gives the last n bytes (at most 1 MB) of what there is of a job's output now, and waits for nothing. Codes:
// vox/job/unknown, vox/blob/missing.
func (h *Host) Tail(ctx context.Context, job string, n int) (Output, error) {
	return h.tail(ctx, job, n, h.streams)
}

// Tail gives the last n bytes (at most 1 MB) of an ended job's output; of one that did not end there is nothing
// without a host. Codes: vox/job/unknown, vox/blob/missing.
func (r *Reader) Tail(ctx context.Context, job string, n int) (Output, error) {
	return r.tail(ctx, job, n, nil)
}

func (r *records) tail(ctx context.Context, job string, most int, live *streams) (Output, error) {
	if err := ctx.Err(); err != nil {
		return Output{}, context.Cause(ctx)
	}
	j, err := r.Job(job)
	if err != nil {
		return Output{}, err
	}
	most = max(0, min(most, tailMost))
	o := Output{Attempt: j.Attempt, Done: j.State.Ended()}
	if !o.Done {
		if live != nil && j.State.Held() {
			o.Data, o.From, o.Total = live.tail(j.Job, j.Attempt, most)
		}
		return o, nil
	}
	if j.Output == "" {
		return o, nil
	}
	f, size, err := r.blobs.Open(j.Output)
	if err != nil {
		return o, err
	}
	defer f.Close()
	o.Total, o.From = size, max(size-int64(most), 0)
	o.Data = make([]byte, size-o.From)
	n, err := f.ReadAt(o.Data, o.From)
	if err != nil && !errors.Is(err, io.EOF) {
		return Output{}, err
	}
	o.Data = o.Data[:n]
	return o, nil
}

// tail copies the last bytes of an attempt, and tells where they begin and how many there are.
func (s *streams) tail(job string, attempt uint32, most int) (p []byte, from, total int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	st := s.open[streamKey(job, attempt)]
	if st == nil {
		return nil, 0, 0
	}
	from = max(st.size-int64(most), 0)
	p = make([]byte, st.size-from)
	n, err := st.file.ReadAt(p, from)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, 0, st.size
	}
	return p[:n], from, st.size
}
