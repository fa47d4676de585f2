package oplog

import (
	"encoding/binary"
	"math/bits"
)

// Codes of the times of a block, most significant bit first. A number v has the code of order k: with w = v + 2^k, of n
// bits, n−1−k zeros and then w. So what is about 2^k takes about k+1 bits, and what is a thousand times as much takes twenty more.

// bitWriter appends bits to bytes.
type bitWriter struct {
	b    []byte
	acc  uint64
	have uint // bits in acc, below 8
}

// put appends the n low bits of v, at most 56; the others must be 0.
func (w *bitWriter) put(v uint64, n uint) {
	w.acc, w.have = w.acc<<n|v, w.have+n
	for w.have >= 8 {
		w.have -= 8
		w.b = append(w.b, byte(w.acc>>w.have))
	}
}

// code appends v, below 2^63, of order k, at most 62.
func (w *bitWriter) code(v uint64, k uint) {
	v += 1 << k
	n := uint(bits.Len64(v))
	for z := n - 1 - k; z > 0; z -= min(z, 32) {
		w.put(0, min(z, 32))
	}
	if n > 32 {
		w.put(v>>32, n-32)
		w.put(v&(1<<32-1), 32)
		return
	}
	w.put(v, n)
}

// end gives the bytes, the last one filled up with zeros.
func (w *bitWriter) end() []byte {
	if w.have > 0 {
		w.put(0, 8-w.have)
	}
	return w.b
}

// bitReader reads what a bitWriter wrote. Beyond the end there are zeros.
type bitReader struct {
	b   []byte
	off uint // in bits
}

// peek gives the next 64 bits.
func (r *bitReader) peek() uint64 {
	i, s := r.off/8, r.off%8
	if i+9 <= uint(len(r.b)) {
		return binary.BigEndian.Uint64(r.b[i:])<<s | uint64(r.b[i+8])>>(8-s)
	}
	var pad [9]byte
	if i < uint(len(r.b)) {
		copy(pad[:], r.b[i:])
	}
	return binary.BigEndian.Uint64(pad[:])<<s | uint64(pad[8])>>(8-s)
}

// code reads a number of order k, at most 62; false where there is none.
func (r *bitReader) code(k uint) (v uint64, ok bool) {
	p := r.peek()
	z := uint(bits.LeadingZeros64(p))
	n := z + 1 + k
	if n > 64 {
		return 0, false
	}
	if z+n <= 64 {
		r.off += z + n
		return p<<z>>(64-n) - 1<<k, r.off <= uint(len(r.b))*8
	}
	r.off += z
	v = r.peek()>>(64-n) - 1<<k
	r.off += n
	return v, r.off <= uint(len(r.b))*8
}

// rest says whether what is left is the zeros that fill up the last byte.
func (r *bitReader) rest() bool {
	left := uint(len(r.b))*8 - r.off
	return r.off <= uint(len(r.b))*8 && left < 8 && (left == 0 || r.b[len(r.b)-1]<<(8-left) == 0)
}

// order gives the order in which numbers take about the fewest bits, where lens[n] of them have n bits.
func order(lens *[64]int) (best uint) {
	least := -1
	for k := uint(0); k <= 40; k++ {
		sum := 0
		for n, count := range lens {
			if count == 0 {
				continue
			}
			v := uint64(0)
			if n > 0 {
				v = 3 << n >> 2 // the middle of the numbers of n bits
			}
			sum += count * (2*bits.Len64(v+1<<k) - int(k))
		}
		if least < 0 || sum < least {
			best, least = k, sum
		}
	}
	return best
}
