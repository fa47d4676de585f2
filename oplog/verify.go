package oplog

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	bolt "go.etcd.io/bbolt"
)

// Report is what Verify found. Problem is empty where all is well.
type Report struct {
	Ops       uint64 // that are good, from the first that is in the log
	OpBytes   uint64 // their encodings
	Memos     uint64 // that are good and equal to the replay
	MemoBytes uint64
	OldMemos  uint64 // of another reducer version: no problem, they count as absent
	BadMemos  uint64 // damaged, or not what the replay gives: they are not used where they do not match their hash
	BadMarks  uint64
	BadTimes  uint64 // blocks whose times are missing, damaged or not those of the ops: these are read instead
	Indexed   uint64 // entries of the index
	Base      uint64 // the op after which the log begins; 0 unless it was trimmed
	Kept      uint64 // ops from before the base that are still found by name
	FirstBad  uint64 // the first op that is damaged, 0 if none is
	Problem   string // the first problem, in a sentence
	Head      Head   // after the last good op
	FileBytes int64
}

// Err gives an error of code vox/oplog/damaged where there is a problem.
func (r Report) Err() error {
	if r.Problem == "" {
		return nil
	}
	return &Error{Code: CodeDamaged, Text: r.Problem, Hint: hintDamaged, Seq: r.FirstBad}
}

// Verify reads the whole durable log: every op against the chain, every mark, every memo against its hash and against the
// replay, every time and index name. It stops at the first damaged op, for nothing after it can be verified. progress, if not nil,
// is called now and then with the ops behind it and in all. The error says that it could not be carried out; what it found
// is in the report. The outcome is kept in oplog.verified beside the log, for Stats.
func (l *Log[S]) Verify(ctx context.Context, progress func(done, total uint64)) (Report, error) {
	if l.s == nil {
		return Report{Head: l.s.begin().Head}, nil
	}
	r, err := verify(ctx, l.s, l.proj, l.Head().Seq, progress)
	if err == nil {
		v := verifiedBy(r, l.opt.Now())
		v.save(l.s.dir)
		l.verify.Store(&v)
	}
	return r, err
}

// VerifyDir verifies the log in dir without opening it for use, so that one which Open refuses can be looked at too.
func VerifyDir[S any](ctx context.Context, dir string, p Projection[S], progress func(done, total uint64)) (Report, error) {
	s, err := openStore(dir, true, DefaultLockTimeout, time.Now)
	if err == nil && s == nil {
		return Report{Head: s.begin().Head}, nil
	}
	s, last, why, err := ending(s, err, dir)
	if err != nil {
		return problem(Report{Head: s.begin().Head}, err)
	}
	defer s.close()
	r, err := verify(ctx, s, p, last, progress)
	if err == nil {
		r.first(why)
		verifiedBy(r, time.Now()).save(dir)
	}
	return r, err
}

// problem turns damage into a finding, and leaves every other error one.
func problem(r Report, err error) (Report, error) {
	var own *Error
	if !errors.As(err, &own) || own.Code != CodeDamaged {
		return r, err
	}
	if r.note("%s", own.Text); r.FirstBad == 0 {
		r.FirstBad = own.Seq
	}
	return r, nil
}

// first puts a problem that was there before the ops were looked at in front of what was found then.
func (r *Report) first(why *Error) {
	if why == nil {
		return
	}
	if r.Problem = why.Text; r.FirstBad == 0 {
		r.FirstBad = why.Seq
	}
}

func (r *Report) note(format string, args ...any) {
	if r.Problem == "" {
		r.Problem = fmt.Sprintf(format, args...)
	}
}

func verify[S any](ctx context.Context, s *store, proj Projection[S], head uint64, progress func(done, total uint64)) (Report, error) {
	return survey[S]{s: s, proj: proj, head: head, progress: progress}.run(ctx)
}

