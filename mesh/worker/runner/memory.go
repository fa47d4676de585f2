package runner

import (
	"sync/atomic"

	"github.com/tetratelabs/wazero/experimental"
)

// allocator gives a module its memory up to max bytes, over all its memories together, and remembers that it had to
// refuse. The address space is reserved once and opened as the memory grows: growing copies nothing.
type allocator struct {
	max      uint64
	used     uint64
	refused  atomic.Bool // a growth was refused: the module was told and may go on
	tooLarge atomic.Bool // the first size was too large: the module cannot start
}

func (a *allocator) Allocate(_, most uint64) experimental.LinearMemory {
	return &linear{of: a, all: reserve(min(most, a.max))}
}

type linear struct {
	of    *allocator
	all   []byte
	n     uint64
	begun bool
}

// Reallocate gives the memory at its new size, or nil where that is more than is left.
func (l *linear) Reallocate(size uint64) []byte {
	first := !l.begun
	l.begun = true
	if size > uint64(len(l.all)) || l.of.used-l.n+size > l.of.max || !unlock(l.all[:size]) {
		if first {
			l.of.tooLarge.Store(true)
		} else {
			l.of.refused.Store(true)
		}
		return nil
	}
	l.of.used += size - l.n
	l.n = size
	return l.all[:size:size]
}

func (l *linear) Free() {
	l.of.used -= l.n
	release(l.all)
	l.all, l.n = nil, 0
}
