package oplog

import (
	"encoding/binary"
	"os"

	bolt "go.etcd.io/bbolt"
)

// Stats describes a log and the blobs beside it. Times are microseconds since 1970, 0 where there is none.
type Stats struct {
	FileBytes  int64
	UsedBytes  int64   // of the pages that are not free: the file itself grows in steps of 16 MB
	FreeShare  float64 // of the file's pages, 0 to 1
	Ops        uint64  // in the log: those before the base are not
	OpBytes    uint64  // encoded ops
	Memos      uint64
	MemoBytes  uint64
	LastMemo   uint64 // seq, 0 if none
	Created    int64
	FirstAt    int64
	LastAt     int64
	Head       Head
	ClockSteps uint64    // since Open
	Broken     string    // why nothing is appended, or empty
	Verified   *Verified // the last Verify of this log, of an earlier process too; nil if there was none
	Blobs      uint64
	BlobBytes  int64

	MemoShare     float64 // of the encoded ops: MemoBytes/OpBytes
	Base          uint64  // the op after which the log begins; 0 unless it was trimmed
	BaseAt        int64   // its time
	Kept          uint64  // ops before Base that are still found by name
	Archive       string  // the file that the last trim made, by its name; empty unless the log was trimmed
	FormatVersion uint32  // of the file
}

// Stats reads the numbers. It costs a few page reads, and a listing of the blobs.
func (l *Log[S]) Stats() (Stats, error) {
	cur := l.cur.Load()
	from := l.s.begin()
	st := Stats{
		Ops: cur.pos.Seq - from.Seq, OpBytes: cur.pos.bytes - from.bytes, LastAt: cur.pos.At, Head: cur.pos.Head,
		Base: from.Seq, BaseAt: from.At, Verified: l.verify.Load(),
	}
	l.mu.Lock()
	st.ClockSteps = l.steps
	if l.refuse != nil {
		st.Broken = l.refuse.Error()
	}
	l.mu.Unlock()
	if l.s == nil {
		return st, nil
	}
	b, err := OpenBlobs(l.s.dir).Stats()
	if err != nil {
		return st, err
	}
	st.Blobs, st.BlobBytes = b.Count, b.Bytes
	info, err := os.Stat(l.s.path())
	if err != nil {
		return st, ioError(err, "read the op-log")
	}
	st.FileBytes = info.Size()
	if b := l.s.base; b != nil && len(b.archives) > 0 {
		st.Archive = plain([]byte(b.archives[len(b.archives)-1].name))
	}
	if st.FormatVersion = l.s.format; st.Verified == nil {
		if st.Verified = l.s.verified(cur.pos.Seq); st.Verified != nil {
			l.verify.CompareAndSwap(nil, st.Verified)
		}
	}
	if st.FirstAt, _, err = l.Began(); err != nil {
		return st, err
	}
	err = l.s.view(func(tx *bolt.Tx) error {
		if v := tx.Bucket(bucketMeta).Get(keyKept); len(v) == 8 {
			st.Kept = binary.BigEndian.Uint64(v)
		}
		t := readTotals(tx)
		st.Memos, st.MemoBytes, st.LastMemo = t.count, t.bytes, t.last
		if v := tx.Bucket(bucketMeta).Get(keyCreated); len(v) == 8 {
			st.Created = int64(binary.BigEndian.Uint64(v))
		}
		if st.OpBytes > 0 {
			st.MemoShare = float64(st.MemoBytes) / float64(st.OpBytes)
		}
		d := tx.DB().Stats()
		if pages := tx.Size() / int64(tx.DB().Info().PageSize); pages > 0 {
			st.FreeShare = float64(d.FreePageN+d.PendingPageN) / float64(pages)
			st.UsedBytes = int64(float64(tx.Size()) * (1 - st.FreeShare))
		}
		return nil
	})
	return wrapRead(st, err)
}
