package oplog

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	bolt "go.etcd.io/bbolt"
	berrors "go.etcd.io/bbolt/errors"
)

const (
	dbName     = "oplog.db"
	tmpPattern = "oplog.db.tmp-*"
	holderName = "oplog.holder"

	formatVersion = 1
	// pageSize of new files. With 4 KB pages and ops of 200 bytes a sixteenth of each page stays empty; 8 KB halves that, and
	// a commit costs its two syncs either way.
	pageSize = 8192

	fileMode = 0o600
	dirMode  = 0o700
)

// Buckets of the file.
var (
	bucketMeta  = []byte("meta")  // format: u32; created: u64 microseconds; memos: count u64 ‖ bytes u64
	bucketOps   = []byte("ops")   // seq → prefix ‖ encoded op
	bucketMarks = []byte("marks") // seq → mark
	bucketMemos = []byte("memos") // seq → memo
	bucketIndex = []byte("index") // name ‖ 0 ‖ seq → nothing

	keyFormat  = []byte("format")
	keyCreated = []byte("created")
	keyMemos   = []byte("memos")
)

// store is the file: every call into bbolt goes through view or update, which turn panics and faults into errors.
type store struct {
	dir  string
	db   *bolt.DB
	file *os.File // bbolt's own descriptor, for releasing the lock when bbolt itself cannot be closed
	ra   *os.File // a descriptor of our own, for read-ahead; nil where there is none

	readOnly bool
	stuck    atomic.Pointer[Error] // bbolt panicked and may hold its locks: it is not called again
	last     sync.Mutex            // held by close
}

func (s *store) path() string { return filepath.Join(s.dir, dbName) }

// openStore opens dir/oplog.db, creating it first unless readOnly. Without a file and readOnly it gives nil, nil.
func openStore(dir string, readOnly bool, timeout time.Duration, now func() time.Time) (*store, error) {
	s := &store{dir: dir, readOnly: readOnly}
	deadline := time.Now().Add(timeout) // how long the kernel is waited for is not the log's time
	st, err := os.Stat(s.path())
	switch {
	case errors.Is(err, fs.ErrNotExist) && readOnly:
		return nil, nil
	case errors.Is(err, fs.ErrNotExist):
		if err := create(dir, deadline, now); err != nil {
			return nil, err
		}
	case err != nil:
		return nil, ioError(err, "open the op-log")
	case st.Size() == 0:
		return nil, damaged(0, "%s is empty", s.path())
	}
	if err := s.preflight(deadline); err != nil {
		return nil, err
	}
	if err := s.openDB(max(time.Until(deadline), 100*time.Millisecond)); err != nil {
		return nil, err
	}
	if err := s.view(s.checkFormat); err != nil {
		s.close()
		return nil, err
	}
	if !readOnly {
		if err := s.settle(); err != nil {
			s.close()
			return nil, err
		}
	}
	s.ra, _ = os.Open(s.path()) // only makes cold reads faster
	return s, nil
}

func (s *store) openDB(timeout time.Duration) (err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if r := recover(); r != nil {
			err = fromPanic(r)
		}
		if err != nil && s.file != nil {
			_ = s.file.Close() // bbolt closes it too where it did not panic: then this does nothing
		}
	}()
	o := &bolt.Options{
		Timeout: timeout, ReadOnly: s.readOnly, PreLoadFreelist: true, FreelistType: bolt.FreelistMapType,
		OpenFile: func(name string, flag int, mode os.FileMode) (*os.File, error) {
			f, err := os.OpenFile(name, flag&^os.O_CREATE, mode)
			if s.file == nil {
				s.file = f
			}
			return f, err
		},
	}
	if s.db, err = bolt.Open(s.path(), fileMode, o); err == nil {
		return nil
	}
	switch {
	case errors.Is(err, berrors.ErrTimeout):
		return s.locked()
	case errors.Is(err, fs.ErrPermission):
		return ioError(err, "open the op-log")
	case errors.Is(err, berrors.ErrInvalid), errors.Is(err, berrors.ErrChecksum), errors.Is(err, berrors.ErrVersionMismatch):
		return damaged(0, "%s: %v", s.path(), err)
	}
	return ioError(err, "open the op-log")
}

