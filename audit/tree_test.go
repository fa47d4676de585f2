package audit

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"math/bits"
	"testing"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

func leafData(i int) []byte { return fmt.Appendf(nil, "entry %d", i) }

// merkle is RFC 6962 §2.1 word for word, to hold the compact range against.
func merkle(leaves [][]byte) [32]byte {
	switch n := len(leaves); n {
	case 0:
		return sha256.Sum256(nil)
	case 1:
		return sha256.Sum256(append([]byte{0}, leaves[0]...))
	default:
		k := 1 << (bits.Len(uint(n-1)) - 1)
		l, r := merkle(leaves[:k]), merkle(leaves[k:])
		return sha256.Sum256(append(append([]byte{1}, l[:]...), r[:]...))
	}
}

func TestTreeIsRFC6962(t *testing.T) {
	var tree Tree
	var all Hashes
	var leaves [][]byte
	var snapshots []Tree
	for i := range 130 {
		snapshots = append(snapshots, tree)
		want := merkle(leaves)
		if tree.Root() != want || tree.Size() != uint64(i) {
			t.Fatalf("size %d: root %x, want %x", i, tree.Root(), want)
		}
		if got, err := all.Root(uint64(i)); err != nil || got != want {
			t.Fatalf("size %d: stored root %x, %v", i, got, err)
		}
		var back Tree
		if err := back.Unmarshal(tree.Marshal()); err != nil || back.Root() != want || !bytes.Equal(back.Marshal(), tree.Marshal()) {
			t.Fatalf("size %d: came back as %x, %v", i, back.Root(), err)
		}
		leaf := tree.Append(leafData(i))
		all.Add(leaf)
		leaves = append(leaves, leafData(i))
	}
	// Later growth, along two ways, leaves every snapshot as it was.
	for i, s := range snapshots {
		fork := s
		fork.Append([]byte("another history"))
		if s.Root() != merkle(leaves[:i]) {
			t.Fatalf("the snapshot at %d changed", i)
		}
	}
}

func TestTreeUnmarshalRefuses(t *testing.T) {
	var tree Tree
	for i := range 5 {
		tree.Append(leafData(i))
	}
	good := tree.Marshal()
	for name, bad := range map[string][]byte{
		"nothing": nil, "no hashes": good[:1], "short": good[:len(good)-1], "long": append(bytes.Clone(good), 0),
		"other size": append([]byte{7}, good[1:]...), "padded size": append([]byte{0x85, 0}, good[1:]...),
		"endless size": bytes.Repeat([]byte{0xff}, 12),
	} {
		into := tree
		wantCode(t, into.Unmarshal(bad), CodeMalformed)
		if into.Root() != tree.Root() {
			t.Errorf("%s: a refusal changed the tree", name)
		}
	}
}

func grown(t *testing.T, n int) (*Hashes, [][32]byte, []Head) {
	t.Helper()
	var tree Tree
	all, leaves, heads := &Hashes{}, [][32]byte{}, []Head{{Origin: "m", Root: tree.Root()}}
	for i := range n {
		leaf := tree.Append(leafData(i))
		all.Add(leaf)
		leaves = append(leaves, leaf)
		heads = append(heads, Head{Origin: "m", Size: tree.Size(), Root: tree.Root()})
	}
	return all, leaves, heads
}

