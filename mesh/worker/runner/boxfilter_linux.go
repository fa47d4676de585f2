//go:build linux && (amd64 || arm64)

package runner

import (
	"bytes"
	"encoding/binary"
	"runtime"
	"slices"

	"golang.org/x/sys/unix"
)

// Any program may run in a box, so its filter names what it may not do rather than what it may: make namespaces of its
// own, speak to what no namespace keeps apart (AF_VSOCK reaches the host of a virtual machine), hide memory where nobody
// counts it, look into the kernel, use up what all programs of the owner share (there are 128 inotify instances), or put
// letters into a terminal. What programs can do without is said not to exist.
var (
	absentCalls = []uint32{
		unix.SYS_MEMFD_CREATE, unix.SYS_MEMFD_SECRET, unix.SYS_SHMGET, unix.SYS_SEMGET, unix.SYS_MSGGET,
		unix.SYS_INOTIFY_INIT1, unix.SYS_FANOTIFY_INIT,
		unix.SYS_IO_URING_SETUP, unix.SYS_IO_URING_ENTER, unix.SYS_IO_URING_REGISTER, unix.SYS_CLONE3,
	}
	refusedCalls = []uint32{
		unix.SYS_BPF, unix.SYS_PERF_EVENT_OPEN, unix.SYS_USERFAULTFD, unix.SYS_ADD_KEY, unix.SYS_REQUEST_KEY, unix.SYS_KEYCTL,
		unix.SYS_SYSLOG, unix.SYS_PTRACE, unix.SYS_PROCESS_VM_READV, unix.SYS_PROCESS_VM_WRITEV, unix.SYS_SETNS,
		unix.SYS_MOUNT, unix.SYS_UMOUNT2, unix.SYS_PIVOT_ROOT, unix.SYS_CHROOT, unix.SYS_MOVE_MOUNT, unix.SYS_OPEN_TREE,
		unix.SYS_FSOPEN, unix.SYS_FSCONFIG, unix.SYS_FSMOUNT, unix.SYS_FSPICK, unix.SYS_MOUNT_SETATTR,
	}
	givenFamilies = []uint32{unix.AF_UNIX, unix.AF_INET, unix.AF_INET6, unix.AF_NETLINK}
)

// inotifyInit is an older form of inotify_init1, on amd64 alone.
const inotifyInit = 253

// x32 marks the calls of the third table of an amd64 system, which no program of today uses.
const x32 = 0x40000000

// dataArg1 is where the lower half of the second argument lies (see dataArg0).
const dataArg1 = 24

// boxFilter is the filter as bubblewrap reads it: an array of struct sock_filter.
func boxFilter() []byte {
	const allow = unix.SECCOMP_RET_ALLOW
	fails := func(e unix.Errno) uint32 { return unix.SECCOMP_RET_ERRNO | uint32(e) }
	refuse, absent := fails(unix.EPERM), fails(unix.ENOSYS)
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
		load(dataArch), jump(unix.BPF_JEQ, arch, 1, 0), end(absent), // programs for another processor, 32 bits among them
		load(dataCall), jump(unix.BPF_JGE, x32, 0, 1), end(absent),
	}
	absentHere := absentCalls
	if runtime.GOARCH == "amd64" {
		absentHere = append(slices.Clone(absentCalls), inotifyInit)
	}
	for _, c := range absentHere {
		f = append(f, jump(unix.BPF_JEQ, c, 0, 1), end(absent))
	}
	for _, c := range refusedCalls {
		f = append(f, jump(unix.BPF_JEQ, c, 0, 1), end(refuse))
	}
	for _, c := range []uint32{unix.SYS_CLONE, unix.SYS_UNSHARE} {
		f = append(f, jump(unix.BPF_JEQ, c, 0, 4), load(dataArg0), jump(unix.BPF_JSET, unix.CLONE_NEWUSER, 0, 1), end(refuse), end(allow))
	}
	f = append(f, jump(unix.BPF_JEQ, unix.SYS_IOCTL, 0, 5), load(dataArg1),
		jump(unix.BPF_JEQ, unix.TIOCSTI, 1, 0), jump(unix.BPF_JEQ, unix.TIOCLINUX, 0, 1), end(refuse), end(allow))
	n := uint8(2 * len(givenFamilies))
	for _, c := range []uint32{unix.SYS_SOCKET, unix.SYS_SOCKETPAIR} {
		f = append(f, jump(unix.BPF_JEQ, c, 0, n+2), load(dataArg0))
		for _, family := range givenFamilies {
			f = append(f, jump(unix.BPF_JEQ, family, 0, 1), end(allow))
		}
		f = append(f, end(fails(unix.EAFNOSUPPORT)))
	}
	f = append(f, end(allow))

	var b bytes.Buffer
	_ = binary.Write(&b, binary.LittleEndian, f) // a buffer takes all; both processors are little-endian
	return b.Bytes()
}
