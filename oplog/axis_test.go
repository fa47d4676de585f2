package oplog

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"

	bolt "go.etcd.io/bbolt"
	"pgregory.net/rapid"
)

// unevenLog makes a closed log of n ops whose times stand still, creep and jump, and gives the ops.
func unevenLog(t testing.TB, n int) (dir string, ops []Op) {
	t.Helper()
	dir = t.TempDir()
	c := &clock{epoch}
	l := mustOpen(t, dir, Options{Now: c.now})
	for i := 0; i < n; i++ {
		c.t += [...]int64{0, 0, 1, 7, 0, 1_000_000, 3}[i%7] * int64(1+i%11)
		if i%900 == 0 {
			c.t += 3_600_000_000
		}
		d := draft(i)
		if i%40 == 39 {
			d.Index = append(d.Index, "rare")
		}
		if _, err := l.Do(func(*tally) ([]Draft, error) { return []Draft{d}, nil }); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := l.Append(context.Background(), Draft{Kind: "last"}); err != nil {
		t.Fatal(err)
	}
	ops, err := l.Since(0, n+1)
	if err != nil || len(ops) != n+1 {
		t.Fatalf("%d ops, %v", len(ops), err)
	}
	mustClose(t, l)
	return dir, ops
}

// counted is how many ops have a time at or before t: their seq.
func counted(ops []Op, t int64) (n uint64) {
	for _, o := range ops {
		if o.At <= t {
			n++
		}
	}
	return n
}

func TestSeqsAtIsACount(t *testing.T) {
	dir, ops := unevenLog(t, 3000)
	for _, marks := range []string{"all marks", "one mark", "no marks"} {
		t.Run(marks, func(t *testing.T) {
			raw(t, dir, func(tx *bolt.Tx) {
				switch marks {
				case "one mark":
					_ = tx.Bucket(bucketMarks).Delete(key(1024))
				case "no marks":
					_ = tx.Bucket(bucketMarks).Delete(key(2048))
				}
			})
			l := mustOpen(t, dir, Options{ReadOnly: true})
			defer l.Close()
			first, last := ops[0].At, ops[len(ops)-1].At
			at := rapid.OneOf(
				rapid.Int64Range(first-10, last+10),
				rapid.Custom(func(t *rapid.T) int64 {
					return ops[rapid.IntRange(0, len(ops)-1).Draw(t, "op")].At + rapid.Int64Range(-1, 1).Draw(t, "off")
				}),
				rapid.SampledFrom([]int64{-1 << 63, -1, 0, 1<<63 - 1}),
			)
			rapid.Check(t, func(t *rapid.T) {
				times := rapid.SliceOfN(at, 0, 40).Draw(t, "times")
				slices.Sort(times)
				seqs, err := l.SeqsAt(times)
				if err != nil || len(seqs) != len(times) {
					t.Fatalf("%d seqs for %d times, %v", len(seqs), len(times), err)
				}
				for i, at := range times {
					if want := counted(ops, at); seqs[i] != want {
						t.Fatalf("at %d: op %d, want %d", at, seqs[i], want)
					}
				}
			})
			if _, err := l.SeqsAt([]int64{2, 1}); code(err) != CodeInvalid {
				t.Errorf("times that fall: %v", err)
			}
			if at, ok, err := l.Began(); at != first || !ok || err != nil {
				t.Errorf("began at %d, %v, %v; want %d", at, ok, err, first)
			}
		})
	}
}

func TestAxisOfNothing(t *testing.T) {
	empty := mustOpen(t, t.TempDir(), Options{})
	none := mustOpen(t, t.TempDir(), Options{ReadOnly: true})
	for name, l := range map[string]*Log[*tally]{"empty": empty, "no file": none} {
		if s, err := l.SeqsAt([]int64{0, 1 << 60}); err != nil || !slices.Equal(s, []uint64{0, 0}) {
			t.Errorf("%s: %v, %v", name, s, err)
		}
		if _, ok, err := l.Began(); ok || err != nil {
			t.Errorf("%s began: %v", name, err)
		}
		if ops, err := l.IndexedBack("rare", 0, 0, 9); len(ops) != 0 || err != nil {
			t.Errorf("%s: %v, %v", name, ops, err)
		}
	}
	dir, _ := unevenLog(t, 3)
	l := mustOpen(t, dir, Options{})
	mustClose(t, l)
	if _, err := l.SeqsAt([]int64{0, epoch + 1}); code(err) != CodeClosed {
		t.Errorf("after Close: %v", err)
	}
	if _, _, err := l.Began(); code(err) != CodeClosed {
		t.Errorf("after Close: %v", err)
	}
	if _, err := l.IndexedBack("rare", 0, 0, 9); code(err) != CodeClosed {
		t.Errorf("after Close: %v", err)
	}
}

func TestSeqsAtSaysWhatIsDamaged(t *testing.T) {
	for _, marked := range []bool{true, false} {
		dir, ops := unevenLog(t, 3000)
		raw(t, dir, func(tx *bolt.Tx) {
			for seq := uint64(1); seq <= 1024; seq++ {
				_ = tx.Bucket(bucketOps).Put(key(seq), []byte("\x00\x00\x00\x00\x00\x00\x00\x00nonsense"))
			}
			_ = tx.Bucket(bucketTimes).Delete(key(1024))
			if !marked {
				_ = tx.Bucket(bucketMarks).Delete(key(1024))
			}
		})
		l := mustOpen(t, dir, Options{ReadOnly: true})
		if _, err := l.SeqsAt([]int64{ops[500].At}); code(err) != CodeDamaged || seqOf(err) != 1 {
			t.Errorf("marked %v: a block of nonsense: %v", marked, err)
		}
		if got, err := l.SeqsAt([]int64{ops[1500].At, ops[2999].At}); err == nil && (got[0] < 1501 || got[1] < 3000) {
			t.Errorf("marked %v: beside it %v", marked, got)
		} else if marked && err != nil {
			t.Errorf("beside it: %v", err)
		}
		mustClose(t, l)
	}
}

func seqOf(err error) uint64 {
	var e *Error
	if errors.As(err, &e) {
		return e.Seq
	}
	return 0
}

func TestIndexedBackIsIndexedReversed(t *testing.T) {
	dir, ops := unevenLog(t, 3000)
	l := mustOpen(t, dir, Options{ReadOnly: true})
	rapid.Check(t, func(t *rapid.T) {
		name := rapid.SampledFrom([]string{"rare", "run:r-1", "job:j-5", "job:j-", "nobody", "a space", ""}).Draw(t, "name")
		after := rapid.Uint64Range(0, 3100).Draw(t, "after")
		before := rapid.OneOf(rapid.Just(uint64(0)), rapid.Uint64Range(1, 3100), rapid.Just(uint64(1<<64-1))).Draw(t, "before")
		limit := rapid.OneOf(rapid.IntRange(-1, 100), rapid.Just(5000)).Draw(t, "limit")
		var back, on []uint64
		for i := range ops {
			if o := ops[len(ops)-1-i]; contains(o.Index, name) && o.Seq > after && (before == 0 || o.Seq < before) && len(back) < limit {
				back = append(back, o.Seq)
			}
			if o := ops[i]; contains(o.Index, name) && o.Seq > after && len(on) < limit {
				on = append(on, o.Seq)
			}
		}
		check := func(got []Op, err error, want []uint64) {
			if err != nil || len(got) != len(want) {
				t.Fatalf("%d ops, want %d: %v", len(got), len(want), err)
			}
			for i, o := range got {
				if w := ops[want[i]-1]; o.Seq != want[i] || o.Kind != w.Kind || string(o.Body) != string(w.Body) {
					t.Fatalf("op %d is %+v, want op %d", i, o, want[i])
				}
			}
		}
		got, err := l.IndexedBack(name, after, before, limit)
		check(got, err, back)
		got, err = l.IndexedAfter(name, after, limit)
		check(got, err, on)
	})
}

// bare is a projection that costs nothing, so that the log alone is measured.
type bare struct{}

func (bare) Version() uint32             { return 1 }
func (bare) New() uint64                 { return 0 }
func (bare) Clone(s uint64) uint64       { return s }
func (bare) Apply(s uint64, o Op) uint64 { return s + uint64(len(o.Body)) }
func (bare) Encode(s uint64) []byte      { return fmt.Append(nil, s) }
func (bare) Decode(b []byte) (uint64, error) {
	var s uint64
	_, err := fmt.Sscan(string(b), &s)
	return s, err
}
