package worker

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"

	"voxmesh/mesh/fault"
)

const codeLocked = "vox/worker/locked" // another process works for the meshes of this data folder

// Lock makes this process the only one that works for the meshes of a data folder: two would look to their hosts like a
// stolen key. The lock ends with release or with the process. Code vox/worker/locked names who has it.
func Lock(dir string) (release func(), err error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("worker: lock: %w", err)
	}
	f, err := os.OpenFile(filepath.Join(dir, "worker.lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("worker: lock: %w", err)
	}
	got, err := lockFile(f)
	if err != nil {
		return nil, fmt.Errorf("worker: lock: %w", errors.Join(err, f.Close()))
	}
	if !got {
		pid := holder(f)
		_ = f.Close() // nothing was written
		return nil, fault.New(codeLocked, "%s works for the meshes of this data folder already", pid).
			WithHint("stop it first, or use another folder: --data DIR")
	}
	// The file stays when the lock is released: to remove it would let two processes lock two files of one name.
	err = f.Truncate(0)
	if err == nil {
		_, err = f.WriteAt([]byte(strconv.Itoa(os.Getpid())+"\n"), 0)
	}
	if err != nil {
		return nil, fmt.Errorf("worker: lock: %w", errors.Join(err, f.Close()))
	}
	return sync.OnceFunc(func() {
		_ = f.Truncate(0) // its content is only for the sentence above
		_ = f.Close()
	}), nil
}

// holder names who has the lock, as far as the file says.
func holder(f *os.File) string {
	var b [20]byte
	n, _ := f.ReadAt(b[:], 0)
	pid, err := strconv.Atoi(strings.TrimSpace(string(b[:n])))
	if err != nil || pid <= 0 {
		return "another process"
	}
	return "process " + strconv.Itoa(pid)
}
