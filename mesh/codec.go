package mesh

import (
	"errors"
	"fmt"

	"google.golang.org/protobuf/encoding/protowire"

	"voxmesh/mesh/privacy"
)

// A record is the typed body of an op, or a part of one. Its fields method names every field once, with its number;
// a coder that encodes or decodes walks them in ascending order. The bytes are those of the protobuf wire format
// (varint and length-delimited only), fields ascending, zero values left out: so they are compact and deterministic,
// and a record evolves by adding fields with higher numbers, which an older reader skips.
type record interface{ fields(c *coder) }

// coder walks a record. With enc set it appends to buf; else it consumes buf.
//
// With g set it walks the columns of a memo instead (see columns.go): then the order of the fields does not matter, and
// texts are numbers of a table.
type coder struct {
	enc bool
	buf []byte
	err error

	g     *group
	texts *strtab
	at    int64 // the time before
	seq   int64 // the seq before
}

var errTruncated = errors.New("record is cut short")

// marshal gives the bytes of a record.
func marshal(r record) []byte {
	c := coder{enc: true}
	r.fields(&c)
	return c.buf
}

// unmarshal fills r from b. Fields of a later version are skipped; anything malformed is an error.
func unmarshal(b []byte, r record) error {
	c := coder{buf: b}
	r.fields(&c)
	for c.err == nil && len(c.buf) > 0 {
		c.skip()
	}
	return c.err
}

// next reports whether field n comes next, after skipping fields that this version does not know.
func (c *coder) next(n protowire.Number, t protowire.Type) bool {
	for c.err == nil && len(c.buf) > 0 {
		num, typ, k := protowire.ConsumeTag(c.buf)
		if k < 0 {
			c.err = errTruncated
			return false
		}
		switch {
		case num > n:
			return false
		case num == n:
			if typ != t {
				c.err = fmt.Errorf("field %d has wire type %d, want %d", num, typ, t)
				return false
			}
			c.buf = c.buf[k:]
			return true
		default:
			c.skip()
		}
	}
	return false
}

func (c *coder) skip() {
	num, typ, k := protowire.ConsumeTag(c.buf)
	if k < 0 {
		c.err = errTruncated
		return
	}
	v := protowire.ConsumeFieldValue(num, typ, c.buf[k:])
	if v < 0 {
		c.err = errTruncated
		return
	}
	c.buf = c.buf[k+v:]
}

func (c *coder) varint(n protowire.Number, get uint64, set func(uint64)) {
	if c.g != nil {
		if c.enc {
			c.put(n, get)
		} else if v := c.take(n); v != 0 {
			set(v)
		}
		return
	}
	if c.enc {
		if get != 0 {
			c.buf = protowire.AppendTag(c.buf, n, protowire.VarintType)
			c.buf = protowire.AppendVarint(c.buf, get)
		}
		return
	}
	if !c.next(n, protowire.VarintType) {
		return
	}
	v, k := protowire.ConsumeVarint(c.buf)
	if k < 0 {
		c.err = errTruncated
		return
	}
	c.buf = c.buf[k:]
	set(v)
}

func (c *coder) chunk() []byte {
	v, k := protowire.ConsumeBytes(c.buf)
	if k < 0 {
		c.err = errTruncated
		return nil
	}
	c.buf = c.buf[k:]
	return v
}

func (c *coder) u64(n protowire.Number, p *uint64) {
	c.varint(n, *p, func(v uint64) { *p = v })
}

func (c *coder) u32(n protowire.Number, p *uint32) {
	c.varint(n, uint64(*p), func(v uint64) { *p = uint32(v) })
}

func (c *coder) u8(n protowire.Number, p *uint8) {
	c.varint(n, uint64(*p), func(v uint64) { *p = uint8(min(v, 255)) })
}

// i64 is zigzag, so that small negative numbers stay small.
func (c *coder) i64(n protowire.Number, p *int64) {
	c.varint(n, protowire.EncodeZigZag(*p), func(v uint64) { *p = protowire.DecodeZigZag(v) })
}

// time is i64, for unix microseconds: a column has the distance to the time before it.
func (c *coder) time(n protowire.Number, p *int64) {
	switch {
	case c.g == nil:
		c.i64(n, p)
	case c.enc:
		c.putNear(n, *p, &c.at)
	default:
		*p = c.takeNear(n, &c.at)
	}
}

