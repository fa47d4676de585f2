package oplog

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// doubtName is a file that lies beside a log of which a write or a sync has failed. It need not be durable: what it warns
// of is gone with the kernel's memory.
const doubtName = "oplog.doubt"

// doubt notes that a commit failed in a way that leaves open what is on the disk.
func (s *store) doubt() { _ = os.WriteFile(filepath.Join(s.dir, doubtName), nil, fileMode) }

// distrust ends appending after a commit that had no ops and failed in a way that leaves open what is on the disk.
func (l *Log[S]) distrust(err *Error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if err.Code == CodeBroken && l.refuse == nil {
		l.refuse = err
	}
}

// settle makes durable what a log is that was found: its bytes, its name, and the folders above it. A process that was
// killed between a write and its sync leaves them in the kernel's memory only. Who comes next sees them, says that they
// are there, and would lose them, with all that he appended, in a power cut.
//
// Where a sync has failed, another one proves nothing: the kernel has told its error once, and may hold pages for written
// that are not. So they are written again, all of them.
func (s *store) settle() error {
	mark := filepath.Join(s.dir, doubtName)
	_, err := os.Lstat(mark)
	doubtful := !errors.Is(err, fs.ErrNotExist)
	if doubtful {
		if err := writeOver(s.file, int64(s.db.Info().PageSize)); err != nil {
			return commitError(err)
		}
	}
	if err := s.file.Sync(); err != nil {
		return commitError(err)
	}
	dir, err := filepath.Abs(s.dir)
	if err != nil {
		return ioError(err, "find the data folder")
	}
	if err := syncUp(dir); err != nil {
		return commitError(err)
	}
	if doubtful {
		_ = os.Remove(mark)
	}
	return nil
}

// writeOver writes the pages of a file over themselves: first all that the two meta pages may name, then these. The pages
// that differ from those on the disk are ones that no commit on the disk uses, so it may be broken off at any moment.
func writeOver(f *os.File, page int64) error {
	buf := make([]byte, 1<<20)
	over := func(from, to int64) error {
		for from < to {
			n, err := f.ReadAt(buf[:min(int64(len(buf)), to-from)], from)
			if n == 0 && errors.Is(err, io.EOF) {
				break
			}
			if n == 0 {
				return err
			}
			if _, err := f.WriteAt(buf[:n], from); err != nil {
				return err
			}
			from += int64(n)
		}
		return f.Sync()
	}
	st, err := f.Stat()
	if err != nil {
		return err
	}
	if err := over(2*page, st.Size()); err != nil {
		return err
	}
	return over(0, 2*page)
}

// syncUp syncs a folder and all above it.
func syncUp(dir string) error {
	for {
		if err := syncDir(dir); err != nil {
			return err
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return nil
		}
		dir = parent
	}
}
