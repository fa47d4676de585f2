package oplog

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"time"

	bolt "go.etcd.io/bbolt"
)

// In the meta bucket, which every commit writes anyway:
//
//	head: version, 1; Seq, At, encoded bytes, 8 bytes each; H, 32 bytes: where the log ended with that commit
//	sum:  SHA-256("voxmesh oplog v1 meta\n" ‖ for each other pair, in order: length of key, u32 ‖ key ‖ length of value,
//	      u32 ‖ value)
//
// Numbers are big endian. The ops end where the head says: a page of them that is lost, or an older copy of one, is not
// taken for the end of the log. The sum stands for what the rest of the bucket says: the format, the totals.
var (
	keyHead = []byte("head")
	keySum  = []byte("sum")
)

const (
	headVersion = 1
	headLen     = 1 + 3*8 + 32
	metaDomain  = "voxmesh oplog v1 meta\n"
)

func encodeHead(p pos) []byte {
	b := append(make([]byte, 0, headLen), headVersion)
	b = binary.BigEndian.AppendUint64(b, p.Seq)
	b = binary.BigEndian.AppendUint64(b, uint64(p.At))
	b = binary.BigEndian.AppendUint64(b, p.bytes)
	return append(b, p.Hash[:]...)
}

func decodeHeadRecord(b []byte) (p pos, ok bool) {
	if len(b) != headLen || b[0] != headVersion {
		return p, false
	}
	p.Seq, p.At, p.bytes = binary.BigEndian.Uint64(b[1:]), int64(binary.BigEndian.Uint64(b[9:])), binary.BigEndian.Uint64(b[17:])
	copy(p.Hash[:], b[25:])
	return p, p.At >= 0
}

// putHead notes where the log ends with this commit, which began after op before.
func putHead(tx *bolt.Tx, before uint64, p pos) error {
	b := tx.Bucket(bucketMeta)
	if b.Get(keyNamed) == nil {
		if err := b.Put(keyNamed, key(before)); err != nil {
			return err
		}
	}
	return b.Put(keyHead, encodeHead(p))
}

func metaSum(b *bolt.Bucket) ([]byte, error) {
	h := sha256.New()
	h.Write([]byte(metaDomain))
	err := b.ForEach(func(k, v []byte) error {
		if !bytes.Equal(k, keySum) {
			for _, s := range [][]byte{k, v} {
				h.Write(binary.BigEndian.AppendUint32(nil, uint32(len(s))))
				h.Write(s)
			}
		}
		return nil
	})
	return h.Sum(nil), err
}

// seal is the last thing in every commit.
func seal(tx *bolt.Tx) error {
	b := tx.Bucket(bucketMeta)
	if b == nil {
		return nil
	}
	sum, err := metaSum(b)
	if err != nil {
		return err
	}
	return b.Put(keySum, sum)
}

// checkSeal compares the meta bucket with its sum. A log that no commit of ours has touched yet has neither sum nor head.
func checkSeal(tx *bolt.Tx) error {
	b := tx.Bucket(bucketMeta)
	want, head := b.Get(keySum), b.Get(keyHead)
	if want == nil && head == nil {
		return nil
	}
	got, err := metaSum(b)
	if err != nil {
		return err
	}
	if !bytes.Equal(got, want) {
		return damaged(0, "its meta bucket is not what was written")
	}
	if head != nil {
		if _, ok := decodeHeadRecord(head); !ok {
			return damaged(0, "the record of its head is unreadable")
		}
	}
	return nil
}

// headRecord gives where the log ended with the last commit; false in a log from before there was such a record.
func headRecord(tx *bolt.Tx) (pos, bool) { return decodeHeadRecord(tx.Bucket(bucketMeta).Get(keyHead)) }

// lastSeq gives the seq of the last op in the file. Where the file says itself that there was another, it is damaged.
func (s *store) lastSeq() (seq uint64, err error) {
	err = s.view(func(tx *bolt.Tx) error {
		k, _ := treeOf(tx, bucketOps).Cursor().Last()
		if seq = unkey(k); k != nil && seq == 0 {
			return damaged(0, "the last key of the ops is no number")
		}
		seq = max(seq, s.origin.Seq)
		head, ok := headRecord(tx)
		switch {
		case !ok || head.Seq == seq:
			return nil
		case head.Seq > seq:
			return damaged(seq+1, "it is missing; the log went on to op %d", head.Seq)
		}
		return damaged(0, "it has an op %d, and ended with op %d", seq, head.Seq)
	})
	return seq, err
}

// ending is for looking at a log that may not open, which s and err say: it then opens what there is of it, for reading.
// why is what is wrong with it before any op is looked at; last is the last op that it ever had, as far as is known.
func ending(s *store, err error, dir string) (_ *store, last uint64, why *Error, _ error) {
	if err != nil {
		if !errors.As(err, &why) || why.Code != CodeDamaged {
			return nil, 0, nil, err
		}
		if s, err = (opening{dir: dir, how: reading, asIs: true, timeout: DefaultLockTimeout, now: time.Now}).open(); err != nil || s == nil {
			return nil, 0, nil, why
		}
	}
	if last, err = s.lastSeq(); err != nil {
		var own *Error
		if !errors.As(err, &own) || own.Code != CodeDamaged {
			_ = s.close()
			return nil, 0, nil, err
		}
		if why == nil {
			why = own
		}
		last = s.lastKnown()
	}
	if c := s.closed; why == nil && c.Version != 0 && c.Seq != last {
		why = damaged(0, "it was closed at op %d, and ends at op %d", c.Seq, last)
	}
	return s, last, why, nil
}

// lastKnown gives the last op of which anything speaks.
func (s *store) lastKnown() (seq uint64) {
	_ = s.view(func(tx *bolt.Tx) error {
		if head, ok := headRecord(tx); ok && checkSeal(tx) == nil {
			seq = head.Seq
		}
		return nil
	})
	_ = s.view(func(tx *bolt.Tx) error {
		k, _ := treeOf(tx, bucketOps).Cursor().Last()
		if at := unkey(k); at > seq && (seq == 0 || at-seq < 1<<32) {
			seq = at
		}
		return nil
	})
	return max(seq, s.origin.Seq)
}
