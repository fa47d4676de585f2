package oplog

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	bolt "go.etcd.io/bbolt"
)

// rewriteBytes is about what one transaction of a rewriting holds: large ones leave few pages behind.
const rewriteBytes = 32 << 20

// rewriting is a log that is being written anew, from what a survey of another one found good: compact, trim and repair
// are this. It lies as oplog.db in a temporary folder, unsynced until finish, and gets its name by place. What is left of
// one that was broken off is removed when a log beside it is opened for writing.
type rewriting struct {
	dir  string
	db   *bolt.DB
	skip uint64 // ops up to it go elsewhere
	last uint64 // ops after it do, too

	list  []Op
	vals  [][]byte
	marks []pos
	memos []memoWrite
	size  int

	indexed bool // the index is made from the ops, because the old one is not trusted
	ops     uint64
	end     pos    // of the last op that was taken
	commit  uint64 // the last one in the file, once it was checked

	names []string            // ops up to skip that bear one of them are kept
	kept  map[uint64]struct{} // their seqs
	keeps []keptWrite
	all   uint64 // kept ops, of earlier trims too
}

// rewrite begins a log beside (or in another folder than) the one it is made from, which was created at that time.
func rewrite(beside string, created time.Time) (*rewriting, error) {
	dir, err := os.MkdirTemp(beside, tmpPattern)
	if err != nil {
		return nil, ioError(err, "write the op-log anew")
	}
	w := &rewriting{dir: dir, last: ^uint64(0), end: start()}
	if err := fill(w.path(), created); err != nil {
		w.abandon()
		return nil, err
	}
	w.db, err = bolt.Open(w.path(), fileMode, &bolt.Options{FreelistType: bolt.FreelistMapType, NoSync: true, NoGrowSync: true, Timeout: time.Second})
	if err != nil {
		w.abandon()
		return nil, commitError(err)
	}
	return w, nil
}

func (w *rewriting) path() string { return filepath.Join(w.dir, dbName) }

// abandon removes what there is. After place it does nothing.
func (w *rewriting) abandon() {
	if w.db != nil {
		_ = w.db.Close()
	}
	_ = os.RemoveAll(w.dir)
}

// keptWrite is an op on its way into the bucket kept.
type keptWrite struct {
	seq uint64
	val []byte
}

// take takes verified ops, which begin after from and end at to. skip and last are at the ends of blocks.
func (w *rewriting) take(from, to pos, list []Op, vals [][]byte) error {
	if to.Seq <= w.skip {
		w.keep(from, list, vals)
		return w.settle(rewriteBytes)
	}
	if from.Seq >= w.last {
		return nil
	}
	w.list, w.vals = append(w.list, list...), append(w.vals, vals...)
	w.ops += uint64(len(list))
	w.end = to
	for _, v := range vals {
		w.size += len(v)
	}
	if to.Seq%block == 0 {
		w.marks = append(w.marks, to)
	}
	return w.settle(rewriteBytes)
}

// keep keeps those of the ops that bear one of the names.
func (w *rewriting) keep(from pos, list []Op, vals [][]byte) {
	if len(w.names) == 0 {
		return
	}
	var ch chainer
	h, done := from.Hash, 0
	for i := range list {
		if !slices.ContainsFunc(w.names, func(n string) bool { return contains(list[i].Index, n) }) {
			continue
		}
		for ; done < i; done++ { // the chain is only computed where there is something to keep
			h = ch.next(h, vals[done][prefixLen:])
		}
		enc := vals[i][prefixLen:]
		next := ch.next(h, enc)
		val := encodeKept(h, next, enc)
		w.keeps = append(w.keeps, keptWrite{list[i].Seq, val})
		w.kept[list[i].Seq] = struct{}{}
		w.size += len(val)
		h, done = next, i+1
	}
}

// memo takes a memo that is good.
func (w *rewriting) memo(seq uint64, val []byte) error {
	if seq <= w.skip || seq > w.last {
		return nil
	}
	w.memos = append(w.memos, memoWrite{seq, val})
	w.size += len(val)
	return w.settle(rewriteBytes)
}

