package oplog

import (
	"bytes"
	"context"
	"slices"

	bolt "go.etcd.io/bbolt"
)

// indexKeys are the entries of ops, in order.
func indexKeys(list []Op) (keys [][]byte) {
	for i := range list {
		for _, name := range list[i].Index {
			keys = append(keys, indexKey(name, list[i].Seq))
		}
	}
	slices.SortFunc(keys, bytes.Compare)
	return keys
}

func putIndex(tx *bolt.Tx, keys [][]byte) error {
	b := tx.Bucket(bucketIndex)
	for _, k := range keys {
		if err := b.Put(k, indexSum(k)); err != nil {
			return err
		}
	}
	return nil
}

// copyIndex copies the entries whose ops are in the new log, in their order, which leaves every page full. A survey has
// compared them with the ops.
func (w *rewriting) copyIndex(ctx context.Context, s *store, in func(seq uint64) bool) error {
	var from []byte
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		var keys [][]byte
		err := s.view(func(tx *bolt.Tx) error {
			index := namesOf(tx)
			cur := index.Cursor()
			size := 0
			k, v := cur.Seek(from)
			for ; k != nil && size < rewriteBytes/4; k, v = cur.Next() {
				if from = bytes.Clone(k); in(index.seqOf(k, v)) {
					keys, size = append(keys, from), size+len(k)+32
				}
			}
			from = bytes.Clone(k)
			return nil
		})
		if err != nil {
			return err
		}
		err = w.db.Update(func(tx *bolt.Tx) error {
			b := tx.Bucket(bucketIndex)
			b.FillPercent = 1
			for _, k := range keys {
				if err := b.Put(k, indexSum(k)); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return notWritten(err)
		}
		if from == nil {
			return nil
		}
	}
}

// copyKept copies the ops that an earlier trim kept, those that are good. Where names is set, it makes their index entries.
func (w *rewriting) copyKept(s *store, names bool) error {
	in := newInterner()
	for at := uint64(0); ; {
		var list []Op
		var keeps []keptWrite
		var keys [][]byte
		for size := 0; size < rewriteBytes; {
			found, val, err := s.keptFrom(at)
			if err != nil {
				return err
			}
			if val == nil {
				break
			}
			at, size = found+1, size+len(val)
			o, err := decodeKept(found, val, in)
			if err != nil {
				continue
			}
			list, keeps = append(list, o), append(keeps, keptWrite{found, val})
		}
		if len(keeps) == 0 {
			return nil
		}
		if names {
			keys = indexKeys(list)
		}
		err := w.db.Update(func(tx *bolt.Tx) error {
			if err := putKept(tx, keeps); err != nil {
				return err
			}
			return putIndex(tx, keys)
		})
		w.all += uint64(len(keeps))
		if err != nil {
			return notWritten(err)
		}
	}
}

func putKept(tx *bolt.Tx, keeps []keptWrite) error {
	b := tx.Bucket(bucketKept)
	b.FillPercent = 1
	for _, k := range keeps {
		if err := b.Put(key(k.seq), k.val); err != nil {
			return err
		}
	}
	return nil
}
