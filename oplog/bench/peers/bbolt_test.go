package peers

import (
	"encoding/binary"
	"path/filepath"

	bolt "go.etcd.io/bbolt"
)

var bucket = []byte("ops")

// bolts is bbolt by itself, with its pages filled, as keys only grow.
type bolts struct {
	db  *bolt.DB
	put func([]byte) error
}

func openBolt(dir string, o *bolt.Options, put func(*bolt.DB) func([]byte) error) (log, error) {
	db, err := bolt.Open(filepath.Join(dir, "bolt.db"), 0o600, o)
	if err != nil {
		return nil, err
	}
	err = db.Update(func(tx *bolt.Tx) error {
		_, err := tx.CreateBucket(bucket)
		return err
	})
	return bolts{db, put(db)}, err
}

func putBolt(tx *bolt.Tx, vals ...[]byte) error {
	b := tx.Bucket(bucket)
	b.FillPercent = 1
	for _, v := range vals {
		n, err := b.NextSequence()
		if err != nil {
			return err
		}
		if err := b.Put(binary.BigEndian.AppendUint64(nil, n), v); err != nil {
			return err
		}
	}
	return nil
}

// openUpdate is one transaction for each op.
func openUpdate(dir string) (log, error) {
	return openBolt(dir, nil, func(db *bolt.DB) func([]byte) error {
		return func(v []byte) error { return db.Update(func(tx *bolt.Tx) error { return putBolt(tx, v) }) }
	})
}

// openBatch is bbolt's own way of committing together, with its defaults: up to 1,000 ops, after 10 ms.
func openBatch(dir string) (log, error) {
	return openBolt(dir, nil, func(db *bolt.DB) func([]byte) error {
		return func(v []byte) error { return db.Batch(func(tx *bolt.Tx) error { return putBolt(tx, v) }) }
	})
}

// openBoltQueue is what ours could be at best: bbolt with the same page size and the same queue as raw, and nothing else.
func openBoltQueue(dir string) (log, error) {
	o := &bolt.Options{PageSize: 8192, FreelistType: bolt.FreelistMapType}
	return openBolt(dir, o, func(db *bolt.DB) func([]byte) error {
		q := &queue{flush: func(vals [][]byte) error {
			return db.Update(func(tx *bolt.Tx) error { return putBolt(tx, vals...) })
		}}
		return q.append
	})
}

func (b bolts) append(v []byte) error { return b.put(v) }

func (b bolts) close() (e extent, err error) {
	err = b.db.View(func(tx *bolt.Tx) error {
		st := b.db.Stats()
		e.ops = tx.Bucket(bucket).Sequence()
		e.used = tx.Size() - int64(st.FreePageN+st.PendingPageN)*int64(b.db.Info().PageSize)
		return nil
	})
	if cerr := b.db.Close(); err == nil {
		err = cerr
	}
	return e, err
}
