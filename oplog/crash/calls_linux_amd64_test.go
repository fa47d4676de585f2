package crash

import "golang.org/x/sys/unix"

// oldCalls are the calls without a folder's descriptor, which younger machines do not have.
var oldCalls = map[uint64]string{
	unix.SYS_OPEN: "open", unix.SYS_CREAT: "creat", unix.SYS_RENAME: "rename", unix.SYS_UNLINK: "unlink", unix.SYS_RMDIR: "rmdir",
	unix.SYS_MKDIR: "mkdir", unix.SYS_LINK: "link", unix.SYS_SYMLINK: "symlink", unix.SYS_DUP2: "dup2",
}

const canRefuse = true

// skipCall makes the call that tid is about to enter one that does not exist.
func skipCall(tid int) error {
	var r unix.PtraceRegs
	if err := unix.PtraceGetRegs(tid, &r); err != nil {
		return err
	}
	r.Orig_rax = ^uint64(0)
	return unix.PtraceSetRegs(tid, &r)
}

// setResult sets what the call that tid leaves gives.
func setResult(tid int, ret int64) error {
	var r unix.PtraceRegs
	if err := unix.PtraceGetRegs(tid, &r); err != nil {
		return err
	}
	r.Rax = uint64(ret)
	return unix.PtraceSetRegs(tid, &r)
}
