package oplog

import "errors"

// reach takes into the report the ops of the block after p that are good before the damaged one which err names: what is
// good ends right before it, not where its block begins.
func (r *Report) reach(s *store, p pos, err error) {
	var own *Error
	if !errors.As(err, &own) || own.Code != CodeDamaged {
		return
	}
	in := newInterner()
	for p.Seq+1 < own.Seq {
		_, to, err := s.read(p, own.Seq-1, false, in)
		if err != nil || to.Seq <= p.Seq {
			return
		}
		p = to
		r.Ops, r.OpBytes, r.Head = p.Seq, p.bytes, p.Head
	}
}
