package runner

import (
	"fmt"
	"os"
	"os/signal"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// filesMax is how many descriptors a child may have: its pipes, the poller of Go, the module, the cache.
const filesMax = 64

// limit bounds this process for good, so that a fault in the compiler or in WASI hurts this process only: address
// space, descriptors, no core file, and, where it only runs a job, no byte written to any file and no system call that
// a job has no use for.
func limit(o order, module int) error {
	vm, err := addressSpace()
	if err != nil {
		return err
	}
	limits := map[int]uint64{
		unix.RLIMIT_AS:     vm + shadow*(uint64(o.Pages)*pageSize+2*uint64(heapFor(module))),
		unix.RLIMIT_NOFILE: filesMax,
		unix.RLIMIT_CORE:   0,
	}
	if o.Mode != modeCompile {
		signal.Ignore(unix.SIGXFSZ) // the write fails with EFBIG instead
		limits[unix.RLIMIT_FSIZE] = 0
	}
	for which, n := range limits {
		var now unix.Rlimit
		if err := unix.Getrlimit(which, &now); err != nil {
			return fmt.Errorf("limit %d: %w", which, err)
		}
		n = min(n, now.Max)
		if err := unix.Setrlimit(which, &unix.Rlimit{Cur: n, Max: n}); err != nil {
			return fmt.Errorf("limit %d: %w", which, err)
		}
	}
	return nil
}

// addressSpace is how much this process has mapped, which for Go, and more so with its race detector, is far more than
// it uses: the bound of a job comes on top.
func addressSpace() (uint64, error) {
	b, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		return 0, err
	}
	pages, _, _ := strings.Cut(string(b), " ")
	n, err := strconv.ParseUint(pages, 10, 64)
	if err != nil {
		return 0, fmt.Errorf("/proc/self/statm: %w", err)
	}
	return n * uint64(os.Getpagesize()), nil
}

// closeOthers closes what this process inherited beyond the descriptor last: files that a shell or a service left open
// in an ancestor are no business of a job. What closes on exec cannot have been inherited: this process opened it. Go's
// runtime keeps its poller so, and the file with the processor limit of its cgroup, which it reads again from a thread
// that must not meet another file under that number.
func closeOthers(last int) {
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		return
	}
	for _, e := range entries {
		fd, err := strconv.Atoi(e.Name())
		if err != nil || fd <= last {
			continue
		}
		flags, err := unix.FcntlInt(uintptr(fd), unix.F_GETFD, 0)
		if err != nil || flags&unix.FD_CLOEXEC != 0 {
			continue
		}
		_ = unix.Close(fd) // gone is gone
	}
}
