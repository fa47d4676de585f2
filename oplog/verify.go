package oplog

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"time"

	bolt "go.etcd.io/bbolt"
)

// Report is what Verify found. Problem is empty where all is well.
type Report struct {
	Ops       uint64 // that are good, from the first
	OpBytes   uint64 // their encodings
	Memos     uint64 // that are good and equal to the replay
	MemoBytes uint64
	OldMemos  uint64 // of another reducer version: no problem, they count as absent
	BadMemos  uint64 // damaged, or not what the replay gives: they are not used where they do not match their hash
	BadMarks  uint64
	Indexed   uint64 // entries of the index
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

// Verified is the outcome of the last Verify of this process.
type Verified struct {
	At      int64 // microseconds
	Ops     uint64
	Problem string
}

// Verify reads the whole durable log: every op against the chain, every mark, every memo against its hash and against the
// replay, every index name. It stops at the first damaged op, for nothing after it can be verified. progress, if not nil,
// is called now and then. The error says that it could not be carried out; what it found is in the report.
func (l *Log[S]) Verify(ctx context.Context, progress func(done, total uint64)) (Report, error) {
	if l.s == nil {
		return Report{Head: l.s.begin().Head}, nil
	}
	r, err := verify(ctx, l.s, l.proj, l.Head().Seq, progress)
	if err == nil {
		l.verify.Store(&Verified{At: l.opt.Now().UnixMicro(), Ops: r.Ops, Problem: r.Problem})
	}
	return r, err
}

// VerifyDir verifies the log in dir without opening it for use, so that one which Open refuses can be looked at too.
func VerifyDir[S any](ctx context.Context, dir string, p Projection[S], progress func(done, total uint64)) (Report, error) {
	s, err := openStore(dir, true, DefaultLockTimeout, time.Now)
	if err == nil && s == nil {
		return Report{Head: s.begin().Head}, nil
	}
	var last uint64
	if err == nil {
		defer s.close()
		last, err = s.lastSeq()
	}
	if err != nil {
		return problem(Report{Head: s.begin().Head}, err)
	}
	return verify(ctx, s, p, last, progress)
}

// problem turns damage into a finding, and leaves every other error one.
func problem(r Report, err error) (Report, error) {
	var own *Error
	if !errors.As(err, &own) || own.Code != CodeDamaged {
		return r, err
	}
	if r.Problem == "" {
		r.Problem, r.FirstBad = own.Text, own.Seq
	}
	return r, nil
}

func (r *Report) note(format string, args ...any) {
	if r.Problem == "" {
		r.Problem = fmt.Sprintf(format, args...)
	}
}

func verify[S any](ctx context.Context, s *store, proj Projection[S], head uint64, progress func(done, total uint64)) (Report, error) {
	r := Report{Head: s.origin.Head}
	in := newInterner()
	from := beginning(proj, s)
	state, p := from.state, from.pos
	memo, val, err := s.memoFrom(1)
	for err == nil && p.Seq < head {
		if err = ctx.Err(); err != nil {
			return r, err
		}
		var ops []Op
		var to pos
		if ops, to, err = s.read(p, head, false, in); err != nil {
			r.reach(s, p, err)
			break
		}
		if err = s.checkIndex(ops, &r); err != nil {
			break
		}
		for i := range ops {
			state = proj.Apply(state, ops[i])
			for err == nil && val != nil && memo <= ops[i].Seq {
				var at pos
				if at, err = between(s, p, ops[i].Seq); err == nil {
					checkMemo(proj, memo, val, state, at, &r)
					memo, val, err = s.memoFrom(memo + 1)
				}
			}
		}
		if p = to; p.Seq%block == 0 && err == nil {
			err = s.checkMark(p, &r)
		}
		r.Ops, r.OpBytes, r.Head = p.Seq, p.bytes, p.Head
		if progress != nil {
			progress(p.Seq, head)
		}
	}
	if err == nil {
		err = s.countIndex(head, &r)
	}
	if s.file != nil {
		if st, serr := s.file.Stat(); serr == nil {
			r.FileBytes = st.Size()
		}
	}
	return problem(r, err)
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

// checkMemo compares a memo with the state that the replay gives at its seq.
func checkMemo[S any](proj Projection[S], seq uint64, val []byte, state S, at pos, r *Report) {
	r.MemoBytes += uint64(len(val))
	m, err := parseMemo(seq, val)
	if err == nil && m.reducer != proj.Version() {
		r.OldMemos++
		return
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
		return
	}
	r.BadMemos++
}

// memoFrom copies the first memo at or after seq; nil if there is none.
func (s *store) memoFrom(seq uint64) (at uint64, val []byte, err error) {
	err = s.view(func(tx *bolt.Tx) error {
		if k, v := tx.Bucket(bucketMemos).Cursor().Seek(key(seq)); k != nil {
			at, val = unkey(k), append([]byte{}, v...)
		}
		return nil
	})
	return at, val, err
}

func (s *store) checkMark(p pos, r *Report) error {
	return s.view(func(tx *bolt.Tx) error {
		if m, ok := decodeMark(p.Seq, tx.Bucket(bucketMarks).Get(key(p.Seq))); !ok || m != p {
			r.BadMarks++
			r.note("the mark at op %d is missing or damaged (reads go further back instead)", p.Seq)
		}
		return nil
	})
}

// checkIndex looks up every name of the ops.
func (s *store) checkIndex(ops []Op, r *Report) error {
	return s.view(func(tx *bolt.Tx) error {
		index := tx.Bucket(bucketIndex)
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
		cur := tx.Bucket(bucketIndex).Cursor()
		for k, _ := cur.First(); k != nil; k, _ = cur.Next() {
			if len(k) < 10 || unkey(k[len(k)-8:]) <= head {
				n++
			}
		}
		if n != r.Indexed {
			r.note("the index has %d entries, the ops have %d names", n, r.Indexed)
		}
		return nil
	})
}
