//go:build linux && (amd64 || arm64)

package runner

import (
	"fmt"
	"os"
	"runtime"
	"unsafe"

	"golang.org/x/sys/unix"
)

// confine is the second wall around a job, should there be a hole in the first (wazero): from here on this process, in
// all its threads, may compute, use the descriptors that it has, and end. It cannot open a file, make a socket, start a
// program, trace or signal another process, or gain a privilege. What is not allowed fails with EPERM.
//
// A kernel without seccomp gives an error; the job runs all the same, behind the first wall alone.
func confine() error {
	runtime.LockOSThread() // TSYNC carries both settings from this thread to the others
	defer runtime.UnlockOSThread()
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		return fmt.Errorf("no new privileges: %w", err)
	}
	filter := callFilter(uint32(os.Getpid()))
	program := unix.SockFprog{Len: uint16(len(filter)), Filter: &filter[0]}
	_, _, errno := unix.Syscall(unix.SYS_SECCOMP, unix.SECCOMP_SET_MODE_FILTER, unix.SECCOMP_FILTER_FLAG_TSYNC,
		uintptr(unsafe.Pointer(&program)))
	if errno != 0 {
		return fmt.Errorf("seccomp: %w", errno)
	}
	return nil
}

// calls are what Go's runtime, and the C library of its race detector, need to compute, to wait, and to read and write
// what is open.
var calls = []uint32{
	unix.SYS_READ, unix.SYS_PREAD64, unix.SYS_WRITE, unix.SYS_READV, unix.SYS_WRITEV, unix.SYS_CLOSE, unix.SYS_FSTAT, unix.SYS_LSEEK, unix.SYS_FCNTL,
	unix.SYS_PPOLL, unix.SYS_EPOLL_CREATE1, unix.SYS_EPOLL_CTL, unix.SYS_EPOLL_PWAIT, unix.SYS_EVENTFD2,
	unix.SYS_MMAP, unix.SYS_MUNMAP, unix.SYS_MPROTECT, unix.SYS_MADVISE, unix.SYS_MREMAP, unix.SYS_MINCORE, unix.SYS_BRK,
	unix.SYS_FUTEX, unix.SYS_NANOSLEEP, unix.SYS_CLOCK_NANOSLEEP, unix.SYS_CLOCK_GETTIME, unix.SYS_CLOCK_GETRES, unix.SYS_GETTIMEOFDAY,
	unix.SYS_SCHED_YIELD, unix.SYS_SCHED_GETAFFINITY, unix.SYS_GETCPU, unix.SYS_MEMBARRIER, unix.SYS_RSEQ,
	unix.SYS_RT_SIGACTION, unix.SYS_RT_SIGPROCMASK, unix.SYS_RT_SIGRETURN, unix.SYS_SIGALTSTACK, unix.SYS_RESTART_SYSCALL,
	unix.SYS_SETITIMER, unix.SYS_TIMER_CREATE, unix.SYS_TIMER_SETTIME, unix.SYS_TIMER_DELETE,
	unix.SYS_SET_ROBUST_LIST, unix.SYS_SET_TID_ADDRESS, unix.SYS_GETPID, unix.SYS_GETPPID, unix.SYS_GETTID,
	unix.SYS_GETRANDOM, unix.SYS_UNAME, unix.SYS_PRCTL, unix.SYS_EXIT, unix.SYS_EXIT_GROUP,
}

// Where the kernel puts what a filter looks at (struct seccomp_data). Both processors are little-endian: the lower half
// of the first argument comes first.
const (
	dataCall = 0
	dataArch = 4
	dataArg0 = 16
)

// callFilter allows calls; threads, but no processes; and signals within the process pid, by which Go interrupts its
// own threads. clone3, whose flags a filter cannot see, is said not to exist: the C library then uses clone.
func callFilter(pid uint32) []unix.SockFilter {
	const allow, refuse = unix.SECCOMP_RET_ALLOW, unix.SECCOMP_RET_ERRNO | uint32(unix.EPERM)
	arch := uint32(unix.AUDIT_ARCH_X86_64)
	if runtime.GOARCH == "arm64" {
		arch = unix.AUDIT_ARCH_AARCH64
	}
	load := func(at uint32) unix.SockFilter {
		return unix.SockFilter{Code: unix.BPF_LD | unix.BPF_W | unix.BPF_ABS, K: at}
	}
	jump := func(how uint16, k uint32, yes, no uint8) unix.SockFilter {
		return unix.SockFilter{Code: unix.BPF_JMP | how | unix.BPF_K, Jt: yes, Jf: no, K: k}
	}
	end := func(k uint32) unix.SockFilter { return unix.SockFilter{Code: unix.BPF_RET | unix.BPF_K, K: k} }

	f := []unix.SockFilter{
		load(dataArch), jump(unix.BPF_JEQ, arch, 1, 0), end(refuse),
		load(dataCall),
		jump(unix.BPF_JEQ, unix.SYS_CLONE3, 0, 1), end(unix.SECCOMP_RET_ERRNO | uint32(unix.ENOSYS)),
		jump(unix.BPF_JEQ, unix.SYS_CLONE, 0, 4),
		load(dataArg0), jump(unix.BPF_JSET, unix.CLONE_THREAD, 0, 1), end(allow), end(refuse),
		jump(unix.BPF_JEQ, unix.SYS_TGKILL, 0, 4),
		load(dataArg0), jump(unix.BPF_JEQ, pid, 0, 1), end(allow), end(refuse),
	}
	for _, call := range calls {
		f = append(f, jump(unix.BPF_JEQ, call, 0, 1), end(allow))
	}
	return append(f, end(refuse))
}
