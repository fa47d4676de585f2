package audit

import (
	"encoding/binary"
	"math/bits"
	"slices"

	"golang.org/x/mod/sumdb/tlog"
)

// Tree is a Merkle tree (RFC 6962) over stored entries, kept as its compact range: the roots of its perfect subtrees,
// largest first, one for each bit set in its size. It can grow and name its root, nothing more, in at most 64 hashes.
//
// The zero value is the empty tree. A copy is a snapshot: appending to one never changes another. Marshalled, it is
// the size as a minimal uvarint, then the hashes.
type Tree struct {
	size  uint64
	peaks []tlog.Hash // never written through once shared: Append replaces it
}

// Append adds a stored entry and gives its leaf hash, SHA-256(0x00 ‖ stored).
func (t *Tree) Append(stored []byte) (leaf [32]byte) {
	h := tlog.RecordHash(stored)
	t.AppendLeaf(h)
	return h
}

// AppendLeaf adds an entry by its leaf hash.
func (t *Tree) AppendLeaf(leaf [32]byte) {
	h := tlog.Hash(leaf)
	merged := bits.TrailingZeros64(^t.size) // each trailing one is a subtree that the new leaf completes
	keep := len(t.peaks) - merged
	for i := len(t.peaks) - 1; i >= keep; i-- {
		h = tlog.NodeHash(t.peaks[i], h)
	}
	peaks := make([]tlog.Hash, keep+1)
	copy(peaks, t.peaks[:keep])
	peaks[keep] = h
	t.peaks = peaks
	t.size++
}

// Size is the number of entries.
func (t Tree) Size() uint64 { return t.size }

// Root is the Merkle tree hash; of the empty tree it is SHA-256 of nothing.
func (t Tree) Root() [32]byte {
	if t.size == 0 {
		h, _ := tlog.TreeHash(0, nil) // of size 0 it reads nothing and can't fail
		return h
	}
	h := t.peaks[len(t.peaks)-1]
	for _, left := range slices.Backward(t.peaks[:len(t.peaks)-1]) {
		h = tlog.NodeHash(left, h)
	}
	return h
}

// Marshal is the tree as bytes; equal trees give equal bytes.
func (t Tree) Marshal() []byte {
	b := binary.AppendUvarint(make([]byte, 0, binary.MaxVarintLen64+len(t.peaks)*tlog.HashSize), t.size)
	for _, p := range t.peaks {
		b = append(b, p[:]...)
	}
	return b
}

// Unmarshal reads exactly what Marshal writes; anything else is vox/audit/malformed and leaves t as it was.
func (t *Tree) Unmarshal(b []byte) error {
	size, n := binary.Uvarint(b)
	if n <= 0 || len(binary.AppendUvarint(nil, size)) != n {
		return malformed("an audit tree does not begin with its size")
	}
	rest := b[n:]
	if len(rest) != bits.OnesCount64(size)*tlog.HashSize {
		return malformed("an audit tree of %d entries has %d bytes of hashes", size, len(rest))
	}
	peaks := make([]tlog.Hash, 0, len(rest)/tlog.HashSize)
	for ; len(rest) > 0; rest = rest[tlog.HashSize:] {
		peaks = append(peaks, tlog.Hash(rest[:tlog.HashSize]))
	}
	*t = Tree{size: size, peaks: peaks}
	return nil
}
