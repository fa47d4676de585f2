package oplog

import (
	"encoding/binary"
	"hash/crc32"
	"math/bits"

	bolt "go.etcd.io/bbolt"
)

// The times of a block are stored under the seq of its last op, in the same commit as its mark, so that a search by time
// reads no op. They lie in eight pieces of 128 ops, each of which is read alone:
//
//	byte    version, 1
//	8 bytes time of the block's first op
//	byte    bits 0 to 5: the order k of steps; bit 7: no two ops of a piece share a time
//	        then for each piece but the first, uvarints: the time of its first op − that of the piece before it; the
//	        length in bytes of the piece before it
//	pieces  for each run of ops with one time: its length − 1, of order 0 (not with bit 7); and before each run but the
//	        first: the step to its time − 1, of order k. The last byte of a piece is filled up with zeros.
//	4 bytes CRC-32C of the seq, 8 bytes, and of all of the above
//
// Numbers are big endian; the codes are those of bitWriter. A value that does not match its check counts as absent: the
// times are then taken from the ops themselves, along the chain.
const (
	timesVersion = 1
	timesHead    = 1 + 8 + 1
	timesSingle  = 1 << 7
	timesOrder   = 1<<6 - 1

	pieceOps = 128
	pieces   = block / pieceOps
)

// encodeTimes encodes the times of the block that ends with op seq: 1,024 of them, ascending.
func encodeTimes(seq uint64, times []int64) []byte {
	var lens [64]int
	flags := byte(timesSingle)
	for i := 1; i < len(times); i++ {
		if i%pieceOps == 0 {
			continue
		}
		if d := times[i] - times[i-1]; d > 0 {
			lens[bits.Len64(uint64(d-1))]++
		} else {
			flags = 0
		}
	}
	k := order(&lens)
	b := make([]byte, 0, 512)
	b = append(b, timesVersion)
	b = binary.BigEndian.AppendUint64(b, uint64(times[0]))
	b = append(b, flags|byte(k))
	var all []byte
	for i := 0; i < len(times); i += pieceOps {
		was := len(all)
		all = appendPiece(all, times[i:i+pieceOps], k, flags)
		if next := i + pieceOps; next < len(times) {
			b = binary.AppendUvarint(b, uint64(times[next]-times[i]))
			b = binary.AppendUvarint(b, uint64(len(all)-was))
		}
	}
	b = append(b, all...)
	return binary.BigEndian.AppendUint32(b, timesCheck(seq, b))
}

// appendPiece appends the runs of a piece.
func appendPiece(b []byte, times []int64, k uint, flags byte) []byte {
	w := bitWriter{b: b}
	for i := 0; i < len(times); {
		n := i + 1
		for n < len(times) && times[n] == times[i] {
			n++
		}
		if i > 0 {
			w.code(uint64(times[i]-times[i-1]-1), k)
		}
		if flags == 0 {
			w.code(uint64(n-i-1), 0)
		}
		i = n
	}
	return w.end()
}

func timesCheck(seq uint64, b []byte) uint32 {
	return crc32.Update(crc32.Checksum(key(seq), castagnoli), castagnoli, b)
}

// blockOfTimes are the times of a block, of which no piece was read yet.
type blockOfTimes struct {
	k      uint
	single bool
	first  [pieces]int64 // the time of each piece's first op
	piece  [pieces][]byte
}

// openTimes reads the head of the times of the block that ends with op seq; false where b is not what was written.
func openTimes(seq uint64, b []byte) (t blockOfTimes, ok bool) {
	if len(b) < timesHead+4 || b[0] != timesVersion {
		return t, false
	}
	body := b[:len(b)-4]
	if timesCheck(seq, body) != binary.BigEndian.Uint32(b[len(body):]) {
		return t, false
	}
	t.k, t.single = uint(b[9]&timesOrder), b[9]&timesSingle != 0
	t.first[0] = int64(binary.BigEndian.Uint64(b[1:]))
	body = body[timesHead:]
	var lens [pieces]uint64
	for i := 1; i < pieces; i++ {
		d, n := binary.Uvarint(body)
		length, m := binary.Uvarint(body[max(n, 0):])
		if n <= 0 || m <= 0 {
			return t, false
		}
		body = body[n+m:]
		t.first[i], lens[i-1] = t.first[i-1]+int64(d), length
		if t.first[i] < t.first[i-1] {
			return t, false
		}
	}
	for i := range pieces - 1 {
		if lens[i] > uint64(len(body)) {
			return t, false
		}
		t.piece[i], body = body[:lens[i]], body[lens[i]:]
	}
	t.piece[pieces-1] = body
	return t, t.first[0] >= 0 && t.k <= 62
}

