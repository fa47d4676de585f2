package oplog

import (
	"os"

	bolt "go.etcd.io/bbolt"
)

const (
	// aheadFrom is the size of file below which nothing is written ahead: small ones stay small.
	aheadFrom = 1 << 20

	// aheadBytes is how much is written at once: what some ten commits of 128 ops take.
	aheadBytes = 256 << 10
)

// ahead writes zeros where bbolt takes its next pages. bbolt only sets the file's size, so the file system has no blocks
// there yet, and a sync after the first write to such a place also has to write the file system's journal: on ext4 it takes
// twice as long. So one commit of ten pays for the others. (fallocate does not help: that a block was never written is in
// the journal, too.) It only makes commits faster: an error ends it.
type ahead struct {
	on bool
	to int64 // zeros are written up to this offset
}

// write does so if it is time. It is called within a write transaction, before its commit: then what lies beyond tx.Size()
// is nobody's. It is synced with the transaction's own pages.
func (a *ahead) write(tx *bolt.Tx, f *os.File) {
	used := tx.Size()
	if !a.on || used < aheadFrom || a.to-used >= aheadBytes/4 {
		return
	}
	info, err := f.Stat()
	if err != nil {
		a.on = false
		return
	}
	var page [pageSize]byte // one at a time, so that the kernel keeps them as single pages
	from := max(used, a.to)
	to := min(from+aheadBytes, info.Size()) // it is for bbolt to let it grow
	for at := from; at < to; at += pageSize {
		if _, err := f.WriteAt(page[:min(pageSize, to-at)], at); err != nil {
			a.on = false
			return
		}
	}
	a.to = max(a.to, to)
}
