package peers

import (
	"context"
	"encoding/binary"
	"errors"

	"voxmesh/oplog"
)

// vox is the real thing: chained by SHA-256, indexed, folded into a state that is published, with its memos.
type vox struct{ l *oplog.Log[*counts] }

func openVox(dir string) (log, error) {
	l, err := oplog.Open(dir, fold{}, oplog.Options{})
	return vox{l}, err
}

func (v vox) append(op []byte) error {
	_, err := v.l.Append(context.Background(), oplog.Draft{Kind: "job_ended", Actor: "node:n1", Body: op[opBytes-bodyBytes:]})
	return err
}

func (v vox) close() (extent, error) {
	st, err := v.l.Stats()
	if err != nil {
		return extent{}, err
	}
	if s, h := v.l.Snapshot(); s.n != h.Seq {
		return extent{}, errors.New("the state is not that of the head")
	}
	if err := v.l.Close(); err != nil {
		return extent{}, err
	}
	return extent{ops: st.Ops, used: st.UsedBytes, payload: int64(st.OpBytes)}, nil
}

// counts is a small state: how many ops, and the bytes that each of 64 nodes was seen with.
type counts struct {
	n     uint64
	nodes [64]uint64
}

type fold struct{}

func (fold) Version() uint32 { return 1 }
func (fold) New() *counts    { return &counts{} }
func (fold) Clone(c *counts) *counts {
	d := *c
	return &d
}

func (fold) Apply(c *counts, o oplog.Op) *counts {
	c.n++
	if len(o.Body) > 0 {
		c.nodes[o.Body[0]%64] += uint64(len(o.Body))
	}
	return c
}

func (fold) Encode(c *counts) []byte {
	b := binary.BigEndian.AppendUint64(nil, c.n)
	for _, n := range c.nodes {
		b = binary.AppendUvarint(b, n)
	}
	return b
}

func (fold) Decode(b []byte) (*counts, error) {
	if len(b) < 8 {
		return nil, errors.New("cut short")
	}
	c := &counts{n: binary.BigEndian.Uint64(b)}
	b = b[8:]
	for i := range c.nodes {
		v, n := binary.Uvarint(b)
		if n <= 0 {
			return nil, errors.New("cut short")
		}
		c.nodes[i], b = v, b[n:]
	}
	return c, nil
}
