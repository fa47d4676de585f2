package oplog

import (
	"bytes"
	"context"
	"hash/crc32"
	"slices"
	"sync"
	"unsafe"

	bolt "go.etcd.io/bbolt"
)

// chunkBytes bounds what one read copies at once, where bodies are large.
const chunkBytes = 8 << 20

// readAheadMin is the least range worth a system call.
const readAheadMin = 64 << 10

// interners are reused, because a seek of a few hundred ops should not fill tables from nothing.
var interners = sync.Pool{New: func() any { return newInterner() }}

// chunk is a run of stored values, copied out of the transaction, and not verified yet.
type chunk struct {
	first uint64
	vals  [][]byte
	end   *pos // the mark at the end, if the chunk is a whole block that was asked for whole
}

// load copies the values after seq `after` up to `to`, at most to the end of their block.
func (s *store) load(after, to uint64, whole bool) (chunk, error) {
	limit := min(to, after-after%block+block)
	c := chunk{first: after + 1}
	err := s.view(func(tx *bolt.Tx) error {
		cur := treeOf(tx, bucketOps).Cursor()
		var refs [][]byte
		total := 0
		seq := after + 1
		for k, v := cur.Seek(key(seq)); seq <= limit; k, v = cur.Next() {
			switch {
			case k == nil || len(k) == 8 && unkey(k) > seq:
				return damaged(seq, "it is missing")
			case unkey(k) != seq:
				return damaged(seq, "its key is not a number in order")
			case len(v) <= prefixLen || len(v) > maxStored:
				return damaged(seq, "its length of %d is impossible", len(v))
			}
			if total += len(v); total > chunkBytes && len(refs) > 0 {
				total -= len(v)
				break
			}
			refs = append(refs, v)
			seq++
		}
		arena := make([]byte, 0, total)
		c.vals = refs
		for i, v := range refs {
			at := len(arena)
			arena = append(arena, v...)
			c.vals[i] = arena[at:len(arena):len(arena)]
		}
		if whole && len(refs) == block {
			if p, ok := decodeMark(limit, treeOf(tx, bucketMarks).Get(key(limit))); ok {
				c.end = &p
			}
		}
		return nil
	})
	return c, err
}

// read gives the verified ops after p, up to `to` and at most to the end of p's block, and the place after them. fast
// compares a whole block with the CRC in its mark instead of computing its chain.
func (s *store) read(p pos, to uint64, fast bool, in *interner) ([]Op, pos, error) {
	c, err := s.load(p.Seq, to, fast && p.Seq%block == 0)
	if err != nil {
		return nil, p, err
	}
	if c.whole() {
		if ops, err := c.decode(p, in); err == nil && ops[len(ops)-1].At == c.end.At {
			return ops, *c.end, nil
		}
	}
	return c.verify(p, in)
}

// read is a run of verified ops and the place after them, or why there are no more.
type read struct {
	ops []Op
	to  pos
	err error
}

// feed sends the verified ops after p up to `to`, and closes out. It ends early with ctx.
func (s *store) feed(ctx context.Context, p pos, to uint64, fast bool, out chan<- read) {
	defer close(out)
	in := interners.Get().(*interner)
	defer interners.Put(in)
	for p.Seq < to {
		var b read
		if b.err = ctx.Err(); b.err == nil {
			b.ops, b.to, b.err = s.read(p, to, fast, in)
		}
		select {
		case out <- b:
		case <-ctx.Done():
			return
		}
		if b.err != nil {
			return
		}
		p = b.to
	}
}

func (c *chunk) sum() (crc uint32) {
	for _, v := range c.vals {
		crc = crc32.Update(crc, castagnoli, v)
	}
	return crc
}

// decode reads the ops without their chain.
func (c *chunk) decode(p pos, in *interner) ([]Op, error) {
	ops := make([]Op, len(c.vals))
	at := p.At
	for i, v := range c.vals {
		o, err := decodeOp(v[prefixLen:], in)
		if err != nil {
			return nil, damaged(c.first+uint64(i), "%v", err)
		}
		if o.Seq != c.first+uint64(i) || o.At < at {
			return nil, damaged(c.first+uint64(i), "it is out of order")
		}
		ops[i], at = o, o.At
	}
	return ops, nil
}

// verify reads the ops along their chain, from p.
func (c *chunk) verify(p pos, in *interner) ([]Op, pos, error) {
	p, err := c.chain(p)
	if err != nil {
		return nil, p, err
	}
	ops, err := c.decode(pos{}, in)
	return ops, p, err
}

// chain goes over the values without decoding more than their heads.
func (c *chunk) chain(p pos) (pos, error) {
	var ch chainer
	for i, v := range c.vals {
		seq := c.first + uint64(i)
		h := ch.next(p.Hash, v[prefixLen:])
		if !bytes.Equal(h[:prefixLen], v[:prefixLen]) {
			return p, damaged(seq, "its bytes do not match the chain of hashes")
		}
		_, got, at, _, err := decodeHead(v[prefixLen:])
		if err != nil || got != seq || at < p.At {
			return p, damaged(seq, "it is out of order")
		}
		p = p.step(h, &Op{Seq: seq, At: at}, v)
	}
	return p, nil
}

// posAt gives the verified place at seq, from the nearest good mark at or before it.
func (s *store) posAt(seq uint64) (pos, error) {
	p := s.origin
	err := s.view(func(tx *bolt.Tx) error {
		cur := treeOf(tx, bucketMarks).Cursor()
		ops := treeOf(tx, bucketOps)
		for k, v := seekLE(cur, seq); k != nil; k, v = cur.Prev() {
			m, ok := decodeMark(unkey(k), v)
			if ok && bytes.HasPrefix(ops.Get(k), m.Hash[:prefixLen]) {
				p = m
				return nil
			}
		}
		return nil
	})
	for err == nil && p.Seq < seq {
		var c chunk
		if c, err = s.load(p.Seq, seq, false); err == nil {
			p, err = c.chain(p)
		}
	}
	return p, err
}

