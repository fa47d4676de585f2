package oplog

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	bolt "go.etcd.io/bbolt"
	"pgregory.net/rapid"
)

// trimmedLog is a log of 4,000 ops, trimmed at 1,024 and again at 2,048, with the ops of run:r-1 kept.
func trimmedLog(t testing.TB) (dir string, m *ledger) {
	t.Helper()
	dir, ops := testLog(t, 4000, Options{})
	m = newLedger(ops)
	for i, seq := range []uint64{1030, 2050} {
		o := TrimOptions{
			Before: ops[seq].At, Names: []string{"run:r-1"}, Archive: filepath.Join(dir, fmt.Sprintf("oplog-archive-%d.db", i+1)), Now: time.UnixMicro(ops[3999].At),
		}
		out, err := Trim(context.Background(), dir, fold{1}, o, nil)
		if err != nil || out.Base != uint64(i+1)*1024 || out.Archived != 1024 || out.Kept != m.trim(o.Before, 0, o.Names) || out.BytesAfter >= out.BytesBefore {
			t.Fatalf("%+v %v", out, err)
		}
	}
	return dir, m
}

func TestTrimSaysWhereItIs(t *testing.T) {
	dir, m := trimmedLog(t)
	l := mustOpen(t, dir, Options{ReadOnly: true})
	for _, tt := range []struct {
		seq     uint64
		archive string
	}{{0, "oplog-archive-1.db"}, {5, "oplog-archive-1.db"}, {1023, "oplog-archive-1.db"}, {1025, "oplog-archive-2.db"}, {2047, "oplog-archive-2.db"}} {
		_, err1 := l.AtSeq(tt.seq)
		_, err2 := l.Since(tt.seq, 10)
		at := int64(0)
		if tt.seq > 0 {
			at = m.ops[tt.seq-1].At
		}
		_, err3 := l.At(at)
		for _, err := range []error{err1, err2, err3} {
			var e *Error
			if !errors.As(err, &e) || e.Code != CodeTrimmed || !strings.Contains(e.Text, tt.archive) || !strings.Contains(e.Hint, "copy "+tt.archive+" into an empty folder as oplog.db") {
				t.Errorf("op %d: %v", tt.seq, err)
			}
		}
	}
	for _, seq := range []uint64{2048, 2049, 4000} {
		if i, err := l.AtSeq(seq); err != nil || i.State.String() != m.states[seq].String() {
			t.Errorf("op %d: %v", seq, err)
		}
	}
	if i, err := l.AtSeq(2048); err != nil || i.MemoSeq != 2048 {
		t.Errorf("the state at the base comes from %d, %v", i.MemoSeq, err)
	}
	if st, err := l.Stats(); err != nil || st.Base != 2048 || st.BaseAt != m.ops[2047].At || st.FirstAt != m.ops[2048].At || st.Ops != 1952 || st.Kept != uint64(len(m.kept)) {
		t.Errorf("%+v %v", st, err)
	}
}

// An archive that was put into a folder is the log as it was then: read, verified, trimmed itself.
func TestArchivesFollowOneAnother(t *testing.T) {
	dir, m := trimmedLog(t)
	for i, want := range []struct{ base, head uint64 }{{0, 1024}, {1024, 2048}} {
		of := t.TempDir()
		copyFile(t, filepath.Join(dir, fmt.Sprintf("oplog-archive-%d.db", i+1)), filepath.Join(of, dbName))
		l := mustOpen(t, of, Options{})
		if l.Base().Seq != want.base || l.Head().Seq != want.head {
			t.Fatalf("archive %d is of %d to %d", i+1, l.Base().Seq, l.Head().Seq)
		}
		if s, _ := l.Snapshot(); s.String() != m.states[want.head].String() {
			t.Error("a wrong state")
		}
		if r, err := l.Verify(context.Background(), nil); err != nil || r.Problem != "" || r.Ops != 1024 {
			t.Errorf("%+v %v", r, err)
		}
		if st, err := os.Stat(filepath.Join(dir, fmt.Sprintf("oplog-archive-%d.db", i+1))); err != nil || st.Mode().Perm() != 0o600 {
			t.Error(st, err)
		}
	}
}

