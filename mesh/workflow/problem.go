package workflow

import (
	"cmp"
	"fmt"
	"slices"
	"sort"
	"strings"

	"voxmesh/policy/syntax"
)

const (
	severityError   = "error"
	severityWarning = "warning"
	severityNote    = "note"
)

// codePrefix begins the code of every problem.
const codePrefix = "vox/workflow/"

// maxProblems bounds what one file makes us say.
const maxProblems = 100

// finding is a problem at a byte offset.
type finding struct {
	severity, code    string
	off               int
	message           string
	expected, nearest string
}

// report collects the problems of a file.
type report struct {
	name     string
	tree     *syntax.Tree
	problems []Problem
	unsaid   int
	lost     bool // an error is among the unsaid
}

func (r *report) full() bool { return len(r.problems) >= maxProblems }

func (r *report) add(f finding) {
	if r.full() {
		r.unsaid++
		r.lost = r.lost || f.severity == severityError
		return
	}
	r.problems = append(r.problems, r.at(f))
}

func (r *report) at(f finding) Problem {
	p := Problem{Severity: f.severity, File: r.name, Code: codePrefix + f.code, Message: safeText(f.message), Expected: safeText(f.expected), Nearest: f.nearest}
	p.Line, p.Col = r.tree.Position(f.off)
	line, from := r.tree.Line(p.Line)
	p.SourceLine, p.Caret = excerpt(line, f.off-from)
	return p
}

// sorted gives the problems in the order of the lines, and last how many are not among them; that one is an error
// where an error is among those.
func (r *report) sorted() []Problem {
	sort.SliceStable(r.problems, func(i, j int) bool {
		a, b := &r.problems[i], &r.problems[j]
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Col, b.Col)) < 0
	})
	if r.unsaid > 0 {
		severity := severityNote
		if r.lost {
			severity = severityError
		}
		r.problems = append(r.problems, r.at(finding{
			severity: severity, code: "more", off: len(r.tree.Source()), message: fmt.Sprintf("%d more problems are not shown", r.unsaid),
		}))
	}
	return slices.Clip(r.problems)
}

// Error makes a problem usable as an error; it has the place and the message.
func (p Problem) Error() string {
	return fmt.Sprintf("%s:%d:%d: %s", safeText(p.File), p.Line, p.Col, p.Message)
}

// ErrorCode is the stable code.
func (p Problem) ErrorCode() string { return p.Code }

// ErrorHint says what could stand there instead.
func (p Problem) ErrorHint() string {
	var hints []string
	if p.Expected != "" {
		hints = append(hints, "expected "+p.Expected)
	}
	if p.Nearest != "" {
		hints = append(hints, "did you mean "+p.Nearest+"?")
	}
	return strings.Join(hints, "; ")
}

// Format writes the problem for people, without a line end behind it: "file:line:col: severity: message", the line of
// the source, and a caret under the place with what was expected. Control characters of the file are made visible.
func (p Problem) Format() string {
	line := safeText(p.SourceLine)
	text := fmt.Sprintf("%s:%d:%d: %s: %s\n  %s\n  %s^", safeText(p.File), p.Line, p.Col, p.Severity, p.Message, line, under(line, p.Caret))
	if h := p.ErrorHint(); h != "" {
		text += " " + h
	}
	return text
}