// create makes an empty log under a temporary name, synced, and gives it its name: bbolt's own creation does not survive
// a power cut (bbolt #567). The folder's lock keeps two creators apart.
func create(dir string, deadline time.Time, now func() time.Time) error {
	_, statErr := os.Stat(dir)
	if err := os.MkdirAll(dir, dirMode); err != nil {
		return ioError(err, "create the data folder")
	}
	if statErr != nil {
		if err := syncDir(filepath.Dir(dir)); err != nil {
			return commitError(err)
		}
	}
	d, err := os.Open(dir)
	if err != nil {
		return ioError(err, "open the data folder")
	}
	defer d.Close()
	if err := lockFile(d, true, deadline); err != nil {
		return (&store{dir: dir}).locked()
	}
	if _, err := os.Stat(filepath.Join(dir, dbName)); err == nil {
		return nil // another one was faster
	}
	old, _ := filepath.Glob(filepath.Join(dir, tmpPattern))
	for _, name := range old {
		_ = os.Remove(name)
	}
	f, err := os.CreateTemp(dir, tmpPattern)
	if err != nil {
		return ioError(err, "create the op-log")
	}
	name := f.Name()
	_ = f.Close()
	if err := fill(name, now()); err != nil {
		_ = os.Remove(name)
		return err
	}
	if err := os.Rename(name, filepath.Join(dir, dbName)); err != nil {
		_ = os.Remove(name)
		return ioError(err, "create the op-log")
	}
	if err := d.Sync(); err != nil {
		return ioError(err, "sync the data folder")
	}
	return nil
}

// fill makes the empty buckets, and syncs the file with its size.
func fill(name string, now time.Time) error {
	db, err := bolt.Open(name, fileMode, &bolt.Options{PageSize: pageSize, FreelistType: bolt.FreelistMapType, Timeout: time.Second})
	if err != nil {
		return commitError(err)
	}
	err = db.Update(func(tx *bolt.Tx) error {
		for _, name := range [][]byte{bucketMeta, bucketOps, bucketMarks, bucketMemos, bucketIndex} {
			if _, err := tx.CreateBucket(name); err != nil {
				return err
			}
		}
		meta := tx.Bucket(bucketMeta)
		if err := meta.Put(keyFormat, binary.BigEndian.AppendUint32(nil, formatVersion)); err != nil {
			return err
		}
		return meta.Put(keyCreated, binary.BigEndian.AppendUint64(nil, uint64(max(now.UnixMicro(), 0))))
	})
	if cerr := db.Close(); err == nil {
		err = cerr
	}
	if err == nil {
		err = syncFile(name)
	}
	if err != nil {
		return commitError(err)
	}
	return nil
}

func (s *store) checkFormat(tx *bolt.Tx) error {
	meta := tx.Bucket(bucketMeta)
	if meta == nil {
		return damaged(0, "%s has no meta bucket: it is no op-log, or its root is lost", s.path())
	}
	v := meta.Get(keyFormat)
	if len(v) != 4 {
		return damaged(0, "the format version is lost")
	}
	if n := binary.BigEndian.Uint32(v); n != formatVersion {
		if n == 0 {
			return damaged(0, "the format version is 0")
		}
		return &Error{
			Code: CodeNewer, Text: fmt.Sprintf("the op-log has format %d, this voxmesh reads up to %d", n, formatVersion),
			Hint: "use the voxmesh that wrote it, or a newer one",
		}
	}
	for _, name := range [][]byte{bucketOps, bucketMarks, bucketMemos, bucketIndex} {
		if tx.Bucket(name) == nil {
			return damaged(0, "the bucket %q is lost", name)
		}
	}
	return nil
}

// view runs fn in a read transaction. fn calls nothing but bbolt and this package: a panic in it is taken for damage.
func (s *store) view(fn func(*bolt.Tx) error) error { return s.guard(false, fn) }

// update runs fn in a write transaction and commits it. Its errors are not classified yet: see commitError.
func (s *store) update(fn func(*bolt.Tx) error) error {
	err := s.guard(true, fn)
	if err != nil && commitError(err).Code == CodeBroken {
		s.doubt()
	}
	return err
}