// settle writes what waits, once it is more than some bytes.
func (w *rewriting) settle(some int) error {
	if w.size < some {
		return nil
	}
	err := w.db.Update(func(tx *bolt.Tx) error {
		ops, marks := tx.Bucket(bucketOps), tx.Bucket(bucketMarks)
		ops.FillPercent, marks.FillPercent = 1, 1
		for i := range w.list {
			if err := ops.Put(key(w.list[i].Seq), w.vals[i]); err != nil {
				return err
			}
		}
		for _, m := range w.marks {
			if err := marks.Put(key(m.Seq), encodeMark(m)); err != nil {
				return err
			}
		}
		if err := putTimesOf(tx, w.marks); err != nil {
			return err
		}
		if w.indexed {
			if err := putIndex(tx, indexKeys(w.list)); err != nil {
				return err
			}
		}
		if err := putKept(tx, w.keeps); err != nil {
			return err
		}
		return putMemos(tx, w.memos)
	})
	w.all += uint64(len(w.keeps))
	w.list, w.vals, w.marks, w.memos, w.keeps, w.size = w.list[:0], w.vals[:0], nil, nil, nil, 0
	if err != nil {
		return commitError(err)
	}
	return nil
}

// indexKeys are the entries of ops, in order.
func indexKeys(list []Op) (keys [][]byte) {
	for i := range list {
		for _, name := range list[i].Index {
			keys = append(keys, indexKey(name, list[i].Seq))
		}
	}
	slices.SortFunc(keys, bytes.Compare)
	return keys
}

func putIndex(tx *bolt.Tx, keys [][]byte) error {
	b := tx.Bucket(bucketIndex)
	for _, k := range keys {
		if err := b.Put(k, indexSum(k)); err != nil {
			return err
		}
	}
	return nil
}

