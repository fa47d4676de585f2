package crash

import (
	"encoding/binary"
	"fmt"
	"os"
	"runtime"
	"syscall"
	"testing"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// call is one system call of a traced process, at its entry or its exit.
type call struct {
	tid  int
	nr   uint64
	args [6]uint64
	ret  int64 // at the exit
}

// tracee runs this test binary under ptrace and stops it at each entry and exit of a system call.
type tracee struct {
	pid int
	fd  int // of the process
	// entry is called before a call is carried out; an errno that is not 0 is what the process gets instead of it, or, with
	// after, in spite of it.
	entry func(call) (refuse syscall.Errno, after bool)
	exit  func(call)
}

// patience bounds the life of a traced process: it does a few hundred appends.
const patience = 2 * time.Minute

// run starts the process that o orders, and traces it until it ends. It must be called from the test's own goroutine.
func (p *tracee) run(t *testing.T, o order) error {
	t.Helper()
	runtime.LockOSThread() // ptrace knows threads, not processes
	defer runtime.UnlockOSThread()
	null, err := os.OpenFile(os.DevNull, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	defer null.Close()
	p.pid, err = syscall.ForkExec(os.Args[0], os.Args[:1], &syscall.ProcAttr{
		Env:   append(os.Environ(), o.env(), "GOTRACEBACK=all"),
		Files: []uintptr{null.Fd(), null.Fd(), os.Stderr.Fd()},
		Sys:   &syscall.SysProcAttr{Ptrace: true},
	})
	if err == syscall.EPERM || err == syscall.ENOSYS {
		t.Skipf("SKIPPED: processes cannot be traced here: %v", err)
	}
	if err != nil {
		return err
	}
	p.fd, err = unix.PidfdOpen(p.pid, 0) // so that no other process is killed that has its number by then
	if err != nil {
		_ = unix.Kill(p.pid, unix.SIGKILL)
		_, _ = unix.Wait4(p.pid, nil, unix.WALL, nil)
		return fmt.Errorf("pidfd: %w", err)
	}
	defer unix.Close(p.fd)
	timer := time.AfterFunc(patience, p.kill)
	defer timer.Stop()
	err = p.follow()
	p.kill() // if it is not dead yet
	for {
		if _, werr := unix.Wait4(-1, nil, unix.WALL|unix.WNOTHREAD, nil); werr != nil && werr != unix.EINTR {
			return err
		}
	}
}

func (p *tracee) kill() { _ = unix.PidfdSendSignal(p.fd, unix.SIGKILL, nil, 0) }

// follow lets the process run from stop to stop until it is gone.
func (p *tracee) follow() error {
	var ws unix.WaitStatus
	if _, err := unix.Wait4(p.pid, &ws, unix.WALL, nil); err != nil || !ws.Stopped() {
		return fmt.Errorf("the traced process did not start: %v, %v", ws, err)
	}
	const options = unix.PTRACE_O_EXITKILL | unix.PTRACE_O_TRACESYSGOOD | unix.PTRACE_O_TRACECLONE
	if err := unix.PtraceSetOptions(p.pid, options); err != nil {
		return fmt.Errorf("ptrace: %w", err)
	}
	threads := map[int]*thread{p.pid: {}}
	if err := unix.PtraceSyscall(p.pid, 0); err != nil {
		return fmt.Errorf("ptrace: %w", err)
	}
	for {
		tid, err := unix.Wait4(-1, &ws, unix.WALL|unix.WNOTHREAD, nil) // of this thread: the tests have other children
		switch {
		case err == unix.EINTR:
			continue
		case err == unix.ECHILD:
			return nil
		case err != nil:
			return fmt.Errorf("wait: %w", err)
		case !ws.Stopped():
			delete(threads, tid)
			continue
		}
		sig := 0
		th := threads[tid]
		switch {
		case th == nil: // a new thread, stopped before its first instruction
			th = &thread{}
			threads[tid] = th
		case ws.StopSignal() == unix.SIGTRAP|0x80:
			if err := p.stop(tid, th); err != nil && err != unix.ESRCH {
				return err
			}
		case ws.StopSignal() == unix.SIGTRAP: // the event of a clone
		default:
			sig = int(ws.StopSignal())
		}
		if err := unix.PtraceSyscall(tid, sig); err != nil && err != unix.ESRCH {
			return fmt.Errorf("ptrace: %w", err)
		}
	}
}

// thread is between its stops.
type thread struct {
	in     bool // within a call
	call   call
	refuse syscall.Errno
}

// stop handles one entry or exit.
func (p *tracee) stop(tid int, th *thread) error {
	var info [88]byte // struct ptrace_syscall_info
	_, _, e := unix.Syscall6(unix.SYS_PTRACE, unix.PTRACE_GET_SYSCALL_INFO, uintptr(tid), uintptr(len(info)), uintptr(unsafe.Pointer(&info)), 0, 0)
	if e != 0 {
		return e
	}
	u := func(i int) uint64 { return binary.NativeEndian.Uint64(info[i:]) }
	switch info[0] {
	case unix.PTRACE_SYSCALL_INFO_ENTRY:
		th.in, th.call, th.refuse = true, call{tid: tid, nr: u(24)}, 0
		for i := range th.call.args {
			th.call.args[i] = u(32 + 8*i)
		}
		refuse, after := p.entry(th.call)
		if th.refuse = refuse; refuse != 0 && !after {
			return skipCall(tid)
		}
	case unix.PTRACE_SYSCALL_INFO_EXIT:
		if !th.in {
			return nil
		}
		th.in = false
		if th.call.ret = int64(u(24)); th.refuse != 0 {
			done := th.call
			if err := setResult(tid, -int64(th.refuse)); err != nil {
				return err
			}
			if done.ret < 0 {
				return nil
			}
			p.exit(done)
			return nil
		}
		p.exit(th.call)
	}
	return nil
}

// peek copies memory of the process.
func (p *tracee) peek(addr, n uint64) ([]byte, error) {
	b := make([]byte, n)
	if n == 0 {
		return b, nil
	}
	local := []unix.Iovec{{Base: &b[0]}}
	local[0].SetLen(len(b))
	got, err := unix.ProcessVMReadv(p.pid, local, []unix.RemoteIovec{{Base: uintptr(addr), Len: len(b)}}, 0)
	if err == nil && got != len(b) {
		err = fmt.Errorf("%d of %d bytes", got, n)
	}
	return b, err
}

// text reads a string that ends with a zero.
func (p *tracee) text(addr uint64) (string, error) {
	var out []byte
	for len(out) < unix.PathMax {
		n := 256 - addr%256 // never over the end of a page
		b, err := p.peek(addr, n)
		if err != nil {
			return "", err
		}
		for i, c := range b {
			if c == 0 {
				return string(append(out, b[:i]...)), nil
			}
		}
		out, addr = append(out, b...), addr+n
	}
	return "", fmt.Errorf("a path without an end")
}