func (s *store) guard(write bool, fn func(*bolt.Tx) error) (err error) {
	if e := s.stuck.Load(); e != nil {
		return e
	}
	var tx *bolt.Tx
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		r := recover()
		if r == nil {
			return
		}
		d := fromPanic(r)
		if tx == nil || !rollback(tx) {
			s.stuck.CompareAndSwap(nil, d)
		}
		err = d
	}()
	tx, err = s.db.Begin(write)
	if err != nil {
		tx = nil
		if errors.Is(err, berrors.ErrDatabaseNotOpen) {
			return &Error{Code: CodeClosed, Text: "the op-log is closed"}
		}
		return err
	}
	if err = fn(tx); err != nil || !write {
		if rerr := tx.Rollback(); err == nil {
			err = rerr
		}
		return err
	}
	return tx.Commit()
}

// rollback gives back what tx holds, and says whether it could.
func rollback(tx *bolt.Tx) (ok bool) {
	defer func() { ok = recover() == nil }()
	if err := tx.Rollback(); err != nil && !errors.Is(err, berrors.ErrTxClosed) {
		return false
	}
	return true
}

func fromPanic(r any) *Error {
	return damaged(0, "reading it failed: %.200s", strings.ReplaceAll(fmt.Sprint(r), "\n", " "))
}

func (s *store) close() error {
	s.last.Lock()
	defer s.last.Unlock()
	if s.ra != nil {
		_ = s.ra.Close()
	}
	if s.stuck.Load() != nil { // bbolt's locks may be held for ever: release the file's, and leave the mapping
		_ = s.file.Close()
		return nil
	}
	return s.db.Close()
}

// commitError tells the one failure that is harmless from all others: the disk had no room for a page. Then bbolt has
// rolled back and the file is as before. After any other, above all after a failed sync, nobody knows what is on disk.
func commitError(err error) *Error {
	var own *Error
	if errors.As(err, &own) && own.Code != CodeDamaged {
		return own
	}
	var pe *fs.PathError
	full := errors.As(err, &pe) && pe.Op != "sync" && isFull(err)
	if !full { // bbolt keeps only the text of this one
		s := err.Error()
		full = strings.HasPrefix(s, "file resize error") && (strings.Contains(s, syscall.ENOSPC.Error()) || strings.Contains(s, syscall.EDQUOT.Error()))
	}
	if full {
		return &Error{Code: CodeDiskFull, Text: "the disk is full: nothing was appended", Hint: "make room; nothing is lost, and appending goes on by itself", Err: err}
	}
	return &Error{Code: CodeBroken, Text: "the disk refused a write: the op-log acknowledges nothing more", Hint: "check the disk, then start voxmesh again", Err: err}
}

func isFull(err error) bool {
	return errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT)
}

// locked says who holds the file, as far as the holder wrote it down.
func (s *store) locked() *Error {
	who := "another process"
	if b, err := os.ReadFile(filepath.Join(s.dir, holderName)); err == nil {
		if t := plain(b); t != "" {
			who = t
		}
	}
	return &Error{
		Code: CodeLocked, Text: fmt.Sprintf("the op-log in %s is in use by %s", s.dir, who),
		Hint: "use the host that is running on this data folder, or stop it",
	}
}

// plain gives the first 200 printable bytes of a file that anyone could have written.
func plain(b []byte) string {
	out := make([]byte, 0, 200)
	for _, c := range b {
		if len(out) == cap(out) {
			break
		}
		if c >= ' ' && c <= '~' {
			out = append(out, c)
		}
	}
	return strings.TrimSpace(string(out))
}

func syncFile(name string) error {
	f, err := os.OpenFile(name, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	err = f.Sync()
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	return err
}

// syncDir makes names in a folder durable. Some file systems cannot, and some folders may not be opened: that is no error.
// That the disk could not is.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return nil
	}
	err = d.Sync()
	_ = d.Close()
	if errors.Is(err, syscall.EIO) || isFull(err) {
		return fmt.Errorf("sync the folder %s: %w", dir, err)
	}
	return nil
}
