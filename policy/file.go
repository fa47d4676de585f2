package policy

import (
	"bytes"
	"fmt"
	"sort"

	"voxmesh/policy/syntax"
)

// File is a donations.vox as it was read: its bytes, what is wrong with it, and the policy in it. It never changes, so
// it may be shared.
type File struct {
	name     string
	tree     *syntax.Tree
	problems []Problem
	unsaid   int
	errors   int    // all of them, said or not
	view     string // the name of the policy that For chose
	viewed   bool
	broken   bool        // the form has errors
	block    syntax.Node // of the policy that counts
	policy   Policy
	ok       bool
}

// maxProblems bounds what one file makes us say.
const maxProblems = 100

// Parse reads a file; name is only for messages. It never fails: see Problems.
func Parse(name string, src []byte) *File {
	f := &File{name: name, tree: syntax.Parse(src)}
	errs, more := f.tree.Errors()
	for _, e := range errs {
		f.add(problemAt{SeverityError, e.Code, e.Start, e.Message, e.Expected, ""})
	}
	f.unsaid += more
	f.errors += more
	f.broken = len(errs) > 0
	f.readBlocks()
	sort.SliceStable(f.problems, func(i, j int) bool {
		a, b := &f.problems[i], &f.problems[j]
		return a.Line < b.Line || a.Line == b.Line && a.Col < b.Col
	})
	if f.unsaid > 0 {
		p := f.at(problemAt{severity: SeverityNote, code: "more", off: len(f.tree.Source()), message: fmt.Sprintf("%d more problems are not shown", f.unsaid)})
		f.problems = append(f.problems, p)
	}
	return f
}

// readBlocks decodes every policy of the file and picks the one that counts.
func (f *File) readBlocks() {
	var only, chosen syntax.Node
	broken := f.broken
	policies := 0
	for n := range f.tree.Root().Children() {
		if n.Kind() != syntax.BlockNode {
			continue
		}
		start, _ := n.Span()
		switch kw := string(n.Keyword()); kw {
		case "policy":
		case "workflow":
			continue
		default:
			f.add(problemAt{SeverityNote, "unknown-block", start, fmt.Sprintf("blocks of the kind %q are not read here", clip(kw)), "policy NAME { … }", nearest(kw, []string{"policy"})})
			continue
		}
		policies++
		only = n
		d := decoder{f: f}
		p := d.policy(n)
		if string(n.Name()) == "donations" {
			if chosen.Valid() {
				f.add(problemAt{SeverityError, "duplicate-policy", start, "a second policy has the name donations", "one policy of that name", ""})
				f.ok, broken = false, true
				continue
			}
			chosen = n
			f.block, f.policy, f.ok = n, p, d.errors == 0
		} else if !chosen.Valid() {
			f.block, f.policy, f.ok = n, p, d.errors == 0
		}
	}
	switch {
	case policies == 0:
		f.ok = false
		f.add(problemAt{SeverityError, "none", 0, "there is no policy in this file: nothing is given", "policy donations { … }", ""})
	case !chosen.Valid() && policies > 1:
		f.ok, f.block = false, syntax.Node{}
		start, _ := only.Span()
		f.add(problemAt{SeverityError, "ambiguous", start, "of several policies none has the name donations", "policy donations { … }", ""})
	}
	if broken {
		// Where a bracket is missing nobody knows what a field belongs to: with an error of form there is no policy.
		f.ok = false
	}
}

// Name is the name that was given to Parse.
func (f *File) Name() string { return f.name }

// Source gives the bytes of the file. They must not be changed.
func (f *File) Source() []byte { return f.tree.Source() }

// Tree gives the lossless tree of the file.
func (f *File) Tree() *syntax.Tree { return f.tree }

// Problems gives all that is to be said about the file, in the order of its lines; at most about a hundred.
func (f *File) Problems() []Problem { return f.problems }

// Err is the first problem that is an error, or nil.
func (f *File) Err() error {
	for _, p := range f.problems {
		if p.Severity == SeverityError {
			return p
		}
	}
	return nil
}

// Policy gives the policy named donations, or the only one. False if there is none, or if it or the form of the file
// has errors: then nothing is given to anyone. The value is shared: do not change what it points to.
func (f *File) Policy() (Policy, bool) {
	if !f.ok {
		return Policy{}, false
	}
	return f.policy, true
}

// Block is the node of the policy that counts, with errors or not; absent if there is none.
func (f *File) Block() syntax.Node { return f.block }

type problemAt struct {
	severity          Severity
	code              string
	off               int
	message           string
	expected, nearest string
}

func (f *File) add(a problemAt) {
	if a.severity == SeverityError {
		f.errors++
	}
	if f.full() {
		f.unsaid++
		return
	}
	f.problems = append(f.problems, f.at(a))
}

func (f *File) full() bool { return len(f.problems) >= maxProblems }

func (f *File) at(a problemAt) Problem {
	p := Problem{Severity: a.severity, File: f.name, Code: "vox/policy/" + a.code, Message: a.message, Expected: a.expected, Nearest: a.nearest}
	p.Line, p.Col = f.tree.Position(a.off)
	line, from := f.tree.Line(p.Line)
	p.SourceLine, p.Caret = excerpt(line, a.off-from)
	return p
}

// clip shortens what a file says for a message.
func clip(s string) string { return clipTo(s, 40) }

func clipTo(s string, most int) string {
	if len(s) <= most {
		return s
	}
	return string(bytes.ToValidUTF8([]byte(s[:most]), nil)) + "…"
}