// place is u64, for seqs of ops: a column has the distance to the one before it.
func (c *coder) place(n protowire.Number, p *uint64) {
	switch {
	case c.g == nil:
		c.u64(n, p)
	case c.enc:
		c.putNear(n, int64(*p), &c.seq)
	default:
		*p = uint64(c.takeNear(n, &c.seq))
	}
}

func (c *coder) flag(n protowire.Number, p *bool) {
	var v uint64
	if *p {
		v = 1
	}
	c.varint(n, v, func(v uint64) { *p = v != 0 })
}

func (c *coder) class(n protowire.Number, p *privacy.Class) {
	c.varint(n, uint64(*p), func(v uint64) { *p = privacy.FromNumber(v) })
}

// opt is a number that may be absent: a present zero is written.
func (c *coder) opt(n protowire.Number, p **int64) {
	if c.g != nil {
		c.optColumn(n, p)
		return
	}
	if c.enc {
		if *p != nil {
			c.buf = protowire.AppendTag(c.buf, n, protowire.VarintType)
			c.buf = protowire.AppendVarint(c.buf, protowire.EncodeZigZag(**p))
		}
		return
	}
	c.varint(n, 0, func(v uint64) { x := protowire.DecodeZigZag(v); *p = &x })
}

func (c *coder) str(n protowire.Number, p *string) {
	if c.g != nil {
		c.strColumn(n, p)
		return
	}
	if c.enc {
		if *p != "" {
			c.buf = protowire.AppendTag(c.buf, n, protowire.BytesType)
			c.buf = protowire.AppendString(c.buf, *p)
		}
		return
	}
	if c.next(n, protowire.BytesType) {
		*p = string(c.chunk())
	}
}

func (c *coder) bytes(n protowire.Number, p *[]byte) {
	if c.g != nil {
		s := string(*p)
		if c.strColumn(n, &s); !c.enc && s != "" {
			*p = []byte(s)
		}
		return
	}
	if c.enc {
		if len(*p) > 0 {
			c.buf = protowire.AppendTag(c.buf, n, protowire.BytesType)
			c.buf = protowire.AppendBytes(c.buf, *p)
		}
		return
	}
	if c.next(n, protowire.BytesType) {
		*p = append([]byte(nil), c.chunk()...)
	}
}

func (c *coder) strs(n protowire.Number, p *[]string) {
	if c.g != nil {
		each(c, n, p, func(c *coder, s *string) { c.strColumn(1, s) })
		return
	}
	if c.enc {
		for _, s := range *p {
			c.buf = protowire.AppendTag(c.buf, n, protowire.BytesType)
			c.buf = protowire.AppendString(c.buf, s)
		}
		return
	}
	for c.next(n, protowire.BytesType) {
		*p = append(*p, string(c.chunk()))
	}
}

// list codes a repeated part, each element length-delimited.
func list[T any, P interface {
	*T
	record
}](c *coder, n protowire.Number, p *[]T,
) {
	each(c, n, p, func(c *coder, e *T) { P(e).fields(c) })
}

// eachInline codes a repeated part in an op's record.
func eachInline[T any](c *coder, n protowire.Number, p *[]T, f func(*coder, *T)) {
	if c.enc {
		for i := range *p {
			e := coder{enc: true}
			f(&e, &(*p)[i])
			c.buf = protowire.AppendTag(c.buf, n, protowire.BytesType)
			c.buf = protowire.AppendBytes(c.buf, e.buf)
		}
		return
	}
	for c.next(n, protowire.BytesType) {
		var v T
		e := coder{buf: c.chunk()}
		f(&e, &v)
		for e.err == nil && len(e.buf) > 0 {
			e.skip()
		}
		if e.err != nil && c.err == nil {
			c.err = e.err
		}
		*p = append(*p, v)
	}
}

// Encode gives the body of an op: the deterministic bytes of one of the records of this package.
func Encode(r record) []byte { return marshal(r) }

// strColumn is a text as its number in the table.
func (c *coder) strColumn(n protowire.Number, p *string) {
	if c.enc {
		c.put(n, c.texts.add(*p))
		return
	}
	s, ok := c.texts.text(c.take(n))
	if !ok {
		c.fail(errTruncated)
	}
	*p = s
}

// optColumn is 0 for a number that is absent, else 1 and the number.
func (c *coder) optColumn(n protowire.Number, p **int64) {
	switch {
	case c.enc && *p == nil:
		c.put(n, 0)
	case c.enc:
		c.put(n, 1)
		c.put(n, protowire.EncodeZigZag(**p))
	case c.take(n) != 0:
		v := protowire.DecodeZigZag(c.take(n))
		*p = &v
	}
}
