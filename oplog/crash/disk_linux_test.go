package crash

import (
	"bytes"
	"errors"
	"io/fs"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"time"
)

// sector is what a disk writes whole or not at all.
const sector = 512

const rootIno = 1

// disk is what is durable, and what was done since, of which a power cut leaves any part:
//
//   - A sync that gave no error makes durable what was done to that file before it was called: bytes and size, and for a
//     folder its names. It makes nothing else durable: the name of a file that was synced may be lost until its folder is
//     synced, and a folder's own name until the one above it is.
//   - Of each write since then each sector is on the disk or not, whatever the order of the writes was: of several writes
//     to one sector any is the last. The size is any that the file had since its last sync.
//   - Where a sector was never durable it may hold, instead of what was written, zeros or any old sector.
//   - A file that was there has the time of its last change that it had then, until a sync that is not one of data alone.
//   - Each name in a folder is what it was at its last sync or what it became at any time since, whatever the others are: a
//     rename may leave both names, or neither.
//   - A sync of a file that failed makes nothing durable, and no later one does so for what was written before it: the
//     kernel may hold it for written. Of folders a later sync counts, for a file system that fails there stops.
type disk struct{ files map[int]*inode }

type inode struct {
	dir   bool
	data  []byte         // durable
	laid  map[int64]bool // sectors that were ever durable
	names map[string]int // durable
	was   time.Time      // the durable time of the last change; zero: that of now

	changed bool // since was

	changes []change // since
}

// change is one write, size or name.
type change struct {
	at   int // the number of its event
	ev   *event
	size int64 // of the file after it
	lost bool  // no sync makes it durable any more
}

func newDisk() *disk {
	return &disk{files: map[int]*inode{rootIno: {dir: true, names: map[string]int{}}}}
}

func (d *disk) file(ino int) *inode {
	f := d.files[ino]
	if f == nil {
		f = &inode{laid: map[int64]bool{}, names: map[string]int{}}
		d.files[ino] = f
	}
	return f
}

// put adds a durable file or folder.
func (d *disk) put(folder int, name string, ino int, dir bool, data []byte, was time.Time) {
	f := d.file(ino)
	f.dir, f.data, f.was = dir, data, was
	for s := int64(0); s*sector < int64(len(data)); s++ {
		f.laid[s] = true
	}
	d.file(folder).names[name] = ino
}

func (d *disk) clone() *disk {
	c := newDisk()
	for ino, f := range d.files {
		c.files[ino] = &inode{f.dir, slices.Clone(f.data), maps.Clone(f.laid), maps.Clone(f.names), f.was, f.changed, slices.Clone(f.changes)}
	}
	return c
}

// apply goes over event number at.
func (d *disk) apply(at int, e *event) {
	f := d.file(e.ino)
	switch e.kind {
	case evWrite:
		f.changed = true
		f.changes = append(f.changes, change{at, e, max(f.size(), e.off+int64(len(e.data))), false})
	case evTruncate:
		f.changed = true
		f.changes = append(f.changes, change{at, e, e.size, false})
	case evName:
		if e.dir {
			d.file(e.to).dir = true
		}
		f.changes = append(f.changes, change{at, e, 0, false})
	case evSync:
		if e.whole && f.changed {
			f.was = time.Time{}
		}
		f.sync(e.began)
	case evNoSync:
		f.forget(e.began)
	}
}

// sync makes durable what was done before the event number began.
func (f *inode) sync(began int) {
	var left []change
	for _, c := range f.changes {
		switch {
		case c.at >= began || c.lost:
			left = append(left, c)
		default:
			f.settle(c)
			left = slices.DeleteFunc(left, func(l change) bool { return l.lost && c.covers(l) })
		}
	}
	f.changes = left
}

// covers says whether nothing of l, which was before c, can be seen after c.
func (c change) covers(l change) bool {
	return c.ev.kind == evWrite && l.ev.kind == evWrite && c.ev.off <= l.ev.off && l.ev.off+int64(len(l.ev.data)) <= c.ev.off+int64(len(c.ev.data))
}

// forget takes writes before the event number began for written, though they are not. They are cut into sectors, so that
// later writes can cover them.
func (f *inode) forget(began int) {
	var out []change
	for _, c := range f.changes {
		if c.at >= began || c.ev.kind != evWrite {
			out = append(out, c)
			continue
		}
		for from := int64(0); from < int64(len(c.ev.data)); {
			to := min(int64(len(c.ev.data)), (c.ev.off+from)/sector*sector+sector-c.ev.off)
			out = append(out, change{c.at, &event{kind: evWrite, off: c.ev.off + from, data: c.ev.data[from:to]}, c.size, true})
			from = to
		}
	}
	f.changes = out
}

// size is that which the running system sees.
func (f *inode) size() int64 {
	if n := len(f.changes); n > 0 {
		return f.changes[n-1].size
	}
	return int64(len(f.data))
}

func (f *inode) settle(c change) {
	switch c.ev.kind {
	case evWrite:
		f.data = lay(f.data, c.ev.off, c.ev.data)
		for s := c.ev.off / sector; s*sector < c.ev.off+int64(len(c.ev.data)); s++ {
			f.laid[s] = true
		}
	case evTruncate:
		f.data = resize(f.data, c.size)
	case evName:
		f.rename(f.names, c)
	}
}

func (f *inode) rename(names map[string]int, c change) {
	if c.ev.to == 0 {
		delete(names, c.ev.name)
	} else {
		names[c.ev.name] = c.ev.to
	}
}

func resize(b []byte, n int64) []byte {
	if n <= int64(len(b)) {
		return b[:n:n]
	}
	return append(b, make([]byte, n-int64(len(b)))...)
}

