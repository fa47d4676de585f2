package crash

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// record is what processes did in the folder root, one after the other. Files and folders have numbers, from 1; root is 1.
type record struct {
	root   string
	events []event
	start  *disk // what was there, and durable, before the first event

	live  map[string]int // path below root → number, as the running system sees it
	count int            // numbers given

	// of the running process
	p       *tracee
	life    uint64
	fds     map[int]int      // descriptor → number
	entered map[int]int      // thread → events when its sync was entered
	refuse  *refusal         // nil: nothing is refused
	killIf  func(event) bool // it is killed after the first such event; nil: it is not
	killed  bool
	err     error          // the first call that the model does not know
	calls   map[string]int // how often each was made in root
}

// refusal is a call that does not succeed.
type refusal struct {
	call  string
	from  int // the how manieth in this life, from 1
	times int // so many in a row; 0: all from then on
	errno syscall.Errno
	after bool // it is carried out all the same
	hits  int
}

func newRecord(root string) *record {
	return &record{root: root, start: newDisk(), live: map[string]int{".": rootIno}, count: rootIno}
}

// settle takes what is in root for durable.
func (r *record) settle() error {
	return filepath.WalkDir(r.root, func(path string, d fs.DirEntry, err error) error {
		rel, rerr := filepath.Rel(r.root, path)
		if err != nil || rerr != nil || rel == "." {
			return err
		}
		r.count++
		r.live[rel] = r.count
		var data []byte
		if !d.IsDir() {
			if data, err = os.ReadFile(path); err != nil {
				return err
			}
		}
		st, err := d.Info()
		if err != nil {
			return err
		}
		r.start.put(r.live[filepath.Dir(rel)], filepath.Base(rel), r.count, d.IsDir(), data, st.ModTime())
		return nil
	})
}

// run runs a child to its end and records what it does.
func (r *record) run(t *testing.T, o order, refuse *refusal, killIf func(event) bool) error {
	t.Helper()
	r.fds, r.entered, r.calls = map[int]int{}, map[int]int{}, map[string]int{}
	r.life, r.refuse, r.killIf, r.killed, r.err = o.Life, refuse, killIf, false, nil
	r.events = append(r.events, event{kind: evBegin, life: o.Life})
	r.p = &tracee{entry: r.entry, exit: r.exit}
	if err := r.p.run(t, o); err != nil {
		return err
	}
	return errors.Join(r.err, r.compare())
}

// compare holds the record against the folder. They are the same, or the record is no good; but of a process that was
// killed in the middle of calls of other threads these may have been carried out: they are taken in.
func (r *record) compare() error {
	d := r.start.clone()
	for i := range r.events {
		d.apply(i, &r.events[i])
	}
	want := tree{}
	d.now(rootIno, ".", want)
	got, err := readTree(r.root)
	if err != nil {
		return err
	}
	for path, b := range got {
		was, ok := want[path]
		if ok && bytes.Equal(was.data, b.data) {
			continue
		}
		if !r.killed {
			return fmt.Errorf("the record does not give %s as it is: %d bytes, %d are there", path, len(was.data), len(b.data))
		}
		if !ok {
			r.name(path, r.fresh(), b.dir)
		}
		if !b.dir {
			r.add(event{kind: evTruncate, ino: r.live[path], size: int64(len(b.data))})
			r.add(event{kind: evWrite, ino: r.live[path], data: b.data})
		}
	}
	for path := range want {
		if _, ok := got[path]; ok {
			continue
		}
		if !r.killed {
			return fmt.Errorf("the record has %s, and it is not there", path)
		}
		r.name(path, 0, false)
	}
	return nil
}

func (r *record) add(e event) {
	e.life = r.life
	r.events = append(r.events, e)
	if !r.killed && r.killIf != nil && r.killIf(e) {
		r.killed = true
		r.p.kill()
	}
}

func (r *record) unknown(format string, args ...any) {
	if r.err == nil {
		r.err = fmt.Errorf("the model does not know "+format, args...)
	}
}

