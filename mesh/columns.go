package mesh

import (
	"encoding/binary"

	"google.golang.org/protobuf/encoding/protowire"
)

// Memos hold entities as columns: the fields methods that write an op's record one field after another write here each
// field into a column of its own, all rows of a kind together. So equal things lie side by side and compress well, a
// column of nothing but zeros is left out, and reading back allocates a few large blocks instead of a few million small
// ones. A column is named by the field's number: a later version reads what it knows, and takes the rest as zero.

// group is the columns of one kind of record at one place: of a section, of a list or a part within it.
type group struct {
	rows int
	cols []column // by field number
	subs []*group // of lists and parts, by field number
	slab any      // decoding a list: []T with a place for each row
	next int      // decoding a list: the first free place
}

// column is a run of uvarints, one for each row, now and then two. Encoding appends to buf, decoding consumes it; nil is
// a column of zeros.
type column struct {
	buf  []byte
	used bool // it has more than zeros
}

// groupDepth bounds how deep lists lie in lists.
const groupDepth = 4

func (g *group) col(n protowire.Number) *column {
	for int(n) >= len(g.cols) {
		g.cols = append(g.cols, column{})
	}
	return &g.cols[n]
}

// sub gives the group of field n; decoding, an empty one where there is none.
func (g *group) sub(n protowire.Number) *group {
	for int(n) >= len(g.subs) {
		g.subs = append(g.subs, nil)
	}
	if g.subs[n] == nil {
		g.subs[n] = &group{}
	}
	return g.subs[n]
}

func (c *coder) put(n protowire.Number, v uint64) {
	col := c.g.col(n)
	col.used = col.used || v != 0
	col.buf = binary.AppendUvarint(col.buf, v)
}

func (c *coder) take(n protowire.Number) uint64 {
	if int(n) >= len(c.g.cols) {
		return 0
	}
	col := &c.g.cols[n]
	if col.buf == nil {
		return 0
	}
	if len(col.buf) > 0 && col.buf[0] < 0x80 {
		v := col.buf[0]
		col.buf = col.buf[1:]
		return uint64(v)
	}
	v, k := binary.Uvarint(col.buf)
	if k <= 0 {
		c.fail(errTruncated)
		return 0
	}
	col.buf = col.buf[k:]
	return v
}

func (c *coder) fail(err error) {
	if c.err == nil {
		c.err = err
	}
}

// nearMost bounds the numbers that are written as differences; others are written as they are.
const nearMost = 1 << 61

// putNear writes a number as its distance to the one before it of its sort, whatever field that was: 0 is zero, odd is
// a distance, 2 is followed by the number itself.
func (c *coder) putNear(n protowire.Number, v int64, last *int64) {
	switch {
	case v == 0:
		c.put(n, 0)
	case v > 0 && v < nearMost:
		c.put(n, protowire.EncodeZigZag(v-*last)<<1|1)
		*last = v
	default:
		c.put(n, 2)
		c.put(n, uint64(v))
	}
}

func (c *coder) takeNear(n protowire.Number, last *int64) int64 {
	v := c.take(n)
	switch {
	case v == 0:
		return 0
	case v&1 == 1:
		*last += protowire.DecodeZigZag(v >> 1)
		return *last
	}
	return int64(c.take(n))
}

// each codes a repeated part, in either form.
func each[T any](c *coder, n protowire.Number, p *[]T, f func(*coder, *T)) {
	switch {
	case c.g == nil:
		eachInline(c, n, p, f)
	case c.enc:
		c.put(n, uint64(len(*p)))
		if len(*p) == 0 {
			return
		}
		g := c.g
		c.g = g.sub(n)
		for i := range *p {
			f(c, &(*p)[i])
			c.g.rows++
		}
		c.g = g
	default:
		eachBack(c, n, p, f)
	}
}

