// Command hostile tries what a command job may not do. The first argument says what; each attempt prints one line that
// ends with "refused", with what stopped it, or with "DONE". The tests of command jobs build it and run it in a box, and
// outside of one to see that it works.
package main

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"
	"unsafe"
)

func main() {
	args := append(os.Args[1:], "", "", "")
	switch args[0] {
	case "read":
		for _, path := range os.Args[2:] {
			try("read "+path, read(path))
		}
	case "write":
		for _, path := range os.Args[2:] {
			try("write "+path, os.WriteFile(path, []byte("was here\n"), 0o666))
		}
	case "dial":
		for _, a := range os.Args[2:] {
			network, address, _ := strings.Cut(a, "!")
			c, err := net.DialTimeout(network, address, 5*time.Second)
			if err == nil {
				_ = c.Close()
			}
			try("dial "+a, err)
		}
	case "see":
		see()
	case "system":
		system()
	case "fork":
		fork()
	case "hog":
		hog(args[1])
	case "hogs":
		for range 4 {
			start("hog", args[1])
		}
		stay()
	case "small":
		for i := 0; ; i++ {
			must(os.WriteFile("/work/"+strconv.Itoa(i), nil, 0o600))
		}
	case "fill":
		fill(args[1])
	case "linger":
		signal.Ignore(syscall.SIGTERM, syscall.SIGHUP, syscall.SIGINT)
		start("stay")
		start("stay")
		fmt.Println("begun")
		if args[1] == "" {
			stay()
		}
	case "stay":
		signal.Ignore(syscall.SIGTERM, syscall.SIGHUP, syscall.SIGINT)
		stay()
	case "noise":
		fmt.Fprintln(os.Stderr, "first")
		fmt.Fprint(os.Stderr, strings.Repeat("x\n", 10000), "\x1b]0;owned\x07 the last word\n\n")
		os.Exit(9)
	case "flood":
		line := strings.Repeat("flood ", 1000)
		for {
			fmt.Println(line)
		}
	}
}

func stay() {
	for {
		time.Sleep(time.Hour)
	}
}

func try(what string, err error) {
	if err != nil {
		fmt.Printf("%s: %v: refused\n", what, err)
		return
	}
	fmt.Printf("%s: DONE\n", what)
}