func lay(b []byte, off int64, data []byte) []byte {
	b = resize(b, max(int64(len(b)), off+int64(len(data))))
	copy(b[off:], data)
	return b
}

// now gives the tree that the running system sees.
func (d *disk) now(ino int, path string, t tree) {
	f := d.file(ino)
	for _, c := range f.changes {
		f.settle(c)
	}
	for name, child := range f.names {
		if at := filepath.Join(path, name); d.file(child).dir {
			t[at] = node{dir: true}
			d.now(child, at, t)
		} else {
			c := d.file(child)
			for _, ch := range c.changes {
				c.settle(ch)
			}
			t[at] = node{data: bytes.Clone(c.data)}
			c.changes = nil
		}
	}
}

// mood is how much of what was not synced a crash keeps.
type mood struct {
	keep  float64 // of the writes
	tear  float64 // of those, how many are torn
	stale float64 // of the sectors that were never durable, how many hold old bytes
	mixed bool    // the order of writes is any
	names float64 // of the names, how many are new
}

func newMood(r *rand.Rand) mood {
	m := mood{keep: r.Float64(), tear: r.Float64(), mixed: r.IntN(2) == 0, names: r.Float64()}
	switch r.IntN(8) {
	case 0:
		m.keep = 0
	case 1:
		m.keep, m.tear = 1, 0
	case 2:
		m.keep, m.tear = 1, 1
	}
	switch r.IntN(4) {
	case 0:
		m.names = 0
	case 1:
		m.names = 1
	}
	if r.IntN(3) == 0 {
		m.stale = r.Float64()
	}
	return m
}

// tree is a state of a folder: what lies at which path in it.
type tree map[string]node

type node struct {
	dir  bool
	data []byte
	was  time.Time // zero: now
}

// crash gives one of the states that a power cut may leave.
func (d *disk) crash(r *rand.Rand) tree {
	t := tree{}
	d.walk(rootIno, ".", newMood(r), r, t)
	return t
}

func (d *disk) walk(ino int, path string, m mood, r *rand.Rand, t tree) {
	f := d.file(ino)
	names := maps.Clone(f.names)
	versions := map[string][]change{}
	for _, c := range f.changes {
		versions[c.ev.name] = append(versions[c.ev.name], c)
	}
	for _, name := range slices.Sorted(maps.Keys(versions)) {
		if v := versions[name]; r.Float64() < m.names {
			last := len(v)
			if r.IntN(4) == 0 {
				last = 1 + r.IntN(len(v))
			}
			f.rename(names, v[last-1])
		}
	}
	for _, name := range slices.Sorted(maps.Keys(names)) {
		at := filepath.Join(path, name)
		if child := d.file(names[name]); child.dir {
			t[at] = node{dir: true}
			d.walk(names[name], at, m, r, t)
		} else {
			n := node{data: child.crash(m, r)}
			if !child.changed || r.IntN(2) == 0 {
				n.was = child.was
			}
			t[at] = n
		}
	}
}

// crash gives one of the contents that a file may have.
func (f *inode) crash(m mood, r *rand.Rand) []byte {
	b := bytes.Clone(f.data)
	size := int64(len(b))
	if n := len(f.changes); n > 0 && r.Float64() < max(m.keep, 0.1) {
		size = f.changes[n-1].size
		if r.IntN(3) == 0 {
			size = f.changes[r.IntN(n)].size
		}
	}
	todo := slices.Clone(f.changes)
	if m.mixed {
		r.Shuffle(len(todo), func(i, j int) { todo[i], todo[j] = todo[j], todo[i] })
	}
	if m.stale > 0 && len(f.data) >= sector {
		for _, c := range todo { // what a file system allocated and did not write
			for off := c.ev.off / sector * sector; c.ev.kind == evWrite && off < c.ev.off+int64(len(c.ev.data)); off += sector {
				if !f.laid[off/sector] && r.Float64() < m.stale {
					old := r.IntN(len(f.data)/sector) * sector
					b = lay(b, off, f.data[old:old+sector])
				}
			}
		}
	}
	for _, c := range todo {
		if c.ev.kind != evWrite || r.Float64() >= m.keep {
			continue
		}
		if r.Float64() >= m.tear {
			b = lay(b, c.ev.off, c.ev.data)
			continue
		}
		for from := int64(0); from < int64(len(c.ev.data)); {
			to := min(int64(len(c.ev.data)), (c.ev.off+from)/sector*sector+sector-c.ev.off)
			if r.IntN(2) == 0 {
				b = lay(b, c.ev.off+from, c.ev.data[from:to])
			}
			from = to
		}
	}
	return resize(b, size)
}

// readTree gives what is below dir.
func readTree(dir string) (tree, error) {
	t := tree{}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		rel, rerr := filepath.Rel(dir, path)
		if err != nil || rerr != nil || rel == "." {
			return errors.Join(err, rerr)
		}
		if t[rel] = (node{dir: true}); d.IsDir() {
			return nil
		}
		b, err := os.ReadFile(path)
		t[rel] = node{data: b}
		return err
	})
	return t, err
}

// write puts the tree into an empty folder.
func (t tree) write(dir string) error {
	for _, path := range slices.Sorted(maps.Keys(t)) { // a folder comes before what is in it
		at := filepath.Join(dir, path)
		n := t[path]
		if n.dir {
			if err := os.Mkdir(at, 0o700); err != nil {
				return err
			}
			continue
		}
		if err := os.WriteFile(at, n.data, 0o600); err != nil {
			return err
		}
		if n.was.IsZero() {
			continue
		}
		if err := os.Chtimes(at, n.was, n.was); err != nil {
			return err
		}
	}
	return nil
}