// eachBack reads a list into its place of the slab.
func eachBack[T any](c *coder, n protowire.Number, p *[]T, f func(*coder, *T)) {
	count := c.take(n)
	if count == 0 || c.err != nil {
		return
	}
	g := c.g
	sub := g.sub(n)
	if count > uint64(sub.rows-sub.next) {
		c.fail(errTruncated)
		return
	}
	slab, ok := sub.slab.([]T)
	if !ok {
		slab = make([]T, sub.rows)
		sub.slab = slab
	}
	from, to := sub.next, sub.next+int(count)
	sub.next = to
	*p = slab[from:to:to]
	c.g = sub
	for i := range *p {
		f(c, &(*p)[i])
	}
	c.g = g
}

// within runs f on the columns of a part.
func (c *coder) within(n protowire.Number, f func()) {
	g := c.g
	c.g = g.sub(n)
	if c.enc {
		c.g.rows++
	}
	f()
	c.g = g
}

// appendGroup writes the columns that have more than zeros, the first in any case: so no row is free, and a reader can
// tell an impossible number of them. Then the groups below.
//
//	uvarint  number of columns; for each: uvarint field number, uvarint bytes
//	bytes    of the columns, one after another
//	uvarint  number of groups; for each: uvarint field number, uvarint rows, the group
func appendGroup(b []byte, g *group) []byte {
	kept := make([]int, 0, len(g.cols))
	for n := range g.cols {
		if col := &g.cols[n]; col.used || len(col.buf) > 0 && len(kept) == 0 {
			kept = append(kept, n)
		}
	}
	b = binary.AppendUvarint(b, uint64(len(kept)))
	for _, n := range kept {
		b = binary.AppendUvarint(b, uint64(n))
		b = binary.AppendUvarint(b, uint64(len(g.cols[n].buf)))
	}
	for _, n := range kept {
		b = append(b, g.cols[n].buf...)
	}
	subs := 0
	for _, s := range g.subs {
		if s != nil && s.rows > 0 {
			subs++
		}
	}
	b = binary.AppendUvarint(b, uint64(subs))
	for n, s := range g.subs {
		if s != nil && s.rows > 0 {
			b = binary.AppendUvarint(b, uint64(n))
			b = binary.AppendUvarint(b, uint64(s.rows))
			b = appendGroup(b, s)
		}
	}
	return b
}

// maxField bounds a field's number, so that a damaged one makes no large table.
const maxField = 256

// reader takes a memo apart.
type reader struct {
	b   []byte
	err error
}

func (r *reader) uvarint(limit uint64) uint64 {
	if r.err != nil {
		return 0
	}
	v, k := binary.Uvarint(r.b)
	if k <= 0 || v > limit {
		r.err = errTruncated
		return 0
	}
	r.b = r.b[k:]
	return v
}

// bytes takes the next n.
func (r *reader) bytes(n uint64) []byte {
	if r.err != nil || n > uint64(len(r.b)) {
		r.err = errTruncated
		return nil
	}
	b := r.b[:n:n]
	r.b = r.b[n:]
	return b
}

// group reads what appendGroup wrote, of so many rows.
func (r *reader) group(rows, depth int) *group {
	g := &group{rows: rows}
	n := r.uvarint(maxField)
	type size struct{ field, bytes uint64 }
	sizes := make([]size, 0, n)
	for range n {
		sizes = append(sizes, size{r.uvarint(maxField), r.uvarint(uint64(len(r.b)))})
	}
	for i, s := range sizes {
		b := r.bytes(s.bytes)
		if r.err != nil || i == 0 && len(b) < rows {
			r.err = errTruncated
			return g
		}
		g.col(protowire.Number(s.field)).buf = b
	}
	if n == 0 && rows > 0 {
		r.err = errTruncated
	}
	for range r.uvarint(maxField) {
		field, rows := r.uvarint(maxField), r.uvarint(uint64(len(r.b)))
		if r.err != nil || depth == 0 {
			r.err = errTruncated
			return g
		}
		s := r.group(int(rows), depth-1)
		g.sub(protowire.Number(field))
		g.subs[field] = s
	}
	return g
}
