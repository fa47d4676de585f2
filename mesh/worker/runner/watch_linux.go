//go:build linux && (amd64 || arm64)

package runner

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// lookout looks at all processes of a box together: the limits that the system keeps hold for each process alone.
type lookout struct {
	init   int   // the first process of the box
	memory int64 // bytes
	tasks  int   // processes and threads
	stop   context.CancelCauseFunc
}

// lookEvery is how often. A job writes to at most some hundred megabytes of new memory in that time.
const lookEvery = 50 * time.Millisecond

// inodeCost is what a file without content takes of the system's memory, roughly.
const inodeCost = 1 << 10

// watchable says why this system does not let a box be watched, or gives nil.
func watchable() error {
	if _, err := os.ReadFile("/proc/thread-self/children"); err != nil {
		return fmt.Errorf("the kernel does not list the children of a process: %w", err)
	}
	return nil
}

// until watches the box until quit ends, and stops the job at its first excess.
func (w lookout) until(quit <-chan struct{}) {
	t := time.NewTicker(lookEvery)
	defer t.Stop()
	stores := &stores{}
	defer stores.close()
	for {
		select {
		case <-quit:
			return
		case <-t.C:
		}
		pids, tasks := family(w.init, w.tasks)
		if tasks > w.tasks {
			w.stop(errSwarm)
			return
		}
		stores.find(pids)
		kept := stores.used()
		if kept+sum64(pids, resident) <= w.memory {
			continue
		}
		if kept+sum64(pids, share) > w.memory {
			w.stop(errHog)
			return
		}
	}
}

func sum64(pids []int, of func(int) int64) (n int64) {
	for _, pid := range pids {
		n += of(pid)
	}
	return n
}

// family gives a process with all that descend from it, and how many threads these have together. It gives up soon after
// most. Within a box nobody leaves the family: who loses its parent becomes a child of the first process.
func family(first, most int) (pids []int, tasks int) {
	pids = []int{first}
	for i := 0; i < len(pids) && tasks <= most; i++ {
		threads, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*", pids[i])) // only a bad pattern fails
		tasks += len(threads)
		for _, t := range threads {
			b, err := os.ReadFile(t + "/children")
			if err != nil {
				continue // it has ended
			}
			for _, s := range strings.Fields(string(b)) {
				if pid, err := strconv.Atoi(s); err == nil {
					pids = append(pids, pid)
				}
			}
		}
	}
	return pids, tasks
}

// resident is what a process has in memory and in swap beside the pages of files. What processes share counts for each.
func resident(pid int) int64 {
	n, _ := fields(fmt.Sprintf("/proc/%d/status", pid), "RssAnon:", "RssShmem:", "VmSwap:")
	return n
}

// share is resident with its part of what is shared, which takes the system longer to find. A process that hides counts
// in full.
func share(pid int) int64 {
	if n, ok := fields(fmt.Sprintf("/proc/%d/smaps_rollup", pid), "Pss_Anon:", "Pss_Shmem:", "SwapPss:"); ok {
		return n
	}
	return resident(pid)
}

// fields adds up the named lines of a file of the system, which are in kB, and gives bytes.
func fields(path string, names ...string) (n int64, ok bool) {
	b, err := os.ReadFile(path)
	if err != nil {
		return 0, false // it has ended
	}
	for line := range strings.Lines(string(b)) {
		words := strings.Fields(line)
		if len(words) > 1 && slices.Contains(names, words[0]) {
			kb, _ := strconv.ParseInt(words[1], 10, 64)
			n += kb << 10
		}
	}
	return n, true
}

// stores are the folders of a box where files can be written, which lie in memory.
type stores struct{ fds []int }

// find opens them through any process of the box that lets us, once.
func (s *stores) find(pids []int) {
	for _, pid := range pids {
		if len(s.fds) > 0 {
			return
		}
		for _, dir := range []string{"work", "dev/shm"} {
			path := fmt.Sprintf("/proc/%d/root/%s", pid, dir)
			var st unix.Statfs_t
			fd, err := unix.Open(path, unix.O_PATH|unix.O_DIRECTORY|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
			if err != nil {
				continue
			}
			if unix.Fstatfs(fd, &st) != nil || st.Type != unix.TMPFS_MAGIC {
				_ = unix.Close(fd)
				continue
			}
			s.fds = append(s.fds, fd)
		}
	}
}

// used is the memory that the files take.
func (s *stores) used() (n int64) {
	for _, fd := range s.fds {
		var st unix.Statfs_t
		if unix.Fstatfs(fd, &st) == nil {
			n += int64(st.Blocks-st.Bfree)*st.Bsize + int64(st.Files-st.Ffree)*inodeCost
		}
	}
	return n
}

func (s *stores) close() {
	for _, fd := range s.fds {
		_ = unix.Close(fd)
	}
}
