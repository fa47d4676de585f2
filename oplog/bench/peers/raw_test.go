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
	f   *os.File
	buf []byte
	n   uint64
}

func openRaw(dir string) (log, error) {
	f, err := os.Create(filepath.Join(dir, "raw"))
	if err != nil {
		return nil, err
	}
	r := &raw{f: f}
	r.flush = func(vals [][]byte) error {
		r.buf = r.buf[:0]
		for _, v := range vals {
			r.n++
			r.buf = append(binary.BigEndian.AppendUint64(r.buf, r.n), v...)
		}
		if _, err := f.Write(r.buf); err != nil {
			return err
		}
		return unix.Fdatasync(int(f.Fd()))
	}
	return r, nil
}

func (r *raw) close() (extent, error) {
	info, err := r.f.Stat()
	if err != nil {
		return extent{}, err
	}
	if size := info.Size(); size != int64(r.n)*208 {
		return extent{}, fmt.Errorf("%d bytes for %d records", size, r.n)
	}
	return extent{ops: r.n, used: info.Size()}, r.f.Close()
}
