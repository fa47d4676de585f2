package oplog

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"fmt"
	"hash/fnv"
	"math/bits"
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

	// metaGap is the most that the two meta pages may be apart: commits alternate between them, and a backup of bbolt
	// begins with both of the same.
	metaGap = 2

	// accountMax bounds how many heads of leaves are read to account for all pages: those that have overflow. With more
	// ops of over 8 KB than that, the rest are left to whoever reads them.
	accountMax = 1 << 14
)

type dbMeta struct{ pageSize, root, freelist, pgid, txid uint64 }

// preflight reads the pages that bbolt follows blindly (meta, freelist, branches and the roots of the buckets), under a
// shared lock, and refuses a file on which bbolt would recurse or allocate without end, or give away pages that are in
// use: the first kills a process, the second the log. It reads no leaf but the root's, and the heads of those that free
// pages follow, so it costs a two-hundredth of the file at most. It checks no values.
//
// One of two meta pages that is damaged is damage too, though bbolt goes on with the other: that may be the older, and a
// commit is lost. No crash leaves it so, for what counts of it lies within one sector.
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
	c := checker{f: f, size: uint64(st.Size()), asIs: s.asIs}
	defer func() {
		if r := recover(); r != nil {
			err = fromPanic(r)
		}
	}()
	if err := c.run(); err != nil {
		return damaged(0, "%s: %v", s.path(), err)
	}
	s.seen = c.m.txid
	return s.compareClose(st, s.seen)
}

type checker struct {
	f    *os.File
	size uint64
	asIs bool // only what reading needs, for repair
	m    dbMeta
	used []uint64 // a bit for each page that begins something, and for all pages of what is no leaf
}

func (c *checker) run() error {
	if err := c.readMeta(); err != nil {
		return err
	}
	if c.m.pgid*c.m.pageSize > c.size {
		return fmt.Errorf("cut short: %d of %d bytes", c.size, c.m.pgid*c.m.pageSize)
	}
	c.used = make([]uint64, c.m.pgid/64+1)
	if err := c.tree(c.m.root, nil, 0, true); err != nil || c.asIs {
		return err
	}
	return c.freelist()
}

// readMeta takes the newest meta page that matches its checksum, as bbolt does.
func (c *checker) readMeta() error {
	var found []dbMeta
	take := func(off int64) {
		b := make([]byte, metaLen)
		if _, err := c.f.ReadAt(b, off+pageHeader); err != nil {
			return
		}
		h := fnv.New64a()
		_, _ = h.Write(b[:metaLen-8])
		u := func(i int) uint64 { return binary.NativeEndian.Uint64(b[i:]) }
		if binary.NativeEndian.Uint32(b) == metaMagic && h.Sum64() == u(56) {
			found = append(found, dbMeta{uint64(binary.NativeEndian.Uint32(b[8:])), u(16), u(32), u(40), u(48)})
		}
	}
	take(0)
	if len(found) > 0 {
		take(int64(found[0].pageSize))
	} else {
		for size := int64(1024); size <= 1<<16 && len(found) == 0; size *= 2 {
			take(size)
		}
	}
	if len(found) == 0 {
		return fmt.Errorf("both meta pages are bad")
	}
	c.m = slices.MaxFunc(found, func(a, b dbMeta) int { return cmp.Compare(a.txid, b.txid) })
	switch {
	case c.m.pageSize < 1024 || c.m.pageSize > 1<<16 || bits.OnesCount64(c.m.pageSize) != 1 || c.m.pgid > 1<<47:
		return fmt.Errorf("the meta page holds impossible numbers")
	case c.asIs:
	case len(found) == 1:
		return fmt.Errorf("one of its two meta pages is bad: the last commit may be missing")
	case found[0].txid == found[1].txid || c.m.txid-min(found[0].txid, found[1].txid) > metaGap:
		return fmt.Errorf("one of its two meta pages is an older copy of itself: the last commit may be missing")
	}
	return nil
}

// head reads the head of a page: how many more belong to it.
func (c *checker) head(id uint64) (flags uint16, over uint64, err error) {
	if id < 2 || id >= c.m.pgid {
		return 0, 0, fmt.Errorf("page %d does not exist", id)
	}
	var b [pageHeader]byte
	if _, err := c.f.ReadAt(b[:], int64(id*c.m.pageSize)); err != nil {
		return 0, 0, fmt.Errorf("page %d: %w", id, err)
	}
	over = uint64(binary.NativeEndian.Uint32(b[12:]))
	if binary.NativeEndian.Uint64(b[:]) != id || over >= c.m.pgid-id {
		return 0, 0, fmt.Errorf("page %d says that it is page %d with %d more", id, binary.NativeEndian.Uint64(b[:]), over)
	}
	return binary.NativeEndian.Uint16(b[8:]), over, nil
}

// page reads one page with its overflow, and notes that all of it is in use.
func (c *checker) page(id uint64) ([]byte, uint16, error) {
	flags, over, err := c.head(id)
	if err != nil {
		return nil, 0, err
	}
	b := make([]byte, (1+over)*c.m.pageSize)
	if _, err := c.f.ReadAt(b, int64(id*c.m.pageSize)); err != nil {
		return nil, 0, fmt.Errorf("page %d: %w", id, err)
	}
	for i := range 1 + over {
		if err := c.mark(id + i); err != nil {
			return nil, 0, err
		}
	}
	return b, flags, nil
}

