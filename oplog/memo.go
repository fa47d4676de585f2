package oplog

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/klauspost/compress/s2"
	bolt "go.etcd.io/bbolt"
)

// memo is a state at a multiple of 1024 ops, as stored under its seq:
//
//	byte     version, 1
//	4 bytes  version of the reducer
//	8 bytes  Seq
//	8 bytes  At of op Seq
//	32 bytes H(Seq)
//	8 bytes  encoded bytes of all ops so far
//	bytes    the projection's encoding, as one S2 block
//	32 bytes SHA-256("voxmesh oplog v1 memo\n" ‖ all of the above)
//
// Numbers are big endian. What does not match counts as absent.
type memo struct {
	pos
	reducer uint32
	state   []byte // S2
}

const (
	memoVersion = 1
	memoHead    = 1 + 4 + 8 + 8 + 32 + 8
	memoDomain  = "voxmesh oplog v1 memo\n"

	// memoStateMax bounds a decompressed state.
	memoStateMax = 1 << 30
)

var errMemo = errors.New("a memo that does not match its own hash")

func encodeMemo(p pos, reducer uint32, state []byte) []byte {
	b := make([]byte, 0, memoHead+s2.MaxEncodedLen(len(state))+sha256.Size)
	b = append(b, memoVersion)
	b = binary.BigEndian.AppendUint32(b, reducer)
	b = binary.BigEndian.AppendUint64(b, p.Seq)
	b = binary.BigEndian.AppendUint64(b, uint64(p.At))
	b = append(b, p.Hash[:]...)
	b = binary.BigEndian.AppendUint64(b, p.bytes)
	b = append(b, s2.Encode(b[len(b):cap(b)], state)...)
	return append(b, memoSum(b)...)
}

func memoSum(b []byte) []byte {
	h := sha256.New()
	h.Write([]byte(memoDomain))
	h.Write(b)
	return h.Sum(nil)
}

// parseMemo reads a memo and checks its hash. The result shares b.
func parseMemo(seq uint64, b []byte) (memo, error) {
	if len(b) < memoHead+sha256.Size || b[0] != memoVersion {
		return memo{}, errMemo
	}
	body := b[:len(b)-sha256.Size]
	if !bytes.Equal(memoSum(body), b[len(body):]) {
		return memo{}, errMemo
	}
	m := memo{reducer: binary.BigEndian.Uint32(b[1:]), state: body[memoHead:]}
	m.Seq = binary.BigEndian.Uint64(b[5:])
	m.At = int64(binary.BigEndian.Uint64(b[13:]))
	copy(m.Hash[:], b[21:])
	m.bytes = binary.BigEndian.Uint64(b[53:])
	if m.Seq != seq || m.At < 0 {
		return memo{}, errMemo
	}
	return m, nil
}

// raw gives the projection's encoding.
func (m memo) raw() ([]byte, error) {
	n, err := s2.DecodedLen(m.state)
	if err != nil || n > memoStateMax {
		return nil, errMemo
	}
	return s2.Decode(make([]byte, n), m.state)
}

// memoAt copies the memo with the largest seq at or before seq; nil if there is none.
func (s *store) memoAt(seq uint64) (at uint64, val []byte, err error) {
	err = s.view(func(tx *bolt.Tx) error {
		k, v := seekLE(treeOf(tx, bucketMemos).Cursor(), seq)
		if k != nil {
			s.willRead(tx, v, v)
			at, val = unkey(k), bytes.Clone(v)
		}
		return nil
	})
	return at, val, err
}

// memoPlace gives where the last memo at or before seq stands, as its head says, which nothing verifies; zero where there is
// none of this version of the reducer.
func (s *store) memoPlace(seq uint64, reducer uint32) (at Head, err error) {
	err = s.view(func(tx *bolt.Tx) error {
		k, v := seekLE(treeOf(tx, bucketMemos).Cursor(), seq)
		if k != nil && len(v) > memoHead && v[0] == memoVersion && binary.BigEndian.Uint32(v[1:]) == reducer {
			at = Head{Seq: unkey(k), At: int64(binary.BigEndian.Uint64(v[13:]))}
		}
		return nil
	})
	return at, err
}

// decodeState turns a stored memo into a state. Any error means: absent.
func decodeState[S any](p Projection[S], seq uint64, val []byte) (state S, at pos, err error) {
	m, err := parseMemo(seq, val)
	if err != nil {
		return state, at, err
	}
	if m.reducer != p.Version() {
		return state, at, fmt.Errorf("a memo of reducer version %d, this is %d", m.reducer, p.Version())
	}
	b, err := m.raw()
	if err != nil {
		return state, at, err
	}
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("decoding the memo: %v", r)
		}
	}()
	state, err = p.Decode(b)
	return state, m.pos, err
}

