package oplog

import (
	"bytes"
	"encoding/binary"
	"sort"
	"unsafe"

	bolt "go.etcd.io/bbolt"
)

// pages are the pages of the file as a transaction found them. This package reads them itself and not through bbolt,
// which follows whatever a damaged page says: out of the file, into other trees, round in circles. Here every page is what
// its parent says that it is (its number, its type, its first key), every key and value lies within its page, and no way
// down is longer than a tree can be deep. What does not fit is a panic with an [Error], which view and update give back.
//
// That a key is the right one, and a value what was written, is for the reader to check.
type pages struct {
	data []byte // the mapping, as far as pages are in use
	size uint64 // of a page
}

func pagesOf(tx *bolt.Tx) pages {
	info := tx.DB().Info()
	base := *(*unsafe.Pointer)(unsafe.Pointer(&info.Data)) // the mapping lies outside of Go's heap and outlives tx
	return pages{data: unsafe.Slice((*byte)(base), tx.Size()), size: uint64(info.PageSize)}
}

// page is one page with its overflow. b goes to the end of the last of them.
type page struct {
	id   uint64
	b    []byte
	n    int
	leaf bool
}

func (p pages) open(id uint64) page {
	count := uint64(len(p.data)) / p.size
	if id < 2 || id >= count {
		panic(damaged(0, "page %d does not exist", id))
	}
	b := p.data[id*p.size:]
	flags, over := binary.NativeEndian.Uint16(b[8:]), uint64(binary.NativeEndian.Uint32(b[12:]))
	switch {
	case binary.NativeEndian.Uint64(b) != id:
		panic(damaged(0, "page %d says that it is page %d", id, binary.NativeEndian.Uint64(b)))
	case flags != pageLeaf && flags != pageBranch:
		panic(damaged(0, "page %d is of type %#x", id, flags))
	case over >= count-id:
		panic(damaged(0, "page %d has %d more, which is impossible", id, over))
	}
	g := page{id: id, b: b[:(1+over)*p.size], n: int(binary.NativeEndian.Uint16(b[10:])), leaf: flags == pageLeaf}
	if pageHeader+g.n*pageElement > len(g.b) || g.n == 0 && !g.leaf {
		panic(damaged(0, "page %d holds %d elements, which is impossible", id, g.n))
	}
	return g
}

// elem gives the numbers of element i: of a branch the child instead of a value.
func (g *page) elem(i int) (at, ksize, vsize, child uint64) {
	off := pageHeader + i*pageElement
	e := g.b[off : off+pageElement : off+pageElement]
	if g.leaf {
		at, ksize, vsize = uint64(binary.NativeEndian.Uint32(e[4:])), uint64(binary.NativeEndian.Uint32(e[8:])), uint64(binary.NativeEndian.Uint32(e[12:]))
	} else {
		at, ksize, child = uint64(binary.NativeEndian.Uint32(e)), uint64(binary.NativeEndian.Uint32(e[4:])), binary.NativeEndian.Uint64(e[8:])
	}
	if at += uint64(off); at+ksize+vsize > uint64(len(g.b)) {
		panic(damaged(0, "page %d has a key or a value outside itself", g.id))
	}
	return at, ksize, vsize, child
}

func (g *page) key(i int) []byte {
	at, ksize, _, _ := g.elem(i)
	return g.b[at : at+ksize : at+ksize]
}

func (g *page) pair(i int) (k, v []byte) {
	at, ksize, vsize, _ := g.elem(i)
	mid, end := at+ksize, at+ksize+vsize
	return g.b[at:mid:mid], g.b[mid:end:end]
}

// tree is one bucket, for reading.
type tree struct {
	pages
	root uint64 // its page; 0: the bucket is flat
	flat page   // a small bucket, which lies within the root page, or nothing
}

// bucketHead is what stands before a bucket's contents: page of the root, sequence, u64 each.
const bucketHead = 16

// treeOf gives a bucket as it was when tx began: what tx itself has put is not in it. One that is not there is empty.
func treeOf(tx *bolt.Tx, name []byte) tree {
	p := pagesOf(tx)
	v := tree{pages: p, root: uint64(tx.Cursor().Bucket().Root())}.Get(name)
	if len(v) < bucketHead {
		return tree{flat: page{leaf: true}}
	}
	if root := binary.NativeEndian.Uint64(v); root != 0 {
		return tree{pages: p, root: root}
	}
	return tree{pages: p, flat: flat(v[bucketHead:])}
}

// none says that there is no such bucket.
func (t tree) none() bool { return t.root == 0 && t.flat.b == nil }

// flat reads a page that lies within a value.
func flat(b []byte) page {
	g := page{b: b, leaf: true}
	if len(b) < pageHeader || binary.NativeEndian.Uint16(b[8:]) != pageLeaf {
		panic(damaged(0, "a bucket within the root page is no leaf"))
	}
	if g.n = int(binary.NativeEndian.Uint16(b[10:])); pageHeader+g.n*pageElement > len(b) {
		panic(damaged(0, "a bucket within the root page holds %d elements, which is impossible", g.n))
	}
	return g
}

// Get gives the value of k, nil if there is none. It lies in the mapping.
func (t tree) Get(k []byte) []byte {
	c := t.Cursor()
	if got, v := c.Seek(k); bytes.Equal(got, k) {
		return v
	}
	return nil
}

// cursor goes through a tree in the order of its keys, as bbolt's does. Keys and values lie in the mapping.
type cursor struct {
	t   tree
	way []place
	buf [6]place
}

// place is a page on the way down, and where in it.
type place struct {
	page
	i int
}

// Cursor stands nowhere yet.
func (t tree) Cursor() *cursor {
	c := &cursor{t: t}
	c.way = c.buf[:0]
	return c
}

