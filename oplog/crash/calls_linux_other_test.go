//go:build linux && !amd64

package crash

import "golang.org/x/sys/unix"

var oldCalls map[uint64]string

// canRefuse: the registers are known on amd64 only; recording works everywhere.
const canRefuse = false

func skipCall(int) error { return unix.ENOSYS }

func setResult(int, int64) error { return unix.ENOSYS }
