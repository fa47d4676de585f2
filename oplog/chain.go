package oplog

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"hash/crc32"
)

// Hash is a link of the chain: H(n) = SHA-256(H(n−1) ‖ encoding of op n).
type Hash [32]byte

// String gives 64 hex digits.
func (h Hash) String() string { return hex.EncodeToString(h[:]) }

// Genesis is H(0), the hash before the first op: SHA-256 of a domain string.
func Genesis() Hash { return sha256.Sum256([]byte("voxmesh oplog v1 genesis\n")) }

// Next gives the hash after an op, from the hash before it and the op's encoding.
func (h Hash) Next(encoded []byte) Hash {
	var c chainer
	return c.next(h, encoded)
}

// Head is where a log or a state stands: the last op, its time (microseconds), and the hash of the chain up to it. A log
// without ops has Seq 0, At 0 and the hash Genesis.
type Head struct {
	Seq  uint64
	At   int64
	Hash Hash
}

const (
	prefixLen = 8    // bytes of H(n) that are stored before op n
	block     = 1024 // ops between two marks
)

// castagnoli is what CPUs compute.
var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// chainer computes links with one buffer.
type chainer struct{ buf []byte }

func (c *chainer) next(h Hash, encoded []byte) Hash {
	c.buf = append(append(c.buf[:0], h[:]...), encoded...)
	return sha256.Sum256(c.buf)
}

// pos is a verified place in the chain: all that is needed to go on from there.
type pos struct {
	Head
	bytes uint64 // of the encodings of all ops so far
	crc   uint32 // CRC-32C of the stored values of the block so far; at a multiple of block, of the block that ends there
}

func start() pos { return pos{Head: Head{Hash: Genesis()}} }

// step goes over one stored value that is known to hold op o.
func (p pos) step(h Hash, o *Op, stored []byte) pos {
	n := pos{Head: Head{Seq: o.Seq, At: o.At, Hash: h}, bytes: p.bytes + uint64(len(stored)-prefixLen)}
	if p.Seq%block != 0 {
		n.crc = p.crc
	}
	n.crc = crc32.Update(n.crc, castagnoli, stored)
	return n
}

// mark is a small signpost at every multiple of 1024 ops, written in the same commit: the full hash there, from which any
// op of the next block is verified with at most 1,024 hashes, and the CRC of the block that it ends.
//
//	byte     version, 1
//	8 bytes  At
//	8 bytes  encoded bytes of all ops so far
//	4 bytes  CRC-32C over the 1024 stored values of the block that ends here
//	32 bytes H
//	8 bytes  first bytes of SHA-256("voxmesh oplog v1 mark\n" ‖ seq, 8 bytes ‖ all of the above)
//
// Numbers are big endian. A mark that does not match its check counts as absent.
const (
	markVersion = 1
	markLen     = 1 + 8 + 8 + 4 + 32 + 8
)

func encodeMark(p pos) []byte {
	b := make([]byte, 0, markLen)
	b = append(b, markVersion)
	b = binary.BigEndian.AppendUint64(b, uint64(p.At))
	b = binary.BigEndian.AppendUint64(b, p.bytes)
	b = binary.BigEndian.AppendUint32(b, p.crc)
	b = append(b, p.Hash[:]...)
	return append(b, markCheck(p.Seq, b)...)
}

func decodeMark(seq uint64, b []byte) (pos, bool) {
	if len(b) != markLen || b[0] != markVersion || !bytes.Equal(markCheck(seq, b[:markLen-8]), b[markLen-8:]) {
		return pos{}, false
	}
	p := pos{Head: Head{Seq: seq, At: int64(binary.BigEndian.Uint64(b[1:]))}, bytes: binary.BigEndian.Uint64(b[9:]), crc: binary.BigEndian.Uint32(b[17:])}
	copy(p.Hash[:], b[21:])
	return p, p.At >= 0
}

func markCheck(seq uint64, b []byte) []byte {
	buf := make([]byte, 0, 128)
	buf = append(buf, "voxmesh oplog v1 mark\n"...)
	buf = binary.BigEndian.AppendUint64(buf, seq)
	h := sha256.Sum256(append(buf, b...))
	return h[:8]
}

func key(seq uint64) []byte { return binary.BigEndian.AppendUint64(nil, seq) }

func unkey(k []byte) uint64 {
	if len(k) != 8 {
		return 0
	}
	return binary.BigEndian.Uint64(k)
}
