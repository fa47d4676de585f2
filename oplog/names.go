package oplog

import (
	"bytes"
	"encoding/binary"
	"errors"
	"hash/crc32"

	bolt "go.etcd.io/bbolt"
)

// An entry of the index is name ‖ 0 ‖ seq (8 bytes, big endian), and its value the CRC-32C of that, 4 bytes, big endian; entries of
// ops up to the seq that the meta bucket has under "named" may come from before there was such a value, and have none.
//
// A reader checks every entry that it takes, and those on both sides of them: a name that is damaged, and so stands where
// nobody looks for it, or ends a search too early, is noticed by whoever asks for its neighbours. An older copy of a whole
// page of the index is not; that is for Verify, and for Open where the ops are younger than the last memo.
var keyNamed = []byte("named")

func indexKey(name string, seq uint64) []byte {
	k := make([]byte, 0, len(name)+9)
	return binary.BigEndian.AppendUint64(append(append(k, name...), 0), seq)
}

func indexSum(k []byte) []byte {
	return binary.BigEndian.AppendUint32(nil, crc32.Checksum(k, castagnoli))
}

// names is the index, for reading.
type names struct {
	tree
	since uint64 // entries of ops after it have a sum
}

func namesOf(tx *bolt.Tx) names {
	n := names{tree: treeOf(tx, bucketIndex)}
	if v := treeOf(tx, bucketMeta).Get(keyNamed); len(v) == 8 {
		n.since = binary.BigEndian.Uint64(v)
	} else {
		n.since = ^uint64(0) // nothing was written since there are sums
	}
	return n
}

// seqOf gives the seq of an entry that is what was written.
func (n names) seqOf(k, v []byte) uint64 {
	if len(k) < 10 || k[len(k)-9] != 0 {
		panic(damaged(0, "the index has an entry %.80q, which is none", k))
	}
	seq := unkey(k[len(k)-8:])
	if seq == 0 || len(v) == 0 && seq > n.since || len(v) > 0 && !bytes.Equal(v, indexSum(k)) {
		panic(damaged(0, "the index has an entry %.80q of op %d, which is not what was written", k[:len(k)-9], seq))
	}
	return seq
}

// beside panics unless a key next to those of a search is what was written and lies on its side of at.
func (n names) beside(k, v, at []byte, side int) {
	if k == nil {
		return
	}
	if n.seqOf(k, v); bytes.Compare(k, at) != side {
		panic(damaged(0, "the index is not in order"))
	}
}

// upTo gives the seqs of the first limit ops under name with after < seq ≤ head.
func (n names) upTo(name string, after, head uint64, limit int) (seqs []uint64) {
	prefix, from := append([]byte(name), 0), indexKey(name, after+1)
	cur := n.Cursor()
	k, v := cur.Seek(from)
	if left, lv := cur.Prev(); left != nil {
		n.beside(left, lv, from, -1)
		cur.Next()
	}
	for ; bytes.HasPrefix(k, prefix) && len(seqs) < limit; k, v = cur.Next() {
		seq := n.seqOf(k, v)
		if seq <= after {
			panic(damaged(0, "the index is not in order"))
		}
		if after = seq; seq <= head {
			seqs = append(seqs, seq)
		}
	}
	if !bytes.HasPrefix(k, prefix) {
		n.beside(k, v, from, 1)
	}
	return seqs
}

// back gives the seqs of the newest limit ops under name with after < seq < before, newest first.
func (n names) back(name string, after, before uint64, limit int) (seqs []uint64) {
	prefix, from := append([]byte(name), 0), indexKey(name, before)
	cur := n.Cursor()
	k, v := cur.Seek(from)
	if k == nil {
		k, v = cur.Last()
	} else {
		n.beside(k, v, from, max(0, bytes.Compare(k, from)))
		k, v = cur.Prev()
	}
	for ; bytes.HasPrefix(k, prefix) && len(seqs) < limit; k, v = cur.Prev() {
		seq := n.seqOf(k, v)
		if seq >= before {
			panic(damaged(0, "the index is not in order"))
		}
		if before = seq; seq <= after {
			return seqs
		}
		seqs = append(seqs, seq)
	}
	if !bytes.HasPrefix(k, prefix) {
		n.beside(k, v, from, -1)
	}
	return seqs
}

// all calls fn for every entry, and panics where one is out of order.
func (n names) all(fn func(k []byte, seq uint64)) {
	var last []byte
	cur := n.Cursor()
	for k, v := cur.First(); k != nil; k, v = cur.Next() {
		seq := n.seqOf(k, v)
		if bytes.Compare(last, k) >= 0 {
			panic(damaged(0, "the index is not in order"))
		}
		fn(k, seq)
		last = k
	}
}

const (
	// namesAlways and namesSuspect are how many of the newest ops have their names looked up by Open: some, which costs
	// less than a millisecond, and where the log was not closed as many as a disk may have lost the writes of, and all that
	// came after the last memo: namesMost, which is as far as memos are apart. Where no memo can be used, as after an upgrade,
	// to look up the names of all ops would take several times as long as to replay them.
	namesAlways  = 256
	namesSuspect = 8192
	namesMost    = memoStretch * DefaultMemoEvery
)

// checkNames looks up the names of the newest ops, memo being the seq of the last memo. An older copy of a page of the
// index, which is what a write leaves that the disk lost, lacks the newest names. Ops before the memo that are damaged
// themselves are no reason not to open the log, here as elsewhere.
func (l *Log[S]) checkNames(memo uint64) error {
	last := l.tip.Seq
	from := last - min(namesAlways, last)
	if l.s.suspect != "" {
		from = last - min(namesSuspect, last)
	}
	if from = max(from, l.s.origin.Seq); from < memo {
		if err := l.s.checkNamesOf(from, memo); err != nil && !isOp(err) {
			return err
		}
		from = memo
	}
	if l.s.suspect != "" {
		from = max(memo, last-min(namesMost, last))
	}
	return l.s.checkNamesOf(from, last)
}

// isOp says that an error names a damaged op.
func isOp(err error) bool {
	var own *Error
	return errors.As(err, &own) && own.Code == CodeDamaged && own.Seq > 0
}

// checkNamesOf looks up the names of the ops after from up to to.
func (s *store) checkNamesOf(from, to uint64) error {
	if from >= to {
		return nil
	}
	p, err := s.posAt(from)
	in := newInterner()
	var r Report
	for err == nil && p.Seq < to {
		var ops []Op
		if ops, p, err = s.read(p, to, true, in); err == nil {
			err = s.checkIndex(ops, &r)
		}
		if err == nil && r.Problem != "" {
			err = damaged(0, "%s", r.Problem)
		}
	}
	return err
}