// names of the calls that matter.
var names = map[uint64]string{
	unix.SYS_OPENAT: "openat", unix.SYS_CLOSE: "close", unix.SYS_WRITE: "write", unix.SYS_PWRITE64: "pwrite64",
	unix.SYS_FSYNC: "fsync", unix.SYS_FDATASYNC: "fdatasync", unix.SYS_FTRUNCATE: "ftruncate", unix.SYS_FALLOCATE: "fallocate",
	unix.SYS_RENAMEAT: "renameat", unix.SYS_RENAMEAT2: "renameat2", unix.SYS_UNLINKAT: "unlinkat", unix.SYS_LINKAT: "linkat",
	unix.SYS_MKDIRAT: "mkdirat", unix.SYS_SYMLINKAT: "symlinkat", unix.SYS_COPY_FILE_RANGE: "copy_file_range",
	unix.SYS_SENDFILE: "sendfile", unix.SYS_SPLICE: "splice", unix.SYS_WRITEV: "writev", unix.SYS_PWRITEV: "pwritev",
	unix.SYS_PWRITEV2: "pwritev2", unix.SYS_DUP: "dup", unix.SYS_DUP3: "dup3", unix.SYS_FCNTL: "fcntl", unix.SYS_MMAP: "mmap",
	unix.SYS_TRUNCATE: "truncate", unix.SYS_IO_URING_SETUP: "io_uring_setup", unix.SYS_CLOSE_RANGE: "close_range",
}

func nameOf(nr uint64) string {
	if n := names[nr]; n != "" {
		return n
	}
	return oldCalls[nr]
}

// target gives the number of the file that a call with a descriptor is about, or of the folder of its path; 0: not in root.
func (r *record) target(name string, c call) int {
	switch name {
	case "write", "pwrite64", "fsync", "fdatasync", "ftruncate", "fallocate", "writev", "pwritev", "pwritev2", "close", "dup", "fcntl":
		return r.fds[int(int32(c.args[0]))]
	case "copy_file_range", "splice":
		return r.fds[int(int32(c.args[2]))]
	case "sendfile":
		return r.fds[int(int32(c.args[0]))]
	case "mmap":
		return r.fds[int(int32(c.args[4]))]
	case "truncate":
		return r.folder(cwd, c.args[0])
	case "openat", "mkdirat", "unlinkat":
		return r.folder(c.args[0], c.args[1])
	case "renameat", "renameat2", "linkat":
		return r.folder(c.args[2], c.args[3])
	}
	return 0
}

func (r *record) folder(dirfd, addr uint64) int {
	if rel, ok := r.path(dirfd, addr); ok {
		return r.live[filepath.Dir(rel)]
	}
	return 0
}

// entry notes what must be known before a call is carried out, and refuses it where that is the plan.
func (r *record) entry(c call) (syscall.Errno, bool) {
	name := nameOf(c.nr)
	if name == "" {
		return 0, false
	}
	if name == "write" && c.args[0] == 1 {
		if b, err := r.p.peek(c.args[1], c.args[2]); err == nil {
			for line := range strings.Lines(string(b)) {
				r.add(event{kind: evLine, line: strings.TrimSuffix(line, "\n")})
			}
		}
		return 0, false
	}
	ino := r.target(name, c)
	if ino == 0 {
		return 0, false
	}
	switch name {
	case "close":
		delete(r.fds, int(int32(c.args[0]))) // from now on another thread may be given the same number
		return 0, false
	case "openat":
		if c.args[2]&unix.O_CREAT == 0 {
			return 0, false
		}
	case "fsync", "fdatasync":
		r.entered[c.tid] = len(r.events)
	}
	r.calls[name]++
	if f := r.refuse; f != nil && f.call == name && r.calls[name] >= f.from && (f.times == 0 || f.hits < f.times) {
		f.hits++
		if name == "fsync" || name == "fdatasync" {
			r.add(event{kind: evNoSync, ino: ino, began: len(r.events)})
		}
		return f.errno, f.after
	}
	return 0, false
}

// cwd stands for the working folder, as a descriptor does for another.
const cwd = uint64(0xFFFF_FFFF_FFFF_FF9C) // AT_FDCWD

// path gives a path below root.
func (r *record) path(dirfd, addr uint64) (string, bool) {
	s, err := r.p.text(addr)
	if err != nil {
		return "", false
	}
	if !filepath.IsAbs(s) {
		link := fmt.Sprintf("/proc/%d/fd/%d", r.p.pid, int32(dirfd))
		if int32(dirfd) == unix.AT_FDCWD {
			link = fmt.Sprintf("/proc/%d/cwd", r.p.pid)
		}
		base, err := os.Readlink(link)
		if err != nil {
			return "", false
		}
		s = filepath.Join(base, s)
	}
	rel, err := filepath.Rel(r.root, s)
	return rel, err == nil && filepath.IsLocal(rel)
}

