package oplog

import (
	"bytes"
	"crypto/sha256"

	bolt "go.etcd.io/bbolt"
)

// A kept op is one from before the base that is still found by its index names. Under its seq is stored:
//
//	32 bytes H(Seq−1)
//	32 bytes H(Seq)
//	bytes    the op's encoding
//
// H(Seq) = SHA-256(H(Seq−1) ‖ encoding) is its check, and the two links say where it stood in the chain that the archive
// holds. Its names stay in the index as they were.
const keptHead = 2 * sha256.Size

func encodeKept(prev, h Hash, encoded []byte) []byte {
	return append(append(append(make([]byte, 0, keptHead+len(encoded)), prev[:]...), h[:]...), encoded...)
}

// decodeKept reads a kept op and checks it. The op shares b.
func decodeKept(seq uint64, b []byte, in *interner) (Op, error) {
	if len(b) <= keptHead || len(b) > keptHead+maxStored {
		return Op{}, damaged(seq, "its length of %d is impossible", len(b))
	}
	var ch chainer
	if h := ch.next(Hash(b[:sha256.Size]), b[keptHead:]); !bytes.Equal(h[:], b[sha256.Size:keptHead]) {
		return Op{}, damaged(seq, "its bytes do not match the hash that was kept with it")
	}
	o, err := decodeOp(b[keptHead:], in)
	if err != nil || o.Seq != seq {
		return Op{}, damaged(seq, "it cannot be read: %v", err)
	}
	return o, nil
}

// kept reads ops from before the base, which must all bear the name.
func (s *store) kept(seqs []uint64, name string, in *interner) ([]Op, error) {
	out := make([]Op, 0, len(seqs))
	for _, seq := range seqs {
		var val []byte
		err := s.view(func(tx *bolt.Tx) error {
			val = bytes.Clone(treeOf(tx, bucketKept).Get(key(seq)))
			return nil
		})
		if err != nil {
			return out, err
		}
		if val == nil {
			return out, damaged(0, "the index says that op %d, from before the base, was kept: it is not there", seq)
		}
		o, err := decodeKept(seq, val, in)
		if err != nil {
			return out, err
		}
		if !contains(o.Index, name) {
			return out, damaged(0, "the index says that op %d belongs to %q, the op does not", seq, name)
		}
		out = append(out, o)
	}
	return out, nil
}

// keptFrom copies the first kept op at or after seq; nil if there is none.
func (s *store) keptFrom(seq uint64) (at uint64, val []byte, err error) {
	if s.format < 2 {
		return 0, nil, nil
	}
	err = s.view(func(tx *bolt.Tx) error {
		k, v := treeOf(tx, bucketKept).Cursor().Seek(key(seq))
		if k == nil {
			return nil
		}
		if at = unkey(k); at < seq {
			return damaged(0, "a key of the kept ops is no number")
		}
		val = bytes.Clone(v)
		return nil
	})
	return at, val, err
}

// checkKept looks at every kept op and its names.
func (s *store) checkKept(r *Report) error {
	in := newInterner()
	at, val, err := s.keptFrom(0)
	for ; err == nil && val != nil; at, val, err = s.keptFrom(at + 1) {
		r.Kept++
		o, err := decodeKept(at, val, in)
		if err == nil && at > s.origin.Seq {
			err = damaged(at, "it is among the kept ops, but not from before the base")
		}
		if err != nil {
			r.note("a kept op from before the base: %v", err)
			continue
		}
		if err := s.checkIndex([]Op{o}, r); err != nil {
			return err
		}
	}
	return err
}