// copyIndex copies the entries whose ops are in the new log, in their order, which leaves every page full. A survey has
// compared them with the ops.
func (w *rewriting) copyIndex(ctx context.Context, s *store, in func(seq uint64) bool) error {
	var from []byte
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		var keys [][]byte
		err := s.view(func(tx *bolt.Tx) error {
			index := namesOf(tx)
			cur := index.Cursor()
			size := 0
			k, v := cur.Seek(from)
			for ; k != nil && size < rewriteBytes/4; k, v = cur.Next() {
				if from = bytes.Clone(k); in(index.seqOf(k, v)) {
					keys, size = append(keys, from), size+len(k)+32
				}
			}
			from = bytes.Clone(k)
			return nil
		})
		if err != nil {
			return err
		}
		err = w.db.Update(func(tx *bolt.Tx) error {
			b := tx.Bucket(bucketIndex)
			b.FillPercent = 1
			for _, k := range keys {
				if err := b.Put(k, indexSum(k)); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return commitError(err)
		}
		if from == nil {
			return nil
		}
	}
}

// copyKept copies the ops that an earlier trim kept, those that are good. Where names is set, it makes their index entries.
func (w *rewriting) copyKept(s *store, names bool) error {
	in := newInterner()
	for at := uint64(0); ; {
		var list []Op
		var keeps []keptWrite
		var keys [][]byte
		for size := 0; size < rewriteBytes; {
			found, val, err := s.keptFrom(at)
			if err != nil {
				return err
			}
			if val == nil {
				break
			}
			at, size = found+1, size+len(val)
			o, err := decodeKept(found, val, in)
			if err != nil {
				continue
			}
			list, keeps = append(list, o), append(keeps, keptWrite{found, val})
		}
		if len(keeps) == 0 {
			return nil
		}
		if names {
			keys = indexKeys(list)
		}
		err := w.db.Update(func(tx *bolt.Tx) error {
			if err := putKept(tx, keeps); err != nil {
				return err
			}
			return putIndex(tx, keys)
		})
		w.all += uint64(len(keeps))
		if err != nil {
			return commitError(err)
		}
	}
}

func putKept(tx *bolt.Tx, keeps []keptWrite) error {
	b := tx.Bucket(bucketKept)
	b.FillPercent = 1
	for _, k := range keeps {
		if err := b.Put(key(k.seq), k.val); err != nil {
			return err
		}
	}
	return nil
}

// finish writes where the new log begins, twice (nil is where every log does), and what waits, and syncs the file, cut to
// what it uses.
func (w *rewriting) finish(b *base) (size int64, err error) {
	if err := w.settle(0); err != nil {
		return 0, err
	}
	if err := w.begin(b); err != nil {
		return 0, err
	}
	_ = w.db.View(func(tx *bolt.Tx) error { size = tx.Size(); return nil })
	err = w.db.Close()
	if w.db = nil; err == nil {
		err = os.Truncate(w.path(), size)
	}
	if err == nil {
		err = syncFile(w.path())
	}
	if err != nil {
		return 0, commitError(err)
	}
	return size, nil
}

func (w *rewriting) begin(b *base) error {
	if b != nil && w.ops == 0 {
		w.end = b.pos
	}
	err := w.db.Update(func(tx *bolt.Tx) error {
		if err := putHead(tx, 0, w.end); err != nil {
			return err
		}
		if b == nil {
			return seal(tx)
		}
		val := b.encode()
		if err := tx.Bucket(bucketMeta).Put(keyKept, binary.BigEndian.AppendUint64(nil, w.all)); err != nil {
			return err
		}
		for _, name := range [][]byte{bucketBase, bucketBase2} {
			if err := tx.Bucket(name).Put(keyBase, val); err != nil {
				return err
			}
		}
		return seal(tx)
	})
	if err != nil {
		return commitError(err)
	}
	return nil
}

// check opens the finished file and looks that its chain ends at head.
func (w *rewriting) check(head Head) error {
	s, err := openAs(w.dir, reading, DefaultLockTimeout, time.Now)
	if err != nil {
		return err
	}
	defer s.close()
	last, err := s.lastSeq()
	if err != nil {
		return err
	}
	p, err := s.posAt(last)
	if err == nil && p.Head != head {
		err = damaged(0, "the file that was written ends at op %d, not at op %d", p.Seq, head.Seq)
	}
	if err != nil {
		return err
	}
	return s.view(func(tx *bolt.Tx) error { w.commit = uint64(tx.ID()); return nil })
}

// replace puts the finished and checked log in place of the one in dir, whose lock the caller has.
func (w *rewriting) replace(dir string) error {
	st, err := os.Stat(w.path())
	if err != nil {
		return ioError(err, "put the new op-log in place")
	}
	if err := (&store{dir: dir}).beginWriting(); err != nil {
		return err
	}
	if err := w.place(filepath.Join(dir, dbName)); err != nil {
		return err
	}
	leave(dir, st, w.commit, w.end.Head)
	return nil
}

// place gives the finished file its name, durably, in place of what has it.
func (w *rewriting) place(path string) error {
	if err := os.Rename(w.path(), path); err != nil {
		return ioError(err, "put the new op-log in place")
	}
	if err := syncDir(filepath.Dir(path)); err != nil {
		return ioError(err, "sync the data folder")
	}
	w.abandon()
	return nil
}

// sweep removes what broken-off rewritings and creations left in dir. One that is under way holds its lock and stays.
func sweep(dir string) {
	old, _ := filepath.Glob(filepath.Join(globbed(dir), tmpPattern))
	half, _ := filepath.Glob(filepath.Join(globbed(dir), verifiedName+".tmp-*"))
	note, _ := filepath.Glob(filepath.Join(globbed(dir), closedName+".tmp-*"))
	for _, name := range slices.Concat(old, half, note) {
		file := name
		if st, err := os.Lstat(name); err == nil && st.IsDir() {
			file = filepath.Join(name, dbName)
		}
		if f, err := os.Open(file); err == nil {
			err = lockFile(f, true, time.Time{})
			_ = f.Close()
			if err != nil {
				continue
			}
		}
		_ = os.RemoveAll(name)
	}
}

// globbed is a folder's name with nothing in it that Glob would take for a pattern.
func globbed(dir string) string {
	if filepath.Separator == '\\' {
		return dir
	}
	return strings.NewReplacer(`\`, `\\`, "*", `\*`, "?", `\?`, "[", `\[`).Replace(dir)
}

// created is when the log was made.
func (s *store) created() (t time.Time, err error) {
	err = s.view(func(tx *bolt.Tx) error {
		if v := tx.Bucket(bucketMeta).Get(keyCreated); len(v) == 8 {
			t = time.UnixMicro(int64(binary.BigEndian.Uint64(v)))
		}
		return nil
	})
	return t, err
}

// openAlone opens the log in dir for a rewriting, and says so to whoever finds it locked; done ends that.
func openAlone(dir, what string) (s *store, done func(), err error) {
	s, err = openAs(dir, alone, DefaultLockTimeout, time.Now)
	if err != nil {
		return nil, nil, err
	}
	if s == nil {
		return nil, nil, &Error{Code: CodeIO, Text: fmt.Sprintf("there is no op-log in %s", dir), Hint: "name the data folder with --data"}
	}
	sweep(dir)
	holder := filepath.Join(dir, holderName)
	_ = os.WriteFile(holder, fmt.Appendf(nil, "voxmesh oplog %s, pid %d\n", what, os.Getpid()), fileMode)
	return s, func() {
		_ = os.Remove(holder)
		_ = s.close()
	}, nil
}

// size is that of the file.
func (s *store) size() (int64, error) {
	st, err := s.file.Stat()
	if err != nil {
		return 0, ioError(err, "read the op-log")
	}
	return st.Size(), nil
}

// rewritten turns what a survey found into the error that ends a rewriting.
func rewritten(r Report, err error, what string) error {
	if err != nil {
		return err
	}
	if err := r.Err(); err != nil {
		var own *Error
		if errors.As(err, &own) {
			own.Text += ": nothing was " + what
		}
		return err
	}
	return nil
}