// totals are kept in the meta bucket beside the memos, in the same commits: how many there are, their bytes, and the seq of
// the last. Those of the first format lack the last.
type totals struct{ count, bytes, last uint64 }

func (t totals) encode() []byte {
	b := binary.BigEndian.AppendUint64(binary.BigEndian.AppendUint64(nil, t.count), t.bytes)
	return binary.BigEndian.AppendUint64(b, t.last)
}

func readTotals(tx *bolt.Tx) (t totals) {
	switch v := tx.Bucket(bucketMeta).Get(keyMemos); len(v) {
	case 24:
		t = totals{binary.BigEndian.Uint64(v), binary.BigEndian.Uint64(v[8:]), binary.BigEndian.Uint64(v[16:])}
	case 16:
		t = totals{count: binary.BigEndian.Uint64(v), bytes: binary.BigEndian.Uint64(v[8:])}
		k, _ := tx.Bucket(bucketMemos).Cursor().Last()
		t.last = unkey(k)
	}
	return t
}

func (s *store) memoTotals() (t totals, err error) {
	err = s.view(func(tx *bolt.Tx) error { t = readTotals(tx); return nil })
	return t, err
}

// memoWrite is a memo on its way to the file; val nil takes away what is there.
type memoWrite struct {
	seq uint64
	val []byte
}

// lastWithout is the seq of the last memo, which is last, when what writes takes away is gone; 0 where none is left.
func lastWithout(cur *bolt.Cursor, last uint64, writes []memoWrite) uint64 {
	gone := map[uint64]bool{}
	for _, w := range writes {
		gone[w.seq] = w.val == nil
	}
	if !gone[last] {
		return last
	}
	k, _ := cur.Last()
	for k != nil && gone[unkey(k)] {
		k, _ = cur.Prev()
	}
	return unkey(k)
}

func putMemos(tx *bolt.Tx, writes []memoWrite) error {
	if len(writes) == 0 {
		return nil
	}
	b := tx.Bucket(bucketMemos)
	b.FillPercent = 1
	t := readTotals(tx)
	t.last = lastWithout(b.Cursor(), t.last, writes) // first: bbolt's Last never ends where a transaction emptied all leaves
	pages := soundness(tx, bucketMemos)
	for _, w := range writes {
		k := key(w.seq)
		if pages.check(k); w.val == nil {
			pages.around(k)
		}
		if old := b.Get(k); old != nil {
			t.count, t.bytes = t.count-min(1, t.count), t.bytes-min(uint64(len(old)), t.bytes)
		}
		if w.val == nil {
			if err := b.Delete(k); err != nil {
				return err
			}
			continue
		}
		t.count, t.bytes, t.last = t.count+1, t.bytes+uint64(len(w.val)), max(t.last, w.seq)
		if err := b.Put(k, w.val); err != nil {
			return err
		}
	}
	return tx.Bucket(bucketMeta).Put(keyMemos, t.encode())
}

const (
	// memoShare is the most that memos may cost, in percent of the encoded ops.
	memoShare = 16

	// memoFree is what memos may cost whatever the ops do: a young log, and a small one, has its memo every MemoEvery ops,
	// and only one of tens of megabytes has to earn them.
	memoFree = 4 << 20

	// memoStretch bounds the distance between memos, in units of MemoEvery, and with it the cost of At: beyond it a memo
	// is written whatever it costs. At the default that is 32,768 ops, a replay of a few milliseconds; only a state of more than about
	// a megabyte compressed gets there.
	memoStretch = 32
)

// budget decides where memos go: at multiples of every, as long as the memo is paid for by the ops since the last one and
// all memos together by all ops, or all of them are within what is free. Where it never is, after memoStretch·every ops all the same. So a log has its first memo
// after 1,024 ops, and the next 32,768 later at the latest.
type budget struct {
	every     uint64
	free      uint64 // bytes that need not be paid for
	total     uint64 // bytes of all memos
	last      uint64 // seq of the last memo
	lastBytes uint64 // encoded bytes of the ops up to there
	size      uint64 // of the last memo, the guess for the next; 0 unknown
}

// affords says whether a memo of size bytes may be at p.
func (b *budget) affords(p pos, size uint64) bool {
	if p.Seq <= b.last {
		return false
	}
	if p.Seq-b.last >= memoStretch*b.every {
		return true
	}
	if b.total+size <= b.free {
		return true
	}
	return size*100 <= (p.bytes-b.lastBytes)*memoShare && (b.total+size)*100 <= p.bytes*memoShare
}

func (b *budget) due(p pos) bool { return p.Seq%b.every == 0 && b.affords(p, b.size) }

// spend notes that a memo of size bytes was made at p.
func (b *budget) spend(p pos, size uint64) {
	b.total += size
	b.last, b.lastBytes, b.size = p.Seq, p.bytes, size
}
