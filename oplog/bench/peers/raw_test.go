package peers

import (
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// raw is the limit: a plain file, one write and one fdatasync for all that wait, and nothing else: no index, no chain, no
// state. Each record has 8 bytes in front, as ours have.
type raw struct {
	queue
	f     *os.File
	buf   []byte
	n     uint64
	zeros []byte // a page of them, to be written ahead; nil: the file grows with what it has
	ahead int64  // they reach to
}

const (
	rawRecord = 8 + opBytes
	rawAhead  = 32 // pages of zeros at once
)

func openRaw(dir string) (log, error) {
	f, err := os.Create(filepath.Join(dir, "raw"))
	r := &raw{f: f}
	r.flush = r.commit
	return r, err
}

// openRawAhead writes zeros ahead, as ours does, so that few syncs wait for the file system's journal.
func openRawAhead(dir string) (log, error) {
	l, err := openRaw(dir)
	l.(*raw).zeros = make([]byte, 8192)
	return l, err
}

func (r *raw) commit(vals [][]byte) error {
	at := int64(r.n) * rawRecord
	r.buf = r.buf[:0]
	for _, v := range vals {
		r.n++
		r.buf = append(binary.BigEndian.AppendUint64(r.buf, r.n), v...)
	}
	if r.zeros != nil && at+int64(len(r.buf)) > r.ahead {
		for range rawAhead {
			if _, err := r.f.WriteAt(r.zeros, r.ahead); err != nil {
				return err
			}
			r.ahead += int64(len(r.zeros))
		}
	}
	if _, err := r.f.WriteAt(r.buf, at); err != nil {
		return err
	}
	return unix.Fdatasync(int(r.f.Fd()))
}

func (r *raw) close() (extent, error) {
	info, err := r.f.Stat()
	if err != nil {
		return extent{}, err
	}
	used := int64(r.n) * rawRecord
	if size := info.Size(); size < used {
		return extent{}, fmt.Errorf("%d bytes for %d records", size, r.n)
	}
	return extent{ops: r.n, used: used}, r.f.Close()
}
