//go:build linux && (amd64 || arm64)

package runner

import (
	"os"
	"path/filepath"
	"strconv"
)

// root is a folder of this machine that a box has read-only, under the same name, or a link that it has.
type root struct {
	path string
	link string // where the link points to; empty: a folder
}

// roots finds what a program needs to run: /usr, and what stands beside it. On most systems /bin, /lib and their like are
// links into /usr.
func roots() []root {
	all := []root{{path: "/usr"}}
	for _, p := range []string{"/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32"} {
		st, err := os.Lstat(p)
		switch {
		case err != nil:
		case st.Mode()&os.ModeSymlink != 0:
			if to, err := os.Readlink(p); err == nil {
				all = append(all, root{p, to})
			}
		case st.IsDir():
			all = append(all, root{path: p})
		}
	}
	return all
}

// settings are the few parts of /etc that a box has: where libraries are, which of several programs a name means, which
// fonts there are. None of them tells who uses this machine.
var settings = []string{"/etc/ld.so.cache", "/etc/alternatives", "/etc/fonts"}

// cards are the devices of graphics cards that a job with a gpu slot has.
var cards = []string{"/dev/nvidia*", "/dev/dri/renderD*"}

// shmMax is how much a program may keep in /dev/shm.
const shmMax = 64 << 20

// Who a program is in its box, and what its machine is called there: the same for all.
const (
	boxUser = "1000"
	boxName = "job"
)

// Descriptors beside the standard three: those of a keeper (its lifeline is fdLifeline), and those of bubblewrap. None of
// them reaches the program.
const (
	fdSay    = 3 // the keeper tells of the box here
	fdStatus = 3 // bubblewrap tells of the box here
	fdHold   = 4 // it waits for the end of this before the program begins
	fdFilter = 5 // it reads the filter of system calls
)

// arguments are those of bubblewrap for one job.
func (c *Command) arguments(program string, job CommandJob) []string {
	bytes := func(n int64) string { return strconv.FormatInt(n, 10) }
	a := []string{
		"--unshare-all", "--unshare-user", "--die-with-parent", "--new-session", "--cap-drop", "ALL",
		"--uid", boxUser, "--gid", boxUser, "--hostname", boxName,
		"--clearenv", "--setenv", "PATH", "/usr/local/bin:/usr/bin:/bin", "--setenv", "LANG", "C.UTF-8",
		"--setenv", "HOME", "/work", "--setenv", "TMPDIR", "/work",
	}
	for _, r := range c.roots {
		if r.link != "" {
			a = append(a, "--symlink", r.link, r.path)
		} else {
			a = append(a, "--ro-bind", r.path, r.path)
		}
	}
	for _, p := range settings {
		a = append(a, "--ro-bind-try", p, p)
	}
	a = append(a, "--proc", "/proc", "--dev", "/dev", "--size", bytes(shmMax), "--tmpfs", "/dev/shm")
	if job.GPU {
		for _, p := range cardFiles() {
			a = append(a, "--dev-bind-try", p, p)
		}
	}
	return append(a,
		"--perms", "0700", "--size", bytes(c.config.WorkMax), "--tmpfs", "/work", "--symlink", "work", "/tmp", "--chdir", "/work",
		// The folders that bubblewrap itself made lie in memory too, without a bound: nobody writes there.
		"--remount-ro", "/dev", "--remount-ro", "/",
		"--seccomp", strconv.Itoa(fdFilter), "--json-status-fd", strconv.Itoa(fdStatus), "--block-fd", strconv.Itoa(fdHold),
		"--", program)
}

func cardFiles() (files []string) {
	for _, pattern := range cards {
		found, _ := filepath.Glob(pattern) // only a bad pattern fails
		files = append(files, found...)
	}
	return files
}