// TestAllConsistencyProofs tries every pair of sizes, and every flipped bit position of a proof, root and size.
func TestAllConsistencyProofs(t *testing.T) {
	const n = 64
	all, leaves, heads := grown(t, n)
	for newer := range uint64(n + 1) {
		for older := range newer + 1 {
			p, err := all.ProveConsistency(older, newer)
			if err != nil {
				t.Fatal(err)
			}
			if err := CheckConsistency(heads[older], heads[newer], p); err != nil {
				t.Fatalf("%d to %d: %v", older, newer, err)
			}
			if err := VerifyConsistency(leaves, heads[older], heads[newer]); err != nil {
				t.Fatalf("%d to %d: %v", older, newer, err)
			}
			for i := range p {
				p[i][i%32] ^= 1
				wantCode(t, CheckConsistency(heads[older], heads[newer], p), CodeProofInvalid)
				p[i][i%32] ^= 1
			}
			wantCode(t, CheckConsistency(heads[older], heads[newer], append(p, [32]byte{})), CodeProofInvalid)
			if len(p) > 0 {
				wantCode(t, CheckConsistency(heads[older], heads[newer], p[1:]), CodeProofInvalid)
			}
			if older > 0 || newer == 0 {
				forged := heads[older]
				forged.Root[3] ^= 1
				if CheckConsistency(forged, heads[newer], p) == nil || VerifyConsistency(leaves, forged, heads[newer]) == nil {
					t.Fatalf("%d to %d: a forged older root passes", older, newer)
				}
			}
			if older > 0 && older < newer {
				forged := heads[newer]
				forged.Root[3] ^= 1
				if CheckConsistency(heads[older], forged, p) == nil || VerifyConsistency(leaves, heads[older], forged) == nil {
					t.Fatalf("%d to %d: a forged newer root passes", older, newer)
				}
				wantCode(t, CheckConsistency(heads[newer], heads[older], p), CodeRollback)
				wantCode(t, VerifyConsistency(leaves, heads[newer], heads[older]), CodeRollback)
			}
		}
	}
	other := heads[n]
	other.Origin = "other"
	wantCode(t, CheckConsistency(heads[n], other, nil), CodeInconsistent)
	wantCode(t, VerifyConsistency(leaves, heads[n], other), CodeInconsistent)
	wantCode(t, VerifyConsistency(leaves[:n-1], heads[3], heads[n]), CodeInconsistent)
	vast := Head{Origin: "m", Size: 1 << 63}
	wantCode(t, CheckConsistency(heads[3], vast, nil), CodeProofInvalid)
	for _, pair := range [][2]uint64{{3, n + 1}, {5, 4}} {
		_, err := all.ProveConsistency(pair[0], pair[1])
		wantCode(t, err, CodeProofInvalid)
	}
	_, err := all.Root(n + 1)
	wantCode(t, err, CodeProofInvalid)
}

func TestAllInclusionProofs(t *testing.T) {
	const n = 48
	all, leaves, heads := grown(t, n)
	for size := uint64(1); size <= n; size++ {
		for index := range size {
			p, err := all.ProveInclusion(size, index)
			if err != nil {
				t.Fatal(err)
			}
			if err := CheckInclusion(p, heads[size], index, leaves[index]); err != nil {
				t.Fatalf("%d in %d: %v", index, size, err)
			}
			for i := range p {
				p[i][31] ^= 0x80
				wantCode(t, CheckInclusion(p, heads[size], index, leaves[index]), CodeProofInvalid)
				p[i][31] ^= 0x80
			}
			// The right proof for the wrong entry, place or log is no proof.
			wantCode(t, CheckInclusion(p, heads[size], index, leaves[(index+1)%n]), CodeProofInvalid)
			wantCode(t, CheckInclusion(p, heads[size], index+1, leaves[index]), CodeProofInvalid)
			wantCode(t, CheckInclusion(p, heads[size], size+index, leaves[index]), CodeProofInvalid)
			wantCode(t, CheckInclusion(append(p, [32]byte{}), heads[size], index, leaves[index]), CodeProofInvalid)
			if size > 1 {
				wantCode(t, CheckInclusion(p, heads[size-1], index, leaves[index]), CodeProofInvalid)
			}
		}
	}
	_, err := all.ProveInclusion(n, n)
	wantCode(t, err, CodeProofInvalid)
	wantCode(t, CheckInclusion(nil, Head{Size: 1 << 63}, 1, leaves[0]), CodeProofInvalid)
	wantCode(t, CheckInclusion(nil, heads[0], 0, leaves[0]), CodeProofInvalid)
}

