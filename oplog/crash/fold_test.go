package crash

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/fnv"
	"maps"
	"slices"

	"voxmesh/oplog"
)

// tally is the state of the tests: how many ops of each kind and actor, and a sum that depends on all ops and their order.
type tally struct {
	n     map[string]uint64
	order uint64
}

type fold struct{}

func (fold) Version() uint32       { return 16 }
func (fold) New() *tally           { return &tally{n: map[string]uint64{}} }
func (fold) Clone(s *tally) *tally { return &tally{maps.Clone(s.n), s.order} }

func (fold) Apply(s *tally, o oplog.Op) *tally {
	s.n[o.Kind+" "+o.Actor]++
	h := fnv.New64a()
	fmt.Fprintf(h, "%d %d %d %s %s %s %v ", s.order, o.Seq, o.At, o.Kind, o.Actor, o.Trace, o.Index)
	_, _ = h.Write(o.Body)
	s.order = h.Sum64()
	return s
}

func (fold) Encode(s *tally) []byte {
	b := binary.BigEndian.AppendUint64(nil, s.order)
	for _, k := range slices.Sorted(maps.Keys(s.n)) {
		b = append(append(b, byte(len(k))), k...)
		b = binary.AppendUvarint(b, s.n[k])
	}
	return b
}

func (f fold) Decode(b []byte) (*tally, error) {
	s := f.New()
	if len(b) < 8 {
		return nil, errors.New("short")
	}
	s.order, b = binary.BigEndian.Uint64(b), b[8:]
	for len(b) > 0 {
		n := int(b[0])
		if len(b) < 1+n {
			return nil, errors.New("short")
		}
		v, w := binary.Uvarint(b[1+n:])
		if w <= 0 {
			return nil, errors.New("a bad number")
		}
		s.n[string(b[1:1+n])], b = v, b[1+n+w:]
	}
	return s, nil
}