// exit notes what a call did.
func (r *record) exit(c call) {
	if c.ret < 0 {
		return
	}
	switch name := nameOf(c.nr); name {
	case "", "close":
	case "openat":
		r.opened(int(c.ret), c.args[2])
	case "mkdirat":
		if rel, ok := r.path(c.args[0], c.args[1]); ok {
			r.name(rel, r.fresh(), true)
		}
	case "unlinkat":
		if rel, ok := r.path(c.args[0], c.args[1]); ok {
			r.name(rel, 0, false)
		}
	case "truncate":
		if rel, ok := r.path(cwd, c.args[0]); ok {
			r.add(event{kind: evTruncate, ino: r.live[rel], size: int64(c.args[1])})
		}
	case "renameat", "linkat":
		from, ok1 := r.path(c.args[0], c.args[1])
		to, ok2 := r.path(c.args[2], c.args[3])
		if ok1 != ok2 {
			r.unknown("a %s into or out of the folder", name)
		}
		if !ok1 {
			return
		}
		r.name(to, r.live[from], false)
		if name == "renameat" {
			r.name(from, 0, false)
		}
	default:
		if ino := r.target(name, c); ino != 0 {
			r.changed(name, ino, c)
		}
	}
}

func (r *record) fresh() int { r.count++; return r.count }

func (r *record) name(rel string, to int, dir bool) {
	if to == 0 {
		delete(r.live, rel)
	} else {
		r.live[rel] = to
	}
	r.add(event{kind: evName, ino: r.live[filepath.Dir(rel)], name: filepath.Base(rel), to: to, dir: dir})
}

func (r *record) opened(fd int, flags uint64) {
	path, err := os.Readlink(fmt.Sprintf("/proc/%d/fd/%d", r.p.pid, fd))
	if err != nil {
		return
	}
	rel, err := filepath.Rel(r.root, path)
	if err != nil || !filepath.IsLocal(rel) {
		return
	}
	if r.live[rel] == 0 {
		r.name(rel, r.fresh(), false)
	} else if flags&unix.O_TRUNC != 0 {
		r.add(event{kind: evTruncate, ino: r.live[rel]})
	}
	r.fds[fd] = r.live[rel]
}

// changed notes what a call with a descriptor did to ino.
func (r *record) changed(name string, ino int, c call) {
	fd := int(int32(c.args[0]))
	switch name {
	case "write":
		r.wrote(ino, r.place(fd)-c.ret, c)
	case "pwrite64":
		r.wrote(ino, int64(c.args[3]), c)
	case "copy_file_range":
		to := int(int32(c.args[2]))
		if c.args[3] != 0 {
			r.unknown("a copy_file_range to an offset")
		}
		r.copied(ino, to, r.place(to)-c.ret, c.ret)
	case "sendfile":
		r.copied(ino, fd, r.place(fd)-c.ret, c.ret)
	case "fsync", "fdatasync":
		r.add(event{kind: evSync, ino: ino, began: r.entered[c.tid], whole: name == "fsync"})
	case "ftruncate":
		r.add(event{kind: evTruncate, ino: ino, size: int64(c.args[1])})
	case "dup":
		r.fds[int(c.ret)] = ino
	case "fcntl":
		if c.args[1] == unix.F_DUPFD || c.args[1] == unix.F_DUPFD_CLOEXEC {
			r.fds[int(c.ret)] = ino
		}
	case "mmap":
		if c.args[2]&unix.PROT_WRITE != 0 && c.args[3]&unix.MAP_SHARED != 0 {
			r.unknown("a file that is written through memory")
		}
	default:
		r.unknown("a call of %s", name)
	}
}

// place gives where a descriptor stands.
func (r *record) place(fd int) int64 {
	var pos int64
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/fdinfo/%d", r.p.pid, fd))
	if err == nil {
		_, err = fmt.Sscanf(string(b), "pos: %d", &pos)
	}
	if err != nil {
		r.unknown("the place of a descriptor: %v", err)
	}
	return pos
}

func (r *record) wrote(ino int, off int64, c call) {
	b, err := r.p.peek(c.args[1], uint64(c.ret))
	if err != nil {
		r.unknown("what was written: %v", err)
		return
	}
	r.add(event{kind: evWrite, ino: ino, off: off, data: b})
}

// copied notes bytes that the kernel moved itself: they are read where they went.
func (r *record) copied(ino, fd int, off, n int64) {
	b := make([]byte, n)
	f, err := os.Open(fmt.Sprintf("/proc/%d/fd/%d", r.p.pid, fd))
	if err == nil {
		_, err = f.ReadAt(b, off)
		_ = f.Close()
	}
	if err != nil {
		r.unknown("what was copied: %v", err)
		return
	}
	r.add(event{kind: evWrite, ino: ino, off: off, data: b})
}
