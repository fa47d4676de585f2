package oplog

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"
)

const (
	blobsName = "blobs"
	blobsTmp  = "tmp"

	// blobGrace protects a blob that was put moments ago: the op that names it may not be durable yet.
	blobGrace = 10 * time.Minute
)

// Blobs are content-addressed files: dir/blobs/<first 2 hex digits>/<SHA-256 in hex>. A blob that Put has returned is
// durable. Methods may be called from any goroutine; only one process may Sweep.
type Blobs struct {
	dir string
	now func() time.Time
	mu  sync.Mutex // between Put's last step and Sweep's removal

	lasting sync.Map // folders whose names are known to be durable
}

// BlobStats counts what is stored.
type BlobStats struct {
	Count  uint64
	Bytes  int64
	Oldest time.Time // last put; zero if there is none
}

// OpenBlobs gives the blobs in the data folder dir. Nothing is made until the first Put.
func OpenBlobs(dir string) *Blobs {
	return &Blobs{dir: filepath.Join(dir, blobsName), now: time.Now}
}

// path gives the place of a blob. Anything but 64 lowercase hex digits is refused: a name is never a path.
func (b *Blobs) path(name string) (string, error) {
	if len(name) != 2*sha256.Size || strings.Trim(name, "0123456789abcdef") != "" {
		return "", &Error{Code: CodeBlobInvalid, Text: fmt.Sprintf("%.80q is not the SHA-256 of a blob", name)}
	}
	return filepath.Join(b.dir, name[:2], name), nil
}

// Put stores what r gives, at most max bytes, and returns its name and size when it is durable. Putting what is there
// already only makes it young again. Errors: vox/blob/too-big, disk-full, io; one of r's own is wrapped.
func (b *Blobs) Put(r io.Reader, max int64) (name string, n int64, err error) {
	tmpDir := filepath.Join(b.dir, blobsTmp)
	if err := errors.Join(b.folder(b.dir), b.folder(tmpDir)); err != nil {
		return "", 0, blobError(err)
	}
	f, err := os.CreateTemp(tmpDir, "put-*")
	if err != nil {
		return "", 0, blobError(err)
	}
	defer func() {
		_ = f.Close()
		if err != nil {
			_ = os.Remove(f.Name())
		}
	}()
	h := sha256.New()
	n, err = io.Copy(io.MultiWriter(f, h), io.LimitReader(r, max+1))
	if err != nil {
		return "", 0, blobError(err)
	}
	if n > max {
		return "", 0, &Error{Code: CodeBlobTooBig, Text: fmt.Sprintf("more than %d bytes", max), Hint: "send less, or raise the limit"}
	}
	if err = f.Sync(); err != nil {
		return "", 0, blobError(err)
	}
	name = hex.EncodeToString(h.Sum(nil))
	if err = b.place(f.Name(), name); err != nil {
		return "", 0, blobError(err)
	}
	return name, n, nil
}

