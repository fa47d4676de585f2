package oplog

import (
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

	// formatVersion is that of the files that are written; oldFormat is the oldest that is read.
	formatVersion = 2
	oldFormat     = 1
	// pageSize of new files. With 4 KB pages and ops of 200 bytes a sixteenth of each page stays empty; 8 KB halves that, and
	// a commit costs its two syncs either way.
	pageSize = 8192

	fileMode = 0o600
	dirMode  = 0o700
)

// Buckets of the file.
var (
	bucketMeta  = []byte("meta")  // format: u32; created: u64 microseconds; memos: count u64 ‖ bytes u64; kept: count u64
	bucketOps   = []byte("ops")   // seq → prefix ‖ encoded op
	bucketMarks = []byte("marks") // seq → mark
	bucketMemos = []byte("memos") // seq → memo
	bucketIndex = []byte("index") // name ‖ 0 ‖ seq → nothing
	bucketTimes = []byte("times") // seq of the end of a block → the times of its ops; from format 2 on
	bucketBase  = []byte("base")  // "base" → where a trimmed log begins; from format 2 on
	bucketBase2 = []byte("base2") // the same once more, on pages of its own
	bucketKept  = []byte("kept")  // seq → op from before the base; from format 2 on

	keyFormat  = []byte("format")
	keyCreated = []byte("created")
	keyMemos   = []byte("memos")
	keyKept    = []byte("kept")
	keyBase    = []byte("base")
)

// access is what a file is opened for.
type access int

const (
	reading access = iota // together with other readers
	writing               // alone; the file is brought to the newest format, and leftovers are removed
	alone                 // alone, and nothing is written
)

// store is the file: every call into bbolt goes through view or update, which turn panics and faults into errors.
type store struct {
	dir  string
	db   *bolt.DB
	file *os.File // bbolt's own descriptor, for releasing the lock when bbolt itself cannot be closed
	ra   *os.File // a descriptor of our own, for read-ahead; nil where there is none

	origin   pos    // where the log begins
	known    known  // of its times
	base     *base  // of a trimmed log, else nil
	format   uint32 // of the file
	how      access
	asIs     bool                   // what is not needed for reading ops may be damaged
	suspect  string                 // why the file is to be checked first, or empty
	seen     uint64                 // the newest commit when the file was looked at
	closed   closing                // how the file was left, if it was closed and not touched since
	precheck func(why string) error // nil: it is not
	stuck    atomic.Pointer[Error]  // bbolt panicked and may hold its locks: it is not called again
	unfit    atomic.Pointer[Error]  // a commit met damage, or failed: nothing is written any more
	last     sync.Mutex             // held by close
}

func (s *store) path() string { return filepath.Join(s.dir, dbName) }

// openStore opens dir/oplog.db, creating it first unless readOnly. Without a file and readOnly it gives nil, nil.
func openStore(dir string, readOnly bool, timeout time.Duration, now func() time.Time) (*store, error) {
	how := reading
	if !readOnly {
		how = writing
	}
	return openAs(dir, how, timeout, now)
}

// openAs opens dir/oplog.db. Only writing creates it; else a missing file gives nil, nil.
func openAs(dir string, how access, timeout time.Duration, now func() time.Time) (*store, error) {
	return opening{dir: dir, how: how, timeout: timeout, now: now}.open()
}

// opening says how a file is to be opened.
type opening struct {
	dir      string
	how      access
	asIs     bool // what is not needed for reading ops may be damaged: for Repair and VerifyDir
	precheck func(why string) error
	timeout  time.Duration
	now      func() time.Time
}

func (o opening) open() (*store, error) {
	deadline := time.Now().Add(o.timeout) // how long the kernel is waited for is not the log's time
	for {
		s := &store{dir: o.dir, how: o.how, asIs: o.asIs, precheck: o.precheck, origin: start()}
		same, err := s.open(deadline, o.now)
		switch {
		case err != nil:
			return nil, err
		case s.db == nil:
			return nil, nil
		case same:
			s.ra, _ = os.Open(s.path()) // only makes cold reads faster
			return s, nil
		}
		// While the lock was waited for, another process put a new file in place (compact, trim, repair), and this is the old one,
		// or it wrote to this one.
		_ = s.close()
		if !time.Now().Before(deadline) {
			return nil, s.locked()
		}
	}
}

