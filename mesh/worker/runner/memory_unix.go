//go:build unix

package runner

import "golang.org/x/sys/unix"

// reserve takes n bytes of address space that nothing can touch yet.
func reserve(n uint64) []byte {
	if n == 0 {
		return nil
	}
	b, err := unix.Mmap(-1, 0, int(n), unix.PROT_NONE, unix.MAP_ANON|unix.MAP_PRIVATE)
	if err != nil {
		return nil
	}
	return b
}

// unlock makes b usable.
func unlock(b []byte) bool {
	return len(b) == 0 || unix.Mprotect(b, unix.PROT_READ|unix.PROT_WRITE) == nil
}

func release(b []byte) {
	if b != nil {
		_ = unix.Munmap(b) // at the end of the process it goes anyway
	}
}
