package oplog

import (
	"context"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"
)

// ledger is what a log must say: all ops that ever were, and what trims did to them.
type ledger struct {
	ops    []Op // from the first
	states []*tally
	hashes []Hash
	base   uint64
	kept   map[uint64]bool
}

func newLedger(ops []Op) *ledger {
	m := &ledger{kept: map[uint64]bool{}, states: []*tally{fold{}.New()}, hashes: []Hash{Genesis()}}
	m.add(ops)
	return m
}

func (m *ledger) add(ops []Op) {
	for _, o := range ops {
		m.ops = append(m.ops, o)
		enc, _ := EncodeOp(o)
		m.hashes = append(m.hashes, m.hashes[len(m.hashes)-1].Next(enc))
		m.states = append(m.states, fold{}.Apply(fold{}.Clone(m.states[len(m.states)-1]), o))
	}
}

// cut is where a trim must cut, by the rule: the largest multiple of 1024 that before and from allow.
func (m *ledger) cut(before int64, from uint64) uint64 {
	var n uint64
	for n < uint64(len(m.ops)) && m.ops[n].At < before && (from == 0 || n+1 < from) {
		n++
	}
	return max(m.base, n/1024*1024)
}

func (m *ledger) trim(before int64, from uint64, names []string) (kept uint64) {
	to := m.cut(before, from)
	for _, o := range m.ops[m.base:to] {
		if slices.ContainsFunc(names, func(n string) bool { return contains(o.Index, n) }) {
			m.kept[o.Seq] = true
			kept++
		}
	}
	m.base = to
	return kept
}

func (m *ledger) named(name string) (seqs []uint64) {
	for _, o := range m.ops {
		if (o.Seq > m.base || m.kept[o.Seq]) && contains(o.Index, name) {
			seqs = append(seqs, o.Seq)
		}
	}
	return seqs
}

func seqsOf(ops []Op) (seqs []uint64) {
	for _, o := range ops {
		seqs = append(seqs, o.Seq)
	}
	return seqs
}

// check compares everything that can be asked of l with m.
func (m *ledger) check(t testing.TB, l *Log[*tally], rnd *rand.Rand) {
	t.Helper()
	head := uint64(len(m.ops))
	if s, h := l.Snapshot(); h.Seq != head || h.Hash != m.hashes[head] || s.String() != m.states[head].String() || l.Base().Seq != m.base {
		t.Fatalf("head %d, base %d, want %d and %d; state %s", h.Seq, l.Base().Seq, head, m.base, s)
	}
	if b := l.Base(); m.base > 0 && b.At != m.ops[m.base-1].At || b.Hash != m.hashes[m.base] {
		t.Fatalf("base %+v", b)
	}
	ops, err := l.Since(m.base, 1<<30)
	if err != nil || uint64(len(ops)) != head-m.base {
		t.Fatalf("%d ops from the base, %v, want %d", len(ops), err, head-m.base)
	}
	for i := 0; i < len(ops); i += 1 + rnd.IntN(100) { // the hashes stand for the rest
		if !reflect.DeepEqual(ops[i], m.ops[m.base+uint64(i)]) {
			t.Fatalf("op %+v, want %+v", ops[i], m.ops[m.base+uint64(i)])
		}
	}
	for _, name := range []string{"run:r-1", "job:j-5", "job:j-45", "none"} {
		want := m.named(name)
		ops, err := l.Indexed(name, 1<<30)
		if err != nil || !slices.Equal(seqsOf(ops), want) {
			t.Fatalf("%s: %v, %v, want %v", name, seqsOf(ops), err, want)
		}
		for i := 0; i < len(ops); i += 1 + rnd.IntN(20) {
			if o := ops[i]; !reflect.DeepEqual(o, m.ops[o.Seq-1]) {
				t.Fatalf("%s: op %+v", name, o)
			}
		}
		back, err := l.IndexedBack(name, m.base/2, 0, 7)
		slices.Reverse(back)
		want = slices.DeleteFunc(want, func(s uint64) bool { return s <= m.base/2 })
		if want = want[max(0, len(want)-7):]; err != nil || !slices.Equal(seqsOf(back), want) {
			t.Fatalf("%s back: %v, %v, want %v", name, seqsOf(back), err, want)
		}
	}
	m.checkPast(t, l, rnd)
	if r, err := l.Verify(context.Background(), nil); err != nil || r.Problem != "" || r.Ops != head-m.base || r.Base != m.base || r.Kept != uint64(len(m.kept)) {
		t.Fatalf("%+v %v, %d kept", r, err, len(m.kept))
	}
	st, err := l.Stats()
	if err != nil || st.Ops != head-m.base || st.Base != m.base || st.Kept != uint64(len(m.kept)) || st.FormatVersion != formatVersion || st.Verified == nil {
		t.Fatalf("%+v %v", st, err)
	}
}

func (m *ledger) checkPast(t testing.TB, l *Log[*tally], rnd *rand.Rand) {
	t.Helper()
	head := uint64(len(m.ops))
	for range 12 {
		seq := rnd.Uint64N(head + 1)
		if rnd.IntN(4) == 0 {
			seq = min(head, m.base+rnd.Uint64N(3)-min(1, m.base))
		}
		i, err := l.AtSeq(seq)
		if seq < m.base {
			if code(err) != CodeTrimmed {
				t.Fatalf("AtSeq(%d) below base %d: %v", seq, m.base, err)
			}
			if _, err := l.Since(seq, 1); code(err) != CodeTrimmed {
				t.Fatalf("Since(%d) below base %d: %v", seq, m.base, err)
			}
		} else if err != nil || i.Seq != seq || i.State.String() != m.states[seq].String() {
			t.Fatalf("AtSeq(%d): %+v %v", seq, i, err)
		}
		if head == 0 {
			continue
		}
		at := m.ops[max(seq, 1)-1].At + rnd.Int64N(3) - 1
		var n uint64
		for n < head && m.ops[n].At <= at {
			n++
		}
		i, err = l.At(at)
		if m.base > 0 && at < m.ops[m.base-1].At {
			if code(err) != CodeTrimmed {
				t.Fatalf("At(%d) before base %d: %v", at, m.base, err)
			}
		} else if err != nil || i.Seq != n || i.State.String() != m.states[n].String() {
			t.Fatalf("At(%d): op %d, want %d, %v", at, i.Seq, n, err)
		}
		if got, err := l.SeqsAt([]int64{at}); err != nil || got[0] != max(n, m.base) {
			t.Fatalf("SeqsAt(%d): %v, want %d, %v", at, got, max(n, m.base), err)
		}
	}
	at, ok, err := l.Began()
	if err != nil || ok != (head > m.base) || ok && at != m.ops[m.base].At {
		t.Fatalf("began at %d %v %v", at, ok, err)
	}
}