// open opens the file, and says whether its name still leads to it, as it was looked at. s.db stays nil where there is no file.
func (s *store) open(deadline time.Time, now func() time.Time) (same bool, err error) {
	st, err := os.Stat(s.path())
	switch {
	case errors.Is(err, fs.ErrNotExist) && s.how != writing:
		return false, nil
	case errors.Is(err, fs.ErrNotExist):
		if err := create(s.dir, deadline, now); err != nil {
			return false, err
		}
		s.precheck = nil // it is new
	case err != nil:
		return false, ioError(err, "open the op-log")
	case st.Size() == 0:
		return false, damaged(0, "%s is empty", s.path())
	}
	if err := s.preflight(deadline); err != nil {
		return false, err
	}
	if s.precheck != nil && s.suspect != "" {
		if err := s.precheck(s.suspect); err != nil {
			return false, err
		}
	}
	if err := s.openDB(max(time.Until(deadline), 100*time.Millisecond)); err != nil {
		return false, err
	}
	named, err1 := os.Stat(s.path())
	mine, err2 := s.file.Stat()
	if err1 != nil || err2 != nil || !os.SameFile(named, mine) {
		return false, nil
	}
	if later, err := s.committedSince(); err != nil || later {
		if err != nil {
			_ = s.close()
		}
		return false, err
	}
	if err := s.begins(); err != nil {
		_ = s.close()
		return false, err
	}
	return true, nil
}

// committedSince says whether another process has committed between the look at the file, whose lock was given up, and now:
// then what that look found, above all how the file was left, is of an older state of it.
func (s *store) committedSince() (later bool, err error) {
	err = s.view(func(tx *bolt.Tx) error { later = uint64(tx.ID()) > s.seen; return nil })
	return later && !s.asIs, err
}

// begins reads what comes before the first op, and brings the file to the newest format where it is open for writing.
func (s *store) begins() error {
	if err := s.view(s.checkFormat); err != nil {
		return err
	}
	if s.how == writing {
		if err := s.settle(); err != nil {
			return err
		}
		sweep(s.dir)
		if err := s.upgrade(); err != nil {
			return err
		}
	}
	return s.view(s.readBase)
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
		Timeout: timeout, ReadOnly: s.how == reading, PreLoadFreelist: !s.asIs, FreelistType: bolt.FreelistMapType,
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
	sweep(dir)
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

// view runs fn in a read transaction. fn calls nothing but bbolt and this package: a panic in it is taken for damage.
func (s *store) view(fn func(*bolt.Tx) error) error { return s.guard(false, fn) }

// update runs fn in a write transaction and commits it. Its errors are not classified yet: see commitError. After one that
// leaves open what is on the disk nothing is written any more: a commit on top of it would replace the last one that is known to be whole.
func (s *store) update(fn func(*bolt.Tx) error) error {
	err := s.guard(true, fn)
	if err == nil {
		return nil
	}
	if e := commitError(err); e.Code == CodeBroken {
		s.doubt()
		s.unfit.CompareAndSwap(nil, e)
	}
	return err
}

func (s *store) guard(write bool, fn func(*bolt.Tx) error) (err error) {
	if e := s.stuck.Load(); e != nil {
		return e
	}
	if e := s.unfit.Load(); e != nil && write {
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
		if write { // bbolt's list of free pages may be half changed
			s.unfit.CompareAndSwap(nil, d)
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
	if err = seal(tx); err != nil {
		_ = tx.Rollback()
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
	if e, ok := r.(*Error); ok { // of pages, which has said all
		return e
	}
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
	if errors.As(err, &own) {
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
func plain(b []byte) string { return plainMost(b, 200) }

func plainMost(b []byte, most int) string {
	out := make([]byte, 0, min(len(b), most))
	for _, c := range b {
		if len(out) == most {
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