// place gives a synced file its name. The same bytes under the same name may be replaced: that also mends a damaged blob.
func (b *Blobs) place(tmp, name string) error {
	path, err := b.path(name)
	if err != nil {
		return err
	}
	if err := b.folder(filepath.Dir(path)); err != nil {
		return err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if err := os.Rename(tmp, path); err != nil {
		return err
	}
	d, err := os.Open(filepath.Dir(path))
	if err != nil {
		return err
	}
	defer d.Close()
	return d.Sync()
}

// folder makes a folder with a durable name. One that is there may have been made a moment ago by someone who has not
// synced its name yet, or who was killed before he could.
func (b *Blobs) folder(dir string) error {
	if _, ok := b.lasting.Load(dir); ok {
		if _, err := os.Stat(dir); err == nil {
			return nil
		}
	}
	if err := makeDir(dir); err != nil {
		return err
	}
	if err := syncDir(filepath.Dir(dir)); err != nil {
		return err
	}
	b.lasting.Store(dir, true)
	return nil
}

// makeDir makes a folder in an existing one durable, with those above it.
func makeDir(dir string) error {
	if _, err := os.Stat(dir); err == nil {
		return nil
	}
	parent := filepath.Dir(dir)
	if parent != dir {
		if err := makeDir(parent); err != nil {
			return err
		}
	}
	if err := os.Mkdir(dir, dirMode); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	return syncDir(parent)
}

// Has says whether a blob is there.
func (b *Blobs) Has(name string) bool {
	path, err := b.path(name)
	if err != nil {
		return false
	}
	st, err := os.Lstat(path)
	return err == nil && st.Mode().IsRegular()
}

// Open opens a blob for reading, and gives its size. The bytes are not verified: ReadAll does that. Errors:
// vox/blob/missing, invalid, io.
func (b *Blobs) Open(name string) (*os.File, int64, error) {
	path, err := b.path(name)
	if err != nil {
		return nil, 0, err
	}
	if !b.Has(name) {
		return nil, 0, &Error{Code: CodeBlobMissing, Text: "blob " + name + " is not here", Hint: "it was swept to keep the budget of age and size, or never arrived"}
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, 0, blobError(err)
	}
	st, err := f.Stat()
	if err != nil {
		_ = f.Close()
		return nil, 0, blobError(err)
	}
	return f, st.Size(), nil
}

// ReadAll gives a blob's bytes, verified, if there are at most max. Errors: vox/blob/missing, damaged, too-big, invalid, io.
func (b *Blobs) ReadAll(name string, max int64) ([]byte, error) {
	f, size, err := b.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if size > max {
		return nil, &Error{Code: CodeBlobTooBig, Text: fmt.Sprintf("blob %s has %d bytes, %d are allowed", name, size, max)}
	}
	var buf bytes.Buffer
	buf.Grow(int(size) + bytes.MinRead)
	if _, err := buf.ReadFrom(io.LimitReader(f, max+1)); err != nil {
		return nil, blobError(err)
	}
	if sum := sha256.Sum256(buf.Bytes()); hex.EncodeToString(sum[:]) != name {
		return nil, &Error{Code: CodeBlobDamaged, Text: "the bytes of blob " + name + " do not have the hash that names them", Hint: "send it again: that replaces it"}
	}
	return buf.Bytes(), nil
}

type blobFile struct {
	name string
	size int64
	put  time.Time
}

func (b *Blobs) list() ([]blobFile, error) {
	var out []blobFile
	dirs, err := os.ReadDir(b.dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, blobError(err)
	}
	for _, d := range dirs {
		if !d.IsDir() || d.Name() == blobsTmp {
			continue
		}
		files, err := os.ReadDir(filepath.Join(b.dir, d.Name()))
		if err != nil {
			return nil, blobError(err)
		}
		for _, f := range files {
			if _, err := b.path(f.Name()); err != nil || f.Name()[:2] != d.Name() {
				continue
			}
			if st, err := f.Info(); err == nil && st.Mode().IsRegular() {
				out = append(out, blobFile{f.Name(), st.Size(), st.ModTime()})
			}
		}
	}
	return out, nil
}

// Stats counts the blobs.
func (b *Blobs) Stats() (BlobStats, error) {
	list, err := b.list()
	var s BlobStats
	for _, f := range list {
		s.Count++
		s.Bytes += f.size
		if s.Oldest.IsZero() || f.put.Before(s.Oldest) {
			s.Oldest = f.put
		}
	}
	return s, err
}

// Sweep keeps the budget: it removes the blobs put longer than maxAge ago, then the oldest until maxBytes are left (0: no
// limit, for either). It never removes what keep calls live, nor what was put in the last ten minutes, whose op may not be
// durable yet. It also removes what broken-off Puts left. It gives the number and bytes of what it removed.
func (b *Blobs) Sweep(keep func(name string) bool, maxAge time.Duration, maxBytes int64) (removed uint64, freed int64, err error) {
	now := b.now()
	b.sweepTmp(now)
	list, err := b.list()
	if err != nil {
		return 0, 0, err
	}
	slices.SortFunc(list, func(x, y blobFile) int { return x.put.Compare(y.put) })
	var total int64
	for _, f := range list {
		total += f.size
	}
	for _, f := range list {
		tooOld := maxAge > 0 && now.Sub(f.put) > maxAge
		tooMuch := maxBytes > 0 && total > maxBytes
		if !tooOld && !tooMuch || now.Sub(f.put) < blobGrace || keep(f.name) {
			continue
		}
		ok, rerr := b.remove(f)
		if rerr != nil {
			err = errors.Join(err, blobError(rerr))
		}
		if ok {
			removed, freed, total = removed+1, freed+f.size, total-f.size
		}
	}
	return removed, freed, err
}

// remove takes a blob away unless it was put again since it was listed.
func (b *Blobs) remove(f blobFile) (bool, error) {
	path, err := b.path(f.name)
	if err != nil {
		return false, err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	st, err := os.Lstat(path)
	if err != nil || !st.ModTime().Equal(f.put) {
		return false, nil
	}
	return true, os.Remove(path)
}

func (b *Blobs) sweepTmp(now time.Time) {
	dir := filepath.Join(b.dir, blobsTmp)
	files, _ := os.ReadDir(dir)
	for _, f := range files {
		if st, err := f.Info(); err == nil && now.Sub(st.ModTime()) > time.Hour {
			_ = os.Remove(filepath.Join(dir, f.Name()))
		}
	}
}

func blobError(err error) error {
	var own *Error
	if errors.As(err, &own) {
		return err
	}
	if isFull(err) {
		return &Error{Code: CodeBlobFull, Text: "the disk is full: the blob was not stored", Hint: "make room and try again", Err: err}
	}
	return &Error{Code: CodeBlobIO, Text: "a blob could not be read or stored", Err: err}
}