// A log of which everything is in archives goes on.
func TestTrimOfAll(t *testing.T) {
	dir, ops := testLog(t, 2048, Options{})
	m := newLedger(ops)
	at := ops[2047].At
	o := TrimOptions{Before: at + 1, Archive: filepath.Join(t.TempDir(), "all.db"), Now: time.UnixMicro(at)}
	if out, err := Trim(context.Background(), dir, fold{1}, o, nil); err != nil || out.Base != 2048 || out.Archived != 2048 {
		t.Fatalf("%+v %v", out, err)
	}
	m.trim(o.Before, 0, nil)
	rnd := rand.New(rand.NewPCG(1, 2))
	m.checkDir(t, dir, rnd)
	o.Archive = filepath.Join(t.TempDir(), "again.db")
	if out, err := Trim(context.Background(), dir, fold{1}, o, nil); err != nil || out.Base != 2048 || out.Archived != 0 || out.Archive != "" {
		t.Fatalf("%+v %v", out, err)
	}
	if _, err := os.Stat(o.Archive); err == nil {
		t.Error("an archive of nothing")
	}
	c := &clock{at}
	l := mustOpen(t, dir, Options{Now: c.now})
	fillLog(t, l, c, 1500)
	more, err := l.Since(2048, 1<<30)
	if err != nil || len(more) != 1500 || more[0].Seq != 2049 {
		t.Fatalf("%d %v", len(more), err)
	}
	m.add(more)
	m.check(t, l, rnd)
	mustClose(t, l)
	if out, err := Compact(context.Background(), dir, fold{1}, c.now(), nil); err != nil || out.Ops != 1500 {
		t.Fatalf("%+v %v", out, err)
	}
	m.checkDir(t, dir, rnd)
}

// A base is a fact that outlives reducers: one of another version reads the state that the older one wrote, and makes its
// memos from there.
type newerFold struct {
	fold
	asked *uint32
}

func (newerFold) Version() uint32 { return 2 }

func (f newerFold) DecodeBase(version uint32, b []byte) (*tally, error) {
	*f.asked = version
	return f.fold.Decode(b)
}