func must(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func read(path string) error {
	if _, err := os.ReadFile(path); err == nil {
		return nil
	}
	_, err := os.ReadDir(path)
	return err
}

// see prints what can be seen without asking: environments, processes, descriptors, names.
func see() {
	for _, kind := range []string{"environ", "cmdline"} {
		files, _ := filepath.Glob("/proc/[0-9]*/" + kind)
		for _, f := range files {
			b, err := os.ReadFile(f)
			fmt.Printf("%s %q %v\n", f, b, err)
		}
	}
	host, _ := os.Hostname()
	fmt.Println("host", host, "uid", os.Getuid(), os.Geteuid())
	fds, _ := os.ReadDir("/proc/self/fd")
	for _, fd := range fds {
		to, _ := os.Readlink("/proc/self/fd/" + fd.Name())
		fmt.Println("fd", fd.Name(), to)
	}
	root, _ := os.ReadDir("/")
	for _, e := range root {
		fmt.Println("root", e.Name())
	}
	ifs, err := net.Interfaces()
	for _, i := range ifs {
		fmt.Println("interface", i.Name)
	}
	fmt.Println("interfaces", len(ifs), err)
}

// memfd is the number of memfd_create, which package syscall does not know.
var memfd = map[string]uintptr{"amd64": 319, "arm64": 279}

// system tries what the system itself has to refuse.
func system() {
	call := func(what string, n uintptr, a, b, c uintptr) {
		r, _, errno := syscall.Syscall(n, a, b, c)
		if errno != 0 {
			try(what, errno)
			return
		}
		try(what, nil)
		_ = syscall.Close(int(r))
	}
	const newUser, vsock, packet, alg = 0x10000000, 40, 17, 38
	call("make a namespace", syscall.SYS_UNSHARE, newUser, 0, 0)
	_, err := syscall.ForkExec("/proc/self/exe", []string{"hostile", "nothing"}, &syscall.ProcAttr{Sys: &syscall.SysProcAttr{Cloneflags: newUser}})
	try("start in a namespace", err)
	call("speak to the machine's own host", syscall.SYS_SOCKET, vsock, syscall.SOCK_STREAM, 0)
	call("read raw packets", syscall.SYS_SOCKET, packet, syscall.SOCK_RAW, 0)
	call("speak to the kernel's ciphers", syscall.SYS_SOCKET, alg, syscall.SOCK_SEQPACKET, 0)
	call("share memory", syscall.SYS_SHMGET, 0, 1<<20, 0o1600)
	call("keep memory without a name", memfd[runtime.GOARCH], uintptr(unsafe.Pointer(&[]byte{'x', 0}[0])), 0, 0)
	call("watch files", syscall.SYS_INOTIFY_INIT1, 0, 0, 0)
	call("trace", syscall.SYS_PTRACE, syscall.PTRACE_TRACEME, 0, 0)
	call("read the kernel's log", syscall.SYS_SYSLOG, 10, 0, 0)
	call("become root", syscall.SYS_SETUID, 0, 0, 0)
	try("mount", syscall.Mount("tmpfs", "/work", "tmpfs", 0, ""))
	try("change the root", syscall.Chroot("/work"))
	try("make a device", syscall.Mknod("/work/disk", syscall.S_IFBLK|0o600, 254<<8))
	try("kill the first process", killed(1))
	f, err := os.OpenFile("/proc/self/fd/0", os.O_WRONLY, 0)
	if err == nil {
		st, _ := f.Stat()
		if st.Mode()&os.ModeNamedPipe != 0 {
			err = errors.New("a pipe of its own")
		}
	}
	try("write its input", err)
	try("raise a limit", syscall.Setrlimit(syscall.RLIMIT_NOFILE, &syscall.Rlimit{Cur: 1 << 16, Max: 1 << 16}))
	must(os.Symlink("/etc/passwd", "/work/link"))
	try("read through a link", read("/work/link"))
	try("keep a hard link", os.Link("/usr/bin/env", "/work/env"))
	try("write to /proc", os.WriteFile("/proc/sys/kernel/core_pattern", []byte("|/work/x"), 0))
	try("be spared when memory is short", os.WriteFile("/proc/self/oom_score_adj", []byte("-1000"), 0))
}

// killed reports nil if the process is gone a moment after it was killed.
func killed(pid int) error {
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		return err
	}
	if syscall.Kill(pid, 0) == nil {
		return errors.New("it is still there")
	}
	return nil
}

func start(args ...string) {
	c := exec.Command("/proc/self/exe", args...)
	c.Stdout, c.Stderr = os.Stdout, os.Stderr
	c.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	must(c.Start())
}

// fork starts itself as often as it can, and so do those that it started.
func fork() {
	for {
		c := exec.Command("/proc/self/exe", "fork")
		c.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
		_ = c.Start() // refused is no reason to stop
	}
}

// hog takes so many MiB and keeps them, for ever if none are named; each page has other content.
func hog(mib string) {
	most, _ := strconv.Atoi(mib)
	var all [][]byte
	for i := 0; most == 0 || i < most; i++ {
		b := make([]byte, 1<<20)
		for j := 0; j < len(b); j += 4096 {
			b[j], b[j+1], b[j+2] = byte(i), byte(i>>8), byte(j>>12)
		}
		all = append(all, b)
	}
	fmt.Println("kept", len(all))
	stay()
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { return len(p), nil }

// fill writes to a file until that is refused.
func fill(path string) {
	f, err := os.Create(path)
	must(err)
	n, err := io.Copy(f, zeros{})
	fmt.Println("wrote", n>>20, "MiB")
	try("fill "+path, err)
}
