package audit

import (
	"errors"
	"fmt"
	"io"
	"strings"
)

// maxProblems bounds a report; a wholly forged export would otherwise be repeated in it.
const maxProblems = 1000

// Report is what a verification found. The log is good when Problems is empty.
type Report struct {
	Entries  uint64 // in the export
	Verified uint64 // with a good signature, in order, under an id of their own
	Failed   uint64 // the others
	Trimmed  uint64 // entries before the export's first, held by the head but not in the file
	TreeSize uint64 // as the head says
	Root     [32]byte
	Origin   string    // whose log, as the head says
	Problems []Problem // the first 1000
}

// OK reports whether nothing is wrong.
func (r Report) OK() bool { return len(r.Problems) == 0 }

// Problem is one finding and the entry that it is about. Line counts the export's entries from 1; it is 0 where the
// finding is about the log as a whole. AuditID and Seq are what the entry says of itself, if it can be read.
type Problem struct {
	Line    uint64
	AuditID string
	Seq     uint64
	Code    string
	Text    string
}

// VerifyExport verifies an export with nothing but the public key, which must come from elsewhere than the export:
// each entry's bytes and signature, their order, and that the head's size and root are those of exactly these entries.
// Heads that were pinned earlier must be true of the same log, so that a rewritten history is found.
//
// What is wrong with the log is in the report; the error is for what is no export at all (vox/audit/malformed,
// vox/audit/wrong-key, vox/audit/key-malformed) or can't be read.
func VerifyExport(r io.Reader, pub PublicKey, pinned ...Head) (Report, error) {
	in := newLines(r)
	x, err := readHeader(in)
	if err != nil {
		return Report{}, err
	}
	if !pub.Valid() || x.Key != pub {
		return Report{}, failf(CodeWrongKey, "check which mesh the export is of", "the export is of key %s, not %s", x.Key.ID(), pub.ID())
	}
	v := &verifier{pub: pub, pinned: pinned, tree: x.Base, ids: make(map[string]bool)}
	v.report.Trimmed = x.Base.Size()
	if v.head, err = OpenHead(x.Head, pub); err != nil {
		v.whole(err)
	}
	v.checkPins()
	for {
		line, err := in.next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			if code(err) == "" {
				return Report{}, err
			}
			v.whole(err) // cut off or overlong: what was read so far is still worth a report
			break
		}
		v.entry(line)
	}
	v.finish()
	return v.report, nil
}

// verifier goes through a log once, in order.
type verifier struct {
	pub    PublicKey
	head   Head
	pinned []Head
	tree   Tree
	ids    map[string]bool
	last   Entry   // the last one that verified
	gaps   []error // numbers that ids skip: told only when the tree does not fit, as ids need not be gapless
	report Report
}

func (v *verifier) entry(stored []byte) {
	v.report.Entries++
	v.tree.Append(stored)
	e, err := VerifyStored(stored, v.pub)
	if err == nil {
		err = v.order(e)
	}
	if err != nil {
		v.report.Failed++
		if e.AuditID == "" {
			e.AuditID = claimedID(stored)
		}
		v.problem(Problem{Line: v.report.Entries, AuditID: e.AuditID, Seq: e.Seq}, err)
	} else {
		v.report.Verified++
		v.last = e
		v.ids[e.AuditID] = true
	}
	if v.tree.Size() == v.head.Size && v.tree.Root() != v.head.Root {
		v.whole(failf(CodeInconsistent, "", "the entries are not those that the head was signed for"))
	}
	v.checkPins()
}

// order checks a verified entry against the one before it.
func (v *verifier) order(e Entry) error {
	switch {
	case v.ids[e.AuditID]:
		return failf(CodeInconsistent, "", "audit entry %s is there twice", e.AuditID)
	case v.last.AuditID == "":
	case e.Seq <= v.last.Seq || e.TsMicros < v.last.TsMicros:
		return failf(CodeInconsistent, "", "audit entry %s (seq %d) stands behind %s (seq %d)", e.AuditID, e.Seq, v.last.AuditID, v.last.Seq)
	default:
		a, ok := ParseID(v.last.AuditID)
		b, ok2 := ParseID(e.AuditID)
		if ok && ok2 && b > a+1 && len(v.gaps) < maxProblems {
			v.gaps = append(v.gaps, failf(CodeInconsistent, "", "no entry stands between %s and %s", v.last.AuditID, e.AuditID))
		}
	}
	return nil
}

// checkPins compares the tree with the pins of exactly its size.
func (v *verifier) checkPins() {
	for _, p := range v.pinned {
		if p.Size == v.tree.Size() && p.Root != v.tree.Root() {
			v.whole(failf(CodeInconsistent, "", "the first %d entries are not those of the head that was pinned", p.Size))
		}
	}
}

func (v *verifier) finish() {
	v.report.TreeSize, v.report.Root, v.report.Origin = v.head.Size, v.head.Root, v.head.Origin
	size := v.tree.Size()
	switch {
	case v.head.Origin == "": // the head did not open, that is said already
	case v.head.Size > size:
		v.whole(failf(CodeInconsistent, "", "the head counts %d entries, only %d are there", v.head.Size, size))
	case v.head.Size < size:
		v.whole(failf(CodeRollback, "", "the head is stale: it counts %d entries, %d are there", v.head.Size, size))
	case size == v.report.Trimmed && v.tree.Root() != v.head.Root:
		v.whole(failf(CodeInconsistent, "", "the head has a root that the empty rest of the log does not have"))
	}
	for _, p := range v.pinned {
		switch {
		case v.head.Origin != "" && p.Origin != v.head.Origin:
			v.whole(failf(CodeInconsistent, "", "the log is of %q, the pinned head of %q", v.head.Origin, p.Origin))
		case p.Size < v.report.Trimmed:
			v.whole(failf(CodeProofInvalid, "", "a head of %d entries was pinned, which lie in the part that was trimmed away", p.Size))
		case p.Size > size:
			v.whole(failf(CodeRollback, "", "a head of %d entries was pinned, the log has %d", p.Size, size))
		}
	}
	if len(v.report.Problems) > 0 {
		for _, gap := range v.gaps {
			v.whole(gap)
		}
	}
}

func (v *verifier) whole(err error) { v.problem(Problem{}, err) }

func (v *verifier) problem(p Problem, err error) {
	if len(v.report.Problems) >= maxProblems {
		return
	}
	p.Code, p.Text = code(err), err.Error()
	v.report.Problems = append(v.report.Problems, p)
}

// String names the entry and says what is wrong with it.
func (p Problem) String() string {
	switch {
	case p.AuditID != "":
		return fmt.Sprintf("%s (seq %d, line %d): %s", p.AuditID, p.Seq, p.Line, p.Text)
	case p.Line > 0:
		return fmt.Sprintf("line %d: %s", p.Line, p.Text)
	}
	return p.Text
}

// code is the code of an error of this package, or empty.
func code(err error) string {
	var e *Error
	if errors.As(err, &e) {
		return e.Code
	}
	return ""
}

// claimedID is the audit id that damaged bytes still seem to carry, to name them by; it proves nothing.
func claimedID(stored []byte) string {
	_, rest, _ := strings.Cut(string(stored), `"audit_id":"`)
	id, _, ok := strings.Cut(rest, `"`)
	if !ok || !isID(id) {
		return ""
	}
	return id
}
