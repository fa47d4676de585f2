package mesh_test

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"hash/maphash"
	"slices"

	bolt "go.etcd.io/bbolt"

	"voxmesh/mesh"
	"voxmesh/oplog"
)

// The second peer of the memos: an index of versions in bbolt, in which a state of the past is looked up entity by entity.
//
//	kind ‖ birth ‖ id ‖ 0 ‖ seq → the entity's row after op seq, empty where it was gone; birth is the seq of its first row
//	'F' ‖ kind ‖ seq            → the least birth that is still there after op seq
//
// Without the births a seek would pass over every job that there ever was; so it begins at the floor and ends at seq.
const (
	mvccNodes   = 'n'
	mvccGone    = 'g'
	mvccJobs    = 'j'
	mvccRuns    = 'r'
	mvccInvites = 'i'
	mvccAccess  = 'a'
	mvccItems   = 'h'
	mvccScalars = 's'
	mvccLessons = 'l'
	mvccFloor   = 'F'
)

var mvccBucket = []byte("versions")

type mvccIndex struct{ db *bolt.DB }

func openMVCC(path string, readOnly bool) (*mvccIndex, error) {
	db, err := bolt.Open(path, 0o600, &bolt.Options{NoSync: true, ReadOnly: readOnly, FreelistType: bolt.FreelistMapType, PageSize: 8192})
	return &mvccIndex{db}, err
}

// entity names one, as mvccMaker keeps it.
type entity struct {
	kind byte
	id   string
}

// mvccMaker writes the rows of each op, in transactions of many.
type mvccMaker struct {
	ix     *mvccIndex
	births map[entity]uint64
	last   map[entity]uint64 // hash of the last row
	order  map[byte][]entity // by birth, what is gone included until it is the first
	floors map[byte]uint64
	seed   maphash.Seed
	puts   []put
	old    oldest
}

type put struct{ key, val []byte }

func newMVCCMaker(ix *mvccIndex) *mvccMaker {
	return &mvccMaker{
		ix: ix, births: map[entity]uint64{}, last: map[entity]uint64{}, order: map[byte][]entity{}, floors: map[byte]uint64{}, seed: maphash.MakeSeed(),
	}
}

func mvccKey(kind byte, birth uint64, id string, seq uint64) []byte {
	k := binary.BigEndian.AppendUint64([]byte{kind}, birth)
	k = append(append(k, id...), 0)
	return binary.BigEndian.AppendUint64(k, seq)
}

// take writes what op made of s.
func (m *mvccMaker) take(op oplog.Op, before, s *mesh.State) error {
	for _, e := range m.old.touched(op, before, s) {
		m.set(e, op.Seq, rowOf(s, e))
	}
	for kind, order := range m.order {
		for len(order) > 1 && m.births[order[0]] == 0 {
			order = order[1:]
		}
		m.order[kind] = order
		if b := m.births[order[0]]; b != 0 && b != m.floors[kind] {
			m.floors[kind] = b
			m.puts = append(m.puts, put{mvccKey(mvccFloor, 0, string(kind), op.Seq), binary.BigEndian.AppendUint64(nil, b)})
		}
	}
	if len(m.puts) < 50_000 {
		return nil
	}
	return m.flush()
}

func (m *mvccMaker) set(e entity, seq uint64, row []byte) {
	birth := m.births[e]
	if birth == 0 {
		if row == nil {
			return
		}
		birth = seq
		m.births[e] = seq
		m.order[e.kind] = append(m.order[e.kind], e)
	}
	h := maphash.Bytes(m.seed, row)
	if m.last[e] == h {
		return
	}
	m.last[e] = h
	if row == nil {
		delete(m.births, e)
		delete(m.last, e)
	}
	m.puts = append(m.puts, put{mvccKey(e.kind, birth, e.id, seq), row})
}

func (m *mvccMaker) flush() error {
	slices.SortFunc(m.puts, func(a, b put) int { return bytes.Compare(a.key, b.key) })
	err := m.ix.db.Update(func(tx *bolt.Tx) error {
		b, err := tx.CreateBucketIfNotExists(mvccBucket)
		if err != nil {
			return err
		}
		for _, p := range m.puts {
			if err := b.Put(p.key, p.val); err != nil {
				return err
			}
		}
		return nil
	})
	m.puts = m.puts[:0]
	return err
}

