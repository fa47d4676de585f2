package mesh

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"sync"
)

// streams keeps the output of running jobs as it comes, one file an attempt. It is telemetry: pieces may be missing
// at its end, it is emptied at every start, and the blob of the finished job is the truth.
type streams struct {
	dir string

	mu    sync.Mutex
	open  map[string]*stream // job/attempt
	moved chan struct{}      // closed and replaced whenever something moved
}

type stream struct {
	file *os.File
	size int64 // contiguous from the beginning
}

// maxStream is the most that is kept of one attempt: a runner's cap on output, with room for its own words.
const maxStream = 17 << 20

func newStreams(dir string) *streams {
	return &streams{dir: dir, open: map[string]*stream{}, moved: make(chan struct{})}
}

func (s *streams) reset() error {
	if err := os.RemoveAll(s.dir); err != nil {
		return err
	}
	return os.MkdirAll(s.dir, 0o700)
}

func streamKey(job string, attempt uint32) string {
	return job + "-" + strconv.FormatUint(uint64(attempt), 10)
}

// write takes a piece at its offset. A piece that begins after a gap is dropped: the blob will have it.
func (s *streams) write(job string, attempt uint32, off int64, p []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	k := streamKey(job, attempt)
	st := s.open[k]
	if st == nil {
		f, err := os.OpenFile(filepath.Join(s.dir, k), os.O_CREATE|os.O_RDWR|os.O_TRUNC, 0o600)
		if err != nil {
			return
		}
		st = &stream{file: f}
		s.open[k] = st
	}
	end := off + int64(len(p))
	if off < 0 || off > st.size || end <= st.size || end > maxStream {
		return
	}
	if _, err := st.file.WriteAt(p, off); err != nil {
		return
	}
	st.size = end
	s.pokeLocked()
}

// read copies what there is of an attempt from off on into p.
func (s *streams) read(job string, attempt uint32, off int64, p []byte) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	st := s.open[streamKey(job, attempt)]
	if st == nil || off >= st.size {
		return 0
	}
	n, err := st.file.ReadAt(p[:min(int64(len(p)), st.size-off)], off)
	if err != nil && !errors.Is(err, io.EOF) {
		return 0
	}
	return n
}

// reader gives what there is of an attempt, from its beginning.
func (s *streams) reader(job string, attempt uint32) (io.Reader, int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	st := s.open[streamKey(job, attempt)]
	if st == nil {
		return nil, 0
	}
	return io.NewSectionReader(st.file, 0, st.size), st.size
}

// keep drops the attempts that wanted does not name.
func (s *streams) keep(wanted func(key string) bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for k, st := range s.open {
		if !wanted(k) {
			_ = st.file.Close()
			_ = os.Remove(st.file.Name())
			delete(s.open, k)
		}
	}
}

// none reports whether no attempt has live output.
func (s *streams) none() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.open) == 0
}

// changed gives a channel that is closed when the next thing moves.
func (s *streams) changed() <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.moved
}

func (s *streams) poke() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.pokeLocked()
}

func (s *streams) pokeLocked() {
	close(s.moved)
	s.moved = make(chan struct{})
}
