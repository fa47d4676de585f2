package oplog

import (
	"os"
	"path/filepath"
)

// settle makes durable what a log is that was found: its bytes, its name, and the folders above it. A process that was
// killed between a write and its sync leaves them in the kernel's memory only. Who comes next sees them, says that they
// are there, and would lose them, with all that he appended, in a power cut.
func settle(f *os.File, dir string) error {
	if err := f.Sync(); err != nil {
		return commitError(err)
	}
	dir, err := filepath.Abs(dir)
	if err != nil {
		return ioError(err, "find the data folder")
	}
	if err := syncUp(dir); err != nil {
		return commitError(err)
	}
	return nil
}

// syncUp syncs a folder and all above it.
func syncUp(dir string) error {
	for {
		if err := syncDir(dir); err != nil {
			return err
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return nil
		}
		dir = parent
	}
}