// Seek goes to the first key at or after k.
func (c *cursor) Seek(k []byte) (key, val []byte) {
	c.way = c.way[:0]
	for id, want := c.t.root, []byte(nil); ; {
		g := c.push(id, want)
		if g.leaf {
			g.i = sort.Search(g.n, func(i int) bool { return bytes.Compare(g.key(i), k) >= 0 })
			if g.i == g.n {
				return c.Next()
			}
			return g.pair(g.i)
		}
		g.i = max(0, sort.Search(g.n, func(i int) bool { return bytes.Compare(g.key(i), k) > 0 })-1)
		_, _, _, id = g.elem(g.i)
		want = g.key(g.i)
	}
}

// First goes to the first key.
func (c *cursor) First() (key, val []byte) {
	return c.edge(false)
}

// Last goes to the last key.
func (c *cursor) Last() (key, val []byte) {
	return c.edge(true)
}

func (c *cursor) edge(last bool) (key, val []byte) {
	c.way = c.way[:0]
	if g := c.push(c.t.root, nil); last {
		g.i = max(0, g.n-1)
	}
	return c.down(last)
}

// Next goes one further. At the end it gives nil and stays.
func (c *cursor) Next() (key, val []byte) {
	for d := len(c.way) - 1; d >= 0; d-- {
		if g := &c.way[d]; g.i+1 < g.n {
			g.i++
			c.way = c.way[:d+1]
			return c.down(false)
		}
	}
	if d := len(c.way) - 1; d >= 0 {
		c.way[d].i = c.way[d].n
	}
	return nil, nil
}

// Prev goes one back. At the beginning it gives nil.
func (c *cursor) Prev() (key, val []byte) {
	for d := len(c.way) - 1; d >= 0; d-- {
		if g := &c.way[d]; g.i > 0 {
			g.i--
			c.way = c.way[:d+1]
			return c.down(true)
		}
	}
	return nil, nil
}

// down goes from where the way ends to the first or the last element below.
func (c *cursor) down(last bool) (key, val []byte) {
	for {
		g := &c.way[len(c.way)-1]
		if g.leaf {
			if g.n == 0 {
				return nil, nil // only the root may be an empty leaf
			}
			return g.pair(g.i)
		}
		_, _, _, child := g.elem(g.i)
		if n := c.push(child, g.key(g.i)); last {
			n.i = max(0, n.n-1)
		}
	}
}

// push opens a child, whose first key its parent knows.
func (c *cursor) push(id uint64, first []byte) *place {
	if len(c.way) >= treeDepth {
		panic(damaged(0, "the pages form a loop at page %d", id))
	}
	g := c.t.flat
	if id != 0 {
		g = c.t.open(id)
	} else if c.t.root != 0 {
		panic(damaged(0, "page 0 does not exist"))
	}
	if first != nil && (g.n == 0 || !bytes.Equal(g.key(0), first)) {
		panic(damaged(0, "page %d does not begin with the key by which it was reached", id))
	}
	c.way = append(c.way, place{page: g})
	return &c.way[len(c.way)-1]
}

// whole says that the page is laid out as bbolt lays one out, to the byte: keys and values one after the other, the keys
// in order, and not a page more than they need (size 0: it lies within a value, to whose end it goes). A page that a
// commit replaces is given back by what its head says; were that wrong, the next commit would write over other pages.
// buckets says that a leaf holds buckets instead of values.
func (g *page) whole(size uint64, buckets bool) bool {
	end := uint64(pageHeader + g.n*pageElement)
	var last []byte
	for i := range g.n {
		at, ksize, vsize, _ := g.elem(i)
		k := g.b[at : at+ksize]
		if at != end || ksize == 0 || i > 0 && bytes.Compare(last, k) >= 0 {
			return false
		}
		if g.leaf && (binary.NativeEndian.Uint32(g.b[pageHeader+i*pageElement:]) != 0) != buckets {
			return false
		}
		end, last = at+ksize+vsize, k
	}
	if size == 0 {
		return uint64(len(g.b)) == end
	}
	return uint64(len(g.b)) == max(1, (end+size-1)/size)*size
}

// sound looks at the pages that a write is about to replace.
type sound struct {
	t     tree
	c     *cursor
	known map[uint64]struct{} // pages that are whole
}

func soundness(tx *bolt.Tx, bucket []byte) *sound {
	t := treeOf(tx, bucket)
	return &sound{t: t, c: t.Cursor(), known: map[uint64]struct{}{}}
}

// check panics unless the pages that a Put of k replaces are whole.
func (s *sound) check(k []byte) {
	if s.t.root == 0 { // the root page was looked at when the file was opened, and is ours since
		return
	}
	s.c.Seek(k)
	s.way()
}

// around does so for a Delete, which may join pages with their neighbours.
func (s *sound) around(k []byte) {
	if s.t.root == 0 {
		return
	}
	for _, step := range []func(*cursor) ([]byte, []byte){(*cursor).Next, (*cursor).Prev} {
		s.check(k)
		if len(s.c.way) == 0 {
			continue
		}
		for leaf := s.c.way[len(s.c.way)-1].id; len(s.c.way) > 0 && s.c.way[len(s.c.way)-1].id == leaf; {
			if at, _ := step(s.c); at == nil {
				break
			}
		}
		s.way()
	}
}

func (s *sound) way() {
	for i := range s.c.way {
		g := &s.c.way[i].page
		if _, ok := s.known[g.id]; ok {
			continue
		}
		if !g.whole(s.t.size, false) {
			panic(damaged(0, "page %d is not laid out as it was written", g.id))
		}
		s.known[g.id] = struct{}{}
	}
}
