package oplog

import (
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	bolt "go.etcd.io/bbolt"
)

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
