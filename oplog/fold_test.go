package oplog

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/fnv"
	"maps"
	"slices"
	"testing"
	"time"

	"go.uber.org/goleak"
)

// tally is the projection of the tests: how many ops of each kind, and a sum that depends on their order.
type tally struct {
	n     map[string]uint64
	order uint64
}

type fold struct{ version uint32 }

func (f fold) Version() uint32 { return f.version }
func (fold) New() *tally       { return &tally{n: map[string]uint64{}} }
func (fold) Clone(s *tally) *tally {
	return &tally{maps.Clone(s.n), s.order}
}

func (fold) Apply(s *tally, o Op) *tally {
	s.n[o.Kind]++
	h := fnv.New64a()
	fmt.Fprintf(h, "%d %d %d %s %s %s %x %v", s.order, o.Seq, o.At, o.Kind, o.Actor, o.Trace, o.Body, o.Index)
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
		k := string(b[1 : 1+n])
		v, w := binary.Uvarint(b[1+n:])
		s.n[k], b = v, b[1+n+w:]
	}
	return s, nil
}

func (s *tally) String() string { return fmt.Sprintf("%x", fold{}.Encode(s)) }

func TestMain(m *testing.M) {
	if childMain() || campaignMain() || checkMain() {
		return
	}
	goleak.VerifyTestMain(m)
}

// clock is a clock that the test sets.
type clock struct{ t int64 }

func (c *clock) now() time.Time { return time.UnixMicro(c.t) }

const epoch = 1_760_000_000_000_000

func mustOpen(t testing.TB, dir string, o Options) *Log[*tally] {
	t.Helper()
	l, err := Open(dir, fold{1}, o)
	if err != nil {
		t.Fatalf("Open: %v", err)
	}
	t.Cleanup(func() { _ = l.Close() })
	return l
}

func mustClose[S any](t testing.TB, l *Log[S]) {
	t.Helper()
	if err := l.Close(); err != nil {
		t.Fatalf("Close: %v", err)
	}
}

// fillLog appends n ops, batch at a time, each a millisecond after the other.
func fillLog(t testing.TB, l *Log[*tally], c *clock, n int) {
	t.Helper()
	var last *Pending
	for i := range n {
		c.t += 1000
		p, err := l.Do(func(*tally) ([]Draft, error) { return []Draft{draft(i)}, nil })
		if err != nil {
			t.Fatalf("Do: %v", err)
		}
		if last = p; i%512 == 511 {
			if err := p.Wait(context.Background()); err != nil {
				t.Fatalf("Wait: %v", err)
			}
			done := make(chan struct{})
			l.memoCh <- memoJob[*tally]{done: done}
			<-done
		}
	}
	if last != nil {
		if err := last.Wait(context.Background()); err != nil {
			t.Fatalf("Wait: %v", err)
		}
	}
}

func draft(i int) Draft {
	d := Draft{Kind: [...]string{"job_started", "job_ended", "node_seen"}[i%3], Actor: "node:n1", Body: fmt.Appendf(nil, "body of op %d with some length to it", i)}
	if i%2 == 0 {
		d.Trace = fmt.Sprintf("%032x", i+1)
	}
	if i%5 == 0 {
		d.Index = []string{fmt.Sprintf("job:j-%d", i%50), "run:r-1"}
	}
	return d
}

func code(err error) string {
	var e *Error
	if errors.As(err, &e) {
		return e.ErrorCode()
	}
	if err == nil {
		return ""
	}
	return "no code: " + err.Error()
}

// folded gives the state after the first n of ops, from nothing.
func folded(ops []Op) *tally {
	s := fold{}.New()
	for _, o := range ops {
		s = fold{}.Apply(s, o)
	}
	return s
}