// rowOf gives an entity's row, nil where there is none.
func rowOf(s *mesh.State, e entity) []byte {
	switch e.kind {
	case mvccNodes:
		return row(s.Node(e.id))
	case mvccGone:
		return row(s.Gone(e.id))
	case mvccJobs:
		return row(s.Job(e.id))
	case mvccRuns:
		return row(s.Run(e.id))
	case mvccInvites:
		return row(s.Invite(e.id))
	case mvccAccess:
		return row(s.AccessBy(e.id))
	case mvccItems:
		return row(s.Hopper().Item(e.id))
	}
	var v any
	if e.kind == mvccScalars {
		d := mesh.ScalarsOf(s)
		d.Seq, d.At = 0, 0 // the op says these
		v = d
	} else {
		v = s.Hopper().Lessons()
	}
	b, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return b
}

func row[T any](e *T, ok bool) []byte {
	if !ok {
		return nil
	}
	return mesh.EncodeRow(e)
}

// at is the seek: of each entity the newest row at or before seq, and the state built of them. The time of op seq is the
// caller's to know.
func (ix *mvccIndex) at(seq uint64, at int64) (*mesh.State, error) {
	var d mesh.Dump
	err := ix.db.View(func(tx *bolt.Tx) error {
		c := tx.Bucket(mvccBucket).Cursor()
		v := versions{c: c, seq: seq}
		v.scan(mvccScalars, func(b []byte) error { return json.Unmarshal(b, &d) })
		v.scan(mvccLessons, func(b []byte) error { return json.Unmarshal(b, &d.Lessons) })
		scanRows(&v, mvccNodes, &d.Nodes)
		scanRows(&v, mvccGone, &d.Gone)
		scanRows(&v, mvccJobs, &d.Jobs)
		scanRows(&v, mvccRuns, &d.Runs)
		scanRows(&v, mvccInvites, &d.Invites)
		scanRows(&v, mvccAccess, &d.Access)
		scanRows(&v, mvccItems, &d.Items)
		return v.err
	})
	if err != nil {
		return nil, err
	}
	d.Seq, d.At = seq, at
	return d.State()
}

type versions struct {
	c   *bolt.Cursor
	seq uint64
	err error
}

func scanRows[T any](v *versions, kind byte, to *[]*T) {
	v.scan(kind, func(b []byte) error {
		e := new(T)
		*to = append(*to, e)
		return mesh.DecodeRow(b, e)
	})
}

// scan calls f with the row of each entity of a kind.
func (v *versions) scan(kind byte, f func(row []byte) error) {
	floor := uint64(1)
	prefix := mvccKey(mvccFloor, 0, string(kind), v.seq+1)
	v.c.Seek(prefix)
	if k, b := v.c.Prev(); len(k) == len(prefix) && bytes.Equal(k[:len(k)-8], prefix[:len(prefix)-8]) {
		floor = binary.BigEndian.Uint64(b)
	}
	buf := make([]byte, 0, 64)
	k, _ := v.c.Seek(binary.BigEndian.AppendUint64([]byte{kind}, floor))
	for v.err == nil && len(k) > 17 && k[0] == kind && binary.BigEndian.Uint64(k[1:]) <= v.seq {
		name := len(k) - 8
		buf = binary.BigEndian.AppendUint64(append(buf[:0], k[:name]...), v.seq+1)
		after, _ := v.c.Seek(buf)
		_, b := v.c.Prev()
		if after == nil { // bbolt's cursor stands behind the last key only after Last
			_, b = v.c.Last()
		}
		if len(b) > 0 {
			v.err = f(b)
		}
		if len(after) > name && bytes.Equal(after[:name], buf[:name]) {
			after, _ = v.c.Seek(append(buf[:name], 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff))
		} else {
			after, _ = v.c.Seek(buf)
		}
		k = after
	}
}