func TestHeadBytes(t *testing.T) {
	k := testKey(t, 1)
	var tree Tree
	for i := range 3 {
		tree.Append(leafData(i))
	}
	signed, err := SignHead(k, "voxmesh/aurelia", tree)
	if err != nil {
		t.Fatal(err)
	}
	text := "voxmesh/aurelia\n3\n" + tlog.Hash(tree.Root()).String() + "\n"
	if !bytes.HasPrefix(signed, []byte(text+"\n— voxmesh-audit ")) {
		t.Errorf("head is\n%s", signed)
	}
	h, err := OpenHead(signed, k.Public())
	if err != nil || h != (Head{"voxmesh/aurelia", 3, tree.Root()}) {
		t.Errorf("opened %+v, %v", h, err)
	}
	size, root, err := VerifyHead(signed, k.Public())
	if err != nil || size != 3 || root != tree.Root() {
		t.Errorf("verified %d %x, %v", size, root, err)
	}
	// Any program that reads signed notes reads it too.
	v, err := note.NewVerifier(k.Public().String())
	if err != nil {
		t.Fatal(err)
	}
	if n, err := note.Open(signed, note.VerifierList(v)); err != nil || n.Text != text {
		t.Errorf("note.Open: %v, %v", n, err)
	}
	_, err = OpenHead(signed, testKey(t, 2).Public())
	wantCode(t, err, CodeWrongKey)
	_, err = OpenHead(signed, PublicKey{})
	wantCode(t, err, CodeWrongKey)
	for i := range signed {
		for _, mask := range []byte{1, 0x20, 0x80} {
			bad := bytes.Clone(signed)
			bad[i] ^= mask
			if _, err := OpenHead(bad, k.Public()); err == nil {
				t.Errorf("byte %d ^ %#x is accepted:\n%s", i, mask, bad)
			}
		}
	}
	second, err := note.Sign(&note.Note{Text: text}, noteSigner{testKey(t, 2)})
	if err != nil {
		t.Fatal(err)
	}
	sigLine := second[bytes.Index(second, []byte("— ")):]
	for name, bad := range map[string]string{
		"empty": "", "text alone": text, "two signatures": string(signed) + string(sigLine), "trailing": string(signed) + "\n",
		"CRLF": string(bytes.ReplaceAll(signed, []byte("\n"), []byte("\r\n"))), "size 03": replaced(signed, "\n3\n", "\n03\n"),
		"size +3": replaced(signed, "\n3\n", "\n+3\n"), "origin": replaced(signed, "aurelia", "eve"), "extra line": replaced(signed, "\n\n", "\nx\n\n"),
		"long": string(signed) + string(make([]byte, maxHead)),
	} {
		if _, err := OpenHead([]byte(bad), k.Public()); err == nil {
			t.Errorf("%s is accepted", name)
		}
	}
	for _, origin := range []string{"", " ", "a\nb", "a\u202eb", string(make([]byte, maxOrigin+1))} {
		_, err := SignHead(k, origin, tree)
		wantCode(t, err, CodeEntryInvalid)
	}
	_, err = SignHead(nil, "m", tree)
	var e *Error
	if !errors.As(err, &e) {
		t.Errorf("no key: %v", err)
	}
}

func replaced(b []byte, old, now string) string {
	return string(bytes.Replace(b, []byte(old), []byte(now), 1))
}

func BenchmarkProveInclusion(b *testing.B) {
	const n = 1_000_000
	var all Hashes
	for i := range n {
		all.Add(tlog.RecordHash(leafData(i)))
	}
	k := testKey(b, 1)
	b.Run("proof", func(b *testing.B) {
		i := uint64(0)
		for b.Loop() {
			if _, err := all.ProveInclusion(n, i%n); err != nil {
				b.Fatal(err)
			}
			i += 7919
		}
	})
	b.Run("bare", func(b *testing.B) {
		message := make([]byte, 400)
		for b.Loop() {
			if _, err := k.sign(message); err != nil {
				b.Fatal(err)
			}
		}
	})
}
