package audit

import (
	"fmt"

	"golang.org/x/mod/sumdb/tlog"
)

// Proof is a list of hashes that ties one state of a log to another, or an entry to a head (RFC 6962 §2.1).
type Proof [][32]byte

// Hashes holds every subtree hash of a log, about 64 bytes an entry, and makes proofs from them in O(log n). The zero
// value is empty. Not safe for use by several goroutines while one adds.
type Hashes struct {
	size   int64
	stored []tlog.Hash // in tlog's order of stored hashes
}

// Add appends an entry by its leaf hash.
func (s *Hashes) Add(leaf [32]byte) {
	hs, err := tlog.StoredHashesForRecordHash(s.size, leaf, s)
	if err != nil { // reads what was added only, so it can't fail
		return
	}
	s.stored = append(s.stored, hs...)
	s.size++
}

// Size is the number of entries added.
func (s *Hashes) Size() uint64 { return uint64(s.size) }

// Root is the tree hash of the first size entries. Error: vox/audit/proof-invalid when there are fewer.
func (s *Hashes) Root(size uint64) ([32]byte, error) {
	if size > s.Size() {
		return [32]byte{}, noProof("a log of %d entries has no root at %d", s.size, size)
	}
	h, err := tlog.TreeHash(int64(size), s)
	if err != nil {
		return [32]byte{}, noProof("root at %d: %v", size, err)
	}
	return h, nil
}

// ProveInclusion proves that entry index, from 0, is in the tree of the first size entries.
// Error: vox/audit/proof-invalid when it is not.
func (s *Hashes) ProveInclusion(size, index uint64) (Proof, error) {
	if size > s.Size() || index >= size {
		return nil, noProof("a log of %d entries has no entry %d at size %d", s.size, index, size)
	}
	p, err := tlog.ProveRecord(int64(size), int64(index), s)
	if err != nil {
		return nil, noProof("entry %d at size %d: %v", index, size, err)
	}
	return fromHashes(p), nil
}

// ProveConsistency proves that the tree of size older is the beginning of that of size newer; from an empty tree, or
// between equal sizes, the proof is empty. Error: vox/audit/proof-invalid for sizes that the log did not have.
func (s *Hashes) ProveConsistency(older, newer uint64) (Proof, error) {
	if newer > s.Size() || older > newer {
		return nil, noProof("a log of %d entries has no way from %d to %d", s.size, older, newer)
	}
	if older == 0 || older == newer {
		return Proof{}, nil
	}
	p, err := tlog.ProveTree(int64(newer), int64(older), s)
	if err != nil {
		return nil, noProof("from %d to %d: %v", older, newer, err)
	}
	return fromHashes(p), nil
}

// ReadHashes makes Hashes a tlog.HashReader.
func (s *Hashes) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	out := make([]tlog.Hash, len(indexes))
	for i, at := range indexes {
		if at < 0 || at >= int64(len(s.stored)) {
			return nil, fmt.Errorf("hash %d of %d is not there", at, len(s.stored))
		}
		out[i] = s.stored[at]
	}
	return out, nil
}

// CheckInclusion reports whether proof shows that the entry with this leaf hash stands at index in head's log.
// Error: vox/audit/proof-invalid.
func CheckInclusion(proof Proof, head Head, index uint64, leaf [32]byte) error {
	if !fits(head.Size) || index >= head.Size {
		return noProof("there is no entry %d in a log of %d", index, head.Size)
	}
	if err := tlog.CheckRecord(toHashes(proof), int64(head.Size), head.Root, int64(index), leaf); err != nil {
		return noProof("the proof does not show entry %d in the log of %d", index, head.Size)
	}
	return nil
}

// CheckConsistency reports whether newer, a verified head, continues older, one that was seen before: what a worker
// does before it moves its pin. The error names what is wrong: vox/audit/rollback for a newer head of fewer entries,
// vox/audit/inconsistent for another origin or another root at the same size, vox/audit/proof-invalid for a proof that
// does not lead from one to the other.
func CheckConsistency(older, newer Head, proof Proof) error {
	switch {
	case older.Origin != newer.Origin:
		return failf(CodeInconsistent, "", "the audit head is of %q, the one seen before of %q", newer.Origin, older.Origin)
	case newer.Size < older.Size:
		return failf(CodeRollback, hintFork, "the audit log has %d entries, it had %d before", newer.Size, older.Size)
	case !fits(newer.Size):
		return noProof("a log can't have %d entries", newer.Size)
	case newer.Size == older.Size && newer.Root != older.Root:
		return failf(CodeInconsistent, hintFork, "the audit log of %d entries was rewritten", newer.Size)
	case newer.Size == older.Size || older.Size == 0:
		if len(proof) != 0 {
			return noProof("the proof from %d to %d must be empty", older.Size, newer.Size)
		}
		return checkEmpty(older)
	}
	if err := tlog.CheckTree(toHashes(proof), int64(newer.Size), newer.Root, int64(older.Size), older.Root); err != nil {
		return noProof("the proof does not lead from the log of %d entries to that of %d", older.Size, newer.Size)
	}
	return nil
}

// VerifyConsistency is CheckConsistency from the leaf hashes of the whole log instead of a proof. More leaves than
// newer has are allowed; both heads must be true of them, else vox/audit/inconsistent or vox/audit/rollback.
func VerifyConsistency(leaves [][32]byte, older, newer Head) error {
	if older.Origin != newer.Origin {
		return failf(CodeInconsistent, "", "the audit head is of %q, the one seen before of %q", newer.Origin, older.Origin)
	}
	if newer.Size < older.Size {
		return failf(CodeRollback, hintFork, "the audit log has %d entries, it had %d before", newer.Size, older.Size)
	}
	if uint64(len(leaves)) < newer.Size {
		return failf(CodeInconsistent, hintFork, "the head counts %d entries, %d are there", newer.Size, len(leaves))
	}
	var t Tree
	for _, h := range []Head{older, newer} {
		for t.Size() < h.Size {
			t.AppendLeaf(leaves[t.Size()])
		}
		if t.Root() != h.Root {
			return failf(CodeInconsistent, hintFork, "the first %d audit entries are not those that the head was signed for", h.Size)
		}
	}
	return nil
}

const hintFork = "history was rewritten or lost: stop work for this mesh and ask its owner"

// checkEmpty refuses a head of no entries with a root that the empty tree does not have.
func checkEmpty(h Head) error {
	if h.Size == 0 && h.Root != (Tree{}).Root() {
		return noProof("a head of no entries has a root")
	}
	return nil
}

// fits keeps sizes within what tlog counts with.
func fits(size uint64) bool { return size < 1<<62 }

func noProof(format string, args ...any) error {
	return failf(CodeProofInvalid, hintVerify, format, args...)
}

func fromHashes(hs []tlog.Hash) Proof {
	p := make(Proof, len(hs))
	for i, h := range hs {
		p[i] = h
	}
	return p
}

func toHashes(p Proof) []tlog.Hash {
	hs := make([]tlog.Hash, len(p))
	for i, h := range p {
		hs[i] = h
	}
	return hs
}
