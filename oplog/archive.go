package oplog

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// freeArchive is the name of an archive that nobody named: after its first and last op, and with a number where a trim that
// was interrupted left one.
func freeArchive(dir string, first, last uint64) string {
	name := filepath.Join(dir, fmt.Sprintf("oplog-archive-%d-%d", first, last))
	for n := 2; ; n++ {
		if _, err := os.Lstat(name + ".db"); errors.Is(err, fs.ErrNotExist) {
			return name + ".db"
		}
		name = filepath.Join(dir, fmt.Sprintf("oplog-archive-%d-%d-%d", first, last, n))
	}
}
