package peers

import (
	"encoding/binary"
	"sync/atomic"

	"github.com/cockroachdb/pebble/v2"
)

// pebbles is Pebble, which commits together by itself.
type pebbles struct {
	db *pebble.DB
	n  *atomic.Uint64
}

func openPebble(dir string) (log, error) {
	db, err := pebble.Open(dir, &pebble.Options{Logger: silent{}})
	return pebbles{db, new(atomic.Uint64)}, err
}

func (p pebbles) append(v []byte) error {
	return p.db.Set(binary.BigEndian.AppendUint64(nil, p.n.Add(1)), v, pebble.Sync)
}

func (p pebbles) close() (e extent, err error) {
	if err := p.db.Flush(); err != nil { // to tables, as they stay
		return e, err
	}
	it, err := p.db.NewIter(nil)
	if err != nil {
		return e, err
	}
	for ok := it.First(); ok; ok = it.Next() {
		e.ops++
	}
	if err := it.Close(); err != nil {
		return e, err
	}
	e.used = int64(p.db.Metrics().DiskSpaceUsage())
	return e, p.db.Close()
}

type silent struct{}

func (silent) Infof(string, ...any)  {}
func (silent) Errorf(string, ...any) {}
func (silent) Fatalf(string, ...any) {}
