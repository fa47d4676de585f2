package oplog

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"hash/fnv"
	"os"
	"slices"
	"time"
)

// What bbolt lays out in its pages (internal/common of bbolt 1.5; the byte order is the machine's own).
const (
	pageHeader   = 16 // id u64, flags u16, count u16, overflow u32
	pageElement  = 16 // branch: pos, ksize u32, pgid u64; leaf: flags, pos, ksize, vsize u32
	pageBranch   = 1
	pageLeaf     = 2
	pageFreelist = 16
	metaMagic    = 0xED0CDAED
	metaLen      = 64 // magic, version, pageSize, flags u32; root, sequence, freelist, pgid, txid, checksum u64

	// treeDepth is more than a tree of 2^63 pages needs with two keys a page at 4 KB; deeper means a loop.
	treeDepth = 64
)

type dbMeta struct{ pageSize, root, freelist, pgid, txid uint64 }

// preflight reads the pages that bbolt follows blindly (meta, freelist, branches and the roots of the buckets), under a
// shared lock, and refuses a file on which bbolt would recurse or allocate without end: those kill a process, recover
// cannot help. It reads no leaf but the root's, so it costs a two-hundredth of the file at most. It checks no values.
func (s *store) preflight(deadline time.Time) (err error) {
	f, err := os.Open(s.path())
	if err != nil {
		return ioError(err, "open the op-log")
	}
	defer f.Close()
	if err := lockFile(f, false, deadline); err != nil {
		return s.locked()
	}
	st, err := f.Stat()
	if err != nil {
		return ioError(err, "open the op-log")
	}
	c := checker{f: f, size: uint64(st.Size())}
	if err := c.run(); err != nil {
		return damaged(0, "%s: %v", s.path(), err)
	}
	return nil
}

type checker struct {
	f    *os.File
	size uint64
	m    dbMeta
	used []uint64 // a bit for each page that is in a tree
}

func (c *checker) run() error {
	if err := c.readMeta(); err != nil {
		return err
	}
	if c.m.pgid*c.m.pageSize > c.size {
		return fmt.Errorf("cut short: %d of %d bytes", c.size, c.m.pgid*c.m.pageSize)
	}
	c.used = make([]uint64, c.m.pgid/64+1)
	if err := c.tree(c.m.root, 0, true); err != nil {
		return err
	}
	return c.freelist()
}

// readMeta takes the newest meta page that matches its checksum, as bbolt does.
func (c *checker) readMeta() error {
	found := false
	take := func(off int64) {
		b := make([]byte, metaLen)
		if _, err := c.f.ReadAt(b, off+pageHeader); err != nil {
			return
		}
		h := fnv.New64a()
		_, _ = h.Write(b[:metaLen-8])
		u := func(i int) uint64 { return binary.NativeEndian.Uint64(b[i:]) }
		if binary.NativeEndian.Uint32(b) != metaMagic || h.Sum64() != u(56) || (found && u(48) < c.m.txid) {
			return
		}
		found = true
		c.m = dbMeta{uint64(binary.NativeEndian.Uint32(b[8:])), u(16), u(32), u(40), u(48)}
	}
	take(0)
	if found {
		take(int64(c.m.pageSize))
	} else {
		for size := int64(1024); size <= 1<<16 && !found; size *= 2 {
			take(size)
		}
	}
	switch {
	case !found:
		return fmt.Errorf("both meta pages are bad")
	case c.m.pageSize < 1024 || c.m.pageSize > 1<<16 || c.m.pgid > 1<<47:
		return fmt.Errorf("the meta page holds impossible numbers")
	}
	return nil
}

// page reads one page with its overflow and checks its head. A leaf below the root is not read at all.
func (c *checker) page(id uint64) ([]byte, error) {
	if id < 2 || id >= c.m.pgid {
		return nil, fmt.Errorf("page %d does not exist", id)
	}
	b := make([]byte, c.m.pageSize)
	if _, err := c.f.ReadAt(b, int64(id*c.m.pageSize)); err != nil {
		return nil, fmt.Errorf("page %d: %w", id, err)
	}
	over := uint64(binary.NativeEndian.Uint32(b[12:]))
	if binary.NativeEndian.Uint64(b) != id || id+over >= c.m.pgid {
		return nil, fmt.Errorf("page %d says that it is page %d with %d more", id, binary.NativeEndian.Uint64(b), over)
	}
	if over > 0 {
		b = make([]byte, (1+over)*c.m.pageSize)
		if _, err := c.f.ReadAt(b, int64(id*c.m.pageSize)); err != nil {
			return nil, fmt.Errorf("page %d: %w", id, err)
		}
	}
	return b, nil
}

func (c *checker) mark(id uint64) error {
	if c.used[id/64]&(1<<(id%64)) != 0 {
		return fmt.Errorf("page %d is used twice", id)
	}
	c.used[id/64] |= 1 << (id % 64)
	return nil
}