// runs gives the runs of a piece, before the first.
func (t *blockOfTimes) runs(piece int) timeRuns {
	return timeRuns{bits: bitReader{b: t.piece[piece]}, k: t.k, single: t.single, left: pieceOps, at: t.first[piece]}
}

// last gives the time of the last op; false where its piece is not what was written.
func (t *blockOfTimes) last() (int64, bool) {
	r := t.runs(pieces - 1)
	for r.next() {
	}
	return r.at, r.whole()
}

// timeRuns goes over the times of a piece: runs of ops that share one.
type timeRuns struct {
	bits   bitReader
	k      uint
	single bool
	begun  bool
	left   int   // ops that come after the run
	n      int   // ops of the run
	at     int64 // their time
}

// next goes to the next run. false is the end, where the piece is whole, and else one that is not what was written.
func (r *timeRuns) next() bool {
	if r.left == 0 {
		return false
	}
	if r.begun {
		d, ok := r.bits.code(r.k)
		at := r.at + int64(d) + 1
		if !ok || at <= r.at {
			return false
		}
		r.at = at
	}
	r.begun, r.n = true, 1
	if !r.single {
		more, ok := r.bits.code(0)
		if !ok || more >= uint64(r.left) {
			return false
		}
		r.n += int(more)
	}
	r.left -= r.n
	return true
}

// whole says that all of the piece was read, and nothing else is there.
func (r *timeRuns) whole() bool { return r.left == 0 && r.bits.rest() }

// decodeTimes gives the times of the block that ends with op seq; false where b is not what was written.
func decodeTimes(seq uint64, b []byte) ([]int64, bool) {
	t, ok := openTimes(seq, b)
	if !ok {
		return nil, false
	}
	times := make([]int64, 0, block)
	for i := range pieces {
		if i > 0 && t.first[i] < times[len(times)-1] {
			return nil, false
		}
		r := t.runs(i)
		for r.next() {
			for range r.n {
				times = append(times, r.at)
			}
		}
		if !r.whole() {
			return nil, false
		}
	}
	return times, true
}

// tail are the times of the durable ops after the last whole block. The array has room for a block and stays where it
// is: what comes later lies behind what a reader sees of it.
type tail struct {
	after uint64 // seq of the end of the last whole block
	times []int64
}

// add gives the tail after the ops that follow. It is for the one goroutine that commits.
func (t tail) add(ops []Op) tail {
	for i := range ops {
		if t.times == nil {
			t.times = make([]int64, 0, block)
		}
		if t.times = append(t.times, ops[i].At); len(t.times) == block {
			t = tail{after: ops[i].Seq}
		}
	}
	return t
}

// tailAt reads the tail of a log that ends at seq last, whose ops were verified.
func (s *store) tailAt(last uint64) (t tail, err error) {
	t = tail{after: max(last/block*block, s.origin.Seq)}
	err = s.view(func(tx *bolt.Tx) error {
		cur := treeOf(tx, bucketOps).Cursor()
		for k, v := cur.Seek(key(t.after + 1)); t.after+uint64(len(t.times)) < last; k, v = cur.Next() {
			seq := t.after + uint64(len(t.times)) + 1
			at, ok := headTime(seq, k, v)
			if !ok {
				return damaged(seq, "its head is unreadable")
			}
			t = t.add([]Op{{Seq: seq, At: at}})
		}
		return nil
	})
	return t, err
}

// headTime reads the time of op seq from its stored value. Nothing is verified.
func headTime(seq uint64, k, v []byte) (int64, bool) {
	if unkey(k) != seq || len(v) <= prefixLen {
		return 0, false
	}
	_, got, at, _, err := decodeHead(v[prefixLen:])
	return at, err == nil && got == seq
}

// timesWrite are the encoded times of a block, on their way to the file.
type timesWrite struct {
	seq uint64 // of the block's end
	val []byte
}