func TestBaseOutlivesReducers(t *testing.T) {
	dir, m := trimmedLog(t)
	var asked uint32
	p := newerFold{fold{2}, &asked}
	l, err := Open(dir, p, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if s, _ := l.Snapshot(); s.String() != m.states[4000].String() || asked != 1 {
		t.Fatalf("%s, asked for version %d", s, asked)
	}
	l.healed(t)
	if i, err := l.AtSeq(3500); err != nil || i.State.String() != m.states[3500].String() || i.MemoSeq != 3072 {
		t.Errorf("%+v %v", i, err)
	}
	if r, err := l.Verify(context.Background(), nil); err != nil || r.Problem != "" || r.Memos != 1 {
		t.Errorf("%+v %v", r, err)
	}
	mustClose(t, l)
	if _, err := Trim(context.Background(), dir, p, TrimOptions{Before: m.ops[3999].At, Archive: filepath.Join(dir, "more.db"), Now: time.UnixMicro(epoch)}, nil); err != nil {
		t.Fatal(err)
	}
	l, err = Open(dir, p, Options{ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	if i, err := l.AtSeq(4000); err != nil || i.State.String() != m.states[4000].String() || asked != 2 || l.Base().Seq != 3072 {
		t.Fatalf("%+v %v, asked for version %d", i, err, asked)
	}
	mustClose(t, l)
	for what, bad := range map[string]Projection[*tally]{"an error": badFold{}, "a panic": badFold{panics: true}} {
		var e *Error
		if _, err := Open[*tally](dir, bad, Options{ReadOnly: true}); !errors.As(err, &e) || e.Code != CodeDamaged || !strings.Contains(e.Hint, "archive") {
			t.Errorf("a projection that cannot read the base, by %s: %v", what, err)
		}
	}
}

type badFold struct {
	fold
	panics bool
}

func (f badFold) Decode([]byte) (*tally, error) {
	if f.panics {
		panic("no")
	}
	return nil, errors.New("no")
}

func TestOneCopyOfTheBaseIsEnough(t *testing.T) {
	dir, m := trimmedLog(t)
	whole := filepath.Join(t.TempDir(), "whole")
	copyFile(t, filepath.Join(dir, dbName), whole)
	rnd := rand.New(rand.NewPCG(3, 3))
	for _, bucket := range [][]byte{bucketBase, bucketBase2} {
		for what, damage := range map[string]func(b *bolt.Bucket, v []byte){
			"a flipped bit": func(b *bolt.Bucket, v []byte) { v[rnd.IntN(len(v))] ^= 1 << rnd.IntN(8); _ = b.Put(keyBase, v) },
			"lost":          func(b *bolt.Bucket, _ []byte) { _ = b.Delete(keyBase) },
			"cut short":     func(b *bolt.Bucket, v []byte) { _ = b.Put(keyBase, v[:rnd.IntN(len(v))]) },
		} {
			copyFile(t, whole, filepath.Join(dir, dbName))
			raw(t, dir, func(tx *bolt.Tx) { damage(tx.Bucket(bucket), bytes.Clone(tx.Bucket(bucket).Get(keyBase))) })
			l := mustOpen(t, dir, Options{ReadOnly: true})
			if s, h := l.Snapshot(); h.Seq != 4000 || s.String() != m.states[4000].String() {
				t.Errorf("%s: head %d", what, h.Seq)
			}
			mustClose(t, l)
			r, err := VerifyDir(context.Background(), dir, fold{1}, nil)
			if err != nil || !strings.Contains(r.Problem, "copy of the base") || r.Ops != 1952 || r.FirstBad != 0 {
				t.Errorf("%s of %s: %+v %v", what, bucket, r, err)
			}
			if _, err := Compact(context.Background(), dir, fold{1}, time.UnixMicro(epoch), nil); code(err) != CodeDamaged {
				t.Errorf("%s: compacted: %v", what, err)
			}
			fixed, err := Repair(context.Background(), dir, fold{1}, time.UnixMicro(epoch+rnd.Int64N(1e9)))
			if err != nil || fixed.Kept != 1952 || fixed.Lost != 0 || fixed.Aside == "" {
				t.Errorf("%s: %+v %v", what, fixed, err)
			}
			m.checkDir(t, dir, rnd)
		}
	}
	copyFile(t, whole, filepath.Join(dir, dbName))
	raw(t, dir, func(tx *bolt.Tx) {
		for _, b := range [][]byte{bucketBase, bucketBase2} {
			_ = tx.Bucket(b).Put(keyBase, []byte("gone"))
		}
	})
	_, err1 := Open(dir, fold{1}, Options{})
	_, err2 := Repair(context.Background(), dir, fold{1}, time.UnixMicro(epoch))
	for _, err := range []error{err1, err2} {
		var e *Error
		if !errors.As(err, &e) || e.Code != CodeDamaged || !strings.Contains(e.Text, "base") || !strings.Contains(e.Hint, "oplog-archive-") {
			t.Errorf("without a base: %v", err)
		}
	}
	if r, err := VerifyDir(context.Background(), dir, fold{1}, nil); err != nil || !strings.Contains(r.Problem, "base") {
		t.Errorf("%+v %v", r, err)
	}
}

func TestRepairOfATrimmedLog(t *testing.T) {
	dir, m := trimmedLog(t)
	rnd := rand.New(rand.NewPCG(4, 4))
	flipOp(t, dir, 3000)
	var gone uint64
	raw(t, dir, func(tx *bolt.Tx) { // one kept op rots, too
		k, v := tx.Bucket(bucketKept).Cursor().Seek(key(1500))
		v = bytes.Clone(v)
		v[len(v)-1] ^= 4
		gone = unkey(k)
		_ = tx.Bucket(bucketKept).Put(key(gone), v)
	})
	l, err := Open(dir, fold{1}, Options{ReadOnly: true})
	if err == nil {
		if _, err := l.Indexed("run:r-1", 1<<30); code(err) != CodeDamaged {
			t.Errorf("a rotten kept op was served: %v", err)
		}
		mustClose(t, l)
	}
	r, err := VerifyDir(context.Background(), dir, fold{1}, nil)
	if err != nil || !strings.Contains(r.Problem, fmt.Sprintf("op %d", gone)) || r.FirstBad != 3000 {
		t.Errorf("%+v %v", r, err)
	}
	fixed, err := Repair(context.Background(), dir, fold{1}, time.UnixMicro(epoch))
	if err != nil || fixed.Kept != 2999-2048 || fixed.Lost != 1001 {
		t.Fatalf("%+v %v", fixed, err)
	}
	m.ops, m.states = m.ops[:2999], m.states[:3000]
	delete(m.kept, gone)
	m.checkDir(t, dir, rnd)
}

func TestVerifiedIsRemembered(t *testing.T) {
	dir, _ := testLog(t, 2100, Options{})
	c := &clock{epoch + 1e9}
	verified := func(o Options) *Verified {
		t.Helper()
		l := mustOpen(t, dir, o)
		defer mustClose(t, l)
		st, err := l.Stats()
		if err != nil {
			t.Fatal(err)
		}
		return st.Verified
	}
	if v := verified(Options{}); v != nil {
		t.Fatalf("never verified: %+v", v)
	}
	l := mustOpen(t, dir, Options{Now: c.now})
	if _, err := l.Verify(context.Background(), nil); err != nil {
		t.Fatal(err)
	}
	fillLog(t, l, c, 100)
	mustClose(t, l)
	want := func(what string, v *Verified) {
		t.Helper()
		if v == nil || v.At != epoch+1e9 || v.Ops != 2100 || v.Problem != "" || v.Head.Seq != 2100 {
			t.Errorf("%s: %+v", what, v)
		}
	}
	want("reading", verified(Options{ReadOnly: true}))
	want("writing", verified(Options{}))
	path := filepath.Join(dir, verifiedName)
	if st, err := os.Stat(path); err != nil || st.Mode().Perm() != 0o600 {
		t.Error(st, err)
	}
	good, _ := os.ReadFile(path)
	if r, err := Compact(context.Background(), dir, fold{1}, time.UnixMicro(epoch+2e9), nil); err != nil {
		t.Fatal(r, err)
	}
	if v := verified(Options{}); v == nil || v.At != epoch+2e9 || v.Ops != 2200 {
		t.Errorf("a compaction verifies: %+v", v)
	}
	var f map[string]any
	if err := json.Unmarshal(good, &f); err != nil {
		t.Fatal(err)
	}
	for what, change := range map[string]func(map[string]any){
		"another chain":    func(f map[string]any) { f["hash"] = strings.Repeat("ab", 32) },
		"another seq":      func(f map[string]any) { f["seq"] = 2099 },
		"ahead":            func(f map[string]any) { f["seq"] = 99999 },
		"another version":  func(f map[string]any) { f["v"] = 2 },
		"no hash":          func(f map[string]any) { f["hash"] = "x" },
		"a negative time":  func(f map[string]any) { f["at"] = -1 },
		"of another shape": func(f map[string]any) { f["ops"] = "many" },
	} {
		var f map[string]any
		_ = json.Unmarshal(good, &f)
		change(f)
		b, _ := json.Marshal(f)
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
		if v := verified(Options{}); v != nil {
			t.Errorf("%s: %+v", what, v)
		}
	}
	if err := os.WriteFile(path, good, 0o600); err != nil {
		t.Fatal(err)
	}
	want("as it was", verified(Options{}))
	flipOp(t, dir, 500)
	if r, err := VerifyDir(context.Background(), dir, fold{1}, nil); err != nil || r.Problem == "" {
		t.Fatal(r, err)
	}
	if v := verified(Options{ReadOnly: true}); v == nil || !strings.Contains(v.Problem, "op 500") {
		t.Errorf("a bad end is remembered: %+v", v)
	}
	if _, err := Repair(context.Background(), dir, fold{1}, c.now()); err != nil {
		t.Fatal(err)
	}
	if v := verified(Options{}); v != nil {
		t.Errorf("of the file before the repair: %+v", v)
	}
}

func TestBaseRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b := &base{reducer: rapid.Uint32().Draw(t, "reducer"), trimmed: rapid.Int64().Draw(t, "trimmed"), state: rapid.SliceOfN(rapid.Byte(), 1, 9000).Draw(t, "state")}
		b.Seq, b.At, b.bytes = rapid.Uint64Range(1, 1<<40).Draw(t, "block")*block, rapid.Int64Min(0).Draw(t, "at"), rapid.Uint64().Draw(t, "bytes")
		copy(b.Hash[:], rapid.SliceOfN(rapid.Byte(), 32, 32).Draw(t, "hash"))
		for range rapid.IntRange(0, 4).Draw(t, "archives") {
			b.archives = append(b.archives, archived{
				first: rapid.Uint64().Draw(t, "first"), last: rapid.Uint64().Draw(t, "last"), at: rapid.Int64().Draw(t, "at"), name: nameOf(rapid.String().Draw(t, "name")),
			})
		}
		enc := b.encode()
		got, err := parseBase(enc)
		if err != nil || len(enc) < baseLeast || got.pos != b.pos || got.reducer != b.reducer || got.trimmed != b.trimmed || !bytes.Equal(got.state, b.state) || fmt.Sprint(got.archives) != fmt.Sprint(b.archives) {
			t.Fatalf("%+v, %v", got, err)
		}
		bad := bytes.Clone(enc)
		bad[rapid.IntRange(0, len(enc)-1).Draw(t, "byte")] ^= byte(1 << rapid.IntRange(0, 7).Draw(t, "bit"))
		if _, err := parseBase(bad); err == nil {
			t.Fatal("a flipped bit is not found")
		}
		if _, err := parseBase(enc[:rapid.IntRange(0, len(enc)-1).Draw(t, "cut")]); err == nil && len(enc) == baseLeast {
			t.Fatal("a cut is not found")
		}
	})
}