func (c *checker) mark(id uint64) error {
	if id < 2 || id >= c.m.pgid {
		return fmt.Errorf("page %d does not exist", id)
	}
	if c.used[id/64]&(1<<(id%64)) != 0 {
		return fmt.Errorf("page %d is used twice", id)
	}
	c.used[id/64] |= 1 << (id % 64)
	return nil
}

// tree checks a branch and everything below but the contents of leaves, from the key by which it was reached. Only the
// leaves of the root bucket are looked into, for the roots of the others.
func (c *checker) tree(id uint64, first []byte, depth int, root bool) error {
	if depth > treeDepth {
		return fmt.Errorf("the pages form a loop at page %d", id)
	}
	b, flags, err := c.page(id)
	if err != nil {
		return err
	}
	g := page{id: id, b: b, n: int(binary.NativeEndian.Uint16(b[10:])), leaf: flags == pageLeaf}
	switch {
	case flags != pageLeaf && flags != pageBranch:
		return fmt.Errorf("page %d is of an unknown type %#x", id, flags)
	case pageHeader+g.n*pageElement > len(b) || g.n == 0 && !g.leaf:
		return fmt.Errorf("page %d holds %d elements, which is impossible", id, g.n)
	case g.leaf && !root:
		return nil
	case !g.whole(c.m.pageSize, root):
		return fmt.Errorf("page %d is not laid out as it was written", id)
	case first != nil && !bytes.Equal(g.key(0), first):
		return fmt.Errorf("page %d does not begin with the key by which it was reached", id)
	case g.leaf:
		return c.roots(&g, depth)
	}
	_, _, _, child := g.elem(0)
	below, _, err := c.head(child)
	if err != nil {
		return err
	}
	for i := range g.n {
		_, _, _, child := g.elem(i)
		if below == pageLeaf && !root { // bbolt's trees are even: when one child is a leaf, all are
			err = c.mark(child)
		} else {
			err = c.tree(child, g.key(i), depth+1, root)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// roots follows the buckets that a leaf of the root names. One whose root is 0 lies within that leaf itself, and is
// checked whole.
func (c *checker) roots(g *page, depth int) error {
	for i := range g.n {
		k, v := g.pair(i)
		if len(v) < bucketHead || binary.NativeEndian.Uint32(g.b[pageHeader+i*pageElement:]) != 1 {
			return fmt.Errorf("page %d has a bucket %.20q that is none", g.id, k)
		}
		root := binary.NativeEndian.Uint64(v)
		if root == 0 {
			if in := flat(v[bucketHead:]); !in.whole(0, false) {
				return fmt.Errorf("the bucket %.20q is not laid out as it was written", k)
			}
			continue
		}
		if c.asIs && !bytes.Equal(k, bucketOps) {
			continue
		}
		if err := c.tree(root, nil, depth+1, false); err != nil {
			return err
		}
	}
	return nil
}

// freelist checks that the list of free pages fits its page, is in order, and names no page that is in use.
func (c *checker) freelist() error {
	if c.m.freelist == ^uint64(0) {
		return fmt.Errorf("the list of free pages is not in the file")
	}
	b, flags, err := c.page(c.m.freelist)
	if err != nil {
		return err
	}
	if flags != pageFreelist {
		return fmt.Errorf("page %d is not the list of free pages", c.m.freelist)
	}
	n, ids := uint64(binary.NativeEndian.Uint16(b[10:])), b[pageHeader:]
	if n == 0xFFFF {
		n, ids = binary.NativeEndian.Uint64(ids), ids[8:]
	}
	if n > uint64(len(ids)/8) {
		return fmt.Errorf("the list of free pages names %d pages, which is impossible", n)
	}
	free, last := make([]uint64, len(c.used)), uint64(0)
	for i := range n {
		id := binary.NativeEndian.Uint64(ids[i*8:])
		if id <= last {
			return fmt.Errorf("the list of free pages is not in order")
		}
		if err := c.mark(id); err != nil {
			return fmt.Errorf("the list of free pages: %w", err)
		}
		free[id/64] |= 1 << (id % 64)
		last = id
	}
	return c.account(free)
}

// account checks that every page is in use or free, and none is both. What nothing names must be the overflow of the leaf
// before it, to the page, and a leaf before free pages must have none. Pages that belong to nothing are those of a tree
// whose root, say, is an older copy of itself.
func (c *checker) account(free []uint64) error {
	has := func(set []uint64, id uint64) bool { return id < c.m.pgid && set[id/64]&(1<<(id%64)) != 0 }
	looks := 0
	for id := uint64(2); id < c.m.pgid && looks < accountMax; {
		if !has(c.used, id) {
			return fmt.Errorf("page %d belongs to nothing", id)
		}
		next := id + 1
		for next < c.m.pgid && !has(c.used, next) {
			next++
		}
		over := next - id - 1
		if over > 0 && has(free, id) {
			return fmt.Errorf("page %d belongs to nothing", id+1)
		}
		if over > 0 || !has(free, id) && (has(free, next) || next == c.m.freelist) {
			looks++
			flags, n, err := c.head(id)
			if err == nil && (flags == pageLeaf && n != over || flags != pageLeaf && over > 0) {
				return fmt.Errorf("page %d has %d pages more, and %d after it belong to nothing else", id, n, over)
			}
		}
		id = next
	}
	return nil
}
