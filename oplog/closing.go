package oplog

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	bolt "go.etcd.io/bbolt"
)

// closedName is a note beside the log, for as long as nobody has it open for writing: how the last one left it. Rot does
// not change a file's time, and neither does a write that a disk lost. So a file of the time and size that the note says must be
// the file that was left; another is one that somebody put there, or that a crash left, and is looked at before it is used.
const closedName = "oplog.closed"

// closing is what the note says.
type closing struct {
	Version int    `json:"v"`
	Size    int64  `json:"size"`
	Time    int64  `json:"mtime"` // nanoseconds since 1970
	Commit  uint64 `json:"commit"`
	Seq     uint64 `json:"seq"`
	Hash    string `json:"hash"`
}

const closingVersion = 1

// compareClose finds out whether the file is as it was left, from its newest commit. The caller has its lock.
func (s *store) compareClose(st fs.FileInfo, commit uint64) error {
	var c closing
	b, err := os.ReadFile(filepath.Join(s.dir, closedName))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		s.suspect = "it was not closed"
	case err != nil || json.Unmarshal(b, &c) != nil || c.Version != closingVersion:
		s.suspect = "nobody knows how it was closed"
	case c.Size != st.Size() || c.Time != st.ModTime().UnixNano():
		s.suspect = "it was changed after it was closed"
	case s.asIs:
	case c.Commit != commit:
		return &Error{
			Code: CodeDamaged, Text: fmt.Sprintf("the op-log is damaged: it was closed at op %d after commit %d, and ends with commit %d", c.Seq, c.Commit, commit),
			Hint: hintDamaged,
		}
	default:
		s.closed = c
	}
	return nil
}

// compareHead asks whether the log ends where the note says.
func (s *store) compareHead(h Head) error {
	if c := s.closed; c.Version != 0 && (c.Seq != h.Seq || c.Hash != h.Hash.String()) {
		return damaged(0, "it was closed at op %d, hash %.16s, and ends at op %d, hash %.16s", c.Seq, c.Hash, h.Seq, h.Hash.String())
	}
	return nil
}

// beginWriting takes the note away, durably, before anything is written. A data sync does not make a file's time durable:
// after a power cut the file may hold new commits and have the time that the note says.
func (s *store) beginWriting() error {
	err := os.Remove(filepath.Join(s.dir, closedName))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return ioError(err, "take away the note of how the op-log was closed")
	}
	if err := syncDir(s.dir); err != nil {
		return commitError(err)
	}
	return nil
}

// endWriting leaves the note, before the lock is given up. It is no error if it cannot: the next one to open the log
// looks at it more closely then.
func (s *store) endWriting(h Head) {
	if s.stuck.Load() != nil || s.unfit.Load() != nil {
		return
	}
	var commit uint64
	if s.view(func(tx *bolt.Tx) error { commit = uint64(tx.ID()); return nil }) != nil {
		return
	}
	if st, err := s.file.Stat(); err == nil {
		leave(s.dir, st, commit, h)
	}
}

// leave writes the note for a log that ends with a commit, at h. Whoever does so has its lock.
func leave(dir string, st fs.FileInfo, commit uint64, h Head) {
	c := closing{Version: closingVersion, Size: st.Size(), Time: st.ModTime().UnixNano(), Commit: commit, Seq: h.Seq, Hash: h.Hash.String()}
	b, err := json.Marshal(c)
	if err != nil {
		return
	}
	name := filepath.Join(dir, closedName)
	tmp := fmt.Sprintf("%s.tmp-%d", name, time.Now().UnixNano())
	if os.WriteFile(tmp, append(b, '\n'), fileMode) != nil || os.Rename(tmp, name) != nil {
		_ = os.Remove(tmp)
	}
}