// seekLE moves cur to the largest key at or before seq.
func seekLE(cur *cursor, seq uint64) (k, v []byte) {
	if k, v = cur.Seek(key(seq)); k == nil {
		k, v = cur.Last()
	}
	for k != nil && unkey(k) > seq {
		k, v = cur.Prev()
	}
	return k, v
}

// since gives up to limit verified ops after seq, up to head.
func (s *store) since(seq, head uint64, limit int) ([]Op, error) {
	if err := s.notBefore(seq); err != nil {
		return nil, err
	}
	if seq >= head || limit <= 0 {
		return nil, nil
	}
	to := head
	if n := uint64(limit); n < head-seq {
		to = seq + n
	}
	p, err := s.posAt(seq)
	if err != nil {
		return nil, err
	}
	in := interners.Get().(*interner)
	defer interners.Put(in)
	var out []Op
	for p.Seq < to {
		var ops []Op
		if ops, p, err = s.read(p, to, false, in); err != nil {
			return out, err
		}
		out = append(out, ops...)
	}
	return out, nil
}

// indexed gives the first limit ops after seq after that name stands for.
func (s *store) indexed(name string, after, head uint64, limit int) ([]Op, error) {
	var seqs []uint64
	err := s.view(func(tx *bolt.Tx) error {
		seqs = namesOf(tx).upTo(name, after, head, limit)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return s.gather(seqs, name, head)
}

// gather reads the ops at seqs, which ascend and must all bear the name.
func (s *store) gather(seqs []uint64, name string, head uint64) ([]Op, error) {
	in := interners.Get().(*interner)
	defer interners.Put(in)
	n, _ := slices.BinarySearch(seqs, s.origin.Seq+1)
	out, err := s.kept(seqs[:n], name, in)
	if err != nil {
		return out, err
	}
	seqs = seqs[n:]
	for len(seqs) > 0 {
		n := 1 // those of one block are read together
		for n < len(seqs) && (seqs[n]-1)/block == (seqs[0]-1)/block {
			n++
		}
		got, err := s.pick(seqs[:n], name, head, in)
		if err != nil {
			return out, err
		}
		out, seqs = append(out, got...), seqs[n:]
	}
	return out, nil
}

// pick reads ops of one block, which must all bear the name. A block that is whole is compared with the CRC in its mark,
// as in a replay; of the others the chain is computed up to the last op that is wanted.
func (s *store) pick(seqs []uint64, name string, head uint64, in *interner) ([]Op, error) {
	last := seqs[len(seqs)-1]
	end := (last-1)/block*block + block
	if end <= head {
		last = end
	}
	p, err := s.posAt(end - block)
	if err != nil {
		return nil, err
	}
	out := make([]Op, 0, len(seqs))
	for len(out) < len(seqs) {
		c, err := s.load(p.Seq, last, true)
		if err != nil {
			return nil, err
		}
		if p, err = c.trust(p); err != nil {
			return nil, err
		}
		for len(out) < len(seqs) && seqs[len(out)] <= p.Seq {
			v := c.vals[seqs[len(out)]-c.first]
			o, err := decodeOp(v[prefixLen:], in)
			if err != nil || o.Seq != seqs[len(out)] {
				return nil, damaged(seqs[len(out)], "it cannot be read: %v", err)
			}
			if !contains(o.Index, name) {
				return nil, damaged(0, "the index says that op %d belongs to %q, the op does not", o.Seq, name)
			}
			o.Body = bytes.Clone(o.Body) // do not hold the block
			out = append(out, o)
		}
	}
	return out, nil
}

// trust gives the place after the chunk: by its mark where it is a whole block, else by its chain from p.
func (c *chunk) trust(p pos) (pos, error) {
	if c.whole() {
		return *c.end, nil
	}
	return c.chain(p)
}

// whole says that the chunk is the block that its mark was written for, byte for byte.
func (c *chunk) whole() bool {
	return c.end != nil && c.sum() == c.end.crc && bytes.HasPrefix(c.vals[block-1], c.end.Hash[:prefixLen])
}

func contains(names []string, name string) bool {
	for _, s := range names {
		if s == name {
			return true
		}
	}
	return false
}

// readAhead asks the kernel for the pages of the ops from..to: bbolt's mapping is read in single pages, which on a cold file
// is a wait for each.
func (s *store) readAhead(from, to uint64) {
	if s.ra == nil || to <= from {
		return
	}
	_ = s.view(func(tx *bolt.Tx) error {
		ops := treeOf(tx, bucketOps)
		s.willRead(tx, ops.Get(key(from)), ops.Get(key(to)))
		return nil
	})
}

// willRead asks the kernel for what lies between the beginning of the stored value a and the end of b.
func (s *store) willRead(tx *bolt.Tx, a, b []byte) {
	if s.ra == nil || len(a) == 0 || len(b) == 0 {
		return
	}
	base := tx.DB().Info().Data
	lo := int64(uintptr(unsafe.Pointer(unsafe.SliceData(a))) - base)
	hi := int64(uintptr(unsafe.Pointer(unsafe.SliceData(b)))-base) + int64(len(b))
	if n := hi - lo; lo >= 0 && n >= readAheadMin && n <= 16*chunkBytes {
		willNeed(s.ra, lo, n)
	}
}