// tree checks a branch and everything below but the contents of leaves. Only the leaves of the root bucket are looked
// into, for the roots of the others.
func (c *checker) tree(id uint64, depth int, root bool) error {
	if depth > treeDepth {
		return fmt.Errorf("the pages form a loop at page %d", id)
	}
	b, err := c.page(id)
	if err != nil {
		return err
	}
	if err := c.mark(id); err != nil {
		return err
	}
	n := int(binary.NativeEndian.Uint16(b[10:]))
	if pageHeader+n*pageElement > len(b) {
		return fmt.Errorf("page %d holds %d elements, which is impossible", id, n)
	}
	switch flags := binary.NativeEndian.Uint16(b[8:]); {
	case flags == pageLeaf && root:
		return c.roots(id, b, n, depth)
	case flags == pageLeaf:
		return nil
	case flags != pageBranch:
		return fmt.Errorf("page %d is of an unknown type %#x", id, flags)
	case n == 0:
		return fmt.Errorf("page %d is an empty branch", id)
	}
	lowest, err := c.isLeaf(childOf(b, 0))
	if err != nil {
		return err
	}
	for i := range n {
		at := pageHeader + i*pageElement
		pos, ksize := uint64(binary.NativeEndian.Uint32(b[at:])), uint64(binary.NativeEndian.Uint32(b[at+4:]))
		if uint64(at)+pos+ksize > uint64(len(b)) {
			return fmt.Errorf("page %d has a key outside itself", id)
		}
		child := childOf(b, i)
		if lowest && !root { // bbolt's trees are even: when one child is a leaf, all are
			if child < 2 || child >= c.m.pgid {
				return fmt.Errorf("page %d points to page %d, which does not exist", id, child)
			}
			if err := c.mark(child); err != nil {
				return err
			}
			continue
		}
		if err := c.tree(child, depth+1, root); err != nil {
			return err
		}
	}
	return nil
}

func childOf(branch []byte, i int) uint64 {
	return binary.NativeEndian.Uint64(branch[pageHeader+i*pageElement+8:])
}

func (c *checker) isLeaf(id uint64) (bool, error) {
	var b [pageHeader]byte
	if id < 2 || id >= c.m.pgid {
		return false, fmt.Errorf("page %d does not exist", id)
	}
	if _, err := c.f.ReadAt(b[:], int64(id*c.m.pageSize)); err != nil {
		return false, fmt.Errorf("page %d: %w", id, err)
	}
	return binary.NativeEndian.Uint16(b[8:]) == pageLeaf, nil
}

// roots follows the buckets that the root's leaf names. A bucket whose root is 0 lies within the leaf itself.
func (c *checker) roots(id uint64, b []byte, n, depth int) error {
	for i := range n {
		at := pageHeader + i*pageElement
		e := b[at:]
		flags, pos := binary.NativeEndian.Uint32(e), uint64(binary.NativeEndian.Uint32(e[4:]))
		ksize, vsize := uint64(binary.NativeEndian.Uint32(e[8:])), uint64(binary.NativeEndian.Uint32(e[12:]))
		end := uint64(at) + pos + ksize + vsize
		if end > uint64(len(b)) || flags&1 == 0 || vsize < 16 {
			return fmt.Errorf("page %d has a bucket outside itself", id)
		}
		root := binary.NativeEndian.Uint64(b[end-vsize:])
		if root == 0 {
			continue
		}
		if err := c.tree(root, depth+1, false); err != nil {
			return err
		}
	}
	return nil
}

// freelist checks that the list of free pages fits its page, is in order, and names no page of a tree.
func (c *checker) freelist() error {
	if c.m.freelist == ^uint64(0) {
		return fmt.Errorf("the list of free pages is not in the file")
	}
	b, err := c.page(c.m.freelist)
	if err != nil {
		return err
	}
	if binary.NativeEndian.Uint16(b[8:]) != pageFreelist {
		return fmt.Errorf("page %d is not the list of free pages", c.m.freelist)
	}
	n, ids := uint64(binary.NativeEndian.Uint16(b[10:])), b[pageHeader:]
	if n == 0xFFFF {
		n, ids = binary.NativeEndian.Uint64(ids), ids[8:]
	}
	if n > uint64(len(ids)/8) {
		return fmt.Errorf("the list of free pages names %d pages, which is impossible", n)
	}
	list := make([]uint64, n)
	for i := range list {
		list[i] = binary.NativeEndian.Uint64(ids[i*8:])
	}
	if !slices.IsSortedFunc(list, func(a, b uint64) int { return cmp.Compare(a, b) }) {
		return fmt.Errorf("the list of free pages is not in order")
	}
	for _, id := range list {
		if id < 2 || id >= c.m.pgid || id == c.m.freelist {
			return fmt.Errorf("the list of free pages names page %d", id)
		}
		if err := c.mark(id); err != nil {
			return fmt.Errorf("the list of free pages: %w", err)
		}
	}
	return nil
}