func writeTimes(tx *bolt.Tx, writes []timesWrite) error {
	b := tx.Bucket(bucketTimes)
	b.FillPercent = 1
	pages := soundness(tx, bucketTimes)
	for _, w := range writes {
		pages.check(key(w.seq))
		if err := b.Put(key(w.seq), w.val); err != nil {
			return err
		}
	}
	return nil
}

// putTimes writes the times of the blocks that end within ops, which follow on t.
func putTimes(tx *bolt.Tx, t tail, ops []Op) error {
	if len(t.times)+len(ops) < block {
		return nil
	}
	times := append(make([]int64, 0, len(t.times)+len(ops)), t.times...)
	for i := range ops {
		times = append(times, ops[i].At)
	}
	var writes []timesWrite
	for seq := t.after + block; len(times) >= block; seq, times = seq+block, times[block:] {
		writes = append(writes, timesWrite{seq, encodeTimes(seq, times[:block])})
	}
	return writeTimes(tx, writes)
}

// putTimesOf writes the times of the blocks that end at marks, from their ops, which are in tx.
func putTimesOf(tx *bolt.Tx, marks []pos) error {
	times := make([]int64, 0, block)
	for _, m := range marks {
		var ok bool
		if times, ok = blockTimes(tx.Bucket(bucketOps).Cursor(), m, times[:0]); !ok {
			return damaged(0, "the ops up to %d are not those that their mark is of", m.Seq)
		}
		if err := writeTimes(tx, []timesWrite{{m.Seq, encodeTimes(m.Seq, times)}}); err != nil {
			return err
		}
	}
	return nil
}

// timesOfAll makes the times of all whole blocks of a file that has none yet, from the ops and marks, at the speed of reading
// them. A block that cannot be read, or does not match its mark, is left out: it is for the chain to say what is wrong with
// it, when it is asked for.
func (s *store) timesOfAll() (out []timesWrite) {
	last, err := s.lastSeq()
	if err != nil {
		return nil
	}
	times := make([]int64, 0, block)
	for seq := s.origin.Seq + block; seq <= last; seq += block {
		_ = s.view(func(tx *bolt.Tx) error { // one each: a page that makes bbolt panic costs one block
			var ok bool
			if m, found := decodeMark(seq, treeOf(tx, bucketMarks).Get(key(seq))); found {
				if times, ok = blockTimes(treeOf(tx, bucketOps).Cursor(), m, times[:0]); ok {
					out = append(out, timesWrite{seq, encodeTimes(seq, times)})
				}
			}
			return nil
		})
	}
	return out
}

// walker is a cursor, bbolt's or ours.
type walker interface {
	Seek(k []byte) (key, val []byte)
	Next() (key, val []byte)
}

// blockTimes reads the times of the block that ends at m; false where its bytes are not those that m was made of.
func blockTimes(cur walker, m pos, times []int64) ([]int64, bool) {
	seq, crc := m.Seq-block+1, uint32(0)
	for k, v := cur.Seek(key(seq)); seq <= m.Seq; k, v = cur.Next() {
		at, ok := headTime(seq, k, v)
		if !ok || len(times) > 0 && at < times[len(times)-1] {
			return times, false
		}
		times, crc, seq = append(times, at), crc32.Update(crc, castagnoli, v), seq+1
	}
	return times, crc == m.crc && times[block-1] == m.At
}

// mendTimes makes the value for the block that ends with op seq from its ops, verified along the chain.
func (s *store) mendTimes(seq uint64) ([]byte, error) {
	p, err := s.posAt(seq - block)
	times := make([]int64, 0, block)
	for err == nil && p.Seq < seq {
		var c chunk
		if c, err = s.load(p.Seq, seq, true); err != nil {
			break
		}
		if p, err = c.trust(p); err != nil {
			break
		}
		for i, v := range c.vals {
			at, ok := headTime(c.first+uint64(i), key(c.first+uint64(i)), v)
			if !ok || len(times) > 0 && at < times[len(times)-1] {
				return nil, damaged(c.first+uint64(i), "it is out of order")
			}
			times = append(times, at)
		}
	}
	if err != nil {
		return nil, err
	}
	return encodeTimes(seq, times), nil
}