func FuzzBase(f *testing.F) {
	f.Add((&base{pos: pos{Head: Head{Seq: 1024}}, state: []byte("s"), archives: []archived{{name: "a.db"}}}).encode())
	f.Fuzz(func(t *testing.T, b []byte) {
		got, err := parseBase(b)
		if err == nil && !bytes.Equal(got.encode(), b) {
			t.Error("two encodings of one base")
		}
	})
}

func FuzzKept(f *testing.F) {
	enc, _ := EncodeOp(Op{Seq: 7, At: 9, Kind: "a", Index: []string{"x"}})
	f.Add(uint64(7), encodeKept(Genesis(), Genesis().Next(enc), enc))
	f.Fuzz(func(t *testing.T, seq uint64, b []byte) {
		o, err := decodeKept(seq, b, newInterner())
		if err != nil {
			return
		}
		enc, err := EncodeOp(o)
		if err != nil || !bytes.Equal(encodeKept(Hash(b[:32]), Hash(b[:32]).Next(enc), enc), b) {
			t.Error("two encodings of one kept op", err)
		}
	})
}

// The bytes of a base and of a kept op, which are part of the file's format. The sums were computed without this package.
func TestBaseGolden(t *testing.T) {
	p := pos{Head: Head{Seq: 2048, At: 1760000000000001, Hash: Genesis()}, bytes: 300}
	a := archived{first: 1, last: 2048, at: 1760000000000001, name: "a.db", sum: Genesis()}
	b := makeBase(p, 7, []byte("state"), time.UnixMicro(1760000000000002), nil, a).encode()
	want := strings.Join([]string{
		"01",               // version
		"00000007",         // version of the reducer
		"0000000000000800", // seq 2048
		"000640b5eece0001", // at 1760000000000001
		goldenGenesis,      // H(2048), here that of no op
		"000000000000012c", // 300 bytes of ops so far
		"000640b5eece0002", // trimmed at 1760000000000002
		"0001",             // one archive:
		"0000000000000001", // from op 1
		"0000000000000800", // to op 2048
		"000640b5eece0001", // at of op 2048
		goldenGenesis,      // SHA-256 of the file
		"04", "612e6462",   // "a.db"
		"00000007", "05107374617465", // the state, an S2 block
		"89feb4b4de2649496ad9f14056e8e22de9880b7f460003bfc6ec055e6e97bdbf", // SHA-256 of the domain and all of the above
	}, "")
	if got := fmt.Sprintf("%x", b[:len(want)/2]); got != want || len(b) != 4096 || len(bytes.Trim(b[len(want)/2:], "\x00")) > 0 {
		t.Errorf("base\n got %s\nwant %s", got, want)
	}
	enc, err := EncodeOp(Op{Seq: 1, Kind: "x"})
	if err != nil {
		t.Fatal(err)
	}
	kept := goldenGenesis + goldenFirst + "01000100017800" // H(0) ‖ H(1) ‖ the op
	if got := fmt.Sprintf("%x", encodeKept(Genesis(), Genesis().Next(enc), enc)); got != kept {
		t.Errorf("kept\n got %s\nwant %s", got, kept)
	}
}
