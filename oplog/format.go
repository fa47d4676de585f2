package oplog

import (
	"encoding/binary"
	"fmt"
	"slices"
	"time"

	bolt "go.etcd.io/bbolt"
)

// The versions of the file, by the number under "format" in the bucket meta. A program reads every version up to its own,
// and refuses a newer one. What is open for reading is read as it is; opening for writing brings it to the newest.
//
//	1  the buckets meta, ops, marks, memos and index
//	2  with times, base, base2 and kept
var (
	bucketsOf1 = [][]byte{bucketOps, bucketMarks, bucketMemos, bucketIndex}
	bucketsOf2 = [][]byte{bucketTimes, bucketBase, bucketBase2, bucketKept}
)

// fill makes the empty buckets, and syncs the file with its size.
func fill(name string, now time.Time) error {
	db, err := bolt.Open(name, fileMode, &bolt.Options{PageSize: pageSize, FreelistType: bolt.FreelistMapType, Timeout: time.Second})
	if err != nil {
		return commitError(err)
	}
	err = db.Update(func(tx *bolt.Tx) error {
		for _, name := range slices.Concat([][]byte{bucketMeta}, bucketsOf1, bucketsOf2) {
			if _, err := tx.CreateBucket(name); err != nil {
				return err
			}
		}
		meta := tx.Bucket(bucketMeta)
		if err := meta.Put(keyFormat, binary.BigEndian.AppendUint32(nil, formatVersion)); err != nil {
			return err
		}
		return meta.Put(keyCreated, binary.BigEndian.AppendUint64(nil, uint64(max(now.UnixMicro(), 0))))
	})
	if cerr := db.Close(); err == nil {
		err = cerr
	}
	if err == nil {
		err = syncFile(name)
	}
	if err != nil {
		return commitError(err)
	}
	return nil
}

// upgrade brings the file to the newest format, in one transaction: a crash leaves it as it was or as it is to be.
func (s *store) upgrade() error {
	if s.format == formatVersion {
		return nil
	}
	times := s.timesOfAll()
	err := s.update(func(tx *bolt.Tx) error {
		for _, name := range bucketsOf2 {
			if _, err := tx.CreateBucketIfNotExists(name); err != nil {
				return err
			}
		}
		if err := writeTimes(tx, times); err != nil {
			return err
		}
		return tx.Bucket(bucketMeta).Put(keyFormat, binary.BigEndian.AppendUint32(nil, formatVersion))
	})
	if err != nil {
		return commitError(err)
	}
	s.format = formatVersion
	return nil
}

// checkFormat reads the version and looks for the buckets that it has.
func (s *store) checkFormat(tx *bolt.Tx) error {
	meta := tx.Bucket(bucketMeta)
	if meta == nil {
		return damaged(0, "%s has no meta bucket: it is no op-log, or its root is lost", s.path())
	}
	v := meta.Get(keyFormat)
	if len(v) != 4 {
		return damaged(0, "the format version is lost")
	}
	s.format = binary.BigEndian.Uint32(v)
	switch {
	case s.format < oldFormat:
		return damaged(0, "the format version is %d", s.format)
	case s.format > formatVersion:
		return &Error{
			Code: CodeNewer, Text: fmt.Sprintf("the op-log has format %d, this voxmesh reads up to %d", s.format, formatVersion),
			Hint: "use the voxmesh that wrote it, or a newer one",
		}
	}
	buckets := bucketsOf1
	if s.format > 1 {
		buckets = slices.Concat(bucketsOf1, bucketsOf2)
	}
	for _, name := range buckets {
		if tx.Bucket(name) == nil {
			return damaged(0, "the bucket %q is lost", name)
		}
	}
	if s.asIs {
		return nil
	}
	return checkSeal(tx)
}
