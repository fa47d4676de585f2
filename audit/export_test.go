package audit

import (
	"bytes"
	"errors"
	"io"
	"iter"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
)

// signedLog is a log of n entries with its head, as a host would keep it.
type signedLog struct {
	key    *Key
	stored [][]byte
	heads  []Head // heads[i] is that of the first i entries
	tree   Tree
}

func newLog(t testing.TB, n int) *signedLog {
	l := &signedLog{key: testKey(t, 1)}
	l.heads = append(l.heads, Head{Origin: "voxmesh/aurelia", Root: l.tree.Root()})
	for i := range n {
		stored := mustSign(t, l.key, testEntry(uint64(i+1)))
		l.stored = append(l.stored, stored)
		l.tree.Append(stored)
		l.heads = append(l.heads, Head{Origin: "voxmesh/aurelia", Size: l.tree.Size(), Root: l.tree.Root()})
	}
	return l
}

func all(entries [][]byte) iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		for _, e := range entries {
			if !yield(e, nil) {
				return
			}
		}
	}
}

// treeOf is the tree that a host of just these entries would have.
func treeOf(entries [][]byte) (t Tree) {
	for _, e := range entries {
		t.Append(e)
	}
	return t
}

func (l *signedLog) export(t testing.TB, base Tree, entries [][]byte, headOf Tree) []byte {
	t.Helper()
	head, err := SignHead(l.key, "voxmesh/aurelia", headOf)
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := WriteExportFrom(&b, base, all(entries), head, l.key.Public()); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestExportVerifies(t *testing.T) {
	for _, n := range []int{0, 1, 2, 9} {
		l := newLog(t, n)
		x := l.export(t, Tree{}, l.stored, l.tree)
		r, err := VerifyExport(bytes.NewReader(x), l.key.Public(), l.heads...)
		if err != nil {
			t.Fatal(err)
		}
		if !r.OK() || r.Entries != uint64(n) || r.Verified != uint64(n) || r.Failed != 0 || r.TreeSize != uint64(n) ||
			r.Root != l.tree.Root() || r.Origin != "voxmesh/aurelia" {
			t.Errorf("%d entries: %+v", n, r)
		}
		back, err := ReadExport(iotest.OneByteReader(bytes.NewReader(x)))
		if err != nil || back.Key != l.key.Public() || !slices.EqualFunc(back.Entries, l.stored, bytes.Equal) {
			t.Errorf("read back %+v, %v", back, err)
		}
		if h, err := OpenHead(back.Head, back.Key); err != nil || h != l.heads[n] {
			t.Errorf("head read back %+v, %v", h, err)
		}
	}
}

func TestTrimmedExportVerifies(t *testing.T) {
	l := newLog(t, 9)
	for cut := 1; cut <= 9; cut++ {
		x := l.export(t, treeOf(l.stored[:cut]), l.stored[cut:], l.tree)
		r, err := VerifyExport(bytes.NewReader(x), l.key.Public(), l.heads[cut:]...)
		if err != nil || !r.OK() || r.Trimmed != uint64(cut) || r.Verified != uint64(9-cut) {
			t.Errorf("cut at %d: %+v, %v", cut, r, err)
		}
		// A pin inside the trimmed part can't be compared: that is said, never passed over.
		r, err = VerifyExport(bytes.NewReader(x), l.key.Public(), l.heads[cut-1])
		if err != nil || r.OK() || r.Problems[0].Code != CodeProofInvalid {
			t.Errorf("cut at %d: %+v, %v", cut, r, err)
		}
		lied := treeOf(append(slices.Clone(l.stored[:cut-1]), []byte("something else")))
		r, err = VerifyExport(bytes.NewReader(l.export(t, lied, l.stored[cut:], l.tree)), l.key.Public())
		if err != nil || r.OK() {
			t.Errorf("cut at %d: a base of other entries passes: %v", cut, err)
		}
	}
}

// TestTamperedExports: an export is given to someone who has the key and, at most, an old head.
func TestTamperedExports(t *testing.T) {
	l := newLog(t, 8)
	forged := testEntry(4)
	forged.Reason = "an innocent reason"
	_, forgedSigned, err := Sign(testKey(t, 1), forged)
	if err != nil {
		t.Fatal(err)
	}
	_, real4, err := Sign(testKey(t, 1), testEntry(4))
	if err != nil {
		t.Fatal(err)
	}
	b, at := appendEntry(nil, &forgedSigned)
	withOldSignature := []byte(string(b[:at]) + sigOpen + real4.Signature + sigClose + string(b[at:]))
	byEve := mustSign(t, testKey(t, 2), testEntry(4))
	resigned := mustSign(t, l.key, forged) // what the owner himself can do
	replace := func(i int, with []byte) [][]byte {
		s := slices.Clone(l.stored)
		s[i] = with
		return s
	}
	flipped := bytes.Clone(l.stored[3])
	flipped[bytes.Index(flipped, []byte("lex-2"))] ^= 1
	broken := bytes.Clone(l.stored[3])
	broken[0] ^= 1
	swapped := slices.Clone(l.stored)
	swapped[3], swapped[4] = swapped[4], swapped[3]
	dropped := slices.Delete(slices.Clone(l.stored), 3, 4)
	twice := slices.Insert(slices.Clone(l.stored), 4, l.stored[3])
	for _, tc := range []struct {
		name    string
		entries [][]byte
		headOf  Tree
		pins    []Head
		want    []string // each must be said
	}{
		{"forged signature", replace(3, withOldSignature), l.tree, nil, []string{"a-0004 (seq 44, line 4)", "signature"}},
		{"another's signature", replace(3, byEve), l.tree, nil, []string{"a-0004 (seq 44, line 4)", "names key"}},
		{"flipped byte", replace(3, flipped), l.tree, nil, []string{"a-0004 (seq 44, line 4)", "signature"}},
		{"broken form", replace(3, broken), l.tree, nil, []string{"a-0004 (", "line 4", "not an audit entry"}},
		{"forged, tree redone", replace(3, flipped), treeOf(replace(3, flipped)), nil, []string{"a-0004 (seq 44, line 4)"}},
		{"swapped", swapped, l.tree, nil, []string{"a-0004 (seq 44, line 5)", "stands behind a-0005", "not those that the head"}},
		{"swapped, tree redone", swapped, treeOf(swapped), nil, []string{"a-0004 (seq 44, line 5)"}},
		{"dropped", dropped, l.tree, nil, []string{"counts 8 entries, only 7", "between a-0003 and a-0005"}},
		{"dropped, pinned", dropped, treeOf(dropped), l.heads[5:6], []string{"first 5 entries", "between a-0003 and a-0005"}},
		{"dropped at the end", l.stored[:7], l.tree, nil, []string{"counts 8 entries, only 7"}},
		{"dropped at the end, pinned", l.stored[:7], treeOf(l.stored[:7]), l.heads[8:], []string{"8 entries was pinned, the log has 7"}},
		{"twice", twice, treeOf(twice), nil, []string{"a-0004 (seq 44, line 5)", "there twice"}},
		{"stale head", l.stored, treeOf(l.stored[:6]), nil, []string{"stale", "counts 6 entries, 8 are there"}},
		{"rewritten by the owner, pinned", replace(3, resigned), treeOf(replace(3, resigned)), l.heads[5:6], []string{"first 5 entries", "pinned"}},
		{"another log pinned", l.stored, l.tree, []Head{{Origin: "other", Size: 8, Root: l.tree.Root()}}, []string{`pinned head of "other"`}},
		{"head of another log", l.stored, treeOf(dropped), nil, []string{"not those that the head"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			r, err := VerifyExport(bytes.NewReader(l.export(t, Tree{}, tc.entries, tc.headOf)), l.key.Public(), tc.pins...)
			if err != nil {
				t.Fatal(err)
			}
			var said []string
			for _, p := range r.Problems {
				said = append(said, p.String())
				if !strings.HasPrefix(p.Code, "vox/audit/") {
					t.Errorf("problem without a code: %+v", p)
				}
			}
			if r.OK() || r.Entries != uint64(len(tc.entries)) || r.Verified+r.Failed != r.Entries {
				t.Errorf("report %+v", r)
			}
			for _, w := range tc.want {
				if !strings.Contains(strings.Join(said, "\n"), w) {
					t.Errorf("%q is not said, but\n%s", w, strings.Join(said, "\n"))
				}
			}
		})
	}
}

// TestNoByteOfAnExportIsFree flips every byte: no flip gives a good report. (The owner's rewriting needs a pin.)
func TestNoByteOfAnExportIsFree(t *testing.T) {
	l := newLog(t, 3)
	for _, x := range [][]byte{l.export(t, Tree{}, l.stored, l.tree), l.export(t, treeOf(l.stored[:1]), l.stored[1:], l.tree)} {
		for i := range x {
			bad := bytes.Clone(x)
			bad[i] ^= 1
			if r, err := VerifyExport(bytes.NewReader(bad), l.key.Public()); err == nil && r.OK() {
				t.Errorf("byte %d of %q is free", i, x)
			}
		}
		for n := range x {
			if r, err := VerifyExport(bytes.NewReader(x[:n]), l.key.Public()); err == nil && r.OK() {
				t.Errorf("cut to %d bytes it still verifies", n)
			}
		}
	}
}

func TestNoExport(t *testing.T) {
	l := newLog(t, 2)
	x := l.export(t, Tree{}, l.stored, l.tree)
	header, _, _ := bytes.Cut(x, []byte("\n"))
	for name, bad := range map[string]string{
		"empty": "", "entries alone": string(x[len(header)+1:]), "other format": strings.Replace(string(x), "export v1", "export v2", 1),
		"space": " " + string(x), "BOM": "\ufeff" + string(x), "CR": strings.Replace(string(x), "\n", "\r\n", 1),
		"empty base": strings.Replace(string(x), `{"export"`, `{"base":"AA==","export"`, 1), "endless": strings.Repeat("x", 2*MaxStored),
		"no newline": string(header),
	} {
		if _, err := VerifyExport(strings.NewReader(bad), l.key.Public()); code(err) != CodeMalformed {
			t.Errorf("%s: %v", name, err)
		}
		if _, err := ReadExport(strings.NewReader(bad)); code(err) != CodeMalformed {
			t.Errorf("%s: %v", name, err)
		}
	}
	_, err := VerifyExport(bytes.NewReader(x), testKey(t, 2).Public())
	wantCode(t, err, CodeWrongKey)
	_, err = VerifyExport(bytes.NewReader(x), PublicKey{})
	wantCode(t, err, CodeWrongKey)
	cable := errors.New("cable cut")
	_, err = VerifyExport(io.MultiReader(bytes.NewReader(x), iotest.ErrReader(cable)), l.key.Public())
	if !errors.Is(err, cable) {
		t.Errorf("a read error became %v", err)
	}
}

func TestWriteExportRefuses(t *testing.T) {
	l := newLog(t, 1)
	head, err := SignHead(l.key, "m", l.tree)
	if err != nil {
		t.Fatal(err)
	}
	for _, bad := range [][]byte{nil, []byte("a\nb"), make([]byte, MaxStored+1)} {
		wantCode(t, WriteExport(io.Discard, all([][]byte{bad}), head, l.key.Public()), CodeMalformed)
	}
	wantCode(t, WriteExport(io.Discard, all(nil), head, PublicKey{}), CodeMalformed)
	lost := errors.New("page lost")
	failing := func(yield func([]byte, error) bool) { yield(nil, lost) }
	if err := WriteExport(io.Discard, failing, head, l.key.Public()); !errors.Is(err, lost) {
		t.Errorf("%v", err)
	}
	if err := WriteExport(failingWriter{}, all(l.stored), head, l.key.Public()); !errors.Is(err, io.ErrClosedPipe) {
		t.Errorf("%v", err)
	}
}

type failingWriter struct{}

func (failingWriter) Write([]byte) (int, error) { return 0, io.ErrClosedPipe }

func FuzzVerifyExport(f *testing.F) {
	l := newLog(f, 3)
	good := l.export(f, Tree{}, l.stored, l.tree)
	f.Add(good)
	f.Add(l.export(f, treeOf(l.stored[:1]), l.stored[1:], l.tree))
	f.Fuzz(func(t *testing.T, b []byte) {
		r, err := VerifyExport(bytes.NewReader(b), l.key.Public(), l.heads[3])
		// Only a true log of at least these three entries may pass with the pin.
		if err == nil && r.OK() && r.Root != l.tree.Root() {
			t.Fatalf("accepted %q", b)
		}
	})
}