// survey goes over a log from its base to head, and gives what it finds good to a rewriting, if there is one.
type survey[S any] struct {
	s        *store
	proj     Projection[S]
	head     uint64
	progress func(done, total uint64)
	to       []*rewriting
	reach    func(p pos, state S) // is told of the end of each block, if not nil
	salvage  bool                 // nothing but the ops is relied on, and everything up to the first bad one is given
}

func (v survey[S]) run(ctx context.Context) (Report, error) {
	s := v.s
	r := Report{Head: s.origin.Head, Base: s.origin.Seq}
	if s.base != nil && s.base.bad != "" {
		r.note("%s (the other one is used)", s.base.bad)
	}
	err := loadBase(v.proj, s)
	if err == nil && !v.salvage {
		err = s.checkKept(&r)
	}
	if err != nil {
		return problem(r, err)
	}
	if err = v.walk(ctx, &r); err == nil && !v.salvage {
		err = s.countIndex(v.head, &r)
	}
	if st, serr := s.file.Stat(); serr == nil {
		r.FileBytes = st.Size()
	}
	return problem(r, err)
}

// walk goes over the ops, with the marks and memos among them.
func (v survey[S]) walk(ctx context.Context, r *Report) error {
	s, in := v.s, newInterner()
	from := beginning(v.proj, s)
	state, p := from.state, from.pos
	memo, val, err := s.memoFrom(p.Seq + 1)
	rest := tail{after: p.Seq}
	for p.Seq < v.head {
		if err != nil && !v.salvage {
			return err
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		c, err1 := s.load(p.Seq, v.head, false)
		if err1 != nil {
			return v.rest(p, r, err1)
		}
		ops, to, err1 := c.verify(p, in)
		if err1 != nil {
			return v.rest(p, r, err1)
		}
		if !v.salvage {
			if err := s.checkIndex(ops, r); err != nil {
				return err
			}
		}
		if err := v.take(p, to, ops, c.vals); err != nil {
			return err
		}
		for i := range ops {
			state = v.proj.Apply(state, ops[i])
			for err == nil && val != nil && memo <= ops[i].Seq {
				var at pos
				if at, err = between(s, p, ops[i].Seq); err != nil {
					break
				}
				if checkMemo(v.proj, memo, val, state, at, r) {
					if err := v.memo(memo, val); err != nil {
						return err
					}
				}
				memo, val, err = s.memoFrom(memo + 1)
			}
		}
		if p = to; p.Seq%block == 0 {
			if !v.salvage && err == nil {
				err = s.checkMark(p, r)
			}
			if !v.salvage && err == nil {
				err = s.checkTimes(rest, ops, r)
			}
			if v.reach != nil {
				v.reach(p, state)
			}
		}
		rest = rest.add(ops)
		r.Ops, r.OpBytes, r.Head = p.Seq-s.origin.Seq, p.bytes-s.origin.bytes, p.Head
		if v.progress != nil {
			v.progress(r.Ops, v.head-s.origin.Seq)
		}
	}
	if v.salvage {
		return nil
	}
	return err
}

func (v survey[S]) take(from, to pos, list []Op, vals [][]byte) error {
	for _, w := range v.to {
		if err := w.take(from, to, list, vals); err != nil {
			return err
		}
	}
	return nil
}

func (v survey[S]) memo(seq uint64, val []byte) error {
	for _, w := range v.to {
		if err := w.memo(seq, val); err != nil {
			return err
		}
	}
	return nil
}

// rest takes the good ops one by one up to the damage that was found after p: what is good ends there, not where the block
// begins.
func (v survey[S]) rest(p pos, r *Report, why error) error {
	in := newInterner()
	for p.Seq < v.head {
		c, err := v.s.load(p.Seq, p.Seq+1, false)
		if err != nil {
			return err
		}
		ops, to, err := c.verify(p, in)
		if err != nil {
			return err
		}
		if err := v.take(p, to, ops, c.vals); err != nil {
			return err
		}
		p = to
		r.Ops, r.OpBytes, r.Head = p.Seq-v.s.origin.Seq, p.bytes-v.s.origin.bytes, p.Head
	}
	return why
}

// between gives the place at seq, which lies in the block after p.
func between(s *store, p pos, seq uint64) (pos, error) {
	for p.Seq < seq {
		c, err := s.load(p.Seq, seq, false)
		if err != nil {
			return p, err
		}
		if p, err = c.chain(p); err != nil {
			return p, err
		}
	}
	return p, nil
}

// checkMemo compares a memo with the state that the replay gives at its seq, and says whether it is good.
func checkMemo[S any](proj Projection[S], seq uint64, val []byte, state S, at pos, r *Report) bool {
	r.MemoBytes += uint64(len(val))
	m, err := parseMemo(seq, val)
	if err == nil && m.reducer != proj.Version() {
		r.OldMemos++
		return false
	}
	var raw []byte
	if err == nil {
		raw, err = m.raw()
	}
	switch {
	case err != nil:
		r.note("the memo at op %d is damaged (it is not used): %v", seq, err)
	case seq != at.Seq || m.Head != at.Head || m.bytes != at.bytes:
		r.note("the memo at op %d stands on another chain", seq)
	case !bytes.Equal(raw, proj.Encode(state)):
		r.note("the memo at op %d is not what the replay gives", seq)
	default:
		r.Memos++
		return true
	}
	r.BadMemos++
	return false
}

// memoFrom copies the first memo at or after seq; nil if there is none.
func (s *store) memoFrom(seq uint64) (at uint64, val []byte, err error) {
	err = s.view(func(tx *bolt.Tx) error {
		cur := treeOf(tx, bucketMemos).Cursor()
		k, v := cur.Seek(key(seq))
		for k != nil && unkey(k) < seq { // a damaged key
			k, v = cur.Next()
		}
		if k != nil {
			at, val = unkey(k), append([]byte{}, v...)
		}
		return nil
	})
	return at, val, err
}

func (s *store) checkMark(p pos, r *Report) error {
	return s.view(func(tx *bolt.Tx) error {
		if m, ok := decodeMark(p.Seq, treeOf(tx, bucketMarks).Get(key(p.Seq))); !ok || m != p {
			r.BadMarks++
			r.note("the mark at op %d is missing or damaged (reads go further back instead)", p.Seq)
		}
		return nil
	})
}

// checkTimes compares the times of a block, which ends with ops and begins with t, with those of its ops.
func (s *store) checkTimes(t tail, ops []Op, r *Report) error {
	return s.view(func(tx *bolt.Tx) error {
		b, seq := treeOf(tx, bucketTimes), t.after+block
		if b.none() { // of the first format
			return nil
		}
		got, ok := decodeTimes(seq, b.Get(key(seq)))
		n := len(t.times)
		ok = ok && n+len(ops) == block && slices.Equal(got[:n], t.times)
		ok = ok && slices.EqualFunc(got[n:], ops, func(at int64, o Op) bool { return at == o.At })
		if !ok {
			r.BadTimes++
			r.note("the times of the ops up to %d are missing or damaged (those of the ops are read instead)", seq)
		}
		return nil
	})
}

// checkIndex looks up every name of the ops.
func (s *store) checkIndex(ops []Op, r *Report) error {
	return s.view(func(tx *bolt.Tx) error {
		index := treeOf(tx, bucketIndex)
		for i := range ops {
			for _, name := range ops[i].Index {
				r.Indexed++
				if index.Get(indexKey(name, ops[i].Seq)) == nil {
					r.note("the index does not know that op %d belongs to %q", ops[i].Seq, name)
				}
			}
		}
		return nil
	})
}

// countIndex finds entries that no op asked for.
func (s *store) countIndex(head uint64, r *Report) error {
	return s.view(func(tx *bolt.Tx) error {
		var n uint64
		namesOf(tx).all(func(_ []byte, seq uint64) {
			if seq <= head {
				n++
			}
		})
		if n != r.Indexed {
			r.note("the index has %d entries, the ops have %d names", n, r.Indexed)
		}
		return nil
	})
}
